"""`symnet summary`: the layers of a network, with shapes, parameters, work and memory."""

import argparse

from ._parsing import Commands, add_command, add_shapes

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `summary`."""
    parser = add_command(
        commands,
        "summary",
        _run,
        "Show the layers of a network: shapes, parameters, multiply-adds and bytes.\n"
        "With shapes of all inputs, the bytes that predicting and training take at their peak\n"
        "too, and with --plan every step with the place of its result.",
        "  symnet summary resnet-18 --shape data=1,3,224,224\n"
        "  symnet summary det1-symbol.json --shape data=1,3,12,12 --plan",
    )
    parser.add_argument(
        "source", metavar="FILE|PREFIX", help="a symbol file, or how a checkpoint begins"
    )
    add_shapes(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--plan", action="store_true", help="show the steps of predicting, and where results lie"
    )


def _run(options: argparse.Namespace) -> int:
    from ._summary import show

    return show(options)
