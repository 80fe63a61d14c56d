"""Passes as pairs: the graph before, and the graph after."""

import json
from typing import Any

import numpy as np
import pytest
import torch
from engine import apply, derive, evaluate, noise, shifted

import symnet as mx
from symnet.graph._verify import verify
from symnet.graph.node import Graph, Value
from symnet.graph.rewrite import PASSES, rewrite
from symnet.graph.rewrite.duplicates import merge_duplicates
from symnet.graph.rewrite.pattern import Match, rewrite_rule
from symnet.graph.rewrite.pool_before_activation import pool_before_activation
from symnet.operators.contract import find_operator
from symnet.operators.definitions import elementary


def text(graph: Graph) -> str:
    """A graph as nested calls, one for each output: operators by name, variables by theirs."""

    def call(value: Value) -> str:
        if value.node.op is None:
            return value.name
        inputs = ", ".join(call(each) for each in value.node.inputs)
        return f"{type(value.node.op).__name__}({inputs})"

    return "; ".join(call(value) for value in graph.outputs)


def operators(graph: Graph) -> int:
    return sum(node.op is not None for node in graph.nodes)


def test_the_passes_are_all_there() -> None:
    assert {merge_duplicates, pool_before_activation} <= set(PASSES)


@pytest.mark.parametrize("one_pass", PASSES, ids=lambda p: p.__name__)
def test_a_pass_leaves_alone_what_it_has_nothing_to_do_with(one_pass: Any) -> None:
    net = mx.FullyConnected(mx.Variable("x"), num_hidden=2, name="fc")
    net = mx.SoftmaxOutput(mx.Activation(net, act_type="tanh"), name="softmax")
    rewritten = verify(one_pass(net.graph))
    layers = "Activation(FullyConnected(x, fc_weight, fc_bias))"
    assert text(rewritten) == f"SoftmaxOutput({layers}, softmax_label)"
    assert [value.name for value in rewritten.outputs] == ["softmax_output"]


# -- pool_before_activation ------------------------------------------------------------------------

x = mx.Variable("x")


def pool(data: mx.SymbolicNode, pool_type: str = "max", **more: Any) -> mx.SymbolicNode:
    settings = {"kernel": (2, 2), "stride": (2, 2), **more}
    return mx.Pooling(data, pool_type=pool_type, **settings)


def relu(data: mx.SymbolicNode) -> mx.SymbolicNode:
    return mx.Activation(data, act_type="relu")


@pytest.mark.parametrize("kind", ["relu", "sigmoid", "softrelu", "tanh"])
def test_pooling_goes_before_every_rising_activation(kind: str) -> None:
    net = pool(mx.Activation(x, act_type=kind))
    assert text(pool_before_activation(net.graph)) == "Activation(Pooling(x))"


@pytest.mark.parametrize("function", [mx.exp, mx.relu, mx.tanh, mx.arctan, mx.cbrt])
def test_it_goes_before_any_function_that_never_falls(function: Any) -> None:
    net = pool(function(x))
    name = type(function(x).graph.nodes[-1].op).__name__
    assert text(pool_before_activation(net.graph)) == f"{name}(Pooling(x))"


def test_it_happens_everywhere_at_once() -> None:
    net = pool(relu(pool(relu(x))))
    after = pool_before_activation(net.graph)
    assert text(after) == "Activation(Pooling(Activation(Pooling(x))))"
    after = pool_before_activation(pool(pool(relu(x))).graph)
    assert text(after) == "Activation(Pooling(Pooling(x)))"


ACTIVATED = relu(x)
UNTOUCHED = {
    "a mean": pool(relu(x), "avg"),
    "a sum": pool(relu(x), "sum"),
    "activated values used elsewhere": mx.ElementWiseSum(pool(ACTIVATED), pool(ACTIVATED * 2)),
    "activated values used twice by itself": pool(ACTIVATED) + pool(ACTIVATED),
    "activated values asked for": mx.Group(pool(ACTIVATED), ACTIVATED),
    "the other order": relu(pool(x)),
    "a function that falls": pool(mx.sin(x)),
    "a function that is not defined everywhere": pool(mx.log(x)),
    "slopes where it is flat": pool(mx.clip(x, a_min=0, a_max=1)),
    # The last window of 3 rows lies in the padding alone: −∞, which relu would make 0.
    "padding alone": pool(relu(x), pad=(1, 1)),
    "padding alone, rounded down": pool(
        relu(x), kernel=(1, 1), pad=(1, 1), pooling_convention="valid"
    ),
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_pooling_stays_behind(case: str) -> None:
    graph = UNTOUCHED[case].graph
    assert text(pool_before_activation(graph)) == text(graph)


PADDED = [
    {"kernel": (3, 3), "pad": (1, 1)},
    {"pad": (1, 1), "pooling_convention": "valid"},
    {"pad": (0, 0), "stride": (5, 5)},
    {"global_pool": True, "pad": (1, 1)},
]


@pytest.mark.parametrize("more", [{"pad": (1, 1)}, *PADDED])
@pytest.mark.parametrize("size", range(2, 8))
def test_with_any_padding_the_numbers_stay(more: dict[str, Any], size: int) -> None:
    before = pool(relu(x), **more).graph
    after = pool_before_activation(before)
    assert (text(after) != text(before)) == (more in PADDED)
    arrays = {"x": torch.randn(1, 2, size, size, dtype=torch.float64) - 0.5}
    heads = [torch.ones_like(output) for output in evaluate(before, arrays)]
    (expected,), gradients = derive(before, arrays, heads)
    (found,), found_gradients = derive(after, arrays, heads)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found_gradients, gradients)


# -- merge_duplicates ------------------------------------------------------------------------------


def merged(symbol: mx.SymbolicNode) -> int:
    """How many operators are left."""
    after = verify(merge_duplicates(symbol.graph))
    assert text(after) == text(symbol.graph)
    return operators(after)


def test_equal_operators_of_the_same_inputs_become_one() -> None:
    assert merged(mx.exp(x) * mx.exp(x)) == 2
    assert merged(mx.sin(mx.exp(x)) * mx.sin(mx.exp(x))) == 3  # what they feed, too
    weight = mx.Variable("w")
    twins = [mx.FullyConnected(x, weight, num_hidden=2, no_bias=True) for _ in range(3)]
    assert merged(mx.ElementWiseSum(*twins)) == 2


def test_different_parameters_inputs_or_attributes_stay_apart() -> None:
    y = mx.Variable("y")
    assert merged((x + 1) * (x + 2)) == 3
    assert merged(mx.exp(x) * mx.exp(y)) == 3
    assert merged((x - y) * (y - x)) == 3
    assert merged(mx.exp(x, attrs={"ctx_group": "a"}) * mx.exp(x, attrs={"ctx_group": "b"})) == 3
    assert merged(mx.FullyConnected(x, num_hidden=2) * mx.FullyConnected(x, num_hidden=2)) == 3


def test_random_numbers_states_and_outputs_stay_apart() -> None:
    assert merged(noise(x) * noise(x)) == 3
    assert merged(shifted(x) * shifted(x)) == 3
    assert merged(mx.Group(mx.exp(x, name="one"), mx.exp(x, name="two"))) == 2


# -- writing a pass --------------------------------------------------------------------------------

Exp, Log, Minus = elementary.exp, elementary.log, find_operator("_Minus")


@rewrite_rule(lambda data, inner, outer: outer(inner(data)))
def log_of_exp(data: Value, inner: Match[Exp], outer: Match[Log]) -> Value | None:
    return data


@rewrite_rule(lambda data, minus: minus(data, data))
def minus_itself(data: Value, minus: Match[Minus]) -> Value | None:
    return apply(find_operator("_MulScalar").make({"scalar": 0}), data)


def test_a_rule_may_leave_only_an_input() -> None:
    assert text(log_of_exp(mx.sin(mx.log(mx.exp(x))).graph)) == "sin(x)"
    assert text(log_of_exp(mx.log(mx.exp(x)).graph)) == "x"
    assert text(log_of_exp(mx.exp(mx.log(x)).graph)) == "exp(log(x))"


def test_a_name_that_stands_twice_must_be_the_same_value() -> None:
    y = mx.Variable("y")
    assert text(minus_itself((x - x).graph)) == "_MulScalar(x)"
    assert text(minus_itself((x - y).graph)) == "_Minus(x, y)"


# -- all of them -----------------------------------------------------------------------------------


def test_an_executor_runs_the_rewritten_network() -> None:
    net = pool(relu(x))
    executor = mx.simple_bind(net, x=(1, 1, 4, 4))
    assert executor.plan().index("Pooling") < executor.plan().index("Activation")
    image = np.arange(-8, 8).reshape(1, 1, 4, 4)
    (output,) = executor.forward(x=mx.array(image))
    np.testing.assert_array_equal(output.asnumpy(), [[[[0, 0], [5, 7]]]])
    assert executor.output_dict.keys() == set(net.list_outputs())
    assert text(rewrite(net.graph, {}, is_train=True)) == "Activation(Pooling(x))"


@pytest.mark.parametrize("is_train", [True, False])
def test_what_somebody_reads_a_hidden_result_of_is_kept(is_train: bool) -> None:
    """As files can say it: the layer reads the mask of dropout, not what is left of its input."""
    kept = mx.Dropout(mx.Variable("x"), name="drop")
    document = json.loads(mx.FullyConnected(kept, num_hidden=2, name="fc").to_json())
    (layer,) = (node for node in document["nodes"] if node["name"] == "fc")
    layer["inputs"][0][1] = 1
    net = mx.SymbolicNode.from_json(json.dumps(document))
    shapes = {"x": (3, 4), "fc_weight": (2, 4), "fc_bias": (2,)}
    rewritten = verify(rewrite(net.graph, shapes, is_train=is_train))
    assert text(rewritten) == "FullyConnected(Dropout(x), fc_weight, fc_bias)"
    (read, *_) = rewritten.outputs[0].node.inputs
    assert read.number == 1
    bound = mx.simple_bind(net, x=(3, 4))
    assert bound.forward(is_train=is_train)[0].shape == (3, 2)
