"""The function `Custom`: nodes and results of operators that are registered in Python."""

from collections.abc import Mapping
from typing import Any

from ..ndarray import NDArray
from ..operators.dispatch import apply
from . import _custom_op
from .symbol import SymbolicNode

__all__ = ["Custom"]


def Custom(
    *inputs: Any,
    op_type: str,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: Any = None,
    **keywords: Any,
) -> Any:
    """Make a node of symbols, or compute with NDArrays at once, by a registered Python class.

    Args:
        inputs: symbols or arrays by position; of symbols the last may be left out.
        op_type: the name that the class is registered under, by `register_custom`.
        name: the node's name, default ``custom0``.
        attrs: attributes to attach, strings by name.
        out: an array to write the result into, for arrays.
        keywords: symbols or arrays by argument name, instead of by position; everything else is a
            parameter of the class, which gets it as text.

    Raises ParameterError where no class is registered under the name.

    >>> import symnet as mx
    >>> class Half(mx.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] / 2)
    >>> @mx.register_custom("half")
    ... class HalfProp(mx.CustomOpProp):
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Half()
    >>> mx.Custom(mx.array([4.0]), op_type="half")
    NDArray([2.], float32, CPU0)
    """
    named = {k: v for k, v in keywords.items() if isinstance(v, NDArray | SymbolicNode)}
    options = {key: str(value) for key, value in keywords.items() if key not in named}
    op = _custom_op.Custom(op_type=op_type, options=tuple(sorted(options.items())))
    return apply(op, inputs, named, name=name, attrs=attrs, out=out)


Custom.__dict__["operator"] = _custom_op.Custom
