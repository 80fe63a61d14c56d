"""The loss beside the metrics: in the history by default, and of `evaluate`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from training_helpers import class_data, class_model, classes_of, line_data, line_model

import symnet as mx
from symnet.training.metric.loss import NetworkLoss

draw = np.random.default_rng(8)
SCORES = draw.standard_normal((6, 4)).astype(np.float32)
IMAGES = draw.standard_normal((6, 4, 2, 3)).astype(np.float32)
NUMBERS = draw.standard_normal((6, 4)).astype(np.float32)
YES = draw.integers(0, 2, (6, 4)).astype(np.float32)
CHANCES = np.exp(NUMBERS) / np.exp(NUMBERS).sum(1, keepdims=True)
CLASSES = draw.integers(0, 4, 6)
PIXELS = draw.integers(0, 4, (6, 2, 3))


def entropy(scores: Any, labels: Any, **options: Any) -> float:
    labels = torch.as_tensor(labels)
    return float(functional.cross_entropy(torch.from_numpy(scores), labels, **options))


def hinge(power: int, margin: float = 1) -> float:
    side = np.where(CLASSES[:, None] == np.arange(4), 1, -1)
    return float((np.maximum(margin - side * SCORES, 0) ** power).sum(1).mean())


def smoothed(share: float) -> np.ndarray:
    """Its share goes to the other classes, where torch's label_smoothing includes the right one."""
    right = np.eye(4)[CLASSES]
    return (right * (1 - share) + (1 - right) * share / 3).astype(np.float32)


Loss = Callable[..., mx.SymbolicNode]
Case = tuple[Loss, dict[str, Any], np.ndarray, np.ndarray, float]

CASES: dict[str, Case] = {
    "softmax": (mx.SoftmaxOutput, {}, SCORES, CLASSES, entropy(SCORES, CLASSES)),
    "softmax, scaled": (
        mx.SoftmaxOutput, {"grad_scale": 0.5}, SCORES, CLASSES, entropy(SCORES, CLASSES) / 2,
    ),
    "softmax, ignoring": (
        mx.SoftmaxOutput, {"use_ignore": True, "ignore_label": 2}, SCORES, CLASSES,
        entropy(SCORES, CLASSES, ignore_index=2),
    ),
    "softmax, smoothed": (
        mx.SoftmaxOutput, {"smooth_alpha": 0.3}, SCORES, CLASSES, entropy(SCORES, smoothed(0.3)),
    ),
    "softmax, chances": (mx.SoftmaxOutput, {}, SCORES, CHANCES, entropy(SCORES, CHANCES)),
    "softmax of pixels": (
        mx.SoftmaxOutput, {"multi_output": True}, IMAGES, PIXELS, entropy(IMAGES, PIXELS),
    ),
    "softmax over all": (
        mx.SoftmaxOutput, {}, IMAGES, CLASSES, entropy(IMAGES.reshape(6, -1), CLASSES),
    ),
    "linear": (
        mx.LinearRegressionOutput, {}, SCORES, NUMBERS, float(((SCORES - NUMBERS) ** 2).mean() / 2),
    ),
    "absolute": (
        mx.MAERegressionOutput, {}, SCORES, NUMBERS, float(np.abs(SCORES - NUMBERS).mean()),
    ),
    "logistic": (
        mx.LogisticRegressionOutput, {}, SCORES, YES,
        float(functional.binary_cross_entropy_with_logits(*map(torch.from_numpy, (SCORES, YES)))),
    ),
    "hinge": (mx.SVMOutput, {"use_linear": True}, SCORES, CLASSES, hinge(1)),
    "squared hinge": (mx.SVMOutput, {"margin": 0.5}, SCORES, CLASSES, hinge(2, 0.5)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_loss_of_each_operator(case: str) -> None:
    """In batches that do not fill up, whose padding counts for nothing."""
    make, options, scores, labels, expected = CASES[case]
    model = mx.FeedForward(make(mx.Variable("data"), name="out", **options))
    model.arg_params, model.aux_params = {}, {}
    data = mx.ArrayDataProvider(
        scores, ("out_label", labels), batch_size=4, data_padding=3, last_batch="pad"
    )
    silent = mx.CustomMetric(lambda label, pred: 0.0, "none")
    found = model.evaluate(data, eval_metric=silent)
    assert found == {"none": 0.0, "loss": pytest.approx(expected, rel=1e-5)}


@pytest.mark.parametrize("make", [mx.MakeLoss, mx.make_loss])
def test_a_loss_that_the_network_computes(make: Loss) -> None:
    data = mx.Variable("data")
    model = mx.FeedForward(make(mx.square(data - mx.Variable("wanted_label")), name="out"))
    model.arg_params, model.aux_params = {}, {}
    expected = pytest.approx(float(((SCORES - NUMBERS) ** 2).mean()), rel=1e-5)
    assert mx.evaluate(model, SCORES, NUMBERS, batch_size=4) == {"loss": expected}


def test_a_network_that_computes_its_loss_is_trained_and_validated() -> None:
    """Its outputs depend on the labels, which validation therefore reads."""
    fc = mx.FullyConnected(mx.Variable("data"), num_hidden=1, no_bias=True, name="fc")
    distance = mx.square(fc - mx.Reshape(mx.Variable("wanted_label"), shape=(-1, 1)))
    model = mx.FeedForward(mx.MakeLoss(distance, name="out"))
    x = np.linspace(-1, 1, 20).reshape(-1, 1)
    history = model.fit(
        mx.SGD(lr=0.5), x, 3 * x[:, 0], n_epoch=20, batch_size=5, verbose=0,
        eval_data=(x, 3 * x[:, 0] + 1),
    )  # fmt: skip
    assert history["loss"][-1] < 1e-3
    assert history["validation_loss"][-1] == pytest.approx(1, rel=1e-2)


@pytest.mark.parametrize("make", [mx.LogisticRegressionOutput, mx.LinearRegressionOutput])
def test_its_slope_is_the_gradient(make: Loss) -> None:
    """The loss of a sample, as the operators' gradients have it: a mean over its numbers."""
    net = make(mx.Variable("data"), name="out")
    bound = mx.simple_bind(net, grad_req={"data": "write"}, data=SCORES.shape)
    bound.forward(is_train=True, data=mx.array(SCORES), out_label=mx.array(YES))
    bound.backward()

    def loss(values: np.ndarray) -> float:
        known = NetworkLoss(net, ["out_label"])
        bound.forward(data=mx.array(values), out_label=mx.array(YES))
        outputs = {"out_output": bound.outputs[0].torch}
        known.update({"out_label": torch.from_numpy(YES)}, outputs)
        return known.get() * 6  # gradients are sums over the batch

    gradient = bound.grad_dict["data"].asnumpy().copy()
    step = np.zeros_like(SCORES)
    step[2, 1] = 0.05
    slope = (loss(SCORES + step) - loss(SCORES - step)) / 0.1
    assert slope == pytest.approx(gradient[2, 1], rel=1e-2)


def test_several_losses_add_up() -> None:
    data = mx.Variable("data")
    net = mx.Group(
        mx.LinearRegressionOutput(data, name="left"), mx.MAERegressionOutput(data, name="right")
    )
    model = mx.FeedForward(net)
    model.arg_params, model.aux_params = {}, {}
    labels = {"left_label": NUMBERS, "right_label": YES}
    found = model.evaluate(SCORES, labels, batch_size=4)
    expected = ((SCORES - NUMBERS) ** 2).mean() / 2 + np.abs(SCORES - YES).mean()
    assert found["loss"] == pytest.approx(float(expected), rel=1e-5)


def test_it_stands_in_the_history() -> None:
    history = line_model().fit(
        mx.SGD(lr=1e-9), line_data(3), n_epoch=2, eval_data=line_data(4), verbose=0
    )
    np.testing.assert_allclose(history["loss"], [1.5**2 * 14 / 3 / 2] * 2, rtol=1e-5)
    np.testing.assert_allclose(history["validation_loss"], [1.5**2 * 7.5 / 2] * 2, rtol=1e-5)


def test_callbacks_watch_it() -> None:
    stop = mx.EarlyStopping("validation_loss", patience=1)
    history = line_model().fit(
        mx.SGD(lr=3), line_data(), n_epoch=5, eval_data=line_data(), callbacks=[stop], verbose=0
    )
    assert len(history) == 2


def test_a_metric_of_this_name_stays() -> None:
    metric = mx.CustomMetric(lambda label, pred: 7.0, "loss")
    history = line_model().fit(mx.SGD(), line_data(), n_epoch=1, eval_metric=metric, verbose=0)
    assert history["loss"] == [7.0]


class Own(mx.NumpyOp):
    """A loss of a user's, which nobody knows the value of."""

    need_top_grad = False

    def forward(self, in_data: Any, out_data: Any) -> None:
        out_data[0][:] = in_data[0]

    def backward(self, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any) -> None:
        in_grad[0][:] = out_data[0] - in_data[1].reshape(out_data[0].shape)

    def list_arguments(self) -> list[str]:
        return ["data", "label"]


def test_a_loss_that_nobody_knows_is_left_out() -> None:
    fc = mx.FullyConnected(mx.Variable("data"), num_hidden=1, name="fc")
    model = mx.FeedForward(Own()(data=fc, name="own"))
    data = mx.ArrayDataProvider(np.ones((4, 1)), ("own_label", np.ones((4, 1))), batch_size=2)
    history = model.fit(mx.SGD(), data, n_epoch=1, eval_metric="mae", verbose=0)
    assert "loss" not in history.names


# -- evaluate --------------------------------------------------------------------------------------


def test_evaluate_is_what_fit_validates() -> None:
    model, data = class_model(), class_data(20, 3)
    rows = np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)
    history = model.fit(mx.SGD(lr=0.3), data, n_epoch=2, eval_data=data, verbose=0)
    last = history[-1]
    expected = {name: last[f"validation_{name}"] for name in ("accuracy", "loss")}
    labels = classes_of(rows)
    for given in [(data,), (rows, labels), ((rows, labels),)]:
        assert model.evaluate(*given) == pytest.approx(expected, rel=1e-5)
    assert mx.evaluate(model, rows, labels, batch_size=7) == pytest.approx(expected, rel=1e-5)
    named = model.evaluate(rows, labels, eval_metric=["accuracy", "f1"])
    assert list(named) == ["accuracy", "f1", "loss"]


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ((SCORES,), {}, r"no labels to compare with; give them, as evaluate\(X, y\)"),
        ((SCORES, CLASSES - 9), {}, "outside the 3 classes .* it is sample 0, counted from 0"),
        ((SCORES[:, :3], CLASSES % 3), {}, "is not shaped like the data .* trained with"),
        ((SCORES, CLASSES[:2]), {}, "evaluate: label 'softmax_label' has 2 samples"),
        ((class_data(),), {"batch_size": 2}, "evaluate: batch_size is for arrays"),
        ((SCORES, CLASSES % 3), {"eval_metric": "acc"}, "no metric of the name 'acc'"),
    ],
)
def test_what_cannot_be_evaluated(data: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.MXError, match=words):
        class_model().evaluate(*data, **options)


def test_a_model_without_weights() -> None:
    with pytest.raises(mx.MXError, match="Model weights not defined"):
        mx.FeedForward(class_model().arch).evaluate(SCORES, CLASSES % 3)


@pytest.mark.parametrize("options", [{}, {"use_ignore": True, "ignore_label": 2}], ids=str)
@pytest.mark.parametrize("rows", [(6, 6, 6), (6, 4, 6)], ids=str)
def test_steps_of_one_kind_give_what_each_gives(options: dict[str, Any], rows: Any) -> None:
    """Outputs of one operator are measured at once where all are alike, and one by one else."""
    data = mx.Variable("data")
    steps = [mx.SoftmaxOutput(data, name=f"step{n}", **options) for n in range(3)]
    net = mx.Group(*steps)
    loss = NetworkLoss(net, [f"step{n}_label" for n in range(3)])
    outputs = {f"step{n}_output": torch.from_numpy(CHANCES[: rows[n]]).float() for n in range(3)}
    labels = {
        f"step{n}_label": torch.from_numpy(np.roll(CLASSES, n)[: rows[n]]).float() for n in range(3)
    }
    each = 0.0
    for n in range(3):
        single = NetworkLoss(steps[n], [f"step{n}_label"])
        for _ in range(2):
            single.update(labels, outputs)
        each += single.get()
    for _ in range(2):
        loss.update(labels, outputs)
    assert loss.get() == pytest.approx(each, rel=1e-6)


def test_several_losses_are_told_by_name() -> None:
    hidden = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    kind = mx.SoftmaxOutput(hidden, name="kind")
    other = mx.SoftmaxOutput(hidden, name="other")
    far = mx.MakeLoss(mx.sum(mx.square(hidden), axis=1), name="far")
    model = mx.FeedForward(mx.Group(kind, other, far))
    data = draw.standard_normal((9, 4)).astype(np.float32)
    labels = {"kind_label": draw.integers(0, 3, 9), "other_label": draw.integers(0, 3, 9)}
    history = model.fit("sgd", data, labels, n_epoch=1, eval_metric=[], verbose=0)
    found = model.evaluate(data, labels, eval_metric=[])
    assert list(found) == ["loss", "kind_loss", "other_loss", "far_loss"]
    assert set(found) < set(history.names)
    assert found["loss"] == pytest.approx(sum(found[f"{n}_loss"] for n in ("kind", "other", "far")))
    scores = data @ model.arg_params["fc_weight"].asnumpy().T
    scores += model.arg_params["fc_bias"].asnumpy()
    for name in ("kind", "other"):
        expected = entropy(scores, labels[f"{name}_label"])
        assert found[f"{name}_loss"] == pytest.approx(expected, rel=1e-5)
    assert found["far_loss"] == pytest.approx((scores**2).sum(1).mean(), rel=1e-5)


def test_outputs_with_several_rows_for_a_sample_are_measured_whole() -> None:
    """Also in a last batch that is padded: each sample has the same number of rows."""
    data = mx.FullyConnected(mx.Variable("data"), num_hidden=4, no_bias=True, name="fc")
    net = mx.MakeLoss(mx.Reshape(data, shape=(-1, 2)) ** 2, name="own")
    model = mx.FeedForward(net)
    model.arg_params = {"fc_weight": mx.array(np.eye(4))}
    rows = np.arange(20.0).reshape(5, 4)
    seen: list[int] = []

    class Rows(mx.AbstractEvalMetric):
        def update(self, labels: list[mx.NDArray], preds: list[mx.NDArray]) -> None:
            seen.append(len(preds[0]))

        def reset(self) -> None:
            pass

        def get(self) -> list[tuple[str, float]]:
            return [("rows", float(sum(seen)))]

        def merge(self, total: object) -> None:
            pass

    provider = mx.ArrayDataProvider(rows, batch_size=3)
    history = model.fit(
        mx.SGD(lr=1e-30, weight_decay=0), provider, n_epoch=1, eval_metric=Rows(), verbose=0
    )
    assert seen == [6, 4]
    assert history[-1]["loss"] == pytest.approx((rows**2).sum() / len(rows) / 4, rel=1e-6)


# -- labels and outputs go together by name --------------------------------------------------------


def two_losses(*, seen: bool = False) -> mx.SymbolicNode:
    data = mx.Variable("x")
    others = [mx.BlockGrad(data * 2, name="seen")] if seen else []
    kind = mx.FullyConnected(data, num_hidden=3, name="a")
    size = mx.FullyConnected(data, num_hidden=1, name="b")
    return mx.Group(
        mx.SoftmaxOutput(kind, name="kind"), *others, mx.LinearRegressionOutput(size, name="size")
    )


MANY = np.random.default_rng(3).standard_normal((30, 4)).astype(np.float32)
KINDS, SIZES = np.arange(30) % 3, MANY[:, :1] * 2


@pytest.mark.parametrize("metric", [None, {"kind_output": "accuracy", "size_output": "mse"}])
def test_metrics_compare_with_the_label_of_the_loss(metric: object) -> None:
    """In whatever order labels are given, and where an output has none."""
    found = []
    for arch, names in (
        (two_losses(), "ks"), (two_losses(), "sk"), (two_losses(seen=True), "sk")
    ):  # fmt: skip
        labels = {"k": ("kind_label", KINDS), "s": ("size_label", SIZES)}
        given = dict(labels[each] for each in names)
        model = mx.FeedForward(arch)
        mx.srand(1)
        history = model.fit(
            "sgd", {"x": MANY}, given, n_epoch=1, verbose=0, eval_metric=metric, shuffle=False,
            eval_data=mx.ArrayDataProvider({"x": MANY}, dict(reversed(given.items()))),
        )  # fmt: skip
        measured = model.evaluate({"x": MANY}, given, eval_metric=metric)
        kinds, sizes = (model.predict({"x": MANY})[at] for at in (0, -1))
        means = [np.mean(kinds.argmax(1) == KINDS), np.mean((sizes - SIZES) ** 2)]
        np.testing.assert_allclose(list(measured.values())[:2], means, rtol=1e-5)
        told = [history[f"validation_{name}"][-1] for name in measured][:2]
        np.testing.assert_allclose(told, means, rtol=1e-5)
        found.append(measured)
    assert found[0].keys() == found[1].keys() == found[2].keys()


def test_a_metric_of_an_output_without_a_label_is_refused() -> None:
    model = mx.FeedForward(two_losses(seen=True))
    labels = {"kind_label": KINDS, "size_label": SIZES}
    with pytest.raises(mx.ArgumentError, match="'seen_output', which has no label"):
        model.fit("sgd", {"x": MANY}, labels, eval_metric={"seen_output": "mse"}, verbose=0)
