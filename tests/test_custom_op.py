"""Operators that a user writes in Python, as NDArrayOp or NumpyOp."""

import re
import threading
import traceback

import numpy as np
import pytest

import symnet as mx


class Softmax(mx.NumpyOp):
    need_top_grad = False

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shapes):
        data = in_shapes[0]
        return [data, data[:1]], [data]

    def forward(self, in_data, out_data):
        powers = np.exp(in_data[0] - in_data[0].max(axis=1, keepdims=True))
        out_data[0][:] = powers / powers.sum(axis=1, keepdims=True)

    def backward(self, out_grad, in_data, out_data, in_grad):
        in_grad[0][:] = out_data[0]
        in_grad[0][np.arange(len(in_data[1])), in_data[1].astype(int)] -= 1


def wave(base):
    """An operator of two inputs and two outputs: a sum, and the first times a sine."""

    class Wave(base):
        def list_arguments(self):
            return ["left", "right"]

        def list_outputs(self):
            return ["sum", "product"]

        def forward(self, in_data, out_data):
            left, right = map(np.asarray, in_data)
            out_data[0][:] = left + right
            out_data[1][:] = left * np.sin(right)

        def backward(self, out_grad, in_data, out_data, in_grad):
            self.wanted = [each is not None for each in in_grad]
            left, right = map(np.asarray, in_data)
            plain, waved = map(np.asarray, out_grad)
            if in_grad[0] is not None:
                in_grad[0][:] = plain + waved * np.sin(right)
            if in_grad[1] is not None:
                in_grad[1][:] = plain + waved * left * np.cos(right)

    return Wave()


BASES = pytest.mark.parametrize("base", [mx.NDArrayOp, mx.NumpyOp])
RANDOM = np.random.default_rng(5)
LEFT, RIGHT, HEAD = (RANDOM.normal(size=(3, 4)).astype(np.float32) for _ in range(3))


def bound(symbol, *, wanted=("left", "right"), **inputs):
    arrays = {name: mx.array(value) for name, value in inputs.items()}
    gradients = {name: mx.full(arrays[name].shape, np.nan) for name in wanted}
    return mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients)


# -- as any other operator -------------------------------------------------------------------------


@BASES
def test_names(base):
    with mx.NameManager():
        op = wave(base)
        symbol = op(mx.Variable("x"))
        stem = "_ndarray" if base is mx.NDArrayOp else "_native"
        assert symbol.list_arguments() == ["x", f"{stem}0_right"]
        assert symbol.list_outputs() == [f"{stem}0_sum", f"{stem}0_product"]
        named = op(right=mx.Variable("y"), name="w")
        assert named.list_arguments() == ["w_left", "y"]
        assert symbol.infer_shape(x=(3, 4)) == ([(3, 4)] * 2, [(3, 4)] * 2, [])


@BASES
def test_values_and_gradients(base):
    symbol = wave(base)(mx.Variable("left") * 1.0, mx.Variable("right"), name="w")
    executor = bound(symbol[0] + symbol[1] * 2.0, left=LEFT, right=RIGHT)
    for turn in range(4):  # later runs of an executor repeat what the first ones found out
        executor.arg_dict["left"][:] = LEFT + turn
        (output,) = executor.forward(is_train=True)
        expected = LEFT + turn + RIGHT + 2 * (LEFT + turn) * np.sin(RIGHT)
        np.testing.assert_allclose(output.asnumpy(), expected, rtol=1e-5, atol=1e-6)
        executor.backward(mx.array(HEAD))
        left, right = (executor.grad_dict[name].asnumpy() for name in ("left", "right"))
        np.testing.assert_allclose(left, HEAD * (1 + 2 * np.sin(RIGHT)), rtol=1e-5, atol=1e-6)
        waved = 2 * (LEFT + turn) * np.cos(RIGHT)
        np.testing.assert_allclose(right, HEAD * (1 + waved), rtol=1e-4, atol=1e-5)


def test_an_output_that_nobody_uses_sends_zeros_back():
    executor = bound(
        wave(mx.NumpyOp)(mx.Variable("left"), mx.Variable("right"))[1], left=LEFT, right=RIGHT
    )
    executor.forward(is_train=True)
    executor.backward(mx.array(HEAD))
    np.testing.assert_allclose(
        executor.grad_dict["left"].asnumpy(), HEAD * np.sin(RIGHT), rtol=1e-5, atol=1e-6
    )


@BASES
@pytest.mark.parametrize("wanted", [("left",), ("right",)])
def test_what_is_not_wanted_is_not_computed(base, wanted):
    op = wave(base)
    symbol = op(mx.Variable("left"), mx.Variable("right"))
    executor = bound(symbol[0] + symbol[1], wanted=wanted, left=LEFT, right=RIGHT)
    executor.forward(is_train=True)
    executor.backward(mx.array(HEAD))
    assert op.wanted == [name in wanted for name in ("left", "right")]
    assert np.isfinite(executor.grad_dict[wanted[0]].asnumpy()).all()


def test_gradients_are_added_where_asked():
    symbol = wave(mx.NDArrayOp)(mx.Variable("left"), mx.Variable("right"))[0]
    arrays = {"left": mx.array(LEFT), "right": mx.array(RIGHT)}
    gradients = {name: mx.ones(3, 4) for name in arrays}
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients, grad_req="add")
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward(mx.array(HEAD))
    np.testing.assert_allclose(gradients["left"].asnumpy(), 1 + 3 * HEAD, rtol=1e-5, atol=1e-6)


@BASES
def test_arrays_are_computed_at_once(base):
    plain, waved = wave(base)(mx.array(LEFT), mx.array(RIGHT))
    np.testing.assert_allclose(plain.asnumpy(), LEFT + RIGHT, rtol=1e-6)
    np.testing.assert_allclose(waved.asnumpy(), LEFT * np.sin(RIGHT), rtol=1e-5, atol=1e-6)


def test_the_documents_form():
    symbol = mx._Native(mx.Variable("x"), mx.Variable("y"), info=Softmax(), need_top_grad=False)
    assert symbol.infer_shape(x=(2, 3)) == ([(2, 3), (2,)], [(2, 3)], [])


# -- the defaults ----------------------------------------------------------------------------------


class Double(mx.NDArrayOp):
    def forward(self, in_data, out_data):
        out_data[0] = in_data[0] * 2  # binding another array means its contents too


def test_defaults():
    op = Double()
    assert (op.list_arguments(), op.list_outputs(), op.need_top_grad) == (
        ["data"],
        ["output"],
        True,
    )
    symbol = op(data=mx.Variable("x"), name="twice")
    assert symbol.list_outputs() == ["twice_output"]
    assert symbol.infer_shape(x=(2, 3)) == ([(2, 3)], [(2, 3)], [])
    assert symbol.infer_shape() == (None, None, None)
    executor = mx.bind(symbol, mx.cpu(), {"x": mx.ones(2, 3)})
    assert (executor.forward()[0].asnumpy() == 2).all()


def test_without_backward_it_cannot_train():
    executor = bound(Double()(mx.Variable("x"), name="twice"), wanted=["x"], x=LEFT)
    executor.forward(is_train=True)
    with pytest.raises(mx.MXError, match=r"twice.*NotImplementedError: Double has no backward"):
        executor.backward(mx.array(HEAD))


# -- training --------------------------------------------------------------------------------------


def trained(loss):
    """The weights of a small network after some steps of gradient descent."""
    random = np.random.default_rng(0)
    data = random.normal(size=(20, 5)).astype(np.float32)
    label = (data[:, 0] > data[:, 1]).astype(np.float32)
    hidden = mx.FullyConnected(mx.Variable("data"), num_hidden=4, name="fc1")
    hidden = mx.Activation(hidden, act_type="tanh")
    net = loss(mx.FullyConnected(hidden, num_hidden=2, name="fc2"), name="softmax")
    executor = mx.simple_bind(net, mx.cpu(), data=(20, 5))
    weights = [name for name in net.list_arguments() if name.startswith("fc")]
    for name in weights:
        array = executor.arg_dict[name]
        array[:] = random.normal(size=array.shape) * 0.5
    for _ in range(30):
        executor.forward(is_train=True, data=mx.array(data), softmax_label=mx.array(label))
        executor.backward()
        for name in weights:
            executor.arg_dict[name] -= executor.grad_dict[name] * 0.05
    right = executor.outputs[0].asnumpy().argmax(axis=1) == label
    return [executor.arg_dict[name].asnumpy() for name in weights], right.mean()


def test_a_softmax_of_numpy_trains_as_the_built_in_one():
    mine, accuracy = trained(Softmax())
    built_in, _ = trained(mx.SoftmaxOutput)
    assert accuracy > 0.9
    for one, other in zip(mine, built_in, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_model_with_an_own_loss(tmp_path):
    random = np.random.default_rng(0)
    data = random.normal(size=(60, 5)).astype(np.float32)
    label = (data[:, 0] > 0).astype(np.float32)
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    model = mx.FeedForward(Softmax()(net, name="softmax"), context=[mx.cpu(0), mx.cpu(1)])
    provider = mx.ArrayDataProvider(data, label, batch_size=20)
    checkpoint = mx.do_checkpoint(str(tmp_path / "own"))
    model.fit(mx.SGD(lr=0.5), provider, n_epoch=5, callbacks=[checkpoint])
    assert (tmp_path / "own-0005.params").exists()
    assert (np.asarray(model.predict(provider)).argmax(axis=1) == label).mean() > 0.9


# -- several executors, several threads ------------------------------------------------------------


def test_it_runs_on_the_calling_thread():
    threads = []

    class Watched(mx.NumpyOp):
        def forward(self, in_data, out_data):
            threads.append(threading.get_ident())
            out_data[0][:] = in_data[0]

    executor = mx.bind(Watched()(mx.Variable("x")), mx.cpu(), {"x": mx.ones(2)})
    for _ in range(3):
        executor.forward()
    assert threads == [threading.get_ident()] * 3


def test_two_executors_at_once():
    op = wave(mx.NumpyOp)
    symbol = op(mx.Variable("left"), mx.Variable("right"))[1]
    executors = [bound(symbol, left=LEFT * n, right=RIGHT) for n in (1, 2, 3)]
    failures = []

    def work(factor, executor):
        for _ in range(20):
            (output,) = executor.forward(is_train=True)
            executor.backward(mx.array(HEAD))
            gradient = executor.grad_dict["right"].asnumpy()
            expected = factor * LEFT * np.sin(RIGHT), HEAD * factor * LEFT * np.cos(RIGHT)
            for found, wanted in zip((output.asnumpy(), gradient), expected, strict=True):
                if not np.allclose(found, wanted, rtol=1e-4, atol=1e-5):
                    failures.append((factor, found, wanted))

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(executors, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# -- memory ----------------------------------------------------------------------------------------


def test_numpy_sees_the_memory_itself():
    seen = []

    class Seeing(mx.NumpyOp):
        def forward(self, in_data, out_data):
            seen.append(in_data[0].ctypes.data)
            out_data[0][:] = in_data[0]

    array = mx.ones(2, 3)
    mx.bind(Seeing()(mx.Variable("x")), mx.cpu(), {"x": array}).forward()
    assert seen == [array.torch.data_ptr()]


@BASES
def test_inputs_may_only_be_read(base):
    class Careless(base):
        def forward(self, in_data, out_data):
            in_data[0][:] = 0

    array = mx.ones(2)
    executor = mx.bind(Careless()(mx.Variable("x"), name="c"), mx.cpu(), {"x": array})
    with pytest.raises(mx.MXError, match=r"'c' failed in Python, .*(may only be|read-only)"):
        executor.forward()
    assert array.asnumpy().tolist() == [1, 1]


# -- failures --------------------------------------------------------------------------------------


class Failing(mx.NumpyOp):
    def forward(self, in_data, out_data):
        out_data[0][:] = in_data[0]

    def backward(self, out_grad, in_data, out_data, in_grad):
        raise KeyError("lost")


def test_a_failure_names_the_node_and_keeps_its_traceback():
    executor = bound(Failing()(mx.Variable("x"), name="unlucky"), wanted=["x"], x=LEFT)
    executor.forward(is_train=True)
    with pytest.raises(mx.MXError) as caught:
        executor.backward(mx.array(HEAD))
    for part in ("'unlucky_data_gradient'", "Failing", "KeyError: 'lost'"):
        assert part in str(caught.value)
    cause = caught.value.__cause__
    assert isinstance(cause, KeyError)
    assert 'raise KeyError("lost")' in "".join(traceback.format_exception(cause))


def test_an_executor_survives_a_failure():
    executor = bound(Failing()(mx.Variable("x")), wanted=["x"], x=LEFT)
    for _ in range(3):
        np.testing.assert_array_equal(executor.forward(is_train=True)[0].asnumpy(), LEFT)
        with pytest.raises(mx.MXError):
            executor.backward(mx.array(HEAD))


def inferring(function):
    class Inferring(Double):
        def infer_shape(self, in_shapes):
            return function(in_shapes)

    return Inferring()(mx.Variable("x"), name="shaped")


WRONG_SHAPES = {
    "raises": (lambda shapes: 1 / 0, "infer_shape failed: ZeroDivisionError: division by zero"),
    "too few": (lambda shapes: (shapes, []), "1 shapes of inputs and 1 of outputs, got [(3, 4)]"),
    "nothing": (lambda shapes: None, "infer_shape failed: TypeError"),
    "other data": (lambda shapes: ([(9,)], shapes), "should have shape (9,), but 'x' has"),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_wrong_shapes_are_told_with_the_node(name):
    function, text = WRONG_SHAPES[name]
    with pytest.raises(mx.ShapeError, match=re.escape(text)) as caught:
        inferring(function).infer_shape(x=(3, 4))
    assert "_NDArray 'shaped'" in str(caught.value)
    if "ZeroDivisionError" in text:
        assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_output_of_the_wrong_shape():
    class Wide(mx.NDArrayOp):
        def forward(self, in_data, out_data):
            out_data[0][:] = mx.ones(7)

    executor = mx.bind(Wide()(mx.Variable("x"), name="wide"), mx.cpu(), {"x": mx.ones(2)})
    with pytest.raises(mx.MXError, match=r"'wide' .*ShapeError: cannot assign shape \(7,\)"):
        executor.forward()


def test_wrong_inputs():
    with pytest.raises(mx.ArgumentError, match=r"takes 2 inputs \(data, label\), got 3"):
        Softmax()(*map(mx.Variable, "abc"))
    with pytest.raises(mx.ArgumentError, match="no input 'lable'; did you mean 'label'"):
        Softmax()(lable=mx.Variable("y"))
    with pytest.raises(mx.ArgumentError, match="all by position or all by keyword"):
        Softmax()(mx.Variable("x"), label=mx.Variable("y"))
    with pytest.raises(mx.ArgumentError, match="Softmax takes 2 inputs"):
        mx._Native(mx.Variable("x"), info=Softmax())
    with pytest.raises(mx.ParameterError, match="must be an operator written in Python, got 3"):
        mx._NDArray(mx.Variable("x"), info=3)


# -- text ------------------------------------------------------------------------------------------


def test_a_file_cannot_hold_it():
    symbol = Softmax()(mx.Variable("x"), name="softmax")
    text = symbol.to_json()
    assert '"op": "_Native"' in text
    assert '"info": "Softmax"' in text
    with pytest.raises(mx.FormatError, match=r"'Softmax'; a file cannot hold one: build the"):
        mx.from_json(text)


@pytest.mark.parametrize("wrong", [("x",), (-1, 2), (2.5,), 5, (0, 2), (10**30,)])
@pytest.mark.parametrize("base", [mx.NDArrayOp, mx.NumpyOp])
def test_what_is_no_shape_is_none_that_is_inferred(base, wrong):
    class Wrong(base):
        def infer_shape(self, in_shapes):
            return in_shapes, [wrong]

        def forward(self, in_data, out_data):
            out_data[0][:] = in_data[0]

    symbol = Wrong()(mx.Variable("data"), name="op")
    with pytest.raises(mx.ShapeError, match=r"'op': infer_shape should return shapes of whole"):
        symbol.infer_shape(data=(2, 3))
