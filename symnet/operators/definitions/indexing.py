"""Indexing: take, pick, one-hot.

Indices count from 0 and may have any element type; they are cut to whole numbers.
Source: docs/semantics §1.8, and Apache MXNet 1.9.1, "Indexing routines".
"""

from math import prod
from typing import Literal

import torch
from torch import Tensor

from ...core.dtype import holds, to_torch
from ...core.errors import ParameterError, ShapeError
from .._axes import axis_of, exchanged, whole, within, without
from .._formula import zero_rule
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = [
    "_onehot_encode",
    "batch_take",
    "choose_element_0index",
    "fill_element_0index",
    "one_hot",
    "pick",
    "take",
]


class take(Operator):
    """Look up slices of an array along an axis: one for each index.

    The axis is replaced by the axes of the indices. Gradients of an index that is looked up several
    times add up. Source: Apache MXNet 1.9.1, ``take``.

    >>> import symnet as mx
    >>> mx.take(mx.array([[1, 2], [3, 4], [5, 6]]), mx.array([2, 0])).asnumpy()
    array([[5., 6.],
           [1., 2.]], dtype=float32)
    """

    aliases = ("_npi_take",)

    a = Input("Array to look up in.")
    indices = Input("Indices, of any shape.", takes_gradient=False, any_dtype=True)
    axis: int = param("The axis to look along.", default=0)
    mode: Literal["clip", "raise", "wrap"] = param(
        "What an index outside means: the nearest one, an error, or counting around.",
        default="clip",
    )

    def infer_shape(self, a: Shape, indices: Shape) -> Shapes:
        """The axes of the indices take the place of one."""
        return {"output": exchanged(a, axis_of(self.axis, len(a)), *indices)}

    def forward(self, a: Tensor, indices: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the slices."""
        axis = axis_of(self.axis, a.ndim)
        shape = tuple(a.shape)
        places = within(indices, shape[axis], self.mode).view(-1)
        flat = None if out is None else out.view(exchanged(shape, axis, len(places)))
        found = torch.index_select(a, axis, places, out=flat)
        return found.view(exchanged(shape, axis, *indices.shape))

    def a_gradient(
        self, grad: Tensor, indices: Tensor, a_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad, added up where it was looked up."""
        axis = axis_of(self.axis, len(a_shape))
        places = within(indices, a_shape[axis], self.mode).view(-1)
        result = grad.new_zeros(a_shape) if out is None else out.zero_()
        flat = grad.reshape(exchanged(a_shape, axis, len(places)))
        return result.index_add_(axis, places, flat)


class batch_take(Operator):
    """Choose one element of each row of a matrix: output[i] = a[i, indices[i]].

    An index outside of a row means its nearest end. Source: Apache MXNet 1.9.1, ``batch_take``.

    >>> import symnet as mx
    >>> mx.batch_take(mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([2, 0], dtype="int32"))
    NDArray([3., 4.], float32, CPU0)
    """

    a = Input("Matrix of shape (rows, columns).")
    indices = Input("Index for each row, of any shape.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, a: Shape, indices: Shape | None = None) -> Shapes:
        """There is one result for each index."""
        _check_matrix("a", a)
        if indices is None:
            return {"indices": a[:1], "output": a[:1]}
        if prod(indices) != a[0]:
            raise ShapeError(f"indices of shape {indices} are not one for each of {a[0]} rows")
        return {"output": indices}

    def forward(self, a: Tensor, indices: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the chosen elements."""
        columns = within(indices, a.shape[1], "clip").view(-1, 1)
        place = None if out is None else out.view(-1, 1)
        return torch.gather(a, 1, columns, out=place).view(indices.shape)

    def a_gradient(
        self, grad: Tensor, indices: Tensor, a_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad where an element was chosen, 0 elsewhere."""
        result = grad.new_zeros(a_shape) if out is None else out.zero_()
        columns = within(indices, a_shape[1], "clip").view(-1, 1)
        return result.scatter_(1, columns, grad.reshape(-1, 1))


class pick(Operator):
    """Choose one element along an axis, by an index for each place of the other axes.

    Source: Apache MXNet 1.9.1, ``pick``.

    >>> import symnet as mx
    >>> mx.pick(mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([2, 0]))
    NDArray([3., 4.], float32, CPU0)
    """

    aliases = ("_npx_pick",)

    data = Input("Array to choose from.")
    index = Input(
        "Indices, of the data's shape without the axis, or with a 1 in its place.",
        takes_gradient=False,
        any_dtype=True,
    )
    axis: int | None = param("The axis to choose along; None is refused.", default=-1)
    keepdims: bool = param("Keep the axis, of length 1.", default=False)
    mode: Literal["clip", "wrap"] = param(
        "What an index outside means: the nearest one, or counting around.", default="clip"
    )

    def check(self) -> None:
        """An axis is needed."""
        if self.axis is None:
            raise ParameterError("pick: axis=None is not supported; reshape to one axis first")

    def _axis(self, ndim: int) -> int:
        return axis_of(-1 if self.axis is None else self.axis, ndim)

    def infer_shape(self, data: Shape, index: Shape | None = None) -> Shapes:
        """The axis goes away, or has length 1."""
        axis = self._axis(len(data))
        kept, dropped = exchanged(data, axis, 1), without(data, axis) or (1,)
        indices = kept if index is not None and len(index) == len(data) else dropped
        return {"index": indices, "output": kept if self.keepdims else dropped}

    def _places(self, index: Tensor, data: Shape) -> Tensor:
        axis = self._axis(len(data))
        return within(index, data[axis], self.mode).view(exchanged(data, axis, 1))

    def forward(self, data: Tensor, index: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the chosen elements."""
        shape = tuple(data.shape)
        places = self._places(index, shape)
        place = None if out is None else out.view(places.shape)
        found = torch.gather(data, self._axis(data.ndim), places, out=place)
        return found.view(self.infer_shape(shape)["output"])

    def data_gradient(
        self, grad: Tensor, index: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad where an element was chosen, 0 elsewhere."""
        places = self._places(index, data_shape)
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        return result.scatter_(self._axis(len(data_shape)), places, grad.reshape(places.shape))


class one_hot(Operator):
    """Write each index as a row that has one value at the index and another elsewhere.

    An index outside of the row marks nothing. Source: Apache MXNet 1.9.1, ``one_hot``.

    >>> import symnet as mx
    >>> mx.one_hot(mx.array([1, 0]), depth=3).asnumpy()
    array([[0., 1., 0.],
           [1., 0., 0.]], dtype=float32)
    """

    aliases = ("_npx_one_hot",)

    indices = Input("Indices, of any shape.", takes_gradient=False, any_dtype=True)
    depth: int = param("Length of a row.", min=1)
    on_value: float = param("The value at the index.", default=1.0)
    off_value: float = param("The value elsewhere.", default=0.0)
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64"
    ] = param("The element type of the rows.", default="float32")

    def check(self) -> None:
        """Whole numbers are none of infinity, and of what is not a number."""
        for name in ("on_value", "off_value"):
            value = getattr(self, name)
            if not to_torch(self.dtype).is_floating_point and not holds(torch.int64, value):
                raise ParameterError(f"one_hot: {name}={value} is no {self.dtype}")

    def infer_shape(self, indices: Shape) -> Shapes:
        """Each index becomes a row."""
        return {"output": (*indices, self.depth)}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The rows have the type that was asked for."""
        return to_torch(self.dtype)

    def forward(self, indices: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the rows."""
        shape = (*indices.shape, self.depth)
        kind, device = to_torch(self.dtype), indices.device
        result = torch.empty(shape, dtype=kind, device=device) if out is None else out
        on, off = self._value(self.on_value), self._value(self.off_value)
        if (on, off) == (1, 0):
            return _marked(indices, result)
        marked = _marked(indices, torch.empty(shape, dtype=torch.bool, device=device))
        return result.fill_(off).masked_fill_(marked, on)

    def _value(self, value: float) -> float:
        """Return a value as the element type holds it; small whole numbers wrap around, as in C."""
        kind = to_torch(self.dtype)
        return value if kind.is_floating_point else int(torch.tensor(int(value)).to(kind))


def _places(index: Tensor, data: Tensor) -> Tensor:
    """Return the index of each row as a column, kept within the row."""
    return within(index, data.shape[1], "clip").unsqueeze(1)


def _chosen(data: Tensor, index: Tensor, out: Tensor | None) -> Tensor:
    """Return one element of each row."""
    place = None if out is None else out.unsqueeze(1)
    return torch.gather(data, 1, _places(index, data), out=place).squeeze(1)


def _marked(indices: Tensor, out: Tensor) -> Tensor:
    """Write 1 where a row's place is the index, and 0 elsewhere."""
    columns = torch.empty(out.shape[-1], dtype=torch.long, device=out.device)
    torch.arange(len(columns), out=columns)
    return torch.eq(whole(indices).unsqueeze(-1), columns, out=out)


def _check_matrix(name: str, shape: Shape) -> None:
    if len(shape) != 2:
        raise ShapeError(f"{name} must be a matrix, got shape {shape}")


class choose_element_0index(Operator):
    """Choose one element of each row: output[i] = lhs[i, rhs[i]].

    An index outside of a row means its nearest end. Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.choose_element_0index(mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([2, 0]))
    NDArray([3., 4.], float32, CPU0)
    """

    lhs = Input("Matrix to choose from, of shape (rows, columns).")
    rhs = Input("Index for each row, from 0.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, lhs: Shape) -> Shapes:
        """There is one index, and one result, for each row."""
        _check_matrix("lhs", lhs)
        return {"rhs": lhs[:1], "output": lhs[:1]}

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the chosen elements."""
        return _chosen(lhs, rhs, out)

    def lhs_gradient(
        self, grad: Tensor, rhs: Tensor, lhs_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad where an element was chosen, 0 elsewhere."""
        result = grad.new_zeros(lhs_shape) if out is None else out.zero_()
        return result.scatter_(1, _places(rhs, result), grad.unsqueeze(1))


class fill_element_0index(Operator):
    """Replace one element of each row: output is lhs, except that output[i, rhs[i]] = mhs[i].

    An index outside of a row means its nearest end. Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.fill_element_0index(
    ...     mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([7, 8]), mx.array([2, 0])
    ... ).asnumpy()
    array([[1., 2., 7.],
           [8., 5., 6.]], dtype=float32)
    """

    lhs = Input("Matrix of shape (rows, columns); it is not changed.")
    mhs = Input("New element for each row.")
    rhs = Input("Index for each row, from 0.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, lhs: Shape) -> Shapes:
        """There is one index and one new element for each row."""
        _check_matrix("lhs", lhs)
        return {"mhs": lhs[:1], "rhs": lhs[:1], "output": lhs}

    def forward(self, lhs: Tensor, mhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the matrix with the new elements."""
        result = torch.empty_like(lhs) if out is None else out
        return result.copy_(lhs).scatter_(1, _places(rhs, lhs), mhs.unsqueeze(1))

    def lhs_gradient(self, grad: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad, and 0 where an element was replaced."""
        result = torch.empty_like(grad) if out is None else out
        return result.copy_(grad).scatter_(1, _places(rhs, grad), 0)

    def mhs_gradient(self, grad: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad where an element was replaced."""
        return _chosen(grad, rhs, out)


class _onehot_encode(Operator):
    """Write each index as a row that is 1 at the index and 0 elsewhere.

    An index outside of the row makes a row of zeros. Source: docs/semantics §1.8.
    """

    lhs = Input("Indices, from 0.", any_dtype=True)
    rhs = Input("Matrix of the shape and element type that is wanted; its numbers do not matter.")

    def infer_shape(self, rhs: Shape) -> Shapes:
        """There is one index for each row."""
        _check_matrix("rhs", rhs)
        return {"lhs": rhs[:1], "output": rhs}

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the rows."""
        return _marked(lhs, torch.empty_like(rhs) if out is None else out)

    lhs_gradient = zero_rule("lhs")  # the rows jump, or stay as they are
    rhs_gradient = zero_rule("rhs")  # the numbers do not matter
