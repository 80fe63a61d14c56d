"""Operators over arrays: broadcasts, reductions, indices and shapes, against eager PyTorch."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from _operator_rows import LARGE, SMALL, Row, Shape, binary
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

import symnet as mx

__all__ = ["ROWS"]

COLUMNS_SMALL = {"lhs": (32, 64), "rhs": (32, 1)}
COLUMNS_LARGE = {"lhs": (256, 4096), "rhs": (256, 1)}
CUBE_SMALL, CUBE_LARGE = {"data": (8, 16, 32)}, {"data": (64, 128, 128)}
ROOMS_SMALL, ROOMS_LARGE = {"data": (8, 16, 8, 8)}, {"data": (32, 64, 28, 28)}


def signed(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.randn(shape, generator=generator)


def unit(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.rand(shape, generator=generator) * 1.2 - 0.6


def above_one(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.rand(shape, generator=generator) + 1.1


def plain(
    name: str,
    eager: Callable[..., Any],
    shapes: tuple[Mapping[str, Shape], Mapping[str, Shape]] = (SMALL, LARGE),
    /,
    *,
    forward_only: bool = False,
    draws: Mapping[str, Callable[[torch.Generator, Shape], Tensor]] | None = None,
    **parameters: Any,
) -> Row:
    """Return the row of an operator, of the same name in symnet."""
    return Row(
        getattr(mx, name),
        parameters,
        eager,
        *shapes,
        draws=draws or {},
        forward_only=forward_only,
    )


def broadcast(name: str, eager: Callable[..., Tensor], *, forward_only: bool = False) -> Row:
    shapes = COLUMNS_SMALL, COLUMNS_LARGE
    return plain(f"broadcast_{name}", eager, shapes, forward_only=forward_only)


def smooth_l1(data: Tensor) -> Tensor:
    return F.smooth_l1_loss(data, torch.zeros_like(data), reduction="none")


ELEMENTWISE: dict[str, Row] = {
    **{
        name: plain(name, eager)
        for name, eager in (
            *((name, getattr(torch, name)) for name in ("log10", "log2", "log1p", "expm1")),
            *((name, getattr(torch, name)) for name in ("reciprocal", "negative", "trunc")),
            *((name, getattr(torch, name)) for name in ("tan", "sinh", "cosh", "tanh", "erf")),
            *((name, getattr(torch, name)) for name in ("relu", "sigmoid")),
            ("arctan", torch.atan),
            ("arcsinh", torch.asinh),
            ("degrees", torch.rad2deg),
            ("radians", torch.deg2rad),
            ("gammaln", torch.lgamma),
            ("softsign", F.softsign),
            ("cbrt", lambda d: torch.sign(d) * torch.abs(d) ** (1 / 3)),
            ("rcbrt", lambda d: d ** (-1 / 3)),
            ("hard_sigmoid", lambda d: torch.clamp(0.2 * d + 0.5, 0, 1)),
            ("identity", lambda d: d * 1),
        )
    },
    **{
        name: plain(name, eager, draws={"data": unit})
        for name, eager in (
            ("arcsin", torch.asin),
            ("arccos", torch.acos),
            ("arctanh", torch.atanh),
            ("erfinv", torch.erfinv),
        )
    },
    "arccosh": plain("arccosh", torch.acosh, draws={"data": above_one}),
    "gamma": plain("gamma", lambda d: torch.exp(torch.lgamma(d))),
    "smooth_l1": plain("smooth_l1", smooth_l1, scalar=1.0),
    "where": Row(
        mx.where,
        {},
        lambda c, x, y: torch.where(c != 0, x, y),
        {"condition": (32, 64), "x": (32, 64), "y": (32, 64)},
        {"condition": (256, 4096), "x": (256, 4096), "y": (256, 4096)},
        indices={"condition": 2},
    ),
    "logical_not": plain("logical_not", lambda d: (d == 0).float(), forward_only=True),
    "_greater": Row(
        mx._greater,
        {},
        lambda a, b: (a > b).float(),
        binary(SMALL),
        binary(LARGE),
        forward_only=True,
    ),
    "_greater_scalar": Row(
        lambda **v: mx._greater_scalar(v["data"], scalar=0.5),
        {},
        lambda d: (d > 0.5).float(),
        SMALL,
        LARGE,
        forward_only=True,
    ),
    "_mod_scalar": Row(
        lambda **v: mx._mod_scalar(v["data"], scalar=0.3), {}, lambda d: d % 0.3, SMALL, LARGE
    ),
    "_hypot": Row(mx._hypot, {}, torch.hypot, binary(SMALL), binary(LARGE)),
    "_MaximumScalar": Row(
        lambda **v: mx._MaximumScalar(v["data"], scalar=0.5),
        {},
        lambda d: torch.clamp(d, min=0.5),
        SMALL,
        LARGE,
    ),
    "Cast": Row(
        lambda **v: mx.Cast(mx.Cast(v["data"], dtype="float64"), dtype="float32"),
        {},
        lambda d: d.double().float(),
        SMALL,
        LARGE,
    ),
}

BROADCASTS: dict[str, Row] = {
    "broadcast_add": broadcast("add", torch.add),
    "broadcast_sub": broadcast("sub", torch.sub),
    "broadcast_mul": broadcast("mul", torch.mul),
    "broadcast_div": broadcast("div", torch.div),
    "broadcast_power": broadcast("power", torch.pow),
    "broadcast_hypot": broadcast("hypot", torch.hypot),
    "broadcast_maximum": broadcast("maximum", torch.maximum),
    "broadcast_mod": broadcast("mod", torch.remainder),
    "broadcast_greater": broadcast("greater", lambda a, b: (a > b).float(), forward_only=True),
    "broadcast_equal": broadcast("equal", lambda a, b: (a == b).float(), forward_only=True),
    "broadcast_logical_and": broadcast(
        "logical_and", lambda a, b: torch.logical_and(a, b).float(), forward_only=True
    ),
    "broadcast_to": Row(
        mx.broadcast_to,
        {"shape": (0, 64)},
        lambda d: d.expand(-1, 64),
        {"data": (64, 1)},
        {"data": (16384, 1)},
    ),
    "broadcast_axis": Row(
        mx.broadcast_axis,
        {"axis": 1, "size": 64},
        lambda d: d.expand(-1, 64, -1),
        {"data": (8, 1, 32)},
        {"data": (64, 1, 512)},
    ),
    "broadcast_like": Row(
        mx.broadcast_like,
        {},
        lambda d, like: d.expand_as(like),
        {"lhs": (32, 1), "rhs": (32, 64)},
        {"lhs": (256, 1), "rhs": (256, 4096)},
        fixed=("rhs",),
    ),
}


def norm_of(data: Tensor) -> Tensor:
    return torch.linalg.vector_norm(data, 2, dim=1)


REDUCTIONS: dict[str, Row] = {
    **{
        f"{name}, axis {axis}": plain(name, eager, axis=axis)
        for axis in (0, 1)
        for name, eager in (
            ("sum", lambda d, axis=axis: torch.sum(d, axis)),
            ("mean", lambda d, axis=axis: torch.mean(d, axis)),
            ("max", lambda d, axis=axis: torch.amax(d, axis)),
            ("min", lambda d, axis=axis: torch.amin(d, axis)),
            ("prod", lambda d, axis=axis: torch.prod(d, axis)),
            ("nansum", lambda d, axis=axis: torch.nansum(d, axis)),
            ("nanprod", lambda d, axis=axis: torch.prod(torch.nan_to_num(d, nan=1.0), axis)),
        )
    },
    "sum, axes 0 2": plain("sum", lambda d: d.sum((0, 2)), (CUBE_SMALL, CUBE_LARGE), axis=(0, 2)),
    "sum": plain("sum", torch.sum),
    "mean": plain("mean", torch.mean),
    "norm": plain("norm", torch.linalg.vector_norm),
    "norm, axis 1": plain("norm", norm_of, axis=1),
    "norm, ord 1": plain("norm", lambda d: torch.linalg.vector_norm(d, 1, 1), axis=1, ord=1),
    "_square_sum": plain("_square_sum", lambda d: (d * d).sum(1), axis=1),
    "moments": plain(
        "moments", lambda d: tuple(reversed(torch.var_mean(d, 1, correction=0))), axes=(1,)
    ),
    "cumsum": Row(
        mx.cumsum,
        {"axis": 1},
        lambda d: torch.cumsum(d, 1),
        {"a": (32, 64)},
        {"a": (256, 4096)},
    ),
    "argmax": plain("argmax", lambda d: d.argmax(1).float(), axis=1, forward_only=True),
    "argmin": plain("argmin", lambda d: d.argmin(1).float(), axis=1, forward_only=True),
    "argmax_channel": plain("argmax_channel", lambda d: d.argmax(1).float(), forward_only=True),
    "_histogram": Row(
        lambda **v: mx._histogram(v["data"], bin_cnt=10, range=(0, 1))[0],
        {},
        lambda d: torch.histogram(d, 10, range=(0, 1)).hist.long(),  # bins by edges, exactly
        SMALL,
        LARGE,
        forward_only=True,
    ),
}


def scatter(data: Tensor, indices: Tensor) -> Tensor:
    whole = indices.long()
    return data.new_zeros(64, 64).index_put((whole[0], whole[1]), data)


def ranks(data: Tensor, *, descending: bool = False) -> Tensor:
    """Tell where numbers stand that come first, second …; of equal ones the first comes first."""
    return torch.sort(data, dim=-1, stable=True, descending=descending).indices


INDICES: dict[str, Row] = {
    "take": Row(
        mx.take,
        {},
        lambda a, i: a[i.long()],
        {"a": (64, 32), "indices": (32,)},
        {"a": (1000, 256), "indices": (4096,)},
        indices={"indices": 64},
    ),
    "take, axis 1": Row(
        mx.take,
        {"axis": 1},
        lambda a, i: torch.index_select(a, 1, i.long()),
        {"a": (32, 64), "indices": (32,)},
        {"a": (256, 4096), "indices": (1024,)},
        indices={"indices": 64},
    ),
    "batch_take": Row(
        mx.batch_take,
        {},
        lambda a, i: a.gather(1, i.long()[:, None])[:, 0],
        {"a": (32, 64), "indices": (32,)},
        {"a": (4096, 256), "indices": (4096,)},
        indices={"indices": 64},
    ),
    "pick": Row(
        mx.pick,
        {},
        lambda d, i: d.gather(1, i.long()[:, None])[:, 0],
        {"data": (32, 64), "index": (32,)},
        {"data": (4096, 256), "index": (4096,)},
        indices={"index": 64},
    ),
    "one_hot": Row(
        mx.one_hot,
        {"depth": 64},
        lambda i: F.one_hot(i.long(), 64).float(),
        {"indices": (32,)},
        {"indices": (16384,)},
        indices={"indices": 64},
        forward_only=True,
    ),
    "gather_nd": Row(
        mx.gather_nd,
        {},
        lambda d, i: d[i.long()[0], i.long()[1]],
        {"data": (64, 64, 4), "indices": (2, 32)},
        {"data": (64, 64, 64), "indices": (2, 4096)},
        indices={"indices": 64},
    ),
    "scatter_nd": Row(
        mx.scatter_nd,
        {"shape": (64, 64)},
        scatter,
        {"data": (32,), "indices": (2, 32)},
        {"data": (4096,), "indices": (2, 4096)},
        indices={"indices": 64},
    ),
    "sort": plain("sort", lambda d: d.sort(-1).values),
    "argsort": plain("argsort", lambda d: ranks(d).float(), forward_only=True),
    "topk": plain(
        "topk", lambda d: ranks(d, descending=True)[:, :5].float(), k=5, forward_only=True
    ),
    "topk, value": plain("topk", lambda d: d.topk(5)[0], k=5, ret_typ="value"),
    "_shuffle": plain("_shuffle", lambda d: d[torch.randperm(d.shape[0])]),
}


def grids(data: Tensor) -> Tensor:
    n, c, h, w = data.shape
    return data.view(n, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, -1, 2 * h, 2 * w)


def blocks(data: Tensor) -> Tensor:
    n, _, h, w = data.shape
    return (
        data.view(n, -1, h // 2, 2, w // 2, 2)
        .permute(0, 3, 5, 1, 2, 4)
        .reshape(n, -1, h // 2, w // 2)
    )


SHAPES: dict[str, Row] = {
    "expand_dims": plain("expand_dims", lambda d: d.unsqueeze(1), axis=1),
    "transpose": plain(
        "transpose", lambda d: d.permute(2, 0, 1), (CUBE_SMALL, CUBE_LARGE), axes=(2, 0, 1)
    ),
    "slice": plain("slice", lambda d: d[4:28, 8:40], begin=(4, 8), end=(28, 40)),
    "slice, step": plain(
        "slice", lambda d: d[::2, ::2], begin=(0, 0), end=(None, None), step=(2, 2)
    ),
    "slice_axis": plain("slice_axis", lambda d: d[:, 8:40], axis=1, begin=8, end=40),
    "slice_like": Row(
        mx.slice_like,
        {},
        lambda d, like: d[: like.shape[0], : like.shape[1]],
        {"data": (32, 64), "shape_like": (16, 32)},
        {"data": (256, 4096), "shape_like": (128, 2048)},
        fixed=("shape_like",),
    ),
    "stack": Row(
        mx.stack,
        {"axis": 1},
        lambda a, b: torch.stack([a, b], 1),
        {"arg0": (32, 64), "arg1": (32, 64)},
        {"arg0": (256, 4096), "arg1": (256, 4096)},
    ),
    "_split_v2": Row(
        lambda **v: mx._split_v2(v["data"], indices=(0, 16, 32))[1],
        {},
        lambda d: d[:, 16:32],
        SMALL,
        LARGE,
    ),
    "tile": plain("tile", lambda d: d.repeat(2, 3), reps=(2, 3)),
    "repeat": plain("repeat", lambda d: d.repeat_interleave(3, 1), repeats=3, axis=1),
    "reverse": plain("reverse", lambda d: d.flip(1), axis=1),
    "depth_to_space": plain("depth_to_space", grids, (ROOMS_SMALL, ROOMS_LARGE), block_size=2),
    "space_to_depth": plain("space_to_depth", blocks, (ROOMS_SMALL, ROOMS_LARGE), block_size=2),
    "diag": plain("diag", torch.diagonal),
    **{
        f"Pad, {mode}": plain(
            "Pad",
            lambda d, torch_mode=torch_mode: F.pad(d, (1, 2, 3, 1), mode=torch_mode),
            (ROOMS_SMALL, ROOMS_LARGE),
            mode=mode,
            pad_width=(0, 0, 0, 0, 3, 1, 1, 2),
        )
        for mode, torch_mode in (
            ("constant", "constant"),
            ("edge", "replicate"),
            ("reflect", "reflect"),
        )
    },
    "zeros_like": plain("zeros_like", torch.zeros_like, forward_only=True),
    "_contrib_arange_like": plain(
        "_contrib_arange_like",
        lambda d: torch.arange(d.numel(), dtype=torch.float32).view(d.shape),
        forward_only=True,
    ),
}


ROWS: dict[str, Row] = {**ELEMENTWISE, **BROADCASTS, **REDUCTIONS, **INDICES, **SHAPES}
