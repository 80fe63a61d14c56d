"""Shapes of which some lengths are declared, and others follow from their use."""

from collections.abc import Sequence

from .contract import Shape

__all__ = ["filled_up"]


def filled_up(declared: Shape, partial: Sequence[int | None]) -> Shape | None:
    """Return a shape of which some lengths are declared and some known from its use.

    Args:
        declared: the shape, with 0 or -1 for lengths that follow from the use.
        partial: the lengths that a reader knows, None for others.

    Returns None where a length is left, or there are not as many.
    """
    if len(declared) != len(partial):
        return None
    pairs = zip(declared, partial, strict=True)
    lengths = [own if own > 0 else used for own, used in pairs]
    return None if None in lengths else tuple(length for length in lengths if length is not None)
