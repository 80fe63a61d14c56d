"""Rows for the steps that prepare images; see `op_rows.py`."""

import numpy as np
from op_testing import Row, Shape, positive

__all__ = ["ROWS"]

EIGENVALUES = np.array([55.46, 4.794, 1.148])
EIGENVECTORS = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)
"""Of the colours of ImageNet's images."""


def window(data, *, x, y, width, height):
    return data[..., y : y + height, x : x + width, :]


def normalised(data, *, mean, std):
    mean, std = (np.array(each).reshape(-1, 1, 1) for each in (mean, std))
    return (data - mean) / std


def lit(data, *, alpha):
    return data + EIGENVECTORS @ (EIGENVALUES * np.array(alpha))


def flipped(direction: str, axis: int, shape: Shape) -> Row:
    op = f"_image_flip_{direction}"
    return Row(op, {}, {"data": shape}, shape, lambda data: np.flip(data, axis))


def scaled(data):
    return np.moveaxis(data, -1, -3) / 255


def unscaled(head, data):
    """What flows back; central differences of float32 are too rough."""
    return np.moveaxis(head, -3, -1) / 255


ROWS = (
    Row("_image_crop", {"x": 1, "y": 0, "width": 2, "height": 3}, {"data": (3, 4, 3)}, (3, 2, 3),
        window),
    Row("_image_crop", {"x": 0, "y": 1, "width": 3, "height": 1}, {"data": (2, 3, 3, 1)},
        (2, 1, 3, 1), window),
    flipped("left_right", 1, (2, 3, 3)),
    flipped("left_right", 1, (43, 51, 1)),
    flipped("top_bottom", 0, (3, 2, 1)),
    Row("_image_to_tensor", {}, {"data": (2, 3, 3)}, (3, 2, 3), scaled, draws={"data": positive},
        flows_back=unscaled, rtol=1e-5, dtype="float32"),
    Row("_image_normalize", {"mean": (0.1, 0.2, 0.3), "std": (2.0,)}, {"data": (3, 2, 4)},
        (3, 2, 4), normalised),
    Row("_image_normalize", {"mean": (0.5,), "std": (0.5, 1.0, 2.0)}, {"data": (2, 3, 2, 2)},
        (2, 3, 2, 2), normalised),
    Row("_image_adjust_lighting", {"alpha": (0.1, -0.2, 0.3)}, {"data": (2, 3, 3)}, (2, 3, 3), lit),
)  # fmt: skip
