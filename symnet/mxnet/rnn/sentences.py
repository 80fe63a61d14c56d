"""Sentences as numbers, in batches of one length. Source: Apache MXNet 1.9.1, ``mxnet.rnn``."""

import logging
import random
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from ...core.errors import ArgumentError
from ..io import DataBatch, DataDesc, DataIter
from ..ndarray import NDArray, array

__all__ = ["BucketSentenceIter", "encode_sentences"]


def encode_sentences(
    sentences: Iterable[Sequence[Hashable]],
    vocab: dict[Any, int] | None = None,
    invalid_label: int = -1,
    invalid_key: Hashable = "\n",
    start_label: int = 0,
    unknown_token: Hashable | None = None,
) -> tuple[list[list[int]], dict[Any, int]]:
    r"""Turn words into numbers.

    Args:
        sentences: lists of words.
        vocab: the number of each word, default a new one.
        invalid_label: the number that no word gets.
        invalid_key: what stands for it in a new vocabulary.
        start_label: the lowest number.
        unknown_token: the word that stands for those that a given vocabulary has not.

    Returns the sentences as numbers, and the vocabulary. Raises ArgumentError for a word that a
    given vocabulary has not.

    >>> encode_sentences([["a", "b"], ["b"]], start_label=1)
    ([[1, 2], [2]], {'\n': -1, 'a': 1, 'b': 2})
    """
    is_new = vocab is None
    known: dict[Any, int] = {invalid_key: invalid_label} if vocab is None else vocab
    following = start_label
    found = []
    for sentence in sentences:
        coded = []
        for given in sentence:
            word = given
            if word not in known:
                if not is_new and unknown_token is None:
                    raise ArgumentError(
                        f"the word {word!r} is not in the vocabulary; name an unknown_token"
                    )
                following += following == invalid_label
                word = word if unknown_token is None else unknown_token
                known[word] = following
                following += 1
            coded.append(known[word])
        found.append(coded)
    return found, known


class BucketSentenceIter(DataIter):
    """Batches of sentences of about one length; the label of a word is the next word.

    Sentences are shuffled by Python's and NumPy's random numbers, at the start of each epoch.

    Args:
        sentences: lists of numbers.
        batch_size: sentences of a batch.
        buckets: lengths that sentences are filled up to; default those that a batch of sentences
            has. Longer sentences are left out, which is logged.
        invalid_label: what they are filled up with.
        data_name: default ``"data"``.
        label_name: default ``"softmax_label"``.
        dtype: default float32.
        layout: ``"NT"``, the default, or ``"TN"``.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__(batch_size)
        if layout not in ("NT", "TN"):
            raise ArgumentError(f"BucketSentenceIter: layout must be 'NT' or 'TN', got {layout!r}")
        self.data_name, self.label_name = data_name, label_name
        self.dtype, self.invalid_label = dtype, invalid_label
        self.layout, self.major_axis = layout, layout.find("N")
        lengths = sorted(buckets or _common_lengths(sentences, batch_size))
        if not lengths:
            raise ArgumentError(
                f"BucketSentenceIter: no {batch_size} sentences have one length; name buckets"
            )
        rows = self._filled(sentences, lengths)
        self.buckets = [length for length in lengths if rows[length]]
        self.data = [np.array(rows[length], dtype) for length in self.buckets]
        self.default_bucket_key = max(self.buckets)
        self.provide_data = [self._described(data_name, self.default_bucket_key)]
        self.provide_label = [self._described(label_name, self.default_bucket_key)]
        self.idx = [
            (bucket, start)
            for bucket, kept in enumerate(self.data)
            for start in range(0, len(kept) - batch_size + 1, batch_size)
        ]
        self.curr_idx = 0
        self.nddata: list[NDArray] = []
        self.ndlabel: list[NDArray] = []
        self.reset()

    def _filled(
        self, sentences: Sequence[Sequence[int]], lengths: list[int]
    ) -> dict[int, list[np.ndarray]]:
        """Return the sentences filled up, by length."""
        rows: dict[int, list[np.ndarray]] = {length: [] for length in lengths}
        left_out = 0
        for sentence in sentences:
            place = bisect_left(lengths, len(sentence))
            if place == len(lengths):
                left_out += 1
                continue
            row = np.full(lengths[place], self.invalid_label, self.dtype)
            row[: len(sentence)] = sentence
            rows[lengths[place]].append(row)
        if left_out:
            logging.warning(
                "discarded %d sentences longer than the largest bucket, %d", left_out, lengths[-1]
            )
        if not any(rows.values()):
            raise ArgumentError(f"BucketSentenceIter: no sentence fits into the buckets {lengths}")
        return rows

    def _described(self, name: str, length: int) -> DataDesc:
        shape = (self.batch_size, length)
        return DataDesc(name, shape if self.major_axis == 0 else shape[::-1], layout=self.layout)

    def reset(self) -> None:
        """Begin a new epoch, in a new order."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        self.nddata, self.ndlabel = [], []
        for rows in self.data:
            np.random.shuffle(rows)
            label = np.full_like(rows, self.invalid_label)
            label[:, :-1] = rows[:, 1:]
            self.nddata.append(array(rows, dtype=self.dtype))
            self.ndlabel.append(array(label, dtype=self.dtype))

    def iter_next(self) -> bool:
        """Return whether there is another batch."""
        return self.curr_idx < len(self.idx)

    def next(self) -> DataBatch:
        """Return the next batch; StopIteration where there is none."""
        if not self.iter_next():
            raise StopIteration
        bucket, start = self.idx[self.curr_idx]
        self.curr_idx += 1
        data, label = (
            self._turned(rows[bucket][start : start + self.batch_size])
            for rows in (self.nddata, self.ndlabel)
        )
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=self.buckets[bucket],
            provide_data=[DataDesc(self.data_name, data.shape, layout=self.layout)],
            provide_label=[DataDesc(self.label_name, label.shape, layout=self.layout)],
        )

    def _turned(self, rows: NDArray) -> NDArray:
        return rows.T if self.major_axis == 1 else rows.copy()


def _common_lengths(sentences: Sequence[Sequence[int]], least: int) -> list[int]:
    """Return the lengths that so many sentences have."""
    counts = np.bincount([len(sentence) for sentence in sentences])
    return [length for length, count in enumerate(counts) if count >= least]
