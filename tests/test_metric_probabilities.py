"""ACE, MultiACE and NLL against NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.core.errors import ArgumentError, ParameterError, ShapeError
from symnet.ndarray import array
from symnet.training.metric import ACE, NLL, MultiACE


def losses_of(label, pred):
    """Return −log of each label's probability, floored, by loops."""
    return np.array(
        [-math.log(max(row[int(kind)], 1e-20)) for kind, row in zip(label, pred, strict=True)]
    )


def probabilities(random, *shape):
    scores = np.exp(random.standard_normal(shape))
    return (scores / scores.sum(1, keepdims=True)).astype("float32")


@given(
    rows=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    classes=st.integers(1, 4),
    positions=st.lists(st.integers(1, 3), max_size=2),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=40)
def test_all_are_means_of_logarithms(rows, classes, positions, seed):
    random, kept = np.random.default_rng(seed), []
    ace, nll, multi = ACE(), NLL(), MultiACE(classes)
    for count in rows:
        pred = probabilities(random, count, classes, *positions)
        label = random.integers(0, classes, (count, *positions))
        flat = np.moveaxis(pred, 1, -1).reshape(-1, classes)
        kept += list(zip(label.ravel(), losses_of(label.ravel(), flat), strict=True))
        for metric in (ace, nll, multi):
            metric.update([array(label)], [array(pred)])
    mean = np.mean([loss for _, loss in kept])
    assert ace.get() == [("ACE", pytest.approx(mean, rel=1e-6))]
    expected = [("NLL", mean), ("perplexity", math.exp(mean))]
    assert [name for name, _ in nll.get()] == ["NLL", "perplexity"]
    np.testing.assert_allclose([v for _, v in nll.get()], [v for _, v in expected], rtol=1e-6)
    of_class = [[loss for kind, loss in kept if kind == c] for c in range(classes)]
    by_class = [np.mean(losses) if losses else math.nan for losses in of_class]
    names = [f"ACE_{number}" for number in range(1, classes + 1)]
    assert [name for name, _ in multi.get()] == [*names, "ACE"]
    np.testing.assert_allclose([v for _, v in multi.get()], [*by_class, mean], rtol=1e-6)


def test_nll_of_an_unrolled_network_is_the_documented_sum():
    """docs/semantics §10.3: the sum over steps and rows, divided by steps and by rows."""
    random = np.random.default_rng(5)
    steps, batch, metric, total = 7, 4, NLL(), 0.0
    for _ in range(3):
        preds = [probabilities(random, batch, 9) for _ in range(steps)]
        labels = [random.integers(0, 9, batch) for _ in range(steps)]
        for label, pred in zip(labels, preds, strict=True):
            total += losses_of(label, pred).sum() / steps
        metric.update([array(each) for each in labels], [array(each) for each in preds])
    assert metric.get()[0][1] == pytest.approx(total / (3 * batch), rel=1e-6)


@pytest.mark.parametrize("metric", [ACE(), NLL(), MultiACE(2)])
def test_a_probability_of_nothing_does_not_spoil_the_mean(metric):
    metric.update([array([1, 0])], [array([[1, 0], [1, 0]])])
    values = dict(metric.get())
    found = values.get("NLL", values.get("ACE"))
    assert found == pytest.approx(-math.log(1e-20) / 2)


@pytest.mark.parametrize("metric", [ACE(), NLL(), MultiACE(2)])
def test_a_label_that_is_no_class_does_not_count(metric):
    metric.update([array([-1, 1, 2])], [array([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]])])
    values = dict(metric.get())
    assert values.get("NLL", values.get("ACE")) == pytest.approx(math.log(4))


@pytest.mark.parametrize("metric", [ACE(), NLL(), MultiACE(2)])
def test_of_nothing_they_are_not_numbers(metric):
    metric.update([array([0])], [array([[1, 0]])])
    metric.reset()
    assert all(math.isnan(value) for _, value in metric.get())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_probabilities_of_any_float_type(dtype):
    metric = ACE()
    metric.update([array([1], dtype=dtype)], [array([[0.5, 0.5]], dtype=dtype)])
    assert metric.get()[0][1] == pytest.approx(math.log(2))


def test_shapes_that_do_not_fit():
    for metric in (ACE(), NLL(), MultiACE(2)):
        with pytest.raises(ShapeError, match=r"predictions of shape \(3, 2\) need labels of shape"):
            metric.update([array([1, 1])], [array(np.ones((3, 2)))])
        with pytest.raises(ArgumentError, match="2 labels for 1 predictions"):
            metric.update([array([1])] * 2, [array([[1, 0]])])
    with pytest.raises(ShapeError, match=r"have 3 classes, nclasses is 2; say MultiACE\(3\)"):
        MultiACE(2).update([array([1])], [array([[1, 0, 0]])])


@pytest.mark.parametrize("count", [0, -1, 2.5, "two"])
def test_classes_are_counted(count):
    with pytest.raises(ParameterError, match="nclasses must be a whole number >= 1, got"):
        MultiACE(count)
