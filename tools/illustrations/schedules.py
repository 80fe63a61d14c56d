"""Learning rates in the course of a training."""

import numpy as np

import symnet as mx

from .curves import Frame, plot
from .pieces import Piece, grid, titled
from .registry import illustrates

__all__ = ["learning_rates"]

EPOCHS, BATCHES = 20, 5


def _rates(schedule: mx.AbstractLearningRateScheduler) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of epochs, and the rate of each batch."""
    states = [
        mx.OptimizationState(
            32,
            curr_epoch=step // BATCHES + 1,
            curr_batch=step % BATCHES + 1,
            curr_iter=step + 1,
            n_epoch=EPOCHS,
            n_batch=BATCHES,
        )
        for step in range(EPOCHS * BATCHES)
    ]
    rates = [mx.get_learning_rate(schedule, state) for state in states]
    return np.arange(len(rates)) / BATCHES, np.array(rates)


@illustrates(says="Six learning-rate schedules over twenty epochs, each with a rate of 0.1.")
def learning_rates() -> Piece:
    """Those with an epoch of their own kind, and those that change from batch to batch."""
    rate = mx.LearningRate
    schedules = {
        "Exp(0.1, gamma=0.9)": rate.Exp(0.1, gamma=0.9),
        "Inv(0.1)": rate.Inv(0.1),
        "Cosine(0.1, warmup=7)": rate.Cosine(0.1, warmup=7),
        "Polynomial(0.1)": rate.Polynomial(0.1),
        "Warmup(0.1, warmup=5)": rate.Warmup(0.1, warmup=5),
        "OneCycle(0.1)": rate.OneCycle(0.1),
    }
    frame = Frame(0, EPOCHS, 0, 0.12)
    return grid([titled(name, plot(frame, _rates(each))) for name, each in schedules.items()], 3)
