"""What is done to the colours of a sample: jitter, mirroring, mean and scale."""

from collections.abc import Sequence
from math import inf
from threading import local
from typing import Any, final

import numpy as np

from ...core.parameters import Parameters, param
from ._decode import Image
from ._draws import Draws, between, whole_between
from ._parameters import OWNER
from .image_file import require_cv2

__all__ = ["ColorJitter", "Normalization", "Normalizer"]


@final
class ColorJitter(Parameters):
    """Random whole numbers added to hue, lightness and saturation.

    Raises ParameterError for values out of range.
    Source: the documents, "ImageRecordIter"; docs/semantics §7.6, step 5.

    >>> from ._draws import draws
    >>> red = np.array([[[255, 0, 0]]], np.uint8)
    >>> ColorJitter(random_l=100)(red, draws(0, 0, np.array([0]))[0]).tolist()
    [[[255, 165, 165]]]
    """

    owner = OWNER

    random_h: int = param(
        "Hue moves by at most this much; it has 180 steps and stops at both ends.",
        default=0,
        min=0,
    )
    random_s: int = param(
        "Saturation moves by at most this much, within 0 to 255.", default=0, min=0
    )
    random_l: int = param(
        "Lightness moves by at most this much, within 0 to 255.", default=0, min=0
    )

    def __call__(self, image: Image, draws: Draws) -> Image:
        """Return the image with other colours; RGB, uint8, shape ``(height, width, 3)``."""
        reach = (self.random_h, self.random_l, self.random_s)
        if not any(reach):
            return image
        cv2 = require_cv2(OWNER)
        chances = (draws.hue, draws.lightness, draws.saturation)
        moves = [
            whole_between(-most, most, draw) for most, draw in zip(reach, chances, strict=True)
        ]
        moved = cv2.add(cv2.cvtColor(image, cv2.COLOR_RGB2HLS), (*moves, 0), dtype=cv2.CV_8U)
        np.minimum(moved[..., 0], 180, out=moved[..., 0])
        return np.asarray(cv2.cvtColor(moved, cv2.COLOR_HLS2RGB))


@final
class Normalization(Parameters):
    """From the bytes of pixels to the numbers that are handed out, and which way round.

    A pixel x of a channel becomes ``((x - mean) * contrast + illumination) * scale / std``.

    Raises ParameterError for values out of range.
    Source: the documents, "ImageRecordIter"; docs/semantics §7.6, step 6.
    """

    owner = OWNER

    mirror: bool = param("Whether to mirror every image, left to right.", default=False)
    rand_mirror: bool = param("Whether to mirror every second one, by chance.", default=False)
    mean_r: float = param("Mean of red, or of the one channel.", default=0.0, finite=True)
    mean_g: float = param("Mean of green.", default=0.0, finite=True)
    mean_b: float = param("Mean of blue.", default=0.0, finite=True)
    mean_a: float = param("Mean of alpha.", default=0.0, finite=True)
    std_r: float = param("What red is divided by. From 1.x.", default=1.0, above=0, below=inf)
    std_g: float = param("What green is divided by. From 1.x.", default=1.0, above=0, below=inf)
    std_b: float = param("What blue is divided by. From 1.x.", default=1.0, above=0, below=inf)
    std_a: float = param("What alpha is divided by. From 1.x.", default=1.0, above=0, below=inf)
    scale: float = param("What all is multiplied with.", default=1.0, finite=True)
    max_random_contrast: float = param(
        "Contrast is 1 and a random number of at most this size.", default=0.0, min=0, below=inf
    )
    max_random_illumination: float = param(
        "Illumination is a random number of at most this size.", default=0.0, min=0, below=inf
    )

    @property
    def means(self) -> tuple[float, ...]:
        """The means of red, green, blue and alpha."""
        return self.mean_r, self.mean_g, self.mean_b, self.mean_a

    @property
    def deviations(self) -> tuple[float, ...]:
        """What red, green, blue and alpha are divided by."""
        return self.std_r, self.std_g, self.std_b, self.std_a


@final
class Normalizer:
    """Writes images as normalized numbers, channel by channel.

    Args:
        wanted: what is done; None (default) for nothing.
        mean_image: the mean of each pixel, float32 of shape ``(channels, height, width)``, in place
            of the channels' means; None (default) for those.

    >>> from ._draws import draws
    >>> out = np.empty((1, 1, 2), np.float32)
    >>> normalize = Normalizer(Normalization(mean_r=10, scale=0.5, mirror=True))
    >>> normalize(np.array([[20, 30]], np.uint8), draws(0, 0, np.array([0]))[0], out)
    >>> out
    array([[[10.,  5.]]], dtype=float32)
    """

    def __init__(
        self, wanted: Normalization | None = None, mean_image: np.ndarray | None = None
    ) -> None:
        self._wanted = wanted = wanted or Normalization()
        self._mine = local()
        if mean_image is None:
            self._means = self._mirrored = [np.float32(mean) for mean in wanted.means]
        else:
            # Means belong to places in the image before it is mirrored.
            self._means = list(mean_image)
            self._mirrored = list(np.ascontiguousarray(mean_image[..., ::-1]))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_mine": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "_mine": local()})

    def __call__(self, image: Image, draws: Draws, out: np.ndarray) -> None:
        """Normalize an image.

        Args:
            image: uint8, shape ``(height, width[, channels])``.
            draws: the random choices.
            out: where to write, float32 of shape ``(channels, height, width)``.
        """
        cv2, wanted = require_cv2(OWNER), self._wanted
        mirrored = wanted.mirror or (wanted.rand_mirror and draws.mirror < 0.5)
        means = self._mirrored if mirrored else self._means
        planes = self._split(cv2, cv2.flip(image, 1) if mirrored else image)
        gain, shift = self._light(draws)
        for plane, mean, deviation, target in zip(
            planes, means, wanted.deviations, out, strict=False
        ):
            np.subtract(plane, mean, out=target, dtype=np.float32)
            _scale(target, gain / deviation, shift / deviation)

    def _split(self, cv2: Any, image: Image) -> Sequence[np.ndarray]:
        """Return the channels, in memory that the thread has from its last image, if that fits."""
        before = getattr(self._mine, "planes", None)
        self._mine.planes = planes = cv2.split(image, before)
        return tuple(planes)

    def _light(self, draws: Draws) -> tuple[float, float]:
        wanted = self._wanted
        contrast, illumination = wanted.max_random_contrast, wanted.max_random_illumination
        gain = 1 + between(-contrast, contrast, draws.contrast)
        shift = between(-illumination, illumination, draws.illumination)
        return gain * wanted.scale, shift * wanted.scale


def _scale(plane: np.ndarray, gain: float, shift: float) -> None:
    """Multiply and add in place, as far as that changes anything."""
    if gain != 1:
        plane *= np.float32(gain)
    if shift != 0:
        plane += np.float32(shift)
