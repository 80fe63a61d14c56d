"""The table of operators that always draw random numbers, which `op_rows.ROWS` cannot hold.

`test_random_operators.py` makes its checks from a row, against a distribution of SciPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import scipy.stats
from op_testing import Shape, function_of

import symnet as mx

__all__ = ["COUNT", "DRAWN", "OTHERS", "Drawn", "symbol_of"]

COUNT = 20_000
"""How many numbers are drawn of each distribution."""


@dataclass(frozen=True)
class Drawn:
    """One case of one operator.

    Args:
        op: the operator's public name.
        params: its parameters, but for the shape.
        distributions: what SciPy says of the numbers: one distribution, or one for each entry of
            the inputs.
        inputs: its inputs, by name.
        dtype: the output's element type.
        shape: the parameter shape; None where the operator has none.
    """

    op: str
    params: Mapping[str, Any]
    distributions: tuple[Any, ...]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    shape: Shape | None = (COUNT,)

    def __str__(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in {**self.params, **self.inputs}.items())
        return f"{self.op}({params})"


def symbol_of(row: Drawn) -> mx.SymbolicNode:
    """The operator over a variable for each input."""
    shape = {} if row.shape is None else {"shape": row.shape}
    inputs = {name: mx.Variable(name) for name in row.inputs}
    return function_of(row.op)(**inputs, **row.params, **shape, name="node")


def mixed(mu, alpha):
    return scipy.stats.nbinom(1 / alpha, 1 / (1 + mu * alpha)) if alpha else scipy.stats.poisson(mu)


NUMBERS = {
    "uniform": ({"low": -1.0, "high": 3.0}, scipy.stats.uniform(-1, 4)),
    "normal": ({"loc": 2.0, "scale": 0.5}, scipy.stats.norm(2, 0.5)),
    "gamma": ({"alpha": 0.7, "beta": 3.0}, scipy.stats.gamma(0.7, scale=3)),
    "exponential": ({"lam": 4.0}, scipy.stats.expon(scale=0.25)),
    "poisson": ({"lam": 4.0}, scipy.stats.poisson(4)),
    "negative_binomial": ({"k": 3, "p": 0.4}, scipy.stats.nbinom(3, 0.4)),
    "generalized_negative_binomial": ({"mu": 2.0, "alpha": 0.3}, mixed(2, 0.3)),
}

ARRAYS = {
    "uniform": ({"low": [0, -2], "high": [1, 5]}, scipy.stats.uniform, [(0, 1), (-2, 7)]),
    "normal": ({"mu": [0, 10], "sigma": [1, 3]}, scipy.stats.norm, [(0, 1), (10, 3)]),
    "gamma": (
        {"alpha": [0.5, 3], "beta": [1, 2]},
        lambda a, b: scipy.stats.gamma(a, scale=b),
        [(0.5, 1), (3, 2)],
    ),
    "exponential": ({"lam": [1, 8]}, lambda lam: scipy.stats.expon(scale=1 / lam), [(1,), (8,)]),
    "poisson": ({"lam": [0.5, 20]}, scipy.stats.poisson, [(0.5,), (20,)]),
    "negative_binomial": (
        {"k": [1, 6], "p": [0.5, 0.3]},
        scipy.stats.nbinom,
        [(1, 0.5), (6, 0.3)],
    ),
    "generalized_negative_binomial": (
        {"mu": [2, 3], "alpha": [0.5, 0]},
        mixed,
        [(2, 0.5), (3, 0)],
    ),
}


def chances(*probabilities: float) -> Any:
    return scipy.stats.rv_discrete(values=(range(len(probabilities)), probabilities))


CHOICES = (
    Drawn(
        "sample_multinomial",
        {},
        (chances(0.2, 0.5, 0.3), chances(0.9, 0.0, 0.1)),
        {"data": [[0.2, 0.5, 0.3], [0.9, 0, 0.1]]},
        "int32",
    ),
    Drawn(
        "sample_multinomial",
        {"dtype": "float16"},
        (chances(0.25, 0.75),),  # what is missing goes to the last class
        {"data": [0.25, 0.25]},
        "float16",
    ),
    Drawn("random_randint", {"low": -2, "high": 5}, (scipy.stats.randint(-2, 5),), {}, "int32"),
    Drawn(
        "random_randint",
        {"low": 2**40, "high": 2**40 + 3, "dtype": "int64"},
        (scipy.stats.randint(2**40, 2**40 + 3),),
        {},
        "int64",
    ),
)

DRAWN = (
    *(Drawn(f"random_{name}", params, (law,)) for name, (params, law) in NUMBERS.items()),
    *(
        Drawn("random_normal", {"dtype": dtype}, (scipy.stats.norm(),), dtype=dtype)
        for dtype in ("float16", "float64")
    ),
    *(
        Drawn(f"_random_{name}_like", params, (law,), {"data": [0] * COUNT}, shape=None)
        for name, (params, law) in NUMBERS.items()
    ),
    *(
        Drawn(f"sample_{name}", {}, tuple(law(*each) for each in entries), inputs)
        for name, (inputs, law, entries) in ARRAYS.items()
    ),
    Drawn(
        "random_gamma", {"alpha": 3.0, "dtype": "float64"}, (scipy.stats.gamma(3),), dtype="float64"
    ),
    Drawn("random_generalized_negative_binomial", {"mu": 3.0, "alpha": 0.0}, (mixed(3, 0),)),
    *CHOICES,
)

OTHERS = (
    "_cond",
    "_foreach",
    "_histogram",
    "_image_random_flip_left_right",
    "_image_random_flip_top_bottom",
    "_sample_unique_zipfian",
    "_shuffle",
    "_while_loop",
)
"""Operators that no row describes, drawn or not: they have files of tests of their own."""
