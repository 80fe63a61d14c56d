"""The executors of a training, one for each device, kept equal.

A batch is split over the devices; each computes the gradients of its rows; the gradients are
summed over the flat arenas; one update follows, and the weights go back to every device.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ..context import Context, cpu
from ..data import AbstractDataBatch, AbstractDataProvider
from ..executor import Arena, Executor, simple_bind
from ..ndarray import NDArray
from ..op import Shape
from ..optimizer import AbstractOptimizer, get_updater
from ..symbol import SymbolicNode
from .inputs import slice_batch

__all__ = ["DeviceGroup"]

Target = NDArray | list[tuple[slice, NDArray]]


class DeviceGroup:
    """Executors of one network over the rows of one batch.

    Args:
        arch: the network.
        contexts: the devices, one executor each.
        inputs: shapes of data and labels for the whole batch.
        optimizer: what updates the weights.
    """

    def __init__(
        self,
        arch: SymbolicNode,
        contexts: Sequence[Context],
        inputs: Mapping[str, Shape],
        optimizer: AbstractOptimizer,
    ) -> None:
        batch_size = next(iter(inputs.values()))[0]
        self.rows = slice_batch(batch_size, contexts)
        self.executors = [
            simple_bind(arch, context, **_shapes_of_rows(inputs, rows))
            for context, rows in zip(contexts, self.rows, strict=True)
        ]
        self._names = arch.list_outputs()
        self._gathered = self._allocate_outputs(batch_size) if len(contexts) > 1 else None
        self._update = get_updater(optimizer)
        self._targets: dict[int, tuple[list[Target], list[Target]]] = {}

    def _allocate_outputs(self, batch_size: int) -> list[NDArray]:
        """Return arrays for the outputs of the whole batch, on the first device."""
        context = self.executors[0].context
        return [
            NDArray.wrap(
                out.torch.new_zeros((batch_size, *out.shape[1:]), device=context.device), context
            )
            for out in self.executors[0].outputs
        ]

    # -- running ---------------------------------------------------------------------------------

    def load_batch(
        self, provider: AbstractDataProvider, batch: AbstractDataBatch, *, with_labels: bool = True
    ) -> None:
        """Copy a batch into the executors' arrays, each device its rows."""
        if id(provider) not in self._targets:
            data, label = provider.provide_data(), provider.provide_label()
            self._targets[id(provider)] = self._targets_of(data), self._targets_of(label)
        data_targets, label_targets = self._targets[id(provider)]
        provider.load_data(batch, data_targets)
        if with_labels:
            provider.load_label(batch, label_targets)

    def _targets_of(self, provided: Sequence[tuple[str, Shape]]) -> list[Target]:
        if len(self.executors) == 1:
            return [self.executors[0].arg_dict[name] for name, _ in provided]
        return [
            [(rows, e.arg_dict[name]) for rows, e in zip(self.rows, self.executors, strict=True)]
            for name, _ in provided
        ]

    def forward(self, *, is_train: bool) -> None:
        """Compute the outputs of the batch that was loaded."""
        for executor in self.executors:
            executor.forward(is_train)

    def backward(self) -> None:
        """Compute the gradients, and sum them on the first device."""
        for executor in self.executors:
            executor.backward()
        for executor in self.executors[1:]:
            for total, part in zip(
                self._arenas(0)[1].flat, _arenas_of(executor)[1].flat, strict=True
            ):
                total.torch.add_(part.torch.to(total.torch.device, non_blocking=True))

    def outputs(self) -> dict[str, NDArray]:
        """Return the outputs of the whole batch by name, on the first device."""
        if self._gathered is None:
            return dict(zip(self._names, self.executors[0].outputs, strict=True))
        for rows, executor in zip(self.rows, self.executors, strict=True):
            for whole, part in zip(self._gathered, executor.outputs, strict=True):
                whole.torch[rows].copy_(part.torch, non_blocking=True)
        return dict(zip(self._names, self._gathered, strict=True))

    def update(self) -> None:
        """Update the weights, one call for each element type, and pass them on to all devices."""
        weights, gradients = self._arenas(0)
        for index, (weight, gradient) in enumerate(zip(weights.flat, gradients.flat, strict=True)):
            self._update(index, gradient, weight)
        for executor in self.executors[1:]:
            for mine, theirs in zip(weights.flat, _arenas_of(executor)[0].flat, strict=True):
                theirs.torch.copy_(mine.torch, non_blocking=True)

    # -- parameters ------------------------------------------------------------------------------

    def load(self, parameters: Mapping[str, NDArray], states: Mapping[str, NDArray]) -> None:
        """Copy parameters and states into every executor."""
        for executor in self.executors:
            executor.copy_params_from(parameters, states)

    def parameters(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return copies of parameters and states on the CPU; states are averaged over devices."""
        weights = self._arenas(0)[0].arrays
        states = {
            name: _mean([executor.aux_dict[name] for executor in self.executors])
            for name in self.executors[0].aux_dict
        }
        return {name: array.copy(cpu()) for name, array in weights.items()}, states

    def _arenas(self, device: int) -> tuple[Arena, Arena]:
        return _arenas_of(self.executors[device])


def _arenas_of(executor: Executor) -> tuple[Arena, Arena]:
    if executor.arenas is None:
        raise TypeError("a training's executors come from simple_bind, which gives them arenas")
    return executor.arenas


def _mean(arrays: Sequence[NDArray]) -> NDArray:
    total = torch.stack([array.torch.cpu() for array in arrays]).mean(0)
    return NDArray.wrap(total, cpu())


def _shapes_of_rows(inputs: Mapping[str, Shape], rows: slice) -> dict[str, Any]:
    """Return the inputs' shapes for some rows of a batch, as keywords of `simple_bind`."""
    count = rows.stop - rows.start
    return {name: (count, *shape[1:]) for name, shape in inputs.items()}
