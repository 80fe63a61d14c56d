"""Examples for the docstrings of operators that are rows of a table."""

__all__ = ["reduction_example", "regression_example", "unary_example"]

_UNARY = {
    "abs": ("[-1.5, 0, 2]", "[1.5, 0. , 2. ]"),
    "ceil": ("[-1.5, 0.2, 2]", "[-1.,  1.,  2.]"),
    "cos": ("[0, 1]", "[1.  , 0.54]"),
    "exp": ("[0, 1]", "[1.   , 2.718]"),
    "floor": ("[-1.5, 0.2, 2]", "[-2.,  0.,  2.]"),
    "log": ("[1, 10]", "[0.   , 2.303]"),
    "round": ("[-0.5, 0.5, 1.4]", "[-1.,  1.,  1.]"),
    "rsqrt": ("[1, 4]", "[1. , 0.5]"),
    "sign": ("[-1.5, 0, 2]", "[-1.,  0.,  1.]"),
    "sin": ("[0, 1]", "[0.   , 0.841]"),
    "sqrt": ("[1, 4]", "[1., 2.]"),
    "square": ("[-3, 0.5]", "[9.  , 0.25]"),
}
"""What each function is shown with, and what comes out."""

_REDUCTIONS = {"max": "4.", "min": "-3.", "norm": "5.", "sum": "1."}
"""What comes out of [[-3, 0], [0, 4]]."""

_REGRESSIONS = {
    "LinearRegressionOutput": "[-1.,  0.,  2.]",
    "LogisticRegressionOutput": "[0.269, 0.5  , 0.881]",
    "MAERegressionOutput": "[-1.,  0.,  2.]",
}
"""What comes out of [-1, 0, 2], whatever the label."""


def unary_example(name: str) -> str:
    """Return the example of an elementwise function, as typed and printed in a session.

    >>> unary_example("sqrt").splitlines()[-1]
    'array([1., 2.], dtype=float32)'
    """
    given, found = _UNARY[name]
    return f""">>> import symnet as mx
>>> mx.{name}(mx.array({given})).asnumpy().round(3)
array({found}, dtype=float32)"""


def reduction_example(name: str) -> str:
    """Return the example of a function that makes one number of many.

    >>> reduction_example("norm").splitlines()[-1]
    'NDArray([5.], float32, CPU0)'
    """
    return f""">>> import symnet as mx
>>> mx.{name}(mx.array([[-3, 0], [0, 4]]))
NDArray([{_REDUCTIONS[name]}], float32, CPU0)"""


def regression_example(name: str) -> str:
    """Return the example of an output operator for regression.

    >>> regression_example("MAERegressionOutput").splitlines()[-1]
    'array([-1.,  0.,  2.], dtype=float32)'
    """
    return f""">>> import symnet as mx
>>> data, label = mx.array([-1, 0, 2]), mx.array([0, 0, 1])
>>> mx.{name}(data, label).asnumpy().round(3)
array({_REGRESSIONS[name]}, dtype=float32)"""
