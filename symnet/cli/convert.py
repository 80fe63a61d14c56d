"""`symnet convert`: a network and its weights, or arrays, into another format."""

import argparse

from ._parsing import Commands, add_command, add_epoch, add_shapes

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `convert`."""
    parser = add_command(
        commands,
        "convert",
        _run,
        "Write a network and its weights in another format, which the ending of TARGET says.\n"
        "  .safetensors   one file, the network among its metadata\n"
        "  .onnx          an ONNX model (wants --shape; needs the package onnx)\n"
        "  .json          the network alone, as MXNet's symbol\n"
        "  .params        the weights alone\n"
        "  none of these  a checkpoint of MXNet: TARGET-symbol.json and TARGET-0000.params",
        "  symnet convert resnet-18 resnet-18.safetensors\n"
        "  symnet convert resnet-18 resnet-18.onnx --shape data=1,3,224,224\n"
        "  symnet convert resnet-18.safetensors again/resnet-18\n"
        "  symnet convert det1 old/det1 --epoch 1 --mxnet 0.x",
    )
    parser.add_argument(
        "source", metavar="SOURCE", help="how a checkpoint begins, a symbol, or a safetensors file"
    )
    parser.add_argument("target", metavar="TARGET", help="where to write")
    add_epoch(parser)
    add_shapes(parser)
    axis = parser.add_mutually_exclusive_group()
    axis.add_argument(
        "--batch",
        nargs="+",
        metavar="NAME",
        help="of .onnx and .pt2: the inputs whose first axis may have any length (default: all)",
    )
    axis.add_argument(
        "--fixed-batch", action="store_true", help="of .onnx and .pt2: shapes are as given"
    )
    parser.add_argument(
        "--mxnet",
        choices=("1.x", "0.x"),
        default="1.x",
        help="which MXNet is to read its files: 0.x are readable by every version (default: 1.x)",
    )


def _run(options: argparse.Namespace) -> int:
    from ._convert import convert

    return convert(options)
