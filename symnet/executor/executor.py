"""Executor: a network tied to arrays, ready to run forward and backward.

Source: the documents, "Binding and Executing" and "Executor"; docs/semantics §4.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Never

from torch import Tensor

from ..core.context import Context
from ..core.errors import ArgumentError, DTypeError, suggest
from ..core.garbage import collection_paused
from ..core.writes import writes_of
from ..graph.placement import Placement
from ..ndarray import NDArray
from ..operators.contract import Operator
from ..program.buckets import Bucket, buckets_of
from ..program.build import Build, GradientBuffer, MemoryLimitError, build
from ..program.report import MemoryReport
from ..program.run import Pause, Program, Taker
from ..symbol import SymbolicNode
from ._head_gradients import check_fits, take_head_gradients
from ._memory import array_bytes, memory_of, plan_text, zero_outputs
from ._parameters import copy_parameters
from ._shown import bound_html, bound_line
from ._turn import Turn
from .arena import Arena
from .random_state import RandomState, replayed
from .requests import GradientRequest

__all__ = ["Executor", "OnReady"]

OnReady = Callable[[int, int, int], object]
"""Called as ``on_ready(start, stop, flat_index)`` when a stretch of the gradients is final."""


class Executor:
    """A network bound to arrays on a context.

    Made by `bind` or `simple_bind`. Arrays are bound by reference: what is written into them is
    seen by the next run, and results appear in them. The outputs are the same arrays from the
    first run to the last.

    Args:
        symbol: the network.
        context: where it runs.
        arguments: an array for each argument, by name.
        gradients: an array for each argument that gets a gradient.
        states: an array for each auxiliary state.
        requests: what to do with each gradient; an argument that is left out gets none.
        arenas: the arenas that parameters and gradients lie in, where they do.
        placement: where nodes run and arrays live; default all on the context.
        network: what runs in the symbol's place, and computes the same; default the symbol.

    >>> import symnet as mx
    >>> executor = mx.simple_bind(mx.Variable("x") * mx.Variable("w"), x=(2,))
    >>> executor.arg_dict["w"][:] = 3
    >>> executor.forward(is_train=True, x=mx.array([1, 2]))
    [NDArray([3., 6.], float32, CPU0)]
    >>> executor.backward([mx.ones(2)])
    >>> executor.grad_dict["w"]
    NDArray([1., 2.], float32, CPU0)
    """

    def __init__(
        self,
        symbol: SymbolicNode,
        context: Context,
        arguments: Mapping[str, NDArray],
        gradients: Mapping[str, NDArray],
        states: Mapping[str, NDArray],
        requests: Mapping[str, GradientRequest],
        *,
        arenas: tuple[Arena, Arena] | None = None,
        placement: Placement | None = None,
        network: SymbolicNode | None = None,
    ) -> None:
        self.symbol = symbol
        self._graph = (symbol if network is None else network).graph
        self.context = context
        self.arg_dict = dict(arguments)
        self.aux_dict = dict(states)
        # An array whose request is "null" stays the caller's: backward never writes it, and it is
        # not shown as if it did.
        self.grad_dict = {n: a for n, a in gradients.items() if requests.get(n, "null") != "null"}
        self.arenas = arenas
        self.placement = placement or Placement(context)
        """Where nodes run, and arrays live."""
        self.requests = requests
        # The tensors, once: programs are tied to memory, which an NDArray never exchanges.
        self._bound = {n: a.torch for n, a in {**self.arg_dict, **self.aux_dict}.items()}
        self.outputs = zero_outputs(symbol.graph, self._bound, self.placement)
        self._output_names = symbol.list_outputs()
        self._builds: dict[tuple[bool, bool], Build] = {}
        """Programs by (trains, has gradients). All run over the same arrays, so that a switch
        between training and prediction copies nothing."""
        self.constants: frozenset[str] = frozenset()
        """The arrays that `hold_constant` was told of."""
        self.differentiates_once = False
        """Whether `differentiate_once` was called."""
        self.takers: dict[str, Taker] = {}
        """What it was told to call with gradients."""
        self._limit: int | None = None
        """How many bytes a training program may take beside the arrays; None for any number."""
        self._spent = False
        """Whether the backward pass has let go what the last forward pass left for it."""
        self._watched: list[Tensor] = []
        self._versions: dict[tuple[bool, bool], list[float]] = {}
        """For each program, how often the constants had been written when it was prepared."""
        self._last_train: bool | None = None
        """How forward ran last, None before the first time: backward differentiates that run."""
        operators = (node.op for node in self._graph.nodes if isinstance(node.op, Operator))
        self._draws = bool(self.grad_dict) and not all(operator.pure for operator in operators)
        self._random: RandomState | None = None
        """Where the last prediction began to draw, as backward runs it once more."""
        self._turn = Turn()
        self._completions: dict[Program, list[tuple[int, Bucket]]] = {}
        """For each program, its buckets in the order in which backward completes them."""

    def __reduce_ex__(self, _: object) -> Never:
        raise ArgumentError(
            "an executor is tied to its memory, and cannot be copied or pickled: keep its symbol, "
            "arg_dict and aux_dict, and bind them anew, or keep the FeedForward or its predictor"
        )

    def __repr__(self) -> str:
        return bound_line(self)

    def _repr_html_(self) -> str:
        return bound_html(self)

    # -- arrays ----------------------------------------------------------------------------------

    @property
    def arg_arrays(self) -> list[NDArray]:
        """The arrays of the arguments, in the order of `list_arguments`."""
        return [self.arg_dict[name] for name in self.symbol.list_arguments()]

    @property
    def grad_arrays(self) -> list[NDArray | None]:
        """The arrays of the gradients in the same order, None where there is none."""
        return [self.grad_dict.get(name) for name in self.symbol.list_arguments()]

    @property
    def aux_arrays(self) -> list[NDArray]:
        """The arrays of the auxiliary states."""
        return [self.aux_dict[name] for name in self.symbol.list_auxiliary_states()]

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        return dict(zip(self._output_names, self.outputs, strict=True))

    # -- running ---------------------------------------------------------------------------------

    def forward(self, is_train: bool = False, **inputs: NDArray) -> list[NDArray]:
        """Compute the outputs.

        Args:
            is_train: whether to compute as in training; only then backward costs no second run.
            inputs: new contents of arguments, copied in first.

        Returns the outputs, which `outputs` holds too. Raises ArgumentError or ShapeError for an
        input that does not fit, and ArgumentError while another thread runs the executor; nothing
        is copied then.
        """
        targets = {name: self._argument(name) for name in inputs}
        for name, target in targets.items():
            check_fits(f"argument {name!r}", target.shape, inputs[name])
        with self._turn:
            for name, target in targets.items():
                target[:] = inputs[name]
            again = self._draws and not is_train
            self._random = RandomState.of(self.context.device) if again else None
            self._run_forward(is_train, bool(is_train and self.grad_dict))
        return self.outputs

    def hold_constant(self, names: Collection[str]) -> None:
        """Expect some arrays to change seldom, and predict faster while they stay.

        What follows from them alone, as packed filters and batch normalisations folded into them,
        is computed once, and again before the first run after one of them was written to through an
        NDArray or a tensor of torch. Memory that NumPy writes to behind torch's back is not seen:
        call this once more then. Training is as before.

        Args:
            names: arguments and auxiliary states; in place of those of an earlier call.

        Raises ArgumentError for a name that is neither.

        >>> import symnet as mx
        >>> executor = mx.simple_bind(mx.Variable("x") * (mx.Variable("scale") + 1), x=(2,))
        >>> executor.hold_constant(["scale"])
        >>> executor.arg_dict["x"][:] = 10
        >>> executor.forward()[0]
        NDArray([10., 10.], float32, CPU0)
        >>> executor.arg_dict["scale"][:] = 2
        >>> executor.forward()[0]
        NDArray([30., 30.], float32, CPU0)
        """
        for name in names:
            if name not in self._bound:
                raise ArgumentError(
                    f"the network has no argument or state {name!r}{suggest(name, self._bound)}"
                )
        self.constants = frozenset(names)
        self._watched = [self._bound[name] for name in sorted(self.constants)]
        self._versions.clear()
        self._builds.pop((False, False), None)

    def differentiate_once(self, takers: Mapping[str, Taker] | None = None) -> None:
        """Say that `backward` is called at most once after each `forward`.

        What is read for the last time is then let go. A second call raises ArgumentError.

        Args:
            takers: what is called with gradients during `backward`, by the arguments' names: each
                with its own as soon as that is final and the argument is read no more, so that it
                may write the argument. The gradient is let go then: ``grad_dict`` does not get it.

        >>> import symnet as mx
        >>> executor = mx.simple_bind(mx.make_loss(mx.Variable("w") ** 2), w=(2,))
        >>> executor.differentiate_once()
        """
        self.differentiates_once, self.takers = True, dict(takers or {})
        self._builds.pop((True, True), None)

    def limit_memory(self, total: int) -> None:
        """Let training take so many bytes at most; things are then computed again in `backward`.

        Args:
            total: bytes of all that `memory` lists: arrays, gradients, activations.

        Raises ArgumentError where the network cannot be trained in so few.

        >>> import symnet as mx
        >>> net = mx.Variable("data")
        >>> for _ in range(25):
        ...     net = mx.Activation(mx.FullyConnected(net, num_hidden=64), act_type="tanh")
        >>> executor = mx.simple_bind(mx.make_loss(mx.sum(net ** 2)), data=(2000, 64))
        >>> before = executor.memory().total
        >>> executor.limit_memory(before * 3 // 4)
        >>> executor.memory().total <= before * 3 // 4
        True
        """
        arrays = array_bytes(self, is_train=True)
        self._builds.pop((True, True), None)
        self._limit = total - arrays
        try:
            self._build(True, True)
        except MemoryLimitError as error:
            self._limit = None
            raise ArgumentError(
                f"training takes at least {arrays + error.least:,} bytes, of which arrays and "
                f"gradients are {arrays:,}, but {total:,} are allowed; take smaller batches"
            ) from None

    def _run_forward(self, is_train: bool, with_gradients: bool) -> None:
        # A program with gradients keeps all that backward reads; prediction, and a network without
        # gradients, run one that lets memory go.
        program = self._build(is_train, with_gradients).program
        if self.constants:
            versions = [writes_of(tensor) for tensor in self._watched]
            if versions != self._versions.get((is_train, with_gradients)):
                program.prepare()
                self._versions[is_train, with_gradients] = versions
        try:
            program.forward()
        except NotImplementedError as problem:  # torch's, for an element type
            raise DTypeError(
                f"torch does not compute this network for its element types: {problem}; Cast "
                "before the operator, or bind arrays of another type"
            ) from problem
        self._last_train, self._spent = is_train, False

    def backward(
        self,
        out_grads: NDArray | Sequence[NDArray | None] | None = None,
        *,
        on_ready: OnReady | None = None,
    ) -> None:
        """Compute the gradients of the last forward run.

        Args:
            out_grads: gradients of the first outputs, in order. Outputs of losses, and those that
                no gradient can flow through, need none.
            on_ready: called as ``on_ready(start, stop, flat_index)`` during the backward pass,
                as soon as the elements from ``start`` up to ``stop`` of the flat gradient array
                ``arenas[1].flat[flat_index]`` are final, once for each bucket of it (see
                `symnet.program.buckets`). Without arenas, as after `bind`, it is not called.

        After ``forward(is_train=False)`` the gradients are those of predict mode. Without any
        forward run one in train mode comes first. Raises ArgumentError where an output's gradient
        is missing, and while another thread runs the executor. Where no argument has a gradient,
        as in networks of inputs alone, nothing is done.
        """
        if not self.grad_dict:
            return
        with self._turn:
            is_train = True if self._last_train is None else self._last_train
            if self._spent:
                raise ArgumentError(
                    "backward was called a second time after one forward, on an executor that "
                    "keeps nothing for that (differentiate_once); call forward before it"
                )
            build = self._build(is_train, True)
            if out_grads is not None or any(head is not None for head in build.head_gradients):
                take_head_gradients(build.head_gradients, self._output_names, out_grads)
            # What backward reads is kept by a training program alone. After prediction the forward
            # pass runs again, in the program that has gradients.
            if self._last_train is None or not is_train:
                with replayed(self._random):
                    self._run_forward(is_train, True)
            build.program.backward(self._pauses(build.program, on_ready) if on_ready else ())
            self._spent = self.differentiates_once and is_train

    def _pauses(self, program: Program, on_ready: OnReady) -> list[Pause]:
        if program not in self._completions:
            flat = [array.torch for array in self.arenas[1].flat] if self.arenas else []
            # Not in the order of the array: weights that are used twice are final late.
            self._completions[program] = sorted(
                (program.steps_until_final(flat[own.flat_index][own.start : own.stop]), own)
                for own in buckets_of([(each.numel(), each.element_size()) for each in flat])
            )
        return [(steps, partial(on_ready, *bucket)) for steps, bucket in self._completions[program]]

    def _build(self, is_train: bool, with_gradients: bool) -> Build:
        key = is_train, with_gradients
        if key not in self._builds:
            with self._turn, collection_paused():
                self._builds[key] = self._built(is_train, with_gradients)
        return self._builds[key]

    def _built(self, is_train: bool, with_gradients: bool) -> Build:
        targets = {
            name: GradientBuffer(array.torch, self.requests[name] == "add", self.takers.get(name))
            for name, array in self.grad_dict.items()
        }
        return build(
            self._graph,
            self._bound,
            [output.torch for output in self.outputs],
            targets if with_gradients else {},
            self.placement,
            is_train=is_train,
            constants=() if is_train or with_gradients else self.constants,
            once=is_train and self.differentiates_once,
            limit=self._limit if is_train and with_gradients else None,
        )

    # -- parameters ------------------------------------------------------------------------------

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        *,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy ``arg_params`` and ``aux_params`` in, by name; what is not given stays as it is.

        Raises ArgumentError for a name that the network does not have, unless
        ``allow_extra_params``, and ShapeError for a wrong shape; nothing is copied then.
        """
        copy_parameters(self, arg_params, aux_params or {}, allow_extra=allow_extra_params)

    def _argument(self, name: str) -> NDArray:
        if name not in self.arg_dict:
            raise ArgumentError(f"no argument {name!r}{suggest(name, self.arg_dict)}")
        return self.arg_dict[name]

    # -- what runs -------------------------------------------------------------------------------

    def plan(self, is_train: bool = True) -> str:
        """Return the program as text: its steps, its buffers, and the bytes it needs.

        On several contexts it tells where each step runs, and the bytes of each context.
        """
        made = self._build(is_train, bool(is_train and self.grad_dict))
        return plan_text(self, made, is_train=is_train)

    def memory(self, is_train: bool = True, context: Context | None = None) -> MemoryReport:
        """Return how many bytes parameters, gradients and activations take at the peak.

        Args:
            is_train: whether of the training program, or of the one that predicts.
            context: count only what lies there; default all of it.
        """
        made = self._build(is_train, bool(is_train and self.grad_dict))
        return memory_of(self, made, is_train=is_train, context=context)

    def debug_str(self) -> str:
        """Return the plan of the training program, as libmxnet's front ends name it."""
        return self.plan()
