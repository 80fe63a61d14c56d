"""Forward and backward of each operator through an executor, against PyTorch eager.

    python benchmarks/operators.py [--only NAME] [--turns N]

Each operator is measured as it stands in a network: its data is the product of an array and a
number, the squares of its output are summed, and the gradients of all arrays are computed; at a
small and a large size. Eager does the same under autograd, and keeps the gradients in `.grad`.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from _measure import Comparison, compare
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

import symnet as mx

Shape = tuple[int, ...]


class Row(NamedTuple):
    """One operator: its symbol of variables named like its arguments, and the eager function."""

    symbol: Callable[..., mx.SymbolicNode]
    parameters: Mapping[str, Any]
    eager: Callable[..., Tensor]
    small: Mapping[str, Shape]
    large: Mapping[str, Shape]
    indices: Mapping[str, int] = {}
    states: tuple[str, ...] = ()
    loss: bool = False


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
            *("abs", "ceil", "cos", "exp", "floor", "log", "round", "rsqrt", "sign", "sin", "sqrt"),
            "square",
        )
    },
}


def symnet_step(row: Row, tensors: Mapping[str, Tensor]) -> Callable[[], None]:
    names = [name for name in tensors if name not in row.states]
    variables = {name: mx.Variable(name) for name in names}
    for name in variables.keys() & DATA - row.indices.keys():
        variables[name] = variables[name] * 1.5
    if "arg0" in variables:
        symbol = row.symbol(*variables.values(), **row.parameters)
    else:
        symbol = row.symbol(**variables, **row.parameters)
    free = {*row.indices, *(("label",) if row.loss else ())}
    if not row.loss:
        symbol = mx.sum(mx.square(symbol))
    arrays = {name: mx.array(tensors[name]) for name in names}
    states = symbol.list_auxiliary_states()
    executor = mx.bind(
        symbol,
        mx.cpu(),
        args=arrays,
        args_grad={n: mx.zeros(a.shape) for n, a in arrays.items() if n not in free},
        aux_states={s: mx.array(tensors[k]) for s, k in zip(states, row.states, strict=True)},
    )
    heads = None if row.loss else [mx.ones(1)]

    def step() -> None:
        executor.forward(is_train=True)
        executor.backward(heads)

    return step


def eager_step(row: Row, tensors: Mapping[str, Tensor]) -> Callable[[], None]:
    free = {*row.indices, *row.states, *(("label",) if row.loss else ())}
    leaves = {n: t.clone().requires_grad_(n not in free) for n, t in tensors.items()}
    wanted = [t for t in leaves.values() if t.requires_grad]
    scaled = DATA - row.indices.keys()

    def step() -> None:
        for leaf in wanted:
            leaf.grad = None
        inputs = [leaf * 1.5 if name in scaled else leaf for name, leaf in leaves.items()]
        output = row.eager(*inputs)
        (output if row.loss else torch.square(output).sum()).backward()

    return step


def measure(row: Row, shapes: Mapping[str, Shape], turns: int) -> Comparison:
    generator = torch.Generator().manual_seed(0)
    tensors = {name: torch.rand(shape, generator=generator) + 0.1 for name, shape in shapes.items()}
    for name, count in row.indices.items():
        tensors[name] = torch.randint(0, count, shapes[name], generator=generator).float()
    for state in row.states:
        tensors[state] = torch.ones(shapes["data"][1])
    ways = {"eager": eager_step(row, tensors), "symnet": symnet_step(row, tensors)}
    return compare(ways, "eager", turns=turns, steps=20)["symnet"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Operators against PyTorch eager.")
    parser.add_argument("--only", default="", help="only operators whose name contains this")
    parser.add_argument("--turns", type=int, default=9, help="turns of each way")
    options = parser.parse_args()
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads; ratio to eager (quartiles)"
    )
    print(f"{'operator':<24} {'small':<46} large")
    for name, row in ROWS.items():
        if options.only in name:
            found = [measure(row, shapes, options.turns) for shapes in (row.small, row.large)]
            print(f"{name:<24} {found[0]!s:<46} {found[1]}")


if __name__ == "__main__":
    main()
