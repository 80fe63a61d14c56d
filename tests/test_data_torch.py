"""torch's datasets and loaders as providers."""

import json

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from symnet.core.errors import ArgumentError, DataError, ParameterError
from symnet.data import ArrayDataProvider, TorchDataProvider, as_provider

X = torch.arange(14.0).reshape(7, 2)
Y = torch.arange(7)


class Dicts(Dataset):
    def __len__(self) -> int:
        return 7

    def __getitem__(self, place: int) -> dict[str, object]:
        return {"left": X[place], "right": X[place].numpy() * 2, "digit_label": int(Y[place])}


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, Y, strict=True))


def passed(provider) -> list[tuple[list, list, int]]:
    return [
        ([x.asnumpy() for x in b.get_data()], [y.asnumpy() for y in b.get_label()], b.count)
        for b in provider
    ]


def labels_of(provider) -> list[tuple[list[float], int]]:
    return [(y.tolist(), count) for _, (y,), count in passed(provider)]


# -- loaders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [TensorDataset(X, Y), Stream()], ids=["map", "stream"])
def test_pairs(dataset):
    provider = TorchDataProvider(DataLoader(dataset, batch_size=3))
    assert provider.provide_data() == [("data", (3, 2))]
    assert provider.provide_label() == [("softmax_label", (3,))]
    for _ in range(2):
        found = passed(provider)
        assert [count for _, _, count in found] == [3, 3, 1]
        for place, ((x,), (y,), count) in enumerate(found):
            rows = slice(3 * place, 3 * place + count)
            assert x.dtype == y.dtype == np.float32
            np.testing.assert_array_equal(x[:count], X[rows])
            np.testing.assert_array_equal(y[:count], Y[rows])


def test_policies():
    loader = DataLoader(TensorDataset(X, Y), batch_size=3)
    full = [([0, 1, 2], 3), ([3, 4, 5], 3)]
    assert labels_of(TorchDataProvider(loader)) == [*full, ([6, 6, 6], 1)]
    assert labels_of(TorchDataProvider(loader, last_batch="keep")) == [*full, ([6], 1)]
    assert labels_of(TorchDataProvider(loader, last_batch="discard")) == full
    with pytest.raises(ParameterError, match="'roll_over' is up to the loader's sampler"):
        TorchDataProvider(loader, last_batch="roll_over")


def test_dicts_and_data_alone():
    provider = TorchDataProvider(DataLoader(Dicts(), batch_size=2))
    assert provider.provide_data() == [("left", (2, 2)), ("right", (2, 2))]
    assert provider.provide_label() == [("digit_label", (2,))]
    (_, right), (label,), _ = passed(provider)[1]
    np.testing.assert_array_equal(right, X[2:4] * 2)
    np.testing.assert_array_equal(label, Y[2:4])
    provider = TorchDataProvider(DataLoader(X, batch_size=7), data_name="x")
    assert (provider.provide_data(), provider.provide_label()) == ([("x", (7, 2))], [])


def test_the_first_batch_is_not_lost_and_loaded_once():
    asked: list[int] = []

    class Watched(Dataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, place: int) -> torch.Tensor:
            asked.append(place)
            return X[place]

    provider = TorchDataProvider(DataLoader(Watched(), batch_size=2))
    assert asked == [0, 1]
    passed(provider)
    assert asked == [0, 1, 2, 3]
    passed(provider)
    assert asked == [0, 1, 2, 3] * 2


@pytest.mark.parametrize("passes", [0, 2])
def test_a_loader_goes_on_from_a_position(passes):
    def provider(seed: int) -> TorchDataProvider:
        generator = torch.Generator().manual_seed(seed)
        return TorchDataProvider(
            DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True, generator=generator)
        )

    first, second = provider(1), provider(2)
    for _ in range(passes):
        passed(first)
    second.seek(json.loads(json.dumps(first.position())))
    assert [labels_of(second) for _ in range(2)] == [labels_of(first) for _ in range(2)]
    for wrong in ({"generator": "?"}, {"generator": "AAAA"}, {"pass": 1}):
        with pytest.raises(DataError, match="TorchDataProvider: this is no position"):
            second.seek(wrong)


def test_seeking_forgets_what_was_drawn_before():
    loader = DataLoader(TensorDataset(X, Y), batch_size=7, shuffle=True)
    torch.manual_seed(0)
    expected = labels_of(TorchDataProvider(loader))
    provider = TorchDataProvider(loader)
    assert provider.position() == {}
    provider.seek({})
    torch.manual_seed(0)
    assert labels_of(provider) == expected


def collate(*batches):
    """A loader that makes these batches, whatever the dataset."""
    remaining = iter(batches)
    return DataLoader(range(len(batches)), batch_size=1, collate_fn=lambda _: next(remaining))


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([(X, Y, Y, Y)], "a sample must be data, .* got a tuple of 4; return a dict"),
        ([{3: X}], "the keys of a sample must be names, got 3"),
        ([("abc", Y)], "'data' must be a tensor of real numbers .* got str"),
        ([X[:2], X[:3]], r"batch 2 of the loader has \[\('data', \(3, 2\)\)\], but the first had"),
        ([X[:2], X[:2, :1]], "batch 2 of the loader has"),
        ([X[:2], (X[:2], Y[:2])], "batch 2 of the loader has"),
        ([X[:2], X[:0]], "batch 2 of the loader has"),
        ([(X[:2], Y[:1])], "axis 0 of all arrays must be the same batch size"),
    ],
)
def test_wrong_batches(batches, message):
    with pytest.raises(DataError, match=f"TorchDataProvider.*{message}"):
        passed(TorchDataProvider(collate(*batches)))


def test_no_loader():
    with pytest.raises(DataError, match="the loader has no batches"):
        TorchDataProvider(DataLoader([], batch_size=1))
    with pytest.raises(ArgumentError, match="a torch DataLoader is wanted, got list"):
        TorchDataProvider([X])


# -- datasets kept in memory -----------------------------------------------------------------------


def test_datasets_are_read_at_once():
    provider = ArrayDataProvider(TensorDataset(X, Y), batch_size=7)
    (((x,), (y,), _),) = passed(provider)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    provider = ArrayDataProvider(Dicts())
    assert provider.provide_data() == [("left", (7, 2)), ("right", (7, 2))]
    assert provider.provide_label() == [("digit_label", (7,))]
    provider = ArrayDataProvider(Dicts(), {"y": "digit_label"})
    assert provider.provide_label() == [("y", (7,))]
    provider = ArrayDataProvider(TensorDataset(X), Y)
    assert provider.provide_data() == [("data", (7, 2))]


class Ragged(Dicts):
    def __getitem__(self, place: int) -> torch.Tensor:
        return torch.zeros(place)


class Empty(Dicts):
    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("data", "label", "message"),
    [
        (TensorDataset(X, Y), Y, "the samples of the TensorDataset have labels"),
        (Ragged(), None, "the samples of the Ragged do not make arrays: .*must be numbers"),
        (Empty(), None, "the Empty has no samples"),
        (Stream(), None, r"cannot ask a Stream for them; pass DataLoader\(dataset, batch_size="),
        (DataLoader(X), None, "cannot ask a DataLoader for them; pass it to mx.TorchDataProvider"),
    ],
)
def test_wrong_datasets(data, label, message):
    with pytest.raises(DataError, match=f"ArrayDataProvider.*{message}"):
        ArrayDataProvider(data, label)


# -- whatever there is -----------------------------------------------------------------------------


def test_as_provider_chooses():
    loader = DataLoader(TensorDataset(X, Y), batch_size=3)
    assert isinstance(as_provider(loader, last_batch="keep"), TorchDataProvider)
    provider = as_provider(X.numpy(), Y, batch_size=2)
    assert isinstance(provider, ArrayDataProvider)
    assert as_provider(provider) is provider
    with pytest.raises(ArgumentError, match="ArrayDataProvider has labels and parameters of its"):
        as_provider(provider, Y)
    with pytest.raises(ArgumentError, match="the labels of a DataLoader are in its batches"):
        as_provider(loader, Y)
