"""Rows of what Apache MXNet 1.9.1 added to the documents' layers: other axes, kinds and labels."""

from typing import Any

import numpy as np
from op_references import (
    activation,
    batch_norm,
    batch_norm_states,
    batch_norm_training,
    fully_connected,
    leaky,
    softmax,
    softmax_gradient,
)
from op_testing import Function, Row, Shape, distinct, fractions, given, positive
from window_references import pooling_v1

__all__ = ["ROWS"]


# -- activations -----------------------------------------------------------------------------------


def rectified(data: Shape, gamma: Shape | None, why: str = "", **params: Any) -> Row:
    shapes = {"data": data, **({} if gamma is None else {"gamma": gamma})}
    known = ("data", "gamma")[: len(shapes)]
    return Row("LeakyReLU", params, shapes, data, leaky, why, known, {"data": fractions})


def selu_gradient(head, data, *, act_type):
    """As Apache MXNet 1.9.1 has it, recorded: 1.0507 · (1.6733 + output) below zero."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return head * scale * np.where(data > 0, 1, alpha + leaky(data, act_type=act_type))


ACTIVATIONS = (
    Row("Activation", {"act_type": "softsign"}, {"data": (3, 4)}, (3, 4), activation),
    rectified((3, 4), None, act_type="gelu"),
    Row("LeakyReLU", {"act_type": "selu"}, {"data": (3, 4)}, (3, 4), leaky,
        flows_back=selu_gradient),
    rectified((2, 3, 2), (1,), "one slope for all", act_type="prelu"),
    rectified((4,), (1,), "of one axis", act_type="prelu"),
    rectified((2, 3, 2), (2, 3), "slopes along two axes", act_type="prelu"),
    rectified((2, 3, 2), (1, 3), "slopes along two axes, of one stretched", act_type="prelu"),
)  # fmt: skip


# -- products --------------------------------------------------------------------------------------


def connected(data: Shape, why: str = "", *, no_bias: bool = False) -> Row:
    params = {"num_hidden": 4, "flatten": False, "no_bias": no_bias}
    shapes = {"data": data, "weight": (4, data[-1]), **({} if no_bias else {"bias": (4,)})}
    return Row("FullyConnected", params, shapes, (*data[:-1], 4), fully_connected, why)


def product(lhs: Shape, rhs: Shape, output: Shape, *, a: bool = False, b: bool = False) -> Row:
    def reference(lhs, rhs, **_):
        first = np.moveaxis(lhs, 0, -1) if a else lhs
        second = np.moveaxis(rhs, -1, 0) if b else rhs
        return np.tensordot(first, second, 1)

    params = {**({"transpose_a": True} if a else {}), **({"transpose_b": True} if b else {})}
    return Row("dot", params, {"lhs": lhs, "rhs": rhs}, output, reference, known=("lhs", "rhs"))


PRODUCTS = (
    connected((2, 3, 5)),
    connected((2, 2, 2, 3), no_bias=True),
    connected((3, 5), "of a matrix"),
    product((2, 3), (4, 3), (2, 4), b=True),
    product((3, 2), (3, 4), (2, 4), a=True),
    product((3, 2), (4, 3), (2, 4), a=True, b=True),
    product((2, 3, 4), (4, 5), (2, 3, 5)),
    product((2, 3), (3, 2, 2), (2, 2, 2)),
    product((2, 2, 3), (3, 2, 2), (2, 2, 2, 2)),
    product((3, 2, 2), (2, 2, 3), (2, 2, 2, 2), a=True, b=True),
    product((3,), (3, 2), (2,)),
    product((2, 3), (3,), (2,)),
)


# -- normalising -----------------------------------------------------------------------------------


def along(axis: int, function: Function) -> Function:
    """The function of NumPy, over channels on an axis."""

    def moved(data, *numbers, **params):
        params.pop("axis", None)
        params.pop("key", None)
        found = function(np.moveaxis(data, axis, 1), *numbers, **params)
        return found if isinstance(found, tuple) else np.moveaxis(found, 1, axis)

    return moved


def rectify(function: Function) -> Function:
    return lambda *numbers, **params: np.maximum(function(*numbers, **params), 0)


def normalised(
    data: Shape, why: str = "", op: str = "BatchNorm", after: Any = None, **params: Any
) -> Row:
    axis = params.get("axis", 1)
    channels = (data[axis],)
    after = after or (lambda function: function)
    return Row(
        op,
        params,
        {"data": data, "gamma": channels, "beta": channels},
        data,
        after(along(axis, batch_norm)),
        why,
        draws={"moving_var": positive},
        states={"moving_mean": channels, "moving_var": channels},
        in_training=after(along(axis, batch_norm_training)),
        next_states=along(axis, batch_norm_states),
    )


RELU = "_contrib_BatchNormWithReLU"
NORMALISING = (
    normalised((3, 4), axis=0, fix_gamma=False),
    normalised((2, 3, 2), axis=-1, fix_gamma=False),
    normalised((2, 2, 2, 3), "of images, channels last", axis=3, fix_gamma=False),
    normalised((2, 2, 3, 2), "of images", axis=2),
    normalised((4, 3), op="BatchNorm_v1", fix_gamma=False),
    normalised((2, 3, 2, 2), op="_contrib_SyncBatchNorm", fix_gamma=False, key="bn"),
    normalised((4, 3), op=RELU, after=rectify, fix_gamma=False),
    normalised((2, 2, 2, 3), op=RELU, after=rectify, axis=-1),
)


# -- losses ----------------------------------------------------------------------------------------


def smoothed(data, label, *, smooth_alpha, multi_output=False, **params):
    found = softmax_gradient(data, label, multi_output=multi_output, **params)
    if multi_output:  # Apache MXNet 1.9.1 heeds it for rows only
        return found
    others = smooth_alpha / (data.shape[1] - 1)
    right = np.arange(data.shape[1]) == label[:, None]
    scale = params.get("grad_scale", 1.0)
    spread = np.where(right, smooth_alpha, -others) * scale
    if params.get("use_ignore"):
        spread[label == params["ignore_label"]] = 0
    return found + spread


def soft(data, label, *, grad_scale=1.0, **params):
    return grad_scale * (softmax(data, **params) - label)


def times_output(data, label, *, out_grad, **params):
    return softmax(data, **params) * softmax_gradient(data, label, **params)


def along_last(data, label, *, preserve_shape, **params):
    return softmax_gradient(data, label, **params)


def over_all(data, label, **_):
    return softmax(data.reshape(len(data), -1)).reshape(data.shape)


def over_all_gradient(data, label, *, normalization="null", **params):
    """The first labels are those of the samples, yet all are counted, as in Apache MXNet 1.9.1."""
    rows = data.reshape(len(data), -1)
    found = softmax_gradient(rows, label.reshape(-1)[: len(data)], **params).reshape(data.shape)
    valid = np.sum(label != params.get("ignore_label", -1))
    return found / {"null": 1, "batch": label.size, "valid": valid}[normalization]


def classified(data: Shape, label: Shape, gradient: Function, draw=None, **params: Any) -> Row:
    reference = over_all if gradient is over_all_gradient else softmax
    draws = {"label": draw or positive}
    return Row("SoftmaxOutput", params, {"data": data, "label": label}, data, reference, "",
               ("data", "label"), draws, gradient)  # fmt: skip


rows_of_3 = given(2, 0, 1, 1)
maps_of_3 = given(0, 1, 2, 2)
LOSSES = (
    classified((4, 3), (4,), smoothed, rows_of_3, smooth_alpha=0.25),
    classified((4, 3), (4,), smoothed, rows_of_3, smooth_alpha=0.1, use_ignore=True,
               ignore_label=1.0, grad_scale=2.0),
    classified((2, 3, 2), (2, 2), smoothed, maps_of_3, smooth_alpha=0.1, multi_output=True),
    classified((4, 3), (4, 3), soft),
    classified((2, 3, 2), (2, 3, 2), soft, multi_output=True, grad_scale=0.5),
    classified((4, 3), (4,), times_output, rows_of_3, out_grad=True),
    classified((2, 3, 2), (2, 2), times_output, maps_of_3, out_grad=True, multi_output=True),
    classified((2, 2, 3), (2, 2), over_all_gradient, maps_of_3),
    classified((2, 2, 3), (2,), over_all_gradient, given(1, 5)),
    classified((2, 3, 1, 1), (2, 3, 1), over_all_gradient, given(1, 2, 0, 1, 2, 0),
               normalization="batch"),
    classified((2, 2, 3), (2, 2), over_all_gradient, given(1, 0, 1, 2), normalization="valid",
               use_ignore=True, ignore_label=1.0),
    classified((2, 2, 3), (2, 2), along_last, maps_of_3, preserve_shape=True),
)  # fmt: skip


# -- pooling of before 0.12 ------------------------------------------------------------------------


def pooled(output: Shape, pool_type: str, **params: Any) -> Row:
    draws = {"data": distinct if pool_type == "max" else fractions}
    params = {"pool_type": pool_type, **params}
    return Row("Pooling_v1", params, {"data": (1, 2, 4, 5)}, (1, 2, *output), pooling_v1,
               draws=draws)  # fmt: skip


WINDOW = {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 1)}
POOLINGS = (
    *(pooled((2, 3), kind, pooling_convention="valid", **WINDOW) for kind in ("max", "avg", "sum")),
    *(pooled((3, 4), kind, pooling_convention="full", **WINDOW) for kind in ("max", "avg", "sum")),
    *(
        pooled((2, 3), kind, pooling_convention="full", kernel=(3, 2), stride=(2, 2))
        for kind in ("max", "avg", "sum")
    ),
    pooled((1, 1), "avg", global_pool=True),
    pooled((2, 4), "max", pooling_convention="valid", kernel=(3, 2)),
)


ROWS = (*ACTIVATIONS, *PRODUCTS, *NORMALISING, *LOSSES, *POOLINGS)
