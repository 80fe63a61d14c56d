"""ArrayDataProvider against NumPy's slices and hand-written expectations."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from symnet.core.errors import DataError, ParameterError, ReadOnlyError
from symnet.data.arrays.array_provider import ArrayDataProvider
from symnet.ndarray import array


def batches_of(provider: ArrayDataProvider) -> list[tuple[list, list, int]]:
    """Copy all batches of a pass: data arrays, label arrays, count."""
    return [
        ([x.asnumpy() for x in b.get_data()], [x.asnumpy() for x in b.get_label()], b.count)
        for b in provider
    ]


def test_documented_batches_of_fifteen():
    data, label = np.random.rand(15, 2, 3), np.arange(15)
    provider = ArrayDataProvider(data, label, batch_size=4, data_padding=7, label_padding=-1)
    assert provider.provide_data() == [("data", (4, 2, 3))]
    assert provider.provide_label() == [("softmax_label", (4,))]
    assert provider.get_batch_size() == 4
    found = batches_of(provider)
    assert [count for _, _, count in found] == [4, 4, 4, 3]
    for position, ((x,), (y,), count) in enumerate(found):
        rows = slice(position * 4, position * 4 + count)
        np.testing.assert_array_equal(x[:count], data[rows].astype(np.float32))
        np.testing.assert_array_equal(y[:count], label[rows])
        assert (x[count:] == 7).all()
        assert (y[count:] == -1).all()


@given(
    samples=st.integers(1, 40),
    share=st.floats(0, 1),
    shuffle=st.booleans(),
    padding=st.sampled_from([0, -1, 2.5]),
)
def test_every_sample_once_per_pass(samples, share, shuffle, padding):
    size = max(1, round(share * samples))
    numbers = np.arange(samples) + 1000
    provider = ArrayDataProvider(
        np.stack([numbers, -numbers], axis=1),
        numbers,
        batch_size=size,
        shuffle=shuffle,
        data_padding=padding,
        label_padding=padding,
    )
    for _ in range(3):
        seen = []
        for (x,), (y,), count in batches_of(provider):
            assert x.shape == (size, 2)
            np.testing.assert_array_equal(x[:count], np.stack([y[:count], -y[:count]], axis=1))
            assert (x[count:] == padding).all()
            assert (y[count:] == padding).all()
            seen += y[:count].tolist()
        assert sorted(seen) == numbers.tolist()
        assert shuffle or seen == numbers.tolist()


def test_zero_batch_size_is_one_batch():
    provider = ArrayDataProvider(np.zeros((5, 3)))
    assert provider.get_batch_size() == 5
    assert provider.provide_label() == []
    assert [count for _, _, count in batches_of(provider)] == [5]


# -- shuffling -------------------------------------------------------------------------------------


def orders(seed: int, passes: int) -> list[list[float]]:
    provider = ArrayDataProvider(np.arange(20), batch_size=6, shuffle=True)
    torch.manual_seed(seed)
    return [[v for (x,), _, n in batches_of(provider) for v in x[:n]] for _ in range(passes)]


def test_torch_seed_settles_the_order():
    first, second, third = orders(seed=3, passes=3)
    assert orders(seed=3, passes=3) == [first, second, third]
    assert orders(seed=4, passes=1) != [first]
    assert first != second != third


def test_seed_settles_the_order_whatever_torch_draws():
    def passes(seed: int) -> list[list[float]]:
        provider = ArrayDataProvider(np.arange(20), batch_size=6, shuffle=True, seed=seed)
        return [[v for (x,), _, n in batches_of(provider) for v in x[:n]] for _ in range(2)]

    first = passes(3)
    before = torch.get_rng_state()
    assert passes(3) == first
    assert passes(4) != first
    assert torch.equal(torch.get_rng_state(), before)


def test_first_places_of_the_orders_are_even():
    """Over many passes each sample comes first about as often, by a chi-squared test."""
    provider = ArrayDataProvider(np.arange(5), shuffle=True, seed=0)
    firsts = [int(batch.get_data()[0].asnumpy()[0]) for _ in range(1000) for batch in provider]
    counts = np.bincount(firsts, minlength=5)
    assert ((counts - 200) ** 2 / 200).sum() < 18.5  # exceeded by 1 in 1000 of even draws


def test_batches_keep_their_contents():
    data = np.arange(10)
    for shuffle in (False, True):
        provider = ArrayDataProvider(data, batch_size=4, shuffle=shuffle)
        kept = list(provider)
        copies = [batch.get_data()[0].asnumpy() for batch in kept]
        list(provider)
        for batch, copy in zip(kept, copies, strict=True):
            np.testing.assert_array_equal(batch.get_data()[0].asnumpy(), copy)


def test_full_and_padded_batches_share_one_memory():
    provider = ArrayDataProvider(np.arange(10), batch_size=4)
    addresses = [batch.get_data()[0].torch.data_ptr() for batch in provider]
    assert np.diff(addresses).tolist() == [16, 16]
    assert [batch.get_data()[0].torch.data_ptr() for batch in provider] == addresses


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_read_only(shuffle):
    provider = ArrayDataProvider(np.zeros((3, 2)), np.zeros(3), batch_size=2, shuffle=shuffle)
    for batch in provider:
        for each in (*batch.get_data(), *batch.get_label()):
            assert not each.writable
            with pytest.raises(ReadOnlyError):
                each[:] = 1


# -- what may be given -----------------------------------------------------------------------------

TABLE = np.array([[1, 2], [3, 4], [5, 6]])


class Frame:
    """Something that only NumPy's protocol can read."""

    def __array__(self, dtype=None, copy=None):
        return TABLE

    def __repr__(self):  # it names a test, so it has no address
        return "Frame()"


@pytest.mark.parametrize(
    "data",
    [
        TABLE,
        TABLE.astype(np.float64),
        TABLE.astype(">f4"),
        TABLE.astype(np.uint16),
        TABLE[::-1].copy()[::-1],
        np.asfortranarray(TABLE),
        array(TABLE),
        torch.tensor(TABLE),
        torch.tensor(TABLE, dtype=torch.bfloat16),
        torch.tensor(TABLE.T.copy()).t(),
        torch.tensor(TABLE, dtype=torch.float32, requires_grad=True),
        Frame(),
        ("data", TABLE),
        [("data", TABLE)],
        (("data", TABLE),),
        {"data": TABLE},
    ],
    ids=repr,
)
def test_forms_of_data(data):
    provider = ArrayDataProvider(data, batch_size=2)
    (first, *_), (second, *_) = (batch.get_data() for batch in provider)
    assert provider.provide_data() == [("data", (2, 2))]
    assert first.dtype == "float32"
    np.testing.assert_array_equal(first.asnumpy(), TABLE[:2])
    np.testing.assert_array_equal(second.asnumpy()[:1], TABLE[2:])


def test_names_and_several_arrays():
    provider = ArrayDataProvider(
        [("left", np.zeros((4, 2))), ("right", np.ones((4, 3, 5)))],
        {"kind": np.zeros(4), "mass": np.zeros((4, 1))},
        batch_size=2,
    )
    assert provider.provide_data() == [("left", (2, 2)), ("right", (2, 3, 5))]
    assert provider.provide_label() == [("kind", (2,)), ("mass", (2, 1))]
    assert [len(batch.get_label()) for batch in provider] == [2, 2]


@pytest.mark.parametrize("label", [None, [], {}])
def test_no_labels(label):
    provider = ArrayDataProvider(np.zeros((2, 2)), label)
    assert provider.provide_label() == []
    assert [batch.get_label() for batch in provider] == [[]]


@pytest.mark.parametrize(
    "data", [np.zeros((2, 2), np.float32), torch.zeros(2, 2), array(np.zeros((2, 2)))], ids=type
)
def test_memory_of_the_caller_is_not_shared(data):
    provider = ArrayDataProvider(data)
    data[:] = 5
    ((found,),) = (batch.get_data() for batch in provider)
    assert not found.asnumpy().any()


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "label", "message"),
    [
        ([[1], [2, 3]], None, "data 'data' is a list whose rows are not all alike"),
        (None, None, "data must be an array, .* got NoneType"),
        (TABLE, "labels", r"label 'softmax_label' names 'labels', .* \(there are: data\)"),
        (TABLE, ["a", "b"], "label 'softmax_label' must hold real numbers, not <U1"),
        (TABLE, [TABLE], "label 'softmax_label' is a list of arrays: np.stack"),
        ([], None, "data has no arrays"),
        ({}, None, "data has no arrays"),
        ({"x": {1, 2}}, None, "data 'x' must be an array, got set; np.asarray"),
        ({3: TABLE}, None, "the name of a data array must be a str, got 3"),
        ([("x", TABLE), ("x", TABLE)], None, "data 'x' is given twice"),
        (("x", TABLE), ("x", TABLE), "'x' names both a data and a label array"),
        (TABLE, np.zeros(2), "label 'softmax_label' has 2 samples, but data 'data' has 3"),
        ([("x", TABLE), ("y", TABLE[:1])], None, "data 'y' has 1 samples, but data 'x' has 3"),
        (np.float64(3), None, r"data 'data' has no samples: its shape is \(\)"),
        (np.zeros((0, 4)), None, r"data 'data' has no samples: its shape is \(0, 4\)"),
        (TABLE, np.array(["a", "b", "c"]), "label 'softmax_label' must hold real numbers, not <U1"),
        (TABLE.astype(complex), None, "data 'data' must hold real numbers, not complex128"),
        (
            torch.zeros(3, dtype=torch.complex64),
            None,
            "data 'data' must hold real numbers, not torch.complex64",
        ),
        (
            np.array([[1], [2, 3]], dtype=object),
            None,
            "data 'data' must hold real numbers, not object",
        ),
    ],
)
def test_wrong_data_is_named(data, label, message):
    with pytest.raises(DataError, match=f"ArrayDataProvider: {message}"):
        ArrayDataProvider(data, label)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"batch_size": 4}, "batch_size must be >= 0 and <= 3, got 4"),
        ({"batch_size": -1}, "batch_size must be >= 0 and <= 3, got -1"),
        ({"batch_size": 2.0}, "batch_size must be int, got 2.0"),
        ({"batch_size": True}, "batch_size must be int, got True"),
        ({"last_batch": "padd"}, "last_batch must be one of pad, .*did you mean 'pad'"),
        ({"seed": -1}, "seed must be >= 0 and <= 18446744073709551615, got -1"),
        ({"shuffle": "yes"}, "shuffle must be bool, got 'yes'"),
        ({"data_padding": None}, "data_padding must be float, got None"),
        ({"label_padding": "0"}, "label_padding must be float, got '0'"),
    ],
)
def test_wrong_parameters_are_named(option, message):
    with pytest.raises(ParameterError, match=f"ArrayDataProvider: {message}"):
        ArrayDataProvider(TABLE, **option)
