"""Functions of arrays that are no single operator: files, axes, histograms.

Source: Apache MXNet 1.9.1, ``mxnet.ndarray``.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ...core.context import waitall
from ...core.errors import ArgumentError
from ...operators.contract import OPERATORS
from ...storage.params_file import load_arrays, read_arrays
from ...storage.params_writing import save_arrays
from ..calls import invoke
from ..custom import custom_function
from ..splitting import split_options
from .array import FACE, NDArray, wrap

__all__ = [
    "Custom",
    "concatenate",
    "histogram",
    "load",
    "load_frombuffer",
    "moveaxis",
    "onehot_encode",
    "save",
    "split_v2",
    "waitall",
]

Custom = custom_function(FACE)


def _apply(name: str, *inputs: Any, out: Any = None, **parameters: Any) -> Any:
    return invoke(OPERATORS[name], name, FACE, inputs, parameters, out=out)


def save(fname: str | Path, data: Any) -> None:
    """Write arrays to a file that MXNet reads.

    Args:
        fname: the file.
        data: an array, a list of arrays, or a dict of arrays by name.
    """
    save_arrays(str(fname), data)


def load(fname: str | Path) -> Any:
    """Return the arrays of a file: a list, or a dict where they have names."""
    return _wrapped(load_arrays(str(fname)))


def load_frombuffer(buf: bytes) -> Any:
    """Return the arrays of a file's bytes; as `load`."""
    return _wrapped(read_arrays(BytesIO(buf), "the buffer"))


def _wrapped(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: wrap(array) for name, array in found.items()}
    return wrap(found)


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Put arrays one behind the other along an axis.

    Args:
        arrays: the arrays, at least one.
        axis: the axis.
        always_copy: whether a single array is copied too.
    """
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    found: NDArray = _apply("Concat", *arrays, dim=axis)
    return found


def moveaxis(tensor: NDArray, source: Any, destination: Any) -> NDArray:
    """Move axes to other places; the others keep their order.

    Args:
        tensor: the array.
        source: the axis, or several.
        destination: where each goes.
    """
    sources: list[int] = [source] if isinstance(source, int) else [*source]
    targets: list[int] = [destination] if isinstance(destination, int) else [*destination]
    if len(sources) != len(targets):
        raise ArgumentError(f"moveaxis: {len(sources)} axes for {len(targets)} places")
    for what, axes in (("source", sources), ("destination", targets)):
        wrong = [axis for axis in axes if not -tensor.ndim <= axis < tensor.ndim]
        if wrong:
            raise ArgumentError(
                f"moveaxis: {what} {wrong[0]} is no axis of an array with {tensor.ndim}"
            )
    sources = [axis % tensor.ndim for axis in sources]
    order = [axis for axis in range(tensor.ndim) if axis not in sources]
    for place, axis in sorted(zip((t % tensor.ndim for t in targets), sources, strict=True)):
        order.insert(place, axis)
    found: NDArray = _apply("transpose", tensor, axes=tuple(order))
    return found


def split_v2(
    ary: NDArray, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False
) -> Any:
    """Cut an array along an axis into equal parts, or at places.

    Args:
        ary: the array.
        indices_or_sections: how many parts, or where the second and further ones begin.
        axis: the axis.
        squeeze_axis: whether to drop the axis, where all parts have length 1.

    Returns a list of arrays, or the only one.
    """
    options = split_options(ary.shape[axis], indices_or_sections)
    return _apply("_split_v2", ary, axis=axis, squeeze_axis=squeeze_axis, **options)


def histogram(a: NDArray, bins: Any = 10, range: Any = None) -> Any:
    """Return how many numbers lie between edges, and the edges.

    Args:
        a: the numbers.
        bins: how many bins of one width, or an array of edges.
        range: the lowest and the highest edge, default the least and the greatest number.
    """
    if isinstance(bins, FACE.type):
        return _apply("_histogram", a, bins)
    if range is None:
        range = (float(a.asnumpy().min()), float(a.asnumpy().max()))
    return _apply("_histogram", a, bin_cnt=bins, range=range)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write a one into each row of ``out``, at the place that ``indices`` gives, else zeros."""
    found: NDArray = _apply("_onehot_encode", indices, out, out=out)
    return found
