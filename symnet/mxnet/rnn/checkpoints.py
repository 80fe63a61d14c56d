"""Checkpoints of networks with cells: on disk each gate has an array of its own.

Source: Apache MXNet 1.9.1, ``mxnet.rnn``.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from ..ndarray import NDArray
from ..symbol import Symbol
from .base import BaseRNNCell

__all__ = ["do_rnn_checkpoint", "load_rnn_checkpoint", "rnn_unroll", "save_rnn_checkpoint"]

_Cells = BaseRNNCell | Sequence[BaseRNNCell]


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Any = None,
    input_prefix: str = "",
    layout: str = "NTC",
) -> tuple[Any, Any]:
    """Unroll a cell; the old form of ``cell.unroll``. Without inputs, they are variables."""
    warnings.warn("rnn_unroll is an old name: call cell.unroll", DeprecationWarning, stacklevel=2)
    if inputs is None:
        from ..symbol import Variable

        inputs = [Variable(f"{input_prefix}t{step}_data") for step in range(length)]
    return cell.unroll(length, inputs, begin_state, layout)


def save_rnn_checkpoint(
    cells: _Cells,
    prefix: str,
    epoch: int,
    symbol: Symbol,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
) -> None:
    """Write a checkpoint, with the cells' weights taken apart; see ``mx.model.save_checkpoint``."""
    for cell in _listed(cells):
        arg_params = cell.unpack_weights(arg_params)
    _model().save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(
    cells: _Cells, prefix: str, epoch: int
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Return symbol, parameters and states of `save_rnn_checkpoint`."""
    symbol, arg_params, aux_params = _model().load_checkpoint(prefix, epoch)
    for cell in _listed(cells):
        arg_params = cell.pack_weights(arg_params)
    return symbol, arg_params, aux_params


def do_rnn_checkpoint(cells: _Cells, prefix: str, period: int = 1) -> Callable[..., None]:
    """Return a callback for the end of an epoch that writes a checkpoint every so often."""
    every = max(1, int(period))

    def callback(
        iter_no: int,
        sym: Symbol,
        arg: Mapping[str, NDArray],
        aux: Mapping[str, NDArray],
    ) -> None:
        if (iter_no + 1) % every == 0:
            save_rnn_checkpoint(cells, prefix, iter_no + 1, sym, arg, aux)

    return callback


def _model() -> Any:
    return import_module("symnet.mxnet.model")  # which needs much else


def _listed(cells: _Cells) -> Sequence[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else cells
