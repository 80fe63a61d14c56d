"""Softmax output with the cross-entropy loss."""

from collections.abc import Mapping
from functools import lru_cache
from math import prod
from typing import Literal

import torch
from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["SoftmaxOutput"]


@lru_cache(maxsize=64)
def _classes(shape: Shape, axis: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the numbers of the classes, lying along their axis."""
    dims = [1] * len(shape)
    dims[axis] = shape[axis]
    return torch.arange(shape[axis], dtype=dtype, device=device).view(dims)


class SoftmaxOutput(Operator):
    """Softmax of the scores; going back, the gradient of the cross-entropy with the labels.

    Forward, both modes: softmax over the last axis, over axis 1 with multi_output, or over all
    features of a sample with preserve_shape=False. Left out, preserve_shape means the last axis,
    and all features where each channel has one position. Apache MXNet 1.9.1 takes all features
    then whatever the shape is; which matters to data of more than two axes only.
    Backward, whatever flows from above: grad_scale · (output − onehot(label)), summed over the
    batch by whoever consumes it; with multi_output divided by the number of positions. A label
    outside the classes selects none of them. smooth_alpha takes that share from the right class
    and spreads it over the others, except with multi_output, as in Apache MXNet 1.9.1. Labels of
    the shape of the scores are probabilities: grad_scale · (output − label). Whatever it is,
    out_grad multiplies it by the output: so 1.9.1 computes what it calls the output gradient.
    Source: docs/semantics §3.23; Apache MXNet 1.9.1, SoftmaxOutput.

    >>> import symnet as mx
    >>> net = mx.SoftmaxOutput(data=mx.Variable("scores"), name="softmax")
    >>> net.list_arguments()
    ['scores', 'softmax_label']
    >>> net.infer_shape(scores=(100, 10))[0]
    [(100, 10), (100,)]
    """

    aliases = ("Softmax",)
    floats_only = True

    data = Input("Unnormalised scores.")
    label = Input("Index of the right class.", takes_gradient=False, any_dtype=True)
    grad_scale: float = param("Factor applied to the gradient.", default=1.0)
    ignore_label: float = param("Label without influence, see use_ignore.", default=-1.0)
    multi_output: bool = param("Classes lie on axis 1 of (n, k, x1, …).", default=False)
    use_ignore: bool = param("Give rows labelled ignore_label no gradient.", default=False)
    normalization: Literal["null", "batch", "valid"] = param(
        "Divide the gradient by nothing, the number of rows or that of valid labels.",
        default="null",
    )
    preserve_shape: bool | None = param(
        "Whether the softmax is over the last axis alone, of more than two.", default=None
    )
    out_grad: bool = param("Multiply the gradient by the output.", default=False)
    smooth_alpha: float = param(
        "Share of the right class that the others get.", default=0.0, min=0, max=1
    )

    @property
    def axis(self) -> int:
        """The axis that the classes lie on."""
        return 1 if self.multi_output else -1

    def _flat(self, shape: Shape) -> bool:
        """Whether all features of a sample are the classes of one softmax."""
        if len(shape) < 3 or self.multi_output or self.preserve_shape:
            return False
        return self.preserve_shape is False or prod(shape[2:]) == 1

    def infer_shape(self, data: Shape, label: Shape | None = None) -> Shapes:
        """One label for each softmax; (n, x1, …) and (n, x1·…) are both good for multi_output."""
        positions = data[:1] + data[2:] if self.multi_output else data[:-1]
        flat = (data[0], prod(data[2:])) if self.multi_output else positions
        good = label is not None and label in (positions, data)
        return {"label": label if good else flat, "output": data}

    def row_inputs(self) -> tuple[str, ...]:
        """Rows are on their own, unless their number scales the gradient."""
        alone = self.normalization == "null" and self.preserve_shape is not False
        return ("data", "label") if alone else ()

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the probabilities."""
        if not self._flat(data.shape):
            return torch.softmax(data, self.axis, out=out)
        found = torch.softmax(data.reshape(data.shape[0], -1), 1).view(data.shape)
        return found if out is None else out.copy_(found)

    def data_gradient(self, output: Tensor, label: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the scaled difference between probabilities and labels."""
        result = torch.empty_like(output) if out is None else out
        if label.shape == output.shape:
            torch.sub(output, label, out=result)
            scale: float | Tensor = self.grad_scale
        elif self._flat(output.shape):
            # As many labels are read as there are samples, whatever shape they have.
            rows = label.reshape(-1)[: output.shape[0]]
            scores = output.reshape(output.shape[0], -1)
            found = torch.empty_like(scores)
            scale = self._from_classes(scores, rows, found)
            result.copy_(found.view(output.shape))
        else:
            wide = output.shape[:1] + output.shape[2:]
            rows = label.view(wide) if self.multi_output else label
            scale = self._from_classes(output, rows, result)
        if self.out_grad:
            result.mul_(output)
        return result if isinstance(scale, float) and scale == 1 else result.mul_(scale)

    def _from_classes(self, output: Tensor, rows: Tensor, result: Tensor) -> float | Tensor:
        """Write output − onehot(rows) into result, and return what it is to be multiplied by."""
        # onehot: where label − class lies in [0, 1). Unlike scattering, that lets a label outside
        # the classes select none, and it needs no temporary.
        # A small type of labels may not hold the number of every class.
        exact = torch.promote_types(rows.dtype, torch.float32)
        classes = _classes(output.shape, self.axis, exact, rows.device)
        torch.sub(rows.unsqueeze(self.axis), classes, out=result)
        torch.eq(torch.floor(result, out=result), 0, out=result)
        if self.smooth_alpha and not self.multi_output:
            others = self.smooth_alpha / max(output.shape[self.axis] - 1, 1)
            result.mul_(1 - self.smooth_alpha - others).add_(others)
        torch.sub(output, result, out=result)
        if self.use_ignore:
            result.masked_fill_(rows.unsqueeze(self.axis).trunc() == int(self.ignore_label), 0)
        return self._scale(output, rows)

    def _scale(self, output: Tensor, rows: Tensor) -> float | Tensor:
        positions = prod(output.shape[2:]) if self.multi_output else 1
        if self.normalization == "valid":
            valid = (rows != self.ignore_label).sum().clamp_min_(1)
            return self.grad_scale / valid
        if self.normalization == "batch":
            count = output.shape[0] if self.multi_output else rows.numel()
            return self.grad_scale / (positions * count)
        return self.grad_scale / positions

    def shape_hint(self, argument: str, expected: Shape, found: Shape) -> str:
        """Recognise one-hot labels."""
        if (
            argument == "label"
            and len(found) > len(expected)
            and found[: len(expected)] == expected
        ):
            return (
                "; labels are class indices, these look one-hot: give labels.argmax(axis=1) instead"
            )
        return ""

    def check_values(self, values: Mapping[str, Tensor], output_shape: Shape) -> str | None:
        """Find a label that is no class."""
        if values["label"].shape == output_shape:
            return None
        label = values["label"].reshape(-1)
        flat = self._flat(output_shape)
        count = prod(output_shape[1:]) if flat else output_shape[self.axis]
        if float(label.min()) >= 0 and float(label.max()) < count:
            return None
        wrong = ~((label >= 0) & (label < count))  # NaN, too, is no class
        if self.use_ignore:
            wrong &= label != self.ignore_label
        if not bool(wrong.any()):
            return None
        position = int(wrong.nonzero()[0])
        return (
            f"label {float(label[position]):g} at position {position} of the batch is outside the "
            f"{count} classes 0 to {count - 1}; relabel the data, make the layer before wider, "
            "or set use_ignore and ignore_label"
        )
