"""What somebody tries first who comes from Keras or scikit-learn: it works, or says what will."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model, perceptron

import symnet as mx

X = np.random.default_rng(7).standard_normal((40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


def fit(*data: Any, **options: Any) -> Any:
    return class_model().fit(*data or ("adam", X, Y), verbose=0, **options)


SAID: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "epochs": (lambda: fit(epochs=2), mx.ParameterError, "did you mean 'n_epoch'"),
    "validation_data": (
        lambda: fit(validation_data=(X, Y)), mx.ParameterError, "did you mean 'eval_data'",
    ),
    "metrics": (lambda: fit(metrics=["auc"]), mx.ParameterError, "did you mean 'eval_metric'"),
    "learning_rate": (
        lambda: mx.ADAM(learning_rate=0.1), mx.ParameterError, "did you mean 'lr'",
    ),
    "val_loss": (
        lambda: fit(callbacks=[mx.EarlyStopping("val_loss")], validation_split=0.5),
        mx.ArgumentError, "did you mean 'validation_loss'",
    ),
    "capital letters": (lambda: mx.Adam, AttributeError, "did you mean 'ADAM'"),
    "no optimizer": (lambda: fit(X, Y), mx.ArgumentError, r"it comes first, as in fit\('adam', X"),
    "one sample": (
        lambda: class_model().predict(X[0]), mx.ShapeError, r"one sample alone is data\[None\]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_it_says_what_is_meant(name: str) -> None:
    call, error, text = SAID[name]
    with pytest.raises(error, match=text):
        call()


def test_arrays_start_from_what_learns_and_providers_as_documented() -> None:
    """Weights of Uniform(0.01) hardly let a signal through; it is the documents' default."""
    starts = []
    for data in ((X, Y), (class_data(features=4),)):
        model = mx.FeedForward(perceptron(hidden=50))
        model.fit("sgd", *data, n_epoch=0, verbose=0)
        starts.append(np.abs(model.arg_params["fc1_weight"].asnumpy()).max())
    assert starts[0] > 0.1
    assert starts[1] < 0.0101
    given = mx.FeedForward(perceptron(hidden=50))
    given.fit("sgd", X, Y, n_epoch=0, initializer=mx.UniformInitializer(0.001), verbose=0)
    assert np.abs(given.arg_params["fc1_weight"].asnumpy()).max() <= 0.001


def test_small_digits_are_learned_by_defaults() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    images, digits = datasets.load_digits(return_X_y=True)
    model = mx.FeedForward(perceptron(hidden=32, classes=10))
    history = model.fit("adam", images / 16, digits, batch_size=32, n_epoch=8, verbose=0)
    assert history["accuracy"][-1] > 0.9


@pytest.mark.parametrize("metric", [None, "accuracy", ["accuracy", "top_k"]])
def test_one_hot_labels_are_learned_and_measured_as_classes(metric: Any) -> None:
    rows = []
    for labels in (Y, np.eye(3)[Y]):
        wanted = "accuracy" if metric == ["accuracy", "top_k"] and labels.ndim > 1 else metric
        row = dict(fit("sgd", X, labels, n_epoch=3, shuffle=False, eval_metric=wanted)[-1])
        rows.append({name: row[name] for name in ("accuracy", "loss")})
    assert rows[1] == pytest.approx(rows[0], rel=1e-5)
