"""Operators that always draw random numbers: their distribution, seeds, shapes, errors.

Seeds are fixed, so that a test gives the same result each time.
"""

import json
from math import log

import numpy as np
import pytest
import scipy.stats
from drawn_rows import COUNT, DRAWN, Drawn, symbol_of
from op_testing import function_of, run

import symnet as mx
from symnet.operators.contract import find_operator

LEAST = 1e-4
"""A p-value below this says that the numbers are of another distribution."""

every_row = pytest.mark.parametrize("row", DRAWN, ids=str)


def bound(row: Drawn) -> mx.Executor:
    return mx.bind(symbol_of(row), mx.cpu(), {n: mx.array(v) for n, v in row.inputs.items()})


def p_value(numbers: np.ndarray, law) -> float:
    """Of a Kolmogorov–Smirnov test, or of a chi-square test of counts."""
    if hasattr(law.dist, "pdf"):
        return scipy.stats.kstest(numbers, law.cdf).pvalue
    values, counts = np.unique(numbers, return_counts=True)
    expected = law.pmf(values) * len(numbers)
    assert (expected > 0).all(), f"{values[expected == 0]} are impossible"
    often = expected >= 5
    rest = len(numbers) - counts[often].sum(), len(numbers) - expected[often].sum()
    several = rest[1] >= 1
    found = [*counts[often], rest[0]] if several else counts[often]
    wanted = np.array([*expected[often], rest[1]] if several else expected[often])
    return scipy.stats.chisquare(found, wanted * (np.sum(found) / wanted.sum())).pvalue


@every_row
def test_numbers_are_distributed_as_they_should_be(row: Drawn) -> None:
    mx.srand(5)
    executor = bound(row)
    entries = len(row.distributions)
    for _ in range(3):  # from the third run on, recorded calls run
        (output,) = executor.forward()
        assert output.dtype == row.dtype
        numbers = output.asnumpy().reshape(entries, -1).astype(float)
        for drawn, law in zip(numbers, row.distributions, strict=True):
            assert len(drawn) == COUNT
            # A type of few digits has steps, which a test of continuous laws would find.
            some = drawn[:2000] if row.dtype == "float16" else drawn
            assert p_value(some, getattr(law, "freeze", lambda law=law: law)()) > LEAST
            neighbours = np.corrcoef(drawn[1:], drawn[:-1])[0, 1]
            assert abs(neighbours) < 5 / np.sqrt(COUNT)


@every_row
def test_a_seed_decides_the_numbers(row: Drawn) -> None:
    executor = bound(row)
    mx.srand(3)
    first, second = (executor.forward()[0].asnumpy() for _ in range(2))
    mx.srand(3)
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), first)
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), second)
    assert (first != second).any()


@every_row
def test_json_says_it_all(row: Drawn) -> None:
    symbol = symbol_of(row)
    again = mx.from_json(symbol.to_json())
    assert again.to_json() == symbol.to_json()
    assert again.graph.outputs[0].node.op == symbol.graph.outputs[0].node.op
    assert symbol.list_outputs() == ["node_output"]


@every_row
def test_inputs_get_no_gradient(row: Drawn) -> None:
    symbol = symbol_of(row)
    if row.inputs and row.op != "sample_multinomial":
        _, gradients = run(symbol + 0.0, row.inputs, np.ones_like(bound(row).forward()[0]))
        assert not any(gradient.any() for gradient in gradients.values())


def test_two_nodes_draw_different_numbers() -> None:
    parts = [mx.random_uniform(shape=(100,)) for _ in range(2)]
    first, second = mx.bind(mx.Group(*parts), mx.cpu(), {}).forward()
    assert (first.asnumpy() != second.asnumpy()).all()


def test_arrays_draw_at_once() -> None:
    mx.srand(1)
    found = mx.sample_normal(mx.array([0, 100]), mx.array([1, 1]), shape=(3, 2))
    assert (found.shape, found.dtype) == ((2, 3, 2), "float32")
    assert (found.asnumpy()[1] > 90).all()
    out = mx.zeros((2, 2), dtype="float64")
    mx.srand(1)
    assert mx._random_normal_like(mx.zeros((2, 2), dtype="float64"), out=out) is out
    assert out.asnumpy().all()


# -- what cannot be drawn --------------------------------------------------------------------------

REFUSED = [
    ("random_uniform", {"low": 2, "high": 1}, "low must not be above high"),
    ("random_normal", {"scale": 0}, "scale must be above 0"),
    ("random_gamma", {"alpha": 0}, "alpha and beta must be above 0"),
    ("random_gamma", {"beta": -1}, "alpha and beta must be above 0"),
    ("random_exponential", {"lam": 0}, "lam must be above 0"),
    ("random_poisson", {"lam": -1}, "lam must be >= 0"),
    ("random_negative_binomial", {"p": 0}, "p must be above 0 and at most 1"),
    ("random_negative_binomial", {"p": 1.5}, "p must be above 0 and at most 1"),
    ("random_negative_binomial", {"k": -1}, "k must be >= 0"),
    ("random_generalized_negative_binomial", {"mu": -1}, "mu must be >= 0"),
    ("random_randint", {"low": 3, "high": 3}, "low must be below high"),
    ("random_randint", {"low": 0, "high": 2**31 + 1}, "must fit int32"),
    ("random_uniform", {"shape": (2, -1)}, "shape must be >= 0"),
    ("random_uniform", {"dtype": "int32"}, "dtype must be"),
    ("_sample_unique_zipfian", {"range_max": 3, "shape": (3,)}, r"must be \(rows, numbers\)"),
    ("_sample_unique_zipfian", {"range_max": 3, "shape": (1, 4)}, "no 4 distinct numbers"),
]


@pytest.mark.parametrize(("op", "params", "message"), REFUSED)
def test_parameters_of_no_distribution_are_refused(op, params, message: str) -> None:
    with pytest.raises(mx.ParameterError, match=message):
        function_of(op)(**{"shape": (2,), **params})


def test_arrays_of_no_distribution_give_nan() -> None:
    found = mx.sample_poisson(mx.array([-1.0, 1.0]), shape=(3,)).asnumpy()
    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1]).any()
    shapes = mx.array([-1.0, 1.0])
    assert np.isnan(mx.sample_gamma(shapes, mx.ones(2)).asnumpy()).tolist() == [True, False]


def test_parameters_must_have_one_shape() -> None:
    with pytest.raises(mx.ShapeError, match=r"sigma should have shape \(2,\)"):
        mx.sample_normal(mx.zeros(2), mx.zeros(3))


@pytest.mark.parametrize("text", ["", "cpu(0)"])
def test_the_usual_context_in_a_file_changes_nothing(text: str) -> None:
    tree = json.loads(mx.random_uniform(shape=(2,)).to_json())
    tree["nodes"][0]["attrs"]["ctx"] = text
    assert mx.from_json(json.dumps(tree)).infer_shape()[1] == [(2,)]
    assert text in find_operator("_random_uniform").fixed_parameters["ctx"]


# -- choices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_gradients_flow_through_logarithms_of_probabilities(shape) -> None:
    symbol = mx.sample_multinomial(mx.Variable("p"), shape=shape, get_prob=True, name="node")
    assert symbol.list_outputs() == ["node_output0", "node_output1"]
    probabilities = np.array([[0.2, 0.8], [0.5, 0.5]])
    heads = np.random.default_rng(0).normal(size=(2, *shape))
    arrays = {"p": mx.array(probabilities, dtype="float64")}
    gradient = mx.zeros((2, 2), dtype="float64")
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad={"p": gradient})
    for _ in range(3):
        classes, logarithms = executor.forward(is_train=True)
        executor.backward([mx.zeros((2, *shape), dtype="int32"), mx.array(heads, dtype="float64")])
        assert (classes.dtype, logarithms.dtype) == ("int32", "float64")
        chosen = classes.asnumpy().reshape(2, -1)
        expected = np.zeros((2, 2))
        for row, number in np.ndindex(chosen.shape):
            entry = row, chosen[row, number]
            expected[entry] += heads.reshape(2, -1)[row, number] / probabilities[entry]
        np.testing.assert_allclose(gradient.asnumpy(), expected)
        right = np.log(np.take_along_axis(probabilities, chosen, 1)).reshape(2, *shape)
        np.testing.assert_allclose(logarithms.asnumpy(), right)


def test_zipfian_numbers_are_distinct_and_low_ones_likely() -> None:
    mx.srand(0)
    executor = mx.bind(mx._sample_unique_zipfian(range_max=50, shape=(4000, 3)), mx.cpu(), {})
    numbers, tries = (each.asnumpy() for each in executor.forward())
    assert numbers.dtype == tries.dtype == np.int64
    assert numbers.min() == 0
    assert numbers.max() == 49
    assert all(len(set(row)) == 3 for row in numbers)
    assert (tries >= 3).all()
    assert (tries > 3).any()
    # The first number of each row is drawn without regard to others.
    borders = np.log(np.array([1, *(k + 1.5 for k in range(49)), 50])) / log(50)
    expected = np.diff(borders) * 4000
    found = np.bincount(numbers[:, 0], minlength=50)
    assert scipy.stats.chisquare(found, expected).pvalue > LEAST


def test_zipfian_numbers_may_be_all_there_are() -> None:
    executor = mx.bind(mx._sample_unique_zipfian(range_max=4, shape=(2, 4)), mx.cpu(), {})
    assert np.sort(executor.forward()[0].asnumpy()).tolist() == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_all_orders_are_equally_likely(dtype: str) -> None:
    mx.srand(0)
    data = mx.array([[0, 1], [10, 11], [20, 21]], dtype=dtype)
    executor = mx.bind(mx.shuffle(mx.Variable("data")), mx.cpu(), {"data": data})
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(1200):
        rows = executor.forward()[0].asnumpy()
        assert rows.dtype == dtype
        assert (rows[:, 1] - rows[:, 0] == 1).all()
        order = tuple(rows[:, 0] // 10)
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert scipy.stats.chisquare(list(counts.values())).pvalue > LEAST


def test_gradients_return_to_where_entries_came_from() -> None:
    data, head = np.arange(5.0), np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    (output,), gradients = run(mx.shuffle(mx.Variable("data")), {"data": data}, head)
    np.testing.assert_array_equal(gradients["data"], head[np.argsort(output)])


def test_the_limit_of_random_numbers_is_a_number_of_int64():
    with pytest.raises(mx.ParameterError, match="numbers must fit int64"):
        mx.random_randint(low=0, high=2**63, shape=(2,), dtype="int64")
    assert mx.random_randint(low=0, high=2**63 - 1, shape=(2,), dtype="int64") is not None
