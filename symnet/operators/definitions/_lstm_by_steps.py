"""A long short-term memory step by step, for what torch's kernels do not do.

None clips c, and oneDNN's knows no projection.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Bounds", "lstm_by_steps"]


class Bounds(NamedTuple):
    """The least and the greatest value of c."""

    least: float
    greatest: float


def lstm_by_steps(
    data: Tensor,
    lengths: Tensor | None,
    states: tuple[Tensor, Tensor],
    weights: Sequence[Sequence[Tensor]],
    bounds: Bounds | None,
    *,
    directions: int,
    dropout: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return h of the last layer at all steps, and the last h and c of every layer and direction.

    Args:
        data: the sequences, (steps, batch, width).
        lengths: how many steps of each sequence count, None for all.
        states: h and c before the first step, (layers · directions, batch, size).
        weights: for each layer and direction the weights from the input and from h, the two
            biases, and the weight of the projection where there is one.
        bounds: what c is clipped to after each step, before h is made of it; None: not clipped.
        directions: 1, or 2 for both.
        dropout: the fraction that is dropped between layers.
    """
    last_h: list[Tensor] = []
    last_c: list[Tensor] = []
    for first in range(0, len(weights), directions):
        if first and dropout:
            data = functional.dropout(data, dropout, training=True)
        found = []
        for cell in range(first, first + directions):
            before = states[0][cell], states[1][cell]
            output, h, c = _one_way(
                data, lengths, before, weights[cell], bounds, reverse=cell > first
            )
            found.append(output)
            last_h.append(h)
            last_c.append(c)
        data = torch.cat(found, 2) if directions > 1 else found[0]
    return data, torch.stack(last_h), torch.stack(last_c)


def _one_way(
    data: Tensor,
    lengths: Tensor | None,
    before: tuple[Tensor, Tensor],
    weights: Sequence[Tensor],
    bounds: Bounds | None,
    *,
    reverse: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Go through the steps of one layer in one direction; sequences that ended keep their state."""
    from_input, from_h, bias_input, bias_h, *projection = weights
    given = functional.linear(data, from_input, bias_input)
    h, c = before
    outputs: list[Tensor] = [h] * len(data)
    steps = range(len(data))
    for step in reversed(steps) if reverse else steps:
        i, f, g, o = (given[step] + functional.linear(h, from_h, bias_h)).chunk(4, 1)
        new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        if bounds is not None:
            new_c = torch.clamp(new_c, *bounds)
        new_h = o.sigmoid() * new_c.tanh()
        if projection:
            new_h = functional.linear(new_h, projection[0])
        if lengths is None:
            outputs[step], h, c = new_h, new_h, new_c
            continue
        counts = (step < lengths).unsqueeze(1)
        outputs[step] = torch.where(counts, new_h, 0)
        h, c = torch.where(counts, new_h, h), torch.where(counts, new_c, c)
    return torch.stack(outputs), h, c
