"""From a network to the nodes of an ONNX graph, node by node, for prediction.

Only what the outputs need is converted: a converter that does not ask for the label leaves out the
label and whatever computes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..core.errors import ArgumentError, MXError
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Node, Value, needed_nodes, places_of
from ..graph.shapes import infer_shapes
from ..operators.contract import Operator, Shape
from ._lengths import Lengths, infer_lengths
from ._nodes import Emitted, names_read
from .emitter import Emitter
from .left_out import reason_of
from .registry import Refused, converter_of
from .terms import Term

__all__ = ["Converted", "NetworkFacts", "convert", "is_without_influence", "needed_variables"]


@dataclass(frozen=True)
class NetworkFacts:
    """A network, and what is known of it.

    Args:
        graph: the network.
        lengths: the shapes of all values.
        dtypes: their element types.
        parameters: numbers of variables, by name.
        symbols: which inputs hold rows of each kind, along which axis.
        rows: how many rows of each kind there are in these shapes.
        domain: of whom operators without an ONNX form are; None to refuse them.
    """

    graph: Graph
    lengths: Mapping[Value, Lengths]
    dtypes: Mapping[Value, torch.dtype]
    parameters: Mapping[str, Tensor]
    symbols: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, int]
    domain: str | None = None


@dataclass(frozen=True)
class Converted:
    """An ONNX graph.

    Args:
        nodes: its nodes, in an order in which they can run.
        constants: its initializers, by name.
        inputs: its inputs.
        outputs: its outputs.
        inner: values of the network between them.
    """

    nodes: list[Emitted]
    constants: dict[str, Tensor]
    inputs: list[Term]
    outputs: list[Term]
    inner: list[Term]


def convert(facts: NetworkFacts) -> Converted:
    """Return the ONNX graph of a network.

    Args:
        facts: the network.

    Raises ArgumentError that names all nodes which have no ONNX form.
    """
    return _Conversion(facts).run()


def needed_variables(graph: Graph) -> list[Node]:
    """Return the variables that predictions need, in order."""
    needed = _needed(graph)
    return [node for node in graph.nodes if node.op is None and node in needed]


def is_without_influence(
    graph: Graph, known: Mapping[str, Shape], without: Mapping[str, Shape]
) -> bool:
    """Tell whether predictions have the same shapes where those of some inputs are not told.

    Args:
        graph: the network.
        known: shapes of its variables.
        without: the same, but for those in question: of labels, as a rule.
    """
    all_told, less_told = (infer_shapes(graph, each).shapes for each in (known, without))
    values = (value for node in _needed(graph) for value in node.outputs)
    return all(all_told.get(value) == less_told.get(value) for value in values)


def _needed(graph: Graph) -> frozenset[Node]:
    return needed_nodes(graph, _asked)


def _asked(op: Operator) -> list[int]:
    """Return the places of the inputs that an operator's converter asks for."""
    own = converter_of(op)
    slots = op.slots()
    return places_of(op, slots if own is None else [name for name in slots if name in own.asks])


class _Conversion:
    def __init__(self, facts: NetworkFacts) -> None:
        self.facts = facts
        self.lengths, self.dtypes = dict(facts.lengths), dict(facts.dtypes)
        self.named: set[str] = set()
        self.terms: dict[Value, Term] = {}
        self.refused: list[tuple[Node, str]] = []
        self.inputs: list[Term] = []
        self.inner: list[Term] = []
        self.to = Emitter(convert=self._convert_inside)

    def run(self) -> Converted:
        """Convert every node that is needed."""
        needed = _needed(self.facts.graph)
        nodes = [node for node in self.facts.graph.nodes if node in needed]
        self.to.reserved.update(value.name for node in nodes if node.op for value in node.outputs)
        for node in nodes:
            if node.op is None:
                self._take_variable(node)
        self._count_rows()
        for node in nodes:
            if isinstance(node.op, Operator):
                self._convert(node, node.op)
        if self.refused:
            raise ArgumentError(_complaint(self.refused))
        return self._finished(list(self._outputs()))

    def _take_variable(self, node: Node) -> None:
        value = Value(node)
        self.to.taken.add(node.name)
        tensor = self.facts.parameters.get(node.name)
        if tensor is not None:
            self.terms[value] = self.to.parameter(node.name, tensor)
            return
        term = Term(self.to, node.name, self.dtypes[value], self.lengths[value])
        self.terms[value] = term
        self.inputs.append(term)

    def _count_rows(self) -> None:
        """Let lengths that follow the batch be computed from the inputs."""
        by_name = {term.name: term for term in self.inputs}
        for symbol, inputs in self.facts.symbols.items():
            name, axis = next((n, a) for n, a in inputs.items() if n in by_name)
            self.to.rows[symbol] = self.to(
                "Shape", by_name[name], start=axis, end=axis + 1, dtype=torch.int64
            )

    def _convert(self, node: Node, op: Operator) -> None:
        values = node.outputs
        self.to.scope = node.name
        self.to.results = tuple(self.lengths[value] for value in values)
        self.to.dtypes = tuple(self.dtypes[value] for value in values)
        start = len(self.to.nodes)
        try:
            found = self._form(node, op)
        except Refused as error:
            self.refused.append((node, str(error)))
            found = tuple(Term(self.to, value.name, self.dtypes[value]) for value in values)
        for value, term in zip(values, found, strict=True):
            self._keep(value, term.cast(self.dtypes[value]), start)

    def _convert_inside(self, graph: Graph, given: Mapping[str, Term]) -> list[Term]:
        """Add the nodes of a network inside of a node, and return its outputs."""
        around = self.to.scope, self.to.results, self.to.dtypes
        known = {name: term.lengths for name, term in given.items()}
        self.lengths |= infer_lengths(graph, known, self.facts.rows)
        self.dtypes |= infer_dtypes(graph, {name: term.dtype for name, term in given.items()})
        needed = _needed(graph)
        for node in (node for node in graph.nodes if node in needed):
            if isinstance(node.op, Operator):
                self._convert(node, node.op)
            else:
                self.terms[Value(node)] = given[node.name]
        self.to.scope, self.to.results, self.to.dtypes = around
        return [self.terms[value] for value in graph.outputs]

    def _keep(self, value: Value, term: Term, start: int) -> None:
        """Note the term of a value, under the value's name where its own node has made it."""
        name = term.name
        made = {output for each in self.to.nodes[start:] for output in each.outputs}
        is_own = name in made and name not in self.named
        if is_own:
            name = self._renamed(name, value.name, start)
        kept = Term(self.to, name, term.dtype, self.lengths[value])
        self.terms[value] = kept
        if is_own:
            self.named.add(name)
            self.inner.append(kept)

    def _form(self, node: Node, op: Operator) -> Sequence[Term]:
        own = converter_of(op)
        if own is None and self.facts.domain is None:
            raise Refused(reason_of(op))
        given = {
            name: [self.terms[node.inputs[position]] for position in place]
            if isinstance(place, tuple)
            else self.terms[node.inputs[place]]
            for name, place in op.slots().items()
            if own is None or name in own.asks
        }
        if own is None:
            return self._foreign(node, op)
        try:
            found = own.function(op, self.to, **given)
        except Refused:
            if self.facts.domain is None:
                raise
            return self._foreign(node, op)
        return _results(node, found)

    def _foreign(self, node: Node, op: Operator) -> Sequence[Term]:
        """Return the results of a node that only whoever owns the domain can run."""
        inputs = [self.terms.get(value) for value in node.inputs]
        return self.to.several(
            type(op).name_in_files(),
            len(node.outputs),
            *inputs,
            domain=self.facts.domain or "",
            dtypes=self.to.dtypes,
            **op.to_text(),
        )

    def _renamed(self, name: str, wanted: str, start: int) -> str:
        """Give what a node has made the name that the network has for it."""
        free = self.to.claim(wanted)
        for each in self.to.nodes[start:]:
            each.outputs[:] = [free if output == name else output for output in each.outputs]
            each.inputs[:] = [free if given == name else given for given in each.inputs]
        return free

    def _outputs(self) -> Iterator[Term]:
        """Yield the outputs, each a value of its own that a node makes under the output's name."""
        free = set(self.named)
        for value in self.facts.graph.outputs:
            term = self.terms[value]
            if term.name not in free:
                copied = self.to("Identity", term)
                name = self._renamed(copied.name, value.name, len(self.to.nodes) - 1)
                term = Term(self.to, name, term.dtype, term.known)
            free.discard(term.name)
            yield term

    def _finished(self, outputs: list[Term]) -> Converted:
        """Return the graph without what no output needs."""
        used = {term.name for term in outputs}
        kept = []
        for each in reversed(self.to.nodes):
            if used.intersection(each.outputs):
                used.update(names_read(each))
                kept.append(each)
        made = {name for each in kept for name in each.outputs} - {term.name for term in outputs}
        return Converted(
            nodes=kept[::-1],
            constants={name: t for name, t in self.to.constants.items() if name in used},
            inputs=[term for term in self.inputs if term.name in used],
            outputs=outputs,
            inner=[term for term in self.inner if term.name in made],
        )


def _results(node: Node, found: object) -> Sequence[Term]:
    """Return what a converter made. Raises MXError unless it is a term for each output."""
    terms = (found,) if isinstance(found, Term) else found
    count = len(node.outputs)
    if not isinstance(terms, list | tuple) or not all(isinstance(each, Term) for each in terms):
        raise MXError(
            f"the converter of {type(node.op).__name__} {node.name!r} must return a term for each "
            f"of {count} outputs, got {found!r}"
        )
    if len(terms) != count:
        raise MXError(
            f"the converter of {type(node.op).__name__} {node.name!r} must return {count} terms, "
            f"got {len(terms)}"
        )
    return terms


def _complaint(refused: Sequence[tuple[Node, str]]) -> str:
    """Return the text of the error: operators, how many nodes, their names, and why."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for node, reason in refused:
        kinds.setdefault((type(node.op).__name__, reason), []).append(node.name)
    parts = [
        f"{name} ({_counted(len(nodes))}: {_some(nodes)}): {reason}"
        for (name, reason), nodes in kinds.items()
    ]
    return (
        f"{_counted(len(refused))} of the network {'has' if len(refused) == 1 else 'have'} no ONNX "
        f"form: {'; '.join(parts)}. Register a converter for what you know better, or write such "
        "nodes in a domain of your own with custom_domain='…'"
    )


def _counted(count: int) -> str:
    return f"{count} node{'s' if count > 1 else ''}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return shown if len(names) <= _SHOWN else f"{shown}, …"


_SHOWN = 5
"""How many names of nodes an error shows for one reason."""
