"""What `Module.fit` makes of fixed start weights and data in three epochs."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from python_mxnet.storage import Arrays, Case, write_arrays

EPOCHS = 3
BATCH = 8


def record(folder: Path) -> None:
    """Write one file ``fit-NAME.npz`` for each case."""
    for name, case in CASES.items():
        meta, arrays = fitted(**case)
        write_arrays(folder / f"fit-{name}.npz", meta, arrays)


# -- networks --------------------------------------------------------------------------------------


def perceptron() -> mx.sym.Symbol:
    """Return a classifier of one hidden layer."""
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=7, name="fc1")
    active = mx.sym.Activation(hidden, act_type="relu", name="relu1")
    scores = mx.sym.FullyConnected(active, num_hidden=3, name="fc2")
    return mx.sym.SoftmaxOutput(scores, name="softmax")


def normalised() -> mx.sym.Symbol:
    """Return a classifier with batch normalization, which has auxiliary states."""
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=7, name="fc1")
    even = mx.sym.BatchNorm(hidden, fix_gamma=False, momentum=0.8, name="bn1")
    active = mx.sym.Activation(even, act_type="tanh", name="tanh1")
    scores = mx.sym.FullyConnected(active, num_hidden=3, name="fc2")
    return mx.sym.SoftmaxOutput(scores, name="softmax")


def attributed() -> mx.sym.Symbol:
    """Return a classifier whose variables say how fast they learn."""
    weight = mx.sym.Variable("fc1_weight", lr_mult=0.0)
    bias = mx.sym.Variable("fc1_bias", lr_mult=3.0, wd_mult=2.0)
    data = mx.sym.Variable("data")
    hidden = mx.sym.FullyConnected(data, weight=weight, bias=bias, num_hidden=7, name="fc1")
    active = mx.sym.Activation(hidden, act_type="sigmoid", name="sigmoid1")
    scores = mx.sym.FullyConnected(active, num_hidden=3, name="fc2")
    return mx.sym.SoftmaxOutput(scores, name="softmax")


def regression() -> mx.sym.Symbol:
    """Return a regression of one number."""
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc1")
    active = mx.sym.Activation(hidden, act_type="tanh", name="tanh1")
    number = mx.sym.FullyConnected(active, num_hidden=1, name="fc2")
    return mx.sym.LinearRegressionOutput(number, name="softmax")


CASES: dict[str, Case] = {
    "sgd": {"network": perceptron, "optimizer": "sgd", "params": {"learning_rate": 0.5}},
    "default": {"network": perceptron},
    "momentum": {
        "network": perceptron,
        "optimizer": "sgd",
        "params": {"learning_rate": 0.2, "momentum": 0.9, "wd": 0.01, "clip_gradient": 0.05},
    },
    "adam": {
        "network": perceptron,
        "optimizer": "adam",
        "params": {"learning_rate": 0.02, "wd": 0.001},
    },
    "padded": {
        "network": perceptron,
        "rows": 21,
        "optimizer": "sgd",
        "params": {"learning_rate": 0.5},
    },
    "batch_norm": {
        "network": normalised,
        "optimizer": "sgd",
        "params": {"learning_rate": 0.3, "momentum": 0.5, "wd": 0.02},
    },
    "attributes": {
        "network": attributed,
        "optimizer": "sgd",
        "params": {"learning_rate": 0.3, "wd": 0.05},
    },
    "regression": {
        "network": regression,
        "metric": "mse",
        "optimizer": "rmsprop",
        "params": {"learning_rate": 0.01},
    },
    "fixed": {
        "network": perceptron,
        "fixed_param_names": ["fc1_weight", "fc1_bias"],
        "optimizer": "nag",
        "params": {"learning_rate": 0.2, "momentum": 0.8},
    },
    "contexts": {
        "network": perceptron,
        "contexts": 2,
        "optimizer": "sgd",
        "params": {"learning_rate": 0.5, "momentum": 0.9},
    },
    "schedule": {
        "network": perceptron,
        "schedule": {"step": 4, "factor": 0.5, "base_lr": 0.4},
        "optimizer": "sgd",
        "params": {"wd": 0.01},
    },
}
"""Case → the arguments of `fitted`."""


# -- training --------------------------------------------------------------------------------------


def fitted(
    network: Callable[[], mx.sym.Symbol],
    rows: int = 40,
    metric: str = "acc",
    contexts: int = 1,
    fixed_param_names: list[str] | None = None,
    schedule: dict[str, Any] | None = None,
    optimizer: str | None = None,
    params: dict[str, Any] | None = None,
) -> tuple[Case, Arrays]:
    """Train a network; return what was asked, and the arrays before and after."""
    symbol = network()
    data, label = samples(rows, metric)
    batches = mx.io.NDArrayIter(data, label, batch_size=BATCH)
    held = mx.io.NDArrayIter(data[::2], label[::2], batch_size=BATCH)
    module = mx.mod.Module(
        symbol,
        context=[mx.cpu(i) for i in range(contexts)],
        fixed_param_names=fixed_param_names,
    )
    start, states = weights(symbol)
    asked: dict[str, Any] = {} if optimizer is None else {"optimizer": optimizer}
    further = {"lr_scheduler": mx.lr_scheduler.FactorScheduler(**schedule)} if schedule else {}
    if params is not None:
        asked["optimizer_params"] = {**params, **further}
    log, learned = Log(), []
    module.logger = log.logger
    module.fit(
        batches,
        eval_data=held,
        eval_metric=metric,
        num_epoch=EPOCHS,
        arg_params=ndarrays(start),
        aux_params=ndarrays(states),
        batch_end_callback=lambda batch: learned.append(batch.eval_metric.get()[1]),
        **asked,
    )
    meta = {
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "optimizer": optimizer,
        "optimizer_params": params,
        "schedule": schedule,
        "contexts": contexts,
        "fixed_param_names": fixed_param_names,
        "metric": metric,
        "after_each_batch": learned,
        "score": module.score(held, metric),
        "log": log.lines,
    }
    end, end_states = (asnumpy(part) for part in module.get_params())
    arrays = {"json": np.frombuffer(symbol.tojson().encode(), np.uint8)}
    arrays |= {"data": data, "label": label, "predicted": module.predict(held).asnumpy()}
    arrays |= {f"start:{name}": array for name, array in {**start, **states}.items()}
    arrays |= {f"end:{name}": array for name, array in {**end, **end_states}.items()}
    return meta, arrays


class Log:
    """The lines that training writes, without the times in them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.logger = logging.Logger("recorded", logging.INFO)
        handler = logging.Handler()
        handler.emit = self._emit
        self.logger.addHandler(handler)

    def _emit(self, entry: logging.LogRecord) -> None:
        self.lines.append(re.sub(r"(Time cost=)[\d.]+", r"\1", entry.getMessage()))


def samples(rows: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Return data of ten numbers a row that three directions tell apart, and its labels."""
    random = np.random.RandomState(19)
    data = random.normal(0, 1, (rows, 10)).astype(np.float32)
    scores = data @ random.normal(0, 1, (10, 3))
    label = scores.argmax(axis=1) if metric == "acc" else scores[:, :1]
    return data, label.astype(np.float32)


def weights(symbol: mx.sym.Symbol) -> tuple[Arrays, Arrays]:
    """Return start values of the parameters and of the auxiliary states of a symbol."""
    random = np.random.RandomState(23)
    shapes, _, states = symbol.infer_shape(data=(BATCH, 10))
    start: Arrays = {}
    for name, shape in zip(symbol.list_arguments(), shapes, strict=True):
        if name not in ("data", "softmax_label"):
            start[name] = random.uniform(-0.5, 0.5, shape).astype(np.float32)
    names = symbol.list_auxiliary_states()
    return start, {
        name: np.full(shape, float(name.endswith("var")), np.float32)
        for name, shape in zip(names, states, strict=True)
    }


def ndarrays(arrays: Arrays) -> dict[str, mx.nd.NDArray]:
    """Return arrays as MXNet's."""
    return {name: mx.nd.array(array) for name, array in arrays.items()}


def asnumpy(arrays: dict[str, mx.nd.NDArray]) -> Arrays:
    """Return MXNet's arrays as NumPy's."""
    return {name: array.asnumpy() for name, array in arrays.items()}
