"""foreach, while_loop and cond of symbols: recorded with Apache MXNet 1.9.1, or by hand."""

from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx

X = mx.sym.Variable


def run(net: Any, **shapes: tuple[int, ...]) -> tuple[list[float], dict[str, float]]:
    """Return the sums of outputs and of gradients, with inputs drawn in the order of names."""
    executor = net.simple_bind(mx.cpu(), **shapes)
    drawn = np.random.RandomState(0)
    for _, held in sorted(executor.arg_dict.items()):
        held[:] = drawn.normal(size=held.shape)
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.ones(each.shape) for each in outputs])
    return (
        [float(each.asnumpy().sum()) for each in outputs],
        {name: float(each.asnumpy().sum()) for name, each in executor.grad_dict.items()},
    )


def test_foreach_with_what_stands_around_it() -> None:
    outside = mx.sym.tanh(X("w")) * 2

    def body(row: Any, states: Any) -> Any:
        layer = mx.sym.FullyConnected(row, num_hidden=3, name="fc")
        new = mx.sym.tanh(layer + states[0] * outside)
        return [new * 2, states[1]], [new, states[1] + 1]

    results, states = mx.sym.contrib.foreach(body, X("x"), [X("s"), X("t")])
    net = mx.sym.Group([*results, *states])
    shapes = {"x": (4, 2, 5), "s": (2, 3), "t": (2, 3), "w": (2, 3)}
    expected = [7.4865, 50.7044, 2.8668, 27.6761]
    slopes = {"fc_bias": 22.6724, "fc_weight": -39.2863, "s": 1.3469, "t": 30.0}
    slopes |= {"w": -3.0453, "x": 61.4626}
    for each in (net, mx.sym.load_json(net.tojson())):
        outputs, gradients = run(each, **shapes)
        np.testing.assert_allclose(outputs, expected, atol=2e-4)
        assert gradients == pytest.approx(slopes, abs=2e-4)


def test_a_single_symbol_stays_single() -> None:
    result, state = mx.sym.contrib.foreach(lambda row, s: (row + s, row + s), X("x"), X("s"))
    assert isinstance(result, mx.sym.Symbol)
    assert isinstance(state, mx.sym.Symbol)
    found = result.eval(x=mx.nd.array([[1], [2], [3]]), s=mx.nd.array([10]))[0]
    assert found.asnumpy().tolist() == [[11], [13], [16]]


def test_loops_inside_loops() -> None:
    def inner(number: Any, total: Any) -> Any:
        return number, total + number * X("k")

    def outer(row: Any, total: Any) -> Any:
        _, following = mx.sym.contrib.foreach(inner, row, total)
        return following, following

    sums, last = mx.sym.contrib.foreach(outer, X("x"), X("s"))
    net = mx.sym.Group([sums, last])
    given = {"x": mx.nd.array(np.arange(6).reshape(3, 2, 1)), "s": mx.nd.array([100])}
    found = net.eval(k=mx.nd.array([2]), **given)
    assert found[0].asnumpy().reshape(-1).tolist() == [102, 112, 130]
    assert found[1].asnumpy().tolist() == [130]


def test_draws_differ_from_step_to_step() -> None:
    def body(row: Any, state: Any) -> Any:
        return row + mx.sym.random.uniform(shape=(8,)), state + row

    drawn, _ = mx.sym.contrib.foreach(body, X("x"), X("s"))
    found = drawn.eval(x=mx.nd.zeros((2, 8)), s=mx.nd.zeros((8,)))[0].asnumpy()
    assert not np.array_equal(found[0], found[1])


def test_while_loop() -> None:
    w = X("w")
    results, variables = mx.sym.contrib.while_loop(
        lambda i, a: i < 4, lambda i, a: (a * w, [i + 1, a + w]), [X("i"), X("a")], 6
    )
    net = mx.sym.Group([results, *variables])
    executor = net.simple_bind(mx.cpu(), i=(1,), a=(2,), w=(2,))
    for name, number in (("i", 1), ("a", 2), ("w", 3)):
        executor.arg_dict[name][:] = number
    outputs = executor.forward(is_train=True)
    assert outputs[0].asnumpy()[:, 0].tolist() == [6, 15, 24, 0, 0, 0]
    assert [each.asnumpy()[0] for each in outputs[1:]] == [4, 11]
    executor.backward([mx.nd.ones(each.shape) for each in outputs])
    # d/dw of (a w) + ((a + w) w) + ((a + 2 w) w) + (a + 3 w), at a = 2, w = 3.
    assert executor.grad_dict["w"].asnumpy().tolist() == [27, 27]
    assert executor.grad_dict["a"].asnumpy().tolist() == [10, 10]


def test_a_loop_without_results() -> None:
    results, variables = mx.sym.contrib.while_loop(
        lambda i: i < 3, lambda i: (None, [i + 1]), [X("i")], max_iterations=9
    )
    assert results == []
    assert variables[0].eval(i=mx.nd.array([0]))[0].asnumpy().tolist() == [3]


def test_cond_takes_one_branch() -> None:
    a, w = X("a"), X("w")
    net = mx.sym.contrib.cond(mx.sym.sum(X("p")) > 0, lambda: a * w, lambda: a - w)
    for sign, expected in ((1, 6), (-1, -1)):
        given = {"p": mx.nd.full((2,), sign), "a": mx.nd.array([2]), "w": mx.nd.array([3])}
        assert net.eval(**given)[0].asnumpy().tolist() == [expected]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda c: c.foreach(lambda r, s: (s, s), X("x"), X("s")), "does not use 'x'"),
        (lambda c: c.foreach(lambda r, s: (r, [r, s]), X("x"), X("s")), "1 states, and returns 2"),
        (lambda c: c.foreach(lambda r, s: (1.0, s + r), X("x"), X("s")), "are symbols, got 1.0"),
        (lambda c: c.while_loop(lambda i: i, lambda i: (i, i), X("i")), "max_iterations"),
        (
            lambda c: c.while_loop(lambda i, j: i, lambda i, j: (i, [i, i]), [X("i"), X("j")], 2),
            "does not use the variable 'j'",
        ),
        (lambda c: c.cond(X("p"), lambda: [X("a"), X("b")], lambda: X("a")), "make 2 and 1"),
    ],
)
def test_what_cannot_be_a_loop(make: Any, text: str) -> None:
    with pytest.raises(mx.MXNetError, match=text):
        make(mx.sym.contrib)
