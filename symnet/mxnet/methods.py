"""The operators that are methods of an NDArray or a Symbol: ``x.sum(axis=1)``.

Source: Apache MXNet 1.9.1, the classes NDArray and Symbol.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["OPERATOR_METHODS", "OperatorMethods", "attach_methods"]


class OperatorMethods:
    """The methods that `attach_methods` gives a class: each calls the function of its name."""

    __slots__ = ()

    abs: Callable[..., Any]
    arccos: Callable[..., Any]
    arccosh: Callable[..., Any]
    arcsin: Callable[..., Any]
    arcsinh: Callable[..., Any]
    arctan: Callable[..., Any]
    arctanh: Callable[..., Any]
    argmax: Callable[..., Any]
    argmax_channel: Callable[..., Any]
    argmin: Callable[..., Any]
    argsort: Callable[..., Any]
    broadcast_axes: Callable[..., Any]
    broadcast_like: Callable[..., Any]
    broadcast_to: Callable[..., Any]
    cbrt: Callable[..., Any]
    ceil: Callable[..., Any]
    clip: Callable[..., Any]
    cos: Callable[..., Any]
    cosh: Callable[..., Any]
    degrees: Callable[..., Any]
    depth_to_space: Callable[..., Any]
    diag: Callable[..., Any]
    exp: Callable[..., Any]
    expand_dims: Callable[..., Any]
    expm1: Callable[..., Any]
    fix: Callable[..., Any]
    flatten: Callable[..., Any]
    flip: Callable[..., Any]
    floor: Callable[..., Any]
    log: Callable[..., Any]
    log10: Callable[..., Any]
    log1p: Callable[..., Any]
    log2: Callable[..., Any]
    log_softmax: Callable[..., Any]
    max: Callable[..., Any]
    mean: Callable[..., Any]
    min: Callable[..., Any]
    nanprod: Callable[..., Any]
    nansum: Callable[..., Any]
    norm: Callable[..., Any]
    one_hot: Callable[..., Any]
    ones_like: Callable[..., Any]
    pad: Callable[..., Any]
    pick: Callable[..., Any]
    prod: Callable[..., Any]
    radians: Callable[..., Any]
    rcbrt: Callable[..., Any]
    reciprocal: Callable[..., Any]
    relu: Callable[..., Any]
    repeat: Callable[..., Any]
    reshape_like: Callable[..., Any]
    rint: Callable[..., Any]
    round: Callable[..., Any]
    rsqrt: Callable[..., Any]
    shape_array: Callable[..., Any]
    sigmoid: Callable[..., Any]
    sign: Callable[..., Any]
    sin: Callable[..., Any]
    sinh: Callable[..., Any]
    size_array: Callable[..., Any]
    slice: Callable[..., Any]
    slice_axis: Callable[..., Any]
    slice_like: Callable[..., Any]
    softmax: Callable[..., Any]
    softmin: Callable[..., Any]
    sort: Callable[..., Any]
    space_to_depth: Callable[..., Any]
    split: Callable[..., Any]
    sqrt: Callable[..., Any]
    square: Callable[..., Any]
    squeeze: Callable[..., Any]
    sum: Callable[..., Any]
    swapaxes: Callable[..., Any]
    take: Callable[..., Any]
    tan: Callable[..., Any]
    tanh: Callable[..., Any]
    tile: Callable[..., Any]
    topk: Callable[..., Any]
    transpose: Callable[..., Any]
    trunc: Callable[..., Any]
    zeros_like: Callable[..., Any]
    split_v2: Callable[..., Any]


OPERATOR_METHODS = tuple(OperatorMethods.__annotations__)
"""Their names, which are those of the functions."""


def attach_methods(cls: type, names: tuple[str, ...], function: Callable[[str], Any]) -> None:
    """Give a class methods that call the functions of the same names with the object first.

    Args:
        cls: the class.
        names: the methods' names.
        function: finds the function of a name, when the method is first called.
    """

    def attach(name: str) -> None:
        def method(self: Any, *args: Any, **keywords: Any) -> Any:
            return function(_FUNCTIONS.get(name, name))(self, *args, **keywords)

        method.__name__, method.__qualname__ = name, f"{cls.__name__}.{name}"
        method.__doc__ = f"Return what the function `{name}` makes of this."
        setattr(cls, name, method)

    for name in names:
        attach(name)


_FUNCTIONS = {"pad": "Pad"}
"""Functions that are called otherwise than the method."""
