"""Optimizers that take rate, decay, scale and bound of each weight and update by themselves.

Their rules are those of Apache MXNet 1.9.1, with its order of scaling, clipping and weight decay;
`symnet.mxnet.optimizer` is their face. Any of them serves `fit` as well.
"""

from .adam import StepwiseAdam, StepwiseAdamax, StepwiseAdamW, StepwiseFTML, StepwiseNadam
from .adaptive import StepwiseAdaDelta, StepwiseAdaGrad, StepwiseFtrl, StepwiseRMSProp
from .base import StepwiseOptimizer, UpdateStep
from .descent import (
    StepwiseDCASGD,
    StepwiseLARS,
    StepwiseNAG,
    StepwiseSGD,
    StepwiseSGLD,
    StepwiseSignum,
)
from .trust import StepwiseLAMB

__all__ = [
    "StepwiseAdaDelta",
    "StepwiseAdaGrad",
    "StepwiseAdam",
    "StepwiseAdamW",
    "StepwiseAdamax",
    "StepwiseDCASGD",
    "StepwiseFTML",
    "StepwiseFtrl",
    "StepwiseLAMB",
    "StepwiseLARS",
    "StepwiseNAG",
    "StepwiseNadam",
    "StepwiseOptimizer",
    "StepwiseRMSProp",
    "StepwiseSGD",
    "StepwiseSGLD",
    "StepwiseSignum",
    "UpdateStep",
]
