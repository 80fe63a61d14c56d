"""Algebraic rewrites: a pattern and its replacement, written in the operators' own language.

```python
@rewrite_rule(lambda data, act, pool: pool(act(data)))
def pool_before_activation(data: Value, act: Match[Activation], pool: Match[Pooling]):
    return act(pool(data)) if … else None
```

The pattern is called once with stand-ins to learn its shape: parameters annotated ``Match[Op]``
match a node of that operator, the others match any value. The function is called at each place
where the pattern fits, with what was matched; calling a match again builds a node like the matched
one on other inputs. None means: leave it. Inner nodes of a pattern must have no other user, since
work that somebody else needs anyway is not saved.

With ``constant=`` a rule is for prediction with parameters that stay: it runs there alone, and only
where what it names is such a parameter, or follows from them. It may move work to those, which is
then done once.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from ...operators.contract import Operator
from ..node import Graph, Node, Value, substitute

__all__ = ["Match", "Pattern", "RewriteRule", "apply_pattern", "rewrite_rule"]

SomeOperator = TypeVar("SomeOperator", bound=Operator)


@dataclass(frozen=True)
class Match(Generic[SomeOperator]):
    """A node that a pattern matched."""

    node: Node
    op: SomeOperator

    def __call__(self, *inputs: Value, op: Operator | None = None) -> Value:
        """Return the output of a node of the same name and operator (or another one) on inputs."""
        return Value(Node(op or self.op, self.node.name, inputs, self.node.attributes))


@dataclass(frozen=True)
class Pattern:
    """A stand-in for a node: which parameter it is, and the patterns of its inputs.

    Args:
        name: the name of the parameter, or any other of its own.
        inputs: the patterns of its first inputs.
        op: the very operator that the node must have; None where the name tells what it may be.
    """

    name: str
    inputs: tuple[Any, ...] = ()
    op: Operator | None = None

    def __call__(self, *inputs: "Pattern") -> "Pattern":
        """Return the pattern of a node with inputs."""
        return Pattern(self.name, inputs)


class RewriteRule:
    """A pass made of a rule; `rewrite_rule` makes one, and every one in this folder runs."""

    def __init__(
        self,
        pattern: Callable[..., "Pattern"],
        rule: Callable[..., Value | None],
        constant: Collection[str] | None = None,
    ) -> None:
        names = list(inspect.signature(pattern).parameters)
        self._pattern = pattern(*(Pattern(name) for name in names))
        hints = get_type_hints(rule)
        self._kinds = {n: get_args(hints[n])[0] for n in names if get_origin(hints[n]) is Match}
        self._rule = rule
        self.constant = constant
        self.__name__ = rule.__name__
        self.__doc__ = rule.__doc__

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph with the rule applied wherever its pattern fits."""
        return apply_pattern(graph, self._pattern, self._kinds, self._rule)

    def with_constants(self, graph: Graph, constants: Collection[str]) -> Graph:
        """Return the graph with the rule applied where its pattern fits and its parameters stay.

        Args:
            graph: the graph.
            constants: names of the variables that stay from run to run; without any, nothing is
                done.
        """

        def rule(**found: Any) -> Value | None:
            # The rule is asked first: it looks at operators alone, and mostly declines.
            result = self._rule(**found)
            stay = result and all(_stays(found[name], constants) for name in self.constant or ())
            return result if stay else None

        return apply_pattern(graph, self._pattern, self._kinds, rule) if constants else graph


def rewrite_rule(
    pattern: Callable[..., Any], *, constant: Collection[str] | None = None
) -> Callable[[Callable[..., Value | None]], RewriteRule]:
    """Make a pass of a rule: a pattern, and what replaces it.

    Args:
        pattern: the pattern.
        constant: for a rule of prediction, which of the pattern's names must be parameters that
            stay; it may be empty. Default None: the rule holds in training too.
    """
    return partial(RewriteRule, pattern, constant=constant)


def _stays(value: Value, constants: Collection[str]) -> bool:
    """Whether a value is a parameter that stays, or follows from those alone."""
    # Not recursive: what a value follows from may be a whole network, as deep as any.
    for node in Graph((value,)).nodes:
        op = node.op
        if op is None and node.name in constants:
            continue
        if not isinstance(op, Operator) or not op.pure or op.foreign or not node.inputs:
            return False
    return True


def apply_pattern(
    graph: Graph,
    pattern: Pattern,
    kinds: Mapping[str, type],
    rule: Callable[..., Value | None],
    around: Callable[[Node], AbstractContextManager[object]] = nullcontext,
) -> Graph:
    """Rewrite wherever a pattern fits, from the inputs to the outputs.

    Args:
        graph: the graph.
        pattern: what is looked for.
        kinds: for the names in the pattern that are nodes, of which class their operators must be.
        rule: called with what was matched, by name; None means: leave it.
        around: makes what the rule is called in, of the node that it may replace.
    """
    # Counted in the graph as it was: a node made by the rule has no other user than the pattern's.
    uses = {value: len(users) for value, users in graph.users.items()}
    heads = set(graph.outputs)
    shared = {v for v in (*uses, *heads) if uses.get(v, 0) + (v in heads) > 1}
    made_from: dict[Value, Value] = {}

    def replace(node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
        # A match is called like a function and returns one value, so nodes of several are left
        # alone.
        if node.op is None or len(node.outputs) > 1:
            return None
        result = Value(Node(node.op, node.name, inputs, node.attributes))
        found: dict[str, Any] = {}
        if _fits(pattern, result, kinds, found, shared, made_from, root=True):
            with around(node):
                # A value, never falsy: None says that the rule declines.
                result = rule(**found) or result
        # Uses are counted by the values of the old graph, so each new value remembers which it was.
        made_from[result] = Value(node)
        return (result,)  # hidden results have users only once there are gradients

    return Graph(substitute(graph.outputs, replace))


def _fits(
    pattern: Pattern,
    value: Value,
    kinds: Mapping[str, type],
    found: dict[str, Any],
    shared: set[Value],
    made_from: dict[Value, Value],
    *,
    root: bool = False,
) -> bool:
    """Match a value, and note what each of the pattern's names stands for."""
    if pattern.op is None and pattern.name not in kinds:
        return bool(found.setdefault(pattern.name, value) == value)
    node = value.node
    # A result but the first is another function of the inputs than the operator's main one.
    if value.number or not isinstance(node.op, kinds.get(pattern.name, Operator)):
        return False
    if pattern.op is not None and node.op != pattern.op:
        return False
    if not root and made_from.get(value, value) in shared:
        return False
    found[pattern.name] = Match(node, node.op)
    return len(node.inputs) >= len(pattern.inputs) and all(
        _fits(inner, each, kinds, found, shared, made_from)
        for inner, each in zip(pattern.inputs, node.inputs, strict=False)
    )
