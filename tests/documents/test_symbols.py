"""The documents' code on symbols, shapes and executors, row-major, with the values it prints."""

import copy

import numpy as np

import symnet as mx


def mlp() -> mx.SymbolicNode:
    net = mx.Variable("data")
    net = mx.FullyConnected(data=net, name="fc1", num_hidden=128)
    net = mx.Activation(data=net, name="relu1", act_type="relu")
    net = mx.FullyConnected(data=net, name="fc2", num_hidden=64)
    return mx.Softmax(data=net, name="out")


# -- "Symbols and Composition" ---------------------------------------------------------------------


def test_two_symbols_composed_with_plus() -> None:
    A = mx.Variable("A")
    B = mx.Variable("B")
    C = A + B
    assert isinstance(C, mx.SymbolicNode)
    assert C.list_arguments() == ["A", "B"]


def test_arguments_accumulate() -> None:
    assert mlp().list_arguments() == [
        "data",  # input data, name from the first data variable
        "fc1_weight",  # weights of the fully connected layer named fc1
        "fc1_bias",  # bias of the layer fc1
        "fc2_weight",  # weights of the layer fc2
        "fc2_bias",  # bias of the layer fc2
        "out_label",  # input label, required by the softmax layer named out
    ]


def test_names_of_arguments_can_be_given() -> None:
    data = mx.Variable("data")
    w = mx.Variable("myweight")
    net = mx.FullyConnected(data=data, weight=w, name="fc1", num_hidden=128)
    assert net.list_arguments() == ["data", "myweight", "fc1_bias"]


def test_a_symbol_is_called_to_fill_in_missing_arguments() -> None:
    net = mx.Variable("data")
    net = mx.FullyConnected(data=net, name="fc1", num_hidden=128)
    net2 = mx.Variable("data2")
    net2 = mx.FullyConnected(data=net2, name="net2", num_hidden=128)
    assert net2.list_arguments() == ["data2", "net2_weight", "net2_bias"]
    composed_net = net2(data2=net, name="composed")
    assert composed_net.list_arguments() == [
        "data",
        "fc1_weight",
        "fc1_bias",
        "net2_weight",
        "net2_bias",
    ]


# -- "Shape Inference" -----------------------------------------------------------------------------


def test_shapes_are_inferred_from_the_inputs() -> None:
    net = mx.Variable("data")
    net = mx.FullyConnected(data=net, name="fc1", num_hidden=10)
    arg_shapes, out_shapes, aux_shapes = net.infer_shape(data=(64, 10))
    assert dict(zip(net.list_arguments(), arg_shapes, strict=True)) == {
        "data": (64, 10),
        "fc1_weight": (10, 10),
        "fc1_bias": (10,),
    }
    assert dict(zip(net.list_outputs(), out_shapes, strict=True)) == {"fc1_output": (64, 10)}
    assert aux_shapes == []


# -- "Binding and Executing", "Executor" -----------------------------------------------------------


def test_free_variables_are_bound_to_values() -> None:
    A = mx.Variable("A")
    B = mx.Variable("B")
    C = A * B
    a = mx.ones(3) * 4
    b = mx.ones(3) * 2
    c_exec = mx.bind(C, context=mx.cpu(), args={"A": a, "B": b})
    c_exec.forward()
    np.testing.assert_array_equal(mx.copy(c_exec.outputs[0]), [8.0, 8.0, 8.0])


def test_simple_bind_allocates_what_the_shapes_of_the_inputs_imply() -> None:
    executor = mx.simple_bind(mlp(), mx.cpu(), data=(100, 784))
    shapes = {name: array.shape for name, array in executor.arg_dict.items()}
    assert shapes == {
        "data": (100, 784),
        "fc1_weight": (128, 784),
        "fc1_bias": (128,),
        "fc2_weight": (64, 128),
        "fc2_bias": (64,),
        "out_label": (100,),
    }


# -- "Symbolic API" --------------------------------------------------------------------------------


def test_every_listed_method_of_a_symbol() -> None:
    net = mlp()
    assert net.list_outputs() == ["out_output"]
    assert net.list_auxiliary_states() == []
    assert net.get_internals().list_outputs() == [
        "data",
        "fc1_weight",
        "fc1_bias",
        "fc1_output",
        "relu1_output",
        "fc2_weight",
        "fc2_bias",
        "fc2_output",
        "out_label",
        "out_output",
    ]
    assert net["out_output"].list_outputs() == net[0].list_outputs() == ["out_output"]
    assert mx.Group(net, mx.Variable("more")).list_outputs() == ["out_output", "more"]
    assert mx.from_json(net.to_json()).to_json() == net.to_json()


def test_attributes_are_set_and_got() -> None:
    data = mx.Variable("data", attrs={"mood": "angry"})
    assert data.get_attr("mood") == "angry"
    assert data.get_attr("colour") is None
    data.set_attr("colour", "blue")
    assert data.get_attr("colour") == "blue"


def test_a_copy_is_a_deep_copy() -> None:
    data = mx.Variable("data", attrs={"mood": "angry"})
    for copied in (copy.copy(data), copy.deepcopy(data)):
        copied.set_attr("mood", "calm")
        assert (data.get_attr("mood"), copied.get_attr("mood")) == ("angry", "calm")
