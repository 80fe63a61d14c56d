"""Multi-dimensional indexing: gather, scatter, ravel.

Source: Apache MXNet 1.9.1, "Indexing routines".
"""

from math import prod

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from .._axes import rows_of, whole
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["_ravel_multi_index", "_scatter_set_nd", "_unravel_index", "gather_nd", "scatter_nd"]


def _depth(indices: Shape, shape: Shape, of: str) -> int:
    """Return how many axes the columns of the indices name."""
    if not 1 <= indices[0] <= len(shape):
        raise ShapeError(
            f"axis 0 of indices, of length {indices[0]}, is as many axes of {of} of shape {shape}, "
            f"which has {len(shape)}"
        )
    return indices[0]


def _looked_up(data: Tensor, indices: Tensor, shape: Shape, out: Tensor | None) -> Tensor:
    """Return the slices that columns of indices name."""
    depth = indices.shape[0]
    rows = rows_of(indices, tuple(data.shape[:depth]))
    flat = None if out is None else out.view(len(rows), -1)
    return torch.index_select(data.reshape(prod(data.shape[:depth]), -1), 0, rows, out=flat).view(
        shape
    )


def _by_row(target: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Return an array as rows of which columns of indices name some, and which they name."""
    depth = indices.shape[0]
    lengths = tuple(target.shape[:depth])
    return target.view(prod(lengths), -1), rows_of(indices, lengths)


class gather_nd(Operator):
    """Look up slices of an array, each by several indices.

    Column j of the indices names axis by axis where slice j stands. One below 0 counts from the
    end, and one outside is an error. Gradients of a slice that is looked up several times add up.
    Source: Apache MXNet 1.9.1, ``gather_nd``.

    >>> import symnet as mx
    >>> mx.gather_nd(mx.array([[1, 2], [3, 4]]), mx.array([[1, 0], [0, 1]]))
    NDArray([3., 2.], float32, CPU0)
    """

    aliases = ("_npi_gather_nd", "_npx_gather_nd")

    data = Input("Array to look up in.")
    indices = Input(
        "Indices of shape (axes, …): one for each of the data's first axes.",
        takes_gradient=False,
        any_dtype=True,
    )

    def infer_shape(self, data: Shape, indices: Shape) -> Shapes:
        """Each column becomes a slice."""
        rest = data[_depth(indices, data, "data") :]
        return {"output": (*indices[1:], *rest) or (1,)}

    def forward(self, data: Tensor, indices: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the slices."""
        shape = self.infer_shape(tuple(data.shape), tuple(indices.shape))["output"]
        return _looked_up(data, indices, shape, out)

    def data_gradient(
        self, grad: Tensor, indices: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad, added up where it was looked up."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        rows, named = _by_row(result, indices)
        rows.index_add_(0, named, grad.reshape(len(named), -1))
        return result


class scatter_nd(Operator):
    """Place slices in an array of zeros, each by several indices.

    Column j of the indices names axis by axis where slice j goes; of several that go to one place
    the last stays. One below 0 counts from the end, and one outside is an error.
    Source: Apache MXNet 1.9.1, ``scatter_nd``.

    >>> import symnet as mx
    >>> mx.scatter_nd(mx.array([5, 6]), mx.array([[1, 0], [0, 1]]), shape=(2, 2)).asnumpy()
    array([[0., 6.],
           [5., 0.]], dtype=float32)
    """

    data = Input("The slices.")
    indices = Input(
        "Indices of shape (axes, …): one for each of the output's first axes.",
        takes_gradient=False,
        any_dtype=True,
    )
    shape: tuple[int, ...] = param("Shape of the output.", min=1)

    def infer_shape(self, data: Shape | None = None, indices: Shape | None = None) -> Shapes:
        """Each column has a slice."""
        if indices is None:
            return {"output": self.shape}
        rest = self.shape[_depth(indices, self.shape, "the output") :]
        return {"data": (*indices[1:], *rest) or (1,), "output": self.shape}

    def forward(self, data: Tensor, indices: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the array."""
        result = data.new_zeros(self.shape) if out is None else out.zero_()
        rows, named = _by_row(result, indices)
        rows.index_copy_(0, named, data.reshape(len(named), -1))
        return result

    def data_gradient(
        self, grad: Tensor, indices: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad where the slices were placed."""
        return _looked_up(grad, indices, data_shape, out)


class _scatter_set_nd(Operator):
    """Replace slices of an array, each by several indices; see `scatter_nd`.

    Source: Apache MXNet 1.9.1, ``_scatter_set_nd``.
    """

    aliases = ("_npi_scatter_set_nd",)

    lhs = Input("Array of which slices are replaced; it is not changed.")
    rhs = Input("The slices.")
    indices = Input(
        "Indices of shape (axes, …): one for each of the array's first axes.",
        takes_gradient=False,
        any_dtype=True,
    )
    shape: tuple[int, ...] = param("Shape of the array.", min=1)

    def infer_shape(
        self,
        lhs: Shape | None = None,
        rhs: Shape | None = None,
        indices: Shape | None = None,
        output: Shape | None = None,
    ) -> Shapes:
        """Each column has a slice."""
        found: dict[str, Shape] = {"lhs": self.shape, "output": self.shape}
        if indices is not None:
            rest = self.shape[_depth(indices, self.shape, "the array") :]
            found["rhs"] = (*indices[1:], *rest) or (1,)
        return found

    def forward(
        self, lhs: Tensor, rhs: Tensor, indices: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the array with the slices in their places."""
        result = lhs.clone(memory_format=torch.contiguous_format) if out is None else out.copy_(lhs)
        rows, named = _by_row(result, indices)
        rows.index_copy_(0, named, rhs.reshape(len(named), -1))
        return result

    def lhs_gradient(self, grad: Tensor, indices: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad, and 0 where a slice was replaced."""
        result = (
            grad.clone(memory_format=torch.contiguous_format) if out is None else out.copy_(grad)
        )
        rows, named = _by_row(result, indices)
        rows.index_fill_(0, named, 0)
        return result

    def rhs_gradient(
        self, grad: Tensor, indices: Tensor, rhs_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad where the slices were placed."""
        return _looked_up(grad, indices, rhs_shape, out)


def _require_lengths(op: Operator, shape: Shape | None) -> None:
    if not shape:
        raise ParameterError(f"{type(op).__name__}: missing parameter 'shape'")


class _ravel_multi_index(Operator):
    """Count through an array: from an index for each axis to one index into the flattened array.

    Nothing is cut off: an index outside of its axis counts on. Source: Apache MXNet 1.9.1,
    ``ravel_multi_index``.

    >>> import symnet as mx
    >>> mx.ravel_multi_index(mx.array([[0, 1], [2, 0]]), shape=(2, 3))
    NDArray([2., 3.], float32, CPU0)
    """

    aliases = ("ravel_multi_index",)

    data = Input("Indices of shape (axes, columns).", takes_gradient=False)
    shape: tuple[int, ...] | None = param(
        "Shape of the array; the first length does not matter.", default=None
    )

    def check(self) -> None:
        """A shape is needed."""
        _require_lengths(self, self.shape)

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Each column becomes one index."""
        lengths = self.shape or ()
        if data is None:
            return {} if output is None else {"data": (len(lengths), *output)}
        if len(data) != 2 or data[0] != len(lengths):
            raise ShapeError(f"data must be ({len(lengths)}, columns) for {lengths}, got {data}")
        return {"output": data[1:]}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        places = whole(data)
        flat = places[0]
        for length, along in zip((self.shape or ())[1:], places[1:], strict=True):
            flat.mul_(length).add_(along)
        return flat.to(data.dtype) if out is None else out.copy_(flat)


class _unravel_index(Operator):
    """Count back: from an index into a flattened array to an index for each axis.

    The first axis takes what is left. Source: Apache MXNet 1.9.1, ``unravel_index``.

    >>> import symnet as mx
    >>> mx.unravel_index(mx.array([2, 3]), shape=(2, 3))
    NDArray([[0., 1.],
             [2., 0.]], float32, CPU0)
    """

    aliases = ("unravel_index",)

    data = Input("Indices, of any shape.", takes_gradient=False)
    shape: tuple[int, ...] | None = param(
        "Shape of the array; the first length does not matter.", default=None
    )

    def check(self) -> None:
        """A shape is needed."""
        _require_lengths(self, self.shape)

    def infer_shape(self, data: Shape) -> Shapes:
        """Each index becomes a column."""
        return {"output": (len(self.shape or ()), *data)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        left = whole(data)
        result = data.new_empty((len(self.shape or ()), *data.shape)) if out is None else out
        part = torch.empty_like(left)
        for axis in range(len(result) - 1, 0, -1):
            length = (self.shape or ())[axis]
            result[axis].copy_(torch.fmod(left, length, out=part))
            left.div_(length, rounding_mode="trunc")
        result[0].copy_(left)
        return result
