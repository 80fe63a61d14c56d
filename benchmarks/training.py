"""Training of networks that people have: whole calls of `fit`, one epoch over arrays in memory.

Peers: the same loop by hand in PyTorch, eager and channels-last; the ratio is to the better one.

With `--steady` it is the time of a batch in a training that goes on: what calls of one and of five
batches differ by. The rest of a call, which plans the program, stands beside it.

    python benchmarks/training.py [--networks ResNet-18 …] [--rows 8] [--turns 5] [--steady]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import _measure
import numpy as np
import torch
from _networks import CLASSES, NETWORKS, Modules, Symbols, images, weights_of
from torch.nn import functional

import symnet as mx

BATCHES = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--rows", nargs="+", type=int, default=[8])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--steady", action="store_true", help="time a batch, without the rest")
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {BATCHES} batches")
    for name in options.networks:
        for rows in options.rows:
            (steady if options.steady else measure)(name, rows, options.turns)


def ways_of(name: str, rows: int, batches: int) -> dict[str, Callable[[], object]]:
    data = images(batches * rows)
    labels = np.random.default_rng(1).integers(0, CLASSES, len(data)).astype(np.float32)
    return {
        "symnet": symnet_of(name, data, labels, rows),
        "eager": torch_of(name, data, labels, rows, torch.contiguous_format),
        "channels-last": torch_of(name, data, labels, rows, torch.channels_last),
    }


def steady(name: str, rows: int, turns: int) -> None:
    calls = {
        (way, batches): call
        for batches in (1, 5)
        for way, call in ways_of(name, rows, batches).items()
    }
    seconds: dict[tuple[str, int], list[float]] = {key: [] for key in calls}
    for turn in range(turns + 1):
        for key, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:  # the first one warms up
                seconds[key].append(time.perf_counter() - start)
    batch = {
        way: [(five - one) / 4 for one, five in zip(seconds[way, 1], seconds[way, 5], strict=True)]
        for way in ("symnet", "eager", "channels-last")
    }
    middle = {way: 1e3 * statistics.median(times) for way, times in batch.items()}
    peer = min(("eager", "channels-last"), key=lambda way: middle[way])
    pairs = zip(batch["symnet"], batch[peer], strict=True)
    low, ratio, high = statistics.quantiles([own / other for own, other in pairs], n=4)
    rest = 1e3 * statistics.median(seconds["symnet", 1]) - middle["symnet"]
    times = "   ".join(f"{way} {milliseconds:.1f} ms" for way, milliseconds in middle.items())
    print(f"{name}, a batch of {rows}: {times}", flush=True)
    print(f"  {ratio:.2f} ({low:.2f} to {high:.2f}) of {peer}; rest of a call {rest:.0f} ms")


def measure(name: str, rows: int, turns: int) -> None:
    torch.manual_seed(0)
    ways = ways_of(name, rows, BATCHES)
    print(f"\n{name}, {rows} × 3 × 112 × 112")
    workload = f"fit, {name}, batches of {rows}"
    found = _measure.compare(ways, "channels-last", workload=workload, turns=turns, steps=1)
    better = min(("eager", "channels-last"), key=lambda own: found[own].milliseconds)
    if better == "eager":
        found = _measure.compare(ways, "eager", workload=workload, turns=turns, steps=1)
    for own, result in found.items():
        print(f"  {own:<14} {result}", flush=True)


def symnet_of(name: str, data: np.ndarray, labels: np.ndarray, rows: int) -> Callable[[], object]:
    net = mx.SoftmaxOutput(NETWORKS[name](Symbols()), name="softmax")
    model = mx.FeedForward(net)
    model.arg_params, model.aux_params = weights_of(Modules(NETWORKS[name]))
    provider = mx.ArrayDataProvider(data, labels, batch_size=rows)

    def fit() -> None:
        optimizer = mx.SGD(lr=0.01, momentum=0.9, weight_decay=1e-4)
        model.fit(optimizer, provider, n_epoch=1, verbose=False)

    return fit


def torch_of(
    name: str, data: np.ndarray, labels: np.ndarray, rows: int, order: torch.memory_format
) -> Callable[[], object]:
    module = Modules(NETWORKS[name]).to(memory_format=order).train()
    optimizer = torch.optim.SGD(module.parameters(), 0.01, 0.9, weight_decay=1e-4)
    pictures, classes = torch.from_numpy(data), torch.from_numpy(labels).long()

    def train() -> None:
        right = torch.zeros((), dtype=torch.long)
        for start in range(0, len(data), rows):
            batch = pictures[start : start + rows].to(memory_format=order)
            target = classes[start : start + rows]
            optimizer.zero_grad()
            output = module(batch)
            functional.cross_entropy(output, target).backward()
            optimizer.step()
            right += (output.argmax(1) == target).sum()

    return train


if __name__ == "__main__":
    main()
