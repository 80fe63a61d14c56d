"""A training that loses a machine: ``elastic_worker.py FOLDER [mortal] [lonely]``, under torchrun.

It has two processes. The mortal one dies in the third epoch, and its torchrun with it. A lonely one
does not go past the third epoch alone: it waits for another, for which torchrun starts it anew.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import worker

import symnet as mx


def main(folder: Path, *, mortal: bool, lonely: bool) -> None:
    size = int(os.environ["WORLD_SIZE"])
    epochs: list[int] = []

    def look(state: mx.OptimizationState) -> None:
        epochs.append(state.curr_epoch)
        if mortal and state.curr_epoch == 3:
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        if lonely and size == 1 and state.curr_epoch == 3:
            (folder / "alone").touch()
            time.sleep(300)

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
    main(Path(sys.argv[1]), mortal="mortal" in sys.argv, lonely="lonely" in sys.argv)
