"""What operators compute, in the few words that passes over a graph know.

An operator says it by `Operator.meaning`, and a pass asks for it instead of for a class: whatever
means the same is treated the same, a user's own operator too. A word promises all of the result,
for any numbers; an operator for which it holds only sometimes says it only then, by its parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from ._formula import Formula, data, lhs, rhs, scalar

__all__ = [
    "Affine",
    "Joined",
    "Meaning",
    "OfElements",
    "OfWindows",
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


class OfWindows(Enum):
    """What each element of the result is, of a window of the only input that is never empty."""

    MAXIMUM = auto()


Meaning = OfElements | Affine | Parts | Joined | Weighted | OfWindows

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
