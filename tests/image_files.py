"""Small record files of images, for tests."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from symnet.data.image.image_record import IRHeader, pack, pack_img
from symnet.data.records.recordio import RecordWriter


def noise(number: int, height: int = 10, width: int = 12) -> np.ndarray:
    """An image of blue, green and red noise, which its number settles."""
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)


def payload(number: int, image: np.ndarray | None = None) -> bytes:
    """An image record whose label and id are its number; as PNG, so that no pixel is lost."""
    image = noise(number) if image is None else image
    return pack_img(IRHeader(0, number, number, 0), image, img_fmt=".png")


def broken(number: int) -> bytes:
    """An image record whose image is none."""
    return pack(IRHeader(0, number, number, 0), b"\x89PNG, but no more")


def write_records(path: Path, payloads: Iterable[bytes]) -> str:
    """Write a record file; its path is returned as text."""
    with RecordWriter(path) as writer:
        for each in payloads:
            writer.write(each)
    return str(path)
