"""What parameters start from: ``mx.init``.

>>> import symnet.mxnet as mx
>>> weight = mx.nd.ones((2, 2))
>>> mx.init.Constant(3)(mx.init.InitDesc("fc_weight"), weight)
>>> weight.asnumpy()
array([[3., 3.],
       [3., 3.]], dtype=float32)
"""

from .base import InitDesc, Initializer, alias, create, register
from .choosing import Load, Mixed
from .values import (
    Bilinear,
    Constant,
    FusedRNN,
    LSTMBias,
    MSRAPrelu,
    Normal,
    One,
    Orthogonal,
    Uniform,
    Xavier,
    Zero,
)

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
    "register",
]
