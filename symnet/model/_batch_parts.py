"""Prediction of large batches on CPUs: a thread for each part, instead of all for each kernel."""

from collections.abc import Collection, Mapping
from math import prod
from typing import final

import torch

from ..executor import Executor
from ..graph.operations import multiply_adds
from ..graph.samples import samples_stay_apart
from ..ndarray import NDArray, zeros
from ..operators.contract import Shape
from ..program.facts import Facts
from ..training.loop.inputs import slice_batch
from ..training.loop.rows import for_shapes
from ..training.loop.workers import DeviceWorkers

__all__ = ["BatchParts", "executors_for", "parts_of"]

_PARTS = 4
"""At most so many: each calls its kernels from Python, where one thread runs at a time."""

_WORK = 25_000_000
"""So many products at least make it worth to hand a part to a thread: a fraction of a ms."""

_REUSE = 32
"""So often at least a part uses each weight; those that are used less are what takes the time, and
parts read each of them once more."""


def parts_of(executor: Executor, inputs: Mapping[str, Shape], labels: Collection[str]) -> int:
    """Return into how many parts batches are best cut: 1 for none.

    Args:
        executor: the network and its weights.
        inputs: the shapes of the inputs, by name.
        labels: names of labels whose shapes follow from those of the inputs.
    """
    rows = {shape[0] if shape else 0 for shape in inputs.values()}
    threads = torch.get_num_threads()
    if len(rows) != 1 or executor.context.device_type != "cpu" or threads == 1:
        return 1
    graph = executor.symbol.graph
    dtypes = {name: array.torch.dtype for name, array in executor.arg_dict.items()}
    shapes = Facts.infer(graph, inputs, dtypes).shapes
    work = sum(multiply_adds(node, shapes) or 0 for node in graph.nodes)
    given = {*inputs, *labels}
    weights = sum(prod(array.shape) for n, array in executor.arg_dict.items() if n not in given)
    parts = min(_PARTS, threads, *rows, work // _WORK, work // (_REUSE * max(weights, 1)))
    return parts if parts > 1 and samples_stay_apart(graph, given, shapes) else 1


@final
class BatchParts:
    """Executors for the parts of a batch, over the same weights, which run at the same time.

    Kernels that share out their own work wait for each other at the end of each; parts wait once.

    Args:
        executor: the network and its weights.
        inputs: the shapes of the inputs for the whole batch, by name.
        labels: names of labels whose shapes follow from those of the inputs.
        parts: how many.
    """

    def __init__(
        self,
        executor: Executor,
        inputs: Mapping[str, Shape],
        labels: Collection[str],
        parts: int,
    ) -> None:
        context = executor.context
        self.arg_dict = {
            name: zeros(shape, context=context, dtype=executor.arg_dict[name].dtype)
            for name, shape in inputs.items()
        }
        """The inputs, for the whole batch."""
        (rows,) = {shape[0] for shape in inputs.values()}
        self._slices = slice_batch(rows, [context] * parts)
        self._executors: list[Executor] = []
        for own in self._slices:
            arrays = {n: NDArray.wrap(a.torch[own], context) for n, a in self.arg_dict.items()}
            shapes = {name: array.shape for name, array in arrays.items()}
            alike = [e for e in self._executors if len(e.outputs[0]) == own.stop - own.start]
            self._executors.append(
                for_shapes(executor, shapes, labels, arrays, alike[0] if alike else None)
            )
        self._outputs = [
            zeros((rows, *output.shape[1:]), context=context, dtype=output.dtype)
            for output in self._executors[0].outputs
        ]
        self._workers = DeviceWorkers([context] * parts)
        self._prepared = False

    def forward(self) -> list[NDArray]:
        """Compute the outputs of the whole batch, which the next call writes over."""
        steps = [executor.forward for executor in self._executors]
        # What follows from the weights alone is computed by the first, and shared.
        self._workers.run(steps, in_turn=not self._prepared)
        self._prepared = True
        for own, executor in zip(self._slices, self._executors, strict=True):
            for whole, part in zip(self._outputs, executor.outputs, strict=True):
                whole.torch[own].copy_(part.torch)
        return self._outputs


def executors_for(
    executor: Executor, inputs: Mapping[str, Shape], labels: Collection[str]
) -> Executor | BatchParts:
    """Return what predicts batches of these shapes, over the weights of an executor."""
    parts = parts_of(executor, inputs, labels)
    if parts > 1:
        return BatchParts(executor, inputs, labels, parts)
    return for_shapes(executor, inputs, labels)
