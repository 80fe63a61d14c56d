"""Layers on shapes that nobody thought of."""

from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from op_references import batch_norm_training, cropped
from op_testing import close, function_of, run
from window_references import deconvolution

import symnet as mx

lengths = st.integers(1, 4)
seeds = st.integers(0, 999)
X = mx.Variable("x")


def drawn(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@given(
    before=st.lists(lengths, max_size=2),
    part=lengths,
    after=st.lists(lengths, max_size=2),
    count=st.integers(1, 4),
    from_the_end=st.booleans(),
    seed=seeds,
)
def test_parts_that_are_joined_again(*, before, part, after, count, from_the_end, seed):
    """Forward the data comes out, and back what flowed in, however the axes are counted."""
    shape = (*before, part * count, *after)
    axis = len(before) - (len(shape) if from_the_end else 0)
    parts = function_of("SliceChannel")(X, num_outputs=count, axis=axis)
    again = function_of("Concat")(*(parts[place] for place in range(count)), dim=axis)
    data, head = drawn(seed, *shape), drawn(seed + 1, *shape)
    (output,), gradients = run(again, {"x": data}, head)
    close(output, data, rtol=0, atol=0)
    close(gradients["x"], head, rtol=0, atol=0)


@given(shape=st.lists(lengths, min_size=1, max_size=4), data=st.data())
def test_any_reshape(*, shape, data):
    """Equal lengths may be told by 0, and one of all by -1."""
    wanted = data.draw(st.permutations(shape))
    codes = [
        0 if place == have and data.draw(st.booleans()) else place
        for place, have in zip(wanted, shape, strict=True)
    ]
    if data.draw(st.booleans()):
        codes[data.draw(st.integers(0, len(codes) - 1))] = -1
    numbers = np.arange(float(prod(shape))).reshape(shape)
    (output,), gradients = run(
        function_of("Reshape")(X, shape=tuple(codes)), {"x": numbers}, numbers.reshape(wanted)
    )
    close(output, numbers.reshape(wanted), rtol=0, atol=0)
    close(gradients["x"], numbers, rtol=0, atol=0)


@given(
    axes=st.lists(st.integers(0, 3), min_size=2, max_size=2),
    shape=st.lists(lengths, min_size=4, max_size=4),
    seed=seeds,
)
def test_axes_that_are_swapped_twice(*, axes, shape, seed):
    first, second = axes
    swapped = function_of("SwapAxis")(X, dim1=first, dim2=second)
    data = drawn(seed, *shape)
    (output,), _ = run(swapped, {"x": data}, drawn(0, *np.swapaxes(data, first, second).shape))
    close(output, np.swapaxes(data, first, second), rtol=0, atol=0)
    again = function_of("SwapAxis")(swapped, dim1=second, dim2=first)
    (output,), gradients = run(again, {"x": data}, 2 * data)
    close(output, data, rtol=0, atol=0)
    close(gradients["x"], 2 * data, rtol=0, atol=0)


@given(
    batch=st.integers(2, 4),
    channels=lengths,
    rest=st.lists(lengths, max_size=3),
    eps=st.sampled_from([0.001, 0.5]),
    scale=st.sampled_from([0.1, 1.0, 100.0]),
    seed=seeds,
)
def test_any_batch_norm(*, batch, channels, rest, eps, scale, seed):
    data = 3 + scale * drawn(seed, batch, channels, *rest)
    gamma, beta = drawn(seed + 1, channels), drawn(seed + 2, channels)
    norm = function_of("BatchNorm")(X, name="n", eps=eps, fix_gamma=False)
    executor = mx.simple_bind(norm, dtypes={"x": "float64"}, x=data.shape)
    for name, numbers in {"x": data, "n_gamma": gamma, "n_beta": beta}.items():
        executor.arg_dict[name][:] = numbers
    expected = batch_norm_training(data, gamma, beta, None, None, eps=eps, fix_gamma=False)
    close(executor.forward(is_train=True)[0].asnumpy(), expected, rtol=1e-7, atol=1e-9)


@given(
    size=st.tuples(lengths, lengths),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilate=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    pad=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    adj=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    groups=st.integers(1, 2),
    seed=seeds,
)
def test_any_deconvolution(*, size, kernel, stride, dilate, pad, adj, groups, seed):
    window = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad, "adj": adj}
    window |= {"num_filter": 2 * groups, "num_group": groups}
    assume(all(a < max(s, d) for a, s, d in zip(adj, stride, dilate, strict=True)))
    sides = zip(size, kernel, stride, dilate, pad, adj, strict=True)
    assume(all(s * (n - 1) + d * (k - 1) + 1 - 2 * p + a > 0 for n, k, s, d, p, a in sides))
    data, weight = drawn(seed, 2, groups, *size), drawn(seed + 1, groups, 2, *kernel)
    symbol = function_of("Deconvolution")(X, mx.Variable("w"), **window)
    expected = deconvolution(data, weight, **window)
    (output,), gradients = run(symbol, {"x": data, "w": weight}, expected)
    close(output, expected, rtol=1e-9, atol=1e-9)
    # Linear in each: Σ gradient · input = Σ head · output, and the head is the output.
    total = (expected**2).sum()
    for name, numbers in {"x": data, "w": weight}.items():
        close((gradients[name] * numbers).sum(), total, rtol=1e-9, atol=1e-9)


@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    window=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    offset=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    center=st.booleans(),
)
def test_any_crop(*, size, window, offset, center):
    """Where the window fits, it comes out; where it does not, that is said."""
    params = {"h_w": window, "offset": offset, "center_crop": center}
    symbol = function_of("Crop")(X, **params)
    images = np.arange(float(prod(size))).reshape(1, 1, *size)
    start = (0, 0) if center else offset
    if any(s + w > n for s, w, n in zip(start, window, size, strict=True)):
        with pytest.raises(mx.ShapeError, match="does not fit images"):
            symbol.infer_shape(x=images.shape)
        return
    expected = cropped(images, **params)
    (output,), gradients = run(symbol, {"x": images}, np.ones((1, 1, *window)))
    close(output, expected, rtol=0, atol=0)
    close(gradients["x"], np.isin(images, expected), rtol=0, atol=0)
