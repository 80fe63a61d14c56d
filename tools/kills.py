"""Kill a training again and again while it writes checkpoints, and look at what it left.

    python tools/kills.py [--kills 100] [--seed 0]

Each run goes on from the last checkpoint and is killed (SIGKILL) at a random moment; most of its
time it writes. After each kill every epoch that has a state must be whole, and every file must be
readable. After the last run, which ends by itself, no temporary file may be left. The exit status
says whether anything was wrong.
"""

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import symnet as mx
from symnet.storage.training_state import read_snapshot


def train(prefix: Path, n_epoch: int) -> None:
    """Train, from the last checkpoint on, a network that is written more than it is trained."""
    layer = mx.FullyConnected(mx.Variable("data"), num_hidden=500, name="fc")
    model = mx.FeedForward(mx.SoftmaxOutput(layer, name="softmax"))
    data = mx.ArrayDataProvider(np.zeros((8, 500), np.float32), np.zeros(8), batch_size=8)
    callbacks = [mx.do_checkpoint(prefix)]
    optimizer = mx.SGD(momentum=0.9)
    model.fit(
        optimizer, data, n_epoch=n_epoch, callbacks=callbacks, resume=prefix, verbose=0
    )  # fmt: skip


def killed(prefix: Path, seconds: float) -> bool:
    """Let a process train, and kill it after its first checkpoint; tell whether it lived."""
    before = len(list(prefix.parent.glob("*.state.json")))
    child = os.fork()
    if not child:
        train(prefix, 10**6)
        os._exit(0)
    deadline = time.monotonic() + 30
    while len(list(prefix.parent.glob("*.state.json"))) <= before and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def epoch_of(path: Path) -> int:
    """Return the epoch of a file of a checkpoint."""
    return int(path.name[len("net-") :].partition(".")[0])


def faults(prefix: Path) -> Iterator[str]:
    """Yield what is wrong with the files of a prefix."""
    for path in sorted(prefix.parent.glob("net-*")):
        try:
            if path.name.endswith(".state.json"):
                read_snapshot(prefix, epoch_of(path))
            else:
                mx.load(path)
        except (mx.MXError, OSError) as error:
            yield str(error)


def main() -> int:
    """Read the command line, kill, and say what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.getLogger("symnet").setLevel(logging.ERROR)
    draw, wrong, writing = random.Random(asked.seed), [], 0
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "net"
        for _ in range(asked.kills):
            if not killed(prefix, draw.uniform(0, 0.05)):
                wrong.append("a run ended by itself")
            writing += bool(list(prefix.parent.glob(".symnet-*")))
            wrong += faults(prefix)
            last = max(map(epoch_of, prefix.parent.glob("net-*.state.json")))
            for path in prefix.parent.glob("net-0*"):  # or the disk fills
                if epoch_of(path) < last - 5:
                    path.unlink()
        train(prefix, last + 1)
        left = [path.name for path in prefix.parent.glob(".symnet-*")]
        wrong += faults(prefix)
    sys.stdout.write(
        "".join(f"{each}\n" for each in wrong)
        + f"{asked.kills} kills, {writing} of them while a file was written: {len(wrong)} files "
        f"half written, {len(left)} temporary files left after the next run\n"
    )
    return int(bool(wrong or left))


if __name__ == "__main__":
    sys.exit(main())
