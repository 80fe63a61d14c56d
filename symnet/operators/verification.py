"""The contract of operators, checked when a class is made: a slip is an error there and then.

A rule is found by its name, and what it wants by the names of its parameters. A misspelt one would
not be missed: the engine would derive a gradient that was stated, or never call the rule. So every
name of a class has to mean something.
"""

from collections.abc import Iterable, Mapping
from typing import Any, get_args
from weakref import WeakSet

from ..core.errors import ContractError, listed, suggest
from ._declarations import RESERVED, Family, Input, Inputs, MemoryOrder, Rule

__all__ = ["is_rule", "verify_class", "verify_results", "verify_unused_names"]

_RULES = ("infer_shape", "forward", "forward_saving", "backward")
_GRADIENT = "_gradient"
_SUFFIXES = ("_shape", "_dtype")
_FAMILIES: tuple[str, ...] = get_args(Family)
_ORDERS: tuple[str, ...] = get_args(MemoryOrder)
_OF_CALLS = {"name", "attrs", "out"}
"""Keywords of every operator's function, which no input or parameter may be called."""
_ALLOWED = {
    "infer_shape": frozenset[str](),
    "forward": frozenset({"out", "is_train"}),
    "forward_saving": frozenset({"out", "is_train"}),
    "backward": RESERVED - {"index"},
}


def is_rule(name: str) -> bool:
    """Say whether a method of this name is a rule, by its name alone."""
    return name in _RULES or (name.endswith(_GRADIENT) and not name.startswith("_"))


def verify_class(cls: Any, base: Any) -> None:
    """Raise ContractError where the class of an operator does not keep the contract.

    Args:
        cls: the class, with its inputs, states, parameters and rules read.
        base: `Operator`, the class that knows the names a class may not use otherwise.
    """
    _verify_ancestors(cls, base)
    _verify_names(cls, base)
    for name, rule in cls.rules.items():
        _verify_rule(cls, base, name, rule)
    if cls.family not in _FAMILIES:
        raise _fault(cls, f"family must be one of {', '.join(_FAMILIES)}, got {cls.family!r}")
    if cls.memory_order not in _ORDERS:
        orders = ", ".join(_ORDERS)
        raise _fault(cls, f"memory_order must be one of {orders}, got {cls.memory_order!r}")
    if cls.nondecreasing and len(cls.inputs) + len(cls.states) != 1:
        raise _fault(cls, f"nondecreasing is said of functions of one input {listed(cls.inputs)}")
    for name, declared in cls.inputs.items():
        if isinstance(declared, Inputs) and declared.count not in cls.params:
            raise _fault(
                cls,
                f"the inputs {name!r} are counted by the parameter {declared.count!r}, which is "
                f"not declared{suggest(declared.count, cls.params)} {listed(cls.params)}",
            )
    if cls.registered and "forward" not in cls.rules:
        raise _fault(
            cls, "there is no rule `forward`; a base of operators is made with registered=False"
        )


def verify_unused_names(cls: Any, names: Iterable[str], registry: Mapping[str, Any]) -> None:
    """Raise ContractError where an operator of another class has one of the names.

    A class that is made again, as when a cell of a notebook runs twice, replaces its former self.
    """
    for name in names:
        other = registry.get(name)
        if other is not None and _address(other) != _address(cls):
            raise _fault(
                cls,
                f"the name {name!r} is taken by {other.__module__}.{other.__qualname__}; "
                "networks that use that one would compute something else",
            )


def verify_results(operator: Any, results: Iterable[str]) -> None:
    """Raise ContractError where a rule asks for a result that the operator does not have.

    An operator may name its results by its parameters, so this waits for the first node of each
    class; what a rule need not have has a default.

    Args:
        operator: the operator of a node.
        results: its results, by name.
    """
    cls = type(operator)
    if cls in _VERIFIED:
        return
    known = {*cls.inputs, *cls.states, *results}
    for name, rule in cls.rules.items():
        for asked in rule.tensors:
            if asked not in known and asked not in rule.optional:
                raise _fault(cls, _unknown(name, asked, known))
    _VERIFIED.add(cls)


_VERIFIED: WeakSet[Any] = WeakSet()
"""Classes that were found to fit. It only saves time; losing it changes nothing."""


def _address(cls: Any) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _fault(cls: Any, what: str) -> ContractError:
    return ContractError(f"{cls.__module__}.{cls.__qualname__}: {what}")


def _unknown(rule: str, asked: str, known: Iterable[str]) -> str:
    return (
        f"rule {rule!r} asks for {asked!r}, which the operator does not have"
        f"{suggest(asked, known)} {listed(sorted(known))}"
    )


def _verify_ancestors(cls: Any, base: Any) -> None:
    for ancestor in cls.__mro__[1:]:
        if ancestor is not base and issubclass(ancestor, base) and ancestor.registered:
            raise _fault(
                cls,
                f"it derives from the operator {ancestor.__qualname__}, which is whole; derive "
                "from Operator, or from a base made with registered=False",
            )


def _verify_names(cls: Any, base: Any) -> None:
    """Check that nothing declared has a name that means something else."""
    # What tells several inputs apart is free for a name where there are none.
    several = any(isinstance(each, Inputs) for each in cls.inputs.values())
    reserved = RESERVED if several else RESERVED - {"index"}
    groups = {"input": cls.inputs, "state": cls.states, "parameter": cls.params}
    tensors = {*cls.inputs, *cls.states}
    seen: dict[str, str] = {}
    for kind, names in groups.items():
        for name in names:
            asks = name.endswith(_SUFFIXES) and name.rsplit("_", 1)[0] in tensors
            if name in reserved or name in _OF_CALLS or asks:
                raise _fault(
                    cls, f"the {kind} {name!r} has a name that rules or calls know otherwise"
                )
            if name in vars(base):
                raise _fault(cls, f"the {kind} {name!r} hides a member of Operator")
            if name in seen:
                raise _fault(cls, f"{name!r} is a {seen[name]} and a {kind}")
            seen[name] = kind


def _verify_rule(cls: Any, base: Any, name: str, rule: Rule) -> None:
    named = {*cls.inputs, *cls.states}
    if name.endswith(_GRADIENT):
        of = name.removesuffix(_GRADIENT)
        if of not in cls.inputs:
            raise _fault(
                cls,
                f"rule {name!r} is for no input{suggest(of, cls.inputs)} {listed(cls.inputs)}",
            )
        allowed = RESERVED - {"wants", "outputs"}
        if isinstance(cls.inputs[of], Input):
            allowed -= {"index"}
    else:
        allowed = _ALLOWED[name]
    refused = rule.reserved - allowed
    if refused:
        raise _fault(cls, f"rule {name!r} cannot ask for {sorted(refused)[0]!r}")
    fixed = cls.outputs is base.outputs and cls.saved is base.saved
    known = named if name.startswith("forward") else {*named, "output"}
    if name.startswith("forward") or fixed:
        for asked in rule.tensors:
            if asked not in known:
                raise _fault(cls, _unknown(name, asked, known))
        for asked in (*rule.shapes, *rule.dtypes):
            of = asked.rsplit("_", 1)[0]
            if of not in {*known, "output"}:
                raise _fault(cls, _unknown(name, of, {*known, "output"}))
