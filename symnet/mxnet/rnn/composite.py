"""Cells made of cells: one above the other, or one in each direction.

Source: Apache MXNet 1.9.1, ``mxnet.rnn``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import ArgumentError
from .. import symbol
from ..ndarray import NDArray
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams, Steps, as_sequence

__all__ = ["BidirectionalCell", "SequentialRNNCell"]


class _Composite(BaseRNNCell):
    """Base of cells that are made of others."""

    def __init__(self, params: RNNParams | None) -> None:
        self._cells: list[BaseRNNCell] = []
        super().__init__("", params=params)
        self._shares_params = params is not None

    @property
    def _own_cells(self) -> Sequence[BaseRNNCell]:  # type: ignore[override]
        return self._cells

    def _take(self, cell: BaseRNNCell) -> None:
        """Let a cell be one of the parts, with the variables of all."""
        if self._shares_params:
            if not cell._own_params:
                raise ArgumentError(
                    f"give params to {type(self).__name__}, or to the cells in it, not to both"
                )
            cell.params._params.update(self.params._params)
        self.params._params.update(cell.params._params)
        self._cells.append(cell)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state."""
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Return the states before the first step; see `BaseRNNCell.begin_state`."""
        self._check_unmodified()
        return [state for cell in self._cells for state in cell.begin_state(*args, **kwargs)]

    def _divided(self, states: Sequence[Symbol]) -> list[Sequence[Symbol]]:
        """Return the states of each cell."""
        found, start = [], 0
        for cell in self._cells:
            stop = start + len(cell.state_info)
            found.append(states[start:stop])
            start = stop
        return found

    def unpack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return parameters with the cells' weights in one array for each gate."""
        found = dict(args)
        for cell in self._cells:
            found = cell.unpack_weights(found)
        return found

    def pack_weights(self, args: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return parameters with the weights of all gates in one array."""
        found = dict(args)
        for cell in self._cells:
            found = cell.pack_weights(found)
        return found


class SequentialRNNCell(_Composite):
    """Cells one above the other.

    Args:
        params: variables that are shared.
    """

    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__(params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put a cell on top."""
        self._take(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        self._counter += 1
        after: list[Symbol] = []
        for cell, own in zip(self._cells, self._divided(states), strict=True):
            inputs, following = cell(inputs, own)
            after.extend(following)
        return inputs, after

    def unroll(
        self,
        length: int,
        inputs: Steps,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Apply the cells to a sequence; see `BaseRNNCell.unroll`."""
        self.reset()
        states = self.begin_state() if begin_state is None else begin_state
        after: list[Any] = []
        for cell, own in zip(self._cells, self._divided(states), strict=True):
            merge = merge_outputs if cell is self._cells[-1] else None
            inputs, following = cell.unroll(length, inputs, own, layout, merge)
            after.extend(following)
        return inputs, after


class BidirectionalCell(_Composite):
    """A cell that reads forward and one that reads backward; their outputs side by side.

    Args:
        l_cell: the cell that reads forward.
        r_cell: the cell that reads backward.
        params: variables that are shared.
        output_prefix: what names of outputs begin with, default ``"bi_"``.
    """

    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ) -> None:
        super().__init__(params)
        self._output_prefix = output_prefix
        self._take(l_cell)
        self._take(r_cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Raise ArgumentError: half of the cell begins at the end."""
        raise ArgumentError("a BidirectionalCell makes no single steps; call unroll")

    def unroll(
        self,
        length: int,
        inputs: Steps,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Apply the cells to a sequence; see `BaseRNNCell.unroll`. States come cell by cell."""
        self.reset()
        steps = as_sequence(length, inputs, layout, merge=False)
        states = self.begin_state() if begin_state is None else begin_state
        orders = (steps, list(reversed(steps)))
        found = [
            cell.unroll(length, order, own, layout, merge_outputs)
            for cell, order, own in zip(self._cells, orders, self._divided(states), strict=True)
        ]
        axis = layout.find("T")
        (forward, _), (backward, _) = found
        if merge_outputs is None:
            merge_outputs = isinstance(forward, Symbol) and isinstance(backward, Symbol)
            if not merge_outputs:
                forward, backward = (_apart(each, axis, length) for each in (forward, backward))
        after = [following for _, following in found]
        if merge_outputs:
            turned = symbol.reverse(backward, axis=axis)
            name = f"{self._output_prefix}out"
            return symbol.Concat(forward, turned, dim=2, name=name), after
        pairs = zip(forward, reversed(backward), strict=True)
        outputs = [
            symbol.Concat(left, right, dim=1, name=f"{self._output_prefix}t{step}")
            for step, (left, right) in enumerate(pairs)
        ]
        return outputs, after


def _apart(outputs: Any, axis: int, length: int) -> list[Symbol]:
    if not isinstance(outputs, Symbol):
        return list(outputs)
    return list(symbol.SliceChannel(outputs, axis=axis, num_outputs=length, squeeze_axis=1))
