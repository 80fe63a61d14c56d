"""Train the documents' convolutional network, LeNet, on MNIST.

python examples/mnist/lenet.py --help

Source: the documents, "Convolutional Neural Networks"; LeCun, Bottou, Bengio, Haffner,
Gradient-based learning applied to document recognition, 1998.
"""

from train_mnist import main

import symnet as mx


def convolution(data: mx.SymbolicNode, filters: int) -> mx.SymbolicNode:
    """Return a module: 5×5 convolution, tanh, and a maximum over 2×2."""
    return mx.chain(
        mx.Convolution(data=data, kernel=(5, 5), num_filter=filters),
        mx.Activation(act_type="tanh"),
        mx.Pooling(pool_type="max", kernel=(2, 2), stride=(2, 2)),
    )


def build_lenet() -> mx.SymbolicNode:
    """Return the network: two convolution modules, then two fully connected layers."""
    features = convolution(convolution(mx.Variable("data"), 20), 50)
    hidden = mx.chain(
        mx.Flatten(data=features),
        mx.FullyConnected(num_hidden=500),
        mx.Activation(act_type="tanh"),
    )
    scores = mx.FullyConnected(data=hidden, num_hidden=10)
    return mx.SoftmaxOutput(data=scores, name="softmax")


if __name__ == "__main__":
    main("Train LeNet on MNIST.", "lenet", build_lenet(), lr=0.05, flat=False)
