"""Distributions that operators draw from: each fills a tensor, given parameters.

Parameters are numbers, or tensors that broadcast to the filled one. Numbers come from torch's
generator of the tensor's device, which ``mx.srand`` seeds. Draws are made in float32 or more.
"""

from typing import Any

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

aten = torch.ops.aten


def uniform(out: Tensor, low: DistributionParameter, high: DistributionParameter) -> Tensor:
    """Fill with numbers from low to below high."""
    return _moved(out.uniform_(), high - low, low)


def normal(out: Tensor, mean: DistributionParameter, deviation: DistributionParameter) -> Tensor:
    """Fill with normally distributed numbers."""
    return _moved(out.normal_(), deviation, mean)


def exponential(out: Tensor, rate: DistributionParameter) -> Tensor:
    """Fill with exponentially distributed numbers, of mean 1 / rate."""
    out.exponential_()
    return out if _is(rate, 1) else out.div_(rate)


def gamma(out: Tensor, shape: DistributionParameter, scale: DistributionParameter) -> Tensor:
    """Fill with gamma distributed numbers, of mean shape · scale."""
    if isinstance(shape, Tensor) or not shape > 0:
        return _moved(out.copy_(_gamma(out, shape)), scale, 0)
    return _moved(_draw(aten._standard_gamma, _spread(out, shape), out), scale, 0)


def poisson(out: Tensor, rate: DistributionParameter) -> Tensor:
    """Fill with Poisson distributed counts, of mean rate."""
    rates = _spread(out, rate)
    if isinstance(rate, Tensor):
        return out.copy_(_counts(rates))
    return _draw(aten.poisson, rates, out)


def negative_binomial(
    out: Tensor, successes: DistributionParameter, chance: DistributionParameter
) -> Tensor:
    """Fill with how many failures come before so many successes, each of a chance."""
    if isinstance(successes, Tensor) or isinstance(chance, Tensor) or not successes > 0:
        return out.copy_(_counts(_gamma(out, successes) * ((1 - chance) / chance)))
    shapes = _spread(out, successes)
    rates = _draw(aten._standard_gamma, shapes, torch.empty_like(shapes))
    return _draw(aten.poisson, rates.mul_((1 - chance) / chance), out)


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


def _is(value: DistributionParameter, number: float) -> bool:
    """Tell whether a parameter is one number that is known, and so needs no pass over draws."""
    return not isinstance(value, Tensor) and value == number


def _moved(out: Tensor, factor: DistributionParameter, shift: DistributionParameter) -> Tensor:
    if not _is(factor, 1):
        out.mul_(factor)
    return out if _is(shift, 0) else out.add_(shift)


def _spread(out: Tensor, value: DistributionParameter) -> Tensor:
    """Return a parameter for each number that is drawn."""
    exact = torch.promote_types(out.dtype, torch.float32)
    spread = torch.empty(out.shape, dtype=exact, device=out.device)
    return spread.copy_(value) if isinstance(value, Tensor) else spread.fill_(value)


def _gamma(out: Tensor, shape: DistributionParameter) -> Tensor:
    """Return gamma distributed numbers of scale 1; 0 for shape 0, nan below."""
    shapes = _spread(out, shape)
    if not isinstance(shape, Tensor) and shape > 0:
        return torch._standard_gamma(shapes)
    drawn = torch._standard_gamma(torch.where(shapes > 0, shapes, torch.ones_like(shapes)))
    return torch.where(shapes > 0, drawn, torch.where(shapes == 0, 0.0, torch.nan))


def _draw(kernel: Any, given: Tensor, out: Tensor) -> Tensor:
    """Fill with what a kernel of torch draws, given a number for each that is drawn."""
    if given.dtype != out.dtype:
        return out.copy_(kernel(given))
    # What is written where it is wanted can be recorded, and takes no Python in later runs.
    kernel.out(given, out=out)
    return out


def _counts(rates: Tensor) -> Tensor:
    """Return Poisson distributed counts; nan where a rate is no rate."""
    possible = rates >= 0
    return torch.poisson(rates.where(possible, 0.0)).masked_fill_(~possible, torch.nan)
