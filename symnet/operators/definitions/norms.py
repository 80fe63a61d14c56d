"""Layer, group, instance and L2 normalisation."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from .reduce import reduced_shape

__all__ = ["GroupNorm", "InstanceNorm", "L2Normalization", "LayerNorm"]

aten = torch.ops.aten


def _statistics(data: Tensor, axis: int, eps: float) -> tuple[Tensor, Tensor]:
    """Return mean and deviation along an axis, which is kept; eps is added to the variance."""
    exact = data.float() if data.dtype in (torch.float16, torch.bfloat16) else data
    variance, mean = torch.var_mean(exact, axis, correction=0, keepdim=True)
    return mean.to(data.dtype), variance.add_(eps).sqrt_().to(data.dtype)


class LayerNorm(Operator):
    """Normalise along one axis to mean 0 and variance 1, then scale by gamma and shift by beta.

    output = (data − mean) / std · gamma + beta, std = √(variance + eps), the variance biased. Mean
    and std, of length 1 along the axis, are outputs too with output_mean_var; they pass no
    gradient. Source: Apache MXNet 1.9.1, ``LayerNorm``.

    >>> import symnet as mx
    >>> net = mx.LayerNorm(mx.Variable("data"), name="norm")
    >>> net.infer_shape(data=(8, 20, 512))[0]
    [(8, 20, 512), (512,), (512,)]
    >>> data, ones, zeros = mx.array([[1, 3]]), mx.ones(2), mx.zeros(2)
    >>> mx.LayerNorm(data, ones, zeros).asnumpy().round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    aliases = ("_npx_layer_norm",)

    floats_only = True

    data = Input("Input of any shape.")
    gamma = Input("Scale of each position on the axis.")
    beta = Input("Shift of each position on the axis.")
    axis: int = param("Axis to normalise along.", default=-1)
    eps: float = param("Added to the variance.", default=1e-5, min=0)
    output_mean_var: bool = param("Return mean and std too.", default=False)

    def outputs(self) -> tuple[str, ...]:
        """Mean and std are visible on demand."""
        return ("output", "mean", "std") if self.output_mean_var else ("output",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs mean and std, visible or not."""
        return {} if self.output_mean_var else {"mean": None, "std": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """Scale and shift have a number for each position on the axis."""
        if not -len(data) <= self.axis < len(data):
            raise ShapeError(f"axis must lie within the {len(data)} axes of data, got {self.axis}")
        axis = self.axis % len(data)
        moments = (*data[:axis], 1, *data[axis + 1 :])
        scale = (data[axis],)
        return {"gamma": scale, "beta": scale, "output": data, "mean": moments, "std": moments}

    def row_inputs(self) -> tuple[str, ...]:
        """Every row is on its own, where it is not the rows that are normalised over."""
        return ("data",) if self.axis == -1 and not self.output_mean_var else ()

    def rows_apart(self, *shapes: Shape) -> bool:
        """A vector is one row."""
        return len(shapes[0]) > 1

    def _along(self, scale: Tensor, data: Tensor) -> Tensor:
        """Return scale or shift, lying along the axis."""
        dims = [1] * data.ndim
        dims[self.axis] = -1
        return scale.view(dims)

    def forward(self, data: Tensor, gamma: Tensor, beta: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the normalised data, with mean and std on demand."""
        found = self.forward_saving(data, gamma, beta)
        return found if self.output_mean_var else found[0]

    def forward_saving(
        self, data: Tensor, gamma: Tensor, beta: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised data, mean and std."""
        if self.axis % data.ndim == data.ndim - 1:
            output, mean, inverse = torch.native_layer_norm(
                data, gamma.shape, gamma, beta, self.eps
            )
            return output, mean.to(data.dtype), inverse.reciprocal().to(data.dtype)
        mean, std = _statistics(data, self.axis, self.eps)
        normal = (data - mean).div_(std)
        return normal.mul_(self._along(gamma, data)).add_(self._along(beta, data)), mean, std

    def backward(
        self,
        grads: tuple[Tensor | None, ...],
        data: Tensor,
        gamma: Tensor,
        mean: Tensor,
        std: Tensor,
        wants: frozenset[str],
    ) -> Mapping[str, Tensor]:
        """Return the gradients of the normalised data alone."""
        grad = torch.zeros_like(data) if grads[0] is None else grads[0]
        if self.axis % data.ndim == data.ndim - 1:
            names = ("data", "gamma", "beta")
            asked = [name in wants for name in names]
            # The kernel wants a shift, of which it reads nothing.
            scales = (mean, std.reciprocal(), gamma, gamma, asked)
            found = aten.native_layer_norm_backward(grad.contiguous(), data, gamma.shape, *scales)
            return dict(zip(names, found, strict=True))
        return self._along_another(grad, data, gamma, mean, std)

    def _along_another(
        self, grad: Tensor, data: Tensor, gamma: Tensor, mean: Tensor, std: Tensor
    ) -> Mapping[str, Tensor]:
        """Return all gradients, along an axis that is not the last."""
        others = [axis for axis in range(data.ndim) if axis != self.axis % data.ndim]
        normal = (data - mean).div_(std)
        slope = grad * self._along(gamma, data)
        along = (slope * normal).mean(self.axis, keepdim=True)
        centred = slope - slope.mean(self.axis, keepdim=True)
        return {
            "data": centred.sub_(normal * along).div_(std),
            "gamma": normal.mul_(grad).sum(others),
            "beta": grad.sum(others),
        }


class _OfGroups(Operator, registered=False):
    """What the norms over groups of channels share: each group of a sample is on its own."""

    floats_only = True

    data = Input("Input of shape (batch, channels, …), with at least three axes.")

    def _normalised(
        self, data: Tensor, scales: tuple[Tensor, Tensor], groups: int, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised data, mean and inverse deviation of shape (batch, groups).

        Args:
            data: the input.
            scales: scale and shift of each channel.
            groups: how many groups the channels make.
            eps: added to the variance.
        """
        return torch.native_group_norm(data.contiguous(), *scales, *_lengths(data), groups, eps)

    def _pulled_back(
        self, grad: Tensor, data: Tensor, moments: tuple[Tensor, Tensor], scale: Tensor, groups: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of the data, and of scale and shift of each channel."""
        found: tuple[Tensor, Tensor, Tensor] = aten.native_group_norm_backward(
            grad.contiguous(),
            data.contiguous(),
            *moments,
            scale,
            *_lengths(data),
            groups,
            [True, True, True],
        )
        return found


def _lengths(data: Tensor) -> tuple[int, int, int]:
    """Return the lengths of batch, channels and positions."""
    batch, channels = data.shape[:2]
    return batch, channels, data.shape[2:].numel()


class GroupNorm(_OfGroups):
    """Normalise each group of channels to mean 0 and variance 1, then scale and shift each group.

    As in MXNet, gamma and beta have one number for each group, not for each channel. Mean and std,
    of shape (batch, num_groups), are outputs too with output_mean_var; they pass no gradient.
    Source: Apache MXNet 1.9.1, ``GroupNorm``.

    >>> import symnet as mx
    >>> net = mx.GroupNorm(mx.Variable("data"), num_groups=2, name="norm")
    >>> net.infer_shape(data=(8, 32, 28, 28))[0]
    [(8, 32, 28, 28), (2,), (2,)]
    """

    gamma = Input("Scale of each group.")
    beta = Input("Shift of each group.")
    num_groups: int = param("Number of groups, a divisor of the channels.", default=1, min=1)
    eps: float = param("Added to the variance.", default=1e-5, min=0)
    output_mean_var: bool = param("Return mean and std too.", default=False)

    def outputs(self) -> tuple[str, ...]:
        """Mean and std are visible on demand."""
        return ("output", "mean", "std") if self.output_mean_var else ("output",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs mean and std, visible or not."""
        return {} if self.output_mean_var else {"mean": None, "std": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """Scale and shift have a number for each group."""
        if len(data) < 3:
            raise ShapeError(f"data must be (batch, channels, …) with three axes, got {data}")
        if data[1] % self.num_groups:
            raise ShapeError(f"{data[1]} channels do not divide into {self.num_groups} groups")
        scale, moments = (self.num_groups,), (data[0], self.num_groups)
        return {"gamma": scale, "beta": scale, "output": data, "mean": moments, "std": moments}

    def forward(self, data: Tensor, gamma: Tensor, beta: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the normalised data, with mean and std on demand."""
        found = self.forward_saving(data, gamma, beta)
        return found if self.output_mean_var else found[0]

    def forward_saving(
        self, data: Tensor, gamma: Tensor, beta: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised data, mean and std."""
        scales = self._of_channels(gamma, data), self._of_channels(beta, data)
        found, mean, inverse = self._normalised(data, scales, self.num_groups, self.eps)
        return found, mean.to(data.dtype), inverse.reciprocal_().to(data.dtype)

    def _of_channels(self, scale: Tensor, data: Tensor) -> Tensor:
        """Return the scale or shift of each channel."""
        each = data.shape[1] // self.num_groups
        return scale.index_select(0, _owners(self.num_groups, each, scale.device))

    def backward(
        self,
        grads: tuple[Tensor | None, ...],
        data: Tensor,
        gamma: Tensor,
        mean: Tensor,
        std: Tensor,
    ) -> Mapping[str, Tensor]:
        """Return the gradients of the normalised data alone."""
        grad = torch.zeros_like(data) if grads[0] is None else grads[0]
        scale, moments = self._of_channels(gamma, data), (mean, std.reciprocal())
        found, *of_scales = self._pulled_back(grad, data, moments, scale, self.num_groups)
        of_gamma, of_beta = (each.view(self.num_groups, -1).sum(1) for each in of_scales)
        return {"data": found, "gamma": of_gamma, "beta": of_beta}


@kept(32)
def _owners(groups: int, each: int, device: torch.device) -> Tensor:
    """Return the group of each channel."""
    return torch.arange(groups * each, device=device) // each


class InstanceNorm(_OfGroups):
    """Normalise each channel of each sample to mean 0 and variance 1, then scale and shift.

    Source: Apache MXNet 1.9.1, ``InstanceNorm``.

    >>> import symnet as mx
    >>> net = mx.InstanceNorm(mx.Variable("data"), name="norm")
    >>> net.infer_shape(data=(8, 32, 28, 28))[0]
    [(8, 32, 28, 28), (32,), (32,)]
    """

    gamma = Input("Scale of each channel.")
    beta = Input("Shift of each channel.")
    eps: float = param("Added to the variance.", default=0.001, min=0)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs what the samples were normalised with."""
        return {"mean": None, "inverse": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """Scale and shift have a number for each channel."""
        if len(data) < 3:
            raise ShapeError(f"data must be (batch, channels, …) with three axes, got {data}")
        channels, moments = (data[1],), data[:2]
        names = {"mean": moments, "inverse": moments}
        return {"gamma": channels, "beta": channels, "output": data, **names}

    def row_inputs(self) -> tuple[str, ...]:
        """Every sample is on its own."""
        return ("data",)

    def forward(self, data: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """Return the normalised data."""
        return self.forward_saving(data, gamma, beta)[0]

    def forward_saving(
        self, data: Tensor, gamma: Tensor, beta: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised data, and mean and 1 / std of each channel and sample."""
        found, *moments = self._normalised(data, (gamma, beta), len(gamma), self.eps)
        mean, inverse = (each.to(data.dtype) for each in moments)
        return found, mean, inverse

    def backward(
        self, grad: Tensor, data: Tensor, gamma: Tensor, mean: Tensor, inverse: Tensor
    ) -> Mapping[str, Tensor]:
        """Return the gradients."""
        found = self._pulled_back(grad, data, (mean, inverse), gamma, len(gamma))
        return dict(zip(("data", "gamma", "beta"), found, strict=True))


class L2Normalization(Operator):
    """Divide by the Euclidean norm: of a sample, of each position's channels, or of each channel.

    output = data / √(Σ data² + eps), summed over all axes but the first (instance), over axis 1
    (channel), or over the axes from 2 on (spatial). Source: Apache MXNet 1.9.1,
    ``L2Normalization``.

    >>> import symnet as mx
    >>> mx.L2Normalization(mx.array([[3, 4]])).asnumpy().round(3)
    array([[0.6, 0.8]], dtype=float32)
    """

    floats_only = True

    data = Input("Input of shape (batch, …); (batch, channels, …) where channels count.")
    eps: float = param("Added to the sum of squares.", default=1e-10, min=0)
    mode: Literal["instance", "channel", "spatial"] = param(
        "What is normalised together.", default="instance"
    )

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs the norms."""
        return {"norm": None}

    def _axes(self, rank: int) -> tuple[int, ...]:
        ranges = {"instance": range(1, rank), "channel": range(1, 2), "spatial": range(2, rank)}
        return tuple(ranges[self.mode])

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        least = 2 if self.mode == "instance" else 3
        if len(data) < least:
            raise ShapeError(f"mode {self.mode!r} takes at least {least} axes, but data is {data}")
        axes = self._axes(len(data))
        norm = tuple(1 if axis in axes else length for axis, length in enumerate(data))
        return {"output": data, "norm": norm}

    def row_inputs(self) -> tuple[str, ...]:
        """Every sample is on its own."""
        return ("data",)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the normalised data."""
        return torch.div(data, self._norm(data), out=out)

    def forward_saving(
        self, data: Tensor, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the normalised data, and what it was divided by."""
        norm = self._norm(data)
        if out is None:
            return data / norm, norm
        return torch.div(data, norm, out=out[0]), out[1].copy_(norm)

    def _norm(self, data: Tensor) -> Tensor:
        return _sum_of_products(data, data, self._axes(data.ndim)).add_(self.eps).sqrt_()

    def data_gradient(
        self, grad: Tensor, output: Tensor, norm: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the part of grad that leaves the norm as it is, divided by the norm."""
        along = _sum_of_products(grad, output, self._axes(grad.ndim))
        taken = torch.mul(output, along, out=torch.empty_like(grad))
        return torch.div(torch.sub(grad, taken, out=taken), norm, out=out)


def _sum_of_products(first: Tensor, second: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the sum of products along axes, which are kept with length 1."""
    products = torch.mul(first, second, out=torch.empty_like(first))
    kept = reduced_shape(tuple(first.shape), axes, keepdims=True)
    sums = torch.empty(kept, dtype=first.dtype, device=first.device)
    return torch.sum(products, axes, keepdim=True, out=sums)
