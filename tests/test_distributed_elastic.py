"""A training goes on where a machine is lost, and where one comes: torchrun --nnodes=1:2."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from distributed.launching import HERE, environment, free_port

from symnet.storage.training_state import read_snapshot

SOON = "keep_alive_interval=1,keep_alive_max_attempt=5"
"""When those that are left believe that a machine is gone, and go on without it."""


class Machines:
    """Each machine is a torchrun of its own, here all on one."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder, self.environment = folder, environment(**variables)
        self.running: list[subprocess.Popen[bytes]] = []
        self._options = [
            *("--nnodes=1:2", "--nproc-per-node=1", "--max-restarts=3", "--monitor-interval=0.1"),
            *("--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{free_port()}", "--rdzv-id=test"),
        ]

    def start(self, host: str, *more: str) -> None:
        """Start one; the host keeps what they tell each other."""
        rendezvous = f"--rdzv-conf=last_call_timeout=10,{host},{SOON}"
        program = [str(HERE / "elastic_worker.py"), str(self.folder), *more]
        with (self.folder / f"log-{len(self.running)}").open("wb") as log:
            self.running.append(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "torch.distributed.run",
                        *self._options,
                        rendezvous,
                        *program,
                    ],
                    env=self.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def said(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("log-*")))

    def end(self) -> None:
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def machines(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Machines]:
    made = Machines(tmp_path, **getattr(request, "param", {}))
    try:
        yield made
    finally:
        made.end()


def test_a_training_goes_on_without_a_machine_that_died(machines: Machines) -> None:
    machines.start("is_host=1")
    machines.start("is_host=0", "mortal")
    codes = [process.wait(timeout=200) for process in machines.running]
    assert codes == [0, -signal.SIGKILL], machines.said()
    found = json.loads((machines.folder / "found.json").read_text(encoding="utf-8"))
    assert found == {"size": 1, "first_epoch": 3, "epochs": [1, 2, 3, 4]}
    snapshots = [read_snapshot(machines.folder / "net", epoch) for epoch in range(1, 5)]
    ranks = [1 + len(each.numbers["other_ranks"]) for each in snapshots]
    assert ranks == [2, 2, 1, 1]
    said = machines.said()
    assert re.search("rank [01] gave no sign of life", said)
    assert "saved by 2 processes with 24 samples in a step, and goes on with 1 and 12" in said


ANEW = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
"""Without it torchrun tells a machine that comes later nowhere where the first process is met."""


@pytest.mark.parametrize("machines", [ANEW], indirect=True)
def test_a_training_goes_on_with_a_machine_that_comes_in_place_of_another(
    machines: Machines,
) -> None:
    machines.start("is_host=1", "lonely")
    machines.start("is_host=0", "mortal")
    deadline = time.monotonic() + 100
    while not (machines.folder / "alone").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    machines.start("is_host=0")
    codes = [process.wait(timeout=200) for process in machines.running]
    assert codes == [0, -signal.SIGKILL, 0], machines.said()
    found = json.loads((machines.folder / "found.json").read_text(encoding="utf-8"))
    assert found == {"size": 2, "first_epoch": 3, "epochs": [1, 2, 3, 4]}
    assert (machines.folder / "alone").exists()
