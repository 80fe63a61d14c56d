"""FeedForward: a network, its parameters, and the devices that it runs on.

Source: the documents, "Models"; docs/semantics §5.1, §5.2, §5.5.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Never, overload

import numpy as np

from ..core.context import Context, cpu
from ..core.described import Described
from ..core.errors import ArgumentError, MXError, listed, shown, suggest
from ..core.logs import logger
from ..core.parameters import documented_with, reject_unknown
from ..core.writes import outside_inference_mode
from ..data import AbstractDataProvider
from ..data.tables.encoding import Encoding
from ..drawing import names_of
from ..executor import Executor
from ..ndarray import NDArray, zeros
from ..operators.contract import Shape
from ..program.facts import Facts
from ..symbol import SymbolicNode
from ..symbol.rewriting import SymbolPass, apply_passes
from ..training.callback import AbstractCallback, History
from ..training.initializer import AbstractInitializer
from ..training.kvstore import AbstractKVStore
from ..training.loop.bound import BoundDevices
from ..training.loop.devices import check_contexts, check_exist
from ..training.loop.encoding import encoding_of
from ..training.loop.given import GivenData, GivenLabels, as_measured
from ..training.loop.inputs import only_labels, shapes_of
from ..training.loop.measures import measured
from ..training.loop.objective import labels_for
from ..training.loop.options import BATCH_SIZE, ClassWeights, FitOptions, Precision, Resume
from ..training.loop.training import train
from ..training.optimizer import AbstractOptimizer
from ._other_names import OtherNames
from ._shown import counted, model_html
from .predictor import (
    Outputs,
    Predictable,
    Predictor,
    Samples,
    check_same_shapes,
    check_samples,
    named_outputs,
    provided_by,
    samples_of,
)

__all__ = ["AbstractModel", "FeedForward"]


class AbstractModel(Described):
    """Base of all models: what is trained on data, and asked for predictions.

    >>> import symnet as mx
    >>> isinstance(mx.FeedForward(mx.Variable("x") * 2), mx.AbstractModel)
    True
    """


class FeedForward(AbstractModel, OtherNames):
    """A network that can be trained on a data provider and asked for predictions.

    Args:
        arch: the network; its outputs are the predictions.
        context: the device that it runs on, or a list of devices over which the batches of a
            training are split, default ``cpu()``: see docs/devices.md.
        passes: functions from symbol to symbol, as `rewrite_rule` makes them; ``arch`` becomes what
            they make of the network, which is trained, predicts and is saved.

    Raises ArgumentError for an arch that is no symbol, for contexts that are none, or the same GPU
    twice, and for a pass that changes what is computed from what.

    >>> from symnet.symbol import Variable
    >>> FeedForward(Variable("data") * 2).ctx
    [CPU0]
    """

    def __init__(
        self,
        arch: SymbolicNode,
        context: Context | Sequence[Context] | None = None,
        *,
        passes: Sequence[SymbolPass] = (),
    ) -> None:
        if not isinstance(arch, SymbolicNode):
            raise ArgumentError(f"arch must be a symbol, got {shown(arch)}")
        contexts = [context or cpu()] if isinstance(context, Context | None) else context
        check_contexts(contexts)
        self.arch = apply_passes(arch, passes)
        self.ctx: list[Context] = list(contexts)
        self.arg_params: dict[str, NDArray] | None = None
        self.aux_params: dict[str, NDArray] | None = None
        self._predictor: Predictor | None = None
        self.freeze: tuple[str, ...] = ()
        """What `fit` does not train unless its option says otherwise; `finetune` sets it."""
        self.report = ""
        """What `finetune` kept, dropped and made anew, where it made the model."""
        self.history: History | None = None
        """What came out of the last `fit`, or comes out of the one that is running."""
        self.bound: BoundDevices | None = None
        """What the last `fit` ran on, up to 1 GiB, for the next one; None lets go of it."""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_predictor": None, "bound": None}  # made anew where needed

    def __repr__(self) -> str:
        where = ", ".join(map(repr, self.ctx))
        return f"FeedForward({names_of(self.arch.graph)}: {counted(self.arg_params)}, {where})"

    def _repr_html_(self) -> str:
        return model_html(repr(self), self.arch, self.arg_params, self.aux_params, self.history)

    @property
    def encoding(self) -> Encoding | None:
        """How text is encoded, as ``fit(…, encode=True)`` learned it; None where it is not."""
        return encoding_of(self.arch)

    # -- parameters ------------------------------------------------------------------------------

    def init_model(
        self, initializer: AbstractInitializer, *, overwrite: bool = False, **input_shapes: Shape
    ) -> tuple[list[str], list[str], list[str]]:
        """Initialise the parameters.

        Parameters that exist already and fit are kept. `fit` calls this by itself.

        Args:
            initializer: how.
            overwrite: whether to initialise existing parameters anew too.
            input_shapes: shapes of all data and labels, by name.

        Returns the names of all arguments, of the parameters, and of the auxiliary states. Raises
        ArgumentError for a name that is no argument, and MXError where the shapes do not tell those
        of all parameters.
        """
        if not isinstance(initializer, AbstractInitializer):
            raise ArgumentError(
                "init_model: an initializer is wanted, as mx.XavierInitializer(), got "
                f"{shown(initializer)}"
            )
        arguments, states = self.arch.list_arguments(), self.arch.list_auxiliary_states()
        for name in input_shapes:
            if name not in arguments:
                raise ArgumentError(
                    f"init_model: the network has no argument {name!r}{suggest(name, arguments)} "
                    f"{listed(arguments)}"
                )
        shapes = Facts.infer(self.arch.graph, input_shapes, {}).shapes
        by_name = {value.node.name: shape for value, shape in shapes.items() if not value.node.op}
        parameters = [name for name in arguments if name not in input_shapes]
        existing = [{}, {}] if overwrite else [self.arg_params or {}, self.aux_params or {}]
        self.arg_params, self.aux_params = (
            {
                name: self._parameter(name, by_name[name], kept.get(name), initializer)
                for name in own
            }
            for own, kept in zip((parameters, states), existing, strict=True)
        )
        return arguments, parameters, states

    @staticmethod
    def _parameter(
        name: str, shape: Shape, existing: NDArray | None, initializer: AbstractInitializer
    ) -> NDArray:
        if existing is not None and existing.shape == shape:
            return existing
        if existing is not None:
            logger.warning("Shape mismatch for %s. Overwriting with new one.", name)
        array = zeros(shape)
        try:
            initializer.init(name, array)
        except ArgumentError as error:
            raise ArgumentError(
                f"{error}; or, if {name} is data or a label and no parameter, give its shape: have "
                f"the data provider provide it, or say init_model(…, {name}=shape)"
            ) from None
        return array

    # -- training --------------------------------------------------------------------------------

    @documented_with(FitOptions)
    def fit(
        self,
        /,
        optimizer: AbstractOptimizer | str,
        data: GivenData,
        label: GivenLabels | None = None,
        *,
        n_epoch: int = 10,
        batch_size: int | None = None,
        shuffle: bool | None = None,
        eval_data: Any = None,
        validation_split: float = 0.0,
        encode: bool = False,
        sample_weight: Any = None,
        class_weight: ClassWeights | None = None,
        label_smoothing: float = 0.0,
        eval_metric: Any = None,
        dtype: Precision = "float32",
        accumulate: int = 1,
        memory: int | str | None = None,
        clip_norm: float | None = None,
        kvstore: str | AbstractKVStore = "local",
        partition: bool = True,
        timeout: float | None = None,
        initializer: AbstractInitializer | None = None,
        force_init: bool = False,
        callbacks: Sequence[AbstractCallback] = (),
        freeze: str | Sequence[str] | None = None,
        resume: Resume | None = None,
        verbose: bool | int = True,
        **unknown: Never,
    ) -> History:
        """Train the model.

        Args:
            optimizer: the optimization algorithm, or its name: ``"adam"`` is ``ADAM()``.
            data: the training data: a provider; arrays, data frames or a table, as for
                `ArrayDataProvider`, which get the name of the network's input; a torch ``Dataset``
                or ``DataLoader``; or a pair ``(data, label)``.
            label: labels of arrays, or the name of a table's column; None where the data has them.

        Returns the `History`. A variable with the attribute ``grad="freeze"`` or ``lr_mult="0"`` is
        not trained; other numbers in ``lr_mult`` and ``wd_mult`` scale its learning rate and weight
        decay. A short last batch is divided by the provider's batch size all the same.

        Raises ParameterError for an unknown option, and an error of `symnet.core.errors` for what
        does not fit, before training begins where it can be known. A training that fails or is
        interrupted leaves the parameters of the last epoch that was completed.
        Source: the documents, "fit"; docs/semantics §5.3.

        >>> import symnet as mx
        >>> net = mx.FullyConnected(mx.Variable("x"), num_hidden=1, name="fc")
        >>> model = FeedForward(mx.LinearRegressionOutput(net, name="y"))
        >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
        >>> history = model.fit(mx.SGD(lr=0.5), x, 3 * x + 1, n_epoch=40, batch_size=16, verbose=0)
        >>> model.arg_params["fc_weight"].asnumpy().round(2)
        array([[3.]], dtype=float32)
        """
        given = locals()  # with an entry for each option of `FitOptions`
        reject_unknown("fit", unknown, FitOptions.params)
        options = {name: given[name] for name in FitOptions.params}
        check_exist(self.ctx)
        return train(self, optimizer, data, label, FitOptions(**options))

    train = fit
    """Another name of `fit`."""

    def evaluate(
        self,
        data: GivenData,
        label: GivenLabels | None = None,
        *,
        eval_metric: Any = None,
        batch_size: int | None = None,
        sample_weight: Any = None,
    ) -> dict[str, float]:
        """Measure the model on data, in predict mode.

        Args:
            data, label: as for `fit`.
            eval_metric: as for `fit`.
            sample_weight: what the loss of each sample is multiplied by, as for `fit`; in metrics
                all samples count alike.
            batch_size: samples of arrays in a batch, default 128; it changes nothing but the speed.

        Returns the metrics by name, and ``loss`` where the network's losses are known: the sum of
        the mean losses of all outputs. Raises MXError where the model has no weights, and what
        `fit` raises for data and labels that do not fit.

        >>> from symnet.operators.functions import FullyConnected, LinearRegressionOutput
        >>> from symnet.symbol import Variable
        >>> net = FullyConnected(Variable("x"), num_hidden=1, no_bias=True, name="fc")
        >>> model = FeedForward(LinearRegressionOutput(net, name="y"))
        >>> model.arg_params, model.aux_params = {"fc_weight": NDArray([[2.0]])}, {}
        >>> model.evaluate(np.array([[1.0], [2.0]]), np.array([2.0, 6.0]))
        {'MSE': 2.0, 'loss': 1.0}
        """
        provider = as_measured(self.arch, self._weights(), data, label, batch_size, sample_weight)
        check_samples(self.arch, provider)
        compared = only_labels(self.arch)
        read = [each for each in labels_for(self.arch, provider) if each[0] not in compared]
        predictor = self.predictor(**shapes_of([*provider.provide_data(), *read]))
        return measured(self.arch, provider, eval_metric, predictor.of_batches(provider))

    # -- prediction ------------------------------------------------------------------------------

    @overload
    def predict(
        self, data: AbstractDataProvider | Predictable, *, outputs: str, overwrite: bool = ...
    ) -> np.ndarray: ...
    @overload
    def predict(
        self,
        data: AbstractDataProvider | Predictable,
        *,
        outputs: list[str] | tuple[str, ...],
        overwrite: bool = ...,
    ) -> dict[str, np.ndarray]: ...
    @overload
    def predict(
        self,
        data: AbstractDataProvider | Predictable,
        *,
        overwrite: bool = ...,
        callback: Callable[[Outputs], object] | None = ...,
        outputs: None = ...,
    ) -> np.ndarray | list[np.ndarray] | None: ...
    @outside_inference_mode
    def predict(
        self,
        data: AbstractDataProvider | Predictable,
        *,
        overwrite: bool = True,
        callback: Callable[[Outputs], object] | None = None,
        outputs: str | list[str] | tuple[str, ...] | None = None,
    ) -> np.ndarray | list[np.ndarray] | dict[str, np.ndarray] | None:
        """Predict.

        Args:
            data: the provider of the data, whose labels are not read, or a loader or dataset of
                torch; or an array, a table or a list of numbers, for the network's one input; or a
                dict of these by the inputs' names.
            overwrite: whether to predict with the weights that the model has now, default True: a
                new executor is made where they, or the shapes, are not those of the last
                prediction. False uses that of the last prediction again, with the weights it had,
                and wants the same shapes.
            callback: called with the outputs of each batch, an NDArray or a list of them, without
                padding; nothing is returned then. The next batch overwrites the arrays, so copy
                what is to be kept.
            outputs: the name of the output that is wanted; or a list of names, for a dict.

        Returns the outputs of all samples, of shape (samples, …); a list for several outputs.
        Raises MXError where the model has no weights, ArgumentError where it lacks some of them or
        the data does not belong to it. Prediction runs on the first context. Several threads may
        predict at once; `predictor` saves them the copying of the weights.
        """
        self._weights()
        samples = data if isinstance(data, AbstractDataProvider) else self._samples(data)
        shapes: dict[str, Any] = provided_by(samples)
        predictor = self._predictor
        if predictor is None or (overwrite and not self._is_current(predictor, shapes)):
            check_samples(self.arch, samples)
            predictor = self._predictor = self.predictor(**shapes)
        elif not overwrite:
            check_samples(predictor.executor.symbol, samples)
            check_same_shapes(predictor, shapes)
        found = predictor.predict_samples(samples, callback)
        return found if outputs is None else named_outputs(self.arch, found, outputs)

    def _is_current(self, predictor: Predictor, shapes: Mapping[str, Shape]) -> bool:
        """Whether a predictor is that of this network on this device, these weights and shapes."""
        return (
            predictor.executor.symbol is self.arch
            and predictor.executor.context == self.ctx[0]
            and predictor.shapes == shapes
            and predictor.has_weights(self.arg_params or {}, self.aux_params or {})
        )

    @outside_inference_mode
    def predictor(self, **shapes: Shape) -> Predictor:
        """Return a predictor with a copy of the weights that the model has now.

        Keep one where many predictions follow each other, or several threads predict.

        Args:
            shapes: shapes of the data by name; batches may have other numbers of rows.

        Raises MXError where the model has no weights, and what `Predictor` raises.
        """
        return Predictor(self.arch, self.ctx[0], self._weights(), self.aux_params or {}, shapes)

    def _weights(self) -> dict[str, NDArray]:
        """Return the parameters; MXError where there are none yet."""
        if self.arg_params is None:
            raise MXError(
                "Model weights not defined: call fit or init_model, or load a checkpoint, before "
                "predicting"
            )
        return self.arg_params

    @property
    def pred_exec(self) -> Executor | None:
        """The executor that the last prediction was made for; None before the first one."""
        return None if self._predictor is None else self._predictor.executor

    def _samples(self, data: Predictable) -> Samples:
        """Return what is to be predicted, in batches of at most so many rows."""
        predictor = self._predictor
        if predictor is not None and predictor.executor.symbol is self.arch:
            asked = [name for name in self.arch.list_arguments() if name in predictor.shapes]
            return samples_of(data, asked, BATCH_SIZE, self.arch)
        known = {*(self.arg_params or {}), *only_labels(self.arch)}
        inputs = [name for name in self.arch.list_arguments() if name not in known]
        return samples_of(data, inputs, BATCH_SIZE, self.arch)
