"""Images that claim too much, and images that have lost a part: refused by every reader alike."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from image_files import noise, write_records

import symnet as mx
from symnet.cli import main
from symnet.core.errors import FormatError
from symnet.core.limits import MAX_PIXELS
from symnet.data.image.image_file import decode_image, image_size
from symnet.data.image.image_record import IRHeader, pack, unpack_img

IMAGE = cv2.resize(noise(0, 12, 20), (200, 120))
HEIGHT, WIDTH = IMAGE.shape[:2]


def encoded(ending: str, *options: int, image: np.ndarray = IMAGE) -> bytes:
    return bytes(cv2.imencode(ending, image, options)[1])


JPEG, GRAY = encoded(".jpg"), encoded(".jpg", image=IMAGE[..., 0])
PROGRESSIVE = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
GRAY_PROGRESSIVE = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1, image=IMAGE[..., 0])
KINDS = {
    "jpeg": JPEG,
    "progressive": PROGRESSIVE,
    "restarts": encoded(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
    "png": encoded(".png"),
    "bmp": encoded(".bmp"),
    "gif": encoded(".gif"),
    "webp": encoded(".webp"),
    "webp-lossless": encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 101),
    "tiff": encoded(".tiff"),
    "netpbm": encoded(".ppm"),
}


def by_iterator(content: bytes, folder: Path, **options: Any) -> None:
    path = write_records(folder / "a.rec", [pack(IRHeader(0, 1, 0, 0), content)])
    mx.ImageRecordIter(
        path_imgrec=path, data_shape=(3, 8, 8), batch_size=1, verbose=False, **options
    )


def by_unpacking(content: bytes, _: Path, **options: Any) -> None:
    unpack_img(pack(IRHeader(0, 1, 0, 0), content), **options)


def by_command(content: bytes, folder: Path, **options: Any) -> None:
    path = write_records(folder / "b.rec", [pack(IRHeader(0, 1, 0, 0), content)])
    given = [f"--max-pixels={options['max_pixels'] or 0}"] if options else []
    if main(["rec", "verify", "--decode", *given, path]):
        raise FormatError("verify found a fault")


READERS: dict[str, Callable[..., None]] = {
    "ImageRecordIter": by_iterator,
    "unpack_img": by_unpacking,
    "verify": by_command,
}


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    reader = READERS[request.param]
    return lambda content, **options: reader(content, tmp_path, **options)


# -- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_told_by_the_header(kind):
    size = image_size(KINDS[kind])
    assert size is not None
    assert (size.height, size.width) == decode_image(KINDS[kind]).shape[:2] == (HEIGHT, WIDTH)
    assert size.channels == 3


@pytest.mark.parametrize("kind", ["png", "webp-lossless", "tiff"])
def test_channels_with_transparency(kind):
    ending = f".{kind.partition('-')[0]}"
    rgba = np.dstack([IMAGE, IMAGE[..., :1]])
    size = image_size(encoded(ending, cv2.IMWRITE_WEBP_QUALITY, 101, image=rgba))
    assert size == (HEIGHT, WIDTH, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_pixels_as_allowed(kind, read):
    read(KINDS[kind], max_pixels=HEIGHT * WIDTH)
    with pytest.raises(FormatError):
        read(KINDS[kind], max_pixels=HEIGHT * WIDTH - 1)


def huge(content: bytes, place: int, numbers: str) -> bytes:
    """Let a file say that it has so many pixels that no memory would do."""
    size = struct.pack(numbers, 65500, 65500)
    return content[:place] + size + content[place + len(size) :]


def huge_webp() -> bytes:
    canvas = (65499).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X\n\0\0\0\0\0\0\0" + canvas


CLAIMS = {
    "jpeg": huge(JPEG, JPEG.index(b"\xff\xc0") + 5, ">HH"),
    "progressive": huge(PROGRESSIVE, PROGRESSIVE.index(b"\xff\xc2") + 5, ">HH"),
    "png": huge(KINDS["png"], 16, ">II"),
    "bmp": huge(KINDS["bmp"], 18, "<ii"),
    "gif": huge(KINDS["gif"], 6, "<HH"),
    "webp": huge_webp(),
    "netpbm": b"P6\n# a lot\n65500 65500\n255\n",
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_claims_are_refused_before_memory_is_taken(kind, tmp_path):
    words = f"65500 x 65500 pixels by its header, more than max_pixels={MAX_PIXELS}"
    for reader in (by_unpacking, by_iterator):
        with pytest.raises(FormatError, match=words):
            reader(CLAIMS[kind], tmp_path)


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"IEND"])
def test_parts_of_a_png_that_claim_more_than_the_file_has(name, read):
    content = KINDS["png"]
    place = content.index(name) - 4
    damaged = content[:place] + struct.pack(">I", 2**31 - 1) + content[place + 4 :]
    with pytest.raises(FormatError, match=f"at byte {place} of this PNG|verify found"):
        read(damaged)


def test_where_the_size_is_not_known(read):
    exr = b"v/1\x01" + bytes(40)
    with pytest.raises(FormatError):
        read(exr)
    with pytest.raises(
        FormatError, match="is no image that OpenCV knows, and its header does not tell"
    ):
        decode_image(exr)
    with pytest.raises(FormatError, match=r"decode"):  # OpenCV's versions differ in the reason
        decode_image(exr, max_pixels=None)


def test_a_claim_is_skipped_with_its_place(tmp_path, caplog):
    records = [
        pack(IRHeader(0, n, n, 0), each) for n, each in enumerate([JPEG, CLAIMS["jpeg"]] * 2)
    ]
    it = mx.ImageRecordIter(
        path_imgrec=write_records(tmp_path / "a.rec", records), data_shape=(3, 8, 8), batch_size=2,
        verbose=False, on_error="skip", round_batch=False,
    )  # fmt: skip
    assert sum(batch.count_samples() for batch in it) == 2
    assert it.skipped == 2
    assert "record 1 at byte" in caplog.text
    assert "65500 x 65500 pixels" in caplog.text


@pytest.mark.parametrize("error", [MemoryError("no"), cv2.error("-4: Insufficient memory")])
def test_what_opencv_raises_is_told_with_the_place(tmp_path, monkeypatch, error):
    def fail(*_: object, **__: object) -> None:
        raise error

    path = write_records(tmp_path / "a.rec", [pack(IRHeader(0, 1, 0, 0), KINDS["png"])])
    given = {"path_imgrec": path, "data_shape": (3, 8, 8), "batch_size": 1, "verbose": False}
    skipping = mx.ImageRecordIter(**given, on_error="skip")
    for function in ("imdecode", "resize"):
        with monkeypatch.context() as patch:
            patch.setattr(cv2, function, fail)
            with pytest.raises(FormatError, match=r"a.rec, record 0 at byte 0: an image that"):
                mx.ImageRecordIter(**given, resize=8)
    monkeypatch.setattr(cv2, "imdecode", fail)
    with pytest.raises(mx.DataError, match="none of 1 records could be used"):
        list(skipping)
    with pytest.raises(FormatError, match="an image that OpenCV cannot decode"):
        decode_image(KINDS["png"])


# -- lost parts ------------------------------------------------------------------------------------


def scans(content: bytes) -> list[int]:
    """The places where the scans after the first begin: with their tables, if they have any."""
    return [place for place in range(len(content)) if content[place : place + 2] == b"\xff\xda"][1:]


LOST = {
    "taller by its header": huge(JPEG, JPEG.index(b"\xff\xc0") + 5, ">HH").replace(
        struct.pack(">HH", 65500, 65500), struct.pack(">HH", 1000, 1000)
    ),
    "no end": JPEG[: len(JPEG) // 2],
    "an end too early": JPEG[: len(JPEG) // 2] + b"\xff\xd9",
    "grey": GRAY[: len(GRAY) // 2] + b"\xff\xd9",
    "little is missing": JPEG[:-200],
    "within a scan": PROGRESSIVE[: scans(PROGRESSIVE)[2] + 40] + b"\xff\xd9",
    **{
        f"before scan {number} of {name}{', ended' if end else ''}": content[:place] + end
        for name, content in {"colours": PROGRESSIVE, "greys": GRAY_PROGRESSIVE}.items()
        for number, place in enumerate(scans(content)[::3])
        for end in (b"", b"\xff\xd9")
    },
    "png": KINDS["png"][: len(KINDS["png"]) // 2],
    "webp": KINDS["webp"][: len(KINDS["webp"]) // 2],
}


@pytest.mark.parametrize("how", LOST)
def test_lost_parts_are_found_by_all(how, read):
    with pytest.raises(FormatError):
        read(LOST[how])


@pytest.mark.parametrize("content", [JPEG, PROGRESSIVE, GRAY_PROGRESSIVE, KINDS["restarts"]])
def test_whole_files_are_read_by_all(content, read):
    read(content)
    read(content[:-2])  # all but the mark of the end: no pixel is missing
    read(content + b"anything")
