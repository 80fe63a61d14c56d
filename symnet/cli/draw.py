"""`symnet draw`: a picture of a network."""

import argparse

from ._parsing import Commands, add_command, add_shapes, whole

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `draw`."""
    parser = add_command(
        commands,
        "draw",
        _run,
        "Draw a network: as SVG without any other program, as PNG or PDF by GraphViz, or as dot.",
        "  symnet draw resnet-18 resnet.svg --shape data=1,3,224,224\n"
        "  symnet draw det1-symbol.json det1.png --full --direction right",
    )
    parser.add_argument(
        "source", metavar="FILE|PREFIX", help="a symbol file, or how a checkpoint begins"
    )
    parser.add_argument(
        "target", metavar="PICTURE", help="where to write: ends in .svg, .png, .pdf or .dot"
    )
    add_shapes(parser)
    parser.add_argument("--title", help="stands above the picture (default: the source's name)")
    parser.add_argument(
        "--most-boxes",
        type=whole(3),
        metavar="N",
        help="fold a network of more nodes until it has no more boxes (default: 40)",
    )
    parser.add_argument("--full", action="store_true", help="fold nothing: a box for each node")
    parser.add_argument(
        "--direction",
        choices=("up", "right"),
        default="up",
        help="where data flows (default: up)",
    )


def _run(options: argparse.Namespace) -> int:
    from ._draw import draw

    return draw(options)
