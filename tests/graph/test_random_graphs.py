"""Properties of every graph: passes and programs keep the numbers that a naive evaluation finds."""

from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import pytest
import torch
from engine import Barrier, Halves, derive, evaluate
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import symnet as mx
from symnet.graph._verify import verify
from symnet.graph.node import Graph, Node, Value
from symnet.graph.rewrite import PASSES
from symnet.operators.contract import Operator, Shape, find_operator


def op(name: str, **parameters: Any) -> Operator:
    return find_operator(name).make(parameters)


class Row(NamedTuple):
    """An operator, and which shapes its first input may have."""

    op: Operator
    fits: Callable[[Shape], bool] = lambda shape: True


def is_image(shape: Shape) -> bool:
    return len(shape) == 4 and min(shape[2:]) >= 3


ROWS = (
    *(Row(op(name)) for name in ("sin", "cos", "abs", "_Plus", "_Minus", "_Mul")),
    *(Row(op("Activation", act_type=kind)) for kind in ("relu", "sigmoid", "softrelu", "tanh")),
    *(Row(op(f"_{name}Scalar", scalar=0.7)) for name in ("Plus", "RMinus", "Mul", "Minimum")),
    *(Row(op("ElementWiseSum", num_args=number)) for number in (1, 2, 3, 4)),
    Row(op("FullyConnected", num_hidden=4)),
    Row(op("FullyConnected", num_hidden=2, no_bias=True)),
    Row(op("Flatten")),
    Row(Halves(), lambda shape: len(shape) == 2 and shape[1] % 2 == 0),
    Row(Barrier()),
    Row(op("Convolution", kernel=(2, 2), num_filter=2), is_image),
    Row(op("Convolution", kernel=(3, 3), num_filter=2, pad=(1, 1), no_bias=True), is_image),
    Row(op("Pooling", kernel=(2, 2), pool_type="max", stride=(2, 2)), is_image),
    Row(op("Pooling", kernel=(3, 3), pool_type="max", stride=(2, 2), pad=(1, 1)), is_image),
    Row(op("Pooling", kernel=(2, 2), pool_type="avg", pooling_convention="valid"), is_image),
    Row(op("Pooling", kernel=(2, 2), pool_type="sum", stride=(2, 2)), is_image),
)


class Drawn(NamedTuple):
    """A random graph, and the shapes of its variables."""

    graph: Graph
    shapes: dict[str, Shape]

    def __repr__(self) -> str:
        nodes = ((n, ", ".join(v.name for v in n.inputs)) for n in self.graph.nodes if n.op)
        lines = [f"{node.name} = {node.op!r}({inputs})" for node, inputs in nodes]
        return "\n".join([*lines, f"outputs {[value.name for value in self.graph.outputs]}"])

    def numbers(self, seed: int = 0) -> dict[str, Tensor]:
        random = torch.Generator().manual_seed(seed)
        return {
            name: torch.randn(shape, generator=random, dtype=torch.float64)
            for name, shape in self.shapes.items()
        }


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    """Graphs in which every value may be used again: weights, branches and heads alike.

    Few kinds of operators in one graph, and the newest values first: so they meet more often.
    """
    rows = draw(st.lists(st.sampled_from(ROWS), min_size=2, max_size=5, unique=True))
    shapes: dict[Value, Shape] = {}
    numbers = count()

    def new_variable(shape: Shape) -> Value:
        value = Value(Node(None, f"v{next(numbers)}"))
        shapes[value] = shape
        return value

    def any_of(shape: Shape) -> Value:
        known = [value for value, own in shapes.items() if own == shape]
        return draw(st.sampled_from([*known[:-4:-1], None])) or new_variable(shape)

    new_variable((2, 4))
    new_variable((2, 2, 5, 5))
    for _ in range(draw(st.integers(3, 15))):
        row = draw(st.sampled_from(rows))
        fitting = [value for value, shape in shapes.items() if row.fits(shape)]
        data = draw(st.sampled_from(fitting[:-4:-1]))
        node = Node(row.op, f"n{next(numbers)}", (data,))
        found = inferred(row.op, shapes[data])
        others = [any_of(found[name]) for name in row.op.arguments()[1:]]
        node = Node(row.op, node.name, (data, *others))
        for value, name in zip(node.outputs, row.op.outputs(), strict=True):
            shapes[value] = found[name]
    heads = draw(st.lists(st.sampled_from(list(shapes)[:-6:-1]), min_size=1, max_size=3))
    graph = Graph(tuple(heads))
    return Drawn(graph, {node.name: shapes[Value(node)] for node in graph.arguments})


def inferred(op: Operator, data: Shape) -> dict[str, Shape]:
    """The shapes that the first input's implies, by name of argument or output."""
    first = next(iter(op.inputs))
    slot = op.slots()[first]
    several = isinstance(slot, tuple)
    known = op.infer_shape(**{first: [data] + [None] * (len(slot) - 1) if several else data})
    return {**known, **dict(zip(op.arguments(), known[first], strict=True))} if several else known


def heads_of(drawn: Drawn) -> list[Tensor]:
    random = torch.Generator().manual_seed(100)
    return [
        torch.randn(output.shape, generator=random, dtype=torch.float64)
        for output in evaluate(drawn.graph, drawn.numbers())
    ]


def assert_close(found: Tensor, expected: Tensor) -> None:
    # The slope of softrelu differs by e^-20 where torch takes it for a line.
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("one_pass", PASSES, ids=lambda p: p.__name__)
@given(drawn=graphs())
def test_a_pass_keeps_outputs_and_gradients(
    one_pass: Callable[[Graph], Graph], drawn: Drawn
) -> None:
    heads = heads_of(drawn)
    rewritten = verify(one_pass(drawn.graph))
    outputs, gradients = derive(drawn.graph, drawn.numbers(), heads)
    found, found_gradients = derive(rewritten, drawn.numbers(), heads)
    for one, other in zip(found, outputs, strict=True):
        assert_close(one, other)
    for name, gradient in gradients.items():
        assert_close(found_gradients[name], gradient)


def doubles(tensors: dict[str, Tensor]) -> dict[str, mx.NDArray]:
    return {name: mx.array(tensor, dtype="float64") for name, tensor in tensors.items()}


@given(
    drawn=graphs(),
    request=st.sampled_from(["write", "add"]),
    modes=st.sampled_from([(True, True, True, True, False), (False, False, False, False, True)]),
)
def test_an_executor_finds_outputs_and_gradients(
    drawn: Drawn, request: str, modes: tuple[bool, ...]
) -> None:
    """Run it again and again: what is left over from one run must not matter to the next."""
    heads = heads_of(drawn)
    truths = [derive(drawn.graph, drawn.numbers(seed), heads) for seed in (0, 1)]
    gradients = doubles({name: torch.ones(shape) for name, shape in drawn.shapes.items()})
    totals = {name: torch.ones(shape).double() for name, shape in drawn.shapes.items()}
    symbol, args = mx.SymbolicNode(*drawn.graph.outputs), doubles(drawn.numbers())
    executor = mx.bind(symbol, args=args, args_grad=gradients, grad_req=request)
    for run, is_train in enumerate(modes):
        outputs, expected = truths[run % 2]
        executor.forward(is_train=is_train, **doubles(drawn.numbers(run % 2)))
        executor.backward([mx.array(head, dtype="float64") for head in heads])
        for found, output in zip(executor.outputs, outputs, strict=True):
            assert_close(found.torch, output)
        for name, gradient in expected.items():
            totals[name] = totals[name] + gradient if request == "add" else gradient
            assert_close(gradients[name].torch, totals[name])
