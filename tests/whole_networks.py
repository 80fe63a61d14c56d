"""Small networks of the structures that people have, and numbers for them."""

from typing import Any

import numpy as np

import symnet as mx

__all__ = ["NETWORKS", "drawn", "predicted"]

X = mx.Variable


def conv(net, channels, kernel=3, **options):
    options = {"pad": (kernel // 2, kernel // 2), **options}
    return mx.Convolution(net, num_filter=channels, kernel=(kernel, kernel), **options)


def normal_relu(net, **options):
    return mx.Activation(mx.BatchNorm(net, fix_gamma=False, **options), act_type="relu")


def head(net, classes=5):
    pooled = mx.Flatten(mx.Pooling(net, global_pool=True, pool_type="avg", kernel=(1, 1)))
    scores = mx.FullyConnected(pooled, num_hidden=classes)
    return mx.SoftmaxOutput(scores, name="softmax")


def residual(net, channels, stride):
    inner = normal_relu(conv(net, channels, stride=(stride, stride), no_bias=True))
    inner = mx.BatchNorm(conv(inner, channels, no_bias=True), fix_gamma=True)
    short = mx.BatchNorm(conv(net, channels, 1, stride=(stride, stride), no_bias=True))
    return mx.Activation(inner + short, act_type="relu")


def residual_before(net, channels, stride):
    first = normal_relu(net)
    inner = normal_relu(conv(first, channels, stride=(stride, stride), no_bias=True))
    return conv(inner, channels) + conv(first, channels, 1, stride=(stride, stride), no_bias=True)


def resnet(block):
    net = normal_relu(conv(X("data"), 4, no_bias=True))
    net = mx.Pooling(net, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pooling_convention="valid")
    return head(block(block(net, 6, 2), 8, 1))


def squeezenet():
    net = mx.Pooling(conv(X("data"), 6), kernel=(3, 3), stride=(2, 2), pooling_convention="full")
    squeezed = mx.Activation(conv(net, 3, 1), act_type="relu")
    net = mx.Concat(conv(squeezed, 4, 1), conv(squeezed, 4), dim=1)
    return head(mx.Dropout(mx.Activation(net, act_type="relu"), p=0.5))


def mobilenet():
    net = normal_relu(conv(X("data"), 6, stride=(2, 2)))
    net = normal_relu(conv(net, 6, num_group=6, no_bias=True))
    net = mx.clip(conv(net, 8, 1), a_min=0, a_max=6)
    return head(net + mx.BatchNorm(conv(net, 8, 1)))


def densenet():
    net = conv(X("data"), 4)
    for _ in range(3):
        net = mx.Concat(net, conv(normal_relu(net), 3, no_bias=True), dim=1)
    net = conv(normal_relu(net), 5, 1)
    return head(mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="avg"))


def inception():
    net = conv(X("data"), 4)
    pooled = mx.Pooling(net, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="avg")
    branches = [
        conv(net, 3, 1),
        mx.Convolution(conv(net, 2, 1), num_filter=3, kernel=(1, 5), pad=(0, 2)),
        conv(pooled, 2, 1),
    ]
    net = normal_relu(mx.Concat(*branches, dim=1), eps=2e-5)
    return head(mx.Pooling(net, kernel=(3, 3), stride=(2, 2), pool_type="max"))


def alexnet():
    net = mx.LRN(mx.Activation(conv(X("data"), 6), act_type="relu"), nsize=5)
    net = mx.Flatten(mx.Pooling(net, kernel=(3, 3), stride=(2, 2)))
    net = mx.Dropout(mx.Activation(mx.FullyConnected(net, num_hidden=16), act_type="relu"), p=0.5)
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=5), name="softmax")


def vgg():
    net = X("data")
    for channels in (4, 6):
        for _ in range(2):
            net = mx.Activation(conv(net, channels), act_type="relu")
        net = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.Activation(mx.FullyConnected(mx.Flatten(net), num_hidden=16), act_type="relu")
    return mx.SoftmaxOutput(mx.FullyConnected(mx.Dropout(net), num_hidden=5), name="softmax")


def segmentation():
    data = X("data")
    low = mx.LeakyReLU(conv(data, 4, stride=(2, 2)), act_type="prelu")
    high = mx.Deconvolution(low, num_filter=3, kernel=(4, 4), stride=(2, 2), pad=(1, 1))
    high = mx.Crop(high, data, num_args=2)
    near = mx.UpSampling(low, scale=2, sample_type="nearest", num_args=1)
    return mx.SoftmaxOutput(mx.Concat(high, near, dim=1), multi_output=True, name="softmax")


NETWORKS = {
    "resnet v1": resnet(residual),
    "resnet v2": resnet(residual_before),
    "squeezenet": squeezenet(),
    "mobilenet": mobilenet(),
    "densenet": densenet(),
    "inception": inception(),
    "alexnet": alexnet(),
    "vgg": vgg(),
    "segmentation": segmentation(),
}


def drawn(symbol: mx.SymbolicNode, **shapes: Any) -> tuple[dict[str, mx.NDArray], ...]:
    """Numbers for everything but the data and the labels: parameters, and states above zero."""
    random = np.random.default_rng(1)
    arguments, _, states = symbol.infer_shape(**shapes)
    parameters = {
        name: mx.array(random.normal(scale=0.5, size=shape))
        for name, shape in zip(symbol.list_arguments(), arguments, strict=True)
        if name not in shapes and not name.endswith("label")
    }
    names = symbol.list_auxiliary_states()
    return parameters, {
        name: mx.array(random.uniform(0.5, 2, shape))
        for name, shape in zip(names, states, strict=True)
    }


def predicted(symbol, parameters, states, **data):
    """The outputs of symnet itself."""
    executor = mx.simple_bind(
        symbol, mx.cpu(), grad_req="null", **{name: each.shape for name, each in data.items()}
    )
    executor.copy_params_from(parameters, states)
    for name, each in data.items():
        executor.arg_dict[name][:] = each
    return [output.asnumpy() for output in executor.forward()]
