"""Values that rank 0 keeps, and that each rank changes and reads when it wants to.

Rank 0 serves: for each other rank a thread of its own waits for what that rank sends, works it into
the values, and answers. Nobody waits for a rank that is slow, but rank 0 at the very end. Each pair
of ranks has a process group of its own, so that one that is lost takes no other with it.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, final

import torch
from torch import Tensor

from ...core.denormals import denormals_as_zero
from ...ndarray import NDArray
from ._lines import Lines
from .world import World

__all__ = ["Apply", "Clerk", "Server", "Stopped", "shared_values"]

Apply = Callable[[int, NDArray, NDArray], object]
"""Takes a key, what was pushed to it, and its value, which it changes in place."""

_PUSH, _PULL, _STOP, _END = range(4)
_GOES_ON, _STOPPED, _FAILED, _WAITS = range(4)
_SIGN_OF_LIFE = 1.0  # seconds between two answers to who waits for the end


class Stopped(NamedTuple):
    """Why a rank wants all of them to stop.

    Args:
        reason: in words.
        discard: whether the parameters are good for nothing.
        rank: who wants it.
    """

    reason: str
    discard: bool
    rank: int


def shared_values(world: World, values: Mapping[int, NDArray], apply: Apply) -> "Server | Clerk":
    """Let all ranks share values, which begin as those of rank 0. All call it together.

    Args:
        world: the processes.
        values: arrays by key; rank 0 copies them.
        apply: what works an array that was pushed into a value; it is called on rank 0 alone, in
            any thread, never twice at once.
    """
    lines = world.open_lines()
    if world.is_first:
        return Server(world, lines, values, apply)
    return Clerk(world, lines, values)


@final
class Server:
    """The values, on rank 0; see `shared_values`."""

    def __init__(
        self, world: World, lines: Lines, values: Mapping[int, NDArray], apply: Apply
    ) -> None:
        self._world, self._lines, self._apply = world, lines, apply
        self._values = {key: value.copy() for key, value in values.items()}
        self._turn = threading.Lock()
        self._ended: set[int] = set()
        self._seen = dict.fromkeys(range(1, world.size), time.monotonic())
        self._close = threading.Event()
        self._error: BaseException | None = None
        self._lost: int | None = None
        self.stopped: Stopped | None = None
        """Why a rank wants all to stop, if one does."""
        for rank in self._seen:
            thread = threading.Thread(
                target=self._serve, args=(rank,), name=f"symnet-serves-{rank}", daemon=True
            )
            thread.start()

    # -- what rank 0 does itself -----------------------------------------------------------------

    def add(self, key: int, value: NDArray) -> None:
        """Keep one value more."""
        with self._turn:
            self._values[key] = value.copy()

    def push(self, key: int, array: NDArray) -> None:
        """Work an array into a value."""
        self.check()
        with self._turn:
            self._apply(key, array, self._values[key])

    def pull(self, key: int, out: NDArray) -> None:
        """Copy a value."""
        self.check()
        with self._turn:
            out.torch.copy_(self._values[key].torch)

    @contextmanager
    def standing(self) -> Iterator[Mapping[int, NDArray]]:
        """Give the values as they are, while nobody changes them."""
        with self._turn:
            yield self._values

    def stop(self, reason: str, *, discard: bool) -> None:
        """Have all ranks told that they are to stop, at what they pull next."""
        self._note(Stopped(reason, discard, 0))

    def check(self) -> None:
        """Raise DistributedError where a rank is lost, or what its thread raised."""
        if self._error is not None:
            raise self._error
        if self._lost is not None:
            self._world.fail(f"rank {self._lost} is lost")
        self._world.check_alive()

    def end(self) -> None:
        """Wait until all ranks have pushed the last that they will push.

        Raises DistributedError for one that is lost, or that pushes nothing for the time that ranks
        wait for each other.
        """
        while len(self._ended) < len(self._seen):
            self.check()
            now = time.monotonic()
            slow = [
                rank
                for rank, seen in self._seen.items()
                if rank not in self._ended and now - seen > self._world.timeout
            ]
            if slow:
                self._world.give_up(
                    f"rank {slow[0]} has pushed nothing for {self._world.timeout:g} s: it is slow, "
                    "or in a loop (fit(…, timeout=seconds) waits longer)"
                )
            time.sleep(0.01)
        self.check()
        self._close.set()

    # -- what the threads do ---------------------------------------------------------------------

    def _serve(self, rank: int) -> None:
        try:
            with denormals_as_zero():
                while self._answer(rank):
                    self._seen[rank] = time.monotonic()
        except RuntimeError:
            if rank not in self._ended:
                self._lost = rank

    def _answer(self, rank: int) -> bool:
        """Do what a rank wants; False once it wants nothing more."""
        kind, key = self._lines.receive(torch.empty(2, dtype=torch.int64), rank).tolist()
        if kind == _PUSH:
            self._take(rank, key)
        elif kind == _PULL:
            self._say(rank)
            with self._turn:
                value = self._values[key].torch.cpu().clone()
            self._lines.send(value, rank)
        elif kind == _STOP:
            text = self._lines.receive(torch.empty(key, dtype=torch.uint8), rank)
            discard, reason = text[0].item() != 0, bytes(text[1:].tolist()).decode()
            self._note(Stopped(reason, discard, rank))
        else:
            self._ended.add(rank)
            while not self._close.wait(_SIGN_OF_LIFE) and not self._has_failed():
                self._lines.send(torch.tensor([_WAITS, 0]), rank)
            self._say(rank)
            return False
        return True

    def _take(self, rank: int, key: int) -> None:
        value = self._values[key]
        received = torch.empty(value.shape, dtype=value.torch.dtype)
        self._lines.receive(received, rank)
        array = NDArray.wrap(received.to(value.torch.device), value.context)
        try:
            with self._turn:
                self._apply(key, array, value)
        except Exception as error:  # rank 0's thread raises it, and so tells it to all
            self._error = error

    def _say(self, rank: int) -> None:
        """Tell a rank how things stand."""
        if self._has_failed():
            self._lines.send(torch.tensor([_FAILED, 0]), rank)
            raise RuntimeError("the training has failed")
        stopped = self.stopped
        if stopped is None or stopped.rank == rank:
            self._lines.send(torch.tensor([_GOES_ON, 0]), rank)
            return
        content = bytes([stopped.discard, stopped.rank % 256]) + stopped.reason.encode()
        self._lines.send(torch.tensor([_STOPPED, len(content)]), rank)
        self._lines.send(_as_tensor(content), rank)

    def _has_failed(self) -> bool:
        return self._error is not None or self._lost is not None or self._world.is_broken

    def _note(self, stopped: Stopped) -> None:
        with self._turn:
            self.stopped = self.stopped or stopped


@final
class Clerk:
    """The values, on a rank that asks rank 0 for them; see `shared_values`."""

    def __init__(self, world: World, lines: Lines, values: Mapping[int, NDArray]) -> None:
        self._world, self._lines = world, lines
        self._kinds = {key: value.torch for key, value in values.items()}
        self.stopped: Stopped | None = None
        """Why another rank wants all to stop, if one does."""

    def add(self, key: int, value: NDArray) -> None:
        """Know of one value more."""
        self._kinds[key] = value.torch

    def push(self, key: int, array: NDArray) -> None:
        """Have an array worked into a value; that is on its way when this returns."""
        self._world.check_alive()
        with self._world.asking():
            self._lines.send(torch.tensor([_PUSH, key]), 0)
            self._lines.send(array.torch.cpu().contiguous(), 0)

    def pull(self, key: int, out: NDArray) -> None:
        """Copy a value, after what this rank has pushed."""
        self._world.check_alive()
        kind = self._kinds[key]
        with self._world.asking():
            self._lines.send(torch.tensor([_PULL, key]), 0)
            self._hear()
            value = torch.empty(kind.shape, dtype=kind.dtype)
            self._lines.receive(value, 0, self._world.timeout)
        out.torch.copy_(value)

    def stop(self, reason: str, *, discard: bool) -> None:
        """Have all ranks told that they are to stop, at what they pull next."""
        content = bytes([discard]) + reason.encode()
        with self._world.asking():
            self._lines.send(torch.tensor([_STOP, len(content)]), 0)
            self._lines.send(_as_tensor(content), 0)

    def end(self) -> None:
        """Tell that this rank will push nothing more, and wait until that holds for all."""
        with self._world.asking():
            self._lines.send(torch.tensor([_END, 0]), 0)
            while self._hear() == _WAITS:
                pass

    def _hear(self) -> int:
        """Return how things stand, as rank 0 tells it."""
        answer = torch.empty(2, dtype=torch.int64)
        state, length = self._lines.receive(answer, 0, self._world.timeout).tolist()
        if state == _FAILED:
            raise RuntimeError("rank 0 says that the training has failed")
        if state == _STOPPED:
            content = torch.empty(length, dtype=torch.uint8)
            self._lines.receive(content, 0, self._world.timeout)
            discard, rank, *reason = content.tolist()
            self.stopped = Stopped(bytes(reason).decode(), bool(discard), rank)
        return int(state)


def _as_tensor(content: bytes) -> Tensor:
    return torch.tensor(list(content), dtype=torch.uint8)
