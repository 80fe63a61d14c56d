"""Custom losses and the SVM loss."""

from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._axes import whole
from .._weighing import weighted
from ..contract import Input, Operator, Shape, Shapes, param, view_of
from .loss import count_where

__all__ = ["MakeLoss", "SVMOutput", "make_loss"]


class MakeLoss(Operator):
    """Pass the data on, and make a loss of it: its gradient is grad_scale, whatever flows back.

    normalization divides that by nothing (null), by the batch size (batch), or by how many elements
    are above valid_thresh, at least 1 (valid). Source: Apache MXNet 1.9.1, ``MakeLoss``.

    >>> import symnet as mx
    >>> data = mx.Variable("data")
    >>> net = mx.MakeLoss(mx.square(data), grad_scale=0.5)
    >>> bound = mx.simple_bind(net, grad_req={"data": "write"}, data=(2,))
    >>> bound.arg_dict["data"][:] = 3
    >>> _ = bound.forward(is_train=True)
    >>> bound.backward()
    >>> bound.grad_dict["data"]
    NDArray([3., 3.], float32, CPU0)
    """

    floats_only = True

    data = Input("The loss, of any shape.")
    grad_scale: float = param("The gradient.", default=1.0)
    valid_thresh: float = param("With valid: what valid elements are above.", default=0.0)
    normalization: Literal["null", "batch", "valid"] = param(
        "What the gradient is divided by.", default="null"
    )

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        return {"output": data}

    def loss_sum(
        self, output: Tensor, label: Tensor | None, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor | int] | None:
        """Return what was made a loss, and the number of its elements."""
        return weighted(output, weight).sum() * self.grad_scale, output.numel()

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    def data_gradient(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the scale, divided as normalization says."""
        result = torch.empty_like(data) if out is None else out
        result.fill_(self.grad_scale)
        if self.normalization == "batch":
            return result.div_(data.shape[0])
        if self.normalization == "valid":
            return result.div_(count_where(torch.gt, data, self.valid_thresh))
        return result


class make_loss(Operator):
    """Pass the data on, and make a loss of it: its gradient is 1, whatever flows back.

    Source: Apache MXNet 1.9.1, ``make_loss``.

    >>> import symnet as mx
    >>> loss = mx.make_loss(mx.Variable("data"), name="mine")
    >>> loss.list_outputs(), loss.infer_shape(data=(4, 8))[1]
    (['mine_loss'], [(4, 8)])
    """

    floats_only = True

    data = Input("The loss, of any shape.")

    def outputs(self) -> tuple[str, ...]:
        """The output is called a loss."""
        return ("loss",)

    def infer_shape(self, data: Shape | None = None, loss: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        known = data if data is not None else loss
        return {"data": known, "loss": known}

    def loss_sum(
        self, output: Tensor, label: Tensor | None, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor | int] | None:
        """Return what was made a loss, and the number of its elements."""
        return weighted(output, weight).sum(), output.numel()

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    def data_gradient(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return ones."""
        return torch.ones_like(data) if out is None else out.fill_(1)


class SVMOutput(Operator):
    """Pass the scores on; going back, the gradient of the hinge loss of one class against all.

    With t = 1 for the right class and −1 for all others, the loss of a score x is
    max(0, margin − t · x), squared unless use_linear, times regularization_coefficient.
    Source: Apache MXNet 1.9.1, ``SVMOutput``.

    >>> import symnet as mx
    >>> net = mx.SVMOutput(data=mx.Variable("scores"), name="svm")
    >>> net.list_arguments()
    ['scores', 'svm_label']
    >>> net.infer_shape(scores=(100, 10))[0]
    [(100, 10), (100,)]
    """

    floats_only = True

    data = Input("Scores of shape (batch, …, classes).")
    label = Input("Index of the right class.", takes_gradient=False, any_dtype=True)
    margin: float = param("How far scores should lie on their side of 0.", default=1.0)
    regularization_coefficient: float = param("Factor of the gradient.", default=1.0)
    use_linear: bool = param("Use the hinge itself, not its square.", default=False)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is a label for each row of scores."""
        if len(data) < 2:
            raise ShapeError(f"data must be (batch, …, classes), got {data}")
        return {"label": data[:-1], "output": data}

    def row_inputs(self) -> tuple[str, ...]:
        """Rows are on their own."""
        return ("data", "label")

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the scores."""
        return data

    def data_gradient(self, data: Tensor, label: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the gradient of the loss: nothing where a score keeps the margin."""
        classes = torch.empty(data.shape[-1], dtype=torch.long, device=data.device)
        torch.arange(len(classes), out=classes)
        side = torch.eq(whole(label).unsqueeze(-1), classes, out=torch.empty_like(data))
        side.mul_(-2).add_(1)  # −1 for the right class, where the gradient falls, 1 for all others
        missing = torch.mul(side, data, out=out).add_(self.margin)
        slope = missing.gt_(0) if self.use_linear else missing.clamp_min_(0).mul_(2)
        return slope.mul_(side).mul_(self.regularization_coefficient)

    def loss_sum(
        self, output: Tensor, label: Tensor | None, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor | int] | None:
        """Return the hinge loss of all scores, and the number of labels."""
        if label is None or label.shape != output.shape[:-1]:
            return None
        classes = torch.arange(output.shape[-1], device=output.device)
        side = (whole(label).unsqueeze(-1) == classes).to(output.dtype).mul_(2).sub_(1)
        missing = (self.margin - side * output).clamp_min_(0)
        losses = missing if self.use_linear else missing.square_()
        return weighted(losses, weight).sum() * self.regularization_coefficient, label.numel()
