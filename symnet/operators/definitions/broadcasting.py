"""Broadcasting arithmetic and comparisons.

Where an axis has length 1 in one input and more in the other, it is repeated; missing axes are put
in front. The formulas are those of the operators of one shape. Source: Apache MXNet 1.9.1.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._formula import Formula, with_signature, zero_rule
from ..contract import Input, Shape, Shapes
from ..element_functions import Binary, ElementFunction
from . import comparisons, elementwise

__all__ = [
    "broadcast_add",
    "broadcast_div",
    "broadcast_equal",
    "broadcast_greater",
    "broadcast_greater_equal",
    "broadcast_hypot",
    "broadcast_lesser",
    "broadcast_lesser_equal",
    "broadcast_logical_and",
    "broadcast_logical_or",
    "broadcast_logical_xor",
    "broadcast_maximum",
    "broadcast_minimum",
    "broadcast_mod",
    "broadcast_mul",
    "broadcast_not_equal",
    "broadcast_power",
    "broadcast_sub",
    "common_shape",
    "sum_to",
]


def common_shape(lhs: Shape, rhs: Shape) -> Shape:
    """Return the shape that two shapes are broadcast to. Raises ShapeError where there is none.

    >>> common_shape((2, 1), (3,))
    (2, 3)
    """
    ndim = max(len(lhs), len(rhs))
    pairs = list(zip(_with_axes(lhs, ndim), _with_axes(rhs, ndim), strict=True))
    if any(left != right and 1 not in (left, right) for left, right in pairs):
        raise ShapeError(
            f"lhs of shape {lhs} and rhs of shape {rhs} cannot be broadcast: "
            "lengths of one axis must be equal, or one of them 1"
        )
    return tuple(right if left == 1 else left for left, right in pairs)


def _with_axes(shape: Sequence[int], ndim: int) -> Shape:
    return (1,) * (ndim - len(shape)) + tuple(shape)


def sum_to(whole: Tensor, shape: Shape, out: Tensor | None) -> Tensor:
    """Add up what was repeated, so that a tensor gets the shape that it was broadcast from."""
    kept = _with_axes(shape, whole.ndim)
    axes = [axis for axis, length in enumerate(kept) if length < whole.shape[axis]]
    if not axes:
        whole = whole.reshape(shape)
        return whole.clone() if out is None else out.copy_(whole)
    target = None if out is None else out.view(kept)
    found = torch.sum(whole, axes, keepdim=True, dtype=whole.dtype, out=target)
    return found.view(shape) if out is None else out


def _forward(formula: Formula) -> Callable[..., Tensor]:
    def rule(self: Any, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        if out is None:
            shape = common_shape(tuple(lhs.shape), tuple(rhs.shape))
            out = torch.empty(shape, dtype=lhs.dtype, device=lhs.device)
        return formula.into(out, {"lhs": lhs, "rhs": rhs})

    rule.__doc__ = f"Return ``{formula}``."
    return rule


def _gradient(formula: Formula | None, name: str) -> Callable[..., Tensor]:
    """Return the rule of an input's gradient: the formula, summed over what was repeated."""
    if formula is None:
        return zero_rule(name)

    def rule(self: Any, *, out: Tensor | None = None, **given: Any) -> Tensor:
        shape, grad = given.pop(f"{name}_shape"), given["grad"]
        whole = {key: tensor.expand(grad.shape) for key, tensor in given.items()}
        if not formula.operands:
            return sum_to(grad, shape, out)
        if out is not None and out.shape == grad.shape:
            return formula.into(out, whole)
        return sum_to(formula.into(torch.empty_like(grad), whole), shape, out)

    rule.__doc__ = f"Return ``{formula}``, summed over what was repeated."
    return with_signature(rule, (*dict.fromkeys(("grad", *formula.tensors)), f"{name}_shape"))


class _Broadcasting(ElementFunction, registered=False):
    """A function of two inputs that are broadcast: that of an operator of one shape."""

    like: ClassVar[type[Binary]]

    lhs = Input("First operand.")
    rhs = Input("Second operand, of a shape that fits.")

    def __init_subclass__(cls, *, registered: bool = True) -> None:
        if registered:
            like = cls.like
            cls.value, cls.elements = like.value, like.elements
            rules = {
                "forward": _forward(like.value),
                "lhs_gradient": _gradient(like.gradient_of_lhs, "lhs"),
                "rhs_gradient": _gradient(like.gradient_of_rhs, "rhs"),
            }
            for name, rule in rules.items():
                setattr(cls, name, rule)
        super().__init_subclass__(registered=registered)

    def row_inputs(self) -> tuple[str, ...]:
        """Say nothing of rows: one row may belong to all of the other input."""
        return ()

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """Each axis has the greater of both lengths."""
        return {"output": common_shape(lhs, rhs)}


class broadcast_add(_Broadcasting):
    """Sum of two inputs that are broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_add(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[3., 4.],
           [6., 7.]], dtype=float32)
    """

    aliases = ("broadcast_plus",)
    like = elementwise._Plus


class broadcast_sub(_Broadcasting):
    """Difference of two inputs that are broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_sub(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[-1., -2.],
           [ 2.,  1.]], dtype=float32)
    """

    aliases = ("broadcast_minus",)
    like = elementwise._Minus


class broadcast_mul(_Broadcasting):
    """Product of two inputs that are broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_mul(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[ 2.,  3.],
           [ 8., 12.]], dtype=float32)
    """

    like = elementwise._Mul


class broadcast_div(_Broadcasting):
    """Quotient of two inputs that are broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_div(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[0.5  , 0.333],
           [2.   , 1.333]], dtype=float32)
    """

    like = elementwise._Div


class broadcast_mod(_Broadcasting):
    """Remainder of a division, with the sign of the divisor and 0 where that is 0; broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_mod(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[1., 1.],
           [0., 1.]], dtype=float32)
    """

    like = elementwise._mod


class broadcast_power(_Broadcasting):
    """First input to the power of the second, broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_power(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[ 1.,  1.],
           [16., 64.]], dtype=float32)
    """

    like = elementwise._Power


class broadcast_hypot(_Broadcasting):
    """Hypotenuse of two inputs that are broadcast: root of the sum of both squares.

    >>> import symnet as mx
    >>> mx.broadcast_hypot(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[2.236, 3.162],
           [4.472, 5.   ]], dtype=float32)
    """

    like = elementwise._hypot


class broadcast_maximum(_Broadcasting):
    """Greater of two inputs that are broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_maximum(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[2., 3.],
           [4., 4.]], dtype=float32)
    """

    aliases = ("_npi_maximum",)

    like = elementwise._Maximum


class broadcast_minimum(_Broadcasting):
    """Lesser of two inputs that are broadcast.

    >>> import symnet as mx
    >>> mx.broadcast_minimum(mx.array([[1], [4]]), mx.array([2, 3])).asnumpy().round(3)
    array([[1., 1.],
           [2., 3.]], dtype=float32)
    """

    aliases = ("_npi_minimum",)

    like = elementwise._Minimum


class broadcast_equal(_Broadcasting):
    """Tell whether both are equal, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_equal(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    like = comparisons._equal


class broadcast_not_equal(_Broadcasting):
    """Tell whether both differ, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_not_equal(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """

    like = comparisons._not_equal


class broadcast_greater(_Broadcasting):
    """Tell whether the first is greater, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_greater(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[0., 0.],
           [1., 0.]], dtype=float32)
    """

    like = comparisons._greater


class broadcast_greater_equal(_Broadcasting):
    """Tell whether the first is greater, or equal, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_greater_equal(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[1., 0.],
           [1., 1.]], dtype=float32)
    """

    like = comparisons._greater_equal


class broadcast_lesser(_Broadcasting):
    """Tell whether the first is less, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_lesser(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """

    like = comparisons._lesser


class broadcast_lesser_equal(_Broadcasting):
    """Tell whether the first is less, or equal, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_lesser_equal(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[1., 1.],
           [0., 1.]], dtype=float32)
    """

    like = comparisons._lesser_equal


class broadcast_logical_and(_Broadcasting):
    """Tell whether neither is zero, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_logical_and(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[0., 0.],
           [0., 1.]], dtype=float32)
    """

    like = comparisons._logical_and


class broadcast_logical_or(_Broadcasting):
    """Tell whether one is not zero, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_logical_or(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[0., 1.],
           [1., 1.]], dtype=float32)
    """

    like = comparisons._logical_or


class broadcast_logical_xor(_Broadcasting):
    """Tell whether exactly one is not zero, of two inputs that are broadcast: 1 or 0.

    >>> import symnet as mx
    >>> mx.broadcast_logical_xor(mx.array([[0], [2]]), mx.array([0, 2])).asnumpy().round(3)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """

    like = comparisons._logical_xor
