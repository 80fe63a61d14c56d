"""Images that are flipped at random, and images and windows that do not fit."""

import numpy as np
import pytest

import symnet as mx

IMAGE = np.arange(18.0).reshape(2, 3, 3)


@pytest.mark.parametrize(("direction", "axis"), [("left_right", 1), ("top_bottom", 0)])
def test_an_image_and_its_gradient_are_flipped_together_half_of_the_time(direction, axis):
    mx.srand(0)
    net = getattr(mx, f"_image_random_flip_{direction}")(mx.Variable("data"))
    gradient = {"data": mx.zeros(IMAGE.shape)}
    executor = mx.bind(net, mx.cpu(), {"data": mx.array(IMAGE)}, args_grad=gradient)
    count = 0
    for _ in range(200):
        executor.forward(is_train=True)
        executor.backward(mx.array(IMAGE))
        found = executor.outputs[0].asnumpy()
        turned = not np.array_equal(found, IMAGE)
        np.testing.assert_array_equal(found, np.flip(IMAGE, axis) if turned else IMAGE)
        np.testing.assert_array_equal(gradient["data"].asnumpy(), found)
        count += turned
    assert 60 < count < 140


def test_whole_numbers_stay_or_become_float32():
    image = mx.array(IMAGE, dtype="uint8")
    assert mx._image_flip_left_right(image).dtype == "uint8"
    assert mx._image_crop(image, x=0, y=0, width=1, height=1).dtype == "uint8"
    assert mx._image_to_tensor(image).dtype == "float32"


def test_a_batch_of_images_becomes_tensors():
    images = mx.array(np.stack([IMAGE, IMAGE + 1]), dtype="uint8")
    expected = np.stack([IMAGE, IMAGE + 1]).transpose(0, 3, 1, 2) / 255
    np.testing.assert_allclose(mx._image_to_tensor(images).asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "params", "shape", "message"),
    [
        ("_image_crop", {"x": 2, "y": 0, "width": 2, "height": 1}, (2, 3, 3), "ends outside"),
        ("_image_crop", {"x": 0, "y": 2, "width": 1, "height": 1}, (2, 3, 3), "ends outside"),
        ("_image_crop", {"x": 0, "y": 0, "width": 1, "height": 1}, (2, 3), "1 or 3, got"),
        ("_image_flip_left_right", {}, (2, 3, 4), "1 or 3, got"),
        ("_image_flip_top_bottom", {}, (1, 2, 3, 3), "1 or 3, got"),
        ("_image_to_tensor", {}, (2, 3, 2), "1 or 3, got"),
        ("_image_normalize", {"mean": (0.5,), "std": (1.0,)}, (2, 3, 3), "with 1 or 3 channels"),
        ("_image_normalize", {"std": (1.0,)}, (3, 2, 2), "mean must have one number"),
        ("_image_normalize", {"mean": (1.0,)}, (3, 2, 2), "std must have one number"),
        ("_image_adjust_lighting", {"alpha": (1.0, 0.0, 0.0)}, (2, 3, 1), r"width, 3\), got"),
    ],
)
def test_what_does_not_fit_is_named(name, params, shape, message):
    with pytest.raises(mx.ShapeError, match=message):
        getattr(mx, name)(mx.Variable("data"), **params).infer_shape(data=shape)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("_image_crop", {"x": -1, "y": 0, "width": 1, "height": 1}, "x must be >= 0"),
        ("_image_crop", {"x": 0, "y": 0, "width": 0, "height": 1}, "width must be >= 1"),
        ("_image_normalize", {"std": (1.0, 0.0, 1.0)}, "std must not be 0"),
        ("_image_adjust_lighting", {"alpha": (1.0,)}, "alpha must have three numbers"),
    ],
)
def test_unusable_parameters_are_refused(name, params, message):
    with pytest.raises(mx.ParameterError, match=message):
        getattr(mx, name)(mx.Variable("data"), **params)
