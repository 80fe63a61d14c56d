"""How good predicted numbers are."""

from torch import Tensor

from ...core.errors import ShapeError
from ...ndarray import NDArray
from ._mean import MeanMetric

__all__ = ["MSE"]


class MSE(MeanMetric):
    """The mean of the squared differences between labels and predictions, over all elements.

    Label and prediction have the same number of elements and the same batch axis; (batch,) and
    (batch, 1) fit each other.

    Source: the documents, "Evaluation Metrics", "MSE", with the outputs of several dimensions that
    they announce; docs/semantics §6.7.

    >>> metric = MSE()
    >>> metric.update([NDArray([1, 2])], [NDArray([[1], [4]])])
    >>> metric.get()
    [('MSE', 2.0)]
    """

    _name = "MSE"

    def _check(self, label: NDArray, pred: NDArray) -> None:
        if label.size != pred.size or label.shape[:1] != pred.shape[:1]:
            raise ShapeError(
                f"MSE: predictions of shape {pred.shape} need labels of the same shape, these have "
                f"{label.shape}; a label is one number for each number predicted"
            )

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        return (pred.double() - label.reshape(pred.shape)).square_().sum(), pred.numel()
