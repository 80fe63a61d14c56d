"""One training step of the tutorial's character LSTM, against PyTorch, JAX and Apache MXNet.

    python benchmarks/char_lstm.py [--turns N] [--jax PYTHON] [--mxnet PYTHON]

A step is: forward, backward, and ADAM with clipped gradients, at the tutorial's size (2 layers of
256, 32 steps, batch 32, 66 characters), on data that is already there. PYTHON is an interpreter
that can import the package; `_char_lstm_peers.py` runs in it, as a process that takes its turns
with the others. Also the time from symbol to the end of the first step.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _measure import compare
from torch import nn

import symnet as mx

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "char_lstm"))
from lstm import LSTM

PEERS = Path(__file__).with_name("_char_lstm_peers.py")
LAYERS, STEPS, BATCH, HIDDEN, CLASSES = 2, 32, 32, 256, 66
RATE, DECAY, CLIP = 0.01, 1e-5, 1.0
TARGETS = {"nn.LSTM by hand": 1.05, "torch eager, unrolled": 0.6, "mxnet": 0.35}

Step = Callable[[], object]


def characters() -> np.ndarray:
    """Return the numbers of the characters, one more than there are steps."""
    return np.random.default_rng(0).integers(0, CLASSES, (STEPS + 1, BATCH))


def symnet_step(context: mx.Context) -> Step:
    numbers, eye = characters(), np.eye(CLASSES, dtype=np.float32)
    inputs: dict[str, np.ndarray] = {}
    for t in range(STEPS):
        inputs[f"ptb_data_{t + 1}"] = eye[numbers[t]]
        inputs[f"ptb_label_{t + 1}"] = numbers[t + 1].astype(np.float32)
    for layer in range(1, LAYERS + 1):
        for state in "ch":
            inputs[f"ptb_l{layer}_init_{state}"] = np.zeros((BATCH, HIDDEN), np.float32)
    network = LSTM(LAYERS, STEPS, HIDDEN, HIDDEN, CLASSES, name="ptb")
    shapes = {name: array.shape for name, array in inputs.items()}
    executor = mx.simple_bind(network, context, **shapes)
    model = mx.FeedForward(network, context)
    model.init_model(mx.UniformInitializer(0.1), **shapes)
    executor.copy_params_from(model.arg_params or {})
    for name, array in inputs.items():
        executor.arg_dict[name][:] = array
    optimizer = mx.ADAM(lr=RATE, weight_decay=DECAY, grad_clip=CLIP)
    optimizer.state = mx.OptimizationState(BATCH)
    update = mx.get_updater(optimizer)
    (weights,), (gradients,) = (arena.flat for arena in executor.arenas)

    def step() -> None:
        executor.forward(is_train=True)
        executor.backward()
        update(0, gradients, weights)

    return step


class Unrolled(nn.Module):
    """The network as the tutorial unrolls it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(CLASSES, HIDDEN, bias=False)
        self.i2h = nn.ModuleList(nn.Linear(HIDDEN, 4 * HIDDEN) for _ in range(LAYERS))
        self.h2h = nn.ModuleList(nn.Linear(HIDDEN, 4 * HIDDEN) for _ in range(LAYERS))
        self.pred = nn.Linear(HIDDEN, CLASSES)

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        """Return the scores of all steps."""
        c = [data.new_zeros(BATCH, HIDDEN) for _ in range(LAYERS)]
        h = list(c)
        scores = []
        for one_hot in data:
            given = self.embed(one_hot)
            for layer in range(LAYERS):
                gates = self.i2h[layer](given) + self.h2h[layer](h[layer])
                entry, transform, forget, leave = gates.chunk(4, 1)
                kept = forget.sigmoid() * c[layer]
                c[layer] = kept + entry.sigmoid() * transform.tanh()
                h[layer] = given = leave.sigmoid() * c[layer].tanh()
            scores.append(self.pred(given))
        return torch.stack(scores)


class ByHand(nn.Module):
    """The network as one writes it with torch's own LSTM."""

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.embed = nn.Linear(classes, HIDDEN, bias=False)
        self.lstm = nn.LSTM(HIDDEN, HIDDEN, LAYERS)
        self.pred = nn.Linear(HIDDEN, classes)

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        """Return the scores of all steps."""
        return self.pred(self.lstm(self.embed(data))[0])


def torch_step(network: nn.Module, device: torch.device) -> Step:
    numbers = torch.from_numpy(characters()).to(device)
    data = torch.eye(CLASSES, device=device)[numbers[:-1]]
    labels = numbers[1:].reshape(-1)
    network = network.to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=DECAY, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        scores = network(data).view(-1, CLASSES)
        (nn.functional.cross_entropy(scores, labels, reduction="sum") / BATCH).backward()
        nn.utils.clip_grad_value_(network.parameters(), CLIP)
        optimizer.step()

    return step


def peer_step(python: str, name: str) -> Step:
    """Return a step of a process that runs another package."""
    process = subprocess.Popen(
        [python, str(PEERS), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def step() -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("step\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            raise RuntimeError(f"{name} in {python} ended; its error stands above")

    return step


def first_step_milliseconds(context: mx.Context) -> float:
    """Return the time from symbol to the end of the first step."""
    start = time.perf_counter()
    symnet_step(context)()
    if context.device_type == "gpu":
        torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description="Training steps of the character LSTM.")
    parser.add_argument("--turns", type=int, default=15, help="turns of each way")
    parser.add_argument("--gpu", action="store_true", help="run on the first GPU")
    parser.add_argument("--jax", metavar="PYTHON", help="interpreter with jax")
    parser.add_argument("--mxnet", metavar="PYTHON", help="interpreter with mxnet 1.9.1")
    options = parser.parse_args()
    context = mx.gpu() if options.gpu else mx.cpu()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {context}")
    first = sorted(first_step_milliseconds(context) for _ in range(5))
    print(f"symbol to first step {first[2]:.0f} ms (median of 5)")
    ways = {
        "nn.LSTM by hand": torch_step(ByHand(), context.device),
        "torch eager, unrolled": torch_step(Unrolled(), context.device),
    }
    if options.jax:
        ways |= {f"jax, {kind}": peer_step(options.jax, kind) for kind in ("scan", "unrolled")}
    if options.mxnet:
        ways["mxnet"] = peer_step(options.mxnet, "mxnet")
    ways["symnet"] = symnet_step(context)
    for peer in [name for name in ways if name != "symnet"]:
        pair = {peer: ways[peer], "symnet": ways["symnet"]}
        found = compare(
            pair,
            peer,
            workload=f"training step, character LSTM, beside {peer}",
            turns=options.turns,
            steps=5,
        )
        target = f"   to reach: {TARGETS[peer]}" if peer in TARGETS else ""
        print(f"{peer}: {found[peer].milliseconds:.1f} ms\n  symnet {found['symnet']}{target}")


if __name__ == "__main__":
    main()
