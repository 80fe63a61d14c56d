"""What operators over one, two or three spatial axes share: orders of axes, sizes along them."""

from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Operator, Shape

__all__ = [
    "Layout",
    "Pair",
    "channels_first",
    "channels_first_shape",
    "channels_last_hint",
    "check_axes",
    "check_layout",
    "check_pairs",
    "has_channels_last",
    "in_layout",
    "in_layout_shape",
    "pair",
    "spatial",
    "spatial_axes",
    "stretched",
]

Pair = tuple[int, int]

Layout = Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"]
"""Orders of axes: batch, channels, and up to depth, height and width."""

_NAMES = {1: "(width,)", 2: "(height, width)", 3: "(depth, height, width)"}


def stretched(values: tuple[int, ...], count: int, fill: int) -> tuple[int, ...]:
    """Return a parameter with one entry for each axis; left empty, all of them are ``fill``."""
    return values or (fill,) * count


def pair(values: tuple[int, ...], fill: int) -> Pair:
    """Return (height, width) of a parameter that may be left empty."""
    return (values[0], values[1]) if values else (fill, fill)


def check_pairs(operator: Operator, *names: str) -> None:
    """Raise ParameterError unless the named parameters are (height, width) or empty."""
    check_axes(operator, 2, *names)


def check_axes(operator: Operator, count: int, *names: str) -> None:
    """Raise ParameterError unless the named parameters are empty or have so many entries."""
    for name in names:
        if len(getattr(operator, name)) not in (0, count):
            raise ParameterError(
                f"{type(operator).__name__}: {name} must be {_NAMES[count]}, "
                f"got {getattr(operator, name)}"
            )


def spatial_axes(operator: Operator, kernel: tuple[int, ...]) -> int:
    """Return over how many axes a kernel goes; ParameterError unless it is 1, 2 or 3."""
    if len(kernel) not in _NAMES:
        wanted = ", ".join(list(_NAMES.values())[:2])
        raise ParameterError(
            f"{type(operator).__name__}: kernel must be {wanted} or {_NAMES[3]}, got {kernel}"
        )
    return len(kernel)


def check_layout(operator: Operator, layout: Layout | None, count: int) -> None:
    """Raise ParameterError unless a layout has so many spatial axes."""
    if layout is not None and len(layout) != count + 2:
        raise ParameterError(
            f"{type(operator).__name__}: layout={layout!r} has {len(layout) - 2} spatial axes, "
            f"the kernel {count}"
        )


def has_channels_last(layout: Layout | None) -> bool:
    """Tell whether the channels are on the last axis, and not on axis 1."""
    return layout is not None and layout.endswith("C")


def channels_first(tensor: Tensor, layout: Layout | None) -> Tensor:
    """Return a view of which axis 1 holds the channels."""
    return tensor.movedim(-1, 1) if has_channels_last(layout) else tensor


def in_layout(tensor: Tensor, layout: Layout | None) -> Tensor:
    """Return what has its channels on axis 1 in the order of axes that a layout says."""
    return tensor.movedim(1, -1).contiguous() if has_channels_last(layout) else tensor


def channels_first_shape(data: Shape, layout: Layout | None, count: int) -> Shape:
    """Return the shape (batch, channels, …) of data; ShapeError where it has other axes."""
    if len(data) != count + 2:
        names = _NAMES[count][1:-1].rstrip(",")
        order = (
            f"batch, {names}, channels"
            if has_channels_last(layout)
            else f"batch, channels, {names}"
        )
        raise ShapeError(f"data must be ({order}), got {data}")
    return (data[0], data[-1], *data[1:-1]) if has_channels_last(layout) else data


def channels_last_hint(data: Shape, layout: Layout | None) -> str:
    """Return the tail of an error where the channels seem to come last in data.

    >>> channels_last_hint((8, 28, 28, 1), None)
    '; channels come first here, as in (8, 1, 28, 28), unless the layout says otherwise'
    >>> channels_last_hint((8, 1, 4, 4), None)
    ''
    """
    if has_channels_last(layout) or data[-1] > 4 or data[1] <= 4:
        return ""
    first = (data[0], data[-1], *data[1:-1])
    return f"; channels come first here, as in {first}, unless the layout says otherwise"


def in_layout_shape(shape: Shape, layout: Layout | None) -> Shape:
    """Return the shape (first, channels, …) as a layout orders it."""
    return (shape[0], *shape[2:], shape[1]) if has_channels_last(layout) else shape


def spatial(data: Tensor) -> Tensor:
    """Return an image batch in the memory order that convolutions are fastest in."""
    if data.is_cuda or data.ndim != 4:
        return data
    return data.to(memory_format=torch.channels_last)
