"""Starting processes that train together, and reading what they wrote."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["HERE", "Launch", "environment", "free_port"]

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TORCHELASTIC")}
    paths = [str(HERE.parent.parent), kept.get("PYTHONPATH", "")]
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths), **more}


class Launch:
    """Processes that run scenarios, all at the same time."""

    def __init__(
        self,
        folder: Path,
        size: int,
        scenarios: tuple[str, ...],
        *,
        torchrun: bool = False,
        worker: str = "worker.py",
    ) -> None:
        self.folder, self.size = folder, size
        self.processes: list[subprocess.Popen[str]] = []
        self.texts: list[str] = []
        port = str(free_port())
        program = [str(HERE / worker), str(folder), *scenarios]
        if torchrun:
            options = [f"--nproc-per-node={size}", "--max-restarts=1", "--monitor-interval=0.1"]
            address = ["--master-addr=127.0.0.1", f"--master-port={port}"]
            self._start(["-m", "torch.distributed.run", *options, *address, *program], {})
            return
        shared = {"WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        self._start(program, shared)

    def _start(self, arguments: list[str], variables: dict[str, str]) -> None:
        self.processes.append(
            subprocess.Popen(
                [sys.executable, *arguments],
                env=environment(**variables),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )

    def wait(self) -> "Launch":
        self.texts = [process.communicate(timeout=240)[0] for process in self.processes]
        return self

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()

    def found(self, scenario: str) -> list[dict[str, Any]]:
        """What the ranks that came to the end of a scenario wrote, in order."""
        paths = sorted(self.folder.glob(f"{scenario}-?.json"))
        assert paths, self.texts
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
