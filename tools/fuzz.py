"""Feed damaged files to a reader for a while, and report what it does not bear.

    python tools/fuzz.py params|json|safetensors [--seconds 60] [--seed N] [--keep FOLDER]

A reader may return what it read or raise FormatError, within a second and a gigabyte. Anything else
is a failure: another exception, a crash, a slow or greedy input. The inputs that fail are kept in
FOLDER, the system's temporary one by default; the exit status says whether there are any. The
reader runs in a process of its own, so that a crash ends that one only.
"""

import argparse
import json
import logging
import multiprocessing
import random
import resource
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import symnet as mx

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"
SLOWEST = 1.0  # seconds of the processor
MOST_MEMORY = 2**30
PATIENCE = 60.0  # seconds of the clock, until the reading process counts as hanging

INTERESTING = [0, 1, 2, 7, 32, 33, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63, "", "null", "()", "(3,", "[" * 500, {}, [], [[]], [0, 0, 0]),
    *(10**400, "1e999", "\ud800", "F32", "9" * 5000, {"a": [1]}, "ElementWiseSum", "(99999999,)"),
]


# -- what is damaged -------------------------------------------------------------------------------


def params_seeds() -> Iterator[bytes]:
    """Files of arrays: what MXNet wrote, and a record of 2016."""
    for path in sorted(GOLDEN.rglob("*.params")):
        yield path.read_bytes()
    record = struct.pack("<III3i2f", 2, 1, 2, 1, 0, 0, 1, -2)
    yield struct.pack("<3Q", 0x112, 0, 1) + record + struct.pack("<QQ5s", 1, 5, b"arg:w")


def json_seeds() -> Iterator[bytes]:
    """Symbols that MXNet wrote."""
    for path in sorted(GOLDEN.rglob("*-symbol.json")):
        yield path.read_bytes()


def safetensors_seeds() -> Iterator[bytes]:
    """Files of arrays of several types and shapes."""
    dtypes = ["float32", "float64", "float16", "bfloat16", "uint8", "int64", "bool"]
    arrays = {f"{dtype}": mx.ones((2, 3), dtype=dtype) for dtype in dtypes}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.safetensors"
        mx.save(path, {**arrays, "empty": mx.empty((0, 3))}, metadata={"epoch": "3"})
        yield path.read_bytes()
        mx.save(path, {"w": mx.ones(1)})
        yield path.read_bytes()


# -- how it is damaged -----------------------------------------------------------------------------


def damaged_bytes(content: bytes, draw: random.Random) -> bytes:
    """Change a few bytes or numbers; cut, double or move a piece."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data) + 1)
        length = min(draw.choice([1, 4, 8, 64]), len(data) - place)
        change = draw.randrange(5)
        if change == 0:
            data[place : place + length] = draw.randbytes(length)
        elif change == 1:
            size = draw.choice([1, 4, 8])
            number = draw.choice(INTERESTING) * draw.choice([1, -1]) % 256**size
            data[place : place + size] = number.to_bytes(size, "little")
        elif change == 2:
            del data[place : place + length]
        elif change == 3:
            data[place:place] = data[place : place + length] * draw.choice([1, 1, 1000])
        else:
            del data[place:]
    return bytes(data)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document, as owner and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def damaged_document(root: Any, draw: random.Random) -> str:
    """Delete, replace, double or exchange parts of a document."""
    for _ in range(draw.randint(1, 3)):
        found = list(places(root))
        if not found:
            break
        (owner, key), (other, other_key) = draw.choice(found), draw.choice(found)
        change = draw.randrange(4)
        if change == 0:
            del owner[key]
        elif change == 1:
            owner[key] = deepcopy(draw.choice([*JUNK, draw.choice(INTERESTING)]))
        elif change == 2:
            owner[key] = deepcopy(other[other_key])
        elif isinstance(owner, list):
            owner.insert(key, deepcopy(owner[key]))
    return json.dumps(root)


def damaged_json(content: bytes, draw: random.Random) -> bytes:
    """Damage a symbol's document, or its bytes."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    return damaged_document(json.loads(content), draw).encode()


def damaged_safetensors(content: bytes, draw: random.Random) -> bytes:
    """Damage the header's document, or any bytes."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    (length,) = struct.unpack("<Q", content[:8])
    header = damaged_document(json.loads(content[8 : 8 + length]), draw).encode()
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


@dataclass(frozen=True)
class Target:
    """A reader, files that it reads, and how they are damaged."""

    ending: str
    seeds: Callable[[], Iterator[bytes]]
    damaged: Callable[[bytes, random.Random], bytes]
    kind: type | None


TARGETS = {
    "params": Target(".params", params_seeds, damaged_bytes, mx.NDArray),
    "json": Target(".json", json_seeds, damaged_json, mx.SymbolicNode),
    "safetensors": Target(".safetensors", safetensors_seeds, damaged_safetensors, None),
}


# -- the reading process ---------------------------------------------------------------------------


@dataclass
class Report:
    """What a number of inputs did.

    Args:
        inputs: how many there were.
        read: how many of them were read; the others were refused.
        seconds: how long all of that took, by the clock.
        slowest: the longest time that one of them took of the processor.
        memory: the most bytes that the process has held.
        failure: what was wrong with the last one, or nothing.
    """

    inputs: int = 0
    read: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    memory: int = 0
    failure: str = ""

    def add(self, other: "Report") -> None:
        """Take in another report."""
        self.inputs += other.inputs
        self.read += other.read
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)


def read_one(target: Target, path: Path, report: Report) -> str:
    """Read a file; return what is wrong with the way that went, or nothing."""
    began, wrong = time.process_time(), ""
    try:
        mx.load(path, target.kind)
        report.read += 1
    except mx.FormatError as error:
        if str(path) not in str(error) or len(str(error)) > 2000:
            wrong = f"a message without the file's name, or too long: {str(error)[:200]}"
    except BaseException:
        wrong = traceback.format_exc()
    seconds = time.process_time() - began
    report.inputs += 1
    report.slowest = max(report.slowest, seconds)
    return wrong or (f"it took {seconds:.1f} seconds" if seconds > SLOWEST else "")


def read_many(name: str, seed: int, path: Path, pipe: Connection) -> None:
    """Read damaged files for ever, each from the same path; report now and then."""
    target, draw, report = TARGETS[name], random.Random(seed), Report()
    seeds = list(target.seeds())
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    logging.getLogger("symnet").setLevel(logging.ERROR)
    pipe.send(report)  # from now on it is counted as hanging if it is silent
    began = time.monotonic()
    while not report.failure:
        content = target.damaged(draw.choice(seeds), draw)
        path.write_bytes(content)
        report.failure = read_one(target, path, report)
        report.seconds = time.monotonic() - began
        if report.failure or report.seconds > 1:
            report.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            pipe.send(report)
            report, began = Report(failure=report.failure), time.monotonic()


# -- the process that watches ----------------------------------------------------------------------


def watch(name: str, seed: int, path: Path, total: Report, seconds: float) -> str:
    """Let a process read until the time is up or something fails; return what failed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=read_many, args=(name, seed, path, there), daemon=True)
    process.start()
    there.close()
    failure = ""
    try:
        report = here.recv()
        while not failure and total.seconds < seconds:
            if here.poll(PATIENCE):
                report = here.recv()
                total.add(report)
                failure = report.failure
            else:
                total.seconds += PATIENCE
                failure = f"it did not end within {PATIENCE:.0f} seconds"
    except EOFError:
        process.join()
        total.seconds += 1  # one that cannot begin would be started for ever
        failure = f"the process ended with status {process.exitcode}"
    process.kill()
    process.join()
    return failure


def fuzz(name: str, seconds: float, seed: int, keep: Path) -> int:
    """Fuzz one reader, say what was found, and return how many inputs failed."""
    failures, total = 0, Report()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"input{TARGETS[name].ending}"
        path.touch()
        while total.seconds < seconds:
            failure = watch(name, seed + failures, path, total, seconds)
            if failure:
                failures += 1
                kept = keep / f"{name}-{seed}-{failures}{path.suffix}"
                kept.write_bytes(path.read_bytes())
                sys.stdout.write(f"{kept}: {failure}\n")
    sys.stdout.write(
        f"{name}: {total.inputs} inputs, {total.read} of them read, {failures} failures; "
        f"slowest {total.slowest:.2f} s, memory at most {total.memory / 2**20:.0f} MB\n"
    )
    return failures


def main() -> int:
    """Read the command line and fuzz."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reader", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    return min(fuzz(asked.reader, asked.seconds, asked.seed, asked.keep), 1)


if __name__ == "__main__":
    sys.exit(main())
