"""What docs/semantics says in tables, code and numbers is what the code does."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tool_modules import tool

import symnet as mx
from symnet.core.dtype import dtype_flag, to_torch

references = tool("references")

PUBLIC = {name: getattr(mx, name) for name in mx.__all__}


def section(number: str) -> str:
    """Return the text of a section, without those below it."""
    page = references.FOLDER / references.sections()[f"§{number}"].page
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(number)} .*?\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    assert found is not None
    return found[1]


def rows(number: str) -> Iterator[list[str]]:
    """Yield the rows of a section's tables, heads included, as their cells."""
    for line in section(number).splitlines():
        if line.startswith("|") and not line.startswith("| ---"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


def code(number: str) -> str:
    found = re.search(r"```\w*\n(.*?)\n```", section(number), re.S)
    assert found is not None
    return found[1]


def numbers(cell: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?[\d.]*\d", cell.replace("−", "-"))]


def test_element_types_and_their_numbers_in_files():
    types, flags = rows("1.2")
    assert [dtype_flag(to_torch(name)) for name in types[1:]] == [int(flag) for flag in flags[1:]]


def test_record_of_a_params_file(tmp_path: Path):
    mx.save(tmp_path / "one.params", [mx.array([1.0])])
    record = re.search(r"`([0-9a-f]{8} [0-9a-f ]+)`", section("1.10"))
    assert record is not None
    assert bytes.fromhex(record[1]) in (tmp_path / "one.params").read_bytes()


def test_arithmetic_of_symbols():
    symbols = {"s": mx.Variable("s"), "t": mx.Variable("t")}
    found = 0
    for row in list(rows("2.7"))[1:]:
        for written, nodes in (row[:2], row[3:]):
            kinds = re.findall(r"`(_\w+)`", nodes)
            expressions = [re.findall(r"`(.*?)`", each) for each in written.split(";")]
            for kind, several in zip(kinds, expressions, strict=False):
                for expression in several:
                    symbol = eval(expression, symbols)
                    assert type(symbol.graph.outputs[0].node.op).__name__ == kind, expression
                    found += 1
    assert found == 16


def test_symbol_file():
    data = mx.Variable("data")
    symbol = mx.Activation(data, act_type="relu", name="act", attrs={"mood": "calm"})
    assert code("2.10") == symbol.to_json()


def test_states_and_inputs_of_operators():
    x = mx.Variable("x")
    for operators, inputs, states in list(rows("2.3"))[1:]:
        wanted = re.findall(r"moving_\w+", states)
        for name in re.findall(r"`([A-Z]\w+)`", operators):
            cls = getattr(mx, name).operator
            assert list(cls.states) == wanted, name
            if inputs in ("data", "data, label", "data, weight", "data, gamma, beta"):
                assert list(cls.inputs) == inputs.split(", "), name
    assert mx.Deconvolution(x, kernel=(2, 2), num_filter=1, name="d").list_arguments() == [
        *("x", "d_weight")
    ]


@pytest.mark.parametrize("convention", ["full", "valid"])
def test_numbers_of_windows(convention: str):
    table = {row[0].strip("`"): row[1:] for row in rows("3.18")}
    cases = [ast.literal_eval(cell) for cell in table["(n, k, s, p)"]]
    assert len(cases) == 9
    for (length, kernel, stride, pad), count in zip(cases, table[convention], strict=True):
        pool = mx.Pooling(
            mx.Variable("x"),
            kernel=(kernel, 1),
            stride=(stride, 1),
            pad=(pad, 0),
            pool_type="max",
            pooling_convention=convention,
        )
        assert pool.infer_shape(x=(1, 1, length, 1))[1] == [(1, 1, int(count), 1)]


def test_mean_over_windows_that_hang_over():
    text = re.search(r"with kernel 3, stride 2, pad 1: (\[\[.*?\]\]) / 9", section("3.18"), re.S)
    assert text is not None
    found = mx.Pooling(
        mx.ones((1, 1, 4, 4)), kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="avg"
    )
    np.testing.assert_allclose(
        found.asnumpy()[0, 0] * 9, ast.literal_eval(text[1]), rtol=1e-6, strict=False
    )


def test_codes_of_reshape():
    cases = list(rows("3.19"))[1:]
    assert len(cases) == 3
    for cells in cases:
        data, shape, result = (ast.literal_eval(cell.replace("−", "-")) for cell in cells)
        assert mx.Reshape(mx.Variable("x"), shape=shape).infer_shape(x=data)[1] == [result]


@pytest.mark.parametrize("number", ["6.1", "6.3", "6.4", "6.5", "6.6"])
def test_defaults(number: str):
    """`AdaGrad(lr=0.1, epsilon=1e-6)` names defaults that the signature has."""
    calls = re.findall(r"`([A-Z][\w.]*\([^`]*=[^`]*\))`", section(number))
    assert calls
    for call in calls:
        tree = ast.parse(call, mode="eval").body
        assert isinstance(tree, ast.Call)
        made = eval(ast.unparse(tree.func), PUBLIC)
        known = inspect.signature(made).parameters
        for keyword in tree.keywords:
            assert keyword.arg in known, call
            written = eval(ast.unparse(keyword.value), PUBLIC)
            default = known[keyword.arg].default
            assert default == written, f"{call}: {keyword.arg}"


def test_schedules():
    text = re.search(r"t = 1, 2, 5: Exp (.*?); Inv (.*)", section("6.5"), re.S)
    assert text is not None
    schedules = (mx.LearningRate.Exp(0.1), mx.LearningRate.Inv(0.1))
    for schedule, written in zip(schedules, text.groups(), strict=True):
        states = [mx.OptimizationState(10, curr_epoch=epoch) for epoch in (1, 2, 5)]
        found = [mx.get_learning_rate(schedule, state) for state in states]
        np.testing.assert_allclose(found, numbers(written)[:3], rtol=1e-5)


ACTIVATIONS = ("relu", "sigmoid", "tanh", "softrelu")
LEAKY = ("leaky", "elu")


def test_elementwise_layers():
    layers = {
        **{name: {"op": mx.Activation, "act_type": name} for name in ACTIVATIONS},
        **{f"{name}, slope 0.25": {"op": mx.LeakyReLU, "act_type": name} for name in LEAKY},
    }
    table = {row[0]: row[1:] for row in rows("11")}
    for name, parameters in layers.items():
        symbol = parameters.pop("op")(mx.Variable("x"), **parameters)
        x, dx = mx.array([-1, 0, 2]), mx.zeros(3)
        executor = mx.bind(symbol, mx.cpu(), args=[x], args_grad=[dx])
        y = executor.forward(is_train=True)[0]
        executor.backward([mx.ones(3)])
        written = [numbers(cell) for cell in table[name]]
        np.testing.assert_allclose([y.asnumpy(), dx.asnumpy()], written, atol=1e-5)
