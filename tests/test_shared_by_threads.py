"""What several threads share is either whole for each of them, or refused."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from thread_helpers import THREADS, at_once, restless_threads

import symnet as mx

ROWS = np.random.default_rng(0).standard_normal((16, 3)).astype(np.float32)
LABELS = (ROWS[:, 0] > 0).astype(np.float32)


def payload(thread: int, number: int) -> bytes:
    return bytes([thread]) * (100 * number + 1)


def test_threads_write_whole_records(tmp_path):
    path, index = tmp_path / "a.rec", tmp_path / "a.idx"

    def write(thread: int) -> None:
        for number in range(30):
            writer.write(payload(thread, number), 100 * thread + number)

    with mx.RecordWriter(path, index=index) as writer, restless_threads():
        at_once(write)
    with mx.RecordReader(path) as reader:
        assert not reader.gaps
        assert sorted(reader.keys) == [100 * t + n for t in range(THREADS) for n in range(30)]
        for number, key in enumerate(reader.keys):
            assert reader[number] == payload(*divmod(int(key), 100))


def test_threads_use_the_other_interface(tmp_path):
    path, index = tmp_path / "a.rec", tmp_path / "a.idx"

    def write(thread: int) -> None:
        for number in range(30):
            record.write_idx(100 * thread + number, payload(thread, number))

    def read(thread: int) -> bool:
        keys = [100 * ((thread + number) % THREADS) + number for number in range(30)]
        return all(record.read_idx(key) == payload(*divmod(key, 100)) for key in keys)

    with restless_threads():
        with mx.MXIndexedRecordIO(index, path, "w") as record:
            at_once(write)
        with mx.MXIndexedRecordIO(index, path, "r") as record:
            assert at_once(read) == [True] * THREADS
        with mx.MXRecordIO(path, "r") as record:
            found = [each for own in at_once(lambda _: read_some(record)) for each in own]
    assert sorted(found) == sorted(payload(t, n) for t in range(THREADS) for n in range(30))


def read_some(record: mx.MXRecordIO) -> list[bytes | None]:
    return [record.read() for _ in range(30)]


def network() -> mx.SymbolicNode:
    layer = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    return mx.SoftmaxOutput(layer, name="softmax")


def fit(**given: Any) -> None:
    model = given.pop("model", None) or mx.FeedForward(network())
    optimizer = given.pop("optimizer", None) or mx.SGD(lr=0.1)
    data = mx.ArrayDataProvider(ROWS, LABELS, batch_size=4)
    model.fit(optimizer, data, n_epoch=1, verbose=0, **given)


class Waiting:
    """A callback that lets something be done in the midst of a training, in another thread."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act, self.problem = act, ""

    def __call__(self, _: object) -> None:
        thread = threading.Thread(target=self._tried)
        thread.start()
        thread.join()

    def _tried(self) -> None:
        try:
            self.act()
        except mx.ArgumentError as error:
            self.problem = str(error)


Given = dict[str, Any]
SHARED: dict[str, tuple[Callable[[], Any], Callable[[Any], Given], str]] = {
    "model": (lambda: mx.FeedForward(network()), lambda it: {"model": it}, "FeedForward"),
    "optimizer": (mx.ADAM, lambda it: {"optimizer": it}, "ADAM"),
    "metric": (mx.Accuracy, lambda it: {"eval_metric": it}, "Accuracy"),
    "a metric of several": (
        mx.Accuracy,
        lambda it: {"eval_metric": mx.MultiMetric([mx.ACE(), it])},
        "Accuracy",
    ),
    "a metric in a list": (
        mx.Accuracy,
        lambda it: {"eval_metric": ["cross_entropy", it]},
        "Accuracy",
    ),
    "a callback that remembers": (
        lambda: mx.EarlyStopping("accuracy"),
        lambda it: {"callbacks": [it]},
        "EarlyStopping",
    ),
    "weights' averages": (mx.EMA, lambda it: {"callbacks": [it]}, "EMA"),
}


@pytest.mark.parametrize("name", SHARED)
def test_what_a_training_changes_is_its_own(name):
    make, given, kind = SHARED[name]
    shared = make()
    waiting = Waiting(lambda: fit(**given(shared)))
    own = given(shared)
    fit(**{**own, "callbacks": [*own.get("callbacks", ()), mx.every_n_batch(waiting, 3)]})
    assert waiting.problem == (
        f"fit: this {kind} belongs to a training that is going on, in another thread or around "
        "this one; make one for each training"
    )
    fit(**given(shared))  # one after the other


def evaluate(metric: mx.AbstractEvalMetric) -> None:
    model = mx.FeedForward(network())
    model.init_model(mx.UniformInitializer(0.1), data=(4, 3), softmax_label=(4,))
    model.evaluate(ROWS, LABELS, eval_metric=metric)


def test_a_metric_measures_for_one_thread():
    metric = mx.Accuracy()
    waiting = Waiting(lambda: evaluate(metric))
    fit(eval_metric=metric, callbacks=[mx.every_n_batch(waiting, 3)])
    assert waiting.problem.startswith("evaluate: this Accuracy belongs to a training that is going")
    fit(eval_metric=metric, callbacks=[mx.every_n_epoch(lambda *_: evaluate(metric), 1)])


def test_a_callback_that_remembers_nothing_may_be_shared():
    shared = mx.every_n_epoch(lambda *_: None, 1)
    waiting = Waiting(lambda: fit(callbacks=[shared]))
    fit(callbacks=[shared, mx.every_n_batch(waiting, 3)])
    assert not waiting.problem


def test_a_training_that_fails_lets_go():
    optimizer = mx.SGD(lr=0.1)

    def fail(_: object) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fit(optimizer=optimizer, callbacks=[mx.every_n_batch(fail, 1)])
    fit(optimizer=optimizer)
