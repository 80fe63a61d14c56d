"""Shape inference, in one place for all operators.

Each operator is told the shapes of its inputs that are known, and those of its outputs where its
rule asks for them: what it infers fills the unknown ones and is compared with the known ones. That
comparison is here and nowhere else, so every message names the node, the argument, both shapes and
why each is known. One pass in topological order does for most networks. Where something stays
unknown, passes back and forth follow for as long as they find out more; and where variables leave
single lengths open, these are looked for (`_unknown_lengths.py`).
Source: docs/semantics §2.9.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..core.codec import kind_of
from ..core.errors import MXError, ShapeError, shown
from ..operators.contract import Operator, Rule, Shape
from ..operators.partial_shapes import filled_up
from ._unknown_lengths import found_by_use
from .node import Gradient, Graph, Node, Value

__all__ = ["Inferred", "infer_shapes", "require_complete"]


class Inferred:
    """The shapes found by inference, and for each where it comes from."""

    def __init__(self) -> None:
        self.shapes: dict[Value, Shape] = {}
        self.reasons: dict[Value, str] = {}
        self.incomplete: dict[Node, str] = {}

    def put(self, value: Value, shape: Shape, reason: str) -> None:
        """Note a shape and why it is known."""
        self.shapes[value] = shape
        self.reasons[value] = reason

    def why_incomplete(self) -> str:
        """Say which node lacks what, for the first one that does."""
        node, missing = next(iter(self.incomplete.items()))
        return f"{_who(node)}: the shape of {missing} is not known"


def infer_shapes(graph: Graph, known: Mapping[str, Shape]) -> Inferred:
    """Infer the shapes of all values from those of some variables.

    Args:
        graph: the network.
        known: shapes of variables by name.

    Returns what could be inferred; `Inferred.incomplete` says what could not.
    Raises ShapeError where shapes do not fit.
    """
    found = Inferred()
    for node in graph.nodes:
        if node.op is None:
            _infer_variable(node, known, found)
        elif isinstance(node.op, Gradient):
            for index, shape in enumerate(node.op.shapes):
                found.put(Value(node, index), shape, "as the argument's")
        else:
            _infer_node(node, node.op, found)
    _infer_the_rest(graph, found)
    _infer_open_lengths(graph, found)
    for node in graph.arguments:
        _check_declared(node, found, given=node.name in known)
    return found


def _infer_the_rest(graph: Graph, found: Inferred) -> None:
    """Pass over the nodes that lack a shape, back and forth, until that tells nothing new."""
    # Only nodes that lack something are asked again; most networks have none after the first pass.
    nodes = [node for node in graph.nodes if _is_open(node, found)]
    before = -1
    # Each round learns a shape or is the last, so this ends.
    while nodes and len(found.shapes) > before:
        before = len(found.shapes)
        for node in (*reversed(nodes), *nodes):
            if isinstance(node.op, Operator):
                _infer_node(node, node.op, found)
        nodes = [node for node in nodes if _is_open(node, found)]
    for node in list(found.incomplete):  # a reader may have told meanwhile, and must not be wrong
        if isinstance(node.op, Operator):
            _infer_node(node, node.op, found)


def _infer_open_lengths(graph: Graph, found: Inferred) -> None:
    """Find lengths that variables leave open and no single reader tells; go on from them."""
    variables = [Value(node) for node in graph.arguments if "shape" in node.attributes]
    declared = {
        value: _read_shape(value.node, value.node.attributes["shape"], written=True)
        for value in variables
        if value not in found.shapes
    }
    open_shapes = {value: shape for value, shape in declared.items() if shape}
    if not open_shapes:
        return
    for value, shape in found_by_use(graph, found.shapes, open_shapes, _told).items():
        found.put(value, shape, "declared in part, and implied by its use")
    _infer_the_rest(graph, found)


def _told(node: Node, op: Operator, given: Mapping[Value, Shape]) -> dict[Value, Any]:
    """Return what an operator infers for its inputs and outputs from shapes of some of them."""
    guess = Inferred()
    guess.shapes.update(given)
    rule = op.rules.get("infer_shape", op.rules["forward"])
    asked = _known_inputs(node, op, rule, guess)
    if asked is None:
        return {}
    result = rule.function(op, **asked) if "infer_shape" in op.rules else _on_meta(op, asked)
    told: dict[Value, Any] = {}
    places, names = op.slots(), op.results()
    for name, shape in result.items():
        place = places.get(name)
        if isinstance(place, tuple):
            told.update(zip((node.inputs[each] for each in place), shape, strict=True))
        elif place is not None:
            told[node.inputs[place]] = shape
        elif name in names:
            told[Value(node, names.index(name))] = shape
    return told


def _is_open(node: Node, found: Inferred) -> bool:
    """Whether a node lacks a shape, or its readers told what it could not know before them."""
    values = (*node.inputs, *node.outputs)
    known = node not in found.incomplete and all(value in found.shapes for value in values)
    return isinstance(node.op, Operator) and not known


def _infer_variable(node: Node, known: Mapping[str, Shape], found: Inferred) -> None:
    if node.name in known:
        shape = _read_shape(node, known[node.name])
        if any(length < 0 for length in shape):
            raise ShapeError(f"variable {node.name!r}: a shape is never negative, got {shape}")
        found.put(Value(node), shape, "given")
    elif "shape" in node.attributes:
        shape = _read_shape(node, node.attributes["shape"], written=True)
        if shape and all(length > 0 for length in shape):
            found.put(Value(node), shape, "given as the variable's attribute")


def _check_declared(node: Node, found: Inferred, *, given: bool) -> None:
    """Hold the shape of a variable against the one that its attribute declares.

    Lengths of 0 and -1 are not declared. The first length of what is given may differ: it may be
    that of a batch, and networks take batches of any length.
    """
    shape = found.shapes.get(Value(node))
    if shape is None or "shape" not in node.attributes:
        return
    declared = _read_shape(node, node.attributes["shape"], written=True)
    pairs = list(zip(declared, shape, strict=False))[int(given) :]
    fits = len(declared) == len(shape) and all(own in (0, -1, length) for own, length in pairs)
    if declared and not fits:
        raise ShapeError(
            f"variable {node.name!r}: its attribute declares shape {declared}, but it has {shape} "
            f"({found.reasons[Value(node)]}); change the array, or the attribute with set_attr"
        )


def _read_shape(node: Node, given: object, *, written: bool = False) -> Shape:
    """Return a shape; text is one only where it is written in an attribute or a parameter."""
    kind = kind_of(tuple[int, ...])
    try:
        shape: Shape = kind.read(given) if written else kind.take(given)
    except ValueError:
        text = f"variable {node.name!r}: a shape is a tuple of whole numbers, got {shown(given)}"
        raise ShapeError(text) from None
    return shape


def _infer_node(node: Node, op: Operator, found: Inferred) -> None:
    rule = op.rules.get("infer_shape", op.rules["forward"])
    given = _known_inputs(node, op, rule, found)
    if given is None:
        return
    try:
        stated = "infer_shape" in op.rules
        result = rule.function(op, **given) if stated else _on_meta(op, given)
    except ShapeError as error:
        text = f"{_who(node)}: {error}{_known_text(node, op, found)}"
        raise ShapeError(text) from error.__cause__
    places = op.slots()
    for name, shape in result.items():
        place = places.get(name)
        if isinstance(place, tuple):
            for position, each in zip(place, shape, strict=True):
                _settle(node, op, f"argument {position}", position, each, found)
        elif place is not None:
            _settle(node, op, name, place, shape, found)
        elif name in op.results() and shape is not None:
            _put_result(node, op, op.results().index(name), tuple(shape), found)
    if Value(node) in found.shapes:
        found.incomplete.pop(node, None)
    else:
        found.incomplete[node] = "some input"


def _put_result(node: Node, op: Operator, index: int, shape: Shape, found: Inferred) -> None:
    """Note the shape of a result, which somebody who reads it may already have implied."""
    value = Value(node, index)
    have = found.shapes.get(value, shape)
    if have != shape:
        raise ShapeError(
            f"{_who(node)}: {value.name!r} has shape {shape}, but should have {have} "
            f"({found.reasons[value]}){_known_text(node, op, found)}"
        )
    found.put(value, shape, found.reasons.get(value, f"computed by {node.name!r}"))


def _known_inputs(node: Node, op: Operator, rule: Rule, found: Inferred) -> dict[str, Any] | None:
    """Return what the rule asks for, or None (noted as incomplete) where that is not known."""
    given: dict[str, Any] = {}
    places = op.slots()
    for name in rule.tensors:
        place = places.get(name)
        if isinstance(place, tuple):
            given[name] = [found.shapes.get(node.inputs[position]) for position in place]
        elif place is not None:
            given[name] = found.shapes.get(node.inputs[place])
        elif name in op.results():
            given[name] = found.shapes.get(Value(node, op.results().index(name)))
    stated = "infer_shape" in op.rules
    missing = [n for n, s in given.items() if _lacks(s, stated) and n not in rule.optional]
    # A rule all of whose inputs are optional would be called with nothing, and guess.
    nothing = places and given and all(s is None or s == [None] * len(s) for s in given.values())
    if missing or nothing:
        place = places[(missing or list(given))[0]]  # a rule asks for its inputs first
        source = node.inputs[place if isinstance(place, int) else place[0]]
        found.incomplete[node] = f"{(missing or list(given))[0]} ({source.name!r})"
        return None
    return given


def _lacks(shape: Any, stated: bool) -> bool:
    """Whether a rule cannot do with this; running an operator takes all of several inputs."""
    return shape is None or (not stated and isinstance(shape, list) and None in shape)


def _on_meta(op: Operator, given: Mapping[str, Any]) -> dict[str, Shape]:
    """Let torch infer the results' shapes by running the operator without data."""
    saving = op.rules.get("forward_saving")
    training = {"is_train": True} if saving and "is_train" in saving.reserved else {}
    # On the meta device torch follows shapes and touches no numbers.
    tensors = {name: _without_data(shape) for name, shape in given.items()}
    try:
        result = saving.function(op, **tensors, **training) if saving else op.run(**tensors)
    # A meta tensor fails as a real one does; torch's text is all that is known of the reason.
    except (RuntimeError, IndexError, ValueError) as error:
        raise ShapeError(str(error)) from None
    names = op.results() if saving else op.outputs()
    results = (result,) if isinstance(result, Tensor) else result
    return {name: tuple(r.shape) for name, r in zip(names, results, strict=True)}


def _without_data(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_without_data(each) for each in shape]
    return None if shape is None else torch.empty(shape, device="meta")


def _settle(
    node: Node, op: Operator, name: str, position: int, shape: Shape | None, found: Inferred
) -> None:
    """Fill an input's shape, or compare it with the one that is known.

    A length of None is one that the node does not know; who makes the value may know it.
    """
    value = node.inputs[position]
    have = found.shapes.get(value)
    if shape is not None and None in shape:
        shape = _completed(value.node, shape) if have is None else None
    if shape is None or have == tuple(shape):
        return
    if have is None:
        found.put(value, tuple(shape), f"implied by {node.name!r}")
        return
    raise ShapeError(
        f"{_who(node)}: {name} should have shape {tuple(shape)}, but {value.name!r} has shape "
        f"{have} ({found.reasons[value]}){_known_text(node, op, found, leave_out=value)}"
        f"{op.shape_hint(name, tuple(shape), have) or _way_out(value, tuple(shape))}"
    )


def _completed(maker: Node, partial: Sequence[int | None]) -> Shape | None:
    """Return the shape of what a node makes, of which a reader knows some lengths, or None."""
    if isinstance(maker.op, Operator):
        return maker.op.completed(partial)
    declared = maker.attributes.get("shape") if maker.op is None else None
    return (
        None if declared is None else filled_up(_read_shape(maker, declared, written=True), partial)
    )


def _way_out(value: Value, shape: Shape) -> str:
    if value.node.op is not None:
        return f"; change the parameters of {value.node.name!r} or of this node so that they agree"
    return f"; give {value.name!r} the shape {shape}, or leave it out to have it inferred"


def _known_text(node: Node, op: Operator, found: Inferred, leave_out: Value | None = None) -> str:
    known = [
        f"{value.name!r} is {found.shapes[value]} ({found.reasons[value]})"
        for value in node.inputs[: len(op.arguments())]
        if value in found.shapes and value != leave_out
    ]
    return f" [{', '.join(known)}; {op!r}]" if known else f" [{op!r}]"


def _who(node: Node) -> str:
    return f"{type(node.op).__name__} {node.name!r}"


def require_complete(found: Inferred, graph: Graph) -> None:
    """Raise MXError naming the first node or variable whose shape is not known."""
    if found.incomplete:
        raise MXError(f"{found.why_incomplete()}; give the shape of that input")
    for node in (*graph.arguments, *graph.states):
        if Value(node) not in found.shapes:
            raise MXError(
                f"the shape of {node.name!r} is not known and nothing implies it; give it"
            )
