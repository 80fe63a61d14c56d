"""Operators of the documents, each with the same thing written in eager PyTorch."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

import symnet as mx

__all__ = [
    "DATA",
    "IMAGES_LARGE",
    "IMAGES_SMALL",
    "LARGE",
    "ROWS",
    "SMALL",
    "Row",
    "Shape",
    "binary",
    "unary",
]

Shape = tuple[int, ...]


class Row(NamedTuple):
    """One operator: its symbol, and the same written in eager PyTorch.

    Args:
        symbol: takes variables by the names of its arguments.
        parameters: what it is given besides.
        eager: takes tensors in the order of the shapes; a tensor or several.
        small: shapes by argument.
        large: shapes by argument.
        indices: arguments that are whole numbers below a count; they have no gradient.
        draws: how other numbers than those between 0.1 and 1.1 are drawn, by argument.
        fixed: arguments without gradient.
        states: arguments of `eager` that the operator has as auxiliary states.
        loss: whether it needs no head gradient; `label` then has no gradient.
        forward_only: whether there is no gradient to compute.
    """

    symbol: Callable[..., mx.SymbolicNode]
    parameters: Mapping[str, Any]
    eager: Callable[..., Any]
    small: Mapping[str, Shape]
    large: Mapping[str, Shape]
    indices: Mapping[str, int] = {}
    draws: Mapping[str, Callable[[torch.Generator, Shape], Tensor]] = {}
    fixed: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    loss: bool = False
    forward_only: bool = False

    def constant(self) -> frozenset[str]:
        """Return the arguments that get no gradient."""
        label = ("label",) if self.loss else ()
        return frozenset((*self.indices, *self.fixed, *self.states, *label))


DATA = {"data", "lhs", "rhs", "arg0", "arg1"}
"""The inputs that come from the layer before; the others are parameters, labels or states."""

SMALL, LARGE = {"data": (32, 64)}, {"data": (256, 4096)}
IMAGES_SMALL, IMAGES_LARGE = {"data": (8, 16, 14, 14)}, {"data": (32, 64, 28, 28)}


def unary(name: str, eager: Callable[[Tensor], Tensor]) -> Row:
    return Row(getattr(mx, name), {}, eager, SMALL, LARGE)


def batch_norm(data: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, var: Tensor) -> Tensor:
    return F.batch_norm(data, mean, var, gamma, beta, training=True, momentum=0.1, eps=1e-3)


def binary(x: Mapping[str, Shape]) -> Mapping[str, Shape]:
    return {"lhs": x["data"], "rhs": x["data"]}


ROWS: dict[str, Row] = {
    "FullyConnected": Row(
        mx.FullyConnected,
        {"num_hidden": 256},
        F.linear,
        {"data": (32, 64), "weight": (256, 64), "bias": (256,)},
        {"data": (256, 1024), "weight": (256, 1024), "bias": (256,)},
    ),
    "Convolution": Row(
        mx.Convolution,
        {"kernel": (3, 3), "pad": (1, 1), "num_filter": 64},
        lambda d, w, b: F.conv2d(d, w, b, padding=1),
        {"data": (8, 16, 14, 14), "weight": (64, 16, 3, 3), "bias": (64,)},
        {"data": (16, 64, 28, 28), "weight": (64, 64, 3, 3), "bias": (64,)},
    ),
    "Convolution, depthwise": Row(
        mx.Convolution,
        {"kernel": (3, 3), "pad": (1, 1), "num_filter": 64, "num_group": 64, "no_bias": True},
        lambda d, w: F.conv2d(d, w, None, padding=1, groups=64),
        {"data": (8, 64, 14, 14), "weight": (64, 1, 3, 3)},
        {"data": (16, 64, 56, 56), "weight": (64, 1, 3, 3)},
    ),
    "Deconvolution": Row(
        mx.Deconvolution,
        {"kernel": (4, 4), "pad": (1, 1), "stride": (2, 2), "num_filter": 32},
        lambda d, w: F.conv_transpose2d(d, w, None, stride=2, padding=1),
        {"data": (8, 16, 7, 7), "weight": (16, 32, 4, 4)},
        {"data": (16, 64, 14, 14), "weight": (64, 32, 4, 4)},
    ),
    "Pooling, max": Row(
        mx.Pooling,
        {"kernel": (2, 2), "stride": (2, 2), "pool_type": "max"},
        lambda d: F.max_pool2d(d, 2),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "Pooling, avg": Row(
        mx.Pooling,
        {"kernel": (2, 2), "stride": (2, 2), "pool_type": "avg"},
        lambda d: F.avg_pool2d(d, 2),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "BatchNorm": Row(
        mx.BatchNorm,
        {"fix_gamma": False},
        batch_norm,
        {**IMAGES_SMALL, "gamma": (16,), "beta": (16,)},
        {**IMAGES_LARGE, "gamma": (64,), "beta": (64,)},
        states=("moving_mean", "moving_var"),
    ),
    "LRN": Row(
        mx.LRN,
        {"nsize": 5},
        lambda d: F.local_response_norm(d, 5, k=2.0),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "LayerNorm": Row(
        mx.LayerNorm,
        {},
        lambda d, g, b: F.layer_norm(d, g.shape, g, b),
        {**SMALL, "gamma": (64,), "beta": (64,)},
        {**LARGE, "gamma": (4096,), "beta": (4096,)},
    ),
    "InstanceNorm": Row(
        mx.InstanceNorm,
        {},
        lambda d, g, b: F.instance_norm(d, weight=g, bias=b, eps=1e-3),
        {**IMAGES_SMALL, "gamma": (16,), "beta": (16,)},
        {**IMAGES_LARGE, "gamma": (64,), "beta": (64,)},
    ),
    "GroupNorm": Row(
        mx.GroupNorm,
        {"num_groups": 1},
        lambda d, g, b: F.layer_norm(d, d.shape[1:]) * g + b,
        {**IMAGES_SMALL, "gamma": (1,), "beta": (1,)},
        {**IMAGES_LARGE, "gamma": (1,), "beta": (1,)},
    ),
    "L2Normalization": Row(mx.L2Normalization, {}, F.normalize, SMALL, LARGE),
    "softmax": Row(mx.softmax, {}, lambda d: F.softmax(d, -1), SMALL, LARGE),
    "log_softmax": Row(mx.log_softmax, {}, lambda d: F.log_softmax(d, -1), SMALL, LARGE),
    "linalg_gemm2": Row(
        mx.linalg_gemm2,
        {"transpose_b": True},
        lambda a, b: torch.bmm(a, b.mT),
        {"A": (8, 32, 16), "B": (8, 32, 16)},
        {"A": (32, 128, 64), "B": (32, 128, 64)},
    ),
    **{
        f"Activation, {name}": Row(mx.Activation, {"act_type": name}, eager, SMALL, LARGE)
        for name, eager in (
            ("relu", torch.relu),
            ("sigmoid", torch.sigmoid),
            ("tanh", torch.tanh),
            ("softrelu", F.softplus),
        )
    },
    "LeakyReLU": Row(mx.LeakyReLU, {}, lambda d: F.leaky_relu(d, 0.25), SMALL, LARGE),
    "SoftmaxActivation": Row(mx.SoftmaxActivation, {}, lambda d: torch.softmax(d, 1), SMALL, LARGE),
    "SoftmaxOutput": Row(
        mx.SoftmaxOutput,
        {},
        lambda d, label: F.cross_entropy(d, label.long(), reduction="sum"),
        {"data": (32, 64), "label": (32,)},
        {"data": (256, 4096), "label": (256,)},
        indices={"label": 64},
        loss=True,
    ),
    "LinearRegressionOutput": Row(
        mx.LinearRegressionOutput,
        {},
        lambda d, label: F.mse_loss(d, label, reduction="sum"),
        {"data": (32, 64), "label": (32, 64)},
        {"data": (256, 4096), "label": (256, 4096)},
        loss=True,
    ),
    "LogisticRegressionOutput": Row(
        mx.LogisticRegressionOutput,
        {},
        lambda d, label: F.binary_cross_entropy_with_logits(d, label, reduction="sum"),
        {"data": (32, 64), "label": (32, 64)},
        {"data": (256, 4096), "label": (256, 4096)},
        loss=True,
    ),
    "MAERegressionOutput": Row(
        mx.MAERegressionOutput,
        {},
        lambda d, label: F.l1_loss(d, label, reduction="sum"),
        {"data": (32, 64), "label": (32, 64)},
        {"data": (256, 4096), "label": (256, 4096)},
        loss=True,
    ),
    "LeakyReLU, elu": Row(
        mx.LeakyReLU, {"act_type": "elu"}, lambda d: F.elu(d, 0.25), SMALL, LARGE
    ),
    "LeakyReLU, prelu": Row(
        mx.LeakyReLU,
        {"act_type": "prelu"},
        F.prelu,
        {**IMAGES_SMALL, "gamma": (16,)},
        {**IMAGES_LARGE, "gamma": (64,)},
    ),
    "LeakyReLU, rrelu": Row(
        mx.LeakyReLU,
        {"act_type": "rrelu"},
        lambda d: F.rrelu(d, 0.125, 0.334, training=True),
        SMALL,
        LARGE,
    ),
    "clip": Row(
        mx.clip,
        {"a_min": 0.2, "a_max": 0.8},
        lambda d: torch.clamp(d, 0.2, 0.8),
        SMALL,
        LARGE,
    ),
    "dot": Row(
        mx.dot,
        {},
        torch.mm,
        {"lhs": (32, 64), "rhs": (64, 128)},
        {"lhs": (256, 1024), "rhs": (1024, 512)},
    ),
    "Crop": Row(
        lambda **v: mx.Crop(v["data"], h_w=(8, 8), center_crop=True),
        {},
        lambda d: d[:, :, (d.shape[2] - 8) // 2 :, (d.shape[3] - 8) // 2 :][:, :, :8, :8],
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "ElementWiseSum": Row(
        mx.ElementWiseSum,
        {},
        lambda a, b: a + b,
        {"arg0": (32, 64), "arg1": (32, 64)},
        {"arg0": (256, 4096), "arg1": (256, 4096)},
    ),
    "Embedding": Row(
        mx.Embedding,
        {"input_dim": 1000, "output_dim": 64},
        lambda d, w: F.embedding(d.long(), w),
        {"data": (32,), "weight": (1000, 64)},
        {"data": (64, 128), "weight": (1000, 64)},
        indices={"data": 1000},
    ),
    "Concat": Row(
        mx.Concat,
        {},
        lambda a, b: torch.cat([a, b], 1),
        {"arg0": (32, 64), "arg1": (32, 64)},
        {"arg0": (256, 4096), "arg1": (256, 4096)},
    ),
    "SliceChannel": Row(
        lambda **v: mx.SliceChannel(v["data"], num_outputs=4)[1],
        {},
        lambda d: d.chunk(4, 1)[1],
        SMALL,
        LARGE,
    ),
    "Dropout": Row(mx.Dropout, {}, lambda d: F.dropout(d, 0.5), SMALL, LARGE),
    "UpSampling": Row(
        lambda **v: mx.UpSampling(v["data"], scale=2, sample_type="nearest"),
        {},
        lambda d: F.interpolate(d, scale_factor=2),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "Flatten": Row(mx.Flatten, {}, lambda d: d.flatten(1), IMAGES_SMALL, IMAGES_LARGE),
    "Reshape": Row(
        mx.Reshape,
        {"shape": (0, -1)},
        lambda d: d.reshape(d.shape[0], -1),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "SwapAxis": Row(mx.SwapAxis, {"dim1": 0, "dim2": 1}, lambda d: d.transpose(0, 1), SMALL, LARGE),
    "_Plus": Row(lambda **v: v["lhs"] + v["rhs"], {}, torch.add, binary(SMALL), binary(LARGE)),
    "_Mul": Row(lambda **v: v["lhs"] * v["rhs"], {}, torch.mul, binary(SMALL), binary(LARGE)),
    "_Div": Row(lambda **v: v["lhs"] / v["rhs"], {}, torch.div, binary(SMALL), binary(LARGE)),
    "_Minus": Row(lambda **v: v["lhs"] - v["rhs"], {}, torch.sub, binary(SMALL), binary(LARGE)),
    "_Power": Row(lambda **v: v["lhs"] ** v["rhs"], {}, torch.pow, binary(SMALL), binary(LARGE)),
    "_Maximum": Row(mx._Maximum, {}, torch.maximum, binary(SMALL), binary(LARGE)),
    "_PlusScalar": Row(lambda **v: v["data"] + 3, {}, lambda d: d + 3, SMALL, LARGE),
    "_RMinusScalar": Row(lambda **v: 3 - v["data"], {}, lambda d: 3 - d, SMALL, LARGE),
    "_RDivScalar": Row(lambda **v: 3 / v["data"], {}, lambda d: 3 / d, SMALL, LARGE),
    "_PowerScalar": Row(lambda **v: v["data"] ** 3, {}, lambda d: d**3, SMALL, LARGE),
    "_RPowerScalar": Row(lambda **v: 3 ** v["data"], {}, lambda d: 3**d, SMALL, LARGE),
    "_MulScalar": Row(lambda **v: v["data"] * 3, {}, lambda d: d * 3, SMALL, LARGE),
    **{
        name: unary(name, getattr(torch, name))
        for name in (
            *("abs", "ceil", "cos", "exp", "floor", "log", "rsqrt", "sign", "sin", "sqrt"),
            "square",
        )
    },
    # Halves go away from zero, where torch.round takes them to even numbers.
    "round": unary("round", lambda d: torch.sign(d) * torch.floor(torch.abs(d) + 0.5)),
}
