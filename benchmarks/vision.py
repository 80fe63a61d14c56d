"""Operators of vision against Apache MXNet 1.9.1, each on one thread, in turns.

    python benchmarks/vision.py [--mxnet PYTHON] [--only NAME] [--turns N]

PYTHON is the interpreter of an environment with mxnet; without it symnet alone is measured. What
counts is processor time, which other programs on the machine change little.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from _measure import keep
from _vision_cases import CASES, inputs_of, steps_of

import symnet as mx

HERE = Path(__file__).parent


def step_of(case: Mapping[str, Any]) -> Callable[[], None]:
    inputs = {name: mx.array(value) for name, value in inputs_of(case).items()}
    symbol = getattr(mx, case["operator"])(
        **{name: mx.Variable(name) for name in inputs}, **case["parameters"]
    )
    gradients = {name: mx.zeros(inputs[name].shape) for name in case["wanted"]}
    requests = {name: "write" if name in gradients else "null" for name in inputs}
    executor = mx.bind(symbol, mx.cpu(), inputs, args_grad=gradients, grad_req=requests)
    heads = [mx.ones(output.shape) for output in executor.forward(is_train=bool(gradients))]

    def step() -> None:
        executor.forward(is_train=bool(gradients))
        if gradients:
            executor.backward(heads)

    return step


class Mxnet:
    """A process of MXNet's, which answers the name of a case with the seconds of a step."""

    def __init__(self, python: str) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PYTHONWARNINGS": ""}
        self._process = subprocess.Popen(
            [python, str(HERE / "_vision_mxnet.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def seconds_of(self, name: str) -> float:
        """Return how long a step of a case takes there."""
        if self._process.stdin is None or self._process.stdout is None:
            sys.exit("the process of MXNet has no pipes")
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline() or sys.exit("MXNet's process ended"))


def seconds_of(step: Callable[[], None], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        step()
    return (time.process_time() - start) / count


def main() -> None:
    parser = argparse.ArgumentParser(description="Operators of vision against Apache MXNet.")
    parser.add_argument("--mxnet", metavar="PYTHON", help="an interpreter that has mxnet")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--turns", type=int, default=7, help="turns of each")
    options = parser.parse_args()
    torch.set_num_threads(1)
    mxnet = Mxnet(options.mxnet) if options.mxnet else None
    print(f"torch {torch.__version__}, one thread; milliseconds, ratio (quartiles)")
    print(f"{'case':<34} {'symnet':>9} {'MXNet':>9}   ratio")
    for name, case in CASES.items():
        if options.only not in name:
            continue
        step = step_of(case)
        seconds_of(step, 3)
        count = steps_of(seconds_of(step, 1))
        own, other = [], []
        for _ in range(options.turns):
            own.append(seconds_of(step, count))
            if mxnet:
                other.append(mxnet.seconds_of(name))
        line = f"{name:<34} {1000 * statistics.median(own):9.2f}"
        if mxnet:
            keep(name, "symnet", {"symnet": own, "MXNet": other})
            ratios = [a / b for a, b in zip(own, other, strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            line += (
                f" {1000 * statistics.median(other):9.2f}   {middle:.2f} ({low:.2f} to {high:.2f})"
            )
        print(line, flush=True)


if __name__ == "__main__":
    main()
