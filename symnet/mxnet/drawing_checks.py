"""Telling whether a generator of random numbers draws from its distribution, in tests.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from ..core.errors import ArgumentError
from .comparing import to_numpy

__all__ = [
    "chi_square_check",
    "gen_buckets_probs_with_ppf",
    "mean_check",
    "var_check",
    "verify_generator",
]

Generator = Callable[[int], Any]


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Tell whether the mean of what a generator makes is as likely as it should be."""
    samples = to_numpy(generator(nsamples))
    return bool(abs(samples.mean() - mu) < 3 * sigma / np.sqrt(nsamples))


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Tell whether the variance of what a generator makes is as likely as it should be."""
    samples = to_numpy(generator(nsamples))
    slack = 5 * np.sqrt(2 * sigma**4 / (nsamples - 1))
    return bool(abs(samples.var(ddof=1) - sigma**2) < slack)


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return intervals of equal probability, and their probabilities.

    Args:
        ppf: the quantile function of the distribution.
        nbuckets: how many intervals.

    >>> gen_buckets_probs_with_ppf(lambda quantile: 10 * quantile, 2)
    ([(0.0, 5.0), (5.0, 10.0)], [0.5, 0.5])
    """
    if nbuckets < 1:
        raise ArgumentError(f"nbuckets must be at least 1, got {nbuckets}")
    edges = [ppf(place / nbuckets) for place in range(nbuckets + 1)]
    return list(pairwise(edges)), [1 / nbuckets] * nbuckets


def chi_square_check(
    generator: Generator, buckets: Sequence[Any], probs: Sequence[float], nsamples: int = 1000000
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return how likely it is that what a generator makes differs so much from a distribution.

    Args:
        generator: makes so many independent numbers.
        buckets: intervals ``(least, most)`` that rise and do not overlap, or, of a discrete
            distribution, all its values.
        probs: the probability of each.
        nsamples: how many numbers to draw.

    Returns the p-value, and how often each bucket was met and should have been.
    """
    if len(buckets) != len(probs):
        raise ArgumentError(f"chi_square_check: {len(buckets)} buckets, {len(probs)} probabilities")
    samples = to_numpy(generator(nsamples)).reshape(-1)
    expected = (nsamples * np.asarray(probs, np.float32)).astype(np.int32)
    observed = _counts(samples, buckets)
    distance = float(((observed - expected) ** 2 / expected).sum())
    freedom = torch.tensor((len(buckets) - 1) / 2, dtype=torch.float64)
    p = torch.special.gammaincc(freedom, torch.tensor(distance / 2, dtype=torch.float64))
    return float(p), observed, expected


def _counts(samples: np.ndarray, buckets: Sequence[Any]) -> np.ndarray:
    if not isinstance(buckets[0], list | tuple):
        return np.array([(samples == value).sum() for value in buckets])
    edges = np.asarray(buckets, np.float32).reshape(-1)
    if (np.diff(edges) < 0).any():
        raise ArgumentError(f"the intervals must rise and not overlap, got {buckets}")
    places = np.searchsorted(edges, samples, side="right")
    # Of the places between two intervals none is odd.
    return np.array([(places == 2 * number + 1).sum() for number in range(len(buckets))])


def verify_generator(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """Raise AssertionError unless a generator draws from its distribution; return the p-values.

    Args:
        generator: makes so many independent numbers.
        buckets: as for `chi_square_check`.
        probs: as for `chi_square_check`.
        nsamples: how many numbers to draw in each trial.
        nrepeat: how many trials.
        success_rate: which part of them must succeed.
        alpha: the p-value above which one succeeds.
    """
    trials = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    found = [p for p, _, _ in trials]
    if sum(p > alpha for p in found) < nrepeat * success_rate:
        lines = [f"  p={p:.3g}: {seen.tolist()} for {due.tolist()}" for p, seen, due in trials]
        raise AssertionError("the numbers are not of the distribution:\n" + "\n".join(lines))
    return found
