"""Distributions that operators draw from: each fills a tensor, given parameters.

Parameters are numbers, or tensors that broadcast to the filled one. Numbers come from torch's
generator of the tensor's device, which ``mx.srand`` seeds. Draws are made in float32 or more.
"""

import torch
from torch import Tensor

__all__ = [
    "DistributionParameter",
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "negative_binomial",
    "normal",
    "poisson",
    "uniform",
]

DistributionParameter = float | Tensor


def uniform(out: Tensor, low: DistributionParameter, high: DistributionParameter) -> Tensor:
    """Fill with numbers from low to below high."""
    return out.uniform_().mul_(high - low).add_(low)


def normal(out: Tensor, mean: DistributionParameter, deviation: DistributionParameter) -> Tensor:
    """Fill with normally distributed numbers."""
    return out.normal_().mul_(deviation).add_(mean)


def exponential(out: Tensor, rate: DistributionParameter) -> Tensor:
    """Fill with exponentially distributed numbers, of mean 1 / rate."""
    return out.exponential_().div_(rate)


def gamma(out: Tensor, shape: DistributionParameter, scale: DistributionParameter) -> Tensor:
    """Fill with gamma distributed numbers, of mean shape · scale."""
    return out.copy_(_gamma(out, shape)).mul_(scale)


def poisson(out: Tensor, rate: DistributionParameter) -> Tensor:
    """Fill with Poisson distributed counts, of mean rate."""
    return out.copy_(_counts(_spread(out, rate)))


def negative_binomial(
    out: Tensor, successes: DistributionParameter, chance: DistributionParameter
) -> Tensor:
    """Fill with how many failures come before so many successes, each of a chance."""
    return out.copy_(_counts(_gamma(out, successes) * ((1 - chance) / chance)))


def generalized_negative_binomial(
    out: Tensor, mean: DistributionParameter, dispersion: DistributionParameter
) -> Tensor:
    """Fill with counts of a mean, and of variance mean + dispersion · mean²."""
    spread = _spread(out, dispersion)
    # Without dispersion the mixed rates are all the mean: the counts are Poisson's.
    mixed = spread > 0
    safe = torch.where(mixed, spread, torch.ones_like(spread))
    rates = torch._standard_gamma(1 / safe) * safe * mean
    return out.copy_(_counts(torch.where(mixed, rates, _spread(out, mean))))


def _spread(out: Tensor, value: DistributionParameter) -> Tensor:
    """Return a parameter for each number that is drawn."""
    exact = torch.promote_types(out.dtype, torch.float32)
    return torch.empty(out.shape, dtype=exact, device=out.device).copy_(torch.as_tensor(value))


def _gamma(out: Tensor, shape: DistributionParameter) -> Tensor:
    """Return gamma distributed numbers of scale 1; 0 for shape 0, nan below."""
    shapes = _spread(out, shape)
    drawn = torch._standard_gamma(torch.where(shapes > 0, shapes, torch.ones_like(shapes)))
    return torch.where(shapes > 0, drawn, torch.where(shapes == 0, 0.0, torch.nan))


def _counts(rates: Tensor) -> Tensor:
    """Return Poisson distributed counts; nan where a rate is no rate."""
    possible = rates >= 0
    return torch.poisson(rates.where(possible, 0.0)).masked_fill_(~possible, torch.nan)
