"""The network factory: `MLP`."""

import re

import pytest

import symnet as mx


def names_of(network):
    return [
        name.removesuffix("_output")
        for name in network.get_internals().list_outputs()
        if name.endswith("_output")
    ]


def test_the_documented_example():
    net = mx.MLP(mx.Variable("data"), [128, (64, "sigmoid"), 10], prefix="m_")
    assert names_of(net) == ["m_fc1", "m_relu1", "m_fc2", "m_sigmoid2", "m_fc3"]
    assert net.infer_shape(data=(5, 30))[1] == [(5, 10)]


def test_it_equals_layers_written_out():
    net = mx.FullyConnected(mx.Variable("data"), name="a1_fc1", num_hidden=4)
    net = mx.Activation(net, name="a1_tanh1", act_type="tanh")
    net = mx.FullyConnected(net, name="a1_fc2", num_hidden=3)
    net = mx.Activation(net, name="a1_softrelu2", act_type="softrelu")
    spec = [4, (3, "softrelu")]
    made = mx.MLP(mx.Variable("data"), spec, hidden_activation="tanh", prefix="a1_")
    assert made.to_json() == net.to_json()


def test_the_last_layer_is_activated_only_where_it_says_so():
    assert names_of(mx.MLP(mx.Variable("x"), [3], prefix="")) == ["fc1"]
    assert names_of(mx.MLP(mx.Variable("x"), [(3, "relu")], prefix="")) == ["fc1", "relu1"]


def test_without_a_prefix_each_call_makes_a_new_one():
    with mx.NameManager():
        first, second = (mx.MLP(mx.Variable("x"), [2, 1]) for _ in range(2))
        assert names_of(first) == ["mlp0_fc1", "mlp0_relu1", "mlp0_fc2"]
        assert names_of(second) == ["mlp1_fc1", "mlp1_relu1", "mlp1_fc2"]
    with mx.PrefixNameManager("net_"):
        assert names_of(mx.MLP(mx.Variable("x"), [1])) == ["net_mlp0_fc1"]


def test_it_is_a_layer_where_its_input_is_left_out():
    data = mx.Variable("data")
    written = mx.SoftmaxOutput(mx.MLP(data, [128, 64, 10], prefix="m_"), name="softmax")
    layers = [mx.MLP([128, 64, 10], prefix="m_"), mx.SoftmaxOutput(name="softmax")]
    assert mx.chain(data, *layers).to_json() == written.to_json()
    assert (data >> layers[0] >> layers[1]).to_json() == written.to_json()
    assert written.list_arguments()[0] == "data"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ([], "MLP: spec must be a list of layers as [128, (64, 'sigmoid'), 10], got []"),
        (128, "got 128"),
        ("128", "got '128'"),
        ([3, "relu"], "MLP: layer 2 must be a number of hidden units, or a pair"),
        ([(3, 4)], "layer 1 must be a number of hidden units"),
        ([2.5], "got 2.5"),
        ([True], "got True"),
    ],
)
def test_a_spec_that_is_none(spec, text):
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        mx.MLP(mx.Variable("x"), spec)


def test_an_input_that_is_none():
    with pytest.raises(mx.ArgumentError, match="MLP: input must be a symbol, got 3"):
        mx.MLP(3, [1])
    with pytest.raises(mx.ArgumentError, match="MLP: spec must be a list of layers"):
        mx.MLP(mx.Variable("x"))


def test_an_activation_that_does_not_exist():
    with pytest.raises(mx.ParameterError, match="act_type must be"):
        mx.MLP(mx.Variable("x"), [(3, "relux"), 1])
    with pytest.raises(mx.ParameterError, match="num_hidden must be >= 1"):
        mx.MLP(mx.Variable("x"), [0])
