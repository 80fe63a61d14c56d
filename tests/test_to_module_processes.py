"""A module of a network under DistributedDataParallel: two processes train as one does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from distributed import module_worker

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("ranks")
    paths = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}
    program = [sys.executable, str(HERE / "distributed" / "module_worker.py"), str(folder)]
    both = [
        subprocess.Popen([*program, str(rank)], env=variables, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    try:
        texts = [process.communicate(timeout=240)[1] for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0], texts
    return [torch.load(folder / f"found-{rank}.pt") for rank in range(2)]


def test_all_start_with_what_rank_0_has(ranks):
    expected = module_worker.module(module_worker.two_heads(), seed=0).state_dict()
    for found in ranks:
        torch.testing.assert_close(found["started"], dict(expected), rtol=0, atol=0)


@pytest.mark.parametrize("step", ["both", "left"])
def test_gradients_are_those_of_the_whole_batch(ranks, step):
    alone = module_worker.module(module_worker.two_heads(), seed=0)
    right = module_worker.gradients(alone, alone, *module_worker.samples(), both=step == "both")
    for found in ranks:
        for name, gradient in right.items():  # torch divides the sum by the number of processes
            torch.testing.assert_close(found[step][name] * 2, gradient, msg=name)


def test_states_go_on_from_those_of_rank_0(ranks):
    data = module_worker.samples()[0].split(module_worker.ROWS)
    for own, found in zip(data, ranks, strict=True):
        before = ranks[0]["first"]["norm_moving_mean"]
        expected = 0.75 * before + 0.25 * own.mean(0)
        torch.testing.assert_close(found["second"]["norm_moving_mean"], expected)
    assert not torch.equal(*(found["first"]["norm_moving_mean"] for found in ranks))
