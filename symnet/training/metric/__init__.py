"""Metrics: how good the predictions of a network are."""

from .base import AbstractEvalMetric
from .choice import as_metric, default_metric
from .classification import ACE, NLL, Accuracy, MultiACE
from .combined import CustomMetric, MultiMetric, OutputMetrics
from .functions import reset, update
from .regression import MSE

__all__ = [
    "ACE",
    "MSE",
    "NLL",
    "AbstractEvalMetric",
    "Accuracy",
    "CustomMetric",
    "MultiACE",
    "MultiMetric",
    "OutputMetrics",
    "as_metric",
    "default_metric",
    "reset",
    "update",
]
