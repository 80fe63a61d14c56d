import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, ShapeError
from symnet.ndarray import NDArray, array
from symnet.training.metric import ACE, MSE, NLL, AbstractEvalMetric, Accuracy, MultiACE


def measured(metric, *pairs):
    for label, pred in pairs:
        metric.update([array(label)], [array(pred)])
    ((_, value),) = metric.get()
    return value


def test_accuracy_counts_right_rows_over_batches():
    found = measured(
        Accuracy(), ([1, 0], [[0.2, 0.8], [0.4, 0.6]]), ([2], [[0, 0, 1]]), ([0], [[0, 1, 0]])
    )
    assert found == 0.5


def test_accuracy_takes_the_first_of_equal_scores():
    assert measured(Accuracy(), ([0, 1], [[0.5, 0.5], [0.5, 0.5]])) == 0.5


def test_accuracy_compares_labels_as_numbers():
    assert measured(Accuracy(), ([1.5, -1, 1], [[0, 1]] * 3)) == pytest.approx(1 / 3)


@given(
    batch=st.integers(1, 4),
    classes=st.integers(1, 5),
    positions=st.lists(st.integers(1, 3), max_size=3),
    flat=st.booleans(),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=50)
def test_accuracy_is_numpys_argmax(batch, classes, positions, flat, seed):
    random = np.random.default_rng(seed)
    pred = random.integers(0, 3, (batch, classes, *positions)).astype("float32")
    label = random.integers(0, classes, (batch, *positions))
    expected = np.mean(pred.argmax(1) == label)
    given_label = label.reshape(batch, -1) if flat else label
    assert measured(Accuracy(), (given_label, pred)) == pytest.approx(expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32"])
def test_accuracy_of_any_element_type(dtype):
    metric = Accuracy()
    metric.update([array([1, 0], dtype=dtype)], [array([[0, 1], [0, 1]], dtype=dtype)])
    assert metric.get() == [("accuracy", 0.5)]


def test_accuracy_over_several_outputs():
    metric = Accuracy()
    metric.update(
        [array([1]), array([1, 1, 1])], [array([[0, 1]]), array([[0, 1], [0, 1], [1, 0]])]
    )
    assert metric.get() == [("accuracy", 0.75)]


def test_accuracy_of_strided_predictions():
    scores = torch.tensor([[0.0, 1.0], [9.0, 9.0], [1.0, 0.0]])[::2]
    metric = Accuracy()
    metric.update([array([1, 1])], [NDArray.wrap(scores, cpu())])
    assert metric.get() == [("accuracy", 0.5)]


@pytest.mark.parametrize(
    ("label", "pred", "words"),
    [
        ((3,), (3,), r"\(batch, classes, …\), these have \(3,\) \(labels: \(3,\)\); .* use MSE"),
        (
            (4,),
            (3, 2),
            r"predictions of shape \(3, 2\) need labels of shape \(3,\), these have \(4,\)",
        ),
        ((3, 3), (3, 2), r"these have \(3, 3\); .*one-hot labels become so by .*argmax\(1\)"),
        ((2, 3), (3, 5, 2), r"predictions of shape \(3, 5, 2\) need labels of shape \(3, 2\)"),
        ((3,), (3, 0), r"these have \(3, 0\)"),
    ],
)
def test_accuracy_refuses_shapes_that_do_not_fit(label, pred, words):
    metric = Accuracy()
    good = array([1]), array([[0, 1]])
    with pytest.raises(ShapeError, match=words):
        metric.update(
            [good[0], array(np.zeros(label))],
            [good[1], array(np.zeros(pred))],
        )
    assert math.isnan(metric.get()[0][1])


def test_mse_is_the_mean_over_all_elements():
    random = np.random.default_rng(0)
    pairs = [random.standard_normal((2, size, 3)).astype("float32") for size in (4, 5)]
    squares = np.concatenate([(label - pred).ravel() ** 2 for label, pred in pairs])
    assert measured(MSE(), *pairs) == pytest.approx(squares.mean(), rel=1e-6)


def test_mse_takes_a_column_for_a_row():
    assert measured(MSE(), ([1, 2], [[1], [4]])) == 2.0
    assert measured(MSE(), ([[1], [2]], [1, 4])) == 2.0


def test_mse_gives_the_number_of_the_recorded_run():
    # y = 2 x learned with weights 0.5, then 0.875: the first epoch of a known run
    assert measured(MSE(), ([2, 4], [[0.5], [1]]), ([6, 8], [[2.625], [3.5]])) == 10.72265625


def test_mse_in_half_precision_does_not_overflow():
    metric = MSE()
    metric.update([array([0] * 9, dtype="float16")], [array([300] * 9, dtype="float16")])
    assert metric.get() == [("MSE", 90000.0)]


@pytest.mark.parametrize(("label", "pred"), [((3,), (2,)), ((2, 3), (3, 2)), ((3,), (3, 2))])
def test_mse_refuses_shapes_that_do_not_fit(label, pred):
    with pytest.raises(ShapeError) as caught:
        measured(MSE(), (np.zeros(label), np.zeros(pred)))
    assert (
        f"MSE: predictions of shape {pred} need labels of the same shape, these have {label}"
        in str(caught.value)
    )


@pytest.mark.parametrize("metric", [Accuracy(), MSE()])
def test_metrics_of_nothing_are_not_numbers(metric):
    assert math.isnan(metric.get()[0][1])
    metric.update([array([1])], [array([[1]])])
    assert not math.isnan(metric.get()[0][1])
    metric.reset()
    assert math.isnan(metric.get()[0][1])
    metric.update([], [])
    assert math.isnan(metric.get()[0][1])


@pytest.mark.parametrize("metric", [Accuracy(), MSE()])
def test_each_prediction_needs_a_label(metric):
    one = array([[1, 2]])
    with pytest.raises(
        ArgumentError, match="1 labels for 2 predictions; each output needs one label"
    ):
        metric.update([one], [one, one])
    with pytest.raises(ArgumentError, match="for predictions, got NDArray of NDArray"):
        metric.update(one, one)
    with pytest.raises(ArgumentError, match="for predictions, got list of ndarray"):
        metric.update([one], [np.ones((1, 2))])


def test_updates_do_not_wait_for_the_device():
    class Unreadable(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            assert "_local_scalar_dense" not in str(function)
            return function(*args, **(kwargs or {}))

    for metric in (Accuracy(), MSE(), ACE(), NLL(), MultiACE(1)):
        with Unreadable():
            metric.update([array([0])] * 2, [array([[1]])] * 2)
            with pytest.raises(AssertionError):
                metric.get()


@pytest.mark.parametrize("metric", [Accuracy(), MSE(), NLL()])
def test_outputs_of_an_unrolled_network_are_measured_together(metric):
    """A hundred outputs cost as many operations as two."""

    class Counting(torch.utils._python_dispatch.TorchDispatchMode):
        count = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.count += 1
            return function(*args, **(kwargs or {}))

    def operations(outputs):
        pred = array([[0.5, 0.25, 0.25]] * 4)
        label = pred if isinstance(metric, MSE) else array([0, 1, 2, 0])
        with Counting() as mode:
            metric.update([label] * outputs, [pred] * outputs)
        return mode.count

    operations(1)
    assert operations(100) == operations(2) <= operations(1) + 2


def test_outputs_of_different_shapes_are_measured_each_by_its_own():
    random = np.random.default_rng(2)
    metric, right, count = Accuracy(), 0, 0
    shapes = [(4, 3), (4, 3), (4, 2), (4, 3), (4, 3, 5)]
    preds = [random.random(shape).astype("float32") for shape in shapes]
    labels = [random.integers(0, 3, (pred.shape[0], *pred.shape[2:])) for pred in preds]
    for label, pred in zip(labels, preds, strict=True):
        right += (pred.argmax(1) == label).sum()
        count += label.size
    metric.update([array(each) for each in labels], [array(each) for each in preds])
    assert metric.get() == [("accuracy", right / count)]


def test_a_fresh_metric_measures_an_interval_and_leaves_the_epochs_alone():
    epoch = Accuracy()
    epoch.update([array([1])], [array([[0, 1]])])
    interval = epoch.fresh()
    assert math.isnan(interval.get()[0][1])
    for metric in (epoch, interval):
        metric.update([array([1])], [array([[1, 0]])])
    assert interval.get() == [("accuracy", 0.0)]
    interval.reset()
    assert epoch.get() == [("accuracy", 0.5)]


def test_sums_do_not_drift():
    # in float32 the sum of 300,000 squares of 0.1 is wrong in the third digit
    metric, zeros = MSE(), array(np.zeros(1000))
    for _ in range(300):
        metric.update([zeros], [array(np.full(1000, 0.1))])
    assert metric.get()[0][1] == pytest.approx(float(np.float32(0.1)) ** 2, rel=1e-12)


def test_the_interface_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        AbstractEvalMetric()
