"""Networks that people have, each written once and built twice: of symnet and of PyTorch.

A network is a function of a builder, whose methods add layers and return a handle. `Symbols` makes
a symbol of them, `Modules` an `nn.Module` as one would write it by hand. Layers with weights are
numbered, in both alike, so that weights can be copied.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

import symnet as mx

__all__ = ["CLASSES", "NETWORKS", "Modules", "Symbols", "folded", "weights_of"]

CLASSES = 100


class Symbols:
    """Layers as symbols."""

    def __init__(self) -> None:
        self.count = 0

    def _name(self) -> str:
        self.count += 1
        return f"layer{self.count}"

    def data(self) -> Any:
        return mx.Variable("data")

    def conv(self, x, filters, kernel, stride=1, pad=0, groups=1):
        return mx.Convolution(
            x,
            kernel=(kernel, kernel),
            stride=(stride, stride),
            pad=(pad, pad),
            num_filter=filters,
            num_group=groups,
            name=self._name(),
        )

    def bn(self, x):
        return mx.BatchNorm(x, eps=1e-5, fix_gamma=False, name=self._name())

    def dense(self, x, count):
        return mx.FullyConnected(x, num_hidden=count, name=self._name())

    def relu(self, x):
        return mx.Activation(x, act_type="relu")

    def add(self, x, y):
        return x + y

    def concat(self, *parts):
        return mx.Concat(*parts, num_args=len(parts))

    def pool(self, x, kind, kernel, stride, pad=0):
        windows = {"kernel": (kernel, kernel), "stride": (stride, stride), "pad": (pad, pad)}
        return mx.Pooling(x, pool_type=kind, pooling_convention="valid", **windows)

    def mean(self, x):
        return mx.Flatten(mx.Pooling(x, kernel=(1, 1), global_pool=True, pool_type="avg"))

    def flatten(self, x):
        return mx.Flatten(x)


class Modules(nn.Module):
    """Layers as modules and functions of PyTorch, called one after the other."""

    def __init__(self, network: Callable[[Any], int]) -> None:
        super().__init__()
        self.layers = nn.ModuleDict()
        self.calls: list[tuple[Callable[..., Tensor] | str, tuple[int, ...]]] = []
        self._examples = [torch.zeros(1, 3, 112, 112)]
        self.last = network(self)
        del self._examples

    def forward(self, data: Tensor) -> Tensor:
        values = [data]
        for function, inputs in self.calls:
            call = self.layers[function] if isinstance(function, str) else function
            values.append(call(*(values[place] for place in inputs)))
        return values[-1]

    def _call(self, function: Callable[..., Tensor] | str, *inputs: int) -> int:
        self.calls.append((function, inputs))
        call = self.layers[function].eval() if isinstance(function, str) else function
        with torch.no_grad():
            self._examples.append(call(*(self._examples[place] for place in inputs)))
        return len(self._examples) - 1

    def _layer(self, layer: nn.Module, x: int) -> int:
        name = f"layer{len(self.layers) + 1}"
        self.layers[name] = layer
        return self._call(name, x)

    def _channels(self, x: int) -> int:
        return self._examples[x].shape[1]

    def data(self) -> int:
        return 0

    def conv(self, x, filters, kernel, stride=1, pad=0, groups=1):
        layer = nn.Conv2d(self._channels(x), filters, kernel, stride, pad, groups=groups)
        return self._layer(layer, x)

    def bn(self, x):
        return self._layer(nn.BatchNorm2d(self._channels(x), momentum=0.1), x)

    def dense(self, x, count):
        return self._layer(nn.Linear(self._channels(x), count), x)

    def relu(self, x):
        return self._call(functional.relu, x)

    def add(self, x, y):
        return self._call(torch.add, x, y)

    def concat(self, *parts):
        return self._call(lambda *values: torch.cat(values, 1), *parts)

    def pool(self, x, kind, kernel, stride, pad=0):
        function = functional.max_pool2d if kind == "max" else functional.avg_pool2d
        return self._call(lambda value: function(value, kernel, stride, pad), x)

    def mean(self, x):
        return self._call(lambda value: value.mean((2, 3)), x)

    def flatten(self, x):
        return self._call(lambda value: value.flatten(1), x)


def weights_of(module: Modules) -> tuple[dict[str, mx.NDArray], dict[str, mx.NDArray]]:
    """Return a module's parameters and states under the symbol's names."""
    arguments: dict[str, mx.NDArray] = {}
    states: dict[str, mx.NDArray] = {}
    for name, layer in module.layers.items():
        norm = isinstance(layer, nn.BatchNorm2d)
        arguments[f"{name}_{'gamma' if norm else 'weight'}"] = mx.array(layer.weight.detach())
        arguments[f"{name}_{'beta' if norm else 'bias'}"] = mx.array(layer.bias.detach())
        if norm:
            states[f"{name}_moving_mean"] = mx.array(layer.running_mean)
            states[f"{name}_moving_var"] = mx.array(layer.running_var)
    return arguments, states


def folded(module: Modules) -> Modules:
    """Return a copy for prediction, with batch normalisations folded, in channels-last order."""
    module = copy.deepcopy(module).eval()
    users = [place for _, inputs in module.calls for place in inputs]
    for position, (name, inputs) in enumerate(module.calls):
        before = inputs[0] - 1  # the call that made the input
        if not isinstance(name, str) or before < 0 or not isinstance(module.calls[before][0], str):
            continue
        norm, layer = module.layers[name], module.layers[module.calls[before][0]]
        alone = users.count(inputs[0]) == 1
        if isinstance(norm, nn.BatchNorm2d) and isinstance(layer, nn.Conv2d) and alone:
            module.layers[module.calls[before][0]] = fuse_conv_bn_eval(layer, norm)
            module.calls[position] = (lambda value: value, inputs)
    return module.to(memory_format=torch.channels_last)


# -- the networks ----------------------------------------------------------------------------------


def _unit(net, x, filters, kernel, stride=1, pad=0, groups=1):
    return net.relu(net.bn(net.conv(x, filters, kernel, stride, pad, groups)))


def _stem(net):
    return net.pool(_unit(net, net.data(), 64, 7, 2, 3), "max", 3, 2, 1)


def resnet18(net):
    """He et al. 2015, with two convolutions in a block."""
    x = _stem(net)
    for stage, filters in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            y = _unit(net, x, filters, 3, stride, 1)
            y = net.bn(net.conv(y, filters, 3, 1, 1))
            x = net.bn(net.conv(x, filters, 1, stride)) if stride > 1 else x
            x = net.relu(net.add(y, x))
    return net.dense(net.mean(x), CLASSES)


def resnet50(net):
    """He et al. 2015, with bottlenecks."""
    x = _stem(net)
    for stage, (filters, blocks) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True)):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = _unit(net, _unit(net, x, filters, 1), filters, 3, stride, 1)
            y = net.bn(net.conv(y, 4 * filters, 1))
            x = x if block else net.bn(net.conv(x, 4 * filters, 1, stride))
            x = net.relu(net.add(y, x))
    return net.dense(net.mean(x), CLASSES)


def vgg11_bn(net):
    """Simonyan and Zisserman 2014, with batch normalisation and two smaller dense layers."""
    x = net.data()
    for filters in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
        x = net.pool(x, "max", 2, 2) if filters == "M" else _unit(net, x, filters, 3, 1, 1)
    x = net.relu(net.dense(net.flatten(x), 1024))
    return net.dense(x, CLASSES)


def squeezenet(net):
    """Iandola et al. 2016, version 1.1."""
    x = net.pool(net.relu(net.conv(net.data(), 64, 3, 2)), "max", 3, 2)
    for number, squeezed in enumerate((16, 16, 32, 32, 48, 48, 64, 64)):
        y = net.relu(net.conv(x, squeezed, 1))
        left = net.relu(net.conv(y, 4 * squeezed, 1))
        x = net.concat(left, net.relu(net.conv(y, 4 * squeezed, 3, 1, 1)))
        if number in (1, 3):
            x = net.pool(x, "max", 3, 2)
    return net.mean(net.relu(net.conv(x, CLASSES, 1)))


def mobilenet(net):
    """Howard et al. 2017."""
    x = _unit(net, net.data(), 32, 3, 2, 1)
    channels = 32
    for filters, stride in (
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
        *[(512, 1)] * 5, (1024, 2), (1024, 1),
    ):  # fmt: skip
        x = _unit(net, _unit(net, x, channels, 3, stride, 1, channels), filters, 1)
        channels = filters
    return net.dense(net.mean(x), CLASSES)


def densenet(net):
    """Huang et al. 2016, with 121 layers."""
    x, channels = _stem(net), 64
    for stage, blocks in enumerate((6, 12, 24, 16)):
        for _ in range(blocks):
            y = net.conv(net.relu(net.bn(x)), 128, 1)
            x = net.concat(x, net.conv(net.relu(net.bn(y)), 32, 3, 1, 1))
            channels += 32
        if stage < 3:
            channels //= 2
            x = net.pool(net.conv(net.relu(net.bn(x)), channels, 1), "avg", 2, 2)
    return net.dense(net.mean(net.relu(net.bn(x))), CLASSES)


def inception_bn(net):
    """Ioffe and Szegedy 2015."""

    def mixed(x, one, reduce3, three, reduce5, five, kind, projection):
        parts = [_unit(net, x, one, 1)]
        parts.append(_unit(net, _unit(net, x, reduce3, 1), three, 3, 1, 1))
        y = _unit(net, _unit(net, x, reduce5, 1), five, 3, 1, 1)
        parts.append(_unit(net, y, five, 3, 1, 1))
        parts.append(_unit(net, net.pool(x, kind, 3, 1, 1), projection, 1))
        return net.concat(*parts)

    def reduced(x, reduce3, three, reduce5, five):
        left = _unit(net, _unit(net, x, reduce3, 1), three, 3, 2, 1)
        y = _unit(net, _unit(net, x, reduce5, 1), five, 3, 1, 1)
        return net.concat(left, _unit(net, y, five, 3, 2, 1), net.pool(x, "max", 3, 2, 1))

    x = _stem(net)
    x = net.pool(_unit(net, _unit(net, x, 64, 1), 192, 3, 1, 1), "max", 3, 2, 1)
    x = mixed(x, 64, 64, 64, 64, 96, "avg", 32)
    x = reduced(mixed(x, 64, 64, 96, 64, 96, "avg", 64), 128, 160, 64, 96)
    for sizes in ((224, 64, 96, 96, 128), (192, 96, 128, 96, 128), (160, 128, 160, 128, 160)):
        x = mixed(x, *sizes, "avg", 128)
    x = reduced(mixed(x, 96, 128, 192, 160, 192, "avg", 128), 128, 192, 192, 256)
    x = mixed(x, 352, 192, 320, 160, 224, "avg", 128)
    x = mixed(x, 352, 192, 320, 192, 224, "max", 128)
    return net.dense(net.mean(x), CLASSES)


NETWORKS: Mapping[str, Callable[[Any], Any]] = {
    "ResNet-18": resnet18,
    "ResNet-50": resnet50,
    "Inception-BN": inception_bn,
    "VGG-11-BN": vgg11_bn,
    "SqueezeNet": squeezenet,
    "MobileNet": mobilenet,
    "DenseNet-121": densenet,
}


def images(rows: int) -> np.ndarray:
    """Return random images of 112 × 112."""
    numbers = np.random.default_rng(rows).normal(size=(rows, 3, 112, 112))
    return numbers.astype(np.float32)
