"""Bounding boxes: overlap, matching, encoding."""

from typing import Literal

import torch
from torch import Tensor

from ...core.errors import DataError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ._overlaps import crossings, matches, quotients

__all__ = [
    "FORMATS",
    "Format",
    "_contrib_bipartite_matching",
    "_contrib_box_decode",
    "_contrib_box_encode",
    "_contrib_box_iou",
]

Format = Literal["corner", "center"]
FORMATS = "corner: left, top, right, bottom; center: middle, width and height."


def _cornered(boxes: Tensor, form: str) -> Tensor:
    """Return left, top, right and bottom of boxes."""
    if form == "corner":
        return boxes
    middle, size = boxes[..., :2], boxes[..., 2:]
    half = torch.div(size, 2, out=torch.empty_like(size))
    corners = torch.empty_like(boxes)
    torch.sub(middle, half, out=corners[..., :2])
    torch.add(middle, half, out=corners[..., 2:])
    return corners


def _areas(boxes: Tensor, form: str) -> Tensor:
    """Return the areas of boxes; one that is turned inside out has none."""
    low = 0 if form == "center" else boxes[..., :2]
    sizes = torch.empty_like(boxes[..., 2:])
    wide, tall = torch.sub(boxes[..., 2:], low, out=sizes).clamp_min_(0).unbind(-1)
    return wide.mul_(tall)


class _contrib_box_iou(Operator):
    """Divide what each box has in common with each other one by what they cover together.

    No gradient flows through it. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.box_iou(
    ...     lhs=mx.array([[0, 0, 2, 2], [5, 5, 6, 6]]), rhs=mx.array([[1, 0, 2, 2]])
    ... )
    NDArray([[0.5],
             [0. ]], float32, CPU0)
    """

    aliases = ("box_iou", "contrib_box_iou")
    hint = "box_iou"
    floats_only = True

    lhs = Input("Boxes of shape (…, 4).", takes_gradient=False)
    rhs = Input("Other boxes of shape (…, 4).", takes_gradient=False)
    format: Format = param(FORMATS, default="corner")

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """Every box meets every other one."""
        for name, shape in (("lhs", lhs), ("rhs", rhs)):
            if len(shape) < 2 or shape[-1] != 4:
                raise ShapeError(f"{name} must be boxes of shape (…, 4), got {shape}")
        return {"output": (*lhs[:-1], *rhs[:-1])}

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the quotients."""
        first, second = lhs.reshape(-1, 4), rhs.reshape(-1, 4)
        common = crossings(_cornered(first, self.format), _cornered(second, self.format))
        found = quotients(common, _areas(first, self.format), _areas(second, self.format))
        apart = torch.empty(common.shape, dtype=torch.bool, device=common.device)
        found.masked_fill_(torch.le(common, 0, out=apart), 0)
        found = found.view(*lhs.shape[:-1], *rhs.shape[:-1])
        return found if out is None else out.copy_(found)


class _contrib_box_encode(Operator):
    """Tell where reference boxes lie relative to anchors, as a network shall learn it.

    Middles are counted in widths and heights of the anchor, sizes by the logarithm of their
    quotient; then means are subtracted, and stds divided by. The second output masks the samples
    above 0.5; the others are 0 in both. No gradient flows through it. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.box_encode(
    ...     *map(mx.Variable, ("samples", "matches", "anchors", "refs", "means", "stds"))
    ... )
    >>> net.infer_shape(samples=(2, 6), matches=(2, 6), anchors=(2, 6, 4), refs=(2, 3, 4))[1]
    [(2, 6, 4), (2, 6, 4)]
    """

    aliases = ("box_encode", "contrib_box_encode")
    hint = "box_encode"
    floats_only = True

    samples = Input("1 for what shall be learned, of shape (batch, boxes).", takes_gradient=False)
    matches = Input("Number of each box's reference, (batch, boxes).", takes_gradient=False)
    anchors = Input("Corners of anchors, (batch, boxes, 4).", takes_gradient=False)
    refs = Input("Corners of references, (batch, references, 4).", takes_gradient=False)
    means = Input("Four numbers to subtract.", takes_gradient=False)
    stds = Input("Four numbers to divide by.", takes_gradient=False)

    def outputs(self) -> tuple[str, ...]:
        """Targets and masks."""
        return ("output0", "output1")

    def infer_shape(self, anchors: Shape, refs: Shape) -> Shapes:
        """Each box has four numbers."""
        for name, shape in (("anchors", anchors), ("refs", refs)):
            if len(shape) != 3 or shape[2] != 4:
                raise ShapeError(f"{name} must be boxes of shape (batch, boxes, 4), got {shape}")
        rows = anchors[:2]
        references = (anchors[0], *refs[1:])
        return {
            "samples": rows,
            "matches": rows,
            "refs": references,
            "means": (4,),
            "stds": (4,),
            "output0": anchors,
            "output1": anchors,
        }

    def forward(
        self,
        samples: Tensor,
        matches: Tensor,
        anchors: Tensor,
        refs: Tensor,
        means: Tensor,
        stds: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return targets and masks."""
        number = matches.long()
        if bool(((number < 0) | (number >= refs.shape[1])).any()):
            raise DataError(
                "_contrib_box_encode: matches must be numbers of references, 0 to "
                f"{refs.shape[1] - 1}, got {int(number.min())} to {int(number.max())}"
            )
        matched = refs.gather(1, number[..., None].expand(-1, -1, 4))
        (middle, size), (center, extent) = _middles(matched), _middles(anchors)
        code = torch.cat(((middle - center) / extent, torch.log(size / extent)), -1)
        valid = (samples > 0.5)[..., None]
        targets = torch.where(valid, (code - means) / stds, 0)
        return targets, valid.expand(anchors.shape).to(anchors.dtype)


def _middles(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the middles and the sizes of boxes given by corners."""
    size = boxes[..., 2:] - boxes[..., :2]
    return boxes[..., :2] + size * 0.5, size


class _contrib_box_decode(Operator):
    """Return the corners of boxes from where they lie relative to anchors.

    What `box_encode` makes, but for the means. No gradient flows through it. Source: Apache MXNet
    1.9.1.

    >>> import symnet as mx
    >>> mx.box_decode(
    ...     data=mx.array([[[0.5, 0, 0, 0]]]), anchors=mx.array([[[1, 1, 2, 2]]])
    ... )
    NDArray([[[1., 0., 3., 2.]]], float32, CPU0)
    """

    aliases = ("box_decode", "contrib_box_decode")
    hint = "box_decode"
    floats_only = True

    data = Input("Numbers of shape (batch, boxes, 4).", takes_gradient=False)
    anchors = Input("Anchors of shape (1, boxes, 4).", takes_gradient=False)
    std0: float = param("Factor of the first number.", default=1.0)
    std1: float = param("Factor of the second number.", default=1.0)
    std2: float = param("Factor of the third number.", default=1.0)
    std3: float = param("Factor of the fourth number.", default=1.0)
    clip: float = param("Where above 0, greatest logarithm of a size.", default=-1.0)
    format: Format = param(f"Anchors. {FORMATS}", default="center")

    def infer_shape(self, data: Shape) -> Shapes:
        """Each box has an anchor, which all images share."""
        if len(data) != 3 or data[2] != 4:
            raise ShapeError(f"data must be (batch, boxes, 4), got {data}")
        return {"anchors": (1, data[1], 4), "output": data}

    def forward(self, data: Tensor, anchors: Tensor) -> Tensor:
        """Return the corners."""
        center, extent = anchors[..., :2], anchors[..., 2:]
        if self.format == "corner":
            center, extent = _middles(anchors)
        factors = data.new_tensor([self.std0, self.std1, self.std2, self.std3])
        middle = data[..., :2] * factors[:2] * extent + center
        growth = data[..., 2:] * factors[2:]
        if self.clip > 0:
            growth = growth.clamp_max(self.clip)
        half = growth.exp() * extent * 0.5
        return torch.cat((middle - half, middle + half), -1)


class _contrib_bipartite_matching(Operator):
    """Pair rows and columns of a matrix of scores, the best pair first.

    Returns the column of each row and the row of each column; -1 for those that are left over. No
    gradient flows through it. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> rows, columns = mx.bipartite_matching(
    ...     data=mx.array([[0.5, 0.6], [0.1, 0.2], [0.3, 0.4]]), threshold=0.01
    ... )
    >>> rows, columns
    (NDArray([ 1., -1.,  0.], float32, CPU0), NDArray([2., 0.], float32, CPU0))
    """

    aliases = ("bipartite_matching", "contrib_bipartite_matching")
    hint = "bipartite_matching"
    floats_only = True

    data = Input("Scores of shape (…, rows, columns).", takes_gradient=False)
    is_ascend: bool = param("Let the least score be the best.", default=False)
    threshold: float = param("Score that must be exceeded; with is_ascend, stayed below.")
    topk: int = param(
        "One less than the greatest number of pairs, as 1.9.1 counts; below 1 for all.", default=-1
    )

    def outputs(self) -> tuple[str, ...]:
        """Columns of rows, rows of columns."""
        return ("output0", "output1")

    def infer_shape(self, data: Shape) -> Shapes:
        """One number for each row and each column."""
        if len(data) < 2:
            raise ShapeError(f"data must be (…, rows, columns), got {data}")
        return {"output0": data[:-1], "output1": (*data[:-2], data[-1])}

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the partners."""
        scores = data.reshape(-1, *data.shape[-2:])
        scores = -scores if self.is_ascend else scores.clone()
        least = -self.threshold if self.is_ascend else self.threshold
        of_rows = data.new_full(scores.shape[:2], -1)
        of_columns = data.new_full((len(scores), scores.shape[2]), -1)
        limit = self.topk + 1 if self.topk > 0 else None
        for images, rows, columns, _ in matches(scores, least, limit):
            of_rows[images, rows] = columns.to(data.dtype)
            of_columns[images, columns] = rows.to(data.dtype)
        return of_rows.view(data.shape[:-1]), of_columns.view(*data.shape[:-2], data.shape[-1])
