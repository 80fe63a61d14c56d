"""Bases of the operators that work element by element: an operator is a few formulas.

```python
class sin(Unary):
    value = data.sin()
    gradient = grad * data.cos()
```

A gradient of None is zero everywhere: that of steps and comparisons. Formulas are in `formula.py`,
where it is also said how they come to write into planned memory.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Self, cast

import torch
from torch import Tensor

from ..core.codec import kind_of
from ..core.dtype import dtype_name
from ..core.errors import DTypeError
from ..core.parameters import read_value
from ._formula import Formula, rule_of, zero_rule
from .contract import OPERATORS, Input, Operator, Param, Shape, Shapes, param
from .meaning import Meaning, of_formula

__all__ = ["ON_LEFT", "Binary", "ElementFunction", "Scalar", "Unary"]

Elements = Literal["floats", "numbers", "any"]
"""Which element types a function takes: floats, whole numbers too, or bools as well."""


class ElementFunction(Operator, registered=False):
    """A function of each element: its formula, and which elements it takes."""

    value: ClassVar[Formula]
    elements: ClassVar[Elements] = "numbers"

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the element type of the inputs. Raises DTypeError where it will not do."""
        if self.elements != "any" and shared is torch.bool:
            raise DTypeError("bool arrays have no arithmetic; convert with astype or Cast")
        if self.elements == "floats" and not shared.is_floating_point:
            raise DTypeError(
                f"only floats will do, not {dtype_name(shared)}; convert with astype or Cast"
            )
        return shared

    def meaning(self) -> Meaning | None:
        """Return the word for its formula."""
        return of_formula(self.value)

    def row_inputs(self) -> tuple[str, ...]:
        """Rows, like all elements, have nothing to do with each other."""
        return tuple(self.inputs)


def _define(cls: type[Operator], **rules: Callable[..., Tensor]) -> None:
    for name, rule in rules.items():
        setattr(cls, name, rule)


def _gradient(formula: Formula | None, name: str) -> Callable[..., Tensor]:
    return zero_rule(name) if formula is None else rule_of(formula)


class Unary(ElementFunction, registered=False):
    """A function of one tensor."""

    memory_order = "follows"

    data = Input("Input of any shape.", also="src")

    gradient: ClassVar[Formula | None] = None

    def __init_subclass__(cls, *, registered: bool = True) -> None:
        if registered:
            gradient = _gradient(cls.gradient, "data")
            _define(cls, forward=rule_of(cls.value), data_gradient=gradient)
        super().__init_subclass__(registered=registered)

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}


class Binary(ElementFunction, registered=False):
    """A function of two tensors of one shape."""

    memory_order = "follows"

    lhs = Input("First operand.")
    rhs = Input("Second operand, of the same shape.")

    gradient_of_lhs: ClassVar[Formula | None] = None
    gradient_of_rhs: ClassVar[Formula | None] = None

    def __init_subclass__(cls, *, registered: bool = True) -> None:
        if registered:
            _define(
                cls,
                forward=rule_of(cls.value),
                lhs_gradient=_gradient(cls.gradient_of_lhs, "lhs"),
                rhs_gradient=_gradient(cls.gradient_of_rhs, "rhs"),
            )
        super().__init_subclass__(registered=registered)

    def infer_shape(
        self, lhs: Shape | None = None, rhs: Shape | None = None, output: Shape | None = None
    ) -> Shapes:
        """All three have one shape."""
        known = next((shape for shape in (lhs, rhs, output) if shape is not None), None)
        return {"lhs": known, "rhs": known, "output": known}


def _range(whole: torch.dtype) -> tuple[int, int]:
    return (0, 1) if whole is torch.bool else (torch.iinfo(whole).min, torch.iinfo(whole).max)


ON_LEFT = "scalar_on_left"
"""A parameter of 2015: the operands of an operator with a number change places."""


class Scalar(ElementFunction, registered=False):
    """A function of a tensor and a number."""

    memory_order = "follows"

    flipped: ClassVar[str]
    """The operator with its operands exchanged, which ``scalar_on_left=True`` asks for."""

    gradient: ClassVar[Formula | None] = None

    lhs = Input("Input of any shape.", also="array")
    scalar: float = param("The number.", nan=True, also="rhs")
    is_int: bool = param(
        "Whether arrays of whole numbers stay whole; if not, they become float64.", default=True
    )

    def __init_subclass__(cls, *, registered: bool = True) -> None:
        if registered:
            gradient = _gradient(cls.gradient, "lhs")
            _define(cls, forward=rule_of(cls.value), lhs_gradient=gradient)
        super().__init_subclass__(registered=registered)

    @classmethod
    def make(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the operator, or the one with its operands exchanged where that is asked for."""
        rest = dict(parameters)
        flag = rest.pop(ON_LEFT, False)
        on_left: bool = read_value(cls.__name__, ON_LEFT, flag, kind_of(bool), Param(), texts=True)
        if on_left and cls.flipped != cls.__name__:
            return cast(Self, OPERATORS[cls.flipped].make(rest))
        return super().make(rest)

    @classmethod
    def from_text(cls, texts: Mapping[str, str], *, mxnet_defaults: bool) -> Self:
        """Return the operator that a symbol file describes; 1.x leaves out a number of 1."""
        number = {"scalar": "1"} if mxnet_defaults else {}
        return super().from_text({**number, **texts}, mxnet_defaults=mxnet_defaults)

    def meaning(self) -> Meaning | None:
        """Return the word for its formula with its number."""
        return of_formula(self.value, self.scalar)

    def infer_shape(self, lhs: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = lhs if lhs is not None else output
        return {"lhs": known, "output": known}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the input's element type, which must be able to hold the number."""
        own = super().infer_dtype(shared)
        if own.is_floating_point or not self.is_int:
            return own if own.is_floating_point else torch.float64
        if not float(self.scalar).is_integer():
            raise DTypeError(self._no_such_number(own))
        self.check_range(own)
        return own

    def check_range(self, whole: torch.dtype) -> None:
        """Raise DTypeError where the number lies beyond all whole numbers of a type."""
        least, greatest = _range(whole)
        if not least <= self.scalar <= greatest:
            raise DTypeError(self._no_such_number(whole))

    def _no_such_number(self, whole: torch.dtype) -> str:
        name = dtype_name(whole)
        return (
            f"the input is {name}, but scalar is {self.scalar}, which no {name} is; convert the "
            "input with astype or Cast"
        )
