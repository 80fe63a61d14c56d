"""Whole trainings of the documents' character LSTM, in symnet and with `nn.LSTM` by hand."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from char_lstm import BATCH, CLIP, DECAY, HIDDEN, LAYERS, RATE, STEPS, ByHand
from torch import nn

import symnet as mx

sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "char_lstm"))
from lstm import LSTM
from seq_data import CharSeqProvider
from text import Vocabulary

BATCHES = 20
TEXT = "".join(
    np.random.default_rng(0).choice([chr(40 + n) for n in range(65)], BATCH * STEPS * BATCHES)
)
VOCABULARY = Vocabulary.of(TEXT)
CLASSES = len(VOCABULARY)

Fit = Callable[[], object]


def symnet_lstm(context: mx.Context, epochs: int) -> Fit:
    """Return the documents' own training, with their provider and their metric."""

    def fit() -> None:
        data = CharSeqProvider(TEXT, BATCH, STEPS, VOCABULARY, "ptb", LAYERS, HIDDEN)
        network = LSTM(LAYERS, STEPS, HIDDEN, HIDDEN, CLASSES, name="ptb")
        mx.FeedForward(network, context).fit(
            mx.ADAM(lr=RATE, weight_decay=DECAY, grad_clip=CLIP),
            data,
            n_epoch=epochs,
            initializer=mx.UniformInitializer(0.1),
            eval_metric=mx.NLL(),
            verbose=False,
        )

    return fit


def torch_lstm(device: torch.device, epochs: int) -> Fit:
    """Return the same training over the same text, one-hot vectors and all, with `nn.LSTM`."""
    numbers = np.array(VOCABULARY.numbers(TEXT))
    following = np.append(numbers[1:], CLASSES - 1)
    sizes = (BATCHES, BATCH, STEPS)
    batches = list(zip(numbers.reshape(sizes), following.reshape(sizes), strict=True))

    def fit() -> None:
        network = ByHand(CLASSES).to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
        eye = torch.eye(CLASSES, device=device)
        for _ in range(epochs):
            total = torch.zeros((), device=device)
            for own, after in batches:
                data = eye[torch.from_numpy(own.T.copy()).to(device)]
                labels = torch.from_numpy(after.T.reshape(-1)).to(device)
                optimizer.zero_grad()
                scores = network(data).view(-1, CLASSES)
                loss = nn.functional.cross_entropy(scores, labels, reduction="sum") / BATCH
                loss.backward()
                nn.utils.clip_grad_value_(network.parameters(), CLIP)
                optimizer.step()
                total += loss.detach()
            _ = total.item() / len(batches)

    return fit
