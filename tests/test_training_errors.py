"""What `fit` says of everything that does not fit."""

import inspect
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pytest
from training_helpers import class_data, class_model, line_data, line_model, perceptron, weight_of

import symnet as mx
from symnet.training.loop.options import FitOptions


def fails(model: mx.FeedForward, data: Any, error: type[Exception], **options: Any) -> str:
    with pytest.raises(error) as found:
        model.fit(mx.SGD(lr=0.1), data, n_epoch=1, **options)
    return str(found.value)


# -- options ---------------------------------------------------------------------------------------


def test_an_unknown_option_is_told_with_the_nearest() -> None:
    message = fails(line_model(), line_data(), mx.ParameterError, n_epochs=3)
    assert message == (
        "fit: unknown parameter 'n_epochs'; did you mean 'n_epoch'? (there are: "
        f"{', '.join(FitOptions.params)})"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_epoch": -1}, "n_epoch must be >= 0, got -1"),
        (
            {"initializer": 0.1},
            "initializer must be an initializer, as mx.*, got 0.1",
        ),
        ({"force_init": "yes"}, "force_init must be bool, got 'yes'"),
        ({"n_epoch": 1.5}, "n_epoch must be int, got 1.5"),
    ],
)
def test_an_option_out_of_range(options: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.ParameterError, match=f"fit: {words}"):
        line_model().fit(mx.SGD(), line_data(), **options)


def test_the_signature_is_that_of_the_options() -> None:
    """What editors show of `fit`, in its forms, is what `FitOptions` checks."""
    options = FitOptions.keywords()
    for form in (mx.FeedForward.fit, mx.FeedForward.train, mx.fit, mx.train):
        shown = inspect.signature(form).parameters
        assert list(shown)[1:-1] == ["optimizer", "data", "label", *(each.name for each in options)]
        for each in options:
            found = shown[each.name]
            made = each.name == "initializer"  # a new one each time, so None stands for it
            assert found.annotation == (each.annotation | None if made else each.annotation)
            assert found.default == (None if made else each.default)
        text = inspect.getdoc(form) or ""
        assert all(f"\n    {each.name}: " in text for each in options)


def test_the_function_is_for_models() -> None:
    with pytest.raises(mx.ArgumentError, match="fit: a FeedForward is wanted, got 3"):
        mx.fit(cast(Any, 3), mx.SGD(), line_data())


def test_a_function_is_no_callback() -> None:
    message = fails(line_model(), line_data(), mx.ArgumentError, callbacks=[print])
    assert "<built-in function print>" in message
    assert "mx.every_n_batch" in message


def test_optimizer_and_data_exchanged() -> None:
    with pytest.raises(
        mx.ArgumentError,
        match=r"the optimizer must be an AbstractOptimizer, as .*got ArrayDataProvider",
    ):
        line_model().fit(line_data(), mx.SGD())


# -- names and shapes of the data ------------------------------------------------------------------


def test_names_of_provider_and_network_differ() -> None:
    data = mx.ArrayDataProvider(("dta", np.ones((4, 1))), np.ones(4), batch_size=2)
    message = fails(line_model(), data, mx.ArgumentError)
    assert "the provider gives 'dta', which is no argument of the network" in message
    assert "did you mean 'data'?" in message
    assert "data provided:   dta (2, 1)\n" in message
    assert "labels provided: softmax_label (2,)\n" in message
    assert "arguments:       data, fc_weight, lro_label\n" in message


def test_a_label_under_another_name() -> None:
    data = mx.ArrayDataProvider(np.ones((4, 1)), ("lro_lable", np.ones(4)), batch_size=2)
    message = fails(line_model(), data, mx.ArgumentError)
    assert "'lro_lable', which is no argument of the network; did you mean 'lro_label'?" in message


def test_a_provider_without_labels() -> None:
    data = mx.ArrayDataProvider(np.ones((4, 1)), batch_size=2)
    message = fails(line_model(), data, mx.ArgumentError)
    assert message.startswith("the training data gives no 'lro_label', the label that the loss ")
    assert "labels provided: none\n" in message
    assert "mx.ArrayDataProvider(data, label)" in message


def test_validation_data_without_labels() -> None:
    evaluation = mx.ArrayDataProvider(np.ones((4, 1)), batch_size=2)
    data = mx.ArrayDataProvider(np.ones((4, 1)), ("lro_label", np.ones(4)), batch_size=2)
    message = fails(line_model(), data, mx.ArgumentError, eval_data=evaluation)
    assert message.startswith("eval_data provides no labels to measure with")


def test_one_hot_labels_of_other_classes() -> None:
    data = mx.ArrayDataProvider(np.ones((6, 4)), np.eye(4)[[0, 1, 2, 0, 1, 2]], batch_size=2)
    message = fails(class_model(), data, mx.ShapeError)
    assert "'softmax_label'" in message
    assert "one-hot" in message


def test_a_batch_smaller_than_the_number_of_devices() -> None:
    model = class_model(*(mx.cpu(number) for number in range(3)))
    message = fails(model, class_data(batch_size=2), mx.ArgumentError)
    assert "a batch of 2 rows cannot be split over 3 devices ([CPU0, CPU1, CPU2])" in message
    assert "batch_size of at least 3" in message


def test_data_that_the_weights_do_not_fit(caplog: pytest.LogCaptureFixture) -> None:
    """Weights of another shape are made anew, and a warning says so."""
    model = class_model()
    model.fit(mx.SGD(), class_data(features=7), n_epoch=0)
    assert [r.getMessage() for r in caplog.records if r.levelname == "WARNING"] == [
        "Shape mismatch for fc1_weight. Overwriting with new one."
    ]
    assert model.arg_params is not None
    assert model.arg_params["fc1_weight"].shape == (6, 7)


# -- values of labels ------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [3, -1])
def test_a_label_that_is_no_class(wrong: int) -> None:
    labels = np.array([0, 1, 2, 0, 1, wrong, 2, 0])
    data = mx.ArrayDataProvider(np.ones((8, 4)), labels, batch_size=4)
    model = class_model()
    message = fails(model, data, mx.LabelError)
    assert "SoftmaxOutput 'softmax': 'softmax_label'" in message
    assert f"label {wrong} at position 1 of the batch" in message
    assert "outside the 3 classes 0 to 2" in message


def test_padding_is_no_label() -> None:
    data = mx.ArrayDataProvider(np.ones((3, 4)), np.zeros(3), batch_size=2, label_padding=99)
    class_model().fit(mx.SGD(), data, n_epoch=1)


def test_labels_that_are_ignored_are_no_classes() -> None:
    net = mx.SoftmaxOutput(
        mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc"),
        use_ignore=True,
        ignore_label=255,
        name="softmax",
    )
    labels = np.array([0, 255, 2, 1])
    data = mx.ArrayDataProvider(np.ones((4, 4)), labels, batch_size=2)
    mx.FeedForward(net).fit(mx.SGD(), data, n_epoch=1)
    labels[3] = 254
    data = mx.ArrayDataProvider(np.ones((4, 4)), labels, batch_size=2)
    assert "label 254 at position 1" in fails(mx.FeedForward(net), data, mx.LabelError)


# -- batches ---------------------------------------------------------------------------------------


class Once(mx.AbstractDataProvider):
    """Batches that there are in one pass only."""

    def __init__(self, *batches: mx.DataBatch) -> None:
        self.batches = iter(batches)

    def provide_data(self) -> list[Any]:
        return [("data", (2, 1))]

    def provide_label(self) -> list[Any]:
        return [("lro_label", (2,))]

    def __iter__(self) -> Iterator[mx.DataBatch]:
        return self.batches


def test_data_without_batches() -> None:
    model = line_model()
    message = fails(model, Once(), mx.DataError, eval_metric=mx.MSE())
    assert "the training data, Once, gave no batches in epoch 1" in message
    assert weight_of(model) == 0.5


def test_data_that_does_not_start_anew() -> None:
    model = line_model()
    batch = mx.DataBatch([mx.ones(2, 1)], [mx.ones(2)], 2)
    with pytest.raises(mx.DataError, match="gave no batches in epoch 2"):
        model.fit(mx.SGD(lr=0.1, weight_decay=0), Once(batch), n_epoch=2, eval_metric=mx.MSE())
    assert weight_of(model) == pytest.approx(0.55)  # as after epoch 1: 0.5 + 0.1 · (1 − 0.5)


# -- validation data -------------------------------------------------------------------------------


def test_validation_with_other_names() -> None:
    evaluation = mx.ArrayDataProvider(np.ones((2, 1)), ("label", np.ones(2)))
    message = fails(line_model(), line_data(), mx.ArgumentError, eval_data=evaluation)
    assert "the provider gives 'label'" in message


@pytest.mark.parametrize("name", ["data", "fc_weight"])
def test_validation_with_other_data(name: str) -> None:
    """It would write into arrays that are not meant for it."""
    evaluation = mx.ArrayDataProvider((name, np.ones((2, 3))), ("lro_label", np.ones(2)))
    message = fails(line_model(), line_data(), mx.ArgumentError, eval_data=evaluation)
    assert f"eval_data provides {name} (2, 3), the training data data (2, 1)" in message


# -- the network -----------------------------------------------------------------------------------


def test_a_network_that_is_no_symbol() -> None:
    with pytest.raises(mx.ArgumentError, match=r"arch must be a symbol, got 'mlp'"):
        mx.FeedForward("mlp")  # type: ignore[arg-type]


@pytest.mark.parametrize("context", [3, "cpu", [mx.cpu(), 1]])
def test_a_context_that_is_none(context: Any) -> None:
    with pytest.raises(mx.ArgumentError, match="context must be a Context or a list of them, got"):
        mx.FeedForward(perceptron(), context)


def test_a_network_without_a_loss() -> None:
    model = mx.FeedForward(mx.FullyConnected(mx.Variable("data"), num_hidden=1, name="fc"))
    data = mx.ArrayDataProvider(np.ones((4, 1)), batch_size=2)
    message = fails(model, data, mx.ArgumentError)
    assert "none of the network's outputs (fc_output) is a loss" in message
    assert "mx.SoftmaxOutput" in message


def test_a_network_of_a_loss_and_something_else() -> None:
    scores = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    model = mx.FeedForward(mx.Group(mx.SoftmaxOutput(scores, name="softmax"), scores))
    message = fails(model, class_data(), mx.ArgumentError)
    assert "'fc_output', which is not a loss" in message
