"""Heartbeat: how processes that wait for each other find out which of them is gone, and why."""

import threading
import time
from contextlib import suppress
from typing import Any

from ._bounded import within

__all__ = ["Heartbeat"]

BEAT_SECONDS = 0.5
"""How much time lies between two signs of life."""

PATIENCE_SECONDS = 4.0
"""After so much time without a sign of life a process counts as lost."""


class Heartbeat:
    """Gives signs of life in the background, and reads those of the others.

    What the processes tell each other lies in torch's store, under three kinds of keys: a count
    of beats for each rank, with how many exchanges it has come to; why a rank failed, which the
    first that fails writes before it ends; and the verdict, the one sentence that all ranks will
    tell, whoever found it first.

    Args:
        store: a `torch.distributed.Store` that all ranks share; it is cloned.
        rank: the number of this process.
        size: the number of processes.
    """

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self._rank, self._size = rank, size
        self._store, self._own = store.clone(), store.clone()
        # Whoever keeps the store serves the others until the last reference to it is gone, which
        # must not be that of the process group: a failing rank takes it down at once.
        self._kept = store
        self._verdict: str | None = None
        self._failed: str | None = None
        self.exchanges = 0
        """How many exchanges this rank has come to; whoever makes them counts."""
        self._end = threading.Event()
        self._own.set(f"symnet/beat/{rank}", "0 0")
        self._thread = threading.Thread(target=self._beat, name="symnet-heartbeat", daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        """Count on, and remember what was told while the store can still be read."""
        count = 0
        while not self._end.wait(BEAT_SECONDS):
            count += 1
            try:
                self._own.set(f"symnet/beat/{self._rank}", f"{count} {self.exchanges}")
                if self._failed is None and self._own.check(["symnet/failed"]):
                    self._failed = self._own.get("symnet/failed").decode()
                if self._own.check(["symnet/verdict"]):
                    self._verdict = self._own.get("symnet/verdict").decode()
                    return
            except RuntimeError:  # the store is gone, and with it whom to tell
                return

    def stop(self) -> None:
        """Give no more signs of life."""
        self._end.set()
        self._thread.join(2 * BEAT_SECONDS)  # or it waits for a store that does not answer

    @property
    def failed(self) -> str | None:
        """What another rank that failed has said of that, as far as it is known here."""
        return self._failed or self._verdict

    def report(self, reason: str, *, who: str | None = "this rank") -> None:
        """Tell the others why this process fails, or, with ``who=None``, why all do."""
        text = reason if who is None else f"rank {self._rank} failed: {reason}"
        with suppress(RuntimeError, TimeoutError):  # without a store the others will see that
            within(PATIENCE_SECONDS, lambda: self._store.compare_set("symnet/failed", "", text))

    def farewell(self) -> None:
        """Tell the others that this process ends; rank 0 waits for theirs, for a moment.

        Without torchrun it keeps the store, in which they read how it ended.
        """
        with suppress(RuntimeError, TimeoutError):
            within(PATIENCE_SECONDS + 2 * BEAT_SECONDS, self._count_farewells)

    def _count_farewells(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        gone = self._store.add("symnet/farewell", 1)
        while self._rank == 0 and gone < self._size and time.monotonic() < deadline:
            time.sleep(0.05)
            gone = self._store.add("symnet/farewell", 0)

    def verdict(self) -> str:
        """Return what has happened, as all ranks tell it. This takes up to a few seconds.

        Called where an exchange between the processes has failed.
        """
        if self._verdict is not None:
            return self._verdict
        try:
            return within(2 * PATIENCE_SECONDS, self._agree)
        except (RuntimeError, TimeoutError):
            self._end.wait(2 * BEAT_SECONDS)  # the other thread may have read it in time
        return (
            self._verdict
            or self._failed
            or "the process that keeps the store, rank 0 or torchrun's agent, cannot be reached"
        )

    def _agree(self) -> str:
        """Look, and return the verdict that was there first."""
        found = self._store.compare_set("symnet/verdict", "", self._look()).decode()
        # Whoever keeps the store ends last, so that the others can read the verdict.
        time.sleep(3 * BEAT_SECONDS if self._rank == 0 else 0)
        return str(found)

    def _look(self) -> str:
        """Watch the others until one has said why it failed, or has been silent for too long."""
        before = self._beats()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._store.check(["symnet/verdict"]):
                return ""  # the first verdict holds
            if self._store.check(["symnet/failed"]):
                return str(self._store.get("symnet/failed").decode())
            time.sleep(BEAT_SECONDS / 5)
        now = self._beats()
        silent = [rank for rank, count in enumerate(now) if count == before[rank]]
        if not silent:
            return _behind([int(beat.split()[1]) for beat in now])
        names = " and ".join(f"rank {rank}" for rank in silent)
        return f"{names} gave no sign of life for {PATIENCE_SECONDS:g} s: killed, or stopped"

    def _beats(self) -> list[str]:
        keys = [f"symnet/beat/{rank}" for rank in range(self._size)]
        if self._store.check(keys):  # one question for all, whatever their number
            return [count.decode() for count in self._store.multi_get(keys)]
        return [self._store.get(key).decode() if self._store.check([key]) else "" for key in keys]


def _behind(exchanges: list[int]) -> str:
    """Say which of the ranks that are all alive the others have waited for."""
    late = {rank: most for rank, most in enumerate(exchanges) if most < max(exchanges)}
    if not late:
        return "all ranks are alive, but an exchange between them did not end in time"
    names = " and ".join(f"rank {rank}" for rank in late)
    return (
        f"{names} did not come in time: alive, but at exchange {min(late.values()):,} where others "
        f"wait in exchange {max(exchanges):,}; slow, or in a loop (fit(…, timeout=seconds) waits "
        "longer)"
    )
