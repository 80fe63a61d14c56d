"""What operators over all steps of a sequence share.

Rows of arrays are those of the first step, then those of the second, and so on. What does not
depend on the step is done for all steps at once, and everything is written into memory that is
there, so that the planned program only makes the calls again.
"""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from ..contract import Input, Operator, param

__all__ = ["AllSteps", "before_each", "new", "turned"]


class AllSteps(Operator, registered=False):
    """Base of operators over all steps; passes put them in the place of unrolled cells."""

    floats_only = True

    init_h = Input("The output before the first step, (batch, hidden).")
    steps: int = param("Number of steps.", min=1)

    def _weight_gradients(
        self,
        found: dict[str, Tensor],
        slopes: Tensor,
        before: Tensor,
        wants: Collection[str],
        out: Mapping[str, Tensor],
        stem: str = "",
    ) -> None:
        """Add the gradients of a weight and its bias, for all steps at once.

        Args:
            found: takes them, by name.
            slopes: what flows back to the product, at all steps.
            before: what is multiplied by the weight, at all steps.
            wants: names of the inputs whose gradients are wanted.
            out: planned memory, by name.
            stem: what the names of the weight and the bias begin with.
        """
        if f"{stem}weight" in wants:
            place = out.get(f"{stem}weight")
            found[f"{stem}weight"] = torch.mm(slopes.t(), before, out=place)
        if f"{stem}bias" in wants:
            found[f"{stem}bias"] = torch.sum(slopes, 0, out=out.get(f"{stem}bias"))


def before_each(init_h: Tensor, output: Tensor) -> Tensor:
    """Return h before each step, in memory of its own: one product of it is faster so."""
    before = new(output, *output.shape)
    before[: len(init_h)].copy_(init_h)
    before[len(init_h) :].copy_(output[: -len(init_h)])
    return before


def turned(weight: Tensor) -> Tensor:
    """Return a weight transposed in memory: once, and every step multiplies faster."""
    found = new(weight, weight.shape[1], weight.shape[0])
    # Written through a transposed view, so that rows of the result lie side by side.
    found.t().copy_(weight)
    return found


def new(like: Tensor, *shape: int) -> Tensor:
    """Return memory of the same type and device, whose numbers mean nothing."""
    return torch.empty(shape, dtype=like.dtype, device=like.device)
