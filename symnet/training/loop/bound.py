"""What a training runs on: memory and programs, which the next one may take over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from ...core.context import Context
from ...core.errors import ShapeError
from ...executor import Arena, Executor, GradientRequest, bind_in_groups
from ...graph.recompute import marked_nodes
from ...ndarray import NDArray
from ...operators.contract import Operator, Shape
from ..optimizer import AbstractOptimizer, Updater
from ._at_once import UpdatesAtOnce
from ._freezing import Treatment
from .inputs import slice_batch
from .rows import for_shapes

__all__ = ["BoundDevices", "DeviceSplit", "TrainingLayout", "arenas_of"]

_KEPT_BYTES = 2**30
"""So much memory at most is kept between two trainings."""


@dataclass(frozen=True)
class DeviceSplit:
    """How batches of so many rows run.

    Args:
        rows: the rows that each executor takes.
        executors: one for each device that has rows to take.
        gathered: arrays for the outputs of the whole batch, where there are several executors.
    """

    rows: Sequence[slice]
    executors: Sequence[Executor]
    gathered: Sequence[NDArray] | None


@final
class TrainingLayout:
    """All that memory and programs of a training depend on.

    Args:
        treatment: the network, and what is done with its parameters.
        contexts: the devices, one executor each.
        inputs: shapes of data and labels for the whole batch.
        optimizer: what updates the weights.
        orders_filters: as for `bind_in_groups`.
        memory: how many bytes each executor may take, see `Executor.limit_memory`; None for any.
        unseen: whether nobody needs the gradients of all parameters together between backward and
            update.
    """

    def __init__(
        self,
        treatment: Treatment,
        contexts: Sequence[Context],
        inputs: Mapping[str, Shape],
        optimizer: AbstractOptimizer,
        *,
        orders_filters: bool = False,
        memory: int | None = None,
        unseen: bool = False,
    ) -> None:
        self.arch, self.graph = treatment.arch, treatment.arch.graph  # a symbol may be changed
        self.contexts, self.inputs = list(contexts), dict(inputs)
        self.orders_filters, self.memory = orders_filters, memory
        # In one flat array lies what is updated alike, and at once.
        self.groups = {
            name: (scale, name if optimizer.by_weight else None)
            for name, scale in treatment.scales.items()
        }
        self.marked = marked_nodes(self.graph)
        operators = (node.op for node in self.graph.nodes)
        # What an operator of the user's raises would leave an update half done.
        self.is_foreign = any(isinstance(own, Operator) and own.foreign for own in operators)
        alone = len(self.contexts) == 1 and not self.is_foreign
        self.at_once = unseen and alone and Updater(optimizer).in_parts
        """Whether weights may be updated while backward runs."""

    def fits(self, other: "TrainingLayout") -> bool:
        """Tell whether what is made for the one would be made just so for the other."""
        return (
            self.graph is other.graph
            and self.contexts == other.contexts
            and self.inputs == other.inputs
            and self.orders_filters == other.orders_filters
            and self.memory == other.memory
            and list(self.groups.items()) == list(other.groups.items())
            and self.marked == other.marked
        )

    @property
    def batch_size(self) -> int:
        """The rows of a whole batch."""
        return next(iter(self.inputs.values()))[0]


@final
class BoundDevices:
    """The executors of a training by the rows of a batch, one for each device.

    They share parameters, gradients and states; only inputs and outputs are their own, so that a
    short batch costs no second set of weights.

    Args:
        layout: what they are made for.
    """

    def __init__(self, layout: TrainingLayout) -> None:
        self.layout = layout
        requests: dict[str, GradientRequest] = dict.fromkeys(layout.groups, "write")
        rows = slice_batch(layout.batch_size, layout.contexts)
        executors = [
            bind_in_groups(
                layout.arch,
                context,
                _shapes_of_rows(layout.inputs, own),
                grad_req=requests,
                groups=layout.groups,
                orders_filters=layout.orders_filters,
            )
            for context, own in zip(layout.contexts, rows, strict=True)
        ]
        self._weights = arenas_of(executors[0])[0]
        self.at_once: UpdatesAtOnce | None = None
        """What updates the weights while backward runs, where that is done."""
        if layout.at_once and UpdatesAtOnce.pays(self._weights):
            self.at_once = UpdatesAtOnce(self._weights)
        for executor in executors:
            executor.differentiate_once(self.at_once and self.at_once.takers)
            if layout.memory is not None:
                executor.limit_memory(layout.memory)
        self.whole = DeviceSplit(rows, executors, _gathered(executors, layout.batch_size))
        self._splits = {layout.batch_size: self.whole}

    def serve(self, layout: TrainingLayout) -> bool:
        """Tell whether a training of this layout can run on them."""
        at_once = layout.at_once and UpdatesAtOnce.pays(self._weights)
        return self.layout.fits(layout) and at_once == (self.at_once is not None)

    def of_rows(self, rows: int) -> DeviceSplit:
        """Return what runs batches of so many rows; those of too few run on fewer devices."""
        if rows not in self._splits:
            whole = self.whole.executors[:rows]
            slices = slice_batch(rows, whole)
            executors = [
                for_shapes(executor, _shapes_of_rows(self.layout.inputs, own))
                for executor, own in zip(whole, slices, strict=True)
            ]
            self._splits[rows] = DeviceSplit(slices, executors, _gathered(executors, rows))
        return self._splits[rows]

    def may_stay(self) -> bool:
        """Tell whether the next training of the model should find all this where it is.

        Memory of a CPU that is used again need not be fetched page by page, which takes as long as
        a step of a training; but no more of it stays than is seldom missed. That of a GPU goes back
        to torch, which hands it out again at once. Operators of the user's, which may change, are
        asked anew.
        """
        on_cpus = all(context.device_type == "cpu" for context in self.layout.contexts)
        if self.layout.is_foreign or not on_cpus:
            return False
        whole = sum(executor.memory().total for executor in self.whole.executors)
        return whole * len(self._splits) <= _KEPT_BYTES


def arenas_of(executor: Executor) -> tuple[Arena, Arena]:
    """Return where the parameters and the gradients of a training's executor lie."""
    if executor.arenas is None:
        raise TypeError("a training's executors come from simple_bind, which gives them arenas")
    return executor.arenas


def _gathered(executors: Sequence[Executor], rows: int) -> list[NDArray] | None:
    """Return arrays for the outputs of a whole batch, on the first device.

    Raises ShapeError for outputs that do not have the batch on axis 0.
    """
    if len(executors) == 1:
        return None
    first, context = executors[0], executors[0].context
    share = -(-rows // len(executors))
    for name, output in first.output_dict.items():
        if len(output) != share:
            raise ShapeError(
                f"the output {name!r} has shape {output.shape} for {share} of {rows} rows, so that "
                f"those of {len(executors)} devices cannot be joined; give it the batch on axis 0, "
                "or the model one context"
            )
    return [
        NDArray.wrap(out.torch.new_zeros((rows, *out.shape[1:]), device=context.device), context)
        for out in executors[0].outputs
    ]


def _shapes_of_rows(inputs: Mapping[str, Shape], rows: slice) -> dict[str, Shape]:
    """Return the inputs' shapes for some rows of a batch."""
    return {name: (rows.stop - rows.start, *shape[1:]) for name, shape in inputs.items()}
