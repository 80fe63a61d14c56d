"""PythonModule: a module without parameters whose computation is written in Python.

Source: Apache MXNet 1.9.1, ``mxnet.module.python_module``.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ...core.errors import ArgumentError
from .. import ndarray as nd
from .base_module import BaseModule
from .interface import Arrays

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """Base of modules without parameters: derive from it, and define what is computed.

    Args:
        data_names: the names of the data.
        label_names: the names of the labels; None for none.
        output_names: the names of the outputs.
        logger: where lines go, default the root logger.
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger=logger)
        self._data_names = list(data_names)
        self._label_names = None if label_names is None else list(label_names)
        self._output_names = output_names
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> Any:
        """The names of the data."""
        return self._data_names

    @property
    def output_names(self) -> Any:
        """The names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        """Names and shapes of the data."""
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels."""
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """Names and shapes of the outputs."""
        return self._output_shapes

    def get_params(self) -> tuple[Arrays, Arrays]:
        """Return no parameters and no states."""
        return {}, {}

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Do nothing: there are no parameters."""

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Do nothing: there are no parameters."""

    def update(self) -> None:
        """Do nothing: there are no parameters."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Have a metric take in the outputs, where the module takes labels."""
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise ArgumentError(f"{type(self).__name__} does not take labels device by device")
        eval_metric.update(labels, self.get_outputs())

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Take the shapes of the inputs, and work out those of the outputs.

        Raises ArgumentError for other names than those of the module.
        """
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if grad_req != "write":
            raise ArgumentError(f"{type(self).__name__} only writes gradients, got {grad_req!r}")
        _check_names("data", self._data_names, data_shapes)
        if label_shapes is not None:
            _check_names("label", self._label_names, label_shapes)
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes, self._label_shapes = data_shapes, label_shapes
        self._output_shapes = self._compute_output_shapes()
        self.binded = self.params_initialized = self.optimizer_initialized = True

    def _compute_output_shapes(self) -> Any:
        """Return names and shapes of the outputs."""
        raise self._undefined("_compute_output_shapes")


def _check_names(kind: str, names: Sequence[str] | None, shapes: Any) -> None:
    found = [each[0] for each in shapes]
    if found != names:
        raise ArgumentError(f"bind: {kind}_shapes are of {found}, but the module takes {names}")


class PythonLossModule(PythonModule):
    """A loss whose gradient is written in Python; its output is its input.

    Args:
        name: begins the name of the output, default ``"pyloss"``.
        data_names: the name of the scores, default ``("data",)``.
        label_names: the name of the labels, default ``("softmax_label",)``.
        logger: where lines go, default the root logger.
        grad_func: returns the gradient of the scores, given scores and labels; a derived class
            defines `_backward_impl` instead.
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [f"{name}_output"], logger=logger)
        if len(data_names) != 1 or len(label_names) != 1:
            raise ArgumentError(
                f"PythonLossModule takes one input and one label, got {list(data_names)} and "
                f"{list(label_names)}"
            )
        self._name = name
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None
        self._grad_func = grad_func

    def _compute_output_shapes(self) -> Any:
        return [(f"{self._name}_output", self._data_shapes[0][1])]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Take scores, and in training the labels."""
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the scores."""
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the scores; a loss is given none itself."""
        if out_grads is not None:
            raise ArgumentError("For a loss module, out_grads should be None")
        self._need("for_training")
        self._backward_impl()

    def _backward_impl(self) -> None:
        if self._grad_func is None:
            raise NotImplementedError(
                f"{type(self).__name__}: give grad_func, or define _backward_impl"
            )
        found = self._grad_func(self._scores, self._labels)
        self._scores_grad = found if isinstance(found, nd.NDArray) else nd.array(found)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradient of the scores."""
        return [self._scores_grad]
