"""Rows for norms, the softmax family, losses and attention; see `op_rows.py`."""

import itertools

import numpy as np
import scipy.special
from op_testing import Row, Shape, distinct, given

__all__ = ["ROWS"]


# -- norms -----------------------------------------------------------------------------------------


def moments(data, axes, eps):
    mean = data.mean(axes, keepdims=True)
    return mean, np.sqrt(((data - mean) ** 2).mean(axes, keepdims=True) + eps)


def layer_norm(data, gamma, beta, *, axis=-1, eps=1e-5, output_mean_var=False):
    mean, std = moments(data, axis, eps)
    shape = [1] * data.ndim
    shape[axis] = -1
    output = (data - mean) / std * gamma.reshape(shape) + beta.reshape(shape)
    return (output, mean, std) if output_mean_var else output


def group_norm(data, gamma, beta, *, num_groups=1, eps=1e-5):
    groups = data.reshape(len(data), num_groups, -1)
    mean, std = moments(groups, 2, eps)
    return ((groups - mean) / std * gamma[:, None] + beta[:, None]).reshape(data.shape)


def instance_norm(data, gamma, beta, *, eps=1e-3):
    mean, std = moments(data, tuple(range(2, data.ndim)), eps)
    shape = (-1, *[1] * (data.ndim - 2))
    return (data - mean) / std * gamma.reshape(shape) + beta.reshape(shape)


def l2(data, *, mode="instance", eps=1e-10):
    axes = {"instance": range(1, data.ndim), "channel": (1,), "spatial": range(2, data.ndim)}
    return data / np.sqrt((data**2).sum(tuple(axes[mode]), keepdims=True) + eps)


def norm(op: str, function, shape: Shape, scale: int, **params) -> Row:
    shapes = {"data": shape, "gamma": (scale,), "beta": (scale,)}
    return Row(op, params, shapes, shape, function, rtol=1e-4)


NORMS = (
    norm("LayerNorm", layer_norm, (4, 5), 5),
    norm("LayerNorm", layer_norm, (2, 3, 4), 3, axis=1, eps=0.1),
    norm("LayerNorm", layer_norm, (3, 2, 2, 2), 3, axis=0),
    norm("GroupNorm", group_norm, (2, 4, 3), 2, num_groups=2),
    norm("GroupNorm", group_norm, (2, 3, 2, 2), 1, eps=0.1),
    norm("InstanceNorm", instance_norm, (2, 3, 4), 3),
    norm("InstanceNorm", instance_norm, (2, 3, 2, 3), 3, eps=0.1),
    *(
        Row("L2Normalization", {"mode": mode}, {"data": shape}, shape, l2)
        for mode in ("instance", "channel", "spatial")
        for shape in ((2, 3, 2), (2, 2, 2, 3))
    ),
    Row("L2Normalization", {"eps": 0.5}, {"data": (3, 4)}, (3, 4), l2),
)


# -- softmax ---------------------------------------------------------------------------------------


def softmax(data, length=None, *, axis=-1, temperature=None, dtype=None, use_length=False):
    exponents = np.exp((data - data.max(axis, keepdims=True)) / (temperature or 1.0))
    if use_length:
        places = np.arange(data.shape[axis]).reshape(
            [-1 if a == axis % data.ndim else 1 for a in range(data.ndim)]
        )
        exponents = exponents * (places < np.expand_dims(length, axis))
    return exponents / np.maximum(exponents.sum(axis, keepdims=True), 1e-300)


def softmin(data, **params):
    return softmax(-data, **params)


def log_softmax(data, *, axis=-1, temperature=None):
    return scipy.special.log_softmax(data / (temperature or 1.0), axis)


def lengths(shape: Shape, rows: Shape, draw, **params) -> Row:
    return Row(
        "softmax",
        {"use_length": True, **params},
        {"data": shape, "length": rows},
        shape,
        softmax,
        draws={"length": draw},
    )


SOFTMAX = (
    *(
        Row(op, params, {"data": shape}, shape, function)
        for op, function in (
            ("softmax", softmax),
            ("softmin", softmin),
            ("log_softmax", log_softmax),
        )
        for shape, params in (((3, 4), {}), ((2, 3, 2), {"axis": 1, "temperature": 2.5}))
    ),
    lengths((3, 4), (3,), given(4, 2, 0)),
    lengths((2, 3, 2), (2, 2), given(1, 2, 3, 0), axis=1, temperature=0.5),
)


def cross_entropy(data, label):
    rows = scipy.special.log_softmax(data, -1)[np.arange(len(data)), label.astype(int)]
    return np.array([-rows.sum()])


# -- losses ----------------------------------------------------------------------------------------


def passed(data, *label, **params):
    return data


def made(data, *, grad_scale=1.0, valid_thresh=0.0, normalization="null"):
    valid = max(1, (data > valid_thresh).sum())
    counts = {"null": 1, "batch": len(data), "valid": valid}
    return np.full_like(data, grad_scale / counts[normalization])


def hinge(data, label, *, margin=1.0, regularization_coefficient=1.0, use_linear=False):
    sign = np.where(np.arange(data.shape[1]) == label[:, None].astype(int), 1.0, -1.0)
    missing = margin - sign * data
    slope = (missing > 0) if use_linear else 2 * np.maximum(missing, 0)
    return -sign * slope * regularization_coefficient


def svm(**params) -> Row:
    return Row(
        "SVMOutput",
        params,
        {"data": (4, 3), "label": (4,)},
        (4, 3),
        passed,
        draws={"data": distinct, "label": given(0, 2, 1, 2)},
        own_gradient=hinge,
    )


def make_loss(**params) -> Row:
    return Row("MakeLoss", params, {"data": (3, 2)}, (3, 2), passed, own_gradient=made)


def collapsed(path, blank):
    """A path's labels: repeats and blanks left out."""
    return [c for c, _ in itertools.groupby(path) if c != blank]


def ctc(data, label, *more, use_data_lengths=False, use_label_lengths=False, blank_label="first"):
    """−log of the sum over all paths, one by one."""
    steps, batch, alphabet = data.shape
    more = list(more)
    counts = more.pop(0).astype(int) if use_data_lengths else [steps] * batch
    ends = more.pop(0).astype(int) if use_label_lengths else [label.shape[1]] * batch
    blank, padding = (0, 0) if blank_label == "first" else (alphabet - 1, -1)
    logarithms = scipy.special.log_softmax(data, -1)
    found = []
    for n in range(batch):
        wanted = list(itertools.takewhile(lambda c: c != padding, label[n][: ends[n]].astype(int)))
        paths = itertools.product(range(alphabet), repeat=int(counts[n]))
        scores = [
            sum(logarithms[t, n, c] for t, c in enumerate(path))
            for path in paths
            if collapsed(path, blank) == wanted
        ]
        found.append(-scipy.special.logsumexp(scores) if scores else 0.0)
    return np.array(found)


def sequences(label, why: str = "", *, more: dict | None = None, **params) -> Row:
    draws = {"label": given(*label), **{name: given(*each) for name, each in (more or {}).items()}}
    shapes = {"data": (3, 2, 3), "label": (2, len(label) // 2)}
    return Row(
        "CTCLoss",
        params,
        {**shapes, **dict.fromkeys(more or {}, (2,))},
        (2,),
        ctc,
        why,
        ("data", "label"),
        draws,
        names=("output0",),
    )


LOSSES = (
    Row(
        "softmax_cross_entropy",
        {},
        {"data": (4, 3), "label": (4,)},
        (1,),
        cross_entropy,
        draws={"label": given(0, 2, 1, 2)},
    ),
    make_loss(),
    make_loss(grad_scale=3.0, normalization="batch"),
    make_loss(normalization="valid", valid_thresh=0.1),
    make_loss(normalization="valid", valid_thresh=99.0),
    Row(
        "make_loss",
        {},
        {"data": (3, 2)},
        (3, 2),
        passed,
        own_gradient=np.ones_like,
        names=("loss",),
    ),
    svm(),
    svm(margin=0.3, regularization_coefficient=0.5, use_linear=True),
    sequences((1, 2, 2, 0)),
    sequences((1, 1, 0, 0), "a repeat, and no label at all"),
    sequences((0, 1, 1, -1), blank_label="last"),
    sequences((1, 1, 1, 1, 1, 2), "too short for its labels"),
    sequences(
        (1, 2, 2, 1),
        more={"data_lengths": (2, 3), "label_lengths": (1, 2)},
        use_data_lengths=True,
        use_label_lengths=True,
    ),
)


# -- attention -------------------------------------------------------------------------------------


def heads_of(projection, heads, parts):
    """A projection's parts, each (batch, heads, length, features of a head)."""
    length, batch, _ = projection.shape
    split = projection.reshape(length, batch, heads, parts, -1)
    return [split[:, :, :, part].transpose(1, 2, 0, 3) for part in range(parts)]


def products(queries, keys):
    found = np.einsum("bhqf,bhkf->bhqk", queries, keys) / np.sqrt(queries.shape[-1])
    return found.reshape(-1, *found.shape[2:])


def weighted(attention, values):
    split = attention.reshape(*values.shape[:2], *attention.shape[1:])
    return np.einsum("bhqk,bhkf->qbhf", split, values).reshape(split.shape[2], len(values), -1)


def selfatt_qk(projection, *, heads):
    return products(*heads_of(projection, heads, 3)[:2])


def selfatt_valatt(projection, attention, *, heads):
    return weighted(attention, heads_of(projection, heads, 3)[2])


def encdec_qk(queries, keys_values, *, heads):
    return products(heads_of(queries, heads, 1)[0], heads_of(keys_values, heads, 2)[0])


def encdec_valatt(keys_values, attention, *, heads):
    return weighted(attention, heads_of(keys_values, heads, 2)[1])


def attention(kind: str, function, shapes: dict[str, Shape], output: Shape) -> Row:
    name = f"_contrib_interleaved_matmul_{kind}"
    return Row(name, {"heads": 2}, shapes, output, function, known=tuple(shapes))


ATTENTION = (
    attention("selfatt_qk", selfatt_qk, {"queries_keys_values": (3, 2, 12)}, (4, 3, 3)),
    attention(
        "selfatt_valatt",
        selfatt_valatt,
        {"queries_keys_values": (3, 2, 12), "attention": (4, 3, 3)},
        (3, 2, 4),
    ),
    attention("encdec_qk", encdec_qk, {"queries": (2, 2, 4), "keys_values": (3, 2, 8)}, (4, 2, 3)),
    attention(
        "encdec_valatt",
        encdec_valatt,
        {"keys_values": (3, 2, 8), "attention": (4, 2, 3)},
        (2, 2, 4),
    ),
)

ROWS = (*NORMS, *SOFTMAX, *LOSSES, *ATTENTION)
