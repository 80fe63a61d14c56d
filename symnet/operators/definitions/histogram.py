"""Histograms."""

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from .._tables import kept
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

    def forward(
        self, data: Tensor, bins: Tensor | None = None, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the counts and the edges."""
        edges = self._edges(data.dtype, data.device) if bins is None else bins
        if out is None:
            count = torch.empty(len(edges) - 1, dtype=torch.int64, device=data.device)
            out = count, torch.empty_like(edges)
        counts, limits = out
        simple = data.device.type == "cpu" and data.dtype in (torch.float32, torch.float64)
        if simple and data.numel() <= _SHORT:
            found = torch.empty(len(counts), dtype=data.dtype)
            torch.histogram(data.reshape(-1), edges, out=(found, limits))
            return counts.copy_(found), limits
        return counts.copy_(self._counted(data, edges)), limits.copy_(edges)

    def _counted(self, data: Tensor, edges: Tensor) -> Tensor:
        """Return the counts."""
        values, limits = data.reshape(-1), edges
        if not data.is_floating_point():
            values, limits = values.double(), edges.double()
        # The last bin holds its upper edge, so what is outside begins right above it.
        above = torch.nextafter(limits[-1:], torch.full_like(limits[-1:], torch.inf))
        limits = torch.cat([limits[:-1], above])
        few = len(edges) <= _FEW and len(values) < 1 << 24
        return (_by_comparing if few else _by_searching)(values, limits)

    def _edges(self, dtype: torch.dtype, device: torch.device) -> Tensor:
        """Return the edges of equal bins."""
        return _equal_edges(self.range or (0.0, 1.0), self.bin_cnt or 1, dtype, device)


@kept(64)
def _equal_edges(
    limits: tuple[float, ...], count: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    low, high = limits
    steps = torch.arange(count + 1, dtype=torch.float64, device=device)
    return ((steps * high + (count - steps) * low) / count).to(dtype)


_SHORT = 4096
"""Up to how many values it is fastest to look for the bin of each, one by one."""

_FEW = 64
"""Up to how many edges it is faster to compare all values with each."""


def _by_comparing(values: Tensor, edges: Tensor) -> Tensor:
    """Return how many values lie in each bin: those above one edge less those above the next."""
    at_once = max(1, 65536 // max(len(values), 1))
    reached = []
    for some in torch.split(edges, at_once):
        table = torch.empty((len(some), len(values)), dtype=torch.float32, device=values.device)
        reached.append(torch.ge(values, some.unsqueeze(1), out=table).sum(1))
    counts = torch.cat(reached).long()
    return counts[:-1] - counts[1:]


def _by_searching(values: Tensor, edges: Tensor) -> Tensor:
    places = torch.searchsorted(edges, values, right=True)
    return torch.bincount(places, minlength=len(edges) + 1)[1:-1]
