"""What a training says of numbers that cannot be learned from, and of learning nothing."""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import symnet as mx
from symnet.core.errors import DataError, LabelError, MXError
from symnet.training.loop import _values

X = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
CLASSES, NUMBERS = np.arange(10) % 3, np.linspace(-1, 1, 10)


def class_network() -> mx.SymbolicNode:
    hidden = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(hidden, name="softmax")


def number_network() -> mx.SymbolicNode:
    hidden = mx.FullyConnected(mx.Variable("data"), num_hidden=1, name="fc")
    return mx.LinearRegressionOutput(hidden, name="softmax")


def changed(array: np.ndarray, place: Any, value: float) -> np.ndarray:
    other = array.astype(np.float32)
    other[place] = value
    return other


def fit(network: mx.SymbolicNode, data: mx.AbstractDataProvider, **options: Any) -> mx.History:
    mx.srand(0)
    given = {"n_epoch": 1, "verbose": 0, **options}
    return mx.FeedForward(network).fit(mx.SGD(lr=0.1), data, **given)


def arrays(x: np.ndarray, y: np.ndarray, **options: Any) -> mx.ArrayDataProvider:
    return mx.ArrayDataProvider(x, y, batch_size=4, **options)


# -- the first epoch -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("network", [class_network, number_network])
def test_data_that_is_not_finite(network, value):
    words = rf"the data 'data' holds {value:g}, at place 2 of sample 6 of epoch 1, counted from 0"
    with pytest.raises(DataError, match=words):
        fit(network(), arrays(changed(X, (6, 2), value), CLASSES))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_to_learn_that_are_not_finite(value):
    labels = changed(NUMBERS.reshape(-1, 1), (9, 0), value)
    words = f"the label 'softmax_label' holds {value:g}, at place 0 of sample 9 of epoch 1"
    with pytest.raises(LabelError, match=words):
        fit(number_network(), arrays(X, labels))


@pytest.mark.parametrize("value", [3, -1, np.nan, np.inf])
def test_labels_that_are_no_classes(value):
    words = "position 1 of the batch is outside the 3 classes .* it is sample 5 of epoch 1"
    with pytest.raises(LabelError, match=words):
        fit(class_network(), arrays(X, changed(CLASSES, 5, value)))


@pytest.mark.parametrize(
    ("labels", "place"), [(changed(CLASSES, 5, 3), 5), (changed(CLASSES, 9, np.nan), 9)]
)
def test_validation_data_are_looked_at_too(labels, place):
    with pytest.raises(LabelError, match=f"it is sample {place} of epoch 1"):
        fit(class_network(), arrays(X, CLASSES), eval_data=arrays(X, labels))
    data = arrays(changed(X, (3, 0), np.nan), CLASSES)
    with pytest.raises(DataError, match="sample 3 of epoch 1"):
        fit(class_network(), arrays(X, CLASSES), eval_data=data)


def test_padding_is_not_looked_at():
    data = arrays(X, CLASSES, label_padding=99, data_padding=0)
    assert len(fit(class_network(), data)) == 1


def test_large_numbers_are_numbers():
    data = arrays(np.full((10, 4), 3e38, np.float32), CLASSES)
    assert len(fit(class_network(), data, n_epoch=0)) == 0
    with pytest.raises(MXError, match="sample 2"):
        fit(class_network(), arrays(changed(X, slice(0, 2), 3e38), changed(CLASSES, 2, 7)))


def test_a_sample_of_several_labels():
    scores = mx.FullyConnected(mx.Variable("data"), num_hidden=6)
    network = mx.SoftmaxOutput(
        mx.Reshape(scores, shape=(0, 3, 2)), multi_output=True, name="softmax"
    )
    labels = changed(np.zeros((10, 2)), (7, 1), 3)
    metric = mx.CustomMetric(lambda label, pred: 0.0)
    with pytest.raises(LabelError, match=r"label 3 at position 7 of the batch .* sample 7 of"):
        fit(network, arrays(X, labels), eval_metric=metric)


# -- later epochs ----------------------------------------------------------------------------------


class Changing(mx.AbstractDataProvider):
    """Batches whose labels, or whose data, are wrong from some epoch on."""

    def __init__(
        self, good_epochs: int, value: float, place: int, *, in_data: bool = False
    ) -> None:
        self.good_epochs, self.value, self.place = good_epochs, value, place
        self.in_data = in_data

    def provide_data(self) -> list[tuple[str, tuple[int, ...]]]:
        return [("data", (5, 4))]

    def provide_label(self) -> list[tuple[str, tuple[int, ...]]]:
        return [("softmax_label", (5,))]

    def eachbatch(self) -> Iterator[mx.DataBatch]:
        self.good_epochs -= 1
        data, labels = X, CLASSES
        if self.good_epochs < 0 and self.in_data:
            data = changed(X, (self.place, 2), self.value)
        elif self.good_epochs < 0:
            labels = changed(CLASSES, self.place, self.value)
        for start in (0, 5):
            rows = slice(start, start + 5)
            yield mx.DataBatch([mx.NDArray(data[rows])], [mx.NDArray(labels[rows])], 5)


@pytest.mark.parametrize("good", [1, 2])
@pytest.mark.parametrize("value", [3, -2, np.nan])
def test_labels_that_go_wrong_later(good, value):
    words = rf"position 3 of the batch .* it is sample 8 of epoch {good + 1}, counted from 0"
    with pytest.raises(LabelError, match=words):
        fit(class_network(), Changing(good, value, 8), n_epoch=4)


@pytest.fixture(params=["at once", "after the epoch"])
def where_numbers_are_read(request, monkeypatch):
    """Where they lie on a GPU, they are read once an epoch."""
    later = request.param == "after the epoch"
    monkeypatch.setattr(_values, "_is_elsewhere", lambda array: later)
    return "in" if later else "at place 2 of"


@pytest.mark.parametrize("good", [1, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_data_that_go_wrong_later(good, value, where_numbers_are_read):
    words = (
        f"the data 'data' holds {value:g}, {where_numbers_are_read} sample 8 of epoch {good + 1}, "
        "counted from 0"
    )
    wrong = Changing(good, value, 8, in_data=True)
    with pytest.raises(DataError, match=words):
        fit(class_network(), wrong, n_epoch=4)
    wrong = Changing(good, value, 8, in_data=True)
    with pytest.raises(DataError, match=words):
        fit(class_network(), arrays(X, CLASSES), eval_data=wrong, n_epoch=4)


@pytest.mark.parametrize("value", [3, -2, np.nan, np.inf])
def test_labels_of_later_epochs_are_told_wherever_they_are_read(value, where_numbers_are_read):
    words = r"position 3 of the batch .* it is sample 8 of epoch 2, counted from 0"
    with pytest.raises(LabelError, match=words):
        fit(class_network(), Changing(1, value, 8), n_epoch=4)
    with pytest.raises(LabelError, match=words):
        fit(class_network(), arrays(X, CLASSES), eval_data=Changing(1, value, 8), n_epoch=4)


def test_nan_of_later_epochs_is_left_to_who_looks_for_it():
    stop = mx.StopOnNaN()
    history = fit(
        class_network(), Changing(1, np.nan, 8, in_data=True), n_epoch=4, callbacks=[stop]
    )
    assert "NaN" in str(history.stopped) or "nan" in str(history.stopped)


# -- learning nothing ------------------------------------------------------------------------------


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def test_guessing_is_told_once(caplog):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 300)
    data = mx.ArrayDataProvider(rng.standard_normal((300, 4)), labels, batch_size=50)
    fit(class_network(), data, n_epoch=6, freeze="*_weight")
    (warning,) = warnings_of(caplog)
    assert warning.startswith("This training learns nothing: the accuracy is 0.")
    assert "at best in 3 epochs, no better than guessing one of 3 classes" in warning
    assert "mx.StopOnNaN()" in warning


def test_an_accuracy_that_never_changes_is_told(caplog):
    network = mx.BlockGrad(mx.FullyConnected(mx.Variable("data"), num_hidden=3))
    network = mx.SoftmaxOutput(network, name="softmax")
    labels = np.array([0] * 8 + [1, 2])
    fit(network, arrays(np.ones((10, 4)), labels), n_epoch=4, initializer=mx.ConstantInitializer(0))
    (warning,) = warnings_of(caplog)
    assert "the accuracy is 0.8000 at best in 3 epochs, and has not changed at all" in warning


def test_parameters_that_are_no_numbers_are_told_once(caplog):
    huge = arrays(X * 1e30, NUMBERS)
    fit(number_network(), huge, n_epoch=3)
    (warning,) = warnings_of(caplog)
    assert "the parameters are not all finite numbers after epoch 1" in warning
    assert "mx.StopOnNaN()" in warning


@pytest.mark.parametrize("epochs", [2, 6])
def test_what_learns_is_not_warned_of(caplog, epochs):
    data = mx.ArrayDataProvider(X, (X[:, 0] > 0).astype(int), batch_size=5)
    fit(class_network(), data, n_epoch=epochs)
    assert warnings_of(caplog) == []


# -- parameters ------------------------------------------------------------------------------------

x = mx.Variable("x")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "make",
    [
        lambda value: mx.Dropout(x, p=value),
        lambda value: mx.BatchNorm(x, eps=value),
        lambda value: mx.BatchNorm(x, momentum=value),
        lambda value: mx.LRN(x, nsize=3, alpha=value),
        lambda value: mx.LeakyReLU(x, slope=value),
        lambda value: mx.SoftmaxOutput(x, grad_scale=value),
        lambda value: mx.SGD(lr=value),
        lambda value: mx.SGD(weight_decay=value),
        lambda value: mx.ADAM(epsilon=value),
        lambda value: mx.LearningRate.Exp(0.1, gamma=value),
        mx.UniformInitializer,
        lambda value: mx.NormalInitializer(0, value),
        lambda value: mx.ImageRecordIter(data_shape=(3, 2, 2), batch_size=1, scale=value),
        lambda value: arrays(X, CLASSES, data_padding=value),
    ],
)
def test_parameters_are_finite(make, value):
    with pytest.raises(mx.ParameterError, match=r"must be .*, got"):
        make(value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_become_elements_may_be_any(value):
    if not np.isnan(value):
        found = mx.clip(mx.array([1.0]), value, np.inf)
        np.testing.assert_array_equal(mx.copy(found), [max(1, value)])
    found = mx.copy(mx.array([1.0]) + value)
    np.testing.assert_array_equal(found, np.float32([1 + value]))
