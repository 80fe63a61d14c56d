"""Whatever a user has to train on, as a provider with the names that the network asks for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ...core.errors import ArgumentError, DataError, LabelError
from ...data import AbstractDataProvider, ArrayDataProvider, TorchDataProvider
from ...data.arrays.array_provider import Arrays, Found, LentArrays, read_labelled
from ...data.tables.encoding import Encoding
from ...inspect.inputs import inputs_of
from ...symbol import SymbolicNode
from ._weights import (
    checked_weights,
    class_weighted,
    named_weights,
    read_weights,
    weighted_by_class,
    with_weights,
)
from .encoding import Encoder
from .inputs import labels_of
from .objective import SAMPLE_WEIGHT, weights_in
from .options import BATCH_SIZE, ClassWeights, FitOptions

__all__ = ["GivenData", "GivenLabels", "as_given", "as_measured", "input_names"]

GivenLabels = Arrays | str
"""Labels: arrays in any form, or the name of a column of the data."""

GivenData = (
    AbstractDataProvider
    | Arrays
    | DataLoader[Any]
    | Dataset[Any]
    | tuple[Any, Any]
    | tuple[Any, Any, Any]
)
"""A provider, arrays or a table, a loader or dataset of torch, or a pair of data and labels; a
third part of it are weights of the samples."""


def input_names(
    symbol: SymbolicNode, parameters: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Return the names of a network's data, and of its labels.

    Args:
        symbol: the network.
        parameters: names of the parameters that exist already.

    Labels are what losses compare with, and inputs whose names end in "label".

    >>> from symnet.operators.functions import FullyConnected, SoftmaxOutput
    >>> from symnet.symbol import Variable
    >>> net = FullyConnected(Variable("pixels"), num_hidden=2)
    >>> input_names(SoftmaxOutput(net, name="digit"))
    (['pixels'], ['digit_label'])
    """
    compared = labels_of(symbol)
    known = {*compared, *parameters}
    others = [node.name for node in inputs_of(symbol.graph) if node.name not in known]
    labels = [*compared, *(name for name in others if name.endswith("label"))]
    return [name for name in others if name not in labels], labels


def as_given(
    symbol: SymbolicNode,
    parameters: Collection[str],
    data: GivenData,
    label: GivenLabels | None,
    options: FitOptions,
) -> tuple[AbstractDataProvider, FitOptions, Encoding | None]:
    """Return the provider of the training data, options with that of the validation data, and
    the encoding of text, where a new one was learned.

    Args:
        symbol: the network.
        parameters: names of the parameters that exist already.
        data, label: what `fit` was given.
        options: its options.

    Raises ArgumentError for options beside data that they do not go with, and what
    `ArrayDataProvider` and `TorchDataProvider` raise.
    """
    data, label, weights = _divided(data, label, options.sample_weight)
    _check_free(symbol, weights, options.class_weight)
    encoder = Encoder("fit", symbol, learns=options.encode)
    forms = _Forms("fit", symbol, parameters, encoder)
    given = _Given(data, label, weights, options.class_weight)
    if options.validation_split:
        provider, evaluation = _split(forms, given, options)
    else:
        shuffle = options.shuffle is not False
        _check_alone("fit", data, label, batch_size=options.batch_size, shuffle=options.shuffle)
        provider = forms.provider(given, options.batch_size or BATCH_SIZE, shuffle=shuffle)
        evaluation = options.eval_data
        if evaluation is not None:
            # Labels that are a column's name are that column of the validation data, too.
            column = label if _names_columns(label) else None
            named = _columns(weights)
            evaluation = _Forms("fit, eval_data", symbol, parameters, encoder).measured(
                evaluation, column, provider.get_batch_size(), named
            )
    if options.encode and isinstance(data, _COMPLETE):
        raise ArgumentError(
            f"fit: encode=True is for tables and arrays, not for a {type(data).__name__}"
        )
    learned = encoder.encoding if encoder.is_new else None
    return provider, replace(options, eval_data=evaluation), learned


def as_measured(
    symbol: SymbolicNode,
    parameters: Collection[str],
    data: GivenData,
    label: GivenLabels | None,
    batch_size: int | None,
    sample_weight: Any = None,
) -> AbstractDataProvider:
    """Return the provider of data that predictions are compared with, in the order they lie in."""
    data, label, weights = _divided(data, label, sample_weight)
    _check_free(symbol, weights, None)
    _check_alone("evaluate", data, label, batch_size=batch_size)
    forms = _Forms("evaluate", symbol, parameters, Encoder("evaluate", symbol))
    return forms.measured(data, label, batch_size or BATCH_SIZE, weights)


class _Given(NamedTuple):
    """Data, labels and weights, as they were given."""

    data: Any
    label: Any
    weights: Any = None
    classes: ClassWeights | None = None


class _Forms:
    """Makes providers of all forms that data comes in.

    Args:
        owner: who asks, for errors.
        symbol: the network, whose inputs give arrays without names their names.
        parameters: names of those that are parameters.
        encoder: what makes numbers of text.
    """

    def __init__(
        self, owner: str, symbol: SymbolicNode, parameters: Collection[str], encoder: Encoder
    ) -> None:
        self._owner, self._symbol, self._parameters = owner, symbol, parameters
        self._encoder = encoder

    @cached_property
    def _of_network(self) -> tuple[list[str], list[str]]:
        """The names of the network's data and labels, which a provider has its own for."""
        return input_names(self._symbol, self._parameters)

    def measured(
        self, data: GivenData, label: Any, batch_size: int, weights: Any = None
    ) -> AbstractDataProvider:
        """Return a provider that hands out all samples in their order."""
        data, own, weights = _divided(data, None, weights)
        own = label if own is None and not isinstance(data, _COMPLETE) else own
        return self.provider(_Given(data, own, weights), batch_size, shuffle=False)

    def provider(self, given: _Given, batch_size: int, *, shuffle: bool) -> AbstractDataProvider:
        """Return a provider of whatever the data is."""
        data = given.data
        if isinstance(data, DataLoader):
            first, second = self._names()
            data = TorchDataProvider(data, last_batch="keep", data_name=first, label_name=second)
        if isinstance(data, AbstractDataProvider):
            weights = named_weights(self._owner, self._symbol, given.weights)
            data = with_weights(self._owner, data, weights)
            return class_weighted(self._owner, data, given.classes)
        found, labels, samples = self.read(given)
        return self.batches(found, labels, min(batch_size, samples), shuffle=shuffle)

    def read(self, given: _Given) -> tuple[Found, Found, int]:
        """Return arrays by the names of the network's inputs, and how many samples there are."""
        owner, label = self._owner, given.label
        weights = named_weights(owner, self._symbol, given.weights)
        columns = {name: each for name, each in weights.items() if isinstance(each, str)}
        if columns:  # which are no data then
            labels = label if isinstance(label, Mapping) else {self._names()[1]: label}
            label = {**labels, **columns}
        found, labels, samples = read_labelled(
            owner, given.data, label, *self._names(), self._encoder
        )
        for name in weights_in(self._symbol, list(labels)):
            weights[name] = checked_weights(owner, name, labels.pop(name), samples)
        inputs, compared = self._of_network
        self._check_single("data", found, inputs)
        self._check_single("label", labels, compared)
        for name, array in found.items():
            _check_finite(f"{owner}: data {name!r}", array, DataError)
        for name, array in labels.items():
            _check_finite(f"{owner}: label {name!r}", array, LabelError)
        for name, each in weights.items():
            labels[name] = read_weights(owner, name, each, samples)
        if given.classes is not None:
            labels = weighted_by_class(owner, labels, given.classes, samples)
        return found, labels, samples

    @staticmethod
    def batches(data: Found, label: Found, batch_size: int, *, shuffle: bool) -> ArrayDataProvider:
        """Return a provider of arrays, whose last batch is short where samples do not fill it."""
        # Rows of padding would be learned from: what a loss makes of them is no error to it.
        lent = LentArrays(data)
        lent.finite = True  # `read` told of anything else
        return ArrayDataProvider(
            lent, label, batch_size=batch_size, shuffle=shuffle, last_batch="keep"
        )

    def _names(self) -> tuple[str, str]:
        """Return the names of data and label that come without one."""
        inputs, labels = self._of_network
        return (*inputs, "data")[0], (*labels, "softmax_label")[0]

    def _check_single(self, kind: str, found: Found, wanted: Sequence[str]) -> None:
        """Raise ArgumentError where one array stands for several inputs."""
        if list(found) == list(wanted[:1]) and len(set(wanted)) > 1:
            raise ArgumentError(
                f"{self._owner}: the network has several inputs for {kind}, "
                f"{', '.join(wanted)}; give a dict of arrays by name"
            )


_COMPLETE = (AbstractDataProvider, DataLoader)
"""What has labels, batches and an order of its own."""


def _check_finite(
    who: str, array: Tensor | np.ndarray, error: type[DataError | LabelError]
) -> None:
    """Raise an error that names the row as it lies, which the order of an epoch would hide."""
    most = float(np.finfo(np.float32).max)  # what is computed in; NaN is not below it either
    if isinstance(array, Tensor):
        array = array.float() if array.dtype == torch.bool else array
    if _all_below(array, most):
        return
    if isinstance(array, Tensor):
        usable = (array.abs() <= most).reshape(len(array), -1).all(1).cpu().numpy()
    else:
        usable = (np.abs(array) <= most).reshape(len(array), -1).all(1)
    rows = np.flatnonzero(~usable)
    if len(rows):
        raise error(
            f"{who} holds what is no number of float32 in row {int(rows[0])} (counted from 0), as "
            f"NaN or infinity, {len(rows)} such rows in all; fill them with numbers, or leave them "
            "out"
        )


def _all_below(array: Tensor | np.ndarray, most: float) -> bool:
    """Tell whether no number is NaN, nor larger than a bound; False may be wrong."""
    if not len(array):
        return True
    with np.errstate(invalid="ignore", over="ignore"):
        if array.dtype in (torch.float32, np.float32):  # a sum that is finite has finite summands
            return bool(isfinite(float(array.sum())))
        return bool(-most <= array.min() and array.max() <= most)


def _divided(data: GivenData, label: GivenLabels | None, weights: Any) -> tuple[Any, Any, Any]:
    """Return data, labels and weights, which may come as one in place of the data."""
    if label is not None or not isinstance(data, tuple) or len(data) not in (2, 3):
        return data, label, weights
    named = all(
        isinstance(each, tuple | list) and each and isinstance(each[0], str) for each in data
    )
    if named or isinstance(data[0], str):
        return data, None, weights
    if len(data) == 2:
        return *data, weights
    if weights is not None:
        raise ArgumentError("fit: give weights in the triple with the data, or by sample_weight=")
    return data


def _check_free(symbol: SymbolicNode, weights: object, classes: object) -> None:
    """Raise ArgumentError for weights where the network itself has an input of their name."""
    if classes is not None and isinstance(weights, Mapping):
        raise ArgumentError(
            "fit: class_weight goes with a weight for each sample, not with a dict of them by "
            "output; multiply them yourself"
        )
    given = weights is not None or classes is not None
    if given and SAMPLE_WEIGHT in symbol.list_arguments():
        raise ArgumentError(
            f"the network has an input {SAMPLE_WEIGHT!r} of its own; give it as data or label by "
            "name, or name the network's input differently"
        )


def _columns(weights: Any) -> Any:
    """Return weights as far as they are columns' names, which tell of other data too."""
    if isinstance(weights, Mapping):
        return {name: each for name, each in weights.items() if isinstance(each, str)} or None
    return weights if isinstance(weights, str) else None


def _names_columns(label: object) -> bool:
    """Tell whether labels are a column's name, or a pair of a label's name and a column's."""
    parts = label if isinstance(label, tuple) else (label,)
    return all(isinstance(each, str) for each in parts)


def _check_alone(owner: str, data: object, label: object, **options: object) -> None:
    """Raise ArgumentError for labels or options beside what has its own."""
    given = {"labels": label, **options}
    for name, value in given.items():
        if value is not None and isinstance(data, _COMPLETE):
            raise ArgumentError(
                f"{owner}: {name} is for arrays, but the data is a {type(data).__name__}, which "
                "has its own"
            )


def _split(
    forms: _Forms, given: _Given, options: FitOptions
) -> tuple[AbstractDataProvider, AbstractDataProvider]:
    """Return providers of the samples to train on, and of those to validate with."""
    if options.eval_data is not None:
        raise ArgumentError("fit: give eval_data or validation_split, not both")
    if isinstance(given.data, _COMPLETE):
        raise ArgumentError(
            "fit: validation_split divides arrays, not the batches of a "
            f"{type(given.data).__name__}; give eval_data"
        )
    found, labels, samples = forms.read(given._replace(classes=None))
    validation = round(samples * options.validation_split)
    if not 0 < validation < samples:
        raise DataError(
            f"fit: validation_split={options.validation_split:g} of {samples} samples leaves "
            f"{samples - validation} to train on and {validation} to validate with"
        )
    # Drawn from a seed of its own, so that a training that is resumed has the same validation data.
    order = np.random.default_rng(0).permutation(samples)
    parts = np.sort(order[validation:]), np.sort(order[:validation])
    size = min(options.batch_size or BATCH_SIZE, len(parts[0]))
    ours, theirs = (
        ({n: a[rows] for n, a in found.items()}, {n: a[rows] for n, a in labels.items()})
        for rows in parts
    )
    if given.classes is not None:  # of what is learned from: validation weighs classes alike
        ours = ours[0], weighted_by_class("fit", ours[1], given.classes, len(parts[0]))
    shuffle = options.shuffle is not False
    return (
        forms.batches(*ours, size, shuffle=shuffle),
        forms.batches(*theirs, min(size, len(parts[1])), shuffle=False),
    )
