"""Models: a network with its parameters, how it is trained, asked, saved and loaded."""

from ..training.loop.do_checkpoint import do_checkpoint
from .estimators import Classifier, Regressor
from .feed_forward import AbstractModel, FeedForward
from .finetune import finetune
from .functions import evaluate, fit, init_model, load_checkpoint, predict, save_checkpoint, train
from .learning_rate import LearningRateCurve, find_learning_rate
from .predictor import Predictor

__all__ = [
    "AbstractModel",
    "Classifier",
    "FeedForward",
    "LearningRateCurve",
    "Predictor",
    "Regressor",
    "do_checkpoint",
    "evaluate",
    "find_learning_rate",
    "finetune",
    "fit",
    "init_model",
    "load_checkpoint",
    "predict",
    "save_checkpoint",
    "train",
]
