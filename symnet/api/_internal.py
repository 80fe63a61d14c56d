"""The documents' internal functions: attributes of `mx`, but not part of its public names.

Those that are operators take symbols too; a symbol's automatic name follows the capital form.
Source: the documents, "libmxnet APIs", and docs/semantics §1.8.
"""

from typing import Any

import numpy as np
import torch

from ..core.arithmetic import Number
from ..core.errors import DataError, DeviceError, FormatError, ShapeError
from ..data.image.image_file import decode_image, require_cv2
from ..ndarray import NDArray, copyto
from ..ndarray.random import rand_, randn_
from ..operators.contract import OPERATORS
from ..operators.dispatch import operator_function
from ..program.control_flow import CONTROL_FLOW
from ..symbol.custom import OPERATORS_IN_PYTHON

__all__ = [
    "_CrossDeviceCopy",
    "_Div",
    "_DivScalar",
    "_Maximum",
    "_MaximumScalar",
    "_Minimum",
    "_MinimumScalar",
    "_Minus",
    "_MinusScalar",
    "_Mul",
    "_MulScalar",
    "_NDArray",
    "_Native",
    "_Plus",
    "_PlusScalar",
    "_Power",
    "_PowerScalar",
    "_RDivScalar",
    "_RMinusScalar",
    "_RPowerScalar",
    "_cond",
    "_copyto",
    "_div",
    "_div_scalar",
    "_foreach",
    "_imdecode",
    "_maximum",
    "_maximum_scalar",
    "_minimum",
    "_minimum_scalar",
    "_minus",
    "_minus_scalar",
    "_mul",
    "_mul_scalar",
    "_onehot_encode",
    "_plus",
    "_plus_scalar",
    "_power",
    "_power_scalar",
    "_random_gaussian",
    "_random_uniform",
    "_rdiv_scalar",
    "_rminus_scalar",
    "_rpower_scalar",
    "_set_value",
    "_while_loop",
]

_Plus = _plus = operator_function(OPERATORS["_Plus"])
_Minus = _minus = operator_function(OPERATORS["_Minus"])
_Mul = _mul = operator_function(OPERATORS["_Mul"])
_Div = _div = operator_function(OPERATORS["_Div"])
_Power = _power = operator_function(OPERATORS["_Power"])
_Maximum = _maximum = operator_function(OPERATORS["_Maximum"])
_Minimum = _minimum = operator_function(OPERATORS["_Minimum"])
_PlusScalar = _plus_scalar = operator_function(OPERATORS["_PlusScalar"])
_MinusScalar = _minus_scalar = operator_function(OPERATORS["_MinusScalar"])
_RMinusScalar = _rminus_scalar = operator_function(OPERATORS["_RMinusScalar"])
_MulScalar = _mul_scalar = operator_function(OPERATORS["_MulScalar"])
_DivScalar = _div_scalar = operator_function(OPERATORS["_DivScalar"])
_RDivScalar = _rdiv_scalar = operator_function(OPERATORS["_RDivScalar"])
_PowerScalar = _power_scalar = operator_function(OPERATORS["_PowerScalar"])
_RPowerScalar = _rpower_scalar = operator_function(OPERATORS["_RPowerScalar"])
_MaximumScalar = _maximum_scalar = operator_function(OPERATORS["_MaximumScalar"])
_MinimumScalar = _minimum_scalar = operator_function(OPERATORS["_MinimumScalar"])
_CrossDeviceCopy = operator_function(OPERATORS["_CrossDeviceCopy"])
_onehot_encode = operator_function(OPERATORS["_onehot_encode"])
_foreach, _while_loop, _cond = (operator_function(cls) for cls in CONTROL_FLOW)
_NDArray, _Native = (operator_function(cls) for cls in OPERATORS_IN_PYTHON)


def _copyto(src: NDArray, out: NDArray) -> NDArray:
    """Copy an array into another of the same shape, which is returned."""
    return copyto(out, src)


def _set_value(src: Number, out: NDArray) -> NDArray:
    """Fill an array with a number, and return it."""
    out[:] = src
    return out


def _random_uniform(low: float, high: float, out: NDArray) -> NDArray:
    """Fill an array with uniform random numbers; see `rand_`."""
    return rand_(low, high, out)


def _random_gaussian(mean: float, std: float, out: NDArray) -> NDArray:
    """Fill an array with normal random numbers; see `randn_`."""
    return randn_(mean, std, out)


def _imdecode(
    mean: NDArray | None,
    index: int,
    x0: int,
    y0: int,
    x1: int,
    y1: int,
    c: int,
    size: int,
    out: NDArray | None = None,
    *,
    str_img: bytes,
) -> NDArray:
    """Decode an image (JPEG, PNG, …) into an array of shape (channels, height, width).

    Args:
        mean: an array of the result's shape to subtract, None for none.
        index: where on axis 0 of a batch the image goes.
        x0: first column that is kept; with ``y1 == y0`` the whole image is.
        y0: first row that is kept.
        x1: end of the columns that are kept.
        y1: end of the rows that are kept.
        c: number of channels; 1 reads a grey image.
        size: how many bytes of the image's text count.
        out: an array on a CPU for one image or, with four axes, for a batch; default a new one.
        str_img: the encoded image.

    Channels come in the order of OpenCV: blue, green, red. Returns ``out``, or the new array.
    Raises DataError for what is no image, ShapeError for what does not fit.
    """
    pixels = _cropped(_decoded(str_img[:size], c), x0, y0, x1, y1)
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float()
    if mean is not None:
        if mean.shape != tuple(image.shape):
            raise ShapeError(
                f"_imdecode: the image has shape {tuple(image.shape)}, but mean has {mean.shape}"
            )
        image -= mean.torch.to(image)
    if out is None:
        return NDArray(image)
    if out.context.device_type != "cpu":
        raise DeviceError(f"_imdecode: out must live on a CPU, it lives on {out.context}")
    target = out[index] if out.ndim == 4 else out
    target[:] = image
    return out


def _decoded(text: bytes, channels: int) -> np.ndarray[Any, Any]:
    """Return an image of shape (height, width, channels), as OpenCV decodes it."""
    cv2 = require_cv2("_imdecode")
    mode = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_UNCHANGED
    try:
        found = decode_image(text, mode)
    except FormatError as problem:
        raise DataError(
            f"_imdecode: these {len(text)} bytes are no image that OpenCV can read: {problem}"
        ) from None
    pixels = found.reshape(*found.shape[:2], -1)
    if pixels.shape[2] < channels:
        raise ShapeError(
            f"_imdecode: c={channels} channels are wanted, the image has {pixels.shape[2]}"
        )
    return pixels[:, :, :channels]


def _cropped(
    pixels: np.ndarray[Any, Any], x0: int, y0: int, x1: int, y1: int
) -> np.ndarray[Any, Any]:
    if y1 == y0:
        return pixels
    height, width = pixels.shape[:2]
    if not (0 <= y0 < y1 <= height and 0 <= x0 < x1 <= width):
        raise ShapeError(
            f"_imdecode: rows {y0}:{y1} and columns {x0}:{x1} do not lie within an image of "
            f"{height} rows and {width} columns"
        )
    return pixels[y0:y1, x0:x1]
