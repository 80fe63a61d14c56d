"""What `predict` takes, and outputs by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset
from training_helpers import class_model

import symnet as mx

X = np.random.default_rng(6).standard_normal((9, 4)).astype(np.float32)
FRAME = pd.DataFrame(X, columns=list("abcd"))
SAMPLES = TensorDataset(torch.from_numpy(X), torch.zeros(9))

FORMS: dict[str, Callable[[], Any]] = {
    "lists": X.tolist,
    "a tuple of lists": lambda: tuple(map(tuple, X.tolist())),
    "a tensor": lambda: torch.from_numpy(X),
    "our own array": lambda: mx.array(X),
    "a frame": lambda: FRAME,
    "a frame of polars": lambda: pl.DataFrame(FRAME),
    "by name": lambda: {"data": X},
    "lists by name": lambda: {"data": X.tolist()},
    "a pair": lambda: ("data", X),
    "a loader": lambda: DataLoader(TensorDataset(torch.from_numpy(X)), 4),
    "a loader with labels": lambda: DataLoader(SAMPLES, 4),
    "a dataset": lambda: TensorDataset(torch.from_numpy(X)),
    "a dataset with labels": lambda: SAMPLES,
    "a provider": lambda: mx.ArrayDataProvider(X, batch_size=4),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_takes_what_fit_takes(form: str) -> None:
    model = class_model()
    expected = model.predict(X)
    np.testing.assert_allclose(model.predict(FORMS[form]()), expected, rtol=1e-5)
    predictor = model.predictor(data=(4, 4))
    np.testing.assert_allclose(predictor.predict(FORMS[form]()), expected, rtol=1e-5)


def test_fit_and_evaluate_take_lists_too() -> None:
    labels = [0, 1, 2] * 3
    model = class_model()
    model.fit(
        "adam", X.tolist(), labels, eval_data=(X.tolist(), labels), sample_weight=[1.0] * 9,
        n_epoch=1, verbose=0,
    )  # fmt: skip
    assert model.evaluate(X.tolist(), labels) == model.evaluate(X, np.array(labels))


def test_what_is_no_list_of_numbers_is_refused() -> None:
    model = class_model()
    with pytest.raises(mx.DataError, match="rows are not all alike"):
        model.predict([[1, 2], [1]])
    with pytest.raises(mx.DataError, match=r"a list of arrays: np\.stack"):
        model.predict([X[0], X[1]])
    with pytest.raises(mx.DataError, match="must hold real numbers"):
        model.predict([["a", "b", "c", "d"]])
    with pytest.raises(mx.DataError, match="has no arrays"):
        model.predict([])


def several() -> mx.FeedForward:
    both = class_model().arch
    features = both.get_internals()["relu1_output"]
    model = mx.FeedForward(mx.Group(both, mx.BlockGrad(features, name="features")))
    model.arg_params, model.aux_params = class_model().arg_params, {}
    return model


def test_outputs_come_by_name() -> None:
    model = several()
    assert model.arch.list_outputs() == ["softmax_output", "features_output"]
    chances, features = model.predict(X)
    np.testing.assert_array_equal(model.predict(X, outputs="softmax_output"), chances)
    found = model.predict(X, outputs=["features_output", "softmax_output"])
    assert list(found) == ["features_output", "softmax_output"]
    np.testing.assert_array_equal(found["features_output"], features)
    np.testing.assert_array_equal(mx.predict(model, X, outputs="features_output"), features)
    alone = class_model()
    np.testing.assert_array_equal(alone.predict(X, outputs="softmax_output"), alone.predict(X))


def test_outputs_that_are_none_are_told_with_those_that_are() -> None:
    with pytest.raises(mx.ArgumentError, match="did you mean 'softmax_output'"):
        several().predict(X, outputs="softmax")
    with pytest.raises(mx.ArgumentError, match="a callback is given all"):
        several().predict(X, outputs="softmax_output", callback=print)  # type: ignore[call-overload]
