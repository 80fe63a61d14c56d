"""SymbolicNode: a thin handle on a graph, and everything that makes graphs from graphs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar

from ..core import naming
from ..core.arithmetic import DIVIDE, MINUS, PLUS, POWER, TIMES, Arithmetic, Number, Operation
from ..core.described import scrolled
from ..core.dtype import DTypeLike, dtype_name, to_torch
from ..core.errors import ArgumentError, listed, shown, suggest
from ..core.naming import bare_key, check_attributes, current_attributes, current_names
from ..drawing import names_of, notebook_svg
from ..graph.dtypes import infer_dtypes
from ..graph.file_format import read_json
from ..graph.file_writing import Era, write_json
from ..graph.node import Graph, Node, Value, substitute
from ..graph.shapes import Inferred, infer_shapes
from ..operators.attribute_hints import AttributeHints
from ..operators.contract import Operator, Shape, find_operator
from ..operators.dispatch import Naming, register_kind

__all__ = ["ShapeLists", "SymbolicNode", "Variable", "from_json"]

Known = TypeVar("Known")

ShapeLists = tuple[list[Shape], list[Shape], list[Shape]] | tuple[None, None, None]


class SymbolicNode(AttributeHints, Arithmetic):
    """A symbol: one or more outputs of a network that is declared but not yet computed.

    Made by `Variable`, by the operator functions, by arithmetic, by `Group`, or read from a file.
    Symbols never change: composing returns a new one. The exception is `set_attr`.
    Source: the documents, "Symbols and Composition" and "Symbolic API".

    >>> (Variable("a") * 2).list_arguments()
    ['a']
    """

    __slots__ = ("graph",)
    graph: Graph
    way_out = (
        "; a symbol has no numbers yet: take a Variable, and give the array at bind by its name"
    )

    def __init__(self, *outputs: Value) -> None:
        self.graph = Graph(outputs)

    # -- names -----------------------------------------------------------------------------------

    def list_arguments(self) -> list[str]:
        """Return the names of all inputs and parameters, in order."""
        return [node.name for node in self.graph.arguments]

    def list_outputs(self) -> list[str]:
        """Return the names of all outputs, in order."""
        return [value.name for value in self.graph.outputs]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of all auxiliary states, in order."""
        return [node.name for node in self.graph.states]

    @property
    def name(self) -> str | None:
        """The name of the node behind the outputs, None for a group of several nodes."""
        nodes = {value.node for value in self.graph.outputs}
        return nodes.pop().name if len(nodes) == 1 else None

    def __repr__(self) -> str:
        return f"SymbolicNode({names_of(self.graph)})"

    # -- outputs ---------------------------------------------------------------------------------

    def get_internals(self) -> "SymbolicNode":
        """Return a group of every output of every node, inputs first."""
        states = set(self.graph.states)
        nodes = [node for node in self.graph.nodes if node not in states]
        return SymbolicNode(*(value for node in nodes for value in node.outputs))

    def __len__(self) -> int:
        return len(self.graph.outputs)

    def __iter__(self) -> Iterator["SymbolicNode"]:
        return (SymbolicNode(value) for value in self.graph.outputs)

    def __getitem__(self, index: int | str) -> "SymbolicNode":
        """Return one output, by position or by name.

        Raises ArgumentError where there is no such output, or more than one.
        """
        names = self.list_outputs()
        if isinstance(index, str):
            if names.count(index) != 1:
                found = "no output" if index not in names else "more than one output"
                raise ArgumentError(f"{found} {index!r}{suggest(index, names)}; see list_outputs()")
            index = names.index(index)
        if not -len(names) <= index < len(names):
            raise ArgumentError(f"no output {index}: there are {len(names)}")
        return SymbolicNode(self.graph.outputs[index])

    # -- attributes ------------------------------------------------------------------------------

    def get_attr(self, key: str) -> str | None:
        """Return the attribute ``key`` of the node, None where it has none."""
        return self._node("get_attr").attributes.get(bare_key(key))

    def set_attr(self, key: str, value: str) -> None:
        """Set the attribute ``key`` to ``value``; symbols composed before keep what they had."""
        node = self._node("set_attr")
        changed = Node(
            node.op,
            node.name,
            node.inputs,
            {**node.attributes, **check_attributes({key: value})},
            node.automatic,
        )
        self.graph = Graph(tuple(Value(changed, v.number) for v in self.graph.outputs))

    def list_attr(self) -> dict[str, str]:
        """Return all attributes of the node."""
        return dict(self._node("list_attr").attributes)

    def list_all_attr(self) -> dict[str, str]:
        """Return the attributes of all nodes, by node and name joined: ``{"fc1_mood": "calm"}``.

        Those of a node are repeated for each of its auxiliary states.
        """
        owners = [
            (owner, node.attributes) for node in self.graph.nodes for owner in _owners_of(node)
        ]
        return {f"{owner}_{key}": text for owner, own in owners for key, text in own.items()}

    def _node(self, what: str) -> Node:
        nodes = {value.node for value in self.graph.outputs}
        if len(nodes) != 1:
            raise ArgumentError(f"{what}: a group of several nodes; take one output first, sym[i]")
        return nodes.pop()

    # -- composition -----------------------------------------------------------------------------

    def __call__(self, *args: "SymbolicNode", name: str | None = None, **kwargs: Any) -> Self:
        """Return a copy in which free variables are replaced by other symbols.

        Args:
            args: a symbol for every argument, in the order of `list_arguments`.
            kwargs: symbols by the name of the argument that they replace.
            name: new name of the last node, default its own.

        Raises ArgumentError for a name that is no argument, or for mixing both ways.
        """
        if args and kwargs:
            raise ArgumentError("compose all by position or all by keyword, not both")
        if any(value.node.op is None for value in self.graph.outputs):
            raise ArgumentError(f"{self!r} is a variable; only what has an operator is composed")
        names = self.list_arguments()
        if args and len([_single(each, "an input") for each in args]) != len(names):
            raise ArgumentError(f"{len(args)} symbols for {len(names)} arguments: {names}")
        given = dict(zip(names, args, strict=True)) if args else kwargs
        for key in given:
            if key not in names:
                raise ArgumentError(f"no argument {key!r}{suggest(key, names)} {listed(names)}")
        repeated = [key for key, count in Counter(names).items() if count > 1]
        if repeated:
            raise ArgumentError(f"several variables are called {repeated[0]!r}")
        return self._composed({key: _single(symbol, key) for key, symbol in given.items()}, name)

    def _composed(self, given: Mapping[str, Value], name: str | None) -> Self:
        heads = {value.node for value in self.graph.outputs}
        states = set(self.graph.states)

        def replace(node: Node, inputs: tuple[Value, ...]) -> Node | tuple[Value, ...] | None:
            if node.op is None and node not in states and node.name in given:
                return (given[node.name],)
            if name is not None and node in heads:
                return Node(node.op, name, inputs, node.attributes, node.automatic)
            return None

        return type(self)(*substitute(self.graph.outputs, replace))

    def __rshift__(self, layer: object) -> "SymbolicNode":
        """Feed this symbol into a layer whose input was left open: ``data >> FullyConnected(…)``.

        The layer's first argument must be a variable that was made for the missing input.
        """
        if not isinstance(layer, SymbolicNode):
            return NotImplemented
        opening = layer.graph.arguments[0]
        if not opening.automatic:
            raise ArgumentError(
                f"{layer!r} has no open input: its first argument is the variable "
                f"{opening.name!r}; leave its data out, or compose by name: layer({opening.name}=…)"
            )
        return layer._composed({opening.name: _single(self, opening.name)}, None)

    # -- inference -------------------------------------------------------------------------------

    def infer_shape(self, *shapes: Shape | None, **named: Shape | None) -> ShapeLists:
        """Infer the shapes of all arguments, outputs and auxiliary states.

        Args:
            shapes: shapes in the order of `list_arguments`, None for unknown ones.
            named: shapes by argument name, None for unknown ones.

        Returns three lists, aligned with `list_arguments`, `list_outputs` and
        `list_auxiliary_states`; three times None where too little is known.
        Raises ShapeError where shapes do not fit, naming the node.
        Source: the documents, "Shape Inference".
        """
        found = self._infer(*shapes, **named)
        values = self._inference_order()
        if found.incomplete or any(v not in found.shapes for group in values for v in group):
            return None, None, None
        arguments, outputs, states = ([found.shapes[v] for v in group] for group in values)
        return arguments, outputs, states

    def infer_shape_partial(
        self, *shapes: Shape | None, **named: Shape | None
    ) -> tuple[list[Shape], list[Shape], list[Shape]]:
        """Infer what can be inferred; as `infer_shape`, ``named`` too, but ``()`` for the rest."""
        found = self._infer(*shapes, **named).shapes
        arguments, outputs, states = (
            [found.get(value, ()) for value in group] for group in self._inference_order()
        )
        return arguments, outputs, states

    def _infer(self, *shapes: Shape | None, **named: Shape | None) -> Inferred:
        known = self._by_argument("shapes", shapes, named)
        return infer_shapes(self.graph, known)

    def _by_argument(
        self, what: str, in_order: Sequence[Known | None], named: Mapping[str, Known | None]
    ) -> dict[str, Known]:
        """Return what is known of arguments by name; None stands for unknown."""
        names = self.list_arguments()
        if len(in_order) > len(names):
            raise ArgumentError(f"{len(in_order)} {what} for {len(names)} arguments: {names}")
        for key in named:
            if key not in names and key not in self.list_auxiliary_states():
                raise ArgumentError(f"no argument {key!r}{suggest(key, names)} {listed(names)}")
        given = {**dict(zip(names, in_order, strict=False)), **named}
        return {name: each for name, each in given.items() if each is not None}

    def _inference_order(self) -> tuple[list[Value], list[Value], list[Value]]:
        return (
            [Value(node) for node in self.graph.arguments],
            list(self.graph.outputs),
            [Value(node) for node in self.graph.states],
        )

    def infer_type(
        self, *dtypes: DTypeLike | None, **named: DTypeLike | None
    ) -> tuple[list[str], list[str], list[str]]:
        """Infer the element types of all arguments, outputs and auxiliary states.

        Args:
            dtypes: element types in the order of `list_arguments`, None for unknown ones.
            named: element types by argument name; what nothing decides is float32.

        Raises DTypeError where element types do not fit, naming the node.
        """
        known: dict[str, DTypeLike] = self._by_argument("element types", dtypes, named)
        found = infer_dtypes(self.graph, {name: to_torch(each) for name, each in known.items()})
        order = self._inference_order()
        arguments, outputs, states = ([dtype_name(found[v]) for v in group] for group in order)
        return arguments, outputs, states

    # -- text ------------------------------------------------------------------------------------

    def to_json(self, era: Era = "1.x") -> str:
        """Return the symbol as JSON, as MXNet 1.x writes it; of era ``"0.x"``, as any reads it."""
        return write_json(self.graph, era)

    @classmethod
    def from_json(cls, text: str, like: "SymbolicNode | None" = None) -> Self:
        """Return the symbol of a JSON text of any MXNet from 0.5 to 1.9.

        The operators in Python of the network ``like`` stand for those that the text names, but
        cannot hold. Raises FormatError where the text is something else, ArgumentError where it is
        no text.
        """
        if not isinstance(text, str):
            raise ArgumentError(f"from_json takes the text of a symbol, got {shown(text)}")
        return cls(*read_json(text, like=None if like is None else like.graph).outputs)

    def _repr_svg_(self) -> str:
        """Return the picture that notebooks show, with the shapes that attributes tell."""
        return notebook_svg(self.graph)

    def _repr_html_(self) -> str:
        """Return the picture in a frame that scrolls; here its boxes tell more when pointed at."""
        return scrolled(notebook_svg(self.graph))

    # -- arithmetic ------------------------------------------------------------------------------

    def _arithmetic(self, operation: Operation, other: Self | Number, *, reflected: bool) -> Self:
        both, right, left = _OPERATORS[operation]
        if isinstance(other, SymbolicNode):
            return self._of(_apply(find_operator(both).make({}), {"lhs": self, "rhs": other}))
        op = find_operator(left if reflected else right).make({"scalar": float(other)})
        return self._of(_apply(op, {"lhs": self}))

    @classmethod
    def _of(cls, symbol: "SymbolicNode") -> Self:
        return cls(*symbol.graph.outputs)

    def __copy__(self) -> Self:
        return type(self)(*self.graph.outputs)

    def __deepcopy__(self, memo: object) -> Self:
        return self.__copy__()  # nodes are frozen


# For each sign: the operator of two symbols, of symbol and number, of number and symbol.
_OPERATORS = {
    PLUS: ("_Plus", "_PlusScalar", "_PlusScalar"),
    MINUS: ("_Minus", "_MinusScalar", "_RMinusScalar"),
    TIMES: ("_Mul", "_MulScalar", "_MulScalar"),
    DIVIDE: ("_Div", "_DivScalar", "_RDivScalar"),
    POWER: ("_Power", "_PowerScalar", "_RPowerScalar"),
}


def _owners_of(node: Node) -> list[str]:
    """Return the names under which a node's attributes are listed."""
    states = node.op.state_names() if isinstance(node.op, Operator) else ()
    return [node.name, *(f"{node.name}_{state}" for state in states)]


def _single(symbol: object, name: str) -> Value:
    """Return the one output of a symbol that is about to become an input."""
    if not isinstance(symbol, SymbolicNode):
        raise ArgumentError(f"{name} must be a symbol, got {shown(symbol)}; bind takes numbers")
    if len(symbol) != 1:
        raise ArgumentError(
            f"{name} must have one output, {symbol!r} has {len(symbol)}; take one of them, sym[i]"
        )
    return symbol.graph.outputs[0]


def _apply(
    op: Operator,
    inputs: Mapping[str, Any],
    naming: Naming | None = None,
    attrs: Mapping[str, str] | None = None,
    out: Any = None,
) -> Any:
    """Return the symbol of an operator; inputs that are missing become new variables."""
    if out is not None:
        raise ArgumentError("out= is for arrays; a symbol computes nothing yet")
    attributes = current_attributes(attrs)
    name = current_names().get(*(naming or Naming(None, op.name_hint())))

    def value_of(argument: str) -> Value:
        if argument in inputs:
            return _single(inputs[argument], argument)
        own = "_".join(part for part in (name, argument) if part)
        return Value(Node(None, own, attributes=dict(attributes), automatic=True))

    values = tuple(value_of(argument) for argument in (*op.arguments(), *op.state_names()))
    node = Node(op, name, values, attributes)
    return SymbolicNode(*node.outputs)


register_kind(SymbolicNode, _apply, of_no_inputs=True)


def Variable(
    name: str,
    attrs: Mapping[str, str] | None = None,
    *,
    shape: Shape | None = None,
) -> SymbolicNode:
    """Make a placeholder: an input or a parameter of the network, by name.

    Args:
        name: the variable's name.
        attrs: attributes to attach, strings by name.
        shape: a shape that inference uses where none is given.

    >>> (Variable("A") + Variable("B")).list_arguments()
    ['A', 'B']
    """
    if not isinstance(name, str) or not name:
        raise ArgumentError(f"a variable's name must be text, got {name!r}")
    attributes = current_attributes(attrs)
    if shape is not None:
        attributes["shape"] = str(naming.declared_shape(name, shape))
    return SymbolicNode(Value(Node(None, name, attributes=attributes)))


def from_json(text: str) -> SymbolicNode:
    """Return the symbol of a JSON text; see `SymbolicNode.from_json`.

    >>> from_json((Variable("x") * 2).to_json()).list_arguments()
    ['x']
    """
    return SymbolicNode.from_json(text)
