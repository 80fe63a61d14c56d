"""Steps that bring images into the form that a network takes."""

import torch

from ...operators.definitions.image_colors import _image_adjust_lighting
from ...operators.definitions.image_transforms import (
    _image_crop,
    _image_flip_left_right,
    _image_flip_top_bottom,
    _image_normalize,
    _image_to_tensor,
)
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []


@converter(_image_crop)
def image_crop(op: _image_crop, to: Emitter, data: Term) -> Term:
    """Slice of height and width, which stand before the channels."""
    rows, columns = data.rank - 3, data.rank - 2
    first, last = to.whole(op.y, op.x), to.whole(op.y + op.height, op.x + op.width)
    return to("Slice", data, first, last, to.whole(rows, columns))


@converter(_image_flip_left_right, _image_flip_top_bottom)
def image_flip(
    op: _image_flip_left_right | _image_flip_top_bottom, to: Emitter, data: Term
) -> Term:
    """Slice with steps of -1."""
    return data.part(op.across % data.rank, -1, torch.iinfo(torch.int64).min, -1)


@converter(_image_to_tensor)
def image_to_tensor(op: _image_to_tensor, to: Emitter, data: Term) -> Term:
    """Transpose, and a division by 255."""
    return data.moved(-1, -3).cast(torch.float32) / 255


@converter(_image_normalize)
def image_normalize(op: _image_normalize, to: Emitter, data: Term) -> Term:
    """A difference and a quotient, channel by channel."""
    mean, std = (
        to.constant(torch.tensor(each, dtype=data.dtype).view(-1, 1, 1))
        for each in (op.mean, op.std)
    )
    return (data - mean) / std


@converter(_image_adjust_lighting)
def image_lighting(op: _image_adjust_lighting, to: Emitter, data: Term) -> Term:
    """A sum with the light, which is what a black image becomes; bytes stay in their range."""
    floats = data if data.dtype.is_floating_point else data.cast(torch.float32)
    lit = floats + to.constant(op.run(data=torch.zeros(1, 1, 3, dtype=floats.dtype)))
    if data.dtype != torch.uint8:
        return lit
    return to("Clip", lit, to.constant(0.0), to.constant(255.0))
