"""Rows for joining, splitting and rearranging, and for products of batches; see `op_rows.py`."""

import numpy as np
from op_testing import Row, Shape

__all__ = ["ROWS"]


def viewed(op: str, shape: Shape, output: Shape, function, **params) -> Row:
    def reference(data, **params):
        return function(data).reshape(output)

    return Row(op, params, {"data": shape}, output, reference)


def reshape_like(lhs: Shape, rhs: Shape, output: Shape, **params) -> Row:
    def reference(lhs, rhs, **params):
        return lhs.reshape(output)

    shapes = {"lhs": lhs, "rhs": rhs}
    return Row("reshape_like", params, shapes, output, reference, known=tuple(shapes))


AXES = (
    viewed("expand_dims", (2, 3), (1, 2, 3), np.copy, axis=0),
    viewed("expand_dims", (2, 3), (2, 1, 3), np.copy, axis=-2),
    viewed("squeeze", (1, 2, 1, 3), (2, 3), np.copy),
    viewed("squeeze", (1, 2, 1), (1, 2), np.copy, axis=(-1,)),
    viewed("squeeze", (1, 1), (1,), np.copy),
    viewed("transpose", (2, 3), (3, 2), np.transpose),
    viewed("transpose", (2, 3, 4), (4, 2, 3), lambda data: data.transpose(2, 0, 1), axes=(2, 0, 1)),
    reshape_like((2, 6), (3, 4), (3, 4)),
    reshape_like((6, 2), (2, 3, 5), (2, 3, 2), lhs_begin=0, lhs_end=1, rhs_begin=0, rhs_end=-1),
)


# -- copies and order ------------------------------------------------------------------------------


def turned(data, *, axis):
    return np.flip(data, axis)


def to_space(data, *, block_size):
    """As ONNX defines it, pixel by pixel."""
    batch, channels, height, width = data.shape
    rest = channels // block_size**2
    result = np.zeros((batch, rest, height * block_size, width * block_size))
    for y in range(block_size):
        for x in range(block_size):
            first = (y * block_size + x) * rest
            result[:, :, y::block_size, x::block_size] = data[:, first : first + rest]
    return result


def to_depth(data, *, block_size):
    parts = [
        data[:, :, y::block_size, x::block_size]
        for y in range(block_size)
        for x in range(block_size)
    ]
    return np.concatenate(parts, 1)


def diag(shape: Shape, output: Shape, **params) -> Row:
    def reference(data, *, k=0, axis1=0, axis2=1):
        return np.diag(data, k) if data.ndim == 1 else np.diagonal(data, k, axis1, axis2)

    return Row("diag", params, {"data": shape}, output, reference)


REARRANGED = (
    viewed("tile", (3,), (2, 6), lambda data: np.tile(data, (2, 2)), reps=(2, 2)),
    viewed("tile", (2, 3), (2, 6), lambda data: np.tile(data, 2), reps=(2,)),
    viewed("tile", (2, 3), (2, 3), np.copy, reps=()),
    viewed("repeat", (2, 3), (12,), lambda data: np.repeat(data, 2), repeats=2),
    viewed("repeat", (2, 3), (2, 9), lambda data: np.repeat(data, 3, 1), repeats=3, axis=-1),
    Row("reverse", {"axis": (1,)}, {"data": (2, 3)}, (2, 3), turned),
    Row("reverse", {"axis": (0, -1)}, {"data": (2, 3, 2)}, (2, 3, 2), turned),
    Row("depth_to_space", {"block_size": 2}, {"data": (1, 8, 2, 3)}, (1, 2, 4, 6), to_space),
    Row("space_to_depth", {"block_size": 2}, {"data": (1, 2, 4, 6)}, (1, 8, 2, 3), to_depth),
    diag((3,), (4, 4), k=-1),
    diag((3, 4), (3,), k=1),
    diag((3, 2), (2,), k=-1),
    diag((2, 3, 4), (3, 2), axis1=-1, axis2=0),
)


# -- parts -----------------------------------------------------------------------------------------


def stack(output: Shape, axis: int) -> Row:
    def reference(*args, axis, num_args):
        return np.stack(args, axis)

    shapes = {f"arg{number}": (2, 3) for number in range(3)}
    return Row("stack", {"axis": axis, "num_args": 3}, shapes, output, reference)


def split(shape: Shape, output: Shape, count: int, **params) -> Row:
    def reference(data, *, indices, sections=0, axis=1, squeeze_axis=False):
        parts = np.split(data, sections or indices[1:], axis)
        found = tuple(part.squeeze(axis) if squeeze_axis else part for part in parts)
        return found if len(found) > 1 else found[0]

    return Row("_split_v2", params, {"data": shape}, output, reference, count=count)


JOINED = (
    stack((3, 2, 3), 0),
    stack((2, 3, 3), -1),
    split((2, 6), (2, 3), 2, indices=(0, 3)),
    split((6, 2), (2, 2), 3, indices=(), sections=3, axis=0),
    split((2, 3), (2,), 3, indices=(0, 1, 2), squeeze_axis=True, axis=-1),
    split((2, 3), (2, 3), 1, indices=(0,)),
)


# -- products --------------------------------------------------------------------------------------


def batch_dot(lhs: Shape, rhs: Shape, output: Shape, **params) -> Row:
    def reference(lhs, rhs, *, transpose_a=False, transpose_b=False):
        first = lhs.swapaxes(-1, -2) if transpose_a else lhs
        second = rhs.swapaxes(-1, -2) if transpose_b else rhs
        return np.einsum("...ij,...jk->...ik", first, second)

    shapes = {"lhs": lhs, "rhs": rhs}
    return Row("batch_dot", params, shapes, output, reference, known=tuple(shapes))


PRODUCTS = (
    batch_dot((2, 3, 4), (2, 4, 5), (2, 3, 5)),
    batch_dot((2, 4, 3), (2, 4, 5), (2, 3, 5), transpose_a=True),
    batch_dot((2, 3, 4), (2, 5, 4), (2, 3, 5), transpose_b=True),
    batch_dot((2, 2, 4, 3), (2, 2, 5, 4), (2, 2, 3, 5), transpose_a=True, transpose_b=True),
)


ROWS = (*AXES, *REARRANGED, *JOINED, *PRODUCTS)
