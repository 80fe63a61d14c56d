"""Turning images about their middle. Source: Apache MXNet 1.9.1, ``mxnet.image``."""

from math import radians
from typing import Any

import numpy as np

from ...core.arithmetic import is_number
from ...core.errors import ArgumentError, DTypeError
from ...operators.contract import OPERATORS
from ..calls import invoke
from ..ndarray import NDArray, array
from ..ndarray.array import FACE

__all__ = ["imrotate", "random_rotate"]


def imrotate(
    src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """Turn an image, or several, counter-clockwise; what comes from outside of it is 0.

    Args:
        src: an image of shape (channels, height, width), or images with another axis first;
            float32.
        rotation_degrees: the angle; for several images also an array of one for each.
        zoom_in: whether to enlarge it until nothing from outside is seen.
        zoom_out: whether to shrink it until the whole image is seen.

    Raises ArgumentError for both zooms, or angles that do not fit, DTypeError for another type.

    >>> import symnet.mxnet as mx
    >>> image = mx.nd.array([[[1, 2], [3, 4]]])
    >>> mx.image.imrotate(image, 90).asnumpy().round(3)
    array([[[2., 4.],
            [1., 3.]]], dtype=float32)
    """
    if zoom_in and zoom_out:
        raise ArgumentError("imrotate: zoom_in and zoom_out cannot both be True")
    if np.dtype(src.dtype) != np.float32:
        raise DTypeError(
            f"imrotate takes float32, got {np.dtype(src.dtype)}; use astype('float32')"
        )
    if src.ndim == 3 and is_number(rotation_degrees):
        return imrotate(src.expand_dims(0), rotation_degrees, zoom_in, zoom_out)[0]
    if src.ndim != 4:
        raise ArgumentError(
            "imrotate takes an image of three axes and a number, or images of four axes; got "
            f"shape {src.shape} and {rotation_degrees!r}"
        )
    angles = _angles(rotation_degrees, len(src))
    grid = invoke(
        OPERATORS["GridGenerator"],
        "gridgenerator",
        FACE,
        (array(_transforms(angles, src.shape[2:], zoom_in, zoom_out), src.context),),
        {"transform_type": "affine", "target_shape": src.shape[2:]},
    )
    found: NDArray = invoke(OPERATORS["BilinearSampler"], "sampler", FACE, (src, grid), {})
    return found


def _angles(given: Any, count: int) -> np.ndarray:
    """Return an angle in radians for each image."""
    if is_number(given):
        return np.full(count, radians(given))
    angles: np.ndarray = np.radians(given.asnumpy() if isinstance(given, NDArray) else given)
    if angles.shape != (count,):
        raise ArgumentError(f"imrotate: {count} images, and angles of shape {angles.shape}")
    return angles


def _transforms(angles: np.ndarray, size: Any, zoom_in: bool, zoom_out: bool) -> np.ndarray:
    """Return the affine transformations from places of the result to places of the image.

    Both go from -1 to 1 along each axis, so that sines are stretched by the sides' proportion.
    """
    height, width = size
    cosines, sines = np.cos(angles), np.sin(angles)
    # How far the corners reach, in sides of the image.
    across = abs(cosines) + abs(sines) * height / width
    down = abs(cosines) + abs(sines) * width / height
    if zoom_out:
        scale = np.maximum(across, down)
    else:
        scale = 1 / np.maximum(across, down) if zoom_in else np.ones_like(angles)
    stretch = (height - 1) / (width - 1) if width > 1 and height > 1 else 1.0
    rows = [cosines, -sines * stretch, 0 * angles, sines / stretch, cosines, 0 * angles]
    found: np.ndarray = np.stack(rows, axis=1) * scale[:, None]
    return found


def random_rotate(
    src: NDArray, angle_limits: tuple[float, float], zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """Turn an image, or each of several, by a random angle; see `imrotate`.

    Args:
        src: the image or images.
        angle_limits: the least and the greatest angle, in degrees.
        zoom_in: as in `imrotate`.
        zoom_out: as in `imrotate`.
    """
    if src.ndim == 3:
        return imrotate(src, float(np.random.uniform(*angle_limits)), zoom_in, zoom_out)
    return imrotate(src, np.random.uniform(*angle_limits, size=len(src)), zoom_in, zoom_out)
