"""What operators compute, written in NumPy alone.

Each function takes the operator's inputs and states in order, and its parameters by their names.
Loops over windows and rows are meant: they say what is computed, not how fast.
"""

from math import prod

import numpy as np
from scipy.stats import norm

__all__ = [
    "activation",
    "batch_norm",
    "batch_norm_states",
    "batch_norm_training",
    "cropped",
    "embedding",
    "flatten",
    "fully_connected",
    "leaky",
    "local_response",
    "repeated",
    "rounded",
    "softmax",
    "softmax_gradient",
    "softmax_layer",
    "sparse_pull",
    "sparse_states",
]


def rounded(data):
    """Round halves away from zero, as C's roundf; NumPy rounds them to even."""
    return np.trunc(data + np.copysign(0.5, data))


def activation(data, act_type):
    return {
        "relu": lambda x: np.maximum(x, 0),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softrelu": lambda x: np.logaddexp(0, x),
        "softsign": lambda x: x / (1 + np.abs(x)),
        "tanh": np.tanh,
    }[act_type](data)


def flatten(data):
    return data.reshape(len(data), prod(data.shape[1:]))


def fully_connected(data, weight, bias=0.0, *, num_hidden, no_bias=False, flatten=True):
    rows = data.reshape(len(data), -1) if flatten else data
    return rows @ weight.T + bias


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
    if act_type == "gelu":
        return data * norm.cdf(data)
    if act_type == "selu":
        alpha, scale = 1.6732632423543772, 1.0507009873554805
        return scale * np.where(data > 0, data, alpha * np.expm1(data))
    below = {
        "leaky": lambda: slope * data,
        "elu": lambda: slope * np.expm1(data),
        "prelu": lambda: slopes(gamma, data) * data,
        "rrelu": lambda: (lower_bound + upper_bound) / 2 * data,
    }[act_type]()
    return np.where(data > 0, data, below)


def slopes(gamma, data):
    """Slopes of one axis stand for channels, others for the first axes."""
    if gamma.ndim == 1:
        return along_channels(gamma, data)
    return gamma.reshape(*gamma.shape, *[1] * (data.ndim - gamma.ndim))


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


def repeated(*images, scale, multi_input_mode="concat", **_):
    height = scale * images[0].shape[2]
    large = [np.kron(image, np.ones((height // image.shape[2],) * 2)) for image in images]
    return sum(large) if multi_input_mode == "sum" else np.concatenate(large, 1)
