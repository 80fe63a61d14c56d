"""Writing ONNX nodes: an `Emitter` notes what converters compute with `Term` objects.

``to("Conv", data, weight, group=2)`` adds a node and returns its result. Nothing here needs the
package `onnx`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..graph.node import Graph
from ._folding import folded
from ._lengths import Length, Lengths
from ._nodes import Emitted, InnerGraph
from .registry import Refused
from .terms import Term, TermOrNumber

__all__ = ["Emitter"]

NetworkConverter = Callable[[Graph, Mapping[str, Term]], list[Term]]
"""Adds the nodes of a network whose variables are given by name, and returns its outputs."""

_DTYPES = {
    **dict.fromkeys(("Shape", "Size", "ArgMax", "ArgMin", "NonZero"), torch.int64),
    "NonMaxSuppression": torch.int64,
    **dict.fromkeys(("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"), torch.bool),
    **dict.fromkeys(("And", "Or", "Xor", "Not", "IsNaN", "IsInf"), torch.bool),
}
"""Element types of results that are not that of the first input."""

_WIDER = {torch.uint8: torch.int32, torch.int8: torch.int32}
_OF_WIDE_TYPES = {
    "Abs",
    "CumSum",
    "MatMul",
    "Mod",
    "Neg",
    "Pow",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Sign",
    "Add",
    "Sub",
    "Mul",
    "Less",
    "LessOrEqual",
    "Greater",
    "GreaterOrEqual",
}
"""What ONNX, or onnxruntime, has no form of for bytes: it is computed of whole numbers of 32 bits,
and cut off as arithmetic of bytes is."""

_DECIDING = {"Where": 1, "OneHot": 2}
"""Which input has the element type of the result, where it is not the first."""


@dataclass
class Emitter:
    """Notes the nodes and constants of an ONNX graph.

    Args:
        taken: names that are taken.
        reserved: names that results of the network's nodes will take.
        nodes: what was noted.
        constants: the numbers of constants and parameters, by name.
        scope: what names of inner values begin with: the node that is being converted.
        results: the shapes of its results.
        dtypes: their element types.
        convert: converts a network inside of the node; see `network`.
        rows: values that hold a number of rows, by the symbol of `Length`.
    """

    taken: set[str] = field(default_factory=set)
    reserved: set[str] = field(default_factory=set)
    nodes: list[Emitted] = field(default_factory=list)
    constants: dict[str, Tensor] = field(default_factory=dict)
    scope: str = "graph"
    results: tuple[Lengths, ...] = ()
    dtypes: tuple[torch.dtype, ...] = ()
    convert: NetworkConverter | None = None
    rows: dict[str, Term] = field(default_factory=dict)
    _by_content: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def __call__(
        self,
        op_type: str,
        *inputs: TermOrNumber | None,
        dtype: torch.dtype | None = None,
        **attributes: Any,
    ) -> Term:
        """Add a node and return its result.

        Args:
            op_type: ONNX's name of the operator.
            inputs: terms; numbers become constants of the terms' element type, None is left out.
            dtype: the result's element type, where it is neither the first input's nor told by the
                operator.
            attributes: the node's attributes; those that are None are left out.
        """
        return self.several(op_type, 1, *inputs, dtypes=(dtype,), **attributes)[0]

    def several(
        self,
        op_type: str,
        count: int,
        *inputs: TermOrNumber | None,
        dtypes: Sequence[torch.dtype | None] = (),
        domain: str = "",
        **attributes: Any,
    ) -> tuple[Term, ...]:
        """Add a node with several results, and return them; see `__call__`.

        Args:
            op_type: ONNX's name of the operator.
            count: the number of results.
            inputs: terms, numbers and None.
            dtypes: the results' element types, None for what follows from the inputs.
            domain: of whom the operator is.
            attributes: the node's attributes.
        """
        terms = self._terms(inputs)
        if op_type in _OF_WIDE_TYPES and terms and terms[0] and terms[0].dtype in _WIDER:
            narrow = terms[0].dtype
            wide = [t.cast(_WIDER[narrow]) if t and t.dtype == narrow else t for t in terms]
            found = self.several(op_type, count, *wide, dtypes=dtypes, domain=domain, **attributes)
            return tuple(
                each.cast(narrow) if each.dtype == _WIDER[narrow] else each for each in found
            )
        given = {name: value for name, value in attributes.items() if value is not None}
        values = [None if term is None else self.constants.get(term.name) for term in terms]
        if (constant := folded(op_type, values, given)) is not None:
            return (self.constant(constant),)
        name = self._free(f"{self.scope}/{op_type}")
        outputs = [self._free(name if count == 1 else f"{name}_{i}") for i in range(count)]
        used = ["" if term is None else term.name for term in terms]
        while used and not used[-1]:
            used.pop()
        self.nodes.append(Emitted(op_type, name, used, outputs, given, domain))
        types = [*dtypes, *[None] * count][:count]
        plain = _dtype_of(op_type, terms)
        return tuple(
            Term(self, output, plain if dtype is None else dtype)
            for output, dtype in zip(outputs, types, strict=True)
        )

    def _terms(self, inputs: Sequence[TermOrNumber | None]) -> list[Term | None]:
        like = next((each.dtype for each in inputs if isinstance(each, Term)), torch.float32)
        return [
            self.constant(each, like) if isinstance(each, int | float) else each for each in inputs
        ]

    def _free(self, stem: str) -> str:
        """Return a name that nothing has yet, and take it."""
        return self.claim(stem, apart=self.reserved)

    def claim(self, stem: str, apart: Collection[str] = ()) -> str:
        """Return a name that nothing has yet, and take it.

        Args:
            stem: the name that is wanted.
            apart: names that others will have.
        """
        name, number = stem, 1
        while name in self.taken or name in apart:
            number += 1
            name = f"{stem}_{number}"
        self.taken.add(name)
        return name

    # -- graphs inside of nodes ------------------------------------------------------------------

    def network(self, graph: Graph, given: Mapping[str, Term]) -> list[Term]:
        """Add the nodes of a network, and return its outputs.

        Args:
            graph: the network.
            given: its variables by name, whose shapes are known.
        """
        assert self.convert is not None, "only while a node of a network is converted"
        return self.convert(graph, given)

    def inner(
        self,
        inputs: Sequence[tuple[str, torch.dtype, Lengths]],
        build: Callable[..., Sequence[Term]],
    ) -> InnerGraph:
        """Return a graph for an attribute, as the body of a loop.

        Args:
            inputs: name, element type and shape of each of its inputs.
            build: adds its nodes, given its inputs, and returns its outputs.
        """
        terms = [Term(self, self._free(f"{self.scope}/{n}"), t, shape) for n, t, shape in inputs]
        outer, self.nodes = self.nodes, []
        try:
            # Each output is made by a node of its own in the graph, wherever its value is from.
            outputs = [self("Identity", term) for term in build(*terms)]
            return InnerGraph(terms, self.nodes, outputs)
        finally:
            self.nodes = outer

    # -- constants -------------------------------------------------------------------------------

    def constant(self, value: Any, dtype: torch.dtype | None = None) -> Term:
        """Return a constant of numbers or of a tensor; equal ones are one."""
        tensor = torch.as_tensor(value, dtype=dtype).detach().to("cpu").contiguous()
        key = _content(tensor)
        name = self._by_content.get(key)
        if name is None:
            name = self._by_content[key] = self._free("constant")
            self.constants[name] = tensor
        return Term(self, name, tensor.dtype, tuple(tensor.shape))

    def whole(self, *numbers: int) -> Term:
        """Return a constant vector of whole numbers: axes, lengths, indices."""
        return self.constant(list(numbers), torch.int64)

    def parameter(self, name: str, tensor: Tensor) -> Term:
        """Return a parameter of the network, under its own name."""
        self.constants[name] = tensor
        return Term(self, name, tensor.dtype, tuple(tensor.shape))

    # -- shapes ----------------------------------------------------------------------------------

    def shaped(self, term: Term, lengths: Lengths | None) -> Term:
        """Return a term of which the shape is known."""
        return Term(self, term.name, term.dtype, lengths)

    def target(self, lengths: Lengths) -> Term:
        """Return what Reshape is told: at most one length may be left to it."""
        if sum(isinstance(length, Length) for length in lengths) > 1:
            return self.shape(lengths)
        return self.whole(*(-1 if isinstance(length, Length) else length for length in lengths))

    def shape(self, lengths: Lengths) -> Term:
        """Return a shape as a vector of whole numbers, computed where it follows the batch."""
        if not any(isinstance(length, Length) for length in lengths):
            return self.whole(*(length for length in lengths if isinstance(length, int)))
        return self("Concat", *(self.count(length) for length in lengths), axis=0)

    def count(self, length: int | Length) -> Term:
        """Return a length as a vector of one whole number."""
        if isinstance(length, int):
            return self.whole(length)
        if not length.symbol:
            raise Refused("a length is no multiple of the batch; export with batch_axis=None")
        rows = self.rows[length.symbol]
        rows = rows if length.factor == 1 else rows * length.factor
        return rows if length.offset == 0 else rows + length.offset

    # -- what converters often need --------------------------------------------------------------

    @property
    def result(self) -> Lengths:
        """The shape of the first result of the node that is being converted."""
        return self.results[0]

    @property
    def dtype(self) -> torch.dtype:
        """The element type of the first result of the node that is being converted."""
        return self.dtypes[0]

    def where(self, condition: Term, right: TermOrNumber, left: TermOrNumber) -> Term:
        """Return one or the other, element by element."""
        like = next(each.dtype for each in (right, left) if isinstance(each, Term))
        terms = [
            each if isinstance(each, Term) else self.constant(each, like) for each in (right, left)
        ]
        return self("Where", condition, *terms)

    def arange(self, stop: int, dtype: torch.dtype = torch.int64) -> Term:
        """Return the whole numbers from 0 as a constant."""
        return self.constant(torch.arange(stop, dtype=dtype))


def _dtype_of(op_type: str, terms: Sequence[Term | None]) -> torch.dtype:
    stated = _DTYPES.get(op_type)
    if stated is not None:
        return stated
    deciding = terms[_DECIDING.get(op_type, 0) :] if terms else []
    return next((term.dtype for term in deciding if term is not None), torch.float32)


def _content(tensor: Tensor) -> tuple[object, ...]:
    """Return what equal constants have in common; a large one is equal to none."""
    if tensor.numel() > _LARGE:
        return (object(),)
    # As text, so that -0 and 0 differ and a NaN is one.
    return tensor.dtype, tuple(tensor.shape), str(tensor.tolist())


_LARGE = 256
"""Elements from which on a constant is no number or shape, but weights."""
