"""Which values share a mean and a variance."""

from collections.abc import Callable
from functools import partial

import numpy as np

import symnet as mx

from ._measured import slopes
from .pieces import PASTEL, Piece, box, grid, text, titled
from .registry import illustrates

__all__ = ["shared"]

SAMPLES, CHANNELS, PLACES = 3, 4, 2
CELL = 16

Layer = Callable[[mx.SymbolicNode], mx.SymbolicNode]


def shared(layer: Layer, shape: tuple[int, ...]) -> np.ndarray:
    """Return for each value of the data the number of its group, as the layer's result tells.

    Two values are of one group where moving one changes what becomes of the other.
    """
    rest = np.random.default_rng(0).normal(size=shape)
    before = slopes(layer, rest)[0].ravel()
    groups = np.full(rest.size, -1)
    for place in range(rest.size):
        if groups[place] >= 0:
            continue
        other = rest.copy().ravel()
        other[place] += 1
        after = slopes(layer, other.reshape(shape))[0].ravel()
        groups[np.abs(after - before) > 1e-9] = groups.max() + 1
    return groups.reshape(shape)


def _panel(layer: Layer) -> Piece:
    """Return samples as rows; each channel's places stand side by side."""
    groups = shared(layer, (SAMPLES, CHANNELS, PLACES, 1))[..., 0]
    parts = []
    for sample, channel, place in np.ndindex(groups.shape):
        x = channel * (PLACES * CELL + 8) + place * CELL
        colour = PASTEL[groups[sample, channel, place] % len(PASTEL)]
        parts.append(box(x + 46, sample * CELL, (CELL, CELL), colour))
    parts += [text(40, row * CELL + 12, f"n={row}", anchor="end") for row in range(SAMPLES)]
    for channel in range(CHANNELS):
        middle = channel * (PLACES * CELL + 8) + 46 + PLACES * CELL / 2
        parts.append(text(middle, SAMPLES * CELL + 14, f"c={channel}"))
    width = 46 + CHANNELS * (PLACES * CELL + 8) - 8
    return Piece(width, SAMPLES * CELL + 18, tuple(parts))


@illustrates(
    "BatchNorm", "BatchNorm_v1", "LayerNorm", "InstanceNorm", "GroupNorm",
    says="Which values share a mean and a variance, in four layers: those of one colour.",
)  # fmt: skip
def normalising() -> Piece:
    """Rows are samples, columns are channels of two places each."""
    layers: dict[str, Layer] = {
        "BatchNorm": mx.BatchNorm,
        "InstanceNorm": mx.InstanceNorm,
        "LayerNorm, axis=1": partial(mx.LayerNorm, axis=1),
        "GroupNorm, num_groups=2": partial(mx.GroupNorm, num_groups=2),
    }
    return grid([titled(name, _panel(layer)) for name, layer in layers.items()], 2)


@illustrates("L2Normalization", says="Which values share a length, in three modes.")
def lengths() -> Piece:
    """By instance, channel and spatial."""
    layers = {
        f'mode="{mode}"': partial(mx.L2Normalization, mode=mode)
        for mode in ("instance", "channel", "spatial")
    }
    return grid([titled(name, _panel(layer)) for name, layer in layers.items()], 2)
