"""Networks as modules, and numbers for them."""

import numpy as np
import torch
from whole_networks import drawn

import symnet as mx

X = mx.Variable


def perceptron(**options):
    net = mx.FullyConnected(X("data"), num_hidden=4, name="fc1")
    net = mx.Activation(mx.BatchNorm(net, fix_gamma=False, name="bn", **options), act_type="tanh")
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")


def module_of(symbol, **shapes):
    return mx.to_module(symbol, *drawn(symbol, **(shapes or {"data": (8, 3)})))


def samples(*shape, seed=2):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype("float32"))
