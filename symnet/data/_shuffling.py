"""The order of the samples, pass by pass."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch

from ..core.errors import DataError
from ._checks import whole_number

__all__ = ["MOST_SEED", "Shuffling"]

MOST_SEED = 2**64 - 1


@final
class Shuffling:
    """A new order for each pass, which only the seed and the number of the pass settle.

    So a run that stopped goes on with the order that was next, whatever else has drawn from
    torch's generator since.

    Args:
        samples: how many samples there are.
        shuffle: False leaves them as they lie.
        seed: what the orders are drawn from, from 0 to 2**64 - 1; None takes a number from torch's
            generator at the first pass, or when its state is asked for.
        owner: the provider's name, for errors.

    Raises ParameterError for a seed out of range.

    >>> shuffling = Shuffling(5, True, 3, owner="Digits")
    >>> first, second = shuffling.order(), shuffling.order()
    >>> first.tolist() == second.tolist(), shuffling.state()
    (False, {'seed': 3, 'pass': 2})
    """

    keys = ("seed", "pass")

    def __init__(self, samples: int, shuffle: bool, seed: int | None, *, owner: str) -> None:
        self._samples, self._shuffle, self._owner = samples, shuffle, owner
        self._seed = None if seed is None else whole_number(owner, "seed", seed, 0, MOST_SEED)
        self._pass = 0

    def order(self) -> np.ndarray | None:
        """Begin a pass; return its permutation of the samples, None for the order they lie in."""
        if not self._shuffle:
            return None
        generator = np.random.default_rng([self._settled(), self._pass])
        self._pass += 1
        return generator.permutation(self._samples)

    def _settled(self) -> int:
        """Return the seed, which is drawn where none was given."""
        if self._seed is None:
            self._seed = int(torch.randint(2**63 - 1, ()))
        return self._seed

    def state(self) -> dict[str, Any]:
        """Return what the next order depends on, as JSON can hold it; see `restore`.

        This settles the seed, so that whoever is given the state has the same order.
        """
        return {"seed": self._settled(), "pass": self._pass} if self._shuffle else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Let the next order be the one that followed when `state` was asked.

        Raises DataError for a state that is none.
        """
        seed, number = state.get("seed", self._seed), state.get("pass", 0)
        known = self._shuffle or not {"seed", "pass"} & state.keys()
        whole = type(number) is int and number >= 0
        drawn = seed is None or (type(seed) is int and 0 <= seed <= MOST_SEED)
        if not (known and whole and drawn):
            raise DataError(
                f"{self._owner}: this is no position with shuffle={self._shuffle}: "
                f"seed={seed!r}, pass={number!r}"
            )
        if self._shuffle:
            self._seed, self._pass = seed, number
