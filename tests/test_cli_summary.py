"""`symnet summary`: the table of `mx.summary`, and memory."""

import json
from pathlib import Path

import pytest

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"
SHAPE = ["--shape", "data=2,1,12,12"]


def test_the_table_and_the_memory(symnet):
    network = mx.load(CHECKPOINTS / "lenet-symbol.json")
    code, out, _ = symnet("summary", CHECKPOINTS / "lenet", *SHAPE)
    table = str(mx.summary(network, data=(2, 1, 12, 12))).splitlines()
    executor = mx.simple_bind(network, data=(2, 1, 12, 12))
    peak = executor.memory(is_train=False).total
    assert code == 0
    assert out[: len(table)] == table
    assert out[len(table)].startswith(f"bytes at the peak of predicting: {peak:,} (")


def test_without_shapes(symnet):
    _, out, _ = symnet("summary", CHECKPOINTS / "lenet-symbol.json")
    assert out[-1] == "? is not known without shapes; give them: --shape data=(…)"


def test_json(symnet):
    _, out, _ = symnet("summary", CHECKPOINTS / "lenet", *SHAPE, "--json")
    found = json.loads(out[0])
    assert (found["parameters"], found["multiply_adds"]) == (376, 2 * 5644)
    assert found["peak_bytes"]["training"] > found["peak_bytes"]["predicting"]


def test_the_plan(symnet):
    _, out, _ = symnet("summary", CHECKPOINTS / "lenet", *SHAPE, "--plan")
    assert any("Activation activation2" in line and "arena at" in line for line in out)
    code, _, err = symnet("summary", CHECKPOINTS / "lenet", "--plan")
    assert (code, err) == (
        2,
        ["symnet: --plan needs the shapes of inputs: --shape data=1,3,224,224"],
    )


@pytest.mark.parametrize("shape", ["data", "data=", "=1", "data=1,x", "data=0,3"])
def test_shapes_that_are_none(shape, symnet, capsys):
    with pytest.raises(SystemExit) as stopped:
        symnet("summary", CHECKPOINTS / "lenet", "--shape", shape)
    assert stopped.value.code == 2
    assert f"NAME=1,3,224,224 is expected, got {shape!r}" in capsys.readouterr().err


def test_an_input_that_there_is_not(symnet):
    code, _, err = symnet("summary", CHECKPOINTS / "lenet", "--shape", "dta=1,1,12,12")
    assert code == 2
    assert "no argument 'dta'; did you mean 'data'?" in err[0]
