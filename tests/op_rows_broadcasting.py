"""Rows for broadcasting, for arrays that networks make, and for what sums along an axis."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from op_rows_elementwise import COMPARISONS, remainder
from op_testing import Draw, Function, Row, Shape, distinct, normal, positive

__all__ = ["ROWS"]

ARITHMETIC = {
    "add": (np.add, normal),
    "sub": (np.subtract, normal),
    "mul": (np.multiply, normal),
    "div": (np.divide, positive),
    "mod": (remainder, None),
    "power": (np.power, positive),
    "hypot": (np.hypot, normal),
    "maximum": (np.maximum, None),
    "minimum": (np.minimum, None),
}
SHAPES = (
    ((2, 3), (2, 3), (2, 3)),
    ((2, 1), (1, 3), (2, 3)),
    ((2, 3, 4), (3, 1), (2, 3, 4)),
    ((1,), (2, 2), (2, 2)),
)


def apart(random, shape):
    """Numbers of which none is a multiple of another, nor equal to one of `distinct`."""
    return 1.237 + 0.0317 * random.permutation(np.prod(shape)).reshape(shape)


def rows_of(op: str, function: Function, lhs: Draw, rhs: Draw) -> Iterator[Row]:
    for left, right, output in SHAPES:
        shapes, draws = {"lhs": left, "rhs": right}, {"lhs": lhs, "rhs": rhs}
        yield Row(op, {}, shapes, output, function, str(left), ("lhs", "rhs"), draws)


def zeros(first, *others, **params):
    return np.zeros_like(first)


def few(random, shape):
    return random.integers(-1, 2, shape).astype(float)


BROADCASTING = (
    *(
        row
        for name, (function, draw) in ARITHMETIC.items()
        for row in rows_of(f"broadcast_{name}", function, draw or distinct, draw or apart)
    ),
    *(
        replace(row, own_gradient=zeros)
        for name, function in COMPARISONS.items()
        for row in rows_of(
            f"broadcast_{name}", lambda lhs, rhs, of=function: of(lhs, rhs).astype(float), few, few
        )
    ),
)


def repeated(op: str, shapes, output: Shape, **params) -> Row:
    def reference(data, *others, **_):
        return np.broadcast_to(data, output).copy()

    return Row(op, params, shapes, output, reference, known=tuple(shapes))


REPEATED = (
    repeated("broadcast_to", {"data": (2, 1, 3)}, (2, 4, 3), shape=(2, 4, 0)),
    repeated("broadcast_to", {"data": (1,)}, (5,), shape=(5,)),
    repeated("broadcast_axis", {"data": (1, 3, 1)}, (2, 3, 4), axis=(0, 2), size=(2, 4)),
    repeated("broadcast_axis", {"data": (3, 1)}, (3, 2), axis=1, size=2),
    repeated("broadcast_like", {"lhs": (1, 3), "rhs": (2, 3)}, (2, 3)),
    repeated(
        "broadcast_like", {"lhs": (1, 3), "rhs": (3, 2)}, (2, 3), lhs_axes=(0,), rhs_axes=(-1,)
    ),
)


# -- made of nothing, or of a shape ----------------------------------------------------------------


def made(op: str, numbers, **params) -> Row:
    dtype = params.get("dtype", "float32")
    expected = np.asarray(numbers, dtype=dtype)
    row = Row(op, params, {}, expected.shape, lambda **_: expected)
    return replace(row, dtype=dtype, own_gradient=zeros)


MADE = (
    made("_zeros", np.zeros((2, 3)), shape=(2, 3)),
    made("_ones", np.ones((2, 3)), shape=(2, 3)),
    made("_ones", np.ones(4), shape=(4,), dtype="int32"),
    made("_full", np.full((2,), 2.5), shape=(2,), value=2.5),
    made("_arange", np.arange(3), start=3),
    made("_arange", np.arange(1, 6, 1.5), start=1, stop=6, step=1.5),
    made("_arange", np.arange(5, 0, -2).repeat(2), start=5, stop=0, step=-2, repeat=2),
    made("_arange", np.arange(2, 5), start=2, stop=5, dtype="int64"),
    made("_arange", [5, 4, 3], start=5, stop=0.5, step=-1.9, dtype="int32"),
    made("_linspace", np.linspace(1, 2, 5), start=1, stop=2, num=5),
    made("_linspace", np.linspace(1, 2, 4, endpoint=False), start=1, stop=2, num=4, endpoint=False),
    made("_linspace", [3], start=3, stop=9, num=1),
    made("_eye", np.eye(3), N=3),
    made("_eye", np.eye(2, 4, 1), N=2, M=4, k=1),
    made("_eye", np.eye(3, 2, -1), N=3, M=2, k=-1),
    made("_eye", np.eye(2, 2, 5), N=2, k=5),
)


def like(op: str, function: Function, output: Shape, dtype: str | None = None, **params) -> Row:
    row = Row(op, params, {"data": (2, 3)}, output, lambda data, **_: function(data), dtype=dtype)
    return replace(row, own_gradient=zeros)


LIKE = (
    like("zeros_like", np.zeros_like, (2, 3)),
    like("ones_like", np.ones_like, (2, 3)),
    like("shape_array", lambda data: np.array(data.shape), (2,), "int64"),
    like("size_array", lambda data: np.array([data.size]), (1,), "int64"),
    like("_contrib_arange_like", lambda data: np.arange(3), (3,), axis=1),
    like(
        "_contrib_arange_like",
        lambda data: 1 + 2.0 * (np.arange(6) // 2).reshape(2, 3),
        (2, 3),
        start=1,
        step=2,
        repeat=2,
    ),
    like("_contrib_index_array", lambda data: np.stack(np.indices((2, 3)), -1), (2, 3, 2), "int64"),
    like(
        "_contrib_index_array",
        lambda data: np.indices((2, 3))[1][..., None],
        (2, 3, 1),
        "int64",
        axes=(-1,),
    ),
)


# -- sums ------------------------------------------------------------------------------------------


def squares(data, *, axis):
    return (data * data).sum(axis=axis)


def both_moments(data, *, axes, keepdims=False):
    return data.mean(axis=axes, keepdims=keepdims), data.var(axis=axes, keepdims=keepdims)


def summed_up(a, *, axis=None):
    return np.cumsum(a, axis=axis)


def khatri_rao(*matrices):
    columns = []
    for column in zip(*(matrix.T for matrix in matrices), strict=True):
        product = np.ones(1)
        for factor in column:
            product = np.kron(product, factor)
        columns.append(product)
    return np.stack(columns, -1)


SHAPE = {"data": (2, 3, 4)}
MATRICES = {"arg0": (2, 3), "arg1": (4, 3)}
SUMS = (
    Row("_square_sum", {"axis": (1,)}, SHAPE, (2, 4), squares),
    Row("moments", {"axes": (0, 2)}, SHAPE, (3,), both_moments, count=2),
    Row("moments", {"axes": (-1,), "keepdims": True}, SHAPE, (2, 3, 1), both_moments, count=2),
    Row("cumsum", {}, {"a": (2, 3)}, (6,), summed_up),
    Row("cumsum", {"axis": 1}, {"a": (2, 3)}, (2, 3), summed_up),
    Row("cumsum", {"axis": -2}, {"a": (2, 3)}, (2, 3), summed_up),
    Row(
        "khatri_rao",
        {},
        {"arg0": (2, 3), "arg1": (4, 3)},
        (8, 3),
        khatri_rao,
        known=("arg0", "arg1"),
    ),
    Row("khatri_rao", {}, {"arg0": (2, 3)}, (2, 3), khatri_rao, "of one"),
    Row(
        "_contrib_div_sqrt_dim", {}, {"data": (2, 9)}, (2, 9), lambda data: data / 3, "of length 9"
    ),
    Row("amp_cast", {"dtype": "float32"}, {"data": (2, 3)}, (2, 3), lambda data, **_: data),
)

ROWS = (*BROADCASTING, *REPEATED, *MADE, *LIKE, *SUMS)
