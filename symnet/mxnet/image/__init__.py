"""Images: ``mx.image``, also called ``mx.img``.

An image is an NDArray of shape (height, width, channels), red first. Decoding and resizing need
OpenCV: ``pip install opencv-python-headless``.

>>> import symnet.mxnet as mx
>>> image = mx.nd.arange(4 * 6 * 3).reshape(4, 6, 3)
>>> cropped, place = mx.image.center_crop(image, (2, 2))
>>> cropped.shape, place
((2, 2, 3), (2, 1, 2, 2))
"""

from typing import Any

from ..inner import inner_module
from .augmenters import (
    Augmenter,
    CastAug,
    CenterCropAug,
    CreateAugmenter,
    ForceResizeAug,
    HorizontalFlipAug,
    RandomCropAug,
    RandomOrderAug,
    RandomSizedCropAug,
    ResizeAug,
    SequentialAug,
)
from .colors import (
    BrightnessJitterAug,
    ColorJitterAug,
    ColorNormalizeAug,
    ContrastJitterAug,
    HueJitterAug,
    LightingAug,
    RandomGrayAug,
    SaturationJitterAug,
)
from .functions import (
    center_crop,
    color_normalize,
    fixed_crop,
    imdecode,
    imread,
    imresize,
    random_crop,
    random_size_crop,
    resize_short,
    scale_down,
)
from .iterator import ImageIter
from .rotation import imrotate, random_rotate

__all__ = [
    "Augmenter",
    "BrightnessJitterAug",
    "CastAug",
    "CenterCropAug",
    "ColorJitterAug",
    "ColorNormalizeAug",
    "ContrastJitterAug",
    "CreateAugmenter",
    "ForceResizeAug",
    "HorizontalFlipAug",
    "HueJitterAug",
    "ImageIter",
    "LightingAug",
    "RandomCropAug",
    "RandomGrayAug",
    "RandomOrderAug",
    "RandomSizedCropAug",
    "ResizeAug",
    "SaturationJitterAug",
    "SequentialAug",
    "center_crop",
    "color_normalize",
    "fixed_crop",
    "imdecode",
    "imread",
    "imresize",
    "imrotate",
    "random_crop",
    "random_rotate",
    "random_size_crop",
    "resize_short",
    "scale_down",
]


def __getattr__(name: str) -> Any:
    return inner_module(__name__, "mx.image", name, __all__)
