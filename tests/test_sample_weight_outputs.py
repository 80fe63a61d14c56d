"""Weights of samples for each of several losses: against a loop of PyTorch."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

import symnet as mx

draw = np.random.default_rng(7)
ROWS, BATCH, RATE = 22, 8, 0.2
X = draw.standard_normal((ROWS, 4)).astype(np.float32)
KIND = draw.integers(0, 3, ROWS)
SIZE = draw.standard_normal((ROWS, 2)).astype(np.float32)
START = {
    "trunk_weight": draw.standard_normal((5, 4)).astype(np.float32),
    "kinds_weight": draw.standard_normal((3, 5)).astype(np.float32),
    "sizes_weight": draw.standard_normal((2, 5)).astype(np.float32),
}
FIRST, SECOND = (draw.uniform(0.1, 3, ROWS).astype(np.float32) for _ in range(2))
LABELS = {"kind_label": KIND, "size_label": SIZE}


def network() -> mx.SymbolicNode:
    trunk = mx.FullyConnected(mx.Variable("x"), num_hidden=5, no_bias=True, name="trunk")
    trunk = mx.Activation(trunk, act_type="tanh", name="bent")
    kinds = mx.FullyConnected(trunk, num_hidden=3, no_bias=True, name="kinds")
    sizes = mx.FullyConnected(trunk, num_hidden=2, no_bias=True, name="sizes")
    return mx.Group(
        mx.SoftmaxOutput(kinds, name="kind"),
        mx.LinearRegressionOutput(sizes, name="size"),
        mx.BlockGrad(trunk, name="seen"),
    )


def started() -> mx.FeedForward:
    model = mx.FeedForward(network())
    model.arg_params = {name: mx.array(each) for name, each in START.items()}
    model.aux_params = {}
    return model


def trained(*data: Any, epochs: int = 2, **options: Any) -> tuple[dict[str, Any], mx.History]:
    model = started()
    given: dict[str, Any] = {"batch_size": BATCH, "shuffle": False} if len(data) > 1 else {}
    optimizer = mx.SGD(lr=RATE, weight_decay=0)
    given |= {"eval_metric": {"kind_output": "accuracy"}, "n_epoch": epochs, "verbose": 0}
    history = model.fit(optimizer, *data, **given, **options)
    return {name: each.asnumpy() for name, each in (model.arg_params or {}).items()}, history


def losses(
    weights: dict[str, torch.Tensor], rows: slice, kinds: np.ndarray, sizes: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """The weighted sums of both losses over some rows."""
    seen = torch.tanh(torch.from_numpy(X[rows]) @ weights["trunk_weight"].T)
    kind = functional.cross_entropy(
        seen @ weights["kinds_weight"].T, torch.from_numpy(KIND[rows]), reduction="none"
    )
    size = (seen @ weights["sizes_weight"].T - torch.from_numpy(SIZE[rows])).square().mean(1) / 2
    first, second = torch.from_numpy(kinds[rows]), torch.from_numpy(sizes[rows])
    return (first * kind).sum(), (second * size).sum()


def by_torch(
    kinds: np.ndarray, sizes: np.ndarray, epochs: int = 2
) -> tuple[dict[str, np.ndarray], list[list[float]]]:
    """The weights in the end, and the mean losses of the last epoch."""
    weights = {name: torch.from_numpy(each.copy()).requires_grad_() for name, each in START.items()}
    history = []
    for _ in range(epochs):
        totals = [0.0, 0.0]
        for start in range(0, ROWS, BATCH):
            found = losses(weights, slice(start, start + BATCH), kinds, sizes)
            slopes = torch.autograd.grad(sum(found, torch.zeros(())), list(weights.values()))
            totals = [
                total + float(each.detach()) for total, each in zip(totals, found, strict=True)
            ]
            with torch.no_grad():
                for weight, slope in zip(weights.values(), slopes, strict=True):
                    weight.sub_(RATE / BATCH * slope)
        history.append([total / ROWS for total in totals])
    return {name: each.detach().numpy() for name, each in weights.items()}, history


ONES = np.ones(ROWS, np.float32)
GIVEN = [
    ({"kind_output": FIRST, "size_output": SECOND}, FIRST, SECOND),
    ({"kind_output": FIRST}, FIRST, ONES),
    ({"size_output": SECOND.tolist()}, ONES, SECOND),
    (FIRST, FIRST, FIRST),
]


@pytest.mark.parametrize(("given", "kinds", "sizes"), GIVEN)
def test_each_loss_has_its_own_weights(given: Any, kinds: np.ndarray, sizes: np.ndarray) -> None:
    expected, history = by_torch(kinds, sizes)
    found, told = trained({"x": X}, LABELS, sample_weight=given)
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], each, rtol=2e-5, atol=1e-6, err_msg=name)
    both = zip(told["kind_loss"], told["size_loss"], strict=True)
    np.testing.assert_allclose([list(each) for each in both], history, rtol=2e-5)


def test_evaluation_weighs_alike() -> None:
    expected = losses({n: torch.from_numpy(w) for n, w in START.items()}, slice(ROWS), FIRST, ONES)
    given = {"kind_output": FIRST}
    metric = {"kind_output": "accuracy"}
    found = started().evaluate(
        {"x": X}, LABELS, sample_weight=given, batch_size=5, eval_metric=metric
    )
    np.testing.assert_allclose(
        [found["kind_loss"], found["size_loss"]],
        [float(each) / ROWS for each in expected],
        rtol=2e-5,
    )


def test_columns_of_a_table_and_labels_of_a_provider() -> None:
    expected, _ = trained({"x": X}, LABELS, sample_weight={"kind_output": FIRST})
    weights = {"sample_weight_kind_output": FIRST}
    provider = mx.ArrayDataProvider(
        {"x": X}, {**LABELS, **weights}, batch_size=BATCH, last_batch="keep"
    )
    frame = pd.DataFrame(X, columns=list("abcd")).assign(kind=KIND, importance=FIRST)
    labels = {"kind_label": "kind", "size_label": SIZE}
    ways = [
        trained(provider)[0],
        trained(frame, labels, sample_weight={"kind_output": "importance"})[0],
    ]
    for found in ways:
        for name, each in expected.items():
            np.testing.assert_allclose(found[name], each, rtol=1e-6)


def test_weights_of_all_and_of_one_multiply() -> None:
    weights = {"sample_weight": FIRST, "sample_weight_size_output": SECOND}
    provider = mx.ArrayDataProvider(
        {"x": X}, {**LABELS, **weights}, batch_size=BATCH, last_batch="keep"
    )
    expected, _ = by_torch(FIRST, FIRST * SECOND)
    found, _ = trained(provider)
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], each, rtol=2e-5, atol=1e-6)


def test_a_part_is_split_off_with_its_weights() -> None:
    given = {"kind_output": FIRST, "size_output": SECOND}
    _, history = trained({"x": X}, LABELS, sample_weight=given, validation_split=0.5)
    order = np.random.default_rng(0).permutation(ROWS)
    own, other = np.sort(order[ROWS // 2 :]), np.sort(order[: ROWS // 2])
    pick = {name: each[own] for name, each in given.items()}
    rest = {name: each[other] for name, each in given.items()}
    _, expected = trained(
        {"x": X[own]},
        {name: each[own] for name, each in LABELS.items()},
        sample_weight=pick,
        eval_data=mx.ArrayDataProvider(
            {"x": X[other]},
            {name: each[other] for name, each in LABELS.items()}
            | {f"sample_weight_{name}": each for name, each in rest.items()},
            batch_size=BATCH,
            last_batch="keep",
        ),
    )
    np.testing.assert_allclose(history["validation_loss"], expected["validation_loss"], rtol=1e-5)


WRONG = [
    ({"kind": FIRST}, r"names 'kind', which is no output with a loss .*kind_output"),
    ({"seen_output": FIRST}, r"names 'seen_output', .* \(there are: kind_output, size_output\)"),
    ({"kind_output": FIRST[:3]}, r"sample_weight_kind_output must have shape \(22,\).* \(3,\)"),
    ({"kind_output": -FIRST}, r"sample_weight_kind_output holds -.* in row 0"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_is_wrong_is_told(given: Any, said: str) -> None:
    with pytest.raises(mx.MXError, match=said):
        trained({"x": X}, LABELS, sample_weight=given)
    with pytest.raises(mx.MXError, match=said):
        started().evaluate({"x": X}, LABELS, sample_weight=given)


def test_weights_of_classes_do_not_go_with_them() -> None:
    with pytest.raises(mx.ArgumentError, match="class_weight goes with a weight for each sample"):
        trained({"x": X}, LABELS, sample_weight={"kind_output": FIRST}, class_weight={0: 2.0})
