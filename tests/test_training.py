"""What `fit` does, held against numbers worked out by hand or by NumPy."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from training_helpers import (
    Diary,
    Watched,
    assert_same,
    class_data,
    class_model,
    doubled,
    line_data,
    line_model,
    parameters,
    weight_of,
)

import symnet as mx
from symnet.core.logs import logger

# -- one whole fit ---------------------------------------------------------------------------------


class Fit(NamedTuple):
    """A fit of the line, its weight after each batch, and the training metric of each epoch."""

    samples: int
    optimizer: dict[str, float]
    weights: list[float]
    metrics: list[float]


FITS = {
    "plain": Fit(
        4,
        {"lr": 0.1, "momentum": 0, "weight_decay": 0},
        [0.875, 2.28125, 2.2109375, 1.947265625],
        [10.72265625, 0.37696838],
    ),
    "momentum and decay": Fit(
        4,
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
        [0.8745, 2.6175505],
        [10.7296890625],  # (1.5² · 5 + 1.1255² · 25) / 4
    ),
    "padded": Fit(
        3,
        {"lr": 0.1, "momentum": 0, "weight_decay": 0},
        [0.875, 1.38125],  # the second batch is (3, 0): its gradient is still halved
        [7.546875],  # over the three samples, not over four rows
    ),
}


@pytest.mark.parametrize("case", FITS.values(), ids=FITS)
def test_one_whole_fit(case: Fit) -> None:
    model, optimizer, diary = line_model(), Watched(**case.optimizer), Diary()
    result = mx.fit(
        model,
        optimizer,
        line_data(case.samples),
        n_epoch=len(case.metrics),
        eval_metric=mx.MSE(),
        callbacks=diary.callbacks(),
    )
    assert isinstance(result, mx.History)
    np.testing.assert_allclose(result["MSE"], case.metrics, rtol=1e-6)
    np.testing.assert_allclose(optimizer.weights, case.weights, rtol=1e-6)
    assert weight_of(model) == pytest.approx(case.weights[-1], rel=1e-6)
    epochs = [(epoch, metric) for epoch, metric in diary.epochs if epoch]
    assert [epoch for epoch, _ in epochs] == list(range(1, len(case.metrics) + 1))
    assert [name for _, metric in epochs for name, _ in metric] == ["MSE"] * len(case.metrics)
    found = [value for _, metric in epochs for _, value in metric]
    np.testing.assert_allclose(found, case.metrics, rtol=1e-6)


def test_no_epochs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    model, diary = line_model(), Diary()
    model.fit(mx.SGD(lr=0.1), line_data(), n_epoch=0, callbacks=diary.callbacks())
    assert caplog.messages == [
        "Start training on [CPU0]",
        "Initializing parameters...",
        "Start training...",
    ]
    assert diary.order == ["epoch 0"]
    assert diary.epochs == [(0, [])]
    assert weight_of(model) == 0.5


def test_a_perceptron_as_numpy_trains_it() -> None:
    """Softmax cross-entropy, momentum and weight decay over three epochs, the last batch padded."""
    model = class_model()
    expected = parameters(model)
    velocity = {name: np.zeros_like(weight) for name, weight in expected.items()}
    rows = np.random.default_rng(1).standard_normal((13, 4)).astype(np.float32)
    labels = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0.3)
    padded_rows = np.concatenate([rows, np.zeros((2, 4), np.float32)])
    padded_labels = np.concatenate([labels, [0, 0]])
    for _ in range(3):
        for start in range(0, 15, 5):
            batch = slice(start, start + 5)
            gradients = perceptron_gradients(expected, padded_rows[batch], padded_labels[batch])
            for name, gradient in gradients.items():
                step = 0.5 * (gradient / 5 + 0.01 * expected[name])
                velocity[name] = 0.9 * velocity[name] - step
                expected[name] = expected[name] + velocity[name]
    model.fit(
        mx.SGD(lr=0.5, momentum=0.9, weight_decay=0.01), class_data(13, batch_size=5), n_epoch=3
    )
    assert_same(model, expected, rtol=1e-4, atol=1e-6)


def perceptron_gradients(
    weights: dict[str, np.ndarray], rows: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    hidden = rows @ weights["fc1_weight"].T + weights["fc1_bias"]
    active = np.maximum(hidden, 0)
    scores = np.exp(active @ weights["fc2_weight"].T + weights["fc2_bias"])
    above = scores / scores.sum(axis=1, keepdims=True) - np.eye(3)[labels]
    below = (above @ weights["fc2_weight"]) * (hidden > 0)
    return {
        "fc1_weight": below.T @ rows,
        "fc1_bias": below.sum(0),
        "fc2_weight": above.T @ active,
        "fc2_bias": above.sum(0),
    }


# -- what is said ----------------------------------------------------------------------------------


def test_log_lines_of_a_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    prefix = tmp_path / "p"
    class_model().fit(
        mx.SGD(lr=0.1),
        class_data(100, batch_size=2),
        n_epoch=1,
        eval_data=class_data(10, batch_size=2),
        callbacks=[mx.speedometer(), mx.do_checkpoint(str(prefix))],
    )
    patterns = [
        r"Start training on \[CPU0\]",
        r"Initializing parameters\.\.\.",
        r"Start training\.\.\.",
        r"Speed: +\d+\.\d\d samples/sec",
        r"== Epoch 001 ==========",
        r"## Training summary",
        r" {10}accuracy = [01]\.\d{4}",
        r" {14}time = \d+\.\d{4} seconds",
        r"## Validation summary",
        r" {10}accuracy = [01]\.\d{4}",
        rf"Saved checkpoint to '{re.escape(str(prefix))}-0001\.params'",
    ]
    for message, pattern in zip(caplog.messages, patterns, strict=True):
        assert re.fullmatch(pattern, message), (pattern, message)
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_not_verbose_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="symnet")
    line_model().fit(mx.SGD(), line_data(), n_epoch=1, eval_metric=mx.MSE(), verbose=False)
    assert caplog.messages == []


@contextmanager
def unconfigured_logging() -> Iterator[None]:
    """Logging as a program finds it that never heard of it."""
    level = logger.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [])
        patch.setattr(logger, "handlers", [])
        logger.setLevel(logging.NOTSET)
        yield
    logger.setLevel(level)


def test_the_log_is_seen_without_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    seen = []
    with unconfigured_logging():
        for _ in range(3):
            line_model().fit(mx.SGD(), line_data(), n_epoch=0)
            seen.append(capsys.readouterr().err.splitlines())
            if len(seen) == 2:  # from now on the program's own handler is enough
                logging.basicConfig(format="mine: %(message)s")
    lines = ["Start training on [CPU0]", "Initializing parameters...", "Start training..."]
    assert seen[0] == seen[1] == [f"INFO: {line}" for line in lines]
    assert seen[2] == [f"mine: {line}" for line in lines]


# -- callbacks -------------------------------------------------------------------------------------


def test_callbacks_in_order() -> None:
    model, diary = line_model(), Diary()
    options: dict[str, Any] = {"eval_data": line_data(2), "eval_metric": mx.MSE()}
    optimizer = mx.SGD(lr=0.1, weight_decay=0)
    model.fit(optimizer, line_data(), n_epoch=2, callbacks=diary.callbacks(), **options)
    epoch = ["batch 0", "batch 1", "batch 2"]
    assert diary.order == ["epoch 0", *epoch, "epoch 1", *epoch, "epoch 2"]
    # epoch, batch, iteration: batch 0 comes before any update, iterations go on over epochs
    assert diary.batches == [(1, 0, 0), (1, 1, 1), (1, 2, 2), (2, 0, 2), (2, 1, 3), (2, 2, 4)]
    assert diary.epochs[0] == (0, [])
    # the training metric, although the validation metric came after it
    assert [metric[0][0] for _, metric in diary.epochs[1:]] == ["MSE", "MSE"]
    assert diary.epochs[1][1][0][1] == pytest.approx(10.72265625)
    assert all(each is model for each in diary.models)
    assert diary.weights == pytest.approx([0.5, 2.28125, 1.947265625])
    assert optimizer.state.curr_iter == 4


def test_callbacks_of_other_kinds_are_left_alone() -> None:
    class Neither(mx.AbstractCallback):
        def __call__(self) -> None:
            raise AssertionError

    line_model().fit(mx.SGD(), line_data(), n_epoch=1, callbacks=[Neither()], eval_metric=mx.MSE())


def test_the_model_of_a_callback_predicts_without_changing_the_training() -> None:
    seen = []
    data = class_data()

    def look(model: mx.FeedForward, *_: object) -> None:
        seen.append(mx.predict(model, data))

    watched, alone = class_model(), class_model()
    before = mx.predict(alone, data)
    watched.fit(mx.SGD(lr=0.5), data, n_epoch=2, callbacks=[mx.every_n_epoch(look, 1)])
    alone.fit(mx.SGD(lr=0.5), data, n_epoch=2)
    assert_same(watched, parameters(alone))
    assert len(seen) == 2
    np.testing.assert_array_equal(seen[1], mx.predict(alone, data))
    assert np.abs(seen[1] - before).max() > 1e-3


# -- validation ------------------------------------------------------------------------------------


def test_validation_predicts(caplog: pytest.LogCaptureFixture) -> None:
    """Of a network that computes something else in training, and only over the real samples."""
    caplog.set_level(logging.INFO, logger="symnet")
    model = line_model(weight=1.0, doubled=doubled)
    optimizer = mx.SGD(lr=1e-30, weight_decay=0)
    model.fit(optimizer, line_data(), n_epoch=1, eval_data=line_data(3), eval_metric=mx.MSE())
    # In training 1 · 2 · x is right; in prediction 1 · x errs by 1, 2 and 3.
    assert caplog.messages[5].split() == ["MSE", "=", "0.0000"]
    assert caplog.messages[-2:] == ["## Validation summary", f"{'MSE':>18} = {14 / 3:.4f}"]
    assert weight_of(model) == 1.0


def test_validation_reads_no_labels_into_the_network() -> None:
    """Labels may have any shape that the metric can use."""

    shapes = []

    class Shapes(mx.AbstractEvalMetric):
        def update(self, labels: Any, preds: Any) -> None:
            shapes.append((labels[0].shape, preds[0].shape))

        def reset(self) -> None:
            pass

        def get(self) -> list[tuple[str, float]]:
            return []

    evaluation = mx.ArrayDataProvider(np.ones((2, 1)), ("lro_label", np.ones((2, 7))))
    line_model().fit(mx.SGD(), line_data(), n_epoch=1, eval_data=evaluation, eval_metric=Shapes())
    assert shapes == [((2,), (2, 1)), ((2,), (2, 1)), ((2, 7), (2, 1))]


# -- several devices -------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch_size", "devices"), [(10, 2), (5, 2), (5, 3), (4, 4)], ids=str)
def test_several_devices_equal_one(
    batch_size: int, devices: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    contexts = [mx.cpu(number) for number in range(devices)]
    several, one = class_model(*contexts), class_model()
    results = []
    for model in (several, one):
        optimizer = mx.SGD(lr=0.3, momentum=0.9, weight_decay=0.001)
        provider = class_data(18, batch_size)
        diary: list[Any] = []
        keep = mx.every_n_epoch(lambda _, __, metric, diary=diary: diary.append(metric), 1)
        model.fit(optimizer, provider, n_epoch=3, eval_data=provider, callbacks=[keep])
        results.append(diary)
    assert_same(several, parameters(one), rtol=1e-5, atol=1e-6)
    assert results[0] == results[1]
    names = ",".join(f"CPU{number}" for number in range(devices))
    assert f"Start training on [{names}]" in caplog.messages
    validation = [m for m in caplog.messages if "accuracy" in m]
    assert validation[:6] == validation[6:]
    assert all(array.context == mx.cpu() for array in (several.arg_params or {}).values())


# -- again and again -------------------------------------------------------------------------------


def test_a_second_fit_goes_on_from_the_first() -> None:
    once, twice, diary = line_model(), line_model(), Diary()
    once.fit(Watched(lr=0.1, weight_decay=0), line_data(), n_epoch=2, eval_metric=mx.MSE())
    for _ in range(2):
        optimizer = mx.SGD(lr=0.1, weight_decay=0)
        mx.train(
            twice,
            optimizer,
            line_data(),
            n_epoch=1,
            eval_metric=mx.MSE(),
            callbacks=diary.callbacks(),
        )
    assert weight_of(twice) == weight_of(once) == pytest.approx(1.947265625)
    assert [epoch for epoch, _ in diary.epochs] == [0, 1, 0, 1]
    assert diary.batches[-1] == (1, 2, 2)


def test_a_second_fit_begins_with_a_fresh_optimizer_state() -> None:
    """Its first step is that of no momentum, though the optimizer is the same object."""
    model = line_model()
    optimizer = Watched(lr=0.1, momentum=0.9, weight_decay=0)
    for _ in range(2):
        model.fit(optimizer, line_data(), n_epoch=1, eval_metric=mx.MSE())
    before, after = optimizer.weights[1:3]
    assert after == pytest.approx(before + 0.1 / 2 * 5 * (2 - before), rel=1e-5)


def test_force_init_forgets() -> None:
    class Ones(mx.AbstractInitializer):
        def _init_weight(self, name: str, array: mx.NDArray) -> None:
            array[:] = 1

    model = line_model(weight=7.0)
    model.fit(mx.SGD(), line_data(), n_epoch=0, initializer=Ones())
    assert weight_of(model) == 7.0
    model.fit(mx.SGD(), line_data(), n_epoch=0, initializer=Ones(), force_init=True)
    assert weight_of(model) == 1.0


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize(("epoch", "batch"), [(1, 3), (2, 0), (2, 3)])
def test_a_failure_leaves_the_last_completed_epoch(
    error: type[BaseException], epoch: int, batch: int
) -> None:
    def fail(state: mx.OptimizationState) -> None:
        if (state.curr_epoch, state.curr_batch) == (epoch, batch):
            raise error("enough")

    failing, completed = class_model(), class_model()
    callback = mx.every_n_batch(fail, 1, call_on_0=True)
    with pytest.raises(error, match="enough"):
        failing.fit(mx.SGD(lr=0.5), class_data(), n_epoch=3, callbacks=[callback])
    completed.fit(mx.SGD(lr=0.5), class_data(), n_epoch=epoch - 1)
    assert_same(failing, parameters(completed))
