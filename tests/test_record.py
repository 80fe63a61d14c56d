"""Recording rules: what is made again, and what cannot be."""

from functools import partial

import numpy as np
import pytest
import torch

from symnet.operators.contract import find_operator
from symnet.program._record import record


def recorded(rule, **tensors):
    """Record a rule, change its inputs, and return what the recorded calls then compute."""
    out = tensors["out"]
    actions = record(partial(rule, **tensors))
    for tensor in tensors.values():
        if tensor is not out:
            tensor.mul_(0.5)
    expected = rule(**{**tensors, "out": torch.empty_like(out)})
    out.fill_(float("nan"))
    for action in actions:
        action()
    np.testing.assert_array_equal(out.numpy(), expected.numpy())
    return actions


def test_views_are_left_out_and_the_product_is_made_again():
    layer = find_operator("FullyConnected")(num_hidden=3)
    actions = recorded(
        layer.forward,
        data=torch.rand(2, 5, 1),
        weight=torch.rand(3, 5),
        bias=torch.rand(3),
        out=torch.empty(2, 3),
    )
    assert [action.func.__name__ for action in actions] == ["addmm"]


def test_a_gradient_that_writes_through_a_view_is_recorded():
    layer = find_operator("FullyConnected")(num_hidden=3)
    out = torch.empty(2, 5, 1)
    rule = partial(layer.data_gradient, data_shape=(2, 5, 1))
    actions = recorded(rule, grad=torch.rand(2, 3), weight=torch.rand(3, 5), out=out)
    assert [action.func.__name__ for action in actions] == ["mm"]


@pytest.mark.parametrize("options", [{}, {"use_ignore": True, "ignore_label": 1}])
def test_several_writes_are_kept_in_order(options):
    loss = find_operator("SoftmaxOutput")(grad_scale=2.0, **options)
    output = torch.softmax(torch.rand(4, 3), 1)
    label = torch.tensor([-0.5, 2.0, 1.0, 7.0])
    loss.data_gradient(output, label)  # its table of classes exists from here on
    out = torch.empty(4, 3)
    actions = record(partial(loss.data_gradient, output=output, label=label, out=out))
    expected = loss.data_gradient(output, label)
    out.zero_()
    for action in actions:
        action()
    assert len(actions) > 1
    np.testing.assert_array_equal(out.numpy(), expected.numpy())


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(lambda data, out: torch.add(data, data.sum().item(), out=out), id="number"),
        pytest.param(lambda data, out: torch.mul(data, data + 1, out=out), id="temporary"),
        pytest.param(
            lambda data, out: out.copy_(data) if bool(data[0] > 0) else out.zero_(), id="branch"
        ),
    ],
)
def test_what_allocates_or_looks_at_numbers_is_called_whole(rule):
    call = partial(rule, data=torch.rand(3), out=torch.empty(3))
    assert record(call) == [call]


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda data: data[0].item(), id="item"),
        pytest.param(lambda data: float(data[0]), id="float"),
        pytest.param(lambda data: int(data[0]), id="int"),
        pytest.param(lambda data: data[0] and 2.0, id="bool"),
        pytest.param(lambda data: data.tolist()[0], id="tolist"),
        pytest.param(lambda data: data.numpy()[0].item(), id="numpy"),
        pytest.param(lambda data: 2.0 if torch.equal(data, data) else 0.0, id="equal"),
    ],
)
def test_looking_at_numbers_is_noticed_where_nothing_is_allocated(look):
    """The number would be that of the first run for ever after."""

    def rule(data, out):
        return torch.mul(data, look(data), out=out)

    call = partial(rule, data=torch.tensor([3.0, 1.0]), out=torch.empty(2))
    assert record(call) == [call]


def test_asking_for_a_shape_is_no_look_at_numbers():
    def rule(data, out):
        return torch.mul(data, data.shape[0] + data.ndim + data.numel() + len(data), out=out)

    actions = recorded(rule, data=torch.rand(3), out=torch.empty(3))
    assert [action.func.__name__ for action in actions] == ["mul"]
