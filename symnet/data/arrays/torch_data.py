"""TorchDataProvider: the batches of a torch DataLoader; and as_provider, which chooses."""

import base64
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ...core.dtype import default_dtype
from ...core.errors import ArgumentError, DataError, ParameterError
from .._last_batch import LastBatch, last_batch_policy
from ..provider import AbstractDataProvider, DataBatch, Provided
from ..taken_rows import read_only
from ._samples import by_role
from .array_provider import ArrayDataProvider

__all__ = ["TorchDataProvider", "as_provider"]

_OWNER = "TorchDataProvider"


class _GeneratorState:
    """The state of a loader's generator, if it has one of its own.

    A loader without one draws from torch's, whose state is the program's to keep.
    """

    def __init__(self, generator: torch.Generator | None) -> None:
        self._generator = generator
        self.keys = () if generator is None else ("generator",)
        self.before = self._now()  # the pass that is opened already; None where none is

    def _now(self) -> bytes | None:
        generator = self._generator
        return None if generator is None else bytes(generator.get_state().tolist())

    def state(self) -> dict[str, Any]:
        """Return the state that the next pass begins with."""
        state = self._now() if self.before is None else self.before
        return {} if state is None else {"generator": base64.b64encode(state).decode()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Let the generator go on from a state; DataError for what is none."""
        if self._generator is not None and state:
            try:
                found = bytearray(base64.b64decode(state["generator"], validate=True))
                self._generator.set_state(torch.frombuffer(found, dtype=torch.uint8))
            except (TypeError, ValueError, RuntimeError) as problem:
                raise DataError(f"{_OWNER}: this is no position: {problem}") from problem
        self.before = None

    def rewind(self) -> None:
        """Undo the opening of a pass that nobody goes on with."""
        if self._generator is not None and self.before is not None:
            self._generator.set_state(torch.frombuffer(bytearray(self.before), dtype=torch.uint8))
        self.before = None


@final
class TorchDataProvider(AbstractDataProvider):
    """Hand out the batches of a torch ``DataLoader`` as they come, as float32.

    Names and shapes are those of the first batch, which is loaded at once and handed out in the
    first pass. Order, workers and pinned memory are the loader's business.

    Args:
        loader: its batches are (data, label) pairs, dicts of arrays by name, or data alone. In a
            dict the arrays whose names end in "label" are labels.
        last_batch: what becomes of a batch that is shorter than the first: ``"pad"``, the default,
            fills it up with its last sample, in rows that do not count; ``"keep"`` hands it out
            short; ``"discard"`` leaves it out. What rolls over is up to the loader's sampler.
        data_name: name of the data, where the batches state none; default ``data``.
        label_name: the same for the labels, default ``softmax_label``.

    Raises ArgumentError for what is no ``DataLoader``, ParameterError for another ``last_batch``,
    DataError for a loader without batches, or of batches that do not fit to the first.

    >>> from torch.utils.data import TensorDataset
    >>> dataset = TensorDataset(torch.arange(6.0).view(3, 2), torch.tensor([1, 0, 1]))
    >>> provider = TorchDataProvider(DataLoader(dataset, batch_size=2))
    >>> provider.provide_data(), provider.provide_label()
    ([('data', (2, 2))], [('softmax_label', (2,))])
    >>> for batch in provider:
    ...     print(batch.count_samples(), batch.get_label()[0].asnumpy().tolist())
    2 [1.0, 0.0]
    1 [1.0, 1.0]
    """

    batch_type = DataBatch
    positioned = ("_generator",)

    def __init__(
        self,
        loader: DataLoader[Any],
        *,
        last_batch: LastBatch = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
    ) -> None:
        if not isinstance(loader, DataLoader):
            raise ArgumentError(
                f"{_OWNER}: a torch DataLoader is wanted, got {type(loader).__name__}"
            )
        self._policy = last_batch_policy(_OWNER, last_batch, "pad")
        if self._policy == "roll_over":
            raise ParameterError(
                f"{_OWNER}: last_batch='roll_over' is up to the loader's sampler; "
                "choose 'pad', 'keep' or 'discard'"
            )
        self._loader, self._names = loader, (data_name, label_name)
        # The first pass goes on with the iterator that made the first batch. A position asked for
        # before is that of the generator before it was opened.
        self._generator = _GeneratorState(loader.generator)
        batches = iter(loader)
        first = next(batches, None)
        if first is None:
            raise DataError(f"{_OWNER}: the loader has no batches")
        self._opened: Iterator[Any] | None = chain([first], batches)
        self._provided = [
            [(name, tuple(x.shape)) for name, x in part] for part in self._read(first)
        ]
        self._size = self.get_batch_size()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_opened": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._generator.rewind()

    def count_batches(self) -> int | None:
        """Return how many batches a pass has; None where the loader has no length."""
        try:
            return None if self._policy == "discard" else len(self._loader)
        except TypeError:  # of an iterable dataset
            return None

    def provide_data(self) -> list[Provided]:
        """Return name and shape of each data array."""
        return list(self._provided[0])

    def provide_label(self) -> list[Provided]:
        """Return name and shape of each label array."""
        return list(self._provided[1])

    def seek(self, position: Mapping[str, Any]) -> None:
        """Let the next pass be the one that followed when `position` was asked.

        The loader is opened anew then, also before the first pass.
        """
        super().seek(position)
        self._opened = None

    def __iter__(self) -> Iterator[DataBatch]:
        batches, self._opened = self._opened, None
        self._generator.before = None
        return self.begin_pass(self._pass(iter(self._loader) if batches is None else batches))

    def _pass(self, batches: Iterator[Any]) -> Iterator[DataBatch]:
        for number, batch in enumerate(batches, 1):
            parts = self._read(batch)
            rows = self._rows(parts, number)
            if rows < self._size and self._policy == "discard":
                continue
            missing = self._size - rows if self._policy == "pad" else 0
            data, label = (
                [read_only(_filled(array, missing)) for _, array in part] for part in parts
            )
            yield DataBatch(data, label, rows)

    def _read(self, batch: object) -> tuple[list[tuple[str, Tensor]], ...]:
        return tuple(
            [(name, _tensor(name, values)) for name, values in part.items()]
            for part in by_role(_OWNER, batch, *self._names)
        )

    def _rows(self, parts: tuple[list[tuple[str, Tensor]], ...], number: int) -> int:
        """Return the rows of a batch; DataError unless it is like the first, or shorter."""
        found = [(name, tuple(array.shape)) for part in parts for name, array in part]
        wanted = [each for part in self._provided for each in part]
        rows = {shape[:1] for _, shape in found}
        alike = [(name, shape[1:]) for name, shape in found] == [
            (name, shape[1:]) for name, shape in wanted
        ]
        (count,) = rows.pop() if len(rows) == 1 else (0,)
        if not alike or not 1 <= count <= self._size:
            raise DataError(
                f"{_OWNER}: batch {number} of the loader has {found}, but the first had {wanted}; "
                "only the number of rows may differ, and be smaller"
            )
        return count


def as_provider(data: Any, label: Any = None, **parameters: Any) -> AbstractDataProvider:
    """Return a provider of whatever the data is.

    Args:
        data: a provider, which is returned as it is; a torch ``DataLoader``, for which a
            `TorchDataProvider` is made; or anything that `ArrayDataProvider` takes.
        label: the labels, for `ArrayDataProvider`.
        parameters: what the provider takes besides.

    Raises ArgumentError for labels or parameters beside a provider, or labels beside a loader;
    otherwise what these providers raise.

    >>> as_provider(np.zeros((4, 2)), np.zeros(4), batch_size=2).provide_data()
    [('data', (2, 2))]
    """
    if isinstance(data, AbstractDataProvider) and (label is not None or parameters):
        raise ArgumentError(
            f"as_provider: a {type(data).__name__} has labels and parameters of its own"
        )
    if isinstance(data, AbstractDataProvider):
        return data
    if not isinstance(data, DataLoader):
        return ArrayDataProvider(data, label, **parameters)
    if label is not None:
        raise ArgumentError(
            "as_provider: the labels of a DataLoader are in its batches, as (data, label) pairs"
        )
    return TorchDataProvider(data, **parameters)


def _tensor(name: str, values: object) -> Tensor:
    """Return an array of a batch as float32, on the host."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        values = torch.from_numpy(values)
    if not isinstance(values, Tensor) or values.is_complex() or values.ndim == 0:
        raise DataError(
            f"{_OWNER}: {name!r} must be a tensor of real numbers with the batch on axis 0, "
            f"got {type(values).__name__}"
        )
    return values.detach().to("cpu", default_dtype)


def _filled(array: Tensor, missing: int) -> Tensor:
    last = array[-1:].expand(missing, *array.shape[1:])
    return torch.cat([array, last]) if missing else array
