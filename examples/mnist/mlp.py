"""Train the documents' multi-layer perceptron on MNIST, save it, load it again, and predict.

python examples/mnist/mlp.py --help

Source: the documents, "Simple 3-layer MLP".
"""

from train_mnist import main

import symnet as mx


def build_mlp() -> mx.SymbolicNode:
    """Return the network: 784 inputs, 128 and 64 units (ReLU), 10 classes."""
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=128),
        mx.Activation(name="relu1", act_type="relu"),
        mx.FullyConnected(name="fc2", num_hidden=64),
        mx.Activation(name="relu2", act_type="relu"),
        mx.FullyConnected(name="fc3", num_hidden=10),
        mx.SoftmaxOutput(name="softmax"),
    )


if __name__ == "__main__":
    main("Train a multi-layer perceptron on MNIST.", "mlp", build_mlp(), lr=0.1, flat=True)
