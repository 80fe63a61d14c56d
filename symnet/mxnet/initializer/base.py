"""The base of initializers, and what the name of a parameter says of its start.

Source: Apache MXNet 1.9.1, ``mxnet.initializer``.
"""

import json
import logging
import warnings
from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any

from ...core.errors import ArgumentError, ShapeError
from ...training.initializer import BilinearInitializer
from .. import ndarray, registry
from ..ndarray import NDArray

__all__ = ["InitDesc", "Initializer", "alias", "create", "register"]


class InitDesc(str):
    """The name of a parameter, with what else is known of it.

    Args:
        name: the parameter's name.
        attrs: the attributes of its variable; ``__init__`` names an initializer.
        global_init: the initializer of the whole network.

    >>> InitDesc("fc_weight", {"__init__": '["zero", {}]'}).attrs
    {'__init__': '["zero", {}]'}
    """

    attrs: dict[str, str]
    global_init: "Initializer | None"

    def __new__(
        cls,
        name: str,
        attrs: Mapping[str, str] | None = None,
        global_init: "Initializer | None" = None,
    ) -> "InitDesc":
        """Make a name; see the class."""
        made = super().__new__(cls, name)
        made.attrs = dict(attrs or {})
        made.global_init = global_init
        return made


_BY_END = (
    ("weight", "_init_weight"),
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
)
"""What fills a parameter by the end of its name, the first that fits, for an `InitDesc`."""

_OF_OLD = (
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("weight", "_init_weight"),
    ("moving_mean", "_init_zero"),
    ("moving_var", "_init_one"),
    ("moving_inv_var", "_init_zero"),
    ("moving_avg", "_init_zero"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
)
"""The same for a plain text."""


class Initializer:
    """Base of all initializers: derive from it, and define ``_init_weight(self, name, arr)``.

    Args:
        kwargs: the arguments of the derived class, which `dumps` writes down.

    An initializer is called with a parameter's name and array. By the end of the name, biases and
    betas become 0, gammas 1, and weights what the class says; a variable whose ``__init__``
    names another initializer follows that one.

    >>> import symnet.mxnet as mx
    >>> @mx.init.register
    ... class Two(mx.init.Initializer):
    ...     def _init_weight(self, name, arr):
    ...         arr[:] = 2
    >>> weight = mx.nd.zeros(2)
    >>> mx.init.create("two")(mx.init.InitDesc("fc_weight"), weight)
    >>> weight.asnumpy()
    array([2., 2.], dtype=float32)
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(
        self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None
    ) -> "Initializer":
        """Log what is filled.

        Args:
            verbose: whether to.
            print_func: what to log of an array, default its root mean square.
        """
        self._verbose = verbose
        self._print_func = print_func or _root_mean_square
        return self

    def dumps(self) -> str:
        """Return the initializer as text for an attribute."""
        return json.dumps([type(self).__name__.lower(), self._kwargs], default=_nested)

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fill a parameter.

        Raises ValueError for a name that says nothing.
        """
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__", "")
        if own:
            create(own)._init_weight(desc, arr)
            self._report(desc, own, arr)
        else:
            self._fill(_BY_END, desc, arr)

    def _legacy_init(self, name: str, arr: NDArray) -> None:
        warnings.warn(
            "initializers take mx.init.InitDesc(name) in place of a plain name",
            DeprecationWarning,
            stacklevel=3,
        )
        if not isinstance(name, str):
            raise TypeError(f"the name of a parameter must be a string, got {name!r}")
        if not isinstance(arr, NDArray):
            raise TypeError(f"an initializer fills an NDArray, got {type(arr).__name__}")
        if name.startswith("upsampling"):
            self._init_bilinear(name, arr)
        elif name.startswith("stn_loc") and name.endswith("weight"):
            self._init_zero(name, arr)
        elif name.startswith("stn_loc") and name.endswith("bias"):
            self._init_loc_bias(name, arr)
        else:
            self._fill(_OF_OLD, name, arr)

    def _fill(self, rules: tuple[tuple[str, str], ...], name: str, arr: NDArray) -> None:
        for end, method in rules:
            if name.endswith(end):
                getattr(self, method)(name, arr)
                self._report(name, end, arr)
                return
        self._init_default(name, arr)

    def _report(self, name: str, kind: str, arr: NDArray) -> None:
        if self._verbose and self._print_func:
            logging.info("Initialized %s as %s: %s", name, kind, self._print_func(arr))

    # -- what each kind of parameter starts from -------------------------------------------------

    def _init_bilinear(self, name: str, arr: NDArray) -> None:
        BilinearInitializer()._init_weight(name, arr)

    def _init_loc_bias(self, name: str, arr: NDArray) -> None:
        """Set the bias before a spatial transformer to the transformation that changes nothing."""
        if arr.shape[0] != 6:
            raise ShapeError(f"the bias of an affine transformation has 6 elements: {name}")
        arr[:] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]

    def _init_zero(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_one(self, name: str, arr: NDArray) -> None:
        arr[:] = 1

    def _init_bias(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_gamma(self, name: str, arr: NDArray) -> None:
        arr[:] = 1

    def _init_beta(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _init_weight(name, arr)")

    def _init_default(self, name: str, arr: NDArray) -> None:
        raise ArgumentError(
            f"Unknown initialization pattern for {name}: its end does not say what it is (weight, "
            "bias, gamma, beta); give the variable one, mx.sym.Variable(name, init=mx.init.Zero())"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = object.__hash__


def _nested(value: Any) -> Any:
    """Return an array of NumPy or MXNet as nested lists, for JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise ArgumentError(f"an initializer with {value!r} cannot be written as text")


def _root_mean_square(arr: NDArray) -> str:
    return str((ndarray.norm(arr) / sqrt(arr.size)).asscalar())


register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")
