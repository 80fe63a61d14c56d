"""Networks' operators: softmax, matrices, attention, sequences, RNN, CTC, against eager PyTorch."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from _operator_rows import IMAGES_LARGE, IMAGES_SMALL, LARGE, SMALL, Row, Shape
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

import symnet as mx

__all__ = ["ROWS"]

MATRICES_SMALL, MATRICES_LARGE = {"A": (8, 16, 16)}, {"A": (16, 128, 128)}
STEPS_SMALL, STEPS_LARGE = (
    {"data": (12, 8, 16), "sequence_length": (8,)},
    {"data": (64, 64, 256), "sequence_length": (64,)},
)


def definite(generator: torch.Generator, shape: Shape) -> Tensor:
    matrix = torch.randn(shape, generator=generator)
    return matrix @ matrix.mT / shape[-1] + torch.eye(shape[-1])


def triangular(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.linalg.cholesky(definite(generator, shape))


def lengths(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.randint(1, 13, shape, generator=generator).float()


def labels(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.randint(1, 12, shape, generator=generator).float()


LAYERS: dict[str, Row] = {
    "softmin": Row(mx.softmin, {}, lambda d: F.softmin(d, -1), SMALL, LARGE),
    "softmax, axis 1": Row(
        mx.softmax, {"axis": 1}, lambda d: F.softmax(d, 1), IMAGES_SMALL, IMAGES_LARGE
    ),
    "softmax, temperature": Row(
        mx.softmax, {"temperature": 2.0}, lambda d: F.softmax(d / 2.0, -1), SMALL, LARGE
    ),
    "softmax, length": Row(
        mx.softmax,
        {"use_length": True},
        lambda d, n: F.softmax(
            d.masked_fill(torch.arange(d.shape[1]) >= n[:, None], -torch.inf), -1
        ),
        {"data": (32, 64), "length": (32,)},
        {"data": (256, 4096), "length": (256,)},
        draws={"length": lengths},
        fixed=("length",),
    ),
    "SoftmaxActivation, channel": Row(
        mx.SoftmaxActivation,
        {"mode": "channel"},
        lambda d: F.softmax(d, 1),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "softmax_cross_entropy": Row(
        mx.softmax_cross_entropy,
        {},
        lambda d, label: F.cross_entropy(d, label.long(), reduction="sum"),
        {"data": (32, 64), "label": (32,)},
        {"data": (256, 4096), "label": (256,)},
        indices={"label": 64},
    ),
    "SVMOutput": Row(
        mx.SVMOutput,
        {},
        lambda d, label: F.multi_margin_loss(d, label.long(), p=2, reduction="sum"),
        {"data": (32, 64), "label": (32,)},
        {"data": (256, 4096), "label": (256,)},
        indices={"label": 64},
        loss=True,
    ),
    "BatchNorm, no training statistics": Row(
        mx.BatchNorm,
        {"fix_gamma": False, "use_global_stats": True},
        lambda d, g, b, m, v: F.batch_norm(d, m, v, g, b, training=False, eps=1e-3),
        {**IMAGES_SMALL, "gamma": (16,), "beta": (16,)},
        {**IMAGES_LARGE, "gamma": (64,), "beta": (64,)},
        states=("moving_mean", "moving_var"),
    ),
    "L2Normalization, channel": Row(
        mx.L2Normalization,
        {"mode": "channel"},
        lambda d: F.normalize(d, dim=1),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "GroupNorm, 4 groups": Row(
        mx.GroupNorm,
        {"num_groups": 4},
        lambda d, g, b: F.group_norm(
            d, 4, g.repeat_interleave(d.shape[1] // 4), b.repeat_interleave(d.shape[1] // 4)
        ),
        {**IMAGES_SMALL, "gamma": (4,), "beta": (4,)},
        {**IMAGES_LARGE, "gamma": (4,), "beta": (4,)},
    ),
    "LeakyReLU, gelu": Row(mx.LeakyReLU, {"act_type": "gelu"}, F.gelu, SMALL, LARGE),
    "LeakyReLU, selu": Row(mx.LeakyReLU, {"act_type": "selu"}, F.selu, SMALL, LARGE),
    "MakeLoss": Row(mx.MakeLoss, {}, torch.sum, SMALL, LARGE, loss=True),
    "FullyConnected, last axis": Row(
        mx.FullyConnected,
        {"num_hidden": 64, "flatten": False},
        F.linear,
        {"data": (8, 12, 64), "weight": (64, 64), "bias": (64,)},
        {"data": (64, 64, 64), "weight": (64, 64), "bias": (64,)},
    ),
    "Dropout, axes": Row(
        mx.Dropout,
        {"axes": (2, 3)},
        lambda d: F.dropout2d(d, 0.5),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
}


def matrices(name: str, eager: Callable[..., Any], draw: Any = definite, **parameters: Any) -> Row:
    """Return the row of a function of square matrices."""
    return Row(
        getattr(mx, f"linalg_{name}"),
        parameters,
        eager,
        MATRICES_SMALL,
        MATRICES_LARGE,
        draws={"A": draw},
    )


def slogdet(matrix: Tensor) -> tuple[Tensor, ...]:
    return tuple(torch.linalg.slogdet(matrix))


def eigen(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvectors as rows, whose greatest entries are positive, and eigenvalues."""
    values, columns = torch.linalg.eigh(matrix)
    greatest = columns.gather(-2, columns.abs().argmax(-2, keepdim=True))
    return (columns * greatest.sign()).mT, values


MATRIX_OPERATORS: dict[str, Row] = {
    "batch_dot": Row(
        mx.batch_dot,
        {"transpose_b": True},
        lambda a, b: torch.bmm(a, b.mT),
        {"lhs": (8, 32, 16), "rhs": (8, 32, 16)},
        {"lhs": (32, 128, 64), "rhs": (32, 128, 64)},
    ),
    "linalg_gemm": Row(
        mx.linalg_gemm,
        {"alpha": 0.5, "beta": 2.0},
        lambda a, b, c: 0.5 * (a @ b) + 2.0 * c,
        {"A": (8, 16, 16), "B": (8, 16, 16), "C": (8, 16, 16)},
        {"A": (16, 128, 128), "B": (16, 128, 128), "C": (16, 128, 128)},
    ),
    "linalg_trmm": Row(
        mx.linalg_trmm,
        {},
        lambda a, b: torch.tril(a) @ b,
        {"A": (8, 16, 16), "B": (8, 16, 16)},
        {"A": (16, 128, 128), "B": (16, 128, 128)},
        draws={"A": triangular},
    ),
    "linalg_trsm": Row(
        mx.linalg_trsm,
        {},
        lambda a, b: torch.linalg.solve_triangular(torch.tril(a), b, upper=False),
        {"A": (8, 16, 16), "B": (8, 16, 16)},
        {"A": (16, 128, 128), "B": (16, 128, 128)},
        draws={"A": triangular},
    ),
    "linalg_syrk": matrices("syrk", lambda a: a @ a.mT),
    "linalg_potrf": matrices("potrf", torch.linalg.cholesky),
    "linalg_potri": matrices("potri", torch.cholesky_inverse, triangular),
    "linalg_inverse": matrices("inverse", torch.linalg.inv),
    "linalg_det": matrices("det", torch.linalg.det),
    "linalg_slogdet": matrices("slogdet", slogdet),
    "linalg_syevd": matrices("syevd", eigen),
    "linalg_gelqf": matrices("gelqf", lambda a: tuple(torch.linalg.qr(a.mT))),
    "linalg_sumlogdiag": matrices(
        "sumlogdiag", lambda a: a.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    ),
    "linalg_extractdiag": matrices("extractdiag", lambda a: a.diagonal(dim1=-2, dim2=-1)),
    "linalg_makediag": Row(
        mx.linalg_makediag, {}, torch.diag_embed, {"A": (8, 16)}, {"A": (64, 128)}
    ),
    "linalg_extracttrian": matrices(
        "extracttrian", lambda a: a[..., *torch.tril_indices(a.shape[-1], a.shape[-1])]
    ),
    "khatri_rao": Row(
        mx.khatri_rao,
        {},
        lambda a, b: (a[:, None, :] * b[None, :, :]).reshape(-1, a.shape[1]),
        {"arg0": (8, 16), "arg1": (8, 16)},
        {"arg0": (64, 128), "arg1": (64, 128)},
    ),
}


def heads_of(joined: Tensor, parts: int, heads: int = 4) -> tuple[Tensor, ...]:
    """Return each part of what was interleaved by heads, as (batch · heads, steps, width)."""
    steps, batch, width = joined.shape
    by_head = joined.reshape(steps, batch, heads, parts, width // heads // parts)
    return tuple(
        by_head[:, :, :, part].permute(1, 2, 0, 3).reshape(batch * heads, steps, -1)
        for part in range(parts)
    )


def joined_heads(values: Tensor, heads: int = 4) -> Tensor:
    total, steps, width = values.shape
    by_head = values.reshape(total // heads, heads, steps, width)
    return by_head.permute(2, 0, 1, 3).reshape(steps, total // heads, heads * width)


def self_scores(joined: Tensor) -> Tensor:
    queries, keys, _ = heads_of(joined, 3)
    return torch.bmm(queries / queries.shape[-1] ** 0.5, keys.mT)


def self_values(joined: Tensor, attention: Tensor) -> Tensor:
    return joined_heads(torch.bmm(attention, heads_of(joined, 3)[2]))


def cross_scores(queries: Tensor, joined: Tensor) -> Tensor:
    (own,) = heads_of(queries, 1)
    return torch.bmm(own / own.shape[-1] ** 0.5, heads_of(joined, 2)[0].mT)


def cross_values(joined: Tensor, attention: Tensor) -> Tensor:
    return joined_heads(torch.bmm(attention, heads_of(joined, 2)[1]))


ATTENTION: dict[str, Row] = {
    f"attention, {name}": Row(
        getattr(mx, f"_contrib_interleaved_matmul_{name}"), {"heads": 4}, *rest
    )
    for name, *rest in (
        (
            "selfatt_qk",
            self_scores,
            {"queries_keys_values": (12, 2, 96)},
            {"queries_keys_values": (64, 8, 768)},
        ),
        (
            "selfatt_valatt",
            self_values,
            {"queries_keys_values": (12, 2, 96), "attention": (8, 12, 12)},
            {"queries_keys_values": (64, 8, 768), "attention": (32, 64, 64)},
        ),
        (
            "encdec_qk",
            cross_scores,
            {"queries": (12, 2, 32), "keys_values": (12, 2, 64)},
            {"queries": (64, 8, 256), "keys_values": (64, 8, 512)},
        ),
        (
            "encdec_valatt",
            cross_values,
            {"keys_values": (12, 2, 64), "attention": (8, 12, 12)},
            {"keys_values": (64, 8, 512), "attention": (32, 64, 64)},
        ),
    )
}


def behind(data: Tensor, count: Tensor) -> Tensor:
    return (torch.arange(data.shape[0])[:, None] >= count).unsqueeze(-1)


def reversed_steps(data: Tensor, count: Tensor) -> Tensor:
    steps = torch.arange(data.shape[0])[:, None]
    places = torch.where(steps < count, count.long() - 1 - steps, steps)
    return data.gather(0, places.unsqueeze(-1).expand(data.shape))


def sequence(name: str, eager: Callable[..., Tensor]) -> Row:
    return Row(
        getattr(mx, name),
        {"use_sequence_length": True},
        eager,
        STEPS_SMALL,
        STEPS_LARGE,
        draws={"sequence_length": lengths},
        fixed=("sequence_length",),
    )


def connectionist(data: Tensor, label: Tensor) -> Tensor:
    steps, batch, _ = data.shape
    return F.ctc_loss(
        F.log_softmax(data, -1),
        label.long(),
        torch.full((batch,), steps),
        torch.full((batch,), label.shape[1]),
        reduction="none",
    )


def recurrent(mode: str, gates: int, module: type[torch.nn.RNNBase], layers: int = 1) -> Row:
    """Return the row of a fused recurrent layer, of which both have the packed weights."""
    nets: dict[int, torch.nn.RNNBase] = {}

    def eager(data: Tensor, parameters: Tensor, state: Tensor, *cell: Tensor) -> Tensor:
        width, hidden = data.shape[-1], state.shape[-1]
        net = nets.setdefault(hidden, module(width, hidden, layers))
        shapes = {name: tuple(weight.shape) for name, weight in net.named_parameters()}
        order = sorted(shapes, key=lambda name: name.startswith("bias"))
        parts = parameters.split([torch.Size(shapes[name]).numel() for name in order])
        weights = {n: part.view(shapes[n]) for n, part in zip(order, parts, strict=True)}
        first = (state, *cell) if cell else state
        found: Tensor = torch.func.functional_call(net, weights, (data, first))[0]
        return found

    def shapes(steps: int, batch: int, width: int, hidden: int) -> Mapping[str, Shape]:
        of_layer = [width, *[hidden] * (layers - 1)]
        count = sum(gates * hidden * (each + hidden + 2) for each in of_layer)
        state = (layers, batch, hidden)
        cell = {"state_cell": state} if mode == "lstm" else {}
        return {
            "data": (steps, batch, width),
            "parameters": (count,),
            "state": state,
            **cell,
        }

    return Row(
        lambda **v: mx.RNN(**v, mode=mode, num_layers=layers, state_size=64),
        {},
        eager,
        shapes(8, 8, 32, 64),
        shapes(32, 64, 32, 64),
    )


SEQUENCES: dict[str, Row] = {
    "SequenceMask": sequence("SequenceMask", lambda d, n: d.masked_fill(behind(d, n), 0.0)),
    "SequenceLast": sequence(
        "SequenceLast", lambda d, n: d[n.long() - 1, torch.arange(d.shape[1])]
    ),
    "SequenceReverse": sequence("SequenceReverse", reversed_steps),
    "CTCLoss": Row(
        lambda **v: mx.CTCLoss(**v)[0],
        {},
        connectionist,
        {"data": (12, 4, 12), "label": (4, 4)},
        {"data": (64, 32, 128), "label": (32, 16)},
        draws={"label": labels},
        fixed=("label",),
    ),
    "RNN, lstm": recurrent("lstm", 4, torch.nn.LSTM),
    "RNN, gru": recurrent("gru", 3, torch.nn.GRU),
    "RNN, rnn_tanh": recurrent("rnn_tanh", 1, torch.nn.RNN),
    "RNN, lstm, 2 layers": recurrent("lstm", 4, torch.nn.LSTM, 2),
}

ROWS: dict[str, Row] = {**LAYERS, **MATRIX_OPERATORS, **ATTENTION, **SEQUENCES}
