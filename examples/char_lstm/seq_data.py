"""A data provider for text, written as a generator.

Source: the documents, "Data Provider for Text Sequences".
"""

from collections.abc import Iterator

import numpy as np
from text import Vocabulary

import symnet as mx

__all__ = ["CharSeqProvider"]


class CharSeqProvider(mx.AbstractDataProvider):
    """Sequences of characters as one-hot vectors; the labels are the characters that follow.

    A batch covers ``batch_size * seq_len`` characters on end, each of its rows ``seq_len`` of them.
    What does not fill a batch at the end is left out. The states before the first step are zero.

    Args:
        text: the text.
        batch_size: sequences in a batch.
        seq_len: characters in a sequence.
        vocabulary: the numbers of the characters.
        name: the stem of the names of data and labels.
        n_layer: the network's number of layers.
        dim_hidden: the size of their states.
    """

    def __init__(
        self,
        text: str,
        batch_size: int,
        seq_len: int,
        vocabulary: Vocabulary,
        name: str,
        n_layer: int,
        dim_hidden: int,
    ) -> None:
        self.batch_size = batch_size
        self.seq_len = seq_len
        self.n_class = len(vocabulary)
        self.name = name
        self.n_layer = n_layer
        self.dim_hidden = dim_hidden
        self.n_batch = len(text) // (batch_size * seq_len)
        if not self.n_batch:
            raise mx.DataError(
                f"CharSeqProvider: the text has {len(text)} characters, "
                f"a batch needs {batch_size} times {seq_len}"
            )
        used = self.n_batch * batch_size * seq_len
        numbers = np.array(vocabulary.numbers(text[:used]))
        following = np.append(numbers[1:], len(vocabulary) - 1)
        sizes = (self.n_batch, batch_size, seq_len)
        self._numbers = numbers.reshape(sizes)
        self._following = following.reshape(sizes)

    def provide_data(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return the characters of each step, then the states before the first one."""
        steps = range(1, self.seq_len + 1)
        layers = range(1, self.n_layer + 1)
        states = (self.batch_size, self.dim_hidden)
        return [
            *((f"{self.name}_data_{t}", (self.batch_size, self.n_class)) for t in steps),
            *((f"{self.name}_l{i}_init_c", states) for i in layers),
            *((f"{self.name}_l{i}_init_h", states) for i in layers),
        ]

    def provide_label(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return the characters that follow, for each step."""
        return [(f"{self.name}_label_{t}", (self.batch_size,)) for t in range(1, self.seq_len + 1)]

    def eachbatch(self) -> Iterator[mx.DataBatch]:
        """Yield the batches, which all share the same arrays."""
        data = [mx.zeros(shape) for _, shape in self.provide_data()]
        label = [mx.zeros(shape) for _, shape in self.provide_label()]
        batch = mx.DataBatch(data, label, self.batch_size)
        one_hot = np.eye(self.n_class, dtype=np.float32)
        for numbers, following in zip(self._numbers, self._following, strict=True):
            for t in range(self.seq_len):
                data[t][:] = one_hot[numbers[:, t]]
                label[t][:] = following[:, t]
            yield batch
