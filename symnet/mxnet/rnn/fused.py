"""Layers of cells that are one operator, RNN. Source: Apache MXNet 1.9.1, ``mxnet.rnn``."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core.errors import ArgumentError
from .. import symbol
from ..initializer import FusedRNN
from ..ndarray import NDArray, zeros
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, Steps, as_sequence

__all__ = ["FusedRNNCell"]

_GATES = {
    "rnn_relu": ("",),
    "rnn_tanh": ("",),
    "lstm": ("_i", "_f", "_c", "_o"),
    "gru": ("_r", "_z", "_o"),
}
"""The gates by mode, in the order of their weights."""


class FusedRNNCell(BaseRNNCell):
    """Layers of cells as one operator, with all weights in one vector.

    Args:
        num_hidden: the size of a state.
        num_layers: how many layers, default 1.
        mode: ``"lstm"`` (default), ``"gru"``, ``"rnn_relu"`` or ``"rnn_tanh"``.
        bidirectional: whether there are two directions, default no.
        dropout: the probability between layers, default 0.
        get_next_state: whether `unroll` returns the states after the last step, default no.
        forget_bias: what the bias of the forget gate starts from, default 1.
        prefix: what names begin with, default the mode and an underscore.
        params: variables that are shared.
    """

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        if mode not in _GATES:
            raise ArgumentError(
                f"FusedRNNCell: mode must be one of {', '.join(_GATES)}, got {mode!r}"
            )
        super().__init__(prefix=f"{mode}_" if prefix is None else prefix, params=params)
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._bidirectional = bidirectional
        self._dropout = dropout
        self._get_next_state = get_next_state
        self._directions = ("l", "r") if bidirectional else ("l",)
        start = FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter = self.params.get("parameters", init=start)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state."""
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        count = 2 if self._mode == "lstm" else 1
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(count)]

    @property
    def _gate_names(self) -> Sequence[str]:
        return _GATES[self._mode]

    # -- weights ---------------------------------------------------------------------------------

    def _parts(self, inputs: int) -> list[tuple[str, tuple[int, ...]]]:
        """Return the names and shapes of the parts, in the order in which they lie."""
        hidden, across = self._num_hidden, len(self._directions) * self._num_hidden
        found: list[tuple[str, tuple[int, ...]]] = []
        for end in ("weight", "bias"):
            for layer in range(self._num_layers):
                widths = {"i2h": across if layer else inputs, "h2h": hidden}
                for direction in self._directions:
                    stem = f"{self._prefix}{direction}{layer}_"
                    for kind, width in widths.items():
                        shape = (hidden, width) if end == "weight" else (hidden,)
                        found += [(f"{stem}{kind}{g}_{end}", shape) for g in self._gate_names]
        return found

    def _cut(self, vector: NDArray, inputs: int) -> dict[str, NDArray]:
        """Return views of the parts of the vector."""
        found, start = {}, 0
        for name, shape in self._parts(inputs):
            stop = start + shape[0] * (shape[1] if len(shape) > 1 else 1)
            if stop > vector.size:
                break
            found[name] = vector[start:stop].reshape(shape)
            start = stop
        if start != vector.size or len(found) != len(self._parts(inputs)):
            raise ArgumentError(
                f"FusedRNNCell: {vector.size} elements are no weights of {self._num_layers} layers "
                f"of {self._num_hidden}, mode {self._mode!r}"
            )
        return found

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return parameters with an array for each weight of each gate, layer and direction."""
        found = dict(args)
        vector = found.pop(str(self._parameter.name))
        across, hidden = len(self._directions), self._num_hidden
        rows = vector.size // across // hidden // len(self._gate_names)
        above = (self._num_layers - 1) * (hidden + across * hidden + 2)
        parts = self._cut(vector, rows - above - hidden - 2)
        return {**found, **{name: part.copy() for name, part in parts.items()}}

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return parameters with all weights in one vector."""
        found = dict(args)
        first = found[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"]
        inputs = first.shape[1]
        sizes = [shape[0] * (shape[1] if len(shape) > 1 else 1) for _, shape in self._parts(inputs)]
        vector = zeros((sum(sizes),), first.context, first.dtype)
        for name, part in self._cut(vector, inputs).items():
            part[:] = found.pop(name)
        found[str(self._parameter.name)] = vector
        return found

    # -- symbols ---------------------------------------------------------------------------------

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Raise ArgumentError: the operator takes whole sequences."""
        raise ArgumentError("a FusedRNNCell makes no single steps; call unroll, or unfuse() it")

    def unroll(
        self,
        length: int,
        inputs: Steps,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Apply the layers to a sequence; see `BaseRNNCell.unroll`."""
        self.reset()
        if layout not in ("NTC", "TNC"):
            raise ArgumentError(f"FusedRNNCell: layout must be 'NTC' or 'TNC', got {layout!r}")
        data = as_sequence(length, inputs, layout, merge=True)
        batch_first = layout == "NTC"
        if batch_first:
            warnings.warn("layout TNC spares FusedRNNCell two transpositions", stacklevel=2)
            data = symbol.swapaxes(data, dim1=0, dim2=1)
        states = self.begin_state() if begin_state is None else begin_state
        named = dict(zip(("state", "state_cell"), states, strict=False))
        outputs, after = self._applied(data, named)
        if batch_first:
            outputs = symbol.swapaxes(outputs, dim1=0, dim2=1)
        return as_sequence(length, outputs, layout, merge_outputs), after

    def _applied(self, data: Symbol, states: dict[str, Symbol]) -> tuple[Any, list[Symbol]]:
        found = symbol.RNN(
            data=data,
            parameters=self._parameter,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
            attr={"__layout__": "LNC"} if self._get_next_state else None,
            **states,
        )
        if not self._get_next_state:
            return found, []
        return found[0], [found[place] for place in range(1, 1 + len(states))]

    def unfuse(self) -> Any:
        """Return cells that compute the same, with weights that `pack_weights` makes of ours."""
        from .cells import GRUCell, LSTMCell, RNNCell
        from .composite import BidirectionalCell, SequentialRNNCell
        from .modifiers import DropoutCell

        makers: dict[str, Callable[[str], BaseRNNCell]] = {
            "rnn_relu": lambda prefix: RNNCell(self._num_hidden, "relu", prefix),
            "rnn_tanh": lambda prefix: RNNCell(self._num_hidden, "tanh", prefix),
            "lstm": lambda prefix: LSTMCell(self._num_hidden, prefix),
            "gru": lambda prefix: GRUCell(self._num_hidden, prefix),
        }
        make, stack = makers[self._mode], SequentialRNNCell()
        for layer in range(self._num_layers):
            cells = [make(f"{self._prefix}{each}{layer}_") for each in self._directions]
            if self._bidirectional:
                prefix = f"{self._prefix}bi_l{layer}_"
                stack.add(BidirectionalCell(cells[0], cells[1], output_prefix=prefix))
            else:
                stack.add(cells[0])
            if self._dropout > 0 and layer != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{layer}_"))
        return stack
