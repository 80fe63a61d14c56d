"""Predictions that come again and again: by programs over the very memory of a module.

Node by node, torch allocates each result; a program runs over memory that was planned once. It is
made for shapes that come a third time, and holds for as long as the parameters stay where they are:
an update in place is seen, another place gives another program.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from ..graph.node import Graph
from ._prepared import Prepared, is_followed, is_plain, kind_of, prepared

__all__ = ["Plans", "is_traced"]

_REMEMBERED = 4
"""For how many shapes programs are kept."""
_FEW = 2
"""After how many calls a program is made."""


def is_traced(tensors: Sequence[Tensor]) -> bool:
    """Tell whether torch follows what is done with tensors, beyond computing it."""
    return not is_plain(tensors) or torch.compiler.is_compiling() or is_followed()


@dataclass
class _Plan:
    """What is known of calls of one kind.

    Args:
        places: where parameters and states lie, and how.
        calls: how many calls there were.
        program: what runs them; None before it is made, and where it cannot be.
    """

    places: tuple[Any, ...]
    calls: int = 0
    program: Prepared | None = None


class Plans:
    """Programs of one network, for prediction.

    Args:
        graph: the network.
        variables: names of the variables that predictions need, in order.
        inputs: names of those that each call is given.
    """

    def __init__(self, graph: Graph, variables: Sequence[str], inputs: Sequence[str]) -> None:
        self._graph, self._inputs = graph, tuple(inputs)
        states = {node.name for node in graph.states}
        held = [name for name in variables if name not in inputs]
        self._held = sorted(held, key=states.__contains__)
        self._given_places = [variables.index(name) for name in inputs]
        self._held_places = [variables.index(name) for name in self._held]
        self._plans: OrderedDict[Any, _Plan] = OrderedDict()
        self._turn = Lock()
        self.last: Prepared | None = None
        """What ran last. A call like that one is spared all other questions: it takes what is
        given, in the order of the inputs, then parameters and states in that of the variables."""

    def run(self, variables: Sequence[Tensor]) -> tuple[Tensor, ...] | None:
        """Return the outputs, or None where no program runs such a call now.

        Args:
            variables: the variables, in order.
        """
        if is_traced(variables) or not _lie_somewhere(variables):
            return None
        if torch.is_grad_enabled() and any(each.requires_grad for each in variables):
            return None
        given = [variables[place] for place in self._given_places]
        held = [variables[place] for place in self._held_places]
        with self._turn:
            program = self.last = self._found(given, held)
        found = None if program is None else program(given, held)
        return None if found is None else tuple(found)

    def _found(self, given: Sequence[Tensor], held: Sequence[Tensor]) -> Prepared | None:
        key = tuple(kind_of(each) for each in given)
        places = tuple((each.data_ptr(), each.dtype, each.shape, each.stride()) for each in held)
        plan = self._plans.get(key)
        if plan is None or plan.places != places:
            plan = self._plans[key] = _Plan(places)
            if len(self._plans) > _REMEMBERED:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        plan.calls += 1
        if plan.calls == _FEW + 1:
            inputs = dict(zip(self._inputs, given, strict=True))
            plan.program = prepared(self._graph, inputs, dict(zip(self._held, held, strict=True)))
        return plan.program


def _lie_somewhere(tensors: Sequence[Tensor]) -> bool:
    """Tell whether tensors have memory: some layouts have none of their own."""
    try:
        for tensor in tensors:
            tensor.data_ptr()
    except (AttributeError, RuntimeError):
        return False
    return True
