"""Every row of `op_rows.ROWS` as a module of torch, against the executor: forward and gradients."""

import numpy as np
import pytest
import torch
from op_rows import ROWS
from op_testing import NODE, Row

import symnet as mx
from symnet.operators.contract import find_operator
from symnet.pytorch._node_call import NodeCall
from symnet.pytorch.left_out import CARRYING

CASES = [(row, is_train) for row in ROWS for is_train in row.modes()]


def named(case) -> str:
    return str(case) if isinstance(case, Row) else ("training" if case else "prediction")


def tensors(row: Row) -> dict[str, torch.Tensor]:
    learning = row.differentiable()
    return {
        name: torch.tensor(value, requires_grad=name in learning)
        for name, value in row.inputs().items()
    }


def bound(row: Row):
    arrays = row.arrays()
    gradients = {n: mx.zeros(arrays[n].shape, dtype="float64") for n in row.differentiable()}
    return mx.bind(
        row.symbol(), mx.cpu(), arrays, args_grad=gradients, aux_states=row.state_arrays()
    )


def several(found) -> tuple[torch.Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize(("row", "is_train"), CASES, ids=named)
def test_forward_and_back(row: Row, is_train: bool):
    module = mx.to_module(row.symbol(), None, row.state_arrays()).train(is_train)
    given, executor = tensors(row), bound(row)
    outputs = several(module(**{name: given[name] for name in module.input_names}))
    expected = executor.forward(is_train=is_train)
    for output, right in zip(outputs, expected, strict=True):
        assert str(output.dtype) == f"torch.{right.dtype}"
        np.testing.assert_allclose(output.detach(), right.asnumpy(), rtol=1e-9, atol=1e-12)
    operator = row.operator()
    if operator.is_loss():
        return
    random = np.random.default_rng(3)
    heads = [random.normal(size=output.shape) for output in expected]
    executor.backward([mx.array(h, dtype=o.dtype) for h, o in zip(heads, expected, strict=True)])
    pairs = [(o, torch.tensor(h, dtype=o.dtype)) for o, h in zip(outputs, heads, strict=True)]
    flowing = [(output, head) for output, head in pairs if output.requires_grad]
    if flowing:  # whole numbers carry no gradient in torch
        torch.autograd.backward(*zip(*flowing, strict=True))
        for name in row.differentiable():
            found = given[name].grad
            right = executor.grad_dict[name].asnumpy()
            found = np.zeros_like(right) if found is None else found
            np.testing.assert_allclose(found, right, rtol=1e-7, atol=1e-10, err_msg=name)
    if is_train:
        for name, state in module.named_buffers():
            np.testing.assert_allclose(state, executor.aux_dict[name].asnumpy(), rtol=1e-9)


MODES = [torch.no_grad] * 4 + [torch.inference_mode, torch.no_grad, torch.enable_grad]


@pytest.mark.parametrize("row", [row for row, is_train in CASES if not is_train], ids=str)
def test_predictions_are_alike_however_often_they_come(row: Row):
    """Node by node at first, and by a program later."""
    module = mx.to_module(row.symbol(), None, row.state_arrays()).eval()
    inputs = row.inputs()
    given = [torch.tensor(inputs[name]) for name in module.input_names]
    found = []
    for mode in MODES:
        with mode():
            found.append(several(module(*given)))
    assert module._network.plans.last is not None
    for outputs in found:
        for output, right in zip(outputs, found[0], strict=True):
            assert output.stride() == right.stride()
            torch.testing.assert_close(output.detach(), right, rtol=1e-9, atol=1e-12)


def test_training_after_predictions_in_inference_mode():
    """What rules keep for next time may be needed for derivatives then."""
    row = next(row for row in ROWS if row.op == "_image_resize")
    module = mx.to_module(row.symbol())
    (given,) = tensors(row).values()
    with torch.inference_mode():
        module(given.detach())
    module(given).sum().backward()
    assert given.grad.isfinite().all()


def test_which_operators_carry_a_run_to_the_way_back():
    """Those that hand on more than tensors of torch."""
    found = set()
    for row in ROWS:
        operator = row.operator()
        if operator.saved() and operator.rules.get("forward_saving"):
            module = mx.to_module(row.symbol(), None, row.state_arrays()).eval()
            (node,) = (n for n in row.symbol().graph.nodes if n.name == NODE)
            given = {**tensors(row), **dict(module.named_buffers())}
            numbers = [given.get(value.node.name) for value in node.inputs]
            with torch.no_grad():
                results = NodeCall(node, is_train=True).compute(numbers, saving=True)
            if {*map(type, results)} - {torch.Tensor}:
                found.add(type(operator).__name__)
    assert found <= CARRYING
    assert "RNN" in found


LOSSES = {
    find_operator(row.op): row
    for row in ROWS
    if row.operator().is_loss() and "label" in row.shapes and row.differentiable()
}


@pytest.mark.parametrize("row", LOSSES.values(), ids=str)
def test_a_loss_is_differentiated_as_its_prediction(row: Row):
    """Against differences: its own gradient would be that for a label, which it is not given."""
    module = mx.to_module(row.symbol()).eval()
    assert module.input_names == ("data",)
    data = tensors(row)["data"]
    torch.autograd.gradcheck(module, data)


def test_barriers_let_nothing_through():
    data = mx.Variable("data")
    module = mx.to_module(mx.BlockGrad(data, name=NODE) * data)
    given = torch.tensor([3.0], requires_grad=True)
    module(given).backward()
    assert given.grad.tolist() == [3]


@pytest.mark.parametrize(("normalization", "scale"), [("null", 0.5), ("batch", 0.25)])
def test_a_loss_of_ones_own_keeps_its_scale(normalization, scale):
    loss = mx.MakeLoss(mx.Variable("data"), grad_scale=0.5, normalization=normalization)
    given = torch.tensor([3.0, 4.0], requires_grad=True)
    mx.to_module(loss)(given).mul(10).sum().backward()
    assert given.grad.tolist() == [10 * scale] * 2
