"""How far a training has come."""

from dataclasses import dataclass, field
from numbers import Integral

from ...core.errors import ParameterError

__all__ = ["OptimizationState"]


@dataclass(slots=True)
class OptimizationState:
    """How far the training has come; schedulers and callbacks read it.

    The counts begin at 0, which means "none yet"; during the first one they are 1.

    Args:
        batch_size: number of samples in a mini-batch, from 1.
        curr_epoch: number of the pass through the data.
        curr_batch: number of the mini-batch within the epoch.
        curr_iter: number of mini-batches seen in all epochs.
        n_epoch: number of all passes that there will be; None where nobody knows.
        n_batch: number of mini-batches in a pass; None where nobody knows.

    Raises ParameterError where batch_size is not a whole number from 1.
    Source: the documents, "Optimizers", "OptimizationState"; docs/semantics §6.2.

    >>> OptimizationState(100)
    OptimizationState(batch_size=100, curr_epoch=0, curr_batch=0, curr_iter=0)
    """

    batch_size: int
    curr_epoch: int = 0
    curr_batch: int = 0
    curr_iter: int = 0
    n_epoch: int | None = field(default=None, repr=False, compare=False)
    n_batch: int | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.batch_size, Integral) or self.batch_size < 1:
            raise ParameterError(f"batch_size must be a whole number >= 1, got {self.batch_size!r}")
