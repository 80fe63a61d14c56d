"""Rows for the documents' functions of arrays: reductions, products, choices; see `op_rows.py`."""

import numpy as np
from op_testing import Row, Shape, distinct, fractions, given, normal

__all__ = ["ROWS"]


def reduced(op: str, function, shape: Shape, draw=normal, why: str = "") -> Row:
    def reference(data):
        return np.array([function(data)])

    return Row(op, {}, {"data": shape}, (1,), reference, why, draws={"data": draw})


def norm(data):
    return np.sqrt((data * data).sum())


REDUCTIONS = tuple(
    reduced(op, function, shape, draw)
    for shape in ((5,), (3, 4), (2, 3, 2, 2))
    for op, function, draw in (
        ("max", np.max, distinct),
        ("min", np.min, distinct),
        ("norm", norm, normal),
        ("sum", np.sum, normal),
    )
)


def argmax(shape: Shape, output: Shape, draw=normal, why: str = "") -> Row:
    def reference(data):
        return np.argmax(data, axis=1).astype(data.dtype)

    return Row(
        "argmax_channel",
        {},
        {"data": shape},
        output,
        reference,
        why,
        draws={"data": draw},
        own_gradient=np.zeros_like,
    )


CHANNELS = (
    argmax((4, 3), (4,)),
    argmax((2, 5, 3), (2, 3)),
    argmax((2, 3, 2, 2), (2, 2, 2)),
    argmax((2, 3), (2,), given(1, 7, 7, 2, 2, 2), "of equal ones the first"),
)


def product(lhs: Shape, rhs: Shape, output: Shape) -> Row:
    def reference(lhs, rhs):
        return np.einsum("ij,jk->ik", lhs, rhs) if lhs.ndim == 2 else np.array([(lhs * rhs).sum()])

    return Row("dot", {}, {"lhs": lhs, "rhs": rhs}, output, reference, known=("lhs", "rhs"))


PRODUCTS = (
    product((2, 3), (3, 4), (2, 4)),
    product((1, 5), (5, 1), (1, 1)),
    product((4,), (4,), (1,)),
)


def clipped(a_min: float, a_max: float, shape: Shape, why: str = "") -> Row:
    def reference(data, *, a_min, a_max):
        return np.array([min(max(x, a_min), a_max) for x in data.flat]).reshape(data.shape)

    params = {"a_min": a_min, "a_max": a_max}
    return Row("clip", params, {"data": shape}, shape, reference, why, draws={"data": fractions})


CLIPS = (
    clipped(-1.0, 1.0, (3, 4)),
    clipped(0.0, 2.0, (2, 3, 2, 2), "of images"),
    clipped(-100.0, 100.0, (5,), "of nothing"),
)


def nearest(index, columns):
    return int(np.clip(np.trunc(index), 0, columns - 1))


def chosen(lhs, rhs):
    return np.array([row[nearest(i, len(row))] for row, i in zip(lhs, rhs, strict=True)])


def filled(lhs, mhs, rhs):
    result = lhs.copy()
    for row, new, index in zip(result, mhs, rhs, strict=True):
        row[nearest(index, len(row))] = new
    return result


def one_hot(lhs, rhs):
    columns = range(rhs.shape[1])
    return np.array([[float(int(i) == column) for column in columns] for i in lhs])


# Whole, cut to whole, and outside of the row.
INDICES = {
    "": given(2, 0, 1, 1),
    "cut to whole": given(0.9, 1.2, 2.7, 0),
    "outside": given(3, -1, 9, 1),
}
CHOICES = tuple(
    row
    for why, draw in INDICES.items()
    for row in (
        Row(
            "choose_element_0index",
            {},
            {"lhs": (4, 3), "rhs": (4,)},
            (4,),
            chosen,
            why,
            draws={"rhs": draw},
        ),
        Row(
            "fill_element_0index",
            {},
            {"lhs": (4, 3), "mhs": (4,), "rhs": (4,)},
            (4, 3),
            filled,
            why,
            draws={"rhs": draw},
        ),
        Row(
            "_onehot_encode",
            {},
            {"lhs": (4,), "rhs": (4, 3)},
            (4, 3),
            one_hot,
            why,
            ("rhs",),
            {"lhs": draw},
            own_gradient=lambda lhs, rhs: np.zeros_like(lhs),
        ),
    )
)


ROWS = (*REDUCTIONS, *CHANNELS, *PRODUCTS, *CLIPS, *CHOICES)
