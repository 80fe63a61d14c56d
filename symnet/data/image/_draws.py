"""Random choices that only the seed, the epoch and the record settle.

Each choice has a column of its own in a table, so that what one augmentation draws does not move
what another one does, and no choice depends on which thread made it, or in which order.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["Draws", "between", "draws", "whole_between"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws(NamedTuple):
    """The random choices for one image, each a number from 0 up to 1, which is left out."""

    shear: float
    angle: float
    scale: float
    aspect: float
    interpolation: float
    crop_size: float
    crop_y: float
    crop_x: float
    hue: float
    saturation: float
    lightness: float
    contrast: float
    illumination: float
    mirror: float


def draws(seed: int, epoch: int, records: np.ndarray) -> list[Draws]:
    """Return the random choices for some records in one epoch.

    Args:
        seed: from 0 to 2**64 - 1.
        epoch: number of the pass, from 0.
        records: numbers of the records.

    The numbers are those of SplitMix64 (Steele, Lea and Flood, 2014), begun at a place that the
    three are mixed into.

    >>> first, second = draws(0, 0, np.array([7, 8]))
    >>> first == draws(0, 0, np.array([7]))[0], first == second
    (True, False)
    """
    begin = _mixed(_mixed(np.array([seed], np.uint64)) + np.array([epoch], np.uint64))
    states = _mixed(begin + records.astype(np.uint64))[:, None]
    steps = np.arange(1, len(Draws._fields) + 1, dtype=np.uint64) * _GOLDEN
    numbers = (_mixed(states + steps) >> np.uint64(11)) * 2.0**-53
    return [Draws(*row) for row in numbers.tolist()]


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return 64-bit numbers with each bit of the result depending on all of the input."""
    numbers = numbers + _GOLDEN
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


def between(low: float, high: float, draw: float) -> float:
    """Return a number from ``low`` to ``high``, every one as likely."""
    return low + draw * (high - low)


def whole_between(low: int, high: int, draw: float) -> int:
    """Return a whole number from ``low`` to ``high``, both included, every one as likely.

    >>> [whole_between(-1, 1, draw) for draw in (0.0, 0.5, 0.99)]
    [-1, 0, 1]
    """
    return low + int(draw * (high - low + 1))
