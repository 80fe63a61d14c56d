"""The documents' functions of arrays: inputs, then numbers, then outputs, by position."""

import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import symnet as mx

floats = st.floats(-100, 100, width=32)
some_arrays = arrays(np.float32, array_shapes(min_dims=1, max_dims=4, max_side=4), elements=floats)
some_matrices = arrays(np.float32, (3, 4), elements=floats)


def nd(numbers) -> mx.NDArray:
    return mx.array(np.asarray(numbers, dtype=np.float32))


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function"), [("sum", np.sum), ("max", np.max), ("min", np.min)])
@given(numbers=some_arrays)
def test_reductions(name, function, numbers):
    found = getattr(mx, name)(nd(numbers))
    assert found.shape == (1,)
    expected = function(numbers.astype(np.float64))
    np.testing.assert_allclose(found.asnumpy()[0], expected, rtol=1e-5, atol=1e-3)


@given(numbers=some_arrays)
def test_norm(numbers):
    expected = np.sqrt(np.square(numbers.astype(np.float64)).sum())
    np.testing.assert_allclose(mx.norm(nd(numbers)).asnumpy(), [expected], rtol=1e-5, atol=1e-17)


def test_small_whole_numbers_keep_their_element_type():
    array = mx.array([[3, 4]], dtype="int32")
    for function, expected in ((mx.sum, 7), (mx.max, 4), (mx.min, 3)):
        found = function(array)
        assert (found.dtype, found.asnumpy().tolist()) == ("int32", [expected])
        out = mx.zeros((1,), dtype="int32")
        assert function(array, out).asnumpy().tolist() == [expected]
    assert mx.clip(array, 3.9, 3.9).asnumpy().tolist() == [[3, 3]]


def test_reductions_of_nan():
    array = nd([1, np.nan, 3])
    assert all(np.isnan(f(array).asnumpy()).all() for f in (mx.sum, mx.max, mx.min, mx.norm))
    assert np.isnan(mx.clip(array, 0, 2).asnumpy()).tolist() == [False, True, False]


@given(lhs=some_matrices, rhs=some_matrices)
def test_dot(lhs, rhs):
    found = mx.dot(nd(lhs), nd(rhs.T)).asnumpy()
    np.testing.assert_allclose(found, lhs.astype(float) @ rhs.T.astype(float), rtol=1e-4, atol=0.1)


def test_dot_of_vectors():
    assert mx.dot(nd([1, 2, 3]), nd([4, 5, 6])).asnumpy().tolist() == [32]


def test_dot_goes_over_the_last_axis_and_the_first():
    assert mx.dot(mx.ones(4, 5, 2), mx.ones(2, 3)).shape == (4, 5, 3)
    with pytest.raises(mx.ShapeError, match=r"rhs should have shape \(3, 2\).* has shape \(2, 2\)"):
        mx.dot(mx.ones(2, 3), mx.ones(2, 2))


def test_argmax_channel_needs_channels():
    with pytest.raises(mx.ShapeError, match=r"\(batch, channels, …\), got \(3,\)"):
        mx.argmax_channel(mx.ones(3))


def test_indices_out_of_range():
    matrix = nd([[1, 2, 3], [4, 5, 6]])
    assert mx.choose_element_0index(matrix, nd([-2, 7])).asnumpy().tolist() == [1, 6]
    assert mx._onehot_encode(nd([-1, 3]), matrix).asnumpy().tolist() == [[0, 0, 0]] * 2


def test_fill_leaves_its_input_alone():
    matrix = nd([[1, 2], [3, 4]])
    found = mx.fill_element_0index(matrix, nd([8, 9]), nd([0, 1]))
    assert found.asnumpy().tolist() == [[8, 2], [3, 9]]
    assert matrix.asnumpy().tolist() == [[1, 2], [3, 4]]
    assert mx.fill_element_0index(matrix, nd([8, 9]), nd([0, 1]), matrix) is matrix
    assert matrix.asnumpy().tolist() == [[8, 2], [3, 9]]


def test_onehot_into_its_prototype():
    out = nd([[7, 7, 7], [7, 7, 7]])
    assert mx._onehot_encode(nd([2, 0]), out, out) is out
    assert out.asnumpy().tolist() == [[0, 0, 1], [1, 0, 0]]


INTERNAL = {
    "_plus": ([[1, 2]], [[3, 5]], [[4, 7]]),
    "_minus": ([[1, 2]], [[3, 5]], [[-2, -3]]),
    "_mul": ([[1, 2]], [[3, 5]], [[3, 10]]),
    "_div": ([[1, 2]], [[4, 5]], [[0.25, 0.4]]),
    "_plus_scalar": ([[1, 2]], 3, [[4, 5]]),
    "_minus_scalar": ([[1, 2]], 3, [[-2, -1]]),
    "_rminus_scalar": ([[1, 2]], 3, [[2, 1]]),
    "_mul_scalar": ([[1, 2]], 3, [[3, 6]]),
    "_div_scalar": ([[1, 2]], 4, [[0.25, 0.5]]),
    "_rdiv_scalar": ([[1, 2]], 3, [[3, 1.5]]),
}


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_arithmetic(name):
    lhs, rhs, expected = INTERNAL[name]
    left, right = nd(lhs), rhs if isinstance(rhs, int) else nd(rhs)
    function, out = getattr(mx, name), mx.zeros((1, 2))
    assert name not in mx.__all__
    np.testing.assert_allclose(function(left, right).asnumpy(), expected)
    assert function(left, right, out) is out
    np.testing.assert_allclose(out.asnumpy(), expected)
    np.testing.assert_allclose(function(lhs=left, rhs=right).asnumpy(), expected)
    assert function(left, right, out=left) is left
    np.testing.assert_allclose(left.asnumpy(), expected)


# -- how they are called ---------------------------------------------------------------------------


def test_ways_to_say_the_same():
    source, out = nd([-1, 0.5, 2]), mx.zeros((3,))
    for found in (
        mx.clip(source, 0, 1),
        mx.clip(source, 0, a_max=1),
        mx.clip(source, a_min=0, a_max=1),
        mx.clip(src=source, a_min=0, a_max=1),
        mx.clip(data=source, a_min=0, a_max=1),
        mx.clip(source, "0", "1"),
    ):
        assert found.asnumpy().tolist() == [0, 0.5, 1]
    for into in (
        lambda: mx.clip(source, 0, 1, out),
        lambda: mx.clip(source, 0, 1, out=out),
        lambda: mx.clip(source, out, a_min=0, a_max=1),
    ):
        out[:] = np.nan
        assert into() is out
        assert out.asnumpy().tolist() == [0, 0.5, 1]
    assert source.asnumpy().tolist() == [-1, 0.5, 2]


def test_several_outputs_are_returned_as_a_tuple():
    source, first, second = nd([[1, 2, 3, 4]]), mx.zeros((1, 2)), mx.zeros((1, 2))
    found = mx.SliceChannel(source, 2, first, second)
    assert found == (first, second)
    assert (first.asnumpy().tolist(), second.asnumpy().tolist()) == ([[1, 2]], [[3, 4]])


def test_layers_take_their_numbers_by_position_too():
    data, weight, bias = nd([[1, 2]]), nd([[3, 4]]), nd([5])
    assert mx.FullyConnected(data, weight, bias, 1).asnumpy().tolist() == [[16]]


def test_a_symbol_of_a_function():
    net = mx.clip(mx.Variable("x"), a_min=0, a_max=1)
    assert net.list_outputs()[0].startswith("clip")
    executor = mx.bind(net, mx.cpu(), {"x": nd([-1, 2])}, args_grad={"x": mx.zeros((2,))})
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [0, 1]


X, A = mx.Variable("x"), mx.ones(2, 2)
WRONG_CALLS = {
    "symbol and number": (lambda: mx.clip(X, 0, 1), "input 1 must be a symbol or an array, got 0"),
    "number first": (lambda: mx.exp(3), "input 0 must be a symbol or an array, got 3; parameters"),
    "too many numbers": (lambda: mx.clip(A, 0, 1, 2), "input 3 must be a symbol or an array, got"),
    "host array": (lambda: mx._plus(A, [1, 2]), "input 1 must be a symbol or an array, got [1, 2]"),
    "number after outputs": (lambda: mx.clip(A, 0, A, 1), "input 3 must be a symbol or an array"),
    "twice": (lambda: mx.clip(A, 0, 1, a_min=2), "a_min is given by position and by keyword"),
    "two outputs": (lambda: mx.exp(A, A, A), "out needs one array for each of output, got 2"),
    "output twice": (lambda: mx.exp(A, A, out=A), "outputs by position or as out=, not both"),
    "both worlds": (lambda: mx._plus(A, X), "inputs must be all symbols or all arrays"),
    "too many symbols": (lambda: mx.exp(X, X), "takes 1 inputs (data), got 2"),
    "no input": (lambda: mx.clip(a_min=0, a_max=1, out=A), "out= is for arrays"),
    "shape": (lambda: mx.exp(A, mx.ones(3)), "output has shape (2, 2), but out has (3,)"),
    "missing": (lambda: mx.clip(A, 0), "missing parameter 'a_max'"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_wrong_calls(name):
    call, text = WRONG_CALLS[name]
    with pytest.raises((mx.ArgumentError, mx.ParameterError, mx.ShapeError), match=re.escape(text)):
        call()


def test_an_output_is_of_the_right_kind():
    with pytest.raises(mx.DTypeError, match="output is float32, but out is int32"):
        mx.clip(A, 0, 1, mx.zeros((2, 2), dtype="int32"))


# -- functions that need an output -----------------------------------------------------------------


def test_copyto_converts_between_contexts():
    out = mx.zeros((2,), dtype="int32", context=mx.cpu(1))
    assert mx._copyto(nd([1.9, -1.9]), out) is out
    assert (out.asnumpy().tolist(), out.context) == ([1, -1], mx.cpu(1))
    with pytest.raises(mx.ShapeError):
        mx._copyto(nd([1, 2, 3]), out)


def test_set_value():
    out = mx.zeros((2, 2))
    assert mx._set_value(3, out) is out
    assert out.asnumpy().tolist() == [[3, 3], [3, 3]]


# -- images ----------------------------------------------------------------------------------------


def png(pixels: np.ndarray) -> bytes:
    cv2 = pytest.importorskip("cv2")
    return cv2.imencode(".png", pixels)[1].tobytes()


PIXELS = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)


def decoded(*numbers, mean=None, channels=3, pixels=PIXELS, **extra):
    text = png(pixels)
    x0, y0, x1, y1 = numbers or (0, 0, 0, 0)
    return mx._imdecode(mean, 0, x0, y0, x1, y1, channels, len(text), str_img=text, **extra)


def test_an_image_comes_back():
    np.testing.assert_array_equal(decoded().asnumpy(), PIXELS.transpose(2, 0, 1))


def test_an_image_is_cropped_and_its_mean_taken_away():
    mean = mx.full((3, 2, 3), 7)
    found = decoded(1, 2, 4, 4, mean=mean).asnumpy()
    np.testing.assert_array_equal(found, PIXELS[2:4, 1:4].transpose(2, 0, 1).astype(float) - 7)


def test_a_grey_image():
    grey = PIXELS[:, :, 0]
    found = decoded(channels=1, pixels=grey)
    np.testing.assert_array_equal(found.asnumpy(), grey[None])


def test_an_image_goes_into_a_batch():
    batch, text = mx.zeros((2, 3, 4, 5)), png(PIXELS)
    found = mx._imdecode(None, 1, 0, 0, 0, 0, 3, len(text), batch, str_img=text)
    assert found is batch
    np.testing.assert_array_equal(batch.asnumpy()[1], PIXELS.transpose(2, 0, 1))
    assert not batch.asnumpy()[0].any()
    single = mx.zeros((3, 4, 5))
    assert decoded(out=single) is single
    np.testing.assert_array_equal(single.asnumpy(), PIXELS.transpose(2, 0, 1))


def test_what_is_no_image():
    pytest.importorskip("cv2")
    for text in (b"", b"no image"):
        with pytest.raises(mx.DataError, match=f"these {len(text)} bytes are no image"):
            mx._imdecode(None, 0, 0, 0, 0, 0, 3, len(text), str_img=text)


def test_images_that_do_not_fit():
    with pytest.raises(mx.ShapeError, match="c=4 channels are wanted, the image has 3"):
        decoded(channels=4)
    with pytest.raises(
        mx.ShapeError, match=r"rows 0:5 and columns 0:2 do not lie within .* 4 rows"
    ):
        decoded(0, 0, 2, 5)
    with pytest.raises(mx.ShapeError, match=r"image has shape \(3, 4, 5\), but mean has \(1,\)"):
        decoded(mean=mx.ones(1))
    with pytest.raises(mx.ShapeError, match="cannot assign shape"):
        decoded(out=mx.zeros((3, 5, 5)))


def test_without_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(
        mx.ArgumentError,
        match=r"_imdecode needs .*: pip install opencv-python-h",
    ):
        mx._imdecode(None, 0, 0, 0, 0, 0, 3, 1, str_img=b"x")
