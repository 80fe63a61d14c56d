"""Rows of the operators that normalise, reshape, join, cut, enlarge, look up or draw.

They are a part of `op_rows.ROWS`.
"""

from typing import Any

import numpy as np
from op_references import (
    batch_norm,
    batch_norm_states,
    batch_norm_training,
    cropped,
    embedding,
    leaky,
    local_response,
    repeated,
    softmax_layer,
    sparse_pull,
    sparse_states,
)
from op_testing import Draw, Function, Row, Shape, fractions, given, normal, positive
from window_references import deconvolution

__all__ = ["ROWS"]


# -- normalising -----------------------------------------------------------------------------------


def normalised(data: Shape, why: str = "", **params: Any) -> Row:
    """A BatchNorm; with use_global_stats it trains as it predicts, and leaves its states alone."""
    channels = data[1:2]
    constant = params.get("use_global_stats", False)
    return Row(
        "BatchNorm",
        params,
        {"data": data, "gamma": channels, "beta": channels},
        data,
        batch_norm,
        why,
        draws={"moving_var": positive},
        states={"moving_mean": channels, "moving_var": channels},
        in_training=batch_norm if constant else batch_norm_training,
        next_states=None if constant else batch_norm_states,
    )


def local(shape: Shape, **params: Any) -> Row:
    return Row("LRN", params, {"data": shape}, shape, local_response)


def sparse(shape: Shape, why: str = "", **params: Any) -> Row:
    return Row(
        "IdentityAttachKLSparseReg",
        params,
        {"data": shape},
        shape,
        lambda data, moving_avg, **_: data,
        why,
        draws={"data": shares, "moving_avg": shares},
        states={"moving_avg": shape[1:2]},
        next_states=sparse_states,
        flows_back=sparse_pull,
    )


def shares(random, shape):
    """Numbers between 0 and 1 of which even a few may be added up."""
    return random.uniform(0.01, 0.2, shape)


NORMALISING = (
    normalised((4, 3)),
    normalised((5, 2), fix_gamma=False),
    normalised((2, 3, 2, 2), "of images", fix_gamma=False, momentum=0.6, eps=0.5),
    normalised((2, 2, 3), "of sequences", momentum=0.0),
    normalised((3, 2, 1, 2), "of images", eps=0.1),
    normalised((2, 2, 1, 2, 2), "of volumes", fix_gamma=False, eps=0.1),
    normalised((3, 2), fix_gamma=False, use_global_stats=True),
    normalised((2, 2, 2, 2), "of images", use_global_stats=True),
    local((2, 5, 1, 2), nsize=3, alpha=0.9),
    local((1, 3, 2, 2), nsize=5, alpha=2.0, beta=0.5, knorm=1.0),
    local((1, 2, 2, 1), nsize=1),
    sparse((4, 3), penalty=0.1),
    sparse((2, 2, 2, 1), "of images", sparseness_target=0.3, momentum=0.5, penalty=2.0),
)


# -- activations and losses ------------------------------------------------------------------------


def rectified(data: Shape, why: str = "", draw: Draw = fractions, **params: Any) -> Row:
    learned = params.get("act_type") == "prelu"
    shapes = {"data": data, **({"gamma": data[1:2]} if learned else {})}
    drawn = params.get("act_type") == "rrelu"
    return Row("LeakyReLU", params, shapes, data, leaky, why, (), {"data": draw}, random=drawn)


def regression(
    op: str, predict: Function, error: Function, data: Shape, label: Shape, **params: Any
) -> Row:
    """A loss; its label's shape is told where inference would choose the other one."""

    def gradient(data, label, *, grad_scale=1.0):
        outputs = data.size // len(data)
        return grad_scale / outputs * error(predict(data), label.reshape(data.shape))

    inferred = data[:1] if data[1:] == (1,) else data
    return Row(
        op,
        params,
        {"data": data, "label": label},
        data,
        lambda data, label, **_: predict(data),
        f"of {data} and {label}",
        ("data",) if label == inferred else ("data", "label"),
        {"label": fractions},
        gradient,
    )


def difference(output, label):
    return output - label


def linear(data: Shape, label: Shape, **params: Any) -> Row:
    return regression("LinearRegressionOutput", np.array, difference, data, label, **params)


def logistic(data: Shape, label: Shape, **params: Any) -> Row:
    predict = lambda data: 1 / (1 + np.exp(-data))
    return regression("LogisticRegressionOutput", predict, difference, data, label, **params)


def absolute(data: Shape, label: Shape, **params: Any) -> Row:
    error = lambda output, label: np.where(output > label, 1.0, -1.0)
    return regression("MAERegressionOutput", np.array, error, data, label, **params)


def distributed(shape: Shape, **params: Any) -> Row:
    return Row("SoftmaxActivation", params, {"data": shape}, shape, softmax_layer, f"of {shape}")


RECTIFYING = (
    rectified((3, 4)),
    rectified((2, 2, 2, 2), "of images", slope=0.0),
    rectified((5,), "a slope below zero", slope=-0.5),
    rectified((3, 4), act_type="elu", slope=0.7),
    rectified((5,), "a slope below zero", act_type="elu", slope=-0.5),
    rectified((3, 2), act_type="prelu"),
    rectified((2, 3, 2, 2), "of images", act_type="prelu"),
    rectified((2, 2, 3), "of sequences", act_type="prelu"),
    rectified((3, 4), act_type="rrelu", lower_bound=0.1, upper_bound=0.5),
    distributed((3, 4)),
    distributed((2, 3, 2)),
    distributed((2, 2, 2, 2)),
    distributed((3, 4), mode="channel"),
    distributed((2, 3, 2, 2), mode="channel"),
)
REGRESSIONS = tuple(
    row
    for make in (linear, logistic, absolute)
    for row in (
        make((4, 3), (4, 3), grad_scale=0.5),
        make((4, 1), (4,)),
        make((4, 1), (4, 1)),
        make((3,), (3,)),
        make((2, 3, 2, 1), (2, 3, 2, 1)),
        make((2, 3, 2, 1), (2, 6)),
    )
)


# -- the same numbers otherwise --------------------------------------------------------------------


def reshaped(data: Shape, output: Shape, why: str = "", **params: Any) -> Row:
    """The codes are worked out by hand: the output's shape is the reference."""
    return Row("Reshape", params, {"data": data}, output, lambda x, **_: x.reshape(output), why)


def converted(dtype: str, **draws: Draw) -> Row:
    return Row(
        "Cast",
        {"dtype": dtype},
        {"data": (2, 3)},
        (2, 3),
        lambda data, *, dtype: data.astype(dtype),
        draws=draws,
        flows_back=lambda head, data, *, dtype: head,
        dtype=dtype,
    )


def swapped(data: Shape, output: Shape, **params: int) -> Row:
    def reference(data, *, dim1=0, dim2=0):
        return np.swapaxes(data, dim1, dim2)

    return Row("SwapAxis", params, {"data": data}, output, reference)


def same(op: str, shape: Shape) -> Row:
    return Row(op, {}, {"data": shape}, shape, np.array)


MOVING = (
    reshaped((2, 3, 4), (2, 12), shape=(0, -1)),
    reshaped((2, 3, 4), (6, 4), shape=(6, 4)),
    reshaped((2, 3, 4, 1), (2, 3, 4, 1), shape=(-2,)),
    reshaped((2, 3, 4), (6, 4), shape=(-3, 0)),
    reshaped((2, 6, 2), (2, 3, 2, 2), shape=(0, -4, 3, -1, -2)),
    reshaped((6, 2), (2, 3, 2), shape=(-4, -1, 3, 0)),
    reshaped((5, 3, 4, 5), (5, 15, 4), shape=(0, -1, 4)),
    reshaped((5, 3, 4, 5), (15, 4, 5), "from the right", shape=(-1, 0, 0), reverse=True),
    reshaped((2, 3, 4, 1), (2, 12), "the older form", target_shape=(2, 0)),
    reshaped((2, 3, 4), (2, 4, 3), "the older form", target_shape=(7, 4, 0), keep_highest=True),
    reshaped((2, 3, 2, 2), (2, 2, 6), "of images", shape=(2, 2, 6)),
    swapped((2, 3, 4), (4, 3, 2), dim1=-1, dim2=-3),
    swapped((2, 3, 4), (4, 3, 2), dim1=0, dim2=2),
    swapped((2, 3, 2, 4), (2, 2, 3, 4), dim1=2, dim2=1),
    swapped((2, 3), (2, 3)),
    same("identity", (2, 3)),
    same("_CrossDeviceCopy", (2, 3, 2, 2)),
    Row("BlockGrad", {}, {"data": (2, 3)}, (2, 3), np.array, own_gradient=np.zeros_like),
    converted("float16"),
    converted("float32"),
    converted("float64"),
    converted("int32", data=fractions),
    converted("int64", data=fractions),
    converted("int8", data=fractions),
    converted("uint8", data=positive),
    converted("bool", data=given(0, 1, 0.5, -1, 0, -0.1)),
)


# -- joining and cutting ---------------------------------------------------------------------------


def numbered(shapes: tuple[Shape, ...]) -> dict[str, Shape]:
    return {f"arg{number}": shape for number, shape in enumerate(shapes)}


def joined(*shapes: Shape, output: Shape, **params: int) -> Row:
    def reference(*args, dim=1):
        return np.concatenate(args, dim)

    named = numbered(shapes)
    return Row("Concat", params, named, output, reference, f"of {len(shapes)}", tuple(named))


def parted(data: Shape, part: Shape, count: int, **params: Any) -> Row:
    def reference(data, *, num_outputs, axis=1, squeeze_axis=False):
        parts = np.split(data, num_outputs, axis)
        return tuple(p.squeeze(axis) if squeeze_axis else p for p in parts)

    params = {"num_outputs": count, **params}
    names = tuple(f"output{number}" for number in range(count))
    return Row("SliceChannel", params, {"data": data}, part, reference, count=count, names=names)


def cut(*shapes: Shape, output: Shape, **params: Any) -> Row:
    named = numbered(shapes)
    return Row("Crop", params, named, output, cropped, f"of {len(shapes)}", tuple(named))


CUTTING = (
    joined((2, 3), (2, 1), output=(2, 4)),
    joined((2, 3), (4, 3), output=(6, 3), dim=0),
    joined((2, 2, 3), (2, 2, 1), (2, 2, 2), output=(2, 2, 6), dim=-1),
    joined((2, 1, 2, 2), (2, 3, 2, 2), output=(2, 4, 2, 2)),
    joined((2, 3), output=(2, 3)),
    parted((2, 6), (2, 2), 3),
    parted((2, 4, 3, 2), (2, 2, 3, 2), 2),
    parted((4, 3), (2, 3), 2, axis=0),
    parted((2, 3, 2), (2, 3), 2, axis=-1, squeeze_axis=True),
    parted((2, 3, 2, 2), (2, 2, 2), 3, squeeze_axis=True),
    parted((2, 3), (2, 3), 1),
    cut((2, 2, 4, 3), output=(2, 2, 2, 2), h_w=(2, 2), offset=(1, 1)),
    cut((1, 2, 5, 4), output=(1, 2, 2, 3), h_w=(2, 3), center_crop=True),
    cut((2, 1, 3, 4), (1, 3, 2, 4), output=(2, 1, 2, 4), offset=(1, 0)),
    cut((1, 1, 5, 5), (2, 1, 2, 3), output=(1, 1, 2, 3), center_crop=True),
)


# -- enlarging -------------------------------------------------------------------------------------


def spread(data: Shape, weight: Shape, output: Shape, **params: Any) -> Row:
    params = {"kernel": weight[2:], "num_filter": output[1], **params}
    shapes = {"data": data, "weight": weight, "bias": output[1:2]}
    if params.get("no_bias", True):
        del shapes["bias"]
    return Row("Deconvolution", params, shapes, output, deconvolution)


def enlarged(*shapes: Shape, output: Shape, scale: int, **params: str) -> Row:
    named = numbered(shapes)
    params = {"scale": scale, "sample_type": "nearest", **params}
    return Row("UpSampling", params, named, output, repeated, f"of {len(shapes)}", tuple(named))


def interpolated(data: Shape, side: int, output: Shape, scale: int, pad: int) -> Row:
    """A learned UpSampling: the size of its filters and their border are worked out by hand."""

    def reference(data, weight, *, scale, num_filter, sample_type):
        window = {"kernel": (side, side), "stride": (scale, scale), "pad": (pad, pad)}
        return deconvolution(data, weight, num_filter=num_filter, num_group=num_filter, **window)

    params = {"scale": scale, "sample_type": "bilinear", "num_filter": data[1]}
    shapes = {"data": data, "weight": (data[1], 1, side, side)}
    return Row("UpSampling", params, shapes, output, reference)


ENLARGING = (
    spread((2, 2, 3, 2), (2, 3, 2, 3), (2, 3, 4, 4), no_bias=False),
    spread((1, 2, 2, 3), (2, 1, 3, 2), (1, 1, 5, 6), stride=(2, 2)),
    spread((1, 4, 3, 3), (4, 1, 3, 3), (1, 2, 5, 5), stride=(2, 2), pad=(1, 1), num_group=2),
    spread((1, 1, 2, 2), (1, 2, 2, 2), (1, 2, 4, 5), dilate=(2, 3), no_bias=False),
    spread((1, 1, 2, 3), (1, 1, 2, 2), (1, 1, 5, 8), stride=(3, 3)),
    spread((1, 1, 2, 2), (1, 1, 3, 3), (1, 1, 4, 5), stride=(2, 3), pad=(1, 1), adj=(1, 1)),
    enlarged((2, 2, 2, 3), output=(2, 2, 4, 6), scale=2),
    enlarged((1, 1, 4, 2), (1, 2, 2, 1), output=(1, 3, 4, 2), scale=1),
    enlarged((2, 2, 2, 2), (2, 2, 1, 1), output=(2, 2, 6, 6), scale=3, multi_input_mode="sum"),
    interpolated((1, 2, 2, 3), 4, (1, 2, 4, 6), scale=2, pad=1),
    interpolated((1, 1, 2, 2), 5, (1, 1, 6, 6), scale=3, pad=1),
    interpolated((2, 1, 2, 2), 1, (2, 1, 2, 2), scale=1, pad=0),
)


# -- looking up and dropping -----------------------------------------------------------------------


def looked_up(data: Shape, indices: Draw, why: str = "") -> Row:
    params = {"input_dim": 4, "output_dim": 3}
    shapes = {"data": data, "weight": (4, 3)}
    draws = {"data": indices, "weight": normal}
    return Row("Embedding", params, shapes, (*data, 3), embedding, why, (), draws)


def dropped(shape: Shape, p: float) -> Row:
    """Without chance: nothing is dropped, or everything; or in prediction alone."""
    everything = (lambda data, *, p: 0 * data) if p == 1 else None
    return Row(
        "Dropout",
        {"p": p},
        {"data": shape},
        shape,
        lambda data, *, p: data,
        in_training=everything,
        random=0 < p < 1,
    )


DRAWING = (
    looked_up((5,), given(2, 0, 2, 3, 1)),
    looked_up((2, 3), given(0, 3, 3, 1, 0, 0), "of any shape"),
    looked_up((4,), given(-2, 9, 1.9, 0.9), "outside and between rows"),
    dropped((3, 4), 0.0),
    dropped((3, 4), 0.5),
    dropped((2, 2, 2, 2), 1.0),
)


ROWS = (*NORMALISING, *RECTIFYING, *REGRESSIONS, *MOVING, *CUTTING, *ENLARGING, *DRAWING)
