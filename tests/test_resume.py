"""Trainings that are interrupted and resumed end where those without interruption end."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model, line_data, line_model, parameters

import symnet as mx
from symnet.storage import training_state as state_files

# -- ten equal five and five -----------------------------------------------------------------------


def busy_network() -> mx.SymbolicNode:
    """Everything that remembers something or draws random numbers."""
    net = mx.Convolution(
        mx.Variable("data"), kernel=(3, 3), num_filter=4, name="conv", no_bias=True
    )
    net = mx.Activation(mx.BatchNorm(net, name="bn"), act_type="relu")
    net = mx.Dropout(mx.FullyConnected(net, num_hidden=8, name="fc1"), p=0.4)
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=3, name="fc2"), name="softmax")


def sgd(rate: mx.AbstractLearningRateScheduler) -> mx.AbstractOptimizer:
    return mx.SGD(lr_scheduler=rate, momentum=0.9)


def adam(rate: mx.AbstractLearningRateScheduler) -> mx.AbstractOptimizer:
    return mx.ADAM(lr_scheduler=rate)


class Run:
    """A model, and everything anew that trains it: as in a process of its own."""

    def __init__(self, make: Callable[[Any], mx.AbstractOptimizer], *more: mx.AbstractCallback):
        mx.srand(5)
        rng = np.random.default_rng(0)
        rows = rng.standard_normal((22, 2, 6, 6)).astype(np.float32)
        labels = rng.integers(0, 3, 22)
        self.model = mx.FeedForward(busy_network())
        plateau = mx.ReduceLROnPlateau(0.05, factor=0.5, patience=1, monitor="accuracy")
        self.optimizer = make(plateau)
        self.data = mx.ArrayDataProvider(rows, labels, batch_size=5, shuffle=True)
        self.eval_data = mx.ArrayDataProvider(rows, labels, batch_size=5)
        self.stop = mx.EarlyStopping("validation_accuracy", patience=4, min_delta=0.3)
        self.callbacks = [*more, plateau, self.stop]

    def fit(self, n_epoch: int, **options: Any) -> mx.History:
        return self.model.fit(
            self.optimizer,
            self.data,
            n_epoch=n_epoch,
            eval_data=self.eval_data,
            callbacks=self.callbacks,
            verbose=False,
            **options,
        )


def everything(model: mx.FeedForward) -> dict[str, np.ndarray]:
    return parameters(model) | {n: a.asnumpy() for n, a in (model.aux_params or {}).items()}


def without_times(history: mx.History) -> dict[str, list[float]]:
    columns = history.to_dict()
    return {n: c for n, c in columns.items() if n not in ("seconds", "samples_per_second")}


@pytest.mark.parametrize("make", [sgd, adam])
def test_ten_epochs_are_five_and_five(
    make: Callable[[Any], mx.AbstractOptimizer], tmp_path: Path
) -> None:
    whole = Run(make)
    expected = whole.fit(10)
    prefix = tmp_path / "net"
    Run(make, mx.do_checkpoint(prefix)).fit(3)
    resumed = Run(make, mx.do_checkpoint(prefix))
    mx.srand(99)  # what is drawn before does not matter
    found = resumed.fit(10, resume=prefix)
    assert without_times(found) == without_times(expected)
    assert found.stopped == expected.stopped
    assert len(set(expected["learning_rate"])) > 1  # the plateau did something
    theirs = everything(whole.model)
    for name, array in everything(resumed.model).items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
    # the early stopping came after epoch 3, and its patience had begun before
    assert expected.stopped is not None
    assert 4 < len(expected) < 10


def test_a_training_that_had_stopped_stays_stopped(tmp_path: Path) -> None:
    class After2(mx.AbstractEpochCallback):
        def __call__(self, model: Any, state: mx.OptimizationState, metric: Any) -> None:
            if state.curr_epoch == 2:
                raise mx.StopTraining("two are enough")

    first = Run(sgd, mx.do_checkpoint(tmp_path / "net"), After2())
    assert first.fit(5).stopped == "two are enough"
    second = Run(sgd)
    history = second.fit(5, resume=str(tmp_path / "net"))
    assert (len(history), history.stopped) == (2, "two are enough")
    for name, array in everything(second.model).items():
        np.testing.assert_array_equal(array, everything(first.model)[name])


def test_the_best_parameters_come_back_after_a_resume(tmp_path: Path) -> None:
    """Those of epoch 1, which the resumed training has never seen."""

    def fit(n_epoch: int, **options: Any) -> mx.FeedForward:
        model = line_model(weight=1.9)
        stop = mx.EarlyStopping("MSE", patience=9, restore_best=True)
        checkpoint = mx.do_checkpoint(tmp_path / "net")
        # each step goes away from the best weight, 2
        optimizer = mx.SGD(lr=0.5, weight_decay=0)
        model.fit(optimizer, line_data(), n_epoch=n_epoch, callbacks=[checkpoint, stop], **options)
        return model

    best = parameters(fit(1))
    checkpoint = mx.load_checkpoint(tmp_path / "net", 1, mx.FeedForward)
    assert parameters(checkpoint)["fc_weight"] == best["fc_weight"]
    found = parameters(fit(3, resume=tmp_path / "net"))
    np.testing.assert_array_equal(found["fc_weight"], best["fc_weight"])


# -- which epoch -----------------------------------------------------------------------------------


def trained(tmp_path: Path, epochs: int = 3) -> str:
    prefix = str(tmp_path / "net")
    model = class_model()
    model.fit(
        mx.SGD(lr=0.5, momentum=0.9),
        class_data(),
        n_epoch=epochs,
        callbacks=[mx.do_checkpoint(prefix)],
    )
    return prefix


def resumed(prefix: Any, n_epoch: int = 4, **options: Any) -> mx.History:
    optimizer = options.pop("optimizer", mx.SGD(lr=0.5, momentum=0.9))
    data = options.pop("data", class_data())
    model = options.pop("model", class_model())
    return model.fit(optimizer, data, n_epoch=n_epoch, resume=prefix, **options)


def test_missing_checkpoints_mean_a_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    seen: list[int] = []
    history = resumed(
        tmp_path / "nothing" / "net",
        2,
        callbacks=[mx.every_n_epoch(lambda m, s, v: seen.append(s.curr_epoch), 1, call_on_0=True)],
    )
    assert history["epoch"] == [1, 2]
    assert seen == [0, 1, 2]
    where = tmp_path / "nothing" / "net"
    assert f"Nothing to resume at '{where}': the training starts anew" in caplog.messages


def test_the_newest_epoch_or_a_named_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    prefix = trained(tmp_path)
    seen: list[int] = []
    keep = mx.every_n_epoch(lambda m, s, v: seen.append(s.curr_epoch), 1, call_on_0=True)
    assert resumed(prefix, callbacks=[keep])["epoch"] == [1, 2, 3, 4]
    assert seen == [4]  # and no epoch 0
    assert f"Resumed '{prefix}' after epoch 3" in caplog.messages
    resumed((prefix, 1), callbacks=[keep])
    assert seen == [4, 2, 3, 4]
    assert len(resumed(prefix, n_epoch=2)) == 3  # nothing is left to do


def test_a_named_epoch_that_is_missing(tmp_path: Path) -> None:
    prefix = trained(tmp_path, 1)
    with pytest.raises(mx.MXError, match=r"nothing to resume: .*net-0007.state.json is missing"):
        resumed((prefix, 7))


def test_checkpoints_at_a_url() -> None:
    prefix = "memory://resume/net"
    callback = mx.do_checkpoint(prefix)
    class_model().fit(mx.SGD(), class_data(), n_epoch=2, callbacks=[callback])
    assert len(resumed(prefix, 3, optimizer=mx.SGD())) == 3


# -- crashes ---------------------------------------------------------------------------------------


class Crash(Exception):
    pass


@pytest.mark.parametrize("when", ["arrays", "numbers"])
def test_a_crash_while_writing_leaves_the_epoch_before(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of epoch 2 the parameters are there, or the arrays too, but not all files."""
    prefix = tmp_path / "net"
    name = {"arrays": "save_safetensors", "numbers": "write_atomically"}[when]
    original, calls = getattr(state_files, name), []

    def crash(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise Crash
        return original(*given)

    monkeypatch.setattr(state_files, name, crash)
    optimizer, callbacks = mx.SGD(lr=0.5, momentum=0.9), [mx.do_checkpoint(prefix)]
    with pytest.raises(Crash):
        class_model().fit(optimizer, class_data(), n_epoch=3, callbacks=callbacks)
    assert (tmp_path / "net-0002.params").exists()
    assert not (tmp_path / "net-0002.state.json").exists()
    found, expected = class_model(), class_model()
    assert len(resumed(prefix, model=found)) == 4
    resumed(None, model=expected)
    for own, array in parameters(found).items():
        np.testing.assert_array_equal(array, parameters(expected)[own])


@pytest.mark.parametrize("ending", ["params", "state.safetensors"])
def test_files_of_two_writings_are_no_checkpoint(
    ending: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As when an epoch is written over, and the process dies between two files."""
    prefix = trained(tmp_path)
    other = trained(tmp_path / "other", 1)
    newest = tmp_path / f"net-0003.{ending}"
    newest.write_bytes(Path(f"{other}-0001.{ending}").read_bytes())
    caplog.clear()
    caplog.set_level(logging.INFO, logger="symnet")
    assert resumed(prefix)["epoch"] == [1, 2, 3, 4]
    warning = next(r for r in caplog.records if r.levelname == "WARNING").getMessage()
    assert warning.startswith(f"Passing over epoch 3 of '{prefix}': ")
    assert "are not of one writing" in warning
    assert any("after epoch 2" in message for message in caplog.messages)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', "\xff"])
def test_a_damaged_state_is_passed_over(text: str, tmp_path: Path) -> None:
    prefix = trained(tmp_path)
    path = tmp_path / "net-0003.state.json"
    path.write_bytes(text.encode("latin-1"))
    assert resumed(prefix)["epoch"] == [1, 2, 3, 4]
    with pytest.raises(mx.FormatError, match=r"net-0003.state.json"):
        resumed((prefix, 3))


# -- what does not fit -----------------------------------------------------------------------------


def other_network() -> mx.FeedForward:
    return class_model(hidden=7)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"optimizer": mx.ADAM()}, "cannot resume with ADAM: the training was run with SGD"),
        ({"data": class_data(batch_size=4)}, "cannot resume with batches of 4: .* of 5"),
        ({"model": other_network}, "trained with another network: it has .*num_hidden=6"),
        ({"optimizer": mx.SGD(lr=0.5)}, "velocity"),
    ],
)
def test_another_training_is_refused(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    prefix = trained(tmp_path, 1)
    given = {name: value() if name == "model" else value for name, value in options.items()}
    model = given.setdefault("model", class_model())
    before = parameters(model)
    with pytest.raises(mx.ArgumentError, match=words):
        resumed(prefix, **given)
    for name, array in parameters(model).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_callback_that_is_gone_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prefix = str(tmp_path / "net")
    callbacks = [mx.do_checkpoint(prefix), mx.EarlyStopping()]
    class_model().fit(mx.SGD(lr=0.5, momentum=0.9), class_data(), n_epoch=1, callbacks=callbacks)
    resumed(prefix)
    assert "The saved state of the callback EarlyStopping.0 has no callback to go to" in (
        caplog.messages
    )


def test_an_optimizer_that_cannot_save_its_state(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It trains as before, with checkpoints of the parameters alone."""

    class Own(mx.AbstractOptimizer):
        def create_state(self, index: int, weight: mx.NDArray) -> Any:
            return {"steps": 0}

        def update(self, index: int, weight: Any, grad: Any, state: Any) -> None:
            weight.torch.sub_(grad.torch, alpha=0.1)

    callbacks = [mx.do_checkpoint(tmp_path / "net")]
    class_model().fit(Own(), class_data(), n_epoch=3, callbacks=callbacks)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json"] + 3 * [".params"]
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "cannot be resumed from: Own keeps a state" in warnings[0]


def test_a_checkpoint_of_one_file_has_no_state(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    with pytest.raises(mx.ArgumentError, match=r"is one file, .*net', or save_state=False"):
        mx.do_checkpoint(path)
    with pytest.raises(mx.ArgumentError, match=r"net.safetensors' is one file, which holds no"):
        resumed(path)
    callbacks = [mx.do_checkpoint(path, save_state=False)]
    class_model().fit(mx.SGD(), class_data(), n_epoch=2, callbacks=callbacks)
    assert [each.name for each in tmp_path.iterdir()] == ["net.safetensors"]
    assert mx.load_checkpoint(path, 2, mx.FeedForward).arg_params


@pytest.mark.parametrize("resume", [3, ("net",), ("net", "3"), ["net", 3]])
def test_what_resume_may_be(resume: Any) -> None:
    with pytest.raises(mx.ParameterError, match="resume must be the prefix of checkpoints, or"):
        resumed(resume)


def test_the_state_is_json_and_safetensors(tmp_path: Path) -> None:
    """Nothing in it can run code, and other programs read it."""
    from safetensors.numpy import load_file

    trained(tmp_path, 2)
    record = json.loads((tmp_path / "net-0002.state.json").read_text())
    assert (record["epoch"], record["optimizer"], record["iterations"]) == (2, "SGD", 8)
    arrays = load_file(tmp_path / "net-0002.state.safetensors")
    assert {"random.cpu", "optimizer.0.velocity"} <= arrays.keys()


# -- parameters that are updated unlike each other -------------------------------------------------


def multiplied(**attributes: dict[str, str]) -> mx.FeedForward:
    """The busy network, some of whose variables carry attributes."""
    model = mx.FeedForward(busy_network())
    texts = json.loads(model.arch.to_json())
    for node in texts["nodes"]:
        node.setdefault("attrs", {}).update(attributes.get(node["name"], {}))
    model.arch = mx.from_json(json.dumps(texts))
    return model


GROUPS = {
    "conv_weight": {"lr_mult": "0.5"},
    "bn_gamma": {"lr_mult": "0"},
    "fc1_bias": {"lr_mult": "2", "wd_mult": "0"},
}


@pytest.mark.parametrize("make", [sgd, adam])
def test_multiplied_parameters_resume_bit_for_bit(
    make: Callable[[Any], mx.AbstractOptimizer], tmp_path: Path
) -> None:
    def fit(n_epoch: int, **options: Any) -> mx.FeedForward:
        run = Run(make, mx.do_checkpoint(tmp_path / "net"))
        run.model = multiplied(**GROUPS)
        run.fit(n_epoch, **options)
        return run.model

    expected = everything(fit(4))
    fit(2)
    for epoch in (3, 4):
        (tmp_path / f"net-{epoch:04d}.state.json").unlink()
    for name, array in everything(fit(4, resume=tmp_path / "net")).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_other_multipliers_cannot_take_up_the_state(tmp_path: Path) -> None:
    """They are attributes, so that the network is another one; what is set on optimizers is not."""
    optimizer = mx.SGD(lr=0.5, momentum=0.9)
    optimizer.set_lr_mult({"fc1_bias": 2})
    with pytest.raises(mx.ArgumentError, match="the parameters have other multipliers"):
        resumed(trained(tmp_path), optimizer=optimizer)


# -- under other made-up names ---------------------------------------------------------------------


def unnamed() -> mx.FeedForward:
    """A network of which each making has other names, with every kind of state."""
    net = mx.BatchNorm(mx.FullyConnected(mx.Variable("data"), num_hidden=4))
    net = mx.FullyConnected(mx.Activation(net, act_type="relu"), num_hidden=3)
    return mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))


def test_every_epoch_stays_whole_after_a_resume_under_other_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prefix = tmp_path / "net"

    def fit(n_epoch: int, resume: Any = None) -> mx.FeedForward:
        mx.srand(3)
        model = unnamed()
        callbacks = [mx.do_checkpoint(prefix)]
        optimizer = mx.SGD(lr=0.1, momentum=0.9)
        data = class_data()
        model.fit(optimizer, data, n_epoch=n_epoch, callbacks=callbacks, resume=resume, verbose=0)
        return model

    fit(2)
    network = Path(f"{prefix}-symbol.json").read_bytes()
    fit(4, resume=prefix)
    assert Path(f"{prefix}-symbol.json").read_bytes() == network
    for epoch in range(1, 5):
        assert state_files.read_snapshot(prefix, epoch).epoch == epoch
        loaded = mx.load_checkpoint(prefix, epoch, mx.FeedForward)
        assert set(loaded.arg_params) | {"data", "softmax_label"} == set(
            loaded.arch.list_arguments()
        )
        assert set(loaded.aux_params) == set(loaded.arch.list_auxiliary_states())
    # The newest is damaged: the one before goes on, and so does one of before the resume.
    last = everything(fit(4, resume=(prefix, 2)))
    Path(f"{prefix}-0004.params").write_bytes(b"")
    again = everything(fit(4, resume=prefix))
    for mine, theirs in zip(again.values(), last.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    passed = [r.getMessage() for r in caplog.records if "Passing over" in r.getMessage()]
    assert len(passed) == 1
    assert "epoch 4" in passed[0]


def test_a_checkpoint_elsewhere_has_the_names_of_its_training(tmp_path: Path) -> None:
    def fit(prefix: Path, n_epoch: int, resume: Any = None) -> mx.FeedForward:
        model = unnamed()
        saving = [mx.do_checkpoint(prefix)]
        optimizer = mx.SGD(lr=0.1)
        model.fit(optimizer, class_data(), n_epoch=n_epoch, callbacks=saving, resume=resume)
        return model

    fit(tmp_path / "one", 1)
    model = fit(tmp_path / "two", 2, resume=tmp_path / "one")
    loaded = mx.load_checkpoint(tmp_path / "two", 2, mx.FeedForward)
    assert loaded.arg_params.keys() == model.arg_params.keys()
    assert state_files.read_snapshot(tmp_path / "two", 2).numbers["parameters"].keys() == set(
        model.arg_params
    )
