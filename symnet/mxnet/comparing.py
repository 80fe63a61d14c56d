"""Comparing arrays in tests, with tolerances that follow the element type."""

from collections.abc import Mapping
from numbers import Number
from typing import Any

import numpy as np

from ..ndarray import NDArray as CoreArray

__all__ = [
    "Tolerance",
    "almost_equal",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err",
    "checkShapes",
    "default_atols",
    "default_rtols",
    "effective_dtype",
    "get_atol",
    "get_etol",
    "get_rtol",
    "get_tolerance",
    "get_tols",
    "locationError",
    "same",
    "to_numpy",
]

Tolerance = float | Mapping[Any, float] | None
"""A tolerance, or one for each element type, or None for the default."""

_EXACT = ("bool", "int8", "uint8", "int32", "int64")


def to_numpy(value: Any) -> np.ndarray:
    """Return an array of MXNet, a list or a number as a NumPy array."""
    return value.asnumpy() if isinstance(value, CoreArray) else np.asarray(value)


def default_rtols() -> dict[Any, float]:
    """Return the relative tolerances by element type."""
    found = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5, **dict.fromkeys(_EXACT, 0.0)}
    return {np.dtype(name): value for name, value in found.items()}


def default_atols() -> dict[Any, float]:
    """Return the absolute tolerances by element type."""
    found = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20, **dict.fromkeys(_EXACT, 0.0)}
    return {np.dtype(name): value for name, value in found.items()}


def get_rtol(rtol: float | None = None, dtype: Any = np.float64) -> float:
    """Return a relative tolerance, default that of an element type."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = np.float64) -> float:
    """Return an absolute tolerance, default that of an element type."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """Return which part of the elements may differ, default none."""
    return 0 if etol is None else etol


def effective_dtype(dat: Any) -> np.dtype:
    """Return the element type that the tolerance of a comparison follows."""
    return to_numpy(dat).dtype


def get_tolerance(dat: Any, tol: Tolerance, default_tol: Mapping[Any, float]) -> float:
    """Return the tolerance for an array.

    Args:
        dat: the array.
        tol: a tolerance, or one for each element type.
        default_tol: one for each element type, where ``tol`` has none.
    """
    if isinstance(tol, Number):
        return float(tol)
    kind = effective_dtype(dat)
    given = {np.dtype(key): value for key, value in tol.items()} if isinstance(tol, Mapping) else {}
    return float(given.get(kind, default_tol.get(kind, 0.0)))


def get_tols(x: Any, y: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """Return the tolerances of a comparison: those of the coarser of both element types."""
    return (
        max(get_tolerance(each, rtol, default_rtols()) for each in (x, y)),
        max(get_tolerance(each, atol, default_atols()) for each in (x, y)),
    )


def same(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal, in shape and in all elements."""
    return bool(np.array_equal(to_numpy(a), to_numpy(b)))


def almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Tell whether two arrays are equal up to tolerances.

    Args:
        a: one array.
        b: the other.
        rtol: relative tolerance, default that of the element type.
        atol: absolute tolerance, default that of the element type.
        equal_nan: whether NaN is equal to NaN.
        use_broadcast: whether the shapes may differ as NumPy broadcasts.
    """
    one, other = to_numpy(a), to_numpy(b)
    if not use_broadcast and one.shape != other.shape:
        return False
    relative, absolute = get_tols(a, b, rtol, atol)
    return bool(np.allclose(one, other, rtol=relative, atol=absolute, equal_nan=equal_nan))


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise AssertionError unless two arrays are equal up to tolerances.

    Args:
        a: one array.
        b: the other.
        rtol: relative tolerance, default that of the element type.
        atol: absolute tolerance, default that of the element type.
        names: what the error calls them.
        equal_nan: whether NaN is equal to NaN.
        use_broadcast: whether the shapes may differ as NumPy broadcasts.
        mismatches: how many of the elements that differ most the error tells at most.
    """
    if almost_equal(a, b, rtol, atol, equal_nan, use_broadcast):
        return
    one, other = to_numpy(a), to_numpy(b)
    if one.shape != other.shape:
        raise AssertionError(f"{names[0]} has shape {one.shape}, {names[1]} {other.shape}")
    relative, absolute = get_tols(a, b, rtol, atol)
    apart = np.abs(one.astype("float64") - other) / (absolute + relative * np.abs(other) + 1e-300)
    worst = np.argsort(np.nan_to_num(apart, nan=np.inf).reshape(-1))[::-1][: mismatches[0]]
    lines = [
        f"  at {tuple(map(int, np.unravel_index(place, one.shape)))}: "
        f"{one.reshape(-1)[place]} and {other.reshape(-1)[place]}"
        for place in worst
    ]
    raise AssertionError(
        f"{names[0]} and {names[1]} differ by more than rtol={relative}, atol={absolute}; "
        "most:\n" + "\n".join(lines)
    )


def assert_almost_equal_ignore_nan(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: tuple[str, str] = ("a", "b"),
) -> None:
    """Raise AssertionError unless two arrays are equal up to tolerances where none is NaN."""
    one, other = np.copy(to_numpy(a)), np.copy(to_numpy(b))
    unknown = np.isnan(one) | np.isnan(other)
    one[unknown] = 0
    other[unknown] = 0
    assert_almost_equal(one, other, rtol, atol, names)


def assert_allclose(
    a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True
) -> None:
    """Raise AssertionError unless two arrays are equal up to tolerances, as NumPy says."""
    np.testing.assert_allclose(to_numpy(a), to_numpy(b), rtol, atol, equal_nan)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise AssertionError where more than a part of the elements differ.

    Args:
        a: one array.
        b: the other.
        rtol: relative tolerance, default that of the element type.
        atol: absolute tolerance, default that of the element type.
        etol: which part may differ.
        names: what the error calls them.
        equal_nan: whether NaN is equal to NaN; counted where none may differ.
        mismatches: as for `assert_almost_equal`.
    """
    relative, absolute = get_tols(a, b, rtol, atol)
    apart = ~np.isclose(to_numpy(a), to_numpy(b), rtol=relative, atol=absolute)
    if get_etol(etol) == 0 or apart.mean() > get_etol(etol):
        assert_almost_equal(a, b, rtol, atol, names, equal_nan, mismatches=mismatches)


def checkShapes(a: Any, b: Any) -> None:
    """Raise AssertionError unless two arrays have one shape."""
    if a.shape != b.shape:
        raise AssertionError(f"a has shape {a.shape}, b {b.shape}")


def locationError(a: Any, b: Any, index: Any, names: Any, maxError: bool = False) -> str:
    """Say where and how two arrays differ, for the message of an error."""
    most = "maximum " if maxError else ""
    return f"Location of {most}error: {index}, {names[0]}={a[index]:.8f}, {names[1]}={b[index]:.8f}"
