"""Running: the steps of a plan, tied to their tensors, as straight-line calls into torch."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from ..graph.node import Place, Value
from ._plan import Instruction, Plan, views_of
from ._record import Action, record

__all__ = ["FinalWrite", "Handed", "Pause", "Program", "Taker"]

Pause = tuple[int, Action]
"""After how many steps of a schedule, and what is to be called then."""

Taker = Callable[[Tensor], object]
"""What is called with a gradient."""


class Handed(NamedTuple):
    """Who gets a gradient once it is final.

    Args:
        variable: what it belongs to.
        take: is called with it, and may then write the variable.
    """

    variable: Value
    take: Taker


@dataclass(frozen=True)
class FinalWrite:
    """What is left to do after the steps, for a value that could not be written in its place.

    Args:
        value: the value; None for zeros.
        target: the array to write.
        backward: whether it belongs to the backward pass.
        add: whether to add onto the array instead of overwriting it.
        take: is called with the array then; default nothing.
    """

    value: Value | None
    target: Tensor
    backward: bool
    add: bool = False
    take: Taker | None = None


class _Schedule:
    """The forward or the backward pass: calls that are made one after the other.

    The first time the rules run as they are; the second time they are recorded; from then on only
    what was recorded runs. Not the first run is recorded, because in it rules make what they keep
    (a table of offsets, say), and what allocates cannot be recorded.

    `pauses` and `written` count steps, which do not change; how many actions a step has does, once
    it is recorded. `_ends` leads from one count to the other.
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
        # Counted from 0: this is the second run, when rules have what they keep.
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
            # Before anything is recorded every step is one action, and the counts are the same.
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
        handed: who gets gradients while the backward pass runs.
    """

    def __init__(
        self,
        plan: Plan,
        finals: Sequence[FinalWrite],
        handed: Mapping[Value, Sequence[Handed]] | None = None,
    ) -> None:
        self.plan = plan
        self._made: dict[Value, Tensor | None] = {}
        self._forward, self._backward = _Schedule(), _Schedule()
        self._preparation = _Schedule()
        schedules = {
            "preparation": self._preparation,
            "forward": self._forward,
            "backward": self._backward,
        }
        for number, (step, dying) in enumerate(zip(plan.steps, plan.dying, strict=True)):
            self._bind(step, schedules[step.phase], dying)
            for own in plan.handed.get(number, ()):
                self._backward.add(self._handing(own, (handed or {})[own[0]]))
        self._temporary = _read_in_preparation_alone(plan)
        for final in finals:
            schedule = self._backward if final.backward else self._forward
            schedule.add(self._finish(final), writes=[final.target])
        for final in finals:  # once all are written, since these change what they were made of
            if final.take is not None:
                self._backward.add(partial(final.take, final.target))

    def prepare(self) -> None:
        """Compute what stays while the constants do; needed once, and whenever they changed."""
        self._preparation.run()
        for value in self._temporary:
            self._made[value] = None

    def forward(self) -> None:
        """Run the forward pass."""
        self._forward.run()

    def backward(self, pauses: Sequence[Pause] = ()) -> None:
        """Run the backward pass.

        Args:
            pauses: what else to do, each after a number of steps, in ascending order.
        """
        self._backward.run(pauses)

    def steps_until_final(self, target: Tensor) -> int:
        """Return how many steps of the backward pass have run when a tensor is final."""
        begin, end = _bytes_of(target)
        return max(
            (
                steps
                for steps, written in self._backward.written
                # Compared by address: a bucket cuts flat gradients without regard to whose they
                # are.
                if (own := _bytes_of(written))[0] < end and own[1] > begin
            ),
            default=0,
        )

    # -- tying a step to its tensors -------------------------------------------------------------

    def _bind(self, step: Instruction, schedule: _Schedule, dying: Collection[Value]) -> None:
        allocations = [self.plan.allocations[value] for value in step.results]
        targets = [allocation.tensor for allocation in allocations]
        if step.call.view_of is not None:
            self._bind_view(step, schedule, dying)
        elif targets[0] is not None and step.call.takes_out:
            out = targets[0] if len(targets) == 1 else tuple(targets)
            places = step.call.reads.values()
            # Recorded calls keep their tensors, so none may be one that a kernel makes in each run.
            fixed = all(self._known(step, place) is not None for place in places)
            schedule.add(self._calling(step, dying, out=out), recordable=fixed, writes=targets)
        # A planned `over` has a tensor and came under `takes_out`; this is a kernel's memory, made
        # anew in each run.
        elif allocations[0].over is not None:
            schedule.add(self._writing_over(step, dying, allocations[0].over))
        else:
            schedule.add(self._storing(step, dying, targets), writes=targets)

    def _writing_over(self, step: Instruction, dying: Collection[Value], source: Value) -> Action:
        """Return a call that writes its result into what a kernel allocated for its input."""
        made, value, call = self._made, step.results[0], self._calling(step, dying)

        def run() -> None:
            made[value] = call(out=made[source])
            made[source] = None  # two owners of one memory would keep it past its last use

        return run

    def _calling(
        self, step: Instruction, dying: Collection[Value], **out: Any
    ) -> Callable[..., Any]:
        """Return the call itself, or where an input is the kernel's, a call that fetches it."""
        known = {name: self._known(step, place) for name, place in step.call.reads.items()}
        if all(tensor is not None for tensor in known.values()):
            return partial(step.call.function, **known, **out)
        fixed = {name: tensor for name, tensor in known.items() if tensor is not None}
        fetch = {
            name: self._fetching(step, place, dying)
            for name, place in step.call.reads.items()
            if known[name] is None
        }
        function = partial(step.call.function, **fixed, **out)
        return lambda **late: function(**{name: get() for name, get in fetch.items()}, **late)

    def _known(self, step: Instruction, place: Place) -> Any:
        """Return the tensor (or list of them) of a place, None where a kernel makes one."""
        if isinstance(place, int):
            return self.plan.allocations[step.node.inputs[place]].tensor
        tensors = [None if p is None else self._known(step, p) for p in place]
        missing = any(t is None and p is not None for t, p in zip(tensors, place, strict=True))
        return None if missing else tensors

    def _fetching(
        self, step: Instruction, place: Place, dying: Collection[Value]
    ) -> Callable[[], Any]:
        """Return a function that gets the tensor of a place at run time.

        What the step reads last, and once, is let go: its memory is free for the next result.
        """
        if isinstance(place, int):
            value = step.node.inputs[place]
            tensor = self.plan.allocations[value].tensor
            if tensor is not None:
                return lambda: tensor
            last = value in dying and step.node.inputs.count(value) == 1
            return partial(self._made.pop if last else self._made.get, value, None)
        gets = [(lambda: None) if p is None else self._fetching(step, p, dying) for p in place]
        return lambda: [get() for get in gets]

    def _storing(
        self, step: Instruction, dying: Collection[Value], targets: list[Tensor | None]
    ) -> Action:
        """Return a call whose results are kept, or copied to where they are wanted."""
        call = self._calling(step, dying)
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

    def _bind_view(self, step: Instruction, schedule: _Schedule, dying: Collection[Value]) -> None:
        """Add what is left to do for views: nothing, or copies to where results are wanted."""
        allocations = [self.plan.allocations[value] for value in step.results]
        source = self.plan.allocations[step.node.inputs[step.call.view_of or 0]].tensor
        if source is None:
            targets = [allocation.tensor for allocation in allocations]
            schedule.add(self._storing(step, dying, targets), writes=targets)
            return
        memory = source.untyped_storage().data_ptr()
        for allocation, part in zip(allocations, views_of(step, source), strict=True):
            if allocation.kind == "view" or allocation.tensor is None:
                continue
            if part.untyped_storage().data_ptr() == memory:
                schedule.add(partial(allocation.tensor.copy_, part), writes=[allocation.tensor])
            else:  # memory order allows no view; the copy is made in the source's shape
                copying = partial(allocation.tensor.view(source.shape).copy_, source)
                schedule.add(copying, writes=[allocation.tensor])

    def _fetched(self, value: Value) -> Tensor:
        tensor = self._made[value]
        if tensor is None:
            raise KeyError(value.name)
        return tensor

    def _handing(self, values: Sequence[Value], takers: Sequence[Handed]) -> Action:
        """Return a call that hands a gradient over, and lets its memory go.

        Args:
            values: the gradient, and what it is a view of.
            takers: who gets it.
        """
        made, tensor = self._made, self.plan.allocations[values[0]].tensor

        def run() -> None:
            found = self._fetched(values[0]) if tensor is None else tensor
            for own in takers:
                own.take(found)
            for value in values:
                made[value] = None

        return run

    def _finish(self, final: FinalWrite) -> Action:
        value = final.value
        if value is None:
            return final.target.zero_
        # With "add" the sum over several backward passes is the array's own content: no step may
        # write there, and it is added to when the step's result is whole.
        write = final.target.add_ if final.add else final.target.copy_
        source = self.plan.allocations[value].tensor
        if source is not None:
            return partial(write, source)
        return lambda: write(self._fetched(value))


def _read_in_preparation_alone(plan: Plan) -> list[Value]:
    """Return what kernels allocate in preparation and nobody reads afterwards."""
    made = {value for step in plan.steps if step.phase == "preparation" for value in step.results}
    later = {
        step.node.inputs[position]
        for step in plan.steps
        if step.phase != "preparation"
        for position in step.call.positions()
    }
    return [value for value in made - later if plan.allocations[value].kind == "kernel"]


def _bytes_of(tensor: Tensor) -> tuple[int, int]:
    """Return the addresses of a tensor's first byte, and of the one after its last."""
    last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
    begin = tensor.data_ptr()
    return begin, begin + (last + 1) * tensor.element_size()
