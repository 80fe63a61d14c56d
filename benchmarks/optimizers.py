"""One update of all parameters by each optimizer, against those of PyTorch.

    python benchmarks/optimizers.py [--only NAME] [--turns N]

symnet keeps the parameters of a network side by side in one flat array, and updates that. PyTorch
updates a list of arrays: by a fused kernel where it has one, by operations on the list (foreach),
or array by array. Two sets of parameters are measured: one array of a million floats, and the 15
arrays of a recurrent network of three LSTM layers of 256 units. Weight decay is on; the peer is the
fastest of PyTorch's ways, and the first one named.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from _measure import Comparison, compare

import symnet as mx

Shapes = list[tuple[int, ...]]
Update = Callable[[], object]

LAYER: Shapes = [(1024, 256), (1024,), (1024, 256), (1024,)]
PARAMETERS: dict[str, Shapes] = {
    "1 array, 1.0M": [(1_000_000,)],
    "15 arrays, 1.6M": [(256, 65), (65, 256), (65,), *(3 * LAYER)],
}
WAYS: dict[str, dict[str, bool]] = {
    "fused": {"fused": True},
    "foreach": {"foreach": True},
    "for-loop": {"foreach": False},
}
BATCH = 32


class Row(NamedTuple):
    """One optimizer: symnet's, PyTorch's, their options, and the ways that PyTorch has."""

    ours: type[mx.AbstractOptimizer]
    theirs: type[torch.optim.Optimizer]
    options: Mapping[str, float] = {}
    ways: tuple[str, ...] = ("foreach", "for-loop")


ALL = ("fused", "foreach", "for-loop")
ROWS = {
    "SGD, momentum": Row(mx.SGD, torch.optim.SGD, {"momentum": 0.9}, ALL),
    "ADAM": Row(mx.ADAM, torch.optim.Adam, ways=ALL),
    "AdaGrad": Row(mx.AdaGrad, torch.optim.Adagrad, ways=ALL),
    "AdaDelta": Row(mx.AdaDelta, torch.optim.Adadelta),
    "RMSProp": Row(mx.RMSProp, torch.optim.RMSprop),
    "AdaMax": Row(mx.AdaMax, torch.optim.Adamax),
    "Nadam": Row(mx.Nadam, torch.optim.NAdam),
}


def ours(row: Row, shapes: Shapes) -> Update:
    """Return an update of the parameters in one flat array."""
    size = sum(torch.Size(shape).numel() for shape in shapes)
    make: Any = row.ours
    optimizer = make(lr=0.01, weight_decay=1e-5, **row.options)
    optimizer.state = mx.OptimizationState(BATCH, curr_iter=1)
    updater = mx.get_updater(optimizer)
    weight, gradient = mx.array(torch.randn(size)), mx.array(torch.randn(size))
    return lambda: updater(0, gradient, weight)


def theirs(row: Row, way: str, shapes: Shapes) -> Update:
    """Return an update of the parameters one by one."""
    parameters = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape)
    make: Any = row.theirs
    step: Update = make(parameters, lr=0.01, weight_decay=1e-5, **row.options, **WAYS[way]).step
    return step


def measure(row: Row, shapes: Shapes, turns: int, workload: str) -> dict[str, Comparison]:
    """Return symnet's time, and PyTorch's, against its first way."""
    ways = {"symnet": ours(row, shapes), **{way: theirs(row, way, shapes) for way in row.ways}}
    return compare(ways, row.ways[0], workload=workload, turns=turns, steps=5)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="the optimizer to measure")
    parser.add_argument("--turns", type=int, default=15, help="how often each way has its turn")
    given = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; ratio to the first way")
    for name, row in ROWS.items():
        for about, shapes in PARAMETERS.items():
            if given.only in (None, name):
                print(f"{name}, {about}")
                found_ways = measure(row, shapes, given.turns, f"update, {name}, {about}")
                for way, found in found_ways.items():
                    print(f"  {way:10} {found}", flush=True)


if __name__ == "__main__":
    main()
