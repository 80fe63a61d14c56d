"""NDArrays: arrays of numbers on a context, and the functions that make, copy and change them."""

from ..operators.dispatch import register_kind
from .array import NDArray
from .bridge import is_shared, nd_as_numpy, try_get_shared
from .creation import array, empty, from_dlpack, full, ones, zeros
from .eager import compute
from .functions import (
    add_to,
    context,
    convert,
    copy,
    copyto,
    div_from,
    eltype,
    length,
    mul_to,
    ndims,
    size,
    slice,
    sub_from,
)

__all__ = [
    "NDArray",
    "add_to",
    "array",
    "context",
    "convert",
    "copy",
    "copyto",
    "div_from",
    "eltype",
    "empty",
    "from_dlpack",
    "full",
    "is_shared",
    "length",
    "mul_to",
    "nd_as_numpy",
    "ndims",
    "ones",
    "size",
    "slice",
    "sub_from",
    "try_get_shared",
    "zeros",
]

register_kind(NDArray, compute, at_once=True)
