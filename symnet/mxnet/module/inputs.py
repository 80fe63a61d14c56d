"""Names and shapes of what a module takes, held against its network."""

import warnings
from collections.abc import Sequence
from typing import Any

from ...core.errors import ArgumentError, listed, suggest
from ..io import DataDesc

__all__ = ["check_all_names", "check_input_names", "descriptions", "parse_data_desc"]


def check_all_names(
    symbol: Any,
    data: Sequence[str],
    labels: Sequence[str],
    states: Sequence[str],
    fixed: Sequence[str],
) -> None:
    """Hold all names that a module was given against the arguments of its network.

    Only a label may be missing: a network that predicts has none.
    """
    kinds = {"data": data, "label": labels, "state": states, "fixed_param": fixed}
    for kind, names in kinds.items():
        check_input_names(symbol, names, kind, kind != "label", depth=5)


def check_input_names(
    symbol: Any, names: Sequence[str], kind: str, throw: bool, depth: int = 4
) -> None:
    """Hold names that a module was given against the arguments of its network.

    Args:
        symbol: the network.
        names: the names.
        kind: what they name, as ``"data"``.
        throw: whether a name that is no argument is an error; else it is a warning.
        depth: how many calls above this the user is, whom a warning is for.
    """
    arguments = symbol.list_arguments()
    for name in names:
        if name in arguments:
            continue
        message = (
            f"You created Module with Module(..., {kind}_names={list(names)}) but input with name "
            f"{name!r} is not found in symbol.list_arguments(){suggest(name, arguments)} "
            f"{listed(arguments)}"
        )
        if throw:
            raise ArgumentError(message)
        warnings.warn(message, stacklevel=depth)


def descriptions(given: Any) -> list[DataDesc]:
    """Return names and shapes as descriptions."""
    return [each if isinstance(each, DataDesc) else DataDesc(*each) for each in given]


def parse_data_desc(
    data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any, label_shapes: Any
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Return data and labels as descriptions, once their names are those of the module.

    Raises ArgumentError for other data, and warns of other labels.
    """
    data = descriptions(data_shapes)
    mismatch = _mismatch("data", data_names, data)
    if mismatch:
        raise ArgumentError(mismatch)
    labels = None if label_shapes is None else descriptions(label_shapes)
    mismatch = _mismatch("label", label_names, labels or [])
    if mismatch:
        warnings.warn(mismatch, stacklevel=4)
    return data, labels


def _mismatch(kind: str, names: Sequence[str], described: Sequence[DataDesc]) -> str | None:
    if sorted(names) == sorted(each.name for each in described):
        return None
    shapes = [(each.name, each.shape) for each in described]
    return (
        f"Data provided by {kind}_shapes don't match names specified by {kind}_names "
        f"({shapes} vs. {list(names)})"
    )
