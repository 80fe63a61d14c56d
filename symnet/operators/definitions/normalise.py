"""Normalisation."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, State, param

__all__ = ["LRN", "BatchNorm"]

aten = torch.ops.aten


class BatchNorm(Operator):
    """Normalise each channel to mean 0 and variance 1, then scale by gamma and shift by beta.

    Training uses the mean and the biased variance of the batch, and moves the states towards them
    on the way back: moving = momentum · moving + (1 − momentum) · batch. Prediction, and
    use_global_stats, use the states. With fix_gamma gamma counts as 1 and its gradient is 0.
    Source: docs/semantics §3.2, D4, D13.

    >>> import symnet as mx
    >>> net = mx.BatchNorm(data=mx.Variable("data"), name="bn")
    >>> net.list_arguments()
    ['data', 'bn_gamma', 'bn_beta']
    >>> net.list_auxiliary_states()
    ['bn_moving_mean', 'bn_moving_var']
    >>> net.infer_shape(data=(100, 8, 28, 28))[0]
    [(100, 8, 28, 28), (8,), (8,)]
    """

    floats_only = True
    memory_order = "follows"

    data = Input("Input of shape (batch, channels, …).")
    gamma = Input("Scale of each channel.")
    beta = Input("Shift of each channel.")
    moving_mean = State("Moving average of the batches' means.")
    moving_var = State("Moving average of the batches' variances.")
    eps: float = param("Added to the variance.", default=0.001)
    momentum: float = param("Weight of the old value in moving averages.", default=0.9)
    fix_gamma: bool = param("Keep gamma at 1.", default=True)
    use_global_stats: bool = param("Use the states in training too.", default=False)
    output_mean_var: bool = param("Of no effect: mean and variance stay hidden.", default=False)
    axis: int = param("The channels' axis, which is 1.", default=1, min=1, max=1)
    cudnn_off: bool = param("Of no effect: torch chooses its kernels.", default=False)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs what the batch was normalised with."""
        return {"mean": None, "inverse": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """Everything but the data has one number for each channel."""
        if len(data) < 2:
            raise ShapeError(f"data must be (batch, channels, …), got {data}")
        channels = (data[1],)
        names = ("gamma", "beta", "moving_mean", "moving_var", "mean", "inverse")
        return {"output": data, **dict.fromkeys(names, channels)}

    def forward(
        self,
        data: Tensor,
        gamma: Tensor,
        beta: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        is_train: bool,
    ) -> Tensor:
        """Return the normalised data."""
        return self.forward_saving(data, gamma, beta, moving_mean, moving_var, is_train)[0]

    def forward_saving(
        self,
        data: Tensor,
        gamma: Tensor,
        beta: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        is_train: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised data, and the mean and inverse deviation that were used."""
        batch = self._of_batch(is_train)
        output, mean, inverse = torch.native_batch_norm(
            data,
            None if self.fix_gamma else gamma,
            beta,
            None if batch else moving_mean,
            None if batch else moving_var,
            batch,
            0.0,
            self.eps,
        )
        if not batch:
            mean, inverse = moving_mean.clone(), torch.rsqrt(moving_var + self.eps)
        return output, mean, inverse

    def _of_batch(self, is_train: bool) -> bool:
        return is_train and not self.use_global_stats

    def backward(
        self,
        grad: Tensor,
        data: Tensor,
        gamma: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        mean: Tensor,
        inverse: Tensor,
        is_train: bool,
        wants: frozenset[str],
    ) -> Mapping[str, Tensor]:
        """Return the gradients, and move the states."""
        batch = self._of_batch(is_train)
        if batch:
            moving_mean.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
            variance = inverse.pow(-2).sub_(self.eps)
            moving_var.mul_(self.momentum).add_(variance, alpha=1 - self.momentum)
        found = aten.native_batch_norm_backward(
            _like(grad, data),
            data,
            None if self.fix_gamma else gamma,
            moving_mean,
            moving_var,
            mean,
            inverse,
            batch,
            self.eps,
            ["data" in wants, "gamma" in wants and not self.fix_gamma, "beta" in wants],
        )
        gradients = dict(zip(("data", "gamma", "beta"), found, strict=True))
        if self.fix_gamma and "gamma" in wants:
            gradients["gamma"] = torch.zeros_like(gamma)
        return gradients


def _like(grad: Tensor, data: Tensor) -> Tensor:
    """Return grad in the data's order of memory, which the kernel wants to be the same."""
    if data.ndim != 4:
        return grad.contiguous()
    last = data.is_contiguous(memory_format=torch.channels_last)
    return grad.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


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
    alpha: float = param("Factor of the mean square.", default=0.0001)
    beta: float = param("Exponent.", default=0.75)
    knorm: float = param("Added to the mean square.", default=2.0)

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
