"""Callbacks: what `fit` calls after batches and epochs.

Source: the documents, "Callbacks in training"; docs/semantics §6.8.
"""

from .averaging import EMA, SWA, AbstractAveraging
from .base import (
    AbstractBatchCallback,
    AbstractCallback,
    AbstractEpochCallback,
    AbstractStepCallback,
    Step,
    StopTraining,
    every_n_batch,
    every_n_epoch,
    every_n_iter,
)
from .history import History
from .monitor import Monitor, MonitorRecord
from .nan import StopOnNaN
from .records import CSVLogger, JSONLines, TensorBoard
from .speed import speedometer
from .trackers import MLflow, WandB
from .watching import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

__all__ = [
    "EMA",
    "SWA",
    "AbstractAveraging",
    "AbstractBatchCallback",
    "AbstractCallback",
    "AbstractEpochCallback",
    "AbstractStepCallback",
    "CSVLogger",
    "EarlyStopping",
    "History",
    "JSONLines",
    "MLflow",
    "ModelCheckpoint",
    "Monitor",
    "MonitorRecord",
    "ReduceLROnPlateau",
    "Step",
    "StopOnNaN",
    "StopTraining",
    "TensorBoard",
    "WandB",
    "every_n_batch",
    "every_n_epoch",
    "every_n_iter",
    "speedometer",
]
