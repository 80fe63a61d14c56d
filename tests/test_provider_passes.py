"""One provider serves one pass: nested loops, threads, and what a pass is."""

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from image_files import payload, write_records
from torch.utils.data import DataLoader, TensorDataset

import symnet as mx
from symnet.core.errors import ArgumentError, DataError
from symnet.data.arrays.idx import write_idx
from symnet.ndarray import NDArray

X, Y = np.arange(16.0).reshape(8, 2), np.arange(8)


class Generated(mx.AbstractDataProvider):
    def provide_data(self):
        return [("data", (2, 2))]

    def provide_label(self):
        return []

    def eachbatch(self):
        for _ in range(4):
            yield mx.DataBatch([NDArray(np.zeros((2, 2)))], [], 2)


def of_csv(folder: Path) -> mx.CSVIter:
    np.savetxt(folder / "x.csv", X, delimiter=",")
    return mx.CSVIter(data_csv=folder / "x.csv", data_shape=(2,), batch_size=2)


def of_mnist(folder: Path) -> mx.MNISTIter:
    write_idx(folder / "images", np.zeros((8, 2, 2), int))
    write_idx(folder / "labels", Y)
    files = {"image": folder / "images", "label": folder / "labels"}
    return mx.MNISTIter(**files, batch_size=2, silent=True)


def of_records(folder: Path) -> mx.ImageRecordIter:
    path = write_records(folder / "a.rec", map(payload, range(8)))
    return mx.ImageRecordIter(
        path_imgrec=path, data_shape=(3, 8, 8), batch_size=2, verbose=False, preprocess_threads=1
    )


def of_torch(_: Path) -> mx.TorchDataProvider:
    dataset = TensorDataset(NDArray(X).torch, NDArray(Y).torch)
    return mx.TorchDataProvider(DataLoader(dataset, batch_size=2))


MAKERS: dict[str, Callable[[Path], mx.AbstractDataProvider]] = {
    "arrays": lambda _: mx.ArrayDataProvider(X, Y, batch_size=2),
    "shuffled": lambda _: mx.ArrayDataProvider(X, Y, batch_size=2, shuffle=True),
    "generated": lambda _: Generated(),
    "csv": of_csv,
    "mnist": of_mnist,
    "records": of_records,
    "torch": of_torch,
}


@pytest.fixture(params=MAKERS)
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> mx.AbstractDataProvider:
    return MAKERS[request.param](tmp_path)


def test_a_loop_within_a_loop_raises(provider):
    outer = iter(provider)
    for _ in islice(outer, 1):
        assert len(list(provider)) == 4
    with pytest.raises(DataError, match="another pass was begun before this one ended"):
        next(outer)


def test_a_pass_that_was_given_up_concerns_nobody(provider):
    begun = iter(provider)
    next(begun)
    assert len(list(provider)) == 4
    for _ in provider:
        break
    assert len(list(provider)) == 4


def test_a_pass_that_has_ended_stays_so(provider):
    ended = iter(provider)
    assert len(list(ended)) == 4
    list(provider)
    assert next(ended, None) is None


def test_a_pass_is_a_state_of_the_documents_and_has_its_kind_of_batches(provider):
    state = iter(provider)
    assert isinstance(state, mx.AbstractDataProviderState)
    kind = mx.eltype(provider)
    assert issubclass(kind, mx.AbstractDataBatch)
    assert all(isinstance(batch, kind) for batch in islice(state, 2))
    own = isinstance(provider, Generated)
    assert (kind is mx.AbstractDataBatch) is own


class Slow(Generated):
    """A provider whose second batch waits until somebody says so."""

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()

    def eachbatch(self) -> Iterator[mx.DataBatch]:
        for number, batch in enumerate(super().eachbatch()):
            if number == 1:
                self.asked.set()
                self.go_on.wait(5)
            yield batch


def test_two_threads_in_one_pass():
    slow = Slow()
    shared, seen = iter(slow), []
    thread = threading.Thread(target=lambda: seen.extend(shared))
    thread.start()
    slow.asked.wait(5)
    with pytest.raises(DataError, match="Slow: two threads asked one pass for a batch at the same"):
        next(shared)
    slow.go_on.set()
    thread.join()
    assert len(seen) == 4


def test_two_threads_with_a_pass_each():
    slow = Slow()
    first = iter(slow)
    next(first)
    thread = threading.Thread(target=lambda: next(iter(slow)))
    thread.start()
    thread.join()
    slow.go_on.set()
    with pytest.raises(DataError, match="Slow: another pass was begun before this one ended"):
        next(first)


# -- rows of a target ------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [slice(0, 2), range(2), (0, 2)])
def test_rows_mean_the_same_in_every_form(rows):
    provider = mx.ArrayDataProvider(X, batch_size=4)
    target = mx.zeros(2, 2)
    provider.load_data(next(iter(provider)), [[(rows, target)]])
    assert target.asnumpy().tolist() == X[:2].tolist()


@pytest.mark.parametrize("rows", [range(0, 4, 2), range(2, 0, -1), 3, [0, 1], (0, 1, 2), "01"])
def test_what_names_no_rows_is_refused(rows):
    provider = mx.ArrayDataProvider(X, batch_size=4)
    with pytest.raises(ArgumentError, match=r"'data': rows are named as slice\(0, 2\), range"):
        provider.load_data(next(iter(provider)), [[(rows, mx.zeros(2, 2))]])
