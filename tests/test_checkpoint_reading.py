"""Checkpoints that are nearly of a network: made-up names, other eras' names and rules, parts."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from training_helpers import class_data, class_model, parameters

import symnet as mx

# -- names that were made up -----------------------------------------------------------------------


def unnamed(hidden: int = 6, inner: str | None = None) -> mx.SymbolicNode:
    """A network whose layers nobody named: each building makes other names."""
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=hidden, name=inner)
    net = mx.BatchNorm(mx.Activation(net, act_type="relu"))
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=4), name="softmax")


def trained(network: mx.SymbolicNode, seed: int = 1) -> mx.FeedForward:
    mx.srand(seed)
    model = mx.FeedForward(network)
    model.init_model(mx.UniformInitializer(1), data=(2, 5), softmax_label=(2,))
    return model


def test_a_line_that_is_run_again_loads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, again = trained(unnamed()), trained(unnamed(), seed=2)
    mx.save_checkpoint(first, tmp_path / "net", 1)
    caplog.set_level(logging.INFO, logger="symnet")
    mx.load_checkpoint(again, tmp_path / "net", 1)
    assert again.arg_params is not None
    assert list(again.arg_params) == [
        name for name in again.arch.list_arguments() if name not in ("data", "softmax_label")
    ]
    data = np.random.rand(3, 5).astype(np.float32)
    np.testing.assert_array_equal(again.predict(data), first.predict(data))
    (said,) = caplog.messages
    assert "names 8 variables otherwise: fullyconnected" in said


@pytest.mark.parametrize(
    ("one", "other"),
    [(unnamed(), unnamed(hidden=7)), (unnamed(inner="a"), unnamed(inner="b"))],
    ids=["another layer", "names that were chosen"],
)
def test_networks_that_are_not_built_alike(
    one: mx.SymbolicNode, other: mx.SymbolicNode, tmp_path: Path
) -> None:
    mx.save_checkpoint(trained(one), tmp_path / "net", 1)
    with pytest.raises(mx.ArgumentError, match=r"is of another network: it has .* partial=True"):
        mx.load_checkpoint(trained(other), tmp_path / "net", 1)


def test_a_training_goes_on_under_other_names(tmp_path: Path) -> None:
    def network() -> mx.SymbolicNode:
        net = mx.FullyConnected(mx.Variable("data"), num_hidden=4)
        return mx.SoftmaxOutput(net, name="softmax")

    def fit(epochs: int, **options: Any) -> mx.FeedForward:
        model = mx.FeedForward(network())
        mx.srand(1)
        model.fit(mx.SGD(lr=0.5, momentum=0.9), class_data(), n_epoch=epochs, **options)
        return model

    whole = fit(4)
    fit(2, callbacks=[mx.do_checkpoint(tmp_path / "net", save_state=True)])
    resumed = fit(4, resume=tmp_path / "net")
    for old, new in zip(parameters(whole).values(), parameters(resumed).values(), strict=True):
        np.testing.assert_array_equal(old, new)


# -- names and rules of other eras -----------------------------------------------------------------


def test_statistics_under_the_names_of_gluon(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    net = mx.BatchNorm(mx.Variable("data"), name="bn")
    arrays = {"gamma": mx.ones(3), "beta": mx.ones(3)}
    states = {"running_mean": mx.array([1, 2, 3]), "running_var": mx.array([4, 5, 6])}
    named = [{f"bn_{name}": array for name, array in each.items()} for each in (arrays, states)]
    mx.save_checkpoint(net, *named, tmp_path / "net", 0)
    caplog.set_level(logging.INFO, logger="symnet")
    found = mx.load_checkpoint(tmp_path / "net", 0)
    assert {name: array.asnumpy().tolist() for name, array in found.aux_params.items()} == {
        "bn_moving_mean": [1, 2, 3],
        "bn_moving_var": [4, 5, 6],
    }
    assert "bn_running_mean is taken for bn_moving_mean, and so on" in caplog.messages[-1]


def pooled(convention: str) -> mx.SymbolicNode:
    """Of an image of 32: convolved 31, pooled 15 or 16."""
    net = mx.Convolution(mx.Variable("data"), kernel=(2, 2), num_filter=2, name="conv")
    net = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pooling_convention=convention, name="pool")
    net = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pooling_convention=convention, name="p2")
    return mx.FullyConnected(mx.Flatten(net, name="flat"), num_hidden=3, name="fc")


def written_without_a_mark(era: str, size: int, convention: str, prefix: Path) -> None:
    """A checkpoint whose weights were trained under a rule, for images of a size."""
    net = pooled(convention)
    mx.save(f"{prefix}-symbol.json", net)
    path = Path(f"{prefix}-symbol.json")
    path.write_text(net.to_json(era))
    text = path.read_text().replace(f'"pooling_convention": "{convention}", ', "")
    lines = [line for line in text.splitlines() if "pooling_convention" not in line]
    path.write_text("\n".join(lines))
    shapes = net.infer_shape(data=(1, 3, size, size))[0]
    names = zip(net.list_arguments(), shapes, strict=True)
    arrays = {f"arg:{name}": mx.ones(shape) for name, shape in names if name != "data"}
    mx.save(f"{prefix}-0000.params", arrays)


@pytest.mark.parametrize(
    ("era", "size", "trained_with", "read_as"),
    [
        ("0.x", 299, "full", "full"),
        ("1.x", 299, "valid", "valid"),
        ("1.x", 32, "full", "full"),
        ("0.x", 224, "valid", "valid"),
        ("0.x", 225, "valid", "full"),  # both fit
        ("1.x", 34, "full", "valid"),  # no usual size tells; the file's era does
    ],
)
def test_how_pooling_is_rounded(
    era: str,
    size: int,
    trained_with: str,
    read_as: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    written_without_a_mark(era, size, trained_with, tmp_path / "net")
    caplog.set_level(logging.INFO, logger="symnet")
    symbol, *_ = mx.load_checkpoint(tmp_path / "net", 0)
    assert symbol.to_json() == pooled(read_as).to_json()
    switched = read_as != ("full" if era == "0.x" else "valid")
    assert bool(caplog.messages) == switched
    if switched:
        assert (
            "net-symbol.json does not say how pooling is rounded; its weights fit where it is "
            in (caplog.messages[0])
        )


# -- a part of a checkpoint ------------------------------------------------------------------------


def named(last: str, classes: int, hidden: int = 6) -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=hidden, name="fc1")
    net = mx.FullyConnected(mx.BatchNorm(net, name="bn"), num_hidden=classes, name=last)
    return mx.SoftmaxOutput(net, name="softmax")


def test_a_part_is_loaded_with_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = trained(named("fc2", 4))
    mx.save_checkpoint(stored, tmp_path / "net", 1)
    model = mx.FeedForward(named("head", 7))
    initializer = mx.ConstantInitializer(0.5)
    shapes: Any = {"data": (2, 5), "softmax_label": (2,)}
    mx.load_checkpoint(model, tmp_path / "net", 1, partial=True, initializer=initializer, **shapes)
    report = [
        "kept: fc1_weight, fc1_bias, bn_gamma, bn_beta, bn_moving_mean, bn_moving_var",
        "dropped: fc2_weight, fc2_bias",
        "new: head_weight, head_bias",
    ]
    assert model.report.splitlines() == report
    assert capsys.readouterr().out.splitlines() == report
    found, before = parameters(model), parameters(stored)
    np.testing.assert_array_equal(found["fc1_weight"], before["fc1_weight"])
    assert found["head_weight"].shape == (7, 6)
    assert set(found["head_weight"].ravel()) == {0.5}


def test_arrays_of_another_shape_are_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mx.save_checkpoint(trained(named("fc2", 4)), tmp_path / "net", 1)
    model = mx.FeedForward(named("fc2", 9))
    shapes: Any = {"data": (2, 5), "softmax_label": (2,)}
    initializer = mx.UniformInitializer(1)
    mx.load_checkpoint(model, tmp_path / "net", 1, partial=True, initializer=initializer, **shapes)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "dropped: fc2_weight, fc2_bias",
        "new: fc2_weight, fc2_bias",
    ]
    assert parameters(model)["fc2_weight"].shape == (9, 6)


def test_fit_makes_what_a_part_leaves_missing(tmp_path: Path) -> None:
    mx.save_checkpoint(class_model(), tmp_path / "net", 1)
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=6, name="fc1")
    model = mx.FeedForward(mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=4), name="softmax"))
    mx.load_checkpoint(model, tmp_path / "net", 1, partial=True)
    assert model.report.splitlines()[0] == "kept: fc1_weight, fc1_bias"
    model.fit(mx.SGD(lr=0.1), class_data(), n_epoch=1)


def test_an_initializer_is_for_parts(tmp_path: Path) -> None:
    mx.save_checkpoint(class_model(), tmp_path / "net", 1)
    with pytest.raises(mx.ArgumentError, match="initializer and shapes are for partial=True"):
        mx.load_checkpoint(class_model(), tmp_path / "net", 1, data=(2, 5))


# -- all in one file -------------------------------------------------------------------------------


def test_one_file(tmp_path: Path) -> None:
    path, model = tmp_path / "net.safetensors", trained(named("fc2", 4))
    mx.save_checkpoint(model, path, 7)
    assert [each.name for each in tmp_path.iterdir()] == ["net.safetensors"]
    with safe_open(path, framework="np") as file:
        assert file.metadata().keys() == {"symbol", "epoch", "format"}
    loaded = mx.load_checkpoint(path, 7, mx.FeedForward)
    assert loaded.arch.to_json() == model.arch.to_json()
    data = np.random.rand(3, 5).astype(np.float32)
    np.testing.assert_array_equal(loaded.predict(data), model.predict(data))
    assert mx.load_checkpoint(trained(named("fc2", 4), seed=3), path, 7).aux_params is not None


@pytest.mark.parametrize(
    ("name", "epoch", "said"),
    [
        ("net.safetensors", 8, "no checkpoint of epoch 8: .* is of epoch 7"),
        ("other.safetensors", 7, "no checkpoint: .*other.safetensors does not exist"),
        ("arrays.safetensors", 7, "holds arrays, and no network: its metadata have no 'symbol'"),
    ],
)
def test_one_file_that_is_none(name: str, epoch: int, said: str, tmp_path: Path) -> None:
    mx.save_checkpoint(trained(named("fc2", 4)), tmp_path / "net.safetensors", 7)
    mx.save(tmp_path / "arrays.safetensors", {"w": mx.ones(1)})
    with pytest.raises(mx.MXError, match=said):
        mx.load_checkpoint(tmp_path / name, epoch)
