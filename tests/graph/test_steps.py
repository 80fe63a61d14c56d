"""Nodes of different steps become one node."""

from typing import Any

import pytest
import torch
from engine import derive
from torch import Tensor

import symnet as mx
from symnet.graph._verify import verify
from symnet.graph.node import Graph, Value
from symnet.graph.rewrite.steps import join_steps
from symnet.graph.shapes import infer_shapes

Symbol = mx.SymbolicNode

WEIGHT = mx.Variable("weight")
DATA = [mx.Variable(f"data{number}") for number in range(3)]
SHAPES = {f"data{number}": (2, 4) for number in range(3)}


def joined(net: Symbol, **shapes: Any) -> Graph:
    known = SHAPES | shapes
    return verify(join_steps(net.graph, lambda graph: infer_shapes(graph, known).shapes))


def kinds(graph: Graph) -> dict[str, int]:
    names = [type(node.op).__name__ for node in graph.nodes if node.op is not None]
    return {name: names.count(name) for name in dict.fromkeys(names)}


def layer(data: Symbol, weight: Symbol = WEIGHT, units: int = 4, **more: Any) -> Symbol:
    return mx.FullyConnected(data=data, weight=weight, num_hidden=units, no_bias=True, **more)


def check(net: Symbol, **shapes: Any) -> Graph:
    """Return the rewritten graph, which finds the same outputs and gradients."""
    known = SHAPES | shapes
    found, _, _ = net.infer_shape(**{n: s for n, s in known.items() if n in net.list_arguments()})
    random = torch.Generator().manual_seed(0)
    arrays = {
        name: torch.randn(shape, generator=random, dtype=torch.float64)
        for name, shape in zip(net.list_arguments(), found, strict=True)
    }
    after = joined(net, **{name: tuple(array.shape) for name, array in arrays.items()})
    heads: list[Tensor] = [torch.ones(()) for _ in after.outputs]
    for one, other in zip(
        derive(after, arrays, heads)[0], derive(net.graph, arrays, heads)[0], strict=True
    ):
        torch.testing.assert_close(one, other)
    one_gradient, other = derive(after, arrays, heads)[1], derive(net.graph, arrays, heads)[1]
    for name, gradient in other.items():
        torch.testing.assert_close(one_gradient[name], gradient)
    return after


def test_products_with_the_same_weight_are_one_product() -> None:
    after = check(mx.Group(*(layer(data) for data in DATA)))
    assert kinds(after) == {"Concat": 1, "FullyConnected": 1, "SliceChannel": 1}


def test_what_follows_step_by_step_follows_at_once() -> None:
    hidden = [mx.Activation(layer(data), act_type="tanh") * 2 for data in DATA]
    other = mx.Variable("other")
    net = mx.Group(*(layer(each, other) for each in hidden))
    assert kinds(check(net)) == {
        "Concat": 1,
        "FullyConnected": 2,
        "Activation": 1,
        "_MulScalar": 1,
        "SliceChannel": 1,
    }


def test_losses_are_joined_with_their_labels() -> None:
    labels = [mx.Variable(f"label{number}") for number in range(3)]
    net = mx.Group(
        *(mx.SoftmaxOutput(layer(d), label) for d, label in zip(DATA, labels, strict=True))
    )
    after = joined(net, weight=(4, 4))
    assert kinds(after) == {"Concat": 2, "FullyConnected": 1, "SoftmaxOutput": 1, "SliceChannel": 1}


def test_losses_that_count_their_rows_stay_apart() -> None:
    net = mx.Group(*(mx.SoftmaxOutput(layer(d), normalization="batch") for d in DATA))
    assert kinds(joined(net, weight=(4, 4)))["SoftmaxOutput"] == 3


def test_parts_in_another_order_come_back_in_theirs() -> None:
    first = [layer(data) for data in DATA]
    other = mx.Variable("other")
    net = mx.Group(*(layer(mx.sin(each), other) for each in (first[2], first[0], first[1])))
    assert kinds(check(net))["Concat"] == 1


UNTOUCHED = {
    "one after the other": mx.Group(layer(layer(layer(DATA[0])))),
    "other weights": mx.Group(layer(DATA[0]), layer(DATA[1], mx.Variable("other"))),
    "other parameters": mx.Group(
        layer(DATA[0]), mx.FullyConnected(data=DATA[1], weight=WEIGHT, num_hidden=4)
    ),
    "no weights": mx.Group(mx.sin(DATA[0]), mx.sin(DATA[1])),
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_what_does_not_belong_together_stays_apart(case: str) -> None:
    net = UNTOUCHED[case]
    assert kinds(check(net)) == kinds(net.graph)


def test_batches_of_different_sizes_stay_apart() -> None:
    net = mx.Group(*(layer(data) for data in DATA))
    assert kinds(check(net, data1=(5, 4))) == {"FullyConnected": 3}


def test_where_shapes_are_not_known_nothing_is_joined() -> None:
    net = mx.Group(*(layer(data) for data in DATA))
    after = join_steps(net.graph, lambda graph: {})
    assert kinds(after) == {"FullyConnected": 3}


def test_two_groups_that_need_each_other_are_not_both_joined() -> None:
    """Each alone could be: a₁ needs nothing, b₁ needs a₁; b₂ needs nothing, a₂ needs b₂."""
    other = mx.Variable("other")
    a1, b2 = layer(DATA[0]), layer(DATA[1], other)
    net = mx.Group(layer(mx.sin(a1), other), layer(mx.cos(b2)))
    found = kinds(check(net))
    assert found["FullyConnected"] == 3


def test_one_value_given_twice_is_no_group() -> None:
    twice = layer(DATA[0])
    assert kinds(check(mx.Group(twice, mx.sin(twice), mx.cos(twice))))["FullyConnected"] == 1


def test_an_array_cut_and_put_together_again_is_itself() -> None:
    parts = mx.SliceChannel(DATA[0], num_outputs=2, axis=0)
    net = mx.Concat(parts[0], parts[1], dim=0)
    assert joined(net).outputs == (Value(DATA[0].graph.nodes[0]),)
    turned = mx.Concat(parts[1], parts[0], dim=0)
    assert kinds(joined(turned)) == {"SliceChannel": 1, "Concat": 1}
    sideways = mx.Concat(parts[0], parts[1], dim=1)
    assert kinds(joined(sideways)) == {"SliceChannel": 1, "Concat": 1}


def test_a_plain_recurrence_joins_what_does_not_wait() -> None:
    """h = tanh(x · W + h · U): the products with W are one, those with U stay."""
    h, recurrent, found = mx.Variable("h"), mx.Variable("recurrent"), []
    for data in DATA:
        h = mx.Activation(layer(data) + layer(h, recurrent), act_type="tanh")
        found.append(h)
    after = check(mx.Group(*found), h=(2, 4))
    assert kinds(after)["FullyConnected"] == 1 + 3
    assert kinds(after)["Activation"] == 3
