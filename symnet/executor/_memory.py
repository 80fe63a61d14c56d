"""The memory of an executor: its outputs, how much it takes, and its program as text."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from ..core.context import Context
from ..graph.node import Graph
from ..graph.placement import Placement
from ..ndarray import NDArray
from ..program.build import Build
from ..program.facts import Facts
from ..program.report import MemoryReport, arena_bytes, describe, kernel_bytes
from .arena import zeros_of

if TYPE_CHECKING:
    from .executor import Executor

__all__ = ["array_bytes", "memory_of", "plan_text", "zero_outputs"]


def zero_outputs(graph: Graph, bound: Mapping[str, Tensor], placement: Placement) -> list[NDArray]:
    """Return arrays of zeros for a network's outputs.

    Args:
        graph: the network.
        bound: the arrays of its variables, by name.
        placement: where its nodes run.
    """
    facts = Facts.of(graph, bound)
    return [
        zeros_of(facts.shapes[value], facts.dtypes[value], placement.of(value.node))
        for value in graph.outputs
    ]


def memory_of(
    executor: "Executor", made: Build, *, is_train: bool, context: Context | None = None
) -> MemoryReport:
    """Return how many bytes an executor takes with a program: see `Executor.memory`."""
    on = executor.placement.contexts() if context is None else (context,)
    plan = made.program.plan
    return MemoryReport(
        arguments=_bytes(executor.arg_dict.values(), on),
        states=_bytes(executor.aux_dict.values(), on),
        gradients=_bytes(_gradients(executor), on) if is_train else 0,
        outputs=_bytes(executor.outputs, on),
        arena=arena_bytes(plan, on),
        kernels=kernel_bytes(plan, on),
    )


def array_bytes(executor: "Executor", *, is_train: bool) -> int:
    """Return how many bytes the arrays take that an executor is tied to."""
    on = executor.placement.contexts()
    own = [*executor.arg_dict.values(), *executor.aux_dict.values(), *executor.outputs]
    return _bytes([*own, *(_gradients(executor) if is_train else ())], on)


def plan_text(executor: "Executor", made: Build, *, is_train: bool) -> str:
    """Return a program as text: see `Executor.plan`."""
    parts = [describe(made.program.plan), str(memory_of(executor, made, is_train=is_train))]
    if made.repeated:
        parts.append(made.repeated)
    if len(contexts := made.program.plan.arenas) > 1:
        parts += [
            f"of that on {own}:\n{memory_of(executor, made, is_train=is_train, context=own)}"
            for own in contexts
        ]
    return "\n\n".join(parts)


def _gradients(executor: "Executor") -> list[NDArray]:
    """Return the arrays of gradients that are written: those that are handed over have others."""
    return [array for name, array in executor.grad_dict.items() if name not in executor.takers]


def _bytes(arrays: Iterable[NDArray], contexts: Collection[Context]) -> int:
    held = [array.torch for array in arrays if array.context in contexts]
    return sum(tensor.numel() * tensor.element_size() for tensor in held)
