"""From the bytes of an image to a sample: decoding, augmentation, normalization, one at a time."""

import math
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import noise

from symnet.core.errors import ArgumentError, DataError, FormatError, ParameterError
from symnet.data.image._choices import Choices
from symnet.data.image._color import ColorJitter, Normalization, Normalizer
from symnet.data.image._decode import decode
from symnet.data.image._draws import Draws, draws, whole_between
from symnet.data.image._geometry import Geometry

MIDDLE = Draws(*[0.5] * len(Draws._fields))


def encoded(image: np.ndarray, kind: str = ".png") -> bytes:
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if kind == ".webp" else []  # 101: nothing is lost
    return cv2.imencode(kind, image, options)[1].tobytes()


# -- decoding --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [".png", ".webp", ".bmp"])
def test_files_without_loss_decode_to_rgb(kind: str) -> None:
    image = noise(1)
    np.testing.assert_array_equal(decode(encoded(image, kind), 3), image[..., ::-1])


def test_grey_and_colours_are_converted() -> None:
    grey = noise(2)[..., 0]
    np.testing.assert_array_equal(decode(encoded(grey), 3), np.stack([grey] * 3, -1))
    assert decode(encoded(grey), 1).shape == decode(encoded(grey, ".jpg"), 1).shape == (10, 12)
    # OpenCV rounds differently while it reads a file.
    wanted = noise(2) @ [0.114, 0.587, 0.299]
    np.testing.assert_allclose(decode(encoded(noise(2)), 1), wanted, atol=1)


def test_transparency_is_kept_where_it_is_wanted() -> None:
    image = np.concatenate([noise(3), noise(4)[..., :1]], axis=2)
    np.testing.assert_array_equal(decode(encoded(image), 4), image[..., [2, 1, 0, 3]])
    np.testing.assert_array_equal(decode(encoded(image), 3), image[..., 2::-1])


@pytest.mark.parametrize("image", [noise(5), noise(5)[..., 0]])
def test_transparency_that_is_missing_is_an_error(image: np.ndarray) -> None:
    with pytest.raises(FormatError, match=r"an image of [13] channels.*data_shape wants 4"):
        decode(encoded(image), 4)


def test_jpeg_is_what_opencv_makes_of_it() -> None:
    jpeg = encoded(cv2.GaussianBlur(noise(6, 40, 50), (0, 0), 3), ".jpg")
    wanted = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(decode(jpeg, 3).astype(int) - wanted).max() <= 1
    np.testing.assert_array_equal(decode(memoryview(jpeg), 3), decode(jpeg, 3))


def test_jpeg_that_is_cut_is_damaged_unless_only_its_end_mark_is_missing() -> None:
    jpeg = encoded(noise(7, 64, 64), ".jpg")
    np.testing.assert_array_equal(decode(jpeg[:-2], 3), decode(jpeg, 3))
    with pytest.raises(FormatError, match=r"a damaged JPEG image: .*remature end"):
        decode(jpeg[: len(jpeg) // 2], 3)


def test_orientation_is_not_followed() -> None:
    # Exif with one entry, orientation 6: to be turned by 90 degrees.
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    exif = b"\xff\xe1" + (8 + len(tiff)).to_bytes(2, "big") + b"Exif\0\0" + tiff
    jpeg = encoded(noise(8), ".jpg")
    turned = jpeg[:2] + exif + jpeg[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (12, 10, 3)
    np.testing.assert_array_equal(decode(turned, 3), decode(jpeg, 3))


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_what_is_no_image_is_an_error(content: bytes) -> None:
    with pytest.raises(FormatError, match="the image cannot be decoded: it"):
        decode(content, 3)


@pytest.mark.parametrize("package", ["cv2", "simplejpeg"])
def test_missing_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(noise(9), ".png" if package == "cv2" else ".jpg")
    monkeypatch.setitem(sys.modules, package, None)
    wheel = "opencv-python-headless" if package == "cv2" else package
    with pytest.raises(ArgumentError, match=f"needs {wheel}, .*: pip install {wheel}$"):
        decode(content, 3)


# -- random choices --------------------------------------------------------------------------------


WORD = 2**64
SPLITMIX64 = [6457827717110365317, 3203168211198807973, 9817491932198370423]
"""The first numbers of SplitMix64 from the seed 1234567, as published."""


def splitmix64(state: int, step: int) -> int:
    """The number of one step from one, in whole numbers of Python."""
    mixed = (state + step * 0x9E3779B97F4A7C15) % WORD
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % WORD
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % WORD
    return mixed ^ mixed >> 31


def test_the_random_choices_are_those_of_splitmix64() -> None:
    """They are the same in every release: a seed means the same augmented images for ever."""
    assert [splitmix64(1234567, step) for step in (1, 2, 3)] == SPLITMIX64
    for seed, epoch, record in ((0, 0, 0), (42, 3, 7), (WORD - 1, 1000, 123456789)):
        begin = splitmix64(splitmix64(splitmix64(seed, 1) + epoch, 1) + record, 1)
        steps = range(2, len(Draws._fields) + 2)
        expected = [(splitmix64(begin, step) >> 11) / 2**53 for step in steps]
        assert list(draws(seed, epoch, np.array([record]))[0]) == expected
    assert draws(42, 3, np.array([7]))[0].angle == 0.2783191814048793


def test_draws_depend_on_seed_epoch_and_record_only() -> None:
    every = draws(3, 1, np.arange(100))
    assert draws(3, 1, np.array([70, 5])) == [every[70], every[5]]
    others = [*draws(4, 1, np.arange(100)), *draws(3, 2, np.arange(100)), *every]
    assert len(set(others)) == 300


def test_draws_are_even() -> None:
    table = np.array(draws(0, 0, np.arange(20_000)))
    assert table.min() >= 0
    assert table.max() < 1
    counts = np.stack([np.histogram(column, 10, (0, 1))[0] for column in table.T])
    # 20,000 in 10 boxes: 2,000 each, with a deviation of 42.
    assert np.abs(counts - 2000).max() < 5 * 42.5
    correlations = np.corrcoef(table.T) - np.eye(table.shape[1])
    assert np.abs(correlations).max() < 5 / math.sqrt(20_000)


@given(st.integers(-50, 50), st.integers(0, 100), st.floats(0, 1, exclude_max=True))
def test_whole_numbers_are_within_bounds(low: int, room: int, draw: float) -> None:
    assert low <= whole_between(low, low + room, draw) <= low + room


# -- geometry --------------------------------------------------------------------------------------


def test_crop_is_in_the_middle_or_where_it_is_told() -> None:
    image = noise(1, 9, 8)
    np.testing.assert_array_equal(Geometry()(image, (4, 3), MIDDLE), image[2:6, 2:5])
    found = Geometry(crop_y_start=5, crop_x_start=0)(image, (4, 3), MIDDLE)
    np.testing.assert_array_equal(found, image[5:, :3])


def test_random_crops_are_at_every_place() -> None:
    image = np.arange(20, dtype=np.uint8).reshape(4, 5)
    crop = Geometry(rand_crop=True)
    found = {int(crop(image, (2, 2), each)[0, 0]) for each in draws(0, 0, np.arange(300))}
    assert found == {5 * y + x for y in range(3) for x in range(4)}


def test_squares_of_random_size_are_resized() -> None:
    image = noise(2, 30, 40)
    squares = Geometry(min_crop_size=10, max_crop_size=20, inter_method=0)
    last = squares(image, (5, 5), MIDDLE._replace(crop_size=0.999))
    np.testing.assert_array_equal(last, image[5:25, 10:30][::4, ::4])
    assert squares(image, (5, 7), MIDDLE).shape == (5, 7, 3)


def test_turning_by_a_right_angle_moves_every_pixel() -> None:
    image = noise(3, 9, 9)
    found = Geometry(rotate=90, inter_method=0, fill_value=7)(image, (9, 9), MIDDLE)
    # Counter-clockwise about (4.5, 4.5), which is half a pixel off the middle, as in MXNet.
    np.testing.assert_array_equal(found[1:], np.rot90(image)[:-1])
    assert (found[0] == 7).all()


def test_outside_is_filled() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    padded = Geometry(pad=2, fill_value=7)(image, (12, 12), MIDDLE)
    assert (padded[:2] == 7).all()
    assert (padded[2:-2, 2:-2] == 0).all()
    assert (Geometry(rotate=45, fill_value=9)(image, (8, 8), MIDDLE)[0, 0] == 9).all()


def test_angles_are_drawn_from_the_list() -> None:
    turns = Geometry(rotate_list=[0, 180], inter_method=0)
    image = noise(4, 6, 6)
    for draw, angle in ((0.1, 0), (0.9, 180)):
        found = turns(image, (6, 6), MIDDLE._replace(angle=draw))
        wanted = Geometry(rotate_list=[angle], inter_method=0)(image, (6, 6), MIDDLE)
        np.testing.assert_array_equal(found, wanted)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 1, 2, 3, 4, 9, 10]))
def test_every_augmentation_gives_the_size_asked_for(seed: int, method: int) -> None:
    geometry = Geometry(
        resize=40, max_rotate_angle=30, max_shear_ratio=0.2, min_random_scale=0.9,
        max_random_scale=1.2, max_aspect_ratio=0.3, pad=1, rand_crop=True, min_crop_size=8,
        max_crop_size=24, inter_method=method,
    )  # fmt: skip
    chance = draws(seed, 0, np.array([0]))[0]
    found = geometry(noise(5, 20, 31), (16, 14), chance)
    assert found.shape == (16, 14, 3)
    np.testing.assert_array_equal(found, geometry(noise(5, 20, 31), (16, 14), chance))


def test_images_that_are_too_small_are_named() -> None:
    with pytest.raises(DataError, match=r"smaller than input shape.*8 rows.*12 and 3.*resize=12"):
        Geometry()(noise(6, 8, 8), (12, 3), MIDDLE)
    with pytest.raises(DataError, match=r"crop_x_start=6 leaves no room.*at most 4"):
        Geometry(crop_x_start=6)(noise(6, 8, 8), (4, 4), MIDDLE)


# -- colours ---------------------------------------------------------------------------------------


def test_jitter_moves_within_the_reach_and_stops_at_the_ends() -> None:
    image = noise(7, 20, 20)
    before = cv2.cvtColor(image, cv2.COLOR_RGB2HLS).astype(int)
    for channel, name, draw, most in (
        (0, "random_h", "hue", 180), (1, "random_l", "lightness", 255),
        (2, "random_s", "saturation", 255),
    ):  # fmt: skip
        for chance, move in ((0.0, -30), (0.999, 30), (0.5, 0)):
            found = ColorJitter(**{name: 30})(image, MIDDLE._replace(**{draw: chance}))
            wanted = before.copy()
            wanted[..., channel] = np.clip(wanted[..., channel] + move, 0, most)
            np.testing.assert_array_equal(
                found, cv2.cvtColor(wanted.astype(np.uint8), cv2.COLOR_HLS2RGB)
            )
    assert ColorJitter()(image, MIDDLE) is image


def normalized(image: np.ndarray, chance: Draws = MIDDLE, **parameters: object) -> np.ndarray:
    mean = parameters.pop("mean_image", None)
    out = np.empty((3, *image.shape[:2]), np.float32)
    Normalizer(Normalization(**parameters), mean)(image, chance, out)
    return out


def test_normalization_is_the_formula() -> None:
    image, chance = noise(8), MIDDLE._replace(contrast=0.25, illumination=0.75)
    found = normalized(
        image, chance, mean_r=1.5, mean_g=-2, mean_b=3, std_g=4, scale=0.5,
        max_random_contrast=0.4, max_random_illumination=10,
    )  # fmt: skip
    planes = image.transpose(2, 0, 1).astype(float)
    deviations, means = np.array([[[1]], [[4]], [[1]]]), np.array([[[1.5]], [[-2]], [[3]]])
    wanted = ((planes - means) * 0.8 + 5) * 0.5 / deviations
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_contrast_counts_without_means_too() -> None:
    image = noise(8)
    found = normalized(image, MIDDLE._replace(contrast=0.0), max_random_contrast=0.5)
    np.testing.assert_array_equal(found, image.transpose(2, 0, 1) * np.float32(0.5))


def test_mirroring_comes_after_the_mean_image() -> None:
    image, mean = noise(9), np.random.default_rng(0).random((3, 10, 12), np.float32)
    wanted = (image.transpose(2, 0, 1) - mean)[..., ::-1]
    np.testing.assert_array_equal(normalized(image, mirror=True, mean_image=mean), wanted)
    for chance, turned in ((0.49, True), (0.51, False)):
        found = normalized(image, MIDDLE._replace(mirror=chance), rand_mirror=True, mean_image=mean)
        np.testing.assert_array_equal(found, wanted if turned else wanted[..., ::-1])


# -- parameters ------------------------------------------------------------------------------------

FINE = {"data_shape": (3, 4, 4), "batch_size": 2}


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"rand_crp": True}, r"unknown parameter 'rand_crp'; did you mean 'rand_crop'\?"),
        ({"batch_size": 0}, r"batch_size must be >= 1, got 0"),
        ({"data_shape": (2, 4, 4)}, r"data_shape must be \(channels, height, width\)"),
        ({"data_shape": 4}, r"data_shape must be \(channels, height, width\)"),
        ({"inter_method": 5}, r"inter_method must be one of 0, 1, 2, 3, 4, 9, 10, got 5"),
        ({"scale": "1"}, r"scale must be float, got '1'"),
        ({"scale": math.nan}, r"scale must be finite, got nan"),
        ({"max_shear_ratio": -1}, r"max_shear_ratio must be >= 0 and < inf, got -1"),
        ({"mirror": 2}, r"mirror must be bool, got 2"),
        ({"rotate": -90}, r"rotate must be >= -1, got -90"),
        ({"rotate_list": "1,2"}, r"rotate_list must be tuple of int, got '1,2'"),
        ({"min_random_scale": 2.0}, r"min_random_scale=2 is above max_random_scale=1"),
        ({"max_crop_size": 9}, r"min_crop_size and max_crop_size must both be given"),
        ({"min_crop_size": 9}, r"min_crop_size=9 is above max_crop_size=-1"),
        ({"rand_crop": True, "crop_x_start": 1}, r"rand_crop=True contradicts crop_y_start"),
        ({"std_g": 0}, r"std_g must be > 0 and < inf, got 0"),
        ({"mean_img": "m", "mean_g": 1}, r"mean_img and mean_r.*name only one"),
        ({"data_shape": (1, 4, 4), "random_h": 1}, r"random_h.*need images of 3 channels"),
        ({"on_error": "skp"}, r"on_error must be one of 'raise', 'skip', got 'skp'"),
        ({"part_index": 1}, r"part_index must be >= 0 and <= 0, got 1"),
        ({"last_batch": "roll_over", "round_batch": False}, r"round_batch=False contradicts"),
        ({"path_imgrec": 3}, r"path_imgrec must be a path, got 3"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, object], complaint: str) -> None:
    with pytest.raises(ParameterError, match=complaint):
        Choices.of({**FINE, **parameters})


@pytest.mark.parametrize("name", FINE)
def test_required_parameters_are_required(name: str) -> None:
    with pytest.raises(ParameterError, match=f"ImageRecordIter: missing parameter '{name}'"):
        Choices.of({key: value for key, value in FINE.items() if key != name})


def test_defaults_are_the_documents() -> None:
    documented = {
        "data_name": "data", "label_name": "softmax_label", "path_imgrec": "./data/imgrec.rec",
        "label_width": 1, "preprocess_threads": 4, "verbose": True, "num_parts": 1,
        "part_index": 0, "shuffle": False, "seed": 0, "round_batch": True, "prefetch_buffer": 4,
        "rand_crop": False, "crop_y_start": -1, "crop_x_start": -1, "max_rotate_angle": 0,
        "max_aspect_ratio": 0, "max_shear_ratio": 0, "max_crop_size": -1, "min_crop_size": -1,
        "max_random_scale": 1, "min_random_scale": 1, "max_img_size": 1e10, "min_img_size": 0,
        "random_h": 0, "random_s": 0, "random_l": 0, "rotate": -1, "fill_value": 255,
        "inter_method": 1, "mirror": False, "rand_mirror": False, "mean_img": "",
        "path_imglist": "", "mean_r": 0, "mean_g": 0, "mean_b": 0, "mean_a": 0, "scale": 1,
        "max_random_contrast": 0, "max_random_illumination": 0,
    }  # fmt: skip
    ours = {name: each.default for name, each in Choices.signature().parameters.items()}
    assert {name: ours[name] for name in documented} == documented
