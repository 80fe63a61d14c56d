"""Rows of convolution and pooling over one and three axes, in other layouts, and of their kinds."""

from typing import Any

from op_testing import Row, Shape, distinct, fractions, positive
from window_references import convolution, deconvolution, pooling

__all__ = ["ROWS"]


def convolved(data: Shape, weight: Shape, output: Shape, kernel: Shape, **params: Any) -> Row:
    params = {"kernel": kernel, "num_filter": weight[0], **params}
    shapes = {"data": data, "weight": weight, "bias": weight[:1]}
    if params.get("no_bias"):
        del shapes["bias"]
    return Row("Convolution", params, shapes, output, convolution)


def enlarged(data: Shape, weight: Shape, output: Shape, kernel: Shape, **params: Any) -> Row:
    last = params.get("layout", "").endswith("C")
    filters = output[-1 if last else 1]
    params = {"kernel": kernel, "num_filter": filters, **params}
    shapes = {"data": data, "weight": weight}
    if params.get("no_bias") is False:
        shapes["bias"] = (filters,)
    return Row("Deconvolution", params, shapes, output, deconvolution)


CONVOLUTIONS = (
    convolved((2, 2, 5), (3, 2, 3), (2, 3, 3), (3,), stride=(2,), pad=(1,)),
    convolved((1, 2, 7), (2, 1, 2), (1, 2, 5), (2,), dilate=(2,), num_group=2, no_bias=True),
    convolved((1, 2, 3, 3, 4), (2, 2, 2, 1, 3), (1, 2, 2, 3, 2), (2, 1, 3)),
    convolved(
        (1, 2, 3, 3, 2), (2, 1, 2, 2, 1), (1, 2, 4, 2, 1), (2, 2, 1), pad=(1, 1, 0),
        stride=(1, 3, 2), num_group=2,
    ),
    convolved((2, 5, 2), (3, 3, 2), (2, 3, 3), (3,), layout="NWC"),
    convolved((1, 5, 4, 4), (2, 3, 2, 2), (1, 3, 2, 2), (3, 2), num_group=2, layout="NHWC",
              stride=(1, 2)),
    convolved((1, 3, 3, 2, 2), (2, 2, 2, 1, 2), (1, 2, 2, 2, 2), (2, 2, 1), layout="NDHWC"),
    convolved((2, 2, 5), (3, 2, 3), (2, 3, 3), (3,), layout="NCW"),
    enlarged((2, 2, 4), (2, 3, 3), (2, 3, 8), (3,), stride=(2,), pad=(1,), adj=(1,)),
    enlarged((1, 2, 2, 2, 2), (2, 1, 2, 1, 2), (1, 2, 3, 2, 4), (2, 1, 2), num_group=2,
             stride=(1, 1, 2)),
    enlarged((1, 3, 2, 2), (2, 2, 3, 3), (1, 5, 8, 3), (2, 3), stride=(2, 4), layout="NHWC",
             pad=(1, 0), adj=(1, 1), no_bias=False),
    enlarged((1, 3, 2), (2, 2, 3), (1, 4, 3), (2,), layout="NWC", no_bias=False),
)  # fmt: skip


def pooled(data: Shape, output: Shape, pool_type: str, why: str = "", **params: Any) -> Row:
    draws = {"data": {"max": distinct, "lp": positive}.get(pool_type, fractions)}
    return Row("Pooling", {"pool_type": pool_type, **params}, {"data": data}, output, pooling,
               why, draws=draws)  # fmt: skip


SEQUENCE = {"kernel": (3,), "stride": (2,), "pad": (1,)}
VOLUME = {"kernel": (2, 2, 3), "stride": (2, 1, 2)}
WIDE = {"kernel": (3, 3), "stride": (3, 3), "pad": (2, 2)}
POOLINGS = (
    *(pooled((2, 2, 6), (2, 2, 4), kind, **SEQUENCE) for kind in ("max", "avg", "sum")),
    pooled((1, 2, 6), (1, 2, 3), "max", pooling_convention="valid", **SEQUENCE),
    *(pooled((1, 2, 3, 3, 4), (1, 2, 2, 2, 2), kind, **VOLUME) for kind in ("max", "avg", "sum")),
    pooled((1, 1, 4, 4, 4), (1, 1, 1, 3, 1), "max", "three axes", pooling_convention="valid",
           kernel=(3, 2, 3), stride=(2, 1, 2)),
    pooled((1, 1, 2, 2, 2), (1, 1, 2, 2, 2), "max", "windows in padding", kernel=(2, 2, 2),
           stride=(3, 3, 3), pad=(1, 1, 1)),
    *(pooled((2, 3, 4), (2, 3, 1), kind, global_pool=True) for kind in ("max", "avg", "sum")),
    pooled((2, 1, 2, 2, 3), (2, 1, 1, 1, 1), "avg", global_pool=True),
    *(pooled((1, 5, 4, 2), (1, 2, 3, 2), kind, kernel=(3, 2), stride=(2, 1), layout="NHWC")
      for kind in ("max", "avg")),
    pooled((1, 6, 2), (1, 4, 2), "max", layout="NWC", **SEQUENCE),
    pooled((1, 3, 3, 2, 2), (1, 2, 2, 1, 2), "max", kernel=(2, 2, 2), layout="NDHWC"),
    pooled((2, 3, 4, 5), (2, 1, 1, 5), "sum", global_pool=True, layout="NHWC"),
    *(pooled((1, 1, 4, 4), (1, 1, 3, 3), "avg", count_include_pad=counted, **WIDE)
      for counted in (True, False)),
    pooled((1, 2, 4, 5), (1, 2, 2, 3), "avg", count_include_pad=False, kernel=(3, 3),
           stride=(2, 2), pad=(1, 1), pooling_convention="valid"),
    pooled((1, 2, 6), (1, 2, 4), "avg", count_include_pad=False, **SEQUENCE),
    *(pooled((1, 2, 4, 5), (1, 2, 2, 3), "lp", p_value=p, kernel=(2, 3), stride=(3, 2),
             pad=(1, 1)) for p in (1, 2, 3)),
    pooled((1, 2, 5), (1, 2, 3), "lp", p_value=2, kernel=(2,), stride=(2,)),
    pooled((1, 1, 2, 3, 2), (1, 1, 1, 1, 1), "lp", p_value=3, global_pool=True),
    *(pooled((1, 2, 7), (1, 2, 4), kind, pooling_convention="same", kernel=(3,), stride=(2,))
      for kind in ("max", "avg")),
    pooled((1, 1, 4, 5), (1, 1, 2, 2), "max", pooling_convention="same", kernel=(3, 2),
           stride=(2, 3)),
)  # fmt: skip


ROWS = (*CONVOLUTIONS, *POOLINGS)
