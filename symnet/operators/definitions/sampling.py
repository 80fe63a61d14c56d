"""Dropout, embedding, sparseness penalty."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._axes import within
from ..contract import Input, Operator, Shape, Shapes, State, param, view_of

__all__ = ["Dropout", "Embedding", "IdentityAttachKLSparseReg"]


class Dropout(Operator):
    """Set a random fraction of the values to zero in training, and scale the others up.

    Prediction passes values on as they are, unless mode is "always". Along the axes named, values
    are dropped together. Source: docs/semantics §3.9.

    >>> import symnet as mx
    >>> mx.Dropout(data=mx.array([1, 2, 3]), p=0.5)  # outside training
    NDArray([1., 2., 3.], float32, CPU0)
    """

    aliases = ("_npx_dropout",)
    speed_hints = ("cudnn_off",)
    floats_only = True
    pure = False
    memory_order = "follows"

    data = Input("Input of any shape.")
    p: float = param("Fraction that is dropped.", default=0.5, min=0, max=1)
    mode: Literal["training", "always"] = param("When values are dropped.", default="training")
    axes: tuple[int, ...] = param("Axes along which one draw counts for all.", default=())

    def is_identity(self, *, is_train: bool) -> bool:
        """Nothing is dropped in prediction, unless mode says always."""
        return not self._drops(is_train) or self.p == 0

    def _drops(self, is_train: bool) -> bool:
        return is_train or self.mode == "always"

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The factor of every value."""
        return {"mask": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        return {"output": data, "mask": self._mask_shape(data)}

    def _mask_shape(self, data: Shape) -> Shape:
        wrong = [axis for axis in self.axes if not -len(data) <= axis < len(data)]
        if wrong:
            raise ShapeError(f"axes {self.axes} are not all axes of data of shape {data}")
        shared = {axis % len(data) for axis in self.axes}
        return tuple(1 if axis in shared else length for axis, length in enumerate(data))

    def row_inputs(self) -> tuple[str, ...]:
        """Every element is on its own, unless one draw counts for several."""
        return () if self.axes else ("data",)

    def forward(self, data: Tensor, is_train: bool) -> Tensor:
        """Return the values that are left."""
        return self.forward_saving(data)[0] if self._drops(is_train) else data.clone()

    def forward_saving(
        self, data: Tensor, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the values that are left, and the factors: 0, or one over the fraction kept."""
        output, mask = out or (torch.empty_like(data), self._empty_mask(data))
        keep = 1 - self.p
        mask.bernoulli_(keep)
        if keep:
            mask.div_(keep)
        return torch.mul(data, mask, out=output), mask

    def _empty_mask(self, data: Tensor) -> Tensor:
        if not self.axes:
            return torch.empty_like(data)
        return data.new_empty(self._mask_shape(tuple(data.shape)))

    def data_gradient(self, grad: Tensor, mask: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad times the same factors."""
        return torch.mul(grad, mask, out=out)


class Embedding(Operator):
    """Look up a row of a matrix for each index.

    Indices are cut to whole numbers, and to the range of rows. Source: docs/semantics §3.11.

    >>> import symnet as mx
    >>> net = mx.Embedding(data=mx.Variable("words"), input_dim=1000, output_dim=64, name="rows")
    >>> net.infer_shape(words=(100, 20))[:2]
    ([(100, 20), (1000, 64)], [(100, 20, 64)])
    """

    aliases = ("_npx_embedding",)
    speed_hints = ("sparse_grad",)  # how the gradient is stored; its numbers are the same
    fixed_parameters: ClassVar = {"dtype": ("float32",)}

    data = Input("Indices, of any shape and type.", takes_gradient=False, any_dtype=True)
    weight = Input("Matrix of shape (input_dim, output_dim).")
    input_dim: int = param("Number of rows.", min=1)
    output_dim: int = param("Length of a row.", min=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """Each index becomes a row."""
        return {"weight": (self.input_dim, self.output_dim), "output": (*data, self.output_dim)}

    def row_inputs(self) -> tuple[str, ...]:
        """Every index is on its own."""
        return ("data",)

    def _rows(self, data: Tensor) -> Tensor:
        return within(data, self.input_dim, "clip").view(-1)

    def forward(self, data: Tensor, weight: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the rows."""
        flat = None if out is None else out.view(-1, self.output_dim)
        found = torch.index_select(weight, 0, self._rows(data), out=flat)
        return found.view(*data.shape, self.output_dim)

    def weight_gradient(self, grad: Tensor, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad, added up for each row."""
        size = (self.input_dim, self.output_dim)
        result = grad.new_zeros(size) if out is None else out.zero_()
        flat = grad.reshape(-1, self.output_dim)
        return result.index_add_(0, self._rows(data), flat)


class IdentityAttachKLSparseReg(Operator):
    """Pass the data on, and add to its gradient a pull towards a mean activation of rho.

    gradient + penalty · (−rho / moving_avg + (1 − rho) / (1 − moving_avg)), where moving_avg, the
    moving average of each channel's sum over the batch divided by its size, is moved first; in
    prediction it stays. Source: docs/semantics §3.14, §4.4.

    >>> import symnet as mx
    >>> net = mx.IdentityAttachKLSparseReg(data=mx.Variable("data"), name="sparse")
    >>> net.list_auxiliary_states()
    ['sparse_moving_avg']
    >>> net.infer_shape(data=(100, 64))[2]
    [(64,)]
    """

    floats_only = True

    data = Input("Activations between 0 and 1, of shape (batch, channels, …).")
    moving_avg = State("Moving average of each channel's mean activation.")
    sparseness_target: float = param("The mean rho to aim at.", default=0.1, min=0, max=1)
    penalty: float = param("Strength of the pull.", default=0.001)
    momentum: float = param("Weight of the old average.", default=0.9, min=0, max=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is one average for each channel."""
        if len(data) < 2:
            raise ShapeError(f"data must be (batch, channels, …), got {data}")
        return {"output": data, "moving_avg": (data[1],)}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    def data_gradient(
        self, grad: Tensor, data: Tensor, moving_avg: Tensor, is_train: bool
    ) -> Tensor:
        """Move the average, and return grad with the pull added."""
        if is_train:
            moving_avg.copy_(self._moved(data, moving_avg))
        rho = self.sparseness_target
        pull = (1 - rho) / (1 - moving_avg) - rho / moving_avg
        return grad + self.penalty * pull.view(-1, *[1] * (data.ndim - 2))

    def next_states(self, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the moved average."""
        return {"moving_avg": self._moved(tensors["data"], tensors["moving_avg"])}

    def _moved(self, data: Tensor, moving_avg: Tensor) -> Tensor:
        average = data.transpose(0, 1).reshape(data.shape[1], -1).sum(1).div_(data.shape[0])
        return torch.add(moving_avg * self.momentum, average, alpha=1 - self.momentum)
