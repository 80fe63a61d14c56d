"""Softmax loss."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Literal

import torch
from torch import Tensor

from .._declarations import Fault
from .._tables import kept
from .._weighing import weighted
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["SoftmaxOutput", "count_where"]


@kept(64)
def _classes(shape: Shape, axis: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the numbers of the classes, lying along their axis."""
    dims = [1] * len(shape)
    dims[axis] = shape[axis]
    return torch.arange(shape[axis], dtype=dtype, device=device).view(dims)


def _cut(labels: Tensor) -> Tensor:
    """Return labels cut to whole numbers, so that those between -1 and 0 are of class 0 too."""
    if not labels.dtype.is_floating_point:
        return labels
    # In scratch memory, which a recorded rule keeps: cutting costs one call over the labels alone.
    whole = torch.empty(labels.shape, dtype=labels.dtype, device=labels.device)
    return torch.trunc(labels, out=whole)


class SoftmaxOutput(Operator):
    """Softmax of the scores; going back, the gradient of the cross-entropy with the labels.

    Forward, both modes: softmax over all features of a sample, over axis 1 with multi_output, or
    over the last axis with preserve_shape. Over all features of more than one axis, as many labels
    count as there are samples, the first ones, whatever the labels' shape: so it is in MXNet.
    Backward, whatever flows from above: grad_scale · (output − onehot(label)), summed over the
    batch by whoever consumes it; with multi_output divided by the number of positions. A label is
    cut to a whole number; one outside the classes selects none of them. smooth_alpha takes that
    share from the right class and spreads it over the others, except with multi_output, as in
    Apache MXNet 1.9.1. Labels of the shape of the scores are probabilities: grad_scale · (output −
    label). Whatever it is, out_grad multiplies it by the output: so 1.9.1 computes what it calls
    the output gradient.
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
    preserve_shape: bool = param(
        "Whether the softmax is over the last axis alone, of more than two.", default=False
    )
    out_grad: bool = param("Multiply the gradient by the output.", default=False)
    smooth_alpha: float = param(
        "Share of the right class that the others get.", default=0.0, min=0, max=1
    )

    @property
    def axis(self) -> int:
        """The axis that the classes lie on."""
        return 1 if self.multi_output else -1

    @property
    def _adjusts(self) -> bool:
        """Whether some labels do not count, or count for several classes."""
        return self.use_ignore or self.smooth_alpha != 0

    def _flat(self, shape: Shape) -> bool:
        """Whether all features of a sample are the classes of one softmax."""
        return len(shape) > 2 and not self.multi_output and not self.preserve_shape

    def infer_shape(self, data: Shape, label: Shape | None = None) -> Shapes:
        """One label for each softmax; (n, x1, …) and (n, x1·…) are both good for multi_output.

        Over all features, 1.9.1 infers a label for each row of the last axis; the documents, one
        for each sample, which is as many as are read.
        """
        positions = data[:1] + data[2:] if self.multi_output else data[:-1]
        flat = (data[0], prod(data[2:])) if self.multi_output else positions
        samples = data[:1] if self._flat(data) else positions
        good = label is not None and label in (positions, samples, data)
        return {"label": label if good else flat, "output": data}

    def row_inputs(self) -> tuple[str, ...]:
        """Rows are on their own, unless their number scales the gradient."""
        return ("data", "label") if self.normalization == "null" else ()

    def rows_apart(self, *shapes: Shape) -> bool:
        """Over all features, labels that count are not where their samples are."""
        return not self._flat(shapes[0])

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the probabilities."""
        if not self._flat(data.shape):
            return torch.softmax(data, self.axis, out=out)
        rows = data.reshape(data.shape[0], -1)
        if out is None:
            return torch.softmax(rows, 1).view(data.shape)
        return out.copy_(torch.softmax(rows, 1, out=torch.empty_like(rows)).view(data.shape))

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
            is_row = result.is_contiguous()  # images may lie channels-last
            found = result.view(scores.shape) if is_row else torch.empty_like(scores)
            self._from_classes(scores, rows, found)
            if not is_row:
                result.copy_(found.view(output.shape))
            scale = self._scale(output, label)
        else:
            wide = output.shape[:1] + output.shape[2:]
            rows = label.view(wide) if self.multi_output else label
            self._from_classes(output, rows, result)
            scale = self._scale(output, label)
        if self.out_grad:
            result.mul_(output)
        return result if isinstance(scale, float) and scale == 1 else result.mul_(scale)

    def _from_classes(self, output: Tensor, rows: Tensor, result: Tensor) -> None:
        """Write output − onehot(rows) into result."""
        # Unlike scattering, comparing lets a label outside the classes select none.
        whole = _cut(rows).unsqueeze(self.axis)
        # A small type of labels may not hold the number of every class.
        exact = torch.promote_types(rows.dtype, torch.float32)
        torch.eq(whole, _classes(output.shape, self.axis, exact, rows.device), out=result)
        if self.smooth_alpha and not self.multi_output:
            others = self.smooth_alpha / max(output.shape[self.axis] - 1, 1)
            result.mul_(1 - self.smooth_alpha - others).add_(others)
        torch.sub(output, result, out=result)
        if self.use_ignore:
            ignored = torch.empty(whole.shape, dtype=torch.bool, device=whole.device)
            torch.eq(whole, int(self.ignore_label), out=ignored)
            result.masked_fill_(ignored, 0)

    def _scale(self, output: Tensor, label: Tensor) -> float | Tensor:
        """Return what the difference is multiplied by."""
        positions = prod(output.shape[2:]) if self.multi_output else 1
        if self.normalization == "valid":
            valid = count_where(torch.ne, label, self.ignore_label)
            return valid.reciprocal_().mul_(self.grad_scale)
        if self.normalization == "batch":
            count = output.shape[0] if self.multi_output else label.numel()
            return self.grad_scale / (positions * count)
        return self.grad_scale / positions

    def loss_sum(
        self, output: Tensor, label: Tensor | None, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor | int] | None:
        """Return the cross-entropy of all labels that count, and their number."""
        if label is None:
            return None
        plain = weight is None and not self._adjusts
        if plain and output.ndim == 2 and label.shape == output.shape[:1]:
            # What follows, for what most networks are trained on, in a third of the calls.
            known = label.to(torch.int64, copy=True).clamp_(0, output.shape[1] - 1)
            chosen = output.gather(1, known.unsqueeze_(1)).float()
            return chosen.clamp_min_(1e-20).log_().sum().mul_(-self.grad_scale), len(known)
        flat = self._flat(output.shape)
        rows = output.reshape(output.shape[0], -1) if flat else output.movedim(self.axis, -1)
        if label.shape == output.shape:
            wanted = label.reshape(rows.shape) if flat else label.movedim(self.axis, -1)
            losses = (wanted * _logarithms(rows)).sum(-1)
            return weighted(losses, weight).sum() * -self.grad_scale, losses.numel()
        known = label.reshape(-1)[: len(rows)] if flat else label
        if known.numel() != rows.shape[:-1].numel():
            return None
        known = known.reshape(rows.shape[:-1])
        # Clamped, as a label that is to be ignored need not be a class.
        place = known.long().clamp(0, rows.shape[-1] - 1).unsqueeze(-1)
        losses = _logarithms(rows.gather(-1, place)).squeeze(-1)
        if self.smooth_alpha and not self.multi_output:
            others = self.smooth_alpha / max(rows.shape[-1] - 1, 1)
            losses = (1 - self.smooth_alpha - others) * losses + others * _logarithms(rows).sum(-1)
        count: Tensor | int = known.numel()
        if self.use_ignore:
            counts = known.long() != int(self.ignore_label)
            losses, count = losses * counts, counts.count_nonzero()
        return weighted(losses, weight).sum() * -self.grad_scale, count

    def shape_hint(self, argument: str, expected: Shape, found: Shape) -> str:
        """Recognise a column of labels, and one-hot labels."""
        if (
            argument == "label"
            and len(found) > len(expected)
            and found[: len(expected)] == expected
        ):
            if prod(found) == prod(expected):
                return "; labels are class indices: give labels.ravel() instead"
            return (
                "; labels are class indices, these look one-hot: give labels.argmax(axis=1) instead"
            )
        return ""

    def check_values(self, values: Mapping[str, Tensor], output_shape: Shape) -> Fault | None:
        """Find a label that is no class."""
        if values["label"].shape == output_shape:
            return None
        label = values["label"].reshape(-1)
        flat = self._flat(output_shape)
        count = prod(output_shape[1:]) if flat else output_shape[self.axis]
        least, greatest = label.aminmax()
        if float(least) > -1 and float(greatest) < count:
            return None
        wrong = ~((label > -1) & (label < count))  # NaN, too, is no class
        if self.use_ignore:
            wrong &= label != self.ignore_label
        if not bool(wrong.any()):
            return None
        position = int(wrong.nonzero()[0])
        return position, (
            f"label {float(label[position]):g} at position {position} of the batch is outside the "
            f"{count} classes 0 to {count - 1}; relabel the data, make the layer before wider, "
            "or set use_ignore and ignore_label"
        )


def _logarithms(chances: Tensor) -> Tensor:
    """Return the logarithms of probabilities; one below 1e-20 counts as that."""
    return chances.float().clamp_min(1e-20).log_()


def count_where(compare: Callable[..., Tensor], data: Tensor, number: float) -> Tensor:
    """Return how many elements compare with a number, at least 1, in memory that a rule keeps."""
    found = torch.empty(data.shape, dtype=torch.float32, device=data.device)
    count = torch.empty(1, dtype=torch.float32, device=data.device)
    compare(data, number, out=found)
    return torch.sum(found.view(-1), 0, keepdim=True, out=count).clamp_min_(1)
