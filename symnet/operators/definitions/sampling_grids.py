"""Spatial transformers and bilinear sampling."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["BilinearSampler", "GridGenerator", "SpatialTransformer"]

aten = torch.ops.aten
_LINEAR, _ZEROS, _CORNERS = 0, 0, True
"""How torch's sampler is asked to read: between pixels, 0 beyond the border, and −1 and 1 are the
middles of the outermost pixels."""


@kept(64)
def _places(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return x, y and 1 of the points of a grid from −1 to 1, of shape (3, height · width)."""
    x, y = (
        # Of a single point 1.9.1 makes 0/0, which is no number.
        -1 + torch.arange(count, dtype=dtype) * torch.tensor(2.0).div(count - 1).to(dtype)
        for count in (width, height)
    )
    columns, rows = torch.meshgrid(x, y, indexing="xy")
    grid = torch.stack((columns, rows, torch.ones_like(rows)))
    return grid.view(3, height * width).to(device)


def _target(op: Operator, shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2 or min(shape) < 1:
        raise ParameterError(
            f"{type(op).__name__}: target_shape must be a height and a width above 0, got {shape}"
        )
    return shape[0], shape[1]


class GridGenerator(Operator):
    """Make a grid of points for `BilinearSampler`, from affine maps or from a flow.

    ``affine``: each row of data is a matrix (2, 3), which maps x, y and 1 of the points of an even
    grid from −1 to 1. ``warp``: data is added to the numbers of the pixels, and the sums brought to
    the range from −1 to 1. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.GridGenerator(
    ...     data=mx.array([[1, 0, 0.5, 0, 1, 0]]), transform_type="affine", target_shape=(2, 3)
    ... ).shape
    (1, 2, 2, 3)
    """

    floats_only = True

    data = Input("Matrices of shape (batch, 6), or a flow of shape (batch, 2, height, width).")
    transform_type: Literal["affine", "warp"] = param("What data is.")
    target_shape: tuple[int, ...] = param(
        "Height and width of an affine grid; a flow has its own.", default=(0, 0)
    )

    def check(self) -> None:
        """An affine grid needs its size."""
        if self.transform_type == "affine":
            _target(self, self.target_shape)

    def infer_shape(self, data: Shape) -> Shapes:
        """The grid has x and y on axis 1."""
        if self.transform_type == "affine":
            if len(data) != 2 or data[1] != 6:
                raise ShapeError(f"data must be affine matrices of shape (batch, 6), got {data}")
            return {"output": (data[0], 2, *self.target_shape)}
        if len(data) != 4 or data[1] != 2:
            raise ShapeError(f"data must be a flow of shape (batch, 2, height, width), got {data}")
        return {"output": data}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the grid."""
        if self.transform_type == "affine":
            height, width = _target(self, self.target_shape)
            grid = _places(height, width, data.dtype, data.device)
            result = data.new_empty((data.shape[0], 2, height, width)) if out is None else out
            torch.mm(data.reshape(-1, 3), grid, out=result.view(-1, height * width))
            return result
        numbers, halves = _pixels(data.shape[2], data.shape[3], data.dtype, data.device)
        return torch.add(data, numbers, out=out).div_(halves).sub_(1)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad times the even grid, or brought to the unit of pixels."""
        if self.transform_type == "warp":
            halves = _pixels(data_shape[2], data_shape[3], grad.dtype, grad.device)[1]
            return torch.div(grad, halves, out=out)
        height, width = _target(self, self.target_shape)
        grid = _places(height, width, grad.dtype, grad.device)
        result = grad.new_empty(data_shape) if out is None else out
        torch.mm(grad.reshape(-1, height * width), grid.t(), out=result.view(-1, 3))
        return result


@kept(64)
def _pixels(
    height: int, width: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return x and y of all pixels, (2, height, width), and half of the greatest of either."""
    x = torch.arange(width, dtype=dtype).expand(height, width)
    y = torch.arange(height, dtype=dtype)[:, None].expand(height, width)
    halves = torch.tensor([width - 1, height - 1], dtype=dtype).view(2, 1, 1) / 2
    return torch.stack((x, y)).to(device), halves.to(device)


def _sampled(data: Tensor, grid: Tensor) -> Tensor:
    """Return data, read at a grid (batch, height, width, 2)."""
    found: Tensor = aten.grid_sampler_2d(data, grid, _LINEAR, _ZEROS, _CORNERS)
    return found


def _sampled_gradients(
    grad: Tensor, data: Tensor, grid: Tensor, wants: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Return the gradients of data and grid, those that are wanted."""
    found: tuple[Tensor, Tensor] = aten.grid_sampler_2d_backward(
        grad, data, grid, _LINEAR, _ZEROS, _CORNERS, [wants[0], True]
    )
    return found


class BilinearSampler(Operator):
    """Read images at the points of a grid, between the pixels.

    The grid holds x and y of each point, −1 and 1 being the middles of the outermost pixels; beyond
    them images are 0. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.BilinearSampler(
    ...     data=mx.array([[[[1, 2], [3, 4]]]]), grid=mx.array([[[[-1, 0]], [[1, 1]]]])
    ... )
    NDArray([[[[3. , 3.5]]]], float32, CPU0)
    """

    floats_only = True
    speed_hints = ("cudnn_off",)

    data = Input("Images of shape (batch, channels, height, width).")
    grid = Input("Points of shape (batch, 2, target height, target width).")

    def infer_shape(self, data: Shape, grid: Shape) -> Shapes:
        """The output has the grid's height and width."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        if len(grid) != 4 or grid[1] != 2:
            raise ShapeError(f"grid must be (batch, 2, height, width), got {grid}")
        return {"grid": (data[0], 2, *grid[2:]), "output": (*data[:2], *grid[2:])}

    def forward(self, data: Tensor, grid: Tensor) -> Tensor:
        """Return the values at the points."""
        return _sampled(data, grid.permute(0, 2, 3, 1))

    def backward(
        self, grad: Tensor, data: Tensor, grid: Tensor, wants: frozenset[str]
    ) -> Mapping[str, Tensor]:
        """Return the gradients of images and points."""
        wanted = ("data" in wants, "grid" in wants)
        found = _sampled_gradients(grad, data, grid.permute(0, 2, 3, 1), wanted)
        return {"data": found[0], "grid": found[1].permute(0, 3, 1, 2)}


class SpatialTransformer(Operator):
    """Read images at the points of an affine map of an even grid.

    As `GridGenerator` with transform_type="affine" and `BilinearSampler` after it. Source: Apache
    MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.SpatialTransformer(
    ...     data=mx.Variable("data"), loc=mx.Variable("map"),
    ...     transform_type="affine", sampler_type="bilinear", target_shape=(4, 5),
    ... )
    >>> net.infer_shape(data=(2, 3, 8, 8))[:2]
    ([(2, 3, 8, 8), (2, 6)], [(2, 3, 4, 5)])
    """

    floats_only = True
    speed_hints = ("cudnn_off",)

    data = Input("Images of shape (batch, channels, height, width).")
    loc = Input("Matrices of shape (batch, 6).")
    target_shape: tuple[int, ...] = param("Height and width of the output.", default=(0, 0))
    transform_type: Literal["affine"] = param("What loc is.")
    sampler_type: Literal["bilinear"] = param("How images are read.")

    def check(self) -> None:
        """The output has a size."""
        _target(self, self.target_shape)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is one matrix for each image."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        return {"loc": (data[0], 6), "output": (*data[:2], *self.target_shape)}

    def forward(self, data: Tensor, loc: Tensor) -> Tensor:
        """Return the values at the points."""
        return _sampled(data, self._grid(loc))

    def _grid(self, loc: Tensor) -> Tensor:
        height, width = _target(self, self.target_shape)
        even = _places(height, width, loc.dtype, loc.device)
        return (loc.reshape(-1, 3) @ even).view(-1, 2, height, width).permute(0, 2, 3, 1)

    def backward(
        self, grad: Tensor, data: Tensor, loc: Tensor, wants: frozenset[str]
    ) -> Mapping[str, Tensor]:
        """Return the gradients of images and matrices."""
        wanted = ("data" in wants, "loc" in wants)
        images, points = _sampled_gradients(grad, data, self._grid(loc), wanted)
        height, width = _target(self, self.target_shape)
        even = _places(height, width, loc.dtype, loc.device)
        flat = points.permute(0, 3, 1, 2).reshape(-1, height * width)
        return {"data": images, "loc": (flat @ even.t()).view(loc.shape)}
