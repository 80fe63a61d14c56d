"""Symbols: names, outputs, attributes and arithmetic. Inference is in test_symbol_inference."""

import copy
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine import Shifted, halves, shifted

import symnet as mx
from symnet.operators.contract import find_operator


def operators(symbol: mx.SymbolicNode) -> list[str]:
    """What a symbol is made of: the representation of every operator, inputs first."""
    return [repr(node.op) for node in symbol.graph.nodes if node.op is not None]


def mlp() -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Variable("data"), name="fc1", num_hidden=4)
    net = mx.Activation(net, name="act", act_type="relu")
    net = mx.FullyConnected(net, name="fc2", num_hidden=2)
    return mx.SoftmaxOutput(net, name="softmax")


# -- Variable and Group ----------------------------------------------------------------------------


def test_a_variable_is_its_own_argument_and_output() -> None:
    x = mx.Variable("x")
    assert (x.list_arguments(), x.list_outputs(), x.list_auxiliary_states()) == (["x"], ["x"], [])
    assert x.name == "x"
    assert repr(x) == "SymbolicNode(x)"


@pytest.mark.parametrize("name", ["", None, 3, b"x"])
def test_a_variable_needs_a_name(name: Any) -> None:
    with pytest.raises(mx.ArgumentError, match="a variable's name must be text, got"):
        mx.Variable(name)


def test_a_group_lists_outputs_in_order_with_duplicates_and_flattened() -> None:
    x, y = mx.Variable("x"), mx.Variable("y")
    group = mx.Group(y, mx.Group(x, y), halves(x, name="both"))
    assert group.list_outputs() == ["y", "x", "y", "both_output0", "both_output1"]
    assert group.list_arguments() == ["y", "x"]
    assert (group.name, mlp().name) == (None, "softmax")


@pytest.mark.parametrize("nodes", [(), (mx.Variable("x"), 3)], ids=["none", "a number"])
def test_a_group_of_something_else(nodes: tuple[Any, ...]) -> None:
    with pytest.raises(mx.ArgumentError, match=r"^Group "):
        mx.Group(*nodes)


# -- names -----------------------------------------------------------------------------------------


def test_automatic_names_count_for_each_hint() -> None:
    x = mx.Variable("x")
    with mx.NameManager():
        layers = [
            mx.FullyConnected(x, num_hidden=1),
            mx.FullyConnected(x, num_hidden=1, name="mine"),
            mx.FullyConnected(x, num_hidden=1),
            *(mx.Activation(x, act_type="relu"), mx.ElementWiseSum(x), mx.sqrt(x)),
            *(mx.SoftmaxOutput(x), mx.Softmax(x)),
            *(x + x, x - x, x * x, x / x, x**x),
            *(x + 1, x - 1, 1 - x, x * 2, x / 2, 2 / x, x**2, 2**x, x + 3),
        ]
    assert [layer.name for layer in layers] == [
        *("fullyconnected0", "mine", "fullyconnected1"),
        *("activation0", "elementwisesum0", "sqrt0", "softmaxoutput0", "softmax0"),
        *("_plus0", "_minus0", "_mul0", "_div0", "_power0"),
        *("_plusscalar0", "_minusscalar0", "_rminusscalar0", "_mulscalar0", "_divscalar0"),
        *("_rdivscalar0", "_powerscalar0", "_rpowerscalar0", "_plusscalar1"),
    ]


def test_automatic_arguments_and_states_are_named_after_the_node() -> None:
    assert mx.SoftmaxOutput(name="out").list_arguments() == ["out_data", "out_label"]
    moved = shifted(mx.Variable("x"), name="bn")
    assert moved.list_arguments() == ["x"]
    assert moved.list_auxiliary_states() == ["bn_shift"]


def test_a_prefix_goes_before_given_and_automatic_names() -> None:
    x = mx.Variable("x")
    with mx.PrefixNameManager("net_"):
        layers = [mx.FullyConnected(x, num_hidden=1, name="fc"), x + 1, mx.Softmax(x), mx.Flatten()]
    assert [layer.name for layer in layers] == [
        *("net_fc", "net__plusscalar0", "net_softmax0", "net_flatten0")
    ]
    assert layers[0].list_arguments() == ["x", "net_fc_weight", "net_fc_bias"]
    assert layers[-1].list_arguments() == ["net_flatten0_data"]


def fail_inside(names: mx.NameManager) -> None:
    with names:
        assert mx.Flatten().name == "inner_flatten0"
        raise ZeroDivisionError


def test_name_managers_nest_and_let_go() -> None:
    outer = mx.NameManager()
    with outer:
        assert mx.Flatten().name == "flatten0"
        with pytest.raises(ZeroDivisionError):
            fail_inside(mx.PrefixNameManager("inner_"))
        assert mx.Flatten().name == "flatten1"
    with outer:
        assert mx.Flatten().name == "flatten2"  # its counters go on


# -- outputs ---------------------------------------------------------------------------------------


def test_internals_are_all_visible_outputs_inputs_first() -> None:
    internals = mlp().get_internals()
    assert internals.list_outputs() == [
        *("data", "fc1_weight", "fc1_bias", "fc1_output", "act_output"),
        *("fc2_weight", "fc2_bias", "fc2_output", "softmax_label", "softmax_output"),
    ]
    assert internals["fc1_output"].list_arguments() == ["data", "fc1_weight", "fc1_bias"]
    pooled = mx.Pooling(mx.Variable("x"), kernel=(2, 2), pool_type="max", name="pool")
    assert pooled.get_internals().list_outputs() == ["x", "pool_output"]  # not the saved indices


def test_internals_leave_auxiliary_states_out() -> None:
    assert shifted(mx.Variable("x"), name="bn").get_internals().list_outputs() == ["x", "bn_output"]


def test_the_order_of_arguments_follows_the_inputs() -> None:
    lhs = mx.FullyConnected(mx.Variable("h"), name="h2h", num_hidden=4)
    rhs = mx.FullyConnected(mx.Variable("x"), name="x2h", num_hidden=4)
    h2h, x2h = ["h", "h2h_weight", "h2h_bias"], ["x", "x2h_weight", "x2h_bias"]
    assert (lhs + rhs).list_arguments() == h2h + x2h
    assert (rhs + lhs).list_arguments() == x2h + h2h


def test_a_variable_used_twice_is_listed_once_and_a_namesake_again() -> None:
    x = mx.Variable("x")
    assert (x * x).list_arguments() == ["x"]
    assert (x * mx.Variable("x")).list_arguments() == ["x", "x"]


def test_outputs_by_position_and_by_name() -> None:
    both = halves(mx.Variable("x"), name="both")
    assert len(both) == 2
    assert [one.list_outputs() for one in both] == [["both_output0"], ["both_output1"]]
    assert both[1].list_outputs() == both["both_output1"].list_outputs() == ["both_output1"]
    assert both[np.int64(-1)].list_outputs() == ["both_output1"]
    assert mlp()[0].list_arguments() == mlp().list_arguments()


NAMESAKES = mx.Group(mx.Variable("x"), mx.Variable("x"))
WRONG_INDICES = [
    (mlp(), "softmax_outptu", "no output 'softmax_outptu'; did you mean 'softmax_output'?"),
    (mlp(), "fc1_output", "no output 'fc1_output'"),
    (NAMESAKES, "x", "more than one output 'x'"),
    (mlp(), 1, "no output 1: there are 1"),
    (mlp(), -2, "no output -2: there are 1"),
]


@pytest.mark.parametrize(("symbol", "index", "text"), WRONG_INDICES)
def test_wrong_indices(symbol: mx.SymbolicNode, index: Any, text: str) -> None:
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        symbol[index]


# -- attributes ------------------------------------------------------------------------------------


def test_automatic_variables_inherit_attributes_and_given_inputs_do_not() -> None:
    data = mx.Variable("data", attrs={"mood": "angry"})
    net = mx.FullyConnected(data, name="fc", num_hidden=2, attrs={"mood": "so so"})
    internals = net.get_internals()
    moods = {name: internals[name].get_attr("mood") for name in internals.list_outputs()}
    assert moods == {
        "data": "angry",
        "fc_weight": "so so",
        "fc_bias": "so so",
        "fc_output": "so so",
    }


def test_attributes_of_the_scopes_in_force() -> None:
    with mx.AttrScope(group="4", data="great"):
        plain = mx.Variable("plain", attrs={"dtype": "data", "group": "1"})
        with mx.AttrScope(group="5"):
            inner = mx.Flatten(mx.Variable("x"), attrs={"colour": "blue"})
    assert plain.list_attr() == {"group": "1", "data": "great", "dtype": "data"}
    assert inner.list_attr() == {"group": "5", "data": "great", "colour": "blue"}
    assert mx.Variable("outside").list_attr() == {}


def test_setting_attributes_under_any_text() -> None:
    x = mx.Variable("x")
    symbol = x * x
    symbol.set_attr("π", "3.14")
    symbol.set_attr("π", "3.14159")
    assert symbol.get_attr("π") == "3.14159"
    assert symbol.get_attr("missing") is None
    assert symbol.list_arguments() == ["x"]
    assert x.list_attr() == {}


WRONG_ATTRIBUTES: dict[str, Callable[[], object]] = {
    "number": lambda: mx.Variable("x", attrs={"lr_mult": 2}),
    "number on an operator": lambda: mx.Flatten(mx.Variable("x"), attrs={"lr_mult": 2.0}),
    "key": lambda: mx.Variable("x", attrs={3: "x"}),
    "no dict": lambda: mx.Variable("x", attrs="mood"),
    "scope": lambda: mx.AttrScope(lr_mult=2),
    "set": lambda: mx.Variable("x").set_attr("lr_mult", 2),
}


@pytest.mark.parametrize("case", WRONG_ATTRIBUTES)
def test_attributes_are_strings(case: str) -> None:
    with pytest.raises(TypeError, match=r"must be a (dict of )?string") as caught:
        WRONG_ATTRIBUTES[case]()
    assert isinstance(caught.value, mx.MXError)


@pytest.mark.parametrize("use", ["get_attr", "set_attr", "list_attr"])
def test_a_group_has_no_attributes_of_its_own(use: str) -> None:
    group = mx.Group(mx.Variable("x"), mx.Variable("y"))
    given = {"get_attr": ("k",), "set_attr": ("k", "v"), "list_attr": ()}[use]
    with pytest.raises(mx.ArgumentError, match=f"{use}: a group of several nodes"):
        getattr(group, use)(*given)


def test_copies_are_independent() -> None:
    net = mlp()
    for copied in (copy.copy(net), copy.deepcopy(net)):
        assert copied.to_json() == net.to_json()
        copied.set_attr("mood", "calm")
        assert net.get_attr("mood") is None


# -- arithmetic ------------------------------------------------------------------------------------

x = mx.Variable("x")
NUMBERS = [2, 2.5, np.float32(0.5), np.float64(0.1), np.int64(3), np.uint8(7), True]
BOTH_SIDES = {
    "_PlusScalar": (lambda s, c: s + c, lambda s, c: c + s),
    "_MulScalar": (lambda s, c: s * c, lambda s, c: c * s),
    "_MinusScalar": (lambda s, c: s - c,),
    "_RMinusScalar": (lambda s, c: c - s,),
    "_DivScalar": (lambda s, c: s / c,),
    "_RDivScalar": (lambda s, c: c / s,),
    "_PowerScalar": (lambda s, c: s**c,),
    "_RPowerScalar": (lambda s, c: c**s,),
}


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("name", BOTH_SIDES)
def test_numbers_on_either_side(name: str, number: Any) -> None:
    for expression in BOTH_SIDES[name]:
        result = expression(x, number)
        assert isinstance(result, mx.SymbolicNode)
        assert operators(result) == [f"{name}(scalar={float(number)!r})"]
        assert result.list_arguments() == ["x"]


def test_two_symbols() -> None:
    y = mx.Variable("y")
    results = [x + y, x - y, x * y, x / y, x**y]
    names = ["_Plus()", "_Minus()", "_Mul()", "_Div()", "_Power()"]
    assert [operators(result) for result in results] == [[name] for name in names]
    assert all(result.list_arguments() == ["x", "y"] for result in results)


def test_negation() -> None:
    executor = mx.bind(-x, args={"x": mx.array([1.5, -2.0])})
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [-1.5, 2.0])
    assert operators(+x) == []


@pytest.mark.parametrize("other", ["2", None, 1j, [1], np.ones(2), mx.ones(2)], ids=repr)
def test_what_is_no_number_is_refused(other: Any) -> None:
    for expression in (lambda: x + other, lambda: other * x):
        with pytest.raises(TypeError):
            expression()


def test_operands_must_be_single_outputs() -> None:
    with pytest.raises(mx.ArgumentError, match="must have one output"):
        halves(x) + x


def test_engine_operators_are_in_no_registry() -> None:
    with pytest.raises(mx.ParameterError, match="no operator 'Shifted'"):
        find_operator(Shifted.__name__)


@pytest.mark.parametrize("shape", ["2,3", "(2, 3)", (2.5,), ("2",), 4, [None], {"a": 1}])
def test_a_declared_shape_is_whole_numbers(shape):
    with pytest.raises(mx.ArgumentError, match="variable 'a': shape must be a tuple of whole"):
        mx.Variable("a", shape=shape)
    assert mx.Variable("a", shape=[np.int64(2), 4]).infer_shape()[1] == [(2, 4)]
