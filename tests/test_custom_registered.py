"""Custom: operators in Python that are found by the name they are registered under."""

import json

import numpy as np
import pytest
from op_testing import close

import symnet as mx


class Power(mx.CustomOp):
    """``factor · data² + w``, with the mean of the data in a state."""

    made = 0

    def __init__(self, factor):
        self.factor = factor
        self.left = None
        Power.made += 1

    def forward(self, is_train, req, in_data, out_data, aux):
        self.left = float(in_data[0].asnumpy().flat[0])
        self.assign(out_data[0], req[0], in_data[0] * in_data[0] * self.factor + in_data[1])
        if is_train:
            aux[0][:] = aux[0] + 1

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        assert self.left == float(in_data[0].asnumpy().flat[0])  # nobody came in between
        self.assign(in_grad[0], req[0], in_data[0] * out_grad[0] * (2 * self.factor))
        self.assign(in_grad[1], req[1], out_grad[0])


@mx.register_custom("test_power")
class PowerProp(mx.CustomOpProp):
    def __init__(self, factor="1", note="None"):
        super().__init__()
        assert isinstance(factor, str)
        assert isinstance(note, str)
        self.factor = float(factor)

    def list_arguments(self):
        return ["data", "w"]

    def list_auxiliary_states(self):
        return ["runs"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0]], [in_shape[0]], [[1]]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        assert isinstance(ctx, mx.Context)
        assert [list(shape) for shape in in_shapes] == [[2, 3]] * 2
        assert set(in_dtypes) == {np.float32}
        return Power(self.factor)


@mx.register_custom("test_loss")
class LossProp(mx.CustomOpProp):
    """A loss over two outputs, with integer labels."""

    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def list_outputs(self):
        return ["prob", "hits"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0][:1]], [in_shape[0], [1]]

    def infer_type(self, in_type):
        return [np.float32, np.int32], [np.float32, np.int64], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        class Loss(mx.CustomOp):
            def forward(self, is_train, req, in_data, out_data, aux):
                powers = np.exp(in_data[0].asnumpy())
                out_data[0] = mx.array(powers / powers.sum(1, keepdims=True))
                hits = out_data[0].asnumpy().argmax(1) == in_data[1].asnumpy()
                out_data[1][:] = int(hits.sum())

            def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                found = out_data[0].asnumpy()
                found[np.arange(len(found)), in_data[1].asnumpy()] -= 1
                self.assign(in_grad[0], req[0], mx.array(found))

        return Loss()


def power(**parameters):
    return mx.Custom(mx.Variable("x"), op_type="test_power", name="p", **parameters)


def bound(symbol, shift=0.0):
    executor = mx.simple_bind(symbol, x=(2, 3))
    executor.arg_dict["x"][:] = np.arange(6.0).reshape(2, 3) + shift
    executor.arg_dict["p_w"][:] = 5
    return executor


def test_a_node_has_what_its_class_lists():
    symbol = power(factor=3, note=(1, 2))
    assert symbol.list_arguments() == ["x", "p_w"]
    assert symbol.list_outputs() == ["p_output"]
    assert symbol.list_auxiliary_states() == ["p_runs"]
    assert symbol.infer_shape(x=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [(1,)])


def test_a_file_names_the_class_as_1_9_1_does():
    symbol = power(factor=3, note=(1, 2))
    node = json.loads(symbol.to_json())["nodes"][-1]
    assert node["op"] == "Custom"
    assert node["attrs"] == {"factor": "3", "note": "(1, 2)", "op_type": "test_power"}
    assert node["inputs"] == [[0, 0, 0], [1, 0, 0], [2, 0, 1]]
    again = mx.from_json(symbol.to_json())
    assert again.to_json() == symbol.to_json()
    assert again.graph.outputs[0].node.op == symbol.graph.outputs[0].node.op


def test_parameters_that_1_9_1_copies_to_variables_are_no_attributes():
    description = json.loads(power(factor=3).to_json())
    description["nodes"][1]["attrs"] = dict(description["nodes"][-1]["attrs"])
    read = mx.from_json(json.dumps(description))
    assert read.to_json() == power(factor=3).to_json()


@pytest.mark.parametrize("request_of_x", ["write", "add", "null"])
def test_gradients_are_written_as_they_are_wanted(request_of_x):
    symbol = mx.from_json(power(factor=3).to_json())
    x = np.arange(6.0).reshape(2, 3)
    executor = mx.bind(
        symbol,
        mx.cpu(),
        {"x": mx.array(x), "p_w": mx.ones((2, 3))},
        args_grad={"x": mx.ones((2, 3)), "p_w": mx.ones((2, 3))},
        grad_req={"x": request_of_x, "p_w": "write"},
        aux_states={"p_runs": mx.zeros((1,))},
    )
    for run in range(4):
        close(executor.forward(is_train=True)[0].asnumpy(), 3 * x * x + 1)
        executor.backward([mx.full((2, 3), 2)])
        close(executor.grad_dict["p_w"].asnumpy(), np.full((2, 3), 2))
        if request_of_x != "null":
            runs = run + 1 if request_of_x == "add" else 1
            before = 1 if request_of_x == "add" else 0
            close(executor.grad_dict["x"].asnumpy(), before + runs * 12 * x)
    assert executor.aux_dict["p_runs"].asnumpy() == [4]
    executor.forward(is_train=False)
    assert executor.aux_dict["p_runs"].asnumpy() == [4]


def test_each_executor_has_an_object_of_its_own():
    """Between forward and backward of one, another may run; each goes on with its own object."""
    symbol = power()
    Power.made = 0
    first, second = bound(symbol), bound(symbol, shift=10)
    for _ in range(4):
        first.forward(is_train=True)
        second.forward(is_train=True)
        first.backward([mx.ones((2, 3))])
        second.backward([mx.ones((2, 3))])
    close(second.grad_dict["p_w"].asnumpy(), np.ones((2, 3)))
    assert Power.made == 2


def test_a_loss_with_types_of_its_own():
    label = mx.Variable("label")
    symbol = mx.Custom(data=mx.Variable("data"), label=label, op_type="test_loss", name="l")
    assert symbol.list_outputs() == ["l_prob", "l_hits"]
    assert symbol.infer_type() == (["float32", "int32"], ["float32", "int64"], [])
    data = np.array([[0.0, 1.0], [2.0, 0.0], [0.0, 3.0]], np.float32)
    executor = mx.bind(
        symbol,
        mx.cpu(),
        {"data": mx.array(data), "label": mx.array([1, 1, 1], dtype="int32")},
        args_grad={"data": mx.zeros((3, 2))},
    )
    probabilities, hits = executor.forward(is_train=True)
    assert hits.asnumpy() == [2]
    executor.backward()
    expected = probabilities.asnumpy()
    expected[:, 1] -= 1
    close(executor.grad_dict["data"].asnumpy(), expected)


def test_arrays_are_computed_at_once():
    @mx.register_custom("test_twice")
    class TwiceProp(mx.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            class Twice(mx.CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    self.assign(out_data[0], req[0], in_data[0] * 2)

            return Twice()

    found = mx.Custom(mx.array([1, 2]), op_type="test_twice")
    np.testing.assert_array_equal(found.asnumpy(), [2, 4])
    with pytest.raises(mx.ArgumentError, match="runs from call to call"):
        mx.Custom(mx.ones((2, 3)), mx.ones((2, 3)), op_type="test_power")
    symbol = mx.Custom(mx.Variable("x"), op_type="test_twice")
    executor = mx.bind(symbol, mx.cpu(), {"x": mx.ones((2,))}, args_grad={"x": mx.ones((2,))})
    executor.forward(is_train=True)
    with pytest.raises(
        mx.MXError, match=r"'custom\d+_data_gradient' failed in Python.*has no backward"
    ):
        executor.backward([mx.ones((2,))])


def test_an_unregistered_name_is_explained():
    text = power().to_json().replace("test_power", "test_powr")
    with pytest.raises(mx.FormatError) as caught:
        mx.from_json(text)
    message = str(caught.value)
    assert "node 3" in message
    assert "no Python class is registered as 'test_powr'; did you mean 'test_power'?" in message
    assert "@mx.register_custom('test_powr')" in message


def test_what_a_class_does_wrong_is_told():
    with pytest.raises(mx.ParameterError, match=r"cannot be made with.*unexpected keyword"):
        power(size=3)
    with pytest.raises(mx.ArgumentError, match="derive it from CustomOpProp"):
        mx.register_custom("test_nothing")(int)

    @mx.register_custom("test_short")
    class ShortProp(mx.CustomOpProp):
        def infer_shape(self, in_shape):
            return in_shape, []

    symbol = mx.Custom(mx.Variable("x"), op_type="test_short", name="s")
    with pytest.raises(mx.ShapeError, match=r"'s': infer_shape should return 1 of inputs, 1 of"):
        symbol.infer_shape(x=(2,))


def test_a_checkpoint_is_loaded_where_the_class_is_registered(tmp_path):
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="f")
    net = mx.Custom(net, mx.Variable("l_label"), op_type="test_loss", name="l")
    numbers = {"f_weight": mx.ones((2, 3)), "f_bias": mx.zeros((2,))}
    mx.save_checkpoint(net, numbers, {}, str(tmp_path / "net"), 1)
    symbol, parameters, _ = mx.load_checkpoint(str(tmp_path / "net"), 1)
    assert symbol.to_json() == net.to_json()
    assert parameters.keys() == numbers.keys()


class Scaled(mx.NumpyOp):
    def __init__(self, factor):
        self.factor = factor

    def __repr__(self):
        return f"Scaled({self.factor})"

    def forward(self, in_data, out_data):
        out_data[0][:] = in_data[0] * self.factor


def scaled(*factors):
    net = mx.Variable("data")
    for place, factor in enumerate(factors):
        layer = mx.FullyConnected(net, num_hidden=2, name=f"f{place}")
        net = Scaled(factor)(layer, name=f"s{place}")
    return net


def test_operators_without_a_name_come_from_the_model(tmp_path):
    """NumpyOp is no class that a file could name: the model's own objects take its place."""
    prefix = str(tmp_path / "net")
    model = mx.FeedForward(scaled(2, 3, 2))
    model.init_model(mx.NormalInitializer(0, 1), data=(4, 2))
    mx.save_checkpoint(model, prefix, 1)
    with pytest.raises(mx.FormatError, match="build the network in Python again"):
        mx.load_checkpoint(prefix, 1)
    other = mx.load_checkpoint(mx.FeedForward(scaled(2, 3, 2)), prefix, 1)
    rows = np.ones((4, 2), np.float32)
    np.testing.assert_array_equal(other.predict(rows), model.predict(rows))
    for factors in ((2, 2, 3), (2, 3), (2, 3, 4)):
        with pytest.raises(mx.MXError, match=r"another network|build the network in Python again"):
            mx.load_checkpoint(mx.FeedForward(scaled(*factors)), prefix, 1)
