"""Models: a network with its parameters, how it is trained, asked, saved and loaded."""

from .feed_forward import AbstractModel, FeedForward
from .functions import fit, init_model, load_checkpoint, predict, save_checkpoint, train

__all__ = [
    "AbstractModel",
    "FeedForward",
    "fit",
    "init_model",
    "load_checkpoint",
    "predict",
    "save_checkpoint",
    "train",
]
