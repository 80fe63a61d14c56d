"""Prediction with networks that people have: whole calls, array in and array out.

Peers: PyTorch as one calls it (channels-last, in inference mode), the same with batch
normalisations folded into the convolutions, and ONNX Runtime where it is installed.

    python benchmarks/prediction.py [--networks ResNet-18 …] [--rows 1 8] [--turns 7]
"""

import argparse
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _measure
import numpy as np
import torch
from _networks import NETWORKS, Modules, Symbols, folded, images, weights_of

import symnet as mx


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--rows", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name in options.networks:
        for rows in options.rows:
            measure(name, rows, options.turns)


def measure(name: str, rows: int, turns: int) -> None:
    torch.manual_seed(0)
    module = Modules(NETWORKS[name]).eval()
    data = images(rows)
    ways: dict[str, Callable[[], Any]] = {"symnet": symnet_of(name, module, data)}
    ways["channels-last"] = torch_of(module.to(memory_format=torch.channels_last), data)
    ways["folded"] = torch_of(folded(module), data)
    if importlib.util.find_spec("onnxruntime") and hasattr(mx, "export_onnx"):
        ways["ONNX Runtime"] = onnx_of(name, module, data)
    results = {own: np.asarray(way()) for own, way in ways.items()}
    for own, found in results.items():
        scale = abs(results["folded"]).max()
        if abs(found - results["folded"]).max() > 1e-4 * scale:
            raise SystemExit(f"{name}: {own} predicts something else")
    print(f"\n{name}, {rows} × 3 × 112 × 112")
    workload = f"predict, {name}, {rows} at once"
    found_ways = _measure.compare(ways, "folded", workload=workload, turns=turns, steps=3)
    for own, found in found_ways.items():
        print(f"  {own:<14} {found}", flush=True)


def symnet_of(name: str, module: Modules, data: np.ndarray) -> Callable[[], Any]:
    model = mx.FeedForward(NETWORKS[name](Symbols()))
    model.arg_params, model.aux_params = weights_of(module)
    return lambda: model.predict(data)


def torch_of(module: Modules, data: np.ndarray) -> Callable[[], Any]:
    def predict() -> np.ndarray:
        with torch.inference_mode():
            batch = torch.from_numpy(data).to(memory_format=torch.channels_last)
            return module(batch).numpy()

    return predict


def onnx_of(name: str, module: Modules, data: np.ndarray) -> Callable[[], Any]:
    import onnxruntime

    symbol, (arguments, states) = NETWORKS[name](Symbols()), weights_of(module)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        mx.export_onnx(path, symbol, arguments, states, data=data.shape)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    given = session.get_inputs()[0].name
    return lambda: session.run(None, {given: data})[0]


if __name__ == "__main__":
    main()
