"""A training that loses a machine: ``elastic_worker.py FOLDER [mortal]``, under torchrun.

It has two processes. The mortal one dies in the third epoch, and its torchrun with it.
"""

import json
import os
import signal
import sys
from pathlib import Path

import worker

import symnet as mx


def main(folder: Path, *, mortal: bool) -> None:
    size = int(os.environ["WORLD_SIZE"])
    epochs: list[int] = []

    def look(state: mx.OptimizationState) -> None:
        epochs.append(state.curr_epoch)
        if mortal and state.curr_epoch == 3:
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    made = worker.model(3)
    made.fit(
        mx.SGD(lr=0.1),
        worker.provider(12, shuffle=True, seed=1),
        kvstore="dist_sync",
        n_epoch=4,
        callbacks=[mx.every_n_batch(look, 1), mx.do_checkpoint(folder / "net")],
        resume=folder / "net",
        verbose=0,
    )
    assert made.history is not None
    done = [row["epoch"] for row in made.history]
    found = {"size": size, "first_epoch": epochs[0], "epochs": done}
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), mortal="mortal" in sys.argv)
