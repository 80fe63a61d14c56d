"""Creation of arrays.

They have no inputs and no gradient; where their memory lies, the plan decides. Source: Apache MXNet
1.9.1.
"""

from collections.abc import Sequence
from math import ceil
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ...core.dtype import holds, to_torch
from ...core.errors import ParameterError, ShapeError
from ..contract import Operator, Shape, Shapes, param
from ..partial_shapes import filled_up

__all__ = ["_arange", "_eye", "_full", "_linspace", "_ones", "_zeros", "empty_in", "shape_in_use"]

ElementName = Literal[
    "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64", "bool"
]


def shape_in_use(given: Shape | None, output: Shape | None) -> Shape | None:
    """Return the shape of what is made; None where it is not known.

    Args:
        given: a shape with a length of 0 for each that follows from the use; () or None where all
            do.
        output: the shape that the readers of the output want, where it is known.
    """
    given = given or ()
    if given and 0 not in given:
        return given
    if output is None or len(given) not in (0, len(output)):
        return None
    return tuple(own or used for own, used in zip(given or (0,) * len(output), output, strict=True))


def empty_in(shape: Shape | None, dtype: torch.dtype) -> Tensor:
    """Return a new tensor of a shape, which must be known: nobody reads it who could tell."""
    if not shape or 0 in shape:
        raise ShapeError(
            f"shape={shape} leaves lengths to those who read the output; give them all"
        )
    return torch.empty(shape, dtype=dtype)


class _Creation(Operator, registered=False):
    """An array that is made of parameters alone."""

    speed_hints = ("ctx",)

    dtype: ElementName = param("Element type.", default="float32")

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the element type that is asked for."""
        return to_torch(self.dtype)

    def memory(self, out: Tensor | None) -> Tensor:
        """Return where the result goes."""
        if out is not None:
            return out
        shape: Shape = self.rules["infer_shape"].function(self)["output"] or ()
        return empty_in(shape, to_torch(self.dtype))


class _Filled(_Creation, registered=False):
    """An array of one number."""

    number: ClassVar[float] = 0.0

    shape: tuple[int, ...] | None = param(
        "Shape; 0 is a length that follows from the use, and all do in None.",
        min=0,
        mxnet_default=(),
    )

    def infer_shape(self, output: Shape | None = None) -> Shapes:
        """Return the given shape; lengths of 0 as the readers of the output have them."""
        return {"output": shape_in_use(self.shape, output)}

    def completed(self, partial: Sequence[int | None]) -> Shape | None:
        """Return the shape, where a reader knows the lengths that are 0 here."""
        return None if self.shape is None else filled_up(self.shape, partial)

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the filled array."""
        return self.memory(out).fill_(self.number)


class _zeros(_Filled):
    """An array of zeros."""


class _ones(_Filled):
    """An array of ones."""

    number = 1.0


class _full(_Filled):
    """An array of one number."""

    aliases = ("_npi_full",)

    value: float = param("The number.", nan=True)

    def check(self) -> None:
        """The element type has the number."""
        if not holds(to_torch(self.dtype), self.value):
            raise ParameterError(f"_full: value={self.value} is no {self.dtype}")

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the filled array."""
        return self.memory(out).fill_(self.value)


class _arange(_Creation):
    """Numbers at equal steps: start, start + step, … up to stop, each one repeated."""

    start: float = param("The first number; without stop the end, and the first is 0.", finite=True)
    stop: float | None = param("The end, which is not among them.", default=None, finite=True)
    step: float = param("The distance of two numbers.", default=1.0, finite=True)
    repeat: int = param("How often each stands there.", default=1, min=1)
    infer_range: bool = param(
        "Whether there are as many as the readers of the output want.", default=False
    )

    def check(self) -> None:
        """The step leads from start to stop."""
        if self.step == 0:
            raise ParameterError("_arange: step must not be 0")
        if not self.infer_range and self._count() <= 0:
            raise ParameterError(
                f"_arange: step={self.step:g} does not lead from {self._first():g} "
                f"to {self._end():g}"
            )

    def _first(self) -> float:
        return 0.0 if self.stop is None and not self.infer_range else self.start

    def _end(self) -> float:
        return self.start if self.stop is None else self.stop

    def _count(self) -> int:
        return ceil((self._end() - self._first()) / self.step)

    def infer_shape(self, output: Shape | None = None) -> Shapes:
        """Return how many there are."""
        return {"output": output if self.infer_range else (self._count() * self.repeat,)}

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the numbers."""
        memory = self.memory(out)
        if not memory.is_floating_point():
            return steps(memory, int(self._first()), int(self.step), self.repeat)
        return steps(memory, self._first(), self.step, self.repeat)


def steps(out: Tensor, first: float, step: float, repeat: int) -> Tensor:
    """Write numbers at equal steps into a contiguous tensor, each one repeated; return it."""
    if repeat == 1 and _are_exact(first, step, out):
        torch.arange(int(first), int(first + step * out.numel()), int(step), out=out.view(-1))
        return out
    numbers = torch.empty(out.numel(), dtype=torch.float64, device=out.device)
    torch.arange(out.numel(), out=numbers)
    if repeat > 1:
        torch.div(numbers, repeat, rounding_mode="floor", out=numbers)
    torch.add(torch.mul(numbers, step, out=numbers), first, out=numbers)
    return out.copy_(numbers.view(out.shape))


def _are_exact(first: float, step: float, out: Tensor) -> bool:
    """Tell whether numbers at equal steps are whole, and a tensor's own type can count them up."""
    if out.dtype not in (torch.float32, torch.float64, torch.int32, torch.int64) or step == 0:
        return False
    whole = float(first).is_integer() and float(step).is_integer()
    return whole and max(abs(first), abs(first + step * out.numel())) < 1 << 24


class _linspace(_Creation):
    """A number of numbers from start to stop, at equal distances."""

    aliases = ("_npi_linspace",)

    fixed_parameters: ClassVar = {
        "step": ("1", "1.0"),
        "repeat": ("1",),
        "infer_range": ("0", "False"),
    }

    start: float = param("The first number.", finite=True)
    stop: float = param("The last number, or the end.", finite=True)
    num: int = param("How many there are.", min=1)
    endpoint: bool = param("Whether stop is among them.", default=True)

    def infer_shape(self, output: Shape | None = None) -> Shapes:
        """Return how many there are."""
        return {"output": (self.num,)}

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the numbers."""
        between = self.num - 1 if self.endpoint else self.num
        distance = (self.stop - self.start) / between if between else 0.0
        return steps(self.memory(out), self.start, distance, 1)


class _eye(_Creation):
    """A matrix with ones on one diagonal, and zeros elsewhere."""

    N: int = param("Number of rows.", min=1)
    M: int = param("Number of columns; 0: as many as rows.", default=0, min=0)
    k: int = param("Which diagonal: above the main one, or below for less than 0.", default=0)

    def infer_shape(self, output: Shape | None = None) -> Shapes:
        """Return rows and columns."""
        return {"output": (self.N, self.M or self.N)}

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the matrix."""
        matrix = self.memory(out).zero_()
        if -matrix.shape[0] < self.k < matrix.shape[1]:
            torch.diagonal(matrix, self.k).fill_(1)
        return matrix
