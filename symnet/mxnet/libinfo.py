"""``mxnet.libinfo``: the version, and that there is no library of MXNet's."""

__all__ = ["__version__", "find_lib_path"]

__version__ = "1.9.1"


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """Return an empty list: torch computes, no library of MXNet's."""
    return []
