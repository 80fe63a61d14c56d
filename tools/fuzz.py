"""Feed damaged files to a reader for a while, and report what it does not bear.

    python tools/fuzz.py [READER ...] [--seconds 60] [--inputs N] [--seed N] [--keep FOLDER]

A READER is one of tools/fuzz_targets.py; without any, each of them has its turn. It is tried for so
many seconds, or until it has had so many inputs. It may return what it read, or refuse it in
symnet's words, a few hundred characters with the file's name, within five seconds and a gigabyte.
Anything else is a failure: another exception, a crash, a slow or greedy input. The inputs that fail
are kept in FOLDER, the system's temporary one by default; the exit status says whether there are
any. The reader runs in a process of its own, so that a crash ends that one only. Files lie in
memory where the system can do that: on a disk, cutting a file costs more than reading it.
"""

import argparse
import logging
import math
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from fuzz_targets import TARGETS, Target

SLOWEST = 5.0  # seconds of the processor
MOST_MEMORY = 2**30
LONGEST = 1000  # characters of an error
PATIENCE = 60.0  # seconds of the clock, until the reading process counts as hanging
IN_MEMORY = "/dev/shm"  # where Linux keeps files in memory


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
        target.read(path)
        report.read += 1
    except target.refusals as error:
        named = str(path) in str(error) or not target.named
        if not named or len(str(error)) > LONGEST:
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
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders of images say a lot
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


@dataclass(frozen=True)
class Enough:
    """When a reader has been tried for long enough.

    Args:
        seconds: by the clock.
        inputs: so many files.
    """

    seconds: float
    inputs: float

    def reached(self, so_far: Report) -> bool:
        """Tell whether one of the two is reached."""
        return so_far.seconds >= self.seconds or so_far.inputs >= self.inputs


def watch(name: str, seed: int, path: Path, total: Report, enough: Enough) -> str:
    """Let a process read until it is enough or something fails; return what failed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=read_many, args=(name, seed, path, there), daemon=True)
    process.start()
    there.close()
    failure = ""
    try:
        report = here.recv()
        while not failure and not enough.reached(total):
            if here.poll(PATIENCE):
                report = here.recv()
                total.add(report)
                failure = report.failure
            else:
                total.seconds += PATIENCE
                failure = f"it did not end within {PATIENCE:.0f} seconds"
    except EOFError:
        process.join()
        failure = f"the process ended with status {process.exitcode}"
    process.kill()
    process.join()
    return failure


def fuzz(name: str, enough: Enough, seed: int, keep: Path) -> int:
    """Fuzz one reader, say what was found, and return how many inputs failed."""
    failures, total = 0, Report()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"input{TARGETS[name].ending}"
        path.touch()
        while not enough.reached(total):
            failure = watch(name, seed + failures, path, total, enough)
            if failure:
                failures += 1
                kept = keep / f"{name}-{seed}-{failures}{path.suffix}"
                kept.write_bytes(path.read_bytes())
                sys.stdout.write(f"{kept}: {failure}\n")
                if not total.inputs:  # one that cannot begin would be started for ever
                    break
    sys.stdout.write(
        f"{name}: {total.inputs} inputs, {total.read} of them read, {failures} failures; "
        f"slowest {total.slowest:.2f} s, memory at most {total.memory / 2**20:.0f} MB\n"
    )
    sys.stdout.flush()
    return failures


def main() -> int:
    """Read the command line and fuzz."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readers", metavar="READER", nargs="*", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, help="for each reader (60 without --inputs)")
    parser.add_argument("--inputs", type=int, help="for each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    unknown = [name for name in asked.readers if name not in TARGETS]
    if unknown:
        parser.error(f"no reader {unknown[0]} (there are: {', '.join(TARGETS)})")
    enough = Enough(asked.seconds or (math.inf if asked.inputs else 60), asked.inputs or math.inf)
    if os.path.isdir(IN_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = IN_MEMORY
    failed = [fuzz(name, enough, asked.seed, asked.keep) for name in asked.readers or TARGETS]
    return min(sum(failed), 1)


if __name__ == "__main__":
    sys.exit(main())
