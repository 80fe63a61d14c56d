"""`export_program`: programs of torch.export, which predict what symnet predicts, without it."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from control_flow_networks import branch, foreach
from unrolled import Unrolled
from whole_networks import NETWORKS, drawn, predicted

import symnet as mx
from symnet.core.paths import read_bytes

X = mx.Variable


def exported(symbol, *params, **options):
    """The program of a file, and the names that the file tells."""
    mx.export_program("memory://net.pt2", symbol, *params, **options)
    extra = {"names.json": ""}
    file = io.BytesIO(read_bytes("memory://net.pt2"))
    program = torch.export.load(file, extra_files=extra)
    return program, json.loads(extra["names.json"])


def samples(*shape):
    return torch.from_numpy(np.random.default_rng(2).normal(size=shape).astype("float32"))


def perceptron():
    net = mx.FullyConnected(X("data"), num_hidden=4, name="fc1")
    net = mx.BatchNorm(mx.Activation(net, act_type="tanh"), name="bn")
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")


@pytest.mark.parametrize("symbol", NETWORKS.values(), ids=NETWORKS)
def test_networks_predict_the_same_for_batches_of_any_length(symbol):
    params = drawn(symbol, data=(1, 3, 14, 14))
    program, _ = exported(symbol, *params, data=(1, 3, 14, 14))
    for rows in (1, 3):
        images = samples(rows, 3, 14, 14)
        (expected,) = predicted(symbol, *params, data=images.numpy())
        np.testing.assert_allclose(program.module()(images), expected, rtol=1e-6, atol=1e-6)


def test_an_unrolled_network_predicts_the_same():
    cells = Unrolled(layers=2)
    symbol, shapes = cells.network(), cells.shapes()
    params = drawn(symbol, **shapes)
    program, names = exported(symbol, *params, **shapes)
    given = {name: samples(*shape) for name, shape in shapes.items()}
    expected = predicted(symbol, *params, **{n: np.asarray(a) for n, a in given.items()})
    outputs = program.module()(*(given[name] for name in names["inputs"]))
    for found, right in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-6, atol=1e-6)


def test_recurrent_layers_predict_the_same():
    symbol = mx.RNN(
        X("data"), X("p"), X("h"), X("c"), state_size=4, num_layers=2, mode="lstm", name="rnn"
    )
    shapes = {"data": (5, 1, 3), "h": (2, 1, 4), "c": (2, 1, 4)}
    params = drawn(symbol, **shapes)
    program, _ = exported(symbol, *params, batch_axis=1, **shapes)
    given = {"data": samples(5, 3, 3), "h": samples(2, 3, 4), "c": samples(2, 3, 4)}
    (expected,) = predicted(symbol, *params, **{n: np.asarray(a) for n, a in given.items()})
    found = program.module()(*given.values())
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


ALONE = """
import sys
sys.modules["symnet"] = None  # which makes its import an error
import torch
module = torch.export.load(sys.argv[1]).module()
torch.save(module(torch.load(sys.argv[2])), sys.argv[3])
assert not [name for name in sys.modules if name.startswith("symnet.")]
"""


def test_it_runs_without_symnet(tmp_path, symnet):
    symbol, data = perceptron(), samples(3, 6)
    params = drawn(symbol, data=(3, 6))
    mx.save_checkpoint(symbol, *params, tmp_path / "net", 7)
    path = tmp_path / "net.pt2"
    assert symnet("convert", tmp_path / "net", path, "--shape", "data=1,6")[:2] == (0, [str(path)])
    torch.save(data, tmp_path / "data")
    files = [str(path), str(tmp_path / "data"), str(tmp_path / "found")]
    subprocess.run([sys.executable, "-c", ALONE, *files], check=True, cwd=tmp_path)
    (expected,) = predicted(symbol, *params, data=data.numpy())
    np.testing.assert_allclose(torch.load(tmp_path / "found"), expected, rtol=1e-6, atol=1e-6)


def test_names_are_kept():
    symbol = perceptron()
    program, names = exported(symbol, *drawn(symbol, data=(3, 6)), data=(3, 6))
    assert names["inputs"] == ["data"]
    assert names["outputs"] == ["softmax_output"]
    assert list(program.state_dict)[:2] == ["fc1_weight", "fc1_bias"]
    assert [*program.graph_signature.user_inputs] == ["data"]


def test_names_that_python_cannot_have():
    symbol = X("a.b") + X("a_b") * X("2") + X("class") * X("daten ü/β")
    shapes = dict.fromkeys(symbol.list_arguments(), (2,))
    program, names = exported(symbol, **shapes)
    numbers = [torch.full((3,), 10.0**place) for place in range(5)]
    assert names["inputs"] == symbol.list_arguments()
    assert program.module()(*numbers).tolist() == [1 + 10 * 100 + 1e3 * 1e4] * 3


def test_a_program_carries_gradients_of_its_inputs():
    symbol = perceptron()
    params = drawn(symbol, data=(3, 6))
    program, _ = exported(symbol, *params, data=(3, 6))
    data, again = (samples(3, 6).requires_grad_() for _ in range(2))
    program.module()(data).square().sum().backward()
    mx.to_module(symbol, *params).eval()(again).square().sum().backward()
    torch.testing.assert_close(data.grad, again.grad)


def test_a_fixed_batch():
    symbol = mx.Reshape(X("data"), shape=(2, 3, 2))
    program, _ = exported(symbol, batch_axis=None, data=(2, 6))
    assert program.module()(samples(2, 6)).shape == (2, 3, 2)
    said = "not work on batches of any length: Reshape .*or fix its shapes by batch_axis=None"
    with pytest.raises(mx.ArgumentError, match=said):
        exported(symbol, data=(2, 6))


FOR_SOME_LENGTHS = {
    "nothing is left of one row": (
        mx.slice(X("data"), begin=(1,), end=(2,)),
        {"data": (5, 4)},
        "any length: slice .*nothing is left of data of shape .1, 4.",
    ),
    "one row is dropped": (
        mx.squeeze(X("data"), name="less"),
        {"data": (2, 1, 4)},
        r"'less_output' has shape \(2, 4\) for several rows and \(4,\) for 1; fix its shapes",
    ),
    "rows of two kinds": (
        mx.broadcast_mod(X("data"), X("by")),
        {"data": (2, 4), "by": (1, 4)},
        r"broadcast_mod .*cannot be broadcast.*name the inputs .* batch_axis={'data': 0}, or fix",
    ),
    "half as many": (
        mx.slice(X("data"), begin=(None,), end=(None,), step=(2,)),
        {"data": (5, 4)},
        "any length, or torch does not see that it does; fix its shapes by batch_axis=None",
    ),
}


@pytest.mark.parametrize(
    ("symbol", "shapes", "said"), FOR_SOME_LENGTHS.values(), ids=FOR_SOME_LENGTHS
)
def test_networks_that_do_not_work_for_batches_of_any_length(symbol, shapes, said):
    with pytest.raises(mx.ArgumentError, match=said):
        exported(symbol, **shapes)
    exported(symbol, batch_axis=None, **shapes)


def test_inputs_of_other_lengths_have_rows_of_their_own():
    symbol = mx.Group(mx.sum(X("data"), axis=1), X("boxes") * 2, X("mask"))
    program, _ = exported(symbol, data=(1, 3), boxes=(5, 4), mask=(1,), dtypes={"mask": "uint8"})
    mask = torch.tensor([1, 0], dtype=torch.uint8)
    found = program.module()(samples(2, 3), samples(7, 4), mask)
    assert [tuple(each.shape) for each in found] == [(2,), (7, 4), (2,)]
    assert found[2].dtype is torch.uint8


def test_all_nodes_that_no_program_holds_are_named():
    condition = mx.Activation(X("c"), act_type="relu")
    symbol = branch(condition, X("a") * X("w"), mx.exp(X("b")) + X("a"))
    symbol = mx.gather_nd(symbol, X("where"), name="picked")
    said = r"'flow' \(_cond: what it does.*; 'picked' \(gather_nd: what it does.*; use mx.to_module"
    with pytest.raises(mx.ArgumentError, match=said):
        exported(symbol, **dict.fromkeys(symbol.list_arguments(), (1,)))


def test_a_users_python_inside_of_a_loop_is_named():
    body = mx.Group(mx.Custom(X("row"), op_type="test_twice"), X("state") + 1)
    symbol = foreach(body, ["row"], ["state"], 1)
    with pytest.raises(mx.ArgumentError, match=r"'flow' \(Custom: it is a user's Python"):
        exported(symbol, row=(2, 3), state=(1,))
    module = torch.compile(mx.to_module(symbol).eval(), backend="eager")
    found = module(samples(2, 3), torch.zeros(1))
    torch.testing.assert_close(found, (samples(2, 3) * 2, torch.full((1,), 2.0)))


@mx.register_custom("test_twice")
class TwiceProp(mx.CustomOpProp):
    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Twice()


class Twice(mx.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], mx.array(in_data[0].asnumpy() * 2))


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({}, "of 'data' neither numbers nor a shape are known"),
        ({"data": (3, 6), "date": (3,)}, "shapes names 'date', which is no input; did you mean"),
        ({"data": (3, 6), "fc1_bias": (4,)}, "'fc1_bias' is a parameter with numbers"),
        ({"data": (0, 6)}, "'data' has lengths of 1 or more"),
        ({"data": (3, 7)}, "FullyConnected 'fc1': weight should have shape"),
    ],
)
def test_shapes_that_are_wrong(shapes, said):
    symbol = perceptron()
    with pytest.raises((mx.ArgumentError, mx.ShapeError), match=said):
        exported(symbol, *drawn(symbol, data=(3, 6)), **shapes)


def test_labels_may_be_given_a_shape():
    symbol = perceptron()
    _, names = exported(symbol, *drawn(symbol, data=(3, 6)), data=(3, 6), softmax_label=(3,))
    assert names["inputs"] == ["data"]


DATA = X("data")
OF_ANY_LENGTH = {
    "logical_and": mx.broadcast_logical_and(DATA, mx.round(DATA)),
    "softmax": mx.SoftmaxActivation(X("data")),
    "round": mx.round(X("data") * 10),
    "argmax": mx.argmax(X("data"), axis=1),
    "topk": mx.topk(mx.Flatten(X("data")), k=2, ret_typ="value"),
    "slice": mx.slice(X("data"), begin=(None, 3, 0), end=(None, 0, None), step=(None, -1, 2)),
    "slice to": mx.slice(DATA, begin=(0,), end=(2,)),
    "slice from the end": mx.slice(DATA, begin=(-2, 1), end=(None, 3)),
    "slice back to front": mx.slice(DATA, begin=(None,), end=(None,), step=(-1,)),
    "slice_axis": mx.slice_axis(DATA, axis=0, begin=-1, end=None),
    "slice_assign": mx._slice_assign(
        DATA, mx.slice(DATA, begin=(None, 1), end=(None, 3)), begin=(None, 0), end=(None, 2)
    ),
    "slice_assign_scalar": mx._slice_assign_scalar(DATA, begin=(None, 1), end=(None, 3), scalar=3),
    "squeeze": mx.squeeze(mx.expand_dims(DATA, axis=1), axis=1),
    "crop": mx._image_crop(mx.expand_dims(DATA, axis=-1), x=1, y=1, width=3, height=2),
    "resize": mx._image_resize(mx.expand_dims(DATA, axis=-1), size=(3, 5)),
    "khatri_rao": mx.khatri_rao(mx.max(DATA, axis=1), mx.mean(DATA * 2, axis=1)),
}


def test_what_is_broadcast_over_the_batch():
    symbol = mx.broadcast_mod(X("by"), X("data"))
    program, _ = exported(symbol, batch_axis={"data": 0}, by=(4,), data=(2, 4))
    for rows in (1, 4, 5):
        by, data = samples(4), samples(rows, 4)
        torch.testing.assert_close(program.module()(by, data), by.remainder(data))


def test_an_index_outside_is_an_error_in_programs_too():
    symbol = mx.take(X("data"), X("at"), axis=-1, mode="raise")
    program, _ = exported(symbol, batch_axis={"data": 0}, data=(2, 4), at=(1,))
    data = samples(3, 4)
    assert torch.equal(program.module()(data, torch.tensor([3.0])), data[:, 3:])
    for outside in (4.0, -1.0):
        with pytest.raises((IndexError, RuntimeError), match=r"(?i)ind(ex|ices)"):
            program.module()(data, torch.tensor([outside]))


@pytest.mark.parametrize("symbol", OF_ANY_LENGTH.values(), ids=OF_ANY_LENGTH)
def test_operators_that_look_at_lengths(symbol):
    program, _ = exported(symbol, data=(1, 4, 7))
    for rows in (1, 3):
        data = samples(rows, 4, 7)
        (expected,) = predicted(symbol, {}, {}, data=data.numpy())
        np.testing.assert_allclose(program.module()(data), expected, rtol=1e-6, atol=1e-6)
