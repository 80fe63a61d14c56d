"""The network that is trained in place of a model's, with all that `fit` was asked for."""

from collections.abc import Mapping

from ...data import AbstractDataProvider
from ...operators.contract import Shape
from ...symbol import SymbolicNode
from ._precision import in_precision
from .objective import objective_of, weighs
from .options import FitOptions

__all__ = ["trained_network"]


def trained_network(
    symbol: SymbolicNode,
    data: AbstractDataProvider,
    inputs: Mapping[str, Shape],
    options: FitOptions,
) -> SymbolicNode:
    """Return the network that is trained.

    Args:
        symbol: the network of the model.
        data: the training data.
        inputs: shapes of data and labels, by name.
        options: those of the training.

    Raises ArgumentError for losses that cannot do what is asked for.
    """
    objective = objective_of(
        symbol,
        inputs,
        weighted=weighs(symbol, data),
        smoothing=options.label_smoothing,
        scaled=options.dtype == "float16",
    )
    return in_precision(objective, inputs, options.dtype)
