"""Modules in other types of numbers: predictions and a step, against double precision."""

import copy

import pytest
import torch
from to_module_helpers import samples
from whole_networks import NETWORKS, drawn

import symnet as mx

CONVERSIONS = {
    "half": (torch.nn.Module.half, torch.float16, 0.03),
    "bfloat16": (torch.nn.Module.bfloat16, torch.bfloat16, 0.1),
    "float": (torch.nn.Module.float, torch.float32, 1e-4),
}
"""What converts, to which type, and how far off results may be: some 30 roundings, 1000 of float32,
where a network takes the difference of large numbers."""
DROPPING = ("squeezenet", "alexnet", "vgg")
"""Networks that drop, each type other numbers: their gradients are those of prediction."""


def scores_of(symbol):
    """A network without the loss, which saturates."""
    inner = symbol.get_internals()
    return inner[inner.list_outputs()[-3]]


def away(found: torch.Tensor, right: torch.Tensor) -> float:
    """How far a tensor is from the right one, in parts of that one's norm."""
    return float((found.double() - right).norm() / right.norm())


def stepped(module, data):
    """Take one step, and return all gradients, and all parameters and states after it."""
    optimizer = torch.optim.SGD(module.parameters(), lr=0.125)
    outputs = module(data)
    (outputs * samples(*outputs.shape, seed=3).to(data.dtype)).sum().backward()
    optimizer.step()
    for parameter in module.parameters():
        assert parameter.grad.dtype is data.dtype
    gradients = {name: each.grad for name, each in module.named_parameters()}
    return gradients, {name: each.detach() for name, each in module.state_dict().items()}


def joined(tensors) -> torch.Tensor:
    return torch.cat([each.double().flatten() for each in tensors.values()])


@pytest.mark.parametrize("convert", CONVERSIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_and_a_step_of_training(name, convert):
    symbol = scores_of(NETWORKS[name])
    module = mx.to_module(symbol, *drawn(symbol, data=(4, 3, 14, 14)))
    data = samples(4, 3, 14, 14)
    to_type, dtype, tolerance = CONVERSIONS[convert]
    exact, module = copy.deepcopy(module).double(), to_type(module)
    with torch.no_grad():
        right = exact.eval()(data.double())
        for _ in range(5):  # node by node, and by a program
            found = module.eval()(data.to(dtype))
            assert found.dtype is dtype
            assert away(found, right) < tolerance
    for each in (exact, module):
        each.train(name not in DROPPING)
    true_gradients, true_state = stepped(exact, data.double())
    gradients, state = stepped(module, data.to(dtype))
    assert away(joined(gradients), joined(true_gradients)) < tolerance
    assert away(joined(state), joined(true_state)) < tolerance
    assert {each.dtype for each in state.values()} == {dtype}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_under_autocast(name):
    """Which chooses types call by call: gradients come back in that of the parameters."""
    symbol = scores_of(NETWORKS[name])
    module = mx.to_module(symbol, *drawn(symbol, data=(4, 3, 14, 14))).train(name not in DROPPING)
    data, exact = samples(4, 3, 14, 14), copy.deepcopy(module).double()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = module(data)
    weights = samples(*outputs.shape, seed=3)
    (outputs.float() * weights).sum().backward()
    (exact(data.double()) * weights).sum().backward()
    found = {key: each.grad for key, each in module.named_parameters()}
    assert {each.dtype for each in found.values()} == {torch.float32}
    right = {key: each.grad for key, each in exact.named_parameters()}
    assert away(joined(found), joined(right)) < 0.1


def test_whole_numbers_stay_what_they_are():
    module = mx.to_module(
        mx.Embedding(mx.Variable("words"), input_dim=300, output_dim=2, name="embed"),
        {"embed_weight": mx.array(torch.arange(600.0).view(300, 2).numpy())},
    ).bfloat16()
    words = torch.tensor([[257, 0]])  # which bfloat16 does not have
    assert module(words)[0, 0].tolist() == torch.tensor([514.0, 515]).bfloat16().tolist()
    assert module(words).dtype is torch.bfloat16
