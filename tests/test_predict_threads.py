"""Predicting from several threads, over shared weights; and making symbols in them."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from thread_helpers import THREADS, at_once, restless_threads
from training_helpers import class_data, class_model

import symnet as mx
from symnet.model import predictor as module
from symnet.program.facts import Facts


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns after every few instructions."""
    with restless_threads():
        yield


def network() -> mx.SymbolicNode:
    return mx.chain(
        mx.Variable("data"),
        mx.Convolution(kernel=(3, 3), num_filter=4, name="conv"),
        mx.BatchNorm(name="bn"),
        mx.Activation(act_type="relu", name="relu"),
        mx.Dropout(p=0.5, name="drop"),
        mx.Flatten(name="flat"),
        mx.FullyConnected(num_hidden=5, name="fc"),
        mx.SoftmaxOutput(name="softmax"),
    )


def model_of_images() -> mx.FeedForward:
    mx.srand(1)
    model = mx.FeedForward(network())
    model.init_model(mx.UniformInitializer(0.5), data=(4, 1, 6, 6), softmax_label=(4,))
    return model


def images(rows: int, seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed).standard_normal((rows, 1, 6, 6))
    return numbers.astype(np.float32)


# -- many threads ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("way", ["predictor", "predict", "keeping"])
def test_threads_get_what_one_would(way: str) -> None:
    """Batches of 4 and shorter ones, each thread its own numbers."""
    model = model_of_images()
    asked = [[images(rows, 10 * number + rows) for rows in (4, 9, 4, 7)] for number in range(8)]
    expected = [[model.predict(each) for each in mine] for mine in asked]
    predictor = model.predictor(data=(4, 1, 6, 6))

    def predict(data: np.ndarray) -> Any:
        provider = mx.ArrayDataProvider(data, batch_size=4, last_batch="keep")
        if way == "predictor":
            return predictor.predict(data)
        return model.predict(provider, overwrite=way == "predict")

    model.predict(images(4, 0))  # `keeping` has an executor to keep, of the same shape
    found = at_once(lambda number: [predict(data) for data in asked[number]])
    for mine, own in zip(expected, found, strict=True):
        for once, array in zip(mine, own, strict=True):
            np.testing.assert_allclose(array, once, rtol=1e-5, atol=1e-7)


@pytest.mark.usefixtures("restless")
def test_threads_infer_the_same_graph_at_once() -> None:
    """More kinds of inputs than are kept of a graph, so that every thread also forgets some."""
    graph = network().graph

    def infer(number: int) -> list[bool]:
        found = []
        for rows in range(1, 40):
            data = (8 * rows + number, 1, 6, 6)
            facts = Facts.infer(graph, {"data": data}, {"data": torch.float32})
            (output,) = graph.outputs
            found.append(facts.shapes[output] == (data[0], 5))
        return found

    assert all(all(mine) for mine in at_once(infer))


@pytest.mark.usefixtures("restless")
def test_each_executor_is_used_by_one_thread_at_a_time() -> None:
    predictor = class_model().predictor(data=(5, 4))
    busy: set[int] = set()
    clashes: list[int] = []

    def watch(executor: Any) -> None:
        key = id(executor)
        clashes.extend([key] if key in busy else [])
        busy.add(key)
        threading.Event().wait(0.002)  # lets the others try
        busy.discard(key)

    def borrow(_: int) -> None:
        for _ in range(5):
            with predictor._borrowed({"data": (5, 4)}) as executor:
                watch(executor)

    at_once(borrow)
    assert not clashes


def test_executors_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    original = module.for_shapes
    monkeypatch.setattr(module, "for_shapes", lambda *a: made.append(a[1]) or original(*a))
    predictor = class_model().predictor(data=(5, 4))
    for _ in range(3):
        predictor.predict(np.ones((5, 4)))
        predictor.predict(np.ones((3, 4)))
    assert made == [{"data": (3, 4)}]
    for rows in range(1, 5):
        for _ in range(module._IDLE):
            predictor.predict(np.ones((rows, 4)))
    assert len(predictor._idle) <= module._IDLE
    assert len(made) == 4


def test_a_callback_may_predict_too() -> None:
    predictor = class_model().predictor(data=(5, 4))
    inside = []

    def ask_again(output: mx.NDArray) -> None:
        before = output.asnumpy()
        predictor.predict(np.ones((5, 4)))
        inside.append((before, output.asnumpy()))

    predictor.predict(class_data(), callback=ask_again)
    assert len(inside) == 4
    for before, after in inside:
        np.testing.assert_array_equal(before, after)


def test_a_failed_prediction_leaves_its_executor() -> None:
    predictor = class_model().predictor(data=(5, 4))
    expected = predictor.predict(class_data())

    def fail(_: Any) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        predictor.predict(class_data(), callback=fail)
    assert len(predictor._idle) == 1
    np.testing.assert_array_equal(predictor.predict(class_data()), expected)


# -- what a predictor is ---------------------------------------------------------------------------


def test_a_predictor_keeps_its_weights() -> None:
    model, data = class_model(), class_data()
    predictor = model.predictor(data=(5, 4))
    before = predictor.predict(data)
    np.testing.assert_array_equal(before, model.predict(data))
    model.fit(mx.SGD(lr=0.5), data, n_epoch=1)
    assert model.arg_params is not None
    model.arg_params["fc1_weight"][:] = 0
    np.testing.assert_array_equal(predictor.predict(data), before)
    assert model.pred_exec is not predictor.executor


def test_a_predictor_takes_any_number_of_rows() -> None:
    model = class_model()
    predictor, data = model.predictor(data=(5, 4)), np.random.default_rng(0).random((12, 4))
    for rows in (1, 4, 5, 12):
        np.testing.assert_allclose(
            predictor.predict(data[:rows]), model.predict(data[:rows]), rtol=1e-6
        )
    assert predictor.predict({"data": data}).shape == (12, 3)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shapes", "error", "words"),
    [
        ({"data": (5, 3)}, mx.ShapeError, "fc1_weight"),
        ({"images": (5, 4)}, mx.ArgumentError, "'data'"),
        ({}, mx.ArgumentError, "needs a value for 'data'"),
    ],
)
def test_shapes_that_do_not_fit(shapes: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        class_model().predictor(**shapes)


def test_data_that_does_not_fit() -> None:
    predictor = class_model().predictor(data=(5, 4))
    with pytest.raises(mx.ShapeError, match=r"'fc1_weight' has shape \(6, 4\)"):
        predictor.predict(np.ones((5, 3)))
    with pytest.raises(mx.ArgumentError, match="the provider gives 'images'"):
        predictor.predict({"images": np.ones((5, 4))})
    with pytest.raises(mx.MXError, match="Model weights not defined"):
        mx.FeedForward(network()).predictor(data=(4, 1, 6, 6))


# -- making symbols in threads ---------------------------------------------------------------------


class Slow(Counter[str]):
    """A counter that lets other threads run between reading and writing."""

    def __getitem__(self, key: str) -> int:
        count = super().__getitem__(key)
        threading.Event().wait(0.001)
        return count


def test_automatic_names_of_threads_differ() -> None:
    names = mx.NameManager()
    names._counters = Slow()
    found = at_once(lambda _: [names.get(None, "fc") for _ in range(5)])
    expected = {f"fc{number}" for number in range(5 * THREADS)}
    assert {name for mine in found for name in mine} == expected


# -- the weights that predict ----------------------------------------------------------------------


def test_the_executor_is_kept_while_nothing_changes() -> None:
    model = model_of_images()
    model.predict(images(4, 0))
    executor = model.pred_exec
    assert np.array_equal(model.predict(images(4, 1)), model.predict(images(4, 1)))
    assert model.pred_exec is executor
    model.predict(images(3, 0))
    assert model.pred_exec is not executor


def replaced(model: mx.FeedForward) -> None:
    model.arg_params["fc_bias"] = mx.array([5, 0, 0, 0, 0])


def written(model: mx.FeedForward) -> None:
    model.arg_params["fc_bias"][:] = [5, 0, 0, 0, 0]


def written_in_part(model: mx.FeedForward) -> None:
    model.arg_params["fc_bias"][0:1] = 5


def written_by_torch(model: mx.FeedForward) -> None:
    model.arg_params["fc_bias"].torch[0] = 5


def written_by_numpy(model: mx.FeedForward) -> None:
    np.asarray(model.arg_params["fc_bias"])[0] = 5


def written_by_numpy_in_part(model: mx.FeedForward) -> None:
    np.asarray(model.arg_params["fc_bias"][0:2])[0] = 5


def written_by_dlpack(model: mx.FeedForward) -> None:
    torch.from_dlpack(model.arg_params["fc_bias"])[0] = 5


def of_a_state(model: mx.FeedForward) -> None:
    model.aux_params["bn_moving_mean"][:] = 5


def another_network(model: mx.FeedForward) -> None:
    model.arch = network() * 2


@pytest.mark.parametrize(
    "change",
    [
        replaced,
        written,
        written_in_part,
        written_by_torch,
        written_by_numpy,
        written_by_numpy_in_part,
        written_by_dlpack,
        of_a_state,
        another_network,
    ],
)
@pytest.mark.parametrize("lent", [False, True])
def test_a_change_of_the_model_counts_at_the_next_prediction(change, lent) -> None:
    model = model_of_images()
    held = np.asarray(model.arg_params["fc_bias"]) if lent else None
    before = model.predict(images(4, 0))
    assert np.array_equal(model.predict(images(4, 0)), before)
    change(model)
    after = model.predict(images(4, 0))
    assert not np.allclose(after, before)
    fresh = mx.FeedForward(model.arch)
    fresh.arg_params, fresh.aux_params = model.arg_params, model.aux_params
    assert np.array_equal(after, fresh.predict(images(4, 0)))
    del held


def test_one_batch_gives_what_several_give() -> None:
    """Arrays of few rows are predicted without a provider."""
    model = model_of_images()
    numbers = images(200, 0)
    whole = model.predict(numbers)
    parts = [model.predict(numbers[start : start + 40]) for start in range(0, 200, 40)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "form",
    [
        lambda numbers: {"data": numbers.astype("float64")},
        lambda numbers: ("data", numbers),
        torch.from_numpy,
        mx.array,
        lambda numbers: np.broadcast_to(numbers, numbers.shape),  # may not be written to
        lambda numbers: numbers[:, :, ::-1, ::-1][:, :, ::-1, ::-1],
    ],
    ids=["dict", "pair", "torch", "ours", "read-only", "backward"],
)
def test_forms_of_one_batch(form) -> None:
    model = model_of_images()
    expected = model.predict(images(3, 0))
    assert np.array_equal(model.predict(form(images(3, 0))), expected)
    seen: list[Any] = []
    assert (
        model.predict(form(images(3, 0)), callback=lambda out: seen.append(out.asnumpy())) is None
    )
    assert np.array_equal(seen[0], expected)


def test_predictions_inside_inference_mode() -> None:
    """torch counts no writes there, so that nothing is taken to be as it was."""
    expected = model_of_images().predict(images(3, 0))
    model = model_of_images()
    with torch.inference_mode():
        found = [model.predict(images(3, 0)) for _ in range(4)]
        model.arg_params["fc_bias"][:] = [5, 0, 0, 0, 0]
        changed = model.predict(images(3, 0))
    for each in (*found, model_of_images().predict(images(3, 0))):
        np.testing.assert_allclose(each, expected, rtol=1e-6)
    assert not np.allclose(changed, expected)
    assert np.array_equal(model.predict(images(3, 0)), changed)


def test_training_inside_inference_mode() -> None:
    model = class_model()
    with torch.inference_mode():
        model.fit(mx.SGD(lr=0.1), class_data(), n_epoch=3, verbose=False)
    model.fit(mx.SGD(lr=0.1), class_data(), n_epoch=1, verbose=False)
