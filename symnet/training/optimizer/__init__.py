"""Optimizers, and the schedules of their learning rates and momenta."""

from .adadelta import AdaDelta
from .adagrad import AdaGrad
from .adam import ADAM
from .adamax import AdaMax
from .base import (
    AbstractOptimizer,
    AbstractOptimizerOptions,
    OptimizationState,
    normalized_gradient,
)
from .lion import Lion
from .momenta import AbstractMomentumScheduler, Momentum, get_momentum
from .nadam import Nadam
from .named import LAMB, LARS, NAG, SGLD, AdamW, Ftrl
from .rmsprop import RMSProp
from .schedules import AbstractLearningRateScheduler, LearningRate, get_learning_rate
from .sgd import SGD
from .updater import Updater, get_updater

__all__ = [
    "ADAM",
    "LAMB",
    "LARS",
    "NAG",
    "SGD",
    "SGLD",
    "AbstractLearningRateScheduler",
    "AbstractMomentumScheduler",
    "AbstractOptimizer",
    "AbstractOptimizerOptions",
    "AdaDelta",
    "AdaGrad",
    "AdaMax",
    "AdamW",
    "Ftrl",
    "LearningRate",
    "Lion",
    "Momentum",
    "Nadam",
    "OptimizationState",
    "RMSProp",
    "Updater",
    "get_learning_rate",
    "get_momentum",
    "get_updater",
    "normalized_gradient",
]
