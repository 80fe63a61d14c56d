"""`to_module`: whole networks as modules of torch, and what torch does to those."""

import copy
import pickle

import numpy as np
import pytest
import torch
from control_flow_networks import X as Y
from control_flow_networks import foreach
from to_module_helpers import module_of, perceptron, samples
from torch import nn
from unrolled import Unrolled
from whole_networks import NETWORKS, drawn, predicted

import symnet as mx

X = mx.Variable


# -- whole networks --------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", NETWORKS.values(), ids=NETWORKS)
def test_networks_predict_the_same(symbol):
    params = drawn(symbol, data=(1, 3, 14, 14))
    module = mx.to_module(symbol, *params).eval()
    assert module.input_names == ("data",)
    for rows in (1, 3):
        images = samples(rows, 3, 14, 14)
        (expected,) = predicted(symbol, *params, data=images.numpy())
        for found in (module(images), module(images.clone().requires_grad_())):
            np.testing.assert_allclose(found.detach(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["resnet v1", "inception", "vgg"])
def test_gradients_are_those_of_the_executor(name):
    scores = NETWORKS[name].get_internals()
    scores = scores[scores.list_outputs()[-3]]  # before the loss and its label
    parameters, states = drawn(scores, data=(2, 3, 14, 14))
    images, weights = samples(2, 3, 14, 14), samples(2, 5, seed=3)
    module = mx.to_module(scores, parameters, states).train(name != "vgg")  # which drops
    (module(images) * weights).sum().backward()
    gradients = {n: mx.zeros(each.shape) for n, each in parameters.items()}
    executor = mx.bind(
        scores,
        mx.cpu(),
        {**parameters, "data": mx.array(images.numpy())},
        args_grad=gradients,
        aux_states=states,
    )
    executor.forward(is_train=module.training)
    executor.backward([mx.array(weights.numpy())])
    for key, parameter in module.named_parameters():
        right = executor.grad_dict[key].asnumpy()
        scale = np.abs(right).max() + 1e-3
        np.testing.assert_allclose(parameter.grad / scale, right / scale, atol=1e-5, err_msg=key)
    for key, state in module.named_buffers():
        np.testing.assert_allclose(state, executor.aux_dict[key].asnumpy(), rtol=1e-4, err_msg=key)


def test_an_unrolled_network_predicts_the_same():
    cells = Unrolled(layers=2)
    symbol, shapes = cells.network(), cells.shapes()
    params = drawn(symbol, **shapes)
    module = mx.to_module(symbol, *params)
    given = {name: samples(*shapes[name]) for name in module.input_names}
    whole = {**{n: np.zeros(s, "float32") for n, s in shapes.items()}, **given}
    expected = predicted(symbol, *params, **{n: np.asarray(a) for n, a in whole.items()})
    for found, right in zip(module.eval()(**given), expected, strict=True):
        np.testing.assert_allclose(found.detach(), right, rtol=1e-5, atol=1e-6)
    assert symbol.list_arguments() != list(module.input_names)
    order = [name for name in symbol.list_arguments() if name in module.input_names]
    assert order == list(module.input_names)


# -- training --------------------------------------------------------------------------------------


def test_it_trains_under_an_optimizer_of_torch():
    module = module_of(perceptron()).train()
    data = samples(8, 3)
    classes = (data[:, 0] > 0).long()
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.05)
    before = module.bn_moving_mean.clone()
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.nll_loss(module(data).log(), classes)
        loss.backward()
        optimizer.step()
    assert loss < 0.1
    assert not torch.equal(before, module.bn_moving_mean)
    assert (module.eval()(data).argmax(1) == classes).all()


def test_statistics_move_in_training_alone():
    module = module_of(perceptron(momentum=0.75))
    data = samples(8, 3)
    before = module.bn_moving_mean.clone()
    module.eval()(data)
    assert torch.equal(before, module.bn_moving_mean)
    with torch.no_grad():
        inner = nn.functional.linear(data, module.fc1_weight, module.fc1_bias)
        module.train()(data)
    expected = 0.75 * before + 0.25 * inner.mean(0)
    torch.testing.assert_close(module.bn_moving_mean, expected)
    assert not module.bn_moving_mean.requires_grad


def test_dropout_acts_in_training_alone():
    module = mx.to_module(mx.Dropout(X("data"), p=0.5))
    data = torch.ones(1000, requires_grad=True)
    assert torch.equal(module.eval()(data), data)
    dropped = module.train()(data)
    assert {*dropped.tolist()} == {0.0, 2.0}
    dropped.sum().backward()
    assert torch.equal(data.grad, dropped.detach())


def test_frozen_parameters_get_no_gradient():
    module = module_of(perceptron())
    module.fc1_weight.requires_grad_(False)
    module(samples(8, 3)).square().sum().backward()
    assert module.fc1_weight.grad is None
    assert module.fc2_weight.grad is not None


def test_a_second_derivative_is_refused():
    module = mx.to_module(mx.Activation(X("data"), act_type="tanh", name="bend"))
    data = samples(3).requires_grad_()
    (first,) = torch.autograd.grad(module(data).sum(), data, create_graph=True)
    with pytest.raises(mx.MXError, match=r"'bend': gradients of Activation.* not differentiated"):
        first.square().sum().backward()


def test_transforms_that_torch_has_no_rules_for():
    module, data = module_of(perceptron()).eval(), samples(4, 3)
    with pytest.raises(mx.MXError, match=r"torch.func does not know .* by torch.autograd"):
        torch.func.jacrev(module)(data)
    with torch.no_grad():
        torch.testing.assert_close(torch.vmap(module)(data[None])[0], module(data))


def test_where_no_gradient_arrives():
    module = mx.to_module(mx.exp(X("data")))
    data = samples(3).double().requires_grad_()
    torch.autograd.gradcheck(module, data, check_undefined_grad=True)


def test_whole_numbers_go_in_and_out():
    module = mx.to_module(
        mx.Embedding(X("words"), input_dim=5, output_dim=2, name="embed"),
        {"embed_weight": mx.array(np.arange(10.0).reshape(5, 2))},
    )
    assert module(torch.tensor([3, 0])).tolist() == [[6, 7], [0, 1]]


# -- what torch does to modules --------------------------------------------------------------------


def test_copies():
    module, data = module_of(perceptron()).eval(), samples(4, 3)
    expected = module(data)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(other(data), expected)
        other.fc1_weight.data.zero_()
        assert not torch.equal(other(data), expected)
    assert torch.equal(module(data), expected)


def test_a_deep_network_is_copied_and_pickled():
    net = X("data")
    for _ in range(1500):
        net = net + 1
    module = mx.to_module(net)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert other(torch.zeros(1)).tolist() == [1500]


def test_the_state_is_loaded_by_the_networks_names():
    module, other = module_of(perceptron()), module_of(perceptron())
    state = module.state_dict()
    names = ["fc1_weight", "fc1_bias", "bn_gamma", "bn_beta", "fc2_weight", "fc2_bias"]
    assert list(state) == [*names, "bn_moving_mean", "bn_moving_var"]
    other.load_state_dict({name: tensor + 1 for name, tensor in state.items()})
    assert torch.equal(other.fc1_weight, module.fc1_weight + 1)


def test_another_type():
    module, data = module_of(perceptron()).eval(), samples(4, 3)
    single = module(data)
    double = module.to(torch.float64)(data.double())
    assert double.dtype is torch.float64
    torch.testing.assert_close(double.float(), single)


@pytest.mark.long
@pytest.mark.parametrize("is_train", [True, False])
def test_it_is_compiled_as_one_graph(is_train):
    symbol = perceptron()
    params = drawn(symbol, data=(8, 3))
    module, other = (mx.to_module(symbol, *params).train(is_train) for _ in range(2))
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    for rows in (8, 5):
        data = samples(rows, 3)
        for each in (compiled, other):
            each(data).square().sum().backward()
    for (name, own), right in zip(module.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(own.grad, right.grad, msg=name)
    for own, right in zip(module.buffers(), other.buffers(), strict=True):
        torch.testing.assert_close(own, right)


@pytest.mark.long
def test_what_cannot_be_traced_is_left_to_python():
    module = mx.to_module(mx.gather_nd(X("data"), X("where")) * 2)
    compiled = torch.compile(module, backend="aot_eager")
    data, where = samples(3, 4), torch.tensor([[0.0, 2.0]])
    assert torch.equal(compiled(data, where), 2 * data[[0, 2]])


def recurrent():
    symbol = mx.RNN(
        X("data"), X("p"), X("h"), X("c"), state_size=4, num_layers=2, mode="lstm", name="rnn"
    )
    return module_of(symbol, data=(5, 2, 3), h=(2, 2, 4), c=(2, 2, 4))


def looping():
    step = mx.FullyConnected(Y("row"), Y("w"), no_bias=True, num_hidden=2, name="fc")
    body = mx.Group(mx.Activation(step + Y("state"), act_type="tanh"), Y("state") * 0.5)
    symbol = foreach(body, ["row"], ["state"], 1)
    return mx.to_module(symbol, {"w": mx.array(samples(2, 3).numpy())})


def of_torch():
    inner = mx.from_module(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), X("data"), name="inner")
    return mx.to_module(inner * 2, *mx.module_params(inner))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # of what Python returned
@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (recurrent, [(5, 2, 3), (2, 2, 4), (2, 2, 4)]),
        (looping, [(4, 2, 3), (2, 2)]),
        (of_torch, [(2, 3)]),
    ],
)
def test_networks_whose_gradients_carry_a_run_train_compiled(make, shapes):
    module, data = make(), [samples(*shape) for shape in shapes]
    other = copy.deepcopy(module)
    compiled = torch.compile(other, backend="aot_eager")
    for each in (module, compiled):
        found = each(*data)
        (found[0] if isinstance(found, tuple) else found).square().sum().backward()
    for (name, own), right in zip(module.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(own.grad, right.grad, msg=name)


def test_it_is_exported():
    module, data = module_of(perceptron()).eval(), samples(4, 3)
    program = torch.export.export(module, (data,))
    torch.testing.assert_close(program.module()(data), module(data))


# -- names and calls -------------------------------------------------------------------------------


def test_a_network_of_branches_is_exported():
    symbol = NETWORKS["resnet v1"]
    module = mx.to_module(symbol, *drawn(symbol, data=(2, 3, 14, 14))).eval()
    assert all(parameter.requires_grad for parameter in module.parameters())
    batch = torch.export.Dim("batch")
    given = (samples(2, 3, 14, 14),)
    program = torch.export.export(module, given, dynamic_shapes=(({0: batch},),))
    more = samples(5, 3, 14, 14)
    torch.testing.assert_close(program.module()(more), module(more), rtol=1e-4, atol=1e-5)
    assert list(program.state_dict) == list(module.state_dict())


def test_it_shares_no_memory_with_the_model():
    parameters, states = drawn(perceptron(), data=(8, 3))
    module = mx.to_module(perceptron(), parameters, states)
    module.fc1_weight.data.zero_()
    assert parameters["fc1_weight"].asnumpy().any()


def test_of_a_model():
    model = mx.FeedForward(perceptron())
    model.init_model(mx.XavierInitializer(), data=(8, 3), softmax_label=(8,))
    data = samples(8, 3)
    found = mx.to_module(model).eval()(data)
    np.testing.assert_allclose(found.detach(), model.predict(data.numpy()), rtol=1e-5)


def test_of_a_checkpoint(tmp_path):
    symbol = perceptron()
    params = drawn(symbol, data=(8, 3))
    mx.save_checkpoint(symbol, *params, tmp_path / "net", 3)
    module = mx.to_module(mx.load_checkpoint(tmp_path / "net", 3)).eval()
    data = samples(4, 3)
    (expected,) = predicted(symbol, *params, data=data.numpy())
    np.testing.assert_allclose(module(data).detach(), expected, rtol=1e-5, atol=1e-6)


def test_several_outputs_are_a_tuple():
    x = X("x")
    module = mx.to_module(mx.Group(x * X("y"), x, mx.SliceChannel(x, num_outputs=2, axis=0)))
    assert (module.input_names, len(module.output_names)) == (("x", "y"), 4)
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    found = module(x, y=y)
    assert [each.tolist() for each in found] == [[3, 8], [1, 2], [1], [2]]


def test_names_that_attributes_cannot_have():
    names = ["net.conv.weight", "net.conv", "forward", "a..b", "training"]
    net = X("data")
    for name in names:
        net = net + X(name)
    numbers = {name: mx.array([10.0**place]) for place, name in enumerate(names)}
    module = mx.to_module(net, numbers)
    assert module(torch.zeros(1)).tolist() == [11111]
    keys = ["net.conv.weight", "net.conv_", "forward_", "a._.b", "training_"]
    assert sorted(module.state_dict()) == sorted(keys)
    assert pickle.loads(pickle.dumps(module))(torch.zeros(1)).tolist() == [11111]


def test_what_print_shows():
    assert repr(module_of(perceptron())) == "NetworkModule(data -> softmax_output)"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda net: net(), r"takes 1 inputs \(data\); 'data' is missing"),
        (lambda net: net(samples(2, 3), samples(2)), r"takes 1 inputs \(data\), got 2 tensors"),
        (lambda net: net(date=samples(2, 3)), r"no input 'date'; did you mean 'data'"),
        (lambda net: net(samples(2, 3), data=samples(2, 3)), "'data' is given by position and by"),
    ],
)
def test_calls_that_are_wrong(call, said):
    with pytest.raises(mx.ArgumentError, match=said):
        call(module_of(perceptron()))


def test_an_error_inside_names_the_node():
    with pytest.raises(RuntimeError) as caught:
        module_of(perceptron())(samples(2, 4))
    assert "in node 'fc1', FullyConnected(" in caught.value.__notes__[0]


def test_parameters_without_numbers():
    parameters, states = drawn(perceptron(), data=(8, 3))
    del parameters["fc2_weight"]
    with pytest.raises(mx.ArgumentError, match="no numbers for 'fc2_weight'; give them in"):
        mx.to_module(perceptron(), parameters, states)
    with pytest.raises(mx.ArgumentError, match="no numbers for 'bn_moving_mean', 'bn_moving_var'"):
        mx.to_module(perceptron(), {**parameters, "fc2_weight": mx.ones((2, 4))})
    module = mx.to_module(perceptron(), parameters, states, inputs=["fc2_weight", "data"])
    assert module.input_names == ("fc2_weight", "data")
    with pytest.raises(mx.ArgumentError, match=r"predictions need no 'softmax_label'"):
        mx.to_module(perceptron(), parameters, states, inputs=["data", "softmax_label"])


def test_what_is_no_network():
    with pytest.raises(mx.ArgumentError, match="give a symbol, a model or a checkpoint, not 3"):
        mx.to_module(3)
    with pytest.raises(mx.ArgumentError, match="parameter 'w' is a ndarray"):
        mx.to_module(X("x") * X("w"), {"w": np.ones(1)})
    with pytest.raises(mx.ArgumentError, match="several variables are called 'x'"):
        mx.to_module(X("x") * X("x"))
