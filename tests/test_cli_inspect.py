"""`symnet inspect`: what it tells of each kind of file."""

import json
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from recordio_files import GOLDEN as RECORDS
from training_helpers import class_data, class_model

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"


def told(symnet, *arguments):
    code, out, err = symnet("inspect", "--json", *arguments)
    assert err == []
    return code, json.loads(out[0])


def test_a_symbol(symnet):
    code, out, _ = symnet("inspect", CHECKPOINTS / "mlp-symbol.json")
    assert code == 0
    assert out == [
        f"{CHECKPOINTS / 'mlp-symbol.json'}: a network, 2.0 kB",
        "format of: MXNet 1.9.1",
        "inputs: data, softmax_label",
        "outputs: softmax_output",
        "parameters: 6",
        "auxiliary states: 0",
        "operators: FullyConnected 3, Activation 2, SoftmaxOutput 1",
    ]


def test_a_symbol_with_operators_that_symnet_lacks(symnet, tmp_path):
    path = tmp_path / "net-symbol.json"
    text = (CHECKPOINTS / "mlp-symbol.json").read_text()
    path.write_text(text.replace('"op": "Activation"', '"op": "Frobnicate"'))
    code, found = told(symnet, path)
    assert code == 1
    assert not found["usable"]
    assert found["operators"] == {"FullyConnected": 3, "Frobnicate": 2, "SoftmaxOutput": 1}
    assert found["operators_that_symnet_lacks"] == {"Frobnicate": 2}
    assert "operators that symnet does not have: Frobnicate (2)" in found["problem"]


def test_a_symbol_with_parameters_that_symnet_lacks(symnet, tmp_path):
    path = tmp_path / "net-symbol.json"
    text = (CHECKPOINTS / "mlp-symbol.json").read_text()
    path.write_text(text.replace('"num_hidden": "6"', '"num_hidden": "6", "frob": "yes"'))
    code, found = told(symnet, path)
    assert code == 1
    assert [line.partition(": ")[2] for line in found["parameters_that_symnet_lacks"]] == [
        "FullyConnected with frob='yes'"
    ]


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (', \n  "attrs": {"mxnet_version": ["int", 905]}', "MXNet 0.9.5"),
        ("", "MXNet 0.8 or before"),
    ],
)
def test_the_version_that_wrote_a_symbol(mark, said, symnet, tmp_path):
    text = (CHECKPOINTS / "mlp-symbol.json").read_text()
    path = tmp_path / "net.json"
    path.write_text(text[: text.index(', \n  "attrs": {"mxnet')] + mark + "\n}")
    assert told(symnet, path)[1]["format_of"] == said


def test_arrays(symnet):
    code, out, _ = symnet("inspect", CHECKPOINTS / "mlp-0003.params")
    assert code == 0
    assert out[0].endswith("mlp-0003.params: a file of MXNet's arrays (.params), 1.1 kB")
    assert [line.split() for line in out[1:3]] == [
        ["array", "shape", "type", "bytes"],
        ["arg:fc1_weight", "(8,", "12)", "float32", "384"],
    ]
    assert out[-1] == "6 arrays, 744 bytes"


def test_a_checkpoint(symnet, tmp_path):
    for name in ("mlp-symbol.json", "mlp-0003.params"):
        shutil.copy(CHECKPOINTS / name, tmp_path)
    shutil.copy(CHECKPOINTS / "mlp-0003.params", tmp_path / "mlp-0001.params")
    code, found = told(symnet, tmp_path / "mlp")
    assert (code, found["kind"], found["epoch"], found["epochs"]) == (0, "checkpoint", 3, [1, 3])
    assert found["inputs"] == {"data": None, "softmax_label": None}
    assert found["arrays"][0] == {
        "name": "arg:fc1_weight",
        "shape": [8, 12],
        "dtype": "float32",
        "bytes": 384,
    }
    assert told(symnet, tmp_path / "mlp", "--epoch", 1)[1]["epoch"] == 1


@pytest.mark.parametrize(
    ("prefix", "options", "said"),
    [
        ("nothing", [], "no such file, and no checkpoint begins like this"),
        ("mlp", ["--epoch", 7], r"mlp: no epoch 7 \(there are: 3\)"),
        ("alone", [], "no checkpoint begins like this; there is .*alone-symbol.json, alone"),
    ],
)
def test_a_checkpoint_that_is_not_there(prefix, options, said, symnet, tmp_path):
    for name in ("mlp-symbol.json", "mlp-0003.params"):
        shutil.copy(CHECKPOINTS / name, tmp_path)
    shutil.copy(CHECKPOINTS / "mlp-symbol.json", tmp_path / "alone-symbol.json")
    code, out, err = symnet("inspect", tmp_path / prefix, *options)
    assert (code, out, len(err)) == (2, [], 1)
    assert re.search(said, err[0])


def test_safetensors(symnet, tmp_path):
    mx.save(tmp_path / "a.safetensors", {"w": mx.ones((2, 3))}, metadata={"epoch": "3"})
    _, found = told(symnet, tmp_path / "a.safetensors")
    assert (found["kind"], found["metadata"]) == ("safetensors", {"epoch": "3", "format": "pt"})
    assert [each["shape"] for each in found["arrays"]] == [[2, 3]]
    symnet("convert", CHECKPOINTS / "mlp", tmp_path / "b.safetensors")
    _, found = told(symnet, tmp_path / "b.safetensors")
    assert found["operators"] == {"FullyConnected": 3, "Activation": 2, "SoftmaxOutput": 1}


def test_records_and_their_index(symnet):
    code, found = told(symnet, RECORDS / "faces.rec")
    assert (code, found["records"], found["damaged"]) == (0, 6, 0)
    _, found = told(symnet, RECORDS / "all.idx")
    assert (found["kind"], found["keys"]) == ("idx", 10)


def test_damaged_records(symnet, tmp_path):
    path = tmp_path / "bad.rec"
    path.write_bytes((RECORDS / "faces.rec").read_bytes() + b"rubbish!")
    code, found = told(symnet, path)
    assert (code, found["records"], found["damaged"], found["usable"]) == (1, 6, 1, False)


def test_states_of_an_optimizer(symnet, tmp_path):
    path = tmp_path / "net.states"
    path.write_bytes(pickle.dumps({0: None, 1: (np.zeros(2), 3)}))
    _, found = told(symnet, path)
    assert (found["title"], found["parameters"]) == ("states of an optimizer (.states)", 2)


def test_the_state_of_a_training(symnet, tmp_path):
    class_model().fit(
        mx.SGD(lr=0.5),
        class_data(),
        n_epoch=1,
        callbacks=[mx.do_checkpoint(tmp_path / "net", save_state=True)],
    )
    states = sorted(tmp_path.glob("*.state.json"))
    _, found = told(symnet, states[0])
    assert (found["kind"], found["epoch"]) == ("state", 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer: it stands for"),
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"\0\1\2", "unknown: no kind of file that symnet knows begins like this"),
    ],
)
def test_other_files(content, said, symnet, tmp_path):
    path = tmp_path / "file.params"
    path.write_bytes(content)
    code, out, _ = symnet("inspect", path)
    assert code == 1
    assert out[0].startswith(f"{path}: {said}")


def test_a_url(symnet):
    mx.save("memory://inspect/net-0001.params", {"arg:w": mx.ones(2)})
    mx.save("memory://inspect/net-symbol.json", mx.Variable("x") * mx.Variable("w"))
    assert told(symnet, "memory://inspect/net")[1]["epoch"] == 1
    assert told(symnet, "memory://inspect/net-0001.params")[1]["kind"] == "params"
