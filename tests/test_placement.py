"""Networks over several contexts: what they compute, where, and what they copy."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from torch.utils._python_dispatch import TorchDispatchMode

import symnet as mx
from symnet.core.context import Context
from symnet.graph.node import Gradient
from symnet.operators.functions import _CrossDeviceCopy
from symnet.program._plan import Instruction, Plan

Symbol = mx.SymbolicNode
Arrays = dict[str, np.ndarray]

ONE, TWO = mx.cpu(1), mx.cpu(2)
GROUPS = {"one": ONE, "two": TWO}


def group(name: str) -> mx.AttrScope:
    return mx.AttrScope(ctx_group=name)


# -- networks in groups ----------------------------------------------------------------------------


def mlp() -> Symbol:
    with group("one"):
        net = mx.FullyConnected(mx.Variable("data"), num_hidden=8, name="fc1")
        net = mx.Activation(net, act_type="tanh", name="act1")
    with group("two"):
        net = mx.FullyConnected(net, num_hidden=3, name="fc2")
        return mx.SoftmaxOutput(net, name="softmax")


def branches() -> Symbol:
    """One value goes to three nodes on another context, and on where it was made."""
    with group("one"):
        stem = mx.FullyConnected(mx.Variable("data"), num_hidden=6, name="stem")
    with group("two"):
        left = mx.FullyConnected(mx.sin(stem), num_hidden=6, name="left")
        left = left * mx.Activation(stem, act_type="sigmoid")
    right = mx.Activation(stem, act_type="tanh", name="right")
    with group("one"):
        return mx.Group(mx.FullyConnected(left + right, num_hidden=2, name="out"), left)


def images() -> Symbol:
    """Convolutions keep their own order of memory across the copy."""
    with group("one"):
        net = mx.Convolution(mx.Variable("data"), kernel=(3, 3), num_filter=4, name="conv1")
        net = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    with group("two"):
        net = mx.BatchNorm(net, name="bn", fix_gamma=False)
        net = mx.Dropout(mx.Activation(net, act_type="relu"), p=0.5)
        net = mx.Convolution(net, kernel=(2, 2), num_filter=3, name="conv2")
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=3, name="fc"), name="softmax")


def lstm(steps: int = 4, layers: int = 2, hidden: int = 5) -> Symbol:
    """One layer in each group; the embedding and the prediction are in none."""
    embed, weight, bias = (mx.Variable(f"{n}") for n in ("embed", "pred_weight", "pred_bias"))
    states, weights = [], []
    for layer in range(layers):
        with group(("one", "two")[layer]):
            stems = "i2h_weight", "i2h_bias", "h2h_weight", "h2h_bias"
            weights.append([mx.Variable(f"l{layer}_{stem}") for stem in stems])
            states.append([mx.Variable(f"l{layer}_init_{state}") for state in "ch"])
    outputs = []
    for step in range(steps):
        data = mx.Variable(f"data{step}")
        h = mx.FullyConnected(data=data, weight=embed, num_hidden=6, no_bias=True)
        for layer in range(layers):
            with group(("one", "two")[layer]):
                h = states[layer][1] = cell(h, states[layer], weights[layer], hidden)
        predicted = mx.FullyConnected(data=h, weight=weight, bias=bias, num_hidden=3)
        outputs.append(mx.SoftmaxOutput(predicted, name=f"softmax{step}"))
    return mx.Group(*outputs)


def cell(data: Symbol, state: list[Symbol], weights: list[Symbol], hidden: int) -> Symbol:
    """The next h; the next c goes into the state."""
    pairs = zip((data, state[1]), weights[::2], weights[1::2], strict=True)
    parts = [
        mx.FullyConnected(data=x, weight=w, bias=b, num_hidden=4 * hidden) for x, w, b in pairs
    ]
    gates = mx.SliceChannel(parts[0] + parts[1], num_outputs=4)
    entry, forget, leave = (mx.Activation(gates[n], act_type="sigmoid") for n in (0, 2, 3))
    state[0] = forget * state[0] + entry * mx.Activation(gates[1], act_type="tanh")
    return leave * mx.Activation(state[0], act_type="tanh")


CASES: dict[str, tuple[Callable[[], Symbol], dict[str, tuple[int, ...]]]] = {
    "mlp": (mlp, {"data": (4, 5)}),
    "branches": (branches, {"data": (4, 5)}),
    "images": (images, {"data": (2, 3, 12, 12)}),
    "lstm": (
        lstm,
        {f"data{step}": (2, 3) for step in range(4)}
        | {f"l{layer}_init_{state}": (2, 5) for layer, state in product(range(2), "ch")},
    ),
}


# -- running them ----------------------------------------------------------------------------------


def numbers(net: Symbol, **shapes: Any) -> tuple[Arrays, Arrays]:
    """Arguments and states of a network."""
    arguments, _, states = net.infer_shape(**shapes)
    assert arguments is not None
    assert states is not None
    random = np.random.default_rng(1)
    found = {
        name: random.integers(0, 3, shape) if "label" in name else random.normal(size=shape)
        for name, shape in zip(net.list_arguments(), arguments, strict=True)
    }
    kept = {
        name: random.uniform(0.5, 1.5, shape)
        for name, shape in zip(net.list_auxiliary_states(), states, strict=True)
    }
    return found, kept


def executor_of(
    net: Symbol, groups: Mapping[str, Context] | None, grad_req: Any = "write", **shapes: Any
) -> mx.Executor:
    """An executor with gradients of all arguments, each array where simple_bind puts it."""
    placed = mx.simple_bind(net, group2ctx=groups, grad_req="null", **shapes)
    arguments, states = numbers(net, **shapes)
    for name, values in (arguments | states).items():
        (placed.arg_dict | placed.aux_dict)[name][:] = values
    gradients = {n: mx.ones(a.shape, context=a.context) for n, a in placed.arg_dict.items()}
    return mx.bind(
        net,
        args=placed.arg_dict,
        args_grad=gradients,
        aux_states=placed.aux_dict,
        grad_req=grad_req,
        group2ctx=groups,
    )


def trained(executor: mx.Executor, steps: int = 3) -> dict[str, np.ndarray]:
    """Everything that some steps of training and a prediction leave behind."""
    torch.manual_seed(7)
    for _ in range(steps):  # the first runs rules, the second records them
        outputs = executor.forward(is_train=True)
        executor.backward([mx.ones(out.shape) * 0.3 for out in outputs])
    found = {f"output {n}": out.asnumpy() for n, out in enumerate(executor.outputs)}
    found |= {f"gradient {n}": array.asnumpy() for n, array in executor.grad_dict.items()}
    found |= {f"state {n}": array.asnumpy() for n, array in executor.aux_dict.items()}
    predicted = executor.forward()
    return found | {f"predicted {n}": out.asnumpy() for n, out in enumerate(predicted)}


def plan_of(executor: mx.Executor, *, is_train: bool = True) -> Plan:
    return executor._build(is_train, is_train).program.plan


def crosses(step: Instruction) -> bool:
    op = step.node.op.of if isinstance(step.node.op, Gradient) else step.node.op
    return type(op).__name__ == "_CrossDeviceCopy"


def copies(plan: Plan, *, backward: bool) -> list[tuple[str, Context, Context]]:
    """What is copied, from where and to where."""
    return [
        (step.node.name, plan.contexts[step.node.inputs[0].node], plan.contexts[step.node])
        for step in plan.steps
        if crosses(step) and (step.phase == "backward") == backward
    ]


# -- the numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("case", CASES)
def test_several_contexts_compute_the_same_numbers(case: str, grad_req: str) -> None:
    make, shapes = CASES[case]
    net = make()
    alone = trained(executor_of(net, None, grad_req, **shapes))
    apart = trained(executor_of(net, GROUPS, grad_req, **shapes))
    assert alone.keys() == apart.keys()
    for name, expected in alone.items():
        if case == "branches" and re.search("stem|data", name):
            # Three parts of a gradient: two are added up before they come back.
            assert_allclose(apart[name], expected, rtol=1e-5, atol=1e-6)
        else:
            assert_array_equal(apart[name], expected, err_msg=name)
    assert all(array.any() for name, array in alone.items() if name.startswith("gradient"))


OPERATIONS: tuple[Callable[[Symbol, Symbol], Symbol], ...] = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: mx.sin(a),
    lambda a, b: mx.Activation(b, act_type="tanh"),
    lambda a, b: mx.FullyConnected(data=a, weight=b, num_hidden=3, no_bias=True),
    lambda a, b: mx.ElementWiseSum(a, b, a),
    lambda a, b: mx.SliceChannel(mx.Concat(a, b), num_outputs=2)[0],
    lambda a, b: mx.Flatten(a),
    lambda a, b: _CrossDeviceCopy(a),
)


@st.composite
def networks(draw: st.DrawFn) -> Symbol:
    """Networks of matrices of one shape whose nodes and variables are in any groups."""
    scopes = st.sampled_from([{}, {"ctx_group": "one"}, {"ctx_group": "two"}])
    values = [mx.Variable(f"v{n}", attrs=draw(scopes)) for n in range(3)]
    for _ in range(draw(st.integers(1, 10))):
        operation, older = draw(st.sampled_from(OPERATIONS)), st.sampled_from(values[-4:])
        with mx.AttrScope(**draw(scopes)):
            values.append(operation(draw(older), draw(older)))
    return mx.Group(*values[-draw(st.integers(1, 2)) :])


@settings(max_examples=40, deadline=None)
@given(net=networks(), is_train=st.booleans())
def test_each_step_finds_its_inputs_where_it_runs(net: Symbol, is_train: bool) -> None:
    shapes = dict.fromkeys(net.list_arguments(), (3, 3))
    apart = executor_of(net, GROUPS, **shapes)
    expected, found = trained(executor_of(net, None, **shapes), 1), trained(apart, 1)
    for name, values in expected.items():
        assert_allclose(found[name], values, rtol=1e-3, atol=1e-4, err_msg=name)
    plan = plan_of(apart, is_train=is_train)
    for step in plan.steps:
        places = {plan.contexts[value.node] for value in (*step.node.inputs, *step.results)}
        assert len(places) == 1 or crosses(step)
    made = [step.node for step in plan.steps if step.node.name.endswith("_copynode")]
    arrivals = [(node.inputs[0], plan.contexts[node]) for node in made]
    assert len(set(arrivals)) == len(arrivals)
    assert all(plan.contexts[value.node] != context for value, context in arrivals)


# -- where it happens ------------------------------------------------------------------------------


def test_where_everything_lives() -> None:
    executor = mx.simple_bind(mlp(), mx.cpu(0), group2ctx=GROUPS, data=(1, 200))
    contexts = {name: array.context for name, array in executor.arg_dict.items()}
    assert contexts == {
        **dict.fromkeys(["data", "fc1_weight", "fc1_bias"], ONE),
        **dict.fromkeys(["fc2_weight", "fc2_bias", "softmax_label"], TWO),
    }
    gradients = {name: array.context for name, array in executor.grad_dict.items()}
    assert gradients.items() <= contexts.items()
    assert [output.context for output in executor.outputs] == [TWO]
    assert executor.context == mx.cpu(0)


def test_what_is_in_no_group() -> None:
    x, y = mx.Variable("x"), mx.Variable("y")
    with group("two"):
        net = mx.FullyConnected(x, num_hidden=2, name="fc") * y
    net = mx.BatchNorm(net + mx.Variable("z"), name="bn")  # the executor's context
    net = mx.Group(net, mx.Variable("unused"))
    executor = mx.simple_bind(net, ONE, group2ctx=GROUPS, x=(2, 2), unused=(1,))
    contexts = {n: array.context for n, array in (executor.arg_dict | executor.aux_dict).items()}
    assert contexts == {
        **dict.fromkeys(["x", "y", "fc_weight", "fc_bias"], TWO),  # with the first who uses them
        **dict.fromkeys(["z", "bn_gamma", "bn_beta", "unused"], ONE),
        **dict.fromkeys(["bn_moving_mean", "bn_moving_var"], ONE),
    }
    assert [output.context for output in executor.outputs] == [ONE, ONE]


def test_a_value_is_copied_once_to_each_context() -> None:
    plan = plan_of(executor_of(branches(), GROUPS, data=(4, 5)))
    here = mx.cpu(0)
    forward = copies(plan, backward=False)
    assert [each for each in forward if "stem" in each[0]] == [
        ("stem_0_copynode", ONE, TWO),
        ("stem_0_copynode", ONE, here),
    ]
    assert [way[1:] for way in forward if "stem" not in way[0]] == [(TWO, ONE), (here, ONE)]
    back = copies(plan, backward=True)
    assert Counter(way[1:] for way in back) == Counter((to, of) for _, of, to in forward)


def test_one_context_for_all_groups_needs_no_copies() -> None:
    executor = executor_of(branches(), {"one": mx.cpu(0), "two": mx.cpu(0)}, data=(4, 5))
    assert not copies(plan_of(executor), backward=False)
    assert "CPU0" not in executor.plan()


def test_arrays_of_contexts_are_apart() -> None:
    executor = mx.simple_bind(mlp(), group2ctx=GROUPS, data=(4, 5), softmax_label=(4,))
    plan = plan_of(executor)
    spans = []
    for context, arena in plan.arenas.items():
        begin = arena.data_ptr()
        spans.append((begin, begin + arena.numel()))
        own = [
            plan.allocations[value].tensor
            for step in plan.steps
            for value in step.results
            if plan.contexts[step.node] == context and plan.allocations[value].kind == "arena"
        ]
        assert own
        for tensor in own:
            assert tensor is not None
            assert begin <= tensor.data_ptr() < begin + arena.numel()
    assert len(spans) == 2
    assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))
    for arena in executor.arenas or ():
        assert [array.context for array in arena.flat] == [ONE, TWO]
        storages = {array.torch.untyped_storage().data_ptr() for array in arena.flat}
        assert len(storages) == 2


def test_a_layer_of_an_lstm_runs_at_once_and_is_copied_at_once() -> None:
    make, shapes = CASES["lstm"]
    plan = plan_of(executor_of(make(), GROUPS, **shapes))
    kinds = [(type(step.node.op).__name__, plan.contexts[step.node]) for step in plan.steps]
    assert [context for kind, context in kinds if kind == "LSTMSteps"] == [ONE, TWO]
    ways = [(mx.cpu(0), ONE), (ONE, TWO), (TWO, mx.cpu(0))]
    assert [way[1:] for way in copies(plan, backward=False)] == ways


def test_parts_of_an_array_that_go_apart_are_copied_apart() -> None:
    parts = mx.SliceChannel(mx.Variable("x"), num_outputs=4, axis=0)
    halves = [mx.sin(parts[n], attrs={"ctx_group": ("one", "two")[n // 2]}) for n in range(4)]
    split = executor_of(mx.Concat(*halves, dim=0), GROUPS, x=(4, 2))
    there = Counter(way[2] for way in copies(plan_of(split), backward=False))
    assert there == {ONE: 2, TWO: 2, mx.cpu(0): 4}
    expected = np.sin(split.arg_dict["x"].asnumpy())
    assert_allclose(split.forward()[0].asnumpy(), expected, rtol=1e-6)


class _OneDevice(TorchDispatchMode):
    """Lets only copies see tensors of two devices; what comes back from "meta" is ones."""

    def __init__(self) -> None:
        super().__init__()
        self.copied: list[tuple[str, str]] = []
        self.computed: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        flat = torch.utils._pytree.tree_leaves((args, kwargs))
        devices = {each.device.type for each in flat if isinstance(each, torch.Tensor)}
        if len(devices) > 1:
            assert func is torch.ops.aten.copy_.default, func
            target, source = args[:2]
            self.copied.append((source.device.type, target.device.type))
            return target if target.is_meta else target.fill_(1)
        self.computed |= devices
        return func(*args, **(kwargs or {}))


def test_steps_see_tensors_of_their_own_device(monkeypatch: pytest.MonkeyPatch) -> None:
    def device(context: Context) -> torch.device:
        return torch.device("meta" if context == TWO else "cpu")

    monkeypatch.setattr(Context, "device", property(device))
    with group("one"):
        net = mx.FullyConnected(mx.Variable("data"), num_hidden=4, name="fc1")
    with group("two"):
        net = mx.BatchNorm(mx.Activation(net, act_type="tanh"), name="bn")
        net = mx.Dropout(net, p=0.3)
    net = mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=3, name="fc2"), name="softmax")
    shapes = {"data": (2, 5), "softmax_label": (2,)}
    executor = mx.simple_bind(net, group2ctx=GROUPS, **shapes)
    assert executor.arg_dict["bn_gamma"].torch.is_meta
    assert executor.aux_dict["bn_moving_mean"].torch.is_meta
    seen = _OneDevice()
    with seen:
        for _ in range(3):
            executor.forward(is_train=True)
            executor.backward()
        executor.forward()
    assert seen.computed == {"cpu", "meta"}
    there_and_back = [("cpu", "meta"), ("meta", "cpu")]
    assert seen.copied == 3 * (there_and_back + there_and_back) + there_and_back


# -- what is told ----------------------------------------------------------------------------------


def test_the_plan_tells_the_context_of_each_step() -> None:
    executor = mx.simple_bind(mlp(), group2ctx=GROUPS, data=(4, 5), softmax_label=(4,))
    forward, backward = executor.plan().split("--- backward ---")
    for row in (
        r"0 CPU1 +FullyConnected fc1 +4×8 +arena",
        r"2 CPU1>CPU2 _CrossDeviceCopy act1_0_copynode +4×8 +arena at 0",
        r"4 CPU2 +SoftmaxOutput softmax",
    ):
        assert re.search(row, forward), row
    assert re.search(r"CPU2>CPU1 _CrossDeviceCopy' act1_0_copynode_data_gradient", backward)
    assert re.search(r"of that on CPU2:\n arguments +124 bytes", backward)


@pytest.mark.parametrize("is_train", [True, False])
def test_the_bytes_of_the_contexts_add_up(is_train: bool) -> None:
    executor = mx.simple_bind(images(), group2ctx=GROUPS, data=(2, 3, 12, 12))
    parts = [executor.memory(is_train, mx.cpu(n)) for n in range(3)]
    whole = executor.memory(is_train)
    for name in ("arguments", "states", "gradients", "outputs", "arena", "kernels", "total"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
    assert [part.states for part in parts] == [0, 0, 4 * 2 * 4]  # mean and variance, 4 channels
    assert all(part.arena for part in parts) or not is_train


# -- training --------------------------------------------------------------------------------------


def test_a_training_loop_over_the_arenas() -> None:
    net, weights = mlp(), []
    for groups in (None, GROUPS):
        executor = mx.simple_bind(net, group2ctx=groups, data=(4, 5), softmax_label=(4,))
        arguments, _ = numbers(net, data=(4, 5))
        for name, values in arguments.items():
            executor.arg_dict[name][:] = values
        optimizer = mx.ADAM(lr=0.1)
        optimizer.state = mx.OptimizationState(4)
        update = mx.get_updater(optimizer)
        assert executor.arenas is not None
        parameters, gradients = executor.arenas
        for _ in range(5):
            executor.forward(is_train=True)
            executor.backward()
            for index, flat in enumerate(parameters.flat):
                update(index, gradients.flat[index], flat)
        assert len(update.states) == (1 if groups is None else 2)
        weights.append({n: executor.arg_dict[n].asnumpy() for n in executor.grad_dict})
        assert not np.array_equal(weights[-1]["fc1_weight"], arguments["fc1_weight"])
    for name, expected in weights[0].items():
        assert_array_equal(weights[1][name], expected)
