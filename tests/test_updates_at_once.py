"""Gradients that are handed over while backward runs, and trainings that update so."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import Tensor
from training_helpers import assert_same, parameters

import symnet as mx
from symnet.operators.contract import Input, Operator, Shape, Shapes, view_of
from symnet.operators.dispatch import operator_function
from symnet.training.loop import _at_once
from symnet.training.loop._training import Training

# -- executors -------------------------------------------------------------------------------------


class Crossed(Operator, registered=False):
    """The sum of two arrays, either of which is called the other one's gradient."""

    left = Input("Input of any shape.")
    right = Input("Input of the same shape.")

    def infer_shape(self, left: Shape, right: Shape) -> Shapes:
        return {"left": left, "right": left, "output": left}

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left + right

    @view_of("right")
    def left_gradient(self, right: Tensor) -> Tensor:
        return right

    @view_of("left")
    def right_gradient(self, left: Tensor) -> Tensor:
        return left


crossed = operator_function(Crossed)


def shared(data: mx.SymbolicNode) -> mx.SymbolicNode:
    weight = mx.Variable("weight")
    net = mx.FullyConnected(data, weight, num_hidden=6, no_bias=True)
    return mx.FullyConnected(mx.tanh(net), weight, num_hidden=6, no_bias=True)


def convolved(data: mx.SymbolicNode) -> mx.SymbolicNode:
    net = mx.Reshape(data, shape=(-1, 1, 2, 3))
    for number in range(2):
        net = mx.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=3, name=f"conv{number}")
        net = mx.Activation(mx.BatchNorm(net, fix_gamma=False), act_type="relu")
    return mx.FullyConnected(mx.Flatten(net), num_hidden=2)


NETWORKS: dict[str, Callable[[mx.SymbolicNode], mx.SymbolicNode]] = {
    "layers": convolved,
    "one weight twice": shared,
    "equal gradients": lambda x: x + (mx.Variable("a") + mx.Variable("b")),
    "reshaped": lambda x: x * mx.Reshape(mx.Variable("a"), shape=(4, 6)),
    "products": lambda x: x * 0 + mx.Variable("a") * mx.Variable("b"),
    "gradients that are variables": lambda x: x * 0 + crossed(mx.Variable("a"), mx.Variable("b")),
    "without a gradient": lambda x: x * mx.Variable("a") + mx.BlockGrad(mx.Variable("b")),
    "recurrent": lambda x: mx.RNN(
        mx.Reshape(x, shape=(4, 1, 6)), state_size=2, num_layers=2, mode="gru", name="rnn"
    ),
}
SHAPES = {"a": (4, 6), "b": (4, 6)}


@pytest.mark.parametrize("kind", NETWORKS)
def test_gradients_are_those_that_are_kept(kind: str) -> None:
    """Whoever gets one may write its argument: all other gradients are as if nobody had."""
    net = mx.make_loss(mx.sum(NETWORKS[kind](mx.Variable("x"))))
    shapes = {n: s for n, s in SHAPES.items() if n in net.list_arguments()}
    if kind == "reshaped":
        shapes = {"a": (2, 12)}
    names = [name for name in net.list_arguments() if name != "x"]
    kept, handing = (
        mx.simple_bind(net, x=(4, 6), grad_req=dict.fromkeys(names, "write"), **shapes)
        for _ in range(2)
    )
    found: dict[str, np.ndarray] = {}

    def taker(name: str) -> Callable[[Tensor], None]:
        def take(gradient: Tensor) -> None:
            assert name not in found
            found[name] = gradient.numpy().copy()
            handing.arg_dict[name].torch.fill_(float("nan"))

        return take

    handing.differentiate_once({name: taker(name) for name in handing.grad_dict})
    rng = np.random.default_rng(0)
    for _ in range(3):
        found.clear()
        for name, array in kept.arg_dict.items():
            array[:] = rng.normal(size=array.shape)
            handing.arg_dict[name][:] = array
        for executor in (kept, handing):
            executor.forward(is_train=True)
            executor.backward()
        assert found.keys() == kept.grad_dict.keys()
        for name, array in kept.grad_dict.items():
            np.testing.assert_array_equal(found[name], array.asnumpy(), err_msg=name)
    assert handing.memory().gradients == 0 < kept.memory().gradients


# -- trainings -------------------------------------------------------------------------------------


class Looking(mx.AbstractStepCallback):
    """Looks at gradients, which are all there then."""


class Noted(mx.SGD):
    """Changes how weights are updated."""

    def update(self, index: int, weight: mx.NDArray, grad: mx.NDArray, state: Any) -> None:
        super().update(index, weight, grad * 0, state)


def images() -> mx.ArrayDataProvider:
    rng = np.random.default_rng(0)
    data, labels = rng.normal(size=(21, 2, 6, 6)), rng.integers(0, 3, 21)
    return mx.ArrayDataProvider(data, labels, batch_size=4, last_batch="keep")


def network() -> mx.SymbolicNode:
    net = mx.Variable("data")
    slow = mx.Variable("slow_weight", attrs={"lr_mult": "0.5"})
    net = mx.Convolution(net, slow, kernel=(3, 3), num_filter=5, no_bias=True, name="slow")
    net = mx.Activation(mx.BatchNorm(net, name="norm"), act_type="relu")
    net = mx.Convolution(net, kernel=(3, 3), num_filter=7, name="conv")
    net = mx.FullyConnected(mx.Flatten(net), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(net, name="softmax")


OPTIMIZERS: dict[str, Callable[[], mx.AbstractOptimizer]] = {
    "plain": lambda: mx.SGD(lr=0.1),
    "momentum": lambda: mx.SGD(lr=0.1, momentum=0.9, weight_decay=0.01),
    "schedules": lambda: mx.SGD(
        lr_scheduler=mx.LearningRate.Exp(0.1, 0.9), momentum_scheduler=mx.Momentum.Fixed(0.5)
    ),
}


def trained(monkeypatch: Any, optimizer: mx.AbstractOptimizer, **options: Any) -> mx.FeedForward:
    """Return a model that was trained, and note in it whether weights were updated at once."""
    monkeypatch.setattr(_at_once, "_BYTES", 0)
    inner = Training.run

    def run(self: Training) -> Any:
        model.at_once = self.devices.updates_at_once
        return inner(self)

    monkeypatch.setattr(Training, "run", run)
    mx.srand(3)
    model: Any = mx.FeedForward(network())
    model.fit(optimizer, images(), verbose=0, **{"n_epoch": 3, **options})
    monkeypatch.undo()
    return model


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_same_to_the_last_bit(make: Callable[[], mx.AbstractOptimizer], monkeypatch) -> None:
    at_once = trained(monkeypatch, make())
    whole = trained(monkeypatch, make(), callbacks=[Looking()])
    assert at_once.at_once
    assert not whole.at_once
    assert_same(at_once, parameters(whole))


@pytest.mark.parametrize(
    "options",
    [{"accumulate": 2}, {"clip_norm": 1.0}, {"callbacks": [mx.StopOnNaN()]}],
    ids=["accumulate", "clip_norm", "watched"],
)
def test_gradients_are_kept_where_more_is_done_with_them(options: Any, monkeypatch) -> None:
    assert not trained(monkeypatch, mx.SGD(lr=0.1), **options).at_once


def test_an_optimizer_of_the_user_s_is_called() -> None:
    for kind in (mx.ADAM, mx.RMSProp, Noted):
        assert not mx.training.optimizer.Updater(kind()).in_parts
    assert not mx.training.optimizer.Updater(mx.SGD(grad_clip=1)).in_parts
    assert mx.training.optimizer.Updater(mx.SGD()).in_parts


def test_small_networks_update_all_weights_at_once(monkeypatch) -> None:
    seen = []
    inner = Training.run
    monkeypatch.setattr(
        Training, "run", lambda self: (seen.append(self.devices.updates_at_once), inner(self))[1]
    )
    mx.FeedForward(network()).fit("sgd", images(), n_epoch=1, verbose=0)
    assert seen == [False]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_failure_leaves_the_last_epoch(epoch: int, monkeypatch) -> None:
    def fail(state: mx.OptimizationState) -> None:
        if (state.curr_epoch, state.curr_batch) == (epoch, 3):
            raise RuntimeError("enough")

    whole = trained(monkeypatch, mx.SGD(lr=0.1), n_epoch=epoch - 1)
    monkeypatch.setattr(_at_once, "_BYTES", 0)
    mx.srand(3)
    failing = mx.FeedForward(network())
    with pytest.raises(RuntimeError, match="enough"):
        failing.fit(
            mx.SGD(lr=0.1), images(), verbose=0, n_epoch=3, callbacks=[mx.every_n_batch(fail, 1)]
        )
    assert_same(failing, parameters(whole))


def test_resumed_to_the_last_bit(tmp_path: Any, monkeypatch) -> None:
    prefix = str(tmp_path / "net")

    def run(epochs: int, **options: Any) -> mx.FeedForward:
        optimizer = mx.SGD(lr=0.1, momentum=0.9)
        return trained(monkeypatch, optimizer, n_epoch=epochs, **options)

    run(2, callbacks=[mx.do_checkpoint(prefix)])
    again = run(3, callbacks=[mx.do_checkpoint(prefix)], resume=prefix)
    assert again.at_once
    assert_same(again, parameters(run(3)))
