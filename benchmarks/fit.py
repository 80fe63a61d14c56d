"""Whole calls of `fit` on small networks, against the same training by hand in PyTorch, and Keras.

    python benchmarks/fit.py [--turns N] [--networks mlp lenet lstm] [--keras PYTHON] [--gpu]

A call trains for three epochs on 8,000 samples in batches of 100, in a new order each, with loss
and accuracy: the making of the model and of its program counts. By hand it is the loop that one
writes in PyTorch, with `SGD(fused=True)`. PYTHON is an interpreter that has Keras and JAX;
`_keras_fit.py` runs in it, with each backend, as a process that takes its turns with the others.
The documents' character LSTM trains on 20 batches of text, against `nn.LSTM` in such a loop.
"""

import argparse
import logging
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _lstm_fit import symnet_lstm, torch_lstm
from _measure import compare
from mnist_step import RATES, SHAPES, SYMBOLS, WORDS, eager_network
from torch import nn

import symnet as mx

KERAS = Path(__file__).with_name("_keras_fit.py")
SAMPLES, BATCH, EPOCHS = 8000, 100, 3
FEWER = {"lenet": 800}
"""Samples of a network whose step takes longer."""
MOMENTUM, DECAY = 0.9, 1e-5

NETWORKS = [*SYMBOLS, "lstm"]
Fit = Callable[[], object]


def samples_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    count, draw = FEWER.get(name, SAMPLES), np.random.default_rng(0)
    images = draw.random((count, *SHAPES[name][1:]), dtype=np.float32)
    return images, draw.integers(0, 10, count)


def symnet_fit(name: str, context: mx.Context) -> Fit:
    images, labels = samples_of(name)

    def fit() -> None:
        model = mx.FeedForward(SYMBOLS[name](), context)
        optimizer = mx.SGD(lr=RATES[name], momentum=MOMENTUM, weight_decay=DECAY)
        model.fit(optimizer, images, labels, batch_size=BATCH, n_epoch=EPOCHS, verbose=False)

    return fit


def torch_fit(name: str, device: torch.device) -> Fit:
    images, labels = map(torch.from_numpy, samples_of(name))

    def fit() -> None:
        network = eager_network(name).to(device)
        optimizer = torch.optim.SGD(
            network.parameters(),
            lr=RATES[name],
            momentum=MOMENTUM,
            weight_decay=DECAY,
            fused=True,
        )
        for _ in range(EPOCHS):
            total = torch.zeros((), device=device)
            right = torch.zeros((), dtype=torch.long, device=device)
            for rows in torch.randperm(len(images)).split(BATCH):
                data, label = images[rows].to(device), labels[rows].to(device)
                optimizer.zero_grad()
                scores = network(data)
                loss = nn.functional.cross_entropy(scores, label)
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
                right += (scores.detach().argmax(1) == label).sum()
            _ = total.item() / len(images), right.item() / len(images)

    return fit


def keras_fit(python: str, name: str, backend: str) -> Fit:
    """Return a call of `fit` in a process that runs Keras; it answers once it is done."""
    process = subprocess.Popen(
        [python, str(KERAS), name, str(FEWER.get(name, SAMPLES)), str(BATCH), str(EPOCHS)],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def fit() -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("fit\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            raise RuntimeError(f"Keras on {backend} in {python} ended; its error stands above")

    return fit


def main() -> None:
    parser = argparse.ArgumentParser(description="Whole calls of fit on small networks.")
    parser.add_argument("--turns", type=int, default=11, help="turns of each way")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    parser.add_argument("--gpu", action="store_true", help="run on the first GPU")
    parser.add_argument("--keras", metavar="PYTHON", help="interpreter with keras and jax")
    options = parser.parse_args()
    context = mx.gpu() if options.gpu else mx.cpu()
    # Random labels cannot be learned, which the log would say at each call.
    logging.disable(logging.WARNING)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {EPOCHS} epochs")
    for name in options.networks:
        ways = ways_of(name, context, options.keras)
        words = WORDS.get(name, "character LSTM")
        print(words)
        workload = f"fit, {words}, {EPOCHS} epochs"
        found = compare(ways, "PyTorch by hand", workload=workload, turns=options.turns, steps=1)
        for way, result in found.items():
            print(f"  {way:<16} {result}", flush=True)


def ways_of(name: str, context: mx.Context, keras: str | None) -> dict[str, Fit]:
    """Return what trains a network, by name."""
    if name == "lstm":
        return {
            "symnet": symnet_lstm(context, EPOCHS),
            "PyTorch by hand": torch_lstm(context.device, EPOCHS),
        }
    ways = {
        "symnet": symnet_fit(name, context),
        "PyTorch by hand": torch_fit(name, context.device),
    }
    if keras:
        ways |= {f"Keras on {own}": keras_fit(keras, name, own) for own in ("jax", "torch")}
    return ways


if __name__ == "__main__":
    main()
