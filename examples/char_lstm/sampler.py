"""Sample sentences from the trained character LSTM.

python examples/char_lstm/sampler.py --help

Source: the documents, "Sampling Random Sentences".
"""

import argparse

import numpy as np
from config import build_network, make_parser, read_options, vocabulary_file
from text import UNKNOWN, Vocabulary

import symnet as mx


def main() -> None:
    """Print sentences that the network of a checkpoint makes up."""
    options = read_options(_parser())
    vocabulary = Vocabulary.load(vocabulary_file(options))
    network = build_network(options, 1, len(vocabulary), output_states=True)
    model = mx.FeedForward(network, context=options.context)
    mx.load_checkpoint(model, options.prefix, options.epochs, allow_different_arch=True)
    for number, sentence in enumerate(sample(model, options, vocabulary), 1):
        print(f"## Sample {number}\n{sentence}\n")


def sample(model: mx.FeedForward, options: argparse.Namespace, vocabulary: Vocabulary) -> list[str]:
    """Return sentences, sampled side by side as one batch."""
    random = np.random.default_rng(options.seed)
    one_hot = np.eye(len(vocabulary), dtype=np.float32)
    layers = range(1, options.layers + 1)
    names = [f"{options.name}_l{i}_init_{field}" for field in "ch" for i in layers]
    states = [np.zeros((options.samples, options.hidden), np.float32) for _ in names]
    drawn = np.empty((options.samples, options.length), int)
    drawn[:, 0] = vocabulary.numbers(options.start)[0]
    for step in range(1, options.length):
        data = {f"{options.name}_data_1": one_hot[drawn[:, step - 1]]}
        provider = mx.ArrayDataProvider(data | dict(zip(names, states, strict=True)))
        # The first call binds the network; the others run it again on other states.
        probabilities, *states = mx.predict(model, provider, overwrite=step == 1)
        drawn[:, step] = _draw(probabilities, random)
    texts = np.array(list(vocabulary.characters))[drawn]
    return ["".join(row).replace(UNKNOWN, "?") for row in texts]


def _draw(probabilities: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return one class for each row, drawn by its probabilities."""
    bounds = probabilities.cumsum(axis=1, dtype=np.float64)
    drawn = (random.random((len(bounds), 1)) * bounds[:, -1:] >= bounds).sum(axis=1)
    return np.minimum(drawn, probabilities.shape[1] - 1)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("Sample sentences from a trained character LSTM.")
    add = parser.add_argument
    add("--samples", type=int, default=10, help="sentences")
    add("--length", type=int, default=100, help="characters per sentence")
    add("--start", default="a", help="the first character")
    return parser


if __name__ == "__main__":
    main()
