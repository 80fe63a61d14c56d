"""Trigonometric and hyperbolic functions.

Source: docs/semantics §1.8, and Apache MXNet 1.9.1 for those that are newer.
"""

import math

from .._formula import data, grad, output
from ..element_functions import Unary

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cos",
    "cosh",
    "degrees",
    "radians",
    "sin",
    "sinh",
    "tan",
    "tanh",
]


class sin(Unary):
    """Sine.

    >>> import symnet as mx
    >>> mx.sin(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 0.841], dtype=float32)
    """

    elements = "floats"
    value = data.sin()
    gradient = grad * data.cos()


class cos(Unary):
    """Cosine.

    >>> import symnet as mx
    >>> mx.cos(mx.array([0, 1])).asnumpy().round(3)
    array([1.  , 0.54], dtype=float32)
    """

    elements = "floats"
    value = data.cos()
    gradient = grad * -data.sin()


class tan(Unary):
    """Tangent.

    >>> import symnet as mx
    >>> mx.tan(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 1.557], dtype=float32)
    """

    elements = "floats"
    value = data.tan()
    gradient = grad * (output.square() + 1)


class arcsin(Unary):
    """Inverse sine, in radians.

    >>> import symnet as mx
    >>> mx.arcsin(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 1.571], dtype=float32)
    """

    elements = "floats"
    value = data.asin()
    gradient = grad * (1 - data.square()).rsqrt()


class arccos(Unary):
    """Inverse cosine, in radians.

    >>> import symnet as mx
    >>> mx.arccos(mx.array([0, 1])).asnumpy().round(3)
    array([1.571, 0.   ], dtype=float32)
    """

    elements = "floats"
    value = data.acos()
    gradient = grad * -(1 - data.square()).rsqrt()


class arctan(Unary):
    """Inverse tangent, in radians.

    >>> import symnet as mx
    >>> mx.arctan(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 0.785], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.atan()
    gradient = grad / (data.square() + 1)


class sinh(Unary):
    """Hyperbolic sine.

    >>> import symnet as mx
    >>> mx.sinh(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 1.175], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.sinh()
    gradient = grad * data.cosh()


class cosh(Unary):
    """Hyperbolic cosine.

    >>> import symnet as mx
    >>> mx.cosh(mx.array([0, 1])).asnumpy().round(3)
    array([1.   , 1.543], dtype=float32)
    """

    elements = "floats"
    value = data.cosh()
    gradient = grad * data.sinh()


class tanh(Unary):
    """Hyperbolic tangent.

    >>> import symnet as mx
    >>> mx.tanh(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 0.762], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.tanh()
    gradient = grad * (1 - output.square())


class arcsinh(Unary):
    """Inverse hyperbolic sine.

    >>> import symnet as mx
    >>> mx.arcsinh(mx.array([0, 1])).asnumpy().round(3)
    array([0.   , 0.881], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data.asinh()
    gradient = grad * (data.square() + 1).rsqrt()


class arccosh(Unary):
    """Inverse hyperbolic cosine, of numbers from 1.

    >>> import symnet as mx
    >>> mx.arccosh(mx.array([1, 2])).asnumpy().round(3)
    array([0.   , 1.317], dtype=float32)
    """

    elements = "floats"
    value = data.acosh()
    gradient = grad * (data.square() - 1).rsqrt()


class arctanh(Unary):
    """Inverse hyperbolic tangent, of numbers between -1 and 1.

    >>> import symnet as mx
    >>> mx.arctanh(mx.array([0, 0.5])).asnumpy().round(3)
    array([0.   , 0.549], dtype=float32)
    """

    elements = "floats"
    value = data.atanh()
    gradient = grad / (1 - data.square())


class degrees(Unary):
    """Radians as degrees.

    >>> import symnet as mx
    >>> mx.degrees(mx.array([0, 1])).asnumpy().round(3)
    array([ 0.   , 57.296], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data * (180 / math.pi)
    gradient = grad * (180 / math.pi)


class radians(Unary):
    """Degrees as radians.

    >>> import symnet as mx
    >>> mx.radians(mx.array([0, 180])).asnumpy().round(3)
    array([0.   , 3.142], dtype=float32)
    """

    nondecreasing = True
    elements = "floats"
    value = data * (math.pi / 180)
    gradient = grad * (math.pi / 180)
