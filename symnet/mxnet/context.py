"""Contexts as Python-MXNet writes them: ``with mx.gpu(0):`` makes one the default.

Source: Apache MXNet 1.9.1, ``mxnet.context``.
"""

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, ClassVar, Self

import torch

from ..core.context import Context as CoreContext
from ..core.errors import DeviceError

__all__ = [
    "Context",
    "cpu",
    "cpu_pinned",
    "current_context",
    "gpu",
    "gpu_memory_info",
    "num_gpus",
    "set_current",
]

_TYPES = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}


class _Default:
    """What stands in a class for the context in force."""

    def __get__(self, instance: object, owner: type) -> "Context":
        return current_context()


class Context(CoreContext):
    """A device; inside ``with`` it is where new arrays live.

    Args:
        device_type: ``"cpu"`` or ``"gpu"``, or another context. ``"cpu_pinned"`` and
            ``"cpu_shared"`` are the CPU.
        device_id: number of the device, from 0.

    >>> with Context("cpu", 1):
    ...     current_context()
    cpu(1)
    """

    devtype2str: ClassVar[dict[int, str]] = dict(_TYPES)
    devstr2type: ClassVar[dict[str, int]] = {name: number for number, name in _TYPES.items()}

    default_ctx: ClassVar = _Default()

    def __init__(self, device_type: Any, device_id: int = 0) -> None:
        if isinstance(device_type, CoreContext):
            device_type, device_id = device_type.device_type, device_type.device_id
        kind: Any = "cpu" if device_type in ("cpu_pinned", "cpu_shared") else device_type
        super().__init__(kind, device_id)
        object.__setattr__(self, "_tokens", [])

    _tokens: "list[Token[Context]]"

    @property
    def device_typeid(self) -> int:
        """The number that files have for the device type."""
        return self.devstr2type[self.device_type]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CoreContext) and (self.device_type, self.device_id) == (
            other.device_type,
            other.device_id,
        )

    def __hash__(self) -> int:
        return hash((self.device_type, self.device_id))

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Context, (self.device_type, self.device_id)

    def __enter__(self) -> Self:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _current.reset(self._tokens.pop())

    def empty_cache(self) -> None:
        """Give back the memory that torch holds of the GPU and nobody uses."""
        if self.device_type == "gpu":
            with torch.cuda.device(self.device):
                torch.cuda.empty_cache()


_default = Context("cpu", 0)
_current: ContextVar[Context] = ContextVar("context", default=_default)


def cpu(device_id: int = 0) -> Context:
    """Return a CPU context."""
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Return a CPU context: symnet keeps no memory apart for copies to a GPU."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return a GPU context."""
    return Context("gpu", device_id)


def current_context() -> Context:
    """Return the context of the innermost ``with``, ``cpu(0)`` outside any."""
    return _current.get()


def num_gpus() -> int:
    """Return how many GPUs torch finds."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Return the free and the total bytes of a GPU.

    Raises DeviceError where there is no such GPU.
    """
    if device_id >= num_gpus():
        raise DeviceError(f"gpu_memory_info: there is no gpu({device_id}); found are {num_gpus()}")
    free, total = torch.cuda.mem_get_info(device_id)
    return free, total


def set_current(context: CoreContext) -> None:
    """Make a context the current one, until another is."""
    _current.set(Context(context))
