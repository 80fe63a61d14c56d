"""Cells that change another one: dropout, zoneout, residual connections.

Source: Apache MXNet 1.9.1, ``mxnet.rnn``.
"""

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from ...core.errors import ArgumentError
from .. import symbol
from ..ndarray import NDArray
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, Steps, as_sequence
from .composite import BidirectionalCell
from .fused import FusedRNNCell

__all__ = ["DropoutCell", "ModifierCell", "ResidualCell", "ZoneoutCell"]


class DropoutCell(BaseRNNCell):
    """Drop elements of the input; a cell without states, to stand between others.

    Args:
        dropout: the probability.
        prefix: there for the order of arguments.
        params: variables that are shared.
    """

    def __init__(
        self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None
    ) -> None:
        super().__init__(prefix, params)
        if not isinstance(dropout, Real):
            raise ArgumentError(f"DropoutCell: dropout must be a number, got {dropout!r}")
        self.dropout: float = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Nothing: there is no state."""
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        if self.dropout > 0:
            inputs = symbol.Dropout(data=inputs, p=self.dropout)
        return inputs, list(states)

    def unroll(
        self,
        length: int,
        inputs: Steps,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Apply the cell to a sequence, all steps at once where they are one symbol."""
        self.reset()
        steps = as_sequence(length, inputs, layout, merge_outputs)
        if isinstance(steps, Symbol):
            return self(steps, [])
        return super().unroll(length, steps, begin_state, layout, merge_outputs)


class ModifierCell(BaseRNNCell):
    """Base of cells that change another one, whose parameters they share.

    Args:
        base_cell: the other cell; it may not be called any more.
    """

    def __init__(self, base_cell: BaseRNNCell) -> None:
        self.base_cell = base_cell
        super().__init__()
        base_cell._modified = True

    @property
    def params(self) -> RNNParams:
        """The variables of the other cell."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state."""
        return self.base_cell.state_info

    def begin_state(self, func: Callable[..., Any] = symbol.zeros, **kwargs: Any) -> list[Any]:
        """Return the states before the first step; see `BaseRNNCell.begin_state`.

        The function that makes one is also called ``init_sym`` here.
        """
        self._check_unmodified()
        self.base_cell._modified = False
        try:
            return self.base_cell.begin_state(kwargs.pop("init_sym", func), **kwargs)
        finally:
            self.base_cell._modified = True

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return parameters with the cell's weights in one array for each gate."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return parameters with the weights of all gates in one array."""
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Let elements of outputs and states stay, at random, as they were a step before.

    Args:
        base_cell: a cell that makes single steps.
        zoneout_outputs: the probability for outputs, default 0.
        zoneout_states: the probability for states, default 0.
    """

    def __init__(
        self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0
    ) -> None:
        if isinstance(base_cell, FusedRNNCell | BidirectionalCell):
            raise ArgumentError(
                f"ZoneoutCell needs single steps, which {type(base_cell).__name__} does not make; "
                "unfuse() a fused cell, and put ZoneoutCell around the cells in a bidirectional one"
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self.base_cell.reset()
        self.prev_output: Symbol | None = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        output, after = self.base_cell(inputs, states)
        if self.zoneout_outputs:
            before = symbol.zeros((0, 0)) if self.prev_output is None else self.prev_output
            output = self._mixed(self.zoneout_outputs, output, before)
        if self.zoneout_states:
            pairs = zip(after, states, strict=True)
            after = [self._mixed(self.zoneout_states, new, old) for new, old in pairs]
        self.prev_output = output
        return output, after

    @staticmethod
    def _mixed(probability: float, new: Symbol, old: Symbol) -> Symbol:
        mask = symbol.Dropout(symbol.ones_like(new), p=probability)
        found: Symbol = symbol.where(mask, new, old)
        return found


class ResidualCell(ModifierCell):
    """Add the input to the output of a cell; they have one shape."""

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        output, after = self.base_cell(inputs, states)
        return _added(output, inputs), after

    def unroll(
        self,
        length: int,
        inputs: Steps,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Apply the cell to a sequence; see `BaseRNNCell.unroll`."""
        self.reset()
        self.base_cell._modified = False
        try:
            outputs, after = self.base_cell.unroll(
                length, inputs, begin_state, layout, merge_outputs
            )
        finally:
            self.base_cell._modified = True
        merge = isinstance(outputs, Symbol) if merge_outputs is None else merge_outputs
        steps = as_sequence(length, inputs, layout, merge)
        if merge:
            return _added(outputs, steps), after
        return [_added(*pair) for pair in zip(outputs, steps, strict=True)], after


def _added(output: Symbol, inputs: Symbol) -> Symbol:
    found: Symbol = symbol.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
    return found
