"""`from_module`: modules of torch inside networks, against torch itself."""

import copy
import io

import numpy as np
import pytest
import torch
from torch import nn

import symnet as mx
from symnet.core.paths import read_bytes

X = mx.Variable


def samples(*shape, seed=2):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def body():
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())


def bound(symbol, is_train=True, **data):
    shapes = {name: each.shape for name, each in data.items()}
    executor = mx.simple_bind(
        symbol, mx.cpu(), grad_req=dict.fromkeys(symbol.list_arguments(), "write"), **shapes
    )
    executor.copy_params_from(*mx.module_params(symbol), allow_extra_params=True)
    for name, each in data.items():
        executor.arg_dict[name][:] = each
    executor.forward(is_train=is_train)
    return executor


def test_names_and_shapes():
    net = mx.from_module(body(), X("data"), name="body")
    parameters = ["body_0_weight", "body_0_bias", "body_1_weight", "body_1_bias"]
    assert net.list_arguments() == ["data", *parameters]
    states = ["running_mean", "running_var", "num_batches_tracked"]
    assert net.list_auxiliary_states() == [f"body_1_{each}" for each in states]
    shapes, outputs, _ = net.infer_shape(data=(2, 3, 6, 6))
    assert shapes[1:3] == [(4, 3, 3, 3), (4,)]
    assert outputs == [(2, 64)]
    args, states = mx.module_params(net)
    np.testing.assert_array_equal(args["body_0_weight"].asnumpy(), body()[0].weight.detach())
    assert states["body_1_num_batches_tracked"].asnumpy().tolist() == [0]


@pytest.mark.parametrize("is_train", [True, False])
def test_values_gradients_and_states_are_those_of_torch(is_train):
    module, data, head = body().train(is_train), samples(2, 3, 6, 6), samples(2, 64, seed=3)
    net = mx.from_module(module, X("data") * 2, name="body")
    executor = bound(net, is_train, data=data)
    leaf = torch.from_numpy(data).requires_grad_()
    expected = module(leaf * 2)
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), expected.detach(), rtol=1e-6)
    if is_train:
        executor.backward([mx.array(head)])
        expected.backward(torch.from_numpy(head))
        found = executor.grad_dict
        np.testing.assert_allclose(found["data"].asnumpy(), leaf.grad, rtol=1e-5, atol=1e-6)
        for name, parameter in module.named_parameters():
            own = found[f"body_{name.replace('.', '_')}"].asnumpy()
            np.testing.assert_allclose(own, parameter.grad, rtol=1e-5, atol=1e-5)
    for name, buffer in module.named_buffers():
        own = executor.aux_dict[f"body_{name.replace('.', '_')}"].asnumpy()
        np.testing.assert_allclose(own, np.atleast_1d(buffer), rtol=1e-6)


def half_and_half():
    net = mx.Activation(mx.FullyConnected(X("data"), num_hidden=8, name="old"), act_type="tanh")
    torch.manual_seed(1)
    net = mx.from_module(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.1)), net, name="new")
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="top"), name="softmax")


def test_a_network_half_old_half_new_trains(tmp_path):
    net, data = half_and_half(), samples(64, 4)
    model = mx.FeedForward(net)
    model.arg_params, model.aux_params = mx.module_params(net)
    first = model.arg_params["new_0_weight"].asnumpy()
    provider = mx.ArrayDataProvider(
        {"data": data}, {"softmax_label": data[:, 0] > 0}, batch_size=16
    )
    model.fit(
        mx.ADAM(lr=0.05), provider, n_epoch=12, initializer=mx.XavierInitializer(), verbose=False
    )
    found = model.predict(data)
    assert ((found[:, 1] > 0.5) == (data[:, 0] > 0)).mean() > 0.95
    assert np.abs(model.arg_params["new_0_weight"].asnumpy() - first).max() > 0.01
    module = copy.deepcopy(mx.to_module(model)).eval()
    np.testing.assert_allclose(module(torch.from_numpy(data)).detach(), found, rtol=1e-5)


def test_files_are_read_into_a_network_that_has_the_module(tmp_path):
    net = half_and_half()
    executor = bound(net, is_train=False, data=samples(2, 4))
    parameters = {n: a for n, a in executor.arg_dict.items() if n not in ("data", "softmax_label")}
    mx.save_checkpoint(net, parameters, {}, tmp_path / "half", 1)
    said = "a file cannot hold the module 'torch.nn.modules.container.Sequential' of torch: build"
    with pytest.raises(mx.FormatError, match=said):
        mx.load_checkpoint(tmp_path / "half", 1)
    model = mx.load_checkpoint(mx.FeedForward(half_and_half()), tmp_path / "half", 1)
    data = samples(2, 4)
    np.testing.assert_allclose(model.predict(data), executor.outputs[0].asnumpy(), rtol=1e-6)


def test_it_goes_into_a_program():
    net, data = half_and_half(), samples(3, 4)
    executor = bound(net, is_train=False, data=data)
    parameters = {n: a for n, a in executor.arg_dict.items() if n not in ("data", "softmax_label")}
    mx.export_program("memory://half.pt2", net, parameters, data=(1, 4))
    program = torch.export.load(io.BytesIO(read_bytes("memory://half.pt2"))).module()
    expected = executor.outputs[0].asnumpy()
    np.testing.assert_allclose(program(torch.from_numpy(data)), expected, rtol=1e-6, atol=1e-6)


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(3.0))
        self.register_parameter("one", None)

    def forward(self, left, right):
        return left * self.scale + right, right.argmax(1)


def test_several_inputs_and_outputs():
    net = mx.from_module(Two(), X("a"), X("b"), name="two", num_outputs=2)
    assert (net.list_arguments(), net.list_outputs()) == (
        ["a", "b", "two_scale"],
        ["two_output0", "two_output1"],
    )
    a, b = samples(2, 3), samples(2, 3, seed=4)
    executor = bound(net, a=a, b=b)
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), 3 * a + b, rtol=1e-6)
    np.testing.assert_array_equal(executor.outputs[1].asnumpy(), b.argmax(1))
    executor.backward([mx.ones((2, 3)), mx.ones(2)])
    np.testing.assert_allclose(executor.grad_dict["two_scale"].asnumpy(), [a.sum()], rtol=1e-5)


def test_the_module_stays_its_users():
    module = body().eval()
    executor = bound(mx.from_module(module, X("data"), name="body"), data=samples(2, 3, 6, 6))
    assert not module.training
    assert module[1].num_batches_tracked == 0
    assert executor.aux_dict["body_1_num_batches_tracked"].asnumpy().tolist() == [1]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: mx.from_module(3, X("x")), "give a module of torch, not 3"),
        (lambda: mx.from_module(Two(), np.ones(1)), "give the symbols that the module is called"),
        (lambda: mx.from_module(Two()), "give the symbols that the module is called with"),
        (
            lambda: mx.from_module(nn.Linear(3, 2), X("x")).infer_shape(x=(5, 4)),
            r"torch.nn.modules.linear.Linear fails with inputs of shape \(5, 4\): ",
        ),
        (
            lambda: mx.from_module(Two(), X("x"), X("y")).infer_shape(x=(5, 4), y=(5, 4)),
            "returns 2 tensors; give num_outputs=2",
        ),
    ],
)
def test_what_is_wrong(made, said):
    with pytest.raises((mx.ArgumentError, mx.ShapeError), match=said):
        made()


class Choosing(nn.Module):
    """What looks at numbers, and leaves torch."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([2.0]))

    def forward(self, data):
        factor = self.scale if data.sum() > 0 else -self.scale
        return factor * torch.from_numpy(np.abs(data.numpy()))


def test_a_module_that_looks_at_numbers():
    net = mx.from_module(Choosing(), mx.Variable("data"), name="chosen")
    parameters, _ = mx.module_params(net)
    executor = mx.simple_bind(net, grad_req="null", data=(2,))
    executor.copy_params_from(parameters)
    for given, right in (([1, -3], [-2, -6]), ([5, -3], [10, 6])):
        assert executor.forward(data=mx.array(given))[0].asnumpy().tolist() == right


def test_a_module_whose_shapes_depend_on_numbers():
    class Found(nn.Module):
        def forward(self, data):
            return data.nonzero().float()

    net = mx.from_module(Found(), mx.Variable("data"), name="found")
    with pytest.raises(mx.ShapeError, match=r"depends on their numbers, it is \[\(0, 1\)\] for 0"):
        net.infer_shape(data=(2,))


def test_a_module_of_symnet_comes_back():
    boxes = mx.gather_nd(mx.Variable("data"), mx.Variable("where"))
    net = mx.from_module(mx.to_module(boxes), mx.Variable("a"), mx.Variable("b"), name="inner")
    executor = mx.simple_bind(net, grad_req="null", a=(3, 2), b=(2, 2))
    found = executor.forward(a=mx.array([[1, 2], [3, 4], [5, 6]]), b=mx.array([[0, 2], [1, 0]]))
    assert found[0].asnumpy().tolist() == [2, 5]
