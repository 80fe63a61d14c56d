"""What providers cost: CSVIter beside Apache MXNet's, and MNISTIter beside the steps it feeds.

    python benchmarks/providers.py [--mxnet PYTHON] [--turns N]

PYTHON is an interpreter that has mxnet 1.9.1; without it only our own numbers are printed. Both
read the same files, in processes of their own that take turns, and ask for every batch of several
passes. Reported are rows per second: of the first pass, which parses the file, of the later ones,
and of all; `memory=0` makes ours parse in every pass, as MXNet does.

The second table is a training step of the MNIST perceptron with its batch copied in from
MNISTIter, pass after pass, against the same step with one and the same batch.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from _measure import compare, keep

import symnet as mx

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "mnist"))
from mlp import build_mlp

PASSES = 5
BATCH = 100

READ_CSV = """
import json, sys, time
data, shape, label, passes, ours, options = json.loads(sys.argv[1])
if ours:
    import symnet as mx
    make = mx.CSVIter
else:
    import mxnet as mx
    make = mx.io.CSVIter
times, rows = [], 0
start = time.perf_counter()
provider = make(data_csv=data, data_shape=tuple(shape), label_csv=label, batch_size=100, **options)
for number in range(passes):
    if number:
        start = time.perf_counter()
        if not ours:
            provider.reset()
    rows = 0
    for batch in provider:
        array = batch.get_data()[0] if ours else batch.data[0]
        if not ours:
            array.wait_to_read()
        rows += array.shape[0]
    times.append(time.perf_counter() - start)
print(json.dumps([rows, times]))
"""

Rates = list[tuple[float, ...]]
"""Rows per second of the first pass, of the later ones, and of all; for each turn."""

FILES = {"784 columns": (6000, 784), "10 columns": (300_000, 10)}
WAYS = {
    "symnet": (True, {}),
    "symnet, memory=0": (True, {"memory": 0}),
    "MXNet": (False, {}),
}


def write_files(folder: Path) -> None:
    random = np.random.default_rng(0)
    for name, (rows, columns) in FILES.items():
        values = random.standard_normal((rows, columns))
        np.savetxt(folder / f"{name}.csv", values, fmt="%.6g", delimiter=",")
        np.savetxt(folder / f"{name} labels.csv", random.integers(0, 10, rows), fmt="%d")


def read(python: str, folder: Path, name: str, way: str) -> tuple[float, float, float]:
    """Return rows per second of the first pass, of the later ones, and of all."""
    ours, options = WAYS[way]
    data, label = (str(folder / f"{name}{part}.csv") for part in ("", " labels"))
    given = json.dumps([data, FILES[name][1:], label, PASSES, ours, options])
    ran = subprocess.run([python, "-c", READ_CSV, given], capture_output=True, check=True)
    rows, times = json.loads(ran.stdout.splitlines()[-1])
    return rows / times[0], rows * (PASSES - 1) / sum(times[1:]), rows * PASSES / sum(times)


def compare_csv(mxnet: str | None, turns: int) -> None:
    ways = [way for way in WAYS if mxnet or WAYS[way][0]]
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        for name in FILES:
            rates: dict[str, list[tuple[float, ...]]] = {way: [] for way in ways}
            for _ in range(turns):
                for way in ways:
                    python = sys.executable if WAYS[way][0] else mxnet
                    rates[way].append(read(python, Path(folder), name, way))
            report(name, rates)


def report(name: str, rates: dict[str, list[tuple[float, ...]]]) -> None:
    print(f"CSV, {name}: thousand rows/s of the first pass, the later ones, all {PASSES}")
    for way, turns in rates.items():
        line = "".join(
            f"{statistics.median(each) / 1000:10.1f}" for each in zip(*turns, strict=True)
        )
        if "MXNet" in rates and way != "MXNet":
            ratios = [
                [a / b for a, b in zip(*pair, strict=True)]
                for pair in zip(turns, rates["MXNet"], strict=True)
            ]
            medians = [statistics.median(each) for each in zip(*ratios, strict=True)]
            if way == "symnet":
                keep_first_pass(name, way, turns, rates["MXNet"])
            line += "   of MXNet's:" + "".join(f"{ratio:8.2f}" for ratio in medians)
        print(f"  {way:<18}{line}")


def keep_first_pass(name: str, way: str, own: Rates, peer: Rates) -> None:
    """Keep the first pass for the page of all figures, as the time of a thousand rows."""
    times = {way: [1000 / each[0] for each in own], "MXNet": [1000 / each[0] for each in peer]}
    keep(f"1000 rows of CSV, {name}, first pass", way, times)


def forever(provider: mx.AbstractDataProvider) -> Iterator[mx.AbstractDataBatch]:
    while True:
        yield from provider


def step_with(batches: Iterator[mx.AbstractDataBatch], provider: mx.MNISTIter) -> Callable:
    shapes = dict([*provider.provide_data(), *provider.provide_label()])
    executor = mx.simple_bind(build_mlp(), mx.cpu(), **shapes)
    model = mx.FeedForward(executor.symbol, mx.cpu())
    model.init_model(mx.UniformInitializer(0.07), **shapes)
    executor.copy_params_from(model.arg_params or {})
    optimizer = mx.SGD(lr=0.1, momentum=0.9, weight_decay=1e-5)
    optimizer.state = mx.OptimizationState(BATCH)
    update = mx.get_updater(optimizer)
    (weights,), (gradients,) = (arena.flat for arena in executor.arenas)
    metric = mx.Accuracy()

    def step() -> None:
        batch = next(batches)
        provider.load_data(batch, [executor.arg_dict["data"]])
        provider.load_label(batch, [executor.arg_dict["softmax_label"]])
        executor.forward(is_train=True)
        executor.backward()
        update(0, gradients, weights)
        metric.update(batch.get_label(), executor.outputs)

    return step


def compare_mnist(turns: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        random = np.random.default_rng(0)
        mx.write_idx(f"{folder}/images", random.integers(0, 256, (60_000, 28, 28)))
        mx.write_idx(f"{folder}/labels", random.integers(0, 10, 60_000))
        files = {"image": f"{folder}/images", "label": f"{folder}/labels"}
        provider = mx.MNISTIter(**files, batch_size=BATCH, flat=True, silent=True)
    same = next(iter(provider))
    ways = {
        "one batch": step_with(iter(lambda: same, None), provider),
        "MNISTIter": step_with(forever(provider), provider),
    }
    print(f"MNISTIter, training step of the perceptron, batch {BATCH}")
    workload = "training step of the perceptron, batches of MNISTIter"
    found = compare(ways, "one batch", workload=workload, turns=turns, steps=100)
    for way, result in found.items():
        print(f"  {way:<12} {result}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What providers cost.")
    parser.add_argument("--mxnet", metavar="PYTHON", help="an interpreter that has mxnet 1.9.1")
    parser.add_argument("--turns", type=int, default=5, help="turns of each way of reading CSV")
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    compare_csv(options.mxnet, options.turns)
    compare_mnist(turns=25)


if __name__ == "__main__":
    main()
