"""Image to columns, and back.

Source: Apache MXNet 1.9.1, ``im2col`` and ``col2im``.
"""

from torch import Tensor
from torch.nn import functional

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["col2im", "im2col"]

ImagePair = tuple[int, int]


def _pair(values: tuple[int, ...], default: int) -> ImagePair:
    """Return two numbers, the default where there are none."""
    first, second = values or (default, default)
    return first, second


def _check_pairs(op: Operator, *names: str) -> None:
    for name in names:
        if len(getattr(op, name)) not in (0, 2):
            raise ParameterError(
                f"{type(op).__name__}: {name} must be two numbers, got {getattr(op, name)}"
            )


class _Windows(Operator, registered=False):
    """What both directions share: where the windows lie."""

    data = Input("What is rearranged.")
    kernel: tuple[int, ...] = param("Size of a window: (height, width).", min=1)
    stride: tuple[int, ...] = param("Distance of windows, default 1.", default=(), min=1)
    dilate: tuple[int, ...] = param("Distance of values in a window, default 1.", default=(), min=1)
    pad: tuple[int, ...] = param("Width of the border of zeros, default 0.", default=(), min=0)

    def check(self) -> None:
        """Windows are pairs."""
        _check_pairs(self, "kernel", "stride", "dilate", "pad")
        if not self.kernel:
            raise ParameterError(f"{type(self).__name__}: kernel must be a pair, got ()")

    def _count(self, size: ImagePair) -> int:
        """Return how many windows images have."""
        kernel, stride = _pair(self.kernel, 1), _pair(self.stride, 1)
        dilate, pad = _pair(self.dilate, 1), _pair(self.pad, 0)
        counts = [
            (length + 2 * p - d * (k - 1) - 1) // s + 1
            for length, k, s, d, p in zip(size, kernel, stride, dilate, pad, strict=True)
        ]
        if min(counts) < 1:
            raise ShapeError(f"images of {size} hold no window of {kernel} with dilate={dilate}")
        return counts[0] * counts[1]

    def _columns(self, images: Tensor) -> Tensor:
        return functional.unfold(
            images,
            _pair(self.kernel, 1),
            _pair(self.dilate, 1),
            _pair(self.pad, 0),
            _pair(self.stride, 1),
        )

    def _images(self, columns: Tensor, size: ImagePair) -> Tensor:
        return functional.fold(
            columns,
            size,
            _pair(self.kernel, 1),
            _pair(self.dilate, 1),
            _pair(self.pad, 0),
            _pair(self.stride, 1),
        )


class im2col(_Windows):
    """Write the windows of images as columns.

    Source: Apache MXNet 1.9.1, ``im2col``.

    >>> import symnet as mx
    >>> mx.im2col(mx.zeros(1, 2, 4, 5), kernel=(2, 2)).shape
    (1, 8, 12)
    """

    floats_only = True

    def infer_shape(self, data: Shape) -> Shapes:
        """There is a column for each window, and a row for each value of one."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        kernel = _pair(self.kernel, 1)
        count = self._count((data[2], data[3]))
        return {"output": (data[0], data[1] * kernel[0] * kernel[1], count)}

    def forward(self, data: Tensor) -> Tensor:
        """Return the columns."""
        return self._columns(data)

    def data_gradient(self, grad: Tensor, data_shape: Shape) -> Tensor:
        """Return grad, added up where windows overlap."""
        return self._images(grad, (data_shape[2], data_shape[3]))


class col2im(_Windows):
    """Add columns up to images: what goes back through `im2col`.

    Source: Apache MXNet 1.9.1, ``col2im``.

    >>> import symnet as mx
    >>> mx.col2im(mx.ones(1, 4, 1), output_size=(2, 2), kernel=(2, 2)).asnumpy()[0, 0]
    array([[1., 1.],
           [1., 1.]], dtype=float32)
    """

    floats_only = True

    output_size: tuple[int, ...] = param("Size of the images: (height, width).", min=1)

    def check(self) -> None:
        """Sizes are pairs."""
        super().check()
        _check_pairs(self, "output_size")
        if not self.output_size:
            raise ParameterError("col2im: output_size must be two numbers, got ()")

    def infer_shape(self, data: Shape) -> Shapes:
        """There must be a column for each window."""
        height, width = kernel = _pair(self.kernel, 1)
        size = _pair(self.output_size, 1)
        if len(data) != 3 or data[1] % (height * width) or data[2] != self._count(size):
            raise ShapeError(
                f"data must be (batch, a multiple of {height * width}, {self._count(size)}) for "
                f"windows of {kernel} of images of {size}, got {data}"
            )
        return {"output": (data[0], data[1] // (height * width), *size)}

    def forward(self, data: Tensor) -> Tensor:
        """Return the images."""
        return self._images(data, _pair(self.output_size, 1))

    def data_gradient(self, grad: Tensor) -> Tensor:
        """Return grad at each window."""
        return self._columns(grad)
