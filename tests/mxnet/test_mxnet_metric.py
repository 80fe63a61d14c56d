"""Metrics of the face against what Apache MXNet 1.9.1 said of the same batches."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx

FILE = np.load(Path(__file__).parents[1] / "golden" / "python_mxnet" / "metrics.npz")
META = json.loads(FILE["meta"].tobytes())
RTOL = 2e-6


def worst(label: Any, pred: Any) -> float:
    return float(np.abs(label - pred).max())


def total_and_count(label: Any, pred: Any) -> tuple[float, int]:
    return float(np.abs(label - pred).sum()), label.size


def composite() -> Any:
    both = mx.metric.CompositeEvalMetric()
    both.add("acc")
    both.add(mx.metric.TopKAccuracy(top_k=2))
    return both


MADE = {
    "list": lambda: mx.metric.create(["acc", "ce"]),
    "composite": composite,
    "custom": lambda: mx.metric.CustomMetric(worst),
    "custom-named": lambda: mx.metric.CustomMetric(worst, name="worst"),
    "custom-pair": lambda: mx.metric.np(total_and_count),
    "function": lambda: mx.metric.create(worst),
}


def batch(kind: str, number: int) -> tuple[list[Any], list[Any]]:
    places = sum(name.startswith(f"label:{kind}:{number}:") for name in FILE.files)
    labels, preds = (
        [mx.nd.array(FILE[f"{what}:{kind}:{number}:{place}"]) for place in range(places)]
        for what in ("label", "pred")
    )
    return labels, preds


def same(found: list[tuple[str, float]], expected: list[list[Any]]) -> None:
    assert [name for name, _ in found] == [name for name, _ in expected]
    np.testing.assert_allclose(
        [v for _, v in found], [v for _, v in expected], rtol=RTOL, atol=1e-9
    )


@pytest.mark.parametrize("name", [name for name in META["cases"] if name != "by_name"])
def test_a_metric_says_what_mxnet_says(name: str) -> None:
    case = META["cases"][name]
    said, kind = case["said"], case["inputs"]
    made = MADE.get(name) or (lambda: mx.metric.create(case["metric"], **case["arguments"]))
    metric = made()
    same(metric.get_name_value(), said["before"])
    for number in range(META["batches"]):
        metric.update(*batch(kind, number))
        same(metric.get_name_value(), said["after"][number])
    metric.reset_local()
    metric.update(*batch(kind, 0))
    same(metric.get_name_value(), said["local"])
    if name != "pearson-micro":  # 1.9.1 forgets there what it counted
        same(metric.get_global_name_value(), said["everything"])
    metric.reset()
    assert str(metric) == said["text"]
    same(metric.get_name_value(), said["reset"])


def test_outputs_and_labels_are_chosen_by_name() -> None:
    case = META["cases"]["by_name"]
    metric = mx.metric.Accuracy(output_names=case["output_names"], label_names=["second_label"])
    for number in range(META["batches"]):
        labels, preds = batch("two", number)
        metric.update_dict(
            dict(zip(["first_label", "second_label"], labels, strict=True)),
            dict(zip(["first_output", "second_output"], preds, strict=True)),
        )
        same(metric.get_name_value(), case["after"][number])
    with pytest.raises(ValueError, match="second_label"):
        metric.update_dict({}, {"second_output": preds[1]})


def test_what_cannot_be_measured_is_refused() -> None:
    label, pred = mx.nd.array([0, 1, 2]), mx.nd.ones((3, 4))
    with pytest.raises(ValueError, match="did you mean"):
        mx.metric.create("accurac")
    with pytest.raises(ValueError, match="labels 1 does not match shape of predictions 2"):
        mx.metric.Accuracy().update([label], [pred, pred])
    with pytest.raises(ValueError, match="binary"):
        mx.metric.F1().update([label], [pred])
    with pytest.raises(ValueError, match="there are 4 classes"):
        mx.metric.CrossEntropy().update([mx.nd.array([9, 0, 0])], [pred])
    with pytest.raises(ValueError, match="at least 2"):
        mx.metric.TopKAccuracy()
    with pytest.raises(ValueError, match="micro"):
        mx.metric.MCC(average="all")


def test_a_registered_metric_is_made_by_name() -> None:
    @mx.metric.register
    class CountedRows(mx.metric.EvalMetric):
        def __init__(self, name: str = "rows") -> None:
            super().__init__(name)

        def update(self, labels: Any, preds: Any) -> None:
            self.sum_metric += len(preds[0])
            self.num_inst += 1

    metric = mx.metric.create("countedrows")
    metric.update([], [mx.nd.ones((5, 2))])
    assert metric.get() == ("rows", 5.0)
    assert metric.get_config()["metric"] == "CountedRows"
