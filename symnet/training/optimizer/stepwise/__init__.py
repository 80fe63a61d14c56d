"""Optimizers that take rate, decay, scale and bound of each weight and update by themselves.

Their rules are those of Apache MXNet 1.9.1, with its order of scaling, clipping and weight decay;
`symnet.mxnet.optimizer` is their face. Any of them serves `fit` as well.
"""

from .adam import FTML, Adam, Adamax, AdamW, Nadam
from .adaptive import AdaDelta, AdaGrad, Ftrl, RMSProp
from .base import Step, StepwiseOptimizer
from .descent import DCASGD, LARS, NAG, SGD, SGLD, Signum
from .trust import LAMB

__all__ = [
    "DCASGD",
    "FTML",
    "LAMB",
    "LARS",
    "NAG",
    "SGD",
    "SGLD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Nadam",
    "RMSProp",
    "Signum",
    "Step",
    "StepwiseOptimizer",
]
