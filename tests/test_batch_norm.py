"""BatchNorm: when its statistics move, what counts, and that half precision is enough.

Values, gradients and the states after each way back are checked by the rows of `op_rows_layers`.
"""

import json

import numpy as np
import pytest
from op_references import batch_norm_states, batch_norm_training
from op_testing import close, function_of

import symnet as mx

BatchNorm = function_of("BatchNorm")
SHAPE = (4, 3, 2, 5)


def bound(*, wanted=("data", "n_gamma", "n_beta"), grad_req="write", dtype="float32", **params):
    """An executor over random arrays."""
    random = np.random.default_rng(0)
    arrays = {
        "data": random.normal(1.0, 2.0, SHAPE),
        "n_gamma": random.uniform(0.5, 2.0, 3),
        "n_beta": random.normal(size=3),
    }
    states = {"n_moving_mean": random.normal(size=3), "n_moving_var": random.uniform(0.5, 2.0, 3)}
    return mx.bind(
        BatchNorm(mx.Variable("data"), name="n", **params),
        mx.cpu(),
        {name: mx.array(numbers, dtype=dtype) for name, numbers in arrays.items()},
        args_grad={name: mx.zeros(arrays[name].shape, dtype=dtype) for name in wanted},
        aux_states={name: mx.array(numbers, dtype=dtype) for name, numbers in states.items()},
        grad_req=grad_req,
    )


def head(dtype="float32") -> mx.NDArray:
    return mx.array(np.random.default_rng(1).normal(size=SHAPE), dtype=dtype)


def states_of(executor) -> list[np.ndarray]:
    return [array.asnumpy() for array in executor.aux_arrays]


def numbers_of(executor) -> list[np.ndarray]:
    arrays = [*executor.arg_arrays, *executor.aux_arrays]
    return [array.asnumpy().astype(float) for array in arrays]


# -- where channels lie ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 3, 4), 2), ((2, 3, 4, 1), 2), ((4, 3, 5, 2, 1), 3), ((3, 1, 2, 2), -1)]
)
def test_channels_on_any_axis_are_normalised_alike(shape, axis):
    """Moving the axis of the channels changes no number, whatever order of memory it gives."""
    random = np.random.default_rng(0)
    data, grad = random.normal(size=(2, *shape))

    def trained(data, grad, axis):
        channels = data.shape[axis]
        arrays = {"data": mx.array(data), "n_gamma": mx.ones(channels), "n_beta": mx.ones(channels)}
        states = {"n_moving_mean": mx.zeros(channels), "n_moving_var": mx.ones(channels)}
        net = BatchNorm(mx.Variable("data"), name="n", axis=axis)
        gradient = {"data": mx.zeros(data.shape)}
        executor = mx.bind(net, mx.cpu(), arrays, args_grad=gradient, aux_states=states)
        executor.forward(is_train=True)
        executor.backward(mx.array(grad))
        return executor.outputs[0].asnumpy(), gradient["data"].asnumpy()

    moved = [np.ascontiguousarray(np.moveaxis(each, axis, 1)) for each in (data, grad)]
    for found, expected in zip(trained(data, grad, axis), trained(*moved, 1), strict=True):
        close(np.moveaxis(found, axis, 1), expected, atol=1e-5)


# -- when statistics move --------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["data", "n_gamma", "n_beta"])
@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("fix_gamma", [True, False])
def test_statistics_move_whichever_gradient_is_wanted(wanted, grad_req, fix_gamma):
    executor = bound(wanted=[wanted], grad_req=grad_req, fix_gamma=fix_gamma)
    expected = batch_norm_states(*numbers_of(executor))
    executor.forward(is_train=True)
    executor.backward(head())
    close(states_of(executor), expected)


def test_statistics_stay_where_nothing_flows_back():
    executor = bound(wanted=[])
    before = states_of(executor)
    executor.forward(is_train=True)
    executor.backward()
    close(states_of(executor), before, rtol=0, atol=0)


def test_statistics_of_a_layer_below_a_barrier_stay():
    inner = BatchNorm(mx.Variable("data"), name="n")
    net = BatchNorm(function_of("BlockGrad")(inner), name="m")
    executor = mx.simple_bind(net, data=(4, 3))
    executor.arg_dict["data"][:] = np.random.default_rng(0).normal(size=(4, 3))
    executor.forward(is_train=True)
    executor.backward(mx.ones(4, 3))
    assert not executor.aux_dict["n_moving_mean"].asnumpy().any()
    assert executor.aux_dict["m_moving_var"].asnumpy().any()


def test_backward_without_forward_trains():
    executor = bound()
    expected = batch_norm_states(*numbers_of(executor))
    executor.backward(head())
    close(states_of(executor), expected)


def test_statistics_follow_the_last_forward():
    executor = bound()
    for factor in (1.0, 3.0):
        executor.arg_dict["data"][:] = factor * executor.arg_dict["data"].asnumpy()
        expected = batch_norm_states(*numbers_of(executor))
        executor.forward(is_train=True)
        executor.backward(head())
        close(states_of(executor), expected, rtol=1e-4)


# -- what counts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_train", [True, False])
def test_a_fixed_gamma_counts_as_one(is_train):
    executor = bound(fix_gamma=True)
    executor.forward(is_train=is_train)
    before = executor.outputs[0].asnumpy()
    executor.backward(head())
    gradient = executor.grad_dict["data"].asnumpy()
    assert not executor.grad_dict["n_gamma"].asnumpy().any()
    if is_train:
        executor = bound(fix_gamma=True)
    executor.arg_dict["n_gamma"][:] = 7.0
    executor.forward(is_train=is_train)
    executor.backward(head())
    close(executor.outputs[0].asnumpy(), before, rtol=0, atol=0)
    close(executor.grad_dict["data"].asnumpy(), gradient, rtol=0, atol=0)


def test_in_prediction_statistics_count_as_constants():
    executor = bound(fix_gamma=False)
    executor.forward(is_train=False)
    executor.backward(head())
    gamma = executor.arg_dict["n_gamma"].asnumpy()
    variance = executor.aux_dict["n_moving_var"].asnumpy()
    scale = (gamma / np.sqrt(variance + 0.001))[:, None, None]
    close(executor.grad_dict["data"].asnumpy(), scale * head().asnumpy())


def test_data_that_is_all_the_same_is_the_shift():
    executor = bound()
    executor.arg_dict["data"][:] = 4.0
    executor.forward(is_train=True)
    shift = executor.arg_dict["n_beta"].asnumpy()[:, None, None]
    close(executor.outputs[0].asnumpy(), np.broadcast_to(shift, SHAPE))
    executor.backward(head())
    assert all(np.isfinite(array.asnumpy()).all() for array in executor.grad_arrays)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype):
    exact, rough = bound(fix_gamma=False), bound(fix_gamma=False, dtype=dtype)
    for name, array in rough.arg_dict.items():
        exact.arg_dict[name][:] = array.asnumpy().astype(np.float32)
    numbers = numbers_of(rough)
    rough.forward(is_train=True)
    rough.backward(head(dtype))
    exact.forward(is_train=True)
    exact.backward(head())
    atol = {"float16": 4e-3, "bfloat16": 4e-2}[dtype]
    assert rough.outputs[0].dtype == dtype
    expected = batch_norm_training(*numbers, fix_gamma=False)
    close(rough.outputs[0].asnumpy(), expected, rtol=0, atol=2 * atol)
    for name, gradient in exact.grad_dict.items():
        size = abs(gradient.asnumpy()).max()
        found = rough.grad_dict[name].asnumpy()
        close(found / size, gradient.asnumpy() / size, rtol=0, atol=atol)
    close(states_of(rough), batch_norm_states(*numbers), rtol=0, atol=2 * atol)


# -- how it is called, written and read ------------------------------------------------------------


def test_arrays_cannot_keep_statistics():
    with pytest.raises(mx.ArgumentError, match=r"keeps moving_mean, moving_var .* make a symbol"):
        BatchNorm(mx.ones(2, 3), mx.ones(3), mx.ones(3))


STATES = ["n_moving_mean", "n_moving_var"]


def test_states_are_written_as_inputs():
    """As 1.x does: three arguments, then the two states, which count as changed by the node."""
    text = BatchNorm(mx.Variable("data"), name="n", eps=0.25).to_json()
    *variables, node = json.loads(text)["nodes"]
    assert [v["name"] for v in variables] == ["data", "n_gamma", "n_beta", *STATES]
    assert node["inputs"] == [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 1], [4, 0, 1]]
    assert node["attrs"] == {"eps": "0.25"}
    assert mx.from_json(text).list_auxiliary_states() == STATES


@pytest.mark.parametrize("version", [None, 800])
def test_files_of_old_leave_the_states_out(version):
    names = ["data", "n_gamma", "n_beta"]
    nodes = [
        {"op": "null", "param": {}, "name": name, "inputs": [], "backward_source_id": -1}
        for name in names
    ]
    nodes.append(
        {
            "op": "BatchNorm",
            "param": {"eps": "0.25", "fix_gamma": "False", "momentum": "0.9"},
            "name": "n",
            "inputs": [[place, 0] for place in range(3)],
            "backward_source_id": -1,
        }
    )
    document = {"nodes": nodes, "arg_nodes": [0, 1, 2], "heads": [[3, 0]]}
    if version:
        document["attrs"] = {"mxnet_version": ["int", version]}
    symbol = mx.from_json(json.dumps(document))
    assert symbol.list_arguments() == names
    assert symbol.list_auxiliary_states() == STATES
    op = symbol.graph.outputs[0].node.op
    assert (op.eps, op.fix_gamma, op.momentum) == (0.25, False, 0.9)
