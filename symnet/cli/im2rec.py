"""`symnet im2rec`: folders of images, or lists of them, into record files."""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Any

from ._parsing import Commands, add_command, add_max_pixels, whole

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `im2rec`."""
    parser = add_command(
        commands,
        "im2rec",
        _run,
        "Make record files (.rec, .idx) of images.\n"
        "The images are those in lists PREFIX.lst, PREFIX_train.lst and so on, where there are\n"
        "such files; else those in the folder ROOT, of which the lists are made first. For each\n"
        "list there is then a record file of the same name. Options are those of MXNet's im2rec.",
        "  symnet im2rec data/cats images/ --recursive --train-ratio 0.9 --resize 256\n"
        "  symnet im2rec data/cats images/ --list     (only the lists; edit them, then)\n"
        "  symnet im2rec data/cats images/            (the records of these lists)\n"
        "  symnet im2rec data/cats_val.lst images/    (just those of one list)",
    )
    parser.add_argument("prefix", metavar="PREFIX", help="how the files begin, or one .lst file")
    parser.add_argument("root", metavar="ROOT", type=Path, help="the folder with the images")
    _add_list_options(parser.add_argument_group("options for making lists"))
    _add_record_options(parser.add_argument_group("options for making records"))


def _add_list_options(group: Any) -> None:
    group.add_argument(
        "--list", "--list-only", action="store_true", help="only make the lists, anew if need be"
    )
    group.add_argument(
        "--recursive",
        action="store_true",
        help="look into folders inside ROOT too; each gets a label of its own, in the order of "
        "names (default: only ROOT, all with label 0)",
    )
    group.add_argument(
        "--exts",
        nargs="+",
        default=[".jpeg", ".jpg", ".png"],
        metavar="EXT",
        help="what image files end in (default: .jpeg .jpg .png)",
    )
    ratio = partial(group.add_argument, type=float, metavar="X")
    ratio("--train-ratio", default=1.0, help="share of the images for training (default: 1)")
    ratio("--test-ratio", default=0.0, help="share for testing (default: 0); validation: the rest")
    group.add_argument(
        "--chunks", type=whole(1), default=1, metavar="N", help="divide into N lists (default: 1)"
    )
    group.add_argument(
        "--shuffle",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="shuffle the images, or keep the order of names (default: shuffle)",
    )
    group.add_argument(
        "--seed", type=int, default=100, help="of the shuffle (default: 100, which is MXNet's)"
    )


def _add_record_options(group: Any) -> None:
    group.add_argument(
        "--pass-through",
        action="store_true",
        help="take the image files as they are; the five options that follow do not apply",
    )
    group.add_argument(
        "--resize",
        type=whole(0),
        default=0,
        metavar="N",
        help="make the shorter edge N pixels long (default: 0, leave the size)",
    )
    group.add_argument(
        "--center-crop", action="store_true", help="cut out the square in the middle, first of all"
    )
    group.add_argument(
        "--quality",
        type=whole(0, 100),
        default=95,
        metavar="N",
        help="of JPEG, 1 to 100; of PNG the compression, 0 to 9 (default: 95)",
    )
    group.add_argument(
        "--encoding", choices=(".jpg", ".png"), default=".jpg", help="of the images (default: .jpg)"
    )
    group.add_argument(
        "--color",
        type=int,
        choices=(-1, 0, 1),
        default=1,
        help="1: colour (default), 0: gray, -1: as the image is, transparency included",
    )
    group.add_argument(
        "--pack-label", action="store_true", help="store all labels of a line, not just the first"
    )
    group.add_argument(
        "--strict",
        action="store_true",
        help="stop at the first image that cannot be read; else all such are named and left out, "
        "and the exit status is 1",
    )
    add_max_pixels(group)
    group.add_argument(
        "--num-thread",
        type=whole(1),
        default=os.cpu_count() or 1,
        metavar="N",
        help="threads (default: as many as there are cores); the order does not depend on it",
    )


def _run(options: argparse.Namespace) -> int:
    from ._im2rec import make_records

    return make_records(options)
