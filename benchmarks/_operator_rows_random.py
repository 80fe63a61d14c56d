"""Random numbers, each operator against eager PyTorch."""

from collections.abc import Callable
from typing import Any

import torch
from _operator_rows import LARGE, SMALL, Row, Shape
from torch import Tensor

import symnet as mx

__all__ = ["ROWS"]


def drawn(name: str, eager: Callable[[Shape], Tensor], **parameters: Any) -> Row:
    """Return the row of random numbers, beside one array that they are added to."""
    return Row(
        lambda **v: v["data"] + getattr(mx, name)(v["data"], **parameters),
        {},
        lambda d: d + eager(tuple(d.shape)),
        SMALL,
        LARGE,
        forward_only=True,
    )


ROWS: dict[str, Row] = {
    "_random_uniform_like": drawn("_random_uniform_like", torch.rand),
    "_random_normal_like": drawn("_random_normal_like", torch.randn),
    "_random_exponential_like": drawn(
        "_random_exponential_like", lambda s: torch.empty(s).exponential_()
    ),
    "_random_gamma_like": drawn(
        "_random_gamma_like", lambda s: torch._standard_gamma(torch.full(s, 2.0)), alpha=2.0
    ),
    "_random_poisson_like": drawn(
        "_random_poisson_like", lambda s: torch.poisson(torch.full(s, 2.0)), lam=2.0
    ),
    "_random_negative_binomial_like": drawn(
        "_random_negative_binomial_like",
        lambda s: torch.poisson(torch._standard_gamma(torch.full(s, 3.0)) * (0.6 / 0.4)),
        k=3,
        p=0.4,
    ),
    "_sample_multinomial": Row(
        mx._sample_multinomial,
        {"shape": (64,)},
        lambda d: torch.multinomial(d, 64, replacement=True).int(),
        {"data": (32, 64)},
        {"data": (256, 1024)},
        forward_only=True,
    ),
    "_sample_normal": Row(
        mx._sample_normal,
        {"shape": (64,)},
        lambda m, s: m[:, None] + s[:, None] * torch.randn(m.shape[0], 64),
        {"mu": (32,), "sigma": (32,)},
        {"mu": (8192,), "sigma": (8192,)},
        forward_only=True,
    ),
}
