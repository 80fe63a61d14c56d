"""Train the perceptron with two optimizers, and check its checkpoints and its accuracy.

python examples/mnist/mlp_test.py --help

Source: MXNet.jl's example "mlp-test"; docs/semantics §10.1.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from mlp import build_mlp
from mnist_data import get_mnist_providers
from train_mnist import accuracy

import symnet as mx

SETTINGS: dict[str, tuple[Callable[[], mx.AbstractOptimizer], mx.AbstractInitializer]] = {
    "SGD": (lambda: mx.SGD(lr=0.1, momentum=0.9), mx.UniformInitializer(0.01)),
    "ADAM": (mx.ADAM, mx.NormalInitializer()),
}

UPDATES = 1_200
"""What two epochs of MNIST are in batches of 100; fewer images are shown more often."""

BAR = 0.9
"""Accuracy to be reached."""


def main() -> None:
    """Train with each setting; end with an AssertionError where one does not do what it should."""
    options = read_options()
    train, evaluation = get_mnist_providers(100, data_dir=options.data_dir)
    batches = sum(1 for _ in train)
    epochs = 1 if options.smoke else -(-UPDATES // batches)
    bar = 0 if options.smoke else BAR
    options.checkpoints.mkdir(parents=True, exist_ok=True)
    for name, (make_optimizer, initializer) in SETTINGS.items():
        mx.srand(options.seed)
        prefix = options.checkpoints / f"mnist-test-cp-{name}"
        model = mx.FeedForward(build_mlp())
        mx.fit(
            model,
            make_optimizer(),
            train,
            n_epoch=epochs,
            eval_data=evaluation,
            initializer=initializer,
            callbacks=[mx.speedometer(), mx.do_checkpoint(prefix, save_epoch_0=True)],
        )
        check_checkpoints(model.arch, prefix, epochs)
        reached = accuracy(mx.load_checkpoint(prefix, epochs, mx.FeedForward), evaluation)
        assert reached >= bar, f"{name}: accuracy {reached:.4f}, {bar} should be reached"
        print(f"{name}: accuracy {100 * reached:.2f}% after {epochs} epochs")


def check_checkpoints(network: mx.SymbolicNode, prefix: Path, epochs: int) -> None:
    """Check that all files are there, that the network comes back, and that it can be drawn."""
    for epoch in range(epochs + 1):
        assert Path(f"{prefix}-{epoch:04d}.params").is_file(), epoch
    symbol_file = Path(f"{prefix}-symbol.json")
    assert mx.load(symbol_file).to_json() == network.to_json()
    assert mx.from_json(symbol_file.read_text(encoding="utf-8")).to_json() == network.to_json()
    assert mx.to_graphviz(network).startswith("digraph")


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Train the perceptron with two optimizers, and check what comes out.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--data-dir", type=Path, help="folder of MNIST's files (or SYMNET_DATA)")
    parser.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="folder")
    parser.add_argument("--smoke", action="store_true", help="one epoch, whatever its accuracy")
    return parser.parse_args()


if __name__ == "__main__":
    main()
