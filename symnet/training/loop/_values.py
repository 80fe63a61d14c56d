"""Looking at the numbers of batches: labels that are no class, and what is not finite."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple, final

import torch
from torch import Tensor

from ...core.errors import DataError, LabelError
from ...data import AbstractDataBatch, AbstractDataProvider
from ...graph.node import Value
from ...ndarray import NDArray
from ...operators.contract import Operator
from ...symbol import SymbolicNode
from .inputs import label_of
from .objective import weights_in

__all__ = ["BatchChecks"]


class _Check(NamedTuple):
    """A loss whose labels can be looked at: its name, its label's, and the output that it gives."""

    node: str
    op: Operator
    label: str
    data: Value


class _Place(NamedTuple):
    """Where a batch stands: the number of its epoch, and of its first sample in that, from 0.

    Epoch 0 is none: what is measured without a training.
    """

    epoch: int
    first: int
    is_past: bool = False  # then only the ends of its rows may be left

    def sample(self, row: int) -> str:
        within = f" of epoch {self.epoch}" if self.epoch else ""
        return f"sample {self.first + row}{within}, counted from 0"


@final
class BatchChecks:
    """Looks at the values of batches, before anything is learned from them.

    In the first epoch all of them; then those of providers that may make them anew. What lies on a
    GPU is looked at there, and read once each epoch.

    Args:
        symbol: the network.
        provider: the provider of the batches.
        finite: whether to leave data that is not finite to somebody else.
    """

    def __init__(
        self, symbol: SymbolicNode, provider: AbstractDataProvider, *, finite: bool = True
    ) -> None:
        self._data = [name for name, _ in provider.provide_data()]
        self._labels = [name for name, _ in provider.provide_label()]
        self._weights = weights_in(symbol, self._labels)
        self._provider = provider
        self._known = provider.known_finite()
        self._finite = finite and not self._known
        self._checks: list[_Check] = []
        for node in symbol.graph.nodes:
            label = label_of(node)
            if isinstance(node.op, Operator) and label is not None and label.name in self._labels:
                self._checks.append(_Check(node.name, node.op, label.name, node.outputs[0]))
        self._first_epoch: int | None = None
        self._later: list[tuple[_Place, _Numbers, _Numbers, Mapping[str, NDArray]]] = []

    def look(
        self, batch: AbstractDataBatch, outputs: Mapping[str, NDArray], epoch: int, first: int
    ) -> None:
        """Look at a batch.

        Args:
            batch: the batch; only its real samples count.
            outputs: the network's outputs by name.
            epoch: the number of the epoch; 0 outside of a training.
            first: how many samples came before in it.

        Raises LabelError for labels that a loss cannot use or that are not finite, DataError for
        data that is not.
        """
        if self._first_epoch is None:
            self._first_epoch = epoch
        is_first = epoch == self._first_epoch
        if not is_first and self._provider.repeats_samples:
            return
        count, place = self._provider.count_samples(batch), _Place(epoch, first)
        labels = _real(self._labels, self._provider.get_label(batch), count)
        provided = self._provider.get_data(batch) if self._finite else ()
        data = _real(self._data if self._finite else (), provided, count)
        if not is_first and any(map(_is_elsewhere, (*labels.values(), *data.values()))):
            ends = {name: _ends(array) for name, array in data.items()}
            kept = {name: _kept(label) for name, label in labels.items()}
            self._later.append((place, kept, ends, outputs))
            return
        self._check(labels, data, outputs, place)

    def finish_epoch(self) -> None:
        """Read what was left on a GPU; raises what `look` does."""
        later, self._later = self._later, []
        for place, labels, data, outputs in later:
            self._check(labels, data, outputs, place._replace(is_past=True))

    def _check(
        self, labels: "_Numbers", data: "_Numbers", outputs: Mapping[str, NDArray], place: _Place
    ) -> None:
        self._check_labels(labels, outputs, place)
        for name, array in data.items():
            _check_finite("data", name, array, place, DataError)

    def _check_labels(
        self, labels: Mapping[str, Tensor], outputs: Mapping[str, NDArray], place: _Place
    ) -> None:
        for check in self._checks:
            output, label = outputs.get(check.data.name), labels[check.label]
            fault = (
                None if output is None else check.op.check_values({"label": label}, output.shape)
            )
            if output is not None and fault is not None:
                position, problem = fault
                row = position * len(label) // max(label.numel(), 1)
                raise LabelError(
                    f"{type(check.op).__name__} {check.node!r}: {check.label!r} does not fit "
                    f"{check.data.name!r} of shape {output.shape}: {problem}; "
                    f"it is {place.sample(row)}"
                )
        for name, label in labels.items():
            if not self._known:
                _check_finite("label", name, label, place, LabelError)
            if name in self._weights and float(label.min()) < 0:
                row = int(label.argmin())
                raise DataError(
                    f"{name!r} holds {float(label.min()):g} for {place.sample(row)}; weights are "
                    "numbers from 0"
                )


def _real(names: Sequence[str], arrays: Sequence[NDArray], count: int) -> dict[str, Tensor]:
    """Return the rows of a batch that are samples, by name."""
    return {name: array.torch[:count] for name, array in zip(names, arrays, strict=True)}


_Numbers = dict[str, Tensor]
"""Arrays by name, or the ends of the rows of each."""


def _is_elsewhere(array: Tensor) -> bool:
    """Tell whether the program would have to wait for a number of an array."""
    return array.is_cuda


def _ends(array: Tensor) -> Tensor:
    """Return the least and the greatest number of each row, NaN where there is one."""
    return torch.stack(array.reshape(len(array), -1).aminmax(dim=1), dim=1)


def _kept(label: Tensor) -> Tensor:
    """Return what tells of a label at the end of an epoch: a copy, or of long rows their ends."""
    return label.clone() if label.numel() <= 2 * len(label) else _ends(label)


def _check_finite(
    kind: str, name: str, array: Tensor, place: _Place, error: type[DataError | LabelError]
) -> None:
    # A sum that is finite has only finite summands, and takes a fraction of the time.
    if not array.is_floating_point() or isfinite(float(array.sum())):
        return
    wrong = (~torch.isfinite(array.reshape(len(array), -1))).nonzero()
    if len(wrong):
        row, column = wrong[0].tolist()
        found = float(array.reshape(len(array), -1)[row, column])
        where = "in" if place.is_past else f"at place {column} of"
        raise error(
            f"the {kind} {name!r} holds {found:g}, {where} {place.sample(row)}; "
            "training would make every parameter NaN: leave the sample out, or replace the number"
        )
