"""Copying parameters into an executor's arrays."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..core.errors import ArgumentError, suggest
from ..ndarray import NDArray
from ._head_gradients import check_fits

if TYPE_CHECKING:
    from .executor import Executor

__all__ = ["copy_parameters"]


def copy_parameters(
    executor: "Executor",
    arguments: Mapping[str, NDArray],
    states: Mapping[str, NDArray],
    *,
    allow_extra: bool,
) -> None:
    """Copy parameters and states in, by name: see `Executor.copy_params_from`."""
    pairs: list[tuple[NDArray, NDArray]] = []
    for own, given in ((executor.arg_dict, arguments), (executor.aux_dict, states)):
        for name, array in given.items():
            if name not in own:
                if allow_extra:
                    continue
                raise ArgumentError(f"the network has no parameter {name!r}{suggest(name, own)}")
            check_fits(f"parameter {name!r}", own[name].shape, array)
            pairs.append((own[name], array))
    # Only now: an error above has changed nothing.
    for target, source in pairs:
        target[:] = source
