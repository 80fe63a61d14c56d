"""Passes that users write: from symbol to symbol, and rules that make passes.

A rule of symnet's own (`graph/rewrite/`) works on nodes and values; here rules read and write
symbols, which are handles on those.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar, get_args, get_origin

from ..core.errors import ArgumentError, listed, shown
from ..core.naming import AttrScope, NameManager, PrefixNameManager
from ..graph.node import Graph, Node, Value
from ..graph.placement import GROUP
from ..graph.rewrite.pattern import Match, Pattern, apply_pattern
from ..operators.contract import Operator
from .symbol import SymbolicNode, Variable

__all__ = ["Matched", "SymbolPass", "apply_passes", "rewrite_rule"]

SymbolPass = Callable[[SymbolicNode], SymbolicNode]
"""A pass: from a network to one that computes the same from the same variables."""

AnOperator = TypeVar("AnOperator")


class Matched(Generic[AnOperator]):
    """A node that a rule's pattern matched, whatever its parameters are.

    Calling it makes a node of its name and operator on other inputs; keywords change parameters.

    Attributes:
        op: the operator, whose parameters are attributes, as ``act.op.act_type``.
        name: the node's name.

    >>> import symnet as mx
    >>> @mx.rewrite_rule(lambda data, act: act(data))
    ... def no_relu(data: mx.SymbolicNode, act: mx.Matched[mx.Activation]):
    ...     return act(data, act_type="tanh") if act.op.act_type == "relu" else None
    >>> net = mx.Activation(mx.Variable("x"), act_type="relu", name="act")
    >>> no_relu(net).graph.nodes[-1].op
    Activation(act_type='tanh')
    """

    def __init__(self, node: Node, op: Operator) -> None:
        self._node = node
        self.op: Any = op
        self.name = node.name

    def __repr__(self) -> str:
        return f"Matched({self.name!r}, {self.op!r})"

    def __call__(self, *inputs: SymbolicNode, **parameters: Any) -> SymbolicNode:
        """Return a node like the matched one, on other inputs, with some parameters changed.

        Args:
            inputs: the inputs, in the operator's order.
            parameters: parameters that shall differ.
        """
        kept = {name: getattr(self.op, name) for name in self.op.params}
        op = type(self.op).make({**kept, **parameters})
        values = tuple(_value(f"an input of {self.name!r}", each) for each in inputs)
        return SymbolicNode(Value(Node(op, self.name, values, self._node.attributes)))


def rewrite_rule(
    pattern: Callable[..., SymbolicNode],
) -> Callable[[Callable[..., SymbolicNode | None]], "SymbolRule"]:
    """Make a pass of a rule: a pattern, and a function that says what replaces it.

    The pattern is written with the functions of operators. It is called once, with stand-ins for
    its parameters: one that the rule annotates as `Matched` of an operator is called like it and
    fits any node of that operator; the others fit any value. What is written out, as ``mx.exp(x)``,
    fits nodes of that operator with just those parameters.

    Args:
        pattern: the pattern, whose parameters are those of the rule.

    Returns a decorator. The rule is called at each place where the pattern fits, with what was
    matched, and returns the symbol that replaces it, or None to leave it. Inner nodes of a pattern
    have no other user: what somebody else needs is computed anyway. The result is a pass: a
    function from symbol to symbol, for ``bind(passes=[…])`` and `apply_passes`.

    Raises ArgumentError for a pattern that is no expression of its parameters.
    Guide: docs/passes.md.

    >>> import symnet as mx
    >>> @mx.rewrite_rule(lambda x: mx.log(mx.exp(x)))
    ... def log_of_exp(x):
    ...     return x
    >>> net = mx.log(mx.exp(mx.Variable("a"))) + mx.Variable("b")
    >>> [node.op for node in log_of_exp(net).graph.nodes if node.op]
    [_Plus()]
    """
    return lambda rule: SymbolRule(pattern, rule)


class SymbolRule:
    """A pass made by `rewrite_rule`."""

    def __init__(
        self, pattern: Callable[..., SymbolicNode], rule: Callable[..., SymbolicNode | None]
    ) -> None:
        self.__name__, self.__doc__ = rule.__name__, rule.__doc__
        self.__qualname__, self.__module__ = rule.__qualname__, rule.__module__
        self._rule = rule
        names = list(inspect.signature(pattern).parameters)
        taken = list(inspect.signature(rule).parameters)
        if sorted(names) != sorted(taken):
            raise ArgumentError(
                f"rule {self.__name__}: its parameters should be those of the pattern, "
                f"{', '.join(names)}; they are {', '.join(taken)}"
            )
        self._names = names
        self._kinds = {
            name: _operator_of(self.__name__, hint)
            for name, hint in inspect.get_annotations(rule, eval_str=True).items()
            if name in names and _names_a_match(hint)
        }
        self._pattern = _pattern_of(self.__name__, pattern, names, self._kinds)

    def __call__(self, network: SymbolicNode) -> SymbolicNode:
        """Return the network with the rule applied wherever its pattern fits."""
        graph = _check_network(self.__name__, network).graph
        names = PrefixNameManager(f"{self.__name__}_")
        rewritten = apply_pattern(
            graph,
            self._pattern,
            self._kinds,
            lambda **found: self._replaced(names, found),
            _in_its_group,
        )
        return SymbolicNode(*rewritten.outputs)

    def __repr__(self) -> str:
        return f"<rewrite rule {self.__name__}>"

    def __reduce__(self) -> str:
        return self.__qualname__  # where it is defined, as functions are pickled

    def _replaced(self, names: NameManager, found: Mapping[str, Any]) -> Value | None:
        given: dict[str, Any] = {
            name: Matched(match.node, match.op)
            if isinstance(match := found[name], Match)
            else SymbolicNode(match)
            for name in self._names
        }
        with names:
            result = self._rule(**given)
        return None if result is None else _value(f"what rule {self.__name__} returns", result)


def _in_its_group(node: Node) -> AttrScope:
    """What replaces a node runs where the node ran."""
    return AttrScope(**{key: node.attributes[key] for key in (GROUP,) if key in node.attributes})


def _names_a_match(hint: Any) -> bool:
    return hint is Matched or get_origin(hint) is Matched


def _operator_of(rule: str, hint: Any) -> type[Operator]:
    """Return the class that an annotation ``Matched[mx.Activation]`` names."""
    (named,) = get_args(hint) or (Operator,)
    cls = getattr(named, "operator", Operator if named is Any else named)
    if not (isinstance(cls, type) and issubclass(cls, Operator)):
        raise ArgumentError(
            f"rule {rule}: Matched[…] wants an operator, as mx.Activation, got {cls!r}"
        )
    return cls


def _pattern_of(
    rule: str, pattern: Callable[..., Any], names: Sequence[str], kinds: Mapping[str, type]
) -> Pattern:
    """Call a pattern with stand-ins, and read what it made of them."""
    known: dict[str, Pattern] = {name: Pattern(name) for name in names if name not in kinds}

    def stand_in(name: str) -> Callable[..., SymbolicNode]:
        def call(*inputs: SymbolicNode) -> SymbolicNode:
            known[name] = Pattern(name, tuple(read(_value(name, each)) for each in inputs))
            return Variable(name)

        return call

    def read(value: Value) -> Pattern:
        node = value.node
        if isinstance(node.op, Operator):
            # A name that no parameter can have: what is written out is not handed to the rule.
            return Pattern(f" {node.name}", tuple(map(read, node.inputs)), node.op)
        return known.get(node.name) or Pattern(f" {node.name}")

    with NameManager():
        given = {name: stand_in(name) if name in kinds else Variable(name) for name in names}
        found = pattern(**given)
    result = read(_value(f"the pattern of rule {rule}", found))
    missing = [name for name in names if name not in _names_in(result)]
    if missing:
        raise ArgumentError(
            f"rule {rule}: its pattern does not use {missing[0]!r}, so nothing could match it"
        )
    if result.op is None and result.name not in kinds:
        raise ArgumentError(f"rule {rule}: its pattern names no operator, and would fit everything")
    return result


def _names_in(pattern: Pattern) -> set[str]:
    return {pattern.name, *(name for each in pattern.inputs for name in _names_in(each))}


def _value(what: str, symbol: object) -> Value:
    """Return the one output of a symbol."""
    if not isinstance(symbol, SymbolicNode):
        raise ArgumentError(f"{what} should be a symbol, got {shown(symbol)}")
    if len(symbol.graph.outputs) != 1:
        raise ArgumentError(
            f"{what} should have one output, it has {', '.join(symbol.list_outputs())}"
        )
    return symbol.graph.outputs[0]


# -- applying --------------------------------------------------------------------------------------


def apply_passes(network: SymbolicNode, passes: Iterable[SymbolPass]) -> SymbolicNode:
    """Return what passes make of a network, one after the other.

    Args:
        network: the network.
        passes: functions from symbol to symbol, as `rewrite_rule` makes them, in order.

    Raises ArgumentError for a pass that is no function, that returns no symbol, another number of
    outputs, or a network with variables that were not there.

    >>> import symnet as mx
    >>> def add_nothing(net):
    ...     return net + mx.Variable("w")
    >>> mx.apply_passes(mx.Variable("x") * 2, [add_nothing])
    Traceback (most recent call last):
        ...
    symnet.core.errors.ArgumentError: pass add_nothing: it adds the variable 'w', ...
    """
    if isinstance(passes, str) or not isinstance(passes, Iterable):
        raise ArgumentError(f"passes should be a list of functions, got {shown(passes)}")
    for one in passes:
        if not callable(one):
            raise ArgumentError(
                f"a pass should be a function from symbol to symbol, got {shown(one)}"
            )
        name = getattr(one, "__name__", repr(one))
        _check_network(name, network)
        result = one(network)
        if not isinstance(result, SymbolicNode):
            raise ArgumentError(f"pass {name}: it should return a symbol, got {shown(result)}")
        _check_same_face(name, network.graph, result.graph)
        network = result
    return network


def _check_network(name: str, network: object) -> SymbolicNode:
    if not isinstance(network, SymbolicNode):
        raise ArgumentError(f"pass {name}: a network is wanted, got {shown(network)}")
    return network


def _check_same_face(name: str, before: Graph, after: Graph) -> None:
    if len(before.outputs) != len(after.outputs):
        raise ArgumentError(
            f"pass {name}: the network has {len(before.outputs)} outputs, what it returns has "
            f"{len(after.outputs)}"
        )
    known = {node.name for node in (*before.arguments, *before.states)}
    added = [node.name for node in (*after.arguments, *after.states) if node.name not in known]
    if added:
        raise ArgumentError(
            f"pass {name}: it adds the variable {added[0]!r}, for which no array would be bound "
            f"{listed(sorted(known))}; a pass makes its nodes of what is there"
        )
