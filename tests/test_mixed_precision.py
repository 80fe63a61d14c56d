"""Training in 16 bits with weights of float32, against training in float32."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from op_rows import ROWS
from op_testing import Row, run
from training_helpers import class_data, class_model, parameters

import symnet as mx
from symnet.operators.contract import OPERATORS
from symnet.program.facts import Facts
from symnet.training.loop._precision import _EITHER, _NARROW, LossScale, _takes_either, in_precision

KINDS = ("bfloat16", "float16")
draw = np.random.default_rng(2)
IMAGES = draw.standard_normal((24, 2, 8, 8)).astype(np.float32)
CLASSES = (IMAGES.mean((1, 2, 3)) > 0).astype(int) + (IMAGES[:, 0].std((1, 2)) > 1)


def layer(net: mx.SymbolicNode, name: str) -> mx.SymbolicNode:
    net = mx.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=6, name=name)
    return mx.BatchNorm(net, fix_gamma=False, name=f"{name}_norm")


def residual() -> mx.SymbolicNode:
    """Convolutions with norms, a shortcut, pooling, layers side by side."""
    first = mx.Activation(layer(mx.Variable("data"), "c1"), act_type="relu")
    second = mx.Activation(layer(first, "c2") + first, act_type="relu")
    pooled = mx.Pooling(second, kernel=(2, 2), stride=(2, 2), pool_type="max")
    mean = mx.Pooling(pooled, kernel=(1, 1), global_pool=True, pool_type="avg")
    both = mx.Concat(mx.Flatten(pooled), mx.Flatten(mean))
    return mx.SoftmaxOutput(mx.FullyConnected(both, num_hidden=3, name="fc"), name="softmax")


def recurrent() -> mx.SymbolicNode:
    """Two LSTM cells, whose layers share their weights."""
    data = mx.Reshape(mx.Variable("data"), shape=(0, 2, 64))
    steps = mx.SliceChannel(data, num_outputs=2, axis=1, squeeze_axis=True)
    own = [mx.Variable(name) for name in ("x_weight", "x_bias")]
    back = [mx.Variable(name) for name in ("h_weight", "h_bias")]
    hidden = memory = None
    for step in range(2):
        gates = mx.FullyConnected(steps[step], *own, num_hidden=16)
        if hidden is not None:
            gates = gates + mx.FullyConnected(hidden, *back, num_hidden=16)
        parts = mx.SliceChannel(gates, num_outputs=4, axis=1)
        opened = [mx.Activation(parts[n], act_type="sigmoid") for n in range(3)]
        fresh = opened[0] * mx.Activation(parts[3], act_type="tanh")
        memory = fresh if memory is None else fresh + opened[1] * memory
        hidden = opened[2] * mx.Activation(memory, act_type="tanh")
    return mx.SoftmaxOutput(mx.FullyConnected(hidden, num_hidden=3, name="fc"), name="softmax")


def regression() -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Flatten(mx.Variable("data")), num_hidden=8, name="fc1")
    net = mx.FullyConnected(mx.LeakyReLU(net, act_type="elu"), num_hidden=1, name="fc2")
    # The scale of the losses is small enough from the first step on.
    return mx.LinearRegressionOutput(net, name="softmax", grad_scale=0.1)


NETWORKS: dict[str, Callable[[], mx.SymbolicNode]] = {
    each.__name__: each for each in (residual, recurrent, regression)
}


def trained(arch: mx.SymbolicNode, dtype: Any, **options: Any) -> mx.FeedForward:
    mx.srand(4)
    model = mx.FeedForward(arch)
    given = {"n_epoch": 3, "batch_size": 8, "shuffle": False, "verbose": 0, **options}
    model.fit(
        mx.SGD(lr=0.01, momentum=0.5), IMAGES, CLASSES,
        dtype=dtype, initializer=mx.XavierInitializer(), **given,
    )  # fmt: skip
    return model


def flat(model: mx.FeedForward) -> np.ndarray:
    arrays = parameters(model).values()
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    return np.concatenate([array.ravel() for array in arrays])


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_learns_as_in_float32(name: str, dtype: str) -> None:
    arch = NETWORKS[name]()
    begun, whole, narrow = (
        trained(arch, kind, n_epoch=epochs)
        for kind, epochs in (("float32", 0), ("float32", 3), (dtype, 3))
    )
    assert narrow.history is not None
    assert whole.history is not None
    np.testing.assert_allclose(narrow.history["loss"], whole.history["loss"], rtol=0.02)
    way = np.linalg.norm(flat(whole) - flat(begun))
    apart = np.linalg.norm(flat(narrow) - flat(whole)) / way
    assert 1e-5 < apart < 0.1  # it did compute in another precision


def test_layers_compute_in_16_bits_and_losses_in_32() -> None:
    arch = residual()
    narrow = in_precision(arch, {"data": (4, 2, 8, 8), "softmax_label": (4,)}, "bfloat16")
    assert narrow.list_arguments() == arch.list_arguments()
    assert narrow.list_auxiliary_states() == arch.list_auxiliary_states()
    assert narrow.list_outputs() == arch.list_outputs()
    dtypes = Facts.infer(narrow.graph, {"data": (4, 2, 8, 8), "softmax_label": (4,)}, {}).dtypes
    by_name = {value.node.name: dtype for value, dtype in dtypes.items()}
    assert by_name["c1"] == by_name["c2"] == by_name["fc"] == torch.bfloat16
    kept = ("c1_weight", "c1_norm", "c1_norm_gamma", "fc_weight", "softmax")
    assert {by_name[name] for name in kept} == {torch.float32}


def test_layers_that_are_outputs_keep_their_names() -> None:
    scores = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    arch = mx.Group(mx.Activation(scores, act_type="relu", name="bent"), scores)
    narrow = in_precision(arch, {"data": (4, 2)}, "float16")
    assert narrow.list_outputs() == ["bent_output", "fc_output"]
    dtypes = Facts.infer(narrow.graph, {"data": (4, 2)}, {}).dtypes
    assert {dtypes[value] for value in narrow.graph.outputs} == {torch.float32}


def test_what_has_a_type_of_its_own_is_left_as_it_is() -> None:
    exact = mx.Cast(mx.Variable("data"), dtype="float64")
    arch = mx.FullyConnected(exact, num_hidden=3, name="fc")
    narrow = in_precision(arch, {"data": (4, 2)}, "bfloat16")
    assert [node.name for node in narrow.graph.nodes] == [node.name for node in arch.graph.nodes]


def test_every_name_in_the_lists_is_an_operator() -> None:
    assert OPERATORS.keys() >= _NARROW | _EITHER


def is_listed(row: Row) -> bool:
    listed = row.op in _NARROW or _takes_either(row.operator())
    return listed and not row.random and not row.states


LISTED = [r for r in ROWS if is_listed(r)]


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("row", LISTED, ids=str)
def test_what_is_listed_computes_in_16_bits(row: Row, dtype: str) -> None:
    ones = [np.ones(shape) for shape in row.outputs()]
    wanted = row.differentiable()
    exact = run(row.symbol(), row.inputs(), *ones, wanted=wanted)
    found = run(row.symbol(), row.inputs(), *ones, wanted=wanted, dtype=dtype)
    pairs = [*zip(found[0], exact[0], strict=True)]
    if not row.own_gradient and row.op not in ("clip", "Pooling", "Pooling_v1"):
        pairs += [(found[1][name], exact[1][name]) for name in exact[1]]  # rounding moves no corner
    for narrow, expected in pairs:
        scale = np.abs(expected).max(initial=1.0)
        np.testing.assert_allclose(narrow.astype(float), expected, atol=0.04 * scale)


# -- scaled losses ---------------------------------------------------------------------------------


def test_small_gradients_survive_in_float16() -> None:
    """Gradients of 1e-9, which are 0 in float16 unless the loss is scaled."""
    x = np.full((8, 1), 1e-2, np.float32)
    net = mx.FullyConnected(mx.Variable("x"), num_hidden=1, no_bias=True, name="fc")
    net = mx.FullyConnected(net, num_hidden=1, no_bias=True, name="fc2")
    weights = {}
    for dtype in ("float32", "float16"):
        model = mx.FeedForward(mx.LinearRegressionOutput(net, name="y", grad_scale=1e-5))
        start = {"fc_weight": mx.array([[1e-2]]), "fc2_weight": mx.array([[1e-2]])}
        model.arg_params, model.aux_params = start, {}
        model.fit(
            mx.SGD(lr=1e4, weight_decay=0), x, np.ones(8, np.float32),
            n_epoch=1, dtype=dtype, verbose=0,
        )  # fmt: skip
        weights[dtype] = parameters(model)["fc_weight"]
    assert abs(weights["float32"] - 1e-2) > 1e-6
    np.testing.assert_allclose(weights["float16"], weights["float32"], rtol=1e-3)


def test_a_step_that_overflows_is_left_out_and_the_scale_halved() -> None:
    scale = LossScale(rows=4)
    before = scale.export_state()["scale"]
    assert not scale.take_back([torch.tensor([1.0, float("inf")])])
    assert scale.export_state() == {"scale": before / 2, "steps": 0}
    gradient = torch.tensor([before])
    assert scale.take_back([gradient])
    assert float(gradient) == 2
    for _ in range(1999):
        scale.take_back([torch.ones(1)])
    assert scale.export_state() == {"scale": before, "steps": 0}


def test_too_large_a_loss_moves_no_weight() -> None:
    huge = mx.ArrayDataProvider(np.full((4, 4), 6e4), np.zeros(4), batch_size=4)
    model = class_model(seed=1)
    before = parameters(model)
    model.fit(mx.SGD(lr=0.1), huge, n_epoch=1, dtype="float16", verbose=0)
    after = parameters(model)
    assert all(np.isfinite(each).all() for each in after.values())
    np.testing.assert_array_equal(after["fc1_weight"], before["fc1_weight"])


def test_a_training_in_float16_resumes_bit_for_bit(tmp_path: Path) -> None:
    def run_to(epochs: int, folder: str, resume: Any = None) -> mx.FeedForward:
        model = class_model()
        path = str(tmp_path / folder)
        model.fit(
            mx.ADAM(), class_data(), n_epoch=epochs, dtype="float16", verbose=0,
            callbacks=[mx.do_checkpoint(path)], resume=resume,
        )  # fmt: skip
        return model

    whole = parameters(run_to(4, "whole"))
    run_to(2, "parts")
    found = parameters(run_to(4, "parts", resume=str(tmp_path / "parts")))
    for name, expected in whole.items():
        np.testing.assert_array_equal(found[name], expected)


def test_several_devices_scale_alike() -> None:
    alone, both = class_model(), class_model(mx.cpu(0), mx.cpu(1))
    for model in (alone, both):
        model.fit(mx.SGD(lr=0.1), class_data(), n_epoch=2, dtype="float16", verbose=0)
    for name, expected in parameters(alone).items():
        np.testing.assert_allclose(parameters(both)[name], expected, rtol=0.02, atol=2e-3)


def test_it_goes_with_weights_of_samples() -> None:
    weights = np.linspace(0.2, 2, 24)
    found = [
        trained(residual(), dtype, sample_weight=weights, label_smoothing=0.1, n_epoch=1)
        for dtype in ("float32", "float16")
    ]
    losses = [each.history["loss"] for each in found if each.history is not None]
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.03)


def test_another_type_is_refused() -> None:
    with pytest.raises(mx.ParameterError, match="dtype must be"):
        trained(regression(), "float8")


@pytest.mark.parametrize("dtype", KINDS)
def test_layers_are_frozen_and_multiplied_by_their_names(dtype: Any) -> None:
    """Between a layer and its weights stand nodes that convert."""
    begun = trained(residual(), "float32", n_epoch=0)
    model = mx.FeedForward(residual())
    model.arg_params, model.aux_params = begun.arg_params, begun.aux_params
    before = parameters(model)
    states = {name: array.asnumpy() for name, array in model.aux_params.items()}
    optimizer = mx.SGD(lr=0.01)
    optimizer.set_lr_mult({"c2_weight": 0.0})
    model.fit(
        optimizer, IMAGES, CLASSES, freeze=["c1", "c1_norm"], dtype=dtype, n_epoch=1, verbose=0
    )
    after = parameters(model)
    moved = {name for name, array in before.items() if not np.array_equal(after[name], array)}
    assert "fc_weight" in moved
    assert not moved & {"c1_weight", "c1_bias", "c1_norm_gamma", "c1_norm_beta", "c2_weight"}
    for name in ("c1_norm_moving_mean", "c1_norm_moving_var"):
        np.testing.assert_array_equal(model.aux_params[name].asnumpy(), states[name])


def test_inner_values_are_watched_under_their_names() -> None:
    monitor = mx.Monitor(1, pattern="(c1|fc)_output", log=False)
    trained(residual(), "bfloat16", n_epoch=1, callbacks=[monitor, mx.StopOnNaN()])
    assert {record[2] for record in monitor.records} >= {"c1_output", "fc_output"}
