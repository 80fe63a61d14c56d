"""Rows for the elementwise operators of Apache MXNet 1.x and for axes of reductions."""

from dataclasses import replace
from functools import partial

import numpy as np
from op_testing import Draw, Function, Row, distinct, fractions, given, normal, positive
from scipy import special

__all__ = ["ROWS"]


def between(low: float, high: float) -> Draw:
    return lambda random, shape: random.uniform(low, high, shape)


def unary(op: str, function: Function, draw: Draw = normal, **params) -> Row:
    shape = (3, 4)
    return Row(op, params, {"data": shape}, shape, function, draws={"data": draw})


def flat(row: Row) -> Row:
    return replace(row, own_gradient=lambda data, *others, **params: np.zeros_like(data))


def through(row: Row, factor: float = 1.0) -> Row:
    return replace(row, flows_back=lambda head, *inputs, **params: factor * head)


def rounded_down(data):
    return np.ceil(data - 0.5)


def rounded_away(data):
    return np.sign(data) * np.floor(np.abs(data) + 0.5)


INSIDE = between(-0.9, 0.9)

UNARY = (
    unary("negative", np.negative),
    unary("reciprocal", np.reciprocal, positive),
    flat(unary("trunc", np.trunc, fractions)),
    flat(unary("fix", np.fix, fractions)),
    flat(unary("rint", rounded_down, fractions)),
    flat(unary("rint", rounded_down, given(*(0.5 * n for n in range(-6, 6))))),
    flat(unary("round", rounded_away, given(*(0.5 * n for n in range(-6, 6))))),
    unary("cbrt", np.cbrt, positive),
    unary("cbrt", np.cbrt, between(-3, -1)),
    unary("rcbrt", lambda data: 1 / np.cbrt(data), positive),
    unary("rcbrt", lambda data: 1 / np.cbrt(data), between(-3, -1)),
    unary("expm1", np.expm1),
    unary("log10", np.log10, positive),
    unary("log2", np.log2, positive),
    unary("log1p", np.log1p, positive),
    unary("tan", np.tan, INSIDE),
    unary("arcsin", np.arcsin, INSIDE),
    unary("arccos", np.arccos, INSIDE),
    unary("arctan", np.arctan),
    unary("sinh", np.sinh),
    unary("cosh", np.cosh),
    unary("tanh", np.tanh),
    unary("arcsinh", np.arcsinh),
    unary("arccosh", np.arccosh, between(1.5, 3)),
    unary("arctanh", np.arctanh, INSIDE),
    unary("degrees", np.degrees),
    unary("radians", np.radians),
    unary("erf", special.erf),
    unary("erfinv", special.erfinv, INSIDE),
    unary("gamma", special.gamma, between(0.3, 5)),
    unary("gamma", special.gamma, fractions),
    unary("gammaln", special.gammaln, between(0.3, 9)),
    unary("gammaln", special.gammaln, fractions),
    unary("relu", lambda data: np.maximum(data, 0), fractions),
    unary("sigmoid", special.expit),
    unary("softsign", lambda data: data / (1 + np.abs(data)), fractions),
    flat(unary("logical_not", lambda data: np.where(data == 0, 1.0, 0.0))),
    flat(unary("logical_not", lambda data: np.where(data == 0, 1.0, 0.0), given(*[0, 1, 2] * 4))),
    through(unary("_contrib_sign_ste", np.sign, fractions)),
    through(unary("_contrib_round_ste", rounded_away, fractions)),
)


def smooth(data, *, scalar):
    square = scalar * scalar
    inside = np.abs(data) * square < 1
    return np.where(inside, square * data * data / 2, np.abs(data) - 0.5 / (square or np.inf))


def hard(data, *, alpha, beta):
    return np.clip(alpha * data + beta, 0, 1)


def quadratic(data, *, a, b, c):
    return a * data**2 + b * data + c


WITH_PARAMETERS = (
    unary("smooth_l1", smooth, fractions, scalar=1.0),
    unary("smooth_l1", smooth, fractions, scalar=0.7),
    unary("smooth_l1", smooth, fractions, scalar=3.0),
    unary("hard_sigmoid", hard, fractions, alpha=0.3, beta=0.45),
    unary("_contrib_quadratic", quadratic, a=1.5, b=-2.0, c=0.5),
    through(
        unary("_contrib_gradientmultiplier", lambda data, *, scalar: data, scalar=-0.5), factor=-0.5
    ),
)


# -- of two inputs, and of an input and a number ---------------------------------------------------


def truth(function: Function) -> Function:
    return lambda lhs, rhs: function(lhs, rhs).astype(float)


def remainder(lhs, rhs):
    rhs = np.asarray(rhs)
    return np.where(rhs == 0, 0, np.mod(lhs, np.where(rhs == 0, 1, rhs)))


ARITHMETIC = {
    "_mod": (remainder, between(1.2, 2.8)),
    "_hypot": (np.hypot, normal),
    "_grad_add": (np.add, normal),
}
COMPARISONS = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "lesser": np.less,
    "lesser_equal": np.less_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}
FEW = given(-1, 0, 1, 0, 2, 2)
OTHERS = given(-1, 1, 0, 0, 2, 1)


def binary(op: str, function: Function, *draws: Draw) -> Row:
    both = dict.fromkeys(("lhs", "rhs"), (2, 3))
    return Row(op, {}, both, (2, 3), function, draws=dict(zip(both, draws, strict=True)))


def with_number(op: str, number: float, function: Function, draw: Draw = normal) -> Row:
    def reference(lhs, *, scalar):
        return function(lhs, scalar)

    return Row(op, {"scalar": number}, {"lhs": (2, 3)}, (2, 3), reference, draws={"lhs": draw})


def left(function: Function) -> Function:
    return lambda lhs, number: function(np.full_like(lhs, number), lhs)


BINARY = tuple(binary(op, function, draw, draw) for op, (function, draw) in ARITHMETIC.items())
SCALAR = (
    with_number("_mod_scalar", 1.7, remainder, fractions),
    with_number("_mod_scalar", -1.7, remainder, fractions),
    with_number("_rmod_scalar", 2.5, left(remainder), between(0.9, 1.2)),
    with_number("_rmod_scalar", -2.5, left(remainder), between(0.9, 1.2)),
    with_number("_hypot_scalar", -2.5, np.hypot),
)


def no_gradient(row: Row) -> Row:
    return replace(row, own_gradient=lambda lhs, *rest, **params: np.zeros_like(lhs))


TOLD = (
    *(
        no_gradient(binary(f"_{name}", truth(function), FEW, OTHERS))
        for name, function in COMPARISONS.items()
    ),
    *(
        no_gradient(with_number(f"_{name}_scalar", number, truth(function), FEW))
        for name, function in COMPARISONS.items()
        for number in (0.0, 1.0)
    ),
)


# -- axes ------------------------------------------------------------------------------------------


def reduced(op: str, function: Function, draw: Draw, axis, output, **params) -> Row:
    shape = (2, 3, 4)
    kept = params.get("keepdims", False)
    named = range(3) if not axis else [a % 3 for a in axis]
    along = tuple(a for a in range(3) if (a in named) != params.get("exclude", False))

    def reference(data, **_):
        found = function(data, axis=along, keepdims=kept)
        return np.reshape(found, output)

    given_axis = {} if axis is None else {"axis": axis}
    return Row(
        op, {**given_axis, **params}, {"data": shape}, output, reference, draws={"data": draw}
    )


def nans(random, shape):
    return np.where(random.random(shape) < 0.3, np.nan, random.uniform(0.5, 2, shape))


def norm(data, axis, keepdims, order=2):
    return (np.abs(data) ** order).sum(axis=axis, keepdims=keepdims) ** (1 / order)


FUNCTIONS = (
    ("sum", np.sum, normal),
    ("mean", np.mean, normal),
    ("prod", np.prod, positive),
    ("max", np.max, distinct),
    ("min", np.min, distinct),
    ("nansum", np.nansum, normal),
    ("nanprod", np.nanprod, positive),
)
REDUCTIONS = (
    *(
        reduced(*function, *rest, **params)
        for function in FUNCTIONS
        for rest, params in (
            ((None, (1,)), {}),
            (((1,), (2, 4)), {}),
            (((-1, 0), (3,)), {}),
            (((0, 2), (1, 3, 1)), {"keepdims": True}),
            (((0, 1, 2), (1,)), {}),
            (((0,), (2,)), {"exclude": True}),
        )
    ),
    reduced("sum", np.sum, normal, (0, 1, 2), (2, 3, 4), exclude=True),
    reduced("norm", norm, normal, (0, 2), (3,)),
    reduced("norm", norm, normal, (1,), (2, 1, 4), keepdims=True),
    reduced("norm", partial(norm, order=1), normal, (1,), (2, 4), ord=1),
    reduced("norm", partial(norm, order=1), normal, None, (1,), ord=1),
)


def place(op: str, function: Function, axis: int | None, output, **params) -> Row:
    def reference(data, *, axis, **_):
        return np.reshape(function(data, axis=axis), output).astype(data.dtype)

    row = Row(
        op,
        {"axis": axis, **params},
        {"data": (2, 3, 4)},
        output,
        reference,
        draws={"data": distinct},
    )
    return replace(row, own_gradient=lambda data, **_: np.zeros_like(data))


PLACES = tuple(
    place(op, function, *rest, **params)
    for op, function in (("argmax", np.argmax), ("argmin", np.argmin))
    for rest, params in (
        ((None, (1,)), {}),
        ((1, (2, 4)), {}),
        ((-1, (2, 3, 1)), {"keepdims": True}),
        ((None, (1, 1, 1)), {"keepdims": True}),
    )
)

ROWS = (*UNARY, *WITH_PARAMETERS, *BINARY, *SCALAR, *TOLD, *REDUCTIONS, *PLACES)
