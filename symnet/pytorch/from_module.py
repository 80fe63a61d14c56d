"""`from_module`: a module of PyTorch as an operator of a network."""

import copy
import inspect
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

import torch
from torch import Tensor, nn

from ..core.context import Context
from ..core.errors import ArgumentError, ParameterError, ShapeError
from ..graph.node import Node
from ..ndarray import NDArray
from ..operators.contract import Inputs, Operator, Shape, Shapes, State, param
from ..operators.dispatch import apply
from ..symbol import SymbolicNode

__all__ = ["from_module", "module_params"]


def from_module(
    module: nn.Module,
    *data: SymbolicNode,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    num_outputs: int = 1,
) -> SymbolicNode:
    """Return a node of a network that a module of PyTorch computes.

    The module's parameters are arguments of the network, ``NAME_weight`` and so on with dots as
    ``_``, and its buffers are auxiliary states; `module_params` returns their numbers. They are
    trained and kept as all others are. The node holds a copy of the module, of which training and
    prediction use `train()` and `eval()`. What the network is written into cannot hold the module:
    a file is read into a network that was built in Python again, by
    ``load_checkpoint(model, prefix, epoch)``.

    Args:
        module: takes tensors by position; returns a tensor, or a tuple of them.
        data: what it is called with.
        name: the node's name, default one of the module's class.
        attrs: attributes to attach, strings by name.
        num_outputs: how many tensors it returns.

    Raises ArgumentError for what is no module, and for data that are no symbols.

    >>> from symnet.symbol import Variable
    >>> net = from_module(nn.Linear(3, 2), Variable("data"), name="fc")
    >>> net.list_arguments()
    ['data', 'fc_weight', 'fc_bias']
    >>> net.infer_shape(data=(5, 3))[1]
    [(5, 2)]
    >>> sorted(module_params(net)[0])
    ['fc_bias', 'fc_weight']
    """
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"from_module: give a module of torch, not {module!r}")
    if not data or not all(isinstance(each, SymbolicNode) for each in data):
        raise ArgumentError("from_module: give the symbols that the module is called with")
    held = _Held(module, len(data))
    op = _TorchModule(module=held, num_data=len(data), num_outputs=num_outputs)
    made = apply(op, data, {}, name=name, hint=type(module).__name__.lower(), attrs=attrs)
    assert isinstance(made, SymbolicNode)
    return made


def module_params(network: SymbolicNode) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return the numbers that modules of torch in a network had when they came into it.

    Returns parameters by the network's names, and auxiliary states; copies both.

    >>> from symnet.symbol import Variable
    >>> net = from_module(nn.BatchNorm1d(2), Variable("data"), name="norm")
    >>> module_params(net)[1]["norm_running_var"]
    NDArray([1., 1.], float32, CPU0)
    """
    found: tuple[dict[str, NDArray], dict[str, NDArray]] = {}, {}
    for node in network.graph.nodes:
        if isinstance(node.op, _TorchModule):
            for into, values in zip(found, _numbers(node, node.op), strict=True):
                into.update(values)
    return found


def _numbers(node: Node, op: "_TorchModule") -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    held = op.held
    names = [value.node.name for value in node.inputs[op.num_data :]]
    arrays = [NDArray.wrap(each.clone(), Context("cpu")) for each in held.numbers]
    count = len(held.parameters)
    return (
        dict(zip(names[:count], arrays[:count], strict=True)),
        dict(zip(names[count:], arrays[count:], strict=True)),
    )


class _Held:
    """A module without numbers of its own, which is called with those of a network.

    Args:
        module: the module, of which a copy is taken.
        count: with how many tensors it is called.
    """

    def __init__(self, module: nn.Module, count: int) -> None:
        cls = type(module)
        self._text = f"{cls.__module__}.{cls.__qualname__}"
        named, buffers = dict(module.named_parameters()), dict(module.named_buffers())
        self._keys = [*named, *buffers]
        # A network's arrays have axes; what has none in the module has one there.
        self._shapes = [each.shape for each in (*named.values(), *buffers.values())]
        self.numbers = [
            each.detach().reshape(each.shape or (1,)).cpu().clone()
            for each in (*named.values(), *buffers.values())
        ]
        self.data = _data_names(module, count)
        self.parameters = _unlike(named, self.data)
        self.states = _unlike(buffers, [*self.data, *self.parameters])
        # Tensors of its own would be a second copy; `meta` has none.
        self._module = copy.deepcopy(module).to("meta")
        self._lock = Lock()

    def __call__(
        self, data: Sequence[Tensor], held: Sequence[Tensor], *, is_train: bool
    ) -> tuple[Tensor, ...]:
        """Call the module with data, parameters and buffers."""
        shaped = [each.view(shape) for each, shape in zip(held, self._shapes, strict=True)]
        numbers = dict(zip(self._keys, shaped, strict=True))
        with self._lock:  # the module is lent these numbers, and its mode, for the call
            self._module.train(is_train)
            found = torch.func.functional_call(self._module, numbers, tuple(data))
        results = found if isinstance(found, tuple | list) else (found,)
        if not all(isinstance(each, Tensor) for each in results):
            raise ArgumentError(f"{self._text} should return tensors, got {found!r}")
        return tuple(results)

    def result_shapes(self, shapes: Sequence[Shape]) -> list[Shape]:
        """Return the shapes of what the module returns. Raises ShapeError where it fails."""
        given = ", ".join(map(str, shapes))
        failure: Exception | None = None
        # What looks at numbers, or leaves torch, does not run on `meta`, which has none.
        for device in ("meta", "cpu"):
            for dtype in (self.float_type, torch.int64):  # floats or, as an embedding, numbers
                try:
                    found = self._shapes_for(0, shapes, dtype, device)
                    other = self._shapes_for(1, shapes, dtype, device) if device == "cpu" else found
                except Exception as error:
                    failure = error if dtype is self.float_type else failure
                    continue
                if found != other:
                    raise ShapeError(
                        f"{self._text} with inputs of shape {given}: the shape of what it returns "
                        f"depends on their numbers, it is {found} for 0 and {other} for 1"
                    )
                return found
        raise ShapeError(f"{self._text} fails with inputs of shape {given}: {failure}") from failure

    def _shapes_for(
        self, number: int, shapes: Sequence[Shape], dtype: torch.dtype, device: str
    ) -> list[Shape]:
        data = [torch.full(shape, number, dtype=dtype, device=device) for shape in shapes]
        held = [each.to(device) for each in self.numbers]
        with torch.no_grad():
            return [tuple(each.shape) for each in self(data, held, is_train=False)]

    @property
    def float_type(self) -> torch.dtype:
        """The type of its parameters, float32 where it has none."""
        floats = [each.dtype for each in self.numbers if each.is_floating_point()]
        return floats[0] if floats else torch.float32

    def __repr__(self) -> str:
        return self._text


def _data_names(module: nn.Module, count: int) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = [p.name for p in inspect.signature(module.forward).parameters.values() if p.kind in kinds]
    return own[:count] if len(own) >= count else [f"data{place}" for place in range(count)]


def _unlike(keys: Iterable[str], taken: Sequence[str]) -> list[str]:
    """Return names for keys of torch, without dots, each unlike all others."""
    found: list[str] = []
    for key in keys:
        name = key.replace(".", "_")
        while name in taken or name in found:
            name += "_"
        found.append(name)
    return found


class _Tape(Tensor):
    """A tensor without numbers that carries one run of a module from forward to backward.

    Args:
        leaves: the inputs and parameters, which gradients are asked for of.
        ends: what the module returned.
    """

    leaves: Sequence[Tensor]
    ends: Sequence[Tensor]


class _TorchModule(Operator):
    """Run a module of PyTorch; `from_module` makes it.

    >>> import symnet as mx
    >>> import torch
    >>> mx.from_module(torch.nn.Tanh(), mx.Variable("data"), name="tanh").list_outputs()
    ['tanh_output']
    """

    pure = False
    foreign = True

    args = Inputs("What the module is called with, then its parameters.")
    aux = State("The module's buffers.")
    module: object = param("The module.")
    num_data: int = param("With how many tensors it is called.", min=1)
    num_outputs: int = param("How many tensors it returns.", default=1, min=1)
    num_args: int = param("Number of inputs; the module tells it.", default=0, min=0)

    def check(self) -> None:
        """Take a module only."""
        if not isinstance(self.module, _Held):
            raise ParameterError(
                f"from_module: a file cannot hold the module {self.module!r} of torch: build the "
                "network in Python again, and read into it: load_checkpoint(model, prefix, epoch)"
            )
        object.__setattr__(self, "num_args", self.num_data + len(self.module.parameters))

    @property
    def held(self) -> _Held:
        """The module."""
        assert isinstance(self.module, _Held)
        return self.module

    def slots(self) -> dict[str, int | tuple[int, ...]]:
        """Return where inputs, parameters and states stand."""
        end = self.num_args + len(self.held.states)
        return {"args": tuple(range(self.num_args)), "aux": tuple(range(self.num_args, end))}

    def arguments(self) -> tuple[str, ...]:
        """Return the names of inputs and parameters."""
        return (*self.held.data, *self.held.parameters)

    def state_names(self) -> tuple[str, ...]:
        """Return the names of the buffers."""
        return tuple(self.held.states)

    def outputs(self) -> tuple[str, ...]:
        """Return ``output``, or ``output0``, ``output1``, …"""
        if self.num_outputs == 1:
            return ("output",)
        return tuple(f"output{place}" for place in range(self.num_outputs))

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """What torch remembers of one run."""
        return {"tape": None}

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """As the module computes."""
        own = [tuple(each.shape) for each in self.held.numbers]
        count = len(self.held.parameters)
        known = {"args": [*args[: self.num_data], *own[:count]], "aux": own[count:]}
        data = [shape for shape in args[: self.num_data] if shape is not None]
        if len(data) < self.num_data:
            return known
        results = self.held.result_shapes(data)
        if len(results) != self.num_outputs:
            raise ShapeError(
                f"{self.module!r} returns {len(results)} tensors; give num_outputs={len(results)}"
            )
        return {**known, **dict(zip(self.outputs(), results, strict=True)), "tape": (1,)}

    def infer_types(
        self, inputs: Sequence[torch.dtype | None]
    ) -> tuple[Sequence[torch.dtype], Sequence[torch.dtype]]:
        """Parameters and buffers have the module's types, where no others are told."""
        own = [*[self.held.float_type] * self.num_data, *(t.dtype for t in self.held.numbers)]
        told = [dtype or default for dtype, default in zip(inputs, own, strict=True)]
        floats = [dtype for dtype in told if dtype.is_floating_point]
        return told, [floats[0] if floats else torch.float32] * self.num_outputs

    def forward(
        self, args: list[Tensor], is_train: bool, aux: list[Tensor] | None = None
    ) -> Tensor | tuple[Tensor, ...]:
        """Return what the module returns."""
        with torch.no_grad():
            results = self._results(args, aux, is_train=is_train)
        found = tuple(each.detach() for each in results)
        return found if len(found) > 1 else found[0]

    def forward_saving(
        self, args: list[Tensor], is_train: bool, aux: list[Tensor] | None = None
    ) -> tuple[Tensor, ...]:
        """Return the same, and what torch remembers."""
        # `data`, because the planner vouches for the memory: parts of its arena would look changed
        # to torch whenever another part is written.
        leaves = [each.data.requires_grad_(each.is_floating_point()) for each in args]
        with torch.inference_mode(False), torch.enable_grad():
            ends = self._results(leaves, aux, is_train=is_train)
        tape = args[0].new_zeros(1).as_subclass(_Tape)
        tape.leaves, tape.ends = leaves, ends
        return (*(end.data for end in ends), tape)

    def _results(
        self, args: Sequence[Tensor], aux: Sequence[Tensor] | None, *, is_train: bool
    ) -> tuple[Tensor, ...]:
        data, parameters = args[: self.num_data], args[self.num_data :]
        found = self.held(data, [*parameters, *(aux or ())], is_train=is_train)
        dtype = next((t.dtype for t in args if t.is_floating_point()), torch.float32)
        return tuple(each.to(dtype) for each in found)

    def backward(
        self,
        grads: Sequence[Tensor | None],
        args: list[Tensor],
        tape: Tensor,
        wants: frozenset[str],
    ) -> Mapping[str, Tensor]:
        """Return the wanted gradients, which torch computes.

        The inputs are asked for because the tape refers to their memory.
        """
        if not isinstance(tape, _Tape):
            raise ArgumentError("from_module: backward needs what forward_saving left")
        flowing = [
            (end, grad)
            for end, grad in zip(tape.ends, grads, strict=True)
            if grad is not None and end.requires_grad
        ]
        names = self.arguments()
        places = [place for place, name in enumerate(names) if name in wants]
        zeros = {names[place]: torch.zeros_like(args[place]) for place in places}
        leaves = {names[p]: tape.leaves[p] for p in places if tape.leaves[p].requires_grad}
        if not flowing or not leaves:
            return zeros
        ends, above = zip(*flowing, strict=True)
        found = torch.autograd.grad(
            ends,
            list(leaves.values()),
            above,
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        return {**zeros, **dict(zip(leaves, found, strict=True))}
