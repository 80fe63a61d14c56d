"""Initializers that write a pattern: a constant, orthogonal rows, bilinear kernels, gate biases."""

from math import ceil, prod
from typing import Any, Literal

import numpy as np
import torch

from ...core.errors import ParameterError, ShapeError, shown
from ...core.parameters import Parameters, param
from ...ndarray import NDArray
from .initializers import AbstractInitializer, real

__all__ = [
    "BilinearInitializer",
    "ConstantInitializer",
    "LSTMBiasInitializer",
    "OrthogonalInitializer",
]


def _numbers(owner: str, name: str, value: Any) -> Any:
    """Return a number, or an array of numbers; see `Check`."""
    given = value.torch if isinstance(value, NDArray) else value
    if not isinstance(given, torch.Tensor) and np.asarray(given).dtype.kind not in "biuf":
        raise ParameterError(
            f"{owner}: {name} must be a number or an array of numbers, got {shown(value)}"
        )
    return value


class ConstantInitializer(Parameters, AbstractInitializer, kw_only=False):
    """Set weights to a number, or to an array of their shape.

    Args:
        value: the number, or the array.

    >>> weight = NDArray([5, 5])
    >>> ConstantInitializer(0.25).init("fc1_weight", weight)
    >>> weight
    NDArray([0.25, 0.25], float32, CPU0)
    """

    value: Any = param("The number, or an array of the weight's shape", check=_numbers)

    def _init_weight(self, name: str, array: NDArray) -> None:
        array[:] = self.value


class OrthogonalInitializer(Parameters, AbstractInitializer, kw_only=False):
    """Draw weights whose rows are orthogonal and of one length; or columns, where these are fewer.

    Args:
        scale: the length, default the root of 2.
        distribution: what is made orthogonal: ``"uniform"`` (default) or ``"normal"`` numbers.

    Source: Saxe, McClelland and Ganguli, arXiv:1312.6120; Apache MXNet 1.9.1.

    >>> weight = NDArray([[5, 5, 5], [5, 5, 5]])
    >>> OrthogonalInitializer(scale=2).init("fc1_weight", weight)
    >>> print((weight.asnumpy() @ weight.asnumpy().T).round(4) + 0.0)
    [[4. 0.]
     [0. 4.]]
    """

    _essential = ("scale",)

    scale: float = param("Length of a row or column", default=1.414, finite=True)
    distribution: Literal["uniform", "normal"] = param("What is made orthogonal", default="uniform")

    def _init_weight(self, name: str, array: NDArray) -> None:
        target = real(name, array)
        drawn = torch.empty(array.shape[0], prod(array.shape[1:]), device=target.device)
        drawn = drawn.uniform_(-1, 1) if self.distribution == "uniform" else drawn.normal_()
        left, _, right = torch.linalg.svd(drawn, full_matrices=False)
        found = left if left.shape == drawn.shape else right
        target.copy_(found.reshape(target.shape).mul_(self.scale))


class BilinearInitializer(Parameters, AbstractInitializer):
    """Set every kernel to the weights of bilinear interpolation, as enlarging layers start.

    Source: Apache MXNet 1.9.1, ``Bilinear``; Long, Shelhamer and Darrell, arXiv:1411.4038.

    >>> from symnet.ndarray import zeros
    >>> weight = zeros(1, 1, 2, 4)
    >>> BilinearInitializer().init("up_weight", weight)
    >>> print(weight.asnumpy()[0, 0])
    [[0.0625 0.1875 0.1875 0.0625]
     [0.1875 0.5625 0.5625 0.1875]]
    """

    def _init_weight(self, name: str, array: NDArray) -> None:
        if len(array.shape) != 4:
            raise ShapeError(
                f"a bilinear kernel has 4 axes (filters, channels, height, width), but {name} has "
                f"shape {array.shape}"
            )
        height, width = array.shape[2:]
        half = ceil(width / 2)  # of both axes, as in MXNet
        centre = (2 * half - 1 - half % 2) / (2 * half)
        across = 1 - (torch.arange(width, dtype=torch.float64) / half - centre).abs()
        down = 1 - (torch.arange(height, dtype=torch.float64) / half - centre).abs()
        array.torch.copy_(torch.outer(down, across).expand(array.shape))


class LSTMBiasInitializer(Parameters, AbstractInitializer, kw_only=False):
    """Set the biases of an LSTM's gates to 0, that of the forget gate to a number.

    Args:
        forget_bias: the number, default 1.

    Source: Apache MXNet 1.9.1, ``LSTMBias``; Jozefowicz, Zaremba and Sutskever, ICML (2015).

    >>> bias = NDArray([5, 5, 5, 5])
    >>> LSTMBiasInitializer().init("lstm_bias", bias)
    >>> bias
    NDArray([0., 1., 0., 0.], float32, CPU0)
    """

    _essential = ("forget_bias",)

    forget_bias: float = param("Bias of the forget gate", default=1.0, finite=True)

    def _init_weight(self, name: str, array: NDArray) -> None:
        hidden = array.shape[0] // 4
        array.torch.zero_()
        array.torch[hidden : 2 * hidden] = self.forget_bias

    def _init_bias(self, name: str, array: NDArray) -> None:
        self._init_weight(name, array)
