"""Loading a large `.params` file, against reading its bytes.

    python benchmarks/params_file.py [--turns N] [--megabytes N]

The peers: `file.read()` into new memory, which is what loading at least has to do, and `readinto`
memory that is already there, which no loader can match, because arrays need memory of their own.
The file is in the system's cache. Memory is the most that a process of its own held while loading,
less what it held before.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from _measure import compare

import symnet as mx

ARRAYS = 20
TARGET = 1.2


def write(path: Path, megabytes: int) -> None:
    values = np.random.default_rng(0).random(megabytes * 1_000_000 // 4 // ARRAYS, np.float32)
    mx.save(path, {f"arg:w{number}": mx.array(values) for number in range(ARRAYS)})


def most_memory() -> int:
    """The most bytes that this process has held; getrusage would count its parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measured_memory(path: Path) -> int:
    """What loading adds to the memory of a new process."""
    command = [sys.executable, __file__, "--load", str(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(printed)


def load_and_print_memory(path: Path) -> None:
    before = most_memory()
    arrays = mx.load(path)
    print(most_memory() - before)
    del arrays


def measure(path: Path, turns: int) -> None:
    size = path.stat().st_size
    ready = memoryview(bytearray(size))

    def read_into() -> None:
        done = 0
        with open(path, "rb", buffering=0) as file:
            while done < size:
                done += file.readinto(ready[done:])

    ways = {"file.read()": path.read_bytes, "readinto": read_into, "mx.load": lambda: mx.load(path)}
    found = compare(ways, "file.read()", workload="load a .params file", turns=turns, steps=1)
    print(f"torch {torch.__version__}, {size / 1e6:.0f} MB; ratio to file.read() (quartiles)")
    for name, one in found.items():
        print(f"{name:12} {one}")
    print(f"mx.load takes {found['mx.load'].ratio:.2f} of the time; the target is {TARGET}")
    memory = measured_memory(path)
    print(f"mx.load adds {memory / 1e6:.0f} MB of memory, {memory / size:.2f} of the file")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--load", type=Path, help="load this file and print the memory it took")
    asked = parser.parse_args()
    if asked.load:
        load_and_print_memory(asked.load)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.params"
        write(path, asked.megabytes)
        measure(path, asked.turns)


if __name__ == "__main__":
    main()
