"""Placement: on which context each node of a network runs, and the copies that takes.

A node in a group, which its attribute ``ctx_group`` names, runs on the context that the group is
given; any other node runs on the executor's own. Where a value is used on another context than the
one it is made on, a node that copies it stands in between, so that every other node finds its
inputs where it runs. Gradients flow back through such a node as another copy.

A pass works on nodes that are connected, so a copy is a wall to it, and what it makes runs where
its inputs are.

Source: docs/semantics §4.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.context import Context
from ..core.errors import ArgumentError, listed, suggest
from ..core.logs import logger
from ..operators.contract import Operator, find_operator
from .node import Graph, Node, Value, substitute

__all__ = ["GROUP", "Placement", "place"]

GROUP = "ctx_group"
"""The attribute that names the group of a node."""


@dataclass(frozen=True)
class Placement:
    """Where the nodes of a network run, and where its variables live.

    Args:
        default: the executor's context, where all that is not said otherwise runs and lives.
        groups: the contexts of groups, by name.
        variables: the contexts of arguments and states, by name.
    """

    default: Context
    groups: Mapping[str, Context] = field(default_factory=dict)
    variables: Mapping[str, Context] = field(default_factory=dict)

    def of(self, node: Node) -> Context:
        """Return where a node of the network runs, or a variable lives."""
        if node.op is None:
            return self.variables.get(node.name, self.default)
        return self.groups.get(node.attributes.get(GROUP, ""), self.default)

    def contexts(self) -> tuple[Context, ...]:
        """Return all contexts that may be in use, the executor's first."""
        return tuple(dict.fromkeys((self.default, *self.groups.values())))

    def with_copies(self, network: Graph) -> Graph:
        """Return the network with a copy wherever a value goes to another context.

        There is one for each use; a pass then merges those of one value to one context.
        """
        if not self.groups:
            return network
        where: dict[Node, Context] = {}

        def brought(value: Value, context: Context) -> Value:
            return value if where[value.node] == context else self._copy(value, context)

        def replace(node: Node, inputs: tuple[Value, ...]) -> Node:
            own = self.of(node)
            # A node that crosses is a copy already, which the user wrote.
            if not _crosses(node):
                inputs = tuple(brought(value, own) for value in inputs)
            if inputs != node.inputs:
                node = Node(node.op, node.name, inputs, node.attributes, node.automatic)
            where[node] = own
            return node

        return Graph(substitute(network.outputs, replace))

    def _copy(self, value: Value, context: Context) -> Value:
        """Return a copy of a value on a context, made in a group that runs there."""
        # A node says where it runs by its group's name alone, so that of any group there will do.
        group = next((name for name, own in self.groups.items() if own == context), None)
        in_group = {} if group is None or context == self.default else {GROUP: group}
        name = f"{value.node.name}_{value.number}_copynode"
        return Value(Node(find_operator("_CrossDeviceCopy")(), name, (value,), in_group))

    def of_all(self, graph: Graph, beside: Mapping[Node, Node]) -> dict[Node, Context]:
        """Return where each node runs of a graph that copies, passes and gradients were added to.

        Args:
            graph: the graph, made from that of `with_copies`.
            beside: for nodes of the backward pass the node that their results live beside.
        """
        found: dict[Node, Context] = {}
        for node in graph.nodes:
            if node in beside:
                found[node] = found[beside[node]]
            # After `with_copies` all inputs are where the node runs, and what a pass makes needs no
            # group: it is where its inputs are.
            elif node.inputs and not _crosses(node):
                found[node] = found[node.inputs[0].node]
            else:
                found[node] = self.of(node)
        return found


def _crosses(node: Node) -> bool:
    return isinstance(node.op, Operator) and node.op.crosses


# -- from what a user gives ------------------------------------------------------------------------


def place(
    network: Graph,
    default: Context,
    group2ctx: Mapping[str, Context] | None,
    given: Mapping[str, Context] | None = None,
) -> Placement:
    """Decide where the nodes of a network run and where its variables live.

    A variable in a group lives on its context. One without lives where its array was given, or
    else where the first node that uses it runs. A state is changed in place, so it always lives
    where its node runs.

    Args:
        network: the network.
        default: the executor's context.
        group2ctx: the contexts of groups; without any, groups mean nothing. Those that the
            network does not name are left alone: one dict may serve several networks.
        given: where arrays of arguments were given, by name.

    Raises ArgumentError for a group without a context, and for a state that is apart from its node.

    >>> import symnet as mx
    >>> product = mx.Variable("x", attrs={"ctx_group": "one"}) * mx.Variable("y")
    >>> place(product.graph, mx.cpu(), {"one": mx.cpu(1)}).variables
    {'x': CPU1, 'y': CPU0}
    """
    groups = _checked({} if group2ctx is None else group2ctx)
    if not groups:
        return Placement(default)
    named = {node: node.attributes[GROUP] for node in network.nodes if GROUP in node.attributes}
    for node, group in named.items():
        if group not in groups:
            raise ArgumentError(
                f"{node.name!r} is in the group {group!r}, but group2ctx has no context for it"
                f"{suggest(group, groups)} {listed(groups)}; "
                f"add {{{group!r}: mx.cpu(0)}} or the context it is to run on"
            )
    if not named:
        logger.warning(
            "group2ctx names %s, but no node of the network is in a group: all run on %s; "
            "make nodes inside `with mx.AttrScope(ctx_group=…)`",
            ", ".join(map(repr, groups)),
            default,
        )
    nodes = Placement(default, groups)
    homes = {n.name: _home(network, n, nodes, given or {}) for n in network.arguments}
    homes |= {state.name: _home_of_state(network, state, nodes) for state in network.states}
    return Placement(default, groups, homes)


def _checked(group2ctx: object) -> dict[str, Context]:
    if not isinstance(group2ctx, Mapping):
        raise ArgumentError(f"group2ctx must be a dict of contexts by group, got {group2ctx!r}")
    for group, context in group2ctx.items():
        if not isinstance(group, str) or not isinstance(context, Context):
            raise ArgumentError(
                f"group2ctx must give a context to each group's name, as {{'dev1': mx.gpu(0)}}; "
                f"got {group!r}: {context!r}"
            )
    return dict(group2ctx)


def _home(
    network: Graph, variable: Node, nodes: Placement, given: Mapping[str, Context]
) -> Context:
    group = variable.attributes.get(GROUP)
    if group is not None:
        return nodes.groups[group]
    if variable.name in given:
        return given[variable.name]
    users = network.users.get(Value(variable), ())
    # The first user has it at hand; all others get copies.
    return nodes.of(users[0]) if users else nodes.default


def _home_of_state(network: Graph, state: Node, nodes: Placement) -> Context:
    value = Value(state)
    found = {n: nodes.of(n) for n in network.users[value] if value in n.state_inputs()}
    first, context = next(iter(found.items()))
    if GROUP in state.attributes:
        found[state] = nodes.groups[state.attributes[GROUP]]
    for other, apart in found.items():
        if apart != context:
            raise ArgumentError(
                f"{state.name!r} is a state of {first.name!r}, which runs on {context}, but "
                f"{other.name!r} is on {apart}: a state is changed where it lives, so put both "
                "into one group"
            )
    return context
