"""Rows for indexing, sorting and slicing; see `op_rows.py`."""

import numpy as np
from op_testing import Row, Shape, distinct, given

__all__ = ["ROWS"]


def nothing(data, **params):
    """The gradient where none flows."""
    return np.zeros_like(data)


def places(index, length, mode="clip"):
    whole = np.trunc(index).astype(int)
    return whole % length if mode == "wrap" else np.clip(whole, 0, length - 1)


# -- one index -------------------------------------------------------------------------------------


def take(a: Shape, indices: Shape, output: Shape, draw, **params) -> Row:
    def reference(a, indices, *, axis=0, mode="clip"):
        return np.take(a, places(indices, a.shape[axis], mode), axis)

    shapes = {"a": a, "indices": indices}
    return Row(
        "take", params, shapes, output, reference, known=tuple(shapes), draws={"indices": draw}
    )


def pick(data: Shape, index: Shape, output: Shape, draw, why: str = "", **params) -> Row:
    def reference(data, index, *, axis=-1, keepdims=False, mode="clip"):
        whole = places(index, data.shape[axis], mode).reshape(
            [1 if n == axis % data.ndim else length for n, length in enumerate(data.shape)]
        )
        found = np.take_along_axis(data, whole, axis)
        return found if keepdims or data.ndim == 1 else found.squeeze(axis)

    shapes = {"data": data, "index": index}
    return Row("pick", params, shapes, output, reference, why, tuple(shapes), {"index": draw})


def chosen_by_row(a, indices):
    rows = np.arange(len(a)), places(indices.ravel(), a.shape[1])
    return a[rows].reshape(indices.shape)


def where(condition: Shape, shape: Shape, why: str = "") -> Row:
    def reference(condition, x, y):
        rows = condition.reshape(-1, *[1] * (x.ndim - 1)) if condition.ndim == 1 else condition
        return np.where(rows != 0, x, y)

    def zeros_and_ones(random, shape):
        return random.integers(0, 2, shape)

    shapes = {"condition": condition, "x": shape, "y": shape}
    draws = {"condition": zeros_and_ones}
    return Row("where", {}, shapes, shape, reference, why, ("condition", "x"), draws)


def one_hot(dtype: str, **params) -> Row:
    def reference(indices, *, depth, on_value=1.0, off_value=0.0, dtype):
        marks = np.trunc(indices)[..., None] == np.arange(depth)
        return np.where(marks, on_value, off_value).astype(dtype)

    return Row(
        "one_hot",
        {"dtype": dtype, **params},
        {"indices": (2, 3)},
        (2, 3, params["depth"]),
        reference,
        draws={"indices": given(0, 2, -1, 1.7, 3, 9)},
        own_gradient=nothing,
        dtype=dtype,
    )


LOOKED_UP = (
    take((4, 3), (2, 3), (2, 3, 3), given(0, 3, 1, 1, 5, -2)),
    take((4, 3), (4,), (4, 4), given(0, 2.9, 4, -1), axis=1, mode="wrap"),
    take((2, 3, 4), (2,), (2, 3, 2), given(3, 3), axis=-1, mode="raise"),
    Row(
        "batch_take",
        {},
        {"a": (4, 3), "indices": (4,)},
        (4,),
        chosen_by_row,
        known=("a", "indices"),
        draws={"indices": given(0, 2, 5, -1)},
    ),
    pick((4, 3), (4,), (4,), given(0, 2, 5, -1)),
    pick((2, 3, 2), (2, 1, 2), (2, 1, 2), given(0, 4, 1, -2), axis=1, keepdims=True, mode="wrap"),
    pick((2, 3), (3,), (3,), given(1, 0, 1), axis=0),
    pick((5,), (1,), (1,), given(3), "of a vector", axis=0),
    where((2, 3), (2, 3)),
    where((3,), (3, 2, 2), "row by row"),
    one_hot("float32", depth=3),
    one_hot("float64", depth=4, on_value=2.5, off_value=-1.5),
    one_hot("float16", depth=3, on_value=5.0, off_value=-2.0),
)


# -- several indices -------------------------------------------------------------------------------


def columns(indices):
    return tuple(np.trunc(indices).astype(int))


def gather(data: Shape, indices: Shape, output: Shape, draw, why: str = "") -> Row:
    shapes = {"data": data, "indices": indices}
    return Row(
        "gather_nd",
        {},
        shapes,
        output,
        lambda data, indices: data[columns(indices)],
        why,
        tuple(shapes),
        {"indices": draw},
    )


def scattered(data, indices, *, shape):
    result = np.zeros(shape)
    result[columns(indices)] = data
    return result


def replaced(lhs, rhs, indices, *, shape):
    result = lhs.copy()
    result[columns(indices)] = rhs
    return result


def counted(data, *, shape):
    """Ravel without NumPy's check of bounds."""
    weights = np.cumprod([1, *shape[:0:-1]])[::-1]
    return (np.trunc(data) * weights[:, None]).sum(0)


def unravelled(data, *, shape):
    return np.array(np.unravel_index(data.astype(int), shape)).astype(float)


SEVERAL = (
    gather((3, 4), (2, 3), (3,), given(0, 2, 0, 1, -1, 1), "each element"),
    gather((3, 4, 2), (1, 2), (2, 4, 2), given(2, -3), "slices"),
    gather((3, 4, 2), (2, 2, 2), (2, 2, 2), given(0, 1, 2, 0, 3, 2, 1, 3), "in a matrix"),
    Row(
        "scatter_nd",
        {"shape": (3, 4)},
        {"data": (3,), "indices": (2, 3)},
        (3, 4),
        scattered,
        known=("indices",),
        draws={"indices": given(0, 2, 1, 1, -1, 3)},
    ),
    Row(
        "scatter_nd",
        {"shape": (3, 2)},
        {"data": (2, 2), "indices": (1, 2)},
        (3, 2),
        scattered,
        "slices",
        ("indices",),
        {"indices": given(2, 0)},
    ),
    Row(
        "_scatter_set_nd",
        {"shape": (3, 4)},
        {"lhs": (3, 4), "rhs": (2, 4), "indices": (1, 2)},
        (3, 4),
        replaced,
        known=("indices",),
        draws={"indices": given(2, 0)},
    ),
    Row(
        "_ravel_multi_index",
        {"shape": (2, 3, 4)},
        {"data": (3, 3)},
        (3,),
        counted,
        draws={"data": given(0, 1, 9, 1, -1, 2, 3, 0, 1.5)},
        own_gradient=nothing,
    ),
    Row(
        "_unravel_index",
        {"shape": (2, 3, 4)},
        {"data": (2, 2)},
        (3, 2, 2),
        unravelled,
        draws={"data": given(0, 5, 23, 14)},
        own_gradient=nothing,
    ),
)


# -- in order --------------------------------------------------------------------------------------


def in_order(data, axis, ascending):
    """The data, flat where there is no axis, the axis, and where its values stand, in order."""
    line, along = (data.ravel(), 0) if axis is None else (data, axis)
    return line, along, np.argsort(line if ascending else -line, along, kind="stable")


def sort(shape: Shape, output: Shape, **params) -> Row:
    def reference(data, *, axis=-1, is_ascend=True):
        line, along, found = in_order(data, axis, is_ascend)
        return np.take_along_axis(line, found, along)

    draws, names = {"data": distinct}, ("output0",)
    return Row("sort", params, {"data": shape}, output, reference, draws=draws, names=names)


def argsort(shape: Shape, output: Shape, draw, dtype: str, **params) -> Row:
    def reference(data, *, axis=-1, is_ascend=True, dtype):
        return in_order(data, axis, is_ascend)[2].astype(dtype)

    return Row(
        "argsort",
        {"dtype": dtype, **params},
        {"data": shape},
        output,
        reference,
        draws={"data": draw},
        own_gradient=nothing,
        dtype=dtype,
    )


def topk(shape: Shape, output: Shape, **params) -> Row:
    def reference(data, *, axis=-1, k=1, ret_typ="indices", is_ascend=False, dtype="float32"):
        line, along, found = in_order(data, axis, is_ascend)
        first = np.take(found, range(k or line.shape[along]), along)
        values = np.take_along_axis(line, first, along)
        if ret_typ == "mask":
            mask = np.zeros(line.shape)
            np.put_along_axis(mask, first, 1, along)
            return mask.reshape(data.shape)
        indices = first.astype(dtype)
        return {"value": values, "indices": indices, "both": (values, indices)}[ret_typ]

    kind = params.get("ret_typ", "indices")
    return Row(
        "topk",
        params,
        {"data": shape},
        output,
        reference,
        draws={"data": distinct},
        count=2 if kind == "both" else 1,
        names=("output0",) if kind == "value" else (),
        dtype=params.get("dtype", "float32") if kind == "indices" else None,
    )


ORDERED = (
    sort((3, 4), (3, 4)),
    sort((2, 3, 2), (2, 3, 2), axis=1, is_ascend=False),
    sort((2, 3), (6,), axis=None),
    argsort((3, 4), (3, 4), distinct, "float32"),
    argsort((2, 4), (2, 4), given(1, 0, 1, 0, 2, 2, 2, 1), "float16", is_ascend=False),
    argsort((2, 3), (6,), distinct, "float64", axis=None),
    topk((3, 4), (3, 1)),
    topk((3, 4), (3, 2), k=2, ret_typ="value"),
    topk((2, 20), (2, 2), k=2, ret_typ="value", is_ascend=True),
    topk((3, 4), (3, 4), k=0, ret_typ="value", axis=0),
    topk((2, 20), (2, 2), k=2),
    topk((2, 20), (2, 20), k=2, ret_typ="mask", is_ascend=True),
    topk((3, 4, 2), (3, 2, 2), k=2, axis=1, dtype="int64"),
    topk((2, 3), (4,), k=4, axis=None, dtype="float64"),
    topk((2, 3), (2,), k=2, axis=None, ret_typ="value"),
    topk((2, 3), (2, 3), k=2, ret_typ="mask"),
    topk((2, 3), (2, 3), k=2, axis=None, ret_typ="mask", is_ascend=True),
)


# -- parts -----------------------------------------------------------------------------------------


def cuts(begin, end, step=()):
    steps = step or [None] * len(begin)
    return tuple(slice(*each) for each in zip(begin, end, steps, strict=True))


WINDOWS = {
    "": {"begin": (1,), "end": (3,)},
    "open": {"begin": (None, 1), "end": (None, None)},
    "from the end": {"begin": (-3, -2), "end": (-1, 99)},
    "turned around": {"begin": (None, 3), "end": (None, 0), "step": (-1, -2)},
    "with steps": {"begin": (0, 1), "end": (4, 4), "step": (2, None)},
}


def sliced(data, *, begin, end, step=()):
    return data[cuts(begin, end, step)]


def assigned(lhs, rhs, *, begin, end, step=()):
    result = lhs.copy()
    result[cuts(begin, end, step)] = rhs
    return result


def filled(data, *, scalar, begin, end, step=()):
    return assigned(data, scalar, begin=begin, end=end, step=step)


def windows(why: str, params) -> tuple[Row, ...]:
    shape = (4, 4)
    part = sliced(np.zeros(shape), **params).shape
    both = {"lhs": shape, "rhs": part}
    return (
        Row("slice", params, {"data": shape}, part, sliced, why),
        Row("_slice_assign", params, both, shape, assigned, why),
        Row("_slice_assign_scalar", {"scalar": 2.5, **params}, {"data": shape}, shape, filled, why),
    )


def slice_axis(output: Shape, **params) -> Row:
    def reference(data, *, axis, begin, end):
        return np.moveaxis(np.moveaxis(data, axis, 0)[begin:end], 0, axis)

    return Row("slice_axis", params, {"data": (2, 4, 3)}, output, reference)


def slice_like(like: Shape, output: Shape, **params) -> Row:
    def reference(data, shape_like, *, axes=()):
        lengths = list(data.shape)
        for axis in axes or range(data.ndim):
            lengths[axis] = shape_like.shape[axis]
        return data[tuple(slice(length) for length in lengths)]

    shapes = {"data": (2, 4, 3), "shape_like": like}
    return Row("slice_like", params, shapes, output, reference, known=tuple(shapes))


PARTS = (
    *(row for why, params in WINDOWS.items() for row in windows(why, params)),
    slice_axis((2, 2, 3), axis=1, begin=1, end=3),
    slice_axis((2, 4, 2), axis=-1, begin=-2, end=None),
    slice_axis((1, 4, 3), axis=0, begin=0, end=-1),
    slice_like((1, 2, 3), (1, 2, 3)),
    slice_like((5, 3), (2, 3, 3), axes=(1,)),
    slice_like((5, 1, 2), (2, 4, 2), axes=(-1,)),
)


ROWS = (*LOOKED_UP, *SEVERAL, *ORDERED, *PARTS)
