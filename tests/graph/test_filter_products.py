"""Convolutions as products of matrices: the same numbers, where few windows are seen."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

import symnet as mx
from symnet.operators.definitions.filter_products import FilterProduct

ORDERS = {"plain": torch.contiguous_format, "channels last": torch.channels_last}


@st.composite
def layers(draw: st.DrawFn) -> tuple[FilterProduct, tuple[int, ...]]:
    """A layer, and the shape of images that its kernel fits into."""
    kernel, stride, dilate = (tuple(draw(st.integers(1, 3)) for _ in range(2)) for _ in range(3))
    pad = tuple(draw(st.integers(0, 2)) for _ in range(2))
    needed = [d * (k - 1) + 1 - 2 * p for k, d, p in zip(kernel, dilate, pad, strict=True)]
    size = [draw(st.integers(max(1, least), max(1, least) + 4)) for least in needed]
    layer = FilterProduct(
        kernel=kernel,
        stride=stride,
        pad=pad,
        dilate=dilate,
        num_group=1,
        num_filter=draw(st.integers(1, 4)),
        no_bias=draw(st.booleans()),
    )
    return layer, (draw(st.integers(1, 3)), draw(st.integers(1, 4)), *size)


@given(layers(), st.sampled_from(list(ORDERS)), st.booleans(), st.integers(0, 99))
def test_products_are_convolutions(
    drawn: tuple[FilterProduct, tuple[int, ...]], order: str, given_out: bool, seed: int
) -> None:
    layer, shape = drawn
    generator = torch.Generator().manual_seed(seed)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    data, weight = numbers(*shape), numbers(layer.num_filter, shape[1], *layer.kernel)
    bias = None if layer.no_bias else numbers(layer.num_filter)
    leaves = [each.requires_grad_() for each in (data, weight, bias) if each is not None]
    expected = functional.conv2d(data, weight, bias, layer.stride, layer.pad, layer.dilate)
    grad = numbers(*expected.shape)
    slopes = torch.autograd.grad(expected, leaves, grad)

    def placed(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().contiguous(memory_format=ORDERS[order])

    def room(*shape: int) -> dict[str, Any]:
        return {"out": placed(numbers(*shape))} if given_out else {}

    inputs = placed(data), placed(weight)
    vector = None if bias is None else bias.detach()
    above = placed(grad)
    found = [
        layer.forward(*inputs, vector, **room(*expected.shape)),
        layer.data_gradient(above, inputs[1], shape, **room(*shape)),
        layer.weight_gradient(above, inputs[0], tuple(weight.shape), **room(*weight.shape)),
    ]
    for own, theirs in zip(found, (expected.detach(), *slopes), strict=False):
        torch.testing.assert_close(own, theirs)


def steps_of(net: mx.SymbolicNode, **shapes: tuple[int, ...]) -> str:
    return mx.simple_bind(net, **shapes).plan(is_train=True)


NETWORKS = {
    "one tap": ({"kernel": (1, 1), "num_filter": 3}, (2, 4, 9, 9), True),
    "few windows": ({"kernel": (3, 3), "num_filter": 32}, (2, 4, 6, 6), True),
    "many windows": ({"kernel": (3, 3), "num_filter": 4}, (2, 4, 9, 9), False),
    "far apart": (
        {"kernel": (1, 1), "stride": (2, 2), "num_filter": 3},
        (2, 4, 9, 9),
        False,
    ),
    "in groups": ({"kernel": (1, 1), "num_group": 2, "num_filter": 4}, (2, 4, 9, 9), False),
    "along a line": ({"kernel": (1,), "num_filter": 3}, (2, 4, 9), False),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_which_convolutions_are_products(kind: str) -> None:
    options, shape, expected = NETWORKS[kind]
    net = mx.Convolution(mx.Variable("data"), name="layer", **options)
    assert ("FilterProduct" in steps_of(net, data=shape)) is expected


@pytest.mark.parametrize("kind", ["one tap", "few windows"])
def test_networks_train_alike(kind: str) -> None:
    options, shape, _ = NETWORKS[kind]
    net = mx.Flatten(mx.Convolution(mx.Variable("data"), name="layer", **options))
    net = mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="fc"), name="softmax")
    rng = np.random.default_rng(0)
    executor = mx.simple_bind(net, data=shape, softmax_label=(shape[0],), input_gradients=True)
    for array in executor.arg_dict.values():
        array[:] = rng.normal(size=array.shape) * 0.3
    executor.arg_dict["softmax_label"][:] = [0, 1]
    tensors = {
        name: torch.tensor(array.asnumpy(), requires_grad=True)
        for name, array in executor.arg_dict.items()
    }
    hidden = functional.conv2d(tensors["data"], tensors["layer_weight"], tensors["layer_bias"])
    scores = functional.linear(hidden.flatten(1), tensors["fc_weight"], tensors["fc_bias"])
    functional.cross_entropy(scores, torch.tensor([0, 1]), reduction="sum").backward()
    for _ in range(4):  # the rules run, are recorded, are replayed
        executor.forward(is_train=True)
        executor.backward()
        for name, gradient in executor.grad_dict.items():
            if name != "softmax_label":
                expected = tensors[name].grad
                torch.testing.assert_close(gradient.torch, expected, rtol=1e-4, atol=1e-5)
