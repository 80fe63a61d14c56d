"""How learning rates rise at the start and fall in the end.

Source: Apache MXNet 1.9.1, ``mxnet.lr_scheduler``; Loshchilov and Hutter, arXiv:1608.03983.
"""

from dataclasses import dataclass
from math import cos, inf, isfinite, pi

from ...core.errors import ParameterError

__all__ = ["Warmup", "cosine", "polynomial", "usable_number"]


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

    def rate(self, number: float) -> float:
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


def usable_number(scheduler: object, what: str, value: float, most: float = inf) -> float:
    """Return what a schedule gave; ParameterError unless it is a finite number from 0 to the most.

    >>> usable_number("a schedule", "momentum", 1)
    1.0
    """
    if not (isfinite(value) and 0 <= value <= most):
        bounds = f" and <= {most:g}" if isfinite(most) else ""
        raise ParameterError(
            f"{scheduler!r} gave {value} as {what}; a finite number >= 0{bounds} is wanted"
        )
    return float(value)
