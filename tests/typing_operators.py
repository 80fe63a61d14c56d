"""What a type checker knows of the operators' functions; read by mypy. Of it
only the pass is run, by `test_elementwise.py`.

A line marked with ``type: ignore`` is an error that must be found: mypy reports marks in vain.
"""

from typing import assert_type

import symnet as mx
from symnet.graph.node import Value
from symnet.graph.rewrite.pattern import Match, rewrite_rule
from symnet.operators.definitions.scalar import _MulScalar


def symbols(data: mx.SymbolicNode) -> None:
    assert_type(mx.FullyConnected(data=data, num_hidden=3), mx.SymbolicNode)
    assert_type(mx.FullyConnected(num_hidden=3, no_bias=True, name="fc"), mx.SymbolicNode)
    assert_type(mx.Convolution(data, kernel=(3, 3), num_filter=8), mx.SymbolicNode)
    assert_type(mx.ElementWiseSum(data, data, name="sum"), mx.SymbolicNode)
    assert_type(mx.Softmax(data), mx.SymbolicNode)
    assert_type(mx.exp(data), mx.SymbolicNode)


def arrays(data: mx.NDArray, weight: mx.NDArray) -> None:
    assert_type(mx.exp(data), mx.NDArray)
    assert_type(mx.exp(data, out=weight), mx.NDArray)
    assert_type(mx.slice(data, 0, 3), mx.NDArray)
    assert_type(mx.slice(data, begin=(0, None), end=(3, None)), mx.NDArray)
    assert_type(mx.clip(data, 0, 1), mx.NDArray)
    assert_type(mx.ElementWiseSum(data, weight), mx.NDArray)
    assert_type(mx.FullyConnected(data=data, weight=weight, num_hidden=3, no_bias=True), mx.NDArray)


def mistakes(symbol: mx.SymbolicNode, array: mx.NDArray) -> None:
    mx.FullyConnected(data=symbol)  # type: ignore[call-overload]
    mx.FullyConnected(data=symbol, num_hiden=3)  # type: ignore[call-overload]
    mx.FullyConnected(data=symbol, num_hidden="many")  # type: ignore[call-overload]
    mx.FullyConnected(data=array, num_hidden=3)  # type: ignore[call-overload]
    mx.Activation(data=symbol, act_type="rleu")  # type: ignore[call-overload]
    mx.ElementWiseSum(symbol, array)  # type: ignore[call-overload]
    mx.exp(symbol, out=array)  # type: ignore[call-overload]
    mx.exp(3)  # type: ignore[call-overload]


@rewrite_rule(lambda data, outer, inner: outer(inner(data)))
def one_product(data: Value, outer: Match[_MulScalar], inner: Match[_MulScalar]) -> Value | None:
    """Make one multiplication by a number of two."""
    return inner(data, op=_MulScalar(scalar=outer.op.scalar * inner.op.scalar))
