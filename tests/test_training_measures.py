"""What batches cost beside the network: rows gathered in place, measured several at a time."""

import copy
import pickle
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from training_helpers import class_data, class_model

import symnet as mx
from symnet.data import _staging
from symnet.data.taken_rows import TakenRows
from symnet.training.loop._kept import KeptBatches
from symnet.training.loop.measures import Measures

draw = np.random.default_rng(5)


@pytest.mark.parametrize("batches", [2, 3, 34, 70])
@pytest.mark.parametrize("metric", [mx.Accuracy, mx.ACE, mx.NLL, lambda: mx.TopKAccuracy(2)])
def test_batches_measured_together_give_what_each_gives(batches: int, metric: Any) -> None:
    net = mx.SoftmaxOutput(mx.Variable("data"), name="softmax")
    scores = draw.random((batches, 6, 4)).astype(np.float32)
    scores /= scores.sum(2, keepdims=True)
    labels = draw.integers(0, 4, (batches, 6)).astype(np.float32)
    provider = mx.ArrayDataProvider(
        scores.reshape(-1, 4)[:-2], labels.reshape(-1)[:-2], batch_size=6
    )
    found = []
    for at_once in (True, False):
        measures = Measures(net, provider, metric(), at_once=at_once)
        output = mx.zeros(6, 4)  # the same memory for every batch, as an executor's
        counts = []
        for batch, own in zip(provider, scores, strict=True):
            output[:] = own
            counts.append(measures.take(batch, {"softmax_output": output}))
        assert counts == [6] * (batches - 1) + [4]
        found.append(measures.values()[1])
    assert found[0] == pytest.approx(found[1], rel=1e-6)
    right = np.take_along_axis(scores, labels[..., None].astype(int), 2).reshape(-1)[:-2]
    assert found[1]["loss"] == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_a_pass_that_is_given_up_leaves_nothing() -> None:
    measured: list[int] = []
    kept = KeptBatches(lambda both, count: measured.append(count))
    for _ in range(3):
        kept.take([torch.zeros(2)])
    kept.clear()
    kept.measure()
    assert measured == [1]


@pytest.mark.parametrize("shapes", [[(2**18,)], [(4,), (3,)], [()]])
def test_what_is_large_or_has_no_common_rows_is_measured_at_once(shapes: Any) -> None:
    measured: list[int] = []
    kept = KeptBatches(lambda both, count: measured.append(count))
    for _ in range(3):
        kept.take([torch.zeros(shape) for shape in shapes])
    assert measured == [1, 1, 1]


def test_batches_of_another_shape_do_not_mix() -> None:
    measured: list[list[float]] = []
    kept = KeptBatches(lambda both, count: measured.append(both[0].tolist()))
    for rows in (2, 2, 2, 3, 3, 2):
        kept.take([torch.full((rows,), float(rows))])
    kept.measure()
    assert measured == [[2, 2], [2, 2, 2, 2], [3, 3, 3], [3, 3, 3], [2, 2]]


def test_a_callback_that_reads_the_metric_sees_every_batch() -> None:
    metric, data = mx.Accuracy(), class_data()
    seen: list[float] = []
    model = class_model()
    model.fit(
        mx.SGD(),
        data,
        n_epoch=1,
        verbose=False,
        eval_metric=metric,
        callbacks=[mx.every_n_batch(lambda _: seen.append(float(metric._count.read())), 1)],
    )
    size = data.get_batch_size()
    # A callback runs before its own batch is measured.
    assert seen == [size * number for number in range(len(seen))]
    assert len(seen) > 2


def test_rows_are_gathered_in_the_target() -> None:
    arrays = [torch.arange(60_000.0).reshape(20, 3000)]
    taken = TakenRows(arrays, torch.tensor([3, 0, 7]))
    target = torch.zeros(3, 3000)
    assert taken.write(0, target)
    assert torch.equal(target, arrays[0][[3, 0, 7]])


@pytest.mark.parametrize(
    "target",
    [
        torch.zeros(2, 3000),
        torch.zeros(3, 3000, dtype=torch.float64),
        torch.zeros(3000, 3).t(),
    ],
    ids=["rows", "dtype", "order"],
)
def test_rows_are_not_gathered_where_they_do_not_fit(target: torch.Tensor) -> None:
    taken = TakenRows([torch.zeros(20, 3000)], torch.tensor([3, 0, 7]))
    assert not taken.write(0, target)


@pytest.mark.parametrize("split", [1, 2])
def test_a_shuffled_batch_is_loaded_as_it_is(split: int) -> None:
    data = draw.random((40, 2000)).astype(np.float32)
    provider = mx.ArrayDataProvider(data, np.arange(40), batch_size=10, shuffle=True, seed=3)
    for batch in provider:
        parts = [mx.zeros(10 // split, 2000) for _ in range(split)]
        rows = [slice(n * 10 // split, (n + 1) * 10 // split) for n in range(split)]
        provider.load_data(batch, [list(zip(rows, parts, strict=True)) if split > 1 else parts[0]])
        loaded = np.concatenate([part.asnumpy() for part in parts])
        order = batch.get_label()[0].asnumpy().astype(int)
        np.testing.assert_array_equal(loaded, data[order])
        np.testing.assert_array_equal(loaded, batch.get_data()[0].asnumpy())


def test_a_shuffled_batch_is_copied_without_its_provider() -> None:
    data = draw.random((40, 2000)).astype(np.float32)
    provider = mx.ArrayDataProvider(data, batch_size=2, shuffle=True)
    batch = next(iter(provider))
    text = pickle.dumps(batch)
    assert len(text) < data.nbytes / 5
    for other in (pickle.loads(text), copy.deepcopy(batch)):
        np.testing.assert_array_equal(other.data[0].asnumpy(), batch.data[0].asnumpy())


@pytest.mark.parametrize("odd", [None, np.nan, np.inf])
@pytest.mark.parametrize("place", ["data", "label"])
def test_arrays_know_whether_they_are_finite(odd: float | None, place: str) -> None:
    arrays = {"data": np.ones((6, 2)), "label": np.ones(6)}
    if odd is not None:
        arrays[place][4] = odd
    provider = mx.ArrayDataProvider(arrays["data"], arrays["label"], batch_size=3)
    assert provider.known_finite() is (odd is None)


def test_other_providers_do_not_know() -> None:
    class Plain(mx.AbstractDataProvider):
        def provide_data(self) -> list[tuple[str, tuple[int, ...]]]:
            return [("data", (2, 2))]

        def provide_label(self) -> list[tuple[str, tuple[int, ...]]]:
            return []

    assert not Plain().known_finite()


class Event:
    """What CUDA's events are asked; it counts how many copies have not been waited for."""

    pending = 0

    def record(self) -> None:
        Event.pending += 1
        self.recorded = True

    def synchronize(self) -> None:
        if getattr(self, "recorded", False):
            Event.pending -= 1
        self.recorded = False


def test_a_buffer_is_not_written_before_the_gpu_has_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a GPU: two buffers take turns, and at most two copies are under way."""
    monkeypatch.setattr(_staging, "_pinned", torch.empty_like)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    source, target = torch.arange(40.0).reshape(20, 2), torch.zeros(3, 2)
    for start in range(10):
        rows = torch.tensor([start, start + 7, start + 2])
        _staging.send_rows(source, rows, target)
        assert torch.equal(target, source[rows])
        assert Event.pending == min(start + 1, 2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_rows_reach_a_gpu() -> None:
    data = draw.random((64, 4000)).astype(np.float32)
    provider = mx.ArrayDataProvider(data, np.arange(64), batch_size=8, shuffle=True)
    target, loaded = mx.zeros(8, 4000, context=mx.gpu()), []
    for batch in provider:  # nothing waits for the GPU in between
        provider.load_data(batch, [target])
        loaded.append((target.torch.clone(), batch.get_label()[0].asnumpy().astype(int)))
    for found, order in loaded:
        np.testing.assert_array_equal(found.cpu().numpy(), data[order])
