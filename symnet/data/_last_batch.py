"""What becomes of the last batch of a pass, where the samples do not fill it."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, final, get_args

import numpy as np

from ..core.errors import DataError, ParameterError, suggest
from ._checks import flag, whole_number

__all__ = ["Batching", "LastBatch", "last_batch_policy", "named_policy"]

LastBatch = Literal["pad", "keep", "discard", "roll_over"]
"""What becomes of the last batch of a pass, where the samples do not fill it.

========== ===========================================================================
pad        it is filled up with rows that do not count
keep       it is short
discard    it is left out
roll_over  it is filled from the beginning of the data; these rows do not count in this
           pass, and the next one starts after them
========== ===========================================================================

Where there are fewer samples than a batch has rows, a pass is that one last batch. Under
``roll_over`` it is filled with the samples again and again, and the next pass is the same: it could
not start after rows that are all there is.

MXNet's ``round_batch=True`` is ``roll_over``. Its ``round_batch=False`` is ``pad``, but for what
the filling rows hold: there it was left over from the batch before.
"""

BatchRows = tuple[np.ndarray, int]
"""The samples in the rows of a batch, and how many of the rows count."""


def last_batch_policy(
    owner: str, last_batch: LastBatch | None, default: LastBatch, *, round_batch: object = True
) -> LastBatch:
    """Return the policy that the parameters of a provider choose.

    Args:
        owner: the provider's name, for errors.
        last_batch: the policy; None for the provider's default.
        default: the policy where none is named.
        round_batch: MXNet's parameter. False makes ``pad`` of the default, and forbids
            ``roll_over``.

    Raises ParameterError for anything else than a policy, or for two that contradict each other.
    Source: docs/semantics §7.7.

    >>> last_batch_policy("CSVIter", None, "roll_over", round_batch=False)
    'pad'
    """
    rounds = flag(owner, "round_batch", round_batch)
    if last_batch is None:
        return default if rounds else "pad"
    policies = get_args(LastBatch)
    if last_batch not in policies:
        raise ParameterError(
            f"{owner}: last_batch must be one of {', '.join(policies)}, "
            f"got {last_batch!r}{suggest(str(last_batch), policies)}"
        )
    if last_batch == "roll_over" and not rounds:
        raise ParameterError(
            f"{owner}: round_batch=False contradicts last_batch='roll_over'; name only one of them"
        )
    return last_batch


def named_policy(owner: str, name: str, value: Any) -> LastBatch | None:
    """Return a policy that a parameter names, or None where it names none."""
    return None if value is None else last_batch_policy(owner, value, "pad")


@final
class Batching:
    """The division of samples into batches, pass by pass.

    Args:
        samples: how many samples there are, from 1.
        batch_size: rows per batch, from 1.
        policy: what becomes of the last batch.
        owner: the provider's name, for errors.

    Raises ParameterError for numbers out of range or an unknown policy, DataError where
    ``discard`` would leave out all that there is.
    Source: docs/semantics §7.7.

    >>> batching = Batching(5, 3, "roll_over", owner="Digits")
    >>> [(rows.tolist(), count) for rows, count in batching.rows()]
    [([0, 1, 2], 3), ([3, 4, 0], 2)]
    >>> batching.state()
    {'borrowed': [0]}
    >>> [(rows.tolist(), count) for rows, count in batching.rows()]
    [([1, 2, 3], 3), ([4, 0, 1], 1)]
    """

    keys = ("borrowed",)

    def __init__(self, samples: int, batch_size: int, policy: LastBatch, *, owner: str) -> None:
        self._samples = whole_number(owner, "the number of samples", samples, 1)
        self._size = whole_number(owner, "batch_size", batch_size, 1)
        self._policy = last_batch_policy(owner, policy, policy)
        self._owner = owner
        self._borrowed = np.empty(0, np.int64)  # samples that the pass before had already
        self._lends = self._policy == "roll_over" and samples >= batch_size
        if policy == "discard" and samples < batch_size:
            raise DataError(
                f"{owner}: {samples} samples do not fill one batch of {batch_size}, "
                f"as last_batch={policy!r} wants; take a smaller batch_size, or 'pad' or 'keep'"
            )

    def rows(self, order: np.ndarray | None = None) -> Iterator[BatchRows]:
        """Begin a pass, and return its batches, one after the other.

        Under ``roll_over`` the pass leaves out what the pass before borrowed. What this pass
        borrows is settled when its last batch is taken: one that is abandoned before leaves
        nothing borrowed. Who takes rows ahead of handing them out, and abandons the pass, says so
        with ``restore({})``.

        Args:
            order: the samples in the order of this pass, a permutation of all; None for the order
                in which they lie.

        Returns, for each batch, the samples in its rows, int64, and the number of rows that count.
        Rows that are padding repeat the batch's last sample.
        """
        every = np.arange(self._samples) if order is None else order
        fresh = every
        if len(self._borrowed):
            fresh = every[np.isin(every, self._borrowed, invert=True)]
            self._borrowed = self._borrowed[:0]
        return self._cut(fresh, every)

    def _cut(self, fresh: np.ndarray, every: np.ndarray) -> Iterator[BatchRows]:
        full = len(fresh) // self._size * self._size
        for start in range(0, full, self._size):
            yield fresh[start : start + self._size], self._size
        rest = fresh[full:]
        if len(rest) and self._policy != "discard":
            yield self._filled(rest, every), len(rest)

    def _filled(self, rest: np.ndarray, every: np.ndarray) -> np.ndarray:
        missing = self._size - len(rest)
        if self._policy == "keep":
            return rest
        if self._policy == "pad":
            return np.pad(rest, (0, missing), mode="edge")
        if not self._lends:
            return np.resize(rest, self._size)  # which repeats them
        self._borrowed = every[:missing].copy()
        return np.concatenate([rest, self._borrowed])

    def count(self) -> int | None:
        """Return how many batches a pass has; None under ``roll_over``, where passes differ."""
        full, rest = divmod(self._samples, self._size)
        if self._policy == "roll_over" and rest:
            return None
        return full + (rest > 0 and self._policy != "discard")

    def state(self) -> dict[str, Any]:
        """Return what the next pass depends on, as JSON can hold it; see `restore`."""
        return {"borrowed": self._borrowed.tolist()} if len(self._borrowed) else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Let the next pass go on from where another one ended.

        Args:
            state: what `state` returned, perhaps in another process; ``{}`` for a first pass.

        Raises DataError for the state of other data or of another batch size.
        """
        borrowed = state.get("borrowed", [])
        whole = isinstance(borrowed, list) and all(type(each) is int for each in borrowed)
        possible = not borrowed or self._lends
        if not whole or not possible or not self._fits(borrowed):
            raise DataError(
                f"{self._owner}: this is no position in {self._samples} samples in batches of "
                f"{self._size} with last_batch={self._policy!r}: borrowed={borrowed!r}"
            )
        self._borrowed = np.array(borrowed, np.int64)

    def _fits(self, borrowed: list[int]) -> bool:
        distinct = len(set(borrowed)) == len(borrowed) < self._size
        return distinct and all(0 <= each < self._samples for each in borrowed)
