"""Memory shared with other libraries through DLPack.

Source: https://dmlc.github.io/dlpack/latest, and ``from_dlpack`` of the Python array API standard.
"""

import ctypes
from typing import Any, Protocol

from torch import Tensor
from torch.utils.dlpack import from_dlpack

from ..core.errors import ArgumentError
from ._memory import lend

__all__ = ["Exporter", "exported", "imported"]


class Exporter(Protocol):
    """What hands over its memory: an array of torch, NumPy, JAX, CuPy or of symnet."""

    def __dlpack__(self, *, stream: Any = None) -> Any:
        """Return a capsule around the memory."""

    def __dlpack_device__(self) -> tuple[Any, int]:
        """Return the kind of device and its number."""


def exported(
    tensor: Tensor,
    *,
    stream: Any,
    max_version: tuple[int, int] | None,
    dl_device: tuple[Any, int] | None,
    copy: bool | None,
) -> Any:
    """Return a capsule around a tensor's memory, as the standard describes ``__dlpack__``.

    Raises BufferError, which the standard asks for, where the memory cannot be had like that.
    """
    if tensor.device.type == "cpu":
        if stream not in (None, -1):
            raise BufferError(f"the CPU has no streams, but stream={stream!r} was asked for")
        stream = None
    lend(tensor)
    try:
        return tensor.__dlpack__(
            stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )
    except (RuntimeError, AssertionError, ValueError) as error:
        raise BufferError(str(error)) from error


def imported(data: Exporter) -> tuple[Tensor, bool]:
    """Return a tensor over the memory of an array, and whether it may be written."""
    if not (hasattr(data, "__dlpack__") and hasattr(data, "__dlpack_device__")):
        raise ArgumentError(
            f"from_dlpack takes an array that has __dlpack__, got {type(data).__name__}; "
            "mx.array(...) copies whatever NumPy understands"
        )
    seen = _Watched(data)
    try:
        tensor: Tensor = from_dlpack(seen)
    except (RuntimeError, AssertionError, TypeError, ValueError) as error:
        raise ArgumentError(f"torch cannot take this {type(data).__name__}: {error}") from error
    lend(tensor)
    return tensor, seen.writable


class _Watched:
    """Passes a capsule on to torch, and looks at what torch does not."""

    def __init__(self, data: Exporter) -> None:
        self.data, self.writable = data, False

    def __dlpack__(self, **options: Any) -> Any:
        capsule = self.data.__dlpack__(**options)
        versioned = bool(_is_valid(capsule, _Versioned.name))
        kind = _Versioned if versioned else _Unversioned
        found = kind.from_address(_pointer(capsule, kind.name))
        array = found.array
        if array.strides and min(array.strides[: array.ndim], default=0) < 0:
            raise BufferError("torch has no arrays that run backward; copy it first")  # it aborts
        # Before version 1 there was no way to say so; NumPy takes those as read-only too.
        self.writable = versioned and not found.flags & _READ_ONLY
        return capsule

    def __dlpack_device__(self) -> tuple[Any, int]:
        return self.data.__dlpack_device__()


class _DLTensor(ctypes.Structure):
    """A DLTensor."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_uint8 * 4),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Unversioned(ctypes.Structure):
    """The beginning of a DLManagedTensor."""

    name = b"dltensor"
    _fields_ = (("array", _DLTensor),)


class _Versioned(ctypes.Structure):
    """The beginning of a DLManagedTensorVersioned."""

    name = b"dltensor_versioned"
    _fields_ = (
        ("version", ctypes.c_uint32 * 2),
        ("manager_context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("array", _DLTensor),
    )


_READ_ONLY = 1  # DLPACK_FLAG_BITMASK_READ_ONLY
_is_valid = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_IsValid", ctypes.pythonapi)
)
_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
