"""What the MNIST examples share: options, training, a checkpoint, prediction.

Source: the documents, "Digit Recognition on MNIST" and "Predicting with a trained model".
"""

import argparse
from pathlib import Path

import numpy as np
from mnist_data import get_mnist_providers

import symnet as mx


def main(description: str, name: str, network: mx.SymbolicNode, *, lr: float, flat: bool) -> None:
    """Train a network, save it, load it again, predict, and print the accuracy.

    Args:
        description: what ``--help`` says.
        name: stem of the checkpoint's files.
        network: the network.
        lr: learning rate, unless given as an option.
        flat: whether the network takes images as vectors.
    """
    options = read_options(description, lr)
    mx.srand(options.seed)
    train, evaluation = get_mnist_providers(
        options.batch_size, flat=flat, data_dir=options.data_dir
    )
    model = mx.FeedForward(network, context=mx.gpu() if options.gpu else mx.cpu())
    optimizer = mx.SGD(lr=options.lr, momentum=0.9, weight_decay=0.00001)
    prefix = str(options.checkpoints / name)
    mx.fit(
        model,
        optimizer,
        train,
        n_epoch=options.epochs,
        eval_data=evaluation,
        callbacks=[mx.do_checkpoint(prefix, frequency=options.epochs)],
    )
    loaded = mx.load_checkpoint(prefix, options.epochs, mx.FeedForward)
    print(f"Accuracy on eval set: {100 * accuracy(loaded, evaluation):.2f}%")


def accuracy(model: mx.FeedForward, provider: mx.AbstractDataProvider) -> float:
    """Return how often the most probable class is the right one."""
    probabilities = mx.predict(model, provider)
    labels = np.concatenate([mx.copy(mx.get_label(batch)[0]) for batch in provider])
    return float((probabilities.argmax(axis=1) == labels).mean())


def read_options(description: str, lr: float) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20, help="passes through the data")
    parser.add_argument("--batch-size", type=int, default=100, help="images per batch")
    parser.add_argument("--lr", type=float, default=lr, help="learning rate")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--gpu", action="store_true", help="train on the first GPU")
    parser.add_argument("--data-dir", type=Path, help="folder of MNIST's files (or SYMNET_DATA)")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="folder")
    parser.add_argument("--smoke", action="store_true", help="one epoch, to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.epochs = 1
    return options
