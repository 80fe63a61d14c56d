"""What an operator says of itself to passes holds, and passes ask for nothing else."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from op_rows import ROWS
from op_testing import Row
from torch import Tensor
from window_references import convolution

import symnet as mx
from symnet.graph import rewrite as passes
from symnet.graph.node import Node, Value
from symnet.graph.rewrite import rewrite
from symnet.operators.contract import OPERATORS, Input, Inputs, Operator, Shape, Shapes, param
from symnet.operators.meaning import (
    Affine,
    Between,
    Filtered,
    Joined,
    Leaky,
    Meaning,
    Normalised,
    OfElements,
    OfWindows,
    Parts,
    Weighted,
)

Array = np.ndarray[Any, np.dtype[Any]]

REFERENCES: dict[OfElements, Any] = {
    OfElements.SUM: lambda *given: sum(given),
    OfElements.DIFFERENCE: np.subtract,
    OfElements.PRODUCT: np.multiply,
    OfElements.RELU: lambda data: np.maximum(data, 0),
    OfElements.SIGMOID: lambda data: 1 / (1 + np.exp(-data)),
    OfElements.TANH: np.tanh,
}


def normalised(word: Normalised, given: list[Array]) -> Array:
    """What a normalisation gives in prediction."""
    data = np.moveaxis(given[0], word.axis, 1)
    gamma, beta, mean, var = (each.reshape(-1, *[1] * (data.ndim - 2)) for each in given[1:])
    scale = (1 if word.fixed_gamma else gamma) / np.sqrt(var + word.eps)
    found = np.moveaxis((data - mean) * scale + beta, 1, word.axis)
    return np.maximum(found, 0) if word.bends else found


def layer(data: Array, weight: Array, *bias: Array) -> Array:
    """Rows times units, one after the other."""
    rows = data.reshape(-1, weight.shape[1])
    return np.array([[row @ unit for unit in weight] for row in rows]) + (bias[0] if bias else 0)


def filtered(word: Filtered, given: list[Array]) -> Array:
    window = {"stride": word.stride, "pad": word.pad, "dilate": word.dilate}
    sizes = {"kernel": word.kernel, "num_filter": word.count, "num_group": word.groups}
    return np.asarray(convolution(*given, **sizes, **window))


def expected(word: Meaning, given: list[Array]) -> list[Array]:
    """What the word says, in NumPy."""
    match word:
        case OfElements():
            return [REFERENCES[word](*given)]
        case Affine(scale, shift):
            return [scale * given[0] + shift]
        case Leaky(slope):
            return [np.where(given[0] > 0, given[0], slope * given[0])]
        case Between(low, high):
            return [np.clip(given[0], low, high)]
        case Parts(count, axis):
            return np.split(given[0], count, axis)
        case Joined(axis):
            return [np.concatenate(given, axis)]
        case Weighted():
            return [layer(*given)]
        case Filtered():
            return [filtered(word, given)]
        case Normalised():
            return [normalised(word, given)]
    raise AssertionError(f"no reference for {word}")


MEANING = [row for row in ROWS if row.operator().meaning() not in (None, OfWindows.MAXIMUM)]


@pytest.mark.parametrize("row", MEANING, ids=str)
def test_an_operator_computes_what_it_says(row: Row) -> None:
    states = row.first_states()
    given = [np.asarray(each) for each in (*row.inputs().values(), *states.values())]
    bound = mx.bind(row.symbol(), mx.cpu(), row.arrays(), aux_states=row.state_arrays())
    found = bound.forward()
    word = row.operator().meaning()
    assert word is not None
    wanted = expected(word, given)
    assert isinstance(word, Normalised) or len(found) == len(wanted)  # which may show its mean too
    for one, other in zip(found, wanted, strict=False):
        np.testing.assert_allclose(one.asnumpy(), other.reshape(one.shape), rtol=1e-9, atol=1e-12)


def scaled_weight(weight: Array, scale: Array, groups: int | None) -> Array:
    """A weight whose output channels are scaled: those of axis 0, or of axis 1 group by group."""
    if groups is None:
        return weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    parts = weight.reshape(groups, -1, *weight.shape[1:])
    factors = scale.reshape(groups, 1, -1, *[1] * (weight.ndim - 2))
    return (parts * factors).reshape(weight.shape)


CHANNELS = [row for row in ROWS if row.operator().output_channels()]


@pytest.mark.parametrize("row", CHANNELS, ids=str)
def test_channels_are_scaled_and_shifted_by_their_weights(row: Row) -> None:
    channels = row.operator().output_channels()
    assert channels is not None
    data, weight, *rest = (np.asarray(each) for each in row.inputs().values())
    count = row.outputs()[0][channels.axis]
    scale, shift = np.arange(2.0, 2 + count), np.arange(1.0, 1 + count)
    bias = rest[0] if rest else np.zeros(count)

    def run(*inputs: Array) -> Array:
        tensors = [torch.tensor(each) for each in inputs]
        names = channels.with_bias.arguments()
        found: Tensor = channels.with_bias.run(**dict(zip(names, tensors, strict=True)))
        assert found.ndim == channels.ndim
        return np.moveaxis(found.numpy(), channels.axis, -1)

    found = run(data, scaled_weight(weight, scale, channels.groups), bias * scale + shift)
    np.testing.assert_allclose(found, run(data, weight, bias) * scale + shift, rtol=1e-9)


def test_every_word_is_said() -> None:
    said = {row.operator().meaning() for row in ROWS}
    assert set(OfElements) | set(OfWindows) <= said
    words = {Affine, Between, Filtered, Joined, Leaky, Normalised, Parts, Weighted}
    assert {type(each) for each in said} >= words


NONDECREASING = sorted(
    {cls.__name__ for cls in OPERATORS.values() if cls.nondecreasing} - {"Activation"}
) + [f"Activation-{kind}" for kind in ("relu", "sigmoid", "softrelu", "softsign", "tanh")]


@pytest.mark.parametrize("name", NONDECREASING)
def test_what_never_falls_never_falls(name: str) -> None:
    """And is a number for every number, NaN for NaN, and has no slope where it is flat."""
    operator, _, kind = name.partition("-")
    values = np.array([-1e30, -50, -3, -1.5, -1, -0.5, 0, 1e-3, 0.5, 0.7, 1, 1.5, 3, 50, 1e30])
    data = mx.array(np.append(values, np.nan), dtype="float64")
    slope = mx.zeros(data.shape, dtype="float64")
    symbol = getattr(mx, operator)(mx.Variable("x"), **({"act_type": kind} if kind else {}))
    executor = mx.bind(symbol, mx.cpu(), {"x": data}, args_grad={"x": slope})
    found = executor.forward(is_train=True)[0].asnumpy()
    assert np.isnan(found[-1])
    assert not np.isnan(found[:-1]).any()
    assert (np.maximum.accumulate(found[:-1]) == found[:-1]).all()
    executor.backward(mx.ones(data.shape, dtype="float64"))
    flat = np.flatnonzero(found[:-2] == found[1:-1])
    finite = flat[np.isfinite(found[flat])]  # where exp overflows it is not flat
    np.testing.assert_allclose(slope.asnumpy()[finite], 0, atol=1e-12)


# -- a user's own operators ------------------------------------------------------------------------

HIDDEN = 3


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Operators of a user that mean what a cell needs, known by no name of this package."""
    monkeypatch.setattr("symnet.operators.contract.OPERATORS", dict(OPERATORS))

    class OwnSquash(Operator, registered=False):
        data = Input("Input.")

        def meaning(self) -> Meaning:
            return OfElements.TANH

        def infer_shape(self, data: Shape) -> Shapes:
            return {"output": data}

        def forward(self, data: Tensor) -> Tensor:
            return data.tanh()

    class OwnSum(Operator, registered=False):
        args = Inputs("Arrays of one shape.")
        num_args: int = param("How many.", min=1)

        def meaning(self) -> Meaning:
            return OfElements.SUM

        def infer_shape(self, args: list[Shape | None]) -> Shapes:
            return {"output": args[0], "args": [args[0]] * len(args)}

        def forward(self, args: list[Tensor]) -> Tensor:
            total: Tensor = sum(args[1:], args[0])
            return total

    class OwnLayer(Operator, registered=False):
        data = Input("Rows.")
        weight = Input("Weight.")

        def meaning(self) -> Meaning:
            return Weighted()

        def infer_shape(self, data: Shape) -> Shapes:
            return {"weight": (HIDDEN, data[1]), "output": (data[0], HIDDEN)}

        def forward(self, data: Tensor, weight: Tensor) -> Tensor:
            return data @ weight.t()

    return OwnSquash, OwnSum, OwnLayer


def test_operators_of_users_join_by_what_they_mean(own: Any) -> None:
    squash, total, layer = own

    def apply(op: Operator, *inputs: mx.SymbolicNode) -> mx.SymbolicNode:
        values = tuple(each.graph.outputs[0] for each in inputs)
        return mx.SymbolicNode(Value(Node(op, f"own{len(values)}", values)))

    h, weight = mx.Variable("h"), mx.Variable("weight")
    for step in range(3):
        product = apply(layer(), h, weight)
        h = apply(squash(), apply(total(num_args=2), mx.Variable(f"x{step}"), product))
    shapes = {f"x{step}": (2, HIDDEN) for step in range(3)}
    shapes |= {"h": (2, HIDDEN), "weight": (HIDDEN, HIDDEN)}
    after = rewrite(h.graph, shapes, is_train=True)
    kinds = [type(node.op).__name__ for node in after.nodes if node.op is not None]
    assert kinds == ["Concat", "RNNSteps", "SliceChannel"]


# -- passes ----------------------------------------------------------------------------------------

FILES = sorted(Path(passes.__file__).parent.glob("*.py"))


def imported(tree: ast.Module) -> set[str]:
    """The names that a file imports from the definitions of operators."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "operators.definitions" in (node.module or "")
        for alias in node.names
    }


def made(tree: ast.Module) -> set[str]:
    """The classes that a file calls, or whose `make` it calls."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    makers = [
        func.value if isinstance(func, ast.Attribute) and func.attr == "make" else func
        for func in calls
    ]
    return {maker.id for maker in makers if isinstance(maker, ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_pass_names_the_operators_that_it_makes_and_no_others(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    others = sorted(imported(tree) - made(tree))
    assert not others, f"passes ask for properties; these are named and not made: {others}"


def test_the_test_of_passes_sees_a_class_that_is_asked_for() -> None:
    tree = ast.parse("from ..operators.definitions.x import A, B\nA()\nisinstance(n, B)")
    assert imported(tree) - made(tree) == {"B"}
