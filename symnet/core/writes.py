"""How often a tensor was written to, and memory that may be written to again."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

__all__ = ["outside_inference_mode", "writes_of"]

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def outside_inference_mode(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Have a function leave `torch.inference_mode`, where it is called inside of it.

    Tensors that are made there may not be written to outside, and writes to them are not counted:
    nothing that symnet keeps is made of such. Its own work asks torch for no gradients anyway.
    """

    @wraps(function)
    def call(*args: Given.args, **options: Given.kwargs) -> Returned:
        if not torch.is_inference_mode_enabled():
            return function(*args, **options)
        with torch.inference_mode(False), torch.no_grad():
            return function(*args, **options)

    return call


def writes_of(tensor: Tensor) -> float:
    """Return how often a tensor, and whatever shares its memory by torch, was written to.

    torch counts that, except for tensors made in `torch.inference_mode`: their count is a new NaN
    each time, unequal to every other. What NumPy writes into the same memory is not counted.

    >>> import torch
    >>> tensor = torch.zeros(3)
    >>> before = writes_of(tensor)
    >>> _ = tensor[1:].add_(1)
    >>> writes_of(tensor) > before
    True
    """
    return float("nan") if tensor.is_inference() else tensor._version
