"""Functions of two operands, each an array (or a symbol) or a number: ``mx.nd.maximum(a, 0)``."""

import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from ..core.arithmetic import is_number
from ..core.errors import ArgumentError
from ..operators import definitions  # noqa: F401 -- read for the classes that it registers
from ..operators.contract import OPERATORS
from .calls import Face, invoke

__all__ = ["Pair", "pair_function"]


class Pair(NamedTuple):
    """The operators that a function of two operands stands for.

    Args:
        both: of two values.
        right: of a value and a number.
        left: of a number and a value.
        numbers: what it is for two numbers.
    """

    both: str
    right: str
    left: str
    numbers: Callable[[Any, Any], Any]


def pair_function(name: str, pair: Pair, face: Face) -> Callable[[Any, Any], Any]:
    """Return a function of two operands.

    Args:
        name: its name.
        pair: the operators that it stands for.
        face: what it is called with.
    """

    def function(lhs: Any, rhs: Any) -> Any:
        values = [value for value in (lhs, rhs) if isinstance(value, face.type)]
        strange = [v for v in (lhs, rhs) if not isinstance(v, face.type) and not is_number(v)]
        if strange:
            raise ArgumentError(
                f"{name}: an operand must be {face.word} or a number, got "
                f"{type(strange[0]).__name__}"
            )
        if not values:
            return pair.numbers(lhs, rhs)
        if len(values) == 2:
            return invoke(OPERATORS[pair.both], pair.both.lower(), face, values, {})
        scalar, number = (pair.left, lhs) if values[0] is rhs else (pair.right, rhs)
        return invoke(OPERATORS[scalar], scalar.lower(), face, values, {"scalar": float(number)})

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Apply ``{pair.both}`` to two operands, each {face.word} or a number."
    return function


def same(both: str, scalar: str, numbers: Callable[[Any, Any], Any]) -> Pair:
    """Return the pair of an operation that does not mind the order of its operands."""
    return Pair(both, scalar, scalar, numbers)


ARRAY_PAIRS = {
    "add": same("broadcast_add", "_PlusScalar", operator.add),
    "subtract": Pair("broadcast_sub", "_MinusScalar", "_RMinusScalar", operator.sub),
    "multiply": same("broadcast_mul", "_MulScalar", operator.mul),
    "divide": Pair("broadcast_div", "_DivScalar", "_RDivScalar", operator.truediv),
    "true_divide": Pair("broadcast_div", "_DivScalar", "_RDivScalar", operator.truediv),
    "modulo": Pair("broadcast_mod", "_ModScalar", "_RModScalar", operator.mod),
    "power": Pair("broadcast_power", "_PowerScalar", "_RPowerScalar", operator.pow),
    "maximum": same("broadcast_maximum", "_MaximumScalar", max),
    "minimum": same("broadcast_minimum", "_MinimumScalar", min),
    "equal": same("broadcast_equal", "_equal_scalar", operator.eq),
    "not_equal": same("broadcast_not_equal", "_not_equal_scalar", operator.ne),
    "greater": Pair("broadcast_greater", "_greater_scalar", "_lesser_scalar", operator.gt),
    "greater_equal": Pair(
        "broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar", operator.ge
    ),
    "lesser": Pair("broadcast_lesser", "_lesser_scalar", "_greater_scalar", operator.lt),
    "lesser_equal": Pair(
        "broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar", operator.le
    ),
    "logical_and": same(
        "broadcast_logical_and", "_logical_and_scalar", lambda a, b: bool(a) and bool(b)
    ),
    "logical_or": same(
        "broadcast_logical_or", "_logical_or_scalar", lambda a, b: bool(a) or bool(b)
    ),
    "logical_xor": same(
        "broadcast_logical_xor", "_logical_xor_scalar", lambda a, b: bool(a) != bool(b)
    ),
}
"""The functions of ``mx.nd``, which broadcast."""

SYMBOL_PAIRS = {
    "maximum": same("_Maximum", "_MaximumScalar", max),
    "minimum": same("_Minimum", "_MinimumScalar", min),
    "power": Pair("_Power", "_PowerScalar", "_RPowerScalar", operator.pow),
    "pow": Pair("_Power", "_PowerScalar", "_RPowerScalar", operator.pow),
    "hypot": same("_Hypot", "_HypotScalar", math.hypot),
}
"""The functions of ``mx.sym``, which want equal shapes."""
