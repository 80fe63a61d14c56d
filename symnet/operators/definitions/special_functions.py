"""Special functions, sigmoid, relu.

Source: Apache MXNet 1.9.1.
"""

import math
from math import inf

import torch
from torch import Tensor

from .._formula import data, grad, output, parameter
from ..contract import Input, Operator, Shape, Shapes, overwrites, param
from ..element_functions import Unary

__all__ = [
    "_contrib_round_ste",
    "_contrib_sign_ste",
    "erf",
    "erfinv",
    "gamma",
    "gammaln",
    "logical_not",
    "relu",
    "sigmoid",
    "softsign",
]

bound, steepness = parameter("bound"), parameter("steepness")


class erf(Unary):
    """Error function: the integral of 2/√π · exp(-t²) from 0.

    >>> import symnet as mx
    >>> mx.erf(mx.array([0, 0.5])).asnumpy().round(3)
    array([0.  , 0.52], dtype=float32)
    """

    aliases = ("_npx_erf",)

    nondecreasing = True
    elements = "floats"
    value = data.erf()
    gradient = grad * (-data.square()).exp() * (2 / math.sqrt(math.pi))


class erfinv(Unary):
    """Inverse of the error function, of numbers between -1 and 1.

    >>> import symnet as mx
    >>> mx.erfinv(mx.array([0, 0.5])).asnumpy().round(3)
    array([0.   , 0.477], dtype=float32)
    """

    aliases = ("_npx_erfinv",)

    elements = "floats"
    value = data.erfinv()
    gradient = grad * output.square().exp() * (math.sqrt(math.pi) / 2)


class gammaln(Unary):
    """Logarithm of the absolute value of the gamma function.

    >>> import symnet as mx
    >>> mx.gammaln(mx.array([1, 5])).asnumpy().round(3)
    array([0.   , 3.178], dtype=float32)
    """

    aliases = ("_npx_gammaln",)

    elements = "floats"
    value = data.lgamma()
    gradient = grad * data.digamma()


class gamma(Unary):
    """Gamma function: the factorial of one less than the number.

    >>> import symnet as mx
    >>> mx.gamma(mx.array([1, 5, -0.5])).asnumpy().round(3)
    array([ 1.   , 24.   , -3.545], dtype=float32)
    """

    aliases = ("_npx_gamma",)

    elements = "floats"
    # Below zero the sign changes at each whole number.
    value = data.lgamma().exp() * (data.floor().clamp_max(0) * math.pi).cos()
    gradient = grad * output * data.digamma()


class relu(Unary):
    """The number, and zero for negative ones.

    >>> import symnet as mx
    >>> mx.relu(mx.array([-1, 0, 2])).asnumpy().round(3)
    array([0., 0., 2.], dtype=float32)
    """

    nondecreasing = True
    value = data.clamp_min(0)
    gradient = grad * (output > 0)


class sigmoid(Unary):
    """Logistic function: 1 / (1 + exp(-data)).

    >>> import symnet as mx
    >>> mx.sigmoid(mx.array([0, 1])).asnumpy().round(3)
    array([0.5  , 0.731], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.sigmoid()
    gradient = grad * output * (1 - output)


class softsign(Unary):
    """The number over one more than its absolute value.

    >>> import symnet as mx
    >>> mx.softsign(mx.array([-1, 0, 3])).asnumpy().round(3)
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data / (data.abs() + 1)
    gradient = grad / (data.abs() + 1).square()


class logical_not(Unary):
    """One for zero, zero for all other numbers.

    >>> import symnet as mx
    >>> mx.logical_not(mx.array([-1, 0, 2])).asnumpy().round(3)
    array([0., 1., 0.], dtype=float32)
    """

    elements = "any"
    value = data.eq(0)


class _contrib_sign_ste(Unary):
    """Sign, with the gradient of the number itself: a straight-through estimator."""

    hint = "sign_ste"
    value = data.sign()
    gradient = grad


class _contrib_round_ste(Unary):
    """Nearest whole number, halves away from zero, with the gradient of the number itself."""

    hint = "round_ste"
    value = data.trunc() + data.sign() * ((data - data.trunc()).abs() >= 0.5)
    gradient = grad


class smooth_l1(Unary):
    """Half the square near zero, the absolute value elsewhere: the loss that outliers do not rule.

    With s for scalar: (s · data)² / 2 where abs(data) < 1 / s², abs(data) - 1 / (2 s²) elsewhere.

    >>> import symnet as mx
    >>> mx.smooth_l1(mx.array([-2, 0.5, 3]), scalar=1).asnumpy().round(3)
    array([1.5  , 0.125, 2.5  ], dtype=float32)
    """

    aliases = ("_npx_smooth_l1",)

    elements = "floats"

    scalar: float = param("Where the parabola ends: at 1 / scalar².", default=1.0)
    is_int: bool = param("Without meaning: inputs are floats.", default=True)

    # Within the bounds what is cut off is data itself, beyond them it is the bound.
    value = data.clip(-bound, bound) * steepness * (data - data.clip(-bound, bound) * 0.5)
    gradient = grad * (data * steepness).clip(-1, 1)

    @property
    def steepness(self) -> float:
        """The square of scalar."""
        return self.scalar * self.scalar

    @property
    def bound(self) -> float:
        """Where the parabola ends; nowhere for a scalar of 0."""
        return 1 / self.steepness if self.steepness else inf


class hard_sigmoid(Unary):
    """A sigmoid of three straight lines: alpha · data + beta, cut to the range from 0 to 1.

    >>> import symnet as mx
    >>> mx.hard_sigmoid(mx.array([-3, 0, 1])).asnumpy().round(3)
    array([0. , 0.5, 0.7], dtype=float32)
    """

    elements = "floats"

    alpha: float = param("Slope.", default=0.2)
    beta: float = param("Value at 0.", default=0.5)

    value = (data * parameter("alpha") + parameter("beta")).clip(0, 1)
    gradient = grad * ((output > 0) * (output < 1)) * parameter("alpha")


class _contrib_quadratic(Unary):
    """A polynomial of second degree: a · data² + b · data + c."""

    hint = "quadratic"
    a: float = param("Coefficient of the square.", default=0.0)
    b: float = param("Coefficient of the number.", default=0.0)
    c: float = param("Constant.", default=0.0)

    elements = "floats"
    value = (data * parameter("a") + parameter("b")) * data + parameter("c")
    gradient = grad * (data * (parameter("a") * 2) + parameter("b"))


class _contrib_gradientmultiplier(Unary):
    """The number itself; on the way back its gradient is multiplied by a constant."""

    hint = "gradientmultiplier"
    elements = "floats"

    scalar: float = param("Factor of the gradient.", default=1.0)
    is_int: bool = param("Without meaning: the factor is a float.", default=True)

    value = data * 1
    gradient = grad * parameter("scalar")


class _contrib_div_sqrt_dim(Operator):
    """The data over the root of the length of its last axis: how attention scales its scores."""

    hint = "div_sqrt_dim"
    memory_order = "follows"
    floats_only = True

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}

    @overwrites("data")
    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the scaled data."""
        return torch.div(data, math.sqrt(data.shape[-1]), out=out)

    @overwrites("grad")
    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return what flowed back, scaled as well."""
        return torch.div(grad, math.sqrt(grad.shape[-1]), out=out)
