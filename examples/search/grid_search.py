"""Search network, learning rate and batch size by scikit-learn's GridSearchCV.

python examples/search/grid_search.py --help
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

import symnet as mx


def main() -> None:
    """Try all settings on small digits, and measure the best on digits that nobody has seen."""
    options = read_options()
    images, digits = load_digits(return_X_y=True)
    train, test, known, wanted = train_test_split(images / 16, digits, random_state=options.seed)
    settings = {"network": [16, (64, 32)], "lr": [0.003, 0.03], "batch_size": [32, 128]}
    if options.smoke:
        settings = {"network": [16, (64, 32)]}
    search = GridSearchCV(
        mx.Classifier(n_epoch=options.epochs, random_state=options.seed), settings, cv=3
    )
    search.fit(train, known)
    for setting, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        print(f"{score:.2%} with {setting}")
    print(f"Best: {search.best_params_}, accuracy {search.score(test, wanted):.2%} on other digits")


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Search network, learning rate and batch size by scikit-learn's GridSearchCV.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=20, help="passes of each training")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--smoke", action="store_true", help="two networks and four epochs")
    options = parser.parse_args()
    if options.smoke:
        options.epochs = 4
    return options


if __name__ == "__main__":
    main()
