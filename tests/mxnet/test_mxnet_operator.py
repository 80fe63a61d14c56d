"""Operators written in Python for the Python-MXNet face."""

import numpy as np
import pytest

import symnet.mxnet as mx


class Softplus(mx.operator.CustomOp):
    """Uses what arrays of the face alone have: broadcasting, methods, comparisons."""

    def forward(self, is_train, req, in_data, out_data, aux):
        shifted = in_data[0] - in_data[0].max(axis=1, keepdims=True)
        self.assign(out_data[0], req[0], (shifted > -1) * shifted.exp())

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * out_data[0])


@mx.operator.register("face_softplus")
class SoftplusProp(mx.operator.CustomOpProp):
    def __init__(self, scale="1"):
        super().__init__(need_top_grad=True)
        self.scale = scale

    def list_arguments(self):
        return ["data"]

    def infer_shape(self, in_shape):
        return [in_shape[0]], [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        assert isinstance(ctx, mx.Context)
        return Softplus()


def expected(data):
    shifted = data - data.max(axis=1, keepdims=True)
    return (shifted > -1) * np.exp(shifted)


DATA = np.array([[1.0, 3.0, 2.5], [0.0, -4.0, 0.5]], np.float32)


def test_an_operator_runs_on_arrays():
    found = mx.nd.Custom(mx.nd.array(DATA), op_type="face_softplus")
    np.testing.assert_allclose(found.asnumpy(), expected(DATA), rtol=1e-6)


def test_an_operator_runs_in_a_network():
    net = mx.sym.Custom(mx.sym.Variable("data"), op_type="face_softplus", scale="2", name="soft")
    assert net.list_outputs() == ["soft_output"]
    bound = net.bind(mx.cpu(), {"data": mx.nd.array(DATA)}, {"data": mx.nd.zeros(DATA.shape)})
    found = bound.forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(found, expected(DATA), rtol=1e-6)
    bound.backward(mx.nd.full(DATA.shape, 2.0))
    np.testing.assert_allclose(bound.grad_dict["data"].asnumpy(), 2 * expected(DATA), rtol=1e-6)


def test_results_may_be_put_into_the_list():
    class Doubling(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            out_data[0] = in_data[0] * 2

    @mx.operator.register("face_doubling")
    class DoublingProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Doubling()

    found = mx.nd.Custom(mx.nd.array([1, 2]), op_type="face_doubling")
    assert found.asnumpy().tolist() == [2, 4]


def test_the_registered_class_is_the_users_own():
    assert SoftplusProp("3").scale == "3"
    assert "Convolution" in mx.operator.get_all_registered_operators()


def test_what_lacks_a_method_is_refused():
    with pytest.raises(ValueError, match="has no list_arguments"):
        mx.operator.register("face_nothing")(type("Nothing", (), {}))


# -- the older classes -----------------------------------------------------------------------------


class NumpySoftmax(mx.operator.NumpyOp):
    """As the examples of MXNet 0.7 to 1.3 write it."""

    def __init__(self):
        super().__init__(False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]]

    def forward(self, in_data, out_data):
        raised = np.exp(in_data[0] - in_data[0].max(axis=1, keepdims=True))
        out_data[0][:] = raised / raised.sum(axis=1, keepdims=True)

    def backward(self, out_grad, in_data, out_data, in_grad):
        label = in_data[1].astype(int)
        in_grad[0][:] = out_data[0]
        in_grad[0][np.arange(len(label)), label] -= 1.0


def test_a_loss_in_numpy_has_the_gradient_of_softmax_output():
    data, label = mx.sym.Variable("data"), mx.sym.Variable("softmax_label")
    mine = NumpySoftmax()(data=data, label=label, name="softmax", attr={"mood": "angry"})
    theirs = mx.sym.SoftmaxOutput(data, label, name="softmax")
    assert isinstance(mine, mx.sym.Symbol)
    assert mine.attr("mood") == "angry"
    found = []
    for net in (mine, theirs):
        given = {"data": mx.nd.array(DATA), "softmax_label": mx.nd.array([1, 0])}
        bound = net.bind(mx.cpu(), given, {"data": mx.nd.zeros(DATA.shape)})
        output = bound.forward(is_train=True)[0].asnumpy()
        bound.backward()
        found.append((output, bound.grad_dict["data"].asnumpy()))
    for ours, expected_array in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected_array, rtol=1e-5, atol=1e-7)


def test_an_operator_over_arrays_sees_those_of_the_face():
    class Centred(mx.operator.NDArrayOp):
        def forward(self, in_data, out_data):
            out_data[0][:] = in_data[0] - in_data[0].mean(axis=1, keepdims=True)

        def backward(self, out_grad, in_data, out_data, in_grad):
            in_grad[0][:] = out_grad[0] - out_grad[0].mean(axis=1, keepdims=True)

    expected_output = DATA - DATA.mean(axis=1, keepdims=True)
    net = Centred().get_symbol(mx.sym.Variable("data"))
    bound = net.bind(mx.cpu(), {"data": mx.nd.array(DATA)}, {"data": mx.nd.zeros(DATA.shape)})
    output = bound.forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(output, expected_output, rtol=1e-6, atol=1e-7)
    bound.backward(mx.nd.array(DATA))
    gradient = bound.grad_dict["data"].asnumpy()
    np.testing.assert_allclose(gradient, expected_output, rtol=1e-6, atol=1e-7)
    found = Centred()(mx.nd.array(DATA))
    assert isinstance(found, mx.nd.NDArray)
    np.testing.assert_allclose(found.asnumpy(), expected_output, rtol=1e-6, atol=1e-7)


def test_an_operator_in_python_without_methods() -> None:
    """It passes its input on, as in Apache MXNet 1.9.1."""
    net = mx.operator.NumpyOp().get_symbol(mx.sym.Variable("x"), name="plain")
    executor = net.simple_bind(mx.cpu(), x=(2,))
    executor.arg_dict["x"][:] = 3
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [3, 3]
    executor.backward(mx.nd.full((2,), 5))
    assert executor.grad_dict["x"].asnumpy().tolist() == [1, 1]


def test_requests_for_arguments_of_other_networks_are_passed_over() -> None:
    net = mx.sym.Variable("x") * 2
    executor = net.simple_bind(mx.cpu(), {"x": "write", "parameters": "null"}, x=(2,))
    assert set(executor.grad_dict) == {"x"}


def test_lengths_of_zero_are_unknown() -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3)
    assert net.infer_shape(x=(0, 4)) == (None, None, None)


def test_given_shapes_take_the_place_of_declared_ones() -> None:
    """Recorded with Apache MXNet 1.9.1."""
    net = mx.sym.Variable("d", shape=(1, 3)) * 2
    assert net.simple_bind(mx.cpu()).arg_dict["d"].shape == (1, 3)
    executor = net.simple_bind(mx.cpu(), d=(2, 5))
    assert executor.forward()[0].shape == (2, 5)
    assert executor.reshape(d=(1, 2)).forward()[0].shape == (1, 2)
    assert net.bind(mx.cpu(), {"d": mx.nd.ones((3, 4))}).forward()[0].shape == (3, 4)
    assert net.bind(mx.cpu(), [mx.nd.ones((3, 4))]).forward()[0].shape == (3, 4)
    assert net.infer_shape(d=(2, 5))[1] == [(2, 5)]
    module = mx.mod.Module(net, data_names=["d"], label_names=None)
    module.bind([("d", (4, 7))], for_training=False)
    module.init_params()
    module.forward(mx.io.DataBatch([mx.nd.ones((4, 7))], []))
    assert module.get_outputs()[0].shape == (4, 7)


def test_callbacks_may_decode_names() -> None:
    executor = (mx.sym.Variable("d") * 2).simple_bind(mx.cpu(), d=(1,))
    seen: list[str] = []
    executor.set_monitor_callback(lambda name, array: seen.append(name.decode("utf-8")))
    executor.forward()
    assert len(seen) == 1
    assert mx.base.py_str(b"abc") == mx.base.py_str("abc") == "abc"


def test_options_that_are_no_shapes_are_told(caplog: pytest.LogCaptureFixture) -> None:
    (mx.sym.Variable("d") * 2).simple_bind(mx.cpu(), d=(1,), force_rebind=True)
    assert "force_rebind=True is no shape" in caplog.text
    assert mx.nd.smooth_l1(mx.nd.array([0.25, 2])).asnumpy().tolist() == [0.03125, 1.5]
