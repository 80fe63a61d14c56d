"""Run the cells of a network that was unrolled over time as one operator.

A cell is found by what it computes, not by names or classes: `lstm`, `gated_units` and
`plain_layers` say which values are the steps of which cell. Cells follow each other where the
states of one are what the next one starts from, and the weights from the states are the same. A
chain becomes one operator where nobody looks inside a cell, and no input of a late step waits for
an early one: otherwise the operator could not have all its inputs before it runs.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...operators.contract import Operator, Shape
from ..node import Graph, Node, Value, redirect
from ._reading import uses
from .steps import ShapeInference, depends_on, unstack

__all__ = ["CellStep", "Chain", "Find", "Kind", "run_chains"]


class Kind(ABC):
    """What a cell computes; equal kinds make steps of one operator."""

    widths: ClassVar[tuple[int, ...]]
    """How many times as wide as h is each of the values that a step is given."""

    @abstractmethod
    def operator(self, chain: "Chain") -> tuple[Operator, Mapping[str, Value]]:
        """Return the operator that runs a chain, and its inputs by name."""


@dataclass(frozen=True, eq=False)
class CellStep:
    """One step of a cell, in one way to read it: of two layers either may be the one of h.

    Args:
        kind: what it computes.
        given: what is added to the layers, by the input.
        layers: the nodes that take what is before the step through its weights.
        before: the states before the step.
        after: the states after it. The first is h; the others are for the next step alone.
    """

    kind: Kind
    given: tuple[Value, ...]
    layers: tuple[Node, ...]
    before: tuple[Value, ...]
    after: tuple[Value, ...]

    @property
    def weights(self) -> object:
        """What the layers do, and by which weights."""
        return tuple((layer.op, layer.inputs[1:]) for layer in self.layers)


@dataclass(frozen=True)
class Chain:
    """Steps of one kind that follow each other, with one set of weights."""

    steps: tuple[CellStep, ...]
    graph: Graph

    @property
    def name(self) -> str:
        """A name for what runs it."""
        first, last = self.steps[0], self.steps[-1]
        return f"{first.layers[0].name}_to_{last.layers[0].name}"

    def given(self, place: int = 0) -> list[Value]:
        """Return what the input adds, step by step."""
        return [step.given[place] for step in self.steps]

    def parameters(self, place: int = 0, stem: str = "") -> dict[str, Value]:
        """Return the weight of a layer, and its bias if it has one, by names that begin so."""
        own = self.steps[0].layers[place].inputs[1:]
        return dict(zip((f"{stem}weight", f"{stem}bias"), own, strict=False))


Find = Callable[[Node, Graph], Iterable[CellStep]]
"""Finds the cells whose h a node computes; nobody else may look at what is inside of them."""


def run_chains(graph: Graph, shapes: ShapeInference, finders: Iterable[Find]) -> Graph:
    """Let the steps of a cell be one node, where no input waits for it."""
    finders = tuple(finders)
    while True:
        # One at a time: what a chain needs may be what another one, run as a whole, gives late.
        chain = next((each for each in _chains(graph, finders) if _can_run(each, shapes)), None)
        if chain is None:
            return graph
        graph = _replace(chain)


def _chains(graph: Graph, finders: tuple[Find, ...]) -> Iterator[Chain]:
    """Yield all chains of two steps and more."""
    alike: dict[object, list[CellStep]] = {}
    for node in graph.nodes:
        for find in finders:
            for step in find(node, graph):
                # Steps of other weights belong to another layer, or to a cell that was written step
                # by step.
                alike.setdefault((step.kind, step.weights), []).append(step)
    for steps in alike.values():
        following = _following(steps, graph)
        reached = set(following.values())
        for step in steps:
            # A chain begins where nothing of the same kind leads; a single step gains nothing.
            if step in following and step not in reached:
                yield Chain(tuple(_walk(step, following)), graph)


def _following(steps: list[CellStep], graph: Graph) -> dict[CellStep, CellStep]:
    """Return for each step the one that goes on from its states, where there is just one."""
    starting_from: dict[tuple[Value, ...], list[CellStep]] = {}
    for step in steps:
        # All states at once: of a memory c and h must come from one and the same step.
        starting_from.setdefault(step.before, []).append(step)
    found = {}
    for step in steps:
        after = starting_from.get(step.after, [])
        # A state but h has two users, its own cell and the next one: the operator shows no others.
        hidden = all(uses(state, graph) == 2 for state in step.after[1:])
        if len(after) == 1 and hidden:
            found[step] = after[0]
    return found


def _walk(step: CellStep, following: Mapping[CellStep, CellStep]) -> Iterator[CellStep]:
    yield step
    while step in following:
        step = following[step]
        yield step


def _can_run(chain: Chain, shapes: ShapeInference) -> bool:
    """Whether all inputs are there before the first step, in the shapes that the operator wants."""
    first = chain.steps[0]
    needed = [value for step in chain.steps for value in step.given] + list(first.before)
    if depends_on(needed, (step.after[0].node for step in chain.steps)):
        return False
    known = shapes(chain.graph)
    h = known.get(first.after[0], ())
    # A layer flattens what it is given, and so takes states that the operator would not.
    if len(h) != 2 or any(known.get(value) != h for value in first.before):
        return False
    wanted: list[Shape] = [(h[0], width * h[1]) for width in first.kind.widths]
    return all([known.get(value) for value in step.given] == wanted for step in chain.steps)


def _replace(chain: Chain) -> Graph:
    """Return the graph with a chain as one node."""
    op, given = chain.steps[0].kind.operator(chain)
    inputs = tuple(given[name] for name in op.arguments())
    last = chain.steps[-1].after
    node = Node(op, chain.name, inputs, last[0].node.attributes)
    parts = unstack(Value(node), len(chain.steps), chain.name)
    # Who uses an h gets its rows of the result, and of other states the last one.
    instead = {step.after[0]: part for step, part in zip(chain.steps, parts, strict=True)}
    instead |= {state: Value(node, number) for number, state in enumerate(last[1:], 1)}
    return Graph(redirect(chain.graph.outputs, instead))
