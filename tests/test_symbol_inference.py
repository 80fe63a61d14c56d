"""Inference of shapes and element types: what is found, what is too little, what does not fit."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from engine import halves, shifted
from op_testing import function_of

import symnet as mx


def layer(*inputs: mx.SymbolicNode, name: str = "fc", num_hidden: int = 3) -> mx.SymbolicNode:
    return mx.FullyConnected(*inputs, name=name, num_hidden=num_hidden)


def mlp2() -> mx.SymbolicNode:
    """The network of MXNet.jl's own tests."""
    out = layer(mx.Variable("data"), name="fc1", num_hidden=1000)
    return layer(mx.Activation(out, act_type="relu"), name="fc2", num_hidden=10)


# -- what is found ---------------------------------------------------------------------------------


def test_mlp2() -> None:
    arguments, outputs, states = mlp2().infer_shape(data=(100, 100))
    assert arguments == [(100, 100), (1000, 100), (1000,), (10, 1000), (10,)]
    assert (outputs, states) == ([(100, 10)], [])


def test_by_position_and_by_keyword() -> None:
    net = layer(mx.Variable("data"))
    expected = net.infer_shape(data=(5, 2))
    assert expected == ([(5, 2), (3, 2), (3,)], [(5, 3)], [])
    assert net.infer_shape((5, 2)) == expected
    assert net.infer_shape((5, 2), None, (3,)) == expected
    assert net.infer_shape([5, 2], None, None) == expected
    assert net.infer_shape(data=(5, 2), fc_weight=None) == expected


def test_none_keeps_its_place() -> None:
    net = layer(mx.Variable("data"))
    assert net.infer_shape(None, (3, 2)) == (None, None, None)
    with pytest.raises(mx.ShapeError, match="weight should have shape"):
        net.infer_shape((5, 2), (3, 5))


VECTORS: list[tuple[mx.SymbolicNode, Any, list[Any], list[Any]]] = [
    (layer(num_hidden=10), (64, 10), [(10, 10), (10,)], [(64, 10)]),
    (layer(num_hidden=10), (100, 1, 28, 28), [(10, 784), (10,)], [(100, 10)]),
    (
        mx.Convolution(
            kernel=(3, 2), stride=(2, 1), pad=(1, 0), dilate=(2, 2), num_filter=4, num_group=2
        ),
        (1, 6, 9, 8),
        [(4, 3, 3, 2), (4,)],
        [(1, 4, 4, 6)],
    ),
    (
        mx.Pooling(kernel=(3, 3), stride=(2, 2), pool_type="max"),
        (1, 1, 28, 28),
        [],
        [(1, 1, 14, 14)],
    ),
    (mx.SoftmaxOutput(), (7, 4), [(7,)], [(7, 4)]),
    (mx.SoftmaxOutput(multi_output=True), (2, 3, 4, 5), [(2, 20)], [(2, 3, 4, 5)]),
    (mx.Flatten(), (2, 3, 4), [], [(2, 12)]),
    (halves(), (2, 6), [], [(2, 3), (2, 3)]),
]


@pytest.mark.parametrize(("net", "data", "others", "outputs"), VECTORS)
def test_vectors(net: mx.SymbolicNode, data: Any, others: list[Any], outputs: list[Any]) -> None:
    """docs/semantics §11."""
    assert net.infer_shape(data) == ([data, *others], outputs, [])


def test_a_known_operand_fills_the_other() -> None:
    x, y = mx.Variable("x"), mx.Variable("y")
    for given in ({"x": (2, 3)}, {"y": (2, 3)}):
        assert (x * y).infer_shape(**given) == ([(2, 3), (2, 3)], [(2, 3)], [])
    total = mx.ElementWiseSum(x, y, mx.Variable("z"))
    assert total.infer_shape(z=(4,)) == ([(4,)] * 3, [(4,)], [])


def test_states_have_shapes_too() -> None:
    net = shifted(mx.Variable("x"), name="bn")
    assert net.infer_shape(x=(2, 5)) == ([(2, 5)], [(2, 5)], [(5,)])


def test_a_variable_brings_its_shape() -> None:
    net = layer(mx.Variable("data", shape=(5, 2)))
    assert net.infer_shape()[1] == [(5, 3)]
    assert net.infer_shape(data=(7, 2))[1] == [(7, 3)]


def test_the_shapes_of_a_group() -> None:
    net = mlp2()
    _, outputs, _ = mx.Group(net, mx.Variable("data2")).infer_shape(data=(2, 4), data2=(9,))
    assert outputs == [(2, 10), (9,)]
    _, outputs, _ = net.get_internals().infer_shape(data=(2, 4))
    assert outputs[3:5] == [(2, 1000), (2, 1000)]


# -- too little ------------------------------------------------------------------------------------


def test_too_little_gives_none_three_times() -> None:
    assert mlp2().infer_shape() == (None, None, None)
    assert mlp2().infer_shape(fc1_weight=(1000, 100)) == (None, None, None)
    assert (mx.Variable("x") * mx.Variable("y")).infer_shape() == (None, None, None)


def test_nothing_flows_backwards() -> None:
    x2h = layer(mx.Variable("x"), name="x2h")
    h2h = layer(mx.Variable("h"), name="h2h")
    assert (x2h + h2h).infer_shape(x=(10, 2)) == (None, None, None)
    assert (x2h + h2h).infer_shape(x=(10, 2), h=(10, 5))[1] == [(10, 3)]


# -- what does not fit -----------------------------------------------------------------------------


def test_a_wrong_weight_names_everything() -> None:
    net = layer(mx.Variable("x"), name="fc")
    with pytest.raises(mx.ShapeError) as caught:
        net.infer_shape(x=(5, 2), fc_weight=(3, 4))
    assert str(caught.value) == (
        "FullyConnected 'fc': weight should have shape (3, 2), but 'fc_weight' has shape (3, 4) "
        "(given) ['x' is (5, 2) (given); "
        "FullyConnected(num_hidden=3)]; give 'fc_weight' the shape (3, 2), or leave it out to have "
        "it inferred"
    )


def test_a_wrong_operand_tells_where_each_shape_comes_from() -> None:
    x, y = mx.Variable("x"), mx.Variable("y", shape=(4, 5))
    with mx.NameManager(), pytest.raises(mx.ShapeError) as caught:
        (layer(x) + y).infer_shape(x=(4, 2))
    for part in (
        "_Plus '_plus0': rhs should have shape (4, 3), but 'y' has shape (4, 5)",
        "(given as the variable's attribute)",
        "'fc_output' is (4, 3) (computed by 'fc')",
        "; give 'y' the shape (4, 3)",
    ):
        assert part in str(caught.value)


def test_a_wrong_result_of_another_node_says_to_change_that_node() -> None:
    x = mx.Variable("x")
    with pytest.raises(mx.ShapeError, match="change the parameters of 'right' or of this node"):
        (layer(x) * layer(x, name="right", num_hidden=4)).infer_shape(x=(2, 2))


def test_a_weight_implied_twice_differently() -> None:
    weight = mx.Variable("w")
    first, second = layer(mx.Variable("x"), weight), layer(mx.Variable("y"), weight, name="fc2")
    text = "weight should have shape (3, 5), but 'w' has shape (3, 2) (implied by 'fc')"
    with pytest.raises(mx.ShapeError, match=re.escape(text)):
        mx.Group(first, second).infer_shape(x=(4, 2), y=(4, 5))


def test_what_an_operator_refuses_names_the_node() -> None:
    net = mx.Convolution(mx.Variable("x"), kernel=(3, 3), num_filter=1, name="conv")
    with pytest.raises(mx.ShapeError, match=r"Convolution 'conv': data must be .* got \(2, 3\)"):
        net.infer_shape(x=(2, 3))
    with pytest.raises(mx.ShapeError, match=r"Convolution 'conv': kernel .*'x' is \(1, 1, 2, 2\)"):
        net.infer_shape(x=(1, 1, 2, 2))


def test_labels_may_be_classes_or_probabilities() -> None:
    net = mx.SoftmaxOutput(mx.Variable("x"), name="sm")
    assert net.infer_shape(x=(5, 4))[0] == [(5, 4), (5,)]
    assert net.infer_shape(x=(5, 4), sm_label=(5, 4))[0] == [(5, 4), (5, 4)]


def test_unknown_names_and_too_many_shapes() -> None:
    net = layer(mx.Variable("data"))
    for infer, value in ((net.infer_shape, (5, 2)), (net.infer_type, "float64")):
        with pytest.raises(mx.ArgumentError, match="no argument 'dat'; did you mean 'data'"):
            infer(dat=value)
        with pytest.raises(mx.ArgumentError, match=r"4 .* for 3 arguments"):
            infer(value, value, value, value)


NO_SHAPES = ["big", "(2, 'x')", "(2, 0.5)", "", "(2,", "(" * 300, (2, "x"), (2, 0.5), 1.5]


@pytest.mark.parametrize("given", [*NO_SHAPES, (-1, 2)], ids=repr)
def test_what_is_no_shape(given: Any) -> None:
    with pytest.raises(mx.ShapeError, match=r"variable 'data': a shape .* got"):
        layer(mx.Variable("data")).infer_shape(data=given)


@pytest.mark.parametrize("text", [each for each in NO_SHAPES if isinstance(each, str)])
def test_an_attribute_that_is_no_shape(text: str) -> None:
    with pytest.raises(mx.ShapeError, match=r"variable 'data': a shape .* got"):
        layer(mx.Variable("data", attrs={"shape": text})).infer_shape()


@pytest.mark.parametrize("text", ["(0, 2)", "(-1, 2)"])
def test_an_attribute_that_leaves_a_length_open_tells_nothing(text: str) -> None:
    """So MXNet 1.x writes variables whose shape is to be found later."""
    net = layer(mx.Variable("data", attrs={"shape": text}))
    assert net.infer_shape() == (None, None, None)
    assert net.infer_shape(data=(5, 2))[1] == [(5, 3)]


# -- element types ---------------------------------------------------------------------------------


def test_one_type_is_shared_and_labels_are_free() -> None:
    net = mx.SoftmaxOutput(layer(mx.Variable("x")), name="sm")
    found = net.infer_type(x="float64")
    assert found == (["float64"] * 3 + ["float32"], ["float64"], [])
    assert net.infer_type("float64") == found
    assert net.infer_type(None, "float64") == found
    assert net.infer_type(x=np.float16, sm_label="int64")[0] == ["float16"] * 3 + ["int64"]
    assert net.infer_type()[1] == ["float32"]
    assert shifted(mx.Variable("x")).infer_type(x=torch.float64)[2] == ["float64"]


def test_types_that_differ() -> None:
    net = layer(mx.Variable("x"))
    text = "FullyConnected 'fc': 'x' is float64, but 'fc_weight' is float32"
    with pytest.raises(mx.DTypeError, match=re.escape(text)):
        net.infer_type(x="float64", fc_weight="float32")
    with pytest.raises(mx.DTypeError, match="no element type 'float23'"):
        net.infer_type(x="float23")


# What Apache MXNet 1.9.1 infers of an input, where only what the output is added to is known.
BACK = [
    ("softmin", {}, (3, 4), {"data": (3, 4)}),
    ("log_softmax", {"axis": 0}, (3, 4), {"data": (3, 4)}),
    ("softmax", {}, (3, 4), {"data": (3, 4)}),
    ("SoftmaxActivation", {}, (3, 4), {"data": (3, 4)}),
    ("make_loss", {}, (3, 2), {"data": (3, 2)}),
    ("reverse", {"axis": 1}, (2, 3), {"data": (2, 3)}),
    ("cumsum", {"axis": 1}, (2, 3), {"a": (2, 3)}),
    ("expand_dims", {"axis": 0}, (1, 2, 3), {"data": (2, 3)}),
    ("expand_dims", {"axis": -1}, (2, 3, 1), {"data": (2, 3)}),
    ("transpose", {"axes": (2, 0, 1)}, (4, 2, 3), {"data": (2, 3, 4)}),
    ("transpose", {}, (4, 2, 3), {"data": (3, 2, 4)}),
    ("_scatter_set_nd", {"shape": (3, 4)}, (3, 4), {"lhs": (3, 4)}),
    ("ravel_multi_index", {"shape": (2, 3, 4)}, (5,), {"data": (3, 5)}),
    ("linalg_trmm", {}, (3, 2), {"A": (3, 3), "B": (3, 2)}),
    ("linalg_trsm", {"rightside": True}, (5, 3, 2), {"A": (5, 2, 2), "B": (5, 3, 2)}),
    ("linalg_potrf", {}, (2, 3, 3), {"A": (2, 3, 3)}),
    ("linalg_potri", {}, (3, 3), {"A": (3, 3)}),
    ("linalg_inverse", {}, (3, 3), {"A": (3, 3)}),
]


@pytest.mark.parametrize(("name", "params", "known", "expected"), BACK)
def test_shapes_flow_back(name, params, known, expected):
    function = function_of(name)
    inputs = {each: mx.Variable(each) for each in function.operator.inputs if each != "length"}
    symbol = function(**inputs, **params) + mx.Variable("known")
    shapes = symbol.infer_shape_partial(known=known)[0]
    found = dict(zip(symbol.list_arguments(), shapes, strict=True))
    assert {each: found[each] for each in expected} == expected


def test_a_sum_tells_its_addends_their_shape():
    symbol = mx.ElementWiseSum(mx.Variable("a"), mx.Variable("b")) + mx.Variable("known")
    assert symbol.infer_shape(known=(2, 3))[0] == [(2, 3)] * 3


@pytest.mark.parametrize("name", ["_zeros", "_ones", "_full", "_random_uniform", "_random_randint"])
def test_what_has_no_shape_of_its_own_takes_that_of_its_use(name):
    """As in files that say ``"shape": "None"``."""
    params = {"_full": {"value": 2}, "_random_randint": {"low": 0, "high": 9}}.get(name, {})
    made = function_of(name)(shape=None, **params)
    symbol = mx.Cast(made, dtype="float32") + mx.Variable("known")
    for each in (symbol, mx.SymbolicNode.from_json(symbol.to_json())):
        assert each.infer_shape(known=(2, 3))[1] == [(2, 3)]
    assert made.infer_shape() == (None, None, None)
