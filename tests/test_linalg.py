"""Linear algebra beyond the table of rows: what is singular, shapes that do not fit."""

import numpy as np
import pytest
from op_testing import run

import symnet as mx


@pytest.mark.parametrize("name", ["linalg_det", "linalg_slogdet"])
def test_a_singular_matrix_gets_no_gradient(name: str) -> None:
    symbol = getattr(mx, name)(mx.Variable("A"))
    matrices = np.array([[[1.0, 2.0], [2.0, 4.0]], [[2.0, 0.0], [0.0, 3.0]]])
    heads = [np.ones(2)] * len(symbol.list_outputs())
    outputs, gradients = run(symbol, {"A": matrices}, *heads)
    slope = np.diag([3.0, 2.0]) if name == "linalg_det" else np.diag([1 / 2, 1 / 3])
    np.testing.assert_allclose(gradients["A"], [np.zeros((2, 2)), slope])
    value = outputs[-1]
    np.testing.assert_allclose(value, [0, 6] if name == "linalg_det" else [-np.inf, np.log(6)])


def test_the_sign_passes_no_gradient() -> None:
    sign = mx.linalg_slogdet(mx.Variable("A"))[0]
    (found,), gradients = run(sign, {"A": np.diag([1.0, -2.0])}, np.ones(1))
    assert found == [-1]
    assert not gradients["A"].any()


def test_equal_eigenvalues_count_as_a_least_distance_apart() -> None:
    symbol = mx._linalg_syevd(mx.Variable("A"))
    heads = [np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros(2)]
    (rows, values), gradients = run(symbol, {"A": np.eye(2)}, *heads)
    np.testing.assert_array_equal(rows, np.eye(2))
    np.testing.assert_array_equal(values, [1, 1])
    np.testing.assert_allclose(gradients["A"], [[0, -5e99], [-5e99, 0]])


def test_only_one_triangle_is_read() -> None:
    lower, upper = np.array([[4.0, 7.0], [2.0, 5.0]]), np.array([[4.0, 2.0], [7.0, 5.0]])
    factor = [[2.0, 0.0], [1.0, 2.0]]
    np.testing.assert_allclose(mx.linalg_potrf(mx.array(lower)).asnumpy(), factor)
    transposed = mx.linalg_potrf(mx.array(upper), lower=False).asnumpy().T
    np.testing.assert_allclose(transposed, factor)


MISFITS = [
    ("linalg_gemm2", {}, {"A": (3,), "B": (3, 2)}, r"works on matrices.*A is \(3,\)"),
    ("linalg_gemm2", {}, {"A": (2, 3), "B": (1, 3, 2)}, "equally many axes"),
    ("linalg_gemm2", {}, {"A": (2, 3), "B": (4, 2)}, r"B should have shape \(3, 2\)"),
    ("linalg_gemm2", {"axis": -1}, {"A": (2, 3), "B": (3, 2)}, "before the last of 2, got -1"),
    ("linalg_gemm2", {"axis": 5}, {"A": (2, 3), "B": (3, 2)}, "before the last of 2, got 5"),
    ("linalg_trmm", {}, {"A": (2, 3), "B": (3, 2)}, "square matrices"),
    ("linalg_trsm", {}, {"A": (2, 2), "B": (3, 2)}, r"B should have shape \(2, 2\)"),
    ("linalg_trsm", {}, {"A": (2, 2), "B": (1, 2, 2)}, "equally many axes"),
    ("linalg_gelqf", {}, {"A": (3, 2)}, "at most as many rows as columns"),
    ("linalg_potrf", {}, {"A": (3,)}, "square matrices"),
    ("linalg_extractdiag", {"offset": 2}, {"A": (2, 2)}, "2 rows have no diagonal 2"),
    ("linalg_extracttrian", {"offset": -3}, {"A": (2, 2)}, "2 rows have no diagonal -3"),
    ("linalg_maketrian", {}, {"A": (5,)}, r"1, 3, 6, 10, … elements, but A is \(5,\)"),
]


@pytest.mark.parametrize(("name", "params", "shapes", "message"), MISFITS)
def test_what_does_not_fit_is_refused(name, params, shapes, message) -> None:
    symbol = getattr(mx, name)(*(mx.Variable(each) for each in shapes), **params, name="node")
    with pytest.raises(mx.ShapeError, match=message):
        symbol.infer_shape(**shapes)


def test_whole_numbers_are_refused() -> None:
    whole = mx.array([[1, 2], [3, 4]], dtype="int32")
    with pytest.raises(mx.DTypeError, match="only floats will do"):
        mx.linalg_gemm2(whole, whole)
