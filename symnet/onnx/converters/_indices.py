"""Indices: symnet's may be of any element type, and may lie outside; ONNX's may not."""

import torch

from ..emitter import Emitter
from ..terms import Term

__all__ = ["whole", "within"]


def whole(index: Term) -> Term:
    """Return indices cut to whole numbers."""
    return index.cast(torch.int64)


def within(to: Emitter, index: Term, length: int, mode: str = "clip") -> Term:
    """Return indices as whole numbers from 0 to below a length.

    Args:
        to: what notes the nodes.
        index: the indices.
        length: how many there are to choose from.
        mode: what one outside means: ``clip`` the nearest, ``wrap`` counted around, ``raise`` an
            error, as ONNX has it.
    """
    places = whole(index)
    if mode == "wrap":
        return to("Mod", places, length)
    if mode == "raise":
        return places
    return to("Clip", places, to.constant(0, torch.int64), to.constant(length - 1, torch.int64))
