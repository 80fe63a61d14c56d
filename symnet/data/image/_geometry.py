"""Where in an image the pixels of a sample come from: resizing, turning, borders and crops."""

import math
from collections.abc import Callable
from functools import cached_property
from math import inf
from typing import Any, Literal, final

import numpy as np

from ...core.errors import DataError, ParameterError
from ...core.parameters import Parameters, param
from ._decode import Image
from ._draws import Draws, between, whole_between
from ._parameters import OWNER
from .image_file import require_cv2

__all__ = ["Geometry"]

HeightWidth = tuple[int, int]
"""Height and width."""

_AUTOMATIC, _RANDOM = 9, 10
_ENDLESS = 1e10


@final
class Geometry(Parameters):
    """What is done to the shape of an image, in this order.

    The shorter edge is resized, the image is warped (turned, sheared and scaled, all in one), a
    border is laid around it, and a part is cropped. Whatever is left at its default is not done.

    Raises ParameterError for values that are out of range or contradict each other.
    Source: the documents, "ImageRecordIter"; docs/semantics §7.6, steps 3 and 4.

    >>> from ._draws import draws
    >>> image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    >>> Geometry(crop_x_start=0)(image, (1, 2), draws(0, 0, np.array([0]))[0])
    array([[4, 5]], dtype=uint8)
    """

    owner = OWNER

    resize: int = param(
        "Length that the shorter edge is resized to; -1 leaves it. From 1.x.", default=-1, min=-1
    )
    max_rotate_angle: int = param(
        "Turn by a random whole number of degrees of at most this size.", default=0, min=0
    )
    rotate: int = param("Turn by this many degrees, where it is above 0.", default=-1, min=-1)
    rotate_list: tuple[int, ...] = param(
        "Turn by one of these numbers of degrees. Not in the documents.", default=()
    )
    max_shear_ratio: float = param(
        "Shear by a random ratio of at most this size.", default=0.0, min=0, below=inf
    )
    min_random_scale: float = param("Least random scale.", default=1.0, above=0, below=inf)
    max_random_scale: float = param("Greatest random scale.", default=1.0, above=0, below=inf)
    max_aspect_ratio: float = param(
        "Change width against height by a factor of 1 and at most this.",
        default=0.0,
        min=0,
        below=1,
    )
    min_img_size: float = param(
        "Least height and width after scaling.", default=0.0, min=0, below=inf
    )
    max_img_size: float = param(
        "Greatest height and width after scaling.", default=_ENDLESS, min=1, below=inf
    )
    pad: int = param("Rows and columns to lay around the image. From 1.x.", default=0, min=0)
    fill_value: int = param(
        "Pixel value of what lies outside the image.", default=255, min=0, max=255
    )
    rand_crop: bool = param(
        "Whether the crop is at a random place; otherwise it is in the middle.", default=False
    )
    crop_y_start: int = param(
        "First row of the crop; -1 for the middle. MXNet has it, and does not read it.",
        default=-1,
        min=-1,
    )
    crop_x_start: int = param("First column of the crop, likewise.", default=-1, min=-1)
    min_crop_size: int = param(
        "Crop a square of a random length, at least this, and resize it; -1 crops what is handed "
        "out.",
        default=-1,
        min=-1,
    )
    max_crop_size: int = param("Greatest length of that square.", default=-1, min=-1)
    inter_method: Literal[0, 1, 2, 3, 4, 9, 10] = param(
        "How pixels are interpolated: 0 nearest, 1 bilinear, 2 cubic, 3 area, 4 Lanczos; 9 cubic "
        "to enlarge, area to shrink, else bilinear; 10 random.",
        default=1,
    )

    def check(self) -> None:
        """Raise ParameterError where parameters contradict each other."""
        for problem, found in (
            ("resize must be -1 or at least 1", self.resize == 0),
            _order("random_scale", self.min_random_scale, self.max_random_scale),
            _order("img_size", self.min_img_size, self.max_img_size),
            _order("crop_size", self.min_crop_size, self.max_crop_size),
            (
                "min_crop_size and max_crop_size must both be given, and be at least 1",
                self._crops_squares and self.min_crop_size < 1,
            ),
            (
                "rand_crop=True contradicts crop_y_start and crop_x_start; leave one out",
                self.rand_crop and max(self.crop_y_start, self.crop_x_start) >= 0,
            ),
        ):
            if found:
                raise ParameterError(f"{OWNER}: {problem}")

    @property
    def _crops_squares(self) -> bool:
        return max(self.min_crop_size, self.max_crop_size) != -1

    @cached_property
    def _warps(self) -> bool:
        return bool(
            max(self.max_rotate_angle, self.rotate, self.max_shear_ratio, self.max_aspect_ratio) > 0
            or self.rotate_list
            or (self.min_random_scale, self.max_random_scale) != (1, 1)
            or (self.min_img_size, self.max_img_size) != (0, _ENDLESS)
        )

    @cached_property
    def _steps(self) -> list[Callable[[Any, Image, Draws], Image]]:
        steps = [
            (self._resized, self.resize != -1),
            (self._warped, self._warps),
            (self._padded, self.pad > 0),
        ]
        return [step for step, wanted in steps if wanted]

    def __call__(self, image: Image, size: HeightWidth, draws: Draws) -> Image:
        """Return the pixels of a sample.

        Args:
            image: the whole image, uint8, shape ``(height, width[, channels])``.
            size: height and width of the sample.
            draws: the random choices.

        Returns uint8, shape ``(*size[, channels])``, perhaps a view of ``image``.
        Raises DataError for an image that is smaller than what is cropped.
        """
        cv2 = require_cv2(OWNER)
        for step in self._steps:
            image = step(cv2, image, draws)
        return self._cropped(cv2, image, size, draws)

    def _resized(self, cv2: Any, image: Image, draws: Draws) -> Image:
        height, width = image.shape[:2]
        shorter = min(height, width)
        return self._scaled(
            cv2, image, (self.resize * height // shorter, self.resize * width // shorter), draws
        )

    def _scaled(self, cv2: Any, image: Image, size: HeightWidth, draws: Draws) -> Image:
        if image.shape[:2] == size:
            return image
        method = self._interpolation(image, size, draws)
        return np.asarray(cv2.resize(image, size[::-1], interpolation=method))

    def _interpolation(self, image: Image, size: HeightWidth, draws: Draws) -> int:
        """Return OpenCV's number of an interpolation; 0 to 4 are the same as MXNet's."""
        if self.inter_method == _RANDOM:
            return whole_between(0, 4, draws.interpolation)
        if self.inter_method != _AUTOMATIC:
            return self.inter_method
        (height, width), (new_height, new_width) = image.shape[:2], size
        if new_height > height and new_width > width:
            return 2
        return 3 if new_height < height and new_width < width else 1

    def _warped(self, cv2: Any, image: Image, draws: Draws) -> Image:
        scale = between(self.min_random_scale, self.max_random_scale, draws.scale)
        old = np.array(image.shape[:2])
        height, width = np.clip(scale * old, self.min_img_size, self.max_img_size).tolist()
        matrix = self._matrix(scale, draws)
        matrix[:, 2] = (np.array([width, height]) - matrix[:, :2] @ old[::-1]) / 2  # centre stays
        size = max(1, int(height)), max(1, int(width))
        return np.asarray(
            cv2.warpAffine(
                image,
                matrix,
                size[::-1],
                flags=self._interpolation(image, size, draws),
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=(self.fill_value,) * 4,
            )
        )

    def _matrix(self, scale: float, draws: Draws) -> np.ndarray:
        """Return what (x, y) of the image is multiplied with, and a column left for moving it."""
        angle = math.radians(self._angle(draws))
        shear = between(-self.max_shear_ratio, self.max_shear_ratio, draws.shear)
        aspect = 1 + between(-self.max_aspect_ratio, self.max_aspect_ratio, draws.aspect)
        x_scale = 2 * scale / (1 + aspect)
        y_scale = aspect * x_scale
        cos, sin = math.cos(angle), math.sin(angle)
        return np.array(
            [
                [x_scale * cos - shear * sin * y_scale, x_scale * sin + shear * cos * y_scale, 0],
                [-sin * y_scale, cos * y_scale, 0],
            ]
        )

    def _angle(self, draws: Draws) -> int:
        if self.rotate_list:
            return self.rotate_list[whole_between(0, len(self.rotate_list) - 1, draws.angle)]
        if self.rotate > 0:
            return self.rotate
        return whole_between(-self.max_rotate_angle, self.max_rotate_angle, draws.angle)

    def _padded(self, cv2: Any, image: Image, _: Draws) -> Image:
        border, value = (self.pad,) * 4, (self.fill_value,) * 4
        return np.asarray(cv2.copyMakeBorder(image, *border, cv2.BORDER_CONSTANT, value=value))

    def _cropped(self, cv2: Any, image: Image, size: HeightWidth, draws: Draws) -> Image:
        height, width = cropped = self._crop_size(size, draws)
        most = (self.max_crop_size,) * 2 if self._crops_squares else size
        if image.shape[0] < most[0] or image.shape[1] < most[1]:
            raise DataError(
                f"input image size smaller than input shape: the image has {image.shape[0]} rows "
                f"and {image.shape[1]} columns, but {most[0]} and {most[1]} are to be cropped; "
                f"resize={max(most)} would enlarge it"
            )
        y = self._start("crop_y_start", image.shape[0] - height, draws.crop_y)
        x = self._start("crop_x_start", image.shape[1] - width, draws.crop_x)
        crop = image[y : y + height, x : x + width]
        return self._scaled(cv2, crop, size, draws) if cropped != size else crop

    def _crop_size(self, size: HeightWidth, draws: Draws) -> HeightWidth:
        if not self._crops_squares:
            return size
        length = whole_between(self.min_crop_size, self.max_crop_size, draws.crop_size)
        return length, length

    def _start(self, name: str, room: int, draw: float) -> int:
        if self.rand_crop:
            return whole_between(0, room, draw)
        start: int = getattr(self, name)
        if start > room:
            raise DataError(f"{name}={start} leaves no room for the crop: at most {room} does")
        return start if start >= 0 else room // 2


def _order(name: str, low: float, high: float) -> tuple[str, bool]:
    return f"min_{name}={low:g} is above max_{name}={high:g}", low > high
