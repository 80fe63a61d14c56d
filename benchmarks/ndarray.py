"""NDArrays against the same calls of torch and NumPy.

    python benchmarks/ndarray.py [--turns N]

First the documents' comparison of arithmetic in place and with temporaries ("NDArrays"): 1,000
rounds on (128, 64). Then what one operation on 8 elements costs over the bare call into torch.
"""

import argparse
import statistics
import timeit
from collections.abc import Callable

import numpy as np
import torch
from _measure import compare

import symnet as mx

ROUNDS = 1000
SHAPE = (128, 64)
RATE = 0.1
WORST_RATIO = 1.3
MOST_MICROSECONDS = 1.5


def symnet_inplace():
    weight, grad = mx.zeros(SHAPE), mx.ones(SHAPE)
    scaled = mx.empty(SHAPE)
    for _ in range(ROUNDS):
        mx.copyto(scaled, grad)
        scaled *= RATE
        weight -= scaled
    return weight


def symnet_normal():
    weight, grad = mx.zeros(SHAPE), mx.ones(SHAPE)
    for _ in range(ROUNDS):
        weight[:] -= RATE * grad
    return weight


def torch_inplace():
    weight, grad = torch.zeros(SHAPE), torch.ones(SHAPE)
    scaled = torch.empty(SHAPE)
    for _ in range(ROUNDS):
        scaled.copy_(grad)
        scaled *= RATE
        weight -= scaled
    return weight


def torch_normal():
    weight, grad = torch.zeros(SHAPE), torch.ones(SHAPE)
    for _ in range(ROUNDS):
        weight[:] -= RATE * grad
    return weight


def numpy_inplace():
    weight, grad = np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)
    scaled = np.empty(SHAPE, np.float32)
    for _ in range(ROUNDS):
        np.copyto(scaled, grad)
        scaled *= RATE
        weight -= scaled
    return weight


def numpy_normal():
    weight, grad = np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)
    for _ in range(ROUNDS):
        weight[:] -= RATE * grad
    return weight


OPERATIONS = {
    "inplace_op": {"symnet": symnet_inplace, "torch": torch_inplace, "numpy": numpy_inplace},
    "normal_op": {"symnet": symnet_normal, "torch": torch_normal, "numpy": numpy_normal},
}


def check_that_all_agree() -> None:
    """The documents' assertion, and that torch and NumPy compute the same."""
    results = [np.asarray(way()) for ways in OPERATIONS.values() for way in ways.values()]
    for result in results:
        assert np.abs(result - results[0]).max() < 1e-6 * ROUNDS * RATE
    assert np.abs(mx.copy(symnet_normal() - symnet_inplace())).max() < 1e-6


def documents(turns: int) -> bool:
    well = True
    for name, ways in OPERATIONS.items():
        print(f"{name}, {ROUNDS} rounds on {SHAPE}; ratio to torch (quartiles)")
        found = compare(ways, "torch", workload=f"arrays, {name}", turns=turns, steps=3)
        for way, comparison in found.items():
            print(f"  {way:8s}{comparison}")
        well &= found["symnet"].ratio <= WORST_RATIO
    return well


def small(arrays) -> dict[str, Callable[[], object]]:
    """The operations on two small arrays."""
    left, right = arrays

    def in_place():
        nonlocal left
        left += right

    return {
        "a + b": lambda: left + right,
        "a += b": in_place,
        "a * 2": lambda: left * 2,
        "a - b": lambda: left - right,
        "2 - a": lambda: 2 - left,
        "a[:] = b": lambda: left.__setitem__(slice(None), right),
        "a[2:4]": lambda: left[2:4],
    }


def microseconds(call, count: int = 500) -> float:
    return 1e6 * timeit.timeit(call, number=count) / count


def dispatch(turns: int) -> bool:
    """Print what an operation on 8 elements costs over the same in torch."""
    ours, theirs = small((mx.ones(8), mx.ones(8))), small((torch.ones(8), torch.ones(8)))
    print("8 elements: microseconds over torch (quartiles), over torch at the quickest")
    well = True
    for name, call in ours.items():
        pairs = [(microseconds(call), microseconds(theirs[name])) for _ in range(turns * 20)]
        low, middle, high = statistics.quantiles([mine - peer for mine, peer in pairs], n=4)
        own, peer = (min(column) for column in zip(*pairs, strict=True))
        print(
            f"  {name:10s}{middle:5.2f} ({low:.2f} to {high:.2f})   "
            f"{own:.2f} - {peer:.2f} = {own - peer:.2f}"
        )
        if name in ("a + b", "a += b", "a * 2"):
            well &= own - peer <= MOST_MICROSECONDS
    return well


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=15, help="turns of each way")
    turns = parser.parse_args().turns
    print(f"torch {torch.__version__}, NumPy {np.__version__}, {torch.get_num_threads()} threads")
    check_that_all_agree()
    well = documents(turns)
    well &= dispatch(turns)
    if not well:
        raise SystemExit(
            f"more than {WORST_RATIO} times torch, or {MOST_MICROSECONDS} microseconds over it"
        )


if __name__ == "__main__":
    main()
