"""Sorting and top-k.

Of equal numbers the first comes first, in either order. Source: Apache MXNet 1.9.1, "Sorting and
searching".
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from ...core.dtype import to_torch
from ...core.errors import ShapeError
from .._axes import axis_of, exchanged
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["argsort", "sort", "topk"]

Results = tuple[Tensor, ...]

_QUICKLY_SORTED = 2048
"""Up to how many numbers sorting all takes no longer than finding few, which looks at them."""


def _line(shape: Shape, axis: int | None) -> tuple[Shape, int]:
    """Return the shape that is sorted and the axis: a flat one, where no axis is given."""
    flat = 1
    for length in shape:
        flat *= length
    return ((flat,), 0) if axis is None else (shape, axis_of(axis, len(shape)))


def _ranked(data: Tensor, axis: int | None, *, ascending: bool) -> tuple[Tensor, Tensor]:
    """Return the values in order and where they were, in memory that a recorded rule keeps."""
    shape, along = _line(tuple(data.shape), axis)
    values = torch.empty(shape, dtype=data.dtype, device=data.device)
    places = torch.empty(shape, dtype=torch.long, device=data.device)
    line = data.reshape(shape)
    torch.sort(line, stable=True, dim=along, descending=not ascending, out=(values, places))
    return values, places


def _back(grad: Tensor, places: Tensor, result: Tensor, axis: int | None) -> Tensor:
    """Write gradients of sorted values to where the values were; the result holds zeros."""
    shape, along = _line(tuple(result.shape), axis)
    result.view(shape).scatter_(along, places, grad.reshape(places.shape))
    return result


class sort(Operator):
    """Put the numbers along an axis in order.

    Source: Apache MXNet 1.9.1, ``sort``.

    >>> import symnet as mx
    >>> mx.sort(mx.array([[3, 1, 2], [6, 5, 4]])).asnumpy()
    array([[1., 2., 3.],
           [4., 5., 6.]], dtype=float32)
    """

    aliases = ("_npi_sort",)

    data = Input("Array of any shape.")
    axis: int | None = param("The axis to sort along; None for the flattened array.", default=-1)
    is_ascend: bool = param("Rise, instead of falling.", default=True)

    def outputs(self) -> tuple[str, ...]:
        """MXNet counts the hidden places, and so the values have a number."""
        return ("output0",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs to know where the values were."""
        return {"places": torch.long}

    def infer_shape(self, data: Shape) -> Shapes:
        """The numbers stay in their array, or in the flattened one."""
        shape, _ = _line(data, self.axis)
        return {"output0": shape, "places": shape}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the numbers in order."""
        values, _ = _ranked(data, self.axis, ascending=self.is_ascend)
        return values if out is None else out.copy_(values)

    def forward_saving(self, data: Tensor, out: Results | None = None) -> Results:
        """Return the numbers in order, and where they were."""
        shape, along = _line(tuple(data.shape), self.axis)
        if out is None:
            return _ranked(data, self.axis, ascending=self.is_ascend)
        line, falling = data.reshape(shape), not self.is_ascend
        return tuple(torch.sort(line, stable=True, dim=along, descending=falling, out=out))

    def data_gradient(
        self, grad: Tensor, places: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad where the numbers were."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        return _back(grad, places, result, self.axis)


class argsort(Operator):
    """Tell where the numbers along an axis stand that come first, second, ….

    Source: Apache MXNet 1.9.1, ``argsort``.

    >>> import symnet as mx
    >>> mx.argsort(mx.array([[3, 1, 2], [6, 5, 4]])).asnumpy()
    array([[1., 2., 0.],
           [2., 1., 0.]], dtype=float32)
    """

    aliases = ("_npi_argsort",)

    data = Input("Array of any shape.", takes_gradient=False)
    axis: int | None = param("The axis to sort along; None for the flattened array.", default=-1)
    is_ascend: bool = param("Rise, instead of falling.", default=True)
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "uint8"] = param(
        "The element type of the indices.", default="float32"
    )

    def infer_shape(self, data: Shape) -> Shapes:
        """There is an index for each number."""
        return {"output": _line(data, self.axis)[0]}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The indices have the type that was asked for."""
        return to_torch(self.dtype)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        _, places = _ranked(data, self.axis, ascending=self.is_ascend)
        return places.to(to_torch(self.dtype)) if out is None else out.copy_(places)


class topk(Operator):
    """Find the k greatest numbers along an axis, or the least: in order, or as a mask.

    Source: Apache MXNet 1.9.1, ``topk``.

    >>> import symnet as mx
    >>> mx.topk(mx.array([[3, 1, 2], [4, 6, 5]]), k=2, ret_typ="value").asnumpy()
    array([[3., 2.],
           [6., 5.]], dtype=float32)
    """

    aliases = ("_npx_topk",)

    data = Input("Array of any shape.")
    axis: int | None = param("The axis to search; None for the flattened array.", default=-1)
    k: int = param("How many; 0 for all.", default=1, min=0)
    ret_typ: Literal["value", "indices", "mask", "both"] = param(
        "What is returned: the numbers, where they stand, an array of the data's shape that is 1 "
        "where they stand and 0 elsewhere, or the numbers and where they stand.",
        default="indices",
    )
    is_ascend: bool = param("The least, instead of the greatest.", default=False)
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "uint8"] = param(
        "The element type of the indices.", default="float32"
    )

    def outputs(self) -> tuple[str, ...]:
        """Return ``output`` for indices and masks; what comes with its place has a number."""
        return {"both": ("output0", "output1"), "value": ("output0",)}.get(
            self.ret_typ, ("output",)
        )

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient of the numbers needs to know where they were."""
        return {"places": torch.long} if self.ret_typ in ("value", "both") else {}

    def output_dtypes(self, shared: torch.dtype) -> tuple[torch.dtype, ...]:
        """Indices have the type that was asked for, all else the data's."""
        indices = to_torch(self.dtype)
        return {"both": (shared, indices), "indices": (indices,)}.get(self.ret_typ, (shared,))

    def infer_shape(self, data: Shape) -> Shapes:
        """The axis has length k; a mask is as the data."""
        shape, axis = _line(data, self.axis)
        if self.k > shape[axis]:
            raise ShapeError(f"k={self.k} is more than the {shape[axis]} there are along the axis")
        found = exchanged(shape, axis, self.k or shape[axis])
        visible = data if self.ret_typ == "mask" else found
        return {**dict.fromkeys(self.outputs(), visible), "places": found}

    def forward(self, data: Tensor, out: Tensor | Results | None = None) -> Tensor | Results:
        """Return what was asked for."""
        targets = (out,) if isinstance(out, Tensor) else out
        results = self._results(data)[: len(self.outputs())]
        found = results if targets is None else _copied(results, targets)
        return found if len(found) > 1 else found[0]

    def forward_saving(self, data: Tensor, out: Results | None = None) -> Results:
        """Return what was asked for, and where the numbers were."""
        return self._results(data) if out is None else _copied(self._results(data), out)

    def _results(self, data: Tensor) -> Results:
        """Return the outputs, and where the numbers were."""
        values, places = self._found(data)
        if self.ret_typ == "mask":
            shape, axis = _line(tuple(data.shape), self.axis)
            mask = torch.empty(shape, dtype=data.dtype, device=data.device).zero_()
            return mask.scatter_(axis, places, 1).view(data.shape), places
        indices = torch.empty(places.shape, dtype=to_torch(self.dtype), device=data.device)
        indices.copy_(places)
        table = {"value": (values,), "indices": (indices,), "both": (values, indices)}
        return *table[self.ret_typ], places

    def _found(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the first k values in order, and where they were."""
        shape, axis = _line(tuple(data.shape), self.axis)
        count = self.k or shape[axis]
        # While torch traces, the count may be a symbol, and either way right for any.
        is_known = type(data.numel()) is int
        if is_known and 8 * count < shape[axis] and data.numel() > _QUICKLY_SORTED:
            # Which of equal numbers they are does not show in their values.
            alone = self.ret_typ == "value"
            values, places = self._few(data.reshape(shape), axis, count if alone else count + 1)
            if alone or _differ(values, axis):
                return values.narrow(axis, 0, count), places.narrow(axis, 0, count)
        values, places = _ranked(data, self.axis, ascending=self.is_ascend)
        return values.narrow(axis, 0, count), places.narrow(axis, 0, count)

    def _few(self, line: Tensor, axis: int, count: int) -> tuple[Tensor, Tensor]:
        """Return the first values in order without sorting all, of equal ones any."""
        short = exchanged(tuple(line.shape), axis, count)
        values = torch.empty(short, dtype=line.dtype, device=line.device)
        places = torch.empty(short, dtype=torch.long, device=line.device)
        torch.topk(line, count, axis, not self.is_ascend, sorted=True, out=(values, places))
        return values, places

    def data_gradient(
        self,
        grads: Sequence[Tensor | None],
        data_shape: Shape,
        data_dtype: torch.dtype,
        places: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return the gradient of the numbers where they were; indices and masks have none."""
        like = next(grad for grad in grads if grad is not None)
        result = like.new_zeros(data_shape, dtype=data_dtype) if out is None else out.zero_()
        if places is None or grads[0] is None:
            return result
        return _back(grads[0], places, result, self.axis)


def _differ(values: Tensor, axis: int) -> bool:
    """Tell whether no two sorted values are equal, and so each stands in one place; NaN never."""
    count = values.shape[axis] - 1
    one, next_one = values.narrow(axis, 0, count), values.narrow(axis, 1, count)
    return bool(((one < next_one) | (one > next_one)).all())


def _copied(results: Results, targets: Results) -> Results:
    return tuple(t.copy_(result) for t, result in zip(targets, results, strict=True))
