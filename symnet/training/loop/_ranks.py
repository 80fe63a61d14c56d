"""Ranks: what a training has to do because other processes train the same model with it.

Every process runs the same training loop over its own batches. Here they agree: at the start on
what is trained, at every step on whether it goes on, after every epoch on what came out. Alone,
all of it is nothing to do.
"""

import hashlib
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from ...core.context import Context
from ...core.errors import ArgumentError, DeviceError
from ...core.logs import logger
from ...data import AbstractDataBatch, AbstractDataProvider
from ...ndarray import NDArray
from ..callback import StopTraining
from ..kvstore.exchange import BucketedSum
from ..kvstore.world import World
from ._parts import EveryNth
from .devices import DeviceGroup
from .measures import Mergeable

__all__ = ["Ranks", "Remembers"]

T = TypeVar("T")


class Remembers(Protocol):
    """What keeps what a checkpoint needs."""

    def remember(self) -> None:
        """Keep a copy of what others may change."""


class Ranks:
    """The processes of a training, as its loop sees them.

    Args:
        world: the processes; by default this one alone.
    """

    def __init__(self, world: World | None = None) -> None:
        self._world = world or World()
        self.exchange = BucketedSum(self._world) if self.size > 1 else None
        """Sums the gradients; None where there is nobody to exchange them with."""
        self._flags = torch.zeros(2, dtype=torch.int64)
        self._begun: Any = None
        self._agreed: StopTraining | None = None

    @property
    def size(self) -> int:
        """How many processes there are."""
        return self._world.size

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        return self._world.rank

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that logs and writes files."""
        return self._world.is_first

    @property
    def summed(self) -> int:
        """Of how many processes one update has the gradients."""
        return self.size

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Tell the others of an error here; meanwhile only rank 0 logs more than warnings."""
        if not self.is_first:
            logger.addFilter(_is_warning)
        try:
            with self._world.guard():
                yield
        finally:
            logger.removeFilter(_is_warning)

    # -- before the training ---------------------------------------------------------------------

    def check_agreed(self, facts: Mapping[str, str]) -> None:
        """Raise ArgumentError, on all ranks, where one of them is about to train something else.

        Args:
            facts: what must be equal, by what it is called; the first difference is told.
        """
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()
        digests = self._world.gather(digest)  # the texts of a thousand ranks would be many
        if digests == [digests[0]] * self.size:
            return
        rank = next(n for n, each in enumerate(digests) if each != digests[0])
        expected, theirs = (self._world.gather(dict(facts))[n] for n in (0, rank))
        name = next(name for name in expected if theirs[name] != expected[name])
        raise self._world.common(
            ArgumentError(
                f"fit: all processes must train the same, but {name} is "
                f"{_differing(expected[name], theirs[name])} on rank 0, and "
                f"{_differing(theirs[name], expected[name])} on rank {rank}"
            )
        )

    def check_devices(self, contexts: Sequence[Context]) -> None:
        """Raise DeviceError, on all ranks, where two of them would share a GPU."""
        gpus = [(socket.gethostname(), str(c)) for c in contexts if c.device.type == "cuda"]
        owners: dict[tuple[str, str], int] = {}
        for rank, theirs in enumerate(self._world.gather(gpus)):
            for gpu in theirs:
                if owners.setdefault(gpu, rank) != rank:
                    raise self._world.common(
                        DeviceError(
                            f"fit: ranks {owners[gpu]} and {rank} both train on {gpu[1]} of "
                            f"{gpu[0]}; each needs its own: "
                            "FeedForward(…, mx.gpu(int(os.environ['LOCAL_RANK'])))"
                        )
                    )

    def share(self, provider: AbstractDataProvider) -> AbstractDataProvider:
        """Return the part of a provider's batches that is for this process.

        One that was made for a part of the data already stays as it is.
        """
        if self.size == 1 or provider.num_parts > 1:
            return provider
        # Whatever each process would have drawn on its own: they shuffle as rank 0 does.
        provider.seek(self._world.from_first(provider.position()))
        return EveryNth(provider, self.size, self._world.rank)

    def copy_from_first(self, *groups: Mapping[str, NDArray]) -> None:
        """Overwrite parameters and states, on the CPU, with those of rank 0."""
        for group in groups:
            for name in group:
                self._world.copy_from_first(group[name].torch)

    def from_first(self, make: Callable[[], T]) -> T:
        """Return what a function returns on rank 0, the only one to call it."""
        made: T = self._world.from_first(make() if self.is_first else None)
        return made

    def separate_random(self) -> None:
        """Give each rank random numbers of its own; those of rank 0 are what they were."""
        if self.size == 1:
            return
        copied = torch.Generator()
        copied.set_state(torch.get_rng_state())
        drawn = int(torch.randint(2**62, (), generator=copied))
        seed = self._world.from_first(drawn)
        if not self.is_first:
            torch.manual_seed(seed + self._world.rank)

    # -- steps -----------------------------------------------------------------------------------

    def steps(self, provider: AbstractDataProvider) -> Iterator[AbstractDataBatch | None]:
        """Yield the batches of an epoch, and None for each step that only other ranks have one for.

        For each batch `announce` and `agree_on_step` are called before its gradients are exchanged.
        """
        yield from provider
        # A collective that one rank leaves out would hang the others, so a rank whose batches are
        # used up goes on step by step until nobody has one.
        while self.size > 1:
            self._say(has_batch=False)
            if not self.agree_on_step():
                return
            yield None

    def announce(self) -> None:
        """Begin to tell the others that this process has a batch.

        It is begun before forward and waited for after it: the sum travels while the devices work.
        """
        if self.size > 1:
            self._say(has_batch=True)

    def _say(self, *, has_batch: bool, stops: bool = False) -> None:
        self._flags = torch.tensor([has_batch, stops], dtype=torch.int64)
        self._begun = self._world.start_sum(self._flags)

    def agree_on_step(self) -> int:
        """Return how many ranks have a batch, and raise StopTraining where one wants to stop.

        It is raised on all ranks in the same step, with the reason of the first that gave one.
        """
        if self.size == 1:
            return 1
        self._world.wait(self._begun)
        with_batch, stopping = self._flags.tolist()
        if stopping:
            raise self._common_stop(None)
        return int(with_batch)

    def agree_to_stop(self, stop: StopTraining) -> StopTraining:
        """Tell all ranks to stop, and return what all of them stop for."""
        if self.size == 1 or stop is self._agreed:
            return stop
        self._say(has_batch=False, stops=True)
        self._world.wait(self._begun)
        return self._common_stop(stop)

    def _common_stop(self, own: StopTraining | None) -> StopTraining:
        given = None if own is None else (own.reason, own.discard, own.elsewhere)
        self._agreed = _chosen(self._world.gather(given))
        return self._agreed

    # -- weights ---------------------------------------------------------------------------------

    def share_weights(self, devices: DeviceGroup) -> None:
        """Let each process keep the weights: they are equal."""

    def settle(self, devices: DeviceGroup, parts: "Remembers | None") -> None:
        """Leave weights and states as they are: nobody changes them between two steps."""

    def finish(self, devices: DeviceGroup) -> bool:
        """End the training; tell whether that has changed weights."""
        return False

    # -- after an epoch --------------------------------------------------------------------------

    def any_of(self, value: T | None) -> T | None:
        """Return the value of the first rank that has one, None where none has."""
        return next((each for each in self._world.gather(value) if each is not None), None)

    def all_on_cpus(self, contexts: Sequence[Context]) -> bool:
        """Tell whether all ranks train on CPUs alone."""
        own = all(context.device_type == "cpu" for context in contexts)
        return all(self._world.gather(own))

    def gather_at_first(self, value: T) -> list[T]:
        """Return the values of all ranks on rank 0, an empty list on the others."""
        return self._world.gather_at_first(value)

    def same(self, value: T) -> T:
        """Return the value of rank 0."""
        return self.from_first(lambda: value)

    def merge(self, metric: Mergeable) -> None:
        """Let a metric go over to what all ranks have taken in."""
        if self.size > 1:
            metric.merge(self.total)

    def total(self, amount: Tensor) -> Tensor:
        """Return the sum of a tensor over all ranks; a single number counts for each element."""
        start = torch.zeros((), dtype=amount.dtype)
        return sum(self._world.gather(amount), start)

    def mean(self, states: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return the means of arrays on the CPU over all ranks."""
        if self.size == 1:
            return dict(states)
        return {
            name: NDArray.wrap(self._world.sum(a.torch.clone()).div_(self.size), a.context)
            for name, a in states.items()
        }

    def barrier(self) -> None:
        """Wait until all ranks are here."""
        self._world.barrier()


def _chosen(given: Sequence[tuple[str, bool, bool] | None]) -> StopTraining:
    """Return what all ranks stop for, of the reasons of those that have one.

    The first counts that has its cause in its own process; its rank is told unless all say alike.
    """
    reasons = {rank: each for rank, each in enumerate(given) if each is not None}
    certain = [rank for rank, (_, _, elsewhere) in reasons.items() if not elsewhere]
    rank = certain[0] if certain else next(iter(reasons))
    reason, discard, _ = reasons[rank]
    alike = len(set(given)) == 1
    return StopTraining(reason if alike else f"rank {rank}: {reason}", discard=discard)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _differing(text: str, other: str) -> str:
    """Return a text, cut to where it differs from another one."""
    if max(len(text), len(other)) <= 200:
        return text
    place = next(
        (n for n, pair in enumerate(zip(text, other, strict=False)) if pair[0] != pair[1]),
        min(len(text), len(other)),
    )
    return f"…{text[max(0, place - 60) : place + 60]}…"
