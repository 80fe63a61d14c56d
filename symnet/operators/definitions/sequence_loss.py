"""CTC loss."""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from ...core.errors import MXError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["CTCLoss"]

aten = torch.ops.aten

_FEW = 256
"""Up to how many labels Python counts faster than calls into torch begin."""


class CTCLoss(Operator):
    """Connectionist temporal classification: −log of the probability of the labels, by sequence.

    The softmax over the alphabet is part of the loss. The blank is the first class, with labels
    from 1 on and 0 as padding, or the last, with labels from 0 on and −1 as padding. The labels of
    a sequence end at the first padding, or where label_lengths says. A sequence that is too short
    for its labels has loss 0 and no gradient, as in MXNet. Source: Apache MXNet 1.9.1, ``CTCLoss``;
    Graves et al., 2006.

    >>> import symnet as mx
    >>> net = mx.CTCLoss(mx.Variable("data"), mx.Variable("label"), blank_label="last")
    >>> net.infer_shape(data=(120, 32, 27), label=(32, 20))[1]
    [(32,)]
    """

    aliases = ("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss")
    floats_only = True

    data = Input("Scores of shape (length, batch, alphabet).")
    label = Input("Classes of shape (batch, labels), padded.", takes_gradient=False, any_dtype=True)
    data_lengths = Input(
        "How many steps of each sequence count.",
        when=lambda op: op.use_data_lengths,
        takes_gradient=False,
        any_dtype=True,
    )
    label_lengths = Input(
        "How many labels of each sequence count.",
        when=lambda op: op.use_label_lengths,
        takes_gradient=False,
        any_dtype=True,
    )
    use_data_lengths: bool = param("Take the input data_lengths.", default=False)
    use_label_lengths: bool = param("Take the input label_lengths.", default=False)
    blank_label: Literal["first", "last"] = param("Which class is the blank.", default="first")

    def outputs(self) -> tuple[str, ...]:
        """The only visible output is numbered, as in MXNet, where a hidden one follows."""
        return ("output0",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """What the gradient is before it is scaled comes with the loss."""
        return {"slope": None}

    def infer_shape(self, data: Shape, label: Shape) -> Shapes:
        """There is one number for each sequence."""
        if len(data) != 3:
            raise ShapeError(f"data must be (length, batch, alphabet), got {data}")
        if len(label) != 2:
            raise ShapeError(f"label must be (batch, labels), got {label}")
        batch = (data[1],)
        lengths = {"data_lengths": batch, "label_lengths": batch}
        return {"label": (data[1], label[1]), **lengths, "output0": batch, "slope": data}

    def forward(
        self,
        data: Tensor,
        label: Tensor,
        data_lengths: Tensor | None = None,
        label_lengths: Tensor | None = None,
    ) -> Tensor:
        """Return the losses."""
        given = self._given(data, label, data_lengths, label_lengths)
        loss: Tensor = aten._ctc_loss(*given, self._blank(data), True)[0]
        return _finite(loss).to(data.dtype)

    def forward_saving(
        self,
        data: Tensor,
        label: Tensor,
        data_lengths: Tensor | None = None,
        label_lengths: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the losses, and their gradients."""
        given = self._given(data, label, data_lengths, label_lengths)
        blank = self._blank(data)
        loss, alpha = aten._ctc_loss(*given, blank, True)
        # Its gradient by logarithms of probabilities adds up to 0 at each step, so it is already
        # the gradient by the scores.
        ones = torch.ones_like(loss)
        slope = aten._ctc_loss_backward(ones, *given, loss, alpha, blank, True)
        return _finite(loss).to(data.dtype), slope.to(data.dtype)

    def data_gradient(self, grad: Tensor, slope: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the gradient of each sequence times its grad."""
        return torch.mul(slope, grad.unsqueeze(-1), out=out)

    def _blank(self, data: Tensor) -> int:
        return 0 if self.blank_label == "first" else data.shape[2] - 1

    def _given(
        self,
        data: Tensor,
        label: Tensor,
        data_lengths: Tensor | None,
        label_lengths: Tensor | None,
    ) -> tuple[Tensor, Tensor, list[int], list[int]]:
        """Return logarithms of probabilities, classes, and both lengths."""
        steps, batch, alphabet = data.shape
        exact = data if data.dtype == torch.float64 else data.float()
        classes = label.long()
        padding = 0 if self.blank_label == "first" else -1
        scores = torch.log_softmax(exact, -1)
        if label_lengths is None and data_lengths is None and classes.numel() <= _FEW:
            labels = _lengths_of_few(classes.tolist(), padding, alphabet)
            if labels is not None:
                return scores, classes, [steps] * batch, labels
        if label_lengths is None:
            counts = (classes == padding).cumsum(1) == 0
            labels = counts.sum(1).tolist()
        else:
            labels = _checked("label_lengths", label_lengths, label.shape[1])
            places = torch.arange(label.shape[1], device=label.device)
            counts = places < label_lengths.long().unsqueeze(1)
        lengths = (
            [steps] * batch
            if data_lengths is None
            else _checked("data_lengths", data_lengths, steps)
        )
        low, high = torch.aminmax(classes.where(counts, 0))
        if int(low) < 0 or int(high) >= alphabet:
            wrong = counts & ((classes < 0) | (classes >= alphabet))
            raise MXError(
                f"CTCLoss: label {int(classes[wrong][0])} of sequence "
                f"{int(wrong.any(1).nonzero()[0])} is none of the {alphabet} classes 0 to "
                f"{alphabet - 1}; padding is {padding} with blank_label={self.blank_label!r}"
            )
        return scores, classes, lengths, labels


def _lengths_of_few(
    classes: Sequence[Sequence[int]], padding: int, alphabet: int
) -> list[int] | None:
    """Return how many labels each sequence has; None where one of them is no class."""
    lengths = [row.index(padding) if padding in row else len(row) for row in classes]
    pairs = zip(classes, lengths, strict=True)
    fits = all(0 <= own < alphabet for row, length in pairs for own in row[:length])
    return lengths if fits else None


def _finite(loss: Tensor) -> Tensor:
    """Return the losses, 0 where no path gives the labels."""
    return loss.masked_fill(loss.isinf(), 0)


def _checked(name: str, lengths: Tensor, greatest: int) -> list[int]:
    """Return lengths that are none below 0, and none above the greatest."""
    found: list[int] = lengths.long().tolist()
    if any(not 0 <= length <= greatest for length in found):
        raise MXError(f"CTCLoss: {name} must be from 0 to {greatest}, got {found}")
    return found
