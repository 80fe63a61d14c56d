"""Regression losses."""

from math import prod

import torch
from torch import Tensor

from .._weighing import weighted
from ..contract import Input, Operator, Shape, Shapes, overwrites, param

__all__ = ["LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"]


class _Regression(Operator, registered=False):
    """A prediction, and the error that flows back whatever comes from above.

    A subclass states `predict` and `error`. What flows back is grad_scale / m · error, where m is
    the number of outputs of one sample.
    """

    memory_order = "follows"
    floats_only = True

    data = Input("Predictions, the batch on axis 0.")
    label = Input("What should have come out.", takes_gradient=False, any_dtype=True)
    grad_scale: float = param("Factor applied to the gradient.", default=1.0)

    def row_inputs(self) -> tuple[str, ...]:
        """Samples have nothing to do with each other."""
        return ("data", "label")

    def infer_shape(self, data: Shape, label: Shape | None = None) -> Shapes:
        """There is a label for each prediction; one for each sample may lie in a vector."""
        expected = data[:1] if len(data) == 2 and data[1] == 1 else data
        fits = label is not None and label[:1] == data[:1] and prod(label) == prod(data)
        return {"label": label if fits else expected, "output": data}

    def predict(self, data: Tensor, out: Tensor | None) -> Tensor:
        """Return the prediction: the data as it is."""
        return data.clone() if out is None else out.copy_(data)

    def error(self, output: Tensor, label: Tensor, scale: float, out: Tensor) -> Tensor:
        """Return how far the prediction is off, times the scale."""
        return torch.sub(output, label, out=out).mul_(scale)

    def distance(self, output: Tensor, label: Tensor) -> Tensor:
        """Return the loss of each prediction."""
        return (output - label).square_().div_(2)

    def loss_sum(
        self, output: Tensor, label: Tensor | None, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor | int] | None:
        """Return the losses of all predictions, and their number."""
        if label is None or label.numel() != output.numel():
            return None
        known = label.reshape(output.shape).to(output.dtype)
        return weighted(
            self.distance(output, known), weight
        ).sum() * self.grad_scale, output.numel()

    @overwrites("data")
    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the prediction."""
        return self.predict(data, out)

    def data_gradient(self, output: Tensor, label: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the error of each prediction, scaled."""
        scale = self.grad_scale / (label.numel() // label.shape[0])
        expected = label.reshape(output.shape).to(output.dtype)
        return self.error(output, expected, scale, torch.empty_like(output) if out is None else out)


class LinearRegressionOutput(_Regression):
    """Output as it is; loss: half the squared error.

    Going back, whatever flows from above: grad_scale / m · error, where m is the number of outputs
    of one sample. Source: docs/semantics §3.17.

    >>> import symnet as mx
    >>> mx.LinearRegressionOutput(mx.array([-1, 0, 2]), mx.array([0, 0, 1]))
    NDArray([-1.,  0.,  2.], float32, CPU0)
    """


class LogisticRegressionOutput(_Regression):
    """Sigmoid of the data; loss: its cross-entropy with the label.

    Going back, whatever flows from above: grad_scale / m · error, where m is the number of outputs
    of one sample. Source: docs/semantics §3.17.

    >>> import symnet as mx
    >>> data, label = mx.array([-1, 0, 2]), mx.array([0, 0, 1])
    >>> mx.LogisticRegressionOutput(data, label).asnumpy().round(3)
    array([0.269, 0.5  , 0.881], dtype=float32)
    """

    def predict(self, data: Tensor, out: Tensor | None) -> Tensor:
        """Return the sigmoid."""
        return torch.sigmoid(data, out=out)

    def distance(self, output: Tensor, label: Tensor) -> Tensor:
        """Return the cross-entropy of each prediction; a probability below 1e-20 counts as that."""
        yes, no = (chance.clamp_min(1e-20).log_() for chance in (output, 1 - output))
        return -(label * yes + (1 - label) * no)


class MAERegressionOutput(_Regression):
    """Output as it is; loss: the absolute error.

    Going back, whatever flows from above: grad_scale / m · error, where m is the number of outputs
    of one sample. Source: docs/semantics §3.17.

    >>> import symnet as mx
    >>> mx.MAERegressionOutput(mx.array([-1, 0, 2]), mx.array([0, 0, 1]))
    NDArray([-1.,  0.,  2.], float32, CPU0)
    """

    def distance(self, output: Tensor, label: Tensor) -> Tensor:
        """Return the absolute error of each prediction."""
        return (output - label).abs_()

    def error(self, output: Tensor, label: Tensor, scale: float, out: Tensor) -> Tensor:
        """Return the scale where the output is too large, -scale elsewhere, also where right."""
        return torch.gt(output, label, out=out).mul_(2 * scale).sub_(scale)
