"""Functions of symbols that are no single operator: variables, groups, files, creation.

Source: Apache MXNet 1.9.1, ``mxnet.symbol``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...core.dtype import dtype_flag, to_torch
from ...core.errors import ArgumentError
from ...operators.contract import OPERATORS
from ...storage.saving import load as load_file
from ...symbol import SymbolicNode
from ...symbol import Variable as CoreVariable
from ...symbol.composition import Group as CoreGroup
from ..calls import invoke
from ..custom import custom_function
from ..splitting import split_options
from .symbol import FACE, Symbol

__all__ = [
    "Custom",
    "Group",
    "Variable",
    "arange",
    "eye",
    "full",
    "histogram",
    "linspace",
    "load",
    "load_json",
    "ones",
    "split_v2",
    "var",
    "zeros",
]

Custom = custom_function(FACE)


def Variable(
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: Sequence[int] | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: str,
) -> Symbol:
    """Make a placeholder: an input or a parameter of the network, by name.

    Args:
        name: the variable's name.
        attr: attributes to attach, texts by name.
        shape: a shape that inference uses where none is given.
        lr_mult: a factor of the learning rate.
        wd_mult: a factor of the weight decay.
        dtype: an element type that inference uses where none is given.
        init: the initializer, or its text.
        stype: the storage type; only ``"default"``.
        kwargs: further attributes, ``__key__="text"``.

    >>> Variable("w", lr_mult=2.0).attr("lr_mult")
    '2.0'
    """
    strange = [key for key in kwargs if not (key.startswith("__") and key.endswith("__"))]
    if strange:
        raise ArgumentError(
            f"Variable: unknown argument {strange[0]!r}; further attributes are called __name__"
        )
    if stype not in (None, "default"):
        raise ArgumentError(f"symnet has no sparse arrays, so none of stype {stype!r}")
    found = {**(attr or {}), **kwargs}
    if lr_mult is not None:
        found["__lr_mult__"] = str(lr_mult)
    if wd_mult is not None:
        found["__wd_mult__"] = str(wd_mult)
    if dtype is not None:
        found["__dtype__"] = str(dtype_flag(to_torch(dtype)))
    if init is not None:
        found["__init__"] = init if isinstance(init, str) else init.dumps()
    whole = None if shape is None else tuple(int(length) for length in shape)
    return Symbol._of(CoreVariable(name, found, shape=whole))


var = Variable


def Group(symbols: Sequence[SymbolicNode]) -> Symbol:
    """Put the outputs of several symbols together, in order."""
    return Symbol._of(CoreGroup(*symbols))


def load(fname: str | Path) -> Symbol:
    """Return the symbol of a file of any MXNet from 0.5 to 1.9."""
    return Symbol._of(load_file(fname, SymbolicNode))


def load_json(json_str: str) -> Symbol:
    """Return the symbol of a JSON text."""
    return Symbol.from_json(json_str)


def _made(
    operator: str, name: str | None, attr: Mapping[str, str] | None, **parameters: Any
) -> Symbol:
    given = {key: value for key, value in parameters.items() if value is not None}
    found: Symbol = invoke(OPERATORS[operator], operator, FACE, (), given, name=name, attr=attr)
    return found


def zeros(
    shape: Any,
    dtype: Any = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
    **kwargs: str,
) -> Symbol:
    """Return a symbol of an array of zeros; lengths of 0 follow from its use.

    Further attributes come as ``__key__="text"``.
    """
    return _made("_zeros", name, attr, shape=shape, dtype=dtype, **kwargs)


def ones(
    shape: Any,
    dtype: Any = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
    **kwargs: str,
) -> Symbol:
    """Return a symbol of an array of ones.

    Further attributes come as ``__key__="text"``.
    """
    return _made("_ones", name, attr, shape=shape, dtype=dtype, **kwargs)


def full(
    shape: Any,
    val: float,
    dtype: Any = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Return a symbol of an array with every element set to a number."""
    return _made("_full", name, attr, shape=shape, value=val, dtype=dtype)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Return a symbol of numbers at equal steps from start to below stop, each one repeated."""
    return _made(
        "_arange",
        name,
        None,
        start=start,
        stop=stop,
        step=step,
        repeat=repeat,
        infer_range=infer_range,
        dtype=dtype,
    )


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Return a symbol of so many numbers at equal distances from start to stop."""
    return _made(
        "_linspace", name, None, start=start, stop=stop, num=num, endpoint=endpoint, dtype=dtype
    )


def eye(
    N: int,
    M: int = 0,
    k: int = 0,
    dtype: Any = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Return a symbol of a matrix of ones on one diagonal, zeros elsewhere."""
    return _made("_eye", name, attr, N=N, M=M, k=k, dtype=dtype)


def split_v2(
    ary: Symbol, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False
) -> Symbol:
    """Cut an array along an axis into equal parts, or at places; as ``mx.nd.split_v2``."""
    options = split_options(None, indices_or_sections)
    given = {"axis": axis, "squeeze_axis": squeeze_axis, **options}
    found: Symbol = invoke(OPERATORS["_split_v2"], "_split_v2", FACE, (ary,), given)
    return found


def histogram(a: Symbol, bins: Any = 10, range: Any = None, name: str | None = None) -> Symbol:
    """Return how many numbers lie between edges, and the edges.

    Args:
        a: the numbers.
        bins: how many bins of one width, or a symbol of their edges.
        range: the lowest and the highest edge, needed with a number of bins.
        name: the result's name.
    """
    if isinstance(bins, SymbolicNode):
        inputs: tuple[Any, ...] = (a, bins)
        options: dict[str, Any] = {}
    else:
        inputs, options = (a,), {"bin_cnt": bins, "range": range}
    found: Symbol = invoke(OPERATORS["_histogram"], "_histogram", FACE, inputs, options, name=name)
    return found
