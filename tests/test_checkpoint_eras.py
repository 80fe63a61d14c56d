"""Checkpoints for MXNet 0.x: what is written, held against bytes that Apache MXNet 1.9.1 has read.

`tests/golden/checkpoints/README.md` says how they were recorded.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet as mx
from symnet.storage.params_writing import save_arrays

GOLDEN = Path(__file__).parent / "golden" / "checkpoints"


ATTRS = {"mood": "calm", "lr_mult": "2"}


def network() -> mx.SymbolicNode:
    """One of each kind of thing that old files write in their own way."""
    with mx.NameManager():
        data = mx.Variable("data")
        net = mx.Convolution(data, kernel=(3, 3), num_filter=4, name="conv", attrs=ATTRS)
        net = mx.BatchNorm(net, fix_gamma=False, name="bn")
        net = mx.LeakyReLU(net, act_type="prelu", name="prelu")
        up = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="up")
        down = mx.Pooling(
            net, kernel=(3, 3), stride=(2, 2), pooling_convention="valid", pool_type="avg"
        )
        first = mx.Flatten(mx.Dropout(up, p=0.5)) * 2 + 1
        parts = mx.SliceChannel(down, num_outputs=2, name="parts")
        second = mx.Flatten(parts[0] - parts[1]) / 3
        net = mx.Concat(first, 2 - second, name="both")
        net = mx.FullyConnected(mx.ElementWiseSum(net, net), num_hidden=5, name="fc")
        return mx.SoftmaxOutput(net * mx.sqrt(mx.square(net)), name="softmax")


def weights() -> tuple[dict[str, Any], dict[str, Any]]:
    random = np.random.RandomState(7)
    net = network()
    shapes, _, states = net.infer_shape(data=(2, 3, 10, 10))
    assert shapes is not None
    assert states is not None
    arrays = {
        name: random.uniform(-0.3, 0.3, shape).astype(np.float32)
        for name, shape in zip(net.list_arguments(), shapes, strict=True)
        if name not in ("data", "softmax_label")
    }
    kept = {
        name: random.uniform(0.5, 1.5, shape).astype(np.float32)
        for name, shape in zip(net.list_auxiliary_states(), states, strict=True)
    }
    return arrays, kept


def model() -> mx.FeedForward:
    made = mx.FeedForward(network())
    arrays, states = weights()
    made.arg_params = {name: mx.array(array) for name, array in arrays.items()}
    made.aux_params = {name: mx.array(array) for name, array in states.items()}
    return made


def test_the_symbol_is_one_that_mxnet_has_read() -> None:
    assert network().to_json("0.x") == (GOLDEN / "old-symbol.json").read_text()


def test_what_is_in_an_old_symbol() -> None:
    nodes = {node["name"]: node for node in json.loads(network().to_json("0.x"))["nodes"]}
    assert "bn_moving_mean" not in nodes
    assert nodes["conv"]["attr"] == {"__mood__": "calm", "lr_mult": "2"}
    assert nodes["conv"]["param"] == {"kernel": "(3, 3)", "num_filter": "4", "workspace": "512"}
    assert nodes["up"]["param"]["pooling_convention"] == "full"


def test_the_parameters_are_those_that_mxnet_has_read(tmp_path: Path) -> None:
    made = model()
    mx.save_checkpoint(made, tmp_path / "old", 0, era="0.x")
    golden = (GOLDEN / "old-0000.params").read_bytes()
    assert (tmp_path / "old-0000.params").read_bytes() == golden


def test_predictions_are_those_of_mxnet() -> None:
    loaded = mx.load_checkpoint(str(GOLDEN / "old"), 0, mx.FeedForward)
    assert loaded.arch.to_json() == network().to_json()
    with np.load(GOLDEN / "old.npz") as recorded:
        found = loaded.predict(recorded["data"])
        np.testing.assert_allclose(found, recorded["output"], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model().predict(recorded["data"]), found)


@pytest.mark.parametrize(
    ("symbol", "said"),
    [
        (
            mx.BatchNorm(data=mx.Variable("x"), moving_mean=mx.Variable("mean"), name="bn"),
            "its state would be called bn_moving_mean, not mean",
        ),
    ],
)
def test_what_old_files_have_no_room_for(symbol: mx.SymbolicNode, said: str) -> None:
    with pytest.raises(mx.ArgumentError, match=said):
        symbol.to_json("0.x")


@pytest.mark.parametrize("dtype", ["int64", "int8", "bool", "bfloat16"])
def test_elements_that_are_newer(dtype: str, tmp_path: Path) -> None:
    with pytest.raises(mx.ArgumentError, match=f"'w' has elements of {dtype}, which MXNet 0.x"):
        save_arrays(tmp_path / "a.params", {"w": mx.zeros(2, dtype=dtype)}, "0.x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("prefix", "era", "said"),
    [
        ("net", "2.0", "era must be one of 1.x, 0.x, got '2.0'"),
        ("net.safetensors", "0.x", "era is about MXNet's own files, not safetensors"),
    ],
)
def test_eras_that_do_not_go(prefix: str, era: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(mx.ArgumentError, match=said):
        mx.save_checkpoint(model(), tmp_path / prefix, 0, era=era)
    assert not list(tmp_path.iterdir())
