"""What the rules of operators promise about memory: the planner believes every word of it.

Each test calls the raw rules of every row of `op_rows.ROWS` on plain tensors.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import torch
from fast_lane import sampled
from op_rows import ROWS
from op_testing import Row
from torch import Tensor

from symnet.operators.contract import Operator, Rule


class RuleCall(NamedTuple):
    """A rule of an operator with everything that it asks for.

    Args:
        rule: the rule.
        tensors: tensors, and lists of them, by name.
        constants: what else it asks for.
    """

    rule: Rule
    op: Operator
    tensors: dict[str, Any]
    constants: dict[str, Any]

    def __call__(self, **changed: Any) -> tuple[Tensor, ...]:
        """Call the rule; states are the same in every call, and so are random numbers."""
        torch.default_generator.manual_seed(0)
        states = {
            name: self.tensors[name].clone() for name in self.op.states if name in self.tensors
        }
        given = {**self.tensors, **states, **changed}
        found = self.rule.function(self.op, **given, **self.constants)
        if isinstance(found, dict):
            return tuple(found.values())
        return found if isinstance(found, tuple) else (found,)

    def flat(self) -> Iterator[tuple[str, int, Tensor]]:
        """Every tensor with its name and its place among those of that name."""
        for name, value in self.tensors.items():
            for place, tensor in enumerate(value if isinstance(value, list) else [value]):
                yield name, place, tensor

    def with_tensor(self, name: str, tensor: Tensor) -> dict[str, Any]:
        """The named tensor (the first of several) replaced."""
        value = self.tensors[name]
        return {name: [tensor, *value[1:]] if isinstance(value, list) else tensor}


def shape_of(value: Tensor | list[Tensor]) -> Any:
    if isinstance(value, list):
        return [tuple(each.shape) for each in value]
    return tuple(value.shape)


def rule_calls(row: Row) -> dict[str, RuleCall]:
    """The forward rules and the gradient rules of a row's operator, ready to be called."""
    op = row.operator()
    numbers = [*row.inputs().values(), *row.first_states().values()]
    flat = [torch.tensor(each, dtype=torch.float64) for each in numbers]
    inputs = {
        name: [flat[p] for p in place] if isinstance(place, tuple) else flat[place]
        for name, place in op.slots().items()
    }
    saving = op.rules["forward_saving"] if op.saved() else op.rules["forward"]
    training = {"is_train": True} if "is_train" in saving.reserved else {}
    given = {name: inputs[name] for name in saving.tensors if name in inputs}
    given |= {n: shape_of(inputs[n.removesuffix("_shape")]) for n in saving.shapes}
    results = saving.function(op, **given, **training)
    several = results if isinstance(results, tuple) else (results,)
    named = dict(zip(op.results(), several, strict=True))
    known = {**inputs, **named}
    names = zip(op.outputs(), row.outputs(), strict=True)
    above = [torch.randn(shape).to(named[name].dtype) for name, shape in names]
    reserved = {
        "grad": above[0],
        "grads": above,
        "outputs": [named[name] for name in op.outputs()],
        "index": 0,
        "is_train": True,
        "wants": frozenset(row.differentiable()),
    }
    calls = {}
    for name, rule in op.rules.items():
        if name == "infer_shape":
            continue
        tensors = {n: known[n] for n in rule.tensors if n in known}
        asked = rule.reserved & {"grad", "grads"}
        tensors |= {name: reserved[name] for name in asked}
        constants = {n: shape_of(known[n.removesuffix("_shape")]) for n in rule.shapes}
        constants |= {n: known[n.removesuffix("_dtype")].dtype for n in rule.dtypes}
        constants |= {n: reserved[n] for n in rule.reserved - {"grad", "grads", "out"}}
        calls[name] = RuleCall(rule, op, tensors, constants)
    return calls


def called(op: Operator, name: str) -> bool:
    """Whether a rule is ever called, with these parameters."""
    if name == "forward_saving":
        return bool(op.saved())
    absent = op.inputs.keys() - op.slots().keys()
    return name != "infer_shape" and name.removesuffix("_gradient") not in absent


RULES = sampled(
    (
        (row, name, rule)
        for row in ROWS
        for name, rule in row.operator().rules.items()
        if called(row.operator(), name)
    ),
    key=lambda call: (call[2].overwrites, call[2].takes_out, type(call[0].operator())),
)
CALLS = [pytest.param(row, name, id=f"{row}-{name}") for row, name, _ in RULES]
TAKING_OUT = [
    pytest.param(row, name, id=f"{row}-{name}") for row, name, rule in RULES if rule.takes_out
]
OVERWRITING = [
    pytest.param(row, name, over, id=f"{row}-{name}-{over}")
    for row, name, rule in RULES
    for over in rule.overwrites
]
every_rule = pytest.mark.parametrize(("row", "name"), CALLS)


def memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def assert_same(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@every_rule
def test_a_result_in_the_memory_of_an_input_is_marked(row: Row, name):
    call = rule_calls(row)[name]
    before = [tensor.clone() for _, _, tensor in call.flat()]
    results = {memory(result) for result in call()}
    shared = {source for source, _, tensor in call.flat() if memory(tensor) in results}
    assert shared == ({call.rule.view_of} if call.rule.view_of else set())
    for (changed, _, tensor), kept in zip(call.flat(), before, strict=True):
        assert torch.equal(tensor, kept), f"the rule writes into {changed}"


def memory_formats(op: Operator, result: Tensor) -> list[torch.memory_format]:
    """The memory orders in which the planner may hand out a place for a result."""
    images = result.ndim == 4 and op.memory_order != "contiguous"
    return [torch.contiguous_format, *([torch.channels_last] if images else [])]


@pytest.mark.parametrize(("row", "name"), TAKING_OUT)
def test_a_rule_that_takes_out_fills_and_returns_it(row: Row, name):
    call = rule_calls(row)[name]
    expected = call()
    for order in memory_formats(call.op, expected[0]):
        places = tuple(torch.full_like(r, 77, memory_format=order) for r in expected)
        found = call(out=places if len(places) > 1 else places[0])
        assert [memory(r) for r in found] == [memory(p) for p in places]
        assert_same(found, expected)
        assert_same(places, expected)


@pytest.mark.parametrize(("row", "name", "over"), OVERWRITING)
def test_a_rule_may_overwrite_what_it_says(row: Row, name, over):
    call = rule_calls(row)[name]
    (expected,) = call()
    place = next(tensor for n, _, tensor in call.flat() if n == over).clone()
    assert place.shape == expected.shape
    assert_same(call(out=place, **call.with_tensor(over, place)), (expected,))


@pytest.mark.parametrize(("row", "name", "over"), OVERWRITING)
def test_a_rule_may_overwrite_what_it_is_given_twice(row: Row, name, over):
    """One value may be several inputs of a node, as in ``x * x``."""
    call = rule_calls(row)[name]
    place = next(tensor for n, _, tensor in call.flat() if n == over).clone()
    same = lambda value: [place] * len(value) if isinstance(value, list) else place
    changed = {n: same(value) for n, value in call.tensors.items()}
    expected = tuple(result.clone() for result in call(**changed))
    assert_same(call(out=place, **changed), expected)
