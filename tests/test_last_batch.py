"""The division of samples into batches: every policy, and what passes hand on to the next."""

import json
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.core.errors import DataError, ParameterError
from symnet.data import ArrayDataProvider, MNISTIter, write_idx
from symnet.data._last_batch import Batching, last_batch_policy
from symnet.data._shuffling import Shuffling

sizes = st.integers(1, 30).flatmap(lambda samples: st.tuples(st.just(samples), st.integers(1, 35)))
filled = st.integers(1, 30).flatmap(
    lambda samples: st.tuples(st.just(samples), st.integers(1, samples))
)


def batches(batching: Batching, order: np.ndarray | None = None) -> list[tuple[list[int], int]]:
    return [(rows.tolist(), count) for rows, count in batching.rows(order)]


def orders(shuffle: bool, samples: int, passes: int) -> list[np.ndarray | None]:
    random = np.random.default_rng(samples)
    return [random.permutation(samples) if shuffle else None for _ in range(passes)]


@given(sizes, st.sampled_from(["pad", "keep"]), st.booleans())
def test_pad_and_keep_see_every_sample_once(size, policy, shuffle):
    samples, batch_size = size
    batching = Batching(samples, batch_size, policy, owner="Test")
    for order in orders(shuffle, samples, 3):
        found = batches(batching, order)
        seen = [row for rows, count in found for row in rows[:count]]
        assert seen == (list(range(samples)) if order is None else order.tolist())
        assert all(len(rows) == batch_size == count for rows, count in found[:-1])
        rows, count = found[-1]
        assert len(rows) == (batch_size if policy == "pad" else count)
        assert set(rows[count:]) <= {rows[count - 1]}


@given(filled, st.booleans())
def test_discard_sees_whole_batches(size, shuffle):
    samples, batch_size = size
    batching = Batching(samples, batch_size, "discard", owner="Test")
    for order in orders(shuffle, samples, 3):
        expected = np.arange(samples) if order is None else order
        expected = expected[: samples // batch_size * batch_size].reshape(-1, batch_size)
        assert batches(batching, order) == [(row.tolist(), batch_size) for row in expected]


@given(filled)
def test_roll_over_goes_round_the_samples(size):
    samples, batch_size = size
    batching = Batching(samples, batch_size, "roll_over", owner="Test")
    seen = []
    for _ in range(6):
        found = batches(batching)
        assert all(len(rows) == batch_size for rows, _ in found)
        assert all(count == batch_size for _, count in found[:-1])
        seen += [row for rows, _ in found for row in rows]
        # The rows that count end with the last sample, in every pass.
        assert found[-1][0][found[-1][1] - 1] == samples - 1
    assert seen == [place % samples for place in range(len(seen))]


@given(filled)
def test_roll_over_loses_none_when_shuffled(size):
    samples, batch_size = size
    batching = Batching(samples, batch_size, "roll_over", owner="Test")
    uses = np.zeros(samples, int)
    borrowed: list[int] = []
    for number, order in enumerate(orders(True, samples, 6), 1):
        found = batches(batching, order)
        real = [row for rows, count in found for row in rows[:count]]
        assert sorted(real + borrowed) == list(range(samples))
        np.add.at(uses, [row for rows, _ in found for row in rows], 1)
        borrowed = [row for rows, count in found for row in rows[count:]]
        np.testing.assert_array_equal(uses - np.isin(np.arange(samples), borrowed), number)


def test_the_trace_of_mxnet():
    batching = Batching(10, 4, "roll_over", owner="Test")
    first = [([0, 1, 2, 3], 4), ([4, 5, 6, 7], 4), ([8, 9, 0, 1], 2)]
    second = [([2, 3, 4, 5], 4), ([6, 7, 8, 9], 4)]
    assert [batches(batching) for _ in range(4)] == [first, second, first, second]


def test_a_pass_given_up_has_borrowed_nothing():
    batching = Batching(10, 4, "roll_over", owner="Test")
    list(islice(batching.rows(), 2))
    assert batches(batching)[0] == ([0, 1, 2, 3], 4)
    list(islice(batching.rows(), 1))
    assert batching.state() == {}
    assert batches(batching)[0] == ([0, 1, 2, 3], 4)


@given(filled, st.integers(0, 4))
def test_a_restored_state_goes_on(size, passes):
    samples, batch_size = size
    first, second = (Batching(samples, batch_size, "roll_over", owner="Test") for _ in range(2))
    for _ in range(passes):
        batches(first)
    second.restore(json.loads(json.dumps(first.state())))
    assert [batches(first) for _ in range(3)] == [batches(second) for _ in range(3)]


@pytest.mark.parametrize("borrowed", [[4], [-1], [0, 0], [0, 1, 2], "0", [0.0], [True]])
def test_a_state_of_other_data_is_refused(borrowed):
    batching = Batching(4, 3, "roll_over", owner="Test")
    batches(batching)
    before = batching.state()
    with pytest.raises(DataError, match="Test: this is no position in 4 samples in batches of 3"):
        batching.restore({"borrowed": borrowed})
    assert batching.state() == before


def test_only_roll_over_borrows():
    with pytest.raises(DataError, match="last_batch='pad': borrowed=\\[0\\]"):
        Batching(4, 3, "pad", owner="Test").restore({"borrowed": [0]})


def test_too_few_samples_to_discard_the_rest():
    with pytest.raises(
        DataError, match="Test: 2 samples do not fill one batch of 3, as last_batch='discard'"
    ):
        Batching(2, 3, "discard", owner="Test")


FEWER = {"pad": [0, 1, 2, 2, 2, 2, 2], "keep": [0, 1, 2], "roll_over": [0, 1, 2, 0, 1, 2, 0]}
"""What a batch of seven rows holds of three samples."""


@pytest.mark.parametrize("policy", FEWER)
def test_fewer_samples_than_a_batch_make_one_in_every_pass(policy):
    batching = Batching(3, 7, policy, owner="Test")
    for _ in range(3):
        assert batches(batching) == [(FEWER[policy], 3)]
        assert batching.state() == {}
    with pytest.raises(DataError, match="no position in 3 samples in batches of 7"):
        batching.restore({"borrowed": [0]})


def test_policies_of_parameters():
    assert last_batch_policy("Test", None, "roll_over") == "roll_over"
    assert last_batch_policy("Test", None, "roll_over", round_batch=False) == "pad"
    assert last_batch_policy("Test", "keep", "roll_over") == "keep"
    assert last_batch_policy("Test", "keep", "roll_over", round_batch=False) == "keep"
    with pytest.raises(
        ParameterError, match="round_batch=False contradicts last_batch='roll_over'"
    ):
        last_batch_policy("Test", "roll_over", "pad", round_batch=False)
    with pytest.raises(ParameterError, match="got 'rollover'; did you mean 'roll_over'"):
        last_batch_policy("Test", "rollover", "pad")
    with pytest.raises(ParameterError, match="round_batch must be bool, got 2"):
        last_batch_policy("Test", None, "pad", round_batch=2)


# -- the orders of shuffled passes -----------------------------------------------------------------


def test_a_state_without_a_seed_settles_the_order() -> None:
    """As processes that train together need it: each would draw an order of its own."""
    first, second = Shuffling(50, True, None, owner="Test"), Shuffling(50, True, None, owner="Test")
    second.restore(first.state())
    np.testing.assert_array_equal(first.order(), second.order())


def test_orders_go_on_where_they_were():
    first, second = Shuffling(50, True, None, owner="Test"), Shuffling(50, True, 9, owner="Test")
    first.order()
    second.restore(json.loads(json.dumps(first.state())))
    for _ in range(3):
        np.testing.assert_array_equal(first.order(), second.order())


@pytest.mark.parametrize("state", [{"pass": -1}, {"pass": 1.5}, {"seed": "a", "pass": 0}])
def test_wrong_states_of_orders(state):
    with pytest.raises(DataError, match="Test: this is no position with shuffle=True"):
        Shuffling(5, True, 1, owner="Test").restore(state)


# -- providers -------------------------------------------------------------------------------------


def labels_of(provider) -> list[tuple[list[int], int]]:
    return [(b.get_label()[0].asnumpy().astype(int).tolist(), b.count) for b in provider]


def of_arrays(folder, samples, **options):
    return ArrayDataProvider(
        np.zeros((samples, 2)), np.arange(samples), label_padding=-1, **options
    )


def of_mnist(folder, samples, **options):
    write_idx(folder / "images", np.zeros((samples, 2, 2), int))
    write_idx(folder / "labels", np.arange(samples))
    options = {"shuffle": False, "silent": True, **options}
    return MNISTIter(image=folder / "images", label=folder / "labels", **options)


POLICIES = {
    "keep": [[([0, 1, 2], 3), ([3, 4], 2)]] * 2,
    "discard": [[([0, 1, 2], 3)]] * 2,
    "roll_over": [[([0, 1, 2], 3), ([3, 4, 0], 2)], [([1, 2, 3], 3), ([4, 0, 1], 1)]],
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("make", [of_arrays, of_mnist])
def test_policies_of_providers(tmp_path, make, policy):
    provider = make(tmp_path, 5, batch_size=3, last_batch=policy)
    assert provider.get_batch_size() == 3
    assert [labels_of(provider) for _ in range(2)] == POLICIES[policy]


def test_paddings(tmp_path):
    expected = [([0, 1, 2], 3), ([3, 4, -1], 2)]
    assert labels_of(of_arrays(tmp_path, 5, batch_size=3)) == expected
    assert labels_of(of_arrays(tmp_path, 5, batch_size=3, last_batch="pad")) == expected
    expected = [([0, 1, 2], 3), ([3, 4, 4], 2)]
    assert labels_of(of_mnist(tmp_path, 5, batch_size=3, last_batch="pad")) == expected
    assert labels_of(of_mnist(tmp_path, 2, batch_size=3, last_batch="keep")) == [([0, 1], 2)]


@pytest.mark.parametrize("policy", ["pad", "roll_over"])
@pytest.mark.parametrize("make", [of_arrays, of_mnist])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("passes", [0, 1, 3])
def test_a_provider_goes_on_from_a_position(tmp_path, make, policy, shuffle, passes):
    options = {"batch_size": 4, "last_batch": policy, "shuffle": shuffle}
    first = make(tmp_path, 10, seed=2, **options)
    for _ in range(passes):
        labels_of(first)
    position = json.loads(json.dumps(first.position()))
    second = make(tmp_path, 10, seed=2, **options)
    labels_of(second)
    second.seek(position)
    assert [labels_of(second) for _ in range(3)] == [labels_of(first) for _ in range(3)]


def test_a_position_brings_the_seed_along(tmp_path):
    first, second = (of_arrays(tmp_path, 10, shuffle=True) for _ in range(2))
    labels_of(first)
    second.seek(first.position())
    assert labels_of(second) == labels_of(first)


def test_a_wrong_position_changes_nothing(tmp_path):
    provider = of_arrays(tmp_path, 10, batch_size=4, shuffle=True, seed=1, last_batch="roll_over")
    labels_of(provider)
    before = provider.position()
    assert before["pass"] == 1
    assert len(before["borrowed"]) == 2
    for wrong in ({"rows": 3}, {"pass": -1}, {"pass": 0, "borrowed": [10]}):
        with pytest.raises(DataError, match="ArrayDataProvider: this is no position"):
            provider.seek(wrong)
        assert provider.position() == before
    with pytest.raises(DataError, match="no position with shuffle=False"):
        of_arrays(tmp_path, 10).seek({"seed": 1, "pass": 2})
    with pytest.raises(DataError, match="MNISTIter: this is no position"):
        of_mnist(tmp_path, 10, batch_size=5).seek(before)
