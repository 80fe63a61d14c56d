"""Planning: a graph becomes a program, with every buffer decided before the first step runs.

The order of steps is that of the graph. A value gets its memory in one of five ways:

- **bound**: it is a variable, and lives in the array that was bound to it;
- **output**: it is an output or a gradient that was asked for, and is written where the caller
  wants it;
- **view**: it is another value in another shape, decided here once and free at run time;
- **arena**: it shares one block of memory, the arena of its context, with values whose lives do not
  overlap with its own, or takes over the very bytes of an input that dies at its step;
- **kernel**: torch's kernel insists on allocating the result itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ..core.context import Context
from ..graph.node import Graph, Node, Value
from ..operators.contract import Operator
from ._buffers import Block, place_blocks
from ._lifetimes import lifetimes
from ._orders import is_channels_last, like_of, memory_order
from .calls import Call, call_of
from .facts import Facts

__all__ = ["Allocation", "Instruction", "Plan", "make_plan", "views_of"]

_LONG = 4
"""What is read so many steps later stays for long."""

StorageClass = Literal["bound", "output", "view", "arena", "kernel"]

Phase = Literal["preparation", "forward", "backward"]
"""When a step runs: once while the parameters stay, in the forward or in the backward pass."""

_PHASES: tuple[Phase, ...] = ("preparation", "forward", "backward")


@dataclass
class Allocation:
    """Where a value lives.

    Args:
        kind: in which of the five ways it got its memory.
        like: a tensor without data that has its shape, element type and memory order.
        block: its stretch of the arena, where it has one.
        over: the value whose very bytes it took over, if it did.
        tensor: the memory itself; None where the kernel allocates it at every step.
    """

    kind: StorageClass
    like: Tensor
    block: Block | None = None
    over: Value | None = None
    tensor: Tensor | None = None


@dataclass(frozen=True)
class Instruction:
    """One call of a program.

    Args:
        node: the node that is computed.
        call: what it calls.
        results: the values that come back.
        phase: when it runs.
    """

    node: Node
    call: Call
    results: tuple[Value, ...]
    phase: Phase


@dataclass(frozen=True)
class Plan:
    """A program before its tensors are tied to its calls.

    Args:
        steps: the calls, in order: preparation, forward pass, backward pass.
        allocations: where every value lives.
        contexts: where every node runs.
        arenas: for each context the memory that planned values share.
        dying: for each step, by its number, the inputs that nobody reads any more once it has run.
        handed: the gradients that are handed over after a step, by its number; each with what it is
            a view of, where nobody else reads that.
    """

    steps: tuple[Instruction, ...]
    allocations: Mapping[Value, Allocation]
    contexts: Mapping[Node, Context]
    arenas: Mapping[Context, Tensor]
    dying: Sequence[frozenset[Value]]
    handed: Mapping[int, Sequence[tuple[Value, ...]]]


def make_plan(
    graph: Graph,
    forward: frozenset[Node],
    bound: Mapping[Value, Tensor],
    outputs: Mapping[Value, Tensor],
    facts: Facts,
    contexts: Mapping[Node, Context],
    *,
    is_train: bool,
    constants: Collection[str] = (),
    once: bool = False,
    handed: Mapping[Value, Collection[Value]] | None = None,
    compact: bool = False,
) -> Plan:
    """Plan a program.

    Args:
        graph: the network, with gradients where they are wanted.
        forward: the nodes of the forward pass; the others belong to the backward pass.
        bound: the arrays of the variables.
        outputs: where some of the values must be written.
        facts: the shapes and element types of all values.
        contexts: where each node runs, and each variable lives.
        is_train: whether it trains.
        constants: names of variables that stay from run to run: what follows from them alone is
            computed in preparation.
        once: whether the backward pass runs once after each forward pass, so that it may write over
            what it was left.
        handed: the gradients that are handed over as soon as they are final, each with the
            variables that may change then: nobody reads these after that.
        compact: whether what kernels allocate, and stays for long, is copied into the arena. That
            takes time, but memory of the process that kernels leave gaps in is never full.
    """
    planner = _Planner(graph, forward, facts, contexts, outputs, handed or {}, compact)
    for value, tensor in bound.items():
        planner.allocations[value] = Allocation("bound", like_of(tensor), tensor=tensor)
    planner.make_steps(is_train=is_train, constants=constants)
    kept = [value for value in graph.outputs if value not in planner.belongs]
    lives = lifetimes(planner.steps, kept, planner.belongs, once=once)
    planner.last_use, planner.handed = lives.last_use, lives.handed
    for number, step in enumerate(planner.steps):
        planner.allocate(number, step)
    return planner.finish()


class _Planner:
    """The state of planning one program."""

    def __init__(
        self,
        graph: Graph,
        forward: frozenset[Node],
        facts: Facts,
        contexts: Mapping[Node, Context],
        outputs: Mapping[Value, Tensor],
        handed: Mapping[Value, Collection[Value]],
        compact: bool,
    ) -> None:
        self.graph = graph
        self.phases: dict[Node, Phase] = dict.fromkeys(forward, "forward")
        self.facts = facts
        self.contexts = contexts
        self.outputs = outputs
        self.belongs = handed
        self.compact = compact
        self.handed: Mapping[int, Sequence[Value]] = {}
        self.steps: list[Instruction] = []
        self.making: dict[Node, Instruction] = {}
        self.allocations: dict[Value, Allocation] = {}
        self.last_use: dict[Value, int] = {}
        self.blocks: dict[Context, list[Block]] = {own: [] for own in contexts.values()}
        self.aliased: set[Value] = set()
        """What kernels allocate, where two values are the same memory."""

    def make_steps(self, *, is_train: bool, constants: Collection[str]) -> None:
        """List the calls: what is prepared, the forward pass, the backward pass."""
        wanted = {*self.graph.users, *self.graph.outputs}
        calls: dict[Node, Call] = {}
        for node in self.graph.nodes:
            if node.op is None:
                continue
            hidden = range(len(node.outputs), len(node.results))
            # What a rule saves is read by gradients alone; where none is wanted it is not even
            # computed.
            saving = any(Value(node, index) in wanted for index in hidden)
            call = call_of(node, self.facts.shapes, is_train=is_train, saving=saving)
            calls[node] = call
            if constants and self._stays(node, call, constants):
                self.phases[node] = "preparation"
        # Sorting is stable: within a pass the graph's order stays, so inputs come before users.
        for node in sorted(calls, key=lambda n: _PHASES.index(self._phase_of(n))):
            results = tuple(Value(node, index) for index in range(calls[node].results))
            self.making[node] = Instruction(node, calls[node], results, self._phase_of(node))
        self.steps = list(self.making.values())

    def _phase_of(self, node: Node) -> Phase:
        return self.phases.get(node, "backward")

    def _stays(self, node: Node, call: Call, constants: Collection[str]) -> bool:
        """Whether a node's results stay while the constants do: it reads nothing else.

        An output is none of those, because whoever has the array may write into it.
        """
        op = node.op
        if not isinstance(op, Operator) or not op.pure or op.foreign:
            return False
        if any(value.node is node for value in self.graph.outputs):
            return False
        sources = [node.inputs[position].node for position in call.positions()]
        return all(
            source.name in constants
            if source.op is None
            else self.phases.get(source) == "preparation"
            for source in sources
        )

    # -- where the results of one step live ------------------------------------------------------

    def allocate(self, number: int, step: Instruction) -> None:
        """Decide where the results of one step live.

        The cheapest way that is allowed is taken: nothing to copy later, nothing to do at all, no
        new bytes, new bytes. Steps come in order, so the inputs have their places.
        """
        seen = self._views(step)
        for value in step.results:
            self.allocations[value] = (
                self._as_output(value)
                or (seen[value.number] if seen else None)
                or self._over_input(number, step, value)
                or self._in_arena(number, step, value)
            )

    def _as_output(self, value: Value) -> Allocation | None:
        tensor = self.outputs.get(value)
        return None if tensor is None else Allocation("output", like_of(tensor), tensor=tensor)

    def _views(self, step: Instruction) -> list[Allocation] | None:
        """Return views of the input, if that is what the step makes and memory order allows."""
        if step.call.view_of is None:
            return None
        origin = step.node.inputs[step.call.view_of]
        source = self.allocations[origin]
        seen = views_of(step, source.like)
        # A reshape copies where memory order allows no view. Then the result is a value of its own,
        # and `_in_arena` gives it a block to be copied into.
        if not all(view is source.like or view._is_view() for view in seen):
            return None
        if source.kind == "kernel":
            # Each run makes another tensor, so the view is made anew too; from now on none of these
            # values may be written over, since its memory has other readers.
            self.aliased |= {origin, *step.results}
            return [Allocation("kernel", view) for view in seen]
        # A view hands its source's block on, which tells that both are the same bytes.
        return [Allocation("view", view, block=source.block) for view in seen]

    def _over_input(self, number: int, step: Instruction, value: Value) -> Allocation | None:
        """Return the memory of an input that is not needed after this step."""
        shape, dtype = self.facts.shapes[value], self.facts.dtypes[value]
        # Elementwise rules may write where they read. The bytes must hold just this value, in the
        # shape, type and order that the result has, and nobody may read them later.
        for position in step.call.overwrites:
            source = step.node.inputs[position]
            allocation = self.allocations[source]
            if (
                allocation.like.shape != shape
                or allocation.like.dtype != dtype
                or self._read_elsewhere(step, source)
            ):
                continue
            if allocation.like.stride() != self._stand_in(step, value).stride():
                continue  # what comes next wants another order of memory
            # A bound array, and what the caller wants written, has no block: it is never taken
            # over.
            if allocation.block is not None and allocation.block.last <= number:
                # The block lives on as the result's: two values, one after the other, in one place.
                allocation.block.last = self.last_use.get(value, number)
                return Allocation("arena", allocation.like, block=allocation.block, over=source)
            # What a kernel allocated has no block, whose `last` would count views in; so none may
            # exist.
            alone = allocation.kind == "kernel" and source not in self.aliased
            if alone and self.last_use[source] <= number and not self._compacted(number, value):
                return Allocation("kernel", allocation.like, over=source)
        return None

    def _read_elsewhere(self, step: Instruction, source: Value) -> bool:
        """Whether a step reads the memory of one of its inputs where it may not be written over.

        What it works on element by element may be there twice; but a convolution of what it is
        added to reads neighbours that have been written over.
        """
        inputs = step.node.inputs
        if any(inputs[p] == source for p in step.call.positions() - {*step.call.overwrites}):
            return True
        block = self.allocations[source].block
        others = [self.allocations[value] for value in inputs if value != source]
        return block is not None and any(allocation.block is block for allocation in others)

    def _in_arena(self, number: int, step: Instruction, value: Value) -> Allocation:
        """Return a new block of the arena, or leave the memory to the kernel."""
        like = self._stand_in(step, value)
        planned = step.call.takes_out or step.call.view_of is not None
        if not planned and not self._compacted(number, value):
            return Allocation("kernel", like)  # a copy into the arena would cost more than it saves
        # What could have been a view is here too: its copy goes into the block. A result that
        # nobody reads still needs its bytes while its step runs.
        size = like.numel() * like.element_size()
        block = Block(size, number, self.last_use.get(value, number))
        self.blocks[self.contexts[step.node]].append(block)
        return Allocation("arena", like, block=block)

    def _compacted(self, number: int, value: Value) -> bool:
        """Whether a kernel's result is copied into the arena, as it stays for long.

        Memory that kernels allocate and that stays leaves gaps between, which nothing else fits in.
        """
        return self.compact and _LONG < self.last_use.get(value, 0) - number < len(self.steps)

    def _stand_in(self, step: Instruction, value: Value) -> Tensor:
        """Return a tensor without data in the order of memory that suits a value.

        That is the order in which its users want images; or that of an input, for what works
        element by element; or the plain one. A gradient that is handed over lies as what it
        belongs to.
        """
        for owner in self.belongs.get(value, ()):
            return self.allocations[owner].like
        order = memory_order(step.node)
        if order == "kept":
            return torch.empty_like(self.allocations[step.node.inputs[0]].like)
        shape, dtype = self.facts.shapes[value], self.facts.dtypes[value]
        images = len(shape) == 4 and self.contexts[step.node].device_type == "cpu"
        users = self.graph.users.get(value, ())
        wanted = bool(users) and all(memory_order(user) == "spatial" for user in users)
        plain = torch.empty(shape, dtype=dtype, device="meta")
        if images and (order == "spatial" or (order == "follows" and wanted)):
            return plain.to(memory_format=torch.channels_last)
        if order != "follows":
            return plain
        likes = [self.allocations[v].like for v in step.node.inputs]
        if images and any(map(is_channels_last, likes)):
            return plain.to(memory_format=torch.channels_last)
        inputs = [like for like in likes if like.shape == shape]
        # A stride of 0 is that of an expanded array, whose elements share memory: no place for
        # results.
        ordered = [like for like in inputs if not like.is_contiguous() and all(like.stride())]
        return torch.empty_like(ordered[0], dtype=dtype) if ordered else plain

    # -- tying down ------------------------------------------------------------------------------

    def finish(self) -> Plan:
        """Place the blocks, allocate each arena once, and make every value's tensor."""
        arenas = {
            context: torch.empty(place_blocks(own), dtype=torch.uint8, device=context.device)
            for context, own in self.blocks.items()
        }
        # In the order of steps: a view, and a value over another one, take up a tensor made before.
        for step in self.steps:
            for value in step.results:
                allocation = self.allocations[value]
                if allocation.kind == "arena":
                    allocation.tensor = self._tensor_of(
                        allocation, arenas[self.contexts[step.node]]
                    )
                elif allocation.kind == "view":
                    source = self.allocations[step.node.inputs[step.call.view_of or 0]].tensor
                    allocation.tensor = views_of(step, source)[value.number]
        dying = [
            frozenset(v for v in step.node.inputs if self.last_use.get(v) == number)
            for number, step in enumerate(self.steps)
        ]
        handed = {number: list(map(self._behind, own)) for number, own in self.handed.items()}
        return Plan(tuple(self.steps), self.allocations, self.contexts, arenas, dying, handed)

    def _behind(self, value: Value) -> tuple[Value, ...]:
        """Return a value, and what it is a view of where nobody else reads that."""
        step = self.making[value.node]
        if step.call.view_of is None:
            return (value,)
        source = step.node.inputs[step.call.view_of]
        alone = len(self.graph.users.get(source, ())) == 1
        return (value, *(self._behind(source) if alone else ()))

    def _tensor_of(self, allocation: Allocation, arena: Tensor) -> Tensor | None:
        if allocation.over is not None:
            return self.allocations[allocation.over].tensor
        block, like = allocation.block, allocation.like
        if block is None:
            return None
        # `as_strided` counts from the beginning of the storage, and not from that of the slice.
        flat = arena[block.offset : block.offset + block.size].view(like.dtype)
        return flat.as_strided(like.shape, like.stride(), flat.storage_offset())


def views_of(step: Instruction, source: Any) -> tuple[Tensor, ...]:
    """Return the views that a step makes of its input."""
    seen = step.call.function(**dict.fromkeys(step.call.reads, source))
    return seen if isinstance(seen, tuple) else (seen,)
