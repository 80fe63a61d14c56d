"""What distributed training is made of, in one process."""

import re
import socket
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training_helpers import class_data, class_model, parameters, perceptron

import symnet as mx
from symnet.program import buckets
from symnet.program.buckets import Bucket, buckets_of
from symnet.training.kvstore import world
from symnet.training.kvstore._meeting import meet
from symnet.training.kvstore.exchange import BucketedSum
from symnet.training.kvstore.world import World, find_membership
from symnet.training.loop._parts import EveryNth
from symnet.training.loop._ranks import Ranks
from symnet.training.metric import MultiACE

# -- buckets ---------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from([2, 4, 8])), max_size=3),
    st.integers(1, 300),
)
def test_buckets_cover_every_element_once(sizes: list[tuple[int, int]], length: int) -> None:
    seen = {index: np.zeros(count, int) for index, (count, _) in enumerate(sizes)}
    found = list(buckets_of(sizes, bucket_bytes=length))
    for bucket in found:
        seen[bucket.flat_index][bucket.start : bucket.stop] += 1
        assert (bucket.stop - bucket.start) * sizes[bucket.flat_index][1] <= max(length, 8)
    assert all((count == 1).all() for count in seen.values())
    assert all(a.start > b.start for a, b in pairwise(found) if a.flat_index == b.flat_index)


def deep_executor() -> mx.Executor:
    mx.srand(2)
    executor = mx.simple_bind(perceptron(), mx.cpu(), data=(5, 4), softmax_label=(5,))
    for name, array in executor.arg_dict.items():
        array[:] = mx.array(np.random.default_rng(len(name)).standard_normal(array.shape))
    executor.arg_dict["softmax_label"][:] = 1
    return executor


def test_on_ready_tells_of_each_bucket_when_it_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 64)
    executor, plain = deep_executor(), deep_executor()
    assert executor.arenas is not None
    assert plain.arenas is not None
    (flat,), (expected,) = executor.arenas[1].flat, plain.arenas[1].flat
    plain.forward(is_train=True)
    plain.backward()
    for _ in range(4):  # as they are, recording, and recorded
        flat[:] = 99
        calls: list[tuple[Bucket, np.ndarray]] = []

        def note(start: int, stop: int, flat_index: int, calls: Any = calls) -> None:
            calls.append((Bucket(start, stop, flat_index), flat.asnumpy().copy()))

        executor.forward(is_train=True)
        executor.backward(on_ready=note)
        final = expected.asnumpy()
        size = len(final)
        assert sorted(bucket for bucket, _ in calls) == sorted(buckets_of([(size, 4)]))
        for (start, stop, _), seen in calls:
            written = final[start:stop] != 0  # gaps between arrays are never written
            np.testing.assert_array_equal(seen[start:stop][written], final[start:stop][written])
        # The last layer's gradients are told of before the first layer's are there.
        assert calls[0][0].stop > calls[-1][0].stop
        assert (calls[0][1][:24] == 99).all()


def test_on_ready_is_not_called_without_an_arena() -> None:
    net = perceptron()
    made = mx.simple_bind(net, mx.cpu(), data=(5, 4), softmax_label=(5,))
    bound = mx.bind(net, mx.cpu(), made.arg_dict, args_grad=made.grad_dict)
    bound.forward(is_train=True)
    bound.backward(on_ready=lambda *bucket: pytest.fail(f"told of {bucket}"))


class Recording(World):
    """A world of two whose other rank has the same gradients."""

    def __init__(self) -> None:
        super().__init__(0, 2)
        self.sent: list[int] = []

    def start_sum(self, tensor: torch.Tensor) -> Any:
        self.sent.append(tensor.numel())
        return tensor.mul_(2)

    def wait(self, begun: Any) -> None:
        """Nothing is under way."""


def test_buckets_are_sent_in_one_order_whatever_is_ready_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 16)
    recording, gradients = Recording(), [mx.ones(10)]
    exchange = BucketedSum(recording)
    exchange.finish(gradients)
    assert recording.sent == [4, 4, 2]  # from the end, the rest last
    recording.sent.clear()
    exchange.ready(2, 6, 0)
    assert recording.sent == []  # the one before it is not ready
    exchange.ready(6, 10, 0)
    assert recording.sent == [4, 4]
    exchange.finish(gradients)
    assert recording.sent == [4, 4, 2]
    np.testing.assert_array_equal(gradients[0].asnumpy(), np.full(10, 4))


# -- who takes part --------------------------------------------------------------------------------

TORCHRUN = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"RANK": "0"}, "WORLD_SIZE, MASTER_ADDR, MASTER_PORT is missing; start the program with"),
        ({**TORCHRUN, "RANK": "2"}, "RANK must be a whole number from 0 to WORLD_SIZE - 1"),
        ({**TORCHRUN, "WORLD_SIZE": "many"}, "got RANK='0', WORLD_SIZE='many'"),
        ({**TORCHRUN, "MASTER_PORT": "abc"}, "MASTER_PORT must be a number below 65536, got 'abc'"),
        ({**TORCHRUN, "MASTER_PORT": "0"}, "MASTER_PORT must be a number below 65536, got '0'"),
        ({**TORCHRUN, "MASTER_PORT": "9" * 5000}, "MASTER_PORT must be a number below 65536"),
        ({"DMLC_ROLE": "worker"}, "DMLC_ROLE is set"),
    ],
)
def test_a_launcher_that_says_too_little_is_an_error(
    environment: dict[str, str], message: str
) -> None:
    with pytest.raises(mx.ArgumentError, match=re.escape(message)):
        find_membership(environment)


@pytest.fixture
def _not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "_joined", [])


@pytest.mark.usefixtures("_not_joined")
def test_a_port_in_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for name, value in {**TORCHRUN, "MASTER_PORT": port}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(mx.DistributedError, match=f":{port}: the port is in use"):
            mx.KVStore("dist_sync")


@pytest.mark.usefixtures("_not_joined")
def test_a_stranger_at_the_port_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and is silent, for which torch has no limit."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = str(stranger.getsockname()[1])
        for name, value in {**TORCHRUN, "MASTER_PORT": port, "RANK": "1"}.items():
            monkeypatch.setenv(name, value)
        words = rf":{port} within 0.5 s: .* whatever listens there does not answer as torch's store"
        with pytest.raises(mx.DistributedError, match=words):
            world.join(0.5)


@pytest.mark.usefixtures("_not_joined")
def test_a_host_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**TORCHRUN, "MASTER_ADDR": "no.such.host.invalid", "RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(mx.DistributedError, match=r"there is no host 'no\.such\.host\.invalid'"):
        world.join(0.5)


@pytest.mark.usefixtures("_not_joined")
def test_the_timeout_is_settled_at_the_first_meeting() -> None:
    world.join(20)
    assert world.join().timeout == 20
    with pytest.raises(mx.ParameterError, match="a timeout of 20 s, which cannot be changed to 30"):
        world.join(30)


class Store(dict[str, bytes]):
    """A store for one process."""

    def set(self, key: str, value: str) -> None:
        self[key] = value.encode()

    def check(self, keys: list[str]) -> bool:
        return all(key in self for key in keys)

    def add(self, key: str, amount: int) -> int:
        self[key] = str(int(self.get(key, b"0")) + amount).encode()
        return int(self[key])


def test_a_meeting_takes_no_notice_of_the_dead() -> None:
    store = Store()
    assert meet(store, 0, 1, timeout=5) == 1
    assert meet(store, 0, 1, timeout=5) == 2  # the same rank, started again
    store.set("symnet/hello/1", "somebody who ended long ago")
    with pytest.raises(mx.DistributedError, match=r"^rank 1 did not come within 0.1 s"):
        meet(store, 0, 2, timeout=0.1)


def test_alone_dist_sync_trains_as_local_does() -> None:
    models = [class_model(), class_model()]
    for model, kvstore in zip(models, ("local", "dist_sync"), strict=True):
        model.fit(mx.SGD(lr=0.5), class_data(), kvstore=kvstore, n_epoch=2, verbose=0)
    for name, array in parameters(models[0]).items():
        np.testing.assert_array_equal(parameters(models[1])[name], array)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"timeout": 0}, "fit: timeout must be > 0 and < inf, got 0"),
        ({"partition": "no"}, "fit: partition must be bool, got 'no'"),
    ],
)
def test_options_are_checked(option: dict[str, Any], message: str) -> None:
    with pytest.raises(mx.ParameterError, match=re.escape(message)):
        class_model().fit(mx.SGD(), class_data(), **option)


# -- data ------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 4), st.integers(1, 4))
def test_the_parts_of_a_provider_are_the_whole(samples: int, batch_size: int, count: int) -> None:
    numbers = np.arange(samples, dtype=np.float32)
    seen: list[float] = []
    for rank in range(count):
        size = min(batch_size, samples)
        whole = mx.ArrayDataProvider(numbers, batch_size=size, shuffle=True, seed=3)
        part = EveryNth(whole, count, rank)
        for batch in part:
            seen += part.get(batch, "data").asnumpy()[: part.count_samples(batch)].tolist()
    assert sorted(seen) == numbers.tolist()


def test_data_that_was_divided_already_is_left_alone() -> None:
    ranks = Ranks(Recording())
    part = EveryNth(class_data(), 4, 1)
    assert part.num_parts == 4
    assert ranks.share(part) is part


# -- metrics ---------------------------------------------------------------------------------------


def distance(label: mx.NDArray, pred: mx.NDArray) -> mx.NDArray:
    return mx.NDArray.wrap((label.torch - pred.torch[:, 0]).abs().mean(), mx.cpu())


@pytest.mark.parametrize(
    "given_metric",
    [mx.Accuracy(), MultiACE(3), [mx.ACE(), distance], {"softmax_output": mx.NLL()}],
    ids=["mean", "by class", "several", "by output"],
)
def test_merged_metrics_are_those_of_all_samples(given_metric: Any) -> None:
    whole = mx.as_metric(given_metric, outputs=["softmax_output"])
    first, second, unused = (whole.fresh() for _ in range(3))
    rng = np.random.default_rng(0)
    predicted, labels = rng.dirichlet(np.ones(3), 20), rng.integers(0, 3, 20)
    for metric, rows in ((whole, slice(None)), (first, slice(8)), (second, slice(8, None))):
        metric.update([mx.array(labels[rows])], [mx.array(predicted[rows])])
    sums = [own_sums(metric) for metric in (first, second, unused)]
    totals = iter([sum(column, torch.zeros(())) for column in zip(*sums, strict=True)])
    unused.merge(lambda _: next(totals))
    assert unused.get() == [(name, pytest.approx(value)) for name, value in whole.get()]


def own_sums(metric: mx.AbstractEvalMetric) -> list[torch.Tensor]:
    """The tensors that a metric wants to have summed over all processes, in order."""
    seen: list[torch.Tensor] = []

    def note(amount: torch.Tensor) -> torch.Tensor:
        seen.append(amount)
        return amount

    deepcopy(metric).merge(note)
    return seen


def test_a_metric_that_cannot_be_merged_is_told() -> None:
    class Seen(mx.AbstractEvalMetric):
        def update(self, labels: Any, preds: Any) -> None:
            """Take nothing in."""

        def reset(self) -> None:
            """Forget nothing."""

        def get(self) -> list[tuple[str, float]]:
            return [("seen", 1.0)]

    with pytest.raises(mx.ArgumentError, match=r"Seen cannot be measured over several processes"):
        Ranks(Recording()).merge(Seen())


# -- the guide -------------------------------------------------------------------------------------


def test_the_guide_runs() -> None:
    guide = Path(__file__).parent.parent / "docs" / "distributed.md"
    (block,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, guide.name, "exec"), names)
    assert [row["epoch"] for row in names["model"].history] == [1, 2]
