"""Cropping."""

from collections.abc import Sequence

from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Inputs, Operator, Shape, Shapes, param
from .images import Pair, check_pairs, pair

__all__ = ["Crop"]


class Crop(Operator):
    """Cut a window of a given size, or of the second input's size, out of images.

    Source: docs/semantics §3.7.

    >>> import symnet as mx
    >>> net = mx.Crop(mx.Variable("data"), h_w=(24, 24), center_crop=True)
    >>> net.infer_shape(data=(100, 3, 28, 28))[1]
    [(100, 3, 24, 24)]
    """

    args = Inputs("Images of shape (batch, channels, height, width); optionally one to size after.")
    num_args: int = param("1: the size is h_w; 2: that of the second input.", min=1, max=2)
    offset: tuple[int, ...] = param("Where the window begins: (y, x).", default=(0, 0), min=0)
    h_w: tuple[int, ...] = param("Size of the window: (height, width).", default=(0, 0), min=0)
    center_crop: bool = param("Take the middle instead of offset.", default=False)

    def check(self) -> None:
        """A size must come from somewhere."""
        check_pairs(self, "offset", "h_w")
        if self.num_args == 1 and 0 in pair(self.h_w, 0):
            raise ParameterError(f"Crop: h_w must be at least (1, 1), got {self.h_w}")

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """The window must lie inside the images."""
        data, like = args[0], args[-1]
        if data is None or like is None:
            return {}
        if len(data) != 4 or len(like) != 4:
            raise ShapeError(f"inputs must be (batch, channels, height, width), got {args}")
        size = self._size(like)
        start = self._start(data, size)
        if any(s + n > length for s, n, length in zip(start, size, data[2:], strict=True)):
            raise ShapeError(f"a window of {size} at {start} does not fit images of {data[2:]}")
        return {"output": (*data[:2], *size)}

    def _size(self, like: Shape) -> Pair:
        return (like[2], like[3]) if self.num_args == 2 else pair(self.h_w, 0)

    def _start(self, data: Shape, size: Pair) -> Pair:
        if self.center_crop:
            return max(0, (data[2] - size[0]) // 2), max(0, (data[3] - size[1]) // 2)
        return pair(self.offset, 0)

    def _window(self, images: Tensor, size: Pair) -> Tensor:
        y, x = self._start(tuple(images.shape), size)
        return images[:, :, y : y + size[0], x : x + size[1]]

    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return a copy of the window."""
        window = self._window(args[0], self._size(tuple(args[-1].shape)))
        return window.clone() if out is None else out.copy_(window)

    def args_gradient(
        self, index: int, grad: Tensor, args_shape: Sequence[Shape], out: Tensor | None = None
    ) -> Tensor:
        """Return grad in its window, and zeros elsewhere."""
        result = grad.new_zeros(args_shape[index]) if out is None else out.zero_()
        if index == 0:
            self._window(result, (grad.shape[2], grad.shape[3])).copy_(grad)
        return result
