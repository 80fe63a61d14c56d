"""Running: the steps of a plan, tied to their tensors, as straight-line calls into torch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from ..graph.node import Place, Value
from .plan import Plan, Step, see
from .record import record

__all__ = ["Final", "Pause", "Program"]

Action = Callable[[], object]

Pause = tuple[int, Action]
"""After so many of a way's steps, what else is to be done."""


@dataclass(frozen=True)
class Final:
    """What is left to do after the steps, for a value that could not be written in its place.

    Args:
        value: the value; None for zeros.
        target: the array to write.
        backward: whether it belongs to the way back.
        add: whether to add onto the array instead of overwriting it.
    """

    value: Value | None
    target: Tensor
    backward: bool
    add: bool = False


class _Way:
    """The way forward or back: calls that are made one after the other.

    The first time the rules run as they are; the second time they are recorded; from then on only
    what was recorded runs.
    """

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.recordable: set[int] = set()
        self.written: list[tuple[int, Tensor]] = []
        """Tensors that steps write, each after the number of steps that have run by then."""
        self._ends: list[int] = []
        """For each step, how many recorded actions have run once it is done."""
        self._runs = 0

    def add(
        self, action: Action, *, recordable: bool = False, writes: Iterable[Tensor | None] = ()
    ) -> None:
        if recordable:
            self.recordable.add(len(self.actions))
        self.actions.append(action)
        self.written += [(len(self.actions), target) for target in writes if target is not None]

    def run(self, pauses: Sequence[Pause] = ()) -> None:
        if self._runs == 1:
            self._run_recording(pauses)
        elif pauses:
            self._run_with(pauses)
        else:
            for action in self.actions:
                action()
        self._runs += 1

    def _run_with(self, pauses: Sequence[Pause]) -> None:
        done = 0
        for steps, then in pauses:
            end = self._ends[steps - 1] if self._ends and steps else steps
            for action in self.actions[done:end]:
                action()
            then()
            done = end
        for action in self.actions[done:]:
            action()

    def _run_recording(self, pauses: Sequence[Pause]) -> None:
        recorded: list[Action] = []
        done = 0
        for steps, then in (*pauses, (len(self.actions), None)):
            for number in range(done, steps):
                recorded += self._record(number)
                self._ends.append(len(recorded))
            if then is not None:
                then()
            done = steps
        self.actions = recorded

    def _record(self, number: int) -> list[Action]:
        action = self.actions[number]
        if number in self.recordable:
            return record(action)
        action()
        return [action]


class Program:
    """A planned graph that can be run again and again over the same memory.

    Args:
        plan: what `make_plan` returned.
        finals: what is left to do after the steps.
    """

    def __init__(self, plan: Plan, finals: Sequence[Final]) -> None:
        self.plan = plan
        self._made: dict[Value, Tensor | None] = {}
        self._forward, self._backward = _Way(), _Way()
        for step in plan.steps:
            self._tie(step, self._backward if step.backward else self._forward)
        for final in finals:
            way = self._backward if final.backward else self._forward
            way.add(self._finish(final), writes=[final.target])

    def forward(self) -> None:
        """Run the way forward."""
        self._forward.run()

    def backward(self, pauses: Sequence[Pause] = ()) -> None:
        """Run the way back.

        Args:
            pauses: what else to do, each after a number of steps, in ascending order.
        """
        self._backward.run(pauses)

    def steps_until_final(self, target: Tensor) -> int:
        """Return after how many steps of the way back nothing more is written into a tensor."""
        begin, end = _bytes_of(target)
        return max(
            (
                steps
                for steps, written in self._backward.written
                if (own := _bytes_of(written))[0] < end and own[1] > begin
            ),
            default=0,
        )

    # -- tying a step to its tensors -------------------------------------------------------------

    def _tie(self, step: Step, way: _Way) -> None:
        homes = [self.plan.homes[value] for value in step.results]
        targets = [home.tensor for home in homes]
        if step.call.view_of is not None:
            self._tie_view(step, way)
        elif targets[0] is not None and step.call.takes_out:
            out = targets[0] if len(targets) == 1 else tuple(targets)
            places = step.call.reads.values()
            fixed = all(self._known(step, place) is not None for place in places)
            way.add(self._calling(step, out=out), recordable=fixed, writes=targets)
        elif homes[0].over is not None:
            way.add(self._writing_over(step, homes[0].over))
        else:
            way.add(self._storing(step, targets), writes=targets)

    def _writing_over(self, step: Step, source: Value) -> Action:
        """Return a call that writes its result into what a kernel allocated for its input."""
        made, value, call = self._made, step.results[0], self._calling(step)

        def run() -> None:
            made[value] = call(out=made[source])
            made[source] = None

        return run

    def _calling(self, step: Step, **out: Any) -> Callable[..., Any]:
        """Return the call itself, or where an input is the kernel's, a call that fetches it."""
        known = {name: self._known(step, place) for name, place in step.call.reads.items()}
        if all(tensor is not None for tensor in known.values()):
            return partial(step.call.function, **known, **out)
        fixed = {name: tensor for name, tensor in known.items() if tensor is not None}
        fetch = {
            name: self._fetching(step, place)
            for name, place in step.call.reads.items()
            if known[name] is None
        }
        function = partial(step.call.function, **fixed, **out)
        return lambda **late: function(**{name: get() for name, get in fetch.items()}, **late)

    def _known(self, step: Step, place: Place) -> Any:
        """Return the tensor (or list of them) of a place, None where a kernel makes one."""
        if isinstance(place, int):
            return self.plan.homes[step.node.inputs[place]].tensor
        tensors = [None if p is None else self._known(step, p) for p in place]
        missing = any(t is None and p is not None for t, p in zip(tensors, place, strict=True))
        return None if missing else tensors

    def _fetching(self, step: Step, place: Place) -> Callable[[], Any]:
        """Return a function that gets the tensor of a place at run time."""
        if isinstance(place, int):
            value = step.node.inputs[place]
            tensor = self.plan.homes[value].tensor
            return partial(self._made.get, value) if tensor is None else lambda: tensor
        gets = [(lambda: None) if p is None else self._fetching(step, p) for p in place]
        return lambda: [get() for get in gets]

    def _storing(self, step: Step, targets: list[Tensor | None]) -> Action:
        """Return a call whose results are kept, or copied to where they are wanted."""
        call = self._calling(step)
        made, values = self._made, step.results

        def run() -> None:
            for value in values:  # let the last results go first: the kernel then reuses the memory
                made[value] = None
            results = call()
            for value, target, result in zip(
                values, targets, results if len(values) > 1 else (results,), strict=True
            ):
                if target is None:
                    made[value] = result
                else:
                    target.copy_(result)

        return run

    def _tie_view(self, step: Step, way: _Way) -> None:
        """Add what is left to do for views: nothing, or copies to where results are wanted."""
        homes = [self.plan.homes[value] for value in step.results]
        source = self.plan.homes[step.node.inputs[step.call.view_of or 0]].tensor
        if source is None:
            targets = [home.tensor for home in homes]
            way.add(self._storing(step, targets), writes=targets)
            return
        memory = source.untyped_storage().data_ptr()
        for home, part in zip(homes, see(step, source), strict=True):
            if home.kind == "view" or home.tensor is None:
                continue
            if part.untyped_storage().data_ptr() == memory:
                way.add(partial(home.tensor.copy_, part), writes=[home.tensor])
            else:  # memory order allows no view; the copy is made in the source's shape
                copying = partial(home.tensor.view(source.shape).copy_, source)
                way.add(copying, writes=[home.tensor])

    def _fetched(self, value: Value) -> Tensor:
        tensor = self._made[value]
        if tensor is None:
            raise KeyError(value.name)
        return tensor

    def _finish(self, final: Final) -> Action:
        value = final.value
        if value is None:
            return final.target.zero_
        write = final.target.add_ if final.add else final.target.copy_
        source = self.plan.homes[value].tensor
        if source is not None:
            return partial(write, source)
        return lambda: write(self._fetched(value))


def _bytes_of(tensor: Tensor) -> tuple[int, int]:
    """Return the addresses of a tensor's first byte, and of the one after its last."""
    last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
    begin = tensor.data_ptr()
    return begin, begin + (last + 1) * tensor.element_size()
