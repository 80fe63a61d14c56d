"""Networks and parameters in files, as ``mxnet.model`` names them.

Source: Apache MXNet 1.9.1, ``mxnet.model``.
"""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..core.errors import FormatError
from . import ndarray, symbol
from .context import cpu

__all__ = [
    "BatchEndParam",
    "divided",
    "joined",
    "load_checkpoint",
    "load_params",
    "save_checkpoint",
]

Parameters = dict[str, Any]


class BatchEndParam(NamedTuple):
    """What a batch callback is called with.

    Args:
        epoch: number of the epoch, from 0.
        nbatch: number of the batch.
        eval_metric: the metric.
        locals: what the training loop works on, by name.
    """

    epoch: int
    nbatch: int
    eval_metric: Any
    locals: Any


def joined(arg_params: Mapping[str, Any], aux_params: Mapping[str, Any]) -> Parameters:
    """Return parameters and states under the names that files have: ``arg:fc_weight``."""
    return {
        f"{kind}:{name}": array.as_in_context(cpu())
        for kind, arrays in (("arg", arg_params), ("aux", aux_params))
        for name, array in arrays.items()
    }


def divided(arrays: Any, where: str) -> tuple[Parameters, Parameters]:
    """Return parameters and states apart, by their own names.

    Raises FormatError for an array that is neither.
    """
    found: dict[str, Parameters] = {"arg": {}, "aux": {}}
    for full, array in dict(arrays).items():
        kind, _, name = full.partition(":")
        if kind not in found:
            raise FormatError(
                f"{where}: the array {full!r} is no parameter: names begin with 'arg:' or 'aux:'"
            )
        found[kind][name] = array
    return found["arg"], found["aux"]


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Any,
    arg_params: Mapping[str, Any],
    aux_params: Mapping[str, Any],
    remove_amp_cast: bool = True,
) -> None:
    """Write a network to ``PREFIX-symbol.json``, and its parameters to ``PREFIX-NNNN.params``.

    Args:
        prefix: how the files' names begin.
        epoch: the number in the file's name.
        symbol: the network; None writes only the parameters.
        arg_params: the parameters, by name.
        aux_params: the auxiliary states, by name.
        remove_amp_cast: there only for scripts that give it: symnet makes no such casts.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json")
    name = f"{prefix}-{epoch:04d}.params"
    ndarray.save(name, joined(arg_params, aux_params))
    logging.info('Saved checkpoint to "%s"', name)


def load_params(prefix: str, epoch: int) -> tuple[Parameters, Parameters]:
    """Return the parameters and auxiliary states in ``PREFIX-NNNN.params``, by name."""
    name = f"{prefix}-{epoch:04d}.params"
    found: Any = ndarray.load(name)
    if not found:
        logging.warning("Params file '%s' is empty", name)
    return divided(found, name)


def load_checkpoint(prefix: str, epoch: int) -> tuple[Any, Parameters, Parameters]:
    """Return a network, its parameters and its auxiliary states; see `save_checkpoint`."""
    return (symbol.load(f"{prefix}-symbol.json"), *load_params(prefix, epoch))
