"""Comparisons and logic.

Element by element: 1 where it is so and 0 elsewhere, without gradient. The result has the element
type of the inputs. Source: Apache MXNet 1.9.1.
"""

import torch

from .._formula import lhs, rhs, scalar
from ..element_functions import Binary, Scalar

__all__ = [
    "_equal",
    "_equal_scalar",
    "_greater",
    "_greater_equal",
    "_greater_equal_scalar",
    "_greater_scalar",
    "_lesser",
    "_lesser_equal",
    "_lesser_equal_scalar",
    "_lesser_scalar",
    "_logical_and",
    "_logical_and_scalar",
    "_logical_or",
    "_logical_or_scalar",
    "_logical_xor",
    "_logical_xor_scalar",
    "_not_equal",
    "_not_equal_scalar",
]


class _Comparison(Binary, registered=False):
    elements = "any"


class _ScalarComparison(Scalar, registered=False):
    elements = "any"

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the element type of the input, whose range the number must not leave."""
        if not shared.is_floating_point:
            self.check_range(shared)
        return shared


class _equal(_Comparison):
    """Tell whether both are equal, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Equal",)
    value = lhs.eq(rhs)


class _equal_scalar(_ScalarComparison):
    """Tell whether both are equal, of the input and a number: 1 or 0."""

    aliases = ("_EqualScalar",)
    hint = "_equalscalar"
    flipped = "_equal_scalar"
    value = lhs.eq(scalar)


class _not_equal(_Comparison):
    """Tell whether both differ, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Not_Equal",)
    value = lhs.ne(rhs)


class _not_equal_scalar(_ScalarComparison):
    """Tell whether both differ, of the input and a number: 1 or 0."""

    aliases = ("_NotEqualScalar",)
    hint = "_notequalscalar"
    flipped = "_not_equal_scalar"
    value = lhs.ne(scalar)


class _greater(_Comparison):
    """Tell whether the first is greater, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Greater",)
    value = lhs > rhs


class _greater_scalar(_ScalarComparison):
    """Tell whether the first is greater, of the input and a number: 1 or 0."""

    aliases = ("_GreaterScalar",)
    hint = "_greaterscalar"
    flipped = "_lesser_scalar"
    value = lhs > scalar


class _greater_equal(_Comparison):
    """Tell whether the first is greater, or equal, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Greater_Equal",)
    value = lhs >= rhs


class _greater_equal_scalar(_ScalarComparison):
    """Tell whether the first is greater, or equal, of the input and a number: 1 or 0."""

    aliases = ("_GreaterEqualScalar",)
    hint = "_greaterequalscalar"
    flipped = "_lesser_equal_scalar"
    value = lhs >= scalar


class _lesser(_Comparison):
    """Tell whether the first is less, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Lesser",)
    value = lhs < rhs


class _lesser_scalar(_ScalarComparison):
    """Tell whether the first is less, of the input and a number: 1 or 0."""

    aliases = ("_LesserScalar",)
    hint = "_lesserscalar"
    flipped = "_greater_scalar"
    value = lhs < scalar


class _lesser_equal(_Comparison):
    """Tell whether the first is less, or equal, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Lesser_Equal",)
    value = lhs <= rhs


class _lesser_equal_scalar(_ScalarComparison):
    """Tell whether the first is less, or equal, of the input and a number: 1 or 0."""

    aliases = ("_LesserEqualScalar",)
    hint = "_lesserequalscalar"
    flipped = "_greater_equal_scalar"
    value = lhs <= scalar


class _logical_and(_Comparison):
    """Tell whether neither is zero, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Logical_And",)
    value = lhs.logical_and(rhs)


class _logical_and_scalar(_ScalarComparison):
    """Tell whether neither is zero, of the input and a number: 1 or 0."""

    aliases = ("_LogicalAndScalar",)
    hint = "_logicalandscalar"
    flipped = "_logical_and_scalar"
    value = lhs.ne(0) * scalar.ne(0)


class _logical_or(_Comparison):
    """Tell whether one is not zero, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Logical_Or",)
    value = lhs.logical_or(rhs)


class _logical_or_scalar(_ScalarComparison):
    """Tell whether one is not zero, of the input and a number: 1 or 0."""

    aliases = ("_LogicalOrScalar",)
    hint = "_logicalorscalar"
    flipped = "_logical_or_scalar"
    value = lhs.ne(0).clamp_min(scalar.ne(0))


class _logical_xor(_Comparison):
    """Tell whether exactly one is not zero, of two equally shaped inputs: 1 or 0."""

    aliases = ("_Logical_Xor",)
    value = lhs.logical_xor(rhs)


class _logical_xor_scalar(_ScalarComparison):
    """Tell whether exactly one is not zero, of the input and a number: 1 or 0."""

    aliases = ("_LogicalXorScalar",)
    hint = "_logicalxorscalar"
    flipped = "_logical_xor_scalar"
    value = lhs.ne(0).ne(scalar.ne(0))
