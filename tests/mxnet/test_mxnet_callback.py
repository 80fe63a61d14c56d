"""Callbacks, and what modules, stores and monitors refuse."""

import logging
import re
from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.core.errors import ArgumentError, MXError


def param(nbatch: int, metric: Any = None, epoch: int = 2) -> Any:
    return mx.model.BatchEndParam(epoch=epoch, nbatch=nbatch, eval_metric=metric, locals=None)


def half_right() -> Any:
    metric = mx.metric.create("acc")
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[1, 0], [1, 0]])])
    return metric


def lines(caplog: Any) -> list[str]:
    return [re.sub(r"Speed: [\d.]+", "Speed: S", each.getMessage()) for each in caplog.records]


def test_a_speedometer_writes_mxnets_lines(caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    metric = half_right()
    speed = mx.callback.Speedometer(batch_size=4, frequent=2)
    for count in range(4):
        speed(param(count, metric))
    assert lines(caplog) == ["Epoch[2] Batch [0-2]\tSpeed: S samples/sec\taccuracy=0.500000"]
    assert np.isnan(metric.get()[1])
    assert metric.get_global()[1] == 0.5
    caplog.clear()
    whole = mx.callback.Speedometer(4, 2, auto_reset=False)
    metric = half_right()
    for count in (0, 2, 4, 0, 2):
        whole(param(count, metric))
    assert lines(caplog) == [
        f"Epoch[2] Batch [0-{count}]\tSpeed: S samples/sec\taccuracy=0.500000"
        for count in (2, 4, 2)
    ]
    caplog.clear()
    for count in (0, 2):
        mx.callback.Speedometer.__call__(whole, param(count))
    assert lines(caplog) == ["Iter[2] Batch [2]\tSpeed: S samples/sec"]


def test_other_callbacks_write_mxnets_lines(caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    log = mx.callback.log_train_metric(2, auto_reset=True)
    metric = half_right()
    for count in (1, 2):
        log(param(count, metric))
    mx.callback.LogValidationMetricsCallback()(param(0, half_right()))
    mx.callback.LogValidationMetricsCallback()(param(0))
    mx.callback.ProgressBar(total=4, length=8)(param(1))
    assert lines(caplog) == [
        "Iter[2] Batch[2] Train-accuracy=0.500000",
        "Epoch[2] Validation-accuracy=0.500000",
        "[==------] 25%\r",
    ]


def network() -> Any:
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    return mx.sym.SoftmaxOutput(layer, name="softmax")


def trained(**options: Any) -> Any:
    module = mx.mod.Module(network())
    batches = mx.io.NDArrayIter(np.ones((4, 3), "float32"), np.zeros(4, "float32"), 2)
    module.fit(batches, num_epoch=4, **options)
    return module


def test_checkpoints_come_every_so_many_epochs(tmp_path: Any) -> None:
    prefix = str(tmp_path / "net")
    trained(epoch_end_callback=mx.callback.do_checkpoint(prefix, 2))
    names = ["net-0002.params", "net-0004.params", "net-symbol.json"]
    assert sorted(each.name for each in tmp_path.iterdir()) == names
    symbol, arguments, states = mx.model.load_checkpoint(prefix, 4)
    assert (symbol.list_arguments(), sorted(arguments), states) == (
        ["data", "fc_weight", "fc_bias", "softmax_label"],
        ["fc_bias", "fc_weight"],
        {},
    )
    module = trained()
    mx.callback.module_checkpoint(module, str(tmp_path / "mod"), save_optimizer_states=True)(0)
    assert {"mod-0001.params", "mod-0001.states"} < {each.name for each in tmp_path.iterdir()}


def test_parameters_are_read_from_a_file_of_parameters_only(tmp_path: Any) -> None:
    mx.nd.save(str(tmp_path / "net-0001.params"), {"weight": mx.nd.ones(2)})
    with pytest.raises(MXError, match="'weight' is no parameter"):
        mx.model.load_params(str(tmp_path / "net"), 1)


def test_states_start_as_their_operators_say() -> None:
    even = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    own = mx.sym.Variable("mean", init=mx.init.Constant(3))
    odd = mx.sym.BatchNorm(even, moving_mean=own, moving_var=mx.sym.Variable("var"), name="odd")
    network = mx.sym.LinearRegressionOutput(odd, name="out")
    expected = {"bn_moving_mean": 0, "bn_moving_var": 1, "mean": 3, "var": 1}
    module = mx.mod.Module(network, label_names=["out_label"])
    module.bind([("data", (2, 3))], [("out_label", (2, 3))])
    module.init_params()
    states = module.get_params()[1]
    assert {name: float(array.asnumpy().mean()) for name, array in states.items()} == expected
    batches = mx.io.NDArrayIter(
        np.ones((4, 3), "float32"), np.ones((4, 3), "float32"), 2, label_name="out_label"
    )
    model = mx.model.FeedForward(network, num_epoch=1, learning_rate=0.0)
    model.fit(batches, eval_metric="mse")
    assert set(model.aux_params or ()) == set(expected)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda module: module.forward(None), r"call bind\(\.\.\.\) first"),
        (lambda module: module.get_params(), "call init_params"),
        (lambda module: module.update(), "call bind"),
        (lambda module: module.save_optimizer_states("f"), "call init_optimizer"),
    ],
)
def test_steps_have_an_order(step: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        step(mx.mod.Module(network()))


def test_modules_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"'dat' is not found .* did you mean 'data'"):
        mx.mod.Module(network(), data_names=["dat"])
    with pytest.warns(UserWarning, match="'label' is not found"):
        module = mx.mod.Module(network(), label_names=["label"])
    with pytest.raises(ValueError, match="don't match names"):
        module.bind([("other", (4, 3))])
    module = mx.mod.Module(network())
    with pytest.raises(ValueError, match="same batch size"):
        module.bind([("data", (4, 3))], [("softmax_label", (3,))])
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params()
    bad = mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.ones((4, 1))])
    with pytest.raises(ValueError, match=r"'softmax_label' was bound with shape \(4,\)"):
        module.forward(bad, is_train=True)
    with pytest.raises(ValueError, match="inputs_need_grad=True"):
        module.get_input_grads()
    with pytest.raises(TypeError, match="KVStore, str or None"):
        module.init_optimizer(kvstore=3)


def test_fit_wants_batches() -> None:
    batches = mx.io.NDArrayIter(np.ones((4, 3), "float32"), np.zeros(4, "float32"), 2)
    assert len(list(batches)) == 2
    with pytest.raises(MXError, match=r"NDArrayIter gave no batch for epoch 0; call its reset\(\)"):
        mx.mod.Module(network()).fit(batches, num_epoch=1)
    with pytest.raises(ArgumentError, match="num_epoch="):
        mx.mod.Module(network()).fit(batches)


def test_a_bucket_has_no_parameter_of_its_own() -> None:
    def of(length: int) -> Any:
        name = "fc" if length == 4 else "other"
        layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name=name)
        return mx.sym.SoftmaxOutput(layer, name="softmax"), ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(of, default_bucket_key=4)
    module.bind([("data", (2, 4))], [("softmax_label", (2,))])
    module.init_params()
    with pytest.raises(ArgumentError, match="'other_weight' is none of the shared module's"):
        module.switch_bucket(3, [("data", (2, 3))], [("softmax_label", (2,))])


def test_stores_refuse_what_they_do_not_know() -> None:
    store = mx.kv.create("local")
    with pytest.raises(ArgumentError, match="the key 'w' has no value yet"):
        store.push("w", mx.nd.ones(2))
    with pytest.raises(ArgumentError, match="no optimizer"):
        store.save_optimizer_states("f")
    with pytest.raises(ArgumentError, match="uncompressed"):
        store.set_gradient_compression({"type": "2bit"})
    with pytest.raises(ValueError, match="dist_sync"):
        mx.kv.create("dist_sunc")


def test_a_monitor_wants_arrays() -> None:
    module = mx.mod.Module(network())
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params()
    monitor = mx.mon.Monitor(1, stat_func=lambda array: 3.0, pattern="fc_output")
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(mx.io.DataBatch([mx.nd.ones((4, 3))]), is_train=True)
    with pytest.raises(ArgumentError, match="'fc_output' it returned float"):
        monitor.toc()


def test_the_lines_of_a_monitor_are_those_of_mxnet(caplog: pytest.LogCaptureFixture) -> None:
    module = mx.mod.Module(mx.sym.Variable("data") * 2, label_names=None)
    module.bind([("data", (1, 1))], for_training=False)
    module.init_params()
    monitor = mx.mon.Monitor(1, stat_func=lambda array: array.reshape((1,)), pattern="data")
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(mx.io.DataBatch([mx.nd.array([[0.1]])], []))
    with caplog.at_level("INFO"):
        monitor.toc_print()
    assert caplog.messages == ["Batch:       1 data                           0.1\t"]
