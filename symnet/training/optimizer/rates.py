"""How learning rates rise at the start and fall in the end.

Source: Apache MXNet 1.9.1, ``mxnet.lr_scheduler``; Loshchilov and Hutter, arXiv:1608.03983.
"""

from dataclasses import dataclass
from math import cos, pi

__all__ = ["Warmup", "cosine", "polynomial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmup:
    """The rates of the first updates.

    Args:
        steps: how many updates they are, from 1.
        first: the rate of update 0.
        last: the rate that follows the last of them.
        linear: whether the rate rises evenly; else it stays the first.
    """

    steps: int
    first: float
    last: float
    linear: bool = True

    def rate(self, number: int) -> float:
        """Return the rate of an update.

        >>> Warmup(steps=4, first=0.0, last=1.0).rate(1)
        0.25
        """
        if not self.linear:
            return self.first
        return self.first + (self.last - self.first) * float(number) / float(self.steps)


def polynomial(part: float, power: float) -> float:
    """Return what remains of a rate after a part of the way.

    >>> polynomial(0.5, 2)
    0.25
    """
    return float((1 - part) ** power)


def cosine(part: float) -> float:
    """Return what remains of a rate after a part of the way, along half a wave.

    >>> cosine(0.0), cosine(1.0)
    (1.0, 0.0)
    """
    return (1 + cos(pi * part)) / 2
