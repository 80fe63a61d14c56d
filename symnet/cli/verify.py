"""`symnet verify`: whether the weights of a checkpoint belong to its network, and are numbers."""

import argparse

from ._parsing import Commands, add_command, add_epoch, add_shapes

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `verify`."""
    parser = add_command(
        commands,
        "verify",
        _run,
        "Hold a checkpoint's network against its weights: missing, extra, misshapen, not finite.\n"
        "Every fault is named, and makes the exit status 1. Without --shape, shapes are held\n"
        "against the input that fits most of them, which is told.",
        "  symnet verify model/resnet-18\n"
        "  symnet verify model/resnet-18 --epoch 3 --shape data=1,3,224,224",
    )
    parser.add_argument(
        "source", metavar="PREFIX", help="how the checkpoint begins, or its safetensors file"
    )
    add_epoch(parser)
    add_shapes(parser)


def _run(options: argparse.Namespace) -> int:
    from ._verify import verify

    return verify(options)
