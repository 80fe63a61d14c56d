"""Finding a learning rate."""

from typing import Any

import numpy as np
import pytest
import torch
from training_helpers import class_data, class_model, line_data, line_model, parameters

import symnet as mx


def test_it_finds_what_learns_and_changes_nothing() -> None:
    model = class_model()
    before, drawn = parameters(model), torch.get_rng_state()
    optimizer = mx.SGD(lr=7.0)
    curve = mx.find_learning_rate(model, optimizer, class_data(60), least=1e-4, greatest=1e3)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert optimizer.opts.lr_scheduler is None
    assert all((parameters(model)[name] == array).all() for name, array in before.items())
    assert model.history is None
    assert curve.rates[0] == 1e-4
    assert len(curve.rates) == len(curve.losses) < 100  # it stopped where the loss had grown
    rate = curve.suggestion
    assert rate is not None
    losses = [
        class_model().fit(mx.SGD(lr=lr), class_data(60), n_epoch=5, verbose=0)["loss"][-1]
        for lr in (rate, 1e-4, 1e3)
    ]
    assert losses[0] < min(losses[1:])


def test_losses_are_those_of_the_batches() -> None:
    curve = mx.find_learning_rate(
        line_model(), "sgd", line_data(), least=1e-9, greatest=1e-8, steps=3
    )
    errors = np.array([1.0, 2, 3, 4]) * 1.5  # the weight is 0.5 in place of 2
    expected = [(errors[:2] ** 2).mean() / 2, (errors[2:] ** 2).mean() / 2]
    assert curve.losses == pytest.approx([*expected, expected[0]], rel=1e-4)
    assert curve.rates == pytest.approx([1e-9, 10**-8.5, 1e-8])


def test_a_model_without_weights_and_several_devices() -> None:
    x = np.random.default_rng(0).standard_normal((40, 4))
    arch = class_model().arch
    for context in ([mx.cpu()], [mx.cpu(0), mx.cpu(1)]):
        curve = mx.find_learning_rate(
            mx.FeedForward(arch, context), "adam", x, x[:, 0] > 0, batch_size=8,
            initializer=mx.XavierInitializer(), steps=20,
        )  # fmt: skip
        assert len(curve.rates) > 5


def test_it_is_drawn() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    curve = mx.LearningRateCurve([0.01, 0.1, 1.0], [3.0, 1.0, 9.0])
    axes = curve.plot()
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_legend().get_texts()][:2] == [
        "loss", "smooth loss",
    ]  # fmt: skip
    assert len(axes.lines) == 3
    pyplot.close(axes.figure)
    assert mx.LearningRateCurve().suggestion is None
    assert repr(mx.LearningRateCurve()) == "LearningRateCurve(0 rates, suggestion=None)"


@pytest.mark.parametrize(
    ("options", "text"),
    [({"least": 1.0, "greatest": 0.1}, "rates must rise"), ({"steps": 1}, "at least 2 steps")],
)
def test_rates_must_rise(options: Any, text: str) -> None:
    with pytest.raises(mx.ParameterError, match=text):
        mx.find_learning_rate(line_model(), "sgd", line_data(), **options)


def test_an_optimizer_without_a_schedule_is_refused() -> None:
    class Own(mx.AbstractOptimizer):
        def create_state(self, index: int, weight: mx.NDArray) -> Any:
            return None

        def update(self, index: int, weight: mx.NDArray, grad: mx.NDArray, state: Any) -> None:
            pass

    with pytest.raises(mx.ArgumentError, match="Own has no option lr_scheduler"):
        mx.find_learning_rate(line_model(), Own(), line_data())
