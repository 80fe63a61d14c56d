"""What the next pass of a provider depends on, in parts that each know their own."""

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["Positioned"]


class Positioned(Protocol):
    """A part of a provider that the next pass depends on, as the order of the samples.

    `restore` must leave shared objects alone where it raises: it is called on a shallow copy of
    the part, which replaces the part only once all parts of the provider could be restored.
    """

    keys: tuple[str, ...]
    """The keys that `state` may have."""

    def state(self) -> dict[str, Any]:
        """Return what the next pass depends on, as JSON can hold it."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Let the next pass be the one that followed when `state` was asked.

        Args:
            state: what all parts of the provider returned, also the keys of others.

        Raises DataError for a state that is none.
        """
