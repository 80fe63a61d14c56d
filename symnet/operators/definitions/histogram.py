"""Counting values."""

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["_histogram"]


class _histogram(Operator):
    """Count the values between edges: of equal bins over a range, or of bins that are given.

    The last bin holds its upper edge too; what lies outside is not counted. Returns the counts and
    the edges. Source: Apache MXNet 1.9.1, ``histogram``.
    """

    aliases = ("_npi_histogram",)

    data = Input("Values, of any shape.", takes_gradient=False)
    bins = Input(
        "Edges that rise, one more than bins.",
        when=lambda op: op.bin_cnt is None,
        takes_gradient=False,
    )
    bin_cnt: int | None = param("Number of equal bins; None for those given.", default=None, min=1)
    range: tuple[float, ...] | None = param("Lowest and highest edge.", default=None)

    def check(self) -> None:
        """A count comes with a range."""
        if (self.bin_cnt is None) != (self.range is None):
            raise ParameterError("_histogram: bin_cnt and range are given both, or neither")
        if self.range is not None and (len(self.range) != 2 or self.range[0] >= self.range[1]):
            raise ParameterError(f"_histogram: range must be (low, high), got {self.range}")

    def outputs(self) -> tuple[str, ...]:
        """Return the names of the counts and of the edges."""
        return ("output0", "output1")

    def output_dtypes(self, shared: torch.dtype) -> tuple[torch.dtype, ...]:
        """Counts are whole, edges as the data."""
        return torch.int64, shared

    def infer_shape(self, data: Shape, bins: Shape | None = None) -> Shapes:
        """There is one edge more than bins."""
        if self.bin_cnt is not None:
            return {"output0": (self.bin_cnt,), "output1": (self.bin_cnt + 1,)}
        if bins is None:
            return {}
        if len(bins) != 1 or bins[0] < 2:
            raise ShapeError(f"bins must be a vector of 2 edges or more, got {bins}")
        return {"output0": (bins[0] - 1,), "output1": bins}

    def forward(self, data: Tensor, bins: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the counts and the edges."""
        edges = self._edges(data) if bins is None else bins.clone()
        values, limits = data.reshape(-1), edges
        if not data.is_floating_point():
            values, limits = values.double(), edges.double()
        few = len(edges) <= _FEW and len(values) < 1 << 24
        return (_by_comparing if few else _by_searching)(values, limits), edges

    def _edges(self, data: Tensor) -> Tensor:
        """Return the edges of equal bins, in the data's element type."""
        count = self.bin_cnt or 1
        low, high = self.range or (0.0, 1.0)
        steps = torch.arange(count + 1, dtype=torch.float64, device=data.device)
        return ((steps * high + (count - steps) * low) / count).to(data.dtype)


_FEW = 64
"""Up to how many edges it is faster to compare all values with each."""


def _by_comparing(values: Tensor, edges: Tensor) -> Tensor:
    """Return how many values lie in each bin: those above one edge less those above the next."""
    at_once = max(1, 65536 // max(len(values), 1))
    reached = []
    for some in torch.split(edges[:-1], at_once):
        table = torch.empty((len(some), len(values)), dtype=torch.float32, device=values.device)
        reached.append(torch.ge(values, some.unsqueeze(1), out=table).sum(1))
    reached.append((values > edges[-1]).sum(0, keepdim=True))
    counts = torch.cat(reached).long()
    return counts[:-1] - counts[1:]


def _by_searching(values: Tensor, edges: Tensor) -> Tensor:
    # The last bin holds its upper edge, so what is outside begins right above it.
    above = torch.nextafter(edges[-1:], torch.full_like(edges[-1:], torch.inf))
    places = torch.searchsorted(torch.cat([edges[:-1], above]), values, right=True)
    return torch.bincount(places, minlength=len(edges) + 1)[1:-1]
