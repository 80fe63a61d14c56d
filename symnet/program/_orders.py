"""Orders of memory: how the axes of a value lie."""

import torch
from torch import Tensor

from ..graph.node import Gradient, Node

__all__ = ["is_channels_last", "like_of", "memory_order"]


def memory_order(node: Node) -> str:
    """Return the order that a node's operator wants or keeps; a gradient's is its operator's."""
    op = node.op.of if isinstance(node.op, Gradient) else node.op
    return "contiguous" if op is None else op.memory_order


def is_channels_last(like: Tensor) -> bool:
    """Whether images lie channels-last, and not in plain order too, as those of one channel do."""
    is_images = like.ndim == 4 and like.is_contiguous(memory_format=torch.channels_last)
    return is_images and not like.is_contiguous()


def like_of(tensor: Tensor) -> Tensor:
    """Return a tensor without data of the same shape, element type and order."""
    return torch.empty_strided(
        tensor.shape, tensor.stride(), dtype=tensor.dtype, device=torch.device("meta")
    )
