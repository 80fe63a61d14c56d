"""Rows for sequences of several lengths, borders, windows and counts; see `op_rows.py`."""

import numpy as np
from op_testing import Row, Shape, given

__all__ = ["ROWS"]

# -- sequences -------------------------------------------------------------------------------------


def lengths_of(sequence_length, data, axis):
    """The lengths, cut to whole numbers; without any all are full."""
    if sequence_length is None:
        return np.full(data.shape[1 - axis], data.shape[axis])
    return np.trunc(sequence_length).astype(int)


def last(data, sequence_length=None, *, use_sequence_length=False, axis=0):
    time_first = np.moveaxis(data, axis, 0)
    ends = np.clip(lengths_of(sequence_length, data, axis), 1, len(time_first))
    return np.array([time_first[end - 1, number] for number, end in enumerate(ends)])


def masked(data, sequence_length=None, *, use_sequence_length=False, value=0.0, axis=0):
    result = data.copy()
    time_first = np.moveaxis(result, axis, 0)
    for number, end in enumerate(lengths_of(sequence_length, data, axis)):
        time_first[max(end, 0) :, number] = value
    return result


def turned(data, sequence_length=None, *, use_sequence_length=False):
    result = data.copy()
    for number, end in enumerate(lengths_of(sequence_length, data, 0)):
        stop = np.clip(end, 1, len(data))
        result[:stop, number] = data[:stop, number][::-1]
    return result


def sequence(op: str, reference, data: Shape, output: Shape, *lengths: float, **params) -> Row:
    if not lengths:
        return Row(op, params, {"data": data}, output, reference, "full")
    shapes = {"data": data, "sequence_length": (len(lengths),)}
    given_too = {"use_sequence_length": True, **params}
    return Row(op, given_too, shapes, output, reference, draws={"sequence_length": given(*lengths)})


SEQUENCES = (
    sequence("SequenceLast", last, (4, 3), (3,)),
    sequence("SequenceLast", last, (4, 3), (3,), 1, 4, 2.7),
    sequence("SequenceLast", last, (2, 4, 3), (2, 3), 3, 9, axis=1),
    sequence("SequenceMask", masked, (4, 3), (4, 3)),
    sequence("SequenceMask", masked, (4, 3), (4, 3), 0, 4, 2.7, value=-1.5),
    sequence("SequenceMask", masked, (2, 4, 3), (2, 4, 3), 3, 9, axis=1),
    sequence("SequenceReverse", turned, (4, 3), (4, 3)),
    sequence("SequenceReverse", turned, (4, 3, 2), (4, 3, 2), 1, 4, 2.7),
)


# -- borders and windows ---------------------------------------------------------------------------


def pad(shape: Shape, output: Shape, mode: str, *widths: int, **params) -> Row:
    def reference(data, *, mode, pad_width, constant_value=0.0):
        pairs = list(zip(pad_width[::2], pad_width[1::2], strict=True))
        extra = {"constant_values": constant_value} if mode == "constant" else {}
        return np.pad(data, pairs, mode, **extra)

    params = {"mode": mode, "pad_width": (0, 0, 0, 0, *widths), **params}
    return Row("Pad", params, {"data": shape}, output, reference)


def cut_off(data, **params):
    return data[:, :, 1:, :-1]


def windows(size, *, kernel, stride=(1, 1), dilate=(1, 1), pad=(0, 0)):
    """Of each window the rows and columns in the padded image, window by window."""
    reach = [d * (k - 1) for d, k in zip(dilate, kernel, strict=True)]
    starts = [
        range(0, length + 2 * p - r, s)
        for length, p, r, s in zip(size, pad, reach, stride, strict=True)
    ]
    for y in starts[0]:
        for x in starts[1]:
            yield (
                slice(y, y + reach[0] + 1, dilate[0]),
                slice(x, x + reach[1] + 1, dilate[1]),
            )


def im2col(data, *, kernel, pad=(0, 0), **params):
    padded = np.pad(data, [(0, 0), (0, 0), (pad[0],) * 2, (pad[1],) * 2])
    found = windows(data.shape[2:], kernel=kernel, pad=pad, **params)
    return np.stack([padded[(..., *w)].reshape(len(data), -1) for w in found], -1)


def col2im(data, *, output_size, kernel, pad=(0, 0), **params):
    batch, channels = len(data), data.shape[1] // (kernel[0] * kernel[1])
    padded = np.zeros(
        (batch, channels, *(n + 2 * p for n, p in zip(output_size, pad, strict=True)))
    )
    for column, w in enumerate(windows(output_size, kernel=kernel, pad=pad, **params)):
        padded[(..., *w)] += data[:, :, column].reshape(batch, channels, *kernel)
    height, width = output_size
    return padded[:, :, pad[0] : pad[0] + height, pad[1] : pad[1] + width]


SPACED = {"kernel": (2, 2), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 0)}

BORDERED = (
    pad((1, 2, 2, 3), (1, 2, 4, 4), "constant", 1, 1, 0, 1, constant_value=2.5),
    pad((1, 2, 2, 3), (1, 2, 4, 5), "edge", 2, 0, 1, 1),
    pad((1, 1, 3, 4), (1, 1, 5, 7), "reflect", 1, 1, 3, 0),
    pad((1, 1, 2, 3, 2), (1, 1, 3, 4, 3), "reflect", 1, 0, 0, 1, 1, 0),
    pad((1, 1, 2, 1, 2), (1, 1, 3, 2, 3), "edge", 1, 0, 0, 1, 1, 0),
    Row(
        "Pad",
        {"mode": "constant", "pad_width": (0, 0, 0, 0, -1, 0, 0, -1)},
        {"data": (1, 1, 3, 3)},
        (1, 1, 2, 2),
        cut_off,
        "cutting off",
    ),
    Row("im2col", {"kernel": (2, 2)}, {"data": (2, 2, 3, 4)}, (2, 8, 6), im2col),
    Row("im2col", SPACED, {"data": (1, 2, 3, 5)}, (1, 8, 6), im2col),
    Row(
        "col2im",
        {"output_size": (3, 4), "kernel": (2, 2)},
        {"data": (2, 8, 6)},
        (2, 2, 3, 4),
        col2im,
    ),
    Row("col2im", {"output_size": (3, 5), **SPACED}, {"data": (1, 8, 6)}, (1, 2, 3, 5), col2im),
)


ROWS = (*SEQUENCES, *BORDERED)
