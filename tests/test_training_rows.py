"""Batches of fewer rows than others, parameters that are frozen, and arrays to predict from."""

from typing import Any

import numpy as np
import pytest
from training_helpers import (
    Watched,
    assert_same,
    class_data,
    class_model,
    classes_of,
    line_data,
    line_model,
    parameters,
    perceptron,
)

import symnet as mx

# -- short batches ---------------------------------------------------------------------------------


class Short(mx.AbstractDataProvider):
    """The numbers from 1 with their doubles as labels, the last batch as short as it is."""

    def __init__(self, samples: int, batch_size: int) -> None:
        self.samples, self.batch_size = samples, batch_size

    def provide_data(self) -> list[Any]:
        return [("data", (self.batch_size, 1))]

    def provide_label(self) -> list[Any]:
        return [("lro_label", (self.batch_size,))]

    def eachbatch(self) -> Any:
        numbers = np.arange(1, self.samples + 1, dtype=np.float32)
        for start in range(0, self.samples, self.batch_size):
            part = numbers[start : start + self.batch_size]
            yield mx.DataBatch([mx.array(part[:, None])], [mx.array(2 * part)], len(part))


def test_a_short_batch_is_divided_by_the_batch_size_all_the_same() -> None:
    """Worked out by hand; with padding by rows of zeros, whose gradient is 0, it is the same."""
    optimizer = Watched(lr=0.1, weight_decay=0)
    model = line_model()
    history = model.fit(optimizer, Short(3, 2), n_epoch=1, eval_metric=mx.MSE())
    # 0.5 + 0.1 · 1.5 · (1 + 4) / 2, then 0.1 · 1.125 · 9 / 2 more
    np.testing.assert_allclose(optimizer.weights, [0.875, 1.38125], rtol=1e-6)
    assert history["MSE"] == pytest.approx([(1.5**2 * 5 + 1.125**2 * 9) / 3])


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_short_batches_equal_those_of_their_size(devices: int) -> None:
    """13 samples in batches of 5 are 5, 5 and 3, as three fits with such batches would have it."""
    contexts = [mx.cpu(number) for number in range(devices)]
    short, by_hand = class_model(*contexts), class_model()
    data = class_data(13, 5, last_batch="keep")
    optimizer = mx.SGD(lr=0.3, momentum=0.9)
    short.fit(optimizer, data, n_epoch=2, eval_data=data)
    update = mx.get_updater(mx.SGD(lr=0.3, momentum=0.9))
    update.optimizer.state = mx.OptimizationState(5)
    weights = {name: mx.array(array) for name, array in parameters(by_hand).items()}
    for _ in range(2):
        for batch in data:
            rows, label = batch.get_data()[0], batch.get_label()[0]
            executor = mx.simple_bind(by_hand.arch, data=rows.shape, softmax_label=label.shape)
            executor.copy_params_from(weights)
            executor.forward(is_train=True, data=rows, softmax_label=label)
            executor.backward()
            for index, (name, weight) in enumerate(weights.items()):
                update(index, executor.grad_dict[name], weight)
    expected = {name: weight.asnumpy() for name, weight in weights.items()}
    assert_same(short, expected, rtol=1e-5, atol=1e-6)


def test_executors_for_short_batches_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from symnet.training.loop import bound

    made = []
    original = bound.for_shapes
    monkeypatch.setattr(bound, "for_shapes", lambda *a: made.append(a) or original(*a))
    class_model().fit(mx.SGD(), class_data(13, 5, last_batch="keep"), n_epoch=4)
    assert len(made) == 1


def test_fewer_rows_than_devices() -> None:
    """The last batch has one row, which the first device takes."""
    several, one = class_model(mx.cpu(0), mx.cpu(1), mx.cpu(2)), class_model()
    for model in (several, one):
        data = class_data(11, 5, last_batch="keep")
        model.fit(mx.SGD(lr=0.3, momentum=0.9), data, n_epoch=2)
    assert_same(several, parameters(one), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("last_batch", ["keep", "pad"])
def test_predictions_of_short_batches(last_batch: Any) -> None:
    model = class_model()
    whole = mx.predict(model, class_data(13, 13))
    found = mx.predict(model, class_data(13, 5, last_batch=last_batch))
    assert found.shape == (13, 3)
    np.testing.assert_allclose(found, whole, rtol=1e-6)


def test_a_network_for_one_batch_size_says_so() -> None:
    """Its bias has a row for each row of the batch."""
    net = mx.Variable("data") + mx.Variable("bias")
    model = mx.FeedForward(mx.LinearRegressionOutput(net, name="lro"))
    with pytest.raises(mx.ShapeError, match=r"the parameter 'bias' .* made for one batch size"):
        model.fit(mx.SGD(), Short(3, 2), n_epoch=1, eval_metric=mx.MSE())


def test_more_rows_than_the_batch_size() -> None:
    class Long(Short):
        def provide_data(self) -> list[Any]:
            return [("data", (1, 1))]

        def provide_label(self) -> list[Any]:
            return [("lro_label", (1,))]

    with pytest.raises(mx.DataError, match="Long gave a batch of 2 rows, but its batch size is 1"):
        line_model().fit(mx.SGD(), Long(2, 2), n_epoch=1)


# -- freezing --------------------------------------------------------------------------------------


def frozen_perceptron() -> mx.FeedForward:
    net = mx.FullyConnected(
        data=mx.Variable("data"),
        weight=mx.Variable("fc1_weight", attrs={"grad": "freeze"}),
        name="fc1",
        num_hidden=6,
    )
    net = mx.FullyConnected(mx.Activation(net, act_type="relu"), name="fc2", num_hidden=3)
    model = mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))
    mx.srand(3)
    model.init_model(mx.UniformInitializer(0.5), data=(5, 4), softmax_label=(5,))
    return model


def test_frozen_parameters_stay_as_they_are() -> None:
    """Not even weight decay moves them; the others learn."""
    model = frozen_perceptron()
    before = parameters(model)
    model.fit(mx.SGD(lr=0.5, weight_decay=0.1), class_data(), n_epoch=2)
    after = parameters(model)
    assert list(after) == list(before)
    for name, array in after.items():
        assert np.array_equal(array, before[name]) == (name == "fc1_weight"), name


def test_nothing_left_to_train() -> None:
    data = mx.Variable("data")
    weight = mx.Variable("fc_weight", attrs={"grad": "freeze"})
    net = mx.FullyConnected(data=data, weight=weight, no_bias=True, num_hidden=1, name="fc")
    model = mx.FeedForward(mx.LinearRegressionOutput(net, name="lro"))
    with pytest.raises(
        mx.ArgumentError, match=r"\(fc_weight\) are frozen, .* nothing is left to train"
    ):
        model.fit(mx.SGD(), line_data(), n_epoch=1)


# -- arrays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 13, 128, 300])
def test_predictions_from_an_array(samples: int) -> None:
    model = class_model()
    rows = np.random.default_rng(1).standard_normal((samples, 4)).astype(np.float32)
    expected = mx.predict(model, mx.ArrayDataProvider(rows))
    for given in (rows, mx.array(rows), mx.array(rows).torch, {"data": rows}, ("data", rows)):
        found = mx.predict(model, given)
        assert found.shape == (samples, 3)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_predictions_from_several_arrays() -> None:
    model = mx.FeedForward(mx.Variable("a") - mx.Variable("b"))
    model.arg_params = {}
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.testing.assert_array_equal(mx.predict(model, {"b": rows, "a": 3 * rows}), 2 * rows)
    with pytest.raises(mx.ArgumentError, match="one input, this one has a, b; give a dict"):
        mx.predict(model, rows)


def test_what_is_no_array() -> None:
    with pytest.raises(mx.DataError, match="must be an array"):
        mx.predict(class_model(), 3)


def test_the_default_metric_follows_the_loss() -> None:
    assert "MSE" in line_model().fit(mx.SGD(), line_data(), n_epoch=1).names
    assert "accuracy" in class_model().fit(mx.SGD(), class_data(), n_epoch=1).names
    assert perceptron().list_outputs() == ["softmax_output"]


def test_several_metrics() -> None:
    metrics = [mx.Accuracy(), mx.ACE()]
    history = class_model().fit(mx.SGD(), class_data(), n_epoch=1, eval_metric=metrics)
    assert {"accuracy", "ACE"} <= set(history.names)
    assert classes_of(np.ones((1, 2))).tolist() == [2]
