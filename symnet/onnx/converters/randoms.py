"""Random numbers: of the same distribution, but never the same as another runtime draws."""

from typing import Any

from ...operators.definitions.random_draws import (
    _random_exponential,
    _random_exponential_like,
    _random_normal,
    _random_normal_like,
    _random_uniform,
    _random_uniform_like,
)
from ...operators.definitions.random_samples import (
    _sample_exponential,
    _sample_normal,
    _sample_uniform,
)
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []


def _drawn(to: Emitter, op_type: str, **parameters: Any) -> Term:
    """Return random numbers in the shape of the result."""
    like = to("Expand", to.constant([0], to.dtype), to.shape(to.result))
    return to(op_type, like, **parameters)


def _exponential(to: Emitter) -> Term:
    """Return numbers of the mean 1: logarithms of what is evenly drawn."""
    return -to("Log", 1 - _drawn(to, "RandomUniformLike"))


@converter(_random_uniform)
def uniform(op: _random_uniform, to: Emitter) -> Term:
    """RandomUniformLike of a constant."""
    return _drawn(to, "RandomUniformLike", low=op.low, high=op.high)


@converter(_random_uniform_like)
def uniform_like(op: _random_uniform_like, to: Emitter, data: Term) -> Term:
    """RandomUniformLike."""
    return to("RandomUniformLike", data, low=op.low, high=op.high)


@converter(_random_normal)
def normal(op: _random_normal, to: Emitter) -> Term:
    """RandomNormalLike of a constant."""
    return _drawn(to, "RandomNormalLike", mean=op.loc, scale=op.scale)


@converter(_random_normal_like)
def normal_like(op: _random_normal_like, to: Emitter, data: Term) -> Term:
    """RandomNormalLike."""
    return to("RandomNormalLike", data, mean=op.loc, scale=op.scale)


@converter(_random_exponential)
def exponential(op: _random_exponential, to: Emitter) -> Term:
    """Logarithms of what is evenly drawn."""
    return _exponential(to) / op.lam


@converter(_random_exponential_like)
def exponential_like(op: _random_exponential_like, to: Emitter, data: Term) -> Term:
    """Logarithms of what is evenly drawn."""
    return _exponential(to) / op.lam


# -- parameters of their own for each entry --------------------------------------------------------


def _beside(to: Emitter, parameter: Term) -> Term:
    """Return the parameters of draws, with axes for the numbers that are drawn of each."""
    more = len(to.result) - parameter.rank
    numbers = parameter.cast(to.dtype)
    return numbers.with_axes(*range(parameter.rank, parameter.rank + more)) if more else numbers


@converter(_sample_uniform)
def sampled_uniform(op: _sample_uniform, to: Emitter, low: Term, high: Term) -> Term:
    """Evenly drawn numbers, stretched and moved."""
    first, last = _beside(to, low), _beside(to, high)
    return first + _drawn(to, "RandomUniformLike") * (last - first)


@converter(_sample_normal)
def sampled_normal(op: _sample_normal, to: Emitter, mu: Term, sigma: Term) -> Term:
    """Normal numbers, stretched and moved."""
    return _beside(to, mu) + _drawn(to, "RandomNormalLike") * _beside(to, sigma)


@converter(_sample_exponential)
def sampled_exponential(op: _sample_exponential, to: Emitter, lam: Term) -> Term:
    """Logarithms of what is evenly drawn."""
    return _exponential(to) / _beside(to, lam)
