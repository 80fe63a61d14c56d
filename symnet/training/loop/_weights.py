"""Weights of samples and classes: read, checked, and provided as a label beside the others."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.errors import ArgumentError, DataError, ShapeError, listed, suggest
from ...data import AbstractDataBatch, AbstractDataProvider, ArrayDataProvider
from ...data.arrays.array_provider import Found, read_labelled
from ...data.provider import Provided, Targets
from ...ndarray import NDArray
from ...operators.contract import Shape
from ...symbol import SymbolicNode
from ..metric.choice import predicts_classes
from ._parts import OfAnother
from .objective import SAMPLE_WEIGHT, losses_of, weight_name
from .options import ClassWeights

__all__ = [
    "check_classes",
    "checked_weights",
    "class_weighted",
    "named_weights",
    "read_weights",
    "weighted_by_class",
    "with_weights",
]


def named_weights(owner: str, symbol: SymbolicNode, weights: object) -> dict[str, Any]:
    """Return weights by the names of the labels that they are handed out as.

    Args:
        owner: who asks, for errors.
        symbol: the network.
        weights: those of all losses, or a dict of those of some, by their outputs; None for none.

    Raises ArgumentError for a name that is no output with a loss.
    """
    if weights is None:
        return {}
    if not isinstance(weights, Mapping):
        return {weight_name(None): weights}
    known = losses_of(symbol)
    for name in weights:
        if name not in known:
            raise ArgumentError(
                f"{owner}: sample_weight names {name!r}, which is no output with a loss"
                f"{suggest(str(name), known)} {listed(known)}"
            )
    return {weight_name(name): each for name, each in weights.items()}


def read_weights(owner: str, name: str, weights: object, samples: int) -> np.ndarray:
    """Return the weights of samples.

    Args:
        owner: who asks, for errors.
        name: what the weights are called.
        weights: an array in any form, of shape (samples,).
        samples: how many samples there are.

    Raises ShapeError for another shape, DataError for a weight that is negative or no number, and
    where all are 0.
    """
    found, _, _ = read_labelled(owner, {name: weights}, None, "", "")
    return checked_weights(owner, name, found[name], samples)


def checked_weights(
    owner: str, name: str, weights: Tensor | np.ndarray, samples: int
) -> np.ndarray:
    """Return weights as float32; see `read_weights`."""
    shape = tuple(weights.shape)
    if shape not in ((samples,), (samples, 1)):
        raise ShapeError(
            f"{owner}: {name} must have shape ({samples},), one number for each sample, got {shape}"
        )
    tensor = weights.cpu() if isinstance(weights, Tensor) else torch.tensor(weights)
    array = tensor.float().numpy().reshape(samples)
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{owner}: {name} holds {array[row]:g} in row {row} (counted from 0); weights "
            "are finite numbers from 0, and 0 leaves a sample out"
        )
    if not array.any():
        raise DataError(f"{owner}: {name} is 0 for all samples: nothing would be learned")
    return array


def with_weights(
    owner: str, provider: AbstractDataProvider, weights: Mapping[str, Any]
) -> AbstractDataProvider:
    """Return a provider that hands out weights of samples too, by the names of their labels.

    Raises ArgumentError for a provider whose samples have no place, and what `read_weights` does.
    """
    if not weights:
        return provider
    if not isinstance(provider, ArrayDataProvider):
        raise ArgumentError(
            f"{owner}: sample_weight is for arrays and ArrayDataProvider, whose samples have an "
            f"order; let the {type(provider).__name__} hand weights out itself, as a label of the "
            f"name {next(iter(weights))!r}"
        )
    for name, each in weights.items():
        provider = provider.with_label(name, read_weights(owner, name, each, provider.samples))
    return provider


# -- classes -------------------------------------------------------------------------------------


def weighted_by_class(
    owner: str, labels: Found, weights: ClassWeights, samples: int
) -> dict[str, Tensor | np.ndarray]:
    """Return labels with the weights that their classes give them, times those there are.

    Raises ArgumentError unless there is one class for each sample, and for a class that there is
    none of.
    """
    name = _single(owner, [n for n in labels if n != SAMPLE_WEIGHT])
    classes = np.asarray(torch.as_tensor(labels[name]).cpu())
    if classes.size != samples or (classes != np.trunc(classes)).any():
        raise ArgumentError(
            f"{owner}: class_weight needs one class for each sample, but the labels {name!r} have "
            f"shape {classes.shape}"
            + (" and are no whole numbers" if classes.size == samples else "")
        )
    classes = classes.reshape(samples).astype(np.int64)
    found, counts = np.unique(classes, return_counts=True)
    if weights == "balanced":
        table = {
            int(c): samples / (len(found) * int(n)) for c, n in zip(found, counts, strict=True)
        }
    else:
        table = _table(owner, weights)
        for each in table:
            if each not in found:
                raise ArgumentError(
                    f"{owner}: class_weight names the class {each}, of which there is no sample "
                    f"{listed(str(c) for c in found)}"
                )
    own = np.array([table.get(int(c), 1.0) for c in found], np.float32)
    given = np.asarray(torch.as_tensor(labels.get(SAMPLE_WEIGHT, np.ones(samples))))
    chosen = own[np.searchsorted(found, classes)] * given
    return {**labels, SAMPLE_WEIGHT: checked_weights(owner, SAMPLE_WEIGHT, chosen, samples)}


def class_weighted(
    owner: str, provider: AbstractDataProvider, weights: ClassWeights | None
) -> AbstractDataProvider:
    """Return a provider whose samples have the weights of their classes, too.

    Raises ArgumentError unless it has one label, a number for each sample; and for ``"balanced"``,
    which needs all labels at once.
    """
    if weights is None:
        return provider
    if weights == "balanced":
        raise ArgumentError(
            f"{owner}: class_weight='balanced' counts the labels of arrays; for a "
            f"{type(provider).__name__} give the weights, as class_weight={{0: 1.0, 1: 5.0}}"
        )
    return _ClassWeighted(owner, provider, _table(owner, weights))


def _table(owner: str, weights: Mapping[Any, float]) -> dict[int, float]:
    """Return weights by class; ArgumentError for what is no class or no weight."""
    for each, weight in weights.items():
        if (
            not isinstance(each, Integral)
            or each < 0
            or not isinstance(weight, Real)
            or not 0 <= weight < np.inf
        ):
            raise ArgumentError(
                f"{owner}: class_weight has numbers from 0 by numbers of classes, as "
                f"{{0: 1.0, 1: 5.0}}, got {{{each!r}: {weight!r}}}"
            )
    return {int(each): float(weight) for each, weight in weights.items()}


def check_classes(
    symbol: SymbolicNode, inputs: Mapping[str, Shape], weights: ClassWeights | None
) -> None:
    """Raise ArgumentError for the weight of a class that a network does not know.

    Args:
        symbol: the network.
        inputs: the shapes of its data and labels, by name.
        weights: what `fit` was given as ``class_weight``.
    """
    if not isinstance(weights, Mapping) or not predicts_classes(symbol):
        return
    names = symbol.list_arguments()
    outputs = symbol.infer_shape(**{n: s for n, s in inputs.items() if n in names})[1]
    classes = min((shape[1] for shape in outputs or () if len(shape) > 1), default=np.inf)
    beyond = [each for each in weights if each >= classes]
    if beyond:
        raise ArgumentError(
            f"fit: class_weight has a weight for the class {beyond[0]}, but the network has the "
            f"{classes} classes 0 to {classes - 1}"
        )


def _single(owner: str, names: Sequence[str]) -> str:
    if len(names) != 1:
        raise ArgumentError(
            f"{owner}: class_weight is for one label, but there are {', '.join(names) or 'none'}; "
            "give sample_weight"
        )
    return names[0]


class _ClassWeighted(OfAnother):
    """A provider with a weight for each sample, by its class."""

    def __init__(self, owner: str, whole: AbstractDataProvider, table: Mapping[int, float]) -> None:
        super().__init__(whole)
        self.repeats_samples = whole.repeats_samples
        provided = dict(whole.provide_label())
        name = _single(owner, [n for n in provided if n != SAMPLE_WEIGHT])
        rows = provided[name][:1]
        if provided[name] not in (rows, (*rows, 1)):
            raise ArgumentError(
                f"{owner}: class_weight needs one class for each sample, but the labels {name!r} "
                f"have shape {provided[name]}"
            )
        self._place = list(provided).index(name)
        self._weights = torch.ones(max(table, default=0) + 2)  # the last is for all other classes
        for number, weight in table.items():
            self._weights[number] = weight
        self._rows = rows
        self._weighs = list(provided).index(SAMPLE_WEIGHT) if SAMPLE_WEIGHT in provided else None

    def provide_label(self) -> Sequence[Provided]:
        """Return name and shape of each label array, and of the weights."""
        labels = list(self._whole.provide_label())
        return labels if self._weighs is not None else [*labels, (SAMPLE_WEIGHT, self._rows)]

    def get_label(self, batch: AbstractDataBatch) -> Sequence[NDArray]:
        """Return the label arrays of a batch, and the weights."""
        labels = list(self._whole.get_label(batch))
        classes = labels[self._place].torch.reshape(-1).long()
        others = len(self._weights) - 1
        known = classes.where((classes >= 0) & (classes < others), others)
        weights = NDArray.wrap(self._weights.to(known.device)[known], labels[0].context)
        if self._weighs is None:
            return [*labels, weights]
        weights.torch.mul_(labels[self._weighs].torch)
        labels[self._weighs] = weights
        return labels

    def load_label(self, batch: AbstractDataBatch, targets: Targets) -> None:
        """Copy the label arrays of a batch, and the weights, into arrays of the same shapes."""
        AbstractDataProvider.load_label(self, batch, targets)
