"""Patches of one image compared with those around the same place in another."""

from ...operators.definitions.correlation import Correlation
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []


@converter(Correlation)
def correlation(op: Correlation, to: Emitter, data1: Term, data2: Term) -> Term:
    """A product or difference for each displacement, and the mean of each patch."""
    height, width = data1.length(2), data1.length(3)
    layout = op.layout((1, data1.length(1), height, width))

    def area(padded: Term, down: int, right: int) -> Term:
        """Return the part of padded images that patches cover."""
        top, left = op.max_displacement + down, op.max_displacement + right
        ends = to.whole(top + layout.area[0], left + layout.area[1])
        return to("Slice", padded, to.whole(top, left), ends, to.whole(2, 3))

    pads = to.whole(0, 0, op.pad_size, op.pad_size, 0, 0, op.pad_size, op.pad_size)
    padded = [to("Pad", data, pads, to.constant(0, data.dtype)) for data in (data1, data2)]
    first, compared = area(padded[0], 0, 0), []
    for _, shift in layout.pairs():
        second = area(padded[1], *shift)
        found = first * second if op.is_multiply else to("Abs", first - second)
        compared.append(found.reduced("ReduceMean", 1))
    means = to("Concat", *compared, axis=1)
    if op.kernel_size == op.stride1 == 1:
        return means
    window = [op.kernel_size] * 2
    return to("AveragePool", means, kernel_shape=window, strides=[op.stride1] * 2)
