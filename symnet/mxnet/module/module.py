"""Module: one network, trained and asked for predictions.

Source: Apache MXNet 1.9.1, ``mxnet.module.Module``.
"""

import logging
from typing import Any

from ...core.errors import ArgumentError
from ..checkpoint import load_checkpoint
from .bound_module import BoundModule
from .preparing import shapes_of_batch
from .updating import Updating, make_updating

__all__ = ["Module"]


class Module(BoundModule):
    """A network with its parameters, an optimizer, and executors on one device or several.

    Args:
        symbol: the network.
        data_names: names of the data, default ``("data",)``.
        label_names: names of the labels, default ``("softmax_label",)``; None for none.
        logger: where lines go, default the root logger.
        context: a device, or a list of devices among which each batch is divided; default
            ``cpu()``.
        work_load_list: how much of a batch each device takes, in proportion; default alike.
        fixed_param_names: parameters that are not trained.
        state_names: arguments that are kept from batch to batch; `set_states` sets them.
        group2ctxs: contexts by the name of a group of nodes, or a list with such a dict for each
            device.
        compression_params: none: gradients are shared uncompressed.

    Raises ArgumentError for a name of data, states or fixed parameters that the network does not
    have.
    """

    # -- files -----------------------------------------------------------------------------------

    @staticmethod
    def load(
        prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any
    ) -> "Module":
        """Return a module of what `save_checkpoint` wrote.

        Args:
            prefix: how the files' names begin.
            epoch: the number in the files' names.
            load_optimizer_states: whether `init_optimizer` is to read the optimizer's states too.
            kwargs: arguments of `Module`.
        """
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        module = Module(symbol=symbol, **kwargs)
        module._arg_params, module._aux_params = arguments, states
        module.params_initialized = True
        if load_optimizer_states:
            module._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return module

    def save_checkpoint(
        self,
        prefix: str,
        epoch: int,
        save_optimizer_states: bool = False,
        remove_amp_cast: bool = True,
    ) -> None:
        """Write network and parameters to files; see `model.save_checkpoint`.

        Args:
            prefix: how the files' names begin.
            epoch: the number in the files' names.
            save_optimizer_states: whether to write ``PREFIX-NNNN.states`` too.
            remove_amp_cast: there only for scripts that give it: symnet makes no such casts.
        """
        self._symbol.save(f"{prefix}-symbol.json")
        name = f"{prefix}-{epoch:04d}.params"
        self.save_params(name)
        logging.info('Saved checkpoint to "%s"', name)
        if save_optimizer_states:
            states = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(states)
            logging.info('Saved optimizer state to "%s"', states)

    def save_optimizer_states(self, fname: Any) -> None:
        """Write what the optimizer remembers to a file."""
        self._updates().save_states(fname)

    def load_optimizer_states(self, fname: Any) -> None:
        """Read what `save_optimizer_states` wrote."""
        self._updates().load_states(fname)

    # -- running ---------------------------------------------------------------------------------

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Make ready to update parameters.

        Args:
            kvstore: what devices and processes share gradients through: a name, a store or None.
            optimizer: a name or an optimizer.
            optimizer_params: what an optimizer is made with by name. ``rescale_grad`` is one
                divided by the batch size where it is not given.
            force_init: whether to do so where there is an optimizer already.
        """
        self._need("binded", "params_initialized")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        self.get_params()
        group = self._executors()
        updating = make_updating(self, kvstore, optimizer, optimizer_params, group.batch_size)
        if updating.store is not None:
            if self._compression_params:
                updating.store.set_gradient_compression(self._compression_params)
            weights = group.arrays("arg_dict", self._param_names)
            for name, copies in zip(self._param_names, weights, strict=True):
                updating.store.init(name, self.parameters[name])
                if updating.on_store:
                    updating.store.pull(name, out=copies)
        self._updating = updating
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _updates(self) -> Updating:
        if self._updating is None:
            raise ArgumentError("Module: call init_optimizer(...) first")
        return self._updating

    @property
    def _optimizer(self) -> Any:
        return self._updates().optimizer

    @property
    def _kvstore(self) -> Any:
        return self._updates().store

    @property
    def _updater(self) -> Any:
        return self._updates().updater

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch.

        Args:
            data_batch: the batch: ``data``, and ``label`` where there is one; or a list of
                batches, one for each device. Its shapes may differ from those before.
            is_train: whether to compute as in training, default what `bind` was told.
        """
        self._need("binded", "params_initialized")
        shapes, described = shapes_of_batch(self, data_batch)
        if shapes != self._shapes:
            self.reshape(*described())
        trains = self.for_training if is_train is None else bool(is_train)
        self._executors().forward(data_batch, trains)
        if trains and self._aux_names:
            self._params_dirty = True

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients, given those of the outputs where these are no losses."""
        self._need("binded", "params_initialized", "for_training")
        self._executors().backward(out_grads)

    def update(self) -> None:
        """Update the parameters by the gradients of the last batch."""
        self._need("binded", "params_initialized")
        self._params_dirty = True
        self._updates().update(self._executors().now.trained)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last batch.

        Args:
            merge_multi_context: whether those of several devices are joined; else each output is
                a list.
        """
        self._need("binded", "params_initialized")
        return self._executors().outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data; ``bind(..., inputs_need_grad=True)`` asks for them."""
        self._need("binded", "params_initialized", "inputs_need_grad")
        return self._executors().input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Have a metric take in the outputs of the last batch.

        Args:
            eval_metric: the metric.
            labels: the labels of the batch.
            pre_sliced: whether they are a list for each device.
        """
        self._executors().update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Have a monitor measure what is computed."""
        self._executors().install_monitor(mon)
