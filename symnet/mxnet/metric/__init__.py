"""Metrics as Python-MXNet has them: ``mx.metric``.

>>> import symnet.mxnet as mx
>>> metric = mx.metric.create(["acc", "ce"])
>>> metric.update([mx.nd.array([0, 1])], [mx.nd.array([[0.5, 0.5], [0.0, 1.0]])])
>>> [(name, round(value, 4)) for name, value in metric.get_name_value()]
[('accuracy', 1.0), ('cross-entropy', 0.3466)]
"""

from .base import EvalMetric, alias, check_label_shapes, create, register
from .combined import CompositeEvalMetric, CustomMetric, np
from .counts import F1, MCC, PCC, PearsonCorrelation
from .means import (
    MAE,
    MSE,
    RMSE,
    Accuracy,
    Caffe,
    CrossEntropy,
    Loss,
    NegativeLogLikelihood,
    Perplexity,
    TopKAccuracy,
    Torch,
)

__all__ = [
    "F1",
    "MAE",
    "MCC",
    "MSE",
    "PCC",
    "RMSE",
    "Accuracy",
    "Caffe",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "Loss",
    "NegativeLogLikelihood",
    "PearsonCorrelation",
    "Perplexity",
    "TopKAccuracy",
    "Torch",
    "alias",
    "check_label_shapes",
    "create",
    "np",
    "register",
]
