"""What operators with windows compute, over any number of axes and in any layout, in NumPy alone.

Each function takes the operator's inputs in order, and its parameters by their names. Loops over
windows are meant: they say what is computed, not how fast.
"""

from itertools import product

import numpy as np

__all__ = ["convolution", "deconvolution", "pooling", "pooling_v1", "window_starts"]


def first(array, layout):
    """The array with its channels on axis 1."""
    return np.moveaxis(array, -1, 1) if (layout or "").endswith("C") else array


def laid_out(array, layout):
    return np.moveaxis(array, 1, -1) if (layout or "").endswith("C") else array


def padded(data, pad, value=0.0):
    borders = [(0, 0), (0, 0), *((p, p) for p in pad)]
    return np.pad(data, borders, constant_values=value)


def along_channels(bias, output):
    return bias.reshape(-1, *[1] * (output.ndim - 2))


def convolution(
    data,
    weight,
    bias=None,
    *,
    kernel,
    num_filter,
    stride=(),
    dilate=(),
    pad=(),
    num_group=1,
    workspace=512,
    no_bias=False,
    layout=None,
):
    data, weight = first(data, layout), first(weight, layout)
    ones = (1,) * len(kernel)
    stride, dilate, pad = stride or ones, dilate or ones, pad or (0,) * len(kernel)
    whole = padded(data, pad)
    spans = [d * (k - 1) + 1 for d, k in zip(dilate, kernel, strict=True)]
    sizes = zip(whole.shape[2:], spans, stride, strict=True)
    starts = [range(0, length - span + 1, s) for length, span, s in sizes]
    output = np.zeros((len(data), num_filter, *map(len, starts)))
    for number, filters in enumerate(weight):
        group = number // (num_filter // num_group)
        channels = whole[:, group * len(filters) : (group + 1) * len(filters)]
        for place in product(*(enumerate(each) for each in starts)):
            window = tuple(
                slice(at, at + span, d)
                for (_, at), span, d in zip(place, spans, dilate, strict=True)
            )
            taken = channels[(slice(None), slice(None), *window)] * filters
            output[(slice(None), number, *(n for n, _ in place))] = taken.reshape(
                len(data), -1
            ).sum(1)
    return laid_out(output if bias is None else output + along_channels(bias, output), layout)


def deconvolution(
    data,
    weight,
    bias=None,
    *,
    kernel,
    num_filter,
    stride=(),
    dilate=(),
    pad=(),
    adj=(),
    num_group=1,
    no_bias=True,
    layout=None,
):
    """Each value of an image adds a filter, times itself, to the output."""
    data, weight = first(data, layout), first(weight, layout)
    ones, zeros = (1,) * len(kernel), (0,) * len(kernel)
    stride, dilate = stride or ones, dilate or ones
    pad, adj = pad or zeros, adj or zeros
    batch, channels, *size = data.shape
    steps = zip(size, kernel, stride, dilate, adj, strict=True)
    sides = [s * (length - 1) + d * (k - 1) + 1 + a for length, k, s, d, a in steps]
    output = np.zeros((batch, num_filter, *sides))
    for channel, *place in np.ndindex(channels, *size):
        begin = channel // (channels // num_group) * (num_filter // num_group)
        value = data[(slice(None), channel, *place)]
        for filter_, *tap in np.ndindex(*weight.shape[1:]):
            at = [p * s + t * d for p, s, t, d in zip(place, stride, tap, dilate, strict=True)]
            weighed = value * weight[(channel, filter_, *tap)]
            output[(slice(None), begin + filter_, *at)] += weighed
    cut = tuple(slice(p, side - p) for p, side in zip(pad, sides, strict=True))
    output = output[(slice(None), slice(None), *cut)]
    return laid_out(output if bias is None else output + along_channels(bias, output), layout)


def window_starts(length, kernel, stride, pad, convention):
    """Where windows begin along one axis, counted in the padded image.

    All of a window lies inside by the convention "valid". By "full", windows go on as long as they
    begin inside and the one before has not reached the border; by "same", as long as they begin in
    the image.
    """
    whole = length + 2 * pad
    if convention == "same":
        return list(range(0, length, stride))
    if convention == "valid":
        return list(range(0, whole - kernel + 1, stride))
    return [s for s in range(0, whole, stride) if s - stride + kernel < whole]


def taken_of(window, inside, pool_type, p_value, count_include_pad):
    """What is taken of a window; `inside` marks what is no padding."""
    if not inside.any():
        return np.zeros(window.shape[:2])
    axes = tuple(range(2, window.ndim))
    if pool_type == "max":
        return np.where(inside, window, -np.inf).max(axes)
    if pool_type == "avg":
        count = inside.size if count_include_pad is not False else inside.sum()
        return window.sum(axes) / count
    if pool_type == "lp" and p_value == 3:
        return np.cbrt((window**3).sum(axes))
    return (window**p_value).sum(axes) ** (1 / p_value) if pool_type == "lp" else window.sum(axes)


def pooling(
    data,
    *,
    pool_type="max",
    kernel=(),
    stride=(),
    pad=(),
    global_pool=False,
    pooling_convention="full",
    p_value=None,
    count_include_pad=None,
    layout=None,
):
    data = first(data, layout)
    size = data.shape[2:]
    ones, zeros = (1,) * len(size), (0,) * len(size)
    if global_pool:
        kernel, stride, pad = size, ones, zeros
    stride, pad = stride or ones, pad or zeros
    axes = zip(size, kernel, stride, pad, strict=True)
    starts = [window_starts(*axis, pooling_convention) for axis in axes]
    whole, inside = padded(data, pad), padded(np.ones((1, 1, *size), bool), pad, False)
    output = np.zeros((*data.shape[:2], *map(len, starts)))
    for place in product(*(enumerate(each) for each in starts)):
        # A slice ends at the padded border: what hangs over it is not counted.
        window = tuple(slice(at, at + k) for (_, at), k in zip(place, kernel, strict=True))
        every = (slice(None), slice(None))
        found = taken_of(
            whole[every + window], inside[every + window], pool_type, p_value, count_include_pad
        )
        output[(*every, *(n for n, _ in place))] = found
    return laid_out(output, layout)


def pooling_v1(data, *, pool_type="max", kernel=(), stride=(), pad=(), **params):
    """As `pooling`, but padding is 0 for the maximum too, and a mean is over the whole kernel."""
    if params.get("global_pool"):
        return pooling(data, pool_type=pool_type, **params)
    whole = padded(data, pad or (0, 0))
    if pool_type == "avg":
        sums = pooling(data, pool_type="sum", kernel=kernel, stride=stride, pad=pad, **params)
        return sums / np.prod(kernel)
    if pool_type == "sum":
        return pooling(data, pool_type="sum", kernel=kernel, stride=stride, pad=pad, **params)
    return pooling(whole, pool_type="max", kernel=kernel, stride=stride, **params)
