"""The small things of ``mxnet.util``: arrays are never MXNet's NumPy arrays here."""

import os
from collections.abc import Callable
from typing import TypeVar

from ..core.errors import ArgumentError
from .context import gpu_memory_info, num_gpus

__all__ = [
    "get_gpu_count",
    "get_gpu_memory",
    "getenv",
    "is_np_array",
    "is_np_shape",
    "reset_np",
    "set_module",
    "set_np",
    "setenv",
]

_Named = TypeVar("_Named", bound=Callable[..., object])


def get_gpu_count() -> int:
    """Return how many GPUs torch finds."""
    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Return the free and the total bytes of a GPU."""
    return gpu_memory_info(gpu_dev_id)


def getenv(name: str) -> str | None:
    """Return an environment variable, None where it is not set."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable, or remove it with None."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def is_np_array() -> bool:
    """Return False: there are classic arrays only."""
    return False


def is_np_shape() -> bool:
    """Return False: an array has at least one axis, and a length of 0 is one that is not known."""
    return False


def reset_np() -> None:
    """Go back to classic arrays, which never were left."""


def set_np(shape: bool = True, array: bool = True) -> None:
    """Raise ArgumentError: MXNet's NumPy interface is not part of symnet."""
    raise ArgumentError(
        "set_np: MXNet's NumPy interface is not part of symnet; mx.nd has the classic operators"
    )


def set_module(module: str) -> Callable[[_Named], _Named]:
    """Return a decorator that says which module a function belongs to."""

    def mark(function: _Named) -> _Named:
        function.__module__ = module
        return function

    return mark
