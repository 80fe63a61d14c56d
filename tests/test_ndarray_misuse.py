"""Whatever is thrown at the functions of arrays, what comes back is an error of symnet."""

import operator
import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ndarray_helpers import message, read_only

import symnet as mx

VALUES = {
    "None": None,
    "text": "a",
    "bytes": b"x",
    "minus one": -1,
    "fraction": Fraction(1, 3),
    "half": 2.5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "beyond floats": 10**400,
    "beyond int64": 2**63,
    "a trillion": 10**12,
    "complex": 1j,
    "decimal": Decimal("1.5"),
    "date": np.datetime64("2020"),
    "double": np.float64(1e300),
    "empty list": [],
    "ragged": [[1, 2], [3]],
    "pair": (1, 2),
    "dict": {1: 2},
    "set": {1, 2},
    "range": range(3),
    "object": object(),
    "class": list,
    "Ellipsis": ...,
    "slice": slice(0, 2.5),
    "zero-dimensional": np.array(1.0),
    "NumPy": np.ones((2, 3)),
    "no elements": np.zeros((2, 0)),
    "texts": np.array(["a"]),
    "tensor": torch.ones(2),
    "complex tensor": torch.ones(2, 3, dtype=torch.complex64),
    "sparse": torch.ones(2, 3).to_sparse(),
    "meta": torch.empty(2, 3, device="meta"),
    "parameter": torch.nn.Parameter(torch.ones(2, 3)),
    "context": mx.cpu(),
    "symbol": mx.Variable("x"),
    "array": mx.ones(2, 3),
    "integers": mx.ones((2, 3), dtype="int32"),
    "bools": mx.zeros((2, 3), dtype="bool"),
    "bfloat16": mx.ones((2, 3), dtype="bfloat16"),
    "empty array": mx.zeros(0, 3),
    "read-only": read_only(1.0, 2.0),
}
DTYPES = ["float32", "float16", "bfloat16", "int32", "uint8", "bool"]


def replace(value: Any) -> None:
    with mx.nd_as_numpy(rw=mx.ones(2, 3)) as host:
        host.rw[0] = value


CALLS: dict[str, Callable[[Any], object]] = {
    "array": mx.array,
    "array on": lambda v: mx.array([1], v),
    "array of": lambda v: mx.array([1], dtype=v),
    "empty": mx.empty,
    "zeros": lambda v: mx.zeros(2, v),
    "zeros of": lambda v: mx.zeros(2, dtype=v),
    "zeros on": lambda v: mx.zeros(2, context=v),
    "ones": lambda v: mx.ones((v,)),
    "full of shape": lambda v: mx.full(v, 1),
    "full": lambda v: mx.full(2, v),
    "full of integers": lambda v: mx.full(2, v, dtype="int32"),
    "from_dlpack": mx.from_dlpack,
    "copy": mx.copy,
    "copy to": lambda v: mx.copy(mx.ones(2), v),
    "copyto": lambda v: mx.copyto(mx.ones(2, 3), v),
    "copyto it": lambda v: mx.copyto(v, mx.ones(2, 3)),
    "copyto NumPy": lambda v: mx.copyto(np.ones((2, 3)), v),
    "convert": lambda v: mx.convert(v, mx.ones(2)),
    "convert it": lambda v: mx.convert("int32", v),
    "slice": lambda v: mx.slice(v, 0, 1),
    "slice from": lambda v: mx.slice(mx.ones(2, 3), v, 2),
    "slice to": lambda v: mx.slice(mx.ones(2, 3), 0, v),
    "size": mx.size,
    "size along": lambda v: mx.size(mx.ones(2, 3), v),
    "length": mx.length,
    "ndims": mx.ndims,
    "eltype": mx.eltype,
    "context": mx.context,
    "arr[…]": lambda v: mx.ones(2, 3)[v],
    "arr[…] = 1": lambda v: operator.setitem(mx.ones(2, 3), v, 1),
    "arr[0] =": lambda v: operator.setitem(mx.ones(2, 3), 0, v),
    "reshape": lambda v: mx.ones(2, 3).reshape(v),
    "reshape 2": lambda v: mx.ones(2, 3).reshape(2, v),
    "astype": lambda v: mx.ones(2).astype(v),
    "copy on": lambda v: mx.ones(2).copy(v),
    "wrap": lambda v: mx.NDArray.wrap(v, mx.cpu()),
    "wrap on": lambda v: mx.NDArray.wrap(torch.ones(2), v),
    "try_get_shared": mx.try_get_shared,
    "is_shared": lambda v: mx.is_shared(v, v),
    "ro": lambda v: mx.nd_as_numpy(ro=v).__enter__(),
    "rw": lambda v: mx.nd_as_numpy(rw=[v]).__enter__(),
    "rw replaced": replace,
    "cpu": mx.cpu,
    "Context": mx.Context,
}
ON_ARRAYS: dict[str, Callable[[mx.NDArray, Any], object]] = {
    "arr[:] =": lambda arr, v: operator.setitem(arr, slice(None), v),
    **{f.__name__: f for f in (mx.add_to, mx.sub_from, mx.mul_to, mx.div_from)},
}
OPERATORS = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow),
    *(operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow),
    *(operator.eq, operator.ne, operator.lt, operator.ge),
]
# What the other library answers for itself.
BUFFERS = {"from_dlpack": (BufferError,)}
TENSORS = {"sparse", "meta", "parameter", "tensor", "complex tensor"}

values = st.sampled_from(sorted(VALUES))
dtypes = st.sampled_from(DTYPES)


@pytest.mark.parametrize("name", CALLS)
def test_calls_end_well_or_with_an_error_of_ours(name: str) -> None:
    for value in VALUES.values():
        with suppress(mx.MXError, *BUFFERS.get(name, ())):
            CALLS[name](value)


@pytest.mark.parametrize("name", ON_ARRAYS)
@given(value=values, dtype=dtypes)
def test_changes_end_well_or_with_an_error_of_ours(name: str, value: str, dtype: str) -> None:
    arr = mx.ones((2, 3), dtype=dtype)
    before = arr.asnumpy()
    try:
        ON_ARRAYS[name](arr, VALUES[value])
    except mx.MXError:
        np.testing.assert_array_equal(arr.asnumpy(), before)


@given(
    operate=st.sampled_from(OPERATORS),
    value=values.filter(lambda name: name not in TENSORS),
    dtype=dtypes,
    turned=st.booleans(),
)
def test_operators_end_well_or_with_an_error_of_ours_or_pythons(
    operate: Any, value: str, dtype: str, turned: bool
) -> None:
    arr = mx.ones((2, 3), dtype=dtype)
    left, right = (VALUES[value], arr) if turned else (arr, VALUES[value])
    if turned and operate.__name__.startswith("i"):
        return  # the left side is changed, and is no array of ours
    with suppress(mx.MXError, TypeError):  # Python's, where no side knows the other
        operate(left, right)


@pytest.mark.parametrize(
    ("tensor", "found"),
    [
        (torch.ones(2).to_sparse(), "it is sparse, quantized or nested; call .to_dense(), "),
        (torch.ones(2, device="meta"), "it is on torch's meta device, which holds no numbers"),
    ],
    ids=["sparse", "meta"],
)
def test_tensors_without_plain_memory(tensor: torch.Tensor, found: str) -> None:
    for use in (mx.array, mx.copy, lambda t: operator.setitem(mx.ones(2), slice(None), t)):
        with pytest.raises(mx.ArgumentError, match=re.escape(f"of this Tensor: {found}")):
            use(tensor)


@pytest.mark.parametrize("data", [2**63, [2**63]], ids=repr)
def test_unsigned_long_integers(data: Any) -> None:
    """NumPy has two names for them, and torch knows one."""
    assert float(mx.array(data)) == 2**63


def test_wrap_says_what_it_takes() -> None:
    with pytest.raises(
        mx.ArgumentError, match=message("wrap takes a tensor and a context, got [1], CPU0")
    ):
        mx.NDArray.wrap([1], mx.cpu())


def test_numbers_beyond_a_type_are_infinite_for_powers_too() -> None:
    arr = mx.array([0.5, 2], dtype="float16")
    np.testing.assert_array_equal((arr**1e300).asnumpy(), [0, np.inf])
    np.testing.assert_array_equal((1e300 / mx.ones(2)).asnumpy(), [np.inf, np.inf])


@pytest.mark.parametrize("kind", ["bool", "int32", "uint8"])
@pytest.mark.parametrize(
    "call",
    [
        mx.cumsum,
        lambda x: mx.argmax(x, axis=0),
        lambda x: mx.dot(x, x),
        mx.topk,
        lambda x: mx.UpSampling(x.reshape(1, 1, 2, 2), scale=2, sample_type="nearest"),
        lambda x: mx.Pooling(x.reshape(1, 1, 2, 2), kernel=(2, 2)),
        mx.sqrt,
        mx.exp,
        lambda x: x**0.5,
        lambda x: x + 0.5,
    ],
)
def test_what_torch_cannot_do_with_an_element_type_is_told(call, kind):
    """Either it is computed, or the error is ours and names the type."""
    found: object = None
    try:
        found = call(mx.array([[1, 0], [0, 1]]).astype(kind))
    except mx.MXError as error:
        found = error
    told = isinstance(found, mx.DTypeError) and kind in str(found)
    assert told or isinstance(found, mx.NDArray), repr(found)
