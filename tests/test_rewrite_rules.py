"""Passes that users write: rules over symbols, and networks bound with passes."""

import pickle
import re
from typing import Any

import numpy as np
import pytest

import symnet as mx


@mx.rewrite_rule(lambda x: mx.log(mx.exp(x)))
def log_of_exp(x):
    return x


@mx.rewrite_rule(lambda data, act: act(data))
def tanh_for_relu(data, act: mx.Matched[mx.Activation]):
    return act(data, act_type="tanh") if act.op.act_type == "relu" else None


def operators(net: mx.SymbolicNode) -> list[str]:
    return [type(node.op).__name__ for node in net.graph.nodes if node.op]


def values(net: mx.SymbolicNode, passes: Any = (), **arrays: Any) -> np.ndarray:
    bound = {name: mx.array(array) for name, array in arrays.items()}
    return mx.bind(net, args=bound, passes=passes).forward()[0].asnumpy()


def test_what_is_written_out_is_replaced():
    x = mx.Variable("x")
    net = mx.log(mx.exp(x)) + mx.exp(mx.log(x))
    assert operators(net) == ["exp", "log", "log", "exp", "_Plus"]
    assert operators(log_of_exp(net)) == ["log", "exp", "_Plus"]


def test_parameters_that_are_written_out_must_agree():
    @mx.rewrite_rule(lambda x: x * 2)
    def twice(x):
        return x + x

    x = mx.Variable("x")
    assert operators(twice(x * 2)) == ["_Plus"]
    assert operators(twice(x * 3)) == operators(x * 3)


def test_a_value_that_stands_twice_in_a_pattern_is_the_same():
    @mx.rewrite_rule(lambda x: x + x)
    def double(x):
        return x * 2

    a, b = mx.Variable("a"), mx.Variable("b")
    assert operators(double(a + a)) == operators(a * 2)
    assert operators(double(a + b)) == ["_Plus"]


def test_matches_have_parameters_and_are_made_anew():
    net = mx.Activation(mx.Variable("x"), act_type="relu", name="act")
    (node,) = [node for node in tanh_for_relu(net).graph.nodes if node.op]
    assert (node.name, node.op.act_type) == ("act", "tanh")
    other = mx.Activation(mx.Variable("x"), act_type="sigmoid", name="act")
    assert tanh_for_relu(other).graph.nodes[-1].op.act_type == "sigmoid"


def test_matches_and_operators_mix_in_a_pattern():
    @mx.rewrite_rule(lambda x, inner, outer: outer(mx.exp(inner(x)) * 2))
    def without(x, inner: mx.Matched[mx.Activation], outer: mx.Matched[Any]):
        return outer(x)

    x = mx.Variable("x")
    net = mx.sqrt(mx.exp(mx.Activation(x, act_type="tanh")) * 2)
    assert operators(without(net)) == ["sqrt"]


def test_inner_nodes_with_other_users_stay():
    inner = mx.exp(mx.Variable("x"))
    net = mx.Group(mx.log(inner), inner)
    assert operators(log_of_exp(net)) == ["exp", "log"]


def test_what_a_rule_makes_is_named_after_it():
    @mx.rewrite_rule(lambda x: mx.square(data=x))
    def as_product(x):
        return x * x

    x = mx.Variable("x")
    net = as_product(mx.square(mx.square(x)))
    names = [node.name for node in net.graph.nodes if node.op]
    assert len({*names}) == 2
    assert all(name.startswith("as_product_") for name in names)


def test_bind_runs_what_passes_made():
    net = mx.Activation(mx.Variable("x"), act_type="relu", name="act")
    x = np.array([-1.0, 2.0], np.float32)
    np.testing.assert_array_equal(values(net, x=x), [0, 2])
    np.testing.assert_allclose(values(net, [tanh_for_relu], x=x), np.tanh(x), rtol=1e-6)


def test_passes_have_gradients_and_names_stay():
    net = mx.Activation(mx.Variable("w") * 3, act_type="relu", name="act")
    executor = mx.simple_bind(net, passes=[tanh_for_relu], w=(1,), input_gradients=True)
    executor.arg_dict["w"][:] = 0.1
    executor.forward(is_train=True)
    executor.backward([mx.ones((1,))])
    expected = 3 * (1 - np.tanh(0.3) ** 2)
    np.testing.assert_allclose(executor.grad_dict["w"].asnumpy(), [expected], rtol=1e-5)
    assert list(executor.output_dict) == ["act_output"]
    assert executor.symbol is net


def test_what_a_rule_makes_runs_in_the_group_of_what_it_replaces():
    @mx.rewrite_rule(lambda x: mx.square(data=x))
    def as_product(x):
        return x * x

    with mx.AttrScope(ctx_group="second"):
        net = mx.square(mx.Variable("x"))
    (node,) = [node for node in as_product(net).graph.nodes if node.op]
    assert node.attributes == {"ctx_group": "second"}
    places = {"second": mx.cpu(2)}
    executor = mx.simple_bind(net, mx.cpu(1), group2ctx=places, passes=[as_product], x=(2,))
    (output,) = executor.forward(x=mx.array([2, 3], mx.cpu(2)))
    assert output.context == mx.cpu(2)
    assert output.asnumpy().tolist() == [4, 9]


def test_a_model_is_what_passes_made():
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=1, name="fc")
    net = mx.LinearRegressionOutput(mx.Activation(net, act_type="relu"), name="out")
    model = mx.FeedForward(net, passes=[tanh_for_relu])
    rows = np.random.default_rng(0).normal(size=(20, 3))
    model.fit("sgd", rows, rows[:, :1], n_epoch=1, batch_size=10, verbose=0)
    assert (model.predict(rows) < 0).any()
    assert mx.list_arguments(model.arch) == mx.list_arguments(net)


def test_rules_are_pickled_by_their_names():
    again = pickle.loads(pickle.dumps([log_of_exp]))[0]
    assert again is log_of_exp
    assert repr(again) == "<rewrite rule log_of_exp>"


def test_a_rule_reaches_onnx():
    pytest.importorskip("onnx")
    net = mx.apply_passes(mx.log(mx.exp(mx.Variable("x"))) * 2, [log_of_exp])
    assert operators(net) == operators(mx.Variable("x") * 2)


# -- errors ----------------------------------------------------------------------------------------

x = mx.Variable("x")


@pytest.mark.parametrize(
    ("passes", "text"),
    [
        ("abc", "passes should be a list of functions, got 'abc'"),
        (3, "passes should be a list of functions, got 3"),
        ([3], "a pass should be a function from symbol to symbol, got 3"),
        ([lambda net: None], "pass <lambda>: it should return a symbol, got None"),
        ([lambda net: mx.Group(net, net)], "the network has 1 outputs, what it returns has 2"),
        ([lambda net: net * mx.Variable("w")], "it adds the variable 'w', for which no array"),
        ([mx.sum], "passes change the output 'twice_output'"),
        ([lambda net: mx.Variable("y")], "it adds the variable 'y'"),
    ],
)
def test_passes_that_change_the_network_are_refused(passes, text):
    net = mx.identity(x * 2, name="twice")
    with pytest.raises((mx.ArgumentError, mx.ShapeError), match=re.escape(text)):
        mx.simple_bind(net, passes=passes, x=(2,))


def test_a_pass_must_not_lose_what_gets_a_gradient():
    net = mx.log(mx.exp(x)) + mx.Variable("w") * 0

    def without_w(net):
        return mx.log(mx.exp(x))

    with pytest.raises(mx.ArgumentError, match="leave nothing of the argument 'w', but its grad"):
        mx.simple_bind(net, passes=[without_w], x=(2,))
    executor = mx.simple_bind(net, grad_req="null", passes=[without_w], x=(2,))
    executor.arg_dict["x"][:] = 3
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), [3, 3], rtol=1e-6)


def test_rules_that_cannot_match_are_refused():
    with pytest.raises(mx.ArgumentError, match="rule one: its parameters should be those of the p"):
        mx.rewrite_rule(lambda x: mx.exp(data=x))(_named("one", lambda y: y))
    with pytest.raises(mx.ArgumentError, match="rule two: its pattern does not use 'y'"):
        mx.rewrite_rule(lambda x, y: mx.exp(data=x))(_named("two", lambda x, y: y))
    with pytest.raises(mx.ArgumentError, match="rule three: its pattern names no operator"):
        mx.rewrite_rule(lambda x: x)(_named("three", lambda x: x))
    with pytest.raises(mx.ArgumentError, match="the pattern of rule four should be a symbol"):
        mx.rewrite_rule(lambda x: 3)(_named("four", lambda x: x))

    def five(x: mx.Matched[int]):
        return None

    with pytest.raises(mx.ArgumentError, match=r"rule five: Matched\[…\] wants an operator"):
        mx.rewrite_rule(lambda x: x)(five)


def test_what_a_rule_returns_is_checked():
    @mx.rewrite_rule(lambda x: mx.exp(data=x))
    def wrong(x):
        return 3

    with pytest.raises(mx.ArgumentError, match="what rule wrong returns should be a symbol, got 3"):
        wrong(mx.exp(x))
    with pytest.raises(mx.ArgumentError, match="pass wrong: a network is wanted, got 3"):
        wrong(3)


def _named(name, function):
    function.__name__ = name
    return function
