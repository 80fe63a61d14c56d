"""Weights & Biases, MLflow and TensorBoard's graph: the packages themselves, where they are."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from training_helpers import class_data, class_model

import symnet as mx


def trained(callback: mx.AbstractCallback) -> mx.History:
    return class_model().fit(
        mx.SGD(lr=0.1), class_data(), eval_data=class_data(), n_epoch=2,
        callbacks=[callback], verbose=0,
    )  # fmt: skip


class Run:
    """What the callback uses of a run of Weights & Biases."""

    def __init__(self) -> None:
        self.rows: list[tuple[dict[str, float], int]] = []
        self.finished = False

    def log(self, row: dict[str, float], step: int) -> None:
        self.rows.append((row, step))

    def finish(self) -> None:
        self.finished = True


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Run]]:
    """The runs that a stand-in of the package has begun, with their options."""
    begun: list[tuple[dict[str, Any], Run]] = []

    def init(**options: Any) -> Run:
        begun.append((options, Run()))
        return begun[-1][1]

    module: Any = types.ModuleType("wandb")
    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    return begun


def test_weights_and_biases_is_told_each_epoch(runs: list[tuple[dict[str, Any], Run]]) -> None:
    history = trained(mx.WandB("digits", name="first", config={"lr": 0.1}))
    ((options, run),) = runs
    assert options == {"project": "digits", "name": "first", "config": {"lr": 0.1}}
    assert run.rows == [(dict(row), row["epoch"]) for row in history]
    assert run.finished


def test_a_run_of_ones_own_stays_open(runs: list[tuple[dict[str, Any], Run]]) -> None:
    own = Run()
    trained(mx.WandB(run=own))
    assert not runs
    assert [step for _, step in own.rows] == [1, 2]
    assert not own.finished
    with pytest.raises(mx.ArgumentError, match="options are for a new run"):
        mx.WandB("digits", run=own)


@pytest.mark.parametrize(("name", "package"), [("WandB", "wandb"), ("MLflow", "mlflow")])
def test_what_is_missing_is_named(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(mx.ArgumentError, match=f"{name} needs {package}.*pip install {package}"):
        getattr(mx, name)()


@pytest.mark.filterwarnings("ignore")  # what a service's own package warns of
def test_a_real_run_of_weights_and_biases(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    trained(mx.WandB("digits", mode="offline", dir=str(tmp_path)))
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    (record,) = folder.glob("*.wandb")
    assert record.stat().st_size > 100


@pytest.mark.filterwarnings("ignore")
def test_a_real_run_of_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    history = trained(mx.MLflow("digits", parameters={"lr": 0.1}, run_name="first"))
    assert mlflow.active_run() is None
    (found,) = mlflow.search_runs(experiment_names=["digits"], output_format="list")
    assert found.data.params == {"lr": "0.1"}
    assert found.data.metrics["loss"] == pytest.approx(history["loss"][-1])
    steps = mlflow.MlflowClient().get_metric_history(found.info.run_id, "validation_accuracy")
    assert [each.step for each in steps] == [1, 2]
    with mlflow.start_run() as own:
        trained(mx.MLflow())
        assert mlflow.active_run().info.run_id == own.info.run_id


@pytest.mark.filterwarnings("ignore")  # of tensorboard itself
def test_tensorboard_has_the_graph(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained(mx.TensorBoard(tmp_path))
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    nodes = {node.name: node for node in events.Graph().node}
    assert nodes["fc1"].op == "FullyConnected"
    assert list(nodes["fc1"].input) == ["data", "fc1_weight", "fc1_bias"]
    assert nodes["fc1"].attr["num_hidden"].s == b"6"
    assert nodes["fc1_weight"].op == "Variable"
    assert [scalar.step for scalar in events.Scalars("loss")] == [1, 2]
