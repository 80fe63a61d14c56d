"""Initializers: the values that parameters start from."""

from .initializers import (
    AbstractInitializer,
    NormalInitializer,
    UniformInitializer,
    XavierInitializer,
    init,
    xv_avg,
    xv_gaussian,
    xv_in,
    xv_normal,
    xv_out,
    xv_uniform,
)
from .patterns import (
    BilinearInitializer,
    ConstantInitializer,
    LSTMBiasInitializer,
    OrthogonalInitializer,
)

__all__ = [
    "AbstractInitializer",
    "BilinearInitializer",
    "ConstantInitializer",
    "LSTMBiasInitializer",
    "NormalInitializer",
    "OrthogonalInitializer",
    "UniformInitializer",
    "XavierInitializer",
    "init",
    "xv_avg",
    "xv_gaussian",
    "xv_in",
    "xv_normal",
    "xv_out",
    "xv_uniform",
]
