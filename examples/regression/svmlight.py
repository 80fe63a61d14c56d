"""Train on a file of sparse rows, through a data provider that is written as a generator.

python examples/regression/svmlight.py --help

Source: MXNet.jl's example provider "SVMLightProvider"; docs/semantics §7.1, §10.5.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import symnet as mx

WEIGHTS = (1.5, -2.0, 0.0, 0.5)
"""What the labels of the example's file are made with."""

Row = tuple[float, list[tuple[int, float]]]
"""The label of a row, and its values with their indices."""


class SVMLightProvider(mx.AbstractDataProvider):
    """Batches of the rows of a file of SVMlight, which is read anew in each pass.

    A row is ``label index:value …``, indices from 1; values that are not named are 0. What
    follows ``#`` is a comment.

    Args:
        path: the file.
        batch_size: rows per batch; the last batch is filled up with zeros.
        features: how many values a row has, named or not.
    """

    def __init__(self, path: Path, batch_size: int, features: int) -> None:
        self.path, self.batch_size, self.features = path, batch_size, features

    def provide_data(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return name and shape of the data."""
        return [("data", (self.batch_size, self.features))]

    def provide_label(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return name and shape of the labels."""
        return [("label", (self.batch_size,))]

    def eachbatch(self) -> Iterator[mx.DataBatch]:
        """Yield the batches: that this method is a generator makes the class a provider."""
        rows = self._rows()
        while chosen := list(islice(rows, self.batch_size)):
            data = np.zeros((self.batch_size, self.features), np.float32)
            label = np.zeros(self.batch_size, np.float32)
            for row, (number, values) in enumerate(chosen):
                label[row] = number
                for index, value in values:
                    data[row, index - 1] = value
            yield mx.DataBatch([mx.array(data)], [mx.array(label)], len(chosen))

    def _rows(self) -> Iterator[Row]:
        with self.path.open(encoding="ascii") as lines:
            for number, line in enumerate(lines, start=1):
                if words := line.partition("#")[0].split():
                    yield self._row(words, number)

    def _row(self, words: list[str], line: int) -> Row:
        try:
            return float(words[0]), [self._value(word) for word in words[1:]]
        except ValueError as problem:
            raise mx.FormatError(f"{self.path}, line {line}: {problem}") from None

    def _value(self, word: str) -> tuple[int, float]:
        index, colon, value = word.partition(":")
        if not (colon and index.isdecimal() and 1 <= int(index) <= self.features):
            raise ValueError(
                f"index:value is expected, with an index from 1 to {self.features}, got {word!r}"
            )
        return int(index), float(value)


def write_example(path: Path, rows: int) -> None:
    """Write a file of rows in which about half of the values are 0."""
    random = np.random.default_rng(0)
    data = random.normal(size=(rows, len(WEIGHTS))) * random.integers(0, 2, (rows, len(WEIGHTS)))
    with path.open("w", encoding="ascii") as file:
        for row in data:
            values = " ".join(f"{i}:{value:.6f}" for i, value in enumerate(row, start=1) if value)
            file.write(f"{row @ WEIGHTS:.6f} {values}\n")


def main() -> None:
    """Find the weights that made the labels."""
    options = read_options()
    mx.srand(0)
    network = mx.LinearRegressionOutput(
        data=mx.FullyConnected(data=mx.Variable("data"), num_hidden=1, name="fc"),
        label=mx.Variable("label"),
    )
    model = mx.FeedForward(network)
    with TemporaryDirectory() as folder:
        path = options.file or Path(folder, "example.svmlight")
        if not options.file:
            write_example(path, rows=510)
        provider = SVMLightProvider(path, batch_size=100, features=options.features)
        mx.fit(model, mx.SGD(lr=0.2), provider, n_epoch=options.epochs, verbose=0)
    print("Weights:", model.arg_params["fc_weight"].asnumpy().round(3)[0])


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Train a linear network on a file of SVMlight.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--file", type=Path, help=f"the file; default: one made with the weights {WEIGHTS}")
    add("--features", type=int, default=len(WEIGHTS), help="values in a row")
    add("--epochs", type=int, default=20, help="passes through the file")
    add("--smoke", action="store_true", help="two epochs, to see that it runs")
    options = parser.parse_args()
    if options.smoke:
        options.epochs = 2
    return options


if __name__ == "__main__":
    main()
