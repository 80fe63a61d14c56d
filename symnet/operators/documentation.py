"""What an operator's class says of itself, as text: for `help` and for the pages of the reference.

A class docstring describes the operator; its paragraphs that begin with ``>>>`` are the example.
"""

import inspect
from collections.abc import Iterator
from dataclasses import MISSING
from typing import NamedTuple

from .contract import Input, Inputs, Operator, Param, Rule

__all__ = [
    "Parameter",
    "description",
    "documentation",
    "example",
    "gradients",
    "inputs",
    "kind_of_loss",
    "parameters",
    "result_of",
]

NOT_NODES = {
    "name": "the node's name; default: a new one.",
    "attrs": "attributes to attach, strings by name.",
    "out": "for arrays: an array to write the result into.",
}


class Parameter(NamedTuple):
    """One parameter of an operator, in words."""

    name: str
    type: str
    default: str
    range: str
    doc: str


def _paragraphs(cls: type[Operator]) -> list[str]:
    return inspect.cleandoc(cls.__doc__ or "").split("\n\n")


def description(cls: type[Operator]) -> str:
    """Return what the operator does, with formula and source."""
    return "\n\n".join(p for p in _paragraphs(cls) if not p.startswith(">>>"))


def example(cls: type[Operator]) -> str:
    """Return the example, as typed and printed in a Python session; empty where there is none."""
    return "\n\n".join(p for p in _paragraphs(cls) if p.startswith(">>>"))


def inputs(cls: type[Operator]) -> dict[str, str]:
    """Return what each input is, by name."""
    return {name: _of_input(name, declared) for name, declared in cls.inputs.items()}


def _of_input(name: str, declared: Input | Inputs) -> str:
    if isinstance(declared, Inputs):
        return f"{declared.doc} Given by position, any number of them."
    notes = ["Some parameters leave it out."] if declared.when else []
    notes += ["Of any element type."] if declared.any_dtype else []
    notes += [f"As a keyword also {declared.also}."] if declared.also else []
    return " ".join([declared.doc, *notes])


def parameters(cls: type[Operator]) -> Iterator[Parameter]:
    """Yield the parameters, in order."""
    counts = {i.count for i in cls.inputs.values() if isinstance(i, Inputs)}
    for own in cls.parameter_fields():
        about = cls.params[own.name]
        default = "required" if own.default is MISSING else repr(own.default)
        yield Parameter(
            own.name,
            cls.kinds[own.name].name,
            f"{default}, counted where left out" if own.name in counts else default,
            _range(about),
            about.doc + _old_default(about, own.default),
        )


def _range(about: Param) -> str:
    limits = ((">=", about.min), ("<=", about.max))
    return ", ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)


def _old_default(about: Param, default: object) -> str:
    old = about.mxnet_default
    if old is MISSING or old == default:
        return ""
    return f" Files of Apache MXNet that leave it out mean {old!r}."


def gradients(cls: type[Operator]) -> dict[str, str]:
    """Return how the gradient of each input comes about, by name."""
    return {name: _gradient(cls, name, declared) for name, declared in cls.inputs.items()}


def _gradient(cls: type[Operator], name: str, declared: Input | Inputs) -> str:
    if isinstance(declared, Input) and not declared.takes_gradient:
        return "None flows into it."
    rule = cls.rules.get(f"{name}_gradient") or cls.rules.get("backward")
    if rule is None:
        return "Derived from forward."
    return f"{result_of(rule)} Computed from {', '.join(_asked(rule))}.".strip()


def result_of(rule: Rule) -> str:
    """Return what a rule's docstring says that it returns; empty for a rule without one."""
    text = inspect.cleandoc(rule.function.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    said = text.removeprefix("Return ")
    return said[:1].upper() + said[1:]


def _asked(rule: Rule) -> list[str]:
    """Return what a rule computes from, by name."""
    flowing = [name for name in ("grad", "grads") if name in rule.reserved]
    return [*flowing, *rule.tensors] or ["nothing"]


def kind_of_loss(cls: type[Operator]) -> str:
    """Say so where gradients need nothing from above; empty for all other operators."""
    takes = any(isinstance(i, Inputs) or i.takes_gradient for i in cls.inputs.values())
    # Whether an operator is a loss depends on its rules alone: parameters need no values.
    if not cls.__new__(cls).is_loss():
        return ""
    return "A loss: needs no head gradient." if takes else "A barrier: no gradient passes it."


def documentation(cls: type[Operator]) -> str:
    """Return the text that `help` shows of an operator's function."""
    lines = [description(cls), "", "Args:"]
    lines += [f"    {name}: {doc}" for name, doc in inputs(cls).items()]
    lines += [f"    {row.name}: {row.doc} ({_limits(row)})" for row in parameters(cls)]
    lines += [f"    {name}: {doc}" for name, doc in NOT_NODES.items()]
    if cls.states:
        lines += ["", "Auxiliary states:"]
        lines += [f"    {name}: {state.doc}" for name, state in cls.states.items()]
    lines += ["", "Gradients:"]
    lines += [f"    {name}: {text}" for name, text in gradients(cls).items()]
    lines += ["", " ".join([*filter(None, [kind_of_loss(cls)]), _RESULT])]
    lines += ["Raises ParameterError, ArgumentError or ShapeError for what does not fit."]
    if shown := example(cls):
        lines += ["", shown]
    return "\n".join(lines)


_RESULT = (
    "Returns a SymbolicNode for symbols, an NDArray for arrays. With arrays, parameters and then "
    "outputs may follow the inputs by position."
)


def _limits(row: Parameter) -> str:
    default = row.default if row.default.startswith("required") else f"default {row.default}"
    return ", ".join(filter(None, [row.type, row.range, default]))
