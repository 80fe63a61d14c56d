"""Random numbers: ``mx.random``, the seed and the functions of ``mx.nd.random``."""

from typing import Any

from ..ndarray.random import srand
from .ndarray.random import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "seed",
    "shuffle",
    "uniform",
]


def seed(seed_state: int, ctx: Any = "all") -> None:
    """Seed the random numbers of all devices.

    Args:
        seed_state: a whole number.
        ctx: there only for scripts that give it: all devices follow one seed.
    """
    srand(seed_state)
