"""What each metric says after every one of three batches."""

from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from python_mxnet.storage import Arrays, Case, write_arrays

BATCHES = 3
ROWS = 8

METRICS: dict[str, tuple[str, dict[str, Any], str]] = {
    "accuracy": ("acc", {}, "classes"),
    "accuracy-labels": ("acc", {}, "labels"),
    "accuracy-axis": ("acc", {"axis": 2}, "grid"),
    "accuracy-column": ("acc", {}, "column"),
    "top_k": ("top_k_accuracy", {"top_k": 3}, "classes"),
    "top_k-most": ("top_k_accuracy", {"top_k": 5}, "classes"),
    "f1": ("f1", {}, "binary"),
    "f1-micro": ("f1", {"average": "micro"}, "binary"),
    "f1-negative": ("f1", {}, "negative"),
    "mcc": ("mcc", {}, "binary"),
    "mcc-micro": ("mcc", {"average": "micro"}, "binary"),
    "mcc-negative": ("mcc", {}, "negative"),
    "mae": ("mae", {}, "numbers"),
    "mae-column": ("mae", {}, "number_column"),
    "mse": ("mse", {}, "numbers"),
    "rmse": ("rmse", {}, "numbers"),
    "cross_entropy": ("ce", {}, "classes"),
    "cross_entropy-eps": ("ce", {"eps": 0.01}, "classes"),
    "nll": ("nll_loss", {}, "classes"),
    "nll-eps": ("nll_loss", {"eps": 0.01}, "classes"),
    "perplexity": ("perplexity", {"ignore_label": None}, "classes"),
    "perplexity-ignore": ("perplexity", {"ignore_label": 0}, "classes"),
    "perplexity-steps": ("perplexity", {"ignore_label": -1}, "steps"),
    "pearson": ("pearsonr", {}, "numbers"),
    "pearson-micro": ("pearsonr", {"average": "micro"}, "numbers"),
    "pcc": ("pcc", {}, "classes"),
    "pcc-binary": ("pcc", {}, "binary"),
    "loss": ("loss", {}, "numbers"),
    "torch": ("torch", {}, "numbers"),
    "caffe": ("caffe", {}, "numbers"),
    "named": ("acc", {"name": "mine"}, "classes"),
    "outputs": ("acc", {}, "two"),
    "outputs-mse": ("mse", {}, "two_numbers"),
}
"""Case → name for `mx.metric.create`, its arguments, and the inputs it is updated with."""


def record(folder: Path) -> None:
    """Write ``metrics.npz``."""
    arrays = inputs(np.random.RandomState(11))
    cases: dict[str, Case] = {}
    for name, (key, arguments, of) in METRICS.items():
        metric = mx.metric.create(key, **arguments)
        case = {"metric": key, "arguments": arguments, "inputs": of}
        cases[name] = case | {"said": said(metric, of, arrays)}
    for name, (metric, of) in further().items():
        cases[name] = {"inputs": of, "said": said(metric, of, arrays)}
    cases["by_name"] = by_name(arrays)
    write_arrays(folder / "metrics.npz", {"batches": BATCHES, "cases": cases}, arrays)


def further() -> dict[str, tuple[mx.metric.EvalMetric, str]]:
    """Return metrics of more than one part or of a Python function, and what updates them."""

    def worst(label: np.ndarray, pred: np.ndarray) -> float:
        return float(np.abs(label - pred).max())

    def total_and_count(label: np.ndarray, pred: np.ndarray) -> tuple[float, int]:
        return float(np.abs(label - pred).sum()), label.size

    composite = mx.metric.CompositeEvalMetric()
    composite.add("acc")
    composite.add(mx.metric.TopKAccuracy(top_k=2))
    return {
        "list": (mx.metric.create(["acc", "ce"]), "classes"),
        "composite": (composite, "classes"),
        "custom": (mx.metric.CustomMetric(worst), "numbers"),
        "custom-named": (mx.metric.CustomMetric(worst, name="worst"), "numbers"),
        "custom-pair": (mx.metric.np(total_and_count), "numbers"),
        "function": (mx.metric.create(worst), "numbers"),
    }


# -- inputs ----------------------------------------------------------------------------------------


def inputs(random: np.random.RandomState) -> Arrays:
    """Return labels and predictions as ``label:KIND:BATCH:PLACE`` and ``pred:…``."""
    arrays: Arrays = {}
    for batch in range(BATCHES):
        for kind, pairs in batch_of(random).items():
            for place, (label, pred) in enumerate(pairs):
                arrays[f"label:{kind}:{batch}:{place}"] = label.astype(np.float32)
                arrays[f"pred:{kind}:{batch}:{place}"] = pred.astype(np.float32)
    return arrays


def batch_of(random: np.random.RandomState) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Return a batch of each kind of input: its pairs of label and prediction."""

    def classes(*shape: int) -> tuple[np.ndarray, np.ndarray]:
        scores = np.exp(random.normal(0, 1, shape))
        label = random.randint(0, shape[-1], shape[:-1])
        return label, scores / scores.sum(axis=-1, keepdims=True)

    def numbers(*shape: int) -> tuple[np.ndarray, np.ndarray]:
        return random.normal(0, 1, shape), random.normal(0, 1, shape)

    first = classes(ROWS, 5)
    binary = classes(ROWS, 2)
    vector = numbers(ROWS)
    return {
        "classes": [first],
        "labels": [(first[0], first[1].argmax(axis=1))],
        "column": [(first[0][:, np.newaxis], first[1])],
        "grid": [classes(2, 3, 4)],
        "steps": [classes(6, 4)],
        "binary": [binary],
        "negative": [(np.zeros(ROWS), np.tile([0.9, 0.1], (ROWS, 1)))],
        "numbers": [numbers(ROWS, 3)],
        "number_column": [(vector[0], vector[1][:, np.newaxis])],
        "two": [first, classes(ROWS, 3)],
        "two_numbers": [numbers(ROWS, 3), numbers(ROWS, 2)],
    }


def pairs_of(arrays: Arrays, kind: str, batch: int) -> tuple[list[Any], list[Any]]:
    """Return labels and predictions of a batch as NDArrays."""
    places = sum(name.startswith(f"label:{kind}:{batch}:") for name in arrays)
    return tuple(
        [mx.nd.array(arrays[f"{what}:{kind}:{batch}:{place}"]) for place in range(places)]
        for what in ("label", "pred")
    )


# -- what it says ----------------------------------------------------------------------------------


def said(metric: mx.metric.EvalMetric, kind: str, arrays: Arrays) -> Case:
    """Return what a metric says before, after each batch, and after a reset."""
    found: Case = {"before": values(metric.get_name_value())}
    after = []
    for batch in range(BATCHES):
        metric.update(*pairs_of(arrays, kind, batch))
        after.append(values(metric.get_name_value()))
    metric.reset_local()
    metric.update(*pairs_of(arrays, kind, 0))
    local = values(metric.get_name_value())
    everything = values(metric.get_global_name_value())
    metric.reset()
    found.update(after=after, local=local, everything=everything)
    found["text"], found["reset"] = str(metric), values(metric.get_name_value())
    return found


def values(pairs: list[tuple[str, float]]) -> list[list[Any]]:
    """Return names and values as JSON has them; NaN says that nothing has been counted."""
    return [[name, float(value)] for name, value in pairs]


def by_name(arrays: Arrays) -> Case:
    """Return what a metric says that picks its outputs and labels by name."""
    metric = mx.metric.Accuracy(output_names=["second_output"], label_names=["second_label"])
    after = []
    for batch in range(BATCHES):
        labels, preds = pairs_of(arrays, "two", batch)
        metric.update_dict(
            dict(zip(["first_label", "second_label"], labels, strict=True)),
            dict(zip(["first_output", "second_output"], preds, strict=True)),
        )
        after.append(values(metric.get_name_value()))
    return {"inputs": "two", "output_names": ["second_output"], "after": after}
