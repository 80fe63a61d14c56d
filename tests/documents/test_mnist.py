"""The documents' code of "Digit Recognition on MNIST" and "Predicting with a trained model".

It is translated block by block. In place of MNIST, which is large and has to be downloaded, the
providers are those of the example where nothing can be downloaded: scikit-learn's digits.
"""

import logging
import re
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import symnet as mx

MNIST_DATA = Path(__file__).parents[2] / "examples" / "mnist" / "mnist_data.py"

pytest.importorskip("sklearn.datasets")


@pytest.fixture(scope="module")
def get_mnist_providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """What ``include("mnist-data.jl")`` defines, on a machine that is offline."""

    def offline(*_: object) -> None:
        raise mx.DataError("offline")

    spec = spec_from_file_location("mnist_data", MNIST_DATA)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    empty = tmp_path_factory.mktemp("no_mnist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mx, "get_mnist_ubyte", offline)
        yield lambda *args, **options: module.get_mnist_providers(*args, data_dir=empty, **options)


# -- "Simple 3-layer MLP" --------------------------------------------------------------------------


def explicit_mlp() -> mx.SymbolicNode:
    data = mx.Variable("data")
    fc1 = mx.FullyConnected(data=data, name="fc1", num_hidden=128)
    act1 = mx.Activation(data=fc1, name="relu1", act_type="relu")
    fc2 = mx.FullyConnected(data=act1, name="fc2", num_hidden=64)
    act2 = mx.Activation(data=fc2, name="relu2", act_type="relu")
    fc3 = mx.FullyConnected(data=act2, name="fc3", num_hidden=10)
    return mx.SoftmaxOutput(data=fc3, name="softmax")


def chained_mlp() -> mx.SymbolicNode:
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=128),
        mx.Activation(name="relu1", act_type="relu"),
        mx.FullyConnected(name="fc2", num_hidden=64),
        mx.Activation(name="relu2", act_type="relu"),
        mx.FullyConnected(name="fc3", num_hidden=10),
        mx.SoftmaxOutput(name="softmax"),
    )


def test_both_ways_to_write_the_mlp_are_one() -> None:
    assert chained_mlp().to_json() == explicit_mlp().to_json()


def test_the_mlp_is_what_its_drawing_says() -> None:
    """Input --> 128 units (ReLU) --> 64 units (ReLU) --> 10 units."""
    mlp = chained_mlp()
    assert mlp.list_outputs() == ["softmax_output"]
    assert mlp.list_auxiliary_states() == []
    arguments, outputs, _ = mlp.infer_shape(data=(100, 784))
    assert dict(zip(mlp.list_arguments(), arguments, strict=True)) == {
        "data": (100, 784),
        "fc1_weight": (128, 784),
        "fc1_bias": (128,),
        "fc2_weight": (64, 128),
        "fc2_bias": (64,),
        "fc3_weight": (10, 64),
        "fc3_bias": (10,),
        "softmax_label": (100,),
    }
    assert outputs == [(100, 10)]


class Trained(NamedTuple):
    """A model after a few epochs, what was logged, and the validation data."""

    model: mx.FeedForward
    lines: list[str]
    eval_provider: mx.AbstractDataProvider

    def accuracies(self) -> list[float]:
        """Training and validation accuracy, in turns."""
        found = (re.fullmatch(r" {10}accuracy = (\d\.\d{4})", line) for line in self.lines)
        return [float(match[1]) for match in found if match]


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def trained(
    network: mx.SymbolicNode, providers: tuple[Any, Any], *, lr: float, **options: Any
) -> Trained:
    mx.srand(0)
    train_provider, eval_provider = providers
    model = mx.FeedForward(network, context=mx.cpu())
    optimizer = mx.SGD(lr=lr, momentum=0.9, weight_decay=0.00001)
    handler, logger = Lines(), logging.getLogger("symnet")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    mx.fit(model, optimizer, train_provider, eval_data=eval_provider, **options)
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    return Trained(model, handler.lines, eval_provider)


@pytest.fixture(scope="module")
def mlp(get_mnist_providers: Callable[..., Any]) -> Trained:
    batch_size = 100
    return trained(chained_mlp(), get_mnist_providers(batch_size), lr=0.1, n_epoch=20)


def test_the_providers_of_the_mlp(get_mnist_providers: Callable[..., Any]) -> None:
    for provider in get_mnist_providers(100):
        assert provider.provide_data() == [("data", (100, 784))]
        assert provider.provide_label() == [("softmax_label", (100,))]
        assert mx.get_batch_size(provider) == 100


def test_the_mlp_learns(mlp: Trained) -> None:
    assert mlp.lines[:2] == ["Start training on [CPU0]", "Initializing parameters..."]
    epochs = [line for line in mlp.lines if line.startswith("==")]
    assert epochs == [f"== Epoch {epoch:03d} ==========" for epoch in range(1, 21)]
    first, *_, training, validation = mlp.accuracies()
    assert first < training
    assert (
        training > 0.9
    )  # four seeds reach 0.94 to 0.99, and 0.85 to 0.89 on other writers' digits
    assert validation > 0.8


# -- "Convolutional Neural Networks" ---------------------------------------------------------------


def lenet() -> mx.SymbolicNode:
    # input
    data = mx.Variable("data")
    # first conv
    conv1 = mx.chain(
        mx.Convolution(data=data, kernel=(5, 5), num_filter=20),
        mx.Activation(act_type="tanh"),
        mx.Pooling(pool_type="max", kernel=(2, 2), stride=(2, 2)),
    )
    # second conv
    conv2 = mx.chain(
        mx.Convolution(data=conv1, kernel=(5, 5), num_filter=50),
        mx.Activation(act_type="tanh"),
        mx.Pooling(pool_type="max", kernel=(2, 2), stride=(2, 2)),
    )
    # first fully-connected
    fc1 = mx.chain(
        mx.Flatten(data=conv2),
        mx.FullyConnected(num_hidden=500),
        mx.Activation(act_type="tanh"),
    )
    # second fully-connected
    fc2 = mx.FullyConnected(data=fc1, num_hidden=10)
    # softmax loss
    return mx.Softmax(data=fc2, name="softmax")


def explicit_lenet() -> mx.SymbolicNode:
    net = mx.Variable("data")
    for filters in (20, 50):
        net = mx.Convolution(data=net, kernel=(5, 5), num_filter=filters)
        net = mx.Activation(data=net, act_type="tanh")
        net = mx.Pooling(data=net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = mx.FullyConnected(data=mx.Flatten(data=net), num_hidden=500)
    net = mx.Activation(data=net, act_type="tanh")
    net = mx.FullyConnected(data=net, num_hidden=10)
    return mx.SoftmaxOutput(data=net, name="softmax")


def test_both_ways_to_write_lenet_are_one() -> None:
    with mx.NameManager():
        chained = lenet()
    with mx.NameManager():
        assert explicit_lenet().to_json() == chained.to_json()


def test_names_and_shapes_in_lenet() -> None:
    """A batch of 100 samples is a tensor of shape (100, 1, 28, 28)."""
    with mx.NameManager():
        net = lenet()
    internals = net.get_internals()
    _, shapes, _ = internals.infer_shape(data=(100, 1, 28, 28))
    assert dict(zip(internals.list_outputs(), shapes, strict=True)) == {
        "data": (100, 1, 28, 28),
        "convolution0_weight": (20, 1, 5, 5),
        "convolution0_bias": (20,),
        "convolution0_output": (100, 20, 24, 24),
        "activation0_output": (100, 20, 24, 24),
        "pooling0_output": (100, 20, 12, 12),
        "convolution1_weight": (50, 20, 5, 5),
        "convolution1_bias": (50,),
        "convolution1_output": (100, 50, 8, 8),
        "activation1_output": (100, 50, 8, 8),
        "pooling1_output": (100, 50, 4, 4),
        "flatten0_output": (100, 800),
        "fullyconnected0_weight": (500, 800),
        "fullyconnected0_bias": (500,),
        "fullyconnected0_output": (100, 500),
        "activation2_output": (100, 500),
        "fullyconnected1_weight": (10, 500),
        "fullyconnected1_bias": (10,),
        "fullyconnected1_output": (100, 10),
        "softmax_label": (100,),
        "softmax_output": (100, 10),
    }


def test_lenet_learns(get_mnist_providers: Callable[..., Any]) -> None:
    batch_size = 100
    providers = get_mnist_providers(batch_size, flat=False)
    for provider in providers:
        assert provider.provide_data() == [("data", (100, 1, 28, 28))]
    # From weights as small as the default, so few images would take many more epochs.
    initializer = mx.XavierInitializer()
    result = trained(lenet(), providers, lr=0.05, n_epoch=2, initializer=initializer)
    first, *_, training, validation = result.accuracies()
    assert first < training
    assert training > 0.85  # four seeds reach 0.92 and 0.87
    assert validation > 0.8


# -- "Predicting with a trained model" -------------------------------------------------------------


def test_predictions_and_an_accuracy_by_hand(mlp: Trained) -> None:
    model, eval_provider = mlp.model, mlp.eval_provider
    probs = mx.predict(model, eval_provider)
    # collect all labels from eval data
    labels = np.concatenate([mx.copy(mx.get_label(batch)[0]) for batch in eval_provider])
    # Now we use compute the accuracy
    correct = 0
    for i in range(len(labels)):
        # labels are 0...9
        if probs[i].argmax() == labels[i]:
            correct += 1
    line = f"Accuracy on eval set: {100 * correct / len(labels):.2f}%"

    assert probs.shape == (len(labels), 10)
    np.testing.assert_allclose(probs.sum(axis=1), np.ones(len(labels)), rtol=1e-5)
    assert correct / len(labels) == pytest.approx(mlp.accuracies()[-1], abs=5e-5)
    assert re.fullmatch(r"Accuracy on eval set: \d\d\.\d\d%", line)


def test_predictions_batch_by_batch(mlp: Trained) -> None:
    """No value is returned then."""
    written: list[np.ndarray] = []

    def consume(batch_output: mx.NDArray) -> None:
        written.append(mx.copy(batch_output))

    assert mx.predict(mlp.model, mlp.eval_provider, callback=consume) is None
    assert mx.predict(consume, mlp.model, mlp.eval_provider) is None
    assert [each.shape for each in written] == [(100, 10)] * 4
    whole = mx.predict(mlp.model, mlp.eval_provider)
    np.testing.assert_array_equal(np.concatenate(written), np.concatenate([whole, whole]))
