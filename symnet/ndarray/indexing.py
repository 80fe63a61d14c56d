"""NumPy's indexing on tensors: whole numbers, slices, new axes, and arrays of whole numbers.

Source: NumPy's documentation, "Indexing on ndarrays", as Apache MXNet 1.9.1 follows it.
"""

import builtins
from operator import index
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.errors import ArgumentError, ShapeError
from ._memory import write

__all__ = ["assign", "select"]


def select(tensor: Tensor, key: Any) -> tuple[Tensor, bool]:
    """Return what a key selects, and whether it shares the tensor's memory.

    Only a selection whose elements lie side by side shares it; any other is a copy.

    Args:
        tensor: what is indexed, its elements in order.
        key: what stood in the brackets.

    Raises IndexError for what lies outside, ArgumentError for what is no key.
    """
    parts = _parts(key, tensor)
    if _is_plain(parts):
        seen = tensor[parts]
        shared = seen.is_contiguous()
        return (seen if shared else seen.contiguous()), shared
    if _turns(parts):
        return tensor.reshape(-1)[_places(tensor, parts)], False
    return tensor[parts], False


def assign(tensor: Tensor, key: Any, value: Tensor | float) -> None:
    """Write a number or a tensor into what a key selects; the tensor is broadcast.

    Raises IndexError for what lies outside, ShapeError for a tensor that does not fit.
    """
    parts = _parts(key, tensor)
    if _is_plain(parts):
        target = tensor[parts]
        if isinstance(value, Tensor):
            write(target, _fitted(value, tuple(target.shape), tensor))
        else:
            target.fill_(value)
        return
    places = _places(tensor, parts)
    source: Any = value
    if isinstance(value, Tensor):
        source = _fitted(value, tuple(places.shape), tensor).to(tensor.dtype).reshape(-1)
    else:
        source = torch.full((), value, dtype=tensor.dtype, device=tensor.device)
    tensor.view(-1)[places.reshape(-1)] = source


def _fitted(value: Tensor, shape: tuple[int, ...], tensor: Tensor) -> Tensor:
    """Return a value on the tensor's device, broadcast to a shape."""
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = value[0]
    try:
        return value.to(tensor.device).expand(shape)
    except RuntimeError:
        raise ShapeError(
            f"cannot assign shape {tuple(value.shape)} to shape {shape}: it cannot be broadcast"
        ) from None


def _parts(key: Any, tensor: Tensor) -> tuple[Any, ...]:
    given = key if isinstance(key, tuple) else (key,)
    parts = tuple(_part(each, tensor) for each in given)
    if any(isinstance(part, Tensor) for part in parts):
        # Beside arrays a number is one too, which decides where the new axes go.
        parts = tuple(
            torch.tensor(part, device=tensor.device) if isinstance(part, int) else part
            for part in parts
        )
    return parts


def _part(given: Any, tensor: Tensor) -> Any:
    """Return one entry of a key as torch takes it."""
    if given is None or given is Ellipsis:
        return given
    if isinstance(given, builtins.slice):
        return builtins.slice(*(_bound(each) for each in (given.start, given.stop, given.step)))
    if isinstance(given, bool | np.bool_ | str):
        raise _no_key(given)
    if isinstance(given, list | tuple | range | np.ndarray | Tensor) or hasattr(given, "torch"):
        return _numbers(given, tensor.device)
    try:
        return index(given)
    except TypeError:
        raise _no_key(given) from None


def _numbers(given: Any, device: torch.device) -> Tensor:
    """Return an array of whole numbers as torch's kind of index."""
    held = getattr(given, "torch", given)
    try:
        found = held if isinstance(held, Tensor) else torch.from_numpy(np.array(held))
    except (TypeError, ValueError):
        raise _no_key(given) from None
    return found.to(device, torch.int64)


def _bound(given: Any) -> int | None:
    return None if given is None else index(given)


def _is_plain(parts: tuple[Any, ...]) -> bool:
    """Tell whether torch sees the selection without copying it."""
    return not any(isinstance(part, Tensor) for part in parts) and not _turns(parts)


def _turns(parts: tuple[Any, ...]) -> bool:
    """Tell whether a slice runs backward, which torch's own indexing refuses."""
    return any(isinstance(p, builtins.slice) and p.step is not None and p.step < 0 for p in parts)


def _places(tensor: Tensor, parts: tuple[Any, ...]) -> Tensor:
    """Return where the selected elements stand among all, in the shape of the selection."""
    numbers = np.arange(tensor.numel()).reshape(tuple(tensor.shape))
    key = tuple(part.cpu().numpy() if isinstance(part, Tensor) else part for part in parts)
    found = np.ascontiguousarray(numbers[key]).reshape(np.shape(numbers[key]))
    return torch.from_numpy(found).to(tensor.device)


def _no_key(given: object) -> ArgumentError:
    return ArgumentError(
        f"an array is indexed by whole numbers, slices, None, ... and arrays of whole numbers, "
        f"not by {given!r}"
    )
