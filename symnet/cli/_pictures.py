"""Pictures as `symnet predict` gives them to a network."""

import argparse

import numpy as np

from ..core.errors import ArgumentError, FormatError
from ..core.file_kinds import HEAD, in_its_place
from ..core.paths import read_bytes
from ..data.image.image_file import decode_image, resize_image

__all__ = ["read_picture"]


def read_picture(path: str, options: argparse.Namespace) -> np.ndarray:
    """Return a picture as a network wants it.

    Args:
        path: the file, a local path or a URL.
        options: how it is resized, cut and scaled.

    Returns float32 of shape (channels, height, width); colours are red, green, blue unless the
    options say otherwise. Raises FormatError where the file is no picture.
    """
    content = read_bytes(path)
    try:
        pixels = decode_image(content, 0 if options.gray else 1)
    except FormatError as error:
        raise FormatError(f"{path}: {error}{in_its_place(content[:HEAD], *_PICTURES)}") from None
    pixels = _sized(pixels, path, options)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if not (options.gray or options.bgr):
        pixels = pixels[:, :, ::-1]
    return _scaled(pixels.astype(np.float32), options).transpose(2, 0, 1)


_PICTURES = ("jpeg", "png", "gif", "bmp", "tiff", "webp")


def _sized(pixels: np.ndarray, path: str, options: argparse.Namespace) -> np.ndarray:
    """Resize a picture, and cut out its middle."""
    wanted = options.size and options.size[::-1]  # (height, width), as arrays have it
    if options.resize:
        shorter = min(pixels.shape[:2])
        height, width = (length * options.resize // shorter for length in pixels.shape[:2])
        pixels = resize_image(pixels, (height, width))
    elif wanted:
        return resize_image(pixels, wanted)
    if not wanted:
        return pixels
    height, width = pixels.shape[:2]
    if wanted[0] > height or wanted[1] > width:
        raise ArgumentError(
            f"{path}: {width}x{height} after --resize, which is too small for --size "
            f"{wanted[1]}x{wanted[0]}"
        )
    top, left = (height - wanted[0]) // 2, (width - wanted[1]) // 2
    return pixels[top : top + wanted[0], left : left + wanted[1]]


def _scaled(pixels: np.ndarray, options: argparse.Namespace) -> np.ndarray:
    channels = pixels.shape[2]
    for name, numbers in (("mean", options.mean), ("std", options.std)):
        if numbers is None:
            continue
        if len(numbers) not in (1, channels):
            raise ArgumentError(f"--{name}: {len(numbers)} numbers for {channels} channels")
        if name == "std" and 0 in numbers:
            raise ArgumentError("--std: nothing can be divided by 0")
        each = np.array(numbers, np.float32)
        pixels = pixels - each if name == "mean" else pixels / each
    return pixels * np.float32(options.scale)
