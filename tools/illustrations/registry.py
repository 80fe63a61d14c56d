"""Which picture is on which operator's page."""

from collections.abc import Callable
from typing import NamedTuple

from .pieces import Piece, svg

__all__ = ["PICTURES", "Illustration", "illustrates", "of_operator"]


class Illustration(NamedTuple):
    """A picture, and the pages that show it.

    Args:
        draw: makes it.
        says: what it shows, for those who do not see it.
        operators: the operators whose pages show it.
    """

    draw: Callable[[], Piece]
    says: str
    operators: tuple[str, ...] = ()

    def svg(self) -> str:
        """Return the text of its file."""
        return svg(self.draw(), self.says)


PICTURES: dict[str, Illustration] = {}
"""Every picture, by the name of its file."""


def illustrates(*operators: str, says: str) -> Callable[[Callable[[], Piece]], Callable[[], Piece]]:
    """Put a picture on the pages of operators; the file has the name of the function.

    Args:
        *operators: the names of their classes; without any, a guide shows the picture.
        says: what it shows, for those who do not see it.
    """

    def register(draw: Callable[[], Piece]) -> Callable[[], Piece]:
        PICTURES[f"{draw.__name__}.svg"] = Illustration(draw, says, operators)
        return draw

    return register


def of_operator(name: str) -> dict[str, Illustration]:
    """Return the pictures on an operator's page, by the names of their files."""
    return {file: each for file, each in PICTURES.items() if name in each.operators}
