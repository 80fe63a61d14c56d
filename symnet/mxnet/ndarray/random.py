"""Random arrays: ``mx.nd.random``. A parameter may be an array: then each of its elements draws.

Source: Apache MXNet 1.9.1, ``mxnet.ndarray.random``.
"""

from typing import Any

from ...core.arithmetic import is_number
from ...core.errors import ArgumentError
from ...operators.contract import OPERATORS
from ..calls import invoke
from ..namespaces import operator_module
from .array import FACE
from .creation import made

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


def _draw(name: str, shape: Any, dtype: Any, ctx: Any, out: Any, **parameters: Any) -> Any:
    """Draw with numbers for parameters, or a few draws for each element of arrays."""
    arrays = [value for value in parameters.values() if isinstance(value, FACE.type)]
    if not arrays:
        if shape is None:
            shape = (1,) if out is None else out.shape
        kind = dtype if dtype is not None or out is None else out.dtype
        return made(f"_random_{name}", ctx, out, shape=shape, dtype=kind, **parameters)
    if len(arrays) != len(parameters):
        raise ArgumentError(
            f"random.{name}: {', '.join(parameters)} must be all arrays or all numbers"
        )
    given = {"shape": shape, "dtype": dtype}
    options = {key: value for key, value in given.items() if value is not None}
    cls = OPERATORS[f"_sample_{name}"]
    return invoke(cls, f"_sample_{name}", FACE, arrays, options, out=out)


def uniform(
    low: Any = 0,
    high: Any = 1,
    shape: Any = None,
    dtype: Any = None,
    ctx: Any = None,
    out: Any = None,
) -> Any:
    """Return random numbers, uniform from low to below high.

    Args:
        low: least number, or an array of them.
        high: limit above, or an array of them.
        shape: length of each axis; with arrays, how many for each of their elements.
        dtype: element type, default float32.
        ctx: where the new array lives, default the current context.
        out: an array to fill instead.
    """
    return _draw("uniform", shape, dtype, ctx, out, low=low, high=high)


def normal(
    loc: Any = 0,
    scale: Any = 1,
    shape: Any = None,
    dtype: Any = None,
    ctx: Any = None,
    out: Any = None,
) -> Any:
    """Return random numbers, normally distributed; further arguments as for `uniform`."""
    return _draw("normal", shape, dtype, ctx, out, loc=loc, scale=scale)


def randn(*shape: int, **options: Any) -> Any:
    """Return random numbers, normally distributed, in a shape given as several numbers."""
    return normal(options.pop("loc", 0), options.pop("scale", 1), shape or None, **options)


def gamma(
    alpha: Any = 1,
    beta: Any = 1,
    shape: Any = None,
    dtype: Any = None,
    ctx: Any = None,
    out: Any = None,
) -> Any:
    """Return random numbers of a gamma distribution; further arguments as for `uniform`."""
    return _draw("gamma", shape, dtype, ctx, out, alpha=alpha, beta=beta)


def exponential(
    scale: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> Any:
    """Return random numbers, exponentially distributed; further arguments as for `uniform`."""
    return _draw("exponential", shape, dtype, ctx, out, lam=1.0 / scale)


def poisson(
    lam: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> Any:
    """Return random numbers of a Poisson distribution; further arguments as for `uniform`."""
    return _draw("poisson", shape, dtype, ctx, out, lam=lam)


def negative_binomial(
    k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> Any:
    """Return draws of a negative binomial distribution; further arguments as for `uniform`."""
    return _draw("negative_binomial", shape, dtype, ctx, out, k=k, p=p)


def generalized_negative_binomial(
    mu: Any = 1,
    alpha: Any = 1,
    shape: Any = None,
    dtype: Any = None,
    ctx: Any = None,
    out: Any = None,
) -> Any:
    """Return draws of a generalized negative binomial distribution, as `negative_binomial`."""
    return _draw("generalized_negative_binomial", shape, dtype, ctx, out, mu=mu, alpha=alpha)


def randint(
    low: int, high: int, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> Any:
    """Return random whole numbers from low to below high; further arguments as for `uniform`."""
    if not (is_number(low) and is_number(high)):
        raise ArgumentError("random.randint: low and high must be numbers")
    return _draw("randint", shape, dtype, ctx, out, low=low, high=high)


def multinomial(
    data: Any, shape: Any = None, get_prob: bool = False, out: Any = None, dtype: Any = "int32"
) -> Any:
    """Draw numbers of classes, with the probabilities that the last axis holds.

    Args:
        data: the probabilities.
        shape: how many draws for each row, default one.
        get_prob: whether to return the logarithms of the drawn probabilities too.
        out: an array to write into instead.
        dtype: element type of the draws.
    """
    options = {"shape": shape} if shape is not None else {}
    cls = OPERATORS["_sample_multinomial"]
    given = {"get_prob": get_prob, "dtype": dtype, **options}
    return invoke(cls, "_sample_multinomial", FACE, [data], given, out=out)


def shuffle(data: Any, out: Any = None) -> Any:
    """Return the array with its rows in a random order."""
    return invoke(OPERATORS["_shuffle"], "_shuffle", FACE, [data], {}, out=out)


_find, __dir__ = operator_module(globals(), "mx.nd.random", FACE, "_random_")


def __getattr__(name: str) -> Any:
    return _find(name)
