"""Head gradients: what the caller gives `Executor.backward` for outputs that are no losses."""

from collections.abc import Sequence

from torch import Tensor

from ..core.errors import ArgumentError, ShapeError
from ..ndarray import NDArray
from ..operators.contract import Shape

__all__ = ["check_fits", "take_head_gradients"]


def take_head_gradients(
    targets: Sequence[Tensor | None],
    names: Sequence[str],
    given: NDArray | Sequence[NDArray | None] | None,
) -> None:
    """Copy the gradients of outputs to where the program reads them.

    Args:
        targets: a tensor for each output, None where the output needs no gradient.
        names: the names of the outputs.
        given: the gradients of the first outputs, in order.

    Raises ArgumentError where one is missing or there are too many, ShapeError where one does not
    fit; nothing is copied then.
    """
    heads = [given] if isinstance(given, NDArray) else [*(given or ())]
    if len(heads) > len(targets):
        raise ArgumentError(f"{len(heads)} head gradients for {len(targets)} outputs")
    # Losses need none, so a tail of them may be left off.
    heads += [None] * (len(targets) - len(heads))
    for place, (name, target) in enumerate(zip(names, targets, strict=True)):
        if target is None and not isinstance(heads[place], NDArray | None):
            check_fits(f"head gradient of {name!r}", (), heads[place])
        if target is not None:
            _check_head_gradient(name, place, tuple(target.shape), heads[place])
    for target, gradient in zip(targets, heads, strict=True):
        if target is not None and gradient is not None:
            target.copy_(gradient.torch)


def _check_head_gradient(name: str, place: int, shape: Shape, gradient: NDArray | None) -> None:
    if gradient is None:
        raise ArgumentError(
            f"head_gradient is required for output {name!r}, which is not a loss: "
            f"backward([…]) with an array of shape {shape} at place {place}"
        )
    check_fits(f"head gradient of {name!r}", shape, gradient)


def check_fits(what: str, shape: Shape, array: object) -> None:
    """Raise ArgumentError for what is no NDArray, ShapeError for one of another shape."""
    if not isinstance(array, NDArray):
        raise ArgumentError(
            f"{what} must be an NDArray, got {type(array).__name__}; mx.array makes one"
        )
    if array.shape != shape:
        raise ShapeError(f"{what} should have shape {shape}, got {array.shape}")
