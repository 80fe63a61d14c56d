"""FeedForward: a network that is trained and asked for predictions in one call each.

Source: Apache MXNet 1.9.1, ``mxnet.model``.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError
from ..ndarray import NDArray as CoreArray
from ..symbol import SymbolicNode
from . import metric as metrics
from .callback import LogValidationMetricsCallback
from .checkpoint import BatchEndParam, load_checkpoint, load_params, save_checkpoint
from .context import cpu
from .executor_manager import _check_arguments
from .initializer import Uniform
from .io import DataDesc, DataIter, NDArrayIter
from .module import BaseModule, BucketingModule, Module
from .module.fitting import called

__all__ = ["BatchEndParam", "FeedForward", "load_checkpoint", "load_params", "save_checkpoint"]

Arrays = Mapping[str, Any] | None


class FeedForward:
    """A network with its parameters.

    Args:
        symbol: the network; or a function that makes one for the key of a bucket.
        ctx: a device, or a list of devices; default ``cpu()``.
        num_epoch: number of the epoch after the last one.
        epoch_size: batches in an epoch, default all that there are.
        optimizer: a name or an optimizer.
        initializer: what parameters start from.
        numpy_batch_size: samples in a batch, where data are given as arrays.
        arg_params: parameters to start from instead.
        aux_params: auxiliary states to start from.
        allow_extra_params: whether these may have arrays that the network does not have.
        begin_epoch: number of the first epoch.
        kwargs: what an optimizer is made with by name.

    >>> import symnet.mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    >>> model = mx.model.FeedForward(mx.sym.SoftmaxOutput(net, name="softmax"), num_epoch=1)
    >>> model.fit(mx.nd.ones((4, 3)), mx.nd.zeros(4))
    >>> model.predict(mx.nd.ones((4, 3))).shape
    (4, 2)
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = Uniform(0.01),  # noqa: B008 -- the default that MXNet's signature shows
        numpy_batch_size: int = 128,
        arg_params: Arrays = None,
        aux_params: Arrays = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        is_network = isinstance(symbol, SymbolicNode)
        self.symbol: Any = symbol if is_network else None
        self.sym_gen: Callable[[Any], Any] | None = None if is_network else symbol
        self.ctx = [ctx or cpu()] if ctx is None or isinstance(ctx, CoreContext) else list(ctx)
        self.num_epoch = num_epoch
        self.epoch_size = epoch_size
        self.optimizer = optimizer
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.begin_epoch = begin_epoch
        self.kwargs = dict(kwargs)
        if self.symbol is not None:
            self._check_arguments()

    def _check_arguments(self) -> None:
        """Hold names against the network, and leave out parameters that it does not have."""
        _check_arguments(self.symbol)
        if self.allow_extra_params:
            self.arg_params = _among(self.arg_params, self.symbol.list_arguments())
            self.aux_params = _among(self.aux_params, self.symbol.list_auxiliary_states())

    # -- data ------------------------------------------------------------------------------------

    def _init_iter(self, X: Any, y: Any, is_train: bool) -> Any:
        """Return batches of what was given as data and labels."""
        if isinstance(X, DataIter):
            return X
        if not isinstance(X, np.ndarray | CoreArray):
            raise TypeError("X must be DataIter, NDArray or numpy.ndarray")
        if y is None:
            if is_train:
                raise ValueError("y must be specified when X is numpy.ndarray")
            y = np.zeros(X.shape[0], np.float32)
        if not isinstance(y, np.ndarray | CoreArray):
            raise TypeError("y must be ndarray when X is numpy.ndarray")
        if X.shape[0] != y.shape[0]:
            raise ValueError("The numbers of data points and labels not equal")
        if len(y.shape) == 2 and y.shape[1] == 1:
            y = y.reshape(-1)
        if len(y.shape) != 1:
            raise ValueError("Label must be 1D or 2D (with 2nd dimension being 1)")
        size = min(X.shape[0], self.numpy_batch_size)
        if is_train:
            return NDArrayIter(X, y, size, shuffle=True, last_batch_handle="roll_over")
        return NDArrayIter(X, y, size, shuffle=False)

    def _init_eval_iter(self, eval_data: Any) -> Any:
        """Return batches of what was given as ``eval_data``."""
        if eval_data is None or isinstance(eval_data, DataIter):
            return eval_data
        if not isinstance(eval_data, tuple | list) or len(eval_data) != 2:
            raise TypeError(
                "Eval data must be DataIter, or NDArray/numpy.ndarray/list pair (i.e. tuple/list "
                "of length 2)"
            )
        data, label = eval_data
        if data is None:
            raise ValueError("Eval data is NONE")
        if label is None and isinstance(data, DataIter):
            return data
        data, label = (np.array(each) if isinstance(each, list) else each for each in eval_data)
        return self._init_iter(data, label, is_train=True)

    # -- predicting ------------------------------------------------------------------------------

    def _predicted(self, batches: Any, reset: bool) -> Iterator[tuple[Any, Any]]:
        """Yield each batch with the executor that has computed its outputs."""
        if reset:
            batches.reset()
        described = [d if isinstance(d, DataDesc) else DataDesc(*d) for d in batches.provide_data]
        arguments, states = self.arg_params or {}, self.aux_params or {}
        executor = self.symbol.simple_bind(
            self.ctx[0],
            grad_req="null",
            type_dict={n: each.dtype for n, each in {**arguments}.items()}
            | {each.name: each.dtype for each in described},
            **{name: each.shape for name, each in arguments.items()},
            **{each.name: each.shape for each in described},
        )
        executor.copy_params_from(arguments, states)
        for batch in batches:
            for each, array in zip(described, batch.data, strict=True):
                executor.arg_dict[each.name][:] = array
            executor.forward(is_train=False)
            yield batch, executor

    def predict(
        self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True
    ) -> Any:
        """Return the outputs for data, as NumPy arrays.

        Args:
            X: batches, or an array.
            num_batch: how many batches, default all.
            return_data: whether to return the data and labels too.
            reset: whether to begin at the first batch.
        """
        parts: list[list[list[Any]]] = []
        for batch, executor in self._predicted(self._init_iter(X, None, False), reset):
            groups = [executor.outputs, *((batch.data, batch.label) if return_data else ())]
            parts.append(
                [
                    [each[0 : each.shape[0] - (batch.pad or 0)].asnumpy() for each in group]
                    for group in groups
                ]
            )
            if len(parts) == num_batch:
                break
        found = [
            [np.concatenate(arrays) for arrays in zip(*group, strict=True)]
            for group in zip(*parts, strict=True)
        ]
        single = [group[0] if len(group) == 1 else group for group in found]
        return tuple(single) if return_data else single[0]

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """Return what a metric says of the predictions for data.

        Args:
            X: batches with labels.
            eval_metric: a metric, or what `metric.create` makes one of.
            num_batch: how many batches, default all.
            batch_end_callback: one callback, or a list.
            reset: whether to begin at the first batch.
        """
        metric = metrics.create(eval_metric) if _is_no_metric(eval_metric) else eval_metric
        batches = self._init_iter(X, None, is_train=False)
        for number, (batch, executor) in enumerate(self._predicted(batches, reset)):
            if number == num_batch:
                break
            metric.update(batch.label, executor.outputs)
            known = {"self": self, "batch": batch, "eval_metric": metric}
            called(batch_end_callback, BatchEndParam(0, number, metric, known))
        return metric.get()[1]

    # -- training --------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        monitor: Any = None,
        eval_end_callback: Any = LogValidationMetricsCallback(),  # noqa: B008 -- MXNet's default
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Train.

        Args:
            X: batches, or an array.
            y: labels, where X is an array.
            eval_data: batches to evaluate after each epoch, or a pair of data and labels.
            eval_metric: a metric, or what `metric.create` makes one of.
            epoch_end_callback: one or a list: ``f(epoch, symbol, arg_params, aux_params)``.
            batch_end_callback: one or a list: ``f(BatchEndParam)``; batches count from 1.
            kvstore: how devices share gradients: a name or a store.
            logger: where lines go, default the root logger.
            work_load_list: how much of a batch each device takes, in proportion.
            monitor: a `Monitor`.
            eval_end_callback: one or a list, after each evaluation; default logs the metric.
            eval_batch_end_callback: one or a list, after each batch of an evaluation.
        """
        if self.num_epoch is None:
            raise ArgumentError("fit: please specify number of epochs, FeedForward(num_epoch=)")
        data, held = self._init_iter(X, y, is_train=True), self._init_eval_iter(eval_data)
        metric = metrics.create(eval_metric) if _is_no_metric(eval_metric) else eval_metric
        logger = logger or logging
        module = self._module(data, work_load_list, logger)
        if monitor is not None:
            module.install_monitor(monitor)
        module.init_optimizer(kvstore, self.optimizer, self.kwargs)
        data.reset()
        for epoch in range(self.begin_epoch, self.num_epoch):
            started = time.time()
            metric.reset()
            for number, _ in enumerate(self._train(module, data, metric, monitor, epoch, logger)):
                known = {"self": self, "epoch": epoch, "nbatch": number + 1, "eval_metric": metric}
                called(batch_end_callback, BatchEndParam(epoch, number + 1, metric, known))
            logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - started)
            self.arg_params, self.aux_params = module.get_params()
            called(epoch_end_callback, epoch, self.symbol, self.arg_params, self.aux_params)
            if held is not None:
                metric.reset()
                count = 0
                for count, batch in enumerate(module._evaluated(held, None, True), 1):
                    module.update_metric(metric, batch.label)
                    known = {"self": self, "epoch": epoch, "nbatch": count - 1}
                    param = BatchEndParam(epoch, count - 1, metric, known)
                    called(eval_batch_end_callback, param)
                called(eval_end_callback, BatchEndParam(epoch, count, metric, {"self": self}))
                held.reset()

    def _module(self, data: Any, work_load_list: Any, logger: Any) -> BaseModule:
        """Return a module of the network, bound and with the parameters to start from."""
        names = [[each[0] for each in part] for part in (data.provide_data, data.provide_label)]
        options = {"logger": logger, "context": self.ctx, "work_load_list": work_load_list}
        module: BaseModule
        if self.sym_gen is not None:
            make, key = self.sym_gen, data.default_bucket_key
            self.symbol = make(key)
            self._check_arguments()
            module = BucketingModule(lambda each: (make(each), *names), key, **options)
        else:
            module = Module(self.symbol, *names, **options)
        module.bind(data.provide_data, data.provide_label)
        module.init_params(
            self.initializer,
            self.arg_params or {},
            self.aux_params or {},
            allow_missing=True,
        )
        return module

    def _train(
        self, module: BaseModule, data: Any, metric: Any, monitor: Any, epoch: int, logger: Any
    ) -> Iterator[None]:
        """Train for an epoch, batch by batch; begin with the data anew where it has fewer."""
        number = 0
        while True:
            for batch in data:
                if monitor is not None:
                    monitor.tic()
                module.forward_backward(batch)
                module.update()
                if monitor is not None:
                    monitor.toc_print()
                module.update_metric(metric, batch.label)
                number += 1
                yield
                if number == self.epoch_size:
                    return
            logger.info("Epoch[%d] Resetting Data Iterator", epoch)
            data.reset()
            if self.epoch_size is None:
                return
            if number == 0:
                raise ArgumentError("fit: the data have no batch, so that no epoch is ever full")

    # -- files -----------------------------------------------------------------------------------

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write network and parameters to files; see `save_checkpoint`."""
        number = self.num_epoch if epoch is None else epoch
        if number is None:
            raise ArgumentError("save: give epoch=, the number in the file's name")
        save_checkpoint(prefix, number, self.symbol, self.arg_params or {}, self.aux_params or {})

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> "FeedForward":
        """Return a model of what `save` wrote.

        Args:
            prefix: how the files' names begin.
            epoch: the number in the file's name; the model's training goes on there.
            ctx: a device, or a list of devices.
            kwargs: further arguments of `FeedForward`.
        """
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        return FeedForward(
            symbol,
            ctx=ctx,
            arg_params=arguments,
            aux_params=states,
            begin_epoch=epoch,
            **kwargs,
        )

    @staticmethod
    def create(symbol: Any, X: Any, y: Any = None, **kwargs: Any) -> "FeedForward":
        """Return a model that has been trained.

        Args:
            symbol: the network.
            X: batches, or an array.
            y: labels, where X is an array.
            kwargs: arguments of `fit` and of `FeedForward`.
        """
        fitting = {name: kwargs.pop(name) for name in _OF_FIT if name in kwargs}
        model = FeedForward(symbol, **kwargs)
        model.fit(X, y, **fitting)
        return model


_OF_FIT = (
    "eval_data",
    "eval_metric",
    "epoch_end_callback",
    "batch_end_callback",
    "kvstore",
    "logger",
    "work_load_list",
    "eval_end_callback",
    "eval_batch_end_callback",
)
"""The arguments of `FeedForward.create` that are those of `fit`."""


def _is_no_metric(given: Any) -> bool:
    return not isinstance(given, metrics.EvalMetric)


def _among(arrays: Arrays, names: list[str]) -> Arrays:
    return {n: arrays[n] for n in arrays if n in names} if arrays else arrays
