"""Attributes of symbols by scope, as in ``mxnet.attribute``."""

from collections.abc import Mapping

from ..core.naming import AttrScope as CoreScope
from ..core.naming import current_attributes

__all__ = ["AttrScope"]


class _Current:
    """What stands in a class for the attributes in force."""

    def __get__(self, instance: object, owner: type) -> "AttrScope":
        return AttrScope(**current_attributes())


class AttrScope(CoreScope):
    """Attach attributes to every symbol made inside ``with AttrScope(key="value"):``.

    >>> with AttrScope(ctx_group="dev1"):
    ...     AttrScope.current.get({"mood": "calm"})
    {'ctx_group': 'dev1', 'mood': 'calm'}
    """

    current = _Current()

    def get(self, attr: Mapping[str, str] | None) -> dict[str, str]:
        """Return the attributes of the scope with those given, which win."""
        return {**self._attributes, **(attr or {})}
