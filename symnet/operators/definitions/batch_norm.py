"""Batch normalisation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, State, param
from ..meaning import Normalised

__all__ = [
    "AnyBatchNorm",
    "BatchNorm",
    "BatchNorm_v1",
    "_contrib_BatchNormWithReLU",
    "_contrib_SyncBatchNorm",
]

aten = torch.ops.aten


class AnyBatchNorm(Operator, registered=False):
    """What all kinds of batch normalisation share.

    The results ``mean`` and ``var`` are those that the data was normalised with. They are visible
    with output_mean_var, and hidden otherwise; no gradient flows back from them, as in MXNet.
    """

    floats_only = True
    memory_order = "follows"
    gives_deviation = False  # whether ``var`` is 1 / √(variance + eps), as BatchNorm has it
    bends: ClassVar[bool] = False
    """Whether what is below 0 becomes 0 afterwards."""

    data = Input("Input of shape (batch, channels, …).")
    gamma = Input("Scale of each channel.")
    beta = Input("Shift of each channel.")
    moving_mean = State("Moving average of the batches' means.")
    moving_var = State("Moving average of the batches' variances.")
    eps: float = param("Added to the variance.", default=0.001, min=0)
    momentum: float = param(
        "Weight of the old value in moving averages.", default=0.9, min=0, max=1
    )
    fix_gamma: bool = param("Keep gamma at 1.", default=True)
    use_global_stats: bool = param("Use the states in training too.", default=False)
    output_mean_var: bool = param("Give mean and variance as outputs too.", default=False)

    def outputs(self) -> tuple[str, ...]:
        """Return the names of the visible outputs."""
        return ("output", "mean", "var") if self.output_mean_var else ("output",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs what the batch was normalised with, seen or not."""
        return {} if self.output_mean_var else {"mean": None, "var": None}

    def meaning(self) -> Normalised:
        """In prediction each channel is scaled and shifted."""
        return Normalised(1, self.eps, self.fix_gamma, self.bends)

    def channel_axis(self, ndim: int) -> int:
        """Return the axis of the channels, counted from the front."""
        return 1

    def infer_shape(self, data: Shape) -> Shapes:
        """Everything but the data has one number for each channel."""
        if len(data) < 2:
            raise ShapeError(f"data must be (batch, channels, …), got {data}")
        channels = (data[self.channel_axis(len(data))],)
        names = ("gamma", "beta", "moving_mean", "moving_var", "mean", "var")
        return {"output": data, **dict.fromkeys(names, channels)}

    def forward(
        self,
        data: Tensor,
        gamma: Tensor,
        beta: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        is_train: bool,
    ) -> Tensor | tuple[Tensor, ...]:
        """Return the normalised data, with output_mean_var also what it was normalised with."""
        found = self.forward_saving(data, gamma, beta, moving_mean, moving_var, is_train)
        return found if self.output_mean_var else found[0]

    def forward_saving(
        self,
        data: Tensor,
        gamma: Tensor,
        beta: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        is_train: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised data, and the mean and the variance that were used."""
        batch = self._of_batch(is_train)
        output, mean, inverse = torch.native_batch_norm(
            self._channels_second(data),
            None if self.fix_gamma else gamma,
            beta,
            None if batch else moving_mean,
            None if batch else moving_var,
            batch,
            0.0,
            self.eps,
        )
        axis = self.channel_axis(data.ndim)
        output = self.after(output if axis == 1 else output.movedim(1, axis).contiguous())
        if batch:
            return output, mean, inverse if self.gives_deviation else self._variance(inverse)
        if self.gives_deviation:
            return output, moving_mean.clone(), torch.rsqrt(moving_var + self.eps)
        return output, moving_mean.clone(), moving_var.clone()

    def details(self) -> dict[str, object]:
        """Nothing: what these parameters are does not help a reader of a picture."""
        return {}

    def after(self, output: Tensor) -> Tensor:
        """Return what becomes of the normalised data."""
        return output

    def before(self, grad: Tensor, output: Tensor | None) -> Tensor:
        """Return the gradient of the normalised data, given that of the output."""
        return grad

    def _of_batch(self, is_train: bool) -> bool:
        return is_train and not self.use_global_stats

    def _variance(self, inverse: Tensor) -> Tensor:
        return inverse.pow(-2).sub_(self.eps)

    def _channels_second(self, tensor: Tensor) -> Tensor:
        axis = self.channel_axis(tensor.ndim)
        return tensor if axis == 1 else tensor.movedim(axis, 1)

    def gradients(
        self,
        grads: Sequence[Tensor | None],
        tensors: Mapping[str, Tensor],
        is_train: bool,
        wants: frozenset[str],
    ) -> Mapping[str, Tensor]:
        """Return the gradients, and move the states.

        Args:
            grads: the gradients of the outputs, of which the first counts.
            tensors: data, gamma, states, mean and var, and the output where `before` needs it.
            is_train: whether the statistics are the batch's.
            wants: the inputs whose gradients are wanted.
        """
        data, gamma, var = tensors["data"], tensors["gamma"], tensors["var"]
        batch = self._of_batch(is_train)
        if batch:
            self._move(tensors)
        grad = torch.zeros_like(data) if grads[0] is None else grads[0]
        images = _in_one_order(self._channels_second(data))
        found = aten.native_batch_norm_backward(
            _like(self._channels_second(self.before(grad, tensors.get("output"))), images),
            images,
            None if self.fix_gamma else gamma,
            tensors["moving_mean"],
            tensors["moving_var"],
            tensors["mean"],
            var if self.gives_deviation else torch.rsqrt(var + self.eps),
            batch,
            self.eps,
            ["data" in wants, "gamma" in wants and not self.fix_gamma, "beta" in wants],
        )
        gradients = dict(zip(("data", "gamma", "beta"), found, strict=True))
        axis = self.channel_axis(data.ndim)
        if "data" in wants and axis != 1:
            gradients["data"] = gradients["data"].movedim(1, axis).contiguous()
        if self.fix_gamma and "gamma" in wants:
            gradients["gamma"] = torch.zeros_like(gamma)
        return gradients

    def _move(self, tensors: Mapping[str, Tensor]) -> None:
        """Move the states towards the mean and the variance of the batch."""
        for name, of_batch in self._of_the_batch(tensors).items():
            tensors[name].mul_(self.momentum).add_(of_batch, alpha=1 - self.momentum)

    def next_states(self, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the states moved towards the mean and the variance of the batch."""
        if self.use_global_stats:
            return {}
        return {
            name: torch.add(tensors[name] * self.momentum, of_batch, alpha=1 - self.momentum)
            for name, of_batch in self._of_the_batch(tensors).items()
        }

    def _of_the_batch(self, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return what each state moves towards."""
        var = tensors["var"]
        return {
            "moving_mean": tensors["mean"],
            "moving_var": self._variance(var) if self.gives_deviation else var,
        }


class _WithoutOutput(AnyBatchNorm, registered=False):
    """Batch normalisation whose gradients do not need the output."""

    def backward(
        self,
        grads: Sequence[Tensor | None],
        data: Tensor,
        gamma: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        mean: Tensor,
        var: Tensor,
        is_train: bool,
        wants: frozenset[str],
    ) -> Mapping[str, Tensor]:
        """Return the gradients, and move the states."""
        tensors = {
            "data": data,
            "gamma": gamma,
            "moving_mean": moving_mean,
            "moving_var": moving_var,
            "mean": mean,
            "var": var,
        }
        return self.gradients(grads, tensors, is_train, wants)


class _WithAxis(AnyBatchNorm, registered=False):
    """Batch normalisation whose channels lie on any axis."""

    gives_deviation = True
    without_effect = ("min_calib_range", "max_calib_range")  # of a network with small integers

    axis: int = param("The channels' axis; below 0 counted from the end.", default=1)
    cudnn_off: bool = param("Of no effect: torch chooses its kernels.", default=False)

    def meaning(self) -> Normalised:
        """The same along its axis."""
        return replace(super().meaning(), axis=self.axis)

    def channel_axis(self, ndim: int) -> int:
        """Return the axis of the channels, counted from the front."""
        axis = self.axis + ndim if self.axis < 0 else self.axis
        if not 0 <= axis < ndim:
            raise ShapeError(f"axis={self.axis} is no axis of data with {ndim} axes")
        return axis


class BatchNorm(_WithAxis, _WithoutOutput):
    """Normalise each channel to mean 0 and variance 1, then scale by gamma and shift by beta.

    Training uses the mean and the biased variance of the batch, and moves the states towards them
    on the way back: moving = momentum · moving + (1 − momentum) · batch. Prediction, and
    use_global_stats, use the states. With fix_gamma gamma counts as 1 and its gradient is 0. With
    output_mean_var the outputs mean and var are what was used; var is 1 / √(variance + eps), as in
    Apache MXNet 1.9.1. Source: docs/semantics §3.2, D4, D13.

    >>> import symnet as mx
    >>> net = mx.BatchNorm(data=mx.Variable("data"), name="bn")
    >>> net.list_arguments()
    ['data', 'bn_gamma', 'bn_beta']
    >>> net.list_auxiliary_states()
    ['bn_moving_mean', 'bn_moving_var']
    >>> net.infer_shape(data=(100, 8, 28, 28))[0]
    [(100, 8, 28, 28), (8,), (8,)]
    """

    family = "normalization"
    aliases = ("_npx_batch_norm",)


class BatchNorm_v1(_WithoutOutput):
    """BatchNorm over axis 1, as MXNet had it before 0.12; the output var is the variance itself.

    Source: Apache MXNet 1.9.1, BatchNorm_v1.

    >>> import symnet as mx
    >>> net = mx.BatchNorm_v1(data=mx.Variable("data"), output_mean_var=True, name="bn")
    >>> net.infer_shape(data=(4, 8))[1]
    [(4, 8), (8,), (8,)]
    >>> net.list_outputs()
    ['bn_output', 'bn_mean', 'bn_var']
    """


class _contrib_SyncBatchNorm(_WithoutOutput):
    """BatchNorm over axis 1; on one device statistics are those of its batch, as in BatchNorm.

    Where several devices share a batch, the statistics are those of each device's part of it. The
    output var is the variance itself. Source: Apache MXNet 1.9.1, contrib.SyncBatchNorm.

    >>> import symnet as mx
    >>> net = mx._contrib_SyncBatchNorm(data=mx.Variable("data"), key="bn", name="bn")
    >>> net.infer_shape(data=(4, 8))[0]
    [(4, 8), (8,), (8,)]
    """

    ndev: int = param("Number of devices, which must be 1.", default=1, min=1, max=1)
    key: str = param("Name under which devices would meet.")


class _contrib_BatchNormWithReLU(_WithAxis):
    """BatchNorm, then what is below 0 becomes 0.

    Source: Apache MXNet 1.9.1, contrib.BatchNormWithReLU.

    >>> import symnet as mx
    >>> net = mx._contrib_BatchNormWithReLU(data=mx.Variable("data"), name="bn")
    >>> net.infer_shape(data=(4, 8))[0]
    [(4, 8), (8,), (8,)]
    """

    bends = True

    def after(self, output: Tensor) -> Tensor:
        """Return the output without what is below 0."""
        return output.clamp_min_(0)

    def before(self, grad: Tensor, output: Tensor | None) -> Tensor:
        """Return grad where the output is above 0."""
        return grad if output is None else grad * (output > 0)

    def backward(
        self,
        grads: Sequence[Tensor | None],
        output: Tensor,
        data: Tensor,
        gamma: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        mean: Tensor,
        var: Tensor,
        is_train: bool,
        wants: frozenset[str],
    ) -> Mapping[str, Tensor]:
        """Return the gradients, and move the states."""
        tensors = {
            "output": output,
            "data": data,
            "gamma": gamma,
            "moving_mean": moving_mean,
            "moving_var": moving_var,
            "mean": mean,
            "var": var,
        }
        return self.gradients(grads, tensors, is_train, wants)


def _in_one_order(data: Tensor) -> Tensor:
    """Return data as `_like` can follow it; the kernel misreads two tensors in different orders."""
    last = data.ndim == 4 and data.is_contiguous(memory_format=torch.channels_last)
    return data if last else data.contiguous()


def _like(grad: Tensor, data: Tensor) -> Tensor:
    """Return grad in the data's order of memory, which the kernel wants to be the same."""
    if data.ndim != 4:
        return grad.contiguous()
    last = data.is_contiguous(memory_format=torch.channels_last)
    return grad.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
