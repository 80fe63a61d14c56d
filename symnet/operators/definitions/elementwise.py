"""Elementwise arithmetic.

Source: docs/semantics §1.8, §3.26, and Apache MXNet 1.9.1 for those that are newer.
"""

import torch
from torch import Tensor

from .._formula import grad, lhs, output, rhs
from ..contract import Inputs, Operator, Shape, Shapes, overwrites, param, view_of
from ..element_functions import Binary
from ..meaning import Meaning, OfElements

__all__ = [
    "ElementWiseSum",
    "_Div",
    "_Maximum",
    "_Minimum",
    "_Minus",
    "_Mul",
    "_Plus",
    "_Power",
    "_grad_add",
    "_hypot",
    "_mod",
]


class _Plus(Binary):
    """Sum of two equally shaped inputs.

    >>> import symnet as mx
    >>> mx.elemwise_add(mx.array([1, 2]), mx.array([10, 20]))
    NDArray([11., 22.], float32, CPU0)
    """

    aliases = ("elemwise_add", "_plus", "_add")
    written_name = "elemwise_add"
    value = lhs + rhs
    gradient_of_lhs = grad
    gradient_of_rhs = grad


class _Minus(Binary):
    """Difference of two equally shaped inputs.

    >>> import symnet as mx
    >>> mx.elemwise_sub(mx.array([10, 20]), mx.array([1, 2]))
    NDArray([ 9., 18.], float32, CPU0)
    """

    aliases = ("elemwise_sub", "_minus", "_sub")
    written_name = "elemwise_sub"
    value = lhs - rhs
    gradient_of_lhs = grad
    gradient_of_rhs = -grad


class _Mul(Binary):
    """Elementwise product of two equally shaped inputs.

    >>> import symnet as mx
    >>> mx.elemwise_mul(mx.array([1, 2]), mx.array([10, 20]))
    NDArray([10., 40.], float32, CPU0)
    """

    aliases = ("elemwise_mul", "_mul")
    written_name = "elemwise_mul"
    value = lhs * rhs
    gradient_of_lhs = grad * rhs
    gradient_of_rhs = grad * lhs


class _Div(Binary):
    """Elementwise quotient of two equally shaped inputs.

    >>> import symnet as mx
    >>> mx.elemwise_div(mx.array([10, 20]), mx.array([4, 5]))
    NDArray([2.5, 4. ], float32, CPU0)
    """

    aliases = ("elemwise_div", "_div")
    written_name = "elemwise_div"
    elements = "floats"
    value = lhs / rhs
    gradient_of_lhs = grad / rhs
    gradient_of_rhs = -(grad * output) / rhs


class _mod(Binary):
    """Remainder of a division, with the sign of the second input; 0 where that is 0."""

    aliases = ("_Mod",)
    value = lhs.remainder(rhs + rhs.eq(0)) * rhs.ne(0)
    gradient_of_lhs = grad
    # A quotient of whole numbers would be a fraction, and by 0 an error.
    gradient_of_rhs = grad * -lhs.floor_divide(rhs + rhs.eq(0)) * rhs.ne(0)


class _Power(Binary):
    """First input to the power of the second."""

    aliases = ("_power",)
    written_name = "_power"
    elements = "floats"
    value = lhs.pow(rhs)
    gradient_of_lhs = grad * rhs * lhs.pow(rhs - 1)
    gradient_of_rhs = grad * output * lhs.log()


class _hypot(Binary):
    """Hypotenuse: root of the sum of both squares."""

    aliases = ("_Hypot",)
    elements = "floats"
    value = lhs.hypot(rhs)
    gradient_of_lhs = grad * lhs / output
    gradient_of_rhs = grad * rhs / output


class _Maximum(Binary):
    """Greater of two equally shaped inputs; at a tie the gradient goes to the first."""

    aliases = ("_maximum",)
    written_name = "_maximum"
    value = lhs.maximum(rhs)
    gradient_of_lhs = grad * (lhs >= rhs)
    gradient_of_rhs = grad * (lhs < rhs)


class _Minimum(Binary):
    """Lesser of two equally shaped inputs; at a tie the gradient goes to the first."""

    aliases = ("_minimum",)
    written_name = "_minimum"
    value = lhs.minimum(rhs)
    gradient_of_lhs = grad * (lhs <= rhs)
    gradient_of_rhs = grad * (lhs > rhs)


class _grad_add(Binary):
    """Sum of two gradients of one shape."""

    value = lhs + rhs
    gradient_of_lhs = grad
    gradient_of_rhs = grad


class ElementWiseSum(Operator):
    """Sum of any number of equally shaped inputs.

    >>> import symnet as mx
    >>> mx.ElementWiseSum(mx.array([1, 2]), mx.array([10, 20]), mx.array([100, 200]))
    NDArray([111., 222.], float32, CPU0)
    """

    aliases = ("add_n",)
    written_name = "add_n"
    memory_order = "follows"

    args = Inputs("Arrays of equal shape.")
    num_args: int = param("Number of inputs.", min=1)

    def infer_shape(self, args: list[Shape | None], output: Shape | None = None) -> Shapes:
        """Any one known shape is that of all."""
        known = next((shape for shape in (*args, output) if shape is not None), None)
        return {"args": [known] * self.num_args, "output": known}

    def meaning(self) -> Meaning:
        """All inputs are added up."""
        return OfElements.SUM

    @overwrites("args")
    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return the sum, adding from the left."""
        if len(args) == 1:
            return args[0].clone() if out is None else out.copy_(args[0])
        # A later addend may lie where the result goes: one value may be several addends.
        late = out is not None and any(a.data_ptr() == out.data_ptr() for a in args[2:])
        total = torch.add(args[0], args[1], out=None if late else out)
        for addend in args[2:]:
            total += addend
        return total if out is None or total is out else out.copy_(total)

    @view_of("grad")
    def args_gradient(self, index: int, grad: Tensor) -> Tensor:
        """Return what flowed back, for every input alike."""
        return grad
