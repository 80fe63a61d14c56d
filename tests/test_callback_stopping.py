"""How callbacks stop a training: early, on a plateau's account, or because numbers are none."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from training_helpers import (
    assert_same,
    class_data,
    class_model,
    line_data,
    line_model,
    parameters,
    weight_of,
)

import symnet as mx

# -- the contract ----------------------------------------------------------------------------------


def stop_at(epoch: int, batch: int | None = None, **options: Any) -> mx.AbstractCallback:
    def act(state: mx.OptimizationState) -> None:
        if state.curr_epoch == epoch and batch in (None, state.curr_batch):
            raise mx.StopTraining("enough", **options)

    if batch is None:
        return mx.every_n_epoch(lambda model, state, metric: act(state), 1, call_on_0=True)
    return mx.every_n_batch(act, 1, call_on_0=True)


def epochs_seen(seen: list[int]) -> mx.AbstractCallback:
    return mx.every_n_epoch(lambda m, s, v: seen.append(s.curr_epoch), 1, call_on_0=True)


def test_a_stop_after_an_epoch(caplog: pytest.LogCaptureFixture) -> None:
    """The epoch counts in full, and the callbacks after the one that stops still run."""
    caplog.set_level(logging.INFO, logger="symnet")
    seen: list[int] = []
    stopped, two = class_model(), class_model()
    callbacks = [stop_at(2), epochs_seen(seen)]
    history = stopped.fit(mx.SGD(lr=0.5), class_data(), n_epoch=9, callbacks=callbacks)
    two.fit(mx.SGD(lr=0.5), class_data(), n_epoch=2)
    assert_same(stopped, parameters(two))
    assert (history["epoch"], history.stopped) == ([1, 2], "enough")
    assert seen == [0, 1, 2]
    assert "Training stopped: enough" in caplog.messages


def test_a_stop_before_the_first_epoch() -> None:
    model = line_model()
    history = model.fit(mx.SGD(), line_data(), n_epoch=9, callbacks=[stop_at(0)])
    assert (len(history), history.stopped, weight_of(model)) == (0, "enough", 0.5)


def test_a_stop_within_an_epoch_keeps_what_was_learnt() -> None:
    seen: list[int] = []
    model = line_model()
    history = model.fit(
        mx.SGD(lr=0.1, weight_decay=0),
        line_data(),
        n_epoch=9,
        eval_metric=mx.MSE(),
        callbacks=[stop_at(2, batch=1), epochs_seen(seen)],
    )
    # after three batches, as worked out in test_training.py
    assert weight_of(model) == pytest.approx(2.2109375)
    assert history["epoch"] == [1]
    assert seen == [0, 1]


def test_a_stop_that_discards_goes_back_to_the_last_whole_epoch() -> None:
    model = line_model()
    model.fit(
        mx.SGD(lr=0.1, weight_decay=0),
        line_data(),
        n_epoch=9,
        eval_metric=mx.MSE(),
        callbacks=[stop_at(2, batch=1, discard=True)],
    )
    assert weight_of(model) == pytest.approx(2.28125)


class Lifetime(mx.AbstractEpochCallback):
    """Notes when a training begins and ends."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def start(self, model: Any) -> None:
        self.seen.append("start")

    def __call__(self, model: Any, state: mx.OptimizationState, metric: Any) -> None:
        self.seen.append(str(state.curr_epoch))

    def finish(self, model: Any) -> None:
        self.seen.append("finish")


@pytest.mark.parametrize("error", [None, mx.StopTraining("enough"), RuntimeError("enough")])
def test_start_and_finish(error: Exception | None) -> None:
    def fail(state: mx.OptimizationState) -> None:
        if error and state.curr_epoch == 2:
            raise error

    callback = Lifetime()
    callbacks = [callback, mx.every_n_batch(fail, 1)]
    try:
        line_model().fit(mx.SGD(), line_data(), n_epoch=2, callbacks=callbacks)
    except RuntimeError:
        assert isinstance(error, RuntimeError)
    assert callback.seen == ["start", "0", "1", *([] if error else ["2"]), "finish"]


def test_a_state_that_nobody_can_take() -> None:
    with pytest.raises(mx.ArgumentError, match=r"Lifetime does not know .* state of a, b; define"):
        Lifetime().import_state({"a": 1, "b": 2})


# -- stopping early --------------------------------------------------------------------------------


class Recorded(mx.AbstractEvalMetric):
    """A metric whose values are known beforehand."""

    def __init__(self, values: Sequence[float], name: str = "loss") -> None:
        self.values, self.name = list(values), name

    def update(self, labels: Any, preds: Any) -> None:
        pass

    def reset(self) -> None:
        pass

    def get(self) -> list[tuple[str, float]]:
        return [(self.name, self.values.pop(0))]


def epochs_run(callback: mx.AbstractCallback, values: Sequence[float], name: str = "loss") -> int:
    return len(
        line_model().fit(
            mx.SGD(),
            line_data(),
            n_epoch=len(values),
            eval_metric=Recorded(values, name),
            callbacks=[callback],
        )
    )


NAN = float("nan")


@pytest.mark.parametrize(
    ("options", "values", "epochs"),
    [
        ({"patience": 2}, [5, 4, 4, 4, 3], 4),
        ({"patience": 2}, [5, 4, 4, 3, 3, 3, 1], 6),
        ({"patience": 1}, [5, 4, 3, 2, 1], 5),
        ({"patience": 2, "min_delta": 0.5}, [5, 4.6, 4.4, 4.2, 4.0], 5),
        ({"patience": 2, "min_delta": 0.5}, [5, 4.6, 4.5, 1, 1], 3),
        ({"patience": 2, "mode": "max"}, [5, 4, 6, 6, 6, 7], 5),
        ({"patience": 2}, [NAN, NAN, 1, 1], 2),
        ({"patience": 2}, [3, NAN, 2, NAN, NAN, 1], 5),
    ],
)
def test_when_patience_ends(options: dict[str, Any], values: list[float], epochs: int) -> None:
    assert epochs_run(mx.EarlyStopping(**options), values) == epochs


@pytest.mark.parametrize("name", ["accuracy", "top_5_accuracy", "F1", "correlation"])
def test_some_metrics_are_better_the_larger_they_are(name: str) -> None:
    assert epochs_run(mx.EarlyStopping(patience=1), [0.1, 0.2, 0.3, 0.2, 0.4], name) == 4


def test_a_callback_serves_one_training_after_the_other() -> None:
    callback = mx.EarlyStopping(patience=1)
    assert epochs_run(callback, [1, 2, 3]) == 2
    assert epochs_run(callback, [9, 8, 9]) == 3


def test_validation_is_watched_where_there_is_one() -> None:
    metric = Recorded([1, 5, 2, 4, 3, 6])  # training rises, validation falls until epoch 2
    history = line_model().fit(
        mx.SGD(),
        line_data(),
        n_epoch=3,
        eval_data=line_data(),
        eval_metric=metric,
        callbacks=[mx.EarlyStopping(patience=1)],
    )
    assert history.stopped == (
        "validation_loss was 4.0000 after epoch 2, and no better in the 1 epochs since"
    )


@pytest.mark.parametrize("values", [[3, 1, 2, 2], [3, 1, 2]], ids=["stopped", "to the end"])
def test_the_best_parameters_are_restored(values: list[float]) -> None:
    model, best = line_model(), line_model()
    options: dict[str, Any] = {"callbacks": [mx.EarlyStopping(patience=2, restore_best=True)]}
    model.fit(
        mx.SGD(lr=0.1), line_data(), n_epoch=len(values), eval_metric=Recorded(values), **options
    )
    best.fit(mx.SGD(lr=0.1), line_data(), n_epoch=2)
    assert_same(model, parameters(best))


def test_what_early_stopping_takes() -> None:
    with pytest.raises(mx.ArgumentError, match="there are: loss, epoch"):
        epochs_run(mx.EarlyStopping("validation_los"), [1])
    with pytest.raises(mx.ArgumentError, match="EarlyStopping: patience must be a whole number"):
        mx.EarlyStopping(patience=0)
    with pytest.raises(mx.ParameterError, match="EarlyStopping: mode must be 'min', 'max' or"):
        mx.EarlyStopping(mode="up")
    with pytest.raises(mx.ParameterError, match="EarlyStopping: min_delta must be >= 0, got -1"):
        mx.EarlyStopping(min_delta=-1)


# -- plateaus --------------------------------------------------------------------------------------


def rates_of(values: Sequence[float], lr: Any = 0.8, **options: Any) -> list[float]:
    plateau = mx.ReduceLROnPlateau(lr, factor=0.5, patience=2, **options)
    history = line_model().fit(
        mx.SGD(lr_scheduler=plateau),
        line_data(),
        n_epoch=len(values),
        eval_metric=Recorded(values),
        callbacks=[plateau],
    )
    return history["learning_rate"]


def test_a_plateau_lowers_the_rate() -> None:
    # two epochs that are no better, and two more
    assert rates_of([3, 2, 2, 2, 2, 2, 1, 1]) == [0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    assert rates_of([3, 3, 3, 3, 3, 3], min_lr=0.3) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.3]
    schedule = mx.LearningRate.Exp(1.6, gamma=0.5)
    assert rates_of([3, 3, 3, 3], lr=schedule) == [0.8, 0.4, 0.2, 0.05]


def test_a_plateau_is_both_schedule_and_callback() -> None:
    plateau = mx.ReduceLROnPlateau(0.1)
    with pytest.raises(mx.ArgumentError, match=r"sees no epochs; pass it in fit\(…, callbacks"):
        line_model().fit(mx.SGD(lr_scheduler=plateau), line_data())
    with pytest.raises(mx.ArgumentError, match=r"not the schedule .* with lr_scheduler="):
        line_model().fit(mx.SGD(), line_data(), callbacks=[plateau])


@pytest.mark.parametrize("option", [{"factor": 1}, {"min_lr": -1}, {"lr": 0}])
def test_what_a_plateau_takes(option: dict[str, Any]) -> None:
    (name,) = option
    with pytest.raises(
        mx.ParameterError, match=rf"{name} must be > ?=" if name == "min_lr" else name
    ):
        mx.ReduceLROnPlateau(**{"lr": 0.1, **option})


# -- numbers that are none -------------------------------------------------------------------------


def logarithm_model(weight: float) -> mx.FeedForward:
    """The logarithm of weight · data, fitted to the label."""
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=1, no_bias=True, name="fc")
    model = mx.FeedForward(mx.LinearRegressionOutput(mx.log(net, name="root"), name="lro"))
    model.arg_params, model.aux_params = {"fc_weight": mx.array([[weight]])}, {}
    return model


def stopped(
    model: mx.FeedForward, data: mx.AbstractDataProvider, every: int = 1, **options: Any
) -> mx.History:
    optimizer = mx.SGD(lr=options.pop("lr", 1e-3), weight_decay=0)
    return model.fit(
        optimizer, data, n_epoch=2, callbacks=[mx.StopOnNaN(every)], eval_metric=mx.MSE(), **options
    )


def test_the_node_is_named_where_nan_begins(caplog: pytest.LogCaptureFixture) -> None:
    """log(-2) is NaN; what follows from it is not blamed."""
    rows = np.array([[1], [2], [3], [-2]], np.float32)
    data = mx.ArrayDataProvider(rows, ("lro_label", np.zeros(4)), batch_size=2)
    model = logarithm_model(0.5)
    history = stopped(model, data)
    expected = (
        "epoch 1, batch 2, CPU0: the output of 'root', log(), is the first to hold 1 times NaN "
        "among 2 numbers; it was computed from\n  fc_output: shape (2, 1), from -"
    )
    assert history.stopped is not None
    assert history.stopped.startswith(expected)
    assert len(history) == 0
    assert weight_of(model) == 0.5  # as before the epoch
    assert [r.levelname for r in caplog.records] == ["WARNING"]


def test_a_gradient_is_named_where_it_begins() -> None:
    """sqrt(0) is 0, but its gradient is infinite."""
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=1, no_bias=True, name="fc")
    model = mx.FeedForward(mx.LinearRegressionOutput(mx.sqrt(net, name="root"), name="lro"))
    model.arg_params, model.aux_params = {"fc_weight": mx.array([[1.0]])}, {}
    data = mx.ArrayDataProvider(np.array([[0.0]]), ("lro_label", np.ones(1)))
    reason = stopped(model, data).stopped
    assert reason is not None
    assert "the gradient of 'root_data_gradient', sqrt(), is the first to hold" in reason
    assert "1 times infinity among 1 numbers" in reason


def test_data_and_parameters_are_named_too() -> None:
    rows = np.array([[1], [np.nan]], np.float32)
    data = mx.ArrayDataProvider(rows, ("lro_label", np.ones(2)), batch_size=1)
    reason = stopped(line_model(), data).stopped
    assert reason is not None
    assert "batch 2, CPU0: 'data' held 1 times NaN among 1 numbers before the batch" in reason
    late = stopped(line_model(), line_data(40), every=20, lr=1e9).stopped
    assert late is not None
    assert "batch 20, CPU0: 'fc_weight' held 1 times " in late
    assert "StopOnNaN(every=1)" in late


def test_a_sound_training_is_left_alone() -> None:
    watched, alone = class_model(), class_model()
    for model, callbacks in ((watched, [mx.StopOnNaN()]), (alone, [])):
        model.fit(mx.SGD(lr=0.5), class_data(), n_epoch=2, callbacks=callbacks)
    assert_same(watched, parameters(alone))


def test_random_numbers_are_drawn_again() -> None:
    """The mask that makes NaN of 0 · infinity: it must be found whatever the generator's state."""
    net = mx.Dropout(mx.Variable("data"), p=0.5, name="drop")
    net = mx.FullyConnected(net, num_hidden=1, no_bias=True, name="fc")
    model = mx.FeedForward(mx.LinearRegressionOutput(mx.log(net, name="root"), name="lro"))
    model.arg_params, model.aux_params = {"fc_weight": mx.array([[1.0]])}, {}
    data = mx.ArrayDataProvider(np.ones((40, 1)), ("lro_label", np.ones(40)), batch_size=1)
    for seed in range(5):
        mx.srand(seed)
        reason = stopped(model, data).stopped
        assert reason is not None
        assert "the output of 'root', log(), is the first to hold 1 times infinity" in reason
        assert "fc_output: shape (1, 1), from 0 to 0" in reason
