"""Loops and branches over networks inside of nodes: Scan, Loop and If."""

from typing import Any

import torch

from ...graph.node import Graph
from ...program.control_flow import CONTROL_FLOW
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []

_FOREACH, _WHILE_LOOP, _COND = CONTROL_FLOW


def _called(to: Emitter, graph: Graph, terms: list[Term]) -> list[Term]:
    """Return the outputs of a network whose variables, in the order of its nodes, are given."""
    variables = [node.name for node in graph.nodes if node.op is None]
    return to.network(graph, dict(zip(variables, terms, strict=True)))


def _truth(to: Emitter, graph: Graph, terms: list[Term]) -> Term:
    """Return whether a network gives something else than 0, as a single bool."""
    (found,) = _called(to, graph, terms)
    return to("Reshape", found, to.constant([], torch.int64)).cast(torch.bool)


@converter(_FOREACH)
def foreach(op: Any, to: Emitter, data: list[Term]) -> list[Term]:
    """Scan: states go from step to step, the data is cut, all else is read from outside."""
    order, graph = op.places()["body"], op.graph("body")
    slices = len(op.in_data_locs)
    states = data[slices : slices + len(op.in_state_locs)]

    def step(*given: Term) -> list[Term]:
        current = [*given[len(states) :], *given[: len(states)], *data[slices + len(states) :]]
        found = _called(to, graph, [current[place] for place in order])
        return [*found[op.num_out_data :], *found[: op.num_out_data]]

    body = to.inner(
        [
            *((f"state{n}", term.dtype, term.lengths) for n, term in enumerate(states)),
            *((f"slice{n}", term.dtype, term.lengths[1:]) for n, term in enumerate(data[:slices])),
        ],
        step,
    )
    dtypes = [*to.dtypes[op.num_out_data :], *to.dtypes[: op.num_out_data]]
    found = to.several(
        "Scan",
        len(dtypes),
        *states,
        *data[:slices],
        dtypes=dtypes,
        body=body,
        num_scan_inputs=slices,
    )
    return [*found[len(states) :], *found[: len(states)]]


@converter(_WHILE_LOOP)
def while_loop(op: Any, to: Emitter, data: list[Term]) -> list[Term]:
    """Loop; steps that were not run give zeros, which are put behind the others."""
    condition, graph = op.graph("cond"), op.graph("func")
    variables = [op.func_input_locs[place] for place in op.func_var_locs]

    def current(given: Any) -> list[Term]:
        now = list(data)
        for place, term in zip(variables, given, strict=True):
            now[place] = term
        return now

    def step(number: Term, goes_on: Term, *given: Term) -> list[Term]:
        now = current(given)
        found = _called(to, graph, [now[place] for place in op.func_input_locs])
        after = current(found[op.num_out_data :])
        asked = [after[place] for place in op.cond_input_locs]
        return [
            _truth(to, condition, asked),
            *found[op.num_out_data :],
            *found[: op.num_out_data],
        ]

    body = to.inner(
        [
            ("number", torch.int64, ()),
            ("goes_on", torch.bool, ()),
            *((f"variable{n}", data[p].dtype, data[p].lengths) for n, p in enumerate(variables)),
        ],
        step,
    )
    begins = _truth(to, condition, [data[place] for place in op.cond_input_locs])
    limit = to.constant(op.max_iterations, torch.int64)
    dtypes = [*to.dtypes[op.num_out_data :], *to.dtypes[: op.num_out_data]]
    first = [data[place] for place in variables]
    found = to.several("Loop", len(dtypes), limit, begins, *first, dtypes=dtypes, body=body)
    steps = [
        _filled(to, term, len(to.results[n])) for n, term in enumerate(found[len(variables) :])
    ]
    return [*steps, *found[: len(variables)]]


def _filled(to: Emitter, steps: Term, rank: int) -> Term:
    """Return the rows of steps with zeros behind them, as many as there can be steps."""
    length = to.results[0][0]
    assert isinstance(length, int)
    missing = length - to("Shape", steps, start=0, end=1)
    nothing = to.whole(*[0] * rank)
    pads = to("Concat", nothing, missing, to.whole(*[0] * (rank - 1)), axis=0)
    return to("Pad", steps, pads, to.constant(0, steps.dtype))


@converter(_COND)
def branch(op: Any, to: Emitter, data: list[Term]) -> list[Term]:
    """If; both branches read what they need from outside."""
    places = op.places()

    def branch_of(use: str) -> Any:
        graph = op.graph(use)
        return to.inner([], lambda: _called(to, graph, [data[place] for place in places[use]]))

    chosen = _truth(to, op.graph("cond"), [data[place] for place in places["cond"]])
    return list(
        to.several(
            "If",
            len(to.results),
            chosen,
            dtypes=to.dtypes,
            then_branch=branch_of("then"),
            else_branch=branch_of("else"),
        )
    )
