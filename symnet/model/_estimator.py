"""What the estimators for classes and for numbers share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from inspect import signature
from typing import Any, Self

import numpy as np
import torch

from ..core.context import Context
from ..core.errors import ArgumentError, ParameterError, listed, not_installed, suggest
from ..operators.functions import Activation, FullyConnected
from ..symbol import SymbolicNode, Variable
from ..training.callback import AbstractCallback
from ..training.initializer import AbstractInitializer, XavierInitializer
from ..training.loop.given import input_names
from ..training.loop.inputs import labels_of
from ..training.loop.options import ClassWeights
from ..training.optimizer import AbstractOptimizer
from ..training.optimizer.choice import as_optimizer
from .feed_forward import FeedForward

__all__ = ["EstimatedNetwork", "Estimator", "sklearn_of"]

EstimatedNetwork = SymbolicNode | int | Sequence[int]
"""A symbol, with a loss or without; or the numbers of hidden units of a perceptron's layers."""


class Estimator(ABC):
    """What both estimators share: parameters, training, and what scikit-learn asks for.

    Parameters are kept as they are given, and checked by `fit`: so scikit-learn wants it.
    """

    def __init__(
        self,
        network: EstimatedNetwork = 64,
        *,
        optimizer: AbstractOptimizer | str = "adam",
        lr: float | None = 0.01,
        n_epoch: int = 50,
        batch_size: int | None = None,
        initializer: AbstractInitializer | None = None,
        validation_split: float = 0.0,
        callbacks: Sequence[AbstractCallback] = (),
        context: Context | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        self.lr = lr
        self.n_epoch = n_epoch
        self.batch_size = batch_size
        self.initializer = initializer
        self.validation_split = validation_split
        self.callbacks = callbacks
        self.context = context
        self.random_state = random_state
        self.verbose = verbose

    # -- parameters ------------------------------------------------------------------------------

    @classmethod
    def _names(cls) -> list[str]:
        return list(signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; no parameter has parameters of its own.

        >>> import symnet as mx
        >>> mx.Classifier(32).get_params()["network"]
        32
        """
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, and return the estimator.

        Raises ParameterError for a name that is none.
        """
        names = self._names()
        for name, value in params.items():
            if name not in names:
                raise ParameterError(
                    f"{type(self).__name__}: unknown parameter {name!r}{suggest(name, names)} "
                    f"{listed(names)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = signature(type(self)).parameters
        given = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults[name].default and value != defaults[name].default
        ]
        return f"{type(self).__name__}({', '.join(given)})"

    # -- training --------------------------------------------------------------------------------

    @abstractmethod
    def _head(self, features: SymbolicNode, labels: np.ndarray) -> SymbolicNode:
        """Return the network with a layer for the labels, and the loss."""

    @abstractmethod
    def _encoded(self, y: np.ndarray) -> np.ndarray:
        """Return labels as the loss compares with them, and keep what decodes them."""

    def _by_number(self, class_weight: ClassWeights | None) -> ClassWeights | None:
        """Return weights of classes by their numbers."""
        return class_weight

    @abstractmethod
    def _check_outputs(self, shape: Sequence[int] | None, labels: np.ndarray) -> None:
        """Raise ArgumentError where the network's output is not what labels are compared with."""

    def _train(
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: Any,
        class_weight: ClassWeights | None = None,
    ) -> Self:
        labels = self._encoded(y)
        if sample_weight is not None:
            check = sklearn_of(self).utils.validation._check_sample_weight
            sample_weight = check(sample_weight, X, dtype=np.float32)
        arch = self._arch(labels)
        (data, *_), (label, *_) = input_names(arch)
        _, outputs, _ = arch.infer_shape(**{data: X.shape})
        self._check_outputs(None if outputs is None else outputs[0], labels)
        model = FeedForward(arch, self.context)
        with self._seeded():
            self.history_ = model.fit(
                self._optimizer(),
                {data: X},
                {label: labels},
                n_epoch=self.n_epoch,
                batch_size=self.batch_size,
                validation_split=self.validation_split,
                sample_weight=sample_weight,
                class_weight=self._by_number(class_weight),
                initializer=self.initializer or XavierInitializer(),
                callbacks=deepcopy(list(self.callbacks)),
                verbose=self.verbose,
            )
        self.model_ = model
        return self

    def _arch(self, labels: np.ndarray) -> SymbolicNode:
        """Return the network, made of numbers of units where it is none."""
        network = self.network
        if isinstance(network, SymbolicNode):
            return network if labels_of(network) else self._head(network, labels)
        sizes = [network] if isinstance(network, int | np.integer) else network
        usable = isinstance(sizes, Sequence | np.ndarray) and not isinstance(sizes, str)
        if not usable or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
            raise ParameterError(
                f"{type(self).__name__}: network must be a symbol, a number of hidden units from 1 "
                f"or a list of such numbers, got {network!r}"
            )
        features = Variable("data")
        for number, size in enumerate(sizes, 1):
            layer = FullyConnected(features, num_hidden=int(size), name=f"fc{number}")
            features = Activation(layer, act_type="relu", name=f"relu{number}")
        return self._head(features, labels)

    def _optimizer(self) -> AbstractOptimizer:
        """Return an optimizer of this training's own: those that are given stay as they are."""
        optimizer = as_optimizer(self.optimizer)
        if not isinstance(self.optimizer, str):
            return deepcopy(optimizer)
        kind: Any = type(optimizer)  # those that have names have a rate, too
        made: AbstractOptimizer = optimizer if self.lr is None else kind(lr=self.lr)
        return made

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Draw from ``random_state``, and leave torch's generator as it was."""
        if self.random_state is None:
            yield
            return
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.random_state))
            yield

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the network's first output for samples."""
        validation = sklearn_of(self).utils.validation
        validation.check_is_fitted(self, "model_")
        rows = validation.validate_data(
            self, X, reset=False, dtype=np.float32, allow_nd=True, ensure_min_samples=1
        )
        found = self.model_.predict({input_names(self.model_.arch)[0][0]: rows})
        first = found[0] if isinstance(found, list) else found
        return np.asarray(first)

    def _validated(self, X: Any, y: Any, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        validation = sklearn_of(self).utils.validation
        rows, labels = validation.validate_data(
            self, X, y, dtype=np.float32, allow_nd=True, **options
        )
        return rows, labels

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")


def sklearn_of(estimator: object) -> Any:
    """Return scikit-learn; ArgumentError where it is not installed."""
    try:
        import sklearn.metrics
        import sklearn.utils.multiclass
        import sklearn.utils.validation
    except ImportError:
        name = type(estimator).__name__
        raise ArgumentError(not_installed(f"{name}.fit", "scikit-learn")) from None
    return sklearn
