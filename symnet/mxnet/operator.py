"""Operators written in Python: ``mx.operator``, over `symnet.CustomOp`.

Source: Apache MXNet 1.9.1, ``mxnet.operator``.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..ndarray import NDArray as CoreArray
from ..operators.contract import OPERATORS
from ..symbol import SymbolicNode
from ..symbol.custom import NDArrayOp as CoreNDArrayOp
from ..symbol.custom import NumpyOp as CoreNumpyOp
from ..symbol.custom import PythonOp
from ..symbol.custom_classes import CustomOp as CoreOp
from ..symbol.custom_classes import CustomOpProp as CoreProp
from ..symbol.custom_classes import register_custom
from .absent import absent
from .context import Context
from .ndarray import NDArray, wrap
from .symbol import wrap as wrap_symbol

__all__ = [
    "CustomOp",
    "CustomOpProp",
    "NDArrayOp",
    "NumpyOp",
    "PythonOp",
    "get_all_registered_operators",
    "register",
]


class _Called(PythonOp):
    """Base of the older operators in Python: called with symbols, they make symbols of the face.

    Args:
        need_top_grad: whether ``backward`` needs what flows back from the outputs; a loss says
            False.
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad = need_top_grad

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make a node of symbols, or compute with arrays at once; see `symnet.NDArrayOp`."""
        if "attr" in kwargs:
            kwargs["attrs"] = kwargs.pop("attr")
        found = super().__call__(*args, **kwargs)
        return wrap_symbol(found) if isinstance(found, SymbolicNode) else wrap(found)

    def get_symbol(self, *args: Any, **kwargs: Any) -> Any:
        """Do what a call does."""
        return self(*args, **kwargs)


class NDArrayOp(_Called, CoreNDArrayOp):
    """The older form of `CustomOp`; see `symnet.NDArrayOp`. The arrays are those of ``mx.nd``."""

    def _show(self, tensor: Any, *, writable: bool) -> NDArray:
        found: NDArray = wrap(super()._show(tensor, writable=writable))
        return found


class NumpyOp(_Called, CoreNumpyOp):
    """The older form of `CustomOp`, with NumPy's arrays; see `symnet.NumpyOp`.

    Without methods of its own it passes the first input on, with a gradient of ones.

    >>> import symnet.mxnet as mx
    >>> class Softmax(mx.operator.NumpyOp):
    ...     def __init__(self):
    ...         super().__init__(need_top_grad=False)
    ...     def forward(self, in_data, out_data):
    ...         raised = np.exp(in_data[0] - in_data[0].max(axis=1, keepdims=True))
    ...         out_data[0][:] = raised / raised.sum(axis=1, keepdims=True)
    >>> import numpy as np
    >>> net = Softmax()(mx.sym.Variable("data"), name="soft")
    >>> net.simple_bind(mx.cpu(), data=(1, 2)).forward()[0].asnumpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def forward(self, in_data: Any, out_data: Any) -> None:
        """Compute the outputs; here the first input."""
        out_data[0][:] = in_data[0]

    def backward(self, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any) -> None:
        """Compute the gradients; here ones."""
        in_grad[0][:] = 1.0


class CustomOp(CoreOp):
    """What computes: derive, and define ``forward`` and, to train, ``backward``.

    See `symnet.CustomOp`; the arrays are those of ``mx.nd``.
    """


class CustomOpProp(CoreProp):
    """What is known of an operator before it computes; see `symnet.CustomOpProp`."""


PropClass = TypeVar("PropClass", bound=type)


class _Face(CoreOp):
    """Shows an operator's object arrays of the face."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def forward(
        self,
        is_train: bool,
        req: list[str],
        in_data: list[CoreArray],
        out_data: list[CoreArray],
        aux: list[CoreArray],
    ) -> None:
        """Compute the outputs."""
        shown = [wrap(each) for each in (in_data, out_data, aux)]
        self._own.forward(is_train, req, *shown)
        _taken(out_data, shown[1])

    def backward(
        self,
        req: list[str],
        out_grad: list[CoreArray],
        in_data: list[CoreArray],
        out_data: list[CoreArray],
        in_grad: list[CoreArray],
        aux: list[CoreArray],
    ) -> None:
        """Compute the gradients."""
        shown = [wrap(each) for each in (out_grad, in_data, out_data, in_grad, aux)]
        self._own.backward(req, *shown)
        _taken(in_grad, shown[3])


def _taken(targets: list[CoreArray], shown: Sequence[CoreArray]) -> None:
    """Let ``out_data[0] = y`` reach the core's list, which knows what it means."""
    targets[:] = shown


def register(reg_name: str) -> Callable[[PropClass], PropClass]:
    """Register a class of properties under a name, by which ``mx.sym.Custom`` finds it.

    Args:
        reg_name: the name, ``op_type`` there.

    >>> import symnet.mxnet as mx
    >>> class Twice(mx.operator.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] * 2)
    >>> @mx.operator.register("twice_as_much")
    ... class TwiceProp(mx.operator.CustomOpProp):
    ...     def create_operator(self, ctx, shapes, dtypes):
    ...         return Twice()
    >>> mx.nd.Custom(mx.nd.array([1, 2]), op_type="twice_as_much").asnumpy()
    array([2., 4.], dtype=float32)
    """

    def decorate(cls: PropClass) -> PropClass:
        def create_operator(self: Any, ctx: Any, shapes: Any, dtypes: Any) -> CoreOp:
            made: Any = cls
            return _Face(made.create_operator(self, Context(ctx), shapes, dtypes))

        shown = type(cls.__name__, (cls,), {"create_operator": create_operator})
        register_custom(reg_name)(shown)
        return cls

    return decorate


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators."""
    return sorted(OPERATORS)


def __getattr__(name: str) -> Any:
    raise absent("mx.operator", name, __all__)
