"""What a monitor sees of a training, and that the training does not notice."""

import logging
from typing import Any

import numpy as np
import pytest
import torch
from training_helpers import (
    assert_same,
    class_data,
    class_model,
    classes_of,
    line_data,
    line_model,
    parameters,
)

import symnet as mx
from symnet.executor import Trace


def values_of(array: mx.NDArray) -> np.ndarray:
    return array.asnumpy().copy()


def test_values_and_gradients_of_each_node_as_numpy_has_them() -> None:
    """Of the second batch, with the parameters as they are before its update."""
    model = class_model()
    monitor = mx.Monitor(2, values_of, log=False)
    before: dict[str, np.ndarray] = {}
    one_batch = class_model()
    one_batch.fit(mx.SGD(lr=0.5), class_data(5), n_epoch=1)
    before = parameters(one_batch)
    model.fit(mx.SGD(lr=0.5), class_data(10), n_epoch=1, callbacks=[monitor])
    found = {record.name: record.statistic for record in monitor.records}
    assert {(record.epoch, record.batch) for record in monitor.records} == {(1, 2)}

    rows = np.random.default_rng(1).standard_normal((10, 4)).astype(np.float32)
    labels = np.eye(3)[classes_of(rows)][5:]
    rows = rows[5:]
    hidden = rows @ before["fc1_weight"].T + before["fc1_bias"]
    active = np.maximum(hidden, 0)
    scores = np.exp(active @ before["fc2_weight"].T + before["fc2_bias"])
    above = scores / scores.sum(axis=1, keepdims=True) - labels
    below = above @ before["fc2_weight"]
    expected = {
        **before,
        "data": rows,
        "softmax_label": labels.argmax(1),
        "fc1_output": hidden,
        "relu1_output": active,
        "fc2_output": active @ before["fc2_weight"].T + before["fc2_bias"],
        "softmax_output": above + labels,
        "fc2_output_gradient": above,
        "relu1_output_gradient": below,
        "fc1_output_gradient": below * (hidden > 0),
        "fc1_weight_gradient": (below * (hidden > 0)).T @ rows,
        "fc1_bias_gradient": (below * (hidden > 0)).sum(0),
        "fc2_weight_gradient": above.T @ active,
        "fc2_bias_gradient": above.sum(0),
    }
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-6, err_msg=name)


def stochastic() -> mx.FeedForward:
    net = mx.Convolution(mx.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.Activation(mx.BatchNorm(net, name="bn"), act_type="relu", name="act")
    net = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool")
    net = mx.Dropout(mx.FullyConnected(net, num_hidden=8, name="fc1"), p=0.4, name="drop")
    net = mx.FullyConnected(net + 1, num_hidden=3, name="fc2")
    return mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))


def image_data() -> mx.ArrayDataProvider:
    images = np.random.default_rng(0).standard_normal((20, 2, 6, 6)).astype(np.float32)
    return mx.ArrayDataProvider(images, np.arange(20) % 3, batch_size=5)


def train(*callbacks: mx.AbstractCallback, **options: Any) -> mx.FeedForward:
    mx.srand(4)
    model = stochastic()
    model.fit(mx.SGD(lr=0.1, momentum=0.9), image_data(), n_epoch=2, callbacks=callbacks, **options)
    return model


def test_the_training_does_not_notice() -> None:
    """With dropout, whose random numbers are the next step's, and BatchNorm, whose states move."""
    alone, watched = train(), train(mx.Monitor(1, log=False))
    assert_same(watched, parameters(alone))
    for name, array in (alone.aux_params or {}).items():
        np.testing.assert_array_equal(watched.aux_params[name].asnumpy(), array.asnumpy())


def test_a_trace_gives_what_the_program_gives() -> None:
    """Of a network whose program leaves nodes out and writes over others."""
    mx.srand(4)
    executor = mx.simple_bind(stochastic().arch, data=(5, 2, 6, 6), softmax_label=(5,))
    for array in executor.arg_dict.values():
        array[:] = mx.rand(-0.5, 0.5, array.shape)
    before = {name: array.asnumpy().copy() for name, array in executor.aux_dict.items()}
    random = torch.get_rng_state()
    found = {
        name: traced.tensor.clone() for traced in Trace(executor).run() for name in traced.names
    }
    for name, array in before.items():
        np.testing.assert_array_equal(executor.aux_dict[name].asnumpy(), array)
    assert torch.equal(torch.get_rng_state(), random)
    executor.forward(is_train=True)
    executor.backward()
    close = {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(found["softmax_output"], executor.outputs[0].asnumpy(), **close)
    for name, gradient in executor.grad_dict.items():
        np.testing.assert_allclose(
            found[f"{name}_gradient"], gradient.asnumpy(), err_msg=name, **close
        )


def test_a_pattern_chooses_by_the_beginnings_of_names() -> None:
    monitor = mx.Monitor(3, pattern=r"fc.*_(output|weight)(_gradient)?$", log=False)
    class_model().fit(mx.SGD(lr=0.5), class_data(), n_epoch=2, callbacks=[monitor])
    assert {(record.epoch, record.batch) for record in monitor.records} == {(1, 3), (2, 3)}
    layers = {f"fc{n}_{what}" for n in (1, 2) for what in ("output", "weight")}
    assert {r.name for r in monitor.records} == layers | {f"{name}_gradient" for name in layers}


def test_statistics_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """By default the mean of the magnitudes: of 0.5 · (1, 2), and its errors of 1.5 · (1, 2)."""
    caplog.set_level(logging.INFO, logger="symnet")
    monitor = mx.Monitor(1, pattern="fc_output")
    line_model().fit(mx.SGD(), line_data(2), n_epoch=1, eval_metric=mx.MSE(), callbacks=[monitor])
    assert [m for m in caplog.messages if m.startswith("Monitor")] == [
        "Monitor: epoch 1 batch 1 fc_output 0.75",
        "Monitor: epoch 1 batch 1 fc_output_gradient 2.25",
    ]
    assert [record.statistic for record in monitor.records] == [0.75, 2.25]


def test_short_batches_are_monitored_as_they_are() -> None:
    data = class_data(7, last_batch="keep")
    monitor = mx.Monitor(1, lambda array: array.shape, pattern="fc1_output$", log=False)
    class_model().fit(mx.SGD(), data, n_epoch=1, callbacks=[monitor])
    assert [record.statistic for record in monitor.records] == [(5, 6), (2, 6)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interval": 0}, "Monitor: interval must be a whole number from 1, got 0"),
        ({"interval": 1, "pattern": "("}, r"Monitor: pattern '\(' is no expression"),
    ],
)
def test_what_a_monitor_takes(options: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.ArgumentError, match=words):
        mx.Monitor(**options)
