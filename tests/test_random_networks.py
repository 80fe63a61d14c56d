"""Networks drawn at random: whatever is rewritten, planned or packed, the numbers stay.

Predictions are held against each operator's rule, one after the other, in float64; gradients
against a trace, which rewrites nothing and shares no memory.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from engine import evaluate
from random_networks import random_network

import symnet as mx
from symnet.executor import Executor, bind_in_groups
from symnet.executor.trace import Trace

Numbers = dict[str, np.ndarray]
SEEDS = range(60, 90)


class Case:
    """A network, its inputs, and numbers for all its arrays."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        rows = int(random.integers(1, 6))
        size = (int(random.choice([1, 3, 8])), *random.choice([6, 9, 12], 2).tolist())
        self.inputs = {"data": (rows, *size), "softmax_label": (rows,)}
        self.net = random_network(seed, self.inputs["data"], int(random.integers(3, 16)))
        executor = self.bind()
        self.parameters = [n for n in executor.arg_dict if n not in self.inputs]
        self.numbers: Numbers = {"softmax_label": random.integers(0, 5, rows)}
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            spread = 1.5 / np.sqrt(np.prod(array.shape[1:])) if name.endswith("weight") else 0.5
            drawn = spread * random.normal(size=array.shape)
            if name.endswith(("gamma", "moving_var")):
                drawn = random.uniform(0.5, 1.5, array.shape)
            self.numbers.setdefault(name, drawn)

    def bind(self, **options: Any) -> Executor:
        return mx.simple_bind(self.net, **options, **self.inputs)

    def fill(self, executor: Executor) -> Executor:
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            array[:] = self.numbers[name]
        return executor

    def expected(self) -> list[np.ndarray]:
        arrays = {name: torch.tensor(own).double() for name, own in self.numbers.items()}
        return [output.numpy() for output in evaluate(self.net.graph, arrays)]


def assert_near(found: Any, expected: Any, rtol: float) -> None:
    """Hold arrays against each other by the size of their numbers, as sums are rounded by it."""
    scale = max(float(np.abs(expected).max()), 1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * scale)


@pytest.mark.parametrize("seed", SEEDS)
def test_predictions(seed: int) -> None:
    case = Case(seed)
    expected = case.expected()
    constant = case.fill(case.bind(grad_req="null"))
    constant.hold_constant([*case.parameters, *constant.aux_dict])
    model = mx.FeedForward(case.net)
    arrays = {name: mx.array(numbers) for name, numbers in case.numbers.items()}
    model.arg_params = {name: arrays[name] for name in case.parameters}
    model.aux_params = {name: arrays[name] for name in constant.aux_dict}
    plain = case.fill(case.bind())
    for _ in range(3):  # as a program is made, recorded, and run
        for executor in (plain, constant):
            for found, output in zip(executor.forward(), expected, strict=True):
                assert_near(found.asnumpy(), output, 1e-3)
        predicted: Any = model.predict(case.numbers["data"])
        first = predicted[0] if isinstance(predicted, list) else predicted
        assert_near(first, expected[0], 1e-3)


def as_fit_does(case: Case) -> Executor:
    executor = bind_in_groups(case.net, mx.cpu(), case.inputs, orders_filters=True)
    executor.differentiate_once()
    return executor


def in_little_memory(case: Case) -> Executor:
    executor = as_fit_does(case)
    whole = executor.memory().total
    try:
        executor.limit_memory(whole * 95 // 100)
    except mx.ArgumentError:  # there is nothing to be saved
        return as_fit_does(case)
    return executor


WAYS: dict[str, Callable[[Case], Executor]] = {
    "plain": Case.bind,
    "as fit does": as_fit_does,
    "in little memory": in_little_memory,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", SEEDS)
def test_gradients(seed: int, way: str) -> None:
    case = Case(seed)
    executor = case.fill(WAYS[way](case))
    traced = {
        name: value.tensor.clone().numpy()
        for value in Trace(case.fill(case.bind())).run()
        for name in value.names
    }
    for _ in range(3):
        case.fill(executor).forward(is_train=True)
        executor.backward()
        for name in case.parameters:
            gradient = executor.grad_dict[name].asnumpy()
            assert_near(gradient, traced.get(f"{name}_gradient", np.zeros(1)), 5e-3)
