"""Forward and backward of each operator through an executor, against PyTorch eager.

    python benchmarks/operators.py [--only NAME] [--turns N] [--above RATIO]

Each operator is measured as it stands in a network: its data is the product of an array and a
number, the squares of its outputs are summed, and the gradients of all arrays are computed; at a
small and a large size. Eager does the same under autograd, and keeps the gradients in `.grad`.
What has no gradient is measured forward only, and marked so. All runs on one thread, whose
processor time counts: on a machine that others use too, time on the clock says little.
"""

import argparse
import time
from collections.abc import Callable, Mapping

import torch
from _measure import Comparison, compare, seconds_of
from _operator_rows import DATA, ROWS, Row, Shape
from _operator_rows_arrays import ROWS as ARRAY_ROWS
from _operator_rows_networks import ROWS as NETWORK_ROWS
from _operator_rows_random import ROWS as RANDOM_ROWS
from _operator_rows_vision import ROWS as VISION_ROWS
from torch import Tensor

import symnet as mx

TURN_SECONDS = 0.01
"""About how long one turn of one way takes."""


def symbol_of(row: Row, names: list[str]) -> mx.SymbolicNode:
    """Return the network of one operator."""
    variables = {name: mx.Variable(name) for name in names}
    for name in variables.keys() & DATA - row.constant():
        variables[name] = variables[name] * 1.5
    if "arg0" in variables:
        symbol = row.symbol(*variables.values(), **row.parameters)
    else:
        symbol = row.symbol(**variables, **row.parameters)
    if row.loss or row.forward_only:
        return symbol
    sums = [mx.sum(mx.square(symbol[n])) for n in range(len(symbol.list_outputs()))]
    return sums[0] if len(sums) == 1 else mx.ElementWiseSum(*sums)


def symnet_step(row: Row, tensors: Mapping[str, Tensor]) -> Callable[[], None]:
    names = [name for name in tensors if name not in row.states]
    symbol = symbol_of(row, names)
    arrays = {name: mx.array(tensors[name]) for name in names}
    wanted = [] if row.forward_only else [n for n in arrays if n not in row.constant()]
    states = symbol.list_auxiliary_states()
    executor = mx.bind(
        symbol,
        mx.cpu(),
        args=arrays,
        args_grad={name: mx.zeros(arrays[name].shape) for name in wanted},
        grad_req={name: "write" if name in wanted else "null" for name in arrays},
        aux_states={s: mx.array(tensors[k]) for s, k in zip(states, row.states, strict=True)},
    )
    heads = None if row.loss else [mx.ones(1)]

    def step() -> None:
        executor.forward(is_train=True)
        executor.backward(heads)

    return executor.forward if row.forward_only else step


def eager_step(row: Row, tensors: Mapping[str, Tensor]) -> Callable[[], object]:
    constant = tensors.keys() if row.forward_only else row.constant()
    leaves = {n: t.clone().requires_grad_(n not in constant) for n, t in tensors.items()}
    wanted = [t for t in leaves.values() if t.requires_grad]
    scaled = DATA - row.constant()

    def outputs() -> tuple[Tensor, ...]:
        inputs = [leaf * 1.5 if name in scaled else leaf for name, leaf in leaves.items()]
        found = row.eager(*inputs)
        return found if isinstance(found, tuple) else (found,)

    def step() -> None:
        for leaf in wanted:
            leaf.grad = None
        found = outputs()
        if not row.loss:
            found = tuple(torch.square(each).sum() for each in found)
        sum(found[1:], start=found[0]).backward()

    return outputs if row.forward_only else step


def tensors_of(row: Row, shapes: Mapping[str, Shape]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in shapes.items():
        if name in row.indices:
            tensors[name] = torch.randint(row.indices[name], shape, generator=generator).float()
        elif name in row.draws:
            tensors[name] = row.draws[name](generator, shape)
        else:
            tensors[name] = torch.rand(shape, generator=generator) + 0.1
    return tensors | {state: torch.ones(shapes["data"][1]) for state in row.states}


def measure(name: str, row: Row, shapes: Mapping[str, Shape], turns: int) -> Comparison:
    tensors = tensors_of(row, shapes)
    ways = {"eager": eager_step(row, tensors), "symnet": symnet_step(row, tensors)}
    seconds = max(seconds_of(step, 3, time.process_time) for step in ways.values())
    steps = max(1, min(50, round(TURN_SECONDS / seconds)))
    found = compare(ways, "eager", workload=name, turns=turns, steps=steps, clock=time.process_time)
    return found["symnet"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Operators against PyTorch eager.")
    parser.add_argument("--only", default="", help="only operators whose name contains this")
    parser.add_argument("--turns", type=int, default=9, help="turns of each way")
    parser.add_argument("--above", type=float, default=0, help="only ratios above this are printed")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads; ratio to eager (quartiles)"
    )
    print(f"{'operator':<36} {'small':<46} large")
    for name, row in {**ROWS, **ARRAY_ROWS, **RANDOM_ROWS, **NETWORK_ROWS, **VISION_ROWS}.items():
        if options.only not in name:
            continue
        label = f"{name} (forward)" if row.forward_only else name
        found = [
            measure(f"{label}, {size}", row, shapes, options.turns)
            for size, shapes in (("small", row.small), ("large", row.large))
        ]
        if max(each.ratio for each in found) > options.above:
            print(f"{label:<36} {found[0]!s:<46} {found[1]}", flush=True)


if __name__ == "__main__":
    main()
