"""Whether a process of this machine lives, on systems of either kind."""

import ctypes
import os
from typing import Any

__all__ = ["is_alive"]

# Of Windows' processthreadsapi.h and winerror.h.
_SYNCHRONIZE = 0x00100000
_WAIT_TIMEOUT = 0x102
_ERROR_INVALID_PARAMETER = 87


def is_alive(process: int) -> bool:
    """Tell whether a process lives. Where that cannot be told, it does: its files are left alone.

    Args:
        process: its number.

    >>> is_alive(os.getpid())
    True
    """
    if os.name == "nt":
        # There, os.kill(process, 0) would send Ctrl-C, or end the process.
        return _is_alive_on_windows(process, _kernel32())
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _kernel32() -> Any:
    # By name, since ctypes has it on Windows alone.
    return vars(ctypes)["WinDLL"]("kernel32")


def _is_alive_on_windows(process: int, kernel32: Any) -> bool:
    kernel32.OpenProcess.restype = ctypes.c_void_p  # a handle is as wide as a pointer
    handle = kernel32.OpenProcess(_SYNCHRONIZE, False, ctypes.c_uint32(process))
    if not handle:
        # Any other reason, such as a lack of rights, means that there is one.
        return bool(kernel32.GetLastError() != _ERROR_INVALID_PARAMETER)
    try:
        # A process that has ended is known until its last handle is closed, and can be waited for.
        return bool(kernel32.WaitForSingleObject(ctypes.c_void_p(handle), 0) == _WAIT_TIMEOUT)
    finally:
        kernel32.CloseHandle(ctypes.c_void_p(handle))
