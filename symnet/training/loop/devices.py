"""The executors of a training, one for each device, kept equal.

A batch is split over the devices; each computes the gradients of its rows, all at the same time;
the gradients are summed over the flat arenas; one update follows, and the weights go back to every
device.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from ...core.context import Context, cpu, gpu
from ...core.errors import ArgumentError, DeviceError
from ...data import AbstractDataBatch, AbstractDataProvider
from ...executor import Arena, Executor
from ...ndarray import NDArray
from ...operators.contract import Operator, Shape
from ..optimizer import AbstractOptimizer, Updater
from ._freezing import Treatment
from ._workers import DeviceWorkers
from .bound import BoundDevices, arenas_of
from .inputs import only_labels
from .rows import rows_in

__all__ = ["DeviceGroup", "GradientSum", "check_contexts", "check_exist"]

LoadTarget = NDArray | list[tuple[slice, NDArray]]


class GradientSum(Protocol):
    """What sums gradients over the processes of a training."""

    def ready(self, start: int, stop: int, flat_index: int) -> None:
        """Hear, during backward, that a stretch of the gradients is final.

        Only called where one device computes the gradients of this process.

        Args:
            start: its first element, within the flat array.
            stop: the element after its last one.
            flat_index: which of the flat arrays it lies in.
        """

    def finish(self, gradients: Sequence[NDArray]) -> None:
        """Sum gradients over all processes, in place.

        Args:
            gradients: the flat arrays, summed over the devices of this process.
        """


class DeviceGroup:
    """Executors of one network over the rows of one batch.

    A batch may have fewer rows than the others: executors for so many rows are made when they are
    needed first, over the same parameters, gradients and states.

    Args:
        bound: the executors.
        treatment: what is done with the parameters.
        optimizer: what updates the weights.
        exchange: what sums gradients over several processes; default none, there is one process.
    """

    def __init__(
        self,
        bound: BoundDevices,
        treatment: Treatment,
        optimizer: AbstractOptimizer,
        exchange: GradientSum | None = None,
    ) -> None:
        self._bound = bound
        self._now = self._whole = bound.whole
        arch = treatment.arch
        self._names, self._labels = arch.list_outputs(), only_labels(arch)
        self._parameters = {*treatment.frozen, *treatment.scales}
        members, scales = self.weights.members, treatment.scales
        self.updater = Updater(optimizer, {n: scales[own[0]] for n, own in enumerate(members)})
        self.apply: Callable[[DeviceGroup], None] = self._update_here
        """Works the gradients into the weights of the first device."""
        self._targets: dict[tuple[int, int, bool], tuple[list[LoadTarget], list[LoadTarget]]] = {}
        self._sizes: dict[int, int] = {}
        """The batch sizes of the providers, by their ids."""
        self._exchange = exchange
        operators = [node.op for node in arch.graph.nodes if isinstance(node.op, Operator)]
        self._random = not all(operator.pure for operator in operators)
        self._foreign = bound.layout.is_foreign
        self._workers = DeviceWorkers(bound.layout.contexts)

    @property
    def updates_at_once(self) -> bool:
        """Whether `backward` updates the weights, too."""
        return self._bound.at_once is not None

    def close(self) -> None:
        """End the threads that the devices compute in."""
        self._workers.close()

    @property
    def executors(self) -> Sequence[Executor]:
        """The executors that the batch loaded last runs on, one for each device."""
        return self._now.executors

    # -- running ---------------------------------------------------------------------------------

    def load_batch(
        self,
        provider: AbstractDataProvider,
        batch: AbstractDataBatch,
        *,
        predicts: bool = False,
        left_out: Collection[str] = (),
    ) -> None:
        """Copy a batch into the executors' arrays, each device its rows.

        To predict, labels are left out that only losses compare with: no output depends on them,
        and they may have any shape. So are others that are named.
        """
        # The training holds its providers, so ids are not used again.
        if id(provider) not in self._sizes:
            self._sizes[id(provider)] = provider.get_batch_size()
        rows = rows_in(provider, batch, self._sizes[id(provider)])
        self._now = self._bound.of_rows(rows)
        key = id(provider), rows, predicts
        if key not in self._targets:
            left_out = {*left_out, *(self._labels if predicts else ())}
            data, label = provider.provide_data(), provider.provide_label()
            self._targets[key] = self._targets_of(data), self._targets_of(label, left_out)
        data_targets, label_targets = self._targets[key]
        provider.load_data(batch, data_targets)
        provider.load_label(batch, label_targets)

    def _targets_of(
        self, provided: Sequence[tuple[str, Shape]], left_out: Collection[str] = ()
    ) -> list[LoadTarget]:
        """Return where arrays go; those that are left out go into no slice."""
        return [[] if name in left_out else self._target(name) for name, _ in provided]

    def _target(self, name: str) -> LoadTarget:
        now = self._now
        if len(now.executors) == 1:
            return now.executors[0].arg_dict[name]
        return [(own, e.arg_dict[name]) for own, e in zip(now.rows, now.executors, strict=True)]

    def forward(self, *, is_train: bool) -> None:
        """Compute the outputs of the batch that was loaded.

        Random numbers are drawn by one device after the other, so that the same seed gives the same
        results; and a user's own operators are never called twice at once.
        """
        steps = [partial(executor.forward, is_train) for executor in self.executors]
        self._workers.run(steps, in_turn=self._foreign or (is_train and self._random))

    def backward(self) -> None:
        """Compute the gradients, and sum them on the first device, over all processes.

        With `updates_at_once` they are worked into the weights meanwhile, and not kept.
        """
        executors, exchange = self.executors, self._exchange
        if self._bound.at_once is not None:
            self._bound.at_once.begin(self.updater)
        if exchange is not None and len(executors) == 1:
            executors[0].backward(on_ready=exchange.ready)
        else:
            steps = [executor.backward for executor in executors if executor.grad_dict]
            self._workers.run(steps, in_turn=self._foreign)
        # In the order of the devices, so that rounding is the same in every run.
        totals = self._arenas(0)[1].flat
        for device in range(1, len(self.executors)):
            for total, part in zip(totals, self._arenas(device)[1].flat, strict=True):
                total.torch.add_(part.torch.to(total.torch.device))
        if exchange is not None:
            exchange.finish(totals)

    def sit_out(self) -> None:
        """Take part in the sum over all processes without a batch of its own."""
        gradients = self._arenas(0)[1].flat
        for gradient in gradients:  # which hold those of the last step
            gradient.torch.zero_()
        if self._exchange is not None:
            self._exchange.finish(gradients)

    def outputs(self) -> dict[str, NDArray]:
        """Return the outputs of the whole batch by name, on the first device."""
        now = self._now
        if now.gathered is None:
            return dict(zip(self._names, now.executors[0].outputs, strict=True))
        for rows, executor in zip(now.rows, now.executors, strict=True):
            for whole, part in zip(now.gathered, executor.outputs, strict=True):
                _copy(part.torch, whole.torch[rows])
        return dict(zip(self._names, now.gathered, strict=True))

    def update(self, bound: float | None = None) -> None:
        """Update the weights, one call for each flat array, and pass them on to all devices.

        Args:
            bound: the greatest length of the gradient of all weights together.
        """
        if bound is not None:
            _shorten(self.gradients, bound)
        if not self.updates_at_once:
            self.apply(self)
        self.spread()

    def spread(self) -> None:
        """Pass the first device's weights on to the others."""
        for device in range(1, len(self._whole.executors)):
            for mine, theirs in zip(self.weights.flat, self._arenas(device)[0].flat, strict=True):
                _copy(mine.torch, theirs.torch)

    def learned(self) -> list[Tensor]:
        """Return the first device's weights, and the states of all devices."""
        states = [a.torch for e in self._whole.executors for a in e.aux_dict.values()]
        return [*(flat.torch for flat in self.weights.flat), *states]

    def _update_here(self, _: "DeviceGroup") -> None:
        """Work the gradients into the weights of this process."""
        pairs = zip(self.weights.flat, self.flat_gradients, strict=True)
        for index, (weight, gradient) in enumerate(pairs):
            self.updater(index, gradient, weight)

    # -- parameters ------------------------------------------------------------------------------

    @property
    def weights(self) -> Arena:
        """The parameters that are trained, on the first device."""
        return self._arenas(0)[0]

    @property
    def flat_gradients(self) -> Sequence[NDArray]:
        """Their gradients, flat array by flat array, summed over everything that computes any."""
        return self._arenas(0)[1].flat

    @property
    def gradients(self) -> list[Tensor]:
        """The same as tensors."""
        return [gradient.torch for gradient in self.flat_gradients]

    @property
    def everywhere(self) -> Sequence[Executor]:
        """The executors for whole batches, one for each device."""
        return self._whole.executors

    def load(self, parameters: Mapping[str, NDArray], states: Mapping[str, NDArray]) -> None:
        """Copy parameters and states into every executor."""
        for executor in self._whole.executors:
            executor.copy_params_from(parameters, states)

    def parameters(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return copies of parameters and states on the CPU; states are averaged over devices."""
        parameters: dict[str, NDArray] = {}
        self.copy_parameters(parameters)
        return parameters, self.states()

    def copy_parameters(self, into: dict[str, NDArray]) -> None:
        """Put copies of the parameters in the place of earlier ones, each of which goes at once.

        An interruption comes after the last one: parameters of two epochs make no model.
        """
        arrays = self._whole.executors[0].arg_dict
        left = [name for name in arrays if name in self._parameters]
        for name in into.keys() - self._parameters:
            del into[name]
        try:
            while left:
                into[left[0]] = arrays[left[0]].copy(cpu())
                del left[0]
        finally:
            into.update((name, arrays[name].copy(cpu())) for name in left)

    def states(self) -> dict[str, NDArray]:
        """Return copies of the states on the CPU, averaged over devices."""
        executors = self._whole.executors
        return {
            name: _mean([executor.aux_dict[name] for executor in executors])
            for name in executors[0].aux_dict
        }

    def _arenas(self, device: int) -> tuple[Arena, Arena]:
        return arenas_of(self._whole.executors[device])


def check_contexts(contexts: object) -> None:
    """Raise ArgumentError unless something is a list of devices that a training can use at once.

    The number of a CPU is only a name, so that one may be there twice; a GPU that is there twice
    would do all the work that another one was meant to share.
    """
    if not isinstance(contexts, Sequence) or not all(isinstance(c, Context) for c in contexts):
        raise ArgumentError(f"context must be a Context or a list of them, got {contexts!r}")
    if not contexts:
        raise ArgumentError("context is an empty list; name one device at least, as mx.cpu()")
    for context, count in Counter(contexts).items():
        if count > 1 and context.device_type == "gpu":
            raise ArgumentError(
                f"context names {context} {count} times ({contexts}); name each GPU once, as "
                "[mx.gpu(0), mx.gpu(1)]"
            )


def check_exist(contexts: Sequence[Context]) -> None:
    """Raise DeviceError for a GPU that this machine does not have, naming those that it has."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = [gpu(number) for number in range(count)]
    for context in contexts:
        if context.device_type == "gpu" and context not in found:
            there = ", ".join(map(repr, found)) or "no GPU that torch can use"
            raise DeviceError(
                f"the model is to be trained on {list(contexts)}, but there is no {context}: this "
                f"machine has CPUs and {there}; name these, as FeedForward(net, [mx.cpu()])"
            )


def _copy(source: Tensor, target: Tensor) -> None:
    """Copy to another device, without waiting where whoever reads the copy comes later anyway."""
    # On a GPU everything runs in order. The CPU would read its memory before the copy arrives.
    target.copy_(source, non_blocking=target.is_cuda)


def _shorten(gradients: Sequence[Tensor], bound: float) -> None:
    """Shorten a gradient that lies in several arrays to a length, without waiting for it."""
    parts = [torch.linalg.vector_norm(each, dtype=torch.float32) for each in gradients]
    length = torch.linalg.vector_norm(torch.stack(parts))
    # Where nothing is finite nothing can be shortened: StopOnNaN and the warning tell that.
    factor = (bound / length).clamp_max_(1)
    for gradient in gradients:
        gradient.mul_(factor)


def _mean(arrays: Sequence[NDArray]) -> NDArray:
    if len(arrays) == 1:
        return arrays[0].copy(cpu())
    total = torch.stack([array.torch.cpu() for array in arrays]).mean(0)
    return NDArray.wrap(total, cpu())
