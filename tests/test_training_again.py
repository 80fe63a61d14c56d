"""Training a model again: `fit` finds memory and programs of the last time, and nothing else."""

import copy
import os
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import symnet as mx
from symnet.training.loop import bound

ROWS = 12
PICTURES = np.random.default_rng(0).standard_normal((ROWS, 3, 6, 6)).astype(np.float32)
CLASSES = np.arange(ROWS, dtype=np.float32) % 3


def network(**options: Any) -> mx.SymbolicNode:
    """A convolution, a layer with states, one that draws random numbers."""
    return mx.chain(
        mx.Variable("data"),
        mx.Convolution(kernel=(3, 3), num_filter=4, name="conv"),
        mx.BatchNorm(name="bn"),
        mx.Activation(act_type="relu", name="relu"),
        mx.Dropout(p=0.3, name="drop"),
        mx.FullyConnected(num_hidden=3, name="fc", **options),
        mx.SoftmaxOutput(name="softmax"),
    )


def model_of(symbol: mx.SymbolicNode | None = None) -> mx.FeedForward:
    mx.srand(3)
    model = mx.FeedForward(network() if symbol is None else symbol)
    model.init_model(mx.UniformInitializer(0.5), data=(4, 3, 6, 6), softmax_label=(4,))
    return model


def fit(model: mx.FeedForward, optimizer: Any = None, **options: Any) -> None:
    """Two epochs in batches of 4 and, as 11 samples are left of the last one, of 3."""
    optimizer = mx.SGD(lr=0.1, momentum=0.9) if optimizer is None else optimizer
    given = {"batch_size": 4, "n_epoch": 2, "verbose": False, "shuffle": False, **options}
    model.fit(optimizer, PICTURES[:11], CLASSES[:11], **given)


def numbers(model: mx.FeedForward) -> dict[str, np.ndarray]:
    arrays = {**(model.arg_params or {}), **(model.aux_params or {})}
    return {name: array.asnumpy().copy() for name, array in arrays.items()}


def test_the_second_time_computes_as_on_new_memory() -> None:
    found = []
    for forgets in (False, True):
        model = model_of()
        fit(model)
        if forgets:
            model.bound = None
        mx.srand(5)
        fit(model, mx.ADAM(lr=0.01), eval_data=(PICTURES, CLASSES))
        found.append(numbers(model))
    for name, array in found[0].items():
        np.testing.assert_array_equal(array, found[1][name], err_msg=name)


def test_nothing_is_bound_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    original = bound.bind_in_groups
    monkeypatch.setattr(
        bound, "bind_in_groups", lambda *a, **k: made.append(a) or original(*a, **k)
    )
    model = model_of()
    for _ in range(3):
        fit(model)
    assert len(made) == 1


def test_what_was_taken_from_the_model_stays_as_it_was() -> None:
    model = model_of()
    fit(model)
    kept, before = model.arg_params or {}, numbers(model)
    fit(model)
    for name, array in kept.items():
        np.testing.assert_array_equal(array.asnumpy(), before[name], err_msg=name)


def mirrored(model: mx.FeedForward) -> None:
    os.environ["MXNET_BACKWARD_DO_MIRROR"] = "1"
    try:
        fit(model)
    finally:
        del os.environ["MXNET_BACKWARD_DO_MIRROR"]


def renamed(model: mx.FeedForward) -> None:
    model.arch.set_attr("mood", "calm")
    fit(model)


def scaled(model: mx.FeedForward) -> None:
    optimizer = mx.SGD(lr=0.1)
    optimizer.set_lr_mult({"fc_weight": 0.5})
    fit(model, optimizer)


def on_two(model: mx.FeedForward) -> None:
    model.ctx = [mx.cpu(0), mx.cpu(1)]
    fit(model)


CHANGES: dict[str, Callable[[mx.FeedForward], None]] = {
    "rows": lambda model: fit(model, batch_size=5),
    "frozen": lambda model: fit(model, freeze="fc"),
    "multipliers": scaled,
    "each weight by itself": lambda model: fit(model, mx.LAMB()),
    "memory": lambda model: fit(model, memory="100MB"),
    "weighted": lambda model: fit(model, sample_weight=np.ones(11)),
    "precision": lambda model: fit(model, dtype="bfloat16"),
    "another network": renamed,
    "devices": on_two,
    "environment": mirrored,
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_training_is_bound_anew(change: str) -> None:
    model, other = model_of(), model_of()
    fit(model)
    other.arg_params, other.aux_params = model.arg_params, model.aux_params
    last = model.bound
    assert last is not None
    for each in (model, other):
        mx.srand(5)
        CHANGES[change](each)
    assert model.bound is not last
    for name, array in numbers(other).items():
        np.testing.assert_array_equal(numbers(model)[name], array, err_msg=name)


def test_a_training_that_fails_leaves_nothing() -> None:
    def fails(state: mx.OptimizationState) -> None:
        if state.curr_batch == 2:
            raise RuntimeError("stop here")

    model = model_of()
    fit(model)
    before = numbers(model)
    with pytest.raises(RuntimeError, match="stop here"):
        fit(model, callbacks=[mx.every_n_batch(fails, 1)])
    assert model.bound is None
    for name, array in numbers(model).items():
        np.testing.assert_array_equal(array, before[name])
    fit(model)
    assert model.bound is not None


class Looking(mx.AbstractStepCallback):
    def before_forward(self, step: mx.Step) -> None:
        self.executor = step.executors[0]

    def before_update(self, step: mx.Step) -> None:
        pass


@pytest.mark.parametrize("callback", [Looking, mx.EMA], ids=lambda own: own.__name__)
def test_arrays_that_a_callback_saw_are_used_by_nobody_else(callback: type) -> None:
    model = model_of()
    fit(model, callbacks=[callback()])
    assert model.bound is None


def test_much_memory_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of()
    monkeypatch.setattr(bound, "_KEPT_BYTES", 10_000)
    fit(model)
    assert model.bound is None


def test_operators_of_users_are_asked_anew() -> None:
    class Times(torch.nn.Module):
        factor = 2.0

        def forward(self, data: torch.Tensor) -> torch.Tensor:
            return data * self.factor

    times = Times()
    net = mx.FullyConnected(mx.from_module(times, mx.Variable("data")), num_hidden=3, name="fc")
    model = model_of(mx.SoftmaxOutput(net, name="softmax"))
    fit(model)
    assert model.bound is None


def pickled(model: mx.FeedForward) -> mx.FeedForward:
    again: mx.FeedForward = pickle.loads(pickle.dumps(model))
    return again


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_have_memory_of_their_own(copied: Callable[[Any], mx.FeedForward]) -> None:
    model = model_of()
    fit(model)
    other = copied(model)
    assert model.bound is not None
    assert other.bound is None
    before = numbers(model)
    fit(other)
    for name, array in before.items():
        np.testing.assert_array_equal(numbers(model)[name], array)


def test_filters_lie_channels_last_while_a_cpu_trains() -> None:
    model = model_of()
    fit(model)
    assert model.bound is not None
    (executor,) = model.bound.whole.executors
    for array in (executor.arg_dict["conv_weight"], executor.grad_dict["conv_weight"]):
        assert array.torch.is_contiguous(memory_format=torch.channels_last)
        assert not array.torch.is_contiguous()
