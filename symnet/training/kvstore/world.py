"""World: the processes that train one model together, over `torch.distributed`."""

import atexit
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from ...core.errors import ArgumentError, DistributedError, MXError, ParameterError
from ._bounded import within
from ._heartbeat import Heartbeat
from ._lines import Lines
from ._meeting import meet

__all__ = ["DEFAULT_TIMEOUT", "Membership", "World", "find_membership", "join"]

DEFAULT_TIMEOUT = 300.0
"""How many seconds processes wait for each other, unless something else is asked for."""

E = TypeVar("E", bound=MXError)

_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_HOW_TO_START = "start the program with torchrun --nproc-per-node=N program.py, which sets them"


@dataclass(frozen=True)
class Membership:
    """Which of the processes this one is, and where they meet.

    Args:
        rank: its number, from 0.
        size: how many there are.
        address: host and port where rank 0 is met.
    """

    rank: int
    size: int
    address: str


def find_membership(environment: Mapping[str, str]) -> Membership | None:
    """Return the place that a launcher gave this process; None where there was no launcher.

    Args:
        environment: the environment variables; ``RANK``, ``WORLD_SIZE``, ``MASTER_ADDR`` and
            ``MASTER_PORT`` are read, as torchrun sets them.

    Raises ArgumentError where only some of them are there, or are no such numbers.

    >>> find_membership({}) is None
    True
    >>> given = {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "a", "MASTER_PORT": "29500"}
    >>> find_membership(given)
    Membership(rank=1, size=4, address='a:29500')
    """
    missing = [name for name in _VARIABLES if name not in environment]
    if len(missing) == len(_VARIABLES):
        if "DMLC_ROLE" in environment:
            raise ArgumentError(
                "kvstore: DMLC_ROLE is set, but a training has no servers and schedulers any more, "
                f"only ranks that are alike; {_HOW_TO_START}"
            )
        return None
    if missing:
        raise ArgumentError(
            f"kvstore: the environment variables {', '.join(_VARIABLES)} say who takes part, but "
            f"{', '.join(missing)} is missing; {_HOW_TO_START}"
        )
    try:
        rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
    except ValueError:
        rank, size = -1, 0
    if not 0 <= rank < size:
        raise ArgumentError(
            f"kvstore: RANK must be a whole number from 0 to WORLD_SIZE - 1, got "
            f"RANK={environment['RANK']!r}, WORLD_SIZE={environment['WORLD_SIZE']!r}"
        )
    port = environment["MASTER_PORT"]
    if size > 1 and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 2**16):
        raise ArgumentError(f"kvstore: MASTER_PORT must be a number below 65536, got {port!r}")
    return Membership(rank, size, f"{environment['MASTER_ADDR']}:{environment['MASTER_PORT']}")


class World:
    """The processes of a training, seen by one of them.

    All ranks call the same methods in the same order. Alone, each method has nothing to do.

    Args:
        rank: the number of this process, from 0.
        size: how many processes there are.
        timeout: how many seconds they wait for each other.
        heartbeat: signs of life of all ranks; None where there is one process.

    Each method raises DistributedError where another process is lost, has failed, or does not come
    in time; it names the process. Nothing can be exchanged any more then.

    >>> World().sum(torch.tensor([1.0, 2]))
    tensor([1., 2.])
    """

    def __init__(
        self,
        rank: int = 0,
        size: int = 1,
        timeout: float = DEFAULT_TIMEOUT,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self.rank, self.size, self.timeout = rank, size, timeout
        self._heartbeat = heartbeat
        self._broken: str | None = None
        self._common: MXError | None = None

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes, logs and decides."""
        return self.rank == 0

    # -- exchanges -------------------------------------------------------------------------------

    def start_sum(self, tensor: Tensor) -> Any:
        """Begin to sum a tensor over all ranks, in place; `wait` waits for it."""
        if self.size == 1:
            return None
        with self._exchange():
            return dist.all_reduce(tensor, async_op=True)

    def wait(self, begun: Any) -> None:
        """Wait for what `start_sum` began; on a GPU, its stream waits."""
        if begun is not None:
            with self._exchange(begins=False):
                begun.wait()

    def sum(self, tensor: Tensor) -> Tensor:
        """Sum a tensor over all ranks, in place, and return it."""
        self.wait(self.start_sum(tensor))
        return tensor

    def copy_from_first(self, tensor: Tensor) -> None:
        """Overwrite a tensor with that of rank 0."""
        if self.size > 1:
            with self._exchange():
                dist.broadcast(tensor, 0)

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, which can be anything that pickles."""
        values = [value] * self.size
        if self.size > 1:
            with self._exchange():
                dist.all_gather_object(values, value)
        return values

    def gather_at_first(self, value: Any) -> list[Any]:
        """Return the values of all ranks on rank 0, an empty list on the others."""
        values: list[Any] = [value] * self.size if self.is_first else []
        if self.size > 1:
            with self._exchange():
                dist.gather_object(value, values or None)
        return values

    def from_first(self, value: Any) -> Any:
        """Return the value of rank 0; those of the others do not matter."""
        values = [value]
        if self.size > 1:
            with self._exchange():
                dist.broadcast_object_list(values, 0)
        return values[0]

    def barrier(self) -> None:
        """Wait until all ranks are here."""
        self.sum(torch.zeros(1))

    def open_lines(self) -> Lines:
        """Connect rank 0 with each other rank, besides what all exchange; all call it together."""
        if self.size == 1:
            return Lines(0, [])
        with self._exchange():
            limit = timedelta(seconds=self.timeout)
            others = range(1, self.size)
            return Lines(self.rank, [dist.new_group([0, n], limit, backend="gloo") for n in others])

    # -- what can go wrong -----------------------------------------------------------------------

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be exchanged any more."""
        return self._broken is not None

    def asking(self) -> AbstractContextManager[None]:
        """Give the errors of torch between two ranks the name of who is their cause."""
        return self._exchange(begins=False)

    def check_alive(self) -> None:
        """Raise DistributedError where another rank has said that it failed."""
        if self._heartbeat is not None and self._heartbeat.failed is not None:
            self.fail(self._heartbeat.failed)

    def fail(self, problem: str) -> NoReturn:
        """Raise DistributedError, with the cause that is found for a problem."""
        with self._exchange(begins=False):
            raise RuntimeError(problem)
        raise AssertionError  # it has been turned into another error

    def give_up(self, reason: str) -> NoReturn:
        """Raise DistributedError with a reason that all ranks are to tell."""
        if self._heartbeat is not None:
            self._heartbeat.report(reason, who=None)
        self.fail(reason)

    @contextmanager
    def _exchange(self, *, begins: bool = True) -> Iterator[None]:
        """Turn what torch raises into an error that says which process is the cause."""
        if self._broken is not None:
            raise DistributedError(f"{self._broken}; the processes must be started again")
        if self._heartbeat is not None and begins:
            self._heartbeat.exchanges += 1
        try:
            yield
        except RuntimeError as problem:
            verdict = self._heartbeat.verdict() if self._heartbeat else "the exchange failed"
            self._broken = f"rank {self.rank} of {self.size} cannot go on: {verdict}"
            self._abandon()
            raise DistributedError(
                f"{self._broken}. Start all processes again; fit(…, resume=prefix) goes on from "
                f"the last checkpoint (they wait {self.timeout:g} s for each other)"
            ) from problem

    def common(self, error: E) -> E:
        """Return an error that all ranks raise in the same place, so that none is left waiting."""
        self._common = error
        return error

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Tell the other ranks where something raises an error here, so that they end as well."""
        try:
            yield
        except DistributedError:
            raise
        except BaseException as error:
            alone = self._broken is None and error is not self._common
            if self._heartbeat is not None and alone:
                self._heartbeat.report(f"{type(error).__name__}: {error}")
                self._broken = f"rank {self.rank} of {self.size} has failed"
                self._abandon()
            raise

    def _abandon(self) -> None:
        """Close all connections, so that whoever waits for this process waits no longer."""
        with suppress(RuntimeError, AssertionError, ValueError):
            dist.destroy_process_group()

    def leave(self) -> None:
        """Say farewell at the end of the program."""
        if self._heartbeat is None:
            return
        self._heartbeat.farewell()
        if self._broken is None:
            self._abandon()
        self._heartbeat.stop()


_joined: list[World] = []
"""The world of this process, once it has one.

It is a global because what it stands for is one: `torch.distributed` has one default process group
for the whole process, and whoever met the others once cannot meet them anew. Stores and trainings
that come and go in a process share it."""


def join(timeout: float | None = None) -> World:
    """Meet the other processes, at the first call; later calls return the same world.

    Args:
        timeout: how many seconds they wait for each other; default: as at the first call, and
            `DEFAULT_TIMEOUT` there.

    Without a launcher this process is alone. Where the program has initialised
    `torch.distributed`, its process group is used.

    Raises ArgumentError where the launcher's variables make no sense, ParameterError for another
    timeout than at the first call, DistributedError where the others cannot be met.
    """
    if not _joined:
        _joined.append(_meet(DEFAULT_TIMEOUT if timeout is None else timeout))
    (world,) = _joined
    if timeout is not None and timeout != world.timeout:
        raise ParameterError(
            f"kvstore: the processes met with a timeout of {world.timeout:g} s, which cannot be "
            f"changed to {timeout:g} s; give it to the first fit or KVStore"
        )
    return world


def _meet(timeout: float) -> World:
    if not dist.is_available():
        raise DistributedError("kvstore: this build of torch has no torch.distributed")
    if dist.is_initialized():
        store: Any = dist.distributed_c10d._get_default_store()
    else:
        place = find_membership(os.environ)
        if place is None or place.size == 1:
            return World(timeout=timeout)
        store = _connect(place, timeout)
    rank, size = dist.get_rank(), dist.get_world_size()
    heartbeat = Heartbeat(store, rank, size)
    world = World(rank, size, timeout, heartbeat)
    atexit.register(world.leave)
    return world


def _connect(place: Membership, timeout: float) -> Any:
    """Initialise `torch.distributed`, and return the store."""
    from torch.distributed.rendezvous import rendezvous  # there only where is_available()

    c10d: Any = dist  # its types leave PrefixStore out
    limit = timedelta(seconds=timeout)
    has_nccl = torch.cuda.is_available() and dist.is_nccl_available()
    deadline = time.monotonic() + timeout

    def find_store() -> Any:
        # torch tries once more after its limit, and must not be in the middle of it at our end.
        return next(rendezvous("env://", place.rank, place.size, timeout=0.8 * limit))

    try:
        shared, rank, size = within(timeout, find_store)
        number = meet(shared, rank, size, deadline - time.monotonic())
        store = c10d.PrefixStore(f"symnet/{number}", shared)
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if has_nccl else "gloo",
            store=store,
            rank=rank,
            world_size=size,
            timeout=limit,
        )
    except TimeoutError:
        problem = "whatever listens there does not answer as torch's store does"
        raise DistributedError(_why_not_met(place, timeout, problem)) from None
    except RuntimeError as error:
        raise DistributedError(_why_not_met(place, timeout, str(error))) from None
    return store


def _why_not_met(place: Membership, timeout: float, problem: str) -> str:
    if "EADDRINUSE" in problem:
        return (
            f"rank {place.rank} of {place.size} cannot listen on {place.address}: the port is in "
            "use, perhaps by processes of an earlier run; end those, or choose another port, as "
            "with torchrun --master-port"
        )
    host = place.address.rpartition(":")[0]
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        problem = f"there is no host {host!r}"
    first_line = problem.strip().partition("\n")[0]
    return (
        f"rank {place.rank} of {place.size} did not meet the others at {place.address} within "
        f"{timeout:g} s: all of them must be started, and reach that address (torch says: "
        f"{first_line})"
    )
