"""Train the documents' character LSTM.

python examples/char_lstm/train.py --help

Source: the documents, "Training the LSTM".
"""

import argparse

from config import build_network, make_parser, read_options, vocabulary_file
from seq_data import CharSeqProvider
from text import Vocabulary, load_text

import symnet as mx


def main() -> None:
    """Train on the first part of a text, validate on the rest, and keep a checkpoint per epoch."""
    options = read_options(_parser())
    text = load_text(options.text)
    if options.smoke:
        text = text[: 12 * options.batch_size * options.seq_len]
    train_length = round(len(text) * options.train_ratio)
    vocabulary = Vocabulary.of(text)
    vocabulary.save(vocabulary_file(options))
    train, validation = (
        CharSeqProvider(
            part,
            options.batch_size,
            options.seq_len,
            vocabulary,
            options.name,
            options.layers,
            options.hidden,
        )
        for part in (text[:train_length], text[train_length:])
    )
    model = mx.FeedForward(
        build_network(options, options.seq_len, len(vocabulary)), context=options.context
    )
    optimizer = mx.ADAM(
        lr=options.lr, weight_decay=options.weight_decay, grad_clip=options.clip_gradient
    )
    history = mx.fit(
        model,
        optimizer,
        train,
        eval_data=validation,
        n_epoch=options.epochs,
        initializer=mx.UniformInitializer(0.1),
        callbacks=[mx.speedometer(), mx.do_checkpoint(options.prefix)],
        eval_metric=mx.NLL(),
    )
    if options.curve is not None:
        axes = history.plot("perplexity", "validation_perplexity")
        axes.figure.savefig(options.curve)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("Train a character LSTM.")
    add = parser.add_argument
    add("--text", help="file to learn from; default: tiny Shakespeare, in SYMNET_DATA or fetched")
    add("--batch-size", type=int, default=32, help="sequences per batch")
    add("--seq-len", type=int, default=32, help="characters per sequence")
    add("--train-ratio", type=float, default=0.9, help="part of the text to train on")
    add("--lr", type=float, default=0.01, help="learning rate")
    add("--weight-decay", type=float, default=0.00001, help="weight decay")
    add("--clip-gradient", type=float, default=1.0, help="bound of each gradient")
    add("--curve", help="file for a picture of the perplexity, .svg or .png; needs matplotlib")
    return parser


if __name__ == "__main__":
    main()
