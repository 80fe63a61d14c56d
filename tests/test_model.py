"""FeedForward: how it is made, initialised and asked for predictions."""

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from training_helpers import (
    assert_same,
    class_data,
    class_model,
    line,
    line_data,
    line_model,
    parameters,
    perceptron,
)

import symnet as mx
from symnet.operators.contract import Input, Operator, Shape, Shapes, State
from symnet.operators.dispatch import operator_function

# -- construction ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("context", "devices"),
    [
        (None, [mx.cpu()]),
        (mx.cpu(3), [mx.cpu(3)]),
        ([mx.cpu(1), mx.cpu(2)], [mx.cpu(1), mx.cpu(2)]),
        ((mx.gpu(7),), [mx.gpu(7)]),  # that there is none shows when something runs on it
    ],
)
def test_contexts(context: Any, devices: list[mx.Context]) -> None:
    model = mx.FeedForward(perceptron(), context=context)
    assert model.ctx == devices
    assert model.arch.list_outputs() == ["softmax_output"]
    assert model.arg_params is None
    assert model.aux_params is None
    assert model.pred_exec is None
    assert isinstance(model, mx.AbstractModel)


def test_repr_says_what_it_is() -> None:
    model = mx.FeedForward(perceptron())
    assert repr(model) == "FeedForward(softmax_output: without weights, CPU0)"
    assert repr(class_model()).startswith("FeedForward(softmax_output: 4 parameters of ")


# -- initialising ----------------------------------------------------------------------------------


class Tracked(Operator, registered=False):
    """The data; it has an auxiliary state."""

    data = Input("Input of any shape.")
    moving_mean = State("One number for each column.")

    def infer_shape(self, data: Shape) -> Shapes:
        return {"moving_mean": data[1:], "output": data}

    def forward(self, data: Any, moving_mean: Any) -> Any:
        return data + moving_mean


tracked = operator_function(Tracked)


class Numbered(mx.AbstractInitializer):
    """Fills arrays with 1, 2, 3 …, in the order in which they come."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def init(self, name: str, array: mx.NDArray) -> None:
        self.names.append(name)
        array[:] = len(self.names)


def tracked_model() -> mx.FeedForward:
    return mx.FeedForward(line(tracked=lambda net: tracked(net, name="bn")))


def test_init_model_returns_names() -> None:
    model, initializer = tracked_model(), Numbered()
    names = mx.init_model(model, initializer, data=(2, 3), lro_label=(2,))
    assert names == (["data", "fc_weight", "lro_label"], ["fc_weight"], ["bn_moving_mean"])
    assert initializer.names == ["fc_weight", "bn_moving_mean"]
    assert model.arg_params is not None
    assert model.aux_params is not None
    np.testing.assert_array_equal(model.arg_params["fc_weight"].asnumpy(), [[1, 1, 1]])
    np.testing.assert_array_equal(model.aux_params["bn_moving_mean"].asnumpy(), [2])
    assert model.arg_params["fc_weight"].context == mx.cpu()


def test_init_model_keeps_what_fits(caplog: pytest.LogCaptureFixture) -> None:
    model, initializer = mx.FeedForward(perceptron()), Numbered()
    kept, gone = mx.full((6, 4), 9), mx.zeros(1)
    model.arg_params = {"gone": gone, "fc1_weight": kept, "fc1_bias": mx.zeros(7)}
    model.init_model(initializer, data=(5, 4), softmax_label=(5,))
    assert list(model.arg_params) == ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert model.arg_params["fc1_weight"] is kept
    assert initializer.names == ["fc1_bias", "fc2_weight", "fc2_bias"]
    np.testing.assert_array_equal(model.arg_params["fc1_bias"].asnumpy(), np.ones(6))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == "Shape mismatch for fc1_bias. Overwriting with new one."


def test_init_model_overwrites_where_asked() -> None:
    model = class_model()
    before, initializer = parameters(model), Numbered()
    shapes = {"data": (5, 4), "softmax_label": (5,)}
    model.init_model(initializer, **shapes)
    assert_same(model, before)
    model.init_model(initializer, overwrite=True, **shapes)
    assert initializer.names == list(before)
    np.testing.assert_array_equal(parameters(model)["fc2_bias"], [4, 4, 4])


def test_init_model_wants_shapes_that_tell_all() -> None:
    model = mx.FeedForward(perceptron())
    with pytest.raises(mx.MXError, match=r"'fc1': the shape of data \('data'\) is not known"):
        model.init_model(Numbered(), softmax_label=(5,))
    assert model.arg_params is None


def test_init_model_wants_names_that_exist() -> None:
    with pytest.raises(
        mx.ArgumentError, match=r"no argument 'dat'; did you mean 'data'\? \(there are: data, fc1_"
    ):
        class_model().init_model(Numbered(), dat=(5, 4))


def test_init_model_without_the_label() -> None:
    model = mx.FeedForward(perceptron())
    with pytest.raises(mx.ArgumentError, match=r"init_model\(…, softmax_label=shape\)"):
        model.init_model(mx.UniformInitializer(), data=(5, 4))
    assert model.arg_params is None


# -- predicting ------------------------------------------------------------------------------------


def probabilities(model: mx.FeedForward, rows: np.ndarray) -> np.ndarray:
    """What the perceptron should answer, by NumPy."""
    weights = parameters(model)
    hidden = np.maximum(rows @ weights["fc1_weight"].T + weights["fc1_bias"], 0)
    scores = np.exp(hidden @ weights["fc2_weight"].T + weights["fc2_bias"])
    return scores / scores.sum(axis=1, keepdims=True)


def rows_of(data: mx.AbstractDataProvider) -> np.ndarray:
    return np.concatenate([b.get_data()[0][: b.count_samples()].asnumpy() for b in data])


@pytest.mark.parametrize(("samples", "batch_size"), [(20, 5), (13, 5), (3, 3)])
def test_predictions_of_all_samples_and_no_padding(samples: int, batch_size: int) -> None:
    model, data = class_model(), class_data(samples, batch_size)
    found = mx.predict(model, data)
    assert isinstance(found, np.ndarray)
    assert found.shape == (samples, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, probabilities(model, rows_of(data)), rtol=1e-5)


@pytest.mark.parametrize("first", [False, True], ids=["keyword", "first argument"])
def test_a_callback_gets_each_batch_without_padding(first: bool) -> None:
    model, data = class_model(), class_data(13, 5)
    batches = []

    def keep(output: mx.NDArray) -> None:
        assert isinstance(output, mx.NDArray)
        batches.append(output.asnumpy())

    result = mx.predict(keep, model, data) if first else mx.predict(model, data, callback=keep)
    assert result is None
    assert [batch.shape for batch in batches] == [(5, 3), (5, 3), (3, 3)]
    np.testing.assert_array_equal(np.concatenate(batches), mx.predict(model, data))


def test_several_outputs() -> None:
    model = class_model()
    internals = model.arch.get_internals()
    model.arch = mx.Group(model.arch, internals["relu1_output"])
    data = class_data(13, 5)
    found = mx.predict(model, data)
    assert [each.shape for each in found] == [(13, 3), (13, 6)]
    rows, weights = rows_of(data), parameters(model)
    np.testing.assert_allclose(found[0], probabilities(model, rows), rtol=1e-5)
    hidden = np.maximum(rows @ weights["fc1_weight"].T + weights["fc1_bias"], 0)
    np.testing.assert_allclose(found[1], hidden, rtol=1e-5, atol=1e-6)
    seen: list[list[tuple[int, ...]]] = []
    mx.predict(model, data, callback=lambda outs: seen.append([out.shape for out in outs]))
    assert seen == [[(5, 3), (5, 6)], [(5, 3), (5, 6)], [(3, 3), (3, 6)]]


def test_images() -> None:
    """Four axes of data, and as many of the output."""
    net = mx.Pooling(mx.Variable("data"), kernel=(2, 2), stride=(2, 2), pool_type="max")
    model = mx.FeedForward(net)
    model.arg_params = {}
    images = np.random.default_rng(2).standard_normal((5, 3, 4, 6)).astype(np.float32)
    found = mx.predict(model, mx.ArrayDataProvider(images, batch_size=2))
    np.testing.assert_array_equal(found, images.reshape(5, 3, 2, 2, 3, 2).max(axis=(3, 5)))


def test_labels_are_not_needed() -> None:
    model, labelled = class_model(), class_data(6, 3)
    rows = rows_of(labelled)
    expected = mx.predict(model, labelled)
    unlabelled = mx.ArrayDataProvider(rows, batch_size=3)
    np.testing.assert_array_equal(mx.predict(model, unlabelled), expected)
    other_label = mx.ArrayDataProvider(rows, ("answer", np.ones((6, 9))), batch_size=3)
    np.testing.assert_array_equal(mx.predict(model, other_label), expected)


class Empty(mx.AbstractDataProvider):
    """No batches at all."""

    def provide_data(self) -> list[Any]:
        return [("data", (5, 4))]

    def provide_label(self) -> list[Any]:
        return []

    def __iter__(self) -> Iterator[mx.DataBatch]:
        return iter(())


def test_no_batches() -> None:
    model = class_model()
    found = mx.predict(model, Empty())
    assert isinstance(found, np.ndarray)
    assert found.shape == (0, 3)
    assert found.dtype == np.float32
    model.arch = mx.Group(model.arch, model.arch.get_internals()["relu1_output"])
    assert [each.shape for each in mx.predict(model, Empty())] == [(0, 3), (0, 6)]


def test_a_predictor_used_again_keeps_its_weights() -> None:
    model, data = class_model(), class_data()
    before = mx.predict(model, data, overwrite=False)  # makes one where there is none
    predictor = model.pred_exec
    model.fit(mx.SGD(lr=0.5), data, n_epoch=1)
    np.testing.assert_array_equal(mx.predict(model, data, overwrite=False), before)
    assert model.pred_exec is predictor
    after = mx.predict(model, data)
    assert model.pred_exec is not predictor
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, probabilities(model, rows_of(data)), rtol=1e-5)


def test_a_predictor_used_again_wants_the_same_shapes() -> None:
    model = class_model()
    mx.predict(model, class_data(batch_size=5))
    with pytest.raises(
        mx.ShapeError,
        match=r"'data' of shape \(5, 4\), the provider gives \(4, 4\).*overwrite=True",
    ):
        mx.predict(model, class_data(batch_size=4), overwrite=False)
    with pytest.raises(mx.ArgumentError, match="the provider gives 'images'"):
        mx.predict(model, mx.ArrayDataProvider(("images", np.ones((5, 4)))), overwrite=False)
    assert mx.predict(model, class_data(batch_size=4)).shape == (20, 3)


def test_prediction_runs_on_the_first_context() -> None:
    model = class_model(mx.cpu(2), mx.cpu(1))
    seen = []
    mx.predict(model, class_data(), callback=lambda output: seen.append(output.context))
    assert seen == [mx.cpu(2)] * 4


def test_prediction_leaves_training_alone() -> None:
    asked, alone = class_model(), class_model()
    for _ in range(2):
        asked.fit(mx.SGD(lr=0.5, momentum=0.9), class_data(), n_epoch=1)
        alone.fit(mx.SGD(lr=0.5, momentum=0.9), class_data(), n_epoch=1)
        mx.predict(asked, class_data(7, 3))
    assert_same(asked, parameters(alone))


# -- predicting what cannot be predicted -----------------------------------------------------------


def test_weights_are_not_defined() -> None:
    with pytest.raises(mx.MXError, match=r"^Model weights not defined: call fit or init_model"):
        mx.predict(mx.FeedForward(perceptron()), class_data())


def test_a_weight_is_missing() -> None:
    model = class_model()
    assert model.arg_params is not None
    del model.arg_params["fc2_bias"]
    with pytest.raises(mx.ArgumentError, match=r"needs a value for 'fc2_bias'.*\(data\)"):
        mx.predict(model, class_data())


def test_a_state_is_missing() -> None:
    model = tracked_model()
    model.init_model(Numbered(), data=(2, 1), lro_label=(2,))
    assert mx.predict(model, line_data()).tolist() == [[3], [4], [5], [6]]  # 1 · x + 2
    model.aux_params = None
    with pytest.raises(mx.ArgumentError, match="needs a value for 'bn_moving_mean'"):
        mx.predict(model, line_data())


def test_an_input_is_missing() -> None:
    """Its shape could be inferred, but not what it holds."""
    net = mx.LinearRegressionOutput(mx.Variable("data") + mx.Variable("offset"), name="lro")
    model = mx.FeedForward(net)
    model.arg_params = {}
    with pytest.raises(mx.ArgumentError, match="needs a value for 'offset'"):
        mx.predict(model, line_data())


def test_a_label_that_is_data_too_is_not_missing() -> None:
    """As in a network that learns to give back what it was given."""
    data = mx.Variable("data")
    model = mx.FeedForward(mx.LinearRegressionOutput(data * 3, data, name="lro"))
    model.arg_params = {}
    found = mx.predict(model, mx.ArrayDataProvider(np.ones((2, 2))))
    np.testing.assert_array_equal(found, np.full((2, 2), 3))


def test_a_weight_too_many() -> None:
    model = line_model()
    assert model.arg_params is not None
    model.arg_params["fc_wight"] = mx.zeros(1)
    with pytest.raises(
        mx.ArgumentError, match=r"no parameter 'fc_wight'; did you mean 'fc_weight'"
    ):
        mx.predict(model, line_data())


def test_data_of_another_width() -> None:
    with pytest.raises(mx.ShapeError, match=r"parameter 'fc1_weight' should have shape \(6, 7\)"):
        mx.predict(class_model(), class_data(features=7))


def test_data_of_another_name() -> None:
    data = mx.ArrayDataProvider(("images", np.ones((4, 4))), np.ones(4))
    with pytest.raises(mx.ArgumentError, match="the provider gives 'images'") as found:
        mx.predict(class_model(), data)
    assert "labels provided: softmax_label (4,)" in str(found.value)


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ((), r"predict\(\)"),
        ((1,), r"predict\(int\)"),
        ((1, 2), r"predict\(int, int\)"),
        ((1, 2, 3, 4), r"predict\(int, int, int, int\)"),
    ],
)
def test_predict_misused(arguments: tuple[Any, ...], given: str) -> None:
    forms = r"call predict\(model, data\) or predict\(callback, model, data\)"
    with pytest.raises(mx.ArgumentError, match=f"{forms}; got {given}"):
        mx.predict(*arguments)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_is_copied_also_after_it_has_predicted(copied: Any) -> None:
    model = class_model()
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    expected = model.predict(rows)
    np.testing.assert_array_equal(copied(model).predict(rows), expected)
