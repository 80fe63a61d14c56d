"""What is known of every value before a program runs."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from ..core.errors import ShapeError
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes, require_complete
from ..operators.contract import Shape

__all__ = ["Facts"]


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
        found = infer_shapes(graph, shapes)
        require_complete(found, graph)
        for node in (*graph.arguments, *graph.states):
            if 0 in (shape := found.shapes[Value(node)]):
                reason = found.reasons[Value(node)]
                raise ShapeError(f"{node.name!r} is empty: its shape is {shape} ({reason})")
        return cls(found.shapes, infer_dtypes(graph, dtypes))
