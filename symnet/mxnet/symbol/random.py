"""Random symbols: ``mx.sym.random``. A parameter may be a symbol: each of its elements draws then.

Source: Apache MXNet 1.9.1, ``mxnet.symbol.random``.
"""

from typing import Any

from ...core.arithmetic import is_number
from ...core.errors import ArgumentError
from ...operators.contract import OPERATORS
from ..calls import invoke
from ..namespaces import operator_module
from .symbol import FACE

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
    "shuffle",
    "uniform",
]


def _draw(name: str, shape: Any, dtype: Any, options: Any, **parameters: Any) -> Any:
    """Draw with numbers for parameters, or a few draws for each element of symbols."""
    symbols = [value for value in parameters.values() if isinstance(value, FACE.type)]
    given = {"shape": shape, "dtype": dtype}
    if not symbols:
        kind, given = "_random_", {**given, **parameters, "shape": shape or (1,)}
    elif len(symbols) == len(parameters):
        kind = "_sample_"
    else:
        raise ArgumentError(
            f"random.{name}: {', '.join(parameters)} must be all symbols or all numbers"
        )
    given = {key: value for key, value in given.items() if value is not None}
    options.pop("ctx", None)  # a symbol runs where it is bound
    return invoke(OPERATORS[kind + name], kind + name, FACE, symbols, given, **options)


def uniform(
    low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **options: Any
) -> Any:
    """Return random numbers, uniform from low to below high.

    Args:
        low: least number, or an array of them.
        high: limit above, or an array of them.
        shape: length of each axis; with arrays, how many for each of their elements.
        dtype: element type, default float32.
        options: ``name`` and ``attr``; a ``ctx`` has no effect.
    """
    return _draw("uniform", shape, dtype, options, low=low, high=high)


def normal(
    loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **options: Any
) -> Any:
    """Return random numbers, normally distributed; further arguments as for `uniform`."""
    return _draw("normal", shape, dtype, options, loc=loc, scale=scale)


def randn(*shape: int, **options: Any) -> Any:
    """Return random numbers, normally distributed, in a shape given as several numbers."""
    return normal(options.pop("loc", 0), options.pop("scale", 1), shape or None, **options)


def gamma(
    alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **options: Any
) -> Any:
    """Return random numbers of a gamma distribution; further arguments as for `uniform`."""
    return _draw("gamma", shape, dtype, options, alpha=alpha, beta=beta)


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **options: Any) -> Any:
    """Return random numbers, exponentially distributed; further arguments as for `uniform`."""
    return _draw("exponential", shape, dtype, options, lam=1.0 / scale)


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **options: Any) -> Any:
    """Return random numbers of a Poisson distribution; further arguments as for `uniform`."""
    return _draw("poisson", shape, dtype, options, lam=lam)


def negative_binomial(
    k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **options: Any
) -> Any:
    """Return draws of a negative binomial distribution; further arguments as for `uniform`."""
    return _draw("negative_binomial", shape, dtype, options, k=k, p=p)


def generalized_negative_binomial(
    mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None, **options: Any
) -> Any:
    """Return draws of a generalized negative binomial distribution, as `negative_binomial`."""
    return _draw("generalized_negative_binomial", shape, dtype, options, mu=mu, alpha=alpha)


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **options: Any) -> Any:
    """Return random whole numbers from low to below high; further arguments as for `uniform`."""
    if not (is_number(low) and is_number(high)):
        raise ArgumentError("random.randint: low and high must be numbers")
    return _draw("randint", shape, dtype, options, low=low, high=high)


def multinomial(
    data: Any, shape: Any = None, get_prob: bool = False, dtype: Any = "int32", **options: Any
) -> Any:
    """Draw numbers of classes, with the probabilities that the last axis holds.

    Args:
        data: the probabilities.
        shape: how many draws for each row, default one.
        get_prob: whether to return the logarithms of the drawn probabilities too.
        dtype: element type of the draws.
        options: ``name`` and ``attr``; a ``ctx`` has no effect.
    """
    given = {"get_prob": get_prob, "dtype": dtype}
    if shape is not None:
        given["shape"] = shape
    cls = OPERATORS["_sample_multinomial"]
    return invoke(cls, "_sample_multinomial", FACE, [data], given, **options)


def shuffle(data: Any, **options: Any) -> Any:
    """Return the array with its rows in a random order."""
    return invoke(OPERATORS["_shuffle"], "_shuffle", FACE, [data], {}, **options)


_find, __dir__ = operator_module(globals(), "mx.sym.random", FACE, "_random_")


def __getattr__(name: str) -> Any:
    return _find(name)
