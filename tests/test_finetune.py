"""Trained networks under new heads."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model, parameters

import symnet as mx


def head(features: mx.SymbolicNode, name: str = "new") -> mx.SymbolicNode:
    scores = mx.FullyConnected(features, num_hidden=3, name=name)
    return mx.SoftmaxOutput(scores, name="softmax")


@pytest.mark.parametrize("cut", ["relu1_output", "relu1"])
@pytest.mark.parametrize("stored", [False, True])
def test_a_new_head_learns_on_old_weights(
    cut: str, stored: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = class_model()
    before = parameters(old)
    mx.save_checkpoint(old, tmp_path / "net", 3)
    source: Any = (tmp_path / "net", 3) if stored else old
    model = mx.finetune(source, cut=cut, head=head, freeze="fc1")
    assert model.report == (
        "kept: fc1_weight, fc1_bias\ndropped: fc2_weight, fc2_bias\n"
        "new: new_weight, new_bias\nfrozen: fc1"
    )
    assert capsys.readouterr().out == model.report + "\n"
    model.fit(mx.SGD(lr=0.5), class_data(), n_epoch=1, verbose=False)
    after = parameters(model)
    assert list(after) == ["fc1_weight", "fc1_bias", "new_weight", "new_bias"]
    for name in ("fc1_weight", "fc1_bias"):
        np.testing.assert_array_equal(after[name], before[name])
    for name, array in parameters(old).items():
        np.testing.assert_array_equal(array, before[name])


def test_the_old_model_is_not_trained_with_the_new_one() -> None:
    old = class_model()
    before = parameters(old)
    model = mx.finetune(old, cut="relu1", head=head)
    model.fit(mx.SGD(lr=0.5), class_data(), n_epoch=1, verbose=False)
    assert not np.array_equal(parameters(model)["fc1_weight"], before["fc1_weight"])
    np.testing.assert_array_equal(parameters(old)["fc1_weight"], before["fc1_weight"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cut": "rleu1_output"}, "no output 'rleu1_output'; did you mean 'relu1_output'"),
        ({"head": lambda net: 3}, "head must return a symbol, got 3"),
        ({"head": lambda net: head(net, "fc1")}, "head uses the name 'fc1_bias'"),
        ({"source": 3}, "the source is a model"),
        ({"source": mx.FeedForward(mx.Variable("x") * 2)}, "has no weights"),
        ({"freeze": 3}, "finetune: freeze must be a name"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], message: str) -> None:
    given = {"source": class_model(), "cut": "relu1", "head": head, **options}
    with pytest.raises((mx.ArgumentError, mx.ParameterError), match=message):
        mx.finetune(given.pop("source"), **given)
