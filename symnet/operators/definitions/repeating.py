"""Broadcasting to a shape.

Source: Apache MXNet 1.9.1.
"""

from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param, view_of
from .broadcasting import sum_to
from .reduce import one_axis

__all__ = ["broadcast_axis", "broadcast_like", "broadcast_to"]


def _check_repeated(shape: Shape, target: Shape) -> Shape:
    """Return the target. Raises ShapeError where an axis to repeat is longer than 1."""
    for axis, (length, wanted) in enumerate(zip(shape, target, strict=True)):
        if length not in (1, wanted):
            raise ShapeError(
                f"axis {axis} of length {length} cannot be repeated to length {wanted}: "
                f"from {shape} to {target}"
            )
    return target


class broadcast_to(Operator):
    """Repeat the axes of length 1 to a given shape.

    >>> import symnet as mx
    >>> mx.broadcast_to(mx.array([[1], [2]]), shape=(2, 3)).asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)
    """

    data = Input("Input with as many axes as shape.")
    shape: tuple[int, ...] = param("The new shape; 0 leaves an axis.", default=(), min=0)

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the given shape."""
        if len(self.shape) != len(data):
            raise ShapeError(f"shape={self.shape} and data of shape {data} differ in their axes")
        target = tuple(new or own for new, own in zip(self.shape, data, strict=True))
        return {"output": _check_repeated(data, target)}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return a view of the data."""
        return data.expand([new or -1 for new in self.shape])

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return what flowed back, summed over what was repeated."""
        return sum_to(grad, data_shape, out)


class broadcast_axis(Operator):
    """Repeat some axes of length 1.

    >>> import symnet as mx
    >>> mx.broadcast_axis(mx.array([[1], [2]]), axis=1, size=3).asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)
    """

    aliases = ("broadcast_axes",)

    data = Input("Input of any shape.")
    axis: tuple[int, ...] = param("The axes to repeat.", default=())
    size: tuple[int, ...] = param("Their new lengths.", default=(), min=1)

    def check(self) -> None:
        """There is a length for each axis."""
        if len(self.axis) != len(self.size):
            raise ParameterError(
                f"broadcast_axis: axis={self.axis} and size={self.size} differ in length"
            )

    def infer_shape(self, data: Shape) -> Shapes:
        """The axes have the given lengths."""
        target = list(data)
        for axis, size in zip(self.axis, self.size, strict=True):
            place = one_axis(axis, data)
            if data[place] != 1:
                raise ShapeError(f"axis {axis} of data of shape {data} has not length 1")
            target[place] = size
        return {"output": tuple(target)}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return a view of the data."""
        target: Shape = self.infer_shape(tuple(data.shape))["output"]
        return data.expand(target)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return what flowed back, summed over what was repeated."""
        return sum_to(grad, data_shape, out)


class broadcast_like(Operator):
    """Repeat the axes of length 1 to the lengths that another input has.

    >>> import symnet as mx
    >>> mx.broadcast_like(mx.array([[1], [2]]), mx.array([[0, 0], [0, 0]])).asnumpy()
    array([[1., 1.],
           [2., 2.]], dtype=float32)
    """

    lhs = Input("Input to repeat.")
    rhs = Input("Input of the wanted shape.", takes_gradient=False)
    lhs_axes: tuple[int, ...] | None = param("The axes to repeat; None: all.", default=None)
    rhs_axes: tuple[int, ...] | None = param(
        "The axes of the other input whose lengths they get.", default=None
    )

    def check(self) -> None:
        """Axes come in pairs."""
        if len(self.lhs_axes or ()) != len(self.rhs_axes or ()):
            raise ParameterError(
                f"broadcast_like: lhs_axes={self.lhs_axes} and rhs_axes={self.rhs_axes} must name "
                "as many axes"
            )

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """The axes have the lengths that those of the second input have."""
        if self.lhs_axes is None or self.rhs_axes is None:
            if len(lhs) != len(rhs):
                raise ShapeError(f"lhs of shape {lhs} and rhs of shape {rhs} differ in their axes")
            return {"output": _check_repeated(lhs, rhs)}
        target = list(lhs)
        for axis, other in zip(self.lhs_axes, self.rhs_axes, strict=True):
            target[one_axis(axis, lhs)] = rhs[one_axis(other, rhs)]
        return {"output": _check_repeated(lhs, tuple(target))}

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return a repeated copy of the first input."""
        target: Shape = self.infer_shape(tuple(lhs.shape), tuple(rhs.shape))["output"]
        repeated = lhs.expand(target)
        return repeated.clone() if out is None else out.copy_(repeated)

    def lhs_gradient(self, grad: Tensor, lhs_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return what flowed back, summed over what was repeated."""
        return sum_to(grad, lhs_shape, out)
