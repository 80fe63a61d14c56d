"""Clipping."""

import torch
from torch import Tensor

from ...core.errors import ParameterError
from .._same_shape import SameShape
from ..contract import Input, overwrites, param
from ..meaning import Between, Meaning

__all__ = ["clip"]


class clip(SameShape):
    """Cut values off at two limits: min(max(data, a_min), a_max); NaN stays NaN.

    Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.clip(mx.array([-2, 0.5, 2]), a_min=0, a_max=1)
    NDArray([0. , 0.5, 1. ], float32, CPU0)
    """

    aliases = ("_npi_clip",)

    memory_order = "follows"

    data = Input("Input of any shape.", also="src")
    a_min: float = param("Least value of the result.", infinite=True)
    a_max: float = param("Greatest value of the result.", infinite=True)

    def check(self) -> None:
        """The limits must be in order."""
        if self.a_min > self.a_max:
            raise ParameterError(f"clip: a_min={self.a_min:g} is above a_max={self.a_max:g}")

    def meaning(self) -> Meaning:
        """Two limits."""
        return Between(self.a_min, self.a_max)

    @overwrites("data")
    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the values, none beyond a limit; whole numbers have whole limits."""
        if data.is_floating_point():
            return torch.clamp(data, self.a_min, self.a_max, out=out)
        kind = torch.iinfo(data.dtype)
        least, greatest = (int(min(max(x, kind.min), kind.max)) for x in (self.a_min, self.a_max))
        return torch.clamp(data, least, greatest, out=out)

    def data_gradient(self, grad: Tensor, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad for values between the limits, 0 for those beyond."""
        inside = torch.ge(data, self.a_min, out=torch.empty_like(grad))
        inside.mul_(torch.le(data, self.a_max, out=torch.empty_like(grad)))
        return torch.mul(grad, inside, out=out)
