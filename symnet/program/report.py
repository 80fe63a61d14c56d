"""A program as text: its steps, its buffers, and the bytes they take."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from itertools import chain

from ..core.context import Context
from ..graph.node import Gradient, Value
from ._plan import Allocation, Instruction, Plan

__all__ = ["MemoryReport", "arena_bytes", "describe", "kernel_bytes", "plan_bytes"]


def describe(plan: Plan) -> str:
    """Return the steps of a plan as a table, one line each.

    For each step: what it computes, the shape of the result, and where the result lives: an output
    or bound array, a view of another value, an offset in the arena (``over`` tells whose bytes it
    took), or memory that torch's kernel allocates. Where the program runs on several contexts, each
    step tells its own; ``CPU0>CPU1`` is a copy between two.
    """
    several = len(plan.arenas) > 1
    lines = [f"{'':>5} {'context   ' if several else ''}{'step':<34} {'result':<20} memory"]
    for number, step in enumerate(plan.steps):
        if number and step.phase != plan.steps[number - 1].phase:
            lines.append(f"  --- {step.phase} ---")
        context = f"{_contexts(plan, step):<10}" if several else ""
        lines += [f"{number:>5} {context}{row}" for row in _rows(plan, step)]
    return "\n".join(lines)


def _contexts(plan: Plan, step: Instruction) -> str:
    """Return the contexts that a step's inputs and results are on."""
    contexts = [plan.contexts[value.node] for value in step.node.inputs]
    return ">".join(map(repr, dict.fromkeys([*contexts, plan.contexts[step.node]])))


def _rows(plan: Plan, step: Instruction) -> Iterator[str]:
    op = step.node.op
    kind = f"{type(op.of).__name__}'" if isinstance(op, Gradient) else type(op).__name__
    for value in step.results:
        own = plan.allocations[value]
        shape = "×".join(map(str, own.like.shape))
        yield f"{kind + ' ' + value.node.name:<34} {shape:<20} {_memory(plan, step, own)}"


def _memory(plan: Plan, step: Instruction, own: Allocation) -> str:
    if own.kind == "view":
        return f"view of {_source(step).name}"
    if own.kind == "arena" and own.block is not None:
        where = f"arena at {own.block.offset}"
    elif own.kind == "kernel":
        where = f"kernel's, {own.like.numel() * own.like.element_size()} bytes"
    else:
        where = own.kind
    return where if own.over is None else f"{where}, over {own.over.name}"


def _source(step: Instruction) -> Value:
    return step.node.inputs[step.call.view_of or 0]


def arena_bytes(plan: Plan, contexts: Collection[Context]) -> int:
    """Return how many bytes the arenas of these contexts take."""
    return sum(plan.arenas[own].numel() for own in contexts if own in plan.arenas)


def kernel_bytes(plan: Plan, contexts: Collection[Context]) -> int:
    """Return how many bytes kernels have allocated for their results, at the peak of each context.

    What one device lets go is of no use to another, so the peaks are added up.
    """
    return sum(_kernel_peak(plan, context) for context in contexts)


def _kernel_peak(plan: Plan, context: Context) -> int:
    sizes: dict[Value, int] = {}
    peak = 0
    for number, (step, dying) in enumerate(zip(plan.steps, plan.dying, strict=True)):
        for value in step.results:
            own = plan.allocations[value]
            # A view of what a kernel allocated takes no bytes of its own.
            if own.kind != "kernel" or step.call.view_of is not None:
                continue
            if plan.contexts[value.node] == context:
                taken = sizes.pop(own.over, None) if own.over else None
                sizes[value] = taken or own.like.numel() * own.like.element_size()
        peak = max(peak, sum(sizes.values()))
        handed = plan.handed.get(number, ())
        for value in chain(dying, *handed):
            sizes.pop(value, None)
    return peak


def plan_bytes(plan: Plan) -> int:
    """Return how many bytes a program needs beside the arrays that it was given."""
    everywhere = set(plan.contexts.values())
    return arena_bytes(plan, everywhere) + kernel_bytes(plan, everywhere)


@dataclass(frozen=True)
class MemoryReport:
    """Bytes that a program holds.

    Args:
        arguments: arrays of inputs and parameters.
        states: arrays of auxiliary states.
        gradients: arrays of gradients.
        outputs: arrays of outputs.
        arena: activations and temporaries, all in one block: the most that is alive at once.
        kernels: results that torch's kernels allocate for themselves, at the peak.
    """

    arguments: int
    states: int
    gradients: int
    outputs: int
    arena: int
    kernels: int

    @property
    def total(self) -> int:
        """All of them together: the peak."""
        return sum(getattr(self, own.name) for own in fields(self))

    def __str__(self) -> str:
        rows = [(own.name, getattr(self, own.name)) for own in fields(self)]
        return "\n".join(f"{n:>10} {b:>14,} bytes" for n, b in [*rows, ("total", self.total)])
