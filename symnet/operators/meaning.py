"""What operators compute, in the few words that passes over a graph know.

An operator says it by `Operator.meaning`, and a pass asks for it instead of for a class: whatever
means the same is treated the same, a user's own operator too. A word promises all of the result,
for any numbers; an operator for which it holds only sometimes says it only then, by its parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from ._formula import Formula, data, lhs, rhs, scalar

__all__ = [
    "Affine",
    "Between",
    "Filtered",
    "Joined",
    "Leaky",
    "Meaning",
    "Normalised",
    "OfElements",
    "OfWindows",
    "OutputChannels",
    "Parts",
    "Weighted",
    "of_formula",
]


class OfElements(Enum):
    """A function of each element: of all inputs, which have one shape, in their order."""

    SUM = auto()
    DIFFERENCE = auto()
    """The first input less the second."""
    PRODUCT = auto()
    RELU = auto()
    SIGMOID = auto()
    TANH = auto()


@dataclass(frozen=True)
class Affine:
    """scale · data + shift, for each element of the only input."""

    scale: float
    shift: float


@dataclass(frozen=True)
class Parts:
    """The results are equal parts of the only input, in order; the axis stays."""

    count: int
    axis: int


@dataclass(frozen=True)
class Joined:
    """The inputs, joined along an axis in their order."""

    axis: int


@dataclass(frozen=True)
class Weighted:
    """The rows of the first input · weightᵀ, plus a bias where there is a third input.

    Of an input (batch, features) and a weight (units, features) the result is (batch, units).
    """


@dataclass(frozen=True)
class Leaky:
    """Of each element of the only input: itself above 0, slope times it below."""

    slope: float


@dataclass(frozen=True)
class Between:
    """Each element of the only input, cut off at two limits."""

    low: float
    high: float


@dataclass(frozen=True)
class Filtered:
    """Images (batch, channels, *size), filtered; plus a bias where there is a third input.

    The filters, the second input, have shape (count, channels / groups, *kernel). The other tuples
    say for each axis of the kernel how far windows are apart, how many zeros there are at each
    border, and how far the taps of a filter are apart.
    """

    count: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilate: tuple[int, ...]
    groups: int


@dataclass(frozen=True)
class Normalised:
    """In prediction: (data − mean) · gamma / √(variance + eps) + beta, channel by channel.

    The inputs are data, gamma, beta, mean and variance.

    Args:
        axis: where the channels lie.
        eps: what is added to the variance.
        fixed_gamma: whether gamma counts as 1.
        bends: whether what is below 0 becomes 0 then.
    """

    axis: int
    eps: float
    fixed_gamma: bool
    bends: bool


class OfWindows(Enum):
    """What each element of the result is, of a window of the only input that is never empty."""

    MAXIMUM = auto()


Meaning = (
    OfElements
    | Affine
    | Leaky
    | Between
    | Parts
    | Joined
    | Weighted
    | Filtered
    | Normalised
    | OfWindows
)


@dataclass(frozen=True)
class OutputChannels:
    """Which weights each channel of a result is made with, by a layer that is linear in them.

    The inputs are data, weight and, where there is one, bias. A channel is scaled and shifted by
    scaling its weights, and its bias.

    Args:
        ndim: how many axes the result has.
        axis: which of them holds the channels.
        groups: how many groups the channels of a transposed filter are in, of which axis 1 of the
            weight holds those of one; None where axis 0 of the weight holds all channels.
        with_bias: the same operator with a bias.
    """

    ndim: int
    axis: int
    groups: int | None
    with_bias: Any

    def lie_on(self, axis: int) -> bool:
        """Tell whether an axis, which may be counted from the end, is that of the channels."""
        return axis in (self.axis, self.axis - self.ndim)


_WORDS: Mapping[str, OfElements] = {
    str(formula): word
    for formula, word in (
        (lhs + rhs, OfElements.SUM),
        (lhs - rhs, OfElements.DIFFERENCE),
        (lhs * rhs, OfElements.PRODUCT),
        (data.clamp_min(0), OfElements.RELU),
        (data.sigmoid(), OfElements.SIGMOID),
        (data.tanh(), OfElements.TANH),
    )
}
"""The words for formulas; a formula's text tells it from all others."""


@lru_cache(maxsize=1024)  # passes ask it of every node, again and again
def of_formula(formula: Formula, number: float | None = None) -> Meaning | None:
    """Return the word for what a formula computes of each element, if there is one.

    Args:
        formula: of `data`, of `lhs` and `rhs`, or of `lhs` and `scalar`.
        number: the value of `scalar`, where the formula has that.

    >>> of_formula(lhs + scalar, 2.0)
    Affine(scale=1.0, shift=2.0)
    """
    if number is None:
        return _WORDS.get(str(formula))
    affine = {
        str(lhs + scalar): Affine(1.0, number),
        str(lhs - scalar): Affine(1.0, -number),
        str(-lhs + scalar): Affine(-1.0, number),
        str(lhs * scalar): Affine(number, 0.0),
    }
    return affine.get(str(formula))
