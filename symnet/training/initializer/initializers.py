"""Initializers: what fills the parameters of a network before training."""

from collections.abc import Callable
from math import prod, sqrt
from typing import Final, Literal

from torch import Tensor

from ...core.described import Described
from ...core.errors import ArgumentError, DTypeError, ReadOnlyError
from ...core.parameters import Parameters, param
from ...ndarray import NDArray

__all__ = [
    "AbstractInitializer",
    "NormalInitializer",
    "UniformInitializer",
    "XavierInitializer",
    "init",
    "real",
    "xv_avg",
    "xv_gaussian",
    "xv_in",
    "xv_normal",
    "xv_out",
    "xv_uniform",
]

Distribution = Literal["uniform", "normal"]
Regularization = Literal["avg", "in", "out"]

xv_uniform: Final = "uniform"
"""A distribution of `XavierInitializer`: even, from −sigma to sigma."""
xv_normal: Final = "normal"
"""A distribution of `XavierInitializer`: normal, of standard deviation sigma."""
xv_gaussian: Final = xv_normal
"""Another name of `xv_normal`."""
xv_avg: Final = "avg"
"""A fan of `XavierInitializer`: the mean of `xv_in` and `xv_out`."""
xv_in: Final = "in"
"""A fan of `XavierInitializer`: how many numbers go into one output."""
xv_out: Final = "out"
"""A fan of `XavierInitializer`: how many outputs one number goes to."""


class AbstractInitializer(Described):
    """Base of all initializers: derive from it, and define `_init_weight`, or `init` itself.

    The end of a parameter's name says what it is:

    | name ends in | filled by | which, unless overridden, sets |
    |---|---|---|
    | ``weight`` | ``_init_weight`` | nothing: each initializer has its own |
    | ``bias`` | ``_init_bias`` | 0 |
    | ``gamma`` | ``_init_gamma`` | 1 |
    | ``beta`` | ``_init_beta`` | 0 |
    | ``moving_mean``, ``moving_avg`` | ``_init_zero`` | 0 |
    | ``moving_var`` | ``_init_one`` | 1 |
    | anything else | ``_init_default`` | nothing: it raises ArgumentError |

    MXNet.jl sets moving_var to 0, with which a network that was never trained cannot predict.
    Source: the documents, "Initializers"; docs/semantics §6.1.

    >>> class Ones(AbstractInitializer):
    ...     def _init_weight(self, name, array):
    ...         array[:] = 1
    >>> weight = NDArray([5, 5])
    >>> Ones().init("fc1_weight", weight)
    >>> weight
    NDArray([1., 1.], float32, CPU0)
    """

    def init(self, name: str, array: NDArray) -> None:
        """Fill an array in place, as its name asks for.

        Args:
            name: the parameter's name.
            array: the parameter, of any shape and layout.

        Raises ArgumentError for a name that says nothing, ReadOnlyError for an array that may only
        be read.
        """
        if not array.writable:
            raise ReadOnlyError(f"{name} may only be read; initialize {name}.copy() instead")
        fill = {
            "bias": self._init_bias,
            "gamma": self._init_gamma,
            "beta": self._init_beta,
            "weight": self._init_weight,
            "moving_mean": self._init_zero,
            "moving_var": self._init_one,
            "moving_avg": self._init_zero,
        }
        kind = next((suffix for suffix in fill if name.endswith(suffix)), None)
        fill.get(kind or "", self._init_default)(name, array)

    def _init_weight(self, name: str, array: NDArray) -> None:
        raise ArgumentError(
            f"{type(self).__name__} does not say how to init {name}; "
            "define _init_weight(self, name, array) in it"
        )

    def _init_bias(self, name: str, array: NDArray) -> None:
        self._init_zero(name, array)

    def _init_gamma(self, name: str, array: NDArray) -> None:
        self._init_one(name, array)

    def _init_beta(self, name: str, array: NDArray) -> None:
        self._init_zero(name, array)

    def _init_zero(self, name: str, array: NDArray) -> None:
        array.torch.fill_(0)

    def _init_one(self, name: str, array: NDArray) -> None:
        array.torch.fill_(1)

    def _init_default(self, name: str, array: NDArray) -> None:
        raise ArgumentError(
            f"Do not know how to init {name}: its end does not say what it is (weight, bias, "
            "gamma, beta, moving_mean, moving_var, moving_avg); call it "
            f"{name}_weight, or define _init_default(self, name, array) in your own initializer"
        )


def init(initializer: AbstractInitializer, name: str, array: NDArray) -> None:
    """Fill an array in place; the function form of `AbstractInitializer.init`.

    >>> bias = NDArray([5, 5])
    >>> init(UniformInitializer(), "fc1_bias", bias)
    >>> bias
    NDArray([0., 0.], float32, CPU0)
    """
    initializer.init(name, array)


class UniformInitializer(Parameters, AbstractInitializer, kw_only=False):
    """Draw weights evenly from [-scale, scale).

    Args:
        scale: the largest weight, default 0.07, from 0.

    Source: the documents, "UniformInitializer"; docs/semantics §6.1.

    >>> weight = NDArray([5, 5])
    >>> UniformInitializer(0.01).init("fc1_weight", weight)
    >>> float(abs(weight.asnumpy()).max()) <= 0.01
    True
    """

    _essential = ("scale",)

    scale: float = param("The largest weight", default=0.07, min=0, finite=True)

    def _init_weight(self, name: str, array: NDArray) -> None:
        _fill_uniform(real(name, array), self.scale)


class NormalInitializer(Parameters, AbstractInitializer, kw_only=False):
    """Draw weights from a normal distribution.

    Args:
        mu: its mean, default 0.
        sigma: its standard deviation, default 0.01, from 0. (The documents say variance.)

    Source: the documents, "NormalInitializer"; docs/semantics §6.1.

    >>> weight = NDArray([5, 5])
    >>> NormalInitializer(mu=3, sigma=0).init("fc1_weight", weight)
    >>> weight
    NDArray([3., 3.], float32, CPU0)
    """

    _essential = ("mu", "sigma")

    mu: float = param("The mean", default=0.0, finite=True)
    sigma: float = param("The standard deviation", default=0.01, min=0, finite=True)

    def _init_weight(self, name: str, array: NDArray) -> None:
        real(name, array).normal_(self.mu, self.sigma)


class XavierInitializer(Parameters, AbstractInitializer, kw_only=False):
    """Draw weights so that signals keep their strength from layer to layer.

    With ``sigma = sqrt(magnitude / fan)``, weights come from [-sigma, sigma) evenly, or from a
    normal distribution with standard deviation sigma. The fan of a weight of shape (outputs,
    inputs, *kernel) is ``inputs * prod(kernel)`` going in and ``outputs * prod(kernel)`` going out.

    Args:
        distribution: `xv_uniform` (default) or `xv_normal`, also known as `xv_gaussian`.
        regularization: the fan: `xv_avg` (default), the mean of both, `xv_in` or `xv_out`.
        magnitude: default 3, greater than 0.

    The plain strings ``"uniform"``, ``"normal"``, ``"avg"``, ``"in"``, ``"out"`` do as well.
    Well-known choices: ``magnitude=1`` (Bengio and Glorot 2010), ``XavierInitializer(xv_normal,
    xv_in, 2)`` (He et al. 2015), the defaults (Caffe).
    Source: the documents, "XavierInitializer"; docs/semantics §6.1.

    >>> weight = NDArray([[5, 5, 5]])
    >>> XavierInitializer(xv_uniform, xv_in, magnitude=0.03).init("fc1_weight", weight)
    >>> float(abs(weight.asnumpy()).max()) <= 0.1
    True
    """

    _essential = ("distribution", "regularization", "magnitude")

    distribution: Distribution = param("How weights are drawn", default=xv_uniform)
    regularization: Regularization = param("The fan", default=xv_avg)
    magnitude: float = param(
        "Variance of a weight, times its fan", default=3.0, above=0, finite=True
    )

    def _init_weight(self, name: str, array: NDArray) -> None:
        target = real(name, array)
        if target.numel():
            sigma = sqrt(self.magnitude / _FANS[self.regularization](array.shape))
            _DISTRIBUTIONS[self.distribution](target, sigma)


def real(name: str, array: NDArray) -> Tensor:
    """Return the tensor to draw random numbers into."""
    if not array.torch.is_floating_point():
        raise DTypeError(
            f"cannot init {name} with random numbers: its elements are {array.dtype}, not floats"
        )
    return array.torch


def _fill_uniform(target: Tensor, scale: float) -> None:
    target.uniform_(-scale, scale)


def _fill_normal(target: Tensor, sigma: float) -> None:
    target.normal_(0, sigma)


def _fan_in(shape: tuple[int, ...]) -> float:
    return prod(shape[1:])


def _fan_out(shape: tuple[int, ...]) -> float:
    return shape[0] * prod(shape[2:])


_DISTRIBUTIONS: dict[Distribution, Callable[[Tensor, float], None]] = {
    xv_uniform: _fill_uniform,
    xv_normal: _fill_normal,
}
_FANS: dict[Regularization, Callable[[tuple[int, ...]], float]] = {
    xv_avg: lambda shape: (_fan_in(shape) + _fan_out(shape)) / 2,
    xv_in: _fan_in,
    xv_out: _fan_out,
}
