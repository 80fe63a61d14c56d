"""How a batch is divided among devices, and what names a network may have.

Source: Apache MXNet 1.9.1, ``mxnet.executor_manager``.
"""

from collections.abc import Sequence
from typing import Any

from ..core.errors import ArgumentError

__all__ = ["_check_arguments", "_split_input_slice"]


def _split_input_slice(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """Return the rows of a batch that each device takes, in proportion to its work load.

    Raises ValueError where a device would get none.

    >>> _split_input_slice(8, [1, 1, 1])
    [slice(0, 3, None), slice(3, 6, None), slice(6, 8, None)]
    """
    total = sum(work_load_list)
    counts = [round(load * batch_size / total) for load in work_load_list]
    counts[-1] += max(0, batch_size - sum(counts))
    slices, end = [], 0
    for count in counts:
        begin, end = end, min(end + count, batch_size)
        if begin >= end:
            raise ValueError(
                f"Too many slices. Some splits are empty: {batch_size} rows for "
                f"{len(work_load_list)} devices with work loads {list(work_load_list)}"
            )
        slices.append(slice(begin, end))
    return slices


def _check_arguments(symbol: Any) -> None:
    """Raise ArgumentError where two variables of a network have one name."""
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ArgumentError(
            f"Find duplicated argument name {repeated[0]!r}: give each variable its own, as "
            f"name='fc1' of its operator; names are {names}"
        )
