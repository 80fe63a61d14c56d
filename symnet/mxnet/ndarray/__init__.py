"""Arrays as Python-MXNet has them: ``mx.nd``. Every operator is a function here.

>>> import symnet.mxnet as mx
>>> mx.nd.clip(mx.nd.array([-1, 7]), 0, 6).asnumpy()
array([0., 6.], dtype=float32)
"""

from typing import Any

from ..binary import ARRAY_PAIRS, pair_function
from ..methods import OPERATOR_METHODS, attach_methods
from ..namespaces import operator_module
from . import _internal, contrib, image, linalg, op, random, sparse, utils
from . import array as ndarray
from .array import FACE, NDArray, wrap
from .creation import (
    arange,
    array,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    linspace,
    ones,
    zeros,
)
from .functions import (
    Custom,
    concatenate,
    histogram,
    load,
    load_frombuffer,
    moveaxis,
    onehot_encode,
    save,
    split_v2,
    waitall,
)

__all__ = [
    "Custom",
    "NDArray",
    "_internal",
    "arange",
    "array",
    "concatenate",
    "contrib",
    "empty",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "histogram",
    "image",
    "linalg",
    "linspace",
    "load",
    "load_frombuffer",
    "moveaxis",
    "ndarray",
    "onehot_encode",
    "ones",
    "op",
    "random",
    "save",
    "sparse",
    "split_v2",
    "utils",
    "waitall",
    "wrap",
    "zeros",
]

for _name, _pair in ARRAY_PAIRS.items():
    globals()[_name] = pair_function(_name, _pair, FACE)

_find, __dir__ = operator_module(globals(), "mx.nd", FACE)


def __getattr__(name: str) -> Any:
    return _find(name)


def _function(name: str) -> Any:
    return globals().get(name) or _find(name)


_OWN_METHODS = ("expand_dims", "flatten", "squeeze")
"""Methods that arrays define themselves, as they take more than the operators."""

attach_methods(
    NDArray, tuple(name for name in OPERATOR_METHODS if name not in _OWN_METHODS), _function
)
