"""Predicting with weights that do not change, from as many threads as one likes."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np

from ..core.context import Context
from ..core.errors import ArgumentError
from ..data import AbstractDataBatch, AbstractDataProvider, ArrayDataProvider
from ..data.arrays.array_provider import Arrays
from ..executor import Executor, simple_bind
from ..ndarray import NDArray
from ..operators.contract import Shape
from ..symbol import SymbolicNode
from ..training.loop.inputs import check_complete, check_names, only_labels, shapes_of
from ..training.loop.rows import for_shapes, rows_in

__all__ = ["Outputs", "Predictor", "provider_of"]

Outputs = NDArray | list[NDArray]

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
        self.executor.copy_params_from(arg_params, aux_params)
        self._labels = only_labels(arch)
        self._idle: deque[tuple[dict[str, Shape], Executor]] = deque(maxlen=_IDLE)
        self._idle.append((self.shapes, self.executor))
        self._lock = Lock()

    def predict(
        self,
        data: AbstractDataProvider | Arrays,
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
        rows = next(iter(self.shapes.values()))[0]
        provider = provider_of(data, list(self.shapes), rows)
        check_names(self.executor.symbol, provider, with_labels=False)
        collected: list[list[np.ndarray]] = [[] for _ in self.executor.outputs]
        for batch in provider:
            with self._borrowed(_shapes_in(provider, batch)) as executor:
                provider.load_data(
                    batch, [executor.arg_dict[n] for n, _ in provider.provide_data()]
                )
                outputs = [out[: provider.count_samples(batch)] for out in executor.forward()]
                if callback is not None:
                    callback(outputs[0] if len(outputs) == 1 else outputs)
                    continue
                for parts, output in zip(collected, outputs, strict=True):
                    parts.append(output.asnumpy())
        return None if callback is not None else self._joined(collected)

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


def _shapes_in(provider: AbstractDataProvider, batch: AbstractDataBatch) -> dict[str, Shape]:
    """Return the shapes of a batch's data by name."""
    rows = rows_in(provider, batch, provider.get_batch_size())
    shapes = shapes_of(provider.provide_data())
    if rows == provider.get_batch_size():
        return shapes
    return {name: (rows, *shape[1:]) for name, shape in shapes.items()}


def provider_of(
    data: AbstractDataProvider | Arrays, inputs: Sequence[str], rows: int
) -> AbstractDataProvider:
    """Return a provider of what is to be predicted.

    Args:
        data: a provider; an array for the one input; or arrays by name.
        inputs: names of the network's inputs.
        rows: the most rows that a batch of arrays has.

    Raises ArgumentError for an array alone where there is not one input.
    """
    if isinstance(data, AbstractDataProvider):
        return data
    named = data if isinstance(data, Mapping | list | tuple) else (_only(inputs), data)
    samples = ArrayDataProvider(named).get_batch_size()
    return ArrayDataProvider(named, batch_size=min(samples, rows))


def _only(inputs: Sequence[str]) -> str:
    if len(inputs) != 1:
        raise ArgumentError(
            "predict: an array alone is for a network with one input, this one has "
            f"{', '.join(inputs) or 'none'}; give a dict of arrays by name"
        )
    return inputs[0]
