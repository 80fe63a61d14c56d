"""Operators that draw random numbers: how they are distributed, and that going back uses the same.

With these many numbers and fixed seeds, the bounds are four standard deviations and more wide.
"""

import numpy as np
import pytest
from op_testing import close, function_of

import symnet as mx

Dropout = function_of("Dropout")
COUNT = 20000


def bound(symbol: mx.SymbolicNode, data, dtype="float32") -> mx.Executor:
    return mx.bind(
        symbol,
        mx.cpu(),
        {"data": mx.array(data, dtype=dtype)},
        args_grad={"data": mx.zeros(np.shape(data), dtype=dtype)},
    )


def trained(executor: mx.Executor) -> np.ndarray:
    return executor.forward(is_train=True)[0].asnumpy().astype(float)


def gradient(executor: mx.Executor, head) -> np.ndarray:
    executor.backward(mx.array(head, dtype=executor.outputs[0].dtype))
    return executor.grad_dict["data"].asnumpy().astype(float)


# -- Dropout ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_a_fraction_is_dropped_and_the_rest_scaled(p, dtype):
    mx.srand(1)
    executor = bound(Dropout(mx.Variable("data"), p=p), np.ones(COUNT), dtype)
    for _ in range(4):  # from the third run on, recorded calls run
        kept = trained(executor)
        assert abs((kept == 0).mean() - p) < 4 * np.sqrt(p * (1 - p) / COUNT)
        rtol = {"bfloat16": 1e-2, "float16": 1e-3}.get(dtype, 1e-6)
        close(kept[kept != 0], 1 / (1 - p), rtol=rtol)
        neighbours = np.corrcoef(kept[1:], kept[:-1])[0, 1]
        assert abs(neighbours) < 4 / np.sqrt(COUNT)


def test_going_back_uses_the_same_mask():
    random = np.random.default_rng(0)
    data, head = random.uniform(1, 2, (50, 7)), random.normal(size=(50, 7))
    executor = bound(Dropout(mx.Variable("data"), p=0.3), data)
    masks = set()
    for _ in range(4):
        mask = trained(executor) / data
        close(gradient(executor, head), mask * head)
        close(gradient(executor, head), mask * head)  # and again
        masks.add((mask != 0).tobytes())
    assert len(masks) == 4


def test_the_same_seed_drops_the_same():
    symbol = Dropout(Dropout(mx.Variable("data"), p=0.5, name="a"), p=0.5, name="b")
    found = []
    for seed in (3, 3, 4):
        executor = bound(symbol, np.ones(500))
        mx.srand(seed)
        found.append([trained(executor) for _ in range(4)])
    close(found[0], found[1], rtol=0, atol=0)
    assert (np.array(found[0]) != found[2]).any()


def test_two_layers_drop_independently():
    data = mx.Variable("data")
    both = mx.Group(Dropout(data, p=0.5), Dropout(data, p=0.5))
    first, second = bound(both, np.ones(COUNT)).forward(is_train=True)
    assert abs(np.corrcoef(first.asnumpy(), second.asnumpy())[0, 1]) < 4 / np.sqrt(COUNT)


@pytest.mark.parametrize(("p", "factor"), [(0, 1.0), (1, 0.0)])
def test_nothing_or_everything_is_dropped(p, factor):
    executor = bound(Dropout(mx.Variable("data"), p=p), [1.0, 2.0, 3.0])
    for _ in range(4):
        close(trained(executor), [factor, 2 * factor, 3 * factor])
        close(gradient(executor, [4.0, 5.0, 6.0]), [4 * factor, 5 * factor, 6 * factor])


def test_prediction_drops_nothing_also_between_training():
    executor = bound(Dropout(mx.Variable("data"), p=0.5), np.arange(1.0, 101))
    for _ in range(3):
        assert (trained(executor) == 0).any()
        close(executor.forward(is_train=False)[0].asnumpy(), np.arange(1.0, 101))
        close(gradient(executor, np.ones(100)), np.ones(100))
    array = mx.array([1.0, 2.0])
    close(Dropout(array, p=0.9).asnumpy(), [1, 2])


# -- rrelu -----------------------------------------------------------------------------------------


def leaking(lower=0.125, upper=0.334) -> mx.SymbolicNode:
    params = {"act_type": "rrelu", "lower_bound": lower, "upper_bound": upper}
    return function_of("LeakyReLU")(mx.Variable("data"), **params)


def test_slopes_are_drawn_evenly_between_the_bounds():
    mx.srand(1)
    executor = bound(leaking(0.2, 0.6), np.full(COUNT, -1.0))
    for _ in range(4):
        slopes = np.sort(-trained(executor))
        assert slopes[0] >= 0.2
        assert slopes[-1] <= 0.6
        even = 0.2 + 0.4 * (np.arange(COUNT) + 0.5) / COUNT
        assert abs(slopes - even).max() < 0.4 * 2 / np.sqrt(COUNT)  # Kolmogorov and Smirnov


def test_going_back_uses_the_same_slopes():
    random = np.random.default_rng(0)
    data, head = random.normal(size=(40, 6)), random.normal(size=(40, 6))
    executor = bound(leaking(), data)
    slopes = set()
    for _ in range(4):
        slope = trained(executor) / data
        close(slope[data > 0], 1)
        assert ((slope[data < 0] > 0.124) & (slope[data < 0] < 0.335)).all()
        close(gradient(executor, head), slope * head)
        slopes.add(slope.tobytes())
    assert len(slopes) == 4


def test_prediction_takes_the_middle_slope():
    executor = bound(leaking(0.2, 0.6), [-1.0, 0.0, 2.0])
    trained(executor)
    close(executor.forward(is_train=False)[0].asnumpy(), [-0.4, 0, 2])
    close(gradient(executor, [1.0, 1.0, 1.0]), [0.4, 0.4, 1])


def test_bounds_that_meet_leave_no_choice():
    close(trained(bound(leaking(0.5, 0.5), [-2.0, 4.0])), [-1, 4])
