"""Context: the device on which arrays live and computation runs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch

from .errors import DeviceError

__all__ = ["Context", "cpu", "gpu"]

DeviceType = Literal["cpu", "gpu"]


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
        if self.device_type not in ("cpu", "gpu"):
            raise DeviceError(f"device_type must be 'cpu' or 'gpu', got {self.device_type!r}")
        if not isinstance(self.device_id, int) or self.device_id < 0:
            raise DeviceError(f"device_id must be a number from 0, got {self.device_id!r}")

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

    def __repr__(self) -> str:
        return f"{self.device_type.upper()}{self.device_id}"


def cpu(device_id: int = 0) -> Context:
    """Return a CPU context.

    Args:
        device_id: the CPU's number, default 0.
    """
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return a GPU context.

    Args:
        device_id: the GPU's number, default 0. The K GPUs of a machine are 0, …, K−1.
    """
    return Context("gpu", device_id)
