"""The table of operator tests: one row for each case of each operator.

`test_op_rows.py` makes all its checks from a row: value, shape, gradient, JSON, arrays against
symbols, memory. To test a new operator add a row with its name, its parameters, the shapes of its
inputs and output, and a function of NumPy that says what it computes. A test fails for an operator
without a row.
"""

from dataclasses import replace
from importlib import import_module
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from fast_lane import sampled
from op_references import (
    activation,
    flatten,
    fully_connected,
    rounded,
    softmax,
    softmax_gradient,
)
from op_testing import Draw, Function, Row, Shape, distinct, far, fractions, given, normal, positive
from window_references import convolution, pooling

from symnet.operators.contract import find_operator

__all__ = ["ROWS"]


# -- elementwise -----------------------------------------------------------------------------------


def unary(op: str, function: Function, draw: Draw = normal) -> Row:
    return Row(op, {}, {"data": (3, 4)}, (3, 4), function, draws={"data": draw})


def steps(op: str, function: Function) -> Row:
    return replace(unary(op, function, fractions), own_gradient=np.zeros_like)


def binary(op: str, function: Function, draw: Draw = normal) -> Row:
    both = dict.fromkeys(("lhs", "rhs"), (2, 3))
    return Row(op, {}, both, (2, 3), function, draws=dict.fromkeys(both, draw))


def scalar(op: str, number: float, function: Function, draw: Draw = normal) -> Row:
    def reference(lhs, *, scalar):
        return function(lhs, scalar)

    return Row(op, {"scalar": number}, {"lhs": (2, 3)}, (2, 3), reference, draws={"lhs": draw})


ELEMENTWISE = (
    unary("abs", np.abs, fractions),
    steps("ceil", np.ceil),
    unary("cos", np.cos),
    unary("exp", np.exp),
    steps("floor", np.floor),
    unary("log", np.log, positive),
    steps("round", rounded),
    unary("rsqrt", lambda data: 1 / np.sqrt(data), positive),
    steps("sign", np.sign),
    unary("sin", np.sin),
    unary("sqrt", np.sqrt, positive),
    unary("square", np.square),
    binary("_Plus", np.add),
    binary("_Minus", np.subtract),
    binary("_Mul", np.multiply),
    binary("_Div", np.divide, positive),
    binary("_Power", np.power, positive),
    binary("_Maximum", np.maximum),
    binary("_Minimum", np.minimum),
    scalar("_PlusScalar", 2.5, np.add),
    scalar("_MinusScalar", 2.5, np.subtract),
    scalar("_RMinusScalar", 2.5, lambda lhs, number: number - lhs),
    scalar("_MulScalar", -1.5, np.multiply),
    scalar("_DivScalar", 2.5, np.divide),
    scalar("_RDivScalar", -2.5, lambda lhs, number: number / lhs, positive),
    scalar("_PowerScalar", 3.0, np.power),
    scalar("_PowerScalar", -0.5, np.power, positive),
    scalar("_RPowerScalar", 2.5, lambda lhs, number: number**lhs),
    scalar("_MaximumScalar", 0.1, np.maximum, fractions),
    scalar("_MinimumScalar", 0.1, np.minimum, fractions),
)


def summed(count: int, shape: Shape, known: tuple[str, ...] = ()) -> Row:
    shapes = {f"arg{i}": shape for i in range(count)}
    return Row("ElementWiseSum", {}, shapes, shape, lambda *args: sum(args), f"of {count}", known)


SUMS = (
    summed(1, (4,)),
    summed(2, (2, 3)),
    summed(3, (2, 3), known=("arg1",)),
    summed(11, (2, 2), known=("arg10",)),
)


# -- layers ----------------------------------------------------------------------------------------


def activated(act_type: str, shape: Shape, draw: Draw = normal, why: str = "") -> Row:
    params = {"act_type": act_type}
    return Row("Activation", params, {"data": shape}, shape, activation, why, (), {"data": draw})


ACTIVATIONS = (
    activated("relu", (3, 4), fractions),
    activated("sigmoid", (2, 3, 4)),
    activated("softrelu", (5,)),
    activated("softrelu", (3, 4), far, "where exp overflows"),
    activated("tanh", (1, 2, 3, 2)),
    activated("relu", (2, 3, 2, 2), fractions, "of images"),
)


def connected(shape: Shape, features: int, why: str, *, no_bias: bool = False) -> Row:
    shapes = {"data": shape, "weight": (4, features), "bias": (4,)}
    params = {"num_hidden": 4}
    if no_bias:
        del shapes["bias"]
        params["no_bias"] = True
    return Row("FullyConnected", params, shapes, (shape[0], 4), fully_connected, why)


LINEAR = (
    connected((3, 5), 5, "of rows"),
    connected((3, 5), 5, "of rows", no_bias=True),
    connected((2, 3, 2, 2), 12, "of images"),
    connected((3,), 1, "of one number each"),
    Row("Flatten", {}, {"data": (2, 3, 4, 2)}, (2, 24), flatten),
    Row("Flatten", {}, {"data": (3, 4)}, (3, 4), flatten, "of what is flat"),
    Row("Flatten", {}, {"data": (3,)}, (3, 1), flatten, "of one number each"),
)


def convolved(data: Shape, weight: Shape, output: Shape, **params: Any) -> Row:
    params = {"kernel": weight[2:], "num_filter": weight[0], **params}
    shapes = {"data": data, "weight": weight, "bias": weight[:1]}
    if params.get("no_bias"):
        del shapes["bias"]
    return Row("Convolution", params, shapes, output, convolution)


CONVOLUTIONS = (
    convolved((2, 2, 5, 4), (3, 2, 3, 3), (2, 3, 3, 2)),
    convolved((1, 2, 4, 5), (2, 2, 3, 2), (1, 2, 2, 4), no_bias=True),
    convolved((2, 1, 6, 5), (2, 1, 2, 3), (2, 2, 3, 3), stride=(2, 1)),
    convolved((1, 2, 4, 3), (2, 2, 3, 3), (1, 2, 6, 3), pad=(2, 1)),
    convolved((1, 1, 6, 7), (2, 1, 3, 2), (1, 2, 2, 4), dilate=(2, 3)),
    convolved((2, 4, 4, 4), (6, 2, 2, 2), (2, 6, 3, 3), num_group=2),
    convolved((1, 3, 4, 4), (3, 1, 3, 3), (1, 3, 2, 2), num_group=3, no_bias=True),
    convolved((2, 3, 3, 4), (2, 3, 1, 1), (2, 2, 3, 4)),
    convolved((2, 1, 4, 4), (2, 1, 3, 3), (2, 2, 2, 2), stride=(), dilate=(), pad=()),
    convolved(
        (1, 4, 9, 8),
        (4, 2, 3, 2),
        (1, 4, 4, 6),
        stride=(2, 1),
        pad=(1, 0),
        dilate=(2, 2),
        num_group=2,
    ),
)


def pooled(data: Shape, output: Shape, pool_type: str, **params: Any) -> Row:
    draws = {"data": distinct}
    params = {"pool_type": pool_type, **params}
    return Row("Pooling", params, {"data": data}, output, pooling, draws=draws)


# Windows of every kind: that fit, hang over the border, begin in the far padding, lie in padding
# wider than half of them, and that step over a part of the image.
WINDOWS = (
    ((1, 2, 4, 6), {"kernel": (2, 2), "stride": (2, 2)}, (2, 3), (2, 3)),
    ((2, 1, 5, 6), {"kernel": (3, 2), "stride": (2, 3), "pad": (1, 0)}, (3, 2), (3, 2)),
    ((1, 1, 7, 6), {"kernel": (2, 3), "stride": (2, 2), "pad": (0, 1)}, (4, 4), (3, 3)),
    ((1, 1, 4, 4), {"kernel": (3, 3), "stride": (3, 3), "pad": (2, 2)}, (3, 3), (2, 2)),
    ((1, 1, 4, 5), {"kernel": (2, 2), "stride": (5, 3), "pad": (1, 1)}, (2, 3), (1, 2)),
    ((2, 2, 4, 3), {"kernel": (2, 3)}, (3, 1), (3, 1)),
    ((1, 1, 5, 5), {"kernel": (1, 1), "stride": (2, 3)}, (3, 2), (3, 2)),
    ((1, 2, 3, 3), {"kernel": (2, 2), "stride": (), "pad": ()}, (2, 2), (2, 2)),
)
POOL_TYPES = ("max", "avg", "sum")
POOLINGS = tuple(
    pooled(data, (*data[:2], *size), pool_type, pooling_convention=convention, **params)
    for (data, params, full, valid), one in zip(WINDOWS, cycle(POOL_TYPES), strict=False)
    for convention, size, types in (("full", full, POOL_TYPES), ("valid", valid, (one,)))
    for pool_type in types
) + tuple(
    pooled((2, 3, 3, 4), (2, 3, 1, 1), pool_type, global_pool=True, **ignored)
    for pool_type, ignored in (
        ("max", {}),
        ("avg", {"kernel": (2, 2), "stride": (2, 2), "pad": (1, 1)}),
        ("sum", {"kernel": (9, 9)}),
    )
)


# -- losses ----------------------------------------------------------------------------------------


def classified(
    data: Shape,
    label: Shape,
    numbers: Draw,
    why: str = "",
    op: str = "SoftmaxOutput",
    **params: Any,
) -> Row:
    """A softmax; its label's shape is told where inference would choose the flat one."""
    flat = (data[0], int(np.prod(data[2:]))) if params.get("multi_output") else data[:-1]
    return Row(
        op,
        params,
        {"data": data, "label": label},
        data,
        softmax,
        why,
        ("data",) if label == flat else ("data", "label"),
        {"label": numbers},
        softmax_gradient,
    )


def labels(random, shape):
    return random.integers(0, 3, shape)


rows_of_3 = given(2, 0, 1, 1)
some_ignored = given(1, 0, 2, 1)
maps_of_3 = given(*[0, 1, 2, 2, 1, 0, 1, 1, 2, 0, 0, 1])
SOFTMAXES = (
    classified((4, 3), (4,), rows_of_3),
    classified((4, 3), (4,), rows_of_3, op="Softmax"),
    classified((4, 3), (4,), rows_of_3, grad_scale=0.5),
    classified((4, 3), (4,), some_ignored, use_ignore=True, ignore_label=1.0),
    classified((4, 3), (4,), some_ignored, "and does not heed it", ignore_label=1.0),
    classified((4, 3), (4,), given(2, -1, 0, -1), use_ignore=True),
    classified((4, 3), (4,), rows_of_3, normalization="batch", grad_scale=2.0),
    classified((4, 3), (4,), some_ignored, normalization="valid", ignore_label=1.0),
    classified(
        (4, 3), (4,), some_ignored, normalization="valid", ignore_label=1.0, use_ignore=True
    ),
    classified((2, 3), (2,), given(1, 1), "nothing valid", normalization="valid", ignore_label=1.0),
    classified((4, 3), (4,), given(3, -1, 7, 1), "labels outside the classes"),
    classified((4, 3), (4,), given(0.9, -0.9, 2.7, 1.0), "labels cut to whole numbers"),
    classified((2, 3, 2, 3), (2, 6), maps_of_3, multi_output=True),
    classified((2, 3, 2, 3), (2, 2, 3), maps_of_3, "label as the image", multi_output=True),
    classified((2, 3, 6), (2, 6), maps_of_3, multi_output=True, grad_scale=3.0),
    classified((4, 3), (4, 1), rows_of_3, "one position", multi_output=True),
    classified((2, 3, 2, 3), (2, 6), maps_of_3, multi_output=True, normalization="batch"),
    classified(
        (2, 3, 2, 3), (2, 6), maps_of_3, multi_output=True, normalization="valid", ignore_label=2.0
    ),
    classified(
        (2, 3, 2, 3), (2, 2, 3), maps_of_3, multi_output=True, use_ignore=True, ignore_label=0.0
    ),
)


# -- all -------------------------------------------------------------------------------------------


def _of_topics() -> tuple[Row, ...]:
    """The rows of all files beside this one that are called ``op_rows_TOPIC.py``."""
    files = sorted(Path(__file__).parent.glob("op_rows_*.py"))
    return tuple(row for file in files for row in import_module(file.stem).ROWS)


ROWS: tuple[Row, ...] = sampled(
    (
        *ELEMENTWISE,
        *SUMS,
        *ACTIVATIONS,
        *LINEAR,
        *CONVOLUTIONS,
        *POOLINGS,
        *SOFTMAXES,
        *_of_topics(),
    ),
    key=lambda row: find_operator(row.op),
)
