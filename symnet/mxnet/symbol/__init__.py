"""Symbols as Python-MXNet has them: ``mx.sym``. Every operator is a function here.

>>> import symnet.mxnet as mx
>>> x = mx.sym.Variable("x")
>>> with mx.name.NameManager():  # which counts anew
...     net = mx.sym.clip(x, 0, 6) + x
>>> net.list_outputs()
['_plus0_output']
"""

from typing import Any

from ..binary import SYMBOL_PAIRS, pair_function
from ..methods import OPERATOR_METHODS, attach_methods
from ..namespaces import operator_module
from . import _internal, contrib, image, linalg, op, random, sparse, symbol
from .functions import (
    Custom,
    Group,
    Variable,
    arange,
    eye,
    full,
    histogram,
    linspace,
    load,
    load_json,
    ones,
    split_v2,
    var,
    zeros,
)
from .symbol import FACE, Symbol, wrap

__all__ = [
    "Custom",
    "Group",
    "Symbol",
    "Variable",
    "_internal",
    "arange",
    "contrib",
    "eye",
    "full",
    "histogram",
    "image",
    "linalg",
    "linspace",
    "load",
    "load_json",
    "ones",
    "op",
    "random",
    "sparse",
    "split_v2",
    "symbol",
    "var",
    "wrap",
    "zeros",
]

for _name, _pair in SYMBOL_PAIRS.items():
    globals()[_name] = pair_function(_name, _pair, FACE)

_find, __dir__ = operator_module(globals(), "mx.sym", FACE)


def __getattr__(name: str) -> Any:
    return _find(name)


def _function(name: str) -> Any:
    return globals().get(name) or _find(name)


attach_methods(Symbol, (*OPERATOR_METHODS, "reshape"), _function)
