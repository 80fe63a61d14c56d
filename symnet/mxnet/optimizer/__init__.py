"""Optimizers as Python-MXNet has them: ``mx.optimizer``.

>>> import symnet.mxnet as mx
>>> update = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=0.5))
>>> weight = mx.nd.array([1, 2])
>>> update(0, mx.nd.array([2, 2]), weight)
>>> weight.asnumpy()
array([0., 1.], dtype=float32)
"""

from typing import Any

from ..inner import inner_module
from .base import Optimizer, create, register
from .descent import DCASGD, LAMB, LARS, NAG, SGD, SGLD, Signum, ccSGD
from .moments import FTML, AdaDelta, AdaGrad, Adam, Adamax, AdamW, Ftrl, Nadam, RMSProp, Test
from .updater import Updater, get_updater

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
    "Optimizer",
    "RMSProp",
    "Signum",
    "Test",
    "Updater",
    "ccSGD",
    "create",
    "get_updater",
    "register",
]


def __getattr__(name: str) -> Any:
    return inner_module(__name__, "mx.optimizer", name, __all__)
