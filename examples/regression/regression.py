"""Fit a function of two numbers with a small network.

python examples/regression/regression.py --help

Source: MXNet.jl's example "regression-example"; docs/semantics §10.5.
"""

import argparse

import numpy as np

import symnet as mx

SAMPLES = 5_000  # to train on, and as many to validate


def build_network() -> mx.SymbolicNode:
    """Return the network: 2 inputs, 10 and 3 units (tanh), one output."""
    return mx.LinearRegressionOutput(
        data=mx.chain(
            mx.Variable("data"),
            mx.FullyConnected(num_hidden=10),
            mx.Activation(act_type="tanh"),
            mx.FullyConnected(num_hidden=3),
            mx.Activation(act_type="tanh"),
            mx.FullyConnected(num_hidden=1),
        ),
        label=mx.Variable("label"),
    )


def make_samples(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs x of shape (5000, 2), and sin(x₁) sin(x₂) / (x₁ x₂) of shape (5000,)."""
    inputs = random.normal(size=(SAMPLES, 2))
    return inputs, (np.sin(inputs) / inputs).prod(axis=1)


def main() -> None:
    """Train, train on, and print the error on the validation data each time."""
    options = read_options()
    mx.srand(options.seed)
    random = np.random.default_rng(options.seed)
    (x, y), (validation_x, validation_y) = make_samples(random), make_samples(random)
    train = mx.ArrayDataProvider({"data": x}, {"label": y}, batch_size=100, shuffle=True)
    validation = mx.ArrayDataProvider(
        {"data": validation_x}, {"label": validation_y}, batch_size=100
    )
    model = mx.FeedForward(build_network())
    for epochs in (options.epochs, 2 * options.epochs):
        mx.fit(
            model,
            mx.ADAM(),
            train,
            eval_data=validation,
            eval_metric=mx.MSE(),
            initializer=mx.NormalInitializer(0, 0.1),
            n_epoch=options.epochs,
            verbose=0,
        )
        predicted = mx.predict(model, validation)[:, 0]
        error = np.mean((predicted - validation_y) ** 2)
        print(
            f"MSE after {epochs} epochs: {error:.6f} (of the mean alone: {validation_y.var():.6f})"
        )


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Fit a function of two numbers with a small network.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=500, help="passes of each of two trainings")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--smoke", action="store_true", help="two epochs, to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.epochs = 2
    return options


if __name__ == "__main__":
    main()
