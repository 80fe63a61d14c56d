"""Losses of samples times the weights of the samples."""

from torch import Tensor

__all__ = ["weighted"]


def weighted(losses: Tensor, weight: Tensor | None) -> Tensor:
    """Return losses times the weights of their samples.

    Args:
        losses: axis 0 is the samples.
        weight: a weight for each sample, of shape (samples,); None for 1.

    >>> import torch
    >>> weighted(torch.ones(2, 3), torch.tensor([1.0, 2.0])).sum().item()
    9.0
    """
    return losses if weight is None else losses * weight.view(-1, *(1,) * (losses.ndim - 1))
