"""The documents' function forms, and what a symbol says of all its nodes."""

import inspect

import numpy as np
import pytest

import symnet as mx
from symnet.api import _function_forms as function_forms
from symnet.executor import Executor


def network():
    data = mx.Variable("data", attrs={"mood": "angry"})
    conv = mx.Convolution(data, kernel=(1, 1), num_filter=1, name="conv", attrs={"mood": "so so"})
    return mx.Flatten(conv, name="flat")


# -- function forms --------------------------------------------------------------------------------


def owner_of(name):
    return getattr(mx.SymbolicNode, name, None) or getattr(Executor, name)


@pytest.mark.parametrize("name", function_forms.__all__)
def test_a_form_takes_what_its_method_takes(name):
    method = list(inspect.signature(owner_of(name)).parameters.values())[1:]
    form = list(inspect.signature(getattr(mx, name)).parameters.values())[1:]
    assert [(p.name, p.kind, p.default) for p in form] == [
        (p.name, p.kind, p.default) for p in method
    ]


def test_forms_of_a_symbol():
    net = network()
    assert mx.list_arguments(net) == ["data", "conv_weight", "conv_bias"]
    assert mx.list_outputs(net) == ["flat_output"]
    assert mx.list_auxiliary_states(mx.BatchNorm(net, name="bn")) == [
        "bn_moving_mean",
        "bn_moving_var",
    ]
    internals = mx.get_internals(net)
    assert internals.list_outputs()[-2:] == ["conv_output", "flat_output"]
    shapes = mx.infer_shape(net, data=(2, 3, 4, 5))
    assert shapes == ([(2, 3, 4, 5), (1, 3, 1, 1), (1,)], [(2, 20)], [])
    assert mx.infer_shape(net, (2, 3, 4, 5)) == shapes
    assert mx.infer_shape(net) == (None, None, None)
    assert mx.infer_type(net, data="float64") == (["float64"] * 3, ["float64"], [])
    assert mx.from_json(mx.to_json(net)).list_arguments() == mx.list_arguments(net)


def test_attribute_forms():
    data = mx.Variable("data")
    assert mx.set_attr(data, "mood", "calm") is None
    assert (mx.get_attr(data, "mood"), mx.get_attr(data, "age")) == ("calm", None)
    assert mx.list_attr(data) == {"mood": "calm"}


def test_forms_of_an_executor():
    net = mx.Variable("x") * 3.0
    executor = mx.bind(net, mx.cpu(), {"x": mx.zeros((2,))}, args_grad={"x": mx.zeros((2,))})
    mx.copy_params_from(executor, {"x": mx.array([1, 2])})
    assert mx.forward(executor, is_train=True)[0].asnumpy().tolist() == [3, 6]
    assert mx.forward(executor, True, x=mx.array([5, 6]))[0].asnumpy().tolist() == [15, 18]
    mx.backward(executor, mx.array([1, 2]))
    assert executor.grad_dict["x"].asnumpy().tolist() == [3, 6]
    with pytest.raises(mx.ArgumentError, match="no parameter 'y'"):
        mx.copy_params_from(executor, {"y": mx.zeros((2,))})
    mx.copy_params_from(executor, {"y": mx.zeros((2,))}, allow_extra_params=True)
    np.testing.assert_array_equal(executor.arg_dict["x"].asnumpy(), [5, 6])


# -- partial shapes --------------------------------------------------------------------------------


def test_partial_shapes_go_on_where_one_branch_is_unknown():
    left = mx.FullyConnected(mx.Variable("left"), num_hidden=3, name="l")
    right = mx.FullyConnected(mx.Variable("right"), num_hidden=4, name="r")
    net = mx.Group(left, right)
    assert net.infer_shape(right=(2, 5)) == (None, None, None)
    arguments, outputs, states = mx.infer_shape_partial(net, right=(2, 5))
    assert dict(zip(net.list_arguments(), arguments, strict=True)) == {
        "left": (),
        "l_weight": (),
        "l_bias": (),
        "right": (2, 5),
        "r_weight": (4, 5),
        "r_bias": (4,),
    }
    assert (outputs, states) == ([(), (2, 4)], [])


def test_partial_shapes_of_what_is_known_are_all_shapes():
    net = mx.BatchNorm(network(), name="bn")
    assert net.infer_shape_partial((2, 3, 4, 5)) == net.infer_shape((2, 3, 4, 5))
    assert net.infer_shape_partial()[2] == [(), ()]


def test_partial_shapes_that_do_not_fit_are_an_error():
    net = mx.FullyConnected(mx.Variable("x"), num_hidden=3, name="fc")
    with pytest.raises(mx.ShapeError, match="'fc_weight' has shape"):
        net.infer_shape_partial(x=(2, 5), fc_weight=(1, 1))


# -- attributes of all nodes -----------------------------------------------------------------------


def test_attributes_of_all_nodes():
    assert mx.list_all_attr(network()) == {
        "data_mood": "angry",
        "conv_mood": "so so",
        "conv_weight_mood": "so so",
        "conv_bias_mood": "so so",
    }


def test_attributes_are_repeated_for_auxiliary_states():
    net = mx.BatchNorm(mx.Variable("x"), name="bn", attrs={"mood": "calm"})
    owners = ["bn", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"]
    assert net.list_all_attr() == {f"{owner}_mood": "calm" for owner in owners}
    old = net.list_all_attr()
    assert mx.from_json(net.to_json()).list_all_attr() == old


def test_a_group_has_attributes_too():
    group = mx.Group(network(), mx.Variable("x", attrs={"age": "3"}))
    assert group.list_all_attr().items() >= {"x_age": "3", "conv_mood": "so so"}.items()
