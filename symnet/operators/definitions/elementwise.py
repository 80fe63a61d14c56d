"""Elementwise arithmetic and functions.

Each is a row of a table: the function and, input by input, the gradient. Functions take ``out``
where torch's do. Source: docs/semantics §1.8, §3.26, §3.27.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..contract import Input, Inputs, Operator, Shape, Shapes, overwrites, param, view_of
from .examples import unary_example

__all__ = ["BINARY", "SCALAR", "UNARY", "ElementWiseSum"]

Function = Callable[..., Tensor]


def _round(data: Tensor, out: Tensor | None = None) -> Tensor:
    """Round half away from zero, as C's roundf; torch rounds half to even."""
    return torch.mul(torch.floor(data.abs() + 0.5), torch.sign(data), out=out)


def _log(number: float) -> float:
    """Return the logarithm of a number as torch has it: -inf at 0, NaN below."""
    return float(torch.tensor(number, dtype=torch.float64).log())


class _Unary(NamedTuple):
    name: str
    doc: str
    function: Function
    gradient: Function
    rising: bool = False


_over_grad = overwrites("grad")
"""For gradients of one step, which may be written over what they read."""


@view_of("grad")
def _same(self: Operator, grad: Tensor) -> Tensor:
    """Gradient that passes through unchanged."""
    return grad


def _flat(self: Operator, data: Tensor) -> Tensor:
    """Gradient of a step function."""
    return torch.zeros_like(data)


_UNARY_ROWS = (
    _Unary(
        "abs",
        "Absolute value.",
        torch.abs,
        lambda self, grad, data, out=None: torch.mul(grad, torch.sign(data, out=out), out=out),
    ),
    _Unary("ceil", "Least whole number that is not less.", torch.ceil, _flat, True),
    _Unary(
        "cos",
        "Cosine.",
        torch.cos,
        lambda self, grad, data, out=None: torch.mul(
            grad, torch.neg(torch.sin(data, out=out), out=out), out=out
        ),
    ),
    _Unary(
        "exp",
        "Exponential.",
        torch.exp,
        _over_grad(lambda self, grad, output, out=None: torch.mul(grad, output, out=out)),
        True,
    ),
    _Unary("floor", "Greatest whole number that is not greater.", torch.floor, _flat, True),
    _Unary(
        "log",
        "Natural logarithm.",
        torch.log,
        _over_grad(lambda self, grad, data, out=None: torch.div(grad, data, out=out)),
        True,
    ),
    _Unary("round", "Nearest whole number, halves away from zero.", _round, _flat, True),
    _Unary(
        "rsqrt",
        "One over the square root.",
        torch.rsqrt,
        lambda self, grad, data, output, out=None: torch.div(
            torch.mul(torch.mul(grad, output, out=out), -0.5, out=out), data, out=out
        ),
    ),
    _Unary("sign", "Sign: -1, 0 or 1.", torch.sign, _flat, True),
    _Unary(
        "sin",
        "Sine.",
        torch.sin,
        lambda self, grad, data, out=None: torch.mul(grad, torch.cos(data, out=out), out=out),
    ),
    _Unary(
        "sqrt",
        "Square root.",
        torch.sqrt,
        lambda self, grad, output, out=None: torch.div(
            torch.mul(grad, 0.5, out=out), output, out=out
        ),
        True,
    ),
    _Unary(
        "square",
        "Square.",
        torch.square,
        lambda self, grad, data, out=None: torch.mul(torch.mul(grad, 2, out=out), data, out=out),
    ),
)


class _Binary(NamedTuple):
    name: str
    aliases: tuple[str, ...]
    doc: str
    function: Function
    lhs: Function
    rhs: Function


_BINARY_ROWS = (
    _Binary(
        "_Plus",
        ("elemwise_add", "_plus", "_add"),
        "Sum of two equally shaped inputs.",
        torch.add,
        _same,
        _same,
    ),
    _Binary(
        "_Minus",
        ("elemwise_sub", "_minus", "_sub"),
        "Difference of two equally shaped inputs.",
        torch.sub,
        _same,
        _over_grad(lambda self, grad, out=None: torch.neg(grad, out=out)),
    ),
    _Binary(
        "_Mul",
        ("elemwise_mul", "_mul"),
        "Elementwise product of two equally shaped inputs.",
        torch.mul,
        _over_grad(lambda self, grad, rhs, out=None: torch.mul(grad, rhs, out=out)),
        _over_grad(lambda self, grad, lhs, out=None: torch.mul(grad, lhs, out=out)),
    ),
    _Binary(
        "_Div",
        ("elemwise_div", "_div"),
        "Elementwise quotient of two equally shaped inputs.",
        torch.div,
        _over_grad(lambda self, grad, rhs, out=None: torch.div(grad, rhs, out=out)),
        lambda self, grad, rhs, output, out=None: torch.div(
            torch.neg(torch.mul(grad, output, out=out), out=out), rhs, out=out
        ),
    ),
    _Binary(
        "_Power",
        ("_power",),
        "First input to the power of the second.",
        torch.pow,
        lambda self, grad, lhs, rhs: grad * rhs * torch.pow(lhs, rhs - 1),
        lambda self, grad, lhs, output: grad * output * torch.log(lhs),
    ),
    _Binary(
        "_Maximum",
        ("_maximum",),
        "Greater of two equally shaped inputs; at a tie the gradient goes to the first.",
        torch.maximum,
        lambda self, grad, lhs, rhs: grad * (lhs >= rhs),
        lambda self, grad, lhs, rhs: grad * (lhs < rhs),
    ),
    _Binary(
        "_Minimum",
        ("_minimum",),
        "Lesser of two equally shaped inputs; at a tie the gradient goes to the first.",
        torch.minimum,
        lambda self, grad, lhs, rhs: grad * (lhs <= rhs),
        lambda self, grad, lhs, rhs: grad * (lhs > rhs),
    ),
)


class _Scalar(NamedTuple):
    name: str
    alias: str
    doc: str
    function: Function
    gradient: Function
    flipped: str


_SCALAR_ROWS = (
    _Scalar(
        "_PlusScalar",
        "_plus_scalar",
        "Add a number.",
        lambda lhs, scalar, out=None: torch.add(lhs, scalar, out=out),
        _same,
        "_PlusScalar",
    ),
    _Scalar(
        "_MinusScalar",
        "_minus_scalar",
        "Subtract a number.",
        lambda lhs, scalar, out=None: torch.sub(lhs, scalar, out=out),
        _same,
        "_RMinusScalar",
    ),
    _Scalar(
        "_RMinusScalar",
        "_rminus_scalar",
        "Subtract from a number.",
        lambda lhs, scalar, out=None: torch.add(torch.neg(lhs, out=out), scalar, out=out),
        _over_grad(lambda self, grad, out=None: torch.neg(grad, out=out)),
        "_MinusScalar",
    ),
    _Scalar(
        "_MulScalar",
        "_mul_scalar",
        "Multiply by a number.",
        lambda lhs, scalar, out=None: torch.mul(lhs, scalar, out=out),
        _over_grad(lambda self, grad, out=None: torch.mul(grad, self.scalar, out=out)),
        "_MulScalar",
    ),
    _Scalar(
        "_DivScalar",
        "_div_scalar",
        "Divide by a number.",
        lambda lhs, scalar, out=None: torch.div(lhs, scalar, out=out),
        _over_grad(lambda self, grad, out=None: torch.div(grad, self.scalar, out=out)),
        "_RDivScalar",
    ),
    _Scalar(
        "_RDivScalar",
        "_rdiv_scalar",
        "Divide a number.",
        lambda lhs, scalar, out=None: torch.mul(torch.reciprocal(lhs, out=out), scalar, out=out),
        lambda self, grad, lhs, output, out=None: torch.div(
            torch.neg(torch.mul(grad, output, out=out), out=out), lhs, out=out
        ),
        "_DivScalar",
    ),
    _Scalar(
        "_PowerScalar",
        "_power_scalar",
        "Raise to the power of a number.",
        lambda lhs, scalar, out=None: torch.pow(lhs, scalar, out=out),
        lambda self, grad, lhs: grad * self.scalar * torch.pow(lhs, self.scalar - 1),
        "_RPowerScalar",
    ),
    _Scalar(
        "_RPowerScalar",
        "_rpower_scalar",
        "Raise a number to the power of the input.",
        lambda lhs, scalar, out=None: torch.pow(scalar, lhs, out=out),
        lambda self, grad, output: grad * output * _log(self.scalar),
        "_PowerScalar",
    ),
    _Scalar(
        "_MaximumScalar",
        "_maximum_scalar",
        "Greater of the input and a number.",
        lambda lhs, scalar, out=None: torch.clamp_min(lhs, scalar, out=out),
        lambda self, grad, lhs: grad * (lhs >= self.scalar),
        "_MaximumScalar",
    ),
    _Scalar(
        "_MinimumScalar",
        "_minimum_scalar",
        "Lesser of the input and a number.",
        lambda lhs, scalar, out=None: torch.clamp_max(lhs, scalar, out=out),
        lambda self, grad, lhs: grad * (lhs <= self.scalar),
        "_MinimumScalar",
    ),
)


def _unary_class(row: _Unary) -> type[Operator]:
    @overwrites("data")
    def forward(self: Operator, data: Tensor, out: Tensor | None = None) -> Tensor:
        return row.function(data, out=out)

    def infer_shape(self: Operator, data: Shape) -> Shapes:
        return {"output": data}

    members = {
        "__doc__": f"{row.doc}\n\n{unary_example(row.name)}",
        "data": Input("Input of any shape.", also="src"),
        "memory_order": "follows",
        "rising": row.rising,
        "row_inputs": lambda self: ("data",),
        "forward": forward,
        "infer_shape": infer_shape,
        "data_gradient": row.gradient,
    }
    return type(row.name, (Operator,), members)


def _binary_class(row: _Binary) -> type[Operator]:
    @overwrites("lhs", "rhs")
    def forward(self: Operator, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        return row.function(lhs, rhs, out=out)

    def infer_shape(self: Operator, lhs: Shape | None = None, rhs: Shape | None = None) -> Shapes:
        known = lhs if lhs is not None else rhs
        return {"lhs": known, "rhs": known, "output": known}

    members = {
        "__doc__": row.doc,
        "aliases": row.aliases,
        "lhs": Input("First operand."),
        "rhs": Input("Second operand, of the same shape."),
        "memory_order": "follows",
        "row_inputs": lambda self: ("lhs", "rhs"),
        "forward": forward,
        "infer_shape": infer_shape,
        "lhs_gradient": row.lhs,
        "rhs_gradient": row.rhs,
    }
    return type(row.name, (Operator,), members)


def _scalar_class(row: _Scalar) -> type[Operator]:
    @overwrites("lhs")
    def forward(self: Any, lhs: Tensor, out: Tensor | None = None) -> Tensor:
        return row.function(lhs, self.scalar, out=out)

    def infer_shape(self: Operator, lhs: Shape) -> Shapes:
        return {"output": lhs}

    members = {
        "__doc__": row.doc,
        "__annotations__": {"scalar": float},
        "aliases": (row.alias,),
        "flipped": row.flipped,
        "lhs": Input("Input of any shape.", also="array"),
        "scalar": param("The number.", also="rhs"),
        "memory_order": "follows",
        "row_inputs": lambda self: ("lhs",),
        "forward": forward,
        "infer_shape": infer_shape,
        "lhs_gradient": row.gradient,
    }
    return type(row.name, (Operator,), members)


def _table(classes: list[type[Operator]]) -> Mapping[str, type[Operator]]:
    return {cls.__name__: cls for cls in classes}


UNARY = _table([_unary_class(row) for row in _UNARY_ROWS])
BINARY = _table([_binary_class(row) for row in _BINARY_ROWS])
SCALAR = _table([_scalar_class(row) for row in _SCALAR_ROWS])


class ElementWiseSum(Operator):
    """Sum of any number of equally shaped inputs.

    >>> import symnet as mx
    >>> mx.ElementWiseSum(mx.array([1, 2]), mx.array([10, 20]), mx.array([100, 200]))
    NDArray([111., 222.], float32, CPU0)
    """

    aliases = ("add_n",)
    memory_order = "follows"

    args = Inputs("Arrays of equal shape.")
    num_args: int = param("Number of inputs.", min=1)

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """Any one known shape is that of all."""
        known = next((shape for shape in args if shape is not None), None)
        return {"args": [known] * self.num_args, "output": known}

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
