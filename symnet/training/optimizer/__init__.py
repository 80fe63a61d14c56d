"""Optimizers, and the schedules of their learning rates and momenta."""

from .adadelta import AdaDelta, AdaDeltaOptions
from .adagrad import AdaGrad, AdaGradOptions
from .adam import ADAM, ADAMOptions
from .adamax import AdaMax, AdaMaxOptions
from .base import (
    AbstractOptimizer,
    AbstractOptimizerOptions,
    OptimizationState,
    Updater,
    get_updater,
    normalized_gradient,
)
from .nadam import Nadam, NadamOptions
from .rmsprop import RMSProp, RMSPropOptions
from .schedules import (
    AbstractLearningRateScheduler,
    AbstractMomentumScheduler,
    LearningRate,
    Momentum,
    get_learning_rate,
    get_momentum,
)
from .sgd import SGD, SGDOptions

__all__ = [
    "ADAM",
    "SGD",
    "ADAMOptions",
    "AbstractLearningRateScheduler",
    "AbstractMomentumScheduler",
    "AbstractOptimizer",
    "AbstractOptimizerOptions",
    "AdaDelta",
    "AdaDeltaOptions",
    "AdaGrad",
    "AdaGradOptions",
    "AdaMax",
    "AdaMaxOptions",
    "LearningRate",
    "Momentum",
    "Nadam",
    "NadamOptions",
    "OptimizationState",
    "RMSProp",
    "RMSPropOptions",
    "SGDOptions",
    "Updater",
    "get_learning_rate",
    "get_momentum",
    "get_updater",
    "normalized_gradient",
]
