"""Values of the ONNX graph that is being made: converters compute with them.

``a * b + 1`` adds two nodes. Numbers beside a term become constants of its element type.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ._lengths import Length, Lengths
from .registry import Refused

if TYPE_CHECKING:
    from .emitter import Emitter

__all__ = ["Term", "TermOrNumber"]


@dataclass(frozen=True, eq=False)
class Term:
    """A value of the ONNX graph that is being made.

    Args:
        to: what notes the nodes.
        name: the value's name.
        dtype: its element type.
        known: its shape, where that is known: of everything that the network has itself.
    """

    to: "Emitter"
    name: str
    dtype: torch.dtype
    known: Lengths | None = None

    @property
    def lengths(self) -> Lengths:
        """The shape; numbers, but for axes that follow the batch."""
        if self.known is None:
            raise Refused(
                f"its converter asks for the shape of {self.name!r}, which it has made itself: "
                "only the shapes of inputs and results are known"
            )
        return self.known

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.lengths)

    def length(self, axis: int) -> int:
        """Return the length of an axis. Raises Refused for one that follows the batch."""
        length = self.lengths[axis]
        if isinstance(length, Length):
            raise Refused(
                f"axis {axis % self.rank} of its input follows the batch; export with "
                "batch_axis=None"
            )
        return length

    def cast(self, dtype: torch.dtype) -> "Term":
        """Return it in another element type."""
        if dtype == self.dtype:
            return self
        found: Term = self.to("Cast", self, to=dtype, dtype=dtype)
        return Term(self.to, found.name, dtype, self.known)

    def reshaped(self, lengths: Lengths) -> "Term":
        """Return it in another shape."""
        is_told = all(isinstance(each, int) or each.symbol for each in lengths)
        if self.known == lengths and is_told:
            return self
        return self.to.shaped(self.to("Reshape", self, self.to.target(lengths)), lengths)

    def with_axes(self, *axes: int) -> "Term":
        """Return it with axes of length 1 put in."""
        return self.to("Unsqueeze", self, self.to.whole(*axes))

    def without_axes(self, *axes: int) -> "Term":
        """Return it with axes of length 1 left out."""
        return self.to("Squeeze", self, self.to.whole(*axes))

    def transposed(self, *order: int) -> "Term":
        """Return it with its axes in another order."""
        if order == tuple(range(len(order))):
            return self
        found: Term = self.to("Transpose", self, perm=list(order))
        known = None if self.known is None else tuple(self.known[axis] for axis in order)
        return self.to.shaped(found, known)

    def moved(self, source: int, target: int) -> "Term":
        """Return it with one axis at another place."""
        order = [axis for axis in range(self.rank) if axis != source % self.rank]
        order.insert(target % self.rank, source % self.rank)
        return self.transposed(*order)

    def part(self, axis: int, begin: int, end: int, step: int = 1) -> "Term":
        """Return what lies between two indices along an axis."""
        whole = self.to.whole
        return self.to("Slice", self, whole(begin), whole(end), whole(axis), whole(step))

    def taken(self, index: int, axis: int) -> "Term":
        """Return what lies at an index along an axis, which goes away."""
        return self.to("Gather", self, self.to.constant(index, torch.int64), axis=axis)

    def reduced(self, how: str, *axes: int, keep: bool = True) -> "Term":
        """Return it reduced along axes: ``reduced("ReduceSum", 1)``."""
        return self.to(how, self, self.to.whole(*axes), keepdims=int(keep))

    # -- arithmetic ------------------------------------------------------------------------------

    def __add__(self, other: "TermOrNumber") -> "Term":
        return self.to("Add", self, other)

    def __radd__(self, other: float) -> "Term":
        return self.to("Add", other, self)

    def __sub__(self, other: "TermOrNumber") -> "Term":
        return self.to("Sub", self, other)

    def __rsub__(self, other: float) -> "Term":
        return self.to("Sub", other, self)

    def __mul__(self, other: "TermOrNumber") -> "Term":
        return self.to("Mul", self, other)

    def __rmul__(self, other: float) -> "Term":
        return self.to("Mul", other, self)

    def __truediv__(self, other: "TermOrNumber") -> "Term":
        return self.to("Div", self, other)

    def __rtruediv__(self, other: float) -> "Term":
        return self.to("Div", other, self)

    def __neg__(self) -> "Term":
        return self.to("Neg", self)

    def __matmul__(self, other: "Term") -> "Term":
        return self.to("MatMul", self, other)

    def __pow__(self, other: "TermOrNumber") -> "Term":
        return self.to("Pow", self, other)

    def __gt__(self, other: "TermOrNumber") -> "Term":
        return self.to("Greater", self, other)

    def __ge__(self, other: "TermOrNumber") -> "Term":
        return self.to("GreaterOrEqual", self, other)

    def __lt__(self, other: "TermOrNumber") -> "Term":
        return self.to("Less", self, other)

    def __le__(self, other: "TermOrNumber") -> "Term":
        return self.to("LessOrEqual", self, other)

    def equals(self, other: "TermOrNumber") -> "Term":
        """Return where both are equal, as bools."""
        return self.to("Equal", self, other)

    def __and__(self, other: "Term") -> "Term":
        return self.to("And", self, other)

    def __or__(self, other: "Term") -> "Term":
        return self.to("Or", self, other)

    def __invert__(self) -> "Term":
        return self.to("Not", self)


TermOrNumber = Term | float
"""What stands beside a term: a number becomes a constant."""
