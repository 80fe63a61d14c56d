"""Several metrics in one, functions as metrics, and the metric that a network gets by default."""

import math

import pytest
import torch

import symnet as mx

RIGHT = [mx.array([1, 0])], [mx.array([[0, 1], [1, 0]])]


# -- several in one --------------------------------------------------------------------------------


def test_a_multi_metric_is_all_of_them():
    metric = mx.MultiMetric([mx.Accuracy(), mx.NLL()])
    metric.update(*RIGHT)
    assert metric.get() == [("accuracy", 1.0), ("NLL", 0.0), ("perplexity", 1.0)]
    fresh = metric.fresh()
    metric.reset()
    for each in (metric, fresh):
        assert all(math.isnan(value) for _, value in each.get())
    with pytest.raises(mx.ArgumentError, match="takes a list of metrics, one is 'acc'"):
        mx.MultiMetric([mx.Accuracy(), "acc"])


def test_metrics_by_output():
    outputs = ["kind_output", "size_output"]
    metric = mx.OutputMetrics({"size_output": mx.MSE(), "kind_output": mx.Accuracy()}, outputs)
    labels, preds = [*RIGHT[0], mx.array([1, 2])], [*RIGHT[1], mx.array([[1], [4]])]
    metric.update(labels, preds)
    assert metric.get() == [("size_output_MSE", 2.0), ("kind_output_accuracy", 1.0)]
    with pytest.raises(mx.ArgumentError, match="1 labels for 2 predictions"):
        metric.update(labels[:1], preds)
    metric.reset()
    assert all(math.isnan(value) for _, value in metric.get())


def test_a_metric_for_an_output_that_does_not_exist():
    text = r"for 'size_outptu', which is no output of the network; did you mean 'size_output'\?"
    with pytest.raises(mx.ArgumentError, match=text):
        mx.OutputMetrics({"size_outptu": mx.MSE()}, ["kind_output", "size_output"])


# -- functions -------------------------------------------------------------------------------------


def distance(label, pred):
    return (label.torch - pred.torch).abs().mean()


def test_a_function_is_weighed_by_the_samples():
    metric = mx.CustomMetric(distance)
    metric.update([mx.array([1, 2, 3])], [mx.array([2, 3, 4])])
    metric.update([mx.array([5])], [mx.array([10])])
    assert metric.get() == [("distance", 2.0)]


@pytest.mark.parametrize(
    "result", [0.5, 1 / 2, mx.array([0.5]), torch.tensor(0.5), torch.tensor([0.5]).numpy()[0]]
)
def test_what_a_function_may_return(result):
    metric = mx.CustomMetric(lambda label, pred: result)
    metric.update([mx.array([1])], [mx.array([1])])
    assert metric.get() == [("custom", 0.5)]


@pytest.mark.parametrize("result", [None, "x", mx.array([1, 2]), [1, 2], ("a", 1)])
def test_what_it_may_not(result):
    metric = mx.CustomMetric(lambda label, pred: result, name="mine")
    with pytest.raises(mx.ArgumentError, match="the metric 'mine' must return one number"):
        metric.update([mx.array([1])], [mx.array([1])])
    assert math.isnan(metric.get()[0][1])


def test_the_name_of_a_function():
    class Callable:
        def __call__(self, label, pred):
            return 0.0

    assert mx.CustomMetric(distance).get()[0][0] == "distance"
    assert mx.CustomMetric(Callable()).get()[0][0] == "Callable"
    assert mx.CustomMetric(distance, name="far").get()[0][0] == "far"
    with pytest.raises(mx.ArgumentError, match="takes a function of label and pred, got 3"):
        mx.CustomMetric(3)


# -- what was meant --------------------------------------------------------------------------------


def names_of(metric):
    return [name for name, _ in metric.get()]


def test_what_may_be_given_as_a_metric():
    mse = mx.MSE()
    assert mx.as_metric(mse) is mse
    assert names_of(mx.as_metric(distance)) == ["distance"]
    assert names_of(mx.as_metric([mse, (distance, mx.Accuracy())])) == [
        *("MSE", "distance", "accuracy")
    ]
    by_output = mx.as_metric({"b": [mse, distance]}, outputs=["a", "b"])
    assert names_of(by_output) == ["b_MSE", "b_distance"]


@pytest.mark.parametrize("given", [mx.SGD(), 3, None])
def test_what_is_no_metric(given):
    with pytest.raises(mx.ArgumentError, match=r"something like mx.Accuracy\(\).*; got "):
        mx.as_metric(given)


def test_a_class_is_no_metric():
    with pytest.raises(mx.ArgumentError, match=r"class of metrics; make one of it: mx.MSE\(\)"):
        mx.as_metric(mx.MSE)


X = mx.Variable("x")


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (mx.SoftmaxOutput(X), ["accuracy"]),
        (mx.SoftmaxOutput(X, multi_output=True), ["accuracy"]),
        (mx.LinearRegressionOutput(X), ["MSE"]),
        (mx.LogisticRegressionOutput(X), ["MSE"]),
        (mx.MAERegressionOutput(X), ["MSE"]),
        (mx.Flatten(X), ["accuracy"]),
        (X * 2, ["accuracy"]),
        (mx.Group(mx.SoftmaxOutput(X), mx.SoftmaxOutput(X)), ["accuracy"]),
        (
            mx.Group(mx.SoftmaxOutput(X, name="kind"), mx.LinearRegressionOutput(X, name="size")),
            ["kind_output_accuracy", "size_output_MSE"],
        ),
    ],
)
def test_the_default_follows_the_head(network, names):
    assert names_of(mx.default_metric(network)) == names


def test_function_forms():
    metric = mx.MSE()
    mx.update(metric, [mx.array([1])], [mx.array([3])])
    assert metric.get() == [("MSE", 4.0)]
    mx.reset(metric)
    assert math.isnan(metric.get()[0][1])
