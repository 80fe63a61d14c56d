"""The record files that the CIFAR-10 example trains on.

CIFAR-10, where its record files are at hand; else images of the same size that are drawn here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

import symnet as mx

SHAPE = (3, 28, 28)
"""Channels, height and width that are cropped out of an image."""

SIZE = 32  # of the images in the files
COLORS = {"red": (60, 60, 220), "blue": (220, 90, 60)}  # blue first, as OpenCV has it
SHAPES = ("disc", "ring", "square", "cross", "stripes")

CLASSES = tuple(f"{color} {shape}" for color in COLORS for shape in SHAPES)
"""What is drawn: ten classes, as many as CIFAR-10 has."""


class Files(NamedTuple):
    """Two record files, and the file of the mean image, which is made where it is missing."""

    train: Path
    test: Path
    mean: Path


@contextmanager
def find_files(data_dir: Path | None, images: int) -> Iterator[Files]:
    """Hand out CIFAR-10's files, or such as are drawn, which are gone afterwards.

    Args:
        data_dir: folder in which ``cifar/train.rec`` and ``cifar/test.rec`` are looked for,
            default ``mx.get_data_dir()``.
        images: how many images to draw for training where they are missing, and a quarter of that
            for testing; one printed line says so.
    """
    folder = (data_dir or mx.get_data_dir()) / "cifar"
    kept = Files(folder / "train.rec", folder / "test.rec", folder / "cifar_mean.bin")
    if kept.train.is_file() and kept.test.is_file():
        yield kept
        return
    with TemporaryDirectory() as scratch:
        drawn = Files(*(Path(scratch, path.name) for path in kept))
        print(
            f"Not CIFAR-10, which is not in {folder}: "
            f"training on {images} drawn images, testing on {images // 4}."
        )
        write_records(drawn.train, images, seed=0)
        write_records(drawn.test, images // 4, seed=1)
        yield drawn


def write_records(path: Path, count: int, seed: int) -> None:
    """Write a record file of drawn images, their classes in turn."""
    random = np.random.default_rng(seed)
    with mx.RecordWriter(path) as writer:
        for number in range(count):
            label = number % len(CLASSES)
            writer.write(mx.pack_img(mx.IRHeader(0, label, number, 0), draw(label, random)))


def draw(label: int, random: np.random.Generator) -> np.ndarray:
    """Return an image of a class, uint8 of shape (32, 32, 3): a coloured shape on noise.

    Place, size and brightness are random.
    """
    color, shape = CLASSES[label].split()
    center, radius = random.uniform(12, 20, 2), random.uniform(7, 11)
    down, right = (np.indices((SIZE, SIZE)) - center[:, None, None]) / radius
    image = random.normal(120, 35, (SIZE, SIZE, 3))
    inside = _inside(shape, down, right)
    image[inside] += (np.array(COLORS[color]) - 120) * random.uniform(0.7, 1.1)
    return image.clip(0, 255).astype(np.uint8)


def _inside(shape: str, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return which pixels a shape covers; it reaches from -1 to 1 in both directions."""
    distance = np.hypot(down, right)
    square = np.maximum(abs(down), abs(right)) < 0.9
    masks = {
        "disc": distance < 1,
        "ring": (distance > 0.55) & (distance < 1),
        "square": square,
        "cross": square & (np.minimum(abs(down), abs(right)) < 0.3),
        "stripes": square & (np.floor(down * 2.5) % 2 == 0),
    }
    return masks[shape]
