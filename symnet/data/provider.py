"""What a data provider is: the interface, and a plain batch.

A provider splits data into mini-batches. Axis 0 of every array that it hands out is the batch. It
is of full length, the batch size that `provide_data` states; where the data runs out, the rows
after the first `count_samples` are padding. Only where a user asks a provider for
``last_batch="keep"`` the last batch of a pass has fewer rows, and all of them are samples.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, final

from ..core.errors import (
    ArgumentError,
    DataError,
    MXError,
    ReadOnlyError,
    ShapeError,
    listed,
    suggest,
)
from ..ndarray import NDArray
from ._position import Positioned
from .passes import AbstractDataProviderState, Batch, ProviderPass
from .taken_rows import TakenRows

__all__ = [
    "AbstractDataBatch",
    "AbstractDataProvider",
    "DataBatch",
    "Provided",
    "SlicedNDArray",
    "Targets",
]

Provided = tuple[str, tuple[int, ...]]
"""The name and the shape of one array that a provider hands out."""

SlicedNDArray = tuple[slice | range | tuple[int, int], NDArray]
"""Rows of a batch, as ``slice(0, 50)``, ``range(0, 50)`` or ``(0, 50)``, and the array that they
are loaded into."""

Targets = Sequence[NDArray | Sequence[SlicedNDArray]]
"""Where the arrays of a batch go: each into one array, or in slices into several."""


class AbstractDataBatch(ABC):
    """One mini-batch: its data, its labels and how many of its rows are samples.

    Source: the documents, "AbstractDataBatch".

    >>> import symnet as mx
    >>> provider = mx.ArrayDataProvider(mx.ones(3, 2).asnumpy(), batch_size=2)
    >>> [batch.count_samples() for batch in provider]
    [2, 1]
    """

    __slots__ = ()

    def __repr__(self) -> str:
        shapes = (
            ", ".join(str(array.shape) for array in part)
            for part in (self.get_data(), self.get_label())
        )
        data, label = (text or "none" for text in shapes)
        return f"{type(self).__name__}(data {data}, label {label}, {self.count_samples()} samples)"

    @abstractmethod
    def get_data(self) -> Sequence[NDArray]:
        """Return the data arrays, in the order of the provider's `provide_data`."""

    @abstractmethod
    def get_label(self) -> Sequence[NDArray]:
        """Return the label arrays, in the order of the provider's `provide_label`."""

    @abstractmethod
    def count_samples(self) -> int:
        """Return how many rows are samples; the rows after them are padding."""


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DataBatch(AbstractDataBatch):
    """A batch that holds its arrays.

    Args:
        data: the data arrays, axis 0 of each is the batch.
        label: the label arrays, axis 0 of each is the batch.
        count: how many rows are samples, from 1 to the batch size.

    Raises DataError where ``count`` is out of range, ArgumentError for what is not an NDArray.
    Source: the documents, "DataBatch".

    >>> from symnet.ndarray import zeros
    >>> batch = DataBatch([zeros(4, 2)], [zeros(4)], 3)
    >>> [x.shape for x in batch.get_data()], batch.count_samples()
    ([(4, 2)], 3)
    """

    data: Sequence[NDArray]
    label: Sequence[NDArray]
    count: int

    def __post_init__(self) -> None:
        for kind, arrays in (("data", self.data), ("label", self.label)):
            if isinstance(arrays, TakenRows):  # looking at them would put them together
                continue
            for position, array in enumerate(arrays):
                if not isinstance(array, NDArray):
                    raise ArgumentError(
                        f"DataBatch: {kind}[{position}] must be an NDArray, "
                        f"got {type(array).__name__}; mx.array(...) makes one"
                    )
                if not 1 <= self.count <= len(array):
                    raise DataError(
                        f"DataBatch: count must be in 1..{len(array)}, the rows of "
                        f"{kind}[{position}], got {self.count}"
                    )

    def get_data(self) -> Sequence[NDArray]:
        """Return the data arrays."""
        return self.data

    def get_label(self) -> Sequence[NDArray]:
        """Return the label arrays."""
        return self.label

    def count_samples(self) -> int:
        """Return how many rows are samples."""
        return self.count


class AbstractDataProvider(ABC):
    """The root of all data providers.

    A provider defines `provide_data` and `provide_label`, and its batches: either `eachbatch` as a
    generator, or ``__iter__``. Every pass starts with ``iter``, which goes back to the first batch
    and shuffles where that is wanted. One provider serves one pass at a time: where another one is
    begun, in a loop inside the loop or in another thread, the first may not go on, and raises
    DataError. An ``__iter__`` of one's own does so where it returns `begin_pass` of its batches.

    Source: the documents, "Data Providers, Interface".

    >>> from symnet.ndarray import full
    >>> class Constants(AbstractDataProvider):
    ...     def provide_data(self):
    ...         return [("data", (2, 3))]
    ...     def provide_label(self):
    ...         return []
    ...     def eachbatch(self):
    ...         for number in range(3):
    ...             yield DataBatch([full((2, 3), number)], [], 2)
    >>> provider = Constants()
    >>> [float(provider.get(batch, "data")[0][0]) for batch in provider]
    [0.0, 1.0, 2.0]
    """

    batch_type: ClassVar[type[Any]] = AbstractDataBatch
    """The class of its batches: the documents' ``eltype(provider)``."""

    passes_begun = 0
    """How many passes were begun; only the last may go on."""

    repeats_samples = False
    """Whether every pass has all samples of the first one, and no others: whoever looked at them
    once need not look again."""

    def __repr__(self) -> str:
        arrays = [f"{name} {shape}" for name, shape in self.provide_data()]
        labels = [f"{name} {shape}" for name, shape in self.provide_label()]
        count = self.count_batches()
        told = [*arrays, *labels, *([] if count is None else [f"{count:,} batches"])]
        return f"{type(self).__name__}({', '.join(told)})"

    def known_finite(self) -> bool:
        """Tell whether everything in every pass is known to be a finite number.

        Then nobody need look at each batch. False, unless a provider says otherwise: nobody knows.
        """
        return False

    @abstractmethod
    def provide_data(self) -> Sequence[Provided]:
        """Return name and shape of each data array; ``shape[0]`` is the batch size.

        Data is what a model is given both in training and in prediction. The names should be those
        of inputs of the network.
        """

    @abstractmethod
    def provide_label(self) -> Sequence[Provided]:
        """Return name and shape of each label array; ``shape[0]`` is the batch size.

        Labels are what a model is given in training only.
        """

    def get_batch_size(self) -> int:
        """Return the number of rows in every batch, but for a last one that is kept short.

        Raises DataError where the arrays do not all have the same length along axis 0.
        """
        provided = [*self.provide_data(), *self.provide_label()]
        sizes = {shape[:1] for _, shape in provided}
        if len(sizes) != 1 or () in sizes:
            found = ", ".join(f"{name} {shape}" for name, shape in provided) or "no arrays"
            raise DataError(
                f"{type(self).__name__}: axis 0 of all arrays must be the same batch size, "
                f"but it provides {found}"
            )
        return sizes.pop()[0]

    def count_batches(self) -> int | None:
        """Return how many batches every pass has; None, the default, where that is not known.

        Progress bars and schedules of learning rates ask for it.
        """
        return None

    @property
    def num_parts(self) -> int:
        """In how many parts the data was divided, of which this provider reads one.

        Where it is 1, processes that train together take turns: with n of them, each takes every
        n-th batch.
        """
        return 1

    def eachbatch(self) -> Iterable[AbstractDataBatch]:
        """Return what a pass iterates over: the provider itself, unless a provider says otherwise.

        A provider that is written as a generator overrides this method.
        """
        return self

    def __iter__(self) -> Iterator[AbstractDataBatch]:
        batches = self.eachbatch()
        if batches is self:
            raise DataError(
                f"{type(self).__name__} has no batches: "
                "define eachbatch as a generator, or __iter__"
            )
        return self.begin_pass(iter(batches))

    def begin_pass(self, batches: Iterator[Batch]) -> AbstractDataProviderState[Batch]:
        """Return a pass over some batches, which ends any other that is under way."""
        return ProviderPass(self, batches)

    positioned: ClassVar[tuple[str, ...]] = ()
    """The attributes that hold what the next pass depends on, each a `Positioned`."""

    def position(self) -> dict[str, Any]:
        """Return what the next pass depends on, so that `seek` can bring it back.

        Asked for between passes, or before the first, it settles the next one: which order the
        samples have, and with which of them it starts. It goes into a checkpoint, so it holds only
        what JSON can. A provider whose passes are all alike has nothing to tell, and returns
        ``{}``. One that names its `positioned` parts needs no more; one that overrides this method
        overrides `seek` as well.
        """
        states = [getattr(self, name).state() for name in self.positioned]
        return {key: value for state in states for key, value in state.items()}

    def seek(self, position: Mapping[str, Any]) -> None:
        """Let the next pass be the one that followed when `position` was asked.

        Args:
            position: what `position` returned, of a provider made with the same parameters over
                the same data, perhaps in another process.

        Raises DataError for the position of another kind of provider, which leaves this one as it
        was.
        """
        # Restoring copies, and taking them over last: an error leaves no part half restored.
        parts: dict[str, Positioned] = {name: copy(getattr(self, name)) for name in self.positioned}
        known = {key for part in parts.values() for key in part.keys}
        if unknown := position.keys() - known:
            why = "" if known else ", which has the same batches in every pass"
            raise DataError(
                f"{type(self).__name__}: this is no position of such a provider{why}: "
                f"{sorted(unknown)} in {dict(position)!r}"
            )
        for part in parts.values():
            part.restore(position)
        for name, part in parts.items():
            setattr(self, name, part)

    def __getstate__(self) -> dict[str, Any]:
        # Of copies too, so that a copy's passes do not move those of the original.
        return {**self.__dict__, **{name: copy(getattr(self, name)) for name in self.positioned}}

    def get_data(self, batch: AbstractDataBatch) -> Sequence[NDArray]:
        """Return the data arrays of a batch, in the order of `provide_data`."""
        return batch.get_data()

    def get_label(self, batch: AbstractDataBatch) -> Sequence[NDArray]:
        """Return the label arrays of a batch, in the order of `provide_label`."""
        return batch.get_label()

    def count_samples(self, batch: AbstractDataBatch) -> int:
        """Return how many rows of a batch are samples, from 1 to the batch size."""
        return batch.count_samples()

    def get(self, batch: AbstractDataBatch, name: str) -> NDArray:
        """Return the array of a batch that has a name, looked for in the data, then in the labels.

        Raises DataError for a name that the provider does not provide.
        """
        known = []
        for provided, arrays in (
            (self.provide_data(), self.get_data(batch)),
            (self.provide_label(), self.get_label(batch)),
        ):
            names = [each for each, _ in provided]
            if name in names:
                return arrays[names.index(name)]
            known += names
        raise DataError(
            f"{name} is not provided by this data provider{suggest(name, known)} {listed(known)}"
        )

    def load_data(self, batch: AbstractDataBatch, targets: Targets) -> None:
        """Copy the data arrays of a batch into arrays of the same shapes.

        Args:
            batch: the batch.
            targets: one entry per data array: an NDArray, or a list of (rows, NDArray) that says
                which rows go into which array, as for a batch split over several devices. Where
                the batch has more arrays than targets, or the other way round, the rest is left.

        Element types are converted, and devices crossed. Raises ShapeError, ReadOnlyError or
        ArgumentError, with the name of the array, where a target does not fit.

        >>> from symnet.data.arrays.array_provider import ArrayDataProvider
        >>> from symnet.ndarray import array, zeros
        >>> provider = ArrayDataProvider(array([[1, 2], [3, 4]]))
        >>> first, second = zeros(1, 2), zeros(1, 2)
        >>> for batch in provider:
        ...     provider.load_data(batch, [[((0, 1), first), ((1, 2), second)]])
        >>> second
        NDArray([[3., 4.]], float32, CPU0)
        """
        self._load(self.get_data(batch), targets, self.provide_data)

    def load_label(self, batch: AbstractDataBatch, targets: Targets) -> None:
        """Copy the label arrays of a batch into arrays; ``targets`` are as for `load_data`."""
        self._load(self.get_label(batch), targets, self.provide_label)

    def _load(
        self,
        arrays: Sequence[NDArray],
        targets: Targets,
        provided: Callable[[], Sequence[Provided]],
    ) -> None:
        for position, target in enumerate(targets[: len(arrays)]):
            try:
                if not isinstance(target, NDArray):
                    for rows, part in target:
                        _copy(_rows(arrays[position], rows), part)
                elif not _gathers(arrays, position, target):
                    _copy(arrays[position], target)
            except MXError as problem:
                name = provided()[position][0]
                raise type(problem)(f"{type(self).__name__}: {name!r}: {problem}") from None


def _rows(array: NDArray, rows: slice | range | tuple[int, int]) -> NDArray:
    """Return some rows of an array; ArgumentError for what does not name any."""
    if isinstance(rows, slice):
        return array[rows]
    if isinstance(rows, range) and rows.step == 1:
        return array.slice(rows.start, rows.stop)
    if isinstance(rows, tuple) and len(rows) == 2:
        return array.slice(*rows)
    raise ArgumentError(
        f"rows are named as slice(0, 2), range(0, 2) or (0, 2), all for the first two, got {rows!r}"
    )


def _gathers(arrays: Sequence[NDArray], position: int, target: NDArray) -> bool:
    """Put an array that is not together yet together in the target; tell whether that was it."""
    # Its very class, which is final: to ask an abstract class for instances takes longer.
    if type(arrays) is not TakenRows or not target.writable:
        return False
    return arrays.write(position, target.torch)


def _copy(source: NDArray, target: NDArray) -> None:
    """Copy into an array of the same shape.

    Not waiting for a GPU is safe: a copy out of the host's pageable memory has read its source
    when it returns, and the memory of NDArrays is pageable.
    """
    if not target.writable:
        raise ReadOnlyError("the target may only be read; load into an array of its own")
    found, wanted = source.torch, target.torch
    if found.shape != wanted.shape:
        raise ShapeError(f"a batch of shape {source.shape} does not fit a target of {target.shape}")
    wanted.copy_(found, non_blocking=wanted.is_cuda)
