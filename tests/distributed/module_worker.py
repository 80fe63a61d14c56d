"""One of two processes that train a module of a network under DistributedDataParallel."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

import symnet as mx

ROWS = 4
"""Samples of each process."""


def two_heads() -> mx.SymbolicNode:
    """Return a network in which samples have nothing to do with each other."""
    hidden = mx.FullyConnected(mx.Variable("data"), num_hidden=5, name="fc1")
    hidden = mx.BatchNorm(hidden, fix_gamma=False, use_global_stats=True, name="norm")
    hidden = mx.Activation(hidden, act_type="tanh")
    left = mx.FullyConnected(hidden, num_hidden=2, name="left")
    return mx.Group(left, mx.FullyConnected(hidden, num_hidden=2, name="right"))


def normalised() -> mx.SymbolicNode:
    """Return a network whose states move in training."""
    return mx.BatchNorm(mx.Variable("data"), fix_gamma=False, momentum=0.75, name="norm")


def module(symbol: mx.SymbolicNode, seed: int) -> nn.Module:
    """Return a network as a module, with numbers that follow from a seed."""
    random = np.random.default_rng(seed)
    shapes, _, states = symbol.infer_shape(data=(ROWS, 3))
    named = zip(symbol.list_arguments(), shapes, strict=True)
    parameters = {n: mx.array(random.normal(size=s)) for n, s in named if n != "data"}
    named = zip(symbol.list_auxiliary_states(), states, strict=True)
    held = {name: mx.array(random.uniform(1, 2, size=shape)) for name, shape in named}
    return mx.to_module(symbol, parameters, held).train()


def samples() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the batch of both processes, and what each output counts."""
    random = np.random.default_rng(5)
    data, weights = random.normal(size=(2 * ROWS, 3)), random.normal(size=(2 * ROWS, 2))
    return torch.from_numpy(data.astype("float32")), torch.from_numpy(weights.astype("float32"))


def gradients(
    called: nn.Module, own: nn.Module, data: torch.Tensor, weights: torch.Tensor, *, both: bool
) -> dict[str, torch.Tensor]:
    """Return the gradients of a step, with both heads or the left one alone."""
    own.zero_grad()
    left, right = called(data)
    ((left + right if both else left) * weights).sum().backward()
    return {n: p.grad.clone() for n, p in own.named_parameters() if p.grad is not None}


def main(folder: Path, rank: int) -> None:
    """Train on one half of the batch, and write down what came of it."""
    meeting = f"file://{folder}/meeting"
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
    data, weights = (each[rank * ROWS : (rank + 1) * ROWS] for each in samples())
    own = module(two_heads(), seed=rank)
    shared = nn.parallel.DistributedDataParallel(own, find_unused_parameters=True)
    found = {
        "started": {name: tensor.clone() for name, tensor in own.state_dict().items()},
        "both": gradients(shared, own, data, weights, both=True),
        "left": gradients(shared, own, data, weights, both=False),
    }
    own = module(normalised(), seed=rank)
    shared = nn.parallel.DistributedDataParallel(own)
    for step in ("first", "second"):
        shared(data).sum().backward()
        found[step] = {name: tensor.clone() for name, tensor in own.named_buffers()}
    torch.save(found, folder / f"found-{rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
