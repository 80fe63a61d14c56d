"""Unrolled long short-term memories run as one operator, with the numbers of the steps."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any
from unittest.mock import Mock, patch

import pytest
import torch
from engine import derive
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from unrolled import Unrolled, sum_of_both

import symnet as mx
from symnet.graph._verify import verify
from symnet.graph.node import Graph
from symnet.graph.rewrite import rewrite
from symnet.operators.definitions.recurrent import LSTMSteps

Numbers = dict[str, Tensor]


def rewritten(net: Unrolled, *, is_train: bool = True) -> Graph:
    symbol = net.network()
    shapes, _, _ = symbol.infer_shape(**net.shapes())
    known = dict(zip(symbol.list_arguments(), shapes, strict=True))
    return verify(rewrite(symbol.graph, known, is_train=is_train))


def lengths(net: Unrolled) -> list[int]:
    """The number of steps of each operator that was made."""
    return [node.op.steps for node in rewritten(net).nodes if isinstance(node.op, LSTMSteps)]


def numbers(net: Unrolled, dtype: torch.dtype = torch.float64) -> Numbers:
    symbol, random = net.network(), torch.Generator().manual_seed(1)
    shapes, _, _ = symbol.infer_shape(**net.shapes())
    return {
        name: torch.randn(shape, generator=random, dtype=torch.float64).to(dtype)
        for name, shape in zip(symbol.list_arguments(), shapes, strict=True)
    }


def heads(net: Unrolled) -> list[Tensor]:
    random = torch.Generator().manual_seed(2)
    shapes = net.network().infer_shape(**net.shapes())[1]
    return [torch.randn(shape, generator=random, dtype=torch.float64) for shape in shapes]


def executed(
    net: Unrolled, *, is_train: bool = True, dtype: str = "float64"
) -> tuple[list[Tensor], Numbers]:
    """What an executor finds, once it has recorded what it does."""
    arrays = {name: mx.array(tensor, dtype=dtype) for name, tensor in numbers(net).items()}
    gradients = {name: mx.zeros(array.shape, dtype=dtype) for name, array in arrays.items()}
    executor = mx.bind(net.network(), args=arrays, args_grad=gradients)
    for _ in range(3):
        executor.forward(is_train=is_train)
        if is_train:
            executor.backward([mx.array(head, dtype=dtype) for head in heads(net)])
    return [output.torch for output in executor.outputs], {n: g.torch for n, g in gradients.items()}


def check(net: Unrolled) -> None:
    """Hold outputs and gradients against those of the cells, one after the other.

    In float64, and in float32, within 1e-5.
    """
    outputs, gradients = derive(net.network().graph, numbers(net), heads(net))
    found, found_gradients = executed(net)
    for one, other in zip(found, outputs, strict=True):
        torch.testing.assert_close(one, other)
    for name, gradient in gradients.items():
        torch.testing.assert_close(
            found_gradients[name], gradient, msg=lambda m, n=name: f"{n}: {m}"
        )
    for one, other in zip(executed(net, is_train=False)[0], outputs, strict=True):
        torch.testing.assert_close(one, other)
    single, single_gradients = executed(net, dtype="float32")
    close = partial(torch.testing.assert_close, rtol=1e-5, atol=1e-5, check_dtype=False)
    for one, other in zip(single, outputs, strict=True):
        close(one, other)
    for name, gradient in gradients.items():
        close(single_gradients[name], gradient)
    for one, other in zip(executed(net, is_train=False, dtype="float32")[0], outputs, strict=True):
        close(one, other)


RECOGNISED = {
    "one layer": (Unrolled(), [3]),
    "two steps": (Unrolled(steps=2), [2]),
    "three layers": (Unrolled(layers=3), [3, 3, 3]),
    "sums the other way round": (Unrolled(add=lambda a, b: b + a), [3]),
    "sums of a list": (Unrolled(add=sum_of_both), [3]),
    "products the other way round": (Unrolled(multiply=lambda a, b: b * a), [3]),
    "no bias": (Unrolled(no_bias=True), [3]),
    "the first step peeled off": (Unrolled(steps=4, peeled=True), [3]),
    "a layer that goes backwards": (Unrolled(layers=2, backwards=True), [3, 3]),
    "something between layers": (Unrolled(layers=2, between=lambda h: mx.cos(h) * 2), [3, 3]),
    "a constant added to the forget gate": (Unrolled(forget_bias=1.5), [3]),
    "two layers with such a constant": (Unrolled(layers=2, forget_bias=-0.5, no_bias=True), [3, 3]),
    "the last axis": (Unrolled(axis=-1), [3]),
    "data that goes to the gates as it is": (Unrolled(direct=True), [3]),
    "the last c is an output": (Unrolled(show=("c0_2",)), [3]),
    "an h is an output twice": (Unrolled(show=("h0_1",)), [3]),
    "c in the middle is an output": (Unrolled(steps=5, show=("c0_1",)), [2, 3]),
    "a c at the first step is an output": (Unrolled(steps=3, show=("c0_0",)), [2]),
}


@pytest.mark.parametrize("case", RECOGNISED)
def test_cells_run_as_one_operator(case: str) -> None:
    net, expected = RECOGNISED[case]
    assert sorted(lengths(net)) == sorted(expected)
    check(net)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_gates_may_come_in_any_order(order: tuple[int, ...]) -> None:
    net = Unrolled(order=order)
    assert lengths(net) == [3]
    check(net)


LEFT_ALONE = {
    "one step": Unrolled(steps=1),
    "another function of c": Unrolled(squash=lambda c: mx.Activation(c, act_type="softrelu")),
    "no function of c": Unrolled(squash=lambda c: c),
    "other weights at each step": Unrolled(weights=lambda layer, step: f"l{layer}_{step}"),
    "h changed on its way": Unrolled(recurrent=mx.sin),
    "each step waits for the one before": Unrolled(feed=True),
    "gates looked at": Unrolled(steps=2, show=("gate0_0",)),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_is_no_such_chain_stays(case: str) -> None:
    assert lengths(LEFT_ALONE[case]) == []
    check(LEFT_ALONE[case])


def test_two_layers_that_wait_for_each_other_are_not_both_joined() -> None:
    """The second starts from early steps of the first, whose late steps start from the second."""
    first, second = Unrolled(), Unrolled(weights=lambda layer, step: "other_h2h")
    data = [mx.Variable(f"data{step}") for step in range(3)]
    early = first._layer(0, data[:2])
    turn = mx.FullyConnected(early[1], num_hidden=4, name="turn")
    early_second = second._layer(1, [turn, data[2]])
    c, h = first.seen["c0_1"], early[1]
    back = mx.FullyConnected(early_second[0], num_hidden=4, name="back")
    for step in (2, 3):
        c, h = first._cell(0, step, back, c, h)
    graph = mx.Group(h, early_second[1]).graph
    shapes = {f"data{step}": (2, 4) for step in range(3)} | {
        f"l{layer}_{state}": (2, 3) for layer in (0, 1) for state in ("c", "h")
    }
    symbol = mx.SymbolicNode(*graph.outputs)
    known, _, _ = symbol.infer_shape(**shapes)
    names = symbol.list_arguments()
    after = verify(rewrite(graph, dict(zip(names, known, strict=True)), is_train=True))
    assert [n.op.steps for n in after.nodes if isinstance(n.op, LSTMSteps)] == [2]


def test_without_shapes_nothing_is_done() -> None:
    graph = Unrolled().network().graph
    assert not any(isinstance(n.op, LSTMSteps) for n in rewrite(graph, {}, is_train=True).nodes)


def test_states_of_another_shape_are_left_to_the_steps() -> None:
    """FullyConnected takes an h of shape (2, 3, 1) for (2, 3); the cells' operator does not."""
    net = Unrolled()
    symbol = net.network()
    known = net.shapes() | {"l0_h": (2, 3, 1)}
    shapes, _, _ = symbol.infer_shape(**known)
    graph = rewrite(
        symbol.graph, dict(zip(symbol.list_arguments(), shapes, strict=True)), is_train=True
    )
    assert not any(isinstance(node.op, LSTMSteps) for node in graph.nodes)


def test_states_with_more_axes_are_left_to_the_steps() -> None:
    """With flatten=False and the gates along the last axis the cells themselves take any."""
    weights = {name: mx.Variable(name) for name in ("i", "k")}
    layer = partial(mx.FullyConnected, num_hidden=8, flatten=False, no_bias=True)
    h, c = mx.Variable("h"), mx.Variable("c")
    for step in range(2):
        total = layer(mx.Variable(f"x{step}"), weights["i"]) + layer(h, weights["k"])
        i, g, f, o = mx.SliceChannel(total, num_outputs=4, axis=-1)
        c = mx.sigmoid(f) * c + mx.sigmoid(i) * mx.tanh(g)
        h = mx.sigmoid(o) * mx.tanh(c)
    states = dict.fromkeys(("h", "c", "x0", "x1"), (3, 5, 2))
    executor = mx.simple_bind(h, **states)
    assert [output.shape for output in executor.forward()] == [(3, 5, 2)]


@settings(max_examples=20)
@given(
    steps=st.integers(1, 5),
    layers=st.integers(1, 2),
    order=st.permutations(range(4)),
    no_bias=st.booleans(),
    peeled=st.booleans(),
    backwards=st.booleans(),
    show=st.sets(st.sampled_from(["c0_0", "c0_1", "h0_0", "c0_2", "gate0_1"])),
)
def test_any_unrolling_keeps_its_numbers(
    steps: int, layers: int, show: set[str], order: list[int], **more: Any
) -> None:
    net = Unrolled(steps=steps, layers=layers, order=tuple(order), **more)
    net.network()
    check(replace(net, show=tuple(sorted(show & net.seen.keys())), variables={}))


def test_dropout_between_layers_leaves_one_operator_per_layer() -> None:
    net = Unrolled(layers=2, between=lambda h: mx.Dropout(h, p=0.5))
    kinds = [type(node.op).__name__ for node in rewritten(net).nodes if node.op is not None]
    assert kinds.count("LSTMSteps") == 2
    assert kinds.count("Dropout") == 1
    assert kinds.count("FullyConnected") == 2
    assert "Dropout" not in str([node.op for node in rewritten(net, is_train=False).nodes])


def assert_like_torch(order: tuple[int, ...], arrange: Callable[[Tensor], Tensor]) -> None:
    """Hold a layer in float32 against torch's own, whose gates are in, forget, transform, out."""
    net = Unrolled(steps=8, order=order)
    values = numbers(net, torch.float32)
    theirs = nn.LSTM(4, 3)
    for own, name in (("weight_ih_l0", "i2h_weight"), ("weight_hh_l0", "h2h_weight"),
                      ("bias_ih_l0", "i2h_bias"), ("bias_hh_l0", "h2h_bias")):  # fmt: skip
        getattr(theirs, own).data = arrange(values[f"l0_{name}"])
    data = torch.stack([values[f"data{step}"] for step in range(8)])
    states = (values["l0_h"][None], values["l0_c"][None])
    expected, _ = theirs(data, states)
    executor = mx.bind(net.network(), args={n: mx.array(v) for n, v in values.items()})
    executor.forward(is_train=False)
    for found, output in zip(executor.outputs, expected, strict=True):
        torch.testing.assert_close(found.torch, output.detach(), rtol=1e-5, atol=1e-6)


def test_numbers_are_those_of_torch() -> None:
    assert_like_torch((0, 2, 1, 3), lambda each: each)
    quarters: Callable[[Tensor], Tensor] = lambda each: torch.cat(
        [each.chunk(4)[place] for place in (0, 2, 1, 3)]
    )
    assert_like_torch((0, 1, 2, 3), quarters)


@pytest.mark.parametrize("direct", [False, True])
def test_after_the_second_run_only_calls_into_torch_are_made(direct: bool) -> None:
    """Nothing of the rules' Python runs any more, and nothing is allocated."""
    net = Unrolled(direct=True) if direct else Unrolled(layers=2, no_bias=True)
    executor = mx.simple_bind(net.network(), **net.shapes())
    head = [mx.ones(array.shape) for array in executor.outputs]
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(head)
    failing = {"_run": AssertionError("forward ran"), "_go_back": AssertionError("backward ran")}
    with patch.multiple(LSTMSteps, **{n: Mock(side_effect=e) for n, e in failing.items()}):
        executor.forward(is_train=True)
        executor.backward(head)
