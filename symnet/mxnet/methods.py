"""The operators that are methods of an NDArray or a Symbol: ``x.sum(axis=1)``.

Source: Apache MXNet 1.9.1, the classes NDArray and Symbol.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["OPERATOR_METHODS", "attach_methods"]

_NAMES = """
abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort
broadcast_axes broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space diag
exp expand_dims expm1 fix flatten flip floor log log10 log1p log2 log_softmax max mean min
nanprod nansum norm one_hot ones_like pad pick prod radians rcbrt reciprocal relu repeat
reshape_like rint round rsqrt shape_array sigmoid sign sin sinh size_array slice slice_axis
slice_like softmax softmin sort space_to_depth split sqrt square squeeze sum swapaxes take tan
tanh tile topk transpose trunc zeros_like split_v2
"""

OPERATOR_METHODS = tuple(_NAMES.split())
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
