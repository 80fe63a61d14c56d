"""Images per second out of a record file: decoded, cropped, mirrored and normalized.

    python benchmarks/images.py [--mxnet PYTHON] [--images 2000] [--threads 1] [--rounds 5]

Beside ImageRecordIter there are torch's DataLoader with OpenCV, over the same records, and, with
``--mxnet``, Apache MXNet 1.9.1's ImageRecordIter in a Python of its own. All read the same files,
made of noise with the spectrum of photographs, and take turns; a turn is one pass after one to
warm up. What is written is the median of the turns, and the quarters around it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from _measure import keep

from symnet.data.image import ImageRecordIter
from symnet.data.image.image_record import IRHeader, pack_img, unpack
from symnet.data.records.recordio import RecordReader, RecordWriter

MEANS = (123.68, 116.28, 103.53)
PARAMETERS = {
    "data_shape": (3, 224, 224),
    "batch_size": 64,
    "rand_crop": True,
    "rand_mirror": True,
    "verbose": False,
    **dict(zip(("mean_r", "mean_g", "mean_b"), MEANS, strict=True)),
}

# What MXNet's own Python runs: it answers each line with the seconds that a pass took.
MXNET = """
import json, sys, time, mxnet as mx
it = mx.io.ImageRecordIter(**json.loads(sys.argv[1]))
for _ in sys.stdin:
    it.reset()
    start, count = time.perf_counter(), 0
    for batch in it:
        batch.data[0].wait_to_read()
    print(time.perf_counter() - start, flush=True)
"""


@dataclass(frozen=True)
class Files:
    """A record file of images of one size."""

    height: int
    width: int
    resize: int = -1

    @property
    def name(self) -> str:
        """The title of its table."""
        return f"{self.height}x{self.width}" + (f", resize={self.resize}" * (self.resize > 0))

    def parameters(self, path: str, threads: int) -> dict[str, object]:
        """What both ImageRecordIters are given."""
        resize = {"resize": self.resize} if self.resize > 0 else {}
        return {**PARAMETERS, **resize, "path_imgrec": path, "preprocess_threads": threads}


def photograph(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise whose strength falls with the frequency, as that of photographs does."""
    image = np.zeros((height, width, 3), np.float32)
    for cells in (4, 8, 16, 32, 64, 128):
        size = max(2, height * cells // 256), max(2, width * cells // 256)
        noise = rng.standard_normal((*size, 3)).astype(np.float32) / cells**0.8
        image += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = image.min(), image.max()
    return ((image - low) / (high - low) * 255).astype(np.uint8)


def write(path: str, files: Files, images: int) -> None:
    rng = np.random.default_rng(0)
    with RecordWriter(path) as writer:
        for number in range(images):
            image = photograph(rng, files.height, files.width)
            header = IRHeader(0, number % 1000, number, 0)
            writer.write(pack_img(header, image, quality=90 + number % 6))


# -- the ways --------------------------------------------------------------------------------------


class Records(torch.utils.data.Dataset):
    """The same work in the way of torch: a Dataset that OpenCV decodes for."""

    def __init__(self, path: str, resize: int) -> None:
        self.reader, self.resize = RecordReader(path), resize
        self.means = np.array(MEANS, np.float32)[:, None, None]

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, float]:
        header, content = unpack(self.reader.view(number))
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
        if self.resize > 0:
            ratio = self.resize / min(image.shape[:2])
            image = cv2.resize(image, None, fx=ratio, fy=ratio)
        y, x = (torch.randint(length - 223, ()).item() for length in image.shape[:2])
        image = image[y : y + 224, x : x + 224]
        if torch.rand(()) < 0.5:
            image = image[:, ::-1]
        return torch.from_numpy(image.transpose(2, 0, 1) - self.means), float(header.label)


def ours(parameters: dict[str, object]) -> Callable[[], float]:
    provider = ImageRecordIter(**parameters)
    return lambda: seconds_of(provider)


def torchs(parameters: dict[str, object]) -> Callable[[], float]:
    cv2.setNumThreads(0)
    threads = parameters["preprocess_threads"]
    loader = torch.utils.data.DataLoader(
        Records(parameters["path_imgrec"], parameters.get("resize", -1)),
        batch_size=parameters["batch_size"],
        num_workers=threads if threads > 1 else 0,
    )
    return lambda: seconds_of(loader)


def seconds_of(batches: object) -> float:
    start = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - start


def mxnets(python: str, parameters: dict[str, object]) -> Callable[[], float]:
    threads = str(parameters["preprocess_threads"])
    process = subprocess.Popen(
        [python, "-c", MXNET, json.dumps(parameters)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": threads, "PYTHONPATH": ""},
    )  # fmt: skip

    def turn() -> float:
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    return turn


# -- measuring -------------------------------------------------------------------------------------


def measure(ways: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    for turn in ways.values():
        turn()
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, turn in ways.items():
            times[name].append(turn())
    return times


def rows(times: dict[str, list[float]], images: int) -> Iterator[str]:
    mine = times["symnet"]
    for name, theirs in times.items():
        low, middle, high = statistics.quantiles([images / each for each in theirs], n=4)
        ratio = statistics.median(b / a for a, b in zip(mine, theirs, strict=True))
        yield f"| {name} | {middle:.0f} ({low:.0f} to {high:.0f}) | {ratio:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mxnet", help="a Python that has Apache MXNet 1.9.1")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    # One core for each thread: what waits for batches then has none of its own.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: chosen.threads])
    with tempfile.TemporaryDirectory() as folder:
        for files in (Files(256, 256), Files(375, 500, resize=256)):
            path = str(Path(folder) / f"{files.height}.rec")
            write(path, files, chosen.images)
            parameters = files.parameters(path, chosen.threads)
            ways = {"symnet": ours(parameters), "torch's DataLoader": torchs(parameters)}
            if chosen.mxnet:
                ways["MXNet 1.9.1"] = mxnets(chosen.mxnet, parameters)
            print(f"\n{files.name}, {chosen.threads} threads on as many cores\n")
            print("| | images per second | times as many by symnet |\n| --- | --- | --- |")
            times = measure(ways, chosen.rounds)
            keep(f"{chosen.images} images, {files.name}", "symnet", times)
            print(*rows(times, chosen.images), sep="\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
