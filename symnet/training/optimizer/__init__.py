"""Optimizers, and the schedules of their learning rates and momenta."""

from .adadelta import AdaDelta
from .adagrad import AdaGrad
from .adam import ADAM
from .adamax import AdaMax
from .base import (
    AbstractOptimizer,
    AbstractOptimizerOptions,
    OptimizationState,
    Updater,
    get_updater,
    normalized_gradient,
)
from .lion import Lion
from .nadam import Nadam
from .rmsprop import RMSProp
from .schedules import (
    AbstractLearningRateScheduler,
    AbstractMomentumScheduler,
    LearningRate,
    Momentum,
    get_learning_rate,
    get_momentum,
)
from .sgd import SGD

__all__ = [
    "ADAM",
    "SGD",
    "AbstractLearningRateScheduler",
    "AbstractMomentumScheduler",
    "AbstractOptimizer",
    "AbstractOptimizerOptions",
    "AdaDelta",
    "AdaGrad",
    "AdaMax",
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
