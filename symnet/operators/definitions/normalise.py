"""Local response normalisation."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["LRN"]


class LRN(Operator):
    """Divide by the mean square over neighbouring channels.

    output = data · (knorm + alpha / nsize · Σ data²)^(−beta), summed over a window of nsize
    channels around each, cut at the borders. Source: docs/semantics §3.16.

    >>> import symnet as mx
    >>> net = mx.LRN(data=mx.Variable("data"), nsize=5)
    >>> net.infer_shape(data=(100, 8, 28, 28))[1]
    [(100, 8, 28, 28)]
    """

    floats_only = True

    data = Input("Images of shape (batch, channels, height, width).")
    nsize: int = param("Channels in a window, odd.", min=1)
    alpha: float = param("Factor of the mean square.", default=0.0001, min=0)
    beta: float = param("Exponent.", default=0.75)
    knorm: float = param("Added to the mean square.", default=2.0, min=0)

    def check(self) -> None:
        """A window must have a middle."""
        if self.nsize % 2 == 0:
            raise ParameterError(f"LRN: nsize must be odd, got {self.nsize}")

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs the sums."""
        return {"norm": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        return {"output": data, "norm": data}

    def forward(self, data: Tensor) -> Tensor:
        """Return the normalised data."""
        return self.forward_saving(data)[0]

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the normalised data, and what it was divided by before the exponent."""
        norm = self._window_sum(data * data).mul_(self.alpha / self.nsize).add_(self.knorm)
        return data * norm.pow(-self.beta), norm

    def data_gradient(self, grad: Tensor, data: Tensor, norm: Tensor) -> Tensor:
        """Return the gradient: each value also counts in the windows of its neighbours."""
        power = norm.pow(-self.beta)
        spread = self._window_sum(grad * data * power / norm)
        return grad * power - 2 * self.beta * self.alpha / self.nsize * data * spread

    def _window_sum(self, values: Tensor) -> Tensor:
        batch, channels, height, width = values.shape
        stacked = values.reshape(batch, 1, channels, height * width)
        kernel, pad = (self.nsize, 1), (self.nsize // 2, 0)
        summed = torch.nn.functional.avg_pool2d(stacked, kernel, 1, pad, divisor_override=1)
        return summed.view(values.shape)
