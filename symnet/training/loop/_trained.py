"""The network that is trained in place of a model's, with all that `fit` was asked for."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from ...data import AbstractDataProvider
from ...operators.contract import Shape
from ...symbol import SymbolicNode
from ..optimizer import AbstractOptimizer
from ._freezing import Treatment, treatment_of
from ._precision import in_precision
from .objective import LOSS_SCALE, objective_of, weights_in
from .options import FitOptions

__all__ = ["trained_network", "treated"]


def trained_network(
    symbol: SymbolicNode,
    data: AbstractDataProvider,
    inputs: Mapping[str, Shape],
    options: FitOptions,
) -> SymbolicNode:
    """Return the network whose losses are made small.

    Args:
        symbol: the network of the model.
        data: the training data.
        inputs: shapes of data and labels, by name.
        options: those of the training.

    Raises ArgumentError for losses that cannot do what is asked for.
    """
    return objective_of(
        symbol,
        inputs,
        weights=weights_in(symbol, dict(data.provide_label())),
        smoothing=options.label_smoothing,
        scaled=options.dtype == "float16",
    )


def treated(
    objective: SymbolicNode,
    inputs: Mapping[str, Shape],
    optimizer: AbstractOptimizer,
    options: FitOptions,
    freeze: Collection[str],
) -> Treatment:
    """Return what is done with each parameter, and the network that computes.

    Layers are found by their names before anything is put between them and their parameters.

    Args:
        objective: what `trained_network` returned.
        inputs: shapes of data and labels, by name.
        optimizer: the optimizer.
        options: those of the training.
        freeze: names and patterns of what is not trained.

    Raises what `treatment_of` does.
    """
    found = treatment_of(objective, [*inputs, LOSS_SCALE], optimizer, tuple(freeze))
    return replace(found, arch=in_precision(found.arch, inputs, options.dtype))
