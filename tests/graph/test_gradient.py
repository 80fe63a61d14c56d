"""Differentiation: which gradients a graph gets, which it does not, and what they come to."""

from typing import Any

import numpy as np
from engine import barrier, halves
from numpy.testing import assert_allclose

import symnet as mx
from symnet.graph._verify import verify
from symnet.graph.dtypes import infer_dtypes
from symnet.graph.gradient import Differentiated, differentiate
from symnet.graph.node import Gradient
from symnet.graph.shapes import infer_shapes


def differentiated(
    symbol: mx.SymbolicNode, *wanted: str, **shapes: tuple[int, ...]
) -> Differentiated:
    graph = symbol.graph
    nodes = [node for node in graph.arguments if node.name in wanted]
    whole = differentiate(graph, nodes, infer_shapes(graph, shapes).shapes, infer_dtypes(graph, {}))
    verify(whole.graph)
    return whole


def gradient_nodes(whole: Differentiated) -> list[str]:
    return sorted(node.name for node in whole.graph.nodes if isinstance(node.op, Gradient))


def gradients(
    symbol: mx.SymbolicNode, heads: list[Any] | None = None, start: float = 7.0, **values: Any
) -> dict[str, np.ndarray]:
    """The gradients of all arguments; arrays hold `start` before."""
    args = {name: mx.array(value) for name, value in values.items()}
    grads = {name: mx.ones(array.shape) * start for name, array in args.items()}
    executor = mx.bind(symbol, mx.cpu(), args, args_grad=grads)
    executor.forward(is_train=True)
    executor.backward(None if heads is None else [mx.array(head) for head in heads])
    return {name: array.asnumpy() for name, array in grads.items()}


X, Y = np.array([1.0, 2.0, -3.0]), np.array([0.5, -1.0, 4.0])
HEAD = np.array([1.0, 10.0, 100.0])
x, y = mx.Variable("x"), mx.Variable("y")


# -- sums over uses --------------------------------------------------------------------------------


def test_both_inputs_the_same() -> None:
    assert_allclose(gradients(x * x, [HEAD], x=X)["x"], 2 * X * HEAD)
    assert_allclose(gradients(x + x, [HEAD], x=X)["x"], 2 * HEAD)
    assert_allclose(gradients(x - x, [HEAD], x=X)["x"], 0 * HEAD)


def test_a_shared_value_gets_the_sum() -> None:
    shared = x * y
    found = gradients(shared * shared + shared * 3 + mx.exp(x), [HEAD], x=X, y=Y)
    above = (2 * X * Y + 3) * HEAD
    assert_allclose(found["x"], above * Y + np.exp(X) * HEAD, rtol=1e-6)
    assert_allclose(found["y"], above * X, rtol=1e-6)


def test_the_same_value_many_times_in_one_sum() -> None:
    """Parts of the sum of gradients lie in the same memory, which no addition may overwrite."""
    tripled = mx.exp(mx.ElementWiseSum(x, y, x, x))
    found = gradients(mx.Activation(tripled, act_type="tanh"), [HEAD], x=X, y=Y)
    inner = np.exp(3 * X + Y)
    slope = (1 - np.tanh(inner) ** 2) * inner * HEAD
    assert_allclose(found["x"], 3 * slope, rtol=1e-4)
    assert_allclose(found["y"], slope, rtol=1e-4)


def test_tied_weights() -> None:
    weight = mx.Variable("w")
    hidden = mx.FullyConnected(mx.Variable("x"), weight, num_hidden=2, no_bias=True)
    net = mx.FullyConnected(hidden, weight, num_hidden=2, no_bias=True)
    data, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0], [2.0, 1.0]])
    head = np.array([[1.0, 0.0], [2.0, -1.0]])
    found = gradients(net, [head], x=data, w=w)
    below = data @ w.T
    assert_allclose(found["w"], head.T @ below + (head @ w).T @ data)
    assert_allclose(found["x"], head @ w @ w)


# -- what nothing flows through --------------------------------------------------------------------


def test_an_unused_output_counts_as_zero() -> None:
    data = np.arange(8.0).reshape(2, 4)
    head = np.array([[1.0, 2.0], [3.0, 4.0]])
    right = gradients(halves(x)[1], [head], x=data)["x"]
    assert_allclose(right, np.hstack([np.zeros((2, 2)), head]))
    both = gradients(halves(x), [head, -head], x=data)["x"]
    assert_allclose(both, np.hstack([head, -head]))


def test_behind_a_barrier_the_gradient_is_zero_and_written() -> None:
    found = gradients(barrier(x) * y, [HEAD], x=X, y=Y)
    assert_allclose(found["x"], 0 * X)
    assert_allclose(found["y"], 0.9 * X * HEAD, rtol=1e-6)
    assert_allclose(gradients(barrier(x), x=X)["x"], 0 * X)  # and no head gradient is needed


def test_a_barrier_is_no_loss_for_what_goes_around_it() -> None:
    assert_allclose(gradients(barrier(x) + x, [HEAD], x=X)["x"], HEAD)


# -- what is not wanted ----------------------------------------------------------------------------


def mlp() -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc1")
    net = mx.Activation(net, act_type="relu", name="act")
    net = mx.FullyConnected(net, num_hidden=2, name="fc2")
    return mx.SoftmaxOutput(net, name="softmax")


def test_unwanted_gradients_add_no_nodes() -> None:
    everything = differentiated(mlp(), *mlp().list_arguments(), data=(4, 5))
    assert gradient_nodes(everything) == [
        *("act_data_gradient", "fc1_bias_gradient", "fc1_data_gradient", "fc1_weight_gradient"),
        *("fc2_bias_gradient", "fc2_data_gradient", "fc2_weight_gradient"),
        "softmax_data_gradient",
    ]
    last = differentiated(mlp(), "fc2_bias", data=(4, 5))
    assert gradient_nodes(last) == ["fc2_bias_gradient", "softmax_data_gradient"]
    assert [node.name for node in last.gradients] == ["fc2_bias"]
    net = mlp()
    assert differentiated(net, data=(4, 5)).graph.outputs == net.graph.outputs


def test_the_outputs_come_first_then_the_gradients() -> None:
    net = mlp()
    whole = differentiated(net, "fc1_weight", "fc2_weight", data=(4, 5))
    assert whole.graph.outputs[:1] == net.graph.outputs
    assert set(whole.graph.outputs[1:]) == set(whole.gradients.values())
    assert [value.name for value in whole.gradients.values() if value] == [
        *("fc1_weight_gradient", "fc2_weight_gradient")
    ]


# -- losses and heads ------------------------------------------------------------------------------

SCORES, LABEL = np.array([[0, np.log(3)], [0, 0]]), np.array([0.0, 1.0])


def test_a_loss_needs_no_head_gradient_and_leaves_the_label_alone() -> None:
    """docs/semantics §11."""
    net = mx.SoftmaxOutput(x, mx.Variable("label"))
    whole = differentiated(net, "x", "label", x=(2, 2))
    assert whole.head_gradients == (None,)
    assert [value is None for value in whole.gradients.values()] == [False, True]
    found = gradients(net, x=SCORES, label=LABEL)
    assert_allclose(found["x"], [[-0.75, 0.75], [0.5, -0.5]], rtol=1e-6)
    assert_allclose(found["label"], [7.0, 7.0])


def test_a_head_gradient_given_to_a_loss_is_ignored() -> None:
    net = mx.SoftmaxOutput(x, mx.Variable("label"))
    found = gradients(net, [np.full((2, 2), 1e6)], x=SCORES, label=LABEL)
    assert_allclose(found["x"], [[-0.75, 0.75], [0.5, -0.5]], rtol=1e-6)


def test_a_label_that_is_used_elsewhere_gets_its_gradient_there() -> None:
    label = mx.Variable("label")
    net = mx.Group(mx.SoftmaxOutput(x, label), label * 3)
    head = np.array([1.0, 10.0])
    found = gradients(net, [np.zeros((2, 2)), head], x=SCORES, label=LABEL)
    assert_allclose(found["label"], 3 * head)


def test_several_heads_add_up() -> None:
    shared = mx.exp(x)
    net = mx.Group(shared * 2, shared, x, shared * y, shared)
    heads = [HEAD, 2 * HEAD, 3 * HEAD, 4 * HEAD, 5 * HEAD]
    found = gradients(net, heads, x=X, y=Y)
    assert_allclose(found["x"], (2 + 2 + 4 * Y + 5) * np.exp(X) * HEAD + 3 * HEAD, rtol=1e-5)
    assert_allclose(found["y"], 4 * np.exp(X) * HEAD, rtol=1e-6)


def test_heads_that_reach_nothing_wanted_need_no_gradient() -> None:
    whole = differentiated(mx.Group(mx.exp(x), mx.exp(y)), "y", x=(3,), y=(3,))
    assert whole.head_gradients[0] is None
    assert whole.head_gradients[1] is not None


def test_variables_may_have_the_names_of_head_gradients() -> None:
    names = ("head_gradient0", "_head_gradient0")
    product = mx.Variable(names[0]) * mx.Variable(names[1])
    found = gradients(product, [HEAD], **dict(zip(names, (X, Y), strict=True)))
    assert_allclose(found[names[0]], Y * HEAD)
    assert_allclose(found[names[1]], X * HEAD)
