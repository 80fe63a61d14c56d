import builtins
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordio_files import GOLDEN

import symnet as mx
from symnet.data.image.image_file import image_format, image_size

ids = st.integers(0, 2**64 - 1)
floats = st.floats(width=32, allow_nan=False)


@given(label=floats, number=ids, upper=ids, image=st.binary(max_size=20))
def test_one_label(label, number, upper, image):
    payload = mx.pack(mx.IRHeader(5, label, number, upper), image)
    assert payload == struct.pack("<IfQQ", 0, label, number, upper) + image
    assert mx.unpack(payload) == (mx.IRHeader(0, label, number, upper), image)


@given(labels=st.lists(floats, min_size=1, max_size=9), image=st.binary(max_size=20))
def test_several_labels(labels, image):
    payload = mx.pack(mx.IRHeader(0, labels, 7, 0), image)
    size = len(labels)
    assert payload == struct.pack(f"<IfQQ{size}f", size, 0, 7, 0, *labels) + image
    header, found = mx.unpack(payload)
    assert (header.flag, header.id, found) == (size, 7, image)
    assert header.label.dtype == np.float32
    assert header.label.tolist() == labels


def test_a_label_may_be_of_numpy_and_the_header_a_tuple():
    assert mx.pack((0, np.float32(2), 1, 0), b"") == mx.pack(mx.IRHeader(0, 2, 1, 0), b"")
    assert mx.pack((0, np.arange(2), 1, 0), b"") == mx.pack(mx.IRHeader(0, [0, 1], 1, 0), b"")


def test_of_a_view_nothing_is_copied():
    payload = memoryview(mx.pack(mx.IRHeader(0, [1, 2], 7, 0), b"image"))
    header, image = mx.unpack(payload)
    assert image.obj is payload.obj
    assert image == b"image"
    assert header.label.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"short", "a header of 24 bytes is expected, got 5"),
        (struct.pack("<IfQQ2f", 3, 0, 0, 0, 1, 2), "says 3 labels, but the record ends after 2"),
    ],
)
def test_no_image_record(payload, problem):
    for read in (mx.unpack, mx.is_image_record, mx.unpack_img):
        with pytest.raises(mx.FormatError, match=problem):
            read(payload)


@pytest.mark.parametrize(
    "header", [(0, 1, -1, 0), (0, 1, 0, 2**64), (0, 1, 0.5, 0), (0, 1e39, 0, 0)]
)
def test_headers_that_cannot_be_packed(header):
    with pytest.raises(mx.ArgumentError, match=r"id and id2 whole numbers from 0 to 2\*\*64 - 1"):
        mx.pack(header, b"")


# -- images ----------------------------------------------------------------------------------------


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_a_png_image_is_unpacked_as_it_was(shape):
    cv2 = pytest.importorskip("cv2")
    image = pixels(*shape)
    payload = mx.pack_img(mx.IRHeader(0, 3, 7, 0), image, img_fmt=".PNG")
    header, found = mx.unpack_img(payload)
    assert (header.label, header.id) == (3, 7)
    np.testing.assert_array_equal(found, image)
    _, written = mx.unpack(payload)
    size = image_size(written)
    assert (image_format(written), size) == ("png", (5, 7, shape[2] if shape[2:] else 1))
    gray = mx.unpack_img(memoryview(payload), iscolor=0)[1]
    expected = cv2.imdecode(np.frombuffer(written, np.uint8), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(gray, expected)


def test_a_jpeg_image_is_that_of_opencv():
    cv2 = pytest.importorskip("cv2")
    image = pixels(16, 24, 3)
    for quality in (30, 95):
        _, written = mx.unpack(mx.pack_img(mx.IRHeader(0, 3, 7, 0), image, quality))
        assert (
            written == cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        )
        assert (image_format(written), image_size(written)) == ("jpeg", (16, 24, 3))


@pytest.mark.parametrize("image", [pixels(4, 4, 3) * 1.0, pixels(4, 4, 5), pixels(0, 4), None])
def test_what_is_no_image(image):
    pytest.importorskip("cv2")
    with pytest.raises(mx.ArgumentError, match=r"cannot encode .* with img_fmt='.jpg'; uint8 of"):
        mx.pack_img(mx.IRHeader(0, 1, 1, 0), image)


def test_an_unknown_kind_of_file():
    pytest.importorskip("cv2")
    with pytest.raises(mx.ArgumentError, match=r"img_fmt='.xyz'"):
        mx.pack_img(mx.IRHeader(0, 1, 1, 0), pixels(4, 4, 3), img_fmt=".xyz")


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (b"", r"\(0 bytes\) is no image that OpenCV knows"),
        (b"not an image", r"\(12 bytes\) is no image that OpenCV knows"),
        (b"\x89PNG\r\n\x1a\nbad", r"\(11 bytes\) begins as png, but is damaged"),
    ],
)
def test_an_image_that_cannot_be_decoded(image, problem):
    pytest.importorskip("cv2")
    with pytest.raises(mx.FormatError, match=f"the image cannot be decoded: it {problem}"):
        mx.unpack_img(mx.pack(mx.IRHeader(0, 1, 1, 0), image))


def test_without_opencv_the_error_says_what_to_install(monkeypatch):
    found = builtins.__import__

    def without_cv2(name, *arguments):
        if name == "cv2":
            raise ImportError(name)
        return found(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_cv2)
    with pytest.raises(
        mx.ArgumentError, match=r"ing an image needs .*: pip install opencv-python-h"
    ):
        mx.pack_img(mx.IRHeader(0, 1, 1, 0), pixels(4, 4, 3))
    with pytest.raises(
        mx.ArgumentError, match=r"ing an image needs .*: pip install opencv-python-h"
    ):
        mx.unpack_img(mx.pack(mx.IRHeader(0, 1, 1, 0), b"image"))


# -- kinds and sizes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "kind"), [(".bmp", "bmp"), (".tiff", "tiff"), (".webp", "webp"), (".gif", "gif")]
)
def test_other_kinds_of_images(ending, kind):
    cv2 = pytest.importorskip("cv2")
    written = cv2.imencode(ending, pixels(6, 8, 3))[1].tobytes()
    assert image_format(written) == kind
    assert image_size(written) == (6, 8, 3)


def test_the_golden_images():
    cv2 = pytest.importorskip("cv2")
    paths = sorted((GOLDEN / "images").rglob("*.*"))
    assert len(paths) == 10
    for path in paths:
        assert image_size(path.read_bytes()) == cv2.imread(str(path)).shape


@given(cut=st.integers(0, 700))
def test_an_image_that_is_cut_has_a_size_or_none(cut):
    image = (GOLDEN / "images" / "b" / "4.jpg").read_bytes()
    assert image_size(image[:cut]) in (None, (9, 8, 3))


@pytest.mark.parametrize(
    "image", [b"", b"text", b"\xff\xd8\xff\xe0\x00\x04ab\x00\x00", b"RIFF1234WAVE"]
)
def test_no_known_image(image):
    assert image_size(image) is None


def test_no_known_kind():
    assert image_format(b"text") is None
    assert image_format(b"RIFF1234WAVE") is None
