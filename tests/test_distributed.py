"""Several processes train as one does, and end together where one of them fails."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from distributed import worker
from distributed.launching import Launch

import symnet as mx

TOGETHER = (
    *(
        "store",
        "weights",
        "overlap",
        "uneven",
        "stopping",
        "differing",
        "poisoned",
        "continued",
        "averaged",
    ),
    "broken",  # last: nothing can be exchanged after it
)


@pytest.fixture(scope="module")
def launches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Launch]]:
    made = {
        name: Launch(tmp_path_factory.mktemp(name), size, scenarios, torchrun=torchrun)
        for name, size, scenarios, torchrun in (
            ("two", 2, TOGETHER, False),
            ("four", 4, ("weights", "killed"), False),
            ("restarted", 2, ("restarted",), True),
            ("first", 2, ("broken_first",), False),
            ("slow", 2, ("slow",), False),
        )
    }
    try:
        yield {name: launch.wait() for name, launch in made.items()}
    finally:
        for launch in made.values():
            launch.end()


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    """The same training in one process: rank 0's seed, and the batch of all ranks together."""
    return worker.train(worker.model(0), worker.GLOBAL_BATCH)


def assert_same_weights(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, weights in expected["weights"].items():
        np.testing.assert_allclose(
            found["weights"][name], weights, rtol=1e-5, atol=1e-5, err_msg=name
        )


# -- equal to one process --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["two", "four"])
def test_twenty_steps_give_the_weights_of_one_process(
    launches: dict[str, Launch], alone: dict[str, Any], name: str
) -> None:
    ranks = launches[name].found("weights")
    assert len(ranks) == launches[name].size
    assert alone["iterations"] == 20
    for found in ranks:
        assert_same_weights(found, alone)
        assert found["weights"] == ranks[0]["weights"], "all ranks must hold the very same bits"
        assert found["history"] == ranks[0]["history"]
        assert found["iterations"] == 20
    for metric in ("accuracy", "ACE"):
        mine, theirs = ranks[0]["history"][0][metric], alone["history"][0][metric]
        assert mine == pytest.approx(theirs, rel=1e-5)


def test_averages_are_those_of_all_ranks(launches: dict[str, Launch]) -> None:
    """An exponential moving average of weights, and of each rank's states: their mean at last."""
    ranks = launches["two"].found("averaged")
    expected = []
    for found in ranks:
        averages: dict[str, np.ndarray] = {}
        for count, after in enumerate(found["after"], start=1):
            decay = min(0.8, (1 + count) / (10 + count)) if count > 1 else 0.0
            for name, values in after.items():
                before = averages.get(name, np.zeros(len(values)))
                averages[name] = decay * before + (1 - decay) * np.array(values)
        expected.append(averages)
    assert len(ranks[0]["after"]) == 20
    moving = [each["bn_moving_mean"] for each in expected]
    assert not np.allclose(*moving, rtol=1e-3), "each rank has states of its own"
    for name in expected[0]:
        mean = np.mean([each[name] for each in expected], axis=0)
        for found in ranks:
            np.testing.assert_allclose(found["averages"][name], mean, rtol=1e-4, atol=1e-6)


def test_buckets_are_sent_during_backward_and_change_nothing(launches: dict[str, Launch]) -> None:
    whole, parts = launches["two"].found("weights"), launches["two"].found("overlap")
    assert_same_weights(parts[0], whole[0])
    first, *later = parts[0]["sent_early"]
    assert first == 0
    assert set(later) == {7}, "1688 float32 of parameters lie in seven buckets of 1024 bytes"


def test_every_sample_counts_where_the_last_step_is_for_some_ranks_only(
    launches: dict[str, Launch],
) -> None:
    first, second = launches["two"].found("uneven")
    assert first["weights"] == second["weights"]
    assert first["history"] == second["history"]
    # 9 * 12 + 5 samples are batches of 12 for 9 turns and one of 5: five steps, twice.
    assert first["iterations"] == second["iterations"] == 10
    rows = 12 * 9 + 5
    made, data = worker.model(0), worker.provider(24, rows, last_batch="keep")
    alone = worker.train(made, 24, data=data, n_epoch=2)
    assert_same_weights(first, alone)
    assert first["history"][1]["accuracy"] == pytest.approx(alone["history"][1]["accuracy"])


def test_only_rank_0_logs_and_writes(launches: dict[str, Launch]) -> None:
    first, second = launches["two"].found("uneven")
    beginnings = [line[:9] for line in first["lines"]]
    assert beginnings == ["Epoch 001", "Saved che", "Epoch 002", "Saved che"]
    assert second["lines"] == []
    written = (launches["two"].folder / "log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in written] == [1, 2]


def test_a_stop_on_one_rank_stops_all_at_the_same_step(launches: dict[str, Launch]) -> None:
    first, second = launches["two"].found("stopping")
    assert first["stopped"] == second["stopped"] == "rank 1: enough"
    assert first["iterations"] == second["iterations"] == 3
    assert first["weights"] == second["weights"]


def test_the_store_sums_over_all_ranks(launches: dict[str, Launch]) -> None:
    for rank, found in enumerate(launches["two"].found("store")):
        assert found["place"] == [rank, 2, "dist_sync"]
        assert found["first"] == 5  # rank 0's value
        assert found["sum"] == 2 * (1 + 2)  # two arrays on each rank
        assert found["updated"] == 4 * 2  # four pushes of two ranks


# -- what can go wrong -----------------------------------------------------------------------------


def test_all_ranks_say_which_of_them_differs(launches: dict[str, Launch]) -> None:
    first, second = (found["texts"] for found in launches["two"].found("differing"))
    assert first == second
    assert first[0] == (
        "fit: all processes must train the same, but the batch size is 12 on rank 0, "
        "and 6 on rank 1"
    )
    assert "the network is" in first[1]
    assert '"num_hidden": "30"' in first[1]
    assert '"num_hidden": "31"' in first[1]
    assert "kvstore is dist_sync on rank 0, and dist_async on rank 1" in first[2]
    assert (
        "eval_metric is list(Accuracy(), ACE()) on rank 0, and list(mse, MAE()) on rank 1"
        in first[3]
    )


def test_an_error_on_one_rank_is_told_on_the_others(launches: dict[str, Launch]) -> None:
    first, second = launches["two"].found("broken")
    assert second == {"kind": "DataError", "text": "record 17 is damaged"}
    assert first["kind"] == "DistributedError"
    assert "rank 1 failed: DataError: record 17 is damaged" in first["text"]
    assert "fit(…, resume=prefix)" in first["text"]


def test_the_reason_of_rank_0_reaches_the_others(launches: dict[str, Launch]) -> None:
    """Also without torchrun, whose agent would keep the store that rank 0 keeps here."""
    first, second = launches["first"].found("broken_first")
    assert first == {"kind": "DataError", "text": "record 17 is damaged"}
    assert second["kind"] == "DistributedError"
    assert "rank 0 failed: DataError: record 17 is damaged" in second["text"]


def test_a_slow_rank_is_named(launches: dict[str, Launch]) -> None:
    for found in launches["slow"].found("slow"):
        assert found["kind"] == "DistributedError"
        assert "rank 1 did not come in time: alive, but at exchange" in found["text"]


def test_nan_is_told_with_rank_and_node(launches: dict[str, Launch]) -> None:
    first, second = launches["two"].found("poisoned")
    assert first["stopped"] == second["stopped"]
    assert first["stopped"].startswith("rank 1: epoch 2, batch 3, CPU0: 'data' held 96 times NaN")
    assert first["weights"] == second["weights"]


def test_five_epochs_and_five_are_ten(launches: dict[str, Launch]) -> None:
    """Each rank has its random numbers and its states of BatchNorm again."""
    first, second = launches["two"].found("continued")
    assert first == second
    assert first["parts"] == first["whole"]


def test_another_number_of_ranks_goes_on(
    launches: dict[str, Launch], caplog: pytest.LogCaptureFixture
) -> None:
    launches["two"].found("continued")
    made = mx.FeedForward(worker.restless_network())
    data = worker.provider(12, 48, shuffle=True)
    prefix = launches["two"].folder / "continued"
    found = worker.train(made, 12, data=data, n_epoch=6, resume=prefix)
    assert [row["epoch"] for row in found["history"]] == [1, 2, 3, 4, 5, 6]
    assert (
        "The training was saved by 2 processes with 24 samples in a step, and goes on with 1 and "
        "12; the learning rate stays as it is"
    ) in caplog.messages
    data = worker.provider(16, 48)
    with pytest.raises(mx.ArgumentError, match=r"cannot resume with batches of 16: .* of 24"):
        worker.train(mx.FeedForward(worker.restless_network()), 16, data=data, resume=prefix)


def test_a_killed_rank_is_named_and_the_checkpoint_is_whole(launches: dict[str, Launch]) -> None:
    launch = launches["four"]
    survivors = launch.found("killed")
    assert len(survivors) == 3
    for found in survivors:
        assert found["kind"] == "DistributedError"
        assert "rank 3 gave no sign of life" in found["text"]
    resumed = worker.model(0)
    data = worker.provider(24)
    resumed.fit(mx.SGD(momentum=0.9), data, n_epoch=1, resume=launch.folder / "killed", verbose=0)
    assert resumed.history is not None
    assert [row["epoch"] for row in resumed.history] == [1]


def test_a_restart_goes_on_from_the_last_checkpoint(launches: dict[str, Launch]) -> None:
    launch = launches["restarted"]
    first, second = launch.found("restarted")
    assert first["attempt"] == second["attempt"] == 1
    assert first["first_epoch"] == second["first_epoch"] == 3
    assert first["weights"] == second["weights"]
    data = worker.provider(24, shuffle=True, seed=1)
    # Rows are dealt in batches of 12: as one process deals batches of 24 of the same order.
    alone = worker.train(worker.model(3), 24, data=data, n_epoch=4)
    assert_same_weights(first, alone)
