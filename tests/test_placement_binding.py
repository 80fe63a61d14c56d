"""Giving contexts to groups: which arrays fit, what is refused, and groups in files."""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_array_equal

import symnet as mx
from symnet.core.context import Context

Symbol = mx.SymbolicNode

ONE, TWO = mx.cpu(1), mx.cpu(2)
GROUPS = {"one": ONE, "two": TWO}
SHAPES = {"data1": (4, 5), "data2": (4, 5), "data3": (4, 5)}


def chained() -> Symbol:
    """As in the tests of MXNet: only operators are in groups."""
    data = [mx.Variable(name) for name in SHAPES]
    with mx.AttrScope(ctx_group="one"):
        net = (data[0] + data[1]) * 3
    with mx.AttrScope(ctx_group="two"):
        return net + data[2]


def grouped() -> Symbol:
    with mx.AttrScope(ctx_group="one"):
        net = mx.BatchNorm(mx.Variable("x"), name="bn")
    return net * mx.Variable("factor", attrs={"ctx_group": "two"})


def arrays(contexts: dict[str, Context], value: float = 1) -> dict[str, mx.NDArray]:
    return {n: mx.ones(SHAPES[n], context=own) * value for n, own in contexts.items()}


# -- arrays that are given -------------------------------------------------------------------------


@pytest.mark.parametrize("third", [mx.cpu(0), ONE, TWO])
def test_a_variable_in_no_group_may_be_given_on_any_context(third: Context) -> None:
    contexts = {"data1": ONE, "data2": ONE, "data3": third}
    given, gradients = arrays(contexts, 2), arrays(contexts, 0)
    executor = mx.bind(chained(), args=given, args_grad=gradients, group2ctx=GROUPS)
    assert_array_equal(executor.forward(is_train=True)[0].asnumpy(), (2 + 2) * 3 + 2)
    assert executor.outputs[0].context == TWO
    executor.backward(mx.ones((4, 5)))
    for name, slope in {"data1": 3, "data2": 3, "data3": 1}.items():
        assert executor.grad_dict[name] is gradients[name]
        assert_array_equal(gradients[name].asnumpy(), slope)
    given["data3"][:] = 5  # arrays are bound, not copied
    assert_array_equal(executor.forward()[0].asnumpy(), (2 + 2) * 3 + 5)


def test_a_label_on_another_context_keeps_its_gradient_untouched() -> None:
    with mx.AttrScope(ctx_group="two"):
        net = mx.SoftmaxOutput(mx.Variable("x"), mx.Variable("label", attrs={"ctx_group": "one"}))
    shapes, homes = {"x": (2, 3), "label": (2,)}, {"x": TWO, "label": ONE}
    given = {name: mx.ones(shape, context=homes[name]) for name, shape in shapes.items()}
    gradients = {name: mx.ones(shape, context=homes[name]) * 7 for name, shape in shapes.items()}
    executor = mx.bind(net, args=given, args_grad=gradients, group2ctx=GROUPS)
    executor.backward()
    assert_array_equal(gradients["label"].asnumpy(), [7, 7])
    assert gradients["x"].asnumpy().max() < 1


def test_without_group2ctx_groups_mean_nothing() -> None:
    for groups in (None, {}):
        executor = mx.simple_bind(grouped(), ONE, group2ctx=groups, x=(2, 3))
        found = {array.context for array in (*executor.arg_arrays, *executor.aux_arrays)}
        assert found == {ONE}


def bound(**contexts: Context) -> mx.Executor:
    """An executor of `grouped`, with arrays where they belong, but for those told."""
    own = dict.fromkeys(["x", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"], ONE)
    own |= {"factor": TWO, "gradient": TWO} | contexts
    shapes = {"x": (2, 3), "factor": (2, 3), "gradient": (2, 3)}
    made = {name: mx.ones(shapes.get(name, (3,)), context=context) for name, context in own.items()}
    gradients = {"factor": made["gradient"]}
    net = grouped()
    return mx.bind(net, args=made, args_grad=gradients, aux_states=made, group2ctx=GROUPS)


MISPLACED: dict[str, tuple[Callable[[], object], str]] = {
    "argument in a group": (
        lambda: bound(bn_gamma=TWO),
        "'bn_gamma' should live on CPU1, the context of its group 'one', but its array lives on "
        "CPU2; copy it with .copy(context), or let simple_bind allocate it",
    ),
    "state": (
        lambda: bound(bn_moving_var=mx.cpu(0)),
        "'bn_moving_var' should live on CPU1, the context of its group 'one', but its array lives "
        "on CPU0",
    ),
    "gradient": (
        lambda: bound(gradient=ONE),
        "args_grad: 'factor' lives on CPU2, its gradient on CPU1; make it with",
    ),
    "argument in no group": (
        lambda: mx.bind(
            chained(),
            args=arrays({"data1": mx.cpu(7), "data2": ONE, "data3": TWO}),
            group2ctx=GROUPS,
        ),
        "'data1' should live on CPU0, CPU1, CPU2, but its array lives on CPU7",
    ),
}


def test_arrays_where_they_belong() -> None:
    assert bound().forward()[0].context == mx.cpu(0)


@pytest.mark.parametrize("case", MISPLACED)
def test_arrays_on_the_wrong_context(case: str) -> None:
    make, text = MISPLACED[case]
    with pytest.raises(mx.DeviceError, match=re.escape(text)):
        make()


# -- groups ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bind", [mx.bind, mx.simple_bind])
def test_a_group_without_a_context(bind: Callable[..., object]) -> None:
    # The earliest moment: even before arrays or shapes are looked at.
    text = "'_plus1' is in the group 'two', but group2ctx has no context for it"
    with mx.NameManager():
        net = chained()
    given = {"args": arrays(dict.fromkeys(SHAPES, ONE))} if bind is mx.bind else {}
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        bind(net, group2ctx={"one": ONE}, **given)
    with pytest.raises(mx.ArgumentError, match=r"did you mean 'twoo'.* \(there are: one, twoo\)"):
        bind(net, group2ctx={"one": ONE, "twoo": TWO}, **given)


WRONG: dict[str, tuple[object, str]] = {
    "no dict": (ONE, "group2ctx must be a dict of contexts by group, got CPU1"),
    "nothing in a list": ([], "group2ctx must be a dict of contexts by group, got []"),
    "text": ({"one": "cpu"}, "group2ctx must give a context to each group's name"),
    "number": ({1: ONE}, "got 1: CPU1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_group2ctx(case: str) -> None:
    given, text = WRONG[case]
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        mx.simple_bind(chained(), group2ctx=given, **SHAPES)  # type: ignore[arg-type]


def test_groups_that_the_network_does_not_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "symnet"):
        executor = mx.simple_bind(chained(), group2ctx={**GROUPS, "three": mx.cpu(3)}, **SHAPES)
        assert not caplog.records
        assert executor.outputs[0].context == TWO
        plain = mx.Variable("x") * 2
        assert mx.simple_bind(plain, group2ctx=GROUPS, x=(2,)).arg_dict["x"].context == mx.cpu(0)
    assert "group2ctx names 'one', 'two', but no node of the network is in a group" in caplog.text


def test_a_state_apart_from_its_node() -> None:
    written = json.loads(layers().to_json())
    nodes = {node["name"]: node for node in written["nodes"]}
    nodes["bn_moving_mean"]["attrs"]["__ctx_group__"] = "one"
    text = (
        "'bn_moving_mean' is a state of 'bn', which runs on CPU2, but 'bn_moving_mean' is on CPU1"
    )
    with pytest.raises(mx.ArgumentError, match=re.escape(text)):
        contexts_of(mx.SymbolicNode.from_json(json.dumps(written)))


# -- files -----------------------------------------------------------------------------------------


def contexts_of(net: Symbol) -> dict[str, Context]:
    executor = mx.simple_bind(net, group2ctx=GROUPS, data=(2, 3))
    everything = executor.arg_dict | executor.aux_dict | executor.output_dict
    return {name: array.context for name, array in everything.items()}


def layers() -> Symbol:
    with mx.AttrScope(ctx_group="one"):
        net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    with mx.AttrScope(ctx_group="two"):
        return mx.BatchNorm(net, name="bn")


EXPECTED = {
    **dict.fromkeys(["data", "fc_weight", "fc_bias"], ONE),
    **dict.fromkeys(["bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var", "bn_output"], TWO),
}


def test_groups_survive_in_files() -> None:
    text = layers().to_json()
    nodes = {node["name"]: node.get("attrs", {}) for node in json.loads(text)["nodes"]}
    assert nodes["fc"]["__ctx_group__"] == nodes["fc_weight"]["__ctx_group__"] == "one"
    assert nodes["bn_moving_var"]["__ctx_group__"] == "two"
    assert contexts_of(layers()) == contexts_of(mx.SymbolicNode.from_json(text)) == EXPECTED


@pytest.mark.parametrize("key", ["ctx_group", "__ctx_group__"])
def test_groups_in_files_of_0_x(key: str) -> None:
    """There, states are in no file, and only what the user attached has attributes."""

    def node(op: str, name: str, inputs: list[int], **more: dict[str, str]) -> dict[str, object]:
        entries = [[number, 0] for number in inputs]
        return {"op": op, "name": name, "inputs": entries, "backward_source_id": -1, **more}

    names = ["data", "fc_weight", "fc_bias", "fc", "bn_gamma", "bn_beta", "bn"]
    linear = {"num_hidden": "2", "no_bias": "False"}
    nodes = [node("null", name, [], param={}) for name in names]
    nodes[3] = node("FullyConnected", "fc", [0, 1, 2], param=linear, attr={key: "one"})
    nodes[6] = node("BatchNorm", "bn", [3, 4, 5], param={}, attr={key: "two"})
    text = json.dumps({"nodes": nodes, "arg_nodes": [0, 1, 2, 4, 5], "heads": [[6, 0]]})
    assert contexts_of(mx.SymbolicNode.from_json(text)) == EXPECTED


# -- the guide -------------------------------------------------------------------------------------


def test_the_guide_runs_and_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    guide = Path(__file__).parent.parent / "docs" / "model_parallel.md"
    text = guide.read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        exec(compile(block, f"{guide.name}, block {number}", "exec"), names)
    printed = capsys.readouterr().out
    assert printed.startswith("CPU1 CPU2\n")
    (plan,) = re.findall(r"```\n( +context.*?)```", text, re.DOTALL)
    assert plan in printed
    assert names["accuracy"] == 1
