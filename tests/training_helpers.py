"""What the tests of training share: small networks, small data, and things that watch a fit."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from torch import Tensor

import symnet as mx
from symnet.operators.contract import Input, Operator, Shape, Shapes
from symnet.operators.dispatch import operator_function

# -- networks --------------------------------------------------------------------------------------


class Doubled(Operator, registered=False):
    """The data in prediction, twice the data in training."""

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape) -> Shapes:
        return {"output": data}

    def forward(self, data: Tensor, is_train: bool) -> Tensor:
        return data * (2 if is_train else 1)

    def data_gradient(self, grad: Tensor) -> Tensor:
        return grad * 2


doubled = operator_function(Doubled)


def line(**layers: Callable[[mx.SymbolicNode], mx.SymbolicNode]) -> mx.SymbolicNode:
    """A line through the origin, fitted by least squares: one weight, ``fc_weight``."""
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=1, no_bias=True, name="fc")
    for layer in layers.values():
        net = layer(net)
    return mx.LinearRegressionOutput(net, name="lro")


def perceptron(hidden: int = 6, classes: int = 3) -> mx.SymbolicNode:
    """Two layers with a rectifier between them, and class probabilities."""
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=hidden),
        mx.Activation(name="relu1", act_type="relu"),
        mx.FullyConnected(name="fc2", num_hidden=classes),
        mx.SoftmaxOutput(name="softmax"),
    )


# -- models and data -------------------------------------------------------------------------------


def line_model(weight: float = 0.5, **layers: Any) -> mx.FeedForward:
    model = mx.FeedForward(line(**layers))
    model.arg_params, model.aux_params = {"fc_weight": mx.array([[weight]])}, {}
    return model


def line_data(samples: int = 4, batch_size: int = 2) -> mx.ArrayDataProvider:
    """The numbers from 1, labelled with their doubles."""
    numbers = np.arange(1, samples + 1, dtype=np.float32)
    return mx.ArrayDataProvider(
        numbers.reshape(-1, 1), ("lro_label", 2 * numbers), batch_size=batch_size
    )


def weight_of(model: mx.FeedForward) -> float:
    assert model.arg_params is not None
    return float(model.arg_params["fc_weight"].reshape((1,)))


def classes_of(data: np.ndarray) -> np.ndarray:
    """Three classes that a small network can learn."""
    return (data[:, 0] > 0).astype(int) + (data[:, 1] > 0.3)


def class_data(
    samples: int = 20, batch_size: int = 5, features: int = 4, **options: Any
) -> mx.ArrayDataProvider:
    data = np.random.default_rng(1).standard_normal((samples, features)).astype(np.float32)
    return mx.ArrayDataProvider(data, classes_of(data), batch_size=batch_size, **options)


def class_model(*contexts: mx.Context, seed: int = 3, **sizes: int) -> mx.FeedForward:
    """A perceptron on some devices, initialised alike whenever the seed is the same."""
    mx.srand(seed)
    model = mx.FeedForward(perceptron(**sizes), list(contexts) or None)
    model.init_model(mx.UniformInitializer(0.5), data=(5, 4), softmax_label=(5,))
    return model


def parameters(model: mx.FeedForward) -> dict[str, np.ndarray]:
    assert model.arg_params is not None
    return {name: array.asnumpy() for name, array in model.arg_params.items()}


def assert_same(found: mx.FeedForward, expected: dict[str, np.ndarray], **tolerances: Any) -> None:
    mine = parameters(found)
    assert list(mine) == list(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(mine[name], array, err_msg=name, **tolerances or {"rtol": 0})


# -- watching --------------------------------------------------------------------------------------


class Watched(mx.AbstractOptimizer):
    """SGD that remembers the first number of the weights after each update."""

    def __init__(self, **options: float) -> None:
        self.inner = mx.SGD(**options)
        self.weights: list[float] = []

    def create_state(self, index: int, weight: mx.NDArray) -> Any:
        self.inner.state = self.state
        return self.inner.create_state(index, weight)

    def update(self, index: int, weight: mx.NDArray, grad: mx.NDArray, state: Any) -> None:
        self.inner.update(index, weight, grad, state)
        self.weights.append(weight.asnumpy().ravel()[0])


class Diary:
    """What happened in a fit: a line for each call of a batch or epoch callback."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, int, int]] = []
        self.epochs: list[tuple[int, list[tuple[str, float]]]] = []
        self.order: list[str] = []
        self.models: list[mx.FeedForward] = []
        self.weights: list[float] = []

    def on_batch(self, state: mx.OptimizationState) -> None:
        self.batches.append((state.curr_epoch, state.curr_batch, state.curr_iter))
        self.order.append(f"batch {state.curr_batch}")

    def on_epoch(
        self,
        model: mx.FeedForward,
        state: mx.OptimizationState,
        metric: Iterable[tuple[str, float]],
    ) -> None:
        self.epochs.append((state.curr_epoch, list(metric)))
        self.order.append(f"epoch {state.curr_epoch}")
        self.models.append(model)
        self.weights.append(weight_of(model))

    def callbacks(self) -> list[mx.AbstractCallback]:
        return [
            mx.every_n_batch(self.on_batch, 1, call_on_0=True),
            mx.every_n_epoch(self.on_epoch, 1, call_on_0=True),
        ]
