"""Context: the device on which arrays live and computation runs."""

import mmap
from dataclasses import dataclass
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Any, Literal

import torch

from .errors import ArgumentError, DeviceError, shown

__all__ = ["Context", "DeviceMemory", "cpu", "gpu", "waitall"]

DeviceType = Literal["cpu", "gpu"]


@dataclass(frozen=True)
class DeviceMemory:
    """What is held of a device's memory, in bytes; None where that cannot be told.

    Args:
        allocated: what tensors take. None on the CPU, where nobody counts it.
        reserved: what this process holds. On a GPU that is torch's pool, from which new arrays are
            made; on the CPU all of the process that lies in memory now, Python and its libraries
            included (from ``/proc``, so None where the system has none).
        free: what can still be had. On a GPU as the driver tells it, beside the pool; on the CPU
            what the machine has left without swapping. A limit set for the process alone is not
            in it.

    >>> import symnet as mx
    >>> mx.cpu().memory().allocated is None
    True
    """

    allocated: int | None
    reserved: int | None
    free: int | None


@dataclass(frozen=True)
class Context:
    """A device type and a device number.

    Any CPU number is legal: all of them are the host's memory, but each keeps its identity, so that
    several CPU contexts can stand for several devices. A GPU that does not exist is an error when
    something is allocated on it, not when the context is made.

    Args:
        device_type: ``"cpu"`` or ``"gpu"``.
        device_id: number of the device, from 0.

    Source: the documents, "Context".

    >>> cpu(), gpu(1), cpu() == cpu(0)
    (CPU0, GPU1, True)
    """

    device_type: DeviceType
    device_id: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.device_type, str) or self.device_type not in ("cpu", "gpu"):
            raise DeviceError(f"device_type must be 'cpu' or 'gpu', got {self.device_type!r}")
        try:
            number = -1 if isinstance(self.device_id, bool) else index(self.device_id)
        except TypeError:
            number = -1
        if number < 0:
            raise DeviceError(f"device_id must be a number from 0, got {self.device_id!r}")
        object.__setattr__(self, "device_id", number)  # NumPy's whole numbers become Python's

    @cached_property
    def device(self) -> torch.device:
        """The torch device that this context means; DeviceError where this machine has none."""
        if self.device_type == "cpu":
            return torch.device("cpu")
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if self.device_id >= found:
            raise DeviceError(
                f"{self} was asked for, but torch finds {found} GPUs on this machine; "
                "use mx.cpu(), or a torch build and driver that see the GPU"
            )
        return torch.device("cuda", self.device_id)

    def synchronize(self) -> None:
        """Wait until the device has done all that was asked of it; the CPU always has.

        >>> cpu().synchronize()
        """
        if self.device_type == "gpu":
            torch.cuda.synchronize(self.device)

    def memory(self) -> DeviceMemory:
        """Return what is held of the device's memory now.

        All CPU contexts are the same memory. Raises DeviceError for a GPU that does not exist.

        >>> memory = cpu().memory()
        >>> memory.free is None or memory.free > 0
        True
        """
        if self.device_type == "cpu":
            return DeviceMemory(None, _resident_bytes(), _available_bytes())
        return DeviceMemory(
            torch.cuda.memory_allocated(self.device),
            torch.cuda.memory_reserved(self.device),
            torch.cuda.mem_get_info(self.device)[0],
        )

    @staticmethod
    def of(given: object) -> "Context":
        """Return what was given, if it is a context; ArgumentError for anything else.

        >>> Context.of(cpu(1))
        CPU1
        """
        if not isinstance(given, Context):
            raise ArgumentError(f"a context is mx.cpu(i) or mx.gpu(i), got {shown(given)}")
        return given

    def __repr__(self) -> str:
        return f"{self.device_type.upper()}{self.device_id}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Without `device`, which may not exist where the context arrives.
        return Context, (self.device_type, self.device_id)


def cpu(device_id: int = 0) -> Context:
    """Return a CPU context.

    Args:
        device_id: the CPU's number, default 0.

    >>> import symnet as mx
    >>> mx.zeros(2, context=mx.cpu(1)).context
    CPU1
    """
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return a GPU context.

    Args:
        device_id: the GPU's number, default 0. The K GPUs of a machine are 0, …, K−1.

    >>> import symnet as mx
    >>> mx.gpu(1)
    GPU1
    """
    return Context("gpu", device_id)


def waitall() -> None:
    """Wait until all devices have done all that was asked of them.

    Errors of a GPU come out here at the latest.

    >>> waitall()
    """
    for number in range(torch.cuda.device_count()):
        # Waiting for a device that was never used would first set it up, and take its memory.
        if torch.cuda.memory_reserved(number):
            torch.cuda.synchronize(number)


def _resident_bytes() -> int | None:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * mmap.PAGESIZE


def _available_bytes() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None
