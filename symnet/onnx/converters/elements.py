"""Functions of each element: their formulas, in ONNX's functions."""

import math
from collections.abc import Callable
from typing import Any

import torch

from ...operators.definitions.clip import clip
from ...operators.definitions.elementwise import ElementWiseSum
from ...operators.definitions.special_functions import _contrib_div_sqrt_dim
from ...operators.element_functions import ElementFunction
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term, TermOrNumber

__all__ = ["element_wise_sum", "log1p"]


def _compared(op_type: str) -> Callable[[Emitter, TermOrNumber, TermOrNumber], Term]:
    """Return a comparison whose result has the element type of what is compared."""

    def compare(to: Emitter, left: TermOrNumber, right: TermOrNumber) -> Term:
        return to(op_type, left, right).cast(_dtype(left, right))

    return compare


def _logical(op_type: str) -> Callable[[Emitter, Term, Term], Term]:
    def combine(to: Emitter, left: Term, right: Term) -> Term:
        return to(op_type, left.cast(torch.bool), right.cast(torch.bool)).cast(left.dtype)

    return combine


def _dtype(*operands: TermOrNumber) -> torch.dtype:
    return next(each.dtype for each in operands if isinstance(each, Term))


def _unequal(to: Emitter, left: TermOrNumber, right: TermOrNumber) -> Term:
    return (~to("Equal", left, right)).cast(_dtype(left, right))


def _remainder(to: Emitter, left: Term, right: Term) -> Term:
    """Return the remainder that has the divisor's sign; ONNX's of floats has the dividend's."""
    found = to("Mod", left, right, fmod=1)
    wrong = (found * right) < 0
    return to.where(wrong, found + right, found)


def _expm1(to: Emitter, data: Term) -> Term:
    # exp(x) - 1 = tanh(x/2) · (exp(x) + 1): exact near zero too, where the difference is not.
    return to("Tanh", data * 0.5) * (to("Exp", data) + 1)


def log1p(to: Emitter, data: Term) -> Term:
    """Return log(1 + data), exact near zero too."""
    # log(1 + x) = 2 · artanh(x / (x + 2)), exact near zero; far from it the logarithm is.
    near = to("Abs", data) < 0.5
    inner = to.where(near, data, 0.0)
    return to.where(near, 2 * to("Atanh", inner / (inner + 2)), to("Log", data + 1))


def _trunc(to: Emitter, data: Term) -> Term:
    if not data.dtype.is_floating_point:
        return data
    return to("Sign", data) * to("Floor", to("Abs", data))


def _on_floats(op_type: str) -> Callable[[Emitter, Term], Term]:
    """Return a rounding, which whole numbers pass as they are."""
    return lambda to, data: to(op_type, data) if data.dtype.is_floating_point else data


def _direct(op_type: str) -> Callable[..., Term]:
    return lambda to, *operands: to(op_type, *operands)


_DIRECT = {
    "abs": "Abs", "sign": "Sign", "neg": "Neg", "reciprocal": "Reciprocal", "sqrt": "Sqrt",
    "exp": "Exp", "log": "Log", "erf": "Erf", "sigmoid": "Sigmoid",
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan",
    "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh",
    "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow",
    "maximum": "Max", "minimum": "Min", "clamp_min": "Max", "clamp_max": "Min",
}  # fmt: skip
"""Functions of torch that ONNX has under another name."""

FUNCTIONS: dict[str, Callable[..., Term]] = {
    **{name: _direct(op_type) for name, op_type in _DIRECT.items()},
    "ceil": _on_floats("Ceil"),
    "floor": _on_floats("Floor"),
    "trunc": _trunc,
    "square": lambda to, data: data * data,
    "rsqrt": lambda to, data: to("Reciprocal", to("Sqrt", data)),
    "expm1": _expm1,
    "log1p": log1p,
    "log2": lambda to, data: to("Log", data) / math.log(2),
    "log10": lambda to, data: to("Log", data) / math.log(10),
    "clip": lambda to, data, low, high: to("Min", to("Max", data, low), high),
    "hypot": lambda to, left, right: to("Sqrt", left * left + right * right),
    "remainder": _remainder,
    "eq": _compared("Equal"),
    "ne": _unequal,
    "gt": _compared("Greater"),
    "ge": _compared("GreaterOrEqual"),
    "lt": _compared("Less"),
    "le": _compared("LessOrEqual"),
    "logical_and": _logical("And"),
    "logical_or": _logical("Or"),
    "logical_xor": _logical("Xor"),
}
"""Functions of torch that formulas use, in ONNX."""


@converter(ElementFunction)
def element_function(
    op: ElementFunction,
    to: Emitter,
    data: Term | None = None,
    lhs: Term | None = None,
    rhs: Term | None = None,
) -> Term:
    """Translate the operator's formula; ONNX broadcasts as the broadcasting ones do."""

    def apply(name: str, operands: list[Any]) -> Term:
        if name not in FUNCTIONS:
            raise Refused(f"ONNX has no function {name}")
        # Of whole numbers beside fractions only comparisons are made, whose results are 0 and 1.
        kind = next(each.dtype for each in operands if isinstance(each, Term))
        return FUNCTIONS[name](to, *_of_one_type(operands)).cast(kind)

    tensors = {"data": data, "lhs": lhs, "rhs": rhs}
    floats = to.dtype.is_floating_point  # what a fraction makes of whole numbers
    given = {
        name: term.cast(to.dtype) if floats else term
        for name, term in tensors.items()
        if term is not None
    }
    numbers = {name: getattr(op, name) for name in op.value.parameters}
    found: Term = op.value.translated(apply, {**given, **numbers})
    return found


def _of_one_type(operands: list[Any]) -> list[Any]:
    """Return operands, whole numbers as floats where a fraction stands beside them."""
    if all(isinstance(each, Term) or float(each).is_integer() for each in operands):
        return operands
    return [
        each.cast(torch.float64)
        if isinstance(each, Term) and not each.dtype.is_floating_point
        else each
        for each in operands
    ]


@converter(ElementWiseSum)
def element_wise_sum(op: ElementWiseSum, to: Emitter, args: list[Term]) -> Term:
    """Sum; of whole numbers, which ONNX's does not take, one after the other."""
    if args[0].dtype.is_floating_point:
        return to("Sum", *args)
    found = args[0]
    for addend in args[1:]:
        found = found + addend
    return found


@converter(clip)
def clipped(op: clip, to: Emitter, data: Term) -> Term:
    """Clip."""
    bounds = [op.a_min, op.a_max]
    if not data.dtype.is_floating_point:
        kind = torch.iinfo(data.dtype)
        bounds = [min(max(int(bound), kind.min), kind.max) for bound in bounds]
    return to("Clip", data, *(to.constant(bound, data.dtype) for bound in bounds))


@converter(_contrib_div_sqrt_dim)
def div_sqrt_dim(op: _contrib_div_sqrt_dim, to: Emitter, data: Term) -> Term:
    """A division."""
    return data / math.sqrt(data.length(-1))
