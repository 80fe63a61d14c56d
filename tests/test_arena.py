"""Arenas: arrays side by side, and the order of memory that filters have in them."""

from functools import partial

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

import symnet as mx
from symnet.executor import Arena, bind_in_groups

SHAPES = {"first": (2, 3, 2, 2), "bias": (5,), "second": (4, 2, 3, 1)}


def arena(*last: str) -> Arena:
    described = {name: (shape, torch.float32) for name, shape in SHAPES.items()}
    return Arena(described, mx.cpu(), channels_last=last)


def fill(into: Arena) -> None:
    for number, array in enumerate(into.arrays.values()):
        array[:] = np.random.default_rng(number).normal(size=array.shape)


def test_order_of_memory_is_not_seen_in_the_arrays():
    plain, ordered = arena(), arena("first", "second")
    fill(plain)
    fill(ordered)
    for name, array in plain.arrays.items():
        assert_array_equal(ordered.arrays[name].asnumpy(), array.asnumpy())
    first = ordered.arrays["first"].torch
    assert first.is_contiguous(memory_format=torch.channels_last)
    assert not torch.equal(ordered.flat[0].torch, plain.flat[0].torch)


def test_what_is_saved_is_in_plain_order():
    plain, ordered = arena(), arena("first", "second")
    fill(plain)
    fill(ordered)
    saved = ordered.in_plain_order(0, ordered.flat[0])
    assert_array_equal(saved.asnumpy(), plain.flat[0].asnumpy())
    back = ordered.from_plain_order(0, saved)
    assert_array_equal(back.asnumpy(), ordered.flat[0].asnumpy())
    other = mx.zeros(3)
    assert ordered.in_plain_order(0, other) is other  # not laid out like the weights
    assert plain.in_plain_order(0, saved) is saved


def convolution(data: mx.SymbolicNode, w: mx.SymbolicNode, **options: str) -> mx.SymbolicNode:
    return mx.Convolution(data, w, kernel=(3, 3), num_filter=4, no_bias=True, **options)


LAYERS = {
    "Convolution": convolution,
    "Deconvolution": lambda data, w: mx.Deconvolution(data, w, kernel=(3, 3), num_filter=4),
    "channels last": partial(convolution, layout="NHWC"),
    "one tap": lambda data, w: mx.Convolution(data, w, kernel=(1, 1), num_filter=4, no_bias=True),
    "two readers": lambda data, w: mx.broadcast_add(convolution(data, w), mx.sum(w)),
    "read by another": lambda data, w: convolution(data, w * 2),
}
ORDERED = ("Convolution", "Deconvolution")


@pytest.mark.parametrize("kind", LAYERS)
def test_filters_alone_lie_channels_last(kind: str):
    net = LAYERS[kind](mx.Variable("data"), mx.Variable("w"))
    executor = bind_in_groups(net, mx.cpu(), {"data": (2, 8, 8, 8)}, orders_filters=True)
    plain = mx.simple_bind(net, data=(2, 8, 8, 8))
    weight = executor.arg_dict["w"].torch
    assert weight.is_contiguous() == (kind not in ORDERED) or kind == "one tap"
    rng = np.random.default_rng(0)
    for own in (executor, plain):
        rng = np.random.default_rng(0)
        for array in own.arg_dict.values():
            array[:] = rng.normal(size=array.shape)
    for _ in range(3):
        outputs = [own.forward(is_train=True)[0].asnumpy() for own in (executor, plain)]
        head = mx.array(rng.normal(size=outputs[0].shape))
        for own in (executor, plain):
            own.backward(head)
        np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-5)
        gradients = [own.grad_dict["w"].asnumpy() for own in (executor, plain)]
        np.testing.assert_allclose(*gradients, rtol=1e-4, atol=1e-4)


def test_a_training_on_cpus_has_its_filters_channels_last():
    class Strides(mx.AbstractStepCallback):
        def before_update(self, step: mx.Step) -> None:
            self.found = [
                step.executors[0].arg_dict["weight"].torch.stride(),
                step.executors[0].grad_dict["weight"].torch.stride(),
            ]

    net = mx.Flatten(convolution(mx.Variable("data"), mx.Variable("weight")))
    model = mx.FeedForward(mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=3), name="softmax"))
    seen = Strides()
    data = np.random.default_rng(0).normal(size=(4, 8, 8, 8))
    model.fit("sgd", data, np.arange(4) % 3, n_epoch=1, batch_size=2, verbose=0, callbacks=[seen])
    assert seen.found == [(72, 1, 24, 8)] * 2
