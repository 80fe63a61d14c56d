"""`symnet rec`: look at record files, index, verify, unpack and pack them."""

import argparse
import os
from pathlib import Path

from ._parsing import Commands, add_command, add_max_pixels, whole

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `rec` and its commands."""
    parser = commands.add_parser(
        "rec",
        help="Look at record files (.rec), index, verify, unpack and pack them",
        description="Look at record files (.rec), index, verify, unpack and pack them.\n"
        "A FILE may be a path or a URL.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_one in (_add_list, _add_index, _add_verify, _add_extract, _add_pack):
        add_one(inner)


def _add_list(commands: Commands) -> None:
    parser = add_command(
        commands,
        "list",
        _list,
        "Show what is in a record file, one line for each record.\n"
        "Images are not decoded: kind and size are what their bytes say.",
        "  symnet rec list train.rec --limit 10\n"
        "  symnet rec list train.rec --json | jq 'select(.height < 64).key'",
    )
    parser.add_argument("file", metavar="FILE", help="the record file")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--limit", type=whole(0), metavar="N", help="stop after N records")


def _add_index(commands: Commands) -> None:
    parser = add_command(
        commands,
        "index",
        _index,
        "Write the index of a record file beside it, as train.idx of train.rec.\n"
        "An index that is there is replaced. Damaged records are left out and named, and make\n"
        "the exit code 1.",
        "  symnet rec index train.rec\n  symnet rec index train.rec --key id",
    )
    parser.add_argument("file", metavar="FILE", help="the record file")
    parser.add_argument("--output", metavar="INDEX", help="where to write (default: beside FILE)")
    parser.add_argument(
        "--key",
        choices=("number", "id"),
        default="number",
        help="what the keys are: the number of the record, as MXNet's rec2idx has it (default), "
        "or the id in its image header, as im2rec has it",
    )


def _add_verify(commands: Commands) -> None:
    parser = add_command(
        commands,
        "verify",
        _verify,
        "Check every record of a file, and the index beside it.\n"
        "Each fault is named with its record and offset. The exit code is 1 where there are any.",
        "  symnet rec verify train.rec\n  symnet rec verify --decode *.rec",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="the record files")
    parser.add_argument(
        "--decode",
        action="store_true",
        help="decode every image too (all records must be image records)",
    )
    add_max_pixels(parser)
    _add_threads(parser)


def _add_extract(commands: Commands) -> None:
    parser = add_command(
        commands,
        "extract",
        _extract,
        "Write records into a folder, one file each, named by key.\n"
        "Of an image record the image is written as it is, and a list of labels (.lst), from\n"
        "which `symnet im2rec --pass-through` makes the records again; of others, the payload.",
        "  symnet rec extract train.rec images/\n"
        "  symnet rec extract train.rec images/ --key 7 12\n"
        "  symnet rec extract train.rec images/ --range 0:100",
    )
    parser.add_argument("file", metavar="FILE", help="the record file")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="made if it is not there")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--key", type=int, nargs="+", help="only the records with these keys")
    chosen.add_argument(
        "--range", metavar="A:B", help="only records number A to B, B exclusive; either may be left"
    )
    parser.add_argument(
        "--raw", action="store_true", help="write whole payloads (.bin), headers included, no list"
    )


def _add_pack(commands: Commands) -> None:
    parser = add_command(
        commands,
        "pack",
        _pack,
        "Pack files into a record file, one record each, with an index beside it.\n"
        "Records are the bytes of the files and nothing else; for images with labels there is\n"
        "`symnet im2rec`.",
        "  symnet rec pack texts.rec part-*.txt",
    )
    parser.add_argument("output", metavar="OUTPUT", help="the record file to write")
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="in this order")


def _add_threads(parser: argparse.ArgumentParser) -> None:
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--num-thread",
        type=whole(1),
        default=cores,
        metavar="N",
        help=f"threads for decoding (default: as many as there are cores, {cores})",
    )


# What the commands do is imported where it is done: their help waits for no torch.


def _list(options: argparse.Namespace) -> int:
    from ._rec_list import list_records

    return list_records(options)


def _index(options: argparse.Namespace) -> int:
    from ._rec_write import index

    return index(options)


def _verify(options: argparse.Namespace) -> int:
    from ._rec_verify import verify

    return verify(options)


def _extract(options: argparse.Namespace) -> int:
    from ._rec_extract import extract

    return extract(options)


def _pack(options: argparse.Namespace) -> int:
    from ._rec_write import pack

    return pack(options)
