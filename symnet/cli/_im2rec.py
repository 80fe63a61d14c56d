"""What `symnet im2rec` does: lists of images, and records of them."""

import argparse
import os
import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..core.errors import ArgumentError, DataError, FormatError, MXError
from ..core.paths import prefix_text
from ..data.image.image_file import decode_image, encode_image, require_cv2
from ..data.image.image_record import IRHeader, pack
from ..data.records.recordio import RecordWriter
from ._image_list import ImageEntry, Split, find_images, read_list, write_list
from ._threads import in_order, shown

__all__ = ["make_records"]


def make_records(options: argparse.Namespace) -> int:
    """Do `symnet im2rec`; returns 1 where an image was left out."""
    if not options.pass_through and not options.list:
        require_cv2("symnet im2rec without --pass-through").setNumThreads(0)
    if not options.root.is_dir():
        raise DataError(f"{options.root}: no such folder of images")
    lists = _find_lists(prefix_text(options.prefix))
    if options.list or not lists:
        lists = _make_lists(options)
    elif _makes_lists(options):
        raise ArgumentError(
            f"{lists[0]} is there and would be used as it is, so --recursive and other "
            "options for making lists do nothing; remove it, or leave them out"
        )
    left_out = 0 if options.list else sum(_write_records(path, options) for path in lists)
    return 1 if left_out else 0


# -- lists -----------------------------------------------------------------------------------------

_LIST_NAMES = r"(_\d+)?(_train|_val|_test)?\.lst"


def _find_lists(prefix: str) -> list[Path]:
    if prefix.endswith(".lst"):
        return [Path(prefix)]
    path = Path(prefix)
    wanted = re.compile(re.escape(path.name) + _LIST_NAMES)
    return sorted(file for file in path.parent.glob("*.lst") if wanted.fullmatch(file.name))


def _makes_lists(options: argparse.Namespace) -> bool:
    return (
        options.recursive
        or options.train_ratio != 1
        or options.test_ratio != 0
        or options.chunks != 1
        or not options.shuffle
    )


def _make_lists(options: argparse.Namespace) -> list[Path]:
    seed = options.seed if options.shuffle else None
    split = Split(options.chunks, options.train_ratio, options.test_ratio, seed)
    entries, labels = find_images(options.root, options.exts, options.recursive)
    if not entries:
        inside = "" if options.recursive else " (with --recursive, folders inside count too)"
        raise DataError(f"{options.root}: no file ends in {' '.join(options.exts)}{inside}")
    if options.recursive:
        for folder, label in labels.items():
            print(folder.encode(errors="replace").decode(), label)
    prefix = options.prefix.removesuffix(".lst")
    paths = []
    for name, part in split.divide(entries).items():
        paths.append(Path(f"{prefix}{name}.lst"))
        write_list(paths[-1], part)
        print(f"{paths[-1]}: {len(part)} images")
    return paths


# -- records ---------------------------------------------------------------------------------------


def _write_records(path: Path, options: argparse.Namespace) -> int:
    """Write the record file and the index of one list; return how many images are left out."""
    entries = read_list(path)
    if not options.pack_label and any(len(entry.labels) > 1 for entry in entries):
        several = sum(len(entry.labels) > 1 for entry in entries)
        print(
            f"{path}: {several} images have several labels, of which the first alone is stored; "
            "--pack-label stores all",
            file=sys.stderr,
        )
    output = path.with_suffix(".rec")
    payloads = in_order(partial(_attempt, options=options), entries, options.num_thread)
    skipped = 0
    with RecordWriter(output, index=path.with_suffix(".idx")) as writer:
        results = shown(payloads, str(output), len(entries), "image")
        for entry, payload in zip(entries, results, strict=True):
            if isinstance(payload, bytes):
                writer.write(payload, entry.key)
                continue
            skipped += 1
            if options.strict or skipped == len(entries):
                raise payload
            tqdm.write(f"skipped: {payload}", file=sys.stderr)
    note = f", {skipped} skipped" if skipped else ""
    print(f"{output}: {len(entries) - skipped} images, {writer.tell()} bytes{note}")
    return skipped


def _attempt(entry: ImageEntry, options: argparse.Namespace) -> bytes | MXError:
    """Return the payload of an image, or why there is none."""
    path = options.root / entry.path
    if os.path.isabs(entry.path) or os.path.normpath(entry.path).split(os.sep)[0] == os.pardir:
        return DataError(f"{entry.path}: this name leads outside {options.root}")
    try:
        return _payload(path, entry, options)
    except (FormatError, ArgumentError) as problem:
        return DataError(f"{path}: {problem}")
    except OSError as problem:
        return DataError(f"{path}: {problem.strerror}")


def _payload(path: Path, entry: ImageEntry, options: argparse.Namespace) -> bytes:
    several = options.pack_label and len(entry.labels) > 1
    label = entry.labels if several else entry.labels[0]
    image = path.read_bytes()
    if not options.pass_through:
        pixels = decode_image(image, options.color, max_pixels=options.max_pixels or None)
        pixels = _center(pixels) if options.center_crop else pixels
        pixels = _resized(pixels, options.resize) if options.resize else pixels
        image = encode_image(pixels, options.quality, options.encoding)
    return pack(IRHeader(0, label, entry.key, 0), image)


def _center(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def _resized(pixels: np.ndarray, shorter: int) -> np.ndarray:
    """Make the shorter edge so long, and the other in proportion, rounded down."""
    height, width = pixels.shape[:2]
    scale = partial(_scaled, by=shorter, of=min(height, width))
    resize = require_cv2("symnet im2rec --resize").resize
    return np.asarray(resize(pixels, (scale(width), scale(height))))


def _scaled(length: int, by: int, of: int) -> int:
    return length * by // of
