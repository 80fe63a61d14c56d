"""Composition: inputs by position, by keyword, by calling a symbol, by ``>>`` and by `chain`."""

import re

import pytest
from engine import halves

import symnet as mx


def layer(name: str, *inputs: mx.SymbolicNode, num_hidden: int = 3) -> mx.SymbolicNode:
    return mx.FullyConnected(*inputs, name=name, num_hidden=num_hidden)


# -- inputs of an operator -------------------------------------------------------------------------


def test_by_position_and_by_keyword_are_the_same() -> None:
    data, weight = mx.Variable("data"), mx.Variable("w")
    by_position = layer("fc", data, weight)
    by_keyword = mx.FullyConnected(weight=weight, data=data, name="fc", num_hidden=3)
    assert by_position.list_arguments() == by_keyword.list_arguments() == ["data", "w", "fc_bias"]
    assert by_position.to_json() == by_keyword.to_json()


def test_inputs_left_out_become_variables() -> None:
    assert layer("fc").list_arguments() == ["fc_data", "fc_weight", "fc_bias"]
    without_bias = mx.FullyConnected(name="fc", num_hidden=3, no_bias=True)
    assert without_bias.list_arguments() == ["fc_data", "fc_weight"]
    total = mx.ElementWiseSum(mx.Variable("x"), num_args=3, name="sum")
    assert total.list_arguments() == ["x", "sum_arg1", "sum_arg2"]


def test_a_variable_number_of_inputs_is_counted_beyond_ten() -> None:
    variables = [mx.Variable(f"v{number}") for number in range(11)]
    total = mx.ElementWiseSum(*variables, num_args=12, name="sum")
    assert total.list_arguments() == [*(f"v{number}" for number in range(11)), "sum_arg11"]


X, Y = mx.Variable("x"), mx.Variable("y")
WRONG_INPUTS = {
    "both ways": (lambda: mx.FullyConnected(X, weight=Y, num_hidden=1), "all by position or all"),
    "too many": (lambda: mx.Flatten(X, Y), "takes 1 inputs (data), got 2"),
    "unknown": (lambda: mx.Flatten(dta=X), "no input 'dta'; did you mean 'data'?"),
    "absent": (
        lambda: mx.FullyConnected(data=X, bias=Y, num_hidden=1, no_bias=True),
        "no input 'bias'",
    ),
    "a parameter": (lambda: mx.Activation(X, "relu"), "input 1 must be a symbol or an array"),
    "keywords": (lambda: mx.ElementWiseSum(arg0=X), "by position, not by keyword"),
    "both kinds": (lambda: mx.ElementWiseSum(X, mx.ones(1)), "all symbols or all arrays"),
    "two outputs": (lambda: mx.Flatten(halves(X, name="both")), "one of them, sym[i]"),
    "out": (lambda: mx.Flatten(X, out=mx.ones(1)), "out= is for arrays"),
}


@pytest.mark.parametrize("case", WRONG_INPUTS)
def test_wrong_inputs(case: str) -> None:
    compose, text = WRONG_INPUTS[case]
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        compose()


# -- calling a symbol ------------------------------------------------------------------------------


def test_calling_leaves_the_original_alone() -> None:
    net, net2 = layer("fc1", mx.Variable("data")), layer("net2", mx.Variable("data2"))
    composed = net2(data2=net, name="composed")
    assert composed.list_arguments() == [
        *("data", "fc1_weight", "fc1_bias"),
        *("net2_weight", "net2_bias"),  # the names of automatic arguments stay
    ]
    assert composed.list_outputs() == ["composed_output"]
    assert net2.list_arguments() == ["data2", "net2_weight", "net2_bias"]
    assert net2.list_outputs() == ["net2_output"]
    assert net2(data2=net).list_outputs() == ["net2_output"]  # docs/semantics D12


def test_a_group_of_a_composed_and_an_original_network() -> None:
    """What MXNet.jl's own test of composition pins."""
    net1 = layer("fc2", layer("fc1", mx.Variable("data"), num_hidden=10), num_hidden=100)
    net2 = layer("fc3", num_hidden=10)
    net2 = layer("fc4", mx.Activation(net2, act_type="relu"), num_hidden=20)
    composed = net2(fc3_data=net1, name="composed")
    assert mx.Group(composed, net1).list_outputs() == ["composed_output", "fc2_output"]


def test_calling_by_position_takes_one_symbol_for_each_argument() -> None:
    net = layer("fc", mx.Variable("data"))
    composed = net(mx.Variable("a"), mx.Variable("b"), mx.Variable("c"))
    assert composed.list_arguments() == ["a", "b", "c"]


def test_a_replaced_variable_is_replaced_wherever_it_occurs() -> None:
    x = mx.Variable("x")
    composed = (x * x + mx.exp(x))(x=mx.Variable("y"))
    assert composed.list_arguments() == ["y"]
    assert composed.infer_shape(y=(2, 3))[1] == [(2, 3)]


def test_arguments_replaced_by_each_other_are_replaced_at_once() -> None:
    x, y = mx.Variable("x"), mx.Variable("y")
    assert (x - y)(x=y, y=x).list_arguments() == ["y", "x"]


def test_calling_with_nothing_gives_an_equal_network() -> None:
    net = layer("fc", mx.Variable("data"))
    assert net().to_json() == net.to_json()
    assert net(name="renamed").list_outputs() == ["renamed_output"]


def test_attributes_survive_composition() -> None:
    net = mx.FullyConnected(name="fc", num_hidden=3, attrs={"mood": "calm"})
    composed = net(fc_data=mx.Variable("x"), name="new")
    assert composed.get_attr("mood") == "calm"
    assert composed.get_internals()["fc_weight"].get_attr("mood") == "calm"


NET = layer("fc", X)
TWINS = mx.Variable("twin") + mx.Variable("twin")
WRONG_CALLS = {
    "a bare variable": (lambda: X(x=Y), "only what has an operator is composed"),
    "both ways": (lambda: NET(X, fc_weight=Y), "by position or all by keyword, not both"),
    "too few": (lambda: NET(X, Y), "2 symbols for 3 arguments"),
    "too many": (lambda: NET(X, Y, X, Y), "4 symbols for 3 arguments"),
    "unknown": (
        lambda: NET(x=Y, fc_weigth=Y),
        "no argument 'fc_weigth'; did you mean 'fc_weight'? (there are: x, fc_weight, fc_bias)",
    ),
    "no symbol": (lambda: NET(x=3), "x must be a symbol, got 3"),
    "two outputs": (lambda: NET(x=halves(Y)), "x must have one output"),
    "twins": (lambda: TWINS(twin=Y), "several variables are called 'twin'"),
    "twins by position": (lambda: TWINS(X, Y), "several variables are called 'twin'"),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_wrong_calls(case: str) -> None:
    call, text = WRONG_CALLS[case]
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        call()


# -- >> and chain ----------------------------------------------------------------------------------


def nested() -> mx.SymbolicNode:
    net = layer("fc1", mx.Variable("data"))
    net = mx.Activation(net, name="act", act_type="tanh")
    return mx.SoftmaxOutput(layer("fc2", net), name="softmax")


def layers() -> list[mx.SymbolicNode]:
    return [
        layer("fc1"),
        mx.Activation(name="act", act_type="tanh"),
        layer("fc2"),
        mx.SoftmaxOutput(name="softmax"),
    ]


def test_chain_and_arrows_equal_nested_calls() -> None:
    first, second, third, fourth = layers()
    data = mx.Variable("data")
    assert (data >> first >> second >> third >> fourth).to_json() == nested().to_json()
    assert mx.chain(data, *layers()).to_json() == nested().to_json()


def test_chain_takes_functions_too() -> None:
    squared = mx.chain(mx.Variable("x"), lambda x: x * x, mx.exp)
    assert squared.list_arguments() == ["x"]
    assert mx.chain(mx.Variable("x")).list_outputs() == ["x"]


def test_a_chain_that_is_open_itself_is_a_layer() -> None:
    first, second, *_ = layers()
    block = first >> second
    assert block.list_arguments() == ["fc1_data", "fc1_weight", "fc1_bias"]
    assert (mx.Variable("data") >> block).list_arguments() == ["data", "fc1_weight", "fc1_bias"]


def test_a_layer_whose_input_is_given_is_refused() -> None:
    text = "has no open input: its first argument is the variable 'x'; leave its data out"
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        mx.Variable("data") >> layer("fc", mx.Variable("x"))
    with pytest.raises(mx.ArgumentError, match="must have one output"):
        halves(mx.Variable("x")) >> layer("fc")
    with pytest.raises(TypeError):
        mx.Variable("data") >> 3


def automatic() -> list[mx.SymbolicNode]:
    return [
        mx.FullyConnected(num_hidden=4),
        mx.Activation(act_type="relu"),
        mx.FullyConnected(num_hidden=3),
        mx.SoftmaxOutput(),
    ]


def test_automatic_names_are_numbered_as_in_nested_calls() -> None:
    with mx.NameManager():
        net = mx.FullyConnected(mx.Variable("data"), num_hidden=4)
        net = mx.FullyConnected(mx.Activation(net, act_type="relu"), num_hidden=3)
        written = mx.SoftmaxOutput(net)
    with mx.NameManager():
        chained = mx.chain(mx.Variable("data"), *automatic())
    with mx.NameManager():
        first, second, third, fourth = automatic()
        arrows = mx.Variable("data") >> first >> second >> third >> fourth
    assert chained.to_json() == arrows.to_json() == written.to_json()


def test_a_chain_may_begin_with_a_layer() -> None:
    conv = mx.Convolution(data=mx.Variable("data"), kernel=(5, 5), num_filter=20, name="conv")
    pool = {"pool_type": "max", "kernel": (2, 2), "stride": (2, 2)}
    net = mx.chain(conv, mx.Activation(act_type="tanh"), mx.Pooling(**pool))
    assert net.list_arguments() == ["data", "conv_weight", "conv_bias"]
    assert net.infer_shape(data=(100, 1, 28, 28))[1] == [(100, 20, 12, 12)]


WRONG_CHAINS = {
    "no layer": (lambda: mx.chain(X, mx.exp, 3), "layer 2 must be a layer whose data was left out"),
    "no symbol": (lambda: mx.chain(3, mx.exp), "the first element must be a symbol, got 3"),
    "no result": (
        lambda: mx.chain(X, lambda symbol: None),
        "what the function given as layer 1 returns must be a symbol, got None",
    ),
}


@pytest.mark.parametrize("case", WRONG_CHAINS)
def test_wrong_chains(case: str) -> None:
    compose, text = WRONG_CHAINS[case]
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        compose()
