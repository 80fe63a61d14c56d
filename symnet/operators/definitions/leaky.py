"""Leaky activation functions; softmax as a layer."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Rule, Shape, Shapes, param
from ..meaning import Leaky, Meaning

__all__ = ["LeakyReLU", "SoftmaxActivation"]

aten = torch.ops.aten


class LeakyReLU(Operator):
    """The identity above zero, something small below.

    leaky: slope · x · elu: slope · (exp(x) − 1) · selu: elu with a slope of 1.6733, all times
    1.0507 · gelu: x · Φ(x) for every x, Φ the normal distribution · prelu: gamma · x with a learned
    gamma for each channel, one for all, or one for each place of the first axes · rrelu: a random
    slope for each element in training, drawn evenly between the bounds, and the middle of them in
    prediction. Source: docs/semantics §3.15.

    >>> import symnet as mx
    >>> mx.LeakyReLU(data=mx.array([-4, 0, 4]), act_type="leaky", slope=0.25)
    NDArray([-1.,  0.,  4.], float32, CPU0)
    """

    aliases = ("_npx_leaky_relu",)
    floats_only = True
    pure = False  # rrelu draws random numbers

    data = Input("Input; prelu wants channels on axis 1.")
    gamma = Input("Slopes of prelu.", when=lambda op: op.act_type == "prelu")
    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = param(
        "Which.", default="leaky"
    )
    slope: float = param("Slope of leaky and elu.", default=0.25)
    lower_bound: float = param("Least slope of rrelu.", default=0.125)
    upper_bound: float = param("Greatest slope of rrelu.", default=0.334)

    def check(self) -> None:
        """There must be something between the bounds."""
        if self.lower_bound > self.upper_bound:
            raise ParameterError(
                f"LeakyReLU: lower_bound={self.lower_bound} must not be above "
                f"upper_bound={self.upper_bound}"
            )

    def meaning(self) -> Meaning | None:
        """Return the word for a fixed slope, and for no other kind."""
        return Leaky(self.slope) if self.act_type == "leaky" else None

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The slopes that were drawn."""
        return {"mask": None} if self.act_type == "rrelu" else {}

    def infer_shape(self, data: Shape, gamma: Shape | None = None) -> Shapes:
        """The output has the data's shape; slopes that are not known are one for each channel."""
        if self.act_type == "prelu" and gamma != (1,) and len(data) < 2:
            raise ShapeError(f"prelu wants data of shape (batch, channels, …), got {data}")
        fits = gamma is not None and _spreads(gamma, data)
        return {"output": data, "mask": data, "gamma": gamma if fits else data[1:2]}

    def forward(
        self,
        data: Tensor,
        is_train: bool,
        gamma: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return the function's values."""
        if self.act_type == "rrelu":
            result = self.forward_saving(data, is_train)[0]
            return result if out is None else out.copy_(result)
        if gamma is not None:
            result = torch._prelu_kernel(data, _spread(gamma, data.ndim))
            return result if out is None else out.copy_(result)
        out = torch.empty_like(data) if out is None else out
        if self.act_type == "leaky":
            aten.leaky_relu.out(data, self.slope, out=out)
        elif self.act_type == "gelu":
            aten.gelu.out(data, out=out)
        else:
            aten.elu.out(data, *self._scales, out=out)
        return out

    @property
    def _scales(self) -> tuple[float, float]:
        """What is below zero is times the first, then everything times the second."""
        return _SELU if self.act_type == "selu" else (self.slope, 1.0)

    def forward_saving(self, data: Tensor, is_train: bool) -> tuple[Tensor, Tensor]:
        """Return the values, and the factor of every element."""
        mask = torch.empty_like(data)
        bounds = (self.lower_bound, self.upper_bound)
        if is_train:
            return aten.rrelu_with_noise(data, mask, *bounds, True), mask
        mask.fill_(sum(bounds) / 2).masked_fill_(data > 0, 1)
        return data * mask, mask

    def gradient_rule(self, name: str) -> Rule | None:
        """Both gradients of prelu come from one kernel, through `backward`."""
        return None if self.act_type == "prelu" else super().gradient_rule(name)

    def data_gradient(
        self, grad: Tensor, data: Tensor, mask: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return grad times the slope."""
        # Of the data, not of the output: a slope may be negative.
        out = torch.empty_like(grad) if out is None else out
        if mask is not None:
            torch.mul(grad, mask, out=out)
        elif self.act_type == "leaky":
            aten.leaky_relu_backward.grad_input(grad, data, self.slope, False, grad_input=out)
        elif self.act_type == "gelu":
            aten.gelu_backward.grad_input(grad, data, grad_input=out)
        elif self.act_type == "elu":
            aten.elu_backward.grad_input(grad, self.slope, 1, 1, False, data, grad_input=out)
        else:
            _selu_gradient(grad, data, out)
        return out

    def backward(
        self,
        grad: Tensor,
        data: Tensor,
        wants: frozenset[str],
        gamma: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Mapping[str, Tensor]:
        """Return the gradients; that of prelu's gamma is summed for each slope."""
        if gamma is None:
            return {"data": self.data_gradient(grad, data, mask)}
        slopes = _spread(gamma, data.ndim)
        if "gamma" not in wants:
            return {"data": torch.where(data > 0, grad, grad * slopes)}
        of_data, of_slopes = aten._prelu_kernel_backward(grad, data, slopes)
        return {"data": of_data, "gamma": of_slopes.sum_to_size(slopes.shape).view(gamma.shape)}


_SELU = (1.6732632423543772, 1.0507009873554805)
"""Klambauer, Unterthiner, Mayr, Hochreiter 2017: the numbers that keep mean 0 and variance 1."""


def _selu_gradient(grad: Tensor, data: Tensor, out: Tensor) -> Tensor:
    # Apache MXNet 1.9.1 takes 1.0507 · (1.6733 + output) for the slope below zero, where the
    # derivative would be 1.0507 · 1.6733 + output; networks trained with it have learned that.
    alpha, scale = _SELU
    values: Tensor = aten.elu.out(data, alpha, scale, out=torch.empty_like(data))
    # Given values y, torch's kernel takes c · (y + a · s) below zero and s above: s = c is ours.
    factors = (alpha / scale, scale, scale)
    found: Tensor = aten.elu_backward.grad_input(grad, *factors, True, values, grad_input=out)
    return found


def _spreads(gamma: Shape, data: Shape) -> bool:
    """Tell whether slopes stretch over data: of one axis over channels, of more from the first."""
    axes = data[1:2] if len(gamma) == 1 else data
    return gamma == (1,) or (
        len(gamma) <= len(axes) and all(g in (1, n) for g, n in zip(gamma, axes, strict=False))
    )


def _spread(gamma: Tensor, ndim: int) -> Tensor:
    """Return gamma with axes of length 1 where it stretches over the data."""
    if gamma.ndim == 1:
        return gamma.view([-1 if axis == min(1, ndim - 1) else 1 for axis in range(ndim)])
    return gamma.view(*gamma.shape, *[1] * (ndim - gamma.ndim))


class SoftmaxActivation(Operator):
    """Softmax as an inner layer: over all features of a sample, or over channels at each position.

    Source: docs/semantics §3.22, D10.

    >>> import symnet as mx
    >>> mx.SoftmaxActivation(data=mx.array([[0, 0], [1, 1]])).asnumpy()
    array([[0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    """

    floats_only = True

    data = Input("Input of shape (batch, channels, …).")
    mode: Literal["instance", "channel"] = param(
        "Over what; the documents say type.", default="instance", also="type"
    )

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        known = data if data is not None else output
        if known is not None and len(known) < 2:
            raise ShapeError(f"data must be (batch, channels, …), got {known}")
        return {"data": known, "output": known}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the probabilities."""
        if self.mode == "channel" or data.ndim == 2:
            return torch.softmax(data, 1, out=out)
        rows = data.reshape(data.shape[0], -1)
        found = torch.softmax(rows, 1, out=torch.empty_like(rows)).view(data.shape)
        return found if out is None else out.copy_(found)

    def data_gradient(self, grad: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
        """Return output · (grad − Σ grad · output)."""
        out = torch.empty_like(output) if out is None else out
        tensors = [grad, output, out]
        if self.mode == "instance":
            tensors = [tensor.reshape(len(tensor), -1) for tensor in tensors]
        aten._softmax_backward_data.out(
            tensors[0], tensors[1], 1, output.dtype, grad_input=tensors[2]
        )
        return out
