"""Convolution and Pooling with any windows at all, against NumPy."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from op_testing import run
from window_references import convolution, pooling, window_starts

import symnet as mx


def close(found, expected, **tolerance) -> None:
    np.testing.assert_allclose(found, expected, **{"rtol": 1e-5, "atol": 1e-5, **tolerance})


pairs = lambda least, most: st.tuples(st.integers(least, most), st.integers(least, most))
SEEDS = st.integers(0, 1000)


def fits_evenly(size, kernel, stride, pad) -> bool:
    axes = zip(size, kernel, stride, pad, strict=True)
    return all((n + 2 * p - k) % s == 0 for n, k, s, p in axes)


@given(
    size=pairs(1, 7),
    kernel=pairs(1, 4),
    stride=pairs(1, 4),
    pad=pairs(0, 4),
    convention=st.sampled_from(["full", "valid"]),
    pool_type=st.sampled_from(["max", "avg", "sum"]),
    seed=SEEDS,
)
def test_any_pooling(*, size, kernel, stride, pad, convention, pool_type, seed):
    axes = zip(size, kernel, stride, pad, strict=True)
    assume(all(k <= length + 2 * p for length, k, _, p in axes))
    params = {"kernel": kernel, "stride": stride, "pad": pad, "pool_type": pool_type}
    data = np.random.default_rng(seed).normal(size=(2, 2, *size)).astype("float32")
    expected = pooling(data, pooling_convention=convention, **params)
    symbol = mx.Pooling(name="p", pooling_convention=convention, **params)
    head = np.random.default_rng(seed + 1).normal(size=expected.shape).astype("float32")
    (output,), gradients = run(symbol, {"p_data": data}, head, dtype="float32")
    close(output, expected)
    # Pooling is linear where the maxima stay where they are, so that dx · x = g · y.
    if pool_type == "avg" and fits_evenly(expected.shape[2:], kernel, stride, pad):
        # The exception, see the vector "avg Pooling as MXNet differentiates it".
        params["pool_type"] = "sum"
        expected = pooling(data, pooling_convention=convention, **params) / np.prod(kernel)
    inside = np.where(np.isfinite(expected), expected, 0)
    close((gradients["p_data"] * data).sum(), (head * inside).sum(), rtol=1e-4, atol=1e-4)


@given(
    size=pairs(1, 6),
    kernel=pairs(1, 3),
    stride=pairs(1, 3),
    pad=pairs(0, 3),
    dilate=pairs(1, 2),
    groups=st.integers(1, 2),
    seed=SEEDS,
)
def test_any_convolution(*, size, kernel, stride, pad, dilate, groups, seed):
    spans = [d * (k - 1) + 1 for d, k in zip(dilate, kernel, strict=True)]
    assume(all(s <= n + 2 * p for n, s, p in zip(size, spans, pad, strict=True)))
    random = np.random.default_rng(seed)
    params = {"kernel": kernel, "stride": stride, "pad": pad, "dilate": dilate}
    params |= {"num_filter": 2 * groups, "num_group": groups, "no_bias": True}
    data, weight = (
        random.normal(size=(2, groups, *size)),
        random.normal(size=(2 * groups, 1, *kernel)),
    )
    expected = convolution(data, weight, **params)
    head = random.normal(size=expected.shape)
    (output,), gradients = run(
        mx.Convolution(name="c", **params), {"c_data": data, "c_weight": weight}, head
    )
    close(output, expected)
    # Linear in either input.
    for name, numbers in (("c_data", data), ("c_weight", weight)):
        close((gradients[name] * numbers).sum(), (head * expected).sum(), rtol=1e-4, atol=1e-4)


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 6), st.integers(0, 6))
def test_any_number_of_windows(length, kernel, stride, pad):
    """The documents' formula against the windows themselves."""
    assume(kernel <= length + 2 * pad)
    room = length + 2 * pad
    count = min(room - kernel + stride - 1, room - 1) // stride + 1
    assert len(window_starts(length, kernel, stride, pad, "full")) == count
    symbol = mx.Pooling(
        name="p", kernel=(kernel, 1), stride=(stride, 1), pad=(pad, 0), pool_type="sum"
    )
    assert symbol.infer_shape(p_data=(1, 1, length, 1))[1] == [(1, 1, count, 1)]
