"""Networks as estimators of scikit-learn: its own checks, and what users put around them."""

import sys
import warnings
from typing import Any
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest

import symnet as mx

pytest.importorskip("sklearn")

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

IRIS, KINDS = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[KINDS]
X = np.random.default_rng(3).standard_normal((120, 3))
Y = X @ np.array([[1.0, 2.0], [0.0, -1.0], [0.5, 0.0]]) + 1


def checks() -> list[Any]:
    """All checks but two.

    One wants a row alone and in a batch to agree to the last digit; the other that weights are as
    good as repeated samples, of which batches, and so steps, are others.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they do not inherit from scikit-learn, which is optional
        found = [
            (each, check)
            for kind in (mx.Classifier, mx.Regressor)
            for each, check in estimator_checks_generator(kind(), mark=None)
        ]
    left_out = (
        "check_methods_subset_invariance",
        "check_sample_weight_equivalence_on_dense_data",
    )
    return [
        pytest.param(each, check, id=f"{type(each).__name__}-{check.func.__name__}")
        for each, check in found
        if check.func.__name__ not in left_out
    ]


@pytest.mark.parametrize(("estimator", "check"), checks())
@pytest.mark.filterwarnings("ignore")  # the checks give data that is wrong on purpose
def test_what_scikit_learn_asks_for(estimator: Any, check: Any) -> None:
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.skip(str(reason))


def test_a_row_alone_is_predicted_as_in_a_batch() -> None:
    model = mx.Regressor(8, n_epoch=2, random_state=0).fit(X, Y)
    alone = np.concatenate([model.predict(X[row : row + 1]) for row in range(20)])
    np.testing.assert_allclose(alone, model.predict(X)[:20], rtol=1e-5, atol=1e-6)


def test_it_learns_with_what_is_the_default() -> None:
    """Scaled digits, where the documents' initializer and SGD stay at chance."""
    digits, numbers = load_digits(return_X_y=True)
    train, test, known, wanted = train_test_split(digits / 16, numbers, random_state=0)
    model = mx.Classifier(n_epoch=12, random_state=0).fit(train, known)
    assert model.score(test, wanted) > 0.95
    assert model.history_["loss"][-1] < 0.2


def test_a_pipeline_and_a_search() -> None:
    pipeline = make_pipeline(StandardScaler(), mx.Classifier(n_epoch=40, random_state=0))
    search = GridSearchCV(
        pipeline, {"classifier__network": [1, (16,)], "classifier__lr": [0.03]}, cv=3
    )
    search.fit(IRIS, NAMES)
    assert search.best_params_["classifier__network"] == (16,)
    assert search.best_score_ > 0.9
    assert set(search.predict(IRIS[::40])) <= set(NAMES)


def test_labels_are_of_any_kind_and_frames_have_names() -> None:
    frame = pd.DataFrame(IRIS / 8, columns=list("abcd"))
    model = mx.Classifier(8, random_state=1, n_epoch=5).fit(frame, NAMES)
    assert model.classes_.tolist() == sorted(set(NAMES))
    assert (model.n_features_in_, model.feature_names_in_.tolist()) == (4, list("abcd"))
    chances = model.predict_proba(frame)
    np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-5)
    assert (model.classes_[chances.argmax(1)] == model.predict(frame)).all()
    assert is_classifier(model)


def test_samples_and_classes_have_weights() -> None:
    rare = np.where(NAMES == "virginica", 9.0, 1.0)
    settings: dict[str, Any] = {"n_epoch": 3, "random_state": 0, "batch_size": 30}
    plain = mx.Classifier(8, **settings).fit(IRIS, NAMES)
    weighed = mx.Classifier(8, **settings).fit(IRIS, NAMES, sample_weight=rare)
    by_class = mx.Classifier(8, class_weight={"virginica": 9.0}, **settings).fit(IRIS, NAMES)
    chances = [each.predict_proba(IRIS)[:, 2].mean() for each in (plain, weighed, by_class)]
    assert chances[0] < chances[1] == chances[2]
    with pytest.raises(mx.ParameterError, match="names 'rose', which is no class"):
        mx.Classifier(8, class_weight={"rose": 2.0}).fit(IRIS, NAMES)
    model = mx.Regressor(8, **settings).fit(X, Y, sample_weight=np.arange(120))
    assert model.history_["loss"][-1] > 0


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_numbers_come_in_the_shape_that_they_had(columns: int) -> None:
    y = Y[:, 0] if not columns else Y[:, :columns]
    model = mx.Regressor(32, lr=0.03, batch_size=20, random_state=0).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.95
    assert is_regressor(model)


def test_scores_are_cross_validated() -> None:
    model = mx.Regressor((), lr=0.05, batch_size=20, random_state=0)
    assert cross_val_score(model, X, Y[:, 0], cv=2).min() > 0.95


def features() -> mx.SymbolicNode:
    hidden = mx.FullyConnected(mx.Variable("cells"), num_hidden=12, name="hidden")
    return mx.Activation(hidden, act_type="tanh", name="bend")


def test_a_symbol_with_a_loss_and_without() -> None:
    whole = mx.FullyConnected(features(), num_hidden=3, name="scores")
    whole = mx.SoftmaxOutput(whole, name="kind")
    scaled = (IRIS - IRIS.mean(0)) / IRIS.std(0)
    for network in (features(), whole):
        model = mx.Classifier(network, random_state=0, n_epoch=30).fit(scaled, KINDS)
        assert model.score(scaled, KINDS) > 0.9
        assert "hidden_weight" in model.model_.arg_params
    model = mx.Regressor(features(), random_state=0, batch_size=20).fit(X, Y)
    assert model.score(X, Y) > 0.9
    with pytest.raises(mx.ArgumentError, match=r"has shape \(100, 3\), but there are 2 classes"):
        mx.Classifier(whole).fit(scaled[:100], KINDS[:100])
    with pytest.raises(mx.ArgumentError, match=r"\(120, 12\), .* labels of shape \(120, 2\)"):
        mx.Regressor(mx.LinearRegressionOutput(features(), name="out")).fit(X, Y)


def test_images_go_into_convolutions() -> None:
    bars = np.zeros((40, 1, 6, 6), np.float32)
    bars[:20, :, 2], bars[20:, :, :, 2] = 1, 1
    layer = mx.Convolution(mx.Variable("image"), kernel=(3, 3), num_filter=4, name="conv")
    model = mx.Classifier(mx.Flatten(layer), random_state=0, n_epoch=20)
    assert model.fit(bars, np.repeat(["across", "down"], 20)).predict(bars[:1]) == ["across"]


def test_a_seed_settles_everything_and_leaves_the_generator_alone() -> None:
    options = {"random_state": 5, "n_epoch": 2, "validation_split": 0.2, "batch_size": 16}
    mx.srand(1)
    drawn = mx.rand(0, 1, (3,)).asnumpy()
    mx.srand(1)
    first = mx.Classifier(4, **options).fit(IRIS, KINDS)
    np.testing.assert_array_equal(mx.rand(0, 1, (3,)).asnumpy(), drawn)
    second = clone(first).fit(IRIS, KINDS)
    np.testing.assert_array_equal(first.predict_proba(IRIS), second.predict_proba(IRIS))
    assert "validation_accuracy" in first.history_.names


def test_optimizers_and_callbacks_that_are_given_stay_as_they_are() -> None:
    optimizer, stop = mx.SGD(lr=0.1, momentum=0.9), mx.EarlyStopping("loss", patience=1)
    model = mx.Classifier(4, optimizer=optimizer, callbacks=[stop], n_epoch=3, random_state=0)
    first, second = (model.fit(IRIS, KINDS).predict_proba(IRIS) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(mx.MXError, match="does not know the batch size yet"):
        optimizer.state  # noqa: B018 - it was never trained with


def test_it_prints_what_was_given() -> None:
    assert repr(mx.Classifier((32, 16), lr=0.1)) == "Classifier(network=(32, 16), lr=0.1)"
    assert repr(mx.Regressor()) == "Regressor()"


@pytest.mark.parametrize("network", [0, -1, "mlp", 2.5, [4, 0], None])
def test_what_is_no_network(network: Any) -> None:
    with pytest.raises(mx.ParameterError, match="Classifier: network must be a symbol, a number"):
        mx.Classifier(network).fit(IRIS, KINDS)


def test_a_parameter_that_is_none() -> None:
    with pytest.raises(mx.ParameterError, match="unknown parameter 'hiden'"):
        mx.Classifier().set_params(hiden=3)
    with pytest.raises(mx.ArgumentError, match="no optimizer of the name 'adm'; did you mean"):
        mx.Classifier(optimizer="adm").fit(IRIS, KINDS)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.utils.validation", None)
    with pytest.raises(mx.ArgumentError, match=r"Classifier.fit needs scikit-learn.*pip install"):
        mx.Classifier().fit(IRIS, KINDS)
