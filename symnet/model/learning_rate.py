"""Finding a learning rate: one short training in which it rises, step by step."""

from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from math import isfinite
from typing import Any

import torch

from ..core.codec import kind_of
from ..core.errors import ArgumentError, ParameterError, not_installed, shown
from ..core.parameters import Param, read_value
from ..core.plots import COLOURS, GREY, label_lines, new_axes, style_axes
from ..symbol import SymbolicNode
from ..training.callback import AbstractStepCallback, Step, StopTraining
from ..training.initializer import AbstractInitializer
from ..training.loop.given import GivenData, GivenLabels
from ..training.metric.loss import NetworkLoss
from ..training.optimizer import (
    AbstractLearningRateScheduler,
    AbstractOptimizer,
    OptimizationState,
)
from ..training.optimizer.choice import as_optimizer
from .feed_forward import FeedForward

__all__ = ["LearningRateCurve", "find_learning_rate"]

_SMOOTHING = 0.9
"""How much of the mean of the losses so far stays when the next one comes."""


@dataclass
class LearningRateCurve:
    """The loss at each learning rate, as `find_learning_rate` found it.

    Args:
        rates: the learning rates, rising.
        losses: the loss of the batch that each was used for, before its update.

    >>> curve = LearningRateCurve([0.001, 0.01, 0.1, 1.0], [1.0, 0.99, 0.5, 4.0])
    >>> curve
    LearningRateCurve(4 rates from 0.001 to 1, suggestion=0.01)
    """

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def smooth(self) -> list[float]:
        """Return a moving average of the losses, in which single batches do not count as much."""
        average, found = 0.0, []
        for number, loss in enumerate(self.losses, 1):
            average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
            found.append(average / (1 - _SMOOTHING**number))
        return found

    @property
    def suggestion(self) -> float | None:
        """The rate at which the smooth loss falls fastest; None where it never falls."""
        smooth = self.smooth()
        # Over a tenth of the steps, and after as many, so that no single batch decides.
        width = max(len(smooth) // 10, 1)
        start, end = width - 1, (smooth.index(min(smooth)) if smooth else 0)
        falls = [smooth[n + width] - smooth[n] for n in range(start, end + 1 - width)]
        least = min(falls, default=0.0)
        return self.rates[start + falls.index(least) + width // 2] if least < 0 else None

    def __repr__(self) -> str:
        ends = f" from {self.rates[0]:.3g} to {self.rates[-1]:.3g}" if self.rates else ""
        rate = "None" if self.suggestion is None else f"{self.suggestion:.3g}"
        return f"LearningRateCurve({len(self.rates)} rates{ends}, suggestion={rate})"

    def plot(self, axes: Any = None) -> Any:
        """Draw the smooth loss over the rates, with a line at the suggestion; needs matplotlib.

        Args:
            axes: the matplotlib axes to draw on; default those of a new figure.

        Returns the axes.
        """
        try:
            import_module("matplotlib")
        except ImportError:
            raise ArgumentError(not_installed("LearningRateCurve.plot", "matplotlib")) from None
        axes = new_axes(1)[0] if axes is None else axes
        axes.semilogx(self.rates, self.losses, color=GREY, alpha=0.4, label="loss")
        axes.semilogx(
            self.rates, self.smooth(), color=COLOURS[0], linewidth=2.2, label="smooth loss"
        )
        if self.suggestion is not None:
            told = f"suggestion, {self.suggestion:.2g}"
            axes.axvline(self.suggestion, color=COLOURS[1], linestyle="--", label=told)
        style_axes(axes, "loss", "learning rate")
        label_lines(axes)
        return axes


@dataclass(frozen=True)
class _Rising(AbstractLearningRateScheduler):
    """From one rate to another in so many updates, each by the same factor."""

    least: float
    greatest: float
    steps: int

    def get_learning_rate(self, state: OptimizationState) -> float:
        part = (max(state.curr_iter, 1) - 1) / (self.steps - 1)
        return float(self.least * (self.greatest / self.least) ** part)


class _Losses(AbstractStepCallback):
    """Notes the loss of each step, and stops when enough is known."""

    def __init__(self, symbol: SymbolicNode, rates: _Rising, curve: LearningRateCurve) -> None:
        self._symbol, self._rates, self._curve = symbol, rates, curve

    def before_update(self, step: Step) -> None:
        inputs = step.executors[0].arg_dict
        loss = NetworkLoss(self._symbol, inputs)
        if not loss.is_known:
            raise ArgumentError(
                "find_learning_rate: the network has a loss whose value nobody knows; write it as "
                "mx.MakeLoss(expression), or state loss_sum in its operator"
            )
        for executor in step.executors:
            arguments = {name: array.torch for name, array in executor.arg_dict.items()}
            outputs = {name: array.torch for name, array in executor.output_dict.items()}
            loss.update(arguments, outputs)
        self._note(loss.get())

    def _note(self, loss: float) -> None:
        curve, rates = self._curve, self._rates
        number = len(curve.rates) + 1
        if isfinite(loss):
            curve.rates.append(rates.get_learning_rate(OptimizationState(1, curr_iter=number)))
            curve.losses.append(loss)
        smooth = curve.smooth()
        if not isfinite(loss) or smooth[-1] > 4 * min(smooth):
            raise StopTraining("the loss has grown")
        if number == rates.steps:
            raise StopTraining("all rates are done")


def find_learning_rate(
    model: FeedForward,
    optimizer: AbstractOptimizer | str,
    data: GivenData,
    label: GivenLabels | None = None,
    *,
    least: float = 1e-6,
    greatest: float = 1.0,
    steps: int = 100,
    batch_size: int | None = None,
    initializer: AbstractInitializer | None = None,
) -> LearningRateCurve:
    """Train a copy of a model with a learning rate that rises, and note the losses.

    It ends early where the loss has grown to four times the least. The model, the optimizer and
    torch's generator stay as they were.

    Args:
        model: the model; a copy of its parameters is trained, or new ones where it has none.
        optimizer: the optimizer, or its name; its rate and schedule are left aside.
        data, label, batch_size, initializer: as for `FeedForward.fit`.
        least: the first rate.
        greatest: the last one.
        steps: how many updates there are, from 2.

    Raises ParameterError for rates that do not rise, ArgumentError for an optimizer without a
    schedule, and what `fit` raises.
    Source: Smith, arXiv:1506.01186, section 3.3.

    >>> import numpy as np
    >>> import symnet as mx
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> net = mx.FullyConnected(mx.Variable("x"), num_hidden=1, name="fc")
    >>> model = mx.FeedForward(mx.LinearRegressionOutput(net, name="y"))
    >>> curve = mx.find_learning_rate(model, "sgd", x, 3 * x, greatest=10.0, batch_size=16)
    >>> 0.01 < curve.suggestion < 5
    True
    """
    if not isinstance(model, FeedForward):
        raise ArgumentError(f"find_learning_rate: a FeedForward is wanted, got {shown(model)}")
    for name, value in (("least", least), ("greatest", greatest)):
        read_value("find_learning_rate", name, value, kind_of(float), Param())
    read_value("find_learning_rate", "steps", steps, kind_of(int), Param())
    if not 0 < least < greatest < float("inf") or steps < 2:
        raise ParameterError(
            "find_learning_rate: rates must rise, 0 < least < greatest, in at least 2 steps; got "
            f"least={least!r}, greatest={greatest!r}, steps={steps!r}"
        )
    rates, curve = _Rising(least, greatest, steps), LearningRateCurve()
    copied = _copied(model)
    with torch.random.fork_rng(devices=[]):
        copied.fit(
            as_optimizer(optimizer).scheduled(rates),
            data,
            label,
            n_epoch=steps,
            batch_size=batch_size,
            initializer=initializer,
            callbacks=[_Losses(model.arch, rates, curve)],
            verbose=0,
        )
    return curve


def _copied(model: FeedForward) -> FeedForward:
    copied = FeedForward(model.arch, model.ctx)
    copied.arg_params, copied.aux_params = deepcopy(model.arg_params), deepcopy(model.aux_params)
    copied.freeze = model.freeze
    return copied
