"""Memory of training: the most that a process takes beyond its imports, in a process of its own.

One epoch of three batches; parameters, gradients and the optimizer's states are included. Peers:
the same loop by hand in PyTorch, eager and channels-last. The column `least` is symnet when it is
told to take as little as it can, by `fit(memory=…)`.

    python benchmarks/memory.py [--networks ResNet-18 …] [--rows 8 32]
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _networks import CLASSES, NETWORKS, Symbols, images
from training import torch_of

import symnet as mx

BATCHES = 3
WAYS = ("symnet", "eager", "channels-last", "least")
ORDERS = {"eager": torch.contiguous_format, "channels-last": torch.channels_last}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--rows", nargs="+", type=int, default=[8, 32])
    parser.add_argument("--alone", choices=WAYS, help="measure one way, in this process")
    options = parser.parse_args()
    if options.alone:
        print(peak_of(options.alone, options.networks[0], options.rows[0]))
        return
    print(f"torch {torch.__version__}, MB; ratio to the lesser of eager and channels-last")
    print(f"{'network':<14}{'rows':>5}" + "".join(f"{way:>15}" for way in WAYS) + f"{'ratio':>8}")
    for name in options.networks:
        for rows in options.rows:
            found = [in_a_process(way, name, rows) for way in WAYS]
            ratio = found[0] / min(found[1:3])
            row = "".join(f"{megabytes:>15.0f}" for megabytes in found)
            print(f"{name:<14}{rows:>5}{row}{ratio:>8.2f}", flush=True)


def in_a_process(way: str, name: str, rows: int) -> float:
    command = [sys.executable, __file__, "--alone", way, "--networks", name, "--rows", str(rows)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak_of(way: str, name: str, rows: int) -> float:
    data = images(BATCHES * rows)
    labels = np.random.default_rng(1).integers(0, CLASSES, len(data)).astype(np.float32)
    train: Callable[[], object]
    if way in ORDERS:
        before = megabytes("VmRSS")
        train = torch_of(name, data, labels, rows, ORDERS[way])
    else:
        net = mx.SoftmaxOutput(NETWORKS[name](Symbols()), name="softmax")
        least = least_of(net, rows) if way == "least" else None
        before = megabytes("VmRSS")
        provider = mx.ArrayDataProvider(data, labels, batch_size=rows)

        def train() -> None:
            optimizer = mx.SGD(lr=0.01, momentum=0.9, weight_decay=1e-4)
            model = mx.FeedForward(net)
            model.fit(optimizer, provider, n_epoch=1, verbose=False, memory=least)

    train()
    return megabytes("VmHWM") - before


def least_of(net: mx.SymbolicNode, rows: int) -> int:
    """Return the least number of bytes that the network can be trained in."""
    executor = mx.simple_bind(net, data=(rows, 3, 112, 112))
    executor.differentiate_once()
    try:
        executor.limit_memory(1)
    except mx.ArgumentError as error:
        found = re.search(r"at least ([\d,]+) bytes", str(error))
        if found is not None:
            return int(found[1].replace(",", ""))
    raise SystemExit(f"nothing tells how little memory {net.name} can be trained in")


def megabytes(field: str) -> float:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{field}:\s+(\d+) kB", text)
    return int(found[1]) / 1e3 if found else 0.0


if __name__ == "__main__":
    main()
