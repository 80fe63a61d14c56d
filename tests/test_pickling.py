"""What can be pickled and copied goes on as the original would; what cannot says so."""

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from image_files import payload, write_records
from torch.utils.data import DataLoader, TensorDataset

import symnet as mx
from symnet.core.errors import ArgumentError
from symnet.data.arrays.idx import write_idx

X, Y = np.random.default_rng(0).standard_normal((8, 4)).astype("f"), np.arange(8) % 3


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.fixture(params=[again, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
def other(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    return request.param


def network() -> mx.SymbolicNode:
    data = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(data, name="softmax")


def data(**options: Any) -> mx.ArrayDataProvider:
    return mx.ArrayDataProvider(X, Y, batch_size=4, **options)


def trained(optimizer: mx.AbstractOptimizer, epochs: int = 2) -> mx.FeedForward:
    model = mx.FeedForward(network())
    mx.srand(1)
    model.fit(optimizer, data(), n_epoch=epochs, verbose=0)
    return model


# -- symbols, models, arrays -----------------------------------------------------------------------

x, y = mx.Variable("x"), mx.Variable("y", attrs={"mood": "calm"})
SYMBOLS = {
    "variable": y,
    "arithmetic": (x * 2 + y) / x**2 - 3 / (1 - y),
    "group": mx.Group(x, x + y, mx.sin(x)),
    "outputs": mx.Group(*mx.SliceChannel(x, num_outputs=2)),
    "network": network(),
}


@pytest.mark.parametrize("name", SYMBOLS)
def test_symbols(name, other):
    symbol = SYMBOLS[name]
    found = other(symbol)
    assert found.to_json() == symbol.to_json()
    assert found.list_all_attr() == symbol.list_all_attr()


def test_models_and_predictors(other):
    model = trained(mx.SGD(lr=0.1))
    wanted = model.predict(X)
    np.testing.assert_array_equal(other(model).predict(X), wanted)
    assert list(other(model).history) == list(model.history)
    predictor = model.predictor(data=(8, 4))
    np.testing.assert_array_equal(other(predictor).predict(X), wanted)


def test_a_predictor_with_states_and_labels():
    net = mx.SoftmaxOutput(mx.BatchNorm(mx.Variable("data"), name="bn"), name="softmax")
    model = mx.FeedForward(net)
    model.fit(mx.SGD(lr=0.1), mx.ArrayDataProvider(X, Y, batch_size=4), n_epoch=1, verbose=0)
    predictor = model.predictor(data=(4, 4))
    np.testing.assert_array_equal(again(predictor).predict(X), predictor.predict(X))


@pytest.mark.parametrize(
    "array", [mx.array([[1, 2], [3, 4]]), mx.array([1, 2, 3])[1:], mx.array([True]).astype("bool")]
)
def test_arrays(array, other):
    found = other(array)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(mx.copy(found), mx.copy(array))


# -- optimizers, metrics, callbacks ----------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: mx.SGD(lr=0.1, momentum=0.9), mx.ADAM])
def test_optimizers_and_their_memory(make, other):
    optimizer = make()
    trained(optimizer)
    found = other(optimizer)
    assert found.opts == optimizer.opts
    assert found.state.curr_iter == optimizer.state.curr_iter
    updater = mx.get_updater(optimizer)
    weight, gradient = mx.ones((3,)), mx.ones((3,))
    updater(0, gradient, weight)
    twin, own = other(updater), weight.copy(mx.cpu())
    if other is copy.copy:
        return  # which shares what both remember
    twin(0, gradient, own)
    updater(0, gradient, weight)
    np.testing.assert_array_equal(mx.copy(own), mx.copy(weight))


def every(kind: type) -> dict[str, Any]:
    """One of each class of a kind that can be made without arguments."""
    found = {}
    for name in mx.__all__:
        cls = getattr(mx, name)
        if isinstance(cls, type) and issubclass(cls, kind) and not name.startswith("Abstract"):
            try:
                found[name] = cls()
            except (TypeError, ValueError):
                continue
    return found


METRICS = every(mx.AbstractEvalMetric) | {"several": mx.MultiMetric([mx.Accuracy(), mx.MSE()])}


@pytest.mark.parametrize("name", METRICS)
def test_metrics(name, other):
    metric = METRICS[name]
    assert repr(other(metric).get()) == repr(metric.get())


CALLBACKS = every(mx.AbstractCallback) | {
    "speedometer": mx.speedometer(2),
    "do_checkpoint": mx.do_checkpoint("net"),
    "EarlyStopping": mx.EarlyStopping("accuracy"),
    "every_n_epoch": mx.every_n_epoch(print, 3),
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks(name, other):
    assert type(other(CALLBACKS[name])) is type(CALLBACKS[name])


INITIALIZERS = every(mx.AbstractInitializer)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializers(name, other):
    assert repr(other(INITIALIZERS[name])) == repr(INITIALIZERS[name])


def test_name_managers_count_on():
    names = mx.NameManager()
    names.get(None, "fc")
    twin = again(names)
    assert twin.get(None, "fc") == names.get(None, "fc") == "fc1"


# -- providers -------------------------------------------------------------------------------------


def of_csv(folder: Path, **options: Any) -> mx.CSVIter:
    np.savetxt(folder / "x.csv", X, delimiter=",")
    return mx.CSVIter(data_csv=folder / "x.csv", data_shape=(4,), batch_size=3, **options)


def of_mnist(folder: Path) -> mx.MNISTIter:
    write_idx(folder / "images", np.arange(20).reshape(5, 2, 2))
    write_idx(folder / "labels", np.arange(5))
    files = {"image": folder / "images", "label": folder / "labels"}
    return mx.MNISTIter(**files, batch_size=2, silent=True, last_batch="roll_over")


def of_records(folder: Path, **options: Any) -> mx.ImageRecordIter:
    path = write_records(folder / "a.rec", map(payload, range(5)))
    given = {"data_shape": (3, 8, 8), "batch_size": 2, "verbose": False, "preprocess_threads": 1}
    return mx.ImageRecordIter(path_imgrec=path, **given, **options)


def of_listed_records(folder: Path) -> mx.ImageRecordIter:
    (folder / "a.lst").write_text("".join(f"{n}\t{n + 10}\n" for n in range(5)))
    options = {"rand_crop": True, "shuffle": True, "mean_r": 3.0}
    return of_records(folder, path_imglist=str(folder / "a.lst"), **options)


def of_torch(_: Path, **options: Any) -> mx.TorchDataProvider:
    dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    return mx.TorchDataProvider(DataLoader(dataset, batch_size=3, **options))


def of_shuffled_torch(folder: Path) -> mx.TorchDataProvider:
    return of_torch(folder, shuffle=True, generator=torch.Generator().manual_seed(3))


PROVIDERS: dict[str, Callable[[Path], mx.AbstractDataProvider]] = {
    "arrays": lambda _: data(),
    "shuffled": lambda _: data(shuffle=True, seed=1, last_batch="roll_over"),
    "csv": of_csv,
    "csv in pieces": lambda folder: of_csv(folder, memory=0),
    "mnist": of_mnist,
    "records": of_records,
    "listed records": of_listed_records,
    "torch": of_torch,
    "shuffled torch": of_shuffled_torch,
}


def one_pass(provider: mx.AbstractDataProvider) -> list[tuple[Any, Any, int]]:
    return [
        (
            [a.asnumpy().tolist() for a in provider.get_data(batch)],
            [a.asnumpy().tolist() for a in provider.get_label(batch)],
            provider.count_samples(batch),
        )
        for batch in provider
    ]


@pytest.mark.parametrize("passes", [0, 1])
@pytest.mark.parametrize("name", PROVIDERS)
def test_providers_go_on_by_themselves(name, passes, other, tmp_path):
    if name == "shuffled torch" and other is copy.copy:
        pytest.skip("a shallow copy shares the loader, with its generator")
    provider = PROVIDERS[name](tmp_path)
    for _ in range(passes):
        one_pass(provider)
    twin = other(provider)
    assert twin.position() == provider.position()
    wanted = [one_pass(provider) for _ in range(2)]
    assert [one_pass(twin) for _ in range(2)] == wanted


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_copy_made_within_a_pass_begins_the_next(name, other, tmp_path):
    provider = PROVIDERS[name](tmp_path)
    running = iter(provider)
    next(running)
    twin = other(provider)
    assert len(one_pass(twin)) > 1
    assert next(running) is not None


# -- what cannot be --------------------------------------------------------------------------------


def test_a_pass_cannot(other):
    with pytest.raises(ArgumentError, match="ArrayDataProvider: a pass that is under way cannot"):
        other(iter(data()))


def test_an_executor_cannot(other):
    executor = mx.simple_bind(network(), mx.cpu(), data=(2, 4))
    executor.forward()
    with pytest.raises(ArgumentError, match="an executor is tied to its memory, and cannot be"):
        other(executor)


def test_a_writer_cannot(other, tmp_path):
    with mx.RecordWriter(tmp_path / "a.rec") as writer:
        writer.write(b"one")
        with pytest.raises(ArgumentError, match=r"a.rec is being written, and only one process"):
            other(writer)
    assert [*mx.RecordReader(tmp_path / "a.rec")] == [b"one"]


# -- threads ---------------------------------------------------------------------------------------


@mx.register_custom("waits_for_another_thread")
class WaitingProp(mx.CustomOpProp):
    def create_operator(self, context, in_shapes, in_dtypes):
        return Waiting()


class Waiting(mx.CustomOp):
    entered, go_on = threading.Event(), threading.Event()

    def forward(self, is_train, req, in_data, out_data, aux):
        self.entered.set()
        self.go_on.wait(5)
        self.assign(out_data[0], req[0], in_data[0])


@pytest.mark.parametrize("call", [mx.Executor.forward, mx.Executor.backward])
def test_two_threads_in_one_executor(call):
    net = mx.Custom(mx.Variable("weight"), op_type="waits_for_another_thread")
    arrays = {"weight": mx.ones((2,))}
    executor = mx.bind(net, mx.cpu(), arrays, args_grad={"weight": mx.ones((2,))})
    Waiting.entered.clear()
    Waiting.go_on.clear()
    thread = threading.Thread(target=executor.forward)
    thread.start()
    Waiting.entered.wait(5)
    with pytest.raises(ArgumentError, match="another thread is running this executor, whose"):
        call(executor)
    Waiting.go_on.set()
    thread.join()
    assert mx.copy(executor.forward(weight=mx.array([1, 2]))[0]).tolist() == [1, 2]
