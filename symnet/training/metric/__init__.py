"""Metrics: how good the predictions of a network are."""

from .base import AbstractEvalMetric
from .choice import as_metric, default_metric
from .classification import ACE, NLL, Accuracy, MultiACE
from .combined import CustomMetric, MultiMetric, NamedMetric, OutputMetrics
from .functions import reset, update
from .ranking import AUC, F1, TopKAccuracy
from .regression import MAE, MSE, R2, RMSE, BinaryAccuracy, BinaryCrossEntropy

__all__ = [
    "ACE",
    "AUC",
    "F1",
    "MAE",
    "MSE",
    "NLL",
    "R2",
    "RMSE",
    "AbstractEvalMetric",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossEntropy",
    "CustomMetric",
    "MultiACE",
    "MultiMetric",
    "NamedMetric",
    "OutputMetrics",
    "TopKAccuracy",
    "as_metric",
    "default_metric",
    "reset",
    "update",
]
