"""Weights of samples and classes, and smooth labels: against loops of PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

import symnet as mx

draw = np.random.default_rng(5)
ROWS, BATCH, RATE = 22, 8, 0.3
X = draw.standard_normal((ROWS, 4)).astype(np.float32)
CLASSES = draw.integers(0, 3, ROWS)
YES = draw.integers(0, 2, (ROWS, 3)).astype(np.float32)
NUMBERS = draw.standard_normal((ROWS, 3)).astype(np.float32)
WEIGHTS = draw.uniform(0.1, 3, ROWS).astype(np.float32)
WEIGHTS[3] = 0
START = draw.standard_normal((3, 4)).astype(np.float32)

Losses = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def network(loss: Callable[..., mx.SymbolicNode], **options: Any) -> mx.SymbolicNode:
    scores = mx.FullyConnected(mx.Variable("x"), num_hidden=3, no_bias=True, name="fc")
    return loss(scores, name="y", **options)


def square_loss(scores: mx.SymbolicNode, name: str) -> mx.SymbolicNode:
    squares = mx.square(scores - mx.Variable("y_label"))
    return mx.MakeLoss(mx.sum(squares, axis=1), name=name)


def hinge(scores: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    side = 2 * functional.one_hot(label.long(), 3).float() - 1
    return (1 - side * scores).clamp_min(0).square().sum(1)


def entropy(scores: torch.Tensor, label: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    return functional.cross_entropy(
        scores, label.long(), reduction="none", label_smoothing=smoothing
    )


def of_each(function: Callable[..., torch.Tensor], **options: Any) -> Losses:
    return lambda scores, label: function(scores, label, reduction="none", **options).mean(1)


def halves(scores: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    return functional.mse_loss(scores, label, reduction="none").mean(1) / 2


LOSSES: dict[str, tuple[mx.SymbolicNode, np.ndarray, Losses]] = {
    "softmax": (network(mx.SoftmaxOutput), CLASSES, entropy),
    "linear": (network(mx.LinearRegressionOutput), NUMBERS, halves),
    "logistic": (
        network(mx.LogisticRegressionOutput), YES,
        of_each(functional.binary_cross_entropy_with_logits),
    ),
    "absolute": (network(mx.MAERegressionOutput), NUMBERS, of_each(functional.l1_loss)),
    "made": (
        network(square_loss), NUMBERS,
        lambda scores, label: (scores - label).square().sum(1),
    ),
    "hinge": (network(mx.SVMOutput), CLASSES, hinge),
}  # fmt: skip


def trained(
    arch: mx.SymbolicNode, *data: Any, epochs: int = 2, **options: Any
) -> tuple[np.ndarray, mx.History]:
    model = mx.FeedForward(arch)
    model.arg_params, model.aux_params = {"fc_weight": mx.array(START)}, {}
    given = {"batch_size": BATCH, "shuffle": False} if len(data) > 1 else {}
    optimizer = mx.SGD(lr=RATE, weight_decay=0)
    history = model.fit(optimizer, *data, n_epoch=epochs, verbose=0, **given, **options)
    return model.arg_params["fc_weight"].asnumpy(), history


def by_torch(
    label: np.ndarray, losses: Losses, weights: np.ndarray, epochs: int = 2
) -> tuple[np.ndarray, list[float]]:
    """Sums of weighted losses over each batch, divided by the batch size; mean loss by epoch."""
    weight = torch.from_numpy(START.copy()).requires_grad_()
    x, y, w = torch.from_numpy(X), torch.from_numpy(label), torch.from_numpy(weights)
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, ROWS, BATCH):
            rows = slice(start, start + BATCH)
            loss = (w[rows] * losses(x[rows] @ weight.T, y[rows])).sum()
            (slope,) = torch.autograd.grad(loss, weight)
            with torch.no_grad():
                weight -= RATE / BATCH * slope
            total += float(loss.detach())
        history.append(total / ROWS)
    return weight.detach().numpy(), history


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_weighted_as_in_a_loop_of_torch(name: str) -> None:
    arch, label, losses = LOSSES[name]
    expected, loss = by_torch(label, losses, WEIGHTS)
    found, history = trained(arch, X, label, sample_weight=WEIGHTS)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
    if name != "made":  # whose loss is a mean over what it is given: one number for each sample
        np.testing.assert_allclose(history["loss"], loss, rtol=2e-5)
    assert not np.allclose(found, trained(arch, X, label)[0], rtol=1e-3)


def provider(**labels: np.ndarray) -> mx.ArrayDataProvider:
    given = {"y_label": CLASSES, **labels}
    return mx.ArrayDataProvider({"x": X}, given, batch_size=BATCH, last_batch="keep")


FRAME = pd.DataFrame(X, columns=list("abcd")).assign(kind=CLASSES, importance=WEIGHTS)
SAMPLES = TensorDataset(torch.from_numpy(X), torch.from_numpy(CLASSES), torch.from_numpy(WEIGHTS))
ORDER = {"generator": torch.Generator()}  # a loader draws from torch's even where it shuffles none
FORMS: dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "a list's array": lambda: ((X, CLASSES), {"sample_weight": np.array(WEIGHTS.tolist())}),
    "a tensor": lambda: ((X, CLASSES), {"sample_weight": torch.from_numpy(WEIGHTS)}),
    "our own array": lambda: ((X, CLASSES), {"sample_weight": mx.array(WEIGHTS)}),
    "one column": lambda: ((X, CLASSES), {"sample_weight": WEIGHTS.reshape(-1, 1)}),
    "a series": lambda: (
        (FRAME[list("abcd")], FRAME["kind"]), {"sample_weight": FRAME["importance"]},
    ),
    "a column's name": lambda: ((FRAME, "kind"), {"sample_weight": "importance"}),
    "a provider": lambda: ((provider(),), {"sample_weight": WEIGHTS}),
    "a provider's own": lambda: ((provider(sample_weight=WEIGHTS),), {}),
    "a triple": lambda: (
        ((X, CLASSES, WEIGHTS),), {"batch_size": BATCH, "shuffle": False},
    ),
    "a dataset of triples": lambda: ((SAMPLES,), {"batch_size": BATCH, "shuffle": False}),
    "a loader of triples": lambda: ((DataLoader(SAMPLES, BATCH, **ORDER),), {}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_weights_come_in_many_forms(form: str) -> None:
    data, options = FORMS[form]()
    expected, _ = trained(network(mx.SoftmaxOutput), X, CLASSES, sample_weight=WEIGHTS)
    found, _ = trained(network(mx.SoftmaxOutput), *data, **options)
    np.testing.assert_array_equal(found, expected)


def test_a_weight_of_zero_leaves_a_sample_out() -> None:
    nobody = np.ones(ROWS, np.float32)
    nobody[5] = 0
    changed = X.copy()
    changed[5] += 100
    arch = network(mx.SoftmaxOutput)
    kept, _ = trained(arch, X, CLASSES, sample_weight=nobody)
    np.testing.assert_array_equal(trained(arch, changed, CLASSES, sample_weight=nobody)[0], kept)


def test_padding_of_a_weighted_provider_is_not_learned_from() -> None:
    padded = mx.ArrayDataProvider({"x": X}, {"y_label": CLASSES}, batch_size=BATCH, data_padding=9)
    arch = network(mx.SoftmaxOutput)
    expected, _ = trained(arch, X, CLASSES, sample_weight=WEIGHTS)
    found, _ = trained(arch, padded, sample_weight=WEIGHTS)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_several_devices_each_weigh_their_rows() -> None:
    model = mx.FeedForward(network(mx.SoftmaxOutput), [mx.cpu(0), mx.cpu(1)])
    model.arg_params, model.aux_params = {"fc_weight": mx.array(START)}, {}
    given = {"batch_size": BATCH, "shuffle": False, "n_epoch": 2, "verbose": 0}
    model.fit(mx.SGD(lr=RATE, weight_decay=0), X, CLASSES, sample_weight=WEIGHTS, **given)
    expected, _ = trained(network(mx.SoftmaxOutput), X, CLASSES, sample_weight=WEIGHTS)
    np.testing.assert_allclose(model.arg_params["fc_weight"].asnumpy(), expected, rtol=1e-5)


# -- measuring -------------------------------------------------------------------------------------


def test_evaluate_weighs_the_loss_and_not_the_metric() -> None:
    model = mx.FeedForward(network(mx.SoftmaxOutput))
    model.arg_params, model.aux_params = {"fc_weight": mx.array(START)}, {}
    losses = entropy(torch.from_numpy(X @ START.T), torch.from_numpy(CLASSES)).numpy()
    plain = model.evaluate(X, CLASSES, batch_size=5)
    found = model.evaluate(X, CLASSES, sample_weight=WEIGHTS, batch_size=5)
    assert found["loss"] == pytest.approx((losses * WEIGHTS).sum() / ROWS, rel=1e-5)
    assert found["accuracy"] == plain["accuracy"]
    assert found == model.evaluate((X, CLASSES, WEIGHTS), batch_size=5)


def test_validation_weighs_its_own_part() -> None:
    # Where nothing is learned, training and validation make up the whole.
    model = mx.FeedForward(network(mx.SoftmaxOutput))
    model.arg_params, model.aux_params = {"fc_weight": mx.array(START)}, {}
    still = mx.SGD(lr=1e-20, weight_decay=0)
    row = model.fit(
        still, X, CLASSES, sample_weight=WEIGHTS, validation_split=0.5, n_epoch=1, verbose=0
    )[0]
    whole = model.evaluate(X, CLASSES, sample_weight=WEIGHTS)["loss"]
    assert (row["loss"] + row["validation_loss"]) / 2 == pytest.approx(whole, rel=1e-5)
    given = (X, CLASSES, WEIGHTS)
    row = model.fit(still, X, CLASSES, eval_data=given, n_epoch=1, verbose=0)[0]
    assert row["validation_loss"] == pytest.approx(whole, rel=1e-5)


# -- classes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["arrays", "provider", "loader"])
def test_classes_have_weights(by: str) -> None:
    table = {0: 0.5, 2: 3.0}
    own = np.array([0.5, 1, 3])[CLASSES]
    expected, _ = trained(network(mx.SoftmaxOutput), X, CLASSES, sample_weight=own * WEIGHTS)
    data: dict[str, tuple[Any, ...]] = {
        "arrays": ((X, CLASSES, WEIGHTS),),
        "provider": (provider(sample_weight=WEIGHTS),),
        "loader": (DataLoader(SAMPLES, BATCH, **ORDER),),
    }
    options = {"batch_size": BATCH, "shuffle": False} if by == "arrays" else {}
    arch = network(mx.SoftmaxOutput)
    found, _ = trained(arch, *data[by], class_weight=table, **options)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_balanced_classes_weigh_alike() -> None:
    counts = np.bincount(CLASSES)
    own = (ROWS / (3 * counts))[CLASSES]
    assert own.sum() == pytest.approx(ROWS)
    arch = network(mx.SoftmaxOutput)
    expected, _ = trained(arch, X, CLASSES, sample_weight=own)
    found, _ = trained(arch, X, CLASSES, class_weight="balanced")
    np.testing.assert_allclose(found, expected, rtol=1e-6)


# -- smooth labels ---------------------------------------------------------------------------------


def test_labels_are_smoothed_as_in_torch() -> None:
    ones = np.ones(ROWS, np.float32)
    expected, loss = by_torch(CLASSES, lambda s, y: entropy(s, y, 0.2), ones)
    found, history = trained(network(mx.SoftmaxOutput), X, CLASSES, label_smoothing=0.2)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(history["loss"], loss, rtol=2e-5)


def test_the_model_stays_what_it_was() -> None:
    arch = network(mx.SoftmaxOutput)
    model = mx.FeedForward(arch)
    before = arch.to_json()
    given = {"label_smoothing": 0.1, "class_weight": "balanced", "n_epoch": 1, "verbose": 0}
    model.fit("sgd", X, CLASSES, sample_weight=WEIGHTS, **given)
    assert model.arch is arch
    assert arch.to_json() == before
    assert list(model.arg_params) == ["fc_weight"]
    assert model.predict(X).shape == (ROWS, 3)


# -- what is refused -------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "too few": (
        {"sample_weight": WEIGHTS[:5]}, mx.ShapeError, r"must have shape \(22,\).* got \(5,\)",
    ),
    "a table": (
        {"sample_weight": np.ones((ROWS, 2))}, mx.ShapeError, r"one number for each sample",
    ),
    "negative": (
        {"sample_weight": np.where(np.arange(ROWS) == 4, -2, 1)}, mx.DataError,
        "-2 in row 4",
    ),
    "NaN": (
        {"sample_weight": np.where(np.arange(ROWS) == 4, np.nan, 1)}, mx.DataError,
        "nan in row 4",
    ),
    "nothing": ({"sample_weight": np.zeros(ROWS)}, mx.DataError, "0 for all samples"),
    "no class": ({"class_weight": {"a": 1}}, mx.ArgumentError, "by numbers of classes"),
    "no weight": ({"class_weight": {0: -1}}, mx.ArgumentError, "by numbers of classes"),
    "another word": ({"class_weight": "even"}, mx.ParameterError, "'balanced' or weights"),
    "an unknown class": ({"class_weight": {7: 2}}, mx.ArgumentError, "class 7, of which"),
    "too smooth": ({"label_smoothing": 1}, mx.ParameterError, "label_smoothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_weight_is_refused(name: str) -> None:
    options, kind, text = WRONG[name]
    with pytest.raises(kind, match=text):
        trained(network(mx.SoftmaxOutput), X, CLASSES, **options)


def test_losses_that_cannot_be_weighed_are_refused_by_name() -> None:
    scores = mx.FullyConnected(mx.Variable("x"), num_hidden=3, no_bias=True, name="fc")
    mean = mx.MakeLoss(mx.sum(mx.square(scores)), name="mean")
    with pytest.raises(mx.ShapeError, match=r"'mean'.*shape \(1,\).*axis 0"):
        trained(mean, X, None, sample_weight=WEIGHTS)
    with pytest.raises(mx.ArgumentError, match="one has none"):
        trained(network(mx.LinearRegressionOutput), X, NUMBERS, label_smoothing=0.1)
    pixels = mx.SoftmaxOutput(scores, name="y", multi_output=True)
    with pytest.raises(mx.ArgumentError, match="'y' has multi_output=True"):
        trained(pixels, X, CLASSES, label_smoothing=0.1)
    with pytest.raises(mx.ArgumentError, match="'y' compares with probabilities"):
        trained(network(mx.SoftmaxOutput), X, YES, label_smoothing=0.1)


class Halves(mx.AbstractDataProvider):
    """One batch, without weights."""

    def provide_data(self) -> list[tuple[str, tuple[int, ...]]]:
        return [("x", (ROWS, 4))]

    def provide_label(self) -> list[tuple[str, tuple[int, ...]]]:
        return [("y_label", (ROWS,))]

    def eachbatch(self) -> Any:
        yield mx.DataBatch([mx.array(X)], [mx.array(CLASSES)], ROWS)


def test_providers_that_cannot_take_weights_say_so() -> None:
    arch = network(mx.SoftmaxOutput)
    with pytest.raises(mx.ArgumentError, match="let the Halves hand weights out itself"):
        trained(arch, Halves(), sample_weight=WEIGHTS)
    with pytest.raises(mx.ArgumentError, match="counts the labels of arrays"):
        trained(arch, Halves(), class_weight="balanced")
    own = network(mx.SoftmaxOutput) * mx.Variable("sample_weight")
    with pytest.raises(mx.ArgumentError, match="input 'sample_weight' of its own"):
        trained(own, X, CLASSES, sample_weight=WEIGHTS)


def test_a_negative_weight_of_a_loader_is_found_in_the_first_epoch() -> None:
    wrong = TensorDataset(*SAMPLES.tensors[:2], torch.full((ROWS,), -1.0))
    with pytest.raises(mx.DataError, match="'sample_weight' holds -1"):
        trained(network(mx.SoftmaxOutput), DataLoader(wrong, BATCH, **ORDER))
