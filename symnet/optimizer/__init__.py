"""Optimizers, and the schedules of their learning rates and momenta."""

from .base import (
    AbstractOptimizer,
    AbstractOptimizerOptions,
    OptimizationState,
    Updater,
    get_updater,
    normalized_gradient,
)
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
    "SGD",
    "AbstractLearningRateScheduler",
    "AbstractMomentumScheduler",
    "AbstractOptimizer",
    "AbstractOptimizerOptions",
    "LearningRate",
    "Momentum",
    "OptimizationState",
    "SGDOptions",
    "Updater",
    "get_learning_rate",
    "get_momentum",
    "get_updater",
    "normalized_gradient",
]
