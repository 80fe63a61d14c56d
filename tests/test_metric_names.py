"""Metrics by name, against their definitions in NumPy, over batches and over parts of the data."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from training_helpers import class_data, class_model, line_data, line_model

import symnet as mx
from symnet.training.metric import as_metric

draw = np.random.default_rng(6)


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores)
    return powers / powers.sum(1, keepdims=True)


CLASSES = draw.integers(0, 4, 30), softmax(draw.standard_normal((30, 4)))
TWO = draw.integers(0, 2, 30), softmax(draw.standard_normal((30, 2)).round(1))
ONE = draw.integers(0, 2, 30), draw.random((30, 1)).round(1)
SEVERAL = draw.integers(0, 2, (30, 3)), draw.random((30, 3))
NUMBERS = draw.standard_normal((30, 2)), draw.standard_normal((30, 2))
DATA = {"classes": CLASSES, "two": TWO, "one": ONE, "several": SEVERAL, "numbers": NUMBERS}

# -- the definitions -------------------------------------------------------------------------------


def f1_of(yes: np.ndarray, says: np.ndarray) -> float:
    right = (yes & says).sum()
    return 2 * right / max(yes.sum() + says.sum(), 1)


def auc_of(yes: np.ndarray, score: np.ndarray) -> float:
    pairs = list(product(score[yes], score[~yes]))
    return float(np.mean([(a > b) + (a == b) / 2 for a, b in pairs]))


def f1_of_classes(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean([f1_of(y == each, p.argmax(1) == each) for each in range(p.shape[1])]))


def auc_of_classes(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean([auc_of(y == each, p[:, each]) for each in range(p.shape[1])]))


def r2(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean(1 - ((y - p) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)))


def columns(of: Callable[..., float], y: np.ndarray, p: np.ndarray, cut: float | None) -> float:
    y, p = y.reshape(p.shape) > 0.5, p if cut is None else p > cut
    return float(np.mean([of(y[:, each], p[:, each]) for each in range(p.shape[1])]))


def chosen(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return p[np.arange(len(y)), y]


def in_best(y: np.ndarray, p: np.ndarray, k: int) -> float:
    return float(np.mean([each in np.argsort(-row)[:k] for each, row in zip(y, p, strict=True)]))


def binary_entropy(y: np.ndarray, p: np.ndarray) -> float:
    y = y.reshape(p.shape)
    return float(-np.log(np.where(y == 1, p, 1 - p).clip(1e-20)).mean())


Row = tuple[str, str, Callable[[np.ndarray, np.ndarray], float]]

ROWS: list[Row] = [
    ("accuracy", "classes", lambda y, p: (p.argmax(1) == y).mean()),
    ("accuracy", "one", lambda y, p: ((p[:, 0] > 0.5) == y).mean()),
    ("accuracy", "several", lambda y, p: ((p > 0.5) == y).mean()),
    ("top_k", "classes", lambda y, p: in_best(y, p, 5)),
    ("f1", "classes", f1_of_classes),
    ("f1", "two", lambda y, p: f1_of(y == 1, p.argmax(1) == 1)),
    ("f1", "one", lambda y, p: columns(f1_of, y, p, 0.5)),
    ("f1", "several", lambda y, p: columns(f1_of, y, p, 0.5)),
    ("auc", "classes", auc_of_classes),
    ("auc", "two", lambda y, p: auc_of(y == 1, p[:, 1])),
    ("auc", "one", lambda y, p: columns(auc_of, y, p, None)),
    ("auc", "several", lambda y, p: columns(auc_of, y, p, None)),
    ("cross_entropy", "classes", lambda y, p: -np.log(chosen(y, p)).mean()),
    ("cross_entropy", "several", binary_entropy),
    ("perplexity", "classes", lambda y, p: np.exp(-np.log(chosen(y, p)).mean())),
    ("mae", "numbers", lambda y, p: np.abs(y - p).mean()),
    ("mse", "numbers", lambda y, p: ((y - p) ** 2).mean()),
    ("rmse", "numbers", lambda y, p: np.sqrt(((y - p) ** 2).mean())),
    ("r2", "numbers", r2),
]


def taken(metric: mx.AbstractEvalMetric, y: np.ndarray, p: np.ndarray, size: int = 7) -> Any:
    """The metric after all batches. The arrays of a batch are used again, as those of a network."""
    for start in range(0, len(y), size):
        label, pred = mx.array(y[start : start + size]), mx.array(p[start : start + size])
        metric.update([label], [pred])
        pred[:] = -1
    return metric


def value_of(metric: mx.AbstractEvalMetric) -> float:
    ((_, value),) = metric.get()
    return value


@pytest.mark.parametrize(("name", "data", "reference"), ROWS)
def test_a_named_metric_is_what_it_says(name: str, data: str, reference: Any) -> None:
    y, p = (each.astype(np.float32) for each in DATA[data])
    expected = reference(DATA[data][0], p.astype(np.float64))
    metric = as_metric(name)
    assert metric.get() == [(name, pytest.approx(np.nan, nan_ok=True))]
    assert taken(metric, y, p).get() == [(name, pytest.approx(expected, abs=1e-6))]
    metric.reset()
    assert np.isnan(value_of(metric))
    assert value_of(taken(metric, y, p, 30)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("name", "data", "reference"), ROWS)
def test_halves_merge_into_the_whole(name: str, data: str, reference: Any) -> None:
    y, p = (each.astype(np.float32) for each in DATA[data])
    first, second = (taken(as_metric(name), y[part], p[part]) for part in HALVES)
    if name == "auc":  # it keeps the scores themselves
        with pytest.raises(mx.ArgumentError, match="AUC cannot be measured over several processes"):
            first.merge(lambda own: own)
        return
    others: list[torch.Tensor] = []
    second.merge(lambda own: others.append(own) or own)
    first.merge(lambda own: own + others.pop(0))
    whole = taken(as_metric(name), y, p)
    assert value_of(first) == pytest.approx(value_of(whole), abs=1e-9)


HALVES = slice(0, 13), slice(13, 30)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_best_k(k: int) -> None:
    y, p = CLASSES
    ((name, value),) = taken(mx.TopKAccuracy(k), y, p).get()
    assert (name, value) == (f"top_{k}_accuracy", pytest.approx(in_best(y, p, k)))


def test_labels_for_each_position() -> None:
    """As of a network that names the class of each pixel: (batch, classes, height, width)."""
    p = draw.random((6, 3, 2, 2)).astype(np.float32)
    y = draw.integers(0, 3, (6, 2, 2))
    flat = p.transpose(0, 2, 3, 1).reshape(-1, 3)
    for name, reference in (("f1", f1_of_classes), ("auc", auc_of_classes)):
        found = value_of(taken(as_metric(name), y, p, 4))
        assert found == pytest.approx(reference(y.ravel(), flat), abs=1e-6)
    assert value_of(taken(as_metric("top_k"), y, p)) == 1


@pytest.mark.parametrize(
    ("labels", "predictions", "expected"),
    [([2.0, 2.0], [2.0, 2.0], 1.0), ([2.0, 2.0], [2.0, 3.0], 0.0)],
)
def test_r2_where_labels_do_not_vary(labels: Any, predictions: Any, expected: float) -> None:
    assert value_of(taken(mx.R2(), np.array(labels), np.array(predictions))) == expected


def test_the_area_of_one_class_alone_is_undefined() -> None:
    assert np.isnan(value_of(taken(mx.AUC(), np.ones(4), draw.random(4))))


@pytest.mark.parametrize("kind", [mx.F1, mx.AUC, mx.TopKAccuracy, mx.MAE, mx.RMSE, mx.R2])
def test_shapes_that_do_not_fit(kind: Any) -> None:
    with pytest.raises(mx.ShapeError, match="labels"):
        kind().update([mx.ones(4)], [mx.ones((3, 2))])


@pytest.mark.parametrize("k", [0, 1.5, True])
def test_no_number_of_best(k: Any) -> None:
    with pytest.raises(mx.ParameterError, match=f"k must be a whole number >= 1, got {k}"):
        mx.TopKAccuracy(k)


def test_fit_takes_names() -> None:
    history = class_model().fit(
        "nag", class_data(), n_epoch=1, eval_data=class_data(), verbose=0,
        eval_metric=["accuracy", "f1", mx.ACE()],
    )  # fmt: skip
    assert {"accuracy", "f1", "ACE", "validation_f1"} <= set(history.names)
    history = line_model().fit("adam", line_data(), n_epoch=1, eval_metric="rmse", verbose=0)
    assert history["rmse"] == [pytest.approx((1.5**2 * 7.5) ** 0.5, rel=1e-2)]
    named = {"softmax_output": "top_k"}
    history = class_model().fit("SGD", class_data(), n_epoch=1, eval_metric=named, verbose=0)
    assert history["softmax_output_top_k"] == [1.0]


@pytest.mark.parametrize(("name", "words"), [("acc", "there are: accuracy"), ("F1", "mean 'f1'")])
def test_names_that_nobody_has(name: str, words: str) -> None:
    with pytest.raises(mx.ArgumentError, match=f"no metric of the name '{name}'.*{words}"):
        as_metric(name)
