"""Sizes and colours of images: bytes, what is drawn, gradients of what was drawn, errors."""

import numpy as np
import pytest
import scipy.stats
from op_testing import function_of

import symnet as mx

LEAST = 1e-4
"""A p-value below this says that the numbers are of another distribution."""

IMAGE = np.array([[[10, 20, 200]], [[250, 130, 3]]])


def apply(name: str, image: object, **params: object) -> mx.NDArray:
    found = function_of(f"_image_{name}")(image, **params)
    assert isinstance(found, mx.NDArray)
    return found


def draws(name: str, image: np.ndarray, count: int = 500, **params: object) -> np.ndarray:
    mx.srand(7)
    array = mx.array(image, dtype="float64")
    return np.array([apply(name, array, **params).asnumpy() for _ in range(count)])


def assert_even(numbers: np.ndarray, low: float, high: float) -> None:
    assert scipy.stats.kstest(numbers, scipy.stats.uniform(low, high - low).cdf).pvalue > LEAST


# -- bytes -----------------------------------------------------------------------------------------

# Recorded from Apache MXNet 1.9.1.
BYTES = (
    ("random_brightness", {"min_factor": 1.3, "max_factor": 1.3}, [13, 26, 255, 255, 169, 3]),
    ("random_contrast", {"min_factor": 1.3, "max_factor": 1.3}, [0, 0, 231, 255, 140, 0]),
    ("random_saturation", {"min_factor": 1.3, "max_factor": 1.3}, [6, 19, 253, 255, 168, 3]),
    ("adjust_lighting", {"alpha": (0.1, -0.2, 0.3)}, [6, 16, 197, 246, 126, 0]),
    ("resize", {"size": (1, 3)}, [10, 20, 200, 130, 75, 102, 250, 130, 3]),
)


@pytest.mark.parametrize(("name", "params", "expected"), BYTES)
def test_bytes_are_those_of_mxnet(name, params, expected) -> None:
    found = apply(name, mx.array(IMAGE, dtype="uint8"), **params)
    assert found.dtype == "uint8"
    np.testing.assert_allclose(found.asnumpy().ravel().astype(int), expected, atol=name == "resize")


# -- what is drawn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", [(0.5, 1.5), (1.5, 0.5), (0.0, 3.0)])
def test_brightness_is_drawn_evenly(bounds) -> None:
    low, high = bounds
    found = draws("random_brightness", IMAGE, min_factor=low, max_factor=high) / IMAGE
    np.testing.assert_allclose(found, np.broadcast_to(found[:, :1, :, :1], found.shape))
    assert_even(found[:, 0, 0, 0], min(bounds), max(bounds))


def test_contrast_and_saturation_are_drawn_evenly() -> None:
    for name in ("random_contrast", "random_saturation"):
        found = draws(name, IMAGE, min_factor=0.5, max_factor=1.5)
        distance = found[:, 1, 0, 0] - found[:, 1, 0, 1]
        assert_even(distance / 120, 0.5, 1.5)


def test_hue_is_drawn_evenly() -> None:
    found = draws("random_hue", np.array([[[255, 0, 0]]]), min_factor=0.0, max_factor=1 / 6)
    assert_even(found[:, 0, 0, 1] / 255, 0, 1)  # from red to yellow green rises
    np.testing.assert_allclose(found[:, 0, 0, 0], 255)


def test_light_is_drawn_normally() -> None:
    found = draws("random_lighting", IMAGE, alpha_std=0.1) - IMAGE
    np.testing.assert_allclose(found[:, 0], found[:, 1], atol=1e-9)
    eigen = np.array([55.46, 4.794, 1.148]) * 0.1
    vectors = np.array(
        [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
    )
    amounts = np.linalg.solve(vectors * eigen, found[:, 0, 0].T)
    for each in amounts:
        assert scipy.stats.kstest(each, scipy.stats.norm.cdf).pvalue > LEAST


JITTER = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_jitter_is_drawn_evenly_around_1(name: str) -> None:
    found = draws("random_color_jitter", IMAGE, **{**JITTER, name: 0.3})
    assert_even((found[:, 1, 0, 0] - found[:, 1, 0, 1]) / 120, 0.7, 1.3)


def test_jitter_turns_hues_both_ways() -> None:
    red = np.array([[[255, 0, 0]]])
    found = draws("random_color_jitter", red, **{**JITTER, "hue": 1 / 6})[:, 0, 0] / 255
    assert_even(found[:, 1] - found[:, 2], -1, 1)


def test_jitter_is_in_any_order() -> None:
    """Contrast leaves the mean, which brightness moves: the orders have other results."""
    image = np.array([[[10.0]], [[50.0]]])
    found = draws("random_color_jitter", image, **{**JITTER, "brightness": 0.5, "contrast": 0.5})
    mean, distance = found.mean((1, 2, 3)), (found[:, 1] - found[:, 0]).ravel()
    assert_even(mean / 30, 0.5, 1.5)
    assert len(np.unique(distance)) == len(distance)


RANDOM = (
    ("random_brightness", {"min_factor": 0.5, "max_factor": 1.5}),
    ("random_contrast", {"min_factor": 0.5, "max_factor": 1.5}),
    ("random_saturation", {"min_factor": 0.5, "max_factor": 1.5}),
    ("random_hue", {"min_factor": 0.0, "max_factor": 1.0}),
    ("random_lighting", {"alpha_std": 1.0}),
    ("random_color_jitter", {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}),
)


@pytest.mark.parametrize(("name", "params"), RANDOM)
def test_a_network_draws_anew_and_a_seed_decides(name, params) -> None:
    symbol = function_of(f"_image_{name}")(mx.Variable("x"), **params)
    assert mx.from_json(symbol.to_json()).to_json() == symbol.to_json()
    image = np.random.default_rng(0).uniform(5, 250, (3, 2, 3))
    executor = mx.bind(symbol, mx.cpu(), {"x": mx.array(image, dtype="float64")})
    mx.srand(1)
    first = [executor.forward()[0].asnumpy() for _ in range(12)]
    assert any((each != first[0]).any() for each in first)
    mx.srand(1)
    for each in first:
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), each)


@pytest.mark.parametrize(("name", "params"), RANDOM)
def test_the_gradient_is_of_the_change_that_was_made(name, params) -> None:
    """Both ways the same draw: a step along the image changes Σ output · head by Σ gradient."""
    random = np.random.default_rng(2)
    image, head = random.uniform(5, 250, (3, 2, 3)), random.normal(size=(3, 2, 3))
    way = random.normal(size=image.shape) * 1e-5
    symbol = function_of(f"_image_{name}")(mx.Variable("x"), **params)
    array, gradient = (mx.array(each, dtype="float64") for each in (image, 0 * image))
    executor = mx.bind(symbol, mx.cpu(), {"x": array}, args_grad={"x": gradient})
    for seed in range(6):
        values = []
        for step in (1, -1, 0):
            array[:] = image + step * way
            mx.srand(seed)
            values.append((executor.forward(is_train=True)[0].asnumpy() * head).sum())
        executor.backward(mx.array(head, dtype="float64"))
        expected = (gradient.asnumpy() * way).sum() * 2
        np.testing.assert_allclose(values[0] - values[1], expected, rtol=1e-5, atol=1e-9)


# -- errors ----------------------------------------------------------------------------------------

SHAPES = (
    ("random_hue", {"min_factor": 0, "max_factor": 1}, (4, 5, 2), "width, 1 or 3"),
    ("random_contrast", {"min_factor": 0, "max_factor": 1}, (2, 4, 5, 3), "must be one image"),
    ("random_lighting", {}, (4, 5, 1), "width, 3"),
    ("resize", {"size": (1,)}, (4, 5), "height, width, channels"),
    ("resize", {}, (4, 5, 3), "size must be"),
    ("resize", {"size": (1, 2, 3)}, (4, 5, 3), "size must be"),
    ("resize", {"size": (1,), "keep_ratio": True}, (0, 5, 3), "no pixels"),
)


@pytest.mark.parametrize(("name", "params", "shape", "message"), SHAPES)
def test_shapes_that_do_not_fit(name, params, shape, message) -> None:
    symbol = function_of(f"_image_{name}")(mx.Variable("x"), **params, name="node")
    with pytest.raises(mx.ShapeError, match=message) as caught:
        symbol.infer_shape(x=shape)
    assert "node" in str(caught.value)


PARAMETERS = (
    ("resize", {"size": (2, 0)}, "size"),
    ("resize", {"size": (2,), "interp": 5}, "interp"),
    ("random_contrast", {"min_factor": -0.1, "max_factor": 1}, "min_factor"),
    ("random_contrast", {"min_factor": 0, "max_factor": float("inf")}, "max_factor"),
    ("random_lighting", {"alpha_std": -1.0}, "alpha_std"),
    ("random_color_jitter", {**JITTER, "hue": -1.0}, "hue"),
    ("adjust_lighting", {"alpha": (0.0, 0.0, float("inf"))}, "alpha must be finite"),
)


@pytest.mark.parametrize(("name", "params", "message"), PARAMETERS)
def test_parameters_that_do_not_fit(name, params, message) -> None:
    with pytest.raises(mx.ParameterError, match=message):
        function_of(f"_image_{name}")(mx.Variable("x"), **params)
