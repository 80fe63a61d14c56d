"""BucketingModule: a network for each bucket, all with the same weights.

Source: Apache MXNet 1.9.1, ``mxnet.module.BucketingModule``.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core.errors import ArgumentError, listed
from .. import ndarray as nd
from .. import symbol as sym
from ..checkpoint import load_params
from ..initializer import Uniform
from ..name import NameManager
from .base_module import BaseModule
from .inputs import check_all_names
from .interface import Arrays
from .module import Module

__all__ = ["BucketingModule"]


class BucketingModule(BaseModule):
    """Networks that a function makes for the key of a bucket, as the length of sequences.

    Args:
        sym_gen: returns network, names of data and names of labels for a key.
        default_bucket_key: the key of the bucket that has all parameters.
        logger: where lines go, default the root logger.
        context: a device, or a list of devices; default ``cpu()``.
        work_load_list: how much of a batch each device takes, in proportion; default alike.
        fixed_param_names: parameters that are not trained.
        state_names: arguments that are kept from batch to batch.
        group2ctxs: contexts by the name of a group of nodes.
        compression_params: none: gradients are shared uncompressed.
    """

    def __init__(
        self,
        sym_gen: Callable[[Any], tuple[Any, Any, Any]],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: Any = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger=logger)
        if default_bucket_key is None:
            raise ArgumentError("BucketingModule: default_bucket_key is required")
        self._default_bucket_key = default_bucket_key
        self._sym_gen = sym_gen
        self._options = {
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
            "group2ctxs": group2ctxs,
            "compression_params": compression_params,
        }
        symbol, data_names, label_names = self._call_sym_gen(default_bucket_key)
        given = data_names, label_names, state_names, fixed_param_names
        check_all_names(symbol, *(list(names or ()) for names in given))
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Module | None = None
        self._curr_bucket_key: Any = None
        self._params_dirty = False
        self._monitor: Any = None
        self._grad_req: Any = "write"

    def _call_sym_gen(self, key: Any) -> tuple[Any, Any, Any]:
        """Make a bucket's network; automatic names begin anew, so that buckets share them."""
        with NameManager():
            return self._sym_gen(key)

    def _made(self, key: Any) -> Module:
        symbol, data_names, label_names = self._call_sym_gen(key)
        return Module(symbol, data_names, label_names, **self._options)

    def _current(self) -> Module:
        if self._curr_module is None:
            raise ArgumentError("BucketingModule: call bind(...) first")
        return self._curr_module

    # -- names and shapes ------------------------------------------------------------------------

    @property
    def data_names(self) -> Any:
        """The names of the data."""
        if self.binded:
            return self._current().data_names
        return self._call_sym_gen(self._default_bucket_key)[1]

    @property
    def output_names(self) -> Any:
        """The names of the outputs."""
        if self.binded:
            return self._current().output_names
        return self._call_sym_gen(self._default_bucket_key)[0].list_outputs()

    @property
    def data_shapes(self) -> Any:
        """Names and shapes of the data of the current bucket."""
        return self._current().data_shapes

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels of the current bucket."""
        return self._current().label_shapes

    @property
    def output_shapes(self) -> Any:
        """Names and shapes of the outputs of the current bucket."""
        return self._current().output_shapes

    @property
    def symbol(self) -> Any:
        """The network of the current bucket."""
        return self._current().symbol

    # -- parameters ------------------------------------------------------------------------------

    def get_params(self) -> tuple[Arrays, Arrays]:
        """Return parameters and auxiliary states on the CPU, by name."""
        self._need("params_initialized")
        module = self._current()
        module._params_dirty = module._params_dirty or self._params_dirty
        self._params_dirty = False
        return module.get_params()

    def init_params(
        self,
        initializer: Any = Uniform(0.01),  # noqa: B008 -- the default that MXNet's signature shows
        arg_params: Mapping[str, Any] | None = None,
        aux_params: Mapping[str, Any] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set what parameters start from; see `Module.init_params`."""
        if self.params_initialized and not force_init:
            return
        self._need("binded")
        self._current().init_params(
            initializer, arg_params, aux_params, allow_missing, force_init, allow_extra
        )
        self._params_dirty = False
        self.params_initialized = True

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters and auxiliary states; see `Module.set_params`."""
        if self._keeps_params("set_params", force_init):
            return
        if not allow_missing:
            super().set_params(arg_params, aux_params, False, force_init, allow_extra)
            return
        self._current().set_params(arg_params, aux_params, True, force_init, allow_extra)
        self._params_dirty = True
        self.params_initialized = True

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return for each state the arrays on the devices."""
        return self._current().get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states; see `Module.set_states`."""
        self._current().set_states(states, value)

    # -- buckets ---------------------------------------------------------------------------------

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
        """Make executors for the default bucket; see `Module.bind`."""
        kept = self.get_params() if self.params_initialized else None
        if force_rebind:
            self.binded = False
            self._buckets = {}
            self._curr_module = self._curr_bucket_key = None
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if shared_module is not None:
            raise ArgumentError("shared_module for BucketingModule is not supported")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._grad_req = grad_req
        key = self._default_bucket_key
        module = self._buckets.get(key) or self._made(key)
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, grad_req=grad_req)
        self._curr_module, self._curr_bucket_key = module, key
        self._buckets[key] = module
        self.binded = True
        if kept is not None:
            self.set_params(*kept)

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go over to another bucket; its executors are made when they are needed first.

        Args:
            bucket_key: the key.
            data_shapes: names and shapes of its data.
            label_shapes: those of its labels.
        """
        self._need("binded")
        module = self._buckets.get(bucket_key) or self._made(bucket_key)
        if not module.binded:
            default = self._buckets[self._default_bucket_key]
            module.bind(
                data_shapes,
                label_shapes,
                self.for_training,
                self.inputs_need_grad,
                shared_module=default,
                grad_req=self._grad_req,
            )
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._curr_module, self._curr_bucket_key = module, bucket_key

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Make the executors of the next batch's bucket, and stay in this one."""
        self._need("binded", "params_initialized")
        current = self._curr_bucket_key
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._current().prepare(data_batch, sparse_row_id_fn)
        self.switch_bucket(current, None)

    # -- running ---------------------------------------------------------------------------------

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make ready to update parameters; see `Module.init_optimizer`."""
        self._need("binded", "params_initialized")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        # The default bucket's module owns the parameters, so that numbers of weights are its.
        owner = self._buckets[self._default_bucket_key]
        owner._params_dirty = owner._params_dirty or self._params_dirty
        owner.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        for module in self._buckets.values():
            if module is not owner and module.binded:
                module.borrow_optimizer(owner)
        self.optimizer_initialized = True

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch, in its bucket."""
        self._need("binded", "params_initialized")
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        module = self._current()
        module.forward(data_batch, is_train)
        self._params_dirty = self._params_dirty or module._params_dirty

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients."""
        self._current().backward(out_grads)

    def update(self) -> None:
        """Update the parameters by the gradients of the last batch."""
        self._need("binded", "params_initialized", "optimizer_initialized")
        self._params_dirty = True
        self._current().update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last batch."""
        return self._current().get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data."""
        return self._current().get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Have a metric take in the outputs of the last batch."""
        self._current().update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Have a monitor measure what is computed, in every bucket."""
        self._need("binded")
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)

    # -- files -----------------------------------------------------------------------------------

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the parameters, and the network of each bucket that there is.

        Args:
            prefix: how the files' names begin.
            epoch: the number in the name of the file of parameters.
            remove_amp_cast: there only for scripts that give it: symnet makes no such casts.
        """
        if not self._buckets:
            raise ArgumentError("Empty BucketingModule cannot be saved")
        self.save_params(f"{prefix}-{epoch:04d}.params")
        for key in self._buckets:
            self._call_sym_gen(key)[0].save(f"{prefix}-{key}-symbol.json")
        nd.save(f"{prefix}.buckets", nd.array(list(self._buckets), dtype="int32"))

    @staticmethod
    def load(
        prefix: str,
        epoch: int,
        sym_gen: Any = None,
        default_bucket_key: Any = None,
        **kwargs: Any,
    ) -> "BucketingModule":
        """Return a module of what `save_checkpoint` wrote.

        Args:
            prefix: how the files' names begin.
            epoch: the number in the name of the file of parameters.
            sym_gen: see `BucketingModule`.
            default_bucket_key: see `BucketingModule`.
            kwargs: further arguments of `BucketingModule`.
        """
        keys: Any = nd.load(f"{prefix}.buckets")
        symbols = {
            key: sym.load(f"{prefix}-{key}-symbol.json")
            for key in keys[0].asnumpy().astype("int32").tolist()
        }
        return BucketingModule.load_dict(
            symbols, sym_gen, default_bucket_key, *load_params(prefix, epoch), **kwargs
        )

    @staticmethod
    def load_dict(
        sym_dict: Any = None,
        sym_gen: Any = None,
        default_bucket_key: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        **kwargs: Any,
    ) -> "BucketingModule":
        """Return a module of networks by key, and parameters.

        Args:
            sym_dict: networks, by key.
            sym_gen: see `BucketingModule`.
            default_bucket_key: see `BucketingModule`; one of the keys.
            arg_params: the parameters, by name.
            aux_params: the auxiliary states, by name.
            kwargs: further arguments of `BucketingModule`.
        """
        for name, given in {"sym_gen": sym_gen, "default_bucket_key": default_bucket_key}.items():
            if given is None:
                raise ArgumentError(f"BucketingModule: {name} is required for loading")
        if default_bucket_key not in (sym_dict or {}):
            raise ArgumentError(
                f"BucketingModule: no network for the default bucket {default_bucket_key!r} "
                f"{listed(sym_dict or ())}"
            )
        whole = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        for key, symbol in sym_dict.items():
            _, data_names, label_names = whole._call_sym_gen(key)
            whole._buckets[key] = Module(symbol, data_names, label_names, **whole._options)
        module = whole._curr_module = whole._buckets[default_bucket_key]
        module._arg_params, module._aux_params = arg_params, aux_params
        module.params_initialized = whole.params_initialized = True
        return whole
