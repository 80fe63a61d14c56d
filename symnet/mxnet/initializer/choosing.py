"""Initializers that choose: by a file of arrays, or by the name.

Source: Apache MXNet 1.9.1, ``mxnet.initializer``.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence

from ...core.errors import ArgumentError, ShapeError
from ..ndarray import NDArray, load

__all__ = ["Load", "Mixed"]

_Fill = Callable[[str, NDArray], None]


class Load:
    """Start parameters from arrays that are there already.

    Args:
        param: a file, or arrays by name; ``arg:`` and ``aux:`` before names are left out.
        default_init: what fills a parameter that is not among them.
        verbose: whether to log what is filled.

    >>> import symnet.mxnet as mx
    >>> weight = mx.nd.zeros(2)
    >>> mx.init.Load({"arg:fc_weight": mx.nd.ones(2)})("fc_weight", weight)
    >>> weight.asnumpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(
        self,
        param: str | Mapping[str, NDArray],
        default_init: _Fill | None = None,
        verbose: bool = False,
    ) -> None:
        found = load(param) if isinstance(param, str) else param
        if not isinstance(found, Mapping):
            raise ArgumentError("Load takes arrays by name, and these have no names")
        self.param = {re.sub("^(arg|aux):", "", name): arr for name, arr in found.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill a parameter.

        Raises ShapeError where the array has another shape, ArgumentError where there is none.
        """
        if name in self.param:
            source = self.param[name]
            if arr.shape != source.shape:
                raise ShapeError(
                    f"{name} has shape {arr.shape}, but the array it is loaded from {source.shape}"
                )
            arr[:] = source
        elif self.default_init is None:
            raise ArgumentError(
                f"{name} is not among the loaded parameters, and there is no default_init"
            )
        else:
            self.default_init(name, arr)
        if self.verbose:
            how = "loading" if name in self.param else "default"
            logging.info("Initialized %s by %s", name, how)


class Mixed:
    """Choose an initializer by the beginning of the name.

    Args:
        patterns: regular expressions; the first that a name begins with counts.
        initializers: one for each.

    >>> import symnet.mxnet as mx
    >>> weight = mx.nd.zeros(2)
    >>> mixed = mx.init.Mixed(["conv", ".*"], [mx.init.Zero(), mx.init.One()])
    >>> mixed(mx.init.InitDesc("fc_weight"), weight)
    >>> weight.asnumpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[_Fill]) -> None:
        if len(patterns) != len(initializers):
            raise ArgumentError(
                f"Mixed takes as many initializers as patterns, got {len(initializers)} and "
                f"{len(patterns)}"
            )
        self.map = list(zip(map(re.compile, patterns), initializers, strict=True))

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill a parameter. Raises ArgumentError for a name that fits no pattern."""
        for pattern, fill in self.map:
            if pattern.match(name):
                fill(name, arr)
                return
        raise ArgumentError(f'{name} fits no pattern; add ".*" at the end, with a default')
