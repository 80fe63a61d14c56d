"""What operators compute, written in NumPy alone.

Each function takes the operator's inputs and states in order, and its parameters by their names.
Loops over windows and rows are meant: they say what is computed, not how fast.
"""

from math import prod

import numpy as np

__all__ = [
    "activation",
    "batch_norm",
    "batch_norm_states",
    "batch_norm_training",
    "convolution",
    "cropped",
    "deconvolution",
    "embedding",
    "flatten",
    "fully_connected",
    "leaky",
    "local_response",
    "pooling",
    "repeated",
    "rounded",
    "softmax",
    "softmax_gradient",
    "softmax_layer",
    "sparse_pull",
    "sparse_states",
    "window_starts",
]


def rounded(data):
    """Round halves away from zero, as C's roundf; NumPy rounds them to even."""
    return np.trunc(data + np.copysign(0.5, data))


def activation(data, act_type):
    return {
        "relu": lambda x: np.maximum(x, 0),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softrelu": lambda x: np.logaddexp(0, x),
        "tanh": np.tanh,
    }[act_type](data)


def flatten(data):
    return data.reshape(len(data), prod(data.shape[1:]))


def fully_connected(data, weight, bias=0.0, *, num_hidden, no_bias=False):
    return flatten(data) @ weight.T + bias


def convolution(
    data,
    weight,
    bias=None,
    *,
    kernel,
    num_filter,
    stride=(),
    dilate=(),
    pad=(),
    num_group=1,
    workspace=512,
    no_bias=False,
):
    stride, dilate, pad = stride or (1, 1), dilate or (1, 1), pad or (0, 0)
    padded = np.pad(data, ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    spans = [d * (k - 1) + 1 for d, k in zip(dilate, kernel, strict=True)]
    tops = range(0, padded.shape[2] - spans[0] + 1, stride[0])
    lefts = range(0, padded.shape[3] - spans[1] + 1, stride[1])
    output = np.zeros((len(data), num_filter, len(tops), len(lefts)))
    for number, filters in enumerate(weight):
        group = number // (num_filter // num_group)
        channels = padded[:, group * len(filters) : (group + 1) * len(filters)]
        for (y, top), (x, left) in ((v, h) for v in enumerate(tops) for h in enumerate(lefts)):
            rows = slice(top, top + spans[0], dilate[0])
            columns = slice(left, left + spans[1], dilate[1])
            output[:, number, y, x] = (channels[:, :, rows, columns] * filters).sum((1, 2, 3))
    return output if bias is None else output + bias[:, None, None]


def window_starts(length, kernel, stride, pad, convention):
    """Where windows begin along one axis, counted in the padded image.

    All of a window lies inside by the convention "valid". By "full", windows go on as long as they
    begin inside and the one before has not reached the border.
    """
    padded = length + 2 * pad
    if convention == "valid":
        return list(range(0, padded - kernel + 1, stride))
    return [s for s in range(0, padded, stride) if s - stride + kernel < padded]


def pooling(
    data,
    *,
    pool_type,
    kernel=(),
    stride=(),
    pad=(),
    global_pool=False,
    pooling_convention="full",
):
    height, width = data.shape[2:]
    if global_pool:
        kernel, stride, pad = (height, width), (1, 1), (0, 0)
    stride, pad = stride or (1, 1), pad or (0, 0)
    tops = window_starts(height, kernel[0], stride[0], pad[0], pooling_convention)
    lefts = window_starts(width, kernel[1], stride[1], pad[1], pooling_convention)
    fill = -np.inf if pool_type == "max" else 0.0
    borders = ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1]))
    padded = np.pad(data, borders, constant_values=fill)
    take = {"max": np.max, "avg": np.mean, "sum": np.sum}[pool_type]
    output = np.zeros((*data.shape[:2], len(tops), len(lefts)))
    for (y, top), (x, left) in ((v, h) for v in enumerate(tops) for h in enumerate(lefts)):
        # A slice ends at the padded border: what hangs over it is not counted.
        window = padded[:, :, top : top + kernel[0], left : left + kernel[1]]
        output[:, :, y, x] = take(window, axis=(2, 3))
    return output


def softmax(data, label=None, *, multi_output=False, **_):
    """Probabilities; the parameters that only the gradient heeds are ignored."""
    axis = 1 if multi_output else -1
    powers = np.exp(data - data.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def softmax_gradient(
    data,
    label,
    *,
    grad_scale=1.0,
    ignore_label=-1.0,
    multi_output=False,
    use_ignore=False,
    normalization="null",
):
    output = softmax(data, multi_output=multi_output)
    in_order = np.moveaxis(output, 1, -1) if multi_output else output
    rows = in_order.reshape(-1, in_order.shape[-1]).copy()
    labels = label.reshape(-1)
    for row, right in zip(rows, labels, strict=True):
        if 0 <= int(right) < len(row):
            row[int(right)] -= 1
        if use_ignore and int(right) == int(ignore_label):
            row[:] = 0
    positions = prod(data.shape[2:]) if multi_output else 1
    divisor = {
        "null": positions,
        "batch": positions * (len(data) if multi_output else len(rows)),
        "valid": max(1, np.count_nonzero(labels != ignore_label)),
    }[normalization]
    gradient = rows.reshape(in_order.shape) * grad_scale / divisor
    return np.moveaxis(gradient, -1, 1) if multi_output else gradient


# -- normalising -----------------------------------------------------------------------------------


def along_channels(numbers, data):
    """One number for each channel, in a shape that goes with the data's."""
    return np.reshape(numbers, (-1, *[1] * (data.ndim - 2)))


def of_channels(data):
    """Mean and biased variance of each channel."""
    channels = [data[:, number].ravel() for number in range(data.shape[1])]
    means = np.array([channel.sum() / channel.size for channel in channels])
    squares = [((c - m) ** 2).sum() / c.size for c, m in zip(channels, means, strict=True)]
    return means, np.array(squares)


def batch_norm(
    data, gamma, beta, moving_mean, moving_var, *, eps=0.001, fix_gamma=True, **_
):  # `momentum` and `use_global_stats` change nothing here
    gamma = np.ones_like(gamma) if fix_gamma else gamma
    scale = gamma / np.sqrt(moving_var + eps)
    centred = data - along_channels(moving_mean, data)
    return centred * along_channels(scale, data) + along_channels(beta, data)


def batch_norm_training(data, gamma, beta, moving_mean, moving_var, **params):
    return batch_norm(data, gamma, beta, *of_channels(data), **params)


def batch_norm_states(data, gamma, beta, moving_mean, moving_var, *, momentum=0.9, **_):
    mean, variance = of_channels(data)
    return (
        momentum * moving_mean + (1 - momentum) * mean,
        momentum * moving_var + (1 - momentum) * variance,
    )


def local_response(data, *, nsize, alpha=0.0001, beta=0.75, knorm=2.0):
    output = np.zeros_like(data)
    for channel in range(data.shape[1]):
        near = data[:, max(0, channel - nsize // 2) : channel + nsize // 2 + 1]
        output[:, channel] = data[:, channel] / (knorm + alpha / nsize * (near**2).sum(1)) ** beta
    return output


def sparse_states(data, moving_avg, *, momentum=0.9, **_):
    sums = [data[:, number].sum() / len(data) for number in range(data.shape[1])]
    return (momentum * moving_avg + (1 - momentum) * np.array(sums),)


def sparse_pull(head, data, moving_avg, *, sparseness_target=0.1, penalty=0.001, momentum=0.9):
    """What flows back once the average has moved."""
    rho = sparseness_target
    pull = penalty * (-rho / moving_avg + (1 - rho) / (1 - moving_avg))
    return head + along_channels(pull, data)


# -- activations -----------------------------------------------------------------------------------


def leaky(data, gamma=None, *, act_type="leaky", slope=0.25, lower_bound=0.125, upper_bound=0.334):
    """In prediction; a gamma is the learned slope of each channel."""
    below = {
        "leaky": lambda: slope * data,
        "elu": lambda: slope * np.expm1(data),
        "prelu": lambda: along_channels(gamma, data) * data,
        "rrelu": lambda: (lower_bound + upper_bound) / 2 * data,
    }[act_type]()
    return np.where(data > 0, data, below)


def softmax_layer(data, *, mode="instance"):
    if mode == "channel":
        return softmax(data, multi_output=True)
    return softmax(flatten(data)).reshape(data.shape)


# -- parts -----------------------------------------------------------------------------------------


def embedding(data, weight, *, input_dim, output_dim):
    output = np.zeros((*data.shape, output_dim))
    for place in np.ndindex(data.shape):
        output[place] = weight[min(max(int(data[place]), 0), input_dim - 1)]
    return output


def cropped(data, like=None, *, h_w=(), offset=(0, 0), center_crop=False):
    height, width = like.shape[2:] if like is not None else h_w
    if center_crop:
        offset = ((data.shape[2] - height) // 2, (data.shape[3] - width) // 2)
    return data[:, :, offset[0] :, offset[1] :][:, :, :height, :width]


def deconvolution(
    data,
    weight,
    bias=None,
    *,
    kernel,
    num_filter,
    stride=(1, 1),
    dilate=(1, 1),
    pad=(0, 0),
    adj=(0, 0),
    num_group=1,
    no_bias=True,
):
    """Each value of an image adds a filter, times itself, to the output."""
    batch, channels, *size = data.shape
    steps = zip(size, kernel, stride, dilate, strict=True)
    sides = [s * (length - 1) + d * (k - 1) + 1 for length, k, s, d in steps]
    output = np.zeros((batch, num_filter, sides[0] + adj[0], sides[1] + adj[1]))
    for channel, y, x in np.ndindex(channels, *size):
        first = channel // (channels // num_group) * (num_filter // num_group)
        for place, i, j in np.ndindex(*weight.shape[1:]):
            at = (y * stride[0] + i * dilate[0], x * stride[1] + j * dilate[1])
            output[:, first + place, *at] += data[:, channel, y, x] * weight[channel, place, i, j]
    bottom, right = output.shape[2] - pad[0], output.shape[3] - pad[1]
    output = output[:, :, pad[0] : bottom, pad[1] : right]
    return output if bias is None else output + bias[:, None, None]


def repeated(*images, scale, multi_input_mode="concat", **_):
    height = scale * images[0].shape[2]
    large = [np.kron(image, np.ones((height // image.shape[2],) * 2)) for image in images]
    return sum(large) if multi_input_mode == "sum" else np.concatenate(large, 1)
