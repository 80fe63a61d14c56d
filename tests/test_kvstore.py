"""Key-value stores: docs/semantics §8 and its numbers, held against NumPy."""

import logging
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_helpers import assert_same, class_data, class_model, parameters

import symnet as mx
from symnet.training.kvstore import StoreChoice, check_kvstore, choose_kvstore

TYPES = ["local", "local_update_cpu", "local_allreduce_cpu", "device", "local_allreduce_device"]
FOUR = [mx.cpu(number) for number in range(4)]
SHAPE = (4, 4)

every_type = pytest.mark.parametrize("kv_type", TYPES)


def store_of(*keys: int, kv_type: str = "local", shape: tuple[int, ...] = SHAPE) -> Any:
    """A store whose keys have the value 0."""
    store = mx.KVStore(kv_type)
    store.init(list(keys), [mx.zeros(shape) for _ in keys])
    return store


def value(store: Any, key: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    out = mx.empty(shape)
    store.pull(key, out)
    return out.asnumpy()


def add(key: int, received: mx.NDArray, stored: mx.NDArray) -> None:
    stored += received


# -- what is documented ----------------------------------------------------------------------------


def test_the_example_of_the_documents() -> None:
    kv, shape, key = mx.KVStore("local"), (2, 3), 3
    mx.init(kv, key, mx.ones(shape) * 2)
    a = mx.empty(shape)
    mx.pull(kv, key, a)
    np.testing.assert_array_equal(mx.copy(a), np.full(shape, 2, np.float32))


@every_type
def test_arrays_of_four_devices_are_summed(kv_type: str) -> None:
    store = store_of(3, kv_type=kv_type)
    store.push(3, [mx.ones(SHAPE, device) for device in FOUR])
    outs = [mx.empty(SHAPE, device) for device in FOUR]
    store.pull(3, outs)
    for device, out in zip(FOUR, outs, strict=True):
        assert out.context == device
        np.testing.assert_array_equal(out.asnumpy(), np.full(SHAPE, 4, np.float32))


@every_type
def test_an_updater_works_pushes_into_the_value(kv_type: str) -> None:
    store = store_of(3, 5, kv_type=kv_type)
    store.set_updater(add)
    for _ in range(4):
        store.push([3, 5], [[mx.ones(SHAPE, device) for device in FOUR]] * 2)
    for key in (3, 5):
        np.testing.assert_array_equal(value(store, key), np.full(SHAPE, 16, np.float32))


def test_without_an_updater_a_push_replaces_the_value() -> None:
    store = store_of(1)
    store.push(1, mx.ones(SHAPE) * 7)
    store.push(1, [mx.ones(SHAPE), mx.ones(SHAPE)])
    np.testing.assert_array_equal(value(store, 1), np.full(SHAPE, 2, np.float32))


def test_an_optimizer_updates_the_weights() -> None:
    """The numbers of docs/semantics §6.3."""
    store = mx.KVStore("local")
    mx.init(store, 0, mx.array([1.0, -2.0]))
    optimizer = mx.SGD(lr=0.1, momentum=0.9, grad_clip=2, weight_decay=0.01)
    mx.set_optimizer(store, optimizer)
    with pytest.raises(mx.MXError, match="does not know the batch size yet"):
        mx.push(store, 0, mx.array([10.0, -40.0]))
    optimizer.state = mx.OptimizationState(10)
    for gradient, expected in (
        ([10, -40], [0.899, -1.798]),
        ([5, 5], [0.757201, -1.664402]),
    ):
        # Two devices, each with half of the gradient.
        halves = [mx.array(np.float32(gradient) / 2, mx.cpu(number)) for number in (0, 1)]
        mx.push(store, 0, halves)
        np.testing.assert_allclose(value(store, 0, (2,)), expected, rtol=1e-6)


class Type(NamedTuple):
    """A name, the type that it stands for, and where arrays of CPU2 are summed."""

    name: str
    kv_type: str
    place: mx.Context


@pytest.mark.parametrize(
    "row",
    [
        Type("local", "local", mx.cpu()),
        Type("Local_Update_CPU", "local_update_cpu", mx.cpu()),
        Type("local_allreduce_cpu", "local_allreduce_cpu", mx.cpu()),
        Type("device", "local_allreduce_device", mx.cpu(2)),
        Type("local_allreduce_device", "local_allreduce_device", mx.cpu(2)),
    ],
    ids=lambda row: row.name,
)
def test_types(row: Type) -> None:
    store = mx.KVStore(row.name)
    assert isinstance(store, mx.AbstractKVStore)
    assert (store.type, store.get_type(), mx.get_type(store)) == (row.kv_type,) * 3
    assert (store.rank, store.get_rank(), mx.get_rank(store)) == (0, 0, 0)
    assert (store.num_workers, store.get_num_workers(), mx.get_num_workers(store)) == (1, 1, 1)
    mx.barrier(store)
    places = []
    mx.set_updater(store, lambda _, received, stored: places.extend([received, stored]))
    store.init(0, mx.zeros(2))
    store.push(0, [mx.ones(2, mx.cpu(2)), mx.ones(2, mx.cpu(3))])
    assert [array.context for array in places] == [row.place, row.place]
    assert repr(store) == f"KVStore({row.kv_type!r}, 1 keys)"


# -- keys and values -------------------------------------------------------------------------------


@every_type
def test_arrays_are_copied_in_and_out(kv_type: str) -> None:
    store, array = mx.KVStore(kv_type), mx.ones(2)
    store.init(0, array)
    array[:] = 5
    assert value(store, 0, (2,)).tolist() == [1, 1]
    store.push(0, array)
    array[:] = 6
    assert value(store, 0, (2,)).tolist() == [5, 5]
    store.pull(0, array)
    array[:] = 7
    assert value(store, 0, (2,)).tolist() == [5, 5]
    pushed = [mx.ones(2), mx.ones(2)]
    store.push(0, pushed)
    assert [each.asnumpy().tolist() for each in pushed] == [[1, 1], [1, 1]]


def test_a_key_that_is_repeated() -> None:
    store = store_of(1, 2)
    store.push([1, 2, 1], [mx.ones(SHAPE), mx.ones(SHAPE) * 5, mx.ones(SHAPE) * 2])
    first, second = mx.empty(SHAPE), mx.empty(SHAPE)
    other = mx.empty(SHAPE)
    store.pull([1, 2, 1], [first, other, second], priority=-1)
    assert {array.asnumpy().mean() for array in (first, second)} == {3}
    assert other.asnumpy().mean() == 5


def test_keys_of_any_whole_number() -> None:
    store = store_of(-3, np.int64(10**12), shape=(1,))
    store.push(range(-3, -2), [mx.ones(1)])
    assert value(store, -3, (1,)) == 1


ARRAYS = st.lists(st.integers(-8, 8), min_size=1, max_size=3)
PUSHES = st.lists(st.lists(st.tuples(st.integers(0, 2), ARRAYS), min_size=1, max_size=3))


@given(pushes=PUSHES, kv_type=st.sampled_from(TYPES), updating=st.booleans())
def test_any_pushes_equal_those_of_a_dict(
    pushes: list[list[tuple[int, list[int]]]], kv_type: str, updating: bool
) -> None:
    store, expected = store_of(0, 1, 2, kv_type=kv_type, shape=(2,)), [0, 0, 0]
    if updating:
        store.set_updater(add)
    for push in pushes:
        keys = [key for key, _ in push]
        numbered = [[*enumerate(numbers)] for _, numbers in push]
        store.push(keys, [[mx.full(2, n, FOUR[i]) for i, n in each] for each in numbered])
        for key in set(keys):
            total = sum(sum(numbers) for own, numbers in push if own == key)
            expected[key] = expected[key] * updating + total
    assert [value(store, key, (2,)).tolist() for key in range(3)] == [[n, n] for n in expected]


# -- mistakes --------------------------------------------------------------------------------------


class Mistake(NamedTuple):
    """A call of a store whose keys 1 and 2 hold zeros of shape (2,), and what it should say."""

    call: str
    arguments: tuple[Any, ...]
    error: type[Exception]
    words: str


def two() -> mx.NDArray:
    return mx.ones(2)


MISTAKES = [
    Mistake("init", (1, two()), mx.ArgumentError, "duplicate init of key 1: a key is given one"),
    Mistake("init", ([7, 1], [two(), two()]), mx.ArgumentError, "duplicate init of key 1"),
    Mistake("init", ([7, 7], [two(), two()]), mx.ArgumentError, "duplicate init of key 7"),
    Mistake("init", (7, [two(), two()]), mx.ArgumentError, "duplicate init of key 7"),
    Mistake(
        "push",
        (7, two()),
        mx.ArgumentError,
        r"push: key 7 has no value yet; init\(key, value\).*\(keys with a value: 1, 2\)",
    ),
    Mistake("pull", ([1, 7], [two(), two()]), mx.ArgumentError, "pull: key 7 has no value yet"),
    Mistake("push", ([1, 2], [two()]), mx.ArgumentError, "push: 2 keys, but 1 values; give a list"),
    Mistake("push", ([1, 2], two()), mx.ArgumentError, "push: 2 keys, but one NDArray values"),
    Mistake("push", (1, []), mx.ArgumentError, "key 1 takes an NDArray or a list of them"),
    Mistake("push", (1, np.ones(2)), mx.ArgumentError, r"takes an NDArray.*mx\.array makes one"),
    Mistake("push", (1, [two(), 3]), mx.ArgumentError, "key 1 takes an NDArray"),
    Mistake("push", ("1", two()), mx.ArgumentError, "a key is a whole number.*got '1'"),
    Mistake("push", (1.0, two()), mx.ArgumentError, r"a key is a whole number.*got 1\.0"),
    Mistake(
        "push",
        ([2, 1], [two(), [two(), mx.ones(3)]]),
        mx.ShapeError,
        r"push: key 1 has a value of shape \(2,\), got an array of shape \(3,\)",
    ),
    Mistake("pull", (1, mx.ones((2, 1))), mx.ShapeError, r"pull: key 1.*shape \(2, 1\)"),
    Mistake(
        "push",
        ([2, 1], [two(), mx.ones(2, dtype="float64")]),
        mx.DTypeError,
        r"push: key 1 has a value of float32, got an array of float64; .*astype\('float32'\)",
    ),
    Mistake(
        "pull",
        ([2, 1], [two(), mx.NDArray.wrap(two().torch, mx.cpu(), writable=False)]),
        mx.ReadOnlyError,
        "pull: an array for key 1 may only be read",
    ),
    Mistake("set_updater", (3,), mx.ArgumentError, r"a function of \(key, sum, value\), got 3"),
    Mistake("set_optimizer", ("sgd",), mx.ArgumentError, r"as mx\.SGD\(lr=0\.1\), got 'sgd'"),
]


@every_type
@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: f"{row.call}: {row.words[:30]}")
def test_a_mistake_changes_nothing(row: Mistake, kv_type: str) -> None:
    store = store_of(1, 2, kv_type=kv_type, shape=(2,))
    with pytest.raises(row.error, match=row.words):
        getattr(store, row.call)(*row.arguments)
    with pytest.raises(row.error, match=row.words):
        getattr(mx, row.call)(store, *row.arguments)
    assert [value(store, key, (2,)).tolist() for key in (1, 2)] == [[0, 0], [0, 0]]
    store.init(7, two())
    store.push(1, two())
    assert value(store, 1, (2,)).tolist() == [1, 1]
    if row.call == "pull":
        first = row.arguments[1]
        first = first[0] if isinstance(first, list) else first
        assert first.asnumpy().all()  # still ones


@pytest.mark.parametrize(
    ("kv_type", "words"),
    [
        ("lokal", r"kvstore: unknown type 'lokal'; did you mean 'local'\? \(there are: local, "),
        ("", "kvstore: unknown type ''"),
        (3, "kvstore: unknown type 3"),
    ],
)
def test_an_unknown_type(kv_type: Any, words: str) -> None:
    with pytest.raises(mx.ParameterError, match=words):
        mx.KVStore(kv_type)


def test_init_of_something_else() -> None:
    with pytest.raises(mx.ArgumentError, match=r"init\(store, key, value\).*got NDArray"):
        mx.init(two(), 1, two())  # type: ignore[call-overload]
    array = mx.empty(2)
    mx.init(mx.UniformInitializer(), "fc_bias", array)
    assert array.asnumpy().tolist() == [0, 0]


# -- in a training ---------------------------------------------------------------------------------


class Choice(NamedTuple):
    """What is said to `fit`, and the store that follows."""

    store: Any
    devices: int
    largest: int
    kv_type: str | None
    lines: list[str]


CREATING, INITIALIZING = "Creating KVStore...", "Initializing KVStore..."
AUTO = "Auto-select kvstore type = "
CHOICES = [
    Choice("local", 1, 100, None, []),
    Choice("device", 1, 100, None, []),
    Choice(
        "local",
        2,
        16 * 1024**2 - 1,
        "local_update_cpu",
        [CREATING, f"{AUTO}local_update_cpu", INITIALIZING],
    ),
    Choice(
        "local",
        2,
        16 * 1024**2,
        "local_allreduce_cpu",
        [CREATING, f"{AUTO}local_allreduce_cpu", INITIALIZING],
    ),
    Choice("local_update_cpu", 3, 16 * 1024**2, "local_update_cpu", [CREATING, INITIALIZING]),
    Choice("device", 2, 1, "local_allreduce_device", [CREATING, INITIALIZING]),
    Choice(mx.KVStore("local"), 1, 1, None, []),
    Choice(mx.KVStore("local"), 2, 1, "local", [INITIALIZING]),
    Choice("dist_sync", 1, 1, "dist_sync", [CREATING, INITIALIZING]),
]


@pytest.mark.parametrize("row", CHOICES, ids=lambda row: f"{row.store}-{row.devices}-{row.largest}")
def test_the_store_of_a_training(row: Choice) -> None:
    check_kvstore(row.store)
    found = choose_kvstore(row.store, row.devices, row.largest)
    assert found == StoreChoice(row.kv_type, tuple(row.lines))
    assert found.is_distributed == (row.kv_type == "dist_sync")


def test_what_no_training_can_use() -> None:
    with pytest.raises(mx.ParameterError, match="unknown type 'remote'"):
        choose_kvstore("remote", 2, 1)
    words = r"as 'local', or a store that mx\.KVStore made"
    with pytest.raises(mx.ArgumentError, match=words):
        choose_kvstore(None, 2, 1)  # type: ignore[arg-type]
    model = class_model()
    before = parameters(model)
    with pytest.raises(mx.ParameterError, match="unknown type 'locl'; did you mean 'local'"):
        model.fit(mx.SGD(), class_data(), kvstore="locl")
    with pytest.raises(mx.ArgumentError, match=words):
        model.fit(mx.SGD(), class_data(), kvstore=mx.KVStore)
    assert_same(model, before)


@pytest.mark.parametrize("contexts", [1, 2])
@pytest.mark.parametrize("give", ["updater", "optimizer"])
def test_a_store_that_updates_is_refused_in_a_training(contexts: int, give: str) -> None:
    store, model = mx.KVStore("local"), class_model(*map(mx.cpu, range(contexts)))
    model.fit(mx.SGD(), class_data(), n_epoch=1, kvstore=store, verbose=0)
    if give == "updater":
        store.set_updater(lambda key, received, stored: None)
    else:
        store.set_optimizer(mx.SGD())
    words = r"KVStore\('local', 0 keys\) has an updater .*; name its type, kvstore='local'"
    with pytest.raises(mx.ArgumentError, match=words):
        model.fit(mx.SGD(), class_data(), n_epoch=1, kvstore=store)


def test_the_log_lines_of_two_devices(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    class_model(mx.cpu(0), mx.cpu(1)).fit(mx.SGD(), class_data(), n_epoch=0)
    assert caplog.messages == [
        "Start training on [CPU0,CPU1]",
        "Initializing parameters...",
        "Creating KVStore...",
        "Auto-select kvstore type = local_update_cpu",
        "Initializing KVStore...",
        "Start training...",
    ]


@pytest.mark.parametrize("kv_type", ["local_allreduce_cpu", "device", mx.KVStore("device")])
def test_every_store_trains_alike(kv_type: Any) -> None:
    found, expected = class_model(mx.cpu(0), mx.cpu(1)), class_model()
    for _ in range(2):  # the keys of a store that is given stay free
        found.fit(mx.SGD(lr=0.3), class_data(), n_epoch=2, kvstore=kv_type)
        expected.fit(mx.SGD(lr=0.3), class_data(), n_epoch=2)
    assert_same(found, parameters(expected), rtol=1e-5, atol=1e-6)
