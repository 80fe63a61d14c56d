"""What is known of every value before a program runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from ..core.errors import ShapeError
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes, require_complete
from ..operators.contract import Shape

__all__ = ["Facts"]


_Known = tuple[frozenset[tuple[str, Shape]], frozenset[tuple[str, torch.dtype]]]
_KEPT = 4
"""For so many kinds of inputs the facts of a graph are kept: for those of now, and of before."""


@dataclass(frozen=True)
class Facts:
    """The shapes and element types of all values of a graph."""

    shapes: Mapping[Value, Shape]
    dtypes: Mapping[Value, torch.dtype]

    @classmethod
    def infer(
        cls, graph: Graph, shapes: Mapping[str, Shape], dtypes: Mapping[str, torch.dtype]
    ) -> "Facts":
        """Infer everything from what is known of some variables, given by name.

        Raises ShapeError, DTypeError, or MXError where too little is known. Nothing can be computed
        of an empty array: some of torch's kernels would end the process.
        """
        try:
            key = _key(shapes, dtypes)
        except TypeError:  # what is no shape is told of below
            return cls._inferred(graph, shapes, dtypes)
        with _TURN:
            known = _FACTS.get(graph, {}).get(key)
        if known:
            return known
        facts = cls._inferred(graph, shapes, dtypes)
        variables = [Value(node) for node in (*graph.arguments, *graph.states)]
        # Whoever binds a network asks with a few shapes first, and then with all of them.
        every = _key(
            {value.name: facts.shapes[value] for value in variables},
            {value.name: facts.dtypes[value] for value in variables},
        )
        with _TURN:
            kept = _FACTS.setdefault(graph, {})
            kept |= {key: facts, every: facts}
            while len(kept) > _KEPT:
                del kept[next(iter(kept))]
        return facts

    @classmethod
    def of(cls, graph: Graph, arrays: Mapping[str, Tensor]) -> "Facts":
        """Infer everything from the arrays of the variables, given by name."""
        shapes = {name: tuple(tensor.shape) for name, tensor in arrays.items()}
        return cls.infer(graph, shapes, {name: tensor.dtype for name, tensor in arrays.items()})

    @classmethod
    def _inferred(
        cls, graph: Graph, shapes: Mapping[str, Shape], dtypes: Mapping[str, torch.dtype]
    ) -> "Facts":
        found = infer_shapes(graph, shapes)
        require_complete(found, graph)
        for node in (*graph.arguments, *graph.states):
            if 0 in (shape := found.shapes[Value(node)]):
                reason = found.reasons[Value(node)]
                raise ShapeError(f"{node.name!r} is empty: its shape is {shape} ({reason})")
        return cls(found.shapes, infer_dtypes(graph, dtypes))


def _key(shapes: Mapping[str, Shape], dtypes: Mapping[str, torch.dtype]) -> _Known:
    return frozenset((n, tuple(shape)) for n, shape in shapes.items()), frozenset(dtypes.items())


_FACTS: WeakKeyDictionary[Graph, dict[_Known, Facts]] = WeakKeyDictionary()
"""What was inferred: a graph never changes. It only saves time; losing it changes nothing."""

_TURN = Lock()
"""Held while the table above is read or changed: threads that predict infer at the same time."""
