"""Automatic names, as in ``mxnet.name``."""

from ..core.naming import NameManager as CoreNames
from ..core.naming import PrefixNameManager, current_names

__all__ = ["NameManager", "Prefix"]


class _Current:
    """What stands in a class for the manager in force."""

    def __get__(self, instance: object, owner: type) -> CoreNames:
        return current_names()


class NameManager(CoreNames):
    """Give nodes without a name one of their own; ``NameManager.current`` is the one in force.

    >>> with NameManager():
    ...     NameManager.current.get(None, "fc")
    'fc0'
    """

    current = _Current()


class Prefix(PrefixNameManager, NameManager):
    """Put a prefix before every name, given or made.

    >>> with Prefix("net_"):
    ...     NameManager.current.get("mine", "fc")
    'net_mine'
    """
