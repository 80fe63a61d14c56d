"""Programs: where values lie in memory, that nothing is overwritten too early, and what is told."""

import re
from typing import Any, NamedTuple

import pytest
import torch
from engine import barrier, evaluate
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

import symnet as mx
from symnet.graph.placement import Placement
from symnet.program._buffers import Block, place_blocks
from symnet.program._plan import Plan
from symnet.program.build import Build, GradientBuffer, build
from symnet.program.facts import Facts

# -- placing blocks --------------------------------------------------------------------------------

BLOCKS = st.lists(
    st.builds(
        lambda size, first, length: Block(size, first, first + length),
        size=st.integers(0, 1000),
        first=st.integers(0, 20),
        length=st.integers(0, 8),
    ),
    max_size=30,
)


@settings(max_examples=200)
@given(blocks=BLOCKS)
def test_blocks_that_are_alive_together_lie_apart(blocks: list[Block]) -> None:
    total = place_blocks(blocks)
    for number, block in enumerate(blocks):
        assert block.offset >= 0
        assert block.offset % 64 == 0
        assert block.offset + block.size <= total
        for other in blocks[:number]:
            together = {*range(block.first, block.last + 1)} & {*range(other.first, other.last + 1)}
            bytes_ = range(block.offset, block.offset + block.size)
            others = range(other.offset, other.offset + other.size)
            apart = max(bytes_.start, others.start) >= min(bytes_.stop, others.stop)
            assert not together or apart


@given(blocks=BLOCKS)
def test_the_arena_is_no_larger_than_all_blocks_and_no_smaller_than_those_of_one_step(
    blocks: list[Block],
) -> None:
    total = place_blocks(blocks)
    sizes = [(b, -(-b.size // 64) * 64) for b in blocks]
    assert total <= sum(size for _, size in sizes)
    for step in range(30):
        assert total >= sum(size for block, size in sizes if block.first <= step <= block.last)


def test_one_after_the_other_in_the_same_bytes() -> None:
    blocks = [Block(100, step, step + 1) for step in range(10)]
    assert place_blocks(blocks) == 256
    assert {block.offset for block in blocks} == {0, 128}


# -- programs of small networks --------------------------------------------------------------------


class Built(NamedTuple):
    """A program over arrays of float64, and everything it was made of."""

    made: Build
    symbol: mx.SymbolicNode
    arrays: dict[str, Tensor]
    outputs: list[Tensor]
    gradients: dict[str, Tensor]

    @property
    def plan(self) -> Plan:
        return self.made.program.plan

    @property
    def arena(self) -> Tensor:
        (arena,) = self.plan.arenas.values()
        return arena

    def kinds(self) -> dict[str, str]:
        """How each computed value got its memory; ``over NAME`` where it took an input's."""
        homes = {v.name: home for v, home in self.plan.allocations.items() if v.node.op is not None}
        return {n: f"over {h.over.name}" if h.over else h.kind for n, h in homes.items()}

    def home_bytes(self) -> int:
        homes = [home for home in self.plan.allocations.values() if home.kind == "arena"]
        return sum(home.like.numel() * home.like.element_size() for home in homes)

    def pointers(self) -> list[int | None]:
        homes = self.plan.allocations.values()
        return [home.tensor.data_ptr() if home.tensor is not None else None for home in homes]


def built(symbol: mx.SymbolicNode, *, is_train: bool = True, **shapes: Any) -> Built:
    """The program that computes a network and, when training, the gradients of all arguments."""
    names, (found, out_shapes, _) = symbol.list_arguments(), symbol.infer_shape(**shapes)
    assert found is not None
    assert out_shapes is not None
    arrays = {n: torch.randn(s, dtype=torch.float64) for n, s in zip(names, found, strict=True)}
    gradients = {n: torch.zeros_like(a) for n, a in arrays.items()} if is_train else {}
    outputs = [torch.zeros(shape, dtype=torch.float64) for shape in out_shapes]
    targets = {name: GradientBuffer(gradient, add=False) for name, gradient in gradients.items()}
    made = build(symbol.graph, arrays, outputs, targets, Placement(mx.cpu()), is_train=is_train)
    for head in made.head_gradients:
        if head is not None:
            head.copy_(torch.randn(head.shape, dtype=torch.float64))
    return Built(made, symbol, arrays, outputs, gradients)


x = mx.Variable("x")


def tanh(data: mx.SymbolicNode, name: str) -> mx.SymbolicNode:
    return mx.Activation(data, act_type="tanh", name=name)


def layer(data: mx.SymbolicNode, name: str) -> mx.SymbolicNode:
    return mx.FullyConnected(data, num_hidden=32, name=name)


def deep(layers: int = 10) -> mx.SymbolicNode:
    net = x
    for number in range(layers):
        net = tanh(layer(net, f"fc{number}"), f"act{number}")
    return mx.SoftmaxOutput(net, name="softmax")


def test_the_arena_of_a_deep_network_is_smaller_than_its_values() -> None:
    activation = 16 * 32 * 8
    predict = built(deep(), is_train=False, x=(16, 32))
    assert predict.arena.numel() == 2 * activation  # one layer's input and its output
    assert predict.home_bytes() == 20 * activation
    train = built(deep(), x=(16, 32))
    # Training keeps each layer's activations; only one gradient of the kind is alive at a time.
    assert train.arena.numel() <= 13 * activation
    assert train.home_bytes() >= 30 * activation


def test_what_is_written_over_its_input() -> None:
    net = mx.sin(tanh(layer(x, "fc"), "act"), name="sin") * 2
    predict = built(net, is_train=False, x=(4, 32)).kinds()
    assert predict["fc_output"] == "arena"
    assert predict["act_output"] == "over fc_output"
    assert predict["sin_output"] == "over act_output"
    train = built(net, x=(4, 32)).kinds()
    assert train["act_output"] == "over fc_output"  # the slope of tanh is found from its value
    assert train["sin_output"] == "arena"  # that of the sine is not: its input must stay


def test_an_input_that_is_needed_later_is_not_written_over() -> None:
    hidden = layer(x, "fc")
    net = mx.ElementWiseSum(tanh(hidden, "act"), mx.sin(hidden, name="sin"), name="sum") * 1
    kinds = built(net, is_train=False, x=(4, 32)).kinds()
    assert kinds["act_output"] == "arena"
    assert kinds["sin_output"] == "over fc_output"  # its last use
    assert kinds["sum_output"] == "over act_output"


def test_an_input_that_is_read_again_while_writing() -> None:
    """h + x + h, added from the left into h's own memory, would be h + x + (h + x)."""
    hidden = mx.exp(x, name="exp")
    net = mx.sin(mx.ElementWiseSum(hidden, x, hidden, name="sum"), name="sin")
    program = built(net, is_train=False, x=(3,))
    program.made.program.forward()
    values = program.arrays["x"]
    torch.testing.assert_close(program.outputs[0], torch.sin(2 * values.exp() + values))


def test_views_cost_nothing_and_keep_what_they_view_alive() -> None:
    image = tanh(mx.Variable("x"), "act")
    net = mx.Flatten(image, name="flat") * 2 + mx.Flatten(image, name="again") * 3
    program = built(net, is_train=False, x=(2, 3, 4, 4))
    views = {name for name, kind in program.kinds().items() if kind == "view"}
    assert views == {"flat_output"}  # `again` was merged with it
    program.made.program.forward()
    expected = 5 * program.arrays["x"].tanh().reshape(2, -1)
    torch.testing.assert_close(program.outputs[0], expected)


NETWORKS = {
    "deep": (deep(3), {"x": (4, 32)}),
    "convolution": (
        mx.SoftmaxOutput(
            layer(
                mx.Pooling(
                    mx.Activation(
                        mx.Convolution(x, kernel=(3, 3), num_filter=4, name="conv"), act_type="relu"
                    ),
                    kernel=(2, 2),
                    stride=(2, 2),
                    pool_type="max",
                ),
                "fc",
            ),
            name="softmax",
        ),
        {"x": (2, 1, 8, 8)},
    ),
    "views": (mx.exp(mx.ElementWiseSum(x, mx.sin(x), x, x)), {"x": (5, 3)}),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_forward_and_backward_may_come_in_any_order_and_number(case: str) -> None:
    symbol, shapes = NETWORKS[case]
    program = built(symbol, **shapes)
    run = program.made.program
    gradients, outputs = [], []
    for way in (run.forward, run.backward, run.backward, run.forward, run.forward, run.backward):
        way()
        outputs.append(program.outputs[0].clone())
        gradients.append({name: g.clone() for name, g in program.gradients.items()})
    (expected,) = evaluate(symbol.graph, program.arrays)
    for output in outputs:
        torch.testing.assert_close(output, expected)
    for later in (gradients[2], gradients[3], gradients[5]):
        torch.testing.assert_close(later, gradients[1], rtol=0, atol=0)
    assert all(gradient.any() for name, gradient in gradients[1].items() if "label" not in name)


@pytest.mark.parametrize("case", NETWORKS)
def test_planned_values_stay_where_they_are(case: str) -> None:
    symbol, shapes = NETWORKS[case]
    program = built(symbol, **shapes)
    pointers = program.pointers()
    for _ in range(4):
        program.made.program.forward()
        program.made.program.backward()
        assert program.pointers() == pointers
    arena = program.arena
    inside = range(arena.data_ptr(), arena.data_ptr() + arena.numel())
    for home in program.plan.allocations.values():
        if home.kind == "arena":
            assert home.tensor is not None
            assert home.tensor.data_ptr() in inside


def allocations(executor: mx.Executor) -> list[int]:
    """The bytes of every allocation that one training step makes."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        executor.forward(is_train=True)
        executor.backward()
    return [event.cpu_memory_usage for event in recorded.events() if event.cpu_memory_usage > 0]


def test_a_training_step_allocates_no_activations() -> None:
    batch, hidden = 64, 128
    net = layer(mx.Activation(mx.FullyConnected(x, num_hidden=hidden), act_type="relu"), "out")
    planned = mx.simple_bind(mx.SoftmaxOutput(net, name="softmax"), x=(batch, hidden))
    unplanned = mx.simple_bind(mx.SoftmaxOutput(barrier(net), name="softmax"), x=(batch, hidden))
    for executor in (planned, unplanned):
        for _ in range(2):  # the first runs may prepare what later ones use again
            executor.forward(is_train=True)
            executor.backward()
    smallest = batch * 32 * 4
    assert max(allocations(planned), default=0) < smallest
    assert max(allocations(unplanned)) == smallest  # a rule that takes no `out`: it shows


# -- what is told ----------------------------------------------------------------------------------


def training_executor() -> mx.Executor:
    net = tanh(layer(mx.Flatten(x, name="flat"), "fc"), "act")
    net = mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="last"), name="softmax")
    return mx.simple_bind(net, x=(4, 3, 5), softmax_label=(4,))


def test_the_plan_as_text() -> None:
    forward, backward = training_executor().plan().split("--- backward ---")
    for row in (
        r"Flatten flat +4×15 +view of x",
        r"FullyConnected fc +4×32 +arena at \d+",
        r"Activation act +4×32 +arena at \d+, over fc_output",
        r"SoftmaxOutput softmax +4×2 +output",
    ):
        assert re.search(row, forward), row
    for row in (
        r"SoftmaxOutput' softmax_data_gradient +4×2 +arena at \d+",
        r"Activation' act_data_gradient +4×32 +arena at \d+, over last_data_gradient",
        r"FullyConnected' fc_weight_gradient +32×15 +output",
    ):
        assert re.search(row, backward), row
    assert "fc_data_gradient" not in backward
    assert "backward" not in training_executor().plan(is_train=False)


def test_the_bytes_in_the_text_add_up() -> None:
    executor = training_executor()
    rows = re.findall(r"^ *(\w+) +([\d,]+) bytes$", executor.plan(), flags=re.MULTILINE)
    told = {name: int(number.replace(",", "")) for name, number in rows}
    assert told.pop("total") == sum(told.values()) == executor.memory().total
    assert told == {name: getattr(executor.memory(), name) for name in told}


def test_the_memory_report() -> None:
    report = training_executor().memory()
    parameters = 32 * 15 + 32 + 2 * 32 + 2
    assert report.arguments == 4 * (4 * 3 * 5 + parameters + 4)
    assert report.gradients == 4 * parameters
    assert (report.states, report.outputs, report.kernels) == (0, 4 * 4 * 2, 0)
    assert 4 * 4 * 32 <= report.arena <= 4 * 4 * (3 * 32 + 16)
    predict = training_executor().memory(is_train=False)
    assert predict.gradients == 0
    assert predict.arena < report.arena


def test_what_kernels_allocate_is_reported() -> None:
    executor = mx.simple_bind(mx.exp(barrier(x, name="mine")), x=(3, 4))
    assert executor.memory(is_train=False).kernels == 4 * 3 * 4
    assert re.search(r"Barrier mine +3×4 +kernel's, 48 bytes", executor.plan(is_train=False))


def test_facts_are_inferred_once_for_the_same_inputs():
    graph = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc").graph
    facts = Facts.infer(graph, {"data": (2, 4)}, {})
    every = {"data": (2, 4), "fc_weight": (3, 4), "fc_bias": (3,)}
    assert Facts.infer(graph, every, dict.fromkeys(every, torch.float32)) is facts
    for rows in (3, 4, 5, 2):
        assert Facts.infer(graph, {"data": (rows, 4)}, {}).shapes[graph.outputs[0]] == (rows, 3)
