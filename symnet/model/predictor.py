"""Predicting with weights that do not change, from as many threads as one likes."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..core.context import Context
from ..core.errors import ArgumentError, ShapeError, listed, suggest
from ..core.writes import outside_inference_mode, writes_of
from ..data import (
    AbstractDataBatch,
    AbstractDataProvider,
    ArrayDataProvider,
    TorchDataProvider,
)
from ..data.arrays.array_provider import Arrays, names_itself, read_samples
from ..data.provider import Targets
from ..drawing import names_of
from ..executor import Executor, simple_bind
from ..ndarray import NDArray
from ..operators.contract import Shape
from ..symbol import SymbolicNode
from ..training.loop.encoding import Encoder
from ..training.loop.inputs import check_complete, check_names, only_labels, shapes_of
from ..training.loop.rows import for_shapes, rows_in

__all__ = [
    "Outputs",
    "Predictable",
    "Predictor",
    "Samples",
    "check_same_shapes",
    "check_samples",
    "provided_by",
    "samples_of",
]

Outputs = NDArray | list[NDArray]

Predictable = Arrays | DataLoader[Any] | Dataset[Any] | Sequence[Any]
"""What can be predicted beside a provider: arrays, tables, lists of numbers, what torch loads."""

Samples = AbstractDataProvider | dict[str, Tensor]
"""What is to be predicted: a provider, or the arrays of one batch by name."""

_IDLE = 16
"""How many executors that nobody uses are kept for later."""


class Predictor:
    """A network and a copy of its weights, which predicts for any number of threads at once.

    Made by `FeedForward.predictor`. All threads read the same weights. Each call takes an executor,
    the arrays between input and output, that nobody else is using, and leaves it for the next; so
    there are as many executors as there were calls at the same time, for each shape of the data.

    Args:
        arch: the network.
        context: the device that it runs on.
        arg_params: the parameters, by name; they are copied.
        aux_params: the auxiliary states, by name; they are copied.
        shapes: shapes of the data by name. Batches may have other numbers of rows.

    Raises ArgumentError where parameters or states are missing or of another network, ShapeError
    where shapes do not fit.

    >>> from symnet.core.context import cpu
    >>> from symnet.ndarray import array
    >>> from symnet.symbol import Variable
    >>> net = Variable("x") * Variable("scale")
    >>> predictor = Predictor(net, cpu(), {"scale": array([[2.0, 3.0]])}, {}, {"x": (1, 2)})
    >>> predictor.predict(np.array([[10.0, 10.0]]))
    array([[20., 30.]], dtype=float32)
    """

    def __init__(
        self,
        arch: SymbolicNode,
        context: Context,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray],
        shapes: Mapping[str, Shape],
    ) -> None:
        check_complete(arch, shapes, arg_params, aux_params)
        self.shapes: dict[str, Any] = dict(shapes)
        self.executor = simple_bind(arch, context, grad_req="null", **self.shapes)
        try:
            self.executor.copy_params_from(arg_params, aux_params)
        except ShapeError as problem:
            given = ", ".join(f"{name!r} of shape {shape}" for name, shape in shapes.items())
            raise ShapeError(
                f"the data to predict, {given}, is not shaped like the data that the model was "
                f"trained with: its {problem}; axis 0 is the samples, so that one sample alone is "
                "data[None]"
            ) from None
        self.executor.hold_constant([*arg_params, *aux_params])
        copies = {**self.executor.arg_dict, **self.executor.aux_dict}
        self._source = _Source({**arg_params, **aux_params}, copies)
        self._labels = only_labels(arch)
        self._idle: deque[tuple[dict[str, Shape], Executor]] = deque(maxlen=_IDLE)
        self._idle.append((self.shapes, self.executor))
        self._lock = Lock()

    def __repr__(self) -> str:
        own = self.executor
        shapes = ", ".join(f"{name} {shape}" for name, shape in self.shapes.items())
        return f"Predictor({names_of(own.symbol.graph)}: {shapes}, {own.context!r})"

    def has_weights(
        self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]
    ) -> bool:
        """Tell whether its weights are copies of these, as they are now."""
        return self._source.is_still({**arg_params, **aux_params})

    def __reduce__(self) -> tuple[Any, ...]:
        own = self.executor
        inputs = {*self.shapes, *self._labels}
        parameters = {name: a for name, a in own.arg_dict.items() if name not in inputs}
        return Predictor, (own.symbol, own.context, parameters, own.aux_dict, self.shapes)

    @outside_inference_mode
    def predict(
        self,
        data: AbstractDataProvider | Predictable,
        *,
        callback: Callable[[Outputs], object] | None = None,
    ) -> np.ndarray | list[np.ndarray] | None:
        """Predict; may be called from several threads at once, each with data of its own.

        Args:
            data: as for `FeedForward.predict`.
            callback: as for `FeedForward.predict`; called in the thread that predicts.

        Returns what `FeedForward.predict` returns. Raises ArgumentError for data that does not
        belong to the network, ShapeError for shapes that its weights do not fit.
        """
        samples: Samples
        if isinstance(data, AbstractDataProvider):
            samples = data
        else:
            rows = next(iter(self.shapes.values()))[0]
            samples = samples_of(data, list(self.shapes), rows, self.executor.symbol)
        check_samples(self.executor.symbol, samples)
        return self.predict_samples(samples, callback)

    def predict_samples(
        self, samples: Samples, callback: Callable[[Outputs], object] | None
    ) -> np.ndarray | list[np.ndarray] | None:
        """Do what `predict` does, with samples that are known to belong to the network."""
        collected: list[list[np.ndarray]] = [[] for _ in self.executor.outputs]
        for outputs in self._predicted(samples):
            if callback is not None:
                callback(outputs[0] if len(outputs) == 1 else outputs)
                continue
            for parts, output in zip(collected, outputs, strict=True):
                parts.append(output.asnumpy())
        return None if callback is not None else self._joined(collected)

    def _predicted(self, samples: Samples) -> Iterator[list[NDArray]]:
        """Yield the outputs of each batch; until the next one they are nobody else's."""
        if isinstance(samples, dict):
            with self._borrowed(provided_by(samples)) as own:
                for name, each in samples.items():
                    own.arg_dict[name].torch.copy_(each)
                yield own.forward()
            return
        for batch, outputs in self.of_batches(samples):
            yield [output[: samples.count_samples(batch)] for output in outputs]

    def of_batches(
        self, provider: AbstractDataProvider
    ) -> Iterator[tuple[AbstractDataBatch, list[NDArray]]]:
        """Yield each batch with its outputs, padding included; see `predict_samples`.

        Labels are read where the predictor was made for them, too: where outputs depend on them.
        """
        data, labels = provider.provide_data(), provider.provide_label()
        used = [(name, shape) for name, shape in labels if name in self.shapes]
        for batch in provider:
            rows = rows_in(provider, batch, provider.get_batch_size())
            shapes = {n: (rows, *s[1:]) for n, s in (*data, *used)}
            with self._borrowed(shapes) as own:
                provider.load_data(batch, [own.arg_dict[name] for name, _ in data])
                if used:
                    arrays = own.arg_dict
                    targets: Targets = [
                        arrays[name] if name in shapes else [] for name, _ in labels
                    ]
                    provider.load_label(batch, targets)
                yield batch, own.forward()

    def _joined(self, collected: Sequence[Sequence[np.ndarray]]) -> np.ndarray | list[np.ndarray]:
        """Return the parts of each output in one array."""
        joined = [
            np.concatenate(parts) if parts else output.asnumpy()[:0]
            for parts, output in zip(collected, self.executor.outputs, strict=True)
        ]
        return joined[0] if len(joined) == 1 else joined

    @contextmanager
    def _borrowed(self, shapes: dict[str, Shape]) -> Iterator[Executor]:
        """Have an executor for data of these shapes, which nobody else is using."""
        executor = self._idle_for(shapes) or for_shapes(self.executor, shapes, self._labels)
        try:
            yield executor
        finally:
            with self._lock:
                self._idle.append((shapes, executor))

    def _idle_for(self, shapes: dict[str, Shape]) -> Executor | None:
        with self._lock:
            for entry in reversed(self._idle):
                if entry[0] == shapes:
                    self._idle.remove(entry)
                    return entry[1]
        return None


class _Source:
    """The arrays that weights were copied from.

    Counts tell whether they were written to since. What NumPy writes is not counted, so arrays
    whose memory was ever lent to it are compared number by number.

    Args:
        arrays: the arrays.
        copies: what they were copied to, and perhaps more, by name.
    """

    def __init__(self, arrays: Mapping[str, NDArray], copies: Mapping[str, NDArray]) -> None:
        self._arrays = dict(arrays)
        self._copies = copies
        self._versions = self._versions_of(arrays)

    def is_still(self, arrays: Mapping[str, NDArray]) -> bool:
        """Tell whether these are the same arrays, with the same numbers."""
        return (
            arrays.keys() == self._arrays.keys()
            and all(arrays[name] is own for name, own in self._arrays.items())
            and self._versions_of(arrays) == self._versions
            and all(
                torch.equal(own.torch, self._copies[name].torch)
                for name, own in arrays.items()
                if own.is_lent
            )
        )

    @staticmethod
    def _versions_of(arrays: Mapping[str, NDArray]) -> list[float]:
        return [writes_of(array.torch) for array in arrays.values()]


def samples_of(
    data: Predictable, inputs: Sequence[str], rows: int, symbol: SymbolicNode
) -> Samples:
    """Return what is to be predicted, as one batch where that is enough.

    Args:
        data: an array, in any form, for the one input; arrays by name; or a loader or dataset of
            torch, whose labels are not read.
        inputs: names of the network's inputs.
        rows: the most rows that a batch has.
        symbol: the network, which knows how text is encoded.

    Raises ArgumentError for an array alone where there is not one input, and DataError for what is
    no array.
    """
    if isinstance(data, DataLoader):
        return TorchDataProvider(data, last_batch="keep", data_name=(*inputs, "data")[0])
    named = names_itself(data) or (isinstance(data, Dataset) and len(inputs) != 1)
    name = (*inputs, "data")[0] if named else _only(inputs)
    samples = read_samples(data, name, Encoder("predict", symbol))
    count = len(next(iter(samples.values())))
    return samples if count <= rows else ArrayDataProvider(samples, batch_size=rows)


def named_outputs(
    symbol: SymbolicNode, found: Any, outputs: str | Sequence[str]
) -> np.ndarray | dict[str, np.ndarray]:
    """Return outputs of a network by their names; ArgumentError for a name that is none."""
    known = symbol.list_outputs()
    wanted = [outputs] if isinstance(outputs, str) else list(outputs)
    for name in wanted:
        if name not in known:
            raise ArgumentError(
                f"predict: the network has no output {name!r}{suggest(name, known)} {listed(known)}"
            )
    if found is None:
        raise ArgumentError("predict: outputs= names what is returned; a callback is given all")
    by_name = dict(zip(known, found if isinstance(found, list) else [found], strict=True))
    return by_name[outputs] if isinstance(outputs, str) else {n: by_name[n] for n in wanted}


def check_samples(arch: SymbolicNode, samples: Samples) -> None:
    """Raise ArgumentError where samples have a name that is no argument of the network."""
    labels = () if isinstance(samples, dict) else samples.provide_label()
    check_names(arch, [*provided_by(samples).items()], labels, with_labels=False)


def check_same_shapes(predictor: Predictor, shapes: Mapping[str, Shape]) -> None:
    """Raise ShapeError where a predictor was made for data of other shapes."""
    for name, shape in shapes.items():
        if predictor.shapes[name] != shape:
            raise ShapeError(
                f"the predictor was made for {name!r} of shape {predictor.shapes[name]}, the "
                f"provider gives {shape}; predict(…, overwrite=True) makes a new one"
            )


def provided_by(samples: Samples) -> dict[str, Shape]:
    """Return the shapes of a batch by name."""
    if isinstance(samples, dict):
        return {name: tuple(each.shape) for name, each in samples.items()}
    return shapes_of(samples.provide_data())


def _only(inputs: Sequence[str]) -> str:
    if len(inputs) != 1:
        raise ArgumentError(
            "predict: an array alone is for a network with one input, this one has "
            f"{', '.join(inputs) or 'none'}; give a dict of arrays by name"
        )
    return inputs[0]
