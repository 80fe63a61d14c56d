"""A list of contexts: what devices of one machine compute together, held against one of them."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from training_helpers import assert_same, class_data, class_model, parameters

import symnet as mx
from symnet.operators.contract import Input, Operator, Shape, Shapes
from symnet.operators.dispatch import operator_function
from symnet.training.loop._freezing import treatment_of
from symnet.training.loop._workers import DeviceWorkers
from symnet.training.loop.bound import BoundDevices, TrainingLayout
from symnet.training.loop.devices import DeviceGroup

STEPS = 20


@pytest.fixture(autouse=True)
def cores() -> Iterator[None]:
    """Tests say how many cores torch may use; with one there are no threads."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def cpus(count: int) -> list[mx.Context]:
    return [mx.cpu(number) for number in range(count)]


# -- networks --------------------------------------------------------------------------------------


def mlp() -> mx.SymbolicNode:
    return mx.SoftmaxOutput(mx.MLP(mx.Variable("data"), [8, 6, 3], prefix="mlp_"), name="softmax")


def lenet() -> mx.SymbolicNode:
    return mx.chain(
        mx.Variable("data"),
        mx.Convolution(name="conv1", kernel=(3, 3), num_filter=4),
        mx.Activation(name="tanh1", act_type="tanh"),
        mx.Pooling(name="pool1", pool_type="max", kernel=(2, 2), stride=(2, 2)),
        mx.Convolution(name="conv2", kernel=(3, 3), num_filter=6),
        mx.Activation(name="tanh2", act_type="tanh"),
        mx.Pooling(name="pool2", pool_type="max", kernel=(2, 2), stride=(2, 2)),
        mx.Flatten(name="flat"),
        mx.FullyConnected(name="fc1", num_hidden=10),
        mx.Activation(name="tanh3", act_type="tanh"),
        mx.FullyConnected(name="fc2", num_hidden=3),
        mx.SoftmaxOutput(name="softmax"),
    )


def normalised() -> mx.SymbolicNode:
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=6),
        mx.BatchNorm(name="bn", fix_gamma=False),
        mx.Activation(name="relu", act_type="relu"),
        mx.FullyConnected(name="fc2", num_hidden=3),
        mx.SoftmaxOutput(name="softmax"),
    )


def dropping() -> mx.SymbolicNode:
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=32),
        mx.Dropout(name="drop", p=0.5),
        mx.FullyConnected(name="fc2", num_hidden=3),
        mx.SoftmaxOutput(name="softmax"),
    )


def samples(shape: Shape, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    data = random.standard_normal((count, *shape)).astype(np.float32)
    return data, random.integers(0, 3, count).astype(np.float32)


def trained(
    net: mx.SymbolicNode,
    contexts: list[mx.Context],
    data: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    *,
    cores: int | None = None,
) -> mx.FeedForward:
    torch.set_num_threads(cores or min(len(contexts), 2))
    mx.srand(3)
    model = mx.FeedForward(net, contexts)
    provider = mx.ArrayDataProvider(data, labels, batch_size=batch_size)
    optimizer = mx.SGD(lr=0.1, momentum=0.9, weight_decay=0.001)
    initializer = mx.UniformInitializer(0.4)
    model.fit(optimizer, provider, n_epoch=1, initializer=initializer, verbose=0)
    return model


# -- several devices equal one ---------------------------------------------------------------------


class Case(NamedTuple):
    """A network, the shape of its samples, the rows of a batch, and over how many devices."""

    network: Callable[[], mx.SymbolicNode]
    shape: Shape
    batch_size: int
    devices: int


@pytest.mark.parametrize(
    "case",
    [
        Case(mlp, (5,), 8, 2),
        Case(mlp, (5,), 7, 2),
        Case(mlp, (5,), 7, 3),
        Case(mlp, (5,), 3, 3),
        Case(lenet, (1, 14, 14), 6, 2),
        Case(lenet, (1, 14, 14), 5, 2),
    ],
    ids=lambda case: f"{case.network.__name__}, {case.batch_size} rows on {case.devices}",
)
def test_devices_equal_one(case: Case) -> None:
    net, given = case.network(), samples(case.shape, STEPS * case.batch_size)
    one = trained(net, cpus(1), *given, case.batch_size)
    several = trained(net, cpus(case.devices), *given, case.batch_size)
    assert_same(several, parameters(one), rtol=1e-5, atol=1e-5)


def test_every_device_holds_the_same_weights() -> None:
    data, labels = samples((5,), 7)
    provider = mx.ArrayDataProvider(data, labels, batch_size=7)
    optimizer = mx.SGD(lr=0.1)
    optimizer.state = mx.OptimizationState(7)
    inputs = {"data": (7, 5), "softmax_label": (7,)}
    treatment = treatment_of(mlp(), inputs, optimizer)
    bound = BoundDevices(TrainingLayout(treatment, cpus(3), inputs, optimizer))
    group = DeviceGroup(bound, treatment, optimizer)
    model = mx.FeedForward(mlp())
    model.init_model(mx.UniformInitializer(0.4), **inputs)
    group.load(model.arg_params or {}, {})
    group.load_batch(provider, next(iter(provider)))
    group.forward(is_train=True)
    group.backward()
    group.update()
    group.close()
    first, *others = [executor.arg_dict["mlp_fc1_weight"].asnumpy() for executor in group.executors]
    assert [len(executor.outputs[0]) for executor in group.executors] == [3, 2, 2]
    for other in others:
        np.testing.assert_array_equal(other, first)


class Normalised(nn.Module):
    """`normalised` in torch, with our starting weights."""

    def __init__(self, start: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 6), nn.Linear(6, 3)
        self.bn = nn.BatchNorm1d(6, eps=0.001, momentum=0.1)
        for name, array in start.items():
            layer, kind = name.split("_")
            names = {"gamma": "weight", "beta": "bias"}
            getattr(self, layer).get_parameter(names.get(kind, kind)).data = torch.tensor(array)

    def forward(self, data: Tensor) -> Tensor:
        scores: Tensor = self.fc2(torch.relu(self.bn(self.fc1(data))))
        return scores


def test_statistics_of_a_batch_are_those_of_a_devices_rows() -> None:
    """Against torch: BatchNorm sees 3 rows, then the other 2; gradients are summed."""
    net = normalised()
    data, labels = samples((4,), 5 * STEPS)
    mx.srand(3)
    start = mx.FeedForward(net)
    start.init_model(mx.UniformInitializer(0.4), data=(5, 4), softmax_label=(5,))
    reference = Normalised(parameters(start))
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.1, momentum=0.9, weight_decay=0.001)
    for begin in range(0, 5 * STEPS, 5):
        optimizer.zero_grad()
        for low, high in pairwise((begin, begin + 3, begin + 5)):
            scores = reference(torch.tensor(data[low:high]))
            classes = torch.tensor(labels[low:high]).long()
            (nn.functional.cross_entropy(scores, classes, reduction="sum") / 5).backward()
        optimizer.step()
    found = trained(net, cpus(2), data, labels, 5)
    expected = {
        "fc1_weight": reference.fc1.weight,
        "fc1_bias": reference.fc1.bias,
        "bn_gamma": reference.bn.weight,
        "bn_beta": reference.bn.bias,
        "fc2_weight": reference.fc2.weight,
        "fc2_bias": reference.fc2.bias,
    }
    wanted = {name: tensor.detach().numpy() for name, tensor in expected.items()}
    assert_same(found, wanted, rtol=1e-4, atol=1e-5)


def test_equal_halves_equal_one_device_with_normalisation() -> None:
    """Where both devices see the same rows, their statistics are those of the batch."""
    half, classes = samples((4,), 4 * STEPS)
    data = np.concatenate([half.reshape(STEPS, 4, 4)] * 2, axis=1).reshape(-1, 4)
    labels = np.concatenate([classes.reshape(STEPS, 4)] * 2, axis=1).reshape(-1)
    one, two = (trained(normalised(), cpus(count), data, labels, 8) for count in (1, 2))
    assert_same(two, parameters(one), rtol=1e-5, atol=1e-5)
    for name, state in (one.aux_params or {}).items():
        found = (two.aux_params or {})[name].asnumpy()
        np.testing.assert_allclose(found, state.asnumpy(), rtol=1e-5, atol=1e-5)


# -- at the same time ------------------------------------------------------------------------------


class Meeting(Operator, registered=False):
    """The data; each device waits for the other one, and one that is alone fails."""

    data = Input("Input of any shape.")
    place = threading.Barrier(2, timeout=60)

    def infer_shape(self, data: Shape) -> Shapes:
        return {"output": data}

    def forward(self, data: Tensor) -> Tensor:
        self.place.wait()
        return data.clone()

    def data_gradient(self, grad: Tensor) -> Tensor:
        self.place.wait()
        return grad.clone()


class Failing(Operator, registered=False):
    """The data; fails where there are two rows."""

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape) -> Shapes:
        return {"output": data}

    def forward(self, data: Tensor) -> Tensor:
        if len(data) == 2:
            raise KeyError("two rows")
        return data.clone()

    def data_gradient(self, grad: Tensor) -> Tensor:
        return grad.clone()


meeting, failing = operator_function(Meeting), operator_function(Failing)


def with_layer(layer: Callable[..., Any]) -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Variable("data"), name="fc", num_hidden=3)
    return mx.SoftmaxOutput(layer(net), name="softmax")


def test_devices_compute_at_the_same_time() -> None:
    found = trained(with_layer(meeting), cpus(2), *samples((4,), 10), 5)
    expected = trained(with_layer(mx.BlockGrad), cpus(1), *samples((4,), 10), 5)
    assert parameters(found).keys() == parameters(expected).keys()


def test_an_error_names_its_device() -> None:
    before = threading.active_count()
    with pytest.raises(KeyError, match="two rows") as caught:
        trained(with_layer(failing), cpus(2), *samples((4,), 10), 5)
    assert caught.value.__notes__ == ["This happened on CPU1."]
    assert threading.active_count() == before


def test_the_error_of_the_first_device_counts() -> None:
    torch.set_num_threads(2)
    workers, ran = DeviceWorkers(cpus(3)), []

    def fail(number: int) -> Callable[[], None]:
        def step() -> None:
            ran.append(number)
            raise ValueError(f"step {number}")

        return step

    with pytest.raises(ValueError, match="step 0"):
        workers.run([fail(0), fail(1), fail(2)])
    assert sorted(ran) == [0, 1, 2]  # all had been asked
    with pytest.raises(ValueError, match="step 0"):
        workers.run([fail(0), fail(1)], in_turn=True)
    assert sorted(ran) == [0, 0, 1, 2]  # the second never began
    workers.close()


def test_threads_end_with_the_training() -> None:
    torch.set_num_threads(2)
    before = set(threading.enumerate())
    inside: list[int] = []
    count = mx.every_n_batch(lambda _: inside.append(threading.active_count() - len(before)), 1)
    model = class_model(*cpus(2))
    model.fit(mx.SGD(), class_data(), n_epoch=1, callbacks=[count], verbose=0)
    assert set(inside) == {2}
    assert set(threading.enumerate()) <= before

    def stop(_: Any) -> None:
        raise mx.StopTraining("enough")

    model.fit(mx.SGD(), class_data(), callbacks=[mx.every_n_batch(stop, 2)], verbose=0)
    assert set(threading.enumerate()) <= before


def test_cores_are_divided_and_left_as_they_were() -> None:
    torch.set_num_threads(5)
    workers, shares = DeviceWorkers(cpus(2)), []
    workers.run([lambda: shares.append(torch.get_num_threads())] * 2)
    thread = threading.Thread(target=lambda: shares.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    workers.close()
    assert shares == [2, 2, 5]
    assert torch.get_num_threads() == 5


@pytest.mark.parametrize(("cores", "threads"), [(1, 0), (2, 2), (8, 3)])
def test_no_more_threads_than_cores(cores: int, threads: int) -> None:
    torch.set_num_threads(cores)
    before = threading.active_count()
    workers, names = DeviceWorkers(cpus(3)), []
    workers.run([lambda: names.append(threading.current_thread().name)] * 3)
    assert threading.active_count() - before == threads
    workers.close()
    assert threading.active_count() == before
    here = threading.current_thread().name
    assert len(names) == 3
    assert all((name == here) == (threads == 0) for name in names)


# -- what runs in turn -----------------------------------------------------------------------------


def test_random_numbers_follow_from_the_seed() -> None:
    """With threads, again with threads, and without: bit for bit."""
    given = samples((4,), 200)
    threaded = [trained(dropping(), cpus(2), *given, 20) for _ in range(2)]
    in_turn = trained(dropping(), cpus(2), *given, 20, cores=1)
    for model in threaded:
        assert_same(model, parameters(in_turn))


class Counted(mx.NumpyOp):
    """The data; counts how many calls run at once."""

    def __init__(self) -> None:
        super().__init__()
        self.running = self.most = self.calls = 0

    def copy(self, source: np.ndarray, target: np.ndarray) -> None:
        self.running += 1
        self.calls += 1
        self.most = max(self.most, self.running)
        threading.Event().wait(0.005)  # the other thread may run
        target[:] = source
        self.running -= 1

    def forward(self, in_data: Any, out_data: Any) -> None:
        self.copy(in_data[0], out_data[0])

    def backward(self, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any) -> None:
        self.copy(out_grad[0], in_grad[0])


def test_a_users_operator_is_called_once_at_a_time() -> None:
    counted = Counted()
    found = trained(with_layer(counted), cpus(2), *samples((4,), 10), 5)
    assert (counted.calls, counted.most) == (8, 1)
    assert_same(
        found,
        parameters(trained(with_layer(Counted()), cpus(1), *samples((4,), 10), 5)),
        rtol=1e-5,
        atol=1e-6,
    )


# -- mistakes --------------------------------------------------------------------------------------


def test_the_same_device_twice() -> None:
    with pytest.raises(mx.ArgumentError, match=r"names GPU1 2 times .* name each GPU once"):
        mx.FeedForward(mlp(), [mx.gpu(1), mx.gpu(0), mx.gpu(1)])
    # The number of a CPU is only a name.
    given = samples((4,), 12)
    found, expected = (trained(mlp(), own, *given, 4) for own in ([mx.cpu(), mx.cpu()], cpus(2)))
    assert_same(found, parameters(expected))


def test_no_device() -> None:
    with pytest.raises(mx.ArgumentError, match=r"an empty list; name one device at least"):
        mx.FeedForward(mlp(), [])


@pytest.mark.parametrize(("count", "there"), [(0, "no GPU that torch can use"), (2, "GPU0, GPU1")])
def test_a_device_that_does_not_exist(
    count: int, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    model = class_model(mx.cpu(), mx.gpu(2))
    before = parameters(model)
    words = rf"trained on \[CPU0, GPU2\], but there is no GPU2: this machine has CPUs and {there};"
    with pytest.raises(mx.DeviceError, match=words):
        model.fit(mx.SGD(), class_data(), n_epoch=1, verbose=0)
    assert_same(model, before)


def test_an_output_without_the_batch_on_axis_0() -> None:
    data = mx.Variable("data")
    net = mx.SoftmaxOutput(mx.FullyConnected(data, name="fc", num_hidden=3), name="softmax")
    net = mx.Group(net, mx.BlockGrad(mx.SwapAxis(data, dim1=0, dim2=1)))
    words = r"the output '.*' has shape \(5, 4\) for 4 of 8 rows.*batch on axis 0"
    with pytest.raises(mx.ShapeError, match=words):
        trained(net, cpus(2), *samples((5,), 8), 8)


def test_the_store_says_what_is_shared(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    class_model(*cpus(2)).fit(mx.SGD(), class_data(), n_epoch=1)
    assert "Auto-select kvstore type = local_update_cpu" in caplog.messages


# -- with a GPU ------------------------------------------------------------------------------------


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("contexts", [[mx.cpu(), mx.gpu()], [mx.gpu(), mx.cpu(1)]], ids=str)
def test_a_cpu_and_a_gpu_equal_one_cpu(contexts: list[mx.Context]) -> None:
    given = samples((5,), STEPS * 7)
    found = trained(mlp(), contexts, *given, 7)
    assert_same(found, parameters(trained(mlp(), cpus(1), *given, 7)), rtol=1e-4, atol=1e-4)


# -- the guide -------------------------------------------------------------------------------------


def test_the_blocks_of_the_guide_run() -> None:
    guide = Path(__file__).parent.parent / "docs" / "devices.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{guide.name}, block {number}", "exec"), names)
    assert len(blocks) == 4
    assert names["a"].asnumpy().tolist() == [[5] * 3] * 2
    assert [part.asnumpy().mean() for part in names["shares"]] == [4] * 4
    np.testing.assert_allclose(names["weight"].asnumpy(), 0.9, rtol=1e-6)
    np.testing.assert_allclose(names["bias"].asnumpy(), 0.98, rtol=1e-6)
    assert (names["probabilities"].argmax(axis=1) == names["labels"]).mean() > 0.8
