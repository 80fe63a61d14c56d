"""Predictions of `to_module` against those of an executor: what the way through PyTorch costs.

Ten whole calls, array in and NumPy's array out, on one thread; those of the module in
`torch.inference_mode`, and under `torch.no_grad`, each of which is entered once for the ten.

    python benchmarks/to_module.py [--only perceptron] [--turns 15]
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import _measure
import numpy as np
import torch
from _networks import NETWORKS, Symbols

import symnet as mx

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "mnist"))
from lenet import build_lenet
from mlp import build_mlp

CASES: Mapping[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "perceptron, 1 row": (build_mlp, (1, 784)),
    "perceptron, 64 rows": (build_mlp, (64, 784)),
    "LeNet, 1 image": (build_lenet, (1, 1, 28, 28)),
    "LeNet, 64 images": (build_lenet, (64, 1, 28, 28)),
    "ResNet-18, 8 images": (lambda: NETWORKS["ResNet-18"](Symbols()), (8, 3, 112, 112)),
}
CALLS = 10
"""How many predictions a step makes: a program enters torch's mode for many."""
SECONDS = 0.05
"""How long a turn of one way is to take, at least."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, one thread; ratio to the executor (quartiles)")
    for name, (network, shape) in CASES.items():
        if options.only in name:
            measure(name, network(), shape, options.turns)


def measure(name: str, symbol: Any, shape: tuple[int, ...], turns: int) -> None:
    mx.srand(0)
    model = mx.FeedForward(symbol)
    shapes: dict[str, Any] = {"data": shape}
    shapes |= {n: shape[:1] for n in symbol.list_arguments() if n.endswith("_label")}
    model.init_model(mx.XavierInitializer(), **shapes)
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    print(f"\n{name}")
    executor = of_executor(model, data)
    for mode in (torch.inference_mode, torch.no_grad):
        own = of_module(model, data, mode)
        np.testing.assert_allclose(own(), executor(), rtol=1e-4, atol=1e-5)
        steps = max(1, int(SECONDS / _measure.seconds_of(executor, 1)))
        found = _measure.compare(
            {"executor": executor, mode.__name__: own},
            "executor",
            workload=f"{CALLS} predictions of a module in {mode.__name__}, {name}",
            turns=turns,
            steps=steps,
        )
        print(f"  {mode.__name__:<15} {found[mode.__name__]}", flush=True)


def of_executor(model: mx.FeedForward, data: np.ndarray) -> Callable[[], Any]:
    executor = mx.simple_bind(model.arch, grad_req="null", data=data.shape)
    executor.copy_params_from(model.arg_params or {}, model.aux_params)
    given = mx.array(data)

    def predict() -> Any:
        for _ in range(CALLS):
            found = executor.forward(data=given)[0].asnumpy()
        return found

    return predict


def of_module(
    model: mx.FeedForward, data: np.ndarray, mode: Callable[[], Any]
) -> Callable[[], Any]:
    module, given = mx.to_module(model).eval(), torch.from_numpy(data)

    def predict() -> Any:
        with mode():
            for _ in range(CALLS):
                found = module(given).numpy()
        return found

    return predict


if __name__ == "__main__":
    main()
