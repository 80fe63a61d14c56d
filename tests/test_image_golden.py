"""ImageRecordIter against batches recorded from Apache MXNet 1.9.1, see golden/images/README.md."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from symnet.data.image import ImageRecordIter

HERE = Path(__file__).parent / "golden" / "images"
CASES = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
FILES = ("path_imgrec", "path_imglist", "mean_img")

# OpenCV 5 interpolates with less rounding than the OpenCV that MXNet has: cubically, and where it
# warps, for which the older one looks places up to 1/32 of a pixel. These images are mostly noise,
# so that a warped pixel can differ by 4. In all other cases the numbers are equal.
MOST = {"resize_2": 1, "resize_9": 1, "enlarge_2": 1, "enlarge_9": 1}
MOST |= {"rotate_1": 4, "rotate_2": 4, "size": 2, "warp_scale": 2}


def chosen(case: str) -> dict[str, object]:
    parameters = {"data_shape": (3, 16, 14), "verbose": False, **CASES[case]}
    return {name: str(HERE / v) if name in FILES else v for name, v in parameters.items()}


@pytest.fixture(scope="module")
def recorded() -> dict[str, np.ndarray]:
    with np.load(HERE / "cases.npz") as file:
        return dict(file)


@pytest.mark.parametrize("case", CASES)
def test_batch_is_that_of_mxnet(case: str, recorded: dict[str, np.ndarray]) -> None:
    batch = next(iter(ImageRecordIter(**chosen(case))))
    (data,), (label,) = batch.get_data(), batch.get_label()
    wanted = recorded[f"{case}/data"].astype(np.float32)
    np.testing.assert_array_equal(label.asnumpy(), recorded[f"{case}/label"])
    off = np.abs(data.asnumpy() - wanted)
    assert off.max() <= MOST.get(case, 0) + 1e-6 * np.abs(wanted).max()
    assert (off > 1).mean() < 0.02


def warped_as_before(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], *, flags: int, **border: object
) -> np.ndarray:
    """`cv2.warpAffine` with places rounded to 1/32 of a pixel, as OpenCV did it up to 4."""
    places = np.stack([*np.meshgrid(*map(np.arange, size)), np.ones(size[::-1])], -1)
    x, y = np.moveaxis(places @ cv2.invertAffineTransform(matrix).T, -1, 0).astype(np.float32)
    return cv2.remap(image, *cv2.convertMaps(x, y, cv2.CV_16SC2), flags, **border)


@pytest.mark.parametrize("case", ["rotate_1", "size", "warp_scale"])
def test_only_rounding_tells_warps_from_those_of_mxnet(
    case: str, recorded: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "warpAffine", warped_as_before)
    batch = next(iter(ImageRecordIter(**chosen(case))))
    np.testing.assert_array_equal(batch.get_data()[0].asnumpy(), recorded[f"{case}/data"])
