"""Checkpoints and files of symbols and arrays: there and back, from MXNet, and after failures."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from training_helpers import assert_same, class_data, class_model, parameters, perceptron

import symnet as mx

GOLDEN = Path(__file__).parent / "golden" / "checkpoints"


@pytest.fixture(params=["str", "Path", "memory://"])
def prefix(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return {
        "str": str(tmp_path / "net"),
        "Path": tmp_path / "net",
        "memory://": f"memory:/{tmp_path}/net",
    }[request.param]


def model_with_states() -> mx.FeedForward:
    model = class_model()
    model.aux_params = {"bn_moving_mean": mx.array([1, 2]), "bn_moving_var": mx.array([3, 4])}
    return model


# -- there and back --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["model and epoch", "model and state", "symbol and arrays"])
def test_what_is_saved_is_loaded(form: str, prefix: Any) -> None:
    model = model_with_states()
    if form == "symbol and arrays":
        mx.save_checkpoint(model.arch, model.arg_params, model.aux_params, prefix, 12)
    else:
        state = mx.OptimizationState(5, curr_epoch=12, curr_batch=3, curr_iter=40)
        mx.save_checkpoint(model, prefix, 12 if form == "model and epoch" else state)

    symbol, arg_params, aux_params = mx.load_checkpoint(prefix, 12)
    assert symbol.to_json() == model.arch.to_json()
    assert {name: array.asnumpy().tolist() for name, array in arg_params.items()} == {
        name: array.tolist() for name, array in parameters(model).items()
    }
    assert list(aux_params) == ["bn_moving_mean", "bn_moving_var"]
    assert aux_params["bn_moving_var"].asnumpy().tolist() == [3, 4]

    new = mx.load_checkpoint(prefix, 12, mx.FeedForward)
    assert isinstance(new, mx.FeedForward)
    assert new.ctx == [mx.cpu()]
    assert_same(new, parameters(model))

    into = mx.FeedForward(perceptron(), mx.cpu(1))
    assert mx.load_checkpoint(into, prefix, 12) is into
    assert into.ctx == [mx.cpu(1)]
    assert_same(into, parameters(model))


def test_files_and_names(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="symnet")
    model = model_with_states()
    for epoch in (0, 12, 12345):
        mx.save_checkpoint(model, str(tmp_path / "net"), epoch)
    names = ["net-0000.params", "net-0012.params", "net-12345.params", "net-symbol.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert (tmp_path / "net-symbol.json").read_text() == model.arch.to_json()
    arrays = mx.load(tmp_path / "net-0012.params")
    assert list(arrays) == [
        "arg:fc1_weight",
        "arg:fc1_bias",
        "arg:fc2_weight",
        "arg:fc2_bias",
        "aux:bn_moving_mean",
        "aux:bn_moving_var",
    ]
    assert caplog.messages[1] == f"Saved checkpoint to '{tmp_path}/net-0012.params'"


def test_predictions_survive(tmp_path: Path) -> None:
    model = class_model()
    model.fit(mx.SGD(lr=0.5), class_data(), n_epoch=2)
    mx.save_checkpoint(model, tmp_path / "net", 2)
    loaded = mx.load_checkpoint(tmp_path / "net", 2, mx.FeedForward)
    expected = mx.predict(model, class_data())
    np.testing.assert_array_equal(mx.predict(loaded, class_data()), expected)


def test_names_are_split_at_the_first_colon(tmp_path: Path) -> None:
    mx.save(tmp_path / "net-symbol.json", mx.Variable("x") * 2)
    names = ("arg:x:y", "aux:x:y", "other:z")
    mx.save(tmp_path / "net-0001.params", {name: mx.ones(1) for name in names})
    _, arg_params, aux_params = mx.load_checkpoint(tmp_path / "net", 1)
    assert list(arg_params) == ["x:y"]
    assert list(aux_params) == ["x:y", "z"]


def test_weights_of_the_model_are_kept_where_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored, model, bare = class_model(seed=1), class_model(seed=2), mx.FeedForward(perceptron())
    own = parameters(model)
    mx.save_checkpoint(stored, tmp_path / "net", 1)
    caplog.set_level(logging.INFO, logger="symnet")
    assert mx.load_checkpoint(model, tmp_path / "net", 1, overwrite=False) is model
    assert caplog.messages == ["model weights already exists, skip loading..."]
    assert_same(model, own)
    mx.load_checkpoint(bare, tmp_path / "net", 1, overwrite=False)
    assert_same(bare, parameters(stored))
    mx.load_checkpoint(model, tmp_path / "net", 1)
    assert_same(model, parameters(stored))


# -- checkpoints that are of something else --------------------------------------------------------


def renamed(symbol: mx.SymbolicNode) -> mx.SymbolicNode:
    return mx.from_json(symbol.to_json().replace("relu1", "act1"))


OTHERS = {
    "parameter": (
        perceptron(hidden=7),
        r"Node\('fc1', FullyConnected\(num_hidden=6\)\) of \(data, fc1_weight, fc1_bias\) where "
        r"the model has Node\('fc1', FullyConnected\(num_hidden=7\)\)",
    ),
    "name": (renamed(perceptron()), r"Node\('relu1', .* where the model has Node\('act1', "),
    "shorter": (
        perceptron().get_internals()["fc2_output"],
        r"Variable\('softmax_label'\) where the model has the outputs fc2_output",
    ),
    "longer": (perceptron() * 2, r"the outputs softmax_output where the model has Node"),
    "attribute": (
        mx.SoftmaxOutput(
            perceptron().get_internals()["fc2_output"], name="softmax", attrs={"mood": "calm"}
        ),
        r"Variable\('softmax_label'\) where the model has .*attributes \{'mood': 'calm'\}",
    ),
}


@pytest.mark.parametrize(("own", "difference"), OTHERS.values(), ids=OTHERS)
def test_a_checkpoint_of_another_network(
    own: mx.SymbolicNode, difference: str, tmp_path: Path
) -> None:
    mx.save_checkpoint(class_model(), tmp_path / "net", 1)
    model = mx.FeedForward(own)
    with pytest.raises(
        mx.ArgumentError, match=f"is of another network: it has .*{difference}"
    ) as e:
        mx.load_checkpoint(model, tmp_path / "net", 1)
    assert "allow_different_arch=True" in str(e.value)
    assert model.arg_params is None
    mx.load_checkpoint(model, tmp_path / "net", 1, allow_different_arch=True)
    assert_same(model, parameters(class_model()))
    assert model.arch is own


@pytest.mark.parametrize("arrays", [[mx.ones(1)], {"fc1_weight": mx.ones(1)}], ids=["list", "bare"])
def test_arrays_that_are_no_checkpoint(tmp_path: Path, arrays: Any) -> None:
    mx.save(tmp_path / "net-symbol.json", perceptron())
    mx.save(tmp_path / "net-0001.params", arrays)
    words = rf"{tmp_path}/net-0001.params: the arrays of a checkpoint are called arg:NAME or aux:"
    with pytest.raises(mx.FormatError, match=words):
        mx.load_checkpoint(tmp_path / "net", 1)


# -- checkpoints that are not there ----------------------------------------------------------------


def test_a_missing_checkpoint_and_what_there_is_instead(tmp_path: Path) -> None:
    prefix = str(tmp_path / "net")
    with pytest.raises(mx.MXError) as found:
        mx.load_checkpoint(prefix, 7)
    missing = f"no checkpoint: {prefix}-0007.params does not exist; of prefix '{prefix}' there"
    assert str(found.value) == f"{missing} is no epoch"
    for epoch in (10, 9):
        mx.save_checkpoint(class_model(), prefix, epoch)
    (tmp_path / "netnet-0001.params").touch()
    (tmp_path / "net-best.params").touch()
    with pytest.raises(mx.MXError) as found:
        mx.load_checkpoint(prefix, 7)
    assert str(found.value) == f"{missing} are epochs 9, 10"
    (tmp_path / "net-symbol.json").unlink()
    with pytest.raises(mx.MXError, match=f"no checkpoint: {prefix}-symbol.json does not exist"):
        mx.load_checkpoint(prefix, 9)


def test_epochs_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mx.save_checkpoint(class_model(), "net", 3)
    with pytest.raises(mx.MXError, match="of prefix 'net' there are epochs 3"):
        mx.load_checkpoint("net", 4)


def test_epochs_behind_a_url() -> None:
    prefix = "memory://epochs/net"
    for epoch in (10, 9):
        mx.save_checkpoint(class_model(), prefix, epoch)
    with pytest.raises(mx.MXError, match=f"of prefix '{prefix}' there are epochs 9, 10$"):
        mx.load_checkpoint(prefix, 7)


@pytest.mark.parametrize("prefix", ["memory://nowhere/net", "no/such/folder/net"])
def test_a_missing_checkpoint_where_nothing_can_be_listed(prefix: str) -> None:
    with pytest.raises(mx.MXError, match=f"no checkpoint: {prefix}-0001.params does not exist$"):
        mx.load_checkpoint(prefix, 1)


@pytest.mark.parametrize("epoch", [-1, "1", 1.0, None])
def test_an_epoch_that_is_none(epoch: Any, tmp_path: Path) -> None:
    for use in (
        lambda: mx.save_checkpoint(class_model(), tmp_path / "net", epoch),
        lambda: mx.load_checkpoint(tmp_path / "net", epoch),
    ):
        with pytest.raises(mx.ArgumentError, match=f"epoch must be a whole number.*{epoch!r}"):
            use()
    assert list(tmp_path.iterdir()) == []


def test_weights_are_not_defined(tmp_path: Path) -> None:
    with pytest.raises(mx.MXError, match="Model weights not defined: there is nothing to save"):
        mx.save_checkpoint(mx.FeedForward(perceptron()), tmp_path / "net", 1)


def test_misused() -> None:
    with pytest.raises(mx.ArgumentError, match=r"or save_checkpoint\(symbol, .*got save.*\(int\)"):
        mx.save_checkpoint(1)  # type: ignore[call-overload]
    with pytest.raises(mx.ArgumentError, match=r"load_checkpoint\(model, prefix, epoch\); got"):
        mx.load_checkpoint("net", 1, mx.MSE)  # type: ignore[call-overload]


# -- symbols and arrays ----------------------------------------------------------------------------


def test_load_tells_symbols_from_arrays_by_what_they_hold(tmp_path: Path) -> None:
    symbol, arrays = perceptron(), {"w": mx.array([1, 2])}
    mx.save(tmp_path / "a", symbol)
    mx.save(tmp_path / "b", arrays)
    for loaded in (mx.load(tmp_path / "a"), mx.load(str(tmp_path / "a"), mx.SymbolicNode)):
        assert loaded.to_json() == symbol.to_json()
    for loaded in (mx.load(tmp_path / "b"), mx.load(tmp_path / "b", mx.NDArray)):
        assert list(loaded) == ["w"]
        assert loaded["w"].asnumpy().tolist() == [1, 2]
    mx.save(tmp_path / "c", [mx.ones(1), mx.ones(2)])
    assert [array.shape for array in mx.load(tmp_path / "c")] == [(1,), (2,)]
    (tmp_path / "d").write_text("\n\n  " + json.dumps(json.loads(symbol.to_json())))
    assert mx.load(tmp_path / "d").to_json() == symbol.to_json()


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"hello", mx.SymbolicNode, "symbol JSON is not JSON"),
        (b'{"nodes": []', None, "symbol JSON is not JSON"),
        (b'{"nodes": [], "heads": []}', None, "there are no heads"),
        (b'{"\xff": 1}', None, "not a symbol: byte 2 is not UTF-8"),
        (b"hello", None, "Invalid NDArray file format"),
        (b"", None, "Invalid NDArray file format"),
        (b'{"nodes": [], "heads": []}', mx.NDArray, "it is JSON, as symbols are written in"),
        (b'\xef\xbb\xbf{"nodes": []}', None, "Unexpected UTF-8 BOM"),
        (b"\x80\x04\x95cos\nsystem\n(S'touch /tmp/x'\ntR.", None, "should begin with 0x112"),
    ],
)
def test_files_of_something_else_are_named(
    content: bytes, kind: Any, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(mx.FormatError) as found:
        mx.load(path, kind)
    assert str(found.value).startswith(f"{path}: ")
    assert words in str(found.value)


def test_a_kind_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(mx.ArgumentError, match="kind must be SymbolicNode or NDArray, got"):
        mx.load(tmp_path / "absent", dict)


def test_a_file_cut_short_is_named(tmp_path: Path) -> None:
    mx.save_checkpoint(class_model(), tmp_path / "net", 1)
    path = tmp_path / "net-0001.params"
    whole = path.read_bytes()
    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        with pytest.raises(mx.FormatError, match=f"^{path}: Invalid NDArray file format at byte"):
            mx.load_checkpoint(tmp_path / "net", 1)


# -- when writing fails ----------------------------------------------------------------------------


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A disk on which files can grow to a few bytes only, as when it is almost full."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 100, 4000])
def test_a_failure_in_the_middle_leaves_the_old_files(tmp_path: Path, size: int) -> None:
    prefix = tmp_path / "net"
    small, large = class_model(), class_model(hidden=500)
    mx.save_checkpoint(small, prefix, 1)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with largest_file(size), pytest.raises(OSError, match="File too large"):
        mx.save_checkpoint(large.arch, large.arg_params, {}, prefix, 1)
    after = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert after.keys() == before.keys()  # and no temporary file
    assert after[tmp_path / "net-0001.params"] == before[tmp_path / "net-0001.params"]
    if size < 4000:  # the symbol's file failed already
        assert after == before
        assert_same(mx.load_checkpoint(prefix, 1, mx.FeedForward), parameters(small))


@pytest.mark.parametrize("name", ["net.json", "net.params", "net.safetensors"])
def test_a_full_disk_leaves_every_kind_of_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    large: Any = {"w": mx.zeros(10_000)}
    mx.save(path, perceptron() if name == "net.json" else {"w": mx.ones(1)})
    before = path.read_bytes()
    with largest_file(20), pytest.raises(OSError, match="File too large"):
        mx.save(path, perceptron(hidden=7) if name == "net.json" else large)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_symbol_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    mx.save(path, perceptron())
    before = path.read_bytes()
    with pytest.raises(mx.ArgumentError, match="a name cannot be written as UTF-8"):
        mx.save(path, mx.Variable("\ud800"))
    assert path.read_bytes() == before


def test_a_url_is_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mx.save("memory://once/net.params", [mx.ones(1)])
    system, fetched = fsspec.filesystem("memory"), []
    get_file = system.get_file
    monkeypatch.setattr(system, "get_file", lambda *names: fetched.append(get_file(*names)))
    mx.load("memory://once/net.params")
    assert len(fetched) == 1


def test_a_failure_to_write_the_first_checkpoint_leaves_nothing(tmp_path: Path) -> None:
    with largest_file(100), pytest.raises(OSError, match="File too large"):
        mx.save(tmp_path / "arrays", mx.zeros(1000))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such directory: '.*absent'"):
        mx.save_checkpoint(class_model(), tmp_path / "absent" / "net", 1)


# -- written by Apache MXNet 1.9.1 -----------------------------------------------------------------


@pytest.mark.parametrize(("name", "epoch"), [("mlp", 3), ("lenet", 12)])
def test_a_checkpoint_of_mxnet(name: str, epoch: int, tmp_path: Path) -> None:
    """It predicts what MXNet predicted, also after it was saved again, and it can be trained."""
    with np.load(GOLDEN / f"{name}.npz") as recorded:
        data, output = recorded["data"], recorded["output"]
    model = mx.load_checkpoint(GOLDEN / name, epoch, mx.FeedForward)
    mx.save_checkpoint(model, tmp_path / name, epoch)
    again = mx.load_checkpoint(tmp_path / name, epoch, mx.FeedForward)
    for each in (model, again):
        found = mx.predict(each, mx.ArrayDataProvider(data, batch_size=2))
        np.testing.assert_allclose(found, output, rtol=1e-5, atol=1e-6)
    labels = output.argmin(axis=1)  # what it would never have said
    provider = mx.ArrayDataProvider(data, labels, batch_size=len(data))
    model.fit(mx.SGD(lr=1.0), provider, n_epoch=50)
    np.testing.assert_array_equal(mx.predict(model, provider).argmax(axis=1), labels)


def test_a_checkpoint_of_mxnet_fits_the_same_network_made_here() -> None:
    layers = [mx.Variable("data")]
    for number, width in enumerate((8, 6), 1):
        layers.append(mx.FullyConnected(name=f"fc{number}", num_hidden=width))
        layers.append(mx.Activation(name=f"relu{number}", act_type="relu"))
    layers.append(mx.FullyConnected(name="fc3", num_hidden=4))
    model = mx.FeedForward(mx.chain(*layers, mx.SoftmaxOutput(name="softmax")))
    mx.load_checkpoint(model, GOLDEN / "mlp", 3)
    assert model.arg_params is not None
    assert model.arg_params["fc2_weight"].shape == (6, 8)
