"""Mixed precision: layers of products compute in 16 bits, everything else in float32.

Weights stay float32, and so do their gradients: the network that is trained has nodes that convert.
Source: Micikevicius et al., arXiv:1710.03740; the lists are in the spirit of MXNet's ``amp``.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from ...executor import Executor
from ...graph.node import Graph, Node, Value, substitute
from ...graph.placement import GROUP
from ...operators.contract import Input, Operator, Shape
from ...operators.definitions.passing import amp_cast
from ...operators.meaning import OfWindows
from ...program.facts import Facts
from ...symbol import SymbolicNode
from ..callback import AbstractCallback
from .objective import LOSS_SCALE
from .options import Precision

__all__ = ["LossScale", "in_precision"]

_NARROW = frozenset(
    (
        "Convolution",
        "Deconvolution",
        "FullyConnected",
        "batch_dot",
        "dot",
        "_linalg_gemm2",
        "_contrib_interleaved_matmul_encdec_qk",
        "_contrib_interleaved_matmul_encdec_valatt",
        "_contrib_interleaved_matmul_selfatt_qk",
        "_contrib_interleaved_matmul_selfatt_valatt",
    )
)
"""What computes in 16 bits: products of matrices and filters, which add up in 32 bits."""

_EITHER = frozenset(
    (
        "Activation",
        "BlockGrad",
        "Concat",
        "Crop",
        "Dropout",
        "ElementWiseSum",
        "Flatten",
        "Pad",
        "Reshape",
        "SliceChannel",
        "SwapAxis",
        "UpSampling",
        "_Maximum",
        "_MaximumScalar",
        "_Minimum",
        "_MinimumScalar",
        "_Minus",
        "_Mul",
        "_MulScalar",
        "_Plus",
        "_PlusScalar",
        "broadcast_add",
        "broadcast_mul",
        "broadcast_sub",
        "clip",
        "expand_dims",
        "identity",
        "negative",
        "relu",
        "sigmoid",
        "slice",
        "slice_axis",
        "squeeze",
        "stack",
        "tanh",
        "transpose",
    )
)
"""What computes in 16 bits where all that it takes comes in 16 bits, and in float32 otherwise."""


def in_precision(
    symbol: SymbolicNode, inputs: Mapping[str, Shape], precision: Precision
) -> SymbolicNode:
    """Return a network whose layers of products compute in 16 bits.

    What has an element type of its own, as after a `Cast`, is left as it is. Outputs keep their
    names, and are float32.

    Args:
        symbol: the network.
        inputs: shapes of data and labels, by name.
        precision: the element type; with float32 the network stays as it is.
    """
    if precision == "float32":
        return symbol
    facts = Facts.infer(symbol.graph, inputs, {})
    converter = _Converter(symbol.graph, facts.dtypes, precision)
    return SymbolicNode(*Graph(converter.outputs()).outputs)


_PATIENCE = 2000
"""So many steps in a row have finite gradients before the scale is doubled."""


class _Converter:
    """Puts nodes that convert into a network."""

    def __init__(
        self, graph: Graph, dtypes: Mapping[Value, torch.dtype], precision: Precision
    ) -> None:
        self._graph, self._dtypes, self._precision = graph, dtypes, precision
        self._narrow: set[Value] = set()
        """The values, of the new network, that have 16 bits."""
        self._made: dict[tuple[Value, str], Value] = {}
        self._shown = {value.node for value in graph.outputs}

    def outputs(self) -> tuple[Value, ...]:
        """Return the outputs of the new network."""
        return substitute(self._graph.outputs, self._replaced)

    def _replaced(self, node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
        op = node.op
        if not isinstance(op, Operator):
            return None
        places = _sharing(op)
        plain = bool(places) and all(
            self._dtypes[node.inputs[place]] == torch.float32 for place in places
        )
        kind = type(op).__name__
        narrow = plain and (
            kind in _NARROW
            or (
                _takes_either(op)
                and node not in self._shown
                and all(inputs[place] in self._narrow for place in places)
            )
        )
        wanted = tuple(
            self._narrowed(value) if narrow and place in places else self._widened(value)
            for place, value in enumerate(inputs)
        )
        shown = narrow and node in self._shown
        name = f"{node.name}_{self._precision}" if shown else node.name
        made = Node(op, name, wanted, node.attributes)
        values = tuple(Value(made, number) for number in range(len(made.results)))
        if narrow:
            self._narrow.update(values)
        # Of the layers that compute in 16 bits all have one output, whose name this keeps.
        return (self._cast(values[0], "float32", node.name),) if shown else values

    def _narrowed(self, value: Value) -> Value:
        if value in self._narrow:
            return value
        return self._cast(value, self._precision, f"{value.node.name}_{self._precision}")

    def _widened(self, value: Value) -> Value:
        if value not in self._narrow:
            return value
        return self._cast(value, "float32", f"{value.node.name}_float32")

    def _cast(self, value: Value, dtype: str, name: str) -> Value:
        key = value, dtype
        if key not in self._made:
            group = {n: text for n, text in value.node.attributes.items() if n == GROUP}
            made = Value(Node(amp_cast.make({"dtype": dtype}), name, (value,), group))
            self._made[key] = made
            if dtype != "float32":
                self._narrow.add(made)
        return self._made[key]


def _takes_either(op: Operator) -> bool:
    """Tell whether an operator is as good in 16 bits."""
    # Maxima of windows; means are sums, and not all of them are there in 16 bits on the CPU.
    return type(op).__name__ in _EITHER or op.meaning() is OfWindows.MAXIMUM


def _sharing(op: Operator) -> tuple[int, ...]:
    """Return where the inputs are that have one element type."""
    places: list[int] = []
    for name, place in op.slots().items():
        declared = op.inputs.get(name)
        if not isinstance(declared, Input) or not declared.any_dtype:
            places += place if isinstance(place, tuple) else (place,)
    return tuple(places)


class LossScale(AbstractCallback):
    """The factor of all losses with float16, whose least numbers gradients would fall below.

    It is halved where a gradient is not finite, and that step is left out; after 2000 steps without
    any it is doubled. It is among the callbacks so that checkpoints keep it.

    Args:
        rows: how many samples a batch has.
    """

    def __init__(self, rows: int) -> None:
        # Gradients are sums over a batch.
        self._scale, self._steps = max(2.0 ** (16 - rows.bit_length()), 1.0), 0

    def __call__(self) -> None:
        """Do nothing: the training asks for what it needs."""

    def give(self, executors: Sequence[Executor]) -> None:
        """Let networks scale their losses."""
        for executor in executors:
            executor.arg_dict[LOSS_SCALE][:] = self._scale

    def take_back(self, gradients: Sequence[Tensor]) -> bool:
        """Divide gradients by the scale, and tell whether they are finite."""
        lengths = [torch.linalg.vector_norm(each, dtype=torch.float64) for each in gradients]
        if not all(map(isfinite, lengths)):
            self._scale, self._steps = max(self._scale / 2, 1.0), 0
            return False
        for gradient in gradients:
            gradient.mul_(1 / self._scale)
        self._steps += 1
        if self._steps == _PATIENCE:
            self._scale, self._steps = min(self._scale * 2, 2.0**24), 0
        return True

    def export_state(self) -> dict[str, Any]:
        """Return the scale, and how many steps it has had."""
        return {"scale": self._scale, "steps": self._steps}

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Go on with a scale."""
        self._scale, self._steps = float(state["scale"]), int(state["steps"])
