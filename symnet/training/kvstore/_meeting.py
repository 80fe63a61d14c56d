"""How processes meet in a store that may hold what processes before them have left.

torchrun starts all processes again when one has failed, and its store may outlive them: the
addresses and verdicts of the dead are still in it. So the living agree on a number that nobody has
used, under which everything else is kept.
"""

import json
import time
from typing import Any
from uuid import uuid4

from ...core.errors import DistributedError

__all__ = ["meet"]

_POLL_SECONDS = 0.02


def meet(store: Any, rank: int, size: int, timeout: float) -> int:
    """Wait for the other processes, and return a number that is new and the same for all of them.

    Rank 0 invites whoever has said hello. A process accepts when it is meant, and not one of an
    earlier start with its rank; when all have accepted, rank 0 opens the meeting.

    Args:
        store: a `torch.distributed.Store`.
        rank: the number of this process.
        size: how many there are.
        timeout: how many seconds to wait.

    Raises DistributedError, naming those that did not come.
    """
    own = uuid4().hex
    store.set(f"symnet/hello/{rank}", own)
    deadline = time.monotonic() + timeout
    host = _Host(store, size) if rank == 0 else None
    while time.monotonic() < deadline:
        if host is not None:
            host.invite()
        number = _accept(store, rank, own)
        if host is not None and number and not host.missing():
            store.set(f"symnet/open/{number}", "")
        if number and store.check([f"symnet/open/{number}"]):
            return number
        time.sleep(_POLL_SECONDS)
    absent = "rank 0" if host is None else ", ".join(f"rank {n}" for n in host.missing())
    raise DistributedError(f"{absent or 'rank 0'} did not come within {timeout:g} s")


def _accept(store: Any, rank: int, own: str) -> int:
    """Answer the last invitation, and return its number; 0 where it is not for this process."""
    if not store.check(["symnet/invitation"]):
        return 0
    number, invited = json.loads(store.get("symnet/invitation"))
    if invited.get(str(rank)) != own:
        return 0
    store.set(f"symnet/accepted/{number}/{rank}", "")
    return int(number)


class _Host:
    """Rank 0, until all have come."""

    def __init__(self, store: Any, size: int) -> None:
        self._store, self._size = store, size
        self._invited: dict[str, str] = {}
        self._number = 0

    def invite(self) -> None:
        """Invite all who have said hello, anew when others have."""
        keys = {str(rank): f"symnet/hello/{rank}" for rank in range(self._size)}
        present = {r: self._store.get(k).decode() for r, k in keys.items() if self._has(k)}
        if present != self._invited:
            self._invited = present
            self._number = self._store.add("symnet/meetings", 1)
            self._store.set("symnet/invitation", json.dumps([self._number, present]))

    def missing(self) -> list[int]:
        """Return the ranks that have not accepted the last invitation."""
        prefix = f"symnet/accepted/{self._number}"
        return [rank for rank in range(self._size) if not self._has(f"{prefix}/{rank}")]

    def _has(self, key: str) -> bool:
        return bool(self._store.check([key]))
