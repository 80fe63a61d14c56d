"""Comparing arrays in tests, with tolerances that follow the element type."""

from typing import Any

import numpy as np

from ..ndarray import NDArray as CoreArray

__all__ = [
    "almost_equal",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "default_atols",
    "default_rtols",
    "get_atol",
    "get_rtol",
    "get_tols",
    "same",
    "to_numpy",
]

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


def get_tols(x: Any, y: Any, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """Return the tolerances of a comparison: those of the coarser of both element types."""
    kinds = [to_numpy(each).dtype for each in (x, y)]
    known = [kind for kind in kinds if kind in default_rtols()]
    return (
        max((get_rtol(rtol, kind) for kind in known), default=rtol or 0.0),
        max((get_atol(atol, kind) for kind in known), default=atol or 0.0),
    )


def same(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal, in shape and in all elements."""
    return bool(np.array_equal(to_numpy(a), to_numpy(b)))


def almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
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
    rtol: float | None = None,
    atol: float | None = None,
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
    rtol: float | None = None,
    atol: float | None = None,
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
