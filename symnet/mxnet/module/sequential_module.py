"""SequentialModule: modules one after the other.

Source: Apache MXNet 1.9.1, ``mxnet.module.SequentialModule``.
"""

import copy
import logging
from collections.abc import Mapping
from typing import Any

from ...core.errors import ArgumentError, listed
from ..initializer import Uniform
from .base_module import BaseModule
from .inputs import descriptions
from .interface import Arrays

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Modules each of which takes the outputs of the one before.

    Args:
        logger: where lines go, default the root logger.
    """

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger=logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._label_shapes: Any = None

    def add(self, module: BaseModule, **kwargs: Any) -> "SequentialModule":
        """Add a module, and return this one.

        Args:
            module: the module.
            kwargs: ``take_labels=True`` where it takes the labels, ``auto_wiring=True`` where it
                takes the outputs before whatever their names are.
        """
        known = (self.META_TAKE_LABELS, self.META_AUTO_WIRING)
        for key in kwargs:
            if key not in known:
                raise ArgumentError(f"add: unknown {key!r} {listed(known)}")
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    # -- names and shapes ------------------------------------------------------------------------

    @property
    def data_names(self) -> Any:
        """The names of the data of the first module."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> Any:
        """The names of the outputs of the last module."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> Any:
        """Names and shapes of the data of the first module."""
        self._need("binded")
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels; None where no module takes them."""
        self._need("binded")
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """Names and shapes of the outputs of the last module."""
        self._need("binded")
        return self._modules[-1].output_shapes

    # -- parameters ------------------------------------------------------------------------------

    def get_params(self) -> tuple[Arrays, Arrays]:
        """Return parameters and auxiliary states of all modules, by name."""
        self._need("binded", "params_initialized")
        arguments: Arrays = {}
        states: Arrays = {}
        for module in self._modules:
            own, own_states = module.get_params()
            arguments.update(own)
            states.update(own_states)
        return arguments, states

    def init_params(
        self,
        initializer: Any = Uniform(0.01),  # noqa: B008 -- the default that MXNet's signature shows
        arg_params: Mapping[str, Any] | None = None,
        aux_params: Mapping[str, Any] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set what the parameters of all modules start from; see `Module.init_params`.

        Raises ArgumentError where two modules have parameters of one name.
        """
        if self.params_initialized and not force_init:
            return
        self._need("binded")
        for module in self._modules:
            module.init_params(
                initializer=initializer,
                arg_params=arg_params,
                aux_params=aux_params,
                allow_missing=allow_missing,
                force_init=force_init,
                allow_extra=allow_extra,
            )
        self._check_names()
        self.params_initialized = True

    def _check_names(self) -> None:
        owners: dict[str, int] = {}
        for place, module in enumerate(self._modules):
            for name in (name for arrays in module.get_params() for name in arrays):
                if name in owners:
                    raise ArgumentError(
                        f"Duplicated parameter names: {name!r} in layer {place} "
                        f"({type(module).__name__}) is already used in layer {owners[name]} "
                        f"({type(self._modules[owners[name]]).__name__})"
                    )
                owners[name] = place

    # -- binding ---------------------------------------------------------------------------------

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
        """Bind all modules, each to the shapes that the one before gives; see `Module.bind`."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise ArgumentError("bind: inputs_need_grad=True needs for_training=True")
        if shared_module is not None:
            raise ArgumentError("Shared module is not supported")
        if not self._modules:
            raise ArgumentError("Attempting to bind an empty SequentialModule")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        shapes = data_shapes
        for place, (module, meta) in enumerate(zip(self._modules, self._metas, strict=True)):
            if meta.get(self.META_AUTO_WIRING):
                shapes = _renamed(module.data_names, shapes)
            module.bind(
                data_shapes=shapes,
                label_shapes=label_shapes if meta.get(self.META_TAKE_LABELS) else None,
                for_training=for_training,
                inputs_need_grad=inputs_need_grad or (for_training and place > 0),
                force_rebind=force_rebind,
                grad_req=grad_req,
            )
            shapes = module.output_shapes
        takes_labels = any(meta.get(self.META_TAKE_LABELS) for meta in self._metas)
        self._label_shapes = label_shapes if takes_labels else None
        self.binded = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make all modules ready to update parameters; see `Module.init_optimizer`."""
        self._need("binded", "params_initialized")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        for module in self._modules:
            module.init_optimizer(
                kvstore=kvstore,
                optimizer=optimizer,
                optimizer_params=optimizer_params,
                force_init=force_init,
            )
        self.optimizer_initialized = True

    # -- running ---------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch."""
        self._need("binded", "params_initialized")
        passed = copy.copy(data_batch)
        for place, module in enumerate(self._modules):
            module.forward(passed, is_train=is_train)
            if place + 1 < len(self._modules):
                passed.data = module.get_outputs()
                if hasattr(passed, "provide_data"):
                    names = self._modules[place + 1].data_names
                    passed.provide_data = [
                        (name, out.shape) for name, out in zip(names, passed.data, strict=True)
                    ]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients, from the last module to the first."""
        self._need("binded", "params_initialized")
        for place in reversed(range(len(self._modules))):
            self._modules[place].backward(out_grads=out_grads)
            if place:
                out_grads = self._modules[place].get_input_grads()

    def update(self) -> None:
        """Update the parameters of all modules."""
        self._need("binded", "params_initialized", "optimizer_initialized")
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last module."""
        self._need("binded", "params_initialized")
        return self._modules[-1].get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data of the first module."""
        self._need("binded", "params_initialized", "inputs_need_grad")
        return self._modules[0].get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Have a metric take in the outputs of the modules that take labels."""
        self._need("binded", "params_initialized")
        for module, meta in zip(self._modules, self._metas, strict=True):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Have a monitor measure what is computed, in every module."""
        self._need("binded")
        for module in self._modules:
            module.install_monitor(mon)


def _renamed(names: Any, shapes: Any) -> list[tuple[str, Any]]:
    """Return shapes under other names, in order."""
    described = descriptions(shapes)
    if len(names) != len(described):
        raise ArgumentError(
            f"auto_wiring: the module takes {list(names)}, but the one before gives "
            f"{[each.name for each in described]}"
        )
    return [(name, each.shape) for name, each in zip(names, described, strict=True)]
