"""Several processes train one model without waiting for each other: dist_async."""

from collections.abc import Iterator

import numpy as np
import pytest
from distributed import worker
from distributed.launching import Launch
from training_helpers import class_data, class_model

import symnet as mx
from symnet.storage.training_state import read_snapshot

TOGETHER = ("store", "slow_rank_1", "slow_rank_0", "going_on", "stopping", "failing")
EPOCHS = 3
STEPS = worker.STEPS * 24 // 12 // 2  # of each rank in an epoch


@pytest.fixture(scope="module")
def launches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Launch]]:
    made = {
        name: Launch(tmp_path_factory.mktemp(name), 2, scenarios, worker="async_worker.py")
        for name, scenarios in {
            "together": TOGETHER,
            "failing_first": ("failing_first",),
            "killed": ("killed",),
            "hanging": ("hanging",),
        }.items()
    }
    try:
        yield {name: launch.wait() for name, launch in made.items()}
    finally:
        for launch in made.values():
            launch.end()


@pytest.mark.parametrize("scenario", ["slow_rank_1", "slow_rank_0"])
def test_a_slow_rank_holds_nobody_and_all_updates_count(
    launches: dict[str, Launch], scenario: str
) -> None:
    """The slow rank goes on only when the other has done all its epochs."""
    first, second = launches["together"].found(scenario)
    assert first["iterations"] == second["iterations"] == EPOCHS * STEPS
    assert first["updates"] == 2 * EPOCHS * STEPS, "the updates of both ranks, on rank 0"
    assert second["updates"] == 0
    assert first["weights"] == second["weights"], "in the end all have the same weights"
    assert len(first["accuracy"]) == len(second["accuracy"]) == EPOCHS
    assert max(first["accuracy"][-1], second["accuracy"][-1]) > 0.6, "it learns"
    assert first["accuracy"] != second["accuracy"], "each rank measures its own samples"


def test_a_checkpoint_has_weights_and_states_of_one_moment(launches: dict[str, Launch]) -> None:
    launch = launches["together"]
    launch.found("slow_rank_1")
    snapshots = [read_snapshot(launch.folder / "async", epoch) for epoch in range(1, EPOCHS + 1)]
    assert [each.numbers["iterations"] for each in snapshots] == [
        epoch * STEPS for epoch in range(1, EPOCHS + 1)
    ]
    first, second = launch.found("going_on")
    assert len(first["accuracy"]) == EPOCHS + 2
    assert first["updates"] == 2 * 2 * STEPS
    assert first["weights"] == second["weights"]


def test_a_stop_on_one_rank_stops_the_others(launches: dict[str, Launch]) -> None:
    first, second = launches["together"].found("stopping")
    assert first["stopped"] == "rank 1: enough"
    assert second["stopped"] == "enough"
    assert first["weights"] == second["weights"]


def test_the_store_takes_what_comes(launches: dict[str, Launch]) -> None:
    pushed = [20 * 2 * 1, 40 * 2 * 2]
    for rank, found in enumerate(launches["together"].found("store")):
        assert found["place"] == [rank, 2, "dist_async"]
        assert 5 + pushed[rank] <= found["own"] <= 5 + sum(pushed)
        assert found["all"] == 5 + sum(pushed)
        assert found["other"] == 2


@pytest.mark.parametrize(
    ("launch", "scenario", "failed"),
    [("together", "failing", 1), ("failing_first", "failing_first", 0)],
)
def test_an_error_on_one_rank_is_told_on_the_other(
    launches: dict[str, Launch], launch: str, scenario: str, failed: int
) -> None:
    found = launches[launch].found(scenario)
    assert found[failed] == {"kind": "DataError", "text": "record 17 is damaged"}
    assert found[1 - failed]["kind"] == "DistributedError"
    assert f"rank {failed} failed: DataError: record 17 is damaged" in found[1 - failed]["text"]


def test_a_killed_rank_is_named(launches: dict[str, Launch]) -> None:
    (first,) = launches["killed"].found("killed")
    assert first["kind"] == "DistributedError"
    assert "rank 1 gave no sign of life" in first["text"]


def test_a_rank_that_hangs_is_named_at_the_end(launches: dict[str, Launch]) -> None:
    for found in launches["hanging"].found("hanging"):
        assert found["kind"] == "DistributedError"
        assert "rank 1 has pushed nothing for 2 s" in found["text"]


@pytest.mark.parametrize("name", ["dist_async", "dist_device_async", mx.KVStore("dist_async")])
def test_alone_it_trains_as_local_does(name: object) -> None:
    models = [class_model(), class_model()]
    for model, kvstore in zip(models, ("local", name), strict=True):
        model.fit(mx.SGD(lr=0.5), class_data(), kvstore=kvstore, n_epoch=2, verbose=0)
    for key, array in (models[0].arg_params or {}).items():
        np.testing.assert_array_equal((models[1].arg_params or {})[key].asnumpy(), array.asnumpy())


def test_the_store_wants_an_updater() -> None:
    store = mx.KVStore("dist_async")
    store.init(1, mx.ones(2))
    with pytest.raises(mx.ArgumentError, match="on every rank, call set_optimizer or set_updater"):
        store.push(1, mx.ones(2))
