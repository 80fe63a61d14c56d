"""The optimizer that is meant by what was given."""

from importlib import import_module
from inspect import isabstract

from ...core.errors import ArgumentError, listed, suggest
from . import stepwise
from .base import AbstractOptimizer

__all__ = ["as_optimizer"]


def as_optimizer(given: object) -> AbstractOptimizer:
    """Return the optimizer that is meant by what was given.

    Args:
        given: an optimizer; or the name of a class, for one with its defaults. Names that Apache
            MXNet has, and the documents have not, mean the optimizers of its update rules.

    Raises ArgumentError for anything else.

    >>> as_optimizer("adam"), as_optimizer("lamb")
    (ADAM(lr=0.001, weight_decay=1e-05), LAMB(lr=0.001, weight_decay=0.01))
    """
    if isinstance(given, AbstractOptimizer):
        return given
    known = _by_name()
    if isinstance(given, str):
        if given.lower() in known:
            return known[given.lower()]()
        raise ArgumentError(
            f"there is no optimizer of the name {given!r}{suggest(given.lower(), known)} "
            f"{listed(sorted(known))}; others are objects, as mx.SGD(lr=0.1)"
        )
    made = f"; make one of the class: mx.{given.__name__}()" if isinstance(given, type) else ""
    is_data = hasattr(given, "shape") or isinstance(given, list | tuple | dict)
    made = "; it comes first, as in fit('adam', X, y)" if is_data else made
    raise ArgumentError(
        "fit: the optimizer must be an AbstractOptimizer, as mx.SGD(lr=0.1), or a name, as "
        f"'adam', got {getattr(given, '__name__', type(given).__name__)}{made}"
    )


def _by_name() -> dict[str, type[AbstractOptimizer]]:
    """Return the classes of optimizers by their names in small letters."""
    # Asked for when it is whole: the folder's own __init__ may import this file.
    folder = import_module(__name__.rpartition(".")[0])
    return {
        name.removeprefix("Stepwise").lower(): kind
        for module in (stepwise, folder)
        for name in module.__all__
        if isinstance(kind := getattr(module, name), type)
        and issubclass(kind, AbstractOptimizer)
        and not isabstract(kind)
    }
