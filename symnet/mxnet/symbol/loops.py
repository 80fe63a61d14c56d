"""Loops and branches inside a network: ``mx.sym.contrib.foreach``, ``while_loop`` and ``cond``.

A function of symbols is called once, on new variables, and what it makes becomes a graph of its own
inside one node. What it uses from outside becomes an input of that node.

Source: Apache MXNet 1.9.1, ``mxnet.symbol.contrib``.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from ...core.errors import ArgumentError, ShapeError
from ...core.naming import current_attributes
from ...graph.node import Graph, Node, Value, substitute
from ...operators.contract import OPERATORS
from ...operators.dispatch import apply
from ...program.control_flow import CONTROL_FLOW
from ...symbol import SymbolicNode
from ..attribute import AttrScope
from ..calls import invoke
from .symbol import FACE, Symbol

__all__ = ["cond", "foreach", "while_loop"]

_SCOPE = "subgraph_name"
"""The attribute that tells which nodes a function made."""

_numbers = count()


class _Function:
    """A function of symbols as a graph.

    Args:
        what: what errors call it.
        function: called with one new variable for each of ``given``.
        given: the values that its arguments stand for.
    """

    graph: Graph
    inputs: list[Value]
    """For each variable of the graph the value that it stands for."""

    def __init__(
        self, what: str, function: Callable[..., list[Symbol]], given: Sequence[Value]
    ) -> None:
        around = current_attributes().get(_SCOPE)
        name = f"{what}{next(_numbers)}"
        self._scope = f"{around}${name}" if around else name
        self._stands_for: dict[Node, Value] = {}
        with AttrScope(**{f"__{_SCOPE}__": self._scope}):
            variables = [self._variable(n, value) for n, value in enumerate(given)]
            outputs = [self._made_inside(each) for each in function(*variables)]
        self.graph = Graph(substitute(outputs, self._cut))
        nodes = [node for node in self.graph.nodes if node.op is None]
        self.inputs = [self._stands_for.get(node, Value(node)) for node in nodes]
        self.variables = [variable.graph.outputs[0].node for variable in variables]

    def _variable(self, number: int, value: Value) -> Symbol:
        node = Node(None, f"{self._scope}_{number}_{value.name}", automatic=True)
        self._stands_for[node] = value
        return Symbol(Value(node))

    def _made_inside(self, symbol: Symbol) -> Value:
        """Return an output's value: a copy of what the function only hands on."""
        value = _value(symbol)
        if value.node.op is None or not self._is_inside(value.node):
            value = _value(invoke(OPERATORS["identity"], "identity", FACE, (symbol,), {}))
        return value

    def _is_inside(self, node: Node) -> bool:
        return node.attributes.get(_SCOPE) == self._scope

    def _cut(self, node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
        """Put variables in the place of results of nodes outside."""
        if node.op is None or self._is_inside(node):
            return None
        variables = []
        for place in range(len(node.results)):
            variable = Node(None, Value(node, place).name, automatic=True)
            self._stands_for[variable] = Value(node, place)
            variables.append(Value(variable))
        return tuple(variables)

    def place_of(self, number: int) -> int | None:
        """Return which of the graph's variables is that of an argument; None where it is unused."""
        nodes = [node for node in self.graph.nodes if node.op is None]
        wanted = self.variables[number]
        return nodes.index(wanted) if wanted in nodes else None


def _value(symbol: Any) -> Value:
    if not isinstance(symbol, SymbolicNode):
        raise ArgumentError(f"a loop's values are symbols, got {symbol!r}")
    outputs = symbol.graph.outputs
    if len(outputs) != 1:
        raise ArgumentError(f"a loop's values have one output, {symbol!r} has {len(outputs)}")
    return outputs[0]


def _listed(symbols: Any) -> list[Symbol]:
    return list(symbols) if isinstance(symbols, list | tuple) else [symbols]


def _alike(symbols: list[Symbol], like: Any) -> Any:
    """Return symbols in a list, or one by itself, as they were given."""
    return symbols if isinstance(like, list | tuple) else symbols[0]


def _node(operator: str, inputs: Sequence[Value], name: str, **parameters: Any) -> list[Symbol]:
    """Return the outputs of an operator over graphs."""
    cls = next(each for each in CONTROL_FLOW if each.__name__ == operator)
    op = cls.make({"num_args": len(inputs), **parameters})
    symbols = [Symbol(value) for value in inputs]
    made: Symbol = FACE.wrap(apply(op, symbols, {}, hint=name))
    return list(made)


def foreach(
    body: Callable[[Any, Any], Any], data: Any, init_states: Any, name: str = "foreach"
) -> tuple[Any, Any]:
    """Call a function with each row of some arrays, and with what the step before returned.

    Args:
        body: from row and states to results and new states; symbols, or lists of them.
        data: a symbol, or several, whose arrays have the same length along axis 0.
        init_states: the states of the first step, a symbol or several.
        name: what the node is called, with a number.

    Returns the results, stacked along axis 0, and the last states, as they came: a symbol or a
    list. Raises ArgumentError where the body does not use a row or a state, or gives back more or
    fewer states.

    >>> import symnet.mxnet as mx
    >>> def add(row, total):
    ...     return row + total, row + total
    >>> sums, last = foreach(add, mx.sym.Variable("x"), mx.sym.zeros((2,)))
    >>> sums.eval(x=mx.nd.array([[1, 2], [10, 20]]))[0].asnumpy()
    array([[ 1.,  2.],
           [11., 22.]], dtype=float32)
    """
    slices, begin = _listed(data), _listed(init_states)
    returned: list[Any] = []

    def step(*symbols: Symbol) -> list[Symbol]:
        rows, states = list(symbols[: len(slices)]), list(symbols[len(slices) :])
        returned[:] = body(_alike(rows, data), _alike(states, init_states))
        return _listed(returned[0]) + _listed(returned[1])

    given = [_value(each) for each in (*slices, *begin)]
    made = _Function(name, step, given)
    results, states = returned
    if len(_listed(states)) != len(begin):
        raise ArgumentError(
            f"{name}: the body is given {len(begin)} states, and returns {len(_listed(states))}"
        )
    places = [made.place_of(number) for number in range(len(given))]
    unused = [value.name for value, place in zip(given, places, strict=True) if place is None]
    if unused:
        raise ArgumentError(f"{name}: the body does not use {unused[0]!r}, which it is given")
    rest = [place for place in range(len(made.inputs)) if place not in places]
    outputs = _node(
        "_foreach",
        [*given, *(made.inputs[place] for place in rest)],
        name,
        subgraphs=(made.graph,),
        num_outputs=len(made.graph.outputs),
        num_out_data=len(_listed(results)),
        in_data_locs=tuple(places[: len(slices)]),
        in_state_locs=tuple(places[len(slices) :]),
        remain_locs=tuple(rest),
    )
    split = len(_listed(results))
    return _alike(outputs[:split], results), _alike(outputs[split:], init_states)


class _Inputs:
    """The inputs of a node over several graphs: each value once."""

    def __init__(self) -> None:
        self.values: list[Value] = []

    def places(self, function: _Function) -> tuple[int, ...]:
        """Return for each of a graph's variables which input it is."""
        for value in function.inputs:
            if value not in self.values:
                self.values.append(value)
        return tuple(self.values.index(value) for value in function.inputs)


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., Any],
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """Call a function as long as a condition holds of its variables.

    Args:
        cond: from the variables to a symbol of one element.
        func: from the variables to results (None for none) and new variables.
        loop_vars: the variables of the first step.
        max_iterations: how many steps there may be.
        name: what the node is called, with a number.

    Returns the results, stacked along axis 0 and filled up to ``max_iterations`` rows with zeros,
    and the last variables.
    """
    if max_iterations is None:
        raise ArgumentError("while_loop: max_iterations must be given")
    begin = _listed(loop_vars)
    returned: list[Any] = []

    def step(*variables: Symbol) -> list[Symbol]:
        found, following = func(*variables)
        returned[:] = [[] if found is None else found, following]
        return _listed(returned[0]) + _listed(following)

    given = [_value(each) for each in begin]
    condition = _Function(f"{name}_cond", lambda *variables: [cond(*variables)], given)
    body = _Function(f"{name}_func", step, given)
    results, following = returned
    if len(_listed(following)) != len(begin):
        raise ArgumentError(
            f"{name}: the body is given {len(begin)} variables, and returns "
            f"{len(_listed(following))}"
        )
    places = [body.place_of(number) for number in range(len(begin))]
    if None in places:
        unused = given[places.index(None)].name
        raise ArgumentError(f"{name}: the body does not use the variable {unused!r}")
    inputs = _Inputs()
    asked, used = inputs.places(condition), inputs.places(body)
    outputs = _node(
        "_while_loop",
        inputs.values,
        name,
        subgraphs=(condition.graph, body.graph),
        num_outputs=len(body.graph.outputs),
        num_out_data=len(_listed(results)),
        max_iterations=int(max_iterations),
        cond_input_locs=asked,
        func_input_locs=used,
        func_var_locs=tuple(places),
    )
    split = len(_listed(results))
    stacked = outputs[:split]
    return _alike(stacked, results), _alike(outputs[split:], loop_vars)


def cond(
    pred: Symbol, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond"
) -> Any:
    """Return what one of two functions makes: the first where a condition is not 0.

    Only the branch that is taken is computed.

    Args:
        pred: a symbol of one element.
        then_func: makes a symbol, or a list of them.
        else_func: makes as many, of the same shapes.
        name: what the node is called, with a number.
    """
    made: list[Any] = []

    def branch(function: Callable[[], Any]) -> list[Symbol]:
        made.append(function())
        return _listed(made[-1])

    condition = _Function(f"{name}_pred", lambda: [pred], [])
    then = _Function(f"{name}_then", lambda: branch(then_func), [])
    other = _Function(f"{name}_else", lambda: branch(else_func), [])
    counts = [len(each.graph.outputs) for each in (then, other)]
    if counts[0] != counts[1]:
        raise ShapeError(f"{name}: the branches make {counts[0]} and {counts[1]} symbols")
    inputs = _Inputs()
    places = [inputs.places(each) for each in (condition, then, other)]
    outputs = _node(
        "_cond",
        inputs.values,
        name,
        subgraphs=(condition.graph, then.graph, other.graph),
        num_outputs=counts[0],
        cond_input_locs=places[0],
        then_input_locs=places[1],
        else_input_locs=places[2],
    )
    return _alike(outputs, made[0])
