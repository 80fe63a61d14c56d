"""Keeping the numbers of each epoch with services that compare runs: Weights & Biases, MLflow."""

from collections.abc import Mapping
from typing import Any

from ...core.errors import ArgumentError, not_installed
from ..optimizer import OptimizationState
from .base import AbstractEpochCallback, Metrics, Model
from .records import last_row

__all__ = ["MLflow", "WandB"]


class WandB(AbstractEpochCallback):
    """Log the numbers of each epoch to a run of Weights & Biases.

    Needs the package wandb. The step is the epoch. A run of one's own stays open; one that the
    callback begins ends with the training.

    Args:
        project: the project of the run.
        run: a run that there is already, as ``wandb.init(…)`` returns it; default a new one.
        options: what ``wandb.init`` takes besides, as ``name="first"``, ``config={"lr": 0.1}`` or
            ``mode="offline"``.

    Raises ArgumentError where wandb is not installed, and for options beside a run.

    >>> import symnet as mx
    >>> callback = mx.WandB("digits", mode="offline")  # doctest: +SKIP
    """

    on_every_rank = False

    def __init__(self, project: str | None = None, *, run: Any = None, **options: Any) -> None:
        try:
            import wandb
        except ImportError:
            raise ArgumentError(not_installed("WandB", "wandb")) from None
        if run is not None and (project is not None or options):
            raise ArgumentError("WandB: project and options are for a new run; leave them, or run")
        self._begin, self._options = wandb.init, {"project": project, **options}
        self._given, self._run = run, None

    def start(self, model: Model) -> None:
        """Begin a run, unless there is one."""
        self._run = self._given if self._given is not None else self._begin(**self._options)

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Log the last row of the history."""
        row = last_row(model)
        if row is not None and self._run is not None:
            self._run.log(dict(row), step=int(row["epoch"]))

    def finish(self, model: Model) -> None:
        """End the run that the callback began."""
        if self._run is not None and self._given is None:
            self._run.finish()
        self._run = None


class MLflow(AbstractEpochCallback):
    """Log the numbers of each epoch to a run of MLflow.

    Needs the package mlflow. The step is the epoch. A run that is active already is logged to, and
    stays active; otherwise one is begun, which ends with the training.

    Args:
        experiment: the name of the experiment of a new run.
        parameters: what is logged once, at the start, as ``{"lr": 0.1}``.
        options: what ``mlflow.start_run`` takes besides, as ``run_name="first"``.

    Raises ArgumentError where mlflow is not installed.

    >>> import symnet as mx
    >>> callback = mx.MLflow("digits", parameters={"lr": 0.1})  # doctest: +SKIP
    """

    on_every_rank = False

    def __init__(
        self,
        experiment: str | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        try:
            import mlflow
        except ImportError:
            raise ArgumentError(not_installed("MLflow", "mlflow")) from None
        self._mlflow: Any = mlflow
        self._experiment, self._parameters = experiment, dict(parameters or {})
        self._options, self._began = options, False

    def start(self, model: Model) -> None:
        """Begin a run, unless one is active, and log the parameters."""
        self._began = self._mlflow.active_run() is None
        if self._began:
            if self._experiment is not None:
                self._mlflow.set_experiment(self._experiment)
            self._mlflow.start_run(**self._options)
        if self._parameters:
            self._mlflow.log_params(self._parameters)

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Log the last row of the history."""
        row = last_row(model)
        if row is not None:
            numbers = {name: value for name, value in row.items() if name != "epoch"}
            self._mlflow.log_metrics(numbers, step=int(row["epoch"]))

    def finish(self, model: Model) -> None:
        """End the run that the callback began."""
        if self._began:
            self._mlflow.end_run()
        self._began = False
