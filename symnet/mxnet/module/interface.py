"""What all modules have: flags, and methods that a derived class defines.

Source: Apache MXNet 1.9.1, ``mxnet.module.BaseModule``.
"""

import logging
import warnings
from typing import Any

from ...core.errors import ArgumentError

__all__ = ["Arrays", "Interface"]

Arrays = dict[str, Any]


class Interface:
    """The methods that a module defines, and how far it is.

    Args:
        logger: where lines go, default the root logger.
    """

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Any = None

    def _need(self, *what: str) -> None:
        """Raise ArgumentError unless this has been done to the module."""
        for each in what:
            if not getattr(self, each):
                raise ArgumentError(f"{type(self).__name__}: call {_MADE_BY[each]} first")

    def _keeps_params(self, method: str, force_init: bool) -> bool:
        """Whether parameters are initialised and stay; then a warning says so to the caller."""
        kept = self.params_initialized and not force_init
        if kept:
            warnings.warn(
                f"Parameters already initialized and force_init=False. {method} call ignored.",
                stacklevel=3,
            )
        return kept

    # -- what derived classes define -------------------------------------------------------------

    @property
    def data_names(self) -> Any:
        """The names of the data."""
        raise self._undefined("data_names")

    @property
    def output_names(self) -> Any:
        """The names of the outputs."""
        raise self._undefined("output_names")

    @property
    def data_shapes(self) -> Any:
        """Names and shapes of the data."""
        raise self._undefined("data_shapes")

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels."""
        raise self._undefined("label_shapes")

    @property
    def output_shapes(self) -> Any:
        """Names and shapes of the outputs."""
        raise self._undefined("output_shapes")

    def get_params(self) -> tuple[Arrays, Arrays]:
        """Return parameters and auxiliary states, by name."""
        raise self._undefined("get_params")

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set what parameters start from."""
        raise self._undefined("init_params")

    def install_monitor(self, mon: Any) -> None:
        """Have a monitor measure what is computed."""
        raise self._undefined("install_monitor")

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch."""
        raise self._undefined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients."""
        raise self._undefined("backward")

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last batch."""
        raise self._undefined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data."""
        raise self._undefined("get_input_grads")

    def update(self) -> None:
        """Update the parameters."""
        raise self._undefined("update")

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Have a metric take in the outputs of the last batch."""
        raise self._undefined("update_metric")

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
        """Make ready for inputs of these shapes."""
        raise self._undefined("bind")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make ready to update parameters."""
        raise self._undefined("init_optimizer")

    def _undefined(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} does not define {what}")


_MADE_BY = {
    "binded": "bind(...)",
    "params_initialized": "init_params(...) or set_params(...)",
    "optimizer_initialized": "init_optimizer(...)",
    "for_training": "bind(..., for_training=True)",
    "inputs_need_grad": "bind(..., inputs_need_grad=True)",
}
"""What makes a module be so."""
