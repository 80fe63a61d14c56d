"""Networks as estimators of scikit-learn: for its pipelines, searches and scores.

scikit-learn is imported when an estimator is used. The interface is that of its developers' guide.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from inspect import signature
from math import prod
from typing import Any, Self

import numpy as np
import torch

from ..core.context import Context
from ..core.errors import ArgumentError, ParameterError, listed, not_installed, suggest
from ..operators.functions import Activation, FullyConnected, LinearRegressionOutput, SoftmaxOutput
from ..symbol import SymbolicNode, Variable
from ..training.callback import AbstractCallback
from ..training.initializer import AbstractInitializer, XavierInitializer
from ..training.loop.given import input_names
from ..training.loop.inputs import labels_of
from ..training.optimizer import AbstractOptimizer
from ..training.optimizer.choice import as_optimizer
from .feed_forward import FeedForward

__all__ = ["Classifier", "Regressor"]

_Network = SymbolicNode | int | Sequence[int]
"""A symbol, with a loss or without; or the numbers of hidden units of a perceptron's layers."""


class _Estimator(ABC):
    """What both estimators share: parameters, training, and what scikit-learn asks for.

    Parameters are kept as they are given, and checked by `fit`: so scikit-learn wants it.
    """

    def __init__(
        self,
        network: _Network = 64,
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

        >>> Classifier(32).get_params()["network"]
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

    @abstractmethod
    def _check_outputs(self, shape: Sequence[int] | None, labels: np.ndarray) -> None:
        """Raise ArgumentError where the network's output is not what labels are compared with."""

    def _train(self, X: np.ndarray, y: np.ndarray) -> Self:
        labels = self._encoded(y)
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
        validation = _sklearn(self).utils.validation
        validation.check_is_fitted(self, "model_")
        rows = validation.validate_data(
            self, X, reset=False, dtype=np.float32, allow_nd=True, ensure_min_samples=1
        )
        found = self.model_.predict({input_names(self.model_.arch)[0][0]: rows})
        first = found[0] if isinstance(found, list) else found
        return np.asarray(first)

    def _validated(self, X: Any, y: Any, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        validation = _sklearn(self).utils.validation
        rows, labels = validation.validate_data(
            self, X, y, dtype=np.float32, allow_nd=True, **options
        )
        return rows, labels

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")


class Classifier(_Estimator):
    """A network that tells classes apart, as an estimator of scikit-learn.

    Args:
        network: the number of hidden units, default 64, or a list of such numbers, one for each
            hidden layer of a perceptron; or a symbol. A symbol without a loss gets a layer with an
            output for each class, and `SoftmaxOutput`.
        optimizer: the optimizer or its name, default ``"adam"``; one that is given is copied.
        lr: learning rate of an optimizer that is given by name, default 0.01; None is its own.
        n_epoch: number of passes through the data, default 50.
        batch_size, validation_split, callbacks, verbose: as for `FeedForward.fit`; nothing is
            logged by default.
        initializer: how parameters begin, default `XavierInitializer`.
        context: the device, default ``cpu()``.
        random_state: what everything random is drawn from; None, the default, is torch's generator.

    After `fit` it has ``classes_``, ``n_features_in_``, ``model_``, which is a `FeedForward`, and
    ``history_``. Labels may be of any kind. Raises ArgumentError where scikit-learn is missing, and
    in `fit` what scikit-learn and `FeedForward.fit` raise.

    >>> x = np.linspace(-1, 1, 100).reshape(-1, 1)
    >>> model = Classifier(8, random_state=0).fit(x, np.where(x[:, 0] > 0, "right", "left"))
    >>> model.predict([[-0.5], [0.5]]).tolist()
    ['left', 'right']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on samples (axis 0) and their classes, of any kind; return the estimator."""
        rows, labels = self._validated(X, y)
        _sklearn(self).utils.multiclass.check_classification_targets(labels)
        return self._train(rows, labels)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        self.classes_, numbers = np.unique(y, return_inverse=True)
        return numbers

    def _head(self, features: SymbolicNode, labels: np.ndarray) -> SymbolicNode:
        scores = FullyConnected(features, num_hidden=len(self.classes_), name="scores")
        return SoftmaxOutput(scores, name="softmax")

    def _check_outputs(self, shape: Sequence[int] | None, labels: np.ndarray) -> None:
        if shape is not None and tuple(shape[1:]) != (len(self.classes_),):
            raise ArgumentError(
                f"Classifier: the network's first output has shape {tuple(shape)}, but there are "
                f"{len(self.classes_)} classes; give it a column for each, or leave its last layer "
                "and the loss out"
            )

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes, in the order of ``classes_``."""
        return self._outputs(X)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each sample."""
        best: np.ndarray = self._outputs(X).argmax(1)
        return np.asarray(self.classes_[best])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the part of samples whose class is predicted."""
        metrics = _sklearn(self).metrics
        return float(metrics.accuracy_score(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        utils = _sklearn(self).utils
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=True),
            classifier_tags=utils.ClassifierTags(),
        )


class Regressor(_Estimator):
    """A network that predicts numbers, as an estimator of scikit-learn.

    Args:
        network, optimizer, …: as for `Classifier`. A symbol without a loss gets a layer with an
            output for each number, and `LinearRegressionOutput`.

    Labels that are large are learned faster when they are scaled, as by scikit-learn's
    ``TransformedTargetRegressor``. After `fit` it has ``n_features_in_``, ``model_`` and
    ``history_``. It raises what `Classifier` does.

    >>> x = np.linspace(-1, 1, 100).reshape(-1, 1)
    >>> model = Regressor(16, random_state=0).fit(x, 2 * x[:, 0])
    >>> bool(model.score(x, 2 * x[:, 0]) > 0.95)
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on samples (axis 0) and their numbers, one or several; return the estimator."""
        rows, labels = self._validated(X, y, multi_output=True, y_numeric=True)
        return self._train(rows, labels)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        self._single = y.ndim == 1
        return y

    def _head(self, features: SymbolicNode, labels: np.ndarray) -> SymbolicNode:
        count = 1 if labels.ndim == 1 else labels.shape[1]
        numbers = FullyConnected(features, num_hidden=count, name="numbers")
        return LinearRegressionOutput(numbers, name="regression")

    def _check_outputs(self, shape: Sequence[int] | None, labels: np.ndarray) -> None:
        if shape is not None and prod(shape[1:]) != prod(labels.shape[1:]):
            raise ArgumentError(
                f"Regressor: the network's first output has shape {tuple(shape)}, which does not "
                f"go with labels of shape {labels.shape}; leave its last layer and the loss out"
            )

    def predict(self, X: Any) -> np.ndarray:
        """Return the numbers of each sample, float64, in the shape that those of `fit` had."""
        found = self._outputs(X).astype(np.float64)
        return found.reshape(len(found)) if self._single else found

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the coefficient of determination, R²."""
        metrics = _sklearn(self).metrics
        return float(metrics.r2_score(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        utils = _sklearn(self).utils
        return utils.Tags(
            estimator_type="regressor",
            target_tags=utils.TargetTags(required=True, multi_output=True),
            regressor_tags=utils.RegressorTags(),
        )


def _sklearn(estimator: object) -> Any:
    """Return scikit-learn; ArgumentError where it is not installed."""
    try:
        import sklearn.metrics
        import sklearn.utils.multiclass
        import sklearn.utils.validation
    except ImportError:
        name = type(estimator).__name__
        raise ArgumentError(not_installed(f"{name}.fit", "scikit-learn")) from None
    return sklearn
