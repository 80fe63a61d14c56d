"""What a mini-batch says of predictions: sums and counts, in the conventions of Apache MXNet 1.x.

The metrics of Python-MXNet are made of these. They take shapes more freely than the documents'
metrics do, and their means are over batches where those of the documents are over elements.

Source: Apache MXNet 1.9.1, ``mxnet.metric``.
"""

from math import sqrt

import torch
from torch import Tensor

from ...core.errors import ArgumentError, LabelError, ShapeError

__all__ = [
    "RunningCorrelation",
    "absolute_error",
    "check_binary",
    "confusion",
    "correlation",
    "f_score",
    "log_likelihood",
    "masked_log_likelihood",
    "matthews",
    "multiclass_matthews",
    "right",
    "squared_error",
    "top_right",
]


def right(label: Tensor, pred: Tensor, axis: int = 1) -> tuple[int, int]:
    """Return how many predictions are right, and how many there are.

    Args:
        label: numbers of classes.
        pred: numbers of classes in the label's shape, else scores with the classes on an axis.
        axis: that axis.

    >>> right(torch.tensor([1, 0]), torch.tensor([[0.2, 0.8], [0.4, 0.6]]))
    (1, 2)
    """
    if pred.shape != label.shape:
        pred = pred.argmax(axis)
    found, known = pred.reshape(-1).int(), _near(label, pred).reshape(-1).int()
    _check_as_many("accuracy", known, found)
    return int((found == known).sum()), found.numel()


def top_right(label: Tensor, pred: Tensor, count: int) -> tuple[int, int]:
    """Return how often the right class is among the best, and how many predictions there are.

    Args:
        label: numbers of classes, of shape (batch,).
        pred: scores of shape (batch, classes).
        count: how many are the best.

    >>> top_right(torch.tensor([1, 2]), torch.tensor([[0.5, 0.3, 0.2], [0.4, 0.5, 0.1]]), 2)
    (1, 2)
    """
    if pred.ndim != 2 or label.ndim > 2 or label.numel() != len(pred):
        raise ShapeError(
            "top_k_accuracy: predictions should have shape (batch, classes) and labels (batch,), "
            f"these have {tuple(pred.shape)} and {tuple(label.shape)}"
        )
    best = pred.topk(min(count, pred.shape[1]), 1).indices
    return int((best == _near(label, pred).reshape(-1, 1).long()).sum()), len(pred)


def absolute_error(label: Tensor, pred: Tensor) -> float:
    """Return the mean of the absolute differences.

    >>> absolute_error(torch.tensor([1.0, 2]), torch.tensor([[2.0], [4.0]]))
    1.5
    """
    return float(_difference(label, pred).abs().mean())


def squared_error(label: Tensor, pred: Tensor) -> float:
    """Return the mean of the squared differences.

    >>> squared_error(torch.tensor([1.0, 2]), torch.tensor([[2.0], [4.0]]))
    2.5
    """
    return float(_difference(label, pred).square().mean())


def _difference(label: Tensor, pred: Tensor) -> Tensor:
    known, found = (t.reshape(-1, 1) if t.ndim == 1 else t for t in (_near(label, pred), pred))
    try:
        return known - found
    except RuntimeError:
        raise ShapeError(
            f"labels of shape {tuple(label.shape)} and predictions of shape {tuple(pred.shape)} "
            "have no difference; their shapes should be equal"
        ) from None


def log_likelihood(label: Tensor, pred: Tensor, eps: float) -> tuple[float, int]:
    """Return the sum of the negative logarithms of the right classes' probabilities, and their
    number.

    Args:
        label: numbers of classes.
        pred: probabilities of shape (batch, classes).
        eps: added to each probability.

    >>> log_likelihood(torch.tensor([0]), torch.tensor([[1.0, 0.0]]), 0)
    (-0.0, 1)
    """
    if pred.ndim != 2 or label.numel() != len(pred):
        raise ShapeError(
            f"predictions should have shape ({label.numel()}, classes) for labels of shape "
            f"{tuple(label.shape)}, these have {tuple(pred.shape)}"
        )
    chosen = _picked(_near(label, pred), pred)
    return float(-(chosen + eps).log().sum()), len(pred)


def masked_log_likelihood(label: Tensor, pred: Tensor, ignored: float | None) -> tuple[float, int]:
    """Return what `log_likelihood` returns, for classes on the last axis of any shape.

    Args:
        label: numbers of classes.
        pred: probabilities, with the classes on the last axis.
        ignored: a label that is not counted, None for none.

    >>> masked_log_likelihood(torch.tensor([0, 1]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]), 1)
    (-0.0, 1)
    """
    if pred.ndim < 2 or label.numel() * pred.shape[-1] != pred.numel():
        raise ShapeError(
            f"perplexity: labels of shape {tuple(label.shape)} do not fit predictions of shape "
            f"{tuple(pred.shape)}, whose last axis holds the classes"
        )
    known = _near(label, pred).reshape(-1)
    kept = torch.ones_like(known, dtype=torch.bool) if ignored is None else known != ignored
    flat = pred.reshape(-1, pred.shape[-1])[kept]
    # A label that is too large or too small counts as the nearest class, as `pick` clips there.
    chosen = _picked(known[kept].clamp(0, pred.shape[-1] - 1), flat)
    return float(-chosen.clamp(min=1e-10).log().sum()), len(flat)


def _picked(label: Tensor, pred: Tensor) -> Tensor:
    """Return the prediction of each row at the place that its label names."""
    places = label.reshape(-1, 1).long()
    if places.numel() and not -pred.shape[1] <= int(places.min()) <= int(places.max()) < len(
        pred.T
    ):
        raise LabelError(
            f"labels go from {int(places.min())} to {int(places.max())}, but there are "
            f"{pred.shape[1]} classes, numbered from 0"
        )
    return pred.gather(1, places % pred.shape[1]).reshape(-1)


def confusion(label: Tensor, pred: Tensor, classes: int) -> Tensor:
    """Return how often each class was predicted for each: rows are predictions, columns labels.

    Args:
        label: numbers of classes.
        pred: numbers of classes in the label's shape, else scores of shape (batch, classes).
        classes: least number of classes; there are more where the numbers say so.

    >>> confusion(torch.tensor([1, 0]), torch.tensor([[0.2, 0.8], [0.4, 0.6]]), 2)
    tensor([[0., 0.],
            [1., 1.]], dtype=torch.float64)
    """
    if pred.shape != label.shape:
        pred = pred.argmax(1)
    known, found = _near(label, pred).reshape(-1).long(), pred.reshape(-1).long()
    _check_as_many("predictions", known, found)
    size = max([classes, *(int(each.max()) + 1 for each in (known, found) if each.numel())])
    counts = torch.bincount(found * size + known, minlength=size * size)
    return counts.reshape(size, size).double().cpu()


def f_score(counts: Tensor) -> float:
    """Return the harmonic mean of precision and recall of class 1 of two; 0 where undefined.

    >>> f_score(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    0.6666666666666666
    """
    right, wrong = float(counts[1, 1]), float(counts[1, 0] + counts[0, 1])
    return 2 * right / (2 * right + wrong) if right else 0.0


def matthews(counts: Tensor) -> float:
    """Return Matthews' coefficient of two classes; factors of its divisor that are 0 are left out.

    >>> matthews(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
    1.0
    """
    if not counts.sum():
        return 0.0
    (true_no, false_no), (false_yes, true_yes) = counts.tolist()
    divisor = 1.0
    for factor in (
        true_yes + false_yes,
        true_yes + false_no,
        true_no + false_yes,
        true_no + false_no,
    ):
        divisor *= factor or 1.0
    return float((true_yes * true_no - false_yes * false_no) / sqrt(divisor))


def correlation(label: Tensor, pred: Tensor) -> float:
    """Return Pearson's coefficient of all elements.

    >>> round(correlation(torch.tensor([1.0, 2, 3]), torch.tensor([2.0, 4, 6])), 6)
    1.0
    """
    running = RunningCorrelation()
    running.add(label, pred)
    return running.value()


class RunningCorrelation:
    """Pearson's coefficient of everything that is added, from moments about the running means.

    >>> running = RunningCorrelation()
    >>> running.add(torch.tensor([1.0, 2]), torch.tensor([2.0, 4]))
    >>> running.add(torch.tensor([3.0]), torch.tensor([6.0]))
    >>> round(running.value(), 6)
    1.0
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean = torch.zeros(2, 1, dtype=torch.float64)
        self._products = torch.zeros(2, 2, dtype=torch.float64)

    def add(self, label: Tensor, pred: Tensor) -> None:
        """Take in labels and predictions of one shape."""
        if label.shape != pred.shape:
            raise ShapeError(
                f"pearsonr: labels of shape {tuple(label.shape)} and predictions of shape "
                f"{tuple(pred.shape)} should have one shape"
            )
        both = torch.stack([label.reshape(-1).double().cpu(), pred.reshape(-1).double().cpu()])
        before = both - self._mean
        self._count += both.shape[1]
        self._mean = self._mean + before.sum(1, keepdim=True) / self._count
        # Distances to the mean before and after make the sum exact, however it is cut in batches.
        self._products += before @ (both - self._mean).T

    def value(self) -> float:
        """Return the coefficient; NaN where one of the two does not vary."""
        spread = sqrt(float(self._products[0, 0] * self._products[1, 1]))
        return float(self._products[0, 1]) / spread if spread else float("nan")


def multiclass_matthews(counts: Tensor) -> float:
    """Return the correlation of classes predicted and known, of any number of classes.

    >>> multiclass_matthews(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
    1.0
    """
    total, found, known = counts.sum(), counts.sum(1), counts.sum(0)
    spread = (found * (total - found)).sum() * (known * (total - known)).sum()
    if not spread:
        return float("nan")
    return float((counts.diagonal() * total - found * known).sum() / spread.sqrt())


def _near(label: Tensor, pred: Tensor) -> Tensor:
    return label.to(pred.device)


def _check_as_many(what: str, label: Tensor, pred: Tensor) -> None:
    if label.shape != pred.shape:
        raise ShapeError(f"{what}: {pred.numel()} predictions for {label.numel()} labels")


def check_binary(who: str, label: Tensor) -> None:
    """Raise ArgumentError where labels name more than two classes."""
    found = sorted(set(label.reshape(-1).tolist()))
    if len(found) > 2:
        raise ArgumentError(
            f"{who} currently only supports binary classification; labels are {found}"
        )
