"""Random numbers."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError
from .._same_shape import SameShape
from ..contract import Input, Operator, Shape, Shapes, param
from . import _distributions
from .creation import empty_in, shape_in_use

__all__ = [
    "_random_exponential",
    "_random_exponential_like",
    "_random_gamma",
    "_random_gamma_like",
    "_random_generalized_negative_binomial",
    "_random_generalized_negative_binomial_like",
    "_random_negative_binomial",
    "_random_negative_binomial_like",
    "_random_normal",
    "_random_normal_like",
    "_random_poisson",
    "_random_poisson_like",
    "_random_randint",
    "_random_uniform",
    "_random_uniform_like",
]

FLOATS = {"float16": torch.float16, "float32": torch.float32, "float64": torch.float64}
DEVICE_TEXTS = ("", "None", "cpu()", "cpu(0)")
"""Texts of ``ctx`` that change nothing: a network runs where it is bound."""


class _Distribution(Operator, registered=False):
    """What all distributions share; each fills a tensor in its own way."""

    pure = False

    def _fill(self, out: Tensor) -> Tensor:
        """Fill a tensor with draws, and return it."""
        raise NotImplementedError

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            raise ParameterError(f"{type(self).__name__}: {what}; got {self!r}")


class _InShape(_Distribution, registered=False):
    """What draws in a shape that is a parameter."""

    fixed_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {"ctx": DEVICE_TEXTS}

    shape: tuple[int, ...] | None = param(
        "Shape of the output; 0 is a length that follows from the use, and all do in None.",
        min=0,
        mxnet_default=(),
    )
    dtype: Literal["float16", "float32", "float64"] | None = param(
        "Element type of the output; None means float32.", default=None
    )

    def infer_shape(self, output: Shape | None = None) -> Shapes:
        """The output has the shape that is given; lengths of 0 as its readers have them."""
        return {"output": shape_in_use(self.shape, output)}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The output has the type that is given."""
        return FLOATS[self.dtype or "float32"]

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        dtype = self.infer_dtype(torch.float32)
        return self._fill(empty_in(self.shape, dtype) if out is None else out)


class _DrawnLike(SameShape, _Distribution, registered=False):
    """What draws in the shape and type of an array."""

    floats_only = True

    data = Input("Array whose shape and type the output has.", takes_gradient=False)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        return self._fill(torch.empty_like(data) if out is None else out)


class _Uniform(_Distribution, registered=False):
    """Numbers from low to below high, all equally likely."""

    low: float = param("Least number.", default=0.0)
    high: float = param("Limit above; it is not reached.", default=1.0)

    def check(self) -> None:
        """There is no such distribution of other numbers."""
        self._require(self.low <= self.high, "low must not be above high")

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.uniform(out, self.low, self.high)


class _random_uniform(_InShape, _Uniform):
    """Numbers from low to below high, all equally likely.

    Source: Apache MXNet 1.9.1, ``random.uniform``.

    >>> import symnet as mx
    >>> mx.random_uniform(low=1.0, high=2.0, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("uniform", "random_uniform")


class _random_uniform_like(_DrawnLike, _Uniform):
    """Numbers from low to below high, all equally likely, like an array.

    Source: Apache MXNet 1.9.1, ``random.uniform_like``.

    >>> import symnet as mx
    >>> mx._random_uniform_like(mx.zeros((2, 3)), low=1.0, high=2.0).shape
    (2, 3)
    """


class _Normal(_Distribution, registered=False):
    """Normally distributed numbers."""

    loc: float = param("Their mean.", default=0.0)
    scale: float = param("Their standard deviation.", default=1.0)

    def check(self) -> None:
        """There is no such distribution of other numbers."""
        self._require(self.scale > 0, "scale must be above 0")

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.normal(out, self.loc, self.scale)


class _random_normal(_InShape, _Normal):
    """Normally distributed numbers.

    Source: Apache MXNet 1.9.1, ``random.normal``.

    >>> import symnet as mx
    >>> mx.random_normal(scale=2.0, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("normal", "random_normal")


class _random_normal_like(_DrawnLike, _Normal):
    """Normally distributed numbers, like an array.

    Source: Apache MXNet 1.9.1, ``random.normal_like``.

    >>> import symnet as mx
    >>> mx._random_normal_like(mx.zeros((2, 3)), scale=2.0).shape
    (2, 3)
    """


class _Gamma(_Distribution, registered=False):
    """Gamma distributed numbers, of mean alpha · beta."""

    alpha: float = param("Shape of the distribution.", default=1.0)
    beta: float = param("Scale of the distribution.", default=1.0)

    def check(self) -> None:
        """There is no such distribution of other numbers."""
        self._require(self.alpha > 0 and self.beta > 0, "alpha and beta must be above 0")

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.gamma(out, self.alpha, self.beta)


class _random_gamma(_InShape, _Gamma):
    """Gamma distributed numbers, of mean alpha · beta.

    Source: Apache MXNet 1.9.1, ``random.gamma``.

    >>> import symnet as mx
    >>> mx.random_gamma(alpha=2.0, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("random_gamma",)


class _random_gamma_like(_DrawnLike, _Gamma):
    """Gamma distributed numbers, of mean alpha · beta, like an array.

    Source: Apache MXNet 1.9.1, ``random.gamma_like``.

    >>> import symnet as mx
    >>> mx._random_gamma_like(mx.zeros((2, 3)), alpha=2.0).shape
    (2, 3)
    """


class _Exponential(_Distribution, registered=False):
    """Exponentially distributed numbers, of mean 1 / lam."""

    lam: float = param("Rate of the distribution.", default=1.0)

    def check(self) -> None:
        """There is no such distribution of other numbers."""
        self._require(self.lam > 0, "lam must be above 0")

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.exponential(out, self.lam)


class _random_exponential(_InShape, _Exponential):
    """Exponentially distributed numbers, of mean 1 / lam.

    Source: Apache MXNet 1.9.1, ``random.exponential``.

    >>> import symnet as mx
    >>> mx.random_exponential(lam=4.0, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("random_exponential",)


class _random_exponential_like(_DrawnLike, _Exponential):
    """Exponentially distributed numbers, of mean 1 / lam, like an array.

    Source: Apache MXNet 1.9.1, ``random.exponential_like``.

    >>> import symnet as mx
    >>> mx._random_exponential_like(mx.zeros((2, 3)), lam=4.0).shape
    (2, 3)
    """


class _Poisson(_Distribution, registered=False):
    """Poisson distributed counts, of mean lam."""

    lam: float = param("Rate of the distribution.", default=1.0, min=0)

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.poisson(out, self.lam)


class _random_poisson(_InShape, _Poisson):
    """Poisson distributed counts, of mean lam.

    Source: Apache MXNet 1.9.1, ``random.poisson``.

    >>> import symnet as mx
    >>> mx.random_poisson(lam=4.0, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("random_poisson",)


class _random_poisson_like(_DrawnLike, _Poisson):
    """Poisson distributed counts, of mean lam, like an array.

    Source: Apache MXNet 1.9.1, ``random.poisson_like``.

    >>> import symnet as mx
    >>> mx._random_poisson_like(mx.zeros((2, 3)), lam=4.0).shape
    (2, 3)
    """


class _NegativeBinomial(_Distribution, registered=False):
    """Failures before k successes, each of chance p: counts of mean k · (1 − p) / p."""

    k: int = param("Number of successes.", default=1, min=0)
    p: float = param("Chance of a success.", default=1.0)

    def check(self) -> None:
        """There is no such distribution of other numbers."""
        self._require(0 < self.p <= 1, "p must be above 0 and at most 1")

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.negative_binomial(out, self.k, self.p)


class _random_negative_binomial(_InShape, _NegativeBinomial):
    """Failures before k successes, each of chance p: counts of mean k · (1 − p) / p.

    Source: Apache MXNet 1.9.1, ``random.negative_binomial``.

    >>> import symnet as mx
    >>> mx.random_negative_binomial(k=3, p=0.5, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("random_negative_binomial",)


class _random_negative_binomial_like(_DrawnLike, _NegativeBinomial):
    """Failures before k successes, each of chance p: counts of mean k · (1 − p) / p, like an array.

    Source: Apache MXNet 1.9.1, ``random.negative_binomial_like``.

    >>> import symnet as mx
    >>> mx._random_negative_binomial_like(mx.zeros((2, 3)), k=3, p=0.5).shape
    (2, 3)
    """


class _GeneralizedNegativeBinomial(_Distribution, registered=False):
    """Counts of mean mu and variance mu + alpha · mu²."""

    mu: float = param("Their mean.", default=1.0, min=0)
    alpha: float = param("Dispersion; 0 makes them Poisson distributed.", default=1.0, min=0)

    def _fill(self, out: Tensor) -> Tensor:
        return _distributions.generalized_negative_binomial(out, self.mu, self.alpha)


class _random_generalized_negative_binomial(_InShape, _GeneralizedNegativeBinomial):
    """Counts of mean mu and variance mu + alpha · mu².

    Source: Apache MXNet 1.9.1, ``random.generalized_negative_binomial``.

    >>> import symnet as mx
    >>> mx.random_generalized_negative_binomial(mu=2.0, alpha=0.5, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("random_generalized_negative_binomial",)


class _random_generalized_negative_binomial_like(_DrawnLike, _GeneralizedNegativeBinomial):
    """Counts of mean mu and variance mu + alpha · mu², like an array.

    Source: Apache MXNet 1.9.1, ``random.generalized_negative_binomial_like``.

    >>> import symnet as mx
    >>> mx._random_generalized_negative_binomial_like(mx.zeros((2, 3)), mu=2.0, alpha=0.5).shape
    (2, 3)
    """


class _random_randint(_Distribution):
    """Whole numbers from low to below high, all equally likely.

    Source: Apache MXNet 1.9.1, ``random.randint``.

    >>> import symnet as mx
    >>> mx.random_randint(low=1, high=7, shape=(2, 3)).infer_shape()[1]
    [(2, 3)]
    """

    aliases = ("random_randint", "_npi_random_randint")
    fixed_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {"ctx": DEVICE_TEXTS}

    low: int = param("Least number.")
    high: int = param("Limit above; it is not reached.")
    shape: tuple[int, ...] | None = param(
        "Shape of the output; 0 is a length that follows from the use, and all do in None.",
        min=0,
        mxnet_default=(),
    )
    dtype: Literal["int32", "int64"] | None = param(
        "Element type of the output; None means int32.", default=None
    )

    def check(self) -> None:
        """There must be a number to draw, and the type must hold it."""
        self._require(self.low < self.high, "low must be below high")
        limits = torch.iinfo(self.infer_dtype(torch.int32))
        # The limit itself is a number of int64, in MXNet as in torch.
        greatest = min(limits.max + 1, torch.iinfo(torch.int64).max)
        fits = limits.min <= self.low and self.high <= greatest
        self._require(fits, f"numbers must fit {self.dtype or 'int32'}")

    def infer_shape(self, output: Shape | None = None) -> Shapes:
        """The output has the shape that is given; lengths of 0 as its readers have them."""
        return {"output": shape_in_use(self.shape, output)}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The output has the type that is given."""
        return torch.int64 if self.dtype == "int64" else torch.int32

    def forward(self, out: Tensor | None = None) -> Tensor:
        """Return the draws."""
        dtype = self.infer_dtype(torch.int32)
        return self._fill(empty_in(self.shape, dtype) if out is None else out)

    def _fill(self, out: Tensor) -> Tensor:
        return out.random_(self.low, self.high)
