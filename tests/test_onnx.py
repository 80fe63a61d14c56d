"""`export_onnx`: what becomes of names, batches, types and files, and what is refused."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx_files import assert_same_predictions, exported, run_onnx
from whole_networks import drawn, predicted

import symnet as mx
from symnet.graph.node import Node, Value
from symnet.onnx import CONVERTERS
from symnet.operators.contract import Input, Operator

X = mx.Variable


# -- names -----------------------------------------------------------------------------------------


def perceptron():
    net = mx.FullyConnected(X("data"), num_hidden=4, name="fc1")
    net = mx.Activation(net, act_type="tanh", name="squash")
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")


def exported_perceptron(**options):
    symbol = perceptron()
    return exported(symbol, *drawn(symbol, data=(2, 3)), **{"data": (2, 3), **options})


def names(values):
    return [each.name for each in values]


def test_names_are_kept():
    graph = exported_perceptron().graph
    assert names(graph.input) == ["data"]
    assert names(graph.output) == ["softmax_output"]
    assert names(graph.initializer) == ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert names(graph.value_info) == ["fc1_output", "squash_output", "fc2_output"]


def test_the_file_says_who_made_it_and_of_which_version_it_is():
    model = exported_perceptron()
    assert (model.producer_name, model.producer_version) == ("symnet", mx.__version__)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 18)]


def test_names_that_meet_others_are_told_apart():
    data = X("a/Mul")
    made = mx.LeakyReLU(data, act_type="gelu", name="a")  # of nodes called a/Mul, a/Add, …
    symbol = mx.Group(made, made * 2.0, data, made)
    model = exported(symbol, **{"a/Mul": (2, 3)})
    data = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")
    found = run_onnx(model, {"a/Mul": data})
    assert len(found) == 4
    first, second, third, fourth = found.values()
    np.testing.assert_allclose(second, first * 2)
    np.testing.assert_array_equal(third, data)
    np.testing.assert_array_equal(fourth, first)


def test_names_of_any_letters():
    symbol = mx.FullyConnected(X("daten ü/β"), num_hidden=2, name="schicht № 1")
    model = exported(symbol, *drawn(symbol, **{"daten ü/β": (1, 3)}), **{"daten ü/β": (1, 3)})
    assert names(model.graph.output) == ["schicht № 1_output"]


# -- batches ---------------------------------------------------------------------------------------


def shape_of(value):
    return [each.dim_param or each.dim_value for each in value.type.tensor_type.shape.dim]


def test_the_batch_has_a_name_and_no_number():
    graph = exported_perceptron().graph
    assert shape_of(graph.input[0]) == ["batch", 3]
    assert shape_of(graph.output[0]) == ["batch", 2]


def test_a_fixed_batch():
    graph = exported_perceptron(batch_axis=None).graph
    assert (shape_of(graph.input[0]), shape_of(graph.output[0])) == ([2, 3], [2, 2])


def test_the_batch_may_lie_on_another_axis():
    symbol = mx.transpose(mx.sum(X("steps"), axis=0)) + 1
    graph = exported(symbol, batch_axis=1, steps=(7, 2, 3)).graph
    assert shape_of(graph.input[0]) == [7, "batch", 3]
    assert shape_of(graph.output[0]) == [3, "batch"]


def test_inputs_of_other_lengths_have_rows_of_their_own():
    symbol = mx.ROIPooling(X("data"), X("rois"), pooled_size=(2, 2), spatial_scale=1.0)
    graph = exported(symbol, data=(1, 3, 8, 8), rois=(5, 5)).graph
    assert shape_of(graph.output[0]) == ["rois_batch", 3, 2, 2]


def test_lengths_that_follow_the_batch_are_computed():
    symbol = mx.broadcast_axis(mx.Reshape(X("data"), shape=(-1, 2, 1)), axis=2, size=3)
    symbol = mx.Reshape(symbol, shape=(-4, -1, 2, 0, 0)) + 0.0
    model = exported(symbol, data=(2, 8))
    data = np.arange(40.0).reshape(5, 8).astype("float32")
    (found,) = run_onnx(model, {"data": data}).values()
    np.testing.assert_array_equal(found, predicted(symbol, {}, {}, data=data)[0])


def test_a_network_for_one_batch_says_so():
    symbol = mx.Reshape(X("data"), shape=(2, 6)) + X("bias")
    with pytest.raises(
        mx.ArgumentError, match=r"does not work on 4 rows of 'data'.*batch_axis=None"
    ):
        exported(symbol, {"bias": mx.ones((2, 6))}, data=(2, 2, 3))
    assert exported(symbol, {"bias": mx.ones((2, 6))}, batch_axis=None, data=(2, 2, 3))


def test_labels_are_left_out_whatever_shape_they_are_given():
    symbol = mx.SoftmaxOutput(mx.Reshape(X("data"), shape=(-1, 3)), name="softmax")
    graph = exported(symbol, data=(4, 2, 3), softmax_label=(8,)).graph
    assert names(graph.input) == ["data"]


# -- element types ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_parameters_tell_the_element_type(dtype):
    symbol = mx.FullyConnected(X("data"), num_hidden=2, name="fc")
    weights = {n: a.astype(dtype) for n, a in drawn(symbol, data=(1, 3))[0].items()}
    data = np.random.default_rng(1).normal(size=(4, 3)).astype(dtype)
    (found,) = run_onnx(exported(symbol, weights, data=(1, 3)), {"data": data}).values()
    right = data @ weights["fc_weight"].asnumpy().T + weights["fc_bias"].asnumpy()
    assert found.dtype == dtype
    np.testing.assert_allclose(found, right, rtol=1e-2 if dtype == "float16" else 1e-12)


def test_an_input_may_be_of_another_type():
    symbol = mx.Cast(X("data"), dtype="float32") / 255
    model = exported(symbol, dtypes={"data": "uint8"}, data=(1, 3))
    (found,) = run_onnx(model, {"data": np.array([[0, 51, 255]], "uint8")}).values()
    np.testing.assert_allclose(found, [[0, 0.2, 1]], rtol=1e-6)


# -- models and files ------------------------------------------------------------------------------


def test_a_model_brings_its_parameters():
    model = mx.FeedForward(perceptron())
    model.init_model(mx.UniformInitializer(1.0), data=(2, 3), softmax_label=(2,))
    data = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    (found,) = run_onnx(exported(model, data=(1, 3)), {"data": data}).values()
    np.testing.assert_allclose(found, model.predict(data), rtol=1e-5, atol=1e-6)


def test_numbers_in_a_file_of_their_own(tmp_path: Path):
    symbol, path = perceptron(), tmp_path / "größer.onnx"
    params = drawn(symbol, data=(1, 3))
    mx.export_onnx(path, symbol, *params, external_data=True, data=(1, 3))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["größer.onnx", "größer.onnx.data"]
    onnx.checker.check_model(str(path), full_check=True)
    data = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    assert_same_predictions(symbol, str(path), *params, data=data)


def test_too_many_numbers_go_into_a_file_of_their_own(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("symnet.onnx._model_file._LARGEST", 100)
    symbol, path = perceptron(), tmp_path / "net.onnx"
    params = drawn(symbol, data=(1, 3))
    mx.export_onnx(path, symbol, *params, data=(1, 3))
    assert (tmp_path / "net.onnx.data").exists()
    with pytest.raises(mx.ArgumentError, match=r"104 bytes of numbers .* leave out external_data"):
        mx.export_onnx(path, symbol, *params, external_data=False, data=(1, 3))


def test_a_failed_export_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"old")
    with pytest.raises(mx.ArgumentError):
        mx.export_onnx(path, mx.erfinv(X("data")), data=(2,))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# -- what has no form ------------------------------------------------------------------------------


def without_form():
    net = mx.erfinv(mx.erfinv(X("data"), name="a"), name="b")
    loss = mx.CTCLoss(net, X("label"), name="ctc")
    return mx.Group(loss, mx.gamma(mx.relu(net), name="c"))


def test_all_nodes_without_a_form_are_told_at_once():
    with pytest.raises(mx.ArgumentError) as caught:
        exported(without_form(), batch_axis=None, data=(2, 3, 4), label=(3, 2))
    text = str(caught.value)
    for part in (
        "4 nodes of the network have no ONNX form",
        "erfinv (2 nodes: 'a', 'b'): ONNX has no such function",
        "gamma (1 node: 'c'): ONNX has no such function",
        "CTCLoss (1 node: 'ctc'): it makes what a training compares with",
        "custom_domain=",
    ):
        assert part in text


def test_a_domain_of_its_own_takes_what_has_no_form():
    symbol = mx.erfinv(mx.topk(X("data"), k=2, ret_typ="value"), name="inverse")
    model = exported(symbol, custom_domain="org.example", data=(2, 3))
    node = model.graph.node[-1]
    assert (node.domain, node.op_type, node.output[:]) == (
        "org.example",
        "erfinv",
        ["inverse_output"],
    )
    assert {each.domain for each in model.opset_import} == {"", "org.example"}


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "of 'data', 'fc1_weight', .* neither numbers nor a shape are known"),
        ({"dat": (2, 3)}, "no input 'dat'; did you mean 'data'"),
        ({"data": (2, 3), "batch_axis": {"dat": 0}}, "batch_axis names 'dat'"),
        ({"data": (2, 3), "dtypes": {"dat": "int8"}}, "dtypes names 'dat'"),
    ],
)
def test_names_that_do_not_fit(given, match):
    params = drawn(perceptron(), data=(2, 3)) if given.keys() - {"data", "dat"} else ()
    with pytest.raises(mx.ArgumentError, match=match):
        exported(perceptron(), *params, **given)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"data": (1.5, 3)}, mx.ShapeError, "shape of 'data' is a tuple of whole numbers, got"),
        ({"data": (0, 3)}, mx.ShapeError, "'data' has lengths of 1 or more, got"),
        ({"data": (1, 4)}, mx.ShapeError, "'fc1_weight' has shape"),
        ({"batch_axis": "0"}, mx.ArgumentError, "batch_axis is an axis, .* got '0'"),
        ({"batch_axis": 2}, mx.ArgumentError, "'data' of shape .* has no axis 2"),
        ({"batch_axis": 1}, mx.ArgumentError, "does not work on 6 rows of 'data'"),
        ({"dtypes": {"data": "int32"}}, mx.DTypeError, "'data' is int32, but 'fc1_weight'"),
        ({"custom_domain": "ai.onnx"}, mx.ArgumentError, "custom_domain is a name of your own"),
    ],
)
def test_options_that_do_not_fit(given, error, match):
    with pytest.raises(error, match=match):
        exported(perceptron(), *drawn(perceptron(), data=(2, 3)), **{"data": (2, 3), **given})


def test_parameters_are_arrays():
    with pytest.raises(mx.ArgumentError, match="'fc1_bias' is a ndarray; make an NDArray"):
        exported(perceptron(), {"fc1_bias": np.zeros(4)}, data=(2, 3))


def test_what_is_no_network():
    with pytest.raises(mx.ArgumentError, match="give a symbol, a model or a checkpoint, not 'net'"):
        exported("net", data=(2, 3))


def test_names_that_stand_for_two_variables():
    with pytest.raises(mx.ArgumentError, match="several variables are called 'data'"):
        exported(X("data") + X("data"), data=(2, 3))


def test_a_parameter_has_one_shape():
    symbol = perceptron()
    with pytest.raises(mx.ArgumentError, match="'fc1_bias' is a parameter with numbers"):
        exported(symbol, *drawn(symbol, data=(1, 3)), data=(1, 3), fc1_bias=(4,))


def test_without_onnx_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(mx.ArgumentError, match=r"export_onnx needs onnx.*pip install onnx"):
        mx.export_onnx("memory://net.onnx", perceptron(), data=(2, 3))


# -- converters of users ---------------------------------------------------------------------------


class Softer(Operator, registered=False):
    """Half of tanh."""

    data = Input("Numbers.")

    def infer_shape(self, data):
        return {"output": data}

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        return data.tanh() / 2


def softened():
    return mx.SymbolicNode(Value(Node(Softer(), "softer", (Value(Node(None, "data")),))))


def test_a_user_registers_a_converter(monkeypatch):
    with pytest.raises(mx.ArgumentError, match=r"Softer \(1 node: 'softer'\): no converter"):
        exported(softened(), data=(2, 3))
    monkeypatch.setitem(CONVERTERS, Softer, None)  # undone afterwards

    @mx.onnx.converter(Softer)
    def softer(op, to, data):
        return to("Tanh", data) / 2

    numbers = np.array([[1, 2, 3]], "float32")
    (found,) = run_onnx(exported(softened(), data=(2, 3)), {"data": numbers}).values()
    np.testing.assert_allclose(found, np.tanh(numbers) / 2, rtol=1e-6)


def test_an_operator_of_a_users_python_has_a_converter_by_its_name(monkeypatch):
    monkeypatch.setitem(CONVERTERS, "onnx_doubling", None)

    class Doubling(mx.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0] * 2)

    @mx.register_custom("onnx_doubling")
    class DoublingProp(mx.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Doubling()

    @mx.onnx.converter("onnx_doubling")
    def doubling(op, to, args):
        return args[0] * 2

    symbol = mx.Custom(X("data"), op_type="onnx_doubling", name="twice")
    numbers = np.array([[1, 2, 3]], "float32")
    (found,) = run_onnx(exported(symbol, data=(2, 3)), {"data": numbers}).values()
    np.testing.assert_array_equal(found, numbers * 2)


def test_what_a_converter_makes_is_checked(monkeypatch):
    wrong = mx.onnx.Converter(lambda op, to, data: to("Tahn", data), ("data",))
    monkeypatch.setitem(CONVERTERS, Softer, wrong)
    with pytest.raises(mx.MXError, match=r"what ONNX does not allow.*Tahn"):
        exported(softened(), data=(2, 3))


def test_a_converter_knows_the_shapes_of_inputs_alone(monkeypatch):
    nosy = mx.onnx.Converter(lambda op, to, data: data * (data * 2).length(0), ("data",))
    monkeypatch.setitem(CONVERTERS, Softer, nosy)
    with pytest.raises(mx.ArgumentError, match="only the shapes of inputs and results are known"):
        exported(softened(), data=(2, 3))


@pytest.mark.parametrize(
    ("function", "match"),
    [
        (lambda op, to, data: None, "'softer' must return a term for each of 1 outputs, got None"),
        (lambda op, to, data: (data, data), "'softer' must return 1 terms, got 2"),
    ],
)
def test_a_converter_returns_a_term_for_each_output(monkeypatch, function, match):
    monkeypatch.setitem(CONVERTERS, Softer, mx.onnx.Converter(function, ("data",)))
    with pytest.raises(mx.MXError, match=match):
        exported(softened(), data=(2, 3))


def test_a_converter_asks_for_inputs_that_are_there():
    with pytest.raises(mx.ArgumentError, match=r"asks for 'date', which Softer .*mean 'data'"):

        @mx.onnx.converter(Softer)
        def softer(op, to, date):
            return date


def test_a_converter_is_for_operators():
    with pytest.raises(mx.ArgumentError, match="give the class of an operator"):
        mx.onnx.converter(int)


def test_a_batch_of_one_row_that_loses_an_axis_is_refused():
    """The file would keep the axis, where the network squeezes it."""
    net = mx.squeeze(mx.Variable("data"))
    with pytest.raises(
        mx.ArgumentError, match=r"shape \(3, 4\) for 3 rows and \(4,\) for 1; export"
    ):
        mx.export_onnx("memory://one.onnx", net, {}, {}, data=(3, 1, 4))
    mx.export_onnx("memory://one.onnx", net, {}, {}, batch_axis=None, data=(3, 1, 4))
