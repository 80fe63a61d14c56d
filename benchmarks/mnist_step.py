"""One whole training step of the MNIST networks, against PyTorch eager.

    python benchmarks/mnist_step.py [--turns N]

A step is: batch copied in, forward, backward, update, accuracy. The peer is the same network in
torch.nn with torch.optim.SGD(fused=True) and cross_entropy; both count on the device. Also the
time from symbol to the end of the first step, and what a `fit` epoch costs beside its steps.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _measure import compare, seconds_of
from torch import nn

import symnet as mx

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "mnist"))
from lenet import build_lenet
from mlp import build_mlp

BATCH = 100
SHAPES = {"mlp": (BATCH, 784), "lenet": (BATCH, 1, 28, 28)}
SYMBOLS = {"mlp": build_mlp, "lenet": build_lenet}
RATES = {"mlp": 0.1, "lenet": 0.05}
WORDS = {"mlp": "MNIST perceptron", "lenet": "LeNet"}
TARGETS = {"mlp": 0.65, "lenet": 0.55}


def eager_network(name: str) -> nn.Module:
    if name == "mlp":
        layers = [nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)]
    else:
        layers = [nn.Conv2d(1, 20, 5), nn.Tanh(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(20, 50, 5), nn.Tanh(), nn.MaxPool2d(2)]
        layers += [nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10)]
    return nn.Sequential(*layers)


def batch_of(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    data = torch.rand(SHAPES[name], generator=generator)
    return data, torch.randint(0, 10, (BATCH,), generator=generator).float()


def eager_step(
    name: str, device: torch.device, memory_format: torch.memory_format = torch.contiguous_format
) -> Callable[[], None]:
    images, labels = batch_of(name)
    network = eager_network(name).to(device)
    if memory_format is torch.channels_last:
        network = network.to(memory_format=memory_format)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=RATES[name], momentum=0.9, weight_decay=1e-5, fused=True
    )
    data = torch.empty(SHAPES[name], device=device)
    if memory_format is torch.channels_last:
        data = data.to(memory_format=memory_format)
    label = torch.empty(BATCH, dtype=torch.long, device=device)
    correct = torch.zeros((), dtype=torch.long, device=device)

    def step() -> None:
        data.copy_(images)
        label.copy_(labels)
        optimizer.zero_grad()
        scores = network(data)
        nn.functional.cross_entropy(scores, label).backward()
        optimizer.step()
        correct.add_((scores.detach().argmax(1) == label).sum())

    return step


def symnet_step(name: str, context: mx.Context) -> Callable[[], None]:
    images, labels = batch_of(name)
    executor = mx.simple_bind(SYMBOLS[name](), context, data=SHAPES[name], softmax_label=(BATCH,))
    model = mx.FeedForward(executor.symbol, context)
    model.init_model(mx.UniformInitializer(0.07), data=SHAPES[name], softmax_label=(BATCH,))
    executor.copy_params_from(model.arg_params or {})
    provider = mx.ArrayDataProvider(images, labels, batch_size=BATCH)
    batch = next(iter(provider))
    targets = [executor.arg_dict["data"]], [executor.arg_dict["softmax_label"]]
    optimizer = mx.SGD(lr=RATES[name], momentum=0.9, weight_decay=1e-5)
    optimizer.state = mx.OptimizationState(BATCH)
    update = mx.get_updater(optimizer)
    (weights,), (gradients,) = (arena.flat for arena in executor.arenas)
    metric = mx.Accuracy()

    def step() -> None:
        provider.load_data(batch, targets[0])
        provider.load_label(batch, targets[1])
        executor.forward(is_train=True)
        executor.backward()
        update(0, gradients, weights)
        metric.update(batch.get_label(), executor.outputs)

    return step


def first_step_milliseconds(name: str, context: mx.Context) -> float:
    """Return the time from symbol to the end of the first step."""
    start = time.perf_counter()
    symnet_step(name, context)()
    if context.device_type == "gpu":
        torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - start)


def fit_cost(name: str, context: mx.Context, batches: int = 80) -> tuple[float, float]:
    """Return seconds of a `fit` epoch and of as many bare steps, taking turns."""
    images = np.random.default_rng(0).random((batches * BATCH, *SHAPES[name][1:]), dtype=np.float32)
    labels = np.random.default_rng(1).integers(0, 10, batches * BATCH)
    provider = mx.ArrayDataProvider(images, labels, batch_size=BATCH)
    model = mx.FeedForward(SYMBOLS[name](), context)
    step = symnet_step(name, context)
    ends: list[float] = []
    bare: list[float] = []

    def between(*_: object) -> None:
        start = time.perf_counter()
        ends.append(start)
        bare.append(batches * seconds_of(step, batches))
        ends.append(time.perf_counter())

    model.fit(
        mx.SGD(lr=0.01),
        provider,
        n_epoch=9,
        verbose=False,
        callbacks=[mx.every_n_epoch(between, 1)],
    )
    epochs = [ends[i] - ends[i - 1] for i in range(2, len(ends), 2)]
    ratios = sorted(e / b for e, b in zip(epochs[1:], bare[1:], strict=False))
    return ratios[len(ratios) // 2], sorted(epochs)[len(epochs) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description="Training steps of the MNIST networks.")
    parser.add_argument("--turns", type=int, default=25, help="turns of each way")
    parser.add_argument("--gpu", action="store_true", help="run on the first GPU")
    options = parser.parse_args()
    context = mx.gpu() if options.gpu else mx.cpu()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, batch {BATCH}, {context}")
    for name in SYMBOLS:
        first = [first_step_milliseconds(name, context) for _ in range(5)]
        print(f"{name}: symbol to first step {sorted(first)[2]:.1f} ms (median of 5)")
        ways = {"eager": eager_step(name, context.device)}
        if name == "lenet":
            ways["eager, channels_last"] = eager_step(name, context.device, torch.channels_last)
        ways["symnet"] = symnet_step(name, context)
        found = compare(
            ways,
            "eager",
            workload=f"training step, {WORDS[name]}",
            turns=options.turns,
            steps=100 if name == "mlp" else 10,
        )
        for way, result in found.items():
            print(f"  {way:<22} {result}")
        print(f"  to reach: {TARGETS[name]}")
        ratio, seconds = fit_cost(name, context)
        print(f"  fit epoch of 80 batches: {seconds:.3f} s, {ratio:.3f} of its bare steps")


if __name__ == "__main__":
    main()
