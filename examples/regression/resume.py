"""Interrupt a training, go on from its checkpoint, and watch the loss of each class.

python examples/regression/resume.py --help

Source: MXNet.jl's example "nondefault-example"; docs/semantics §10.5.
"""

import argparse
from pathlib import Path

import numpy as np

import symnet as mx

CENTERS = np.array([[0, 2], [2, -1], [-2, -1]])
"""Around which the points of the three classes lie."""


def make_provider() -> mx.ArrayDataProvider:
    """Return a provider of 600 points in the plane and their classes."""
    random = np.random.default_rng(0)
    classes = random.integers(0, len(CENTERS), 600)
    points = CENTERS[classes] + random.normal(size=(600, 2))
    return mx.ArrayDataProvider(points, classes, batch_size=50, shuffle=True)


def train(prefix: Path, epochs: int, seed: int, *, resume: bool = False) -> mx.FeedForward:
    """Return a model that was trained, with a checkpoint for each epoch.

    Args:
        prefix: stem of the checkpoints' files.
        epochs: passes through the data, counted from the beginning of the training.
        seed: seed of the random numbers; it means nothing to a training that is resumed.
        resume: whether to go on from the newest checkpoint.
    """
    mx.srand(seed)
    model = mx.FeedForward(
        mx.chain(
            mx.Variable("data"),
            mx.MLP([16, len(CENTERS)], prefix=""),
            mx.SoftmaxOutput(name="softmax"),
        )
    )
    mx.fit(
        model,
        mx.ADAM(lr=0.01),
        make_provider(),
        n_epoch=epochs,
        # The loss of each class and of all: MultiACE; ACE() would be the last of them alone.
        eval_metric=mx.MultiACE(len(CENTERS)),
        callbacks=[mx.do_checkpoint(prefix)],
        resume=prefix if resume else None,
        verbose=0,
    )
    return model


def main() -> None:
    """Train in two parts, and at one go, and compare."""
    options = read_options()
    folder, half = options.checkpoints, options.epochs // 2
    parts = folder / "in-parts"
    train(parts, half, seed=1)
    resumed = train(parts, options.epochs, seed=2, resume=True)
    print(resumed.history)
    whole = train(folder / "at-one-go", options.epochs, seed=1)
    same = all(
        np.array_equal(array.asnumpy(), whole.arg_params[name].asnumpy())
        for name, array in resumed.arg_params.items()
    )
    print(f"Same parameters, to the last bit, as without interruption: {'yes' if same else 'no'}")


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Interrupt a training, and go on from its checkpoint.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=10, help="passes through the data")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="folder")
    parser.add_argument("--smoke", action="store_true", help="two epochs, to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.epochs = 2
    return options


if __name__ == "__main__":
    main()
