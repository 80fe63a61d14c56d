"""`symnet inspect`: what a file is, and what is in it."""

import argparse

from ._parsing import Commands, add_command, add_epoch

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `inspect`."""
    parser = add_command(
        commands,
        "inspect",
        _run,
        "Show what a file is and what is in it, or a checkpoint.\n"
        "Of symbols (.json) inputs, outputs and operators, those that symnet lacks apart; of\n"
        "arrays (.params, .safetensors, .states) names, shapes and types; of record files (.rec)\n"
        "and indexes (.idx) their number; of other files what they are. The exit status is 1\n"
        "where symnet cannot use it.",
        "  symnet inspect model/resnet-18-symbol.json\n"
        "  symnet inspect model/resnet-18                 (a checkpoint, of its last epoch)\n"
        "  symnet inspect det1-0001.params --json | jq '.arrays[].shape'",
    )
    parser.add_argument(
        "file", metavar="FILE|PREFIX", help="a path or URL, or how the files of a checkpoint begin"
    )
    add_epoch(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: argparse.Namespace) -> int:
    from ._inspect import inspect

    return inspect(options)
