"""Classes drawn by Zipf's law, against their probabilities."""

import numpy as np
import pytest

import symnet.mxnet as mx


def check(drawn: np.ndarray, due_true: np.ndarray, due_drawn: np.ndarray) -> None:
    counts, classes = 20000, np.arange(5)
    due = np.log((classes + 2) / (classes + 1)) / np.log(6) * counts
    assert drawn.dtype == np.int64
    np.testing.assert_allclose(np.bincount(drawn, minlength=5), due, rtol=0.05)
    np.testing.assert_allclose(due_true, due[[3, 0]], rtol=1e-12)
    np.testing.assert_allclose(due_drawn, due[drawn], rtol=1e-12)


def test_arrays() -> None:
    mx.random.seed(1)
    found = mx.nd.contrib.rand_zipfian(mx.nd.array([3, 0]), 20000, 5)
    check(*(each.asnumpy() for each in found))
    with pytest.raises(mx.MXNetError, match="at least one"):
        mx.nd.contrib.rand_zipfian(mx.nd.array([0]), 0, 5)


def test_symbols() -> None:
    mx.random.seed(1)
    net = mx.sym.Group(mx.sym.contrib.rand_zipfian(mx.sym.Variable("t"), 20000, 5))
    check(*(each.asnumpy() for each in net.eval(t=mx.nd.array([3, 0]))))
