"""BaseModule: what all modules do with the same few methods. Derive from it for one's own.

Source: Apache MXNet 1.9.1, ``mxnet.module.BaseModule``.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...core.errors import ArgumentError
from .. import metric as metrics
from .. import ndarray as nd
from ..checkpoint import BatchEndParam, divided, joined
from ..initializer import Uniform
from ..io import DataBatch, DataIter
from .fitting import Fitting, called
from .inputs import check_input_names, parse_data_desc
from .interface import Arrays, Interface

__all__ = ["BaseModule"]

_check_input_names = check_input_names
_parse_data_desc = parse_data_desc


class BaseModule(Interface):
    """Base of all modules.

    A derived class defines `bind`, `init_params`, `init_optimizer`, `get_params`, `forward`,
    `backward`, `update`, `get_outputs`, `get_input_grads`, `update_metric`, `install_monitor`, and
    the properties of names and shapes; `fit`, `score` and `predict` are made of these.

    Args:
        logger: where lines go, default the root logger.
    """

    # -- steps in one ----------------------------------------------------------------------------

    def forward_backward(self, data_batch: Any) -> None:
        """Compute outputs and gradients of a batch."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Any = None,
    ) -> list[tuple[str, float]]:
        """Return names and values of a metric over data.

        Args:
            eval_data: the batches.
            eval_metric: a metric, or what `metric.create` makes one of.
            num_batch: how many batches, default all.
            batch_end_callback: one callback, or a list, after each batch.
            score_end_callback: one callback, or a list, at the end.
            reset: whether to begin at the first batch.
            epoch: the number that callbacks are told.
            sparse_row_id_fn: none: symnet has no sparse arrays.
        """
        self._need("binded", "params_initialized")
        if not isinstance(eval_metric, metrics.EvalMetric):
            eval_metric = metrics.create(eval_metric)
        eval_metric.reset()
        known = {"self": self, "eval_data": eval_data, "eval_metric": eval_metric, "epoch": epoch}
        count = 0
        for count, batch in enumerate(self._evaluated(eval_data, num_batch, reset), 1):
            if isinstance(batch, list):
                self.update_metric(eval_metric, [each.label for each in batch], pre_sliced=True)
            else:
                self.update_metric(eval_metric, batch.label)
            local = {**known, "nbatch": count - 1, "eval_batch": batch}
            called(batch_end_callback, BatchEndParam(epoch, count - 1, eval_metric, local))
        called(score_end_callback, BatchEndParam(epoch, count, eval_metric, known))
        found: list[tuple[str, float]] = eval_metric.get_name_value()
        return found

    def _evaluated(self, data: Any, count: int | None, reset: bool) -> Iterator[Any]:
        """Yield batches whose outputs have just been computed for prediction."""
        if reset:
            data.reset()
        for number, batch in enumerate(data):
            if number == count:
                break
            self.prepare(batch)
            self.forward(batch, is_train=False)
            yield batch

    def iter_predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        reset: bool = True,
        sparse_row_id_fn: Any = None,
    ) -> Iterator[tuple[list[Any], int, Any]]:
        """Yield outputs without padding, the number of the batch, and the batch."""
        self._need("binded", "params_initialized")
        for number, batch in enumerate(self._evaluated(eval_data, num_batch, reset)):
            yield self._unpadded(batch), number, batch

    def _unpadded(self, batch: Any) -> list[Any]:
        return [out[0 : out.shape[0] - (batch.pad or 0)] for out in self.get_outputs()]

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """Return the outputs for data.

        Args:
            eval_data: the batches; or an array of NumPy or MXNet, which is one batch.
            num_batch: how many batches, default all.
            merge_batches: whether to join the outputs of all batches; else a list of the outputs
                of each batch is returned.
            reset: whether to begin at the first batch.
            always_output_list: whether a single output comes as a list of one, too.
            sparse_row_id_fn: none: symnet has no sparse arrays.
        """
        self._need("binded", "params_initialized")
        if isinstance(eval_data, np.ndarray | nd.NDArray):
            array = nd.array(eval_data) if isinstance(eval_data, np.ndarray) else eval_data
            self.forward(DataBatch([array]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise ValueError("eval_data must be of type NDArray or DataIter")
        batches = self._evaluated(eval_data, num_batch, reset)
        found = [[out.copy() for out in self._unpadded(batch)] for batch in batches]
        if not found or not merge_batches:
            return found
        if len({len(outputs) for outputs in found}) > 1:
            raise ArgumentError(
                "predict: batches have different numbers of outputs, as buckets may; give "
                "merge_batches=False"
            )
        whole = [nd.concatenate(list(parts)) for parts in zip(*found, strict=True)]
        return whole[0] if len(whole) == 1 and not always_output_list else whole

    def fit(
        self,
        train_data: Any,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        initializer: Any = Uniform(0.01),  # noqa: B008 -- the default that MXNet's signature shows
        arg_params: Arrays | None = None,
        aux_params: Arrays | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Any = None,
    ) -> None:
        """Train; `Fitting` tells of the arguments."""
        if num_epoch is None:
            raise ArgumentError("fit: please specify number of epochs, num_epoch=")
        data, labels = train_data.provide_data, train_data.provide_label
        self.bind(data, labels, for_training=True, force_rebind=force_rebind)
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        if not isinstance(eval_metric, metrics.EvalMetric):
            eval_metric = metrics.create(eval_metric)
        Fitting(
            module=self,
            train_data=train_data,
            eval_data=eval_data,
            eval_metric=eval_metric,
            validation_metric=eval_metric if validation_metric is None else validation_metric,
            epoch_end_callback=epoch_end_callback,
            batch_end_callback=batch_end_callback,
            eval_end_callback=eval_end_callback,
            eval_batch_end_callback=eval_batch_end_callback,
            monitor=monitor,
        ).run(begin_epoch, num_epoch)

    # -- parameters ------------------------------------------------------------------------------

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters and auxiliary states; see `init_params`."""
        self.init_params(
            initializer=None,
            arg_params=arg_params,
            aux_params=aux_params,
            allow_missing=allow_missing,
            force_init=force_init,
            allow_extra=allow_extra,
        )

    def save_params(self, fname: Any) -> None:
        """Write parameters and auxiliary states to a file."""
        nd.save(fname, joined(*self.get_params()))

    def load_params(self, fname: Any) -> None:
        """Read parameters and auxiliary states from a file."""
        self.set_params(*divided(nd.load(fname), str(fname)))

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states that are kept from batch to batch: none."""
        self._need("binded", "params_initialized")
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states that are kept from batch to batch, of which there are none."""
        self._need("binded", "params_initialized")
        if states or value:
            raise ArgumentError(f"{type(self).__name__} has no states to set")

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Make ready for the next batch."""
        if sparse_row_id_fn is not None:
            warnings.warn("sparse_row_id_fn is not invoked: no array is sparse", stacklevel=2)

    @property
    def symbol(self) -> Any:
        """The network."""
        return self._symbol
