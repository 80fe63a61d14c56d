"""Random numbers, with arrays of parameters."""

from typing import Literal

import torch
from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes, param
from . import _distributions
from .random_draws import FLOATS

__all__ = [
    "_sample_exponential",
    "_sample_gamma",
    "_sample_generalized_negative_binomial",
    "_sample_negative_binomial",
    "_sample_normal",
    "_sample_poisson",
    "_sample_uniform",
]


class _Sample(Operator, registered=False):
    """What draws for each entry of its parameters. Impossible parameters give nan, or nonsense."""

    pure = False

    shape: tuple[int, ...] = param("Shape of what is drawn for each entry.", default=(), min=1)
    dtype: Literal["float16", "float32", "float64"] | None = param(
        "Element type of the output; None means float32.", default=None
    )

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The output has the type that is given, whatever the parameters'."""
        return FLOATS[self.dtype or "float32"]

    def _target(self, like: Tensor, out: Tensor | None) -> Tensor:
        """Return where the draws go."""
        if out is not None:
            return out
        dtype = self.infer_dtype(like.dtype)
        return torch.empty((*like.shape, *self.shape), dtype=dtype, device=like.device)

    def _spread(self, values: Tensor) -> Tensor:
        """Return an entry for all that is drawn for it."""
        exact = torch.promote_types(self.infer_dtype(values.dtype), torch.float32)
        return values.to(exact).view(*values.shape, *[1] * len(self.shape))


class _OfOne(_Sample, registered=False):
    """What has one parameter, lam."""

    lam = Input("Rate of each distribution.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, lam: Shape) -> Shapes:
        """So many are drawn for each entry."""
        return {"output": (*lam, *self.shape)}


class _sample_exponential(_OfOne):
    """Exponentially distributed numbers, of mean 1 / lam: so many for each entry of lam.

    Source: Apache MXNet 1.9.1, ``sample_exponential``.

    >>> import symnet as mx
    >>> mx.sample_exponential(mx.array([1, 10]), shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_exponential",)

    def forward(self, lam: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        return _distributions.exponential(self._target(lam, out), self._spread(lam))


class _sample_poisson(_OfOne):
    """Poisson distributed counts, of mean lam: so many for each entry of lam.

    Source: Apache MXNet 1.9.1, ``sample_poisson``.

    >>> import symnet as mx
    >>> mx.sample_poisson(mx.array([1, 10]), shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_poisson",)

    def forward(self, lam: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        return _distributions.poisson(self._target(lam, out), self._spread(lam))


class _sample_uniform(_Sample):
    """Numbers from low to below high: so many for each pair of parameters.

    Source: Apache MXNet 1.9.1, ``sample_uniform``.

    >>> import symnet as mx
    >>> mx.sample_uniform(mx.array([0, 10]), mx.array([1, 20]), shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_uniform",)

    low = Input("Least numbers.", takes_gradient=False, any_dtype=True)
    high = Input("Limits above, of the same shape.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, low: Shape) -> Shapes:
        """So many are drawn for each pair."""
        return {"high": low, "output": (*low, *self.shape)}

    def forward(self, low: Tensor, high: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        first, second = self._spread(low), self._spread(high)
        return _distributions.uniform(self._target(low, out), first, second)


class _sample_normal(_Sample):
    """Normally distributed numbers: so many for each pair of parameters.

    Source: Apache MXNet 1.9.1, ``sample_normal``.

    >>> import symnet as mx
    >>> mx.sample_normal(mx.array([0, 10]), mx.array([1, 2]), shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_normal",)

    mu = Input("Means.", takes_gradient=False, any_dtype=True)
    sigma = Input("Standard deviations, of the same shape.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, mu: Shape) -> Shapes:
        """So many are drawn for each pair."""
        return {"sigma": mu, "output": (*mu, *self.shape)}

    def forward(self, mu: Tensor, sigma: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        first, second = self._spread(mu), self._spread(sigma)
        return _distributions.normal(self._target(mu, out), first, second)


class _sample_gamma(_Sample):
    """Gamma distributed numbers, of mean alpha · beta: so many for each pair of parameters.

    Source: Apache MXNet 1.9.1, ``sample_gamma``.

    >>> import symnet as mx
    >>> mx.sample_gamma(mx.array([1, 2]), mx.array([1, 3]), shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_gamma",)

    alpha = Input("Shapes of the distributions.", takes_gradient=False, any_dtype=True)
    beta = Input("Their scales, of the same shape.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, alpha: Shape) -> Shapes:
        """So many are drawn for each pair."""
        return {"beta": alpha, "output": (*alpha, *self.shape)}

    def forward(self, alpha: Tensor, beta: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        first, second = self._spread(alpha), self._spread(beta)
        return _distributions.gamma(self._target(alpha, out), first, second)


class _sample_negative_binomial(_Sample):
    """Failures before k successes, each of chance p: so many for each pair of parameters.

    Source: Apache MXNet 1.9.1, ``sample_negative_binomial``.

    >>> import symnet as mx
    >>> mx.sample_negative_binomial(mx.array([1, 2]), mx.array([0.5, 0.2]), shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_negative_binomial",)

    k = Input("Numbers of successes.", takes_gradient=False, any_dtype=True)
    p = Input("Chances of a success, of the same shape.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, k: Shape) -> Shapes:
        """So many are drawn for each pair."""
        return {"p": k, "output": (*k, *self.shape)}

    def forward(self, k: Tensor, p: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        first, second = self._spread(k), self._spread(p)
        return _distributions.negative_binomial(self._target(k, out), first, second)


class _sample_generalized_negative_binomial(_Sample):
    """Counts of mean mu and variance mu + alpha · mu²: so many for each pair of parameters.

    Source: Apache MXNet 1.9.1, ``sample_generalized_negative_binomial``.

    >>> import symnet as mx
    >>> mu, alpha = mx.array([1, 2]), mx.array([0.5, 0.2])
    >>> mx.sample_generalized_negative_binomial(mu, alpha, shape=(3,)).shape
    (2, 3)
    """

    aliases = ("sample_generalized_negative_binomial",)

    mu = Input("Means.", takes_gradient=False, any_dtype=True)
    alpha = Input("Dispersions, of the same shape.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, mu: Shape) -> Shapes:
        """So many are drawn for each pair."""
        return {"alpha": mu, "output": (*mu, *self.shape)}

    def forward(self, mu: Tensor, alpha: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        first, second = self._spread(mu), self._spread(alpha)
        return _distributions.generalized_negative_binomial(self._target(mu, out), first, second)
