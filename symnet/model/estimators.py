"""Networks as estimators of scikit-learn: for its pipelines, searches and scores.

scikit-learn is imported when an estimator is used. The interface is that of its developers' guide.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, Self

import numpy as np

from ..core.context import Context
from ..core.errors import ArgumentError, ParameterError, listed
from ..operators.functions import FullyConnected, LinearRegressionOutput, SoftmaxOutput
from ..symbol import SymbolicNode
from ..training.callback import AbstractCallback
from ..training.initializer import AbstractInitializer
from ..training.loop.options import ClassWeights
from ..training.optimizer import AbstractOptimizer
from ._estimator import EstimatedNetwork, Estimator, sklearn_of

__all__ = ["Classifier", "Regressor"]


class Classifier(Estimator):
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
        class_weight: weights by class, as ``{"yes": 5.0}``, or ``"balanced"``; default none.
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
        class_weight: ClassWeights | None = None,
        callbacks: Sequence[AbstractCallback] = (),
        context: Context | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            network,
            optimizer=optimizer,
            lr=lr,
            n_epoch=n_epoch,
            batch_size=batch_size,
            initializer=initializer,
            validation_split=validation_split,
            callbacks=callbacks,
            context=context,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples (axis 0) and their classes, of any kind; return the estimator.

        Args:
            X: the samples.
            y: their classes.
            sample_weight: a weight for each of them, as for `FeedForward.fit`.
        """
        rows, labels = self._validated(X, y)
        sklearn_of(self).utils.multiclass.check_classification_targets(labels)
        return self._train(rows, labels, sample_weight, self.class_weight)

    def _by_number(self, class_weight: ClassWeights | None) -> ClassWeights | None:
        if class_weight is None or isinstance(class_weight, str):
            return class_weight
        numbers = {each: number for number, each in enumerate(self.classes_.tolist())}
        for each in class_weight:
            if each not in numbers:
                raise ParameterError(
                    f"Classifier: class_weight names {each!r}, which is no class "
                    f"{listed(map(str, numbers))}"
                )
        return {numbers[each]: weight for each, weight in class_weight.items()}

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
        metrics = sklearn_of(self).metrics
        return float(metrics.accuracy_score(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        utils = sklearn_of(self).utils
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=True),
            classifier_tags=utils.ClassifierTags(),
        )


class Regressor(Estimator):
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

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples (axis 0) and their numbers, one or several; return the estimator.

        Args:
            X: the samples.
            y: their numbers.
            sample_weight: a weight for each of them, as for `FeedForward.fit`.
        """
        rows, labels = self._validated(X, y, multi_output=True, y_numeric=True)
        return self._train(rows, labels, sample_weight)

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
        metrics = sklearn_of(self).metrics
        return float(metrics.r2_score(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        utils = sklearn_of(self).utils
        return utils.Tags(
            estimator_type="regressor",
            target_tags=utils.TargetTags(required=True, multi_output=True),
            regressor_tags=utils.RegressorTags(),
        )
