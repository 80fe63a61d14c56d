"""The moments of what each initializer writes, for several shapes and names."""

import json
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from python_mxnet.storage import Case, write_cases

SHAPES = ((400, 300), (64, 32, 5, 5), (2000, 20), (20, 2000))
NAMES = (
    *("fc_weight", "fc_bias", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"),
    *("bn_moving_inv_var", "bn_moving_avg", "bn_running_mean", "q_min", "q_max"),
    *("stn_loc_weight", "lstm_parameters", "data", "mystery"),
)
UNTOUCHED = 7.0
"""What arrays hold before an initializer writes."""

RANDOM: dict[str, tuple[str, dict[str, Any]]] = {
    "uniform": ("Uniform", {}),
    "uniform-scale": ("Uniform", {"scale": 0.3}),
    "normal": ("Normal", {}),
    "normal-sigma": ("Normal", {"sigma": 0.2}),
    **{
        f"xavier-{kind}-{factor}": ("Xavier", {"rnd_type": kind, "factor_type": factor})
        for kind in ("uniform", "gaussian")
        for factor in ("avg", "in", "out")
    },
    "xavier-magnitude": ("Xavier", {"magnitude": 2.34}),
    "msra": ("MSRAPrelu", {}),
    "msra-in": ("MSRAPrelu", {"factor_type": "in", "slope": 0.1}),
    "orthogonal": ("Orthogonal", {}),
    "orthogonal-normal": ("Orthogonal", {"scale": 1.0, "rand_type": "normal"}),
}
"""Case → class and arguments of what is judged by its moments."""

EXACT: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "zero": ("Zero", {}, (2, 3)),
    "one": ("One", {}, (2, 3)),
    "constant": ("Constant", {"value": 0.25}, (2, 3)),
    "bilinear": ("Bilinear", {}, (2, 1, 4, 4)),
    "bilinear-odd": ("Bilinear", {}, (1, 1, 3, 3)),
    "lstm_bias": ("LSTMBias", {}, (8,)),
    "lstm_bias-forget": ("LSTMBias", {"forget_bias": 2.0}, (8,)),
}
"""Case → class, arguments and shape of what is the same every time, written for a variable that
names it in its ``__init__``."""


def record(folder: Path) -> None:
    """Write ``initializers.json``."""
    mx.random.seed(5)
    np.random.seed(5)
    cases: dict[str, Case] = {}
    for name, (kind, arguments) in RANDOM.items():
        shapes = SHAPES[:2] if kind == "Orthogonal" else SHAPES
        initializer = getattr(mx.init, kind)(**arguments)
        drawn = {str(list(shape)): moments(written(initializer, shape)) for shape in shapes}
        cases[name] = described(kind, arguments) | {"moments": drawn}
    for name, (kind, arguments, shape) in EXACT.items():
        initializer = getattr(mx.init, kind)(**arguments)
        array = written(mx.init.Zero(), shape, "own", {"__init__": initializer.dumps()})
        found = {"shape": shape, "values": array.ravel().tolist()}
        cases[name] = described(kind, arguments) | found
    cases["by_name"] = by_name()
    cases["by_attribute"] = by_attribute()
    cases["mixed"] = mixed()
    write_cases(folder / "initializers.json", cases)


def described(kind: str, arguments: dict[str, Any]) -> Case:
    """Return class and arguments of an initializer, and how it is written in an attribute."""
    dumped = json.loads(getattr(mx.init, kind)(**arguments).dumps())
    return {"class": kind, "arguments": arguments, "dumps": dumped}


def written(
    initializer: mx.init.Initializer,
    shape: tuple[int, ...],
    name: str = "fc_weight",
    attributes: dict[str, str] | None = None,
) -> np.ndarray:
    """Return what an initializer writes into an array of this name."""
    array = mx.nd.full(shape, UNTOUCHED)
    initializer(mx.init.InitDesc(name, attributes), array)
    return array.asnumpy()


def moments(array: np.ndarray) -> Case:
    """Return mean, deviation and bounds; of a matrix, also how far its rows are orthogonal."""
    found: Case = {
        "mean": float(array.mean()),
        "std": float(array.std()),
        "min": float(array.min()),
        "max": float(array.max()),
        "kurtosis": float(((array - array.mean()) ** 4).mean() / array.var() ** 2),
    }
    flat = array.reshape(len(array), -1)
    if flat.size <= SHAPES[0][0] * SHAPES[0][1]:
        small = flat if len(flat) <= flat.shape[1] else flat.T
        gram = small @ small.T
        found["squared_norm"] = float(np.diag(gram).mean())
        found["largest_product"] = float(np.abs(gram - np.diag(np.diag(gram))).max())
    return found


def by_name() -> Case:
    """Return what is written into arrays of each kind of name, null where it is refused.

    The name is given as an ``InitDesc``, as modules do, and as a plain string, as scripts of
    older releases do: the two differ.
    """
    found: dict[str, dict[str, list[float] | None]] = {"desc": {}, "text": {}}
    for name in NAMES:
        found["desc"][name] = accepted(mx.init.InitDesc(name))
        found["text"][name] = accepted(name)
    return {"class": "Constant", "arguments": {"value": 3.0}, "values": found}


def accepted(name: str) -> list[float] | None:
    """Return what `Constant` writes into an array of this name, None where it refuses."""
    array = mx.nd.full((2,), UNTOUCHED)
    try:
        mx.init.Constant(3.0)(name, array)
    except ValueError:
        return None
    return array.asnumpy().tolist()


def by_attribute() -> Case:
    """Return what is written where a variable's ``__init__`` attribute names an initializer."""
    attributes = {"__init__": mx.init.Constant(3.0).dumps()}
    values = {
        name: written(mx.init.Zero(), (2,), name, attributes).tolist()
        for name in ("fc_weight", "fc_bias", "mystery")
    }
    return {"attributes": attributes, "values": values}


def mixed() -> Case:
    """Return what `Mixed` writes: the first pattern that a name begins with decides."""
    patterns = ["fc_bias", "fc1.*", ".*"]
    initializer = mx.init.Mixed(patterns, [mx.init.Zero(), mx.init.One(), mx.init.Constant(2.0)])
    names = ("fc_bias", "fc1_weight", "fc1_bias", "my_fc1_weight", "my_fc_bias")
    values = {name: written(initializer, (2,), name).tolist() for name in names}
    return {"patterns": patterns, "values": values}
