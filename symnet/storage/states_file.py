"""Files of optimizers' states (``.states``), which Python-MXNet pickles: arrays and numbers only.

A pickle can name any function of any package and have it called, so what may be named is a table.
MXNet's arrays are pickled as the record that a list file has of them. NumPy's are put together
here: its own way back believes what the bytes say. The reader is Python's in Python, because the
one in C reserves what memory a file asks for.
"""

import io
import pickle
import re
import struct
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Any, ClassVar

import numpy as np

from ..core.errors import FormatError, MXError, shown
from ..core.file_kinds import HEAD, in_its_place
from ..core.paths import FilePath, read_bytes
from ..ndarray import NDArray
from ..ndarray.array import _restored as ndarray_restored
from .params_file import FILE_MAGIC, read_arrays
from .params_writing import write_record

__all__ = ["ARRAY_OF_MXNET", "StatesReader", "WrittenArray", "read_states", "states_to_bytes"]

_MOST_VALUES = 2**20
_DEEPEST = 20

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
    >>> StatesReader.read(content)[0]
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


class _Dtype:
    """An element type as NumPy pickles it.

    Args:
        text: kind and bytes, as ``f4``.
    """

    def __init__(self, text: str, *_: object) -> None:
        if not isinstance(text, str) or not re.fullmatch(r"[biuf][1248]", text):
            raise FormatError(f"elements are numbers, not {shown(text)}")
        self.text, self.order = text, "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = ">" if state[1] == ">" else "<"


class _WrittenNumpy:
    """An array as NumPy pickles it: nothing, until its state comes after it."""

    def __init__(self) -> None:
        self.array: np.ndarray | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, is_fortran, content = state
        self.fill(content, dtype, shape, "F" if is_fortran else "C")

    def fill(self, content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: Any) -> None:
        """Take the elements; they must be as many as the shape says."""
        flat = np.frombuffer(content, np.dtype(dtype.order + dtype.text))
        self.array = flat.reshape(shape, order=order).copy()

    def found(self) -> np.ndarray:
        """Return the array; FormatError where its state never came."""
        if self.array is None:
            raise FormatError("an array has no elements")
        return self.array


def _blank(*_: object) -> _WrittenNumpy:
    """Stand in for ``_reconstruct``, which would reserve room for any shape."""
    return _WrittenNumpy()


def _filled(content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str) -> _WrittenNumpy:
    """Stand in for ``_frombuffer``."""
    made = _WrittenNumpy()
    made.fill(content, dtype, shape, order)
    return made


def _restored(found: tuple[str, _WrittenNumpy, Any], writable: bool) -> NDArray:
    """Stand in for what makes an NDArray that was pickled."""
    dtype, elements, context = found
    return ndarray_restored((dtype, elements.found(), context), bool(writable))


_SHARED = (type, FunctionType, BuiltinFunctionType)
_MISREAD = (
    *(pickle.UnpicklingError, EOFError, LookupError, TypeError, ValueError, AttributeError),
    *(ArithmeticError, RuntimeError, MemoryError, ImportError, struct.error, AssertionError),
)
"""What Python raises while it reads bytes that are no pickle of states."""


_load_build: Callable[[Any], None] = pickle._Unpickler.dispatch[pickle.BUILD[0]]


class StatesReader(pickle._Unpickler):
    """Reads arrays and plain values, and refuses the rest."""

    stack: list[Any]

    allowed: ClassVar[Mapping[tuple[str, str], Any]] = {
        ARRAY_OF_MXNET: WrittenArray,
        ("builtins", "bytearray"): _bytes,
        ("symnet.mxnet.ndarray.array", "wrap"): _itself,
        ("symnet.ndarray.array", "_restored"): _restored,
        ("symnet.core.context", "Context"): None,
        ("numpy", "ndarray"): _WrittenNumpy,
        ("numpy", "dtype"): _Dtype,
        ("numpy._core.multiarray", "_reconstruct"): _blank,
        ("numpy.core.multiarray", "_reconstruct"): _blank,
        ("numpy._core.numeric", "_frombuffer"): _filled,
        ("numpy.core.numeric", "_frombuffer"): _filled,
    }
    """What a file may name, with what stands for it; None for the thing itself."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for, where a file may name it."""
        if (module, name) not in self.allowed:
            named = f"{module}.{name}"[:100]
            raise FormatError(
                f"states of an optimizer are arrays and plain values, but these bytes name "
                f"{named}; write them with get_states() or save_optimizer_states()"
            )
        return self.allowed[module, name] or super().find_class(module, name)

    def _build(self) -> None:
        """Give a value its state, but no function and no class, which all share."""
        if len(self.stack) < 2 or isinstance(self.stack[-2], _SHARED):
            raise FormatError("states of an optimizer change no functions and classes")
        _load_build(self)

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        **pickle._Unpickler.dispatch,
        pickle.BUILD[0]: _build,
    }

    @classmethod
    def read(cls, content: bytes, array: Callable[[WrittenArray], Any] = WrittenArray.array) -> Any:
        """Return what bytes hold; FormatError for anything but states.

        Args:
            content: the bytes.
            array: makes an array of one that Apache MXNet pickled.
        """
        try:
            return _Owned(array).of(cls(io.BytesIO(content)).load())
        except FormatError:
            raise
        except (*_MISREAD, MXError) as error:
            other = in_its_place(content[:HEAD], "pickle")
            raise FormatError(
                "these bytes are no states of an optimizer: "
                f"{str(error)[:300] or type(error).__name__}{other}"
            ) from error


def read_states(path: FilePath) -> dict[Any, Any]:
    """Return the states of an optimizer: for each parameter's index or name arrays, or nothing.

    Args:
        path: a file of ``Module.save_optimizer_states`` or ``Updater.get_states`` without an
            optimizer, a local path or a URL.

    Raises FormatError where it is none, or names anything but arrays; nothing in it is executed.
    """
    try:
        found = StatesReader.read(read_bytes(path))
        if not isinstance(found, dict):
            raise FormatError(f"the states of an optimizer are a dict, not {type(found).__name__}")
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    return found


class _Owned:
    """Takes over what was read: arrays in place of what was written of them.

    A few bytes can name one list many times within others, which are more values than any memory
    holds once they are copied: so they are counted.

    Args:
        array: makes an array of one that Apache MXNet pickled.
    """

    def __init__(self, array: Callable[[WrittenArray], Any]) -> None:
        self._array = array
        self._left = _MOST_VALUES

    def of(self, states: Any, depth: int = 0) -> Any:
        """Return states of symnet's own; FormatError where they are too many, or too deep."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise FormatError(
                f"states of an optimizer are at most {_MOST_VALUES:,} values, {_DEEPEST} deep"
            )
        if isinstance(states, WrittenArray):
            return self._array(states)
        if isinstance(states, _WrittenNumpy):
            return states.found()
        if isinstance(states, dict):
            return {key: self.of(each, depth + 1) for key, each in states.items()}
        if type(states) in (list, tuple):
            return type(states)(self.of(each, depth + 1) for each in states)
        return states
