"""What a user derives to write an operator in Python, and the names under which it is found.

The classes are used as those of Apache MXNet 1.x. Source: Apache MXNet 1.9.1, `mxnet.operator`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ..core.context import Context
from ..core.described import Described
from ..core.errors import ArgumentError, ParameterError, listed, suggest
from ..ndarray import NDArray

__all__ = [
    "CustomOp",
    "CustomOpProp",
    "find_custom",
    "register_custom",
]


class CustomOp(Described):
    """What computes: derive, and write `forward` and, to train, `backward`.

    One object serves one executor, so that `forward` may leave something on it for `backward`.

    >>> import symnet as mx
    >>> class Square(mx.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] * in_data[0])
    ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
    ...         self.assign(in_grad[0], req[0], 2 * in_data[0] * out_grad[0])
    >>> @mx.register_custom("my_square")
    ... class SquareProp(mx.CustomOpProp):
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Square()
    >>> mx.Custom(mx.array([3.0]), op_type="my_square")
    NDArray([9.], float32, CPU0)
    """

    def forward(
        self,
        is_train: bool,
        req: list[str],
        in_data: list[NDArray],
        out_data: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the outputs.

        Args:
            is_train: whether the executor trains.
            req: for each output how it is wanted, as `assign` takes it.
            in_data: the inputs, to be read.
            out_data: arrays of zeros to write into.
            aux: the auxiliary states, to be read and written.
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(
        self,
        req: list[str],
        out_grad: list[NDArray],
        in_data: list[NDArray],
        out_data: list[NDArray],
        in_grad: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the gradients; without it the operator can predict, but not train.

        Args:
            req: for each input how its gradient is wanted: ``"null"`` where it is not.
            out_grad: what flows back from the outputs; zeros where nothing does.
            in_data: the inputs, to be read.
            out_data: the outputs, to be read.
            in_grad: arrays of zeros to write into.
            aux: the auxiliary states, to be read and written.
        """
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Write a result as it is wanted: ``null``, ``write``, ``inplace`` or ``add``."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src
        elif req != "null":
            raise ArgumentError(f"assign: req must be null, write, inplace or add, got {req!r}")


class CustomOpProp(Described):
    """What is known of an operator before it computes: derive, and say what is not the default.

    Args:
        need_top_grad: whether `backward` needs what flows back from the outputs; a loss says False.

    The class is made with the keyword parameters of the node, as texts.

    >>> import symnet as mx
    >>> class Sum(mx.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] + in_data[1])
    >>> @mx.register_custom("my_sum")
    ... class SumProp(mx.CustomOpProp):
    ...     def list_arguments(self):
    ...         return ["lhs", "rhs"]
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Sum()
    >>> mx.Custom(mx.Variable("a"), mx.Variable("b"), op_type="my_sum").list_arguments()
    ['a', 'b']
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs, at least one."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs, at least one."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the auxiliary states."""
        return []

    def infer_shape(self, in_shape: list[Any]) -> Any:
        """Return the shapes of inputs, outputs and states; default: all as the first input.

        Args:
            in_shape: the shapes of the inputs, as lists; an empty one is not known.
        """
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> Any:
        """Return the element types of inputs, outputs and states; default: as the first input."""
        outputs = [in_type[0]] * len(self.list_outputs())
        return in_type, outputs, [in_type[0]] * len(self.list_auxiliary_states())

    def declare_backward_dependency(
        self, out_grad: list[int], in_data: list[int], out_data: list[int]
    ) -> list[int]:
        """Return which of the arrays, by number, `backward` needs.

        Without any of ``out_grad`` the operator is a loss.
        """
        return [*(out_grad if self.need_top_grad_ else []), *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[Any], in_dtypes: list[Any]) -> CustomOp:
        """Return what computes.

        Args:
            ctx: where.
            in_shapes: the shapes of the inputs.
            in_dtypes: their element types, of NumPy.
        """
        raise NotImplementedError(f"{type(self).__name__} has no create_operator")


# -- the registry ----------------------------------------------------------------------------------

_PropClass = TypeVar("_PropClass", bound=type)

_registered: dict[str, type] = {}
"""What users registered, by op_type: a file can name a class, but not hold it."""


def register_custom(op_type: str) -> Callable[[_PropClass], _PropClass]:
    """Register a class of properties under a name, which `Custom` finds it by.

    Args:
        op_type: the name. A class that had it before is replaced, as a notebook's cell that runs
            again does; networks that were built with that one keep it.

    >>> import symnet as mx
    >>> class Double(CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] * 2)
    ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
    ...         self.assign(in_grad[0], req[0], out_grad[0] * 2)
    >>> @register_custom("double")
    ... class DoubleProp(CustomOpProp):
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Double()
    >>> mx.Custom(mx.Variable("x"), op_type="double", name="twice").list_outputs()
    ['twice_output']
    >>> mx.Custom(mx.array([1, 2]), op_type="double")
    NDArray([2., 4.], float32, CPU0)
    """
    if not isinstance(op_type, str) or not op_type:
        raise ArgumentError(f"register_custom: op_type must be a name, got {op_type!r}")

    def register(cls: _PropClass) -> _PropClass:
        needed = ("list_arguments", "list_outputs", "infer_shape", "create_operator")
        missing = [name for name in needed if not callable(getattr(cls, name, None))]
        if missing:
            raise ArgumentError(
                f"register_custom: {cls!r} has no {missing[0]}; derive it from CustomOpProp"
            )
        _registered[op_type] = cls
        return cls

    return register


def find_custom(op_type: str) -> type:
    """Return the class that is registered under a name.

    Raises ParameterError where there is none, saying what there is.
    """
    if op_type not in _registered:
        raise ParameterError(
            f"Custom: no Python class is registered as {op_type!r}{suggest(op_type, _registered)} "
            f"{listed(sorted(_registered))}; run the code that registers "
            f"it, with @mx.register_custom({op_type!r}), before the network is built or read"
        )
    return _registered[op_type]
