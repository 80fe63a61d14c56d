"""Selection by a condition.

Source: Apache MXNet 1.9.1, "Indexing routines".
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes

__all__ = ["where"]


class where(Operator):
    """Choose elements of one of two arrays: output = x where the condition is not 0, else y.

    Source: Apache MXNet 1.9.1, ``where``.

    >>> import symnet as mx
    >>> mx.where(mx.array([1, 0]), mx.array([1, 2]), mx.array([10, 20]))
    NDArray([ 1., 20.], float32, CPU0)
    """

    condition = Input(
        "Array of x's shape, or with one entry for each row of x.",
        takes_gradient=False,
        any_dtype=True,
    )
    x = Input("What is taken where the condition holds.")
    y = Input("What is taken where it does not.")

    def infer_shape(
        self, condition: Shape | None = None, x: Shape | None = None, y: Shape | None = None
    ) -> Shapes:
        """All have one shape; the condition may be a vector."""
        shape = x if x is not None else y
        if shape is None:
            return {}
        if condition is not None and len(condition) == 1:
            return {"condition": shape[:1], "x": shape, "y": shape, "output": shape}
        return {"condition": shape, "x": shape, "y": shape, "output": shape}

    def forward(self, condition: Tensor, x: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """Return what was chosen."""
        result = torch.empty_like(x) if out is None else out
        _masked(x, _bits(torch.ne, condition, x), result)
        others = _masked(y, _bits(torch.eq, condition, y), torch.empty_like(y))
        torch.bitwise_or(*map(_as_bits, (result, others)), out=_as_bits(result))
        return result

    def x_gradient(self, grad: Tensor, condition: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad where x was taken, 0 elsewhere."""
        return _masked(grad, _bits(torch.ne, condition, grad), out)

    def y_gradient(self, grad: Tensor, condition: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad where y was taken, 0 elsewhere."""
        return _masked(grad, _bits(torch.eq, condition, grad), out)


# Choosing number by number is slow where conditions change often, as processors guess them. All
# bits of a number, or none, are chosen without a guess, and infinities and NaNs stay as they are.

_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def _as_bits(tensor: Tensor) -> Tensor:
    """Return a view of numbers as whole numbers of the same bits."""
    return tensor.view(_BITS[tensor.element_size()])


def _bits(compare: Callable[..., Tensor], condition: Tensor, beside: Tensor) -> Tensor:
    """Return −1, all bits, where the condition compares with 0, and 0 elsewhere."""
    kind = _BITS[beside.element_size()]
    mask = torch.empty(condition.shape, dtype=kind, device=condition.device)
    compare(condition, 0, out=mask).neg_()
    return mask.view(-1, *[1] * (beside.ndim - 1)) if mask.ndim == 1 else mask


def _masked(values: Tensor, bits: Tensor, out: Tensor | None) -> Tensor:
    """Return values whose bits stay, and 0 where none do."""
    result = torch.empty_like(values) if out is None else out
    torch.bitwise_and(_as_bits(values), bits, out=_as_bits(result))
    return result
