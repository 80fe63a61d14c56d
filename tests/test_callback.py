"""When callbacks are called, and what the built-in ones do."""

import logging
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_helpers import (
    assert_same,
    class_data,
    class_model,
    line_data,
    line_model,
    parameters,
)

import symnet as mx
from symnet.training.callback import every_n_iter

# -- every n ---------------------------------------------------------------------------------------


@given(n=st.integers(1, 7), batches=st.integers(0, 20), call_on_0=st.booleans())
def test_every_n_batch(n: int, batches: int, call_on_0: bool) -> None:
    seen: list[mx.OptimizationState] = []
    callback = mx.every_n_batch(seen.append, n, call_on_0=call_on_0)
    assert isinstance(callback, mx.AbstractBatchCallback)
    states = [mx.OptimizationState(10, curr_batch=batch) for batch in range(batches + 1)]
    for state in states:
        callback(state)
    assert seen == states[0 if call_on_0 else n :: n]


@given(n=st.integers(1, 7), epochs=st.integers(0, 20), call_on_0=st.booleans())
def test_every_n_epoch(n: int, epochs: int, call_on_0: bool) -> None:
    seen: list[tuple[Any, ...]] = []
    callback = mx.every_n_epoch(lambda *given: seen.append(given), n, call_on_0=call_on_0)
    assert isinstance(callback, mx.AbstractEpochCallback)
    model, metric = line_model(), [("accuracy", 0.9)]
    states = [mx.OptimizationState(10, curr_epoch=epoch) for epoch in range(epochs + 1)]
    for state in states:
        callback(model, state, metric)
    assert seen == [(model, state, metric) for state in states[0 if call_on_0 else n :: n]]


def test_the_number_of_batches_counts_anew_in_each_epoch() -> None:
    seen: list[tuple[int, int]] = []
    callback = mx.every_n_batch(lambda s: seen.append((s.curr_epoch, s.curr_batch)), 2)
    line_model().fit(mx.SGD(), line_data(6), n_epoch=2, eval_metric=mx.MSE(), callbacks=[callback])
    assert seen == [(1, 2), (2, 2)]  # 3 batches in each


def test_the_documents_other_name() -> None:
    assert every_n_iter is mx.every_n_batch


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", None])
@pytest.mark.parametrize(
    ("make", "who"),
    [
        (lambda n: mx.every_n_batch(print, n), "every_n_batch: n"),
        (lambda n: mx.every_n_epoch(print, n), "every_n_epoch: n"),
        (mx.speedometer, "speedometer: frequency"),
        (lambda n: mx.do_checkpoint("p", frequency=n), "do_checkpoint: frequency"),
    ],
)
def test_a_frequency_is_a_whole_number(make: Any, who: str, n: Any) -> None:
    with pytest.raises(mx.ArgumentError, match=f"^{who} must be a whole number from 1, got {n!r}$"):
        make(n)


# -- the speed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (0.5, "Speed: 400.00 samples/sec"),
        (100, "Speed:   2.00 samples/sec"),
        (0.0016, "Speed: 125000.00 samples/sec"),
    ],
)
def test_speed(
    seconds: float,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of 2 batches with 100 samples each, measured from batch 0 and then from the last line."""
    caplog.set_level(logging.INFO, logger="symnet")
    clock = 1000.0
    monkeypatch.setattr(time, "perf_counter", lambda: clock)
    callback = mx.speedometer(2)
    clock += 77  # between making it and the first batch
    for batch in range(6):
        clock += seconds / 2 if batch else 0
        callback(mx.OptimizationState(100, curr_epoch=1, curr_batch=batch))
    assert caplog.messages == [line, line]
    caplog.clear()
    clock += 33  # a validation between two epochs
    for batch in range(3):
        clock += seconds / 2 if batch else 0
        callback(mx.OptimizationState(100, curr_epoch=2, curr_batch=batch))
    assert caplog.messages == [line]


def test_speed_is_measured_every_50_batches(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    callback = mx.speedometer()
    for batch in range(101):
        callback(mx.OptimizationState(10, curr_epoch=1, curr_batch=batch))
        assert len(caplog.messages) == batch // 50


# -- checkpoints -----------------------------------------------------------------------------------


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def epoch_files(epoch: int) -> list[str]:
    endings = ("params", "state.json", "state.safetensors")
    return [f"net-{epoch:04d}.{ending}" for ending in endings]


def test_a_checkpoint_after_each_epoch(tmp_path: Path) -> None:
    prefix = tmp_path / "deep" / "folder" / "net"
    callback = mx.do_checkpoint(str(prefix))
    assert prefix.parent.is_dir()  # at once: what is impossible shows before the training
    assert files(prefix.parent) == []
    one, two = class_model(), class_model()
    one.fit(mx.SGD(lr=0.5), class_data(), n_epoch=1)
    two.fit(mx.SGD(lr=0.5), class_data(), n_epoch=2, callbacks=[callback])
    assert files(prefix.parent) == sorted([*epoch_files(1), *epoch_files(2), "net-symbol.json"])
    assert_same(mx.load_checkpoint(str(prefix), 1, mx.FeedForward), parameters(one))
    assert_same(mx.load_checkpoint(str(prefix), 2, mx.FeedForward), parameters(two))


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({}, [1, 2, 3, 4]),
        ({"frequency": 2}, [2, 4]),
        ({"frequency": 3, "save_epoch_0": True}, [0, 3]),
        ({"frequency": 5}, []),
    ],
)
def test_which_epochs_are_kept(tmp_path: Path, options: dict[str, Any], epochs: list[int]) -> None:
    callback = mx.do_checkpoint(tmp_path / "net", **options)
    model = class_model()
    model.fit(mx.SGD(lr=0.1), class_data(), n_epoch=4, callbacks=[callback])
    symbol = ["net-symbol.json"] if epochs else []
    assert files(tmp_path) == [name for epoch in epochs for name in epoch_files(epoch)] + symbol
    shorter = mx.do_checkpoint(tmp_path / "params" / "net", save_state=False, **options)
    model.fit(mx.SGD(lr=0.1), class_data(), n_epoch=4, callbacks=[shorter])
    written = [f"net-{epoch:04d}.params" for epoch in epochs] + symbol
    assert files(tmp_path / "params") == written


def test_epoch_0_is_the_model_before_training(tmp_path: Path) -> None:
    model = class_model()
    before = parameters(model)
    callback = mx.do_checkpoint(str(tmp_path / "net"), save_epoch_0=True)
    model.fit(mx.SGD(lr=0.5), class_data(), n_epoch=1, callbacks=[callback])
    assert_same(mx.load_checkpoint(str(tmp_path / "net"), 0, mx.FeedForward), before)


def test_checkpoints_at_a_url() -> None:
    model = class_model()
    callback = mx.do_checkpoint("memory://callback/net")
    model.fit(mx.SGD(), class_data(), n_epoch=1, callbacks=[callback])
    assert mx.load_checkpoint("memory://callback/net", 1).symbol.to_json() == model.arch.to_json()


def test_a_checkpoint_where_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        mx.do_checkpoint(str(tmp_path / "file" / "net"))
