"""`symnet predict`: what a trained network says of arrays or pictures."""

import argparse

from ._parsing import Commands, add_command, add_shapes, whole

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `predict`."""
    parser = add_command(
        commands,
        "predict",
        _run,
        "Run a trained network over arrays or pictures.\n"
        "An INPUT is an array (.npy) for the network's one input, arrays by the names of its\n"
        "inputs (.npz), or pictures, which make one batch; NAME=FILE gives one of several inputs.\n"
        "Of each sample the largest outputs are shown; --output writes them all.",
        "  symnet predict resnet-18 0 cat.jpg dog.jpg --size 224x224 --synset synset.txt\n"
        "  symnet predict det1 1 face.png --mean 127.5,127.5,127.5 --scale 0.0078125 -o out.npz\n"
        "  symnet predict mlp 20 digits.npy --output probabilities.npy --top 1",
    )
    parser.add_argument("prefix", metavar="PREFIX", help="how the checkpoint begins, or its file")
    parser.add_argument(
        "epoch", metavar="EPOCH", type=whole(0), help="of which epoch (of one file it is not read)"
    )
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help=".npy, .npz, or pictures")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the outputs: .npy, or .npz for several"
    )
    parser.add_argument(
        "--top", type=whole(1), default=5, metavar="N", help="how many to show (default: 5)"
    )
    parser.add_argument(
        "--synset", metavar="FILE", help="names of the outputs, a line each, as synset.txt"
    )
    parser.add_argument(
        "--allow-extra", action="store_true", help="drop weights that the network has no place for"
    )
    add_shapes(parser)
    _add_picture_options(parser.add_argument_group("options for pictures"))


def _add_picture_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--resize", type=whole(1), metavar="N", help="make the shorter edge N pixels long"
    )
    group.add_argument(
        "--size",
        type=_size,
        metavar="WIDTHxHEIGHT",
        help="cut this out of the middle; without --resize, stretch the picture to it",
    )
    group.add_argument(
        "--mean", type=_numbers, metavar="R,G,B", help="subtract this of each channel (default: 0)"
    )
    group.add_argument(
        "--std", type=_numbers, metavar="R,G,B", help="then divide by this (default: 1)"
    )
    group.add_argument(
        "--scale", type=float, default=1.0, metavar="X", help="then multiply by this (default: 1)"
    )
    group.add_argument(
        "--bgr", action="store_true", help="channels are blue, green, red, as OpenCV has them"
    )
    group.add_argument("--gray", action="store_true", help="one channel")


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = map(int, text.lower().split("x"))
    except ValueError:
        width = height = 0
    if min(width, height) < 1:
        raise argparse.ArgumentTypeError(f"WIDTHxHEIGHT is expected, as 224x224, got {text!r}")
    return width, height


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"numbers R,G,B are expected, got {text!r}") from None


def _run(options: argparse.Namespace) -> int:
    from ._predict import predict

    return predict(options)
