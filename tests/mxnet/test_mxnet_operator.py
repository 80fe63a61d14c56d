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
