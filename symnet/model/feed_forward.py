"""FeedForward: a network, its parameters, and the devices that it runs on.

Source: the documents, "Models"; SEMANTICS §5.1, §5.2, §5.5.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ..context import Context, cpu
from ..data import AbstractDataProvider
from ..errors import ArgumentError, MXError, ShapeError, suggest
from ..executor import Executor, simple_bind
from ..initializer import AbstractInitializer
from ..logs import logger
from ..ndarray import NDArray
from ..op import Shape
from ..optimizer import AbstractOptimizer
from ..program.facts import Facts
from ..symbol import SymbolicNode
from .inputs import check_complete, check_names, shapes_of
from .training import FitOptions, train

__all__ = ["AbstractModel", "FeedForward"]

Outputs = NDArray | list[NDArray]


class AbstractModel:
    """Base of all models: what is trained on data, and asked for predictions."""


class FeedForward(AbstractModel):
    """A network that can be trained on a data provider and asked for predictions.

    Args:
        arch: the network; its outputs are the predictions.
        context: the device that it runs on, or a list of devices over which the batches of a
            training are split; default ``cpu()``.

    >>> from symnet.symbol import Variable
    >>> FeedForward(Variable("data") * 2).ctx
    [CPU0]
    """

    def __init__(
        self, arch: SymbolicNode, context: Context | Sequence[Context] | None = None
    ) -> None:
        if not isinstance(arch, SymbolicNode):
            raise ArgumentError(f"arch must be a symbol, got {arch!r}")
        contexts = [context] if isinstance(context, Context) else context or [cpu()]
        if not isinstance(contexts, Sequence) or not all(isinstance(c, Context) for c in contexts):
            raise ArgumentError(f"context must be a Context or a list of them, got {context!r}")
        self.arch = arch
        self.ctx: list[Context] = list(contexts)
        self.arg_params: dict[str, NDArray] | None = None
        self.aux_params: dict[str, NDArray] | None = None
        self.pred_exec: Executor | None = None

    def __repr__(self) -> str:
        known = (
            "without weights" if self.arg_params is None else f"{len(self.arg_params)} parameters"
        )
        return f"FeedForward({self.arch.list_outputs()}, {self.ctx}, {known})"

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
        arguments, states = self.arch.list_arguments(), self.arch.list_auxiliary_states()
        for name in input_shapes:
            if name not in arguments:
                raise ArgumentError(
                    f"init_model: the network has no argument {name!r}{suggest(name, arguments)} "
                    f"(there are: {', '.join(arguments)})"
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
        array = NDArray.wrap(torch.zeros(shape), cpu())
        try:
            initializer.init(name, array)
        except ArgumentError as error:
            raise ArgumentError(
                f"{error}; or, if {name} is data or a label and no parameter, give its shape: have "
                f"the data provider provide it, or say init_model(…, {name}=shape)"
            ) from None
        return array

    # -- training --------------------------------------------------------------------------------

    def fit(self, optimizer: AbstractOptimizer, data: AbstractDataProvider, **options: Any) -> None:
        """Train the model.

        Args:
            optimizer: the optimization algorithm.
            data: the training data.
            n_epoch: number of passes through the data, default 10.
            eval_data: validation data, default none; its batch size is that of the training data.
            eval_metric: the metric of both, default ``Accuracy()``.
            kvstore: how several devices' gradients are summed, default ``"local"``; with one device
                nothing needs to be.
            initializer: for parameters that do not exist yet, default ``UniformInitializer(0.01)``.
            force_init: whether to initialise existing parameters anew, default False.
            callbacks: callbacks for batches and epochs, default none.
            verbose: whether to log and to show progress, default True.

        Raises ParameterError for an unknown option, and an error of `symnet.errors` for whatever
        does not fit, before training begins where it can be known. A training that fails or is
        interrupted leaves the parameters of the last epoch that was completed.
        Source: the documents, "fit"; SEMANTICS §5.3.
        """
        train(self, optimizer, data, FitOptions.make(options))

    def train(
        self, optimizer: AbstractOptimizer, data: AbstractDataProvider, **options: Any
    ) -> None:
        """Train the model: another name of `fit`."""
        self.fit(optimizer, data, **options)

    # -- prediction ------------------------------------------------------------------------------

    def predict(
        self,
        data: AbstractDataProvider,
        *,
        overwrite: bool = True,
        callback: Callable[[Outputs], object] | None = None,
    ) -> np.ndarray | list[np.ndarray] | None:
        """Predict.

        Args:
            data: the provider of the data; labels are not read.
            overwrite: whether to make a new executor and copy the weights into it, default True.
                False uses that of the last prediction again, with the weights it had, and wants the
                same shapes.
            callback: called with the outputs of each batch, an NDArray or a list of them, without
                padding; nothing is returned then. The next batch overwrites the arrays, so copy
                what is to be kept.

        Returns the outputs of all samples, of shape (samples, …); a list for several outputs.
        Raises MXError where the model has no weights, ArgumentError where it lacks some of them or
        the data does not belong to it. Prediction runs on the first context.
        """
        executor = self._predictor(data, overwrite)
        targets = [executor.arg_dict[name] for name, _ in data.provide_data()]
        collected: list[list[np.ndarray]] = [[] for _ in executor.outputs]
        for batch in data:
            data.load_data(batch, targets)
            outputs = [out[: data.count_samples(batch)] for out in executor.forward()]
            if callback is not None:
                callback(outputs[0] if len(outputs) == 1 else outputs)
                continue
            for parts, output in zip(collected, outputs, strict=True):
                parts.append(output.asnumpy())
        if callback is not None:
            return None
        joined = [
            np.concatenate(parts) if parts else output.asnumpy()[:0]
            for parts, output in zip(collected, executor.outputs, strict=True)
        ]
        return joined[0] if len(joined) == 1 else joined

    def _predictor(self, data: AbstractDataProvider, overwrite: bool) -> Executor:
        shapes: dict[str, Any] = shapes_of(data.provide_data())
        if self.pred_exec is not None and not overwrite:
            check_names(self.pred_exec.symbol, data, with_labels=False)
            _check_same_shapes(self.pred_exec, shapes)
            return self.pred_exec
        if self.arg_params is None:
            raise MXError(
                "Model weights not defined: call fit or init_model, or load a checkpoint, "
                "before predicting"
            )
        check_names(self.arch, data, with_labels=False)
        check_complete(self.arch, shapes, self.arg_params, self.aux_params or {})
        executor = simple_bind(self.arch, self.ctx[0], grad_req="null", **shapes)
        executor.copy_params_from(self.arg_params, self.aux_params)
        self.pred_exec = executor
        return executor


def _check_same_shapes(executor: Executor, shapes: Mapping[str, Shape]) -> None:
    for name, shape in shapes.items():
        bound = executor.arg_dict[name].shape
        if bound != shape:
            raise ShapeError(
                f"the predictor was made for {name!r} of shape {bound}, the provider gives {shape};"
                " predict(…, overwrite=True) makes a new one"
            )
