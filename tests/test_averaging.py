"""Averages of weights: by hand, measured, saved and resumed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import (
    Watched,
    assert_same,
    class_data,
    class_model,
    line_data,
    line_model,
    parameters,
    weight_of,
)

import symnet as mx


def moving(weights: list[float], decay: float) -> list[float]:
    average, found = weights[0], []
    for number, weight in enumerate(weights, 1):
        kept = min(decay, (1 + number) / (10 + number))
        average = weight if number == 1 else kept * average + (1 - kept) * weight
        found.append(average)
    return found


def test_ema_is_the_recurrence() -> None:
    optimizer, model = Watched(lr=0.02, weight_decay=0), line_model()
    model.fit(optimizer, line_data(), n_epoch=3, callbacks=[mx.EMA(0.3)], verbose=0)
    assert weight_of(model) == pytest.approx(moving(optimizer.weights, 0.3)[-1], rel=1e-5)
    plain, alone = Watched(lr=0.02, weight_decay=0), line_model()
    alone.fit(plain, line_data(), n_epoch=3, verbose=0)
    assert plain.weights == optimizer.weights  # the training itself is what it was


def test_swa_is_the_mean_after_each_epoch() -> None:
    optimizer, model = Watched(lr=0.02, weight_decay=0), line_model()
    seen: list[float] = []
    noted = mx.every_n_epoch(lambda model, *_: seen.append(weight_of(model)), 1)
    model.fit(optimizer, line_data(), n_epoch=4, callbacks=[mx.SWA(3), noted], verbose=0)
    ends = optimizer.weights[1::2]
    expected = [ends[0], ends[1], ends[2], (ends[2] + ends[3]) / 2]
    assert seen == pytest.approx(expected, rel=1e-5)
    assert weight_of(model) == seen[-1]


@pytest.mark.parametrize("devices", [1, 2])
def test_validation_measures_the_average(devices: int) -> None:
    model = class_model(*[mx.cpu(number) for number in range(devices)])
    history = model.fit(
        mx.SGD(lr=0.5), class_data(), eval_data=class_data(), n_epoch=3,
        callbacks=[mx.EMA(0.9)], verbose=0,
    )  # fmt: skip
    found = model.evaluate(class_data())
    assert history["validation_loss"][-1] == pytest.approx(found["loss"], rel=1e-5)


def normed() -> mx.SymbolicNode:
    net = mx.BatchNorm(mx.Variable("data"), name="bn", fix_gamma=False)
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=3, name="fc"), name="softmax")


def test_states_are_averaged_too() -> None:
    model, states = mx.FeedForward(normed()), []
    plain = mx.FeedForward(normed())
    noted = mx.every_n_epoch(lambda m, *_: states.append(m.aux_params["bn_moving_mean"].copy()), 1)
    for each, callbacks in ((plain, [noted]), (model, [mx.SWA(1)])):
        mx.srand(1)
        each.fit(mx.SGD(lr=0.1), class_data(), n_epoch=3, callbacks=callbacks, verbose=0)
    mean = np.mean([each.asnumpy() for each in states], 0)
    found = model.aux_params["bn_moving_mean"].asnumpy()
    np.testing.assert_allclose(found, mean, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("make", [lambda: mx.EMA(0.8), lambda: mx.SWA(2)], ids=["EMA", "SWA"])
def test_a_checkpoint_holds_averages_and_its_state_the_weights(make: Any, tmp_path: Path) -> None:
    def run_to(epochs: int, folder: str, resume: Any = None) -> mx.FeedForward:
        model = class_model()
        path = str(tmp_path / folder)
        model.fit(
            mx.ADAM(lr=0.05), class_data(), n_epoch=epochs, verbose=0, resume=resume,
            callbacks=[make(), mx.do_checkpoint(path)],
        )  # fmt: skip
        return model

    whole = run_to(5, "whole")
    saved = mx.load_checkpoint(str(tmp_path / "whole"), 5, mx.FeedForward)
    assert_same(saved, parameters(whole))
    run_to(3, "parts")
    again = run_to(5, "parts", resume=str(tmp_path / "parts"))
    assert_same(again, parameters(whole))


def test_checkpoints_hold_averages_of_filters_in_plain_order(tmp_path: Path) -> None:
    net = mx.Convolution(mx.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.FullyConnected(mx.Flatten(net), num_hidden=3, name="fc")
    model = mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))
    data = np.random.default_rng(0).normal(size=(8, 3, 5, 5)).astype(np.float32)
    prefix = tmp_path / "averaged"
    callbacks = [mx.EMA(0.5), mx.do_checkpoint(str(prefix))]
    model.fit(
        mx.SGD(lr=0.5), data, np.arange(8) % 3, n_epoch=1, batch_size=2, verbose=0,
        callbacks=callbacks,
    )  # fmt: skip
    saved = mx.load(f"{prefix}-0001.state.safetensors")
    average = saved["callback.EMA.0.average.0"].asnumpy()
    expected = model.arg_params["conv_weight"].asnumpy().ravel()  # the first in the flat array
    np.testing.assert_array_equal(average[: expected.size], expected)


def test_it_goes_with_accumulation_and_stops() -> None:
    def stop(state: mx.OptimizationState) -> None:
        if state.curr_iter == 6:
            raise mx.StopTraining("enough")

    model, optimizer = line_model(), Watched(lr=0.02, weight_decay=0)
    model.fit(
        optimizer, line_data(), n_epoch=9, accumulate=2, verbose=0,
        callbacks=[mx.EMA(0.5), mx.every_n_batch(stop, 1)],
    )  # fmt: skip
    assert len(optimizer.weights) == 3
    assert weight_of(model) == pytest.approx(moving(optimizer.weights, 0.5)[-1], rel=1e-5)


def test_what_is_no_average_is_refused() -> None:
    with pytest.raises(mx.ParameterError, match="decay must be > 0 and < 1, got 1"):
        mx.EMA(1.0)
    with pytest.raises(mx.ArgumentError, match="first_epoch must be a whole number from 1"):
        mx.SWA(0)
    with pytest.raises(mx.ArgumentError, match="not EMA, SWA at once"):
        line_model().fit("sgd", line_data(), callbacks=[mx.EMA(), mx.SWA(1)], verbose=0)
