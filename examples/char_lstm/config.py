"""The tutorial's settings, as options of its scripts."""

import argparse
from pathlib import Path

from lstm import LSTM

import symnet as mx

__all__ = ["build_network", "make_parser", "read_options", "vocabulary_file"]


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of the options that the scripts share; the defaults are the tutorial's."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--layers", type=int, default=2, help="stacked LSTM cells")
    add("--hidden", type=int, default=256, help="size of the cells' states")
    add("--embed", type=int, default=256, help="size of the vectors that stand for characters")
    add("--dropout", type=float, default=0.0, help="fraction dropped between layers")
    add("--epochs", type=int, default=21, help="passes through the text")
    add("--prefix", default="checkpoints/ptb", help="stem of the checkpoints' files")
    add("--name", default="ptb", help="stem of the network's names")
    add("--seed", type=int, default=0, help="seed of the random numbers")
    add("--gpu", action="store_true", help="run on the first GPU")
    add(
        "--smoke", action="store_true", help="a small network on a little text, to see that it runs"
    )
    return parser


def read_options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options, made small where that was asked for; and seed the random numbers."""
    options = parser.parse_args()
    if options.smoke:
        options.hidden = options.embed = 16
        options.epochs = 1
    mx.srand(options.seed)
    options.context = mx.gpu() if options.gpu else mx.cpu()
    return options


def vocabulary_file(options: argparse.Namespace) -> Path:
    """Return where the characters of the training text are kept."""
    return Path(f"{options.prefix}-vocabulary.txt")


def build_network(
    options: argparse.Namespace, steps: int, n_class: int, *, output_states: bool = False
) -> mx.SymbolicNode:
    """Return the network that the options describe, unfolded over some steps."""
    return LSTM(
        options.layers,
        steps,
        options.hidden,
        options.embed,
        n_class,
        dropout=options.dropout,
        name=options.name,
        output_states=output_states,
    )
