"""A network as the last step of a scikit-learn pipeline, measured by cross-validation.

python examples/search/pipeline.py --help
"""

import argparse

from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import symnet as mx


def main() -> None:
    """Tell the three kinds of wine apart, with the features as they are, and scaled."""
    options = read_options()
    features, kinds = load_wine(return_X_y=True)
    network = mx.Classifier(32, n_epoch=options.epochs, batch_size=32, random_state=options.seed)
    for name, model in (
        ("as they are", network),
        ("scaled", make_pipeline(StandardScaler(), network)),
    ):
        scores = cross_val_score(model, features, kinds, cv=options.folds)
        print(f"Features {name}: accuracy {scores.mean():.2%} over {len(scores)} folds")


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="A network as the last step of a scikit-learn pipeline.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=30, help="passes of each training")
    parser.add_argument("--folds", type=int, default=5, help="parts of the cross-validation")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--smoke", action="store_true", help="two folds, to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.folds = 2
    return options


if __name__ == "__main__":
    main()
