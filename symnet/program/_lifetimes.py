"""Until when each value of a program is needed, and when gradients are handed over."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..graph.node import Value

if TYPE_CHECKING:
    from ._plan import Instruction

__all__ = ["Lifetimes", "lifetimes"]

_NEVER = 1 << 60
"""A step that no program reaches: what lives until then is never overwritten."""


class Lifetimes(NamedTuple):
    """When values are needed.

    Args:
        last_use: the last step that needs each value that is read at all.
        handed: the gradients that are handed over after a step, by its number.
    """

    last_use: dict[Value, int]
    handed: Mapping[int, Sequence[Value]]


def lifetimes(
    steps: "Sequence[Instruction]",
    outputs: Sequence[Value],
    belongs: Mapping[Value, Collection[Value]],
    *,
    once: bool,
) -> Lifetimes:
    """Find the last step that reads each value.

    What one phase leaves for a later one is never overwritten, so that the later one can run again
    and again; but for what the backward pass reads, where it runs once. A view keeps what it is a
    view of alive.

    Args:
        steps: the calls of the program, in order.
        outputs: what the caller reads after the last step, whenever that may be.
        belongs: for each gradient that is handed over, the variables that change then.
        once: whether the backward pass runs once after each forward pass.
    """
    last_use: dict[Value, int] = {}
    phases = {step.node: step.phase for step in steps}
    for number, step in enumerate(steps):
        for position in step.call.positions():
            value = step.node.inputs[position]
            made_in = phases.get(value.node, step.phase)  # a variable is made in none
            keeps = made_in != step.phase and not (once and made_in == "forward")
            last_use[value] = _NEVER if keeps else number
    last_use.update(dict.fromkeys(outputs, _NEVER))
    _count_views_in(steps, last_use)
    handed = _handed(steps, belongs, last_use)
    _count_views_in(steps, last_use)
    return Lifetimes(last_use, handed)


def _count_views_in(steps: "Sequence[Instruction]", last_use: dict[Value, int]) -> None:
    for step in reversed(steps):  # of views of views the last one counts
        if step.call.view_of is not None:
            source = step.node.inputs[step.call.view_of]
            later = max(last_use.get(value, -1) for value in step.results)
            last_use[source] = max(last_use[source], later)


def _handed(
    steps: "Sequence[Instruction]",
    belongs: Mapping[Value, Collection[Value]],
    last_use: dict[Value, int],
) -> dict[int, list[Value]]:
    """Decide after which step each gradient is handed over: when nobody reads it or its variables.

    It lives for one step more, so that no step writes its own result over it before.
    """
    made = {value: number for number, step in enumerate(steps) for value in step.results}
    handed: dict[int, list[Value]] = {}
    for gradient, variables in belongs.items():
        read = [last_use.get(value, -1) for value in (gradient, *variables)]
        number = max(*read, made.get(gradient, -1))
        if number < 0 or steps[number].phase != "backward":
            number = len(steps) - 1
        last_use[gradient] = number + 1
        handed.setdefault(number, []).append(gradient)
    return handed
