"""Callbacks that keep something of each epoch in files: the best checkpoint, and tables."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model, line_data, line_model, weight_of

import symnet as mx


class Rates(mx.AbstractLearningRateScheduler):
    """The rates of the epochs; a large one makes the line worse."""

    def __init__(self, *rates: float) -> None:
        self.rates = rates

    def get_learning_rate(self, state: mx.OptimizationState) -> float:
        return self.rates[state.curr_epoch - 1]


def train(callback: mx.AbstractCallback, *rates: float, **options: Any) -> list[float]:
    """Train a line with a rate for each epoch, and return its weight after each."""
    weights: list[float] = []
    seen = mx.every_n_epoch(lambda model, state, metric: weights.append(weight_of(model)), 1)
    line_model().fit(
        mx.SGD(lr_scheduler=Rates(*rates), weight_decay=0), line_data(), n_epoch=len(rates),
        eval_data=line_data(), callbacks=[callback, seen], verbose=0, **options,
    )  # fmt: skip
    return weights


def kept(prefix: Any) -> float:
    return weight_of(mx.load_checkpoint(prefix, 0, mx.FeedForward))


@pytest.mark.parametrize("name", ["best", "best.safetensors", "made/größte"])
def test_the_best_checkpoint_is_kept(name: str, tmp_path: Path) -> None:
    prefix = tmp_path / name
    callback = mx.ModelCheckpoint(prefix, "validation_loss")
    weights = train(callback, 0.1, 3.0, 0.001)
    assert abs(weights[0] - 2) < abs(weights[1] - 2)
    assert kept(prefix) == weights[0]
    assert callback.best_epoch == 1
    again = train(callback, 0.1, 0.1)
    assert (kept(prefix), callback.best_epoch) == (again[1], 2), "a new training starts anew"


def test_the_last_checkpoint_where_that_is_wanted(tmp_path: Path) -> None:
    callback = mx.ModelCheckpoint(tmp_path / "last", save_best=False)
    assert kept(tmp_path / "last" if train(callback, 0.1, 3.0) else "") != 2
    assert callback.best_epoch == 2


def test_the_past_goes_on_with_a_training(tmp_path: Path) -> None:
    prefix = tmp_path / "run"

    def parts() -> list[mx.AbstractCallback]:
        return [mx.ModelCheckpoint(tmp_path / "best", "loss"), mx.do_checkpoint(prefix)]

    options: dict[str, Any] = {"verbose": 0, "resume": prefix}
    rates = mx.SGD(lr_scheduler=Rates(0.01, 0.05, 3.0, 0.001), weight_decay=0)
    line_model().fit(rates, line_data(), n_epoch=2, callbacks=parts(), **options)
    best = kept(tmp_path / "best")
    callbacks = parts()
    line_model().fit(rates, line_data(), n_epoch=4, callbacks=callbacks, **options)
    assert kept(tmp_path / "best") == best
    assert callbacks[0].best_epoch == 2  # type: ignore[attr-defined]


def test_a_number_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(mx.ArgumentError, match="ModelCheckpoint watches 'validation_f1', which"):
        train(mx.ModelCheckpoint(tmp_path / "best", "validation_f1"), 0.1)


@pytest.mark.parametrize("name", ["r2", "top_k", "accuracy", "auc"])
def test_metrics_that_rise_are_known(name: str, tmp_path: Path) -> None:
    """By their names, where nobody says so."""
    callback = mx.ModelCheckpoint(tmp_path / "best", name)
    model, values = class_model(), iter([0.1, 0.9, 0.5])

    class Given(mx.AbstractEvalMetric):
        value = float("nan")

        def update(self, labels: Any, preds: Any) -> None:
            pass

        def reset(self) -> None:
            self.value = next(values, 0.0)

        def get(self) -> list[tuple[str, float]]:
            return [(name, self.value)]

    metric = Given()
    options: dict[str, Any] = {"eval_metric": metric, "callbacks": [callback], "verbose": 0}
    history = model.fit(mx.SGD(), class_data(), n_epoch=3, **options)
    expected = int(np.argmax(history[name])) + 1
    assert callback.best_epoch == expected


# -- tables ----------------------------------------------------------------------------------------


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_of_all_epochs(tmp_path: Path) -> None:
    path = tmp_path / "läufe.csv"
    history = line_model().fit(
        mx.SGD(), line_data(), n_epoch=2, callbacks=mx.CSVLogger(path), verbose=0
    )
    rows = rows_of(path)
    assert list(rows[0]) == history.names
    assert [float(row["loss"]) for row in rows] == history["loss"]
    line_model().fit(mx.SGD(), line_data(), n_epoch=1, callbacks=mx.CSVLogger(path), verbose=0)
    assert [row["epoch"] for row in rows_of(path)] == ["1", "2", "1"]


def test_a_table_of_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    path.write_text("epoch,f1\n1,0.5\n")
    with pytest.raises(mx.ArgumentError, match=r"run.csv has the columns epoch, f1, this training"):
        line_model().fit(mx.SGD(), line_data(), n_epoch=1, callbacks=mx.CSVLogger(path), verbose=0)
    assert path.read_text() == "epoch,f1\n1,0.5\n"


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(mx.ArgumentError, match=r"CSVLogger: cannot write .*No such file"):
        train(mx.CSVLogger(tmp_path / "none" / "run.csv"), 0.1)
