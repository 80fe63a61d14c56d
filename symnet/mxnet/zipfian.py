"""Drawing classes by Zipf's law, for arrays and symbols alike.

Source: Apache MXNet 1.9.1, ``mxnet.ndarray.contrib.rand_zipfian``.
"""

from math import log
from typing import Any

from ..core.errors import ArgumentError

__all__ = ["zipfian"]


def zipfian(uniform: Any, true_classes: Any, num_sampled: int, range_max: int) -> Any:
    """Return drawn classes, and how often the true and the drawn ones are to be expected.

    Class c is drawn with the probability log((c + 2) / (c + 1)) / log(range_max + 1).

    Args:
        uniform: makes uniform numbers from ``low`` to below ``high``, in a shape and a type.
        true_classes: the true classes.
        num_sampled: how many to draw.
        range_max: how many classes there are.
    """
    if num_sampled < 1 or range_max < 1:
        raise ArgumentError(
            f"rand_zipfian draws at least one of one class, got {num_sampled} of {range_max}"
        )
    span = log(range_max + 1)
    drawn = uniform(0, span, shape=(num_sampled,), dtype="float64")
    # Rounding may reach the end, which is no class.
    classes = (drawn.exp() - 1).floor() % range_max

    def expected(numbers: Any) -> Any:
        return ((numbers + 2.0) / (numbers + 1.0)).log() / span * num_sampled

    return classes.astype("int64"), expected(true_classes.astype("float64")), expected(classes)
