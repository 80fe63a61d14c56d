"""Elementary functions: exponential, logarithm, powers, rounding.

Source: docs/semantics §1.8, and Apache MXNet 1.9.1 for those that are newer.
"""

import math

from .._formula import data, grad, output
from ..element_functions import Unary

__all__ = [
    "abs",
    "cbrt",
    "ceil",
    "exp",
    "expm1",
    "fix",
    "floor",
    "log",
    "log1p",
    "log2",
    "log10",
    "negative",
    "rcbrt",
    "reciprocal",
    "rint",
    "round",
    "rsqrt",
    "sign",
    "sqrt",
    "square",
    "trunc",
]


class abs(Unary):
    """Absolute value.

    >>> import symnet as mx
    >>> mx.abs(mx.array([-1.5, 0, 2])).asnumpy().round(3)
    array([1.5, 0. , 2. ], dtype=float32)
    """

    value = data.abs()
    gradient = grad * data.sign()


class sign(Unary):
    """Sign: -1, 0 or 1.

    >>> import symnet as mx
    >>> mx.sign(mx.array([-1.5, 0, 2])).asnumpy().round(3)
    array([-1.,  0.,  1.], dtype=float32)
    """

    value = data.sign()


class negative(Unary):
    """The number with its sign changed.

    >>> import symnet as mx
    >>> mx.negative(mx.array([-1.5, 0, 2])).asnumpy().round(3)
    array([ 1.5, -0. , -2. ], dtype=float32)
    """

    value = -data
    gradient = -grad


class reciprocal(Unary):
    """One over the number.

    >>> import symnet as mx
    >>> mx.reciprocal(mx.array([-0.5, 4])).asnumpy().round(3)
    array([-2.  ,  0.25], dtype=float32)
    """

    elements = "floats"
    value = data.reciprocal()
    gradient = -(grad * output * output)


class ceil(Unary):
    """Least whole number that is not less.

    >>> import symnet as mx
    >>> mx.ceil(mx.array([-1.5, 0.2, 2])).asnumpy().round(3)
    array([-1.,  1.,  2.], dtype=float32)
    """

    nondecreasing = True
    value = data.ceil()


class floor(Unary):
    """Greatest whole number that is not greater.

    >>> import symnet as mx
    >>> mx.floor(mx.array([-1.5, 0.2, 2])).asnumpy().round(3)
    array([-2.,  0.,  2.], dtype=float32)
    """

    nondecreasing = True
    value = data.floor()


class trunc(Unary):
    """Whole part: the nearest whole number that is not further from zero.

    >>> import symnet as mx
    >>> mx.trunc(mx.array([-1.5, 0.2, 2])).asnumpy().round(3)
    array([-1.,  0.,  2.], dtype=float32)
    """

    nondecreasing = True
    value = data.trunc()


class fix(Unary):
    """Nearest whole number towards zero; the same as `trunc`.

    >>> import symnet as mx
    >>> mx.fix(mx.array([-1.5, 0.2, 2])).asnumpy().round(3)
    array([-1.,  0.,  2.], dtype=float32)
    """

    nondecreasing = True
    value = data.trunc()


class round(Unary):
    """Nearest whole number, halves away from zero.

    >>> import symnet as mx
    >>> mx.round(mx.array([-0.5, 0.5, 1.4])).asnumpy().round(3)
    array([-1.,  1.,  1.], dtype=float32)
    """

    nondecreasing = True
    value = data.sign() * (data.abs().floor() + (data.abs() - data.abs().floor() >= 0.5))


class rint(Unary):
    """Nearest whole number, halves down.

    >>> import symnet as mx
    >>> mx.rint(mx.array([-1.5, 1.5, 1.6])).asnumpy().round(3)
    array([-2.,  1.,  2.], dtype=float32)
    """

    nondecreasing = True
    value = data.floor() + (data - data.floor() > 0.5)


class square(Unary):
    """Square.

    >>> import symnet as mx
    >>> mx.square(mx.array([-3, 0.5])).asnumpy().round(3)
    array([9.  , 0.25], dtype=float32)
    """

    value = data.square()
    gradient = grad * 2 * data


class sqrt(Unary):
    """Square root.

    >>> import symnet as mx
    >>> mx.sqrt(mx.array([1, 4])).asnumpy().round(3)
    array([1., 2.], dtype=float32)
    """

    elements = "floats"
    value = data.sqrt()
    gradient = grad * 0.5 / output


class rsqrt(Unary):
    """One over the square root.

    >>> import symnet as mx
    >>> mx.rsqrt(mx.array([1, 4])).asnumpy().round(3)
    array([1. , 0.5], dtype=float32)
    """

    elements = "floats"
    value = data.rsqrt()
    gradient = grad * output * -0.5 / data


class cbrt(Unary):
    """Cube root.

    >>> import symnet as mx
    >>> mx.cbrt(mx.array([-8, 1, 27])).asnumpy().round(3)
    array([-2.,  1.,  3.], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.abs().pow(1 / 3) * data.sign()
    gradient = grad / (3 * output.square())


class rcbrt(Unary):
    """One over the cube root.

    >>> import symnet as mx
    >>> mx.rcbrt(mx.array([-8, 1, 0.001])).asnumpy().round(3)
    array([-0.5,  1. , 10. ], dtype=float32)
    """

    elements = "floats"
    value = data.abs().pow(-1 / 3) * data.sign()
    gradient = grad * output * (-1 / 3) / data


class exp(Unary):
    """Exponential.

    >>> import symnet as mx
    >>> mx.exp(mx.array([0, 1])).asnumpy().round(3)
    array([1.   , 2.718], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.exp()
    gradient = grad * output


class expm1(Unary):
    """Exponential less one, exact near zero.

    >>> import symnet as mx
    >>> mx.expm1(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 1.718], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.expm1()
    gradient = grad * (output + 1)


class log(Unary):
    """Natural logarithm.

    >>> import symnet as mx
    >>> mx.log(mx.array([1, 10])).asnumpy().round(3)
    array([0.   , 2.303], dtype=float32)
    """

    elements = "floats"
    value = data.log()
    gradient = grad / data


class log10(Unary):
    """Logarithm to base 10.

    >>> import symnet as mx
    >>> mx.log10(mx.array([1, 1000])).asnumpy().round(3)
    array([0., 3.], dtype=float32)
    """

    elements = "floats"
    value = data.log10()
    gradient = grad / data * (1 / math.log(10))


class log2(Unary):
    """Logarithm to base 2.

    >>> import symnet as mx
    >>> mx.log2(mx.array([1, 8])).asnumpy().round(3)
    array([0., 3.], dtype=float32)
    """

    elements = "floats"
    value = data.log2()
    gradient = grad / data * (1 / math.log(2))


class log1p(Unary):
    """Natural logarithm of one more than the number, exact near zero.

    >>> import symnet as mx
    >>> mx.log1p(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 0.693], dtype=float32)
    """

    elements = "floats"
    value = data.log1p()
    gradient = grad / (data + 1)
