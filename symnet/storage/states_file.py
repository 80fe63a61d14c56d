"""Files of optimizers' states (``.states``), which Python-MXNet pickles: arrays and numbers only.

A pickle can name any function of any package and have it called, so what may be named is a table.
MXNet's arrays are pickled as the record that a list file has of them.
"""

import io
import pickle
import struct
from collections.abc import Mapping
from typing import Any, ClassVar

from ..core.errors import FormatError
from ..core.file_kinds import HEAD, in_its_place
from ..core.paths import FilePath, read_bytes
from ..ndarray import NDArray
from .params_file import FILE_MAGIC, read_arrays
from .params_writing import write_record

__all__ = ["ARRAY_OF_MXNET", "StatesReader", "WrittenArray", "read_states", "states_to_bytes"]

ARRAY_OF_MXNET = ("mxnet.ndarray.ndarray", "NDArray")

_BY_LINES = 3
"""The last of pickle's protocols that names classes in lines of text."""


class WrittenArray:
    """An array as Apache MXNet pickles it.

    Args:
        handle: nothing; its bytes come after it.
    """

    def __init__(self, handle: None = None) -> None:
        self.content = b""

    def __setstate__(self, state: Mapping[str, bytes]) -> None:
        self.content = struct.pack("<QQQ", FILE_MAGIC, 0, 1) + state["handle"] + bytes(8)

    def array(self) -> NDArray:
        """Return the array."""
        (array,) = read_arrays(io.BytesIO(self.content), "states of an optimizer")
        assert isinstance(array, NDArray)
        return array


class _Lent:
    """An array that is to be pickled as Apache MXNet does.

    Args:
        array: the array.
    """

    def __init__(self, array: NDArray) -> None:
        self.array = array

    def __reduce__(self) -> tuple[Any, ...]:
        sink = io.BytesIO()
        write_record(sink, self.array.torch.detach())
        return WrittenArray, (None,), {"handle": bytearray(sink.getvalue())}


def states_to_bytes(states: Any) -> bytes:
    """Return states of an optimizer, nested arrays and plain values, as Apache MXNet pickles them.

    >>> content = states_to_bytes({0: NDArray([1, 2])})
    >>> StatesReader.read(content)[0].array()
    NDArray([1., 2.], float32, CPU0)
    """
    written = pickle.dumps(_lent(states), protocol=_BY_LINES)
    own = _global_of(WrittenArray.__module__, WrittenArray.__qualname__)
    return written.replace(own, _global_of(*ARRAY_OF_MXNET))


def _global_of(module: str, name: str) -> bytes:
    """Return how pickle names a class, in protocols up to 3."""
    return f"c{module}\n{name}\n".encode()


def _lent(states: Any) -> Any:
    if isinstance(states, NDArray):
        return _Lent(states)
    if isinstance(states, dict):
        return {key: _lent(each) for key, each in states.items()}
    return type(states)(map(_lent, states)) if isinstance(states, list | tuple) else states


def _bytes(content: bytes) -> bytes:
    """Stand in for ``bytearray``, which would make any number of zeros of a number."""
    if not isinstance(content, bytes):
        raise FormatError("these bytes are no states of an optimizer: an array is no bytes")
    return content


def _itself(array: Any, *_: object) -> Any:
    """Stand in for what makes an array of Python-MXNet's face of ours."""
    return array


class StatesReader(pickle.Unpickler):
    """Reads arrays and plain values, and refuses the rest."""

    allowed: ClassVar[Mapping[tuple[str, str], Any]] = {
        ARRAY_OF_MXNET: WrittenArray,
        ("builtins", "bytearray"): _bytes,
        ("symnet.mxnet.ndarray.array", "wrap"): _itself,
        ("symnet.ndarray.array", "_restored"): None,
        ("symnet.core.context", "Context"): None,
        ("numpy", "ndarray"): None,
        ("numpy", "dtype"): None,
        ("numpy._core.multiarray", "_reconstruct"): None,
        ("numpy.core.multiarray", "_reconstruct"): None,
        ("numpy._core.numeric", "_frombuffer"): None,
        ("numpy.core.numeric", "_frombuffer"): None,
    }
    """What a file may name, with what stands for it; None for the thing itself."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for, where a file may name it."""
        if (module, name) not in self.allowed:
            raise FormatError(
                f"states of an optimizer are arrays and plain values, but these bytes name "
                f"{module}.{name}; write them with get_states() or save_optimizer_states()"
            )
        return self.allowed[module, name] or super().find_class(module, name)

    @classmethod
    def read(cls, content: bytes) -> Any:
        """Return what bytes hold; FormatError for anything but states."""
        try:
            return cls(io.BytesIO(content)).load()
        except (pickle.UnpicklingError, EOFError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, FormatError):
                raise
            other = in_its_place(content[:HEAD], "pickle")
            raise FormatError(
                f"these bytes are no states of an optimizer: {error}{other}"
            ) from error


def read_states(path: FilePath) -> dict[Any, Any]:
    """Return the states of an optimizer: for each parameter's index or name arrays, or nothing.

    Args:
        path: a file of ``Module.save_optimizer_states`` or ``Updater.get_states`` without an
            optimizer, a local path or a URL.

    Raises FormatError where it is none, or names anything but arrays; nothing in it is executed.
    """
    try:
        found = _owned(StatesReader.read(read_bytes(path)))
        if not isinstance(found, dict):
            raise FormatError(f"the states of an optimizer are a dict, not {type(found).__name__}")
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    return found


def _owned(states: Any) -> Any:
    """Return states with arrays in place of what Apache MXNet pickled."""
    if isinstance(states, WrittenArray):
        return states.array()
    if isinstance(states, dict):
        return {key: _owned(each) for key, each in states.items()}
    return type(states)(map(_owned, states)) if isinstance(states, list | tuple) else states
