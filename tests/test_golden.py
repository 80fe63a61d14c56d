"""The vectors recorded from Apache MXNet 1.9.1; see `golden/README.md`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet as mx

PATHS = sorted((Path(__file__).parent / "golden" / "vectors").glob("*.npz"))
RECORDED = 58
"""How many operators there are vectors of; later ones are held against MXNet by other files."""


@dataclass(frozen=True)
class Vector:
    """One recorded run: the symbol, the facts about it, and every array by its key."""

    symbol: mx.SymbolicNode
    meta: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: Path) -> "Vector":
        with np.load(path) as file:
            arrays = dict(file)
        text = arrays.pop("json").tobytes().decode()
        return cls(mx.from_json(text), json.loads(arrays.pop("meta").tobytes()), arrays)

    def part(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose keys begin with a word and a colon, by the rest of the key."""
        start = f"{prefix}:"
        return {k.removeprefix(start): a for k, a in self.arrays.items() if k.startswith(start)}

    def close(self, found: mx.NDArray, key: str) -> None:
        expected = self.arrays[key]
        assert found.shape == expected.shape, key
        tolerances = {"rtol": self.meta["rtol"], "atol": self.meta["atol"]}
        np.testing.assert_allclose(found.asnumpy(), expected, **tolerances, err_msg=key)

    def run(self, *, is_train: bool) -> mx.Executor:
        arguments = {name: mx.array(a) for name, a in self.part("arg").items()}
        executor = mx.bind(
            mx.from_json(self.symbol.to_json()),
            mx.cpu(),
            arguments,
            args_grad={name: mx.zeros(a.shape) for name, a in self.part("grad").items()},
            aux_states={name: mx.array(a) for name, a in self.part("aux").items()},
        )
        executor.forward(is_train=is_train)
        return executor


every_vector = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_no_vector_is_lost():
    used = {
        type(node.op)
        for path in PATHS
        for node in Vector.load(path).symbol.graph.nodes
        if node.op is not None
    }
    assert len(used) == RECORDED
    assert len(PATHS) == 134


@every_vector
def test_names_and_shapes(path: Path):
    vector = Vector.load(path)
    names = vector.meta["arguments"], vector.meta["outputs"], vector.meta["auxiliary"]
    for symbol in (vector.symbol, mx.from_json(vector.symbol.to_json())):
        assert symbol.list_arguments() == names[0]
        assert symbol.list_outputs() == names[1]
        assert symbol.list_auxiliary_states() == names[2]
        known = {name: tuple(shape) for name, shape in vector.meta["data_shapes"].items()}
        arguments, outputs, states = symbol.infer_shape(**known)
        assert arguments == [vector.arrays[f"arg:{name}"].shape for name in names[0]]
        assert outputs == [vector.arrays[f"pred:{i}"].shape for i in range(len(names[1]))]
        assert states == [vector.arrays[f"aux:{name}"].shape for name in names[2]]


@every_vector
def test_prediction(path: Path):
    vector = Vector.load(path)
    for index, output in enumerate(vector.run(is_train=False).outputs):
        vector.close(output, f"pred:{index}")


@every_vector
def test_training(path: Path):
    vector = Vector.load(path)
    if vector.meta["predict_only"]:
        return
    executor = vector.run(is_train=True)
    for index, output in enumerate(executor.outputs):
        vector.close(output, f"out:{index}")
    if not vector.meta["forward_only"]:
        heads = vector.part("head")
        executor.backward([mx.array(heads[str(i)]) for i in range(len(heads))])
        for name in vector.part("grad"):
            vector.close(executor.grad_dict[name], f"grad:{name}")
    for name in vector.part("auxout"):
        vector.close(executor.aux_dict[name], f"auxout:{name}")
