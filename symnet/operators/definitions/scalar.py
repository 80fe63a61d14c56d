"""Arithmetic with a number.

Source: docs/semantics §1.8, §3.27, and Apache MXNet 1.9.1 for those that are newer.
"""

import torch

from ...core.errors import DTypeError
from .._formula import grad, lhs, output, scalar
from ..element_functions import Scalar

__all__ = [
    "_DivScalar",
    "_MaximumScalar",
    "_MinimumScalar",
    "_MinusScalar",
    "_MulScalar",
    "_PlusScalar",
    "_PowerScalar",
    "_RDivScalar",
    "_RMinusScalar",
    "_RPowerScalar",
    "_hypot_scalar",
    "_mod_scalar",
    "_rmod_scalar",
]


class _PlusScalar(Scalar):
    """Add a number."""

    aliases = ("_plus_scalar",)
    written_name = "_plus_scalar"
    flipped = "_PlusScalar"
    value = lhs + scalar
    gradient = grad


class _MinusScalar(Scalar):
    """Subtract a number."""

    aliases = ("_minus_scalar",)
    written_name = "_minus_scalar"
    flipped = "_RMinusScalar"
    value = lhs - scalar
    gradient = grad


class _RMinusScalar(Scalar):
    """Subtract from a number."""

    aliases = ("_rminus_scalar",)
    written_name = "_rminus_scalar"
    flipped = "_MinusScalar"
    value = -lhs + scalar
    gradient = -grad


class _MulScalar(Scalar):
    """Multiply by a number."""

    aliases = ("_mul_scalar",)
    written_name = "_mul_scalar"
    flipped = "_MulScalar"
    value = lhs * scalar
    gradient = grad * scalar


class _DivScalar(Scalar):
    """Divide by a number."""

    aliases = ("_div_scalar",)
    written_name = "_div_scalar"
    flipped = "_RDivScalar"
    elements = "floats"
    value = lhs / scalar
    gradient = grad / scalar


class _RDivScalar(Scalar):
    """Divide a number."""

    aliases = ("_rdiv_scalar",)
    written_name = "_rdiv_scalar"
    flipped = "_DivScalar"
    elements = "floats"
    value = lhs.reciprocal() * scalar
    gradient = -(grad * output) / lhs


class _mod_scalar(Scalar):
    """Remainder of a division by a number, with its sign; 0 where that is 0."""

    aliases = ("_ModScalar",)
    hint = "_modscalar"
    flipped = "_rmod_scalar"
    value = lhs.remainder(scalar + scalar.eq(0)) * scalar.ne(0)
    gradient = grad


class _rmod_scalar(Scalar):
    """Remainder of a number in a division by the input, with its sign; 0 where that is 0."""

    aliases = ("_RModScalar",)
    hint = "_rmodscalar"
    flipped = "_mod_scalar"
    value = (lhs * 0 + scalar).remainder(lhs + lhs.eq(0)) * lhs.ne(0)
    gradient = grad * -(lhs * 0 + scalar).floor_divide(lhs + lhs.eq(0)) * lhs.ne(0)


class _PowerScalar(Scalar):
    """Raise to the power of a number."""

    aliases = ("_power_scalar",)
    written_name = "_power_scalar"
    flipped = "_RPowerScalar"
    value = lhs.pow(scalar)
    gradient = grad * scalar * lhs.pow(scalar - 1)

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the input's element type; whole numbers have no negative powers."""
        own = super().infer_dtype(shared)
        if not own.is_floating_point and self.scalar < 0:
            raise DTypeError("whole numbers have no negative powers; convert with astype or Cast")
        return own


class _RPowerScalar(Scalar):
    """Raise a number to the power of the input."""

    aliases = ("_rpower_scalar",)
    written_name = "_rpower_scalar"
    flipped = "_PowerScalar"
    elements = "floats"
    value = scalar.pow(lhs)
    gradient = grad * output * scalar.log()


class _hypot_scalar(Scalar):
    """Hypotenuse with a number: root of the sum of both squares."""

    aliases = ("_HypotScalar", "_npi_hypot_scalar")
    hint = "_hypotscalar"
    flipped = "_hypot_scalar"
    elements = "floats"
    value = (lhs.square() + scalar * scalar).sqrt()
    gradient = grad * lhs / output


class _MaximumScalar(Scalar):
    """Greater of the input and a number."""

    aliases = ("_maximum_scalar", "_npi_maximum_scalar")
    written_name = "_maximum_scalar"
    flipped = "_MaximumScalar"
    value = lhs.clamp_min(scalar)
    gradient = grad * (lhs >= scalar)


class _MinimumScalar(Scalar):
    """Lesser of the input and a number."""

    aliases = ("_minimum_scalar", "_npi_minimum_scalar")
    written_name = "_minimum_scalar"
    flipped = "_MinimumScalar"
    value = lhs.clamp_max(scalar)
    gradient = grad * (lhs <= scalar)
