"""Predictions of a module that come again and again, which a program over its memory runs."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from to_module_helpers import module_of, perceptron, samples
from torch import nn
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.utils import parametrizations, parametrize, prune
from torch.utils.flop_counter import FlopCounterMode
from whole_networks import drawn, predicted

import symnet as mx
from symnet.pytorch._network import Network

X = mx.Variable


@torch.no_grad()
def test_predictions_follow_what_becomes_of_parameters():
    symbol = perceptron()
    params = drawn(symbol, data=(8, 3))
    module, data = mx.to_module(symbol, *params).eval(), samples(8, 3)

    def assert_as_predicted():
        held = module.state_dict()
        numbers = [{n: mx.array(held[n].numpy()) for n in each} for each in params]
        (expected,) = predicted(symbol, *numbers, data=data.numpy())
        for _ in range(4):
            np.testing.assert_allclose(module(data), expected, rtol=1e-5, atol=1e-6)

    assert_as_predicted()
    module.fc1_weight.mul_(-1)
    assert_as_predicted()
    module.fc1_weight.data = module.fc1_weight.data * 2
    assert_as_predicted()
    module.fc2_weight.data = module.fc1_weight.data.new_ones(4, 2).t()  # not contiguous
    assert_as_predicted()
    module.load_state_dict({name: each + 1 for name, each in module.state_dict().items()})
    assert_as_predicted()
    module.to(torch.float64)
    data = data.double()
    assert_as_predicted()


class Doubled(nn.Module):
    def forward(self, weight):
        return weight * 2


def transposed_in_place(module):
    module.fc1_weight.data = module.fc1_weight.data.t().contiguous().t()


def fewer_rows_of_the_same_memory(module):
    for name in ("fc2_weight", "fc2_bias"):
        parameter = getattr(module, name)
        parameter.data = parameter.data[:1]


def in_another_order(module):
    weight = module.fc1_weight
    del module.fc1_weight
    module.register_parameter("fc1_weight", weight)


def with_parts_of_its_own(module):
    module.scale = nn.Parameter(torch.ones(1))
    module.inner = nn.Linear(2, 2)


def assigned(module):
    held = {name: tensor + 1 for name, tensor in module.state_dict().items()}
    module.load_state_dict(held, assign=True)


CHANGES = {
    "parametrized": lambda m: parametrize.register_parametrization(m, "fc1_weight", Doubled()),
    "of a norm": lambda m: parametrizations.weight_norm(m, "fc1_weight"),
    "pruned": lambda m: prune.random_unstructured(m, "fc2_weight", amount=3),
    "another parameter": lambda m: setattr(m, "fc1_bias", nn.Parameter(m.fc1_bias + 1)),
    "transposed in place": transposed_in_place,
    "fewer rows of the same memory": fewer_rows_of_the_same_memory,
    "in another order": in_another_order,
    "with parts of its own": with_parts_of_its_own,
    "assigned": assigned,
    "shared": lambda m: m.share_memory(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_predictions_follow_what_torch_does_to_a_module(change):
    module, data = module_of(perceptron()).eval(), samples(8, 3)
    for _ in range(4):
        with torch.no_grad():
            module(data)
    change(module)
    expected = module(data.clone().requires_grad_()).detach()  # node by node
    with torch.no_grad():
        for _ in range(5):
            torch.testing.assert_close(module(data), expected)


@pytest.mark.parametrize("made_inside", [False, True])
def test_predictions_are_memory_of_their_own(made_inside):
    module, data = module_of(perceptron()).eval(), samples(8, 3)
    with torch.inference_mode():
        module = copy.deepcopy(module) if made_inside else module
        found = [module(data * (number + 1)) for number in range(6)]
    with torch.no_grad():
        again = [module(data * (number + 1)) for number in range(6)]
    for each, right in zip(found, again, strict=True):
        torch.testing.assert_close(each, right)


@torch.no_grad()
def test_predictions_in_several_threads():
    module = module_of(perceptron()).eval()
    batches = [samples(8, 3, seed=number) for number in range(40)]
    expected = [module(each) for each in batches]
    with ThreadPoolExecutor(4) as threads:
        for found, right in zip(threads.map(module, batches), expected, strict=True):
            torch.testing.assert_close(found, right)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_call_like_the_last_goes_straight_to_its_program(mode, monkeypatch):
    module, data = module_of(perceptron()).eval(), samples(8, 3)
    with mode():
        expected = [module(data) for _ in range(3)]
        monkeypatch.setattr(Network, "__call__", None)
        expected.append(module(data))
        named = module(data=data)
    for each in (*expected, named):
        torch.testing.assert_close(each, expected[0])


@torch.no_grad()
def test_the_same_bits_as_another_type():
    module = mx.to_module(mx.Cast(X("w"), dtype="float32") + X("a"), inputs=["a"], **HALF).eval()
    data = torch.zeros(2)
    for _ in range(4):
        assert module(data).tolist() == [1, 2]
    module.requires_grad_(False)
    module.w.data = module.w.data.view(torch.bfloat16)
    assert module(data).tolist() == module.w.float().tolist() != [1, 2]


HALF = {"arg_params": {"w": mx.array([1, 2], dtype="float16")}}


@torch.no_grad()
def test_predictions_for_other_lengths_and_types():
    module = mx.to_module(X("a") * 2 + X("b"))
    for rows in (5, 0, 1, 7, 9, 11, 13, 5):
        for dtype in (torch.float32, torch.int64, torch.bfloat16):
            given = torch.arange(rows).to(dtype)
            for _ in range(4):
                assert torch.equal(module(given, b=given + 1), given * 3 + 1)


@torch.no_grad()
def test_predictions_under_transforms_of_torch():
    module, data = module_of(perceptron()).eval(), samples(2, 5, 3)
    expected = torch.stack([module(each) for each in data])
    for _ in range(4):
        torch.testing.assert_close(torch.vmap(module)(data), expected)
    held = {name: tensor * 2 for name, tensor in module.state_dict().items()}
    other = copy.deepcopy(module)
    other.load_state_dict(held)
    for _ in range(4):
        found = torch.func.functional_call(module, held, (data[0],))
        torch.testing.assert_close(found, other(data[0]))
        torch.testing.assert_close(module(data[0]), expected[0])


@torch.no_grad()
def test_predictions_of_several_sets_of_parameters_at_once():
    module, data = module_of(perceptron()).eval(), samples(8, 3)
    for _ in range(4):
        expected = module(data)
    sets = {name: torch.stack([each, each * 2]) for name, each in module.state_dict().items()}
    found = torch.vmap(lambda own: torch.func.functional_call(module, own, (data,)))(sets)
    torch.testing.assert_close(found[0], expected)
    module.load_state_dict({name: each[1] for name, each in sets.items()})
    torch.testing.assert_close(found[1], module(data))


@torch.no_grad()
def test_predictions_while_torch_looks_at_each_call():
    module, data = module_of(perceptron()).eval(), samples(8, 3)
    for _ in range(5):
        with FlopCounterMode(display=False) as counter:
            module(data)
        assert counter.get_total_flops() == 2 * 8 * (3 * 4 + 4 * 2)
        module(data)
    program = make_fx(module)(data)
    torch.testing.assert_close(program(data * 2), module(data * 2))


@mx.register_custom("test_slope")
class SlopeProp(mx.CustomOpProp):
    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Slope()


class Slope(mx.CustomOp):
    """The derivative of the cube, which torch finds."""

    def forward(self, is_train, req, in_data, out_data, aux):
        with torch.enable_grad():
            data = in_data[0].torch.clone().requires_grad_()
            (found,) = torch.autograd.grad((data**3).sum(), data)
        out_data[0].torch.copy_(found)


def test_python_that_differentiates_as_it_predicts():
    module, data = mx.to_module(mx.Custom(X("data"), op_type="test_slope") + 1), samples(4)
    for mode in [torch.no_grad] * 5 + [torch.inference_mode] * 2:
        with mode():
            torch.testing.assert_close(module.eval()(data), 3 * data**2 + 1)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # which torch itself calls
@torch.no_grad()
def test_predictions_with_derivatives_beside_them():
    module, data = module_of(perceptron()).eval().double(), samples(8, 3).double()
    for _ in range(4):
        module(data)
    slopes = (module(data + 1e-6) - module(data - 1e-6)) / 2e-6
    with forward_ad.dual_level():
        found = module(forward_ad.make_dual(data, torch.ones_like(data)))
        torch.testing.assert_close(forward_ad.unpack_dual(found).tangent, slopes)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@torch.no_grad()
def test_predictions_that_are_traced():
    module, data = module_of(perceptron()).eval(), samples(8, 3)
    for _ in range(4):
        right = module(data)
    traced = torch.jit.trace(module, data)
    assert sorted(traced.state_dict()) == sorted(module.state_dict())
    torch.testing.assert_close(traced(data[:3]), right[:3])


@torch.no_grad()
def test_predictions_without_numbers():
    module, data = module_of(perceptron()).eval().to("meta"), samples(8, 3).to("meta")
    for _ in range(4):
        assert module(data).shape == (8, 2)
