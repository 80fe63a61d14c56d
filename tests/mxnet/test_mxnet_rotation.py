"""Turned images: sums and pixels recorded with Apache MXNet 1.9.1."""

import numpy as np
import pytest

import symnet.mxnet as mx

IMAGES = np.arange(120, dtype="float32").reshape(2, 3, 4, 5) % 7


@pytest.mark.parametrize(
    ("options", "total"),
    [({}, 295.4181), ({"zoom_in": True}, 371.7277), ({"zoom_out": True}, 181.4814)],
)
def test_several_images(options: dict[str, bool], total: float) -> None:
    for angles in (mx.nd.array([30, -100]), [30, -100]):
        found = mx.image.imrotate(mx.nd.array(IMAGES), angles, **options).asnumpy()
        np.testing.assert_allclose(found.sum(), total, atol=2e-3)
    if not options:
        np.testing.assert_allclose(found[1, 2, 0], [1.045, 4.206, 4.325, 0.798, 1.721], atol=1e-3)


def test_one_image() -> None:
    image = mx.nd.array(IMAGES[0])
    np.testing.assert_allclose(mx.image.imrotate(image, 45).asnumpy().sum(), 143.9127, atol=2e-3)
    np.testing.assert_allclose(mx.image.imrotate(image, 0).asnumpy(), IMAGES[0], atol=1e-5)
    same = mx.image.random_rotate(image, (0, 0))
    np.testing.assert_allclose(same.asnumpy(), IMAGES[0], atol=1e-5)
    assert mx.image.random_rotate(mx.nd.array(IMAGES), (-30, 30)).shape == IMAGES.shape


@pytest.mark.parametrize(
    ("image", "angle", "options", "text"),
    [
        (IMAGES, 3, {"zoom_in": True, "zoom_out": True}, "cannot both be True"),
        (IMAGES.astype("float64"), 3, {}, "takes float32, got float64"),
        (IMAGES[0], [1, 2], {}, "an image of three axes and a number"),
        (IMAGES, [1, 2, 3], {}, "2 images, and angles of shape"),
    ],
)
def test_what_cannot_be_turned(
    image: np.ndarray, angle: object, options: dict[str, bool], text: str
) -> None:
    with pytest.raises(mx.MXNetError, match=text):
        mx.image.imrotate(mx.nd.array(image, dtype=image.dtype), angle, **options)
