"""The face's foundations: arrays, symbols and executors as Python-MXNet has them."""

import operator
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet import NDArray as CoreArray
from symnet.operators.contract import OPERATORS

A = np.arange(12, dtype="float32").reshape(3, 4)
ROW = np.array([1, 2, 3, 4], "float32")


def array() -> Any:
    return mx.nd.array(A)


# -- arrays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        slice(0, 2),
        slice(None, None, 2),
        slice(None, None, -1),
        (slice(None), 1),
        (1, slice(1, 3)),
        (slice(None), slice(None, None, -2)),
        (..., 0),
        None,
        [0, 2],
        ([0, 1], [1, 0]),
        (slice(None), [3, 0]),
        (0, slice(None), None),
        (0, [1, 2]),
        np.array([[0, 1], [2, 0]]),
    ],
    ids=repr,
)
def test_indexing_is_numpys(key: Any) -> None:
    found = array()[key]
    assert np.array_equal(found.asnumpy(), A[key])
    assert isinstance(found, mx.nd.NDArray)
    for value in (-1, np.full(A[key].shape, 7, "float32")):
        changed, expected = array(), A.copy()
        changed[key] = value
        expected[key] = value
        assert np.array_equal(changed.asnumpy(), expected)


@pytest.mark.parametrize(
    ("expression", "is_view"),
    [
        ("a[0]", True),
        ("a[0:2]", True),
        ("a[:, 1]", False),
        ("a[1, 1:3]", True),
        ("a[0:2, 0:2]", False),
        ("a[[0, 1]]", False),
        ("a.reshape((4, 3))", True),
        ("a.T", False),
        ("a[::2]", False),
        ("a.detach()", True),
        ("a.flatten()", False),
        ("a.expand_dims(0)", False),
        ("a.copy()", False),
        ("a.astype('float32')", False),
        ("a.astype('float32', copy=False)", True),
        ("a.as_in_context(mx.cpu())", True),
        ("a[None]", True),
        ("a.slice_axis(axis=0, begin=0, end=1)", False),
    ],
)
def test_what_shares_memory(expression: str, is_view: bool) -> None:
    a = array()
    part = eval(expression, {"mx": mx, "a": a})
    part[:] = -1
    assert (a.asnumpy() == -1).any() == is_view


def test_out_of_bounds_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        array()[3]


def test_arithmetic_broadcasts() -> None:
    a, row = array(), mx.nd.array([1, 2, 3, 4])
    assert np.array_equal((a + row).asnumpy(), A + ROW)
    assert np.array_equal((2 - a).asnumpy(), 2 - A)
    assert np.array_equal((a % 5).asnumpy(), A % 5)
    assert np.array_equal((7 % row).asnumpy(), [0, 1, 1, 3])
    a += row
    a *= 2
    assert np.array_equal(a.asnumpy(), (A + ROW) * 2)


def test_comparisons_keep_the_element_type() -> None:
    found = mx.nd.array([1, 2, 3], dtype="int32") > 2
    assert found.dtype is np.int32
    assert found.asnumpy().tolist() == [0, 0, 1]
    assert (array() == array()).asnumpy().all()


def test_whole_numbers_are_divided_as_there() -> None:
    seven = mx.nd.array([7, -7], dtype="int32")
    assert (seven / 2).asnumpy().tolist() == [3, -3]
    assert (seven / mx.nd.array([2, 2], dtype="int32")).dtype is np.int32
    seven /= 2
    assert isinstance(seven, mx.nd.NDArray)
    assert seven.asnumpy().tolist() == [3, -3]


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda i: i + 1.5, [2, 3]),
        (lambda i: i * 2.5, [2, 4]),
        (lambda i: 2.9 / i, [2, 1]),
        (lambda i: i - 0.5, [1, 2]),
        (lambda i: i**0.5, [1, 1]),
        (lambda i: i > 1.5, [0, 1]),
        (lambda i: i == 1.5, [1, 0]),
    ],
)
def test_numbers_beside_whole_numbers_lose_their_fraction(
    compute: Callable[[Any], Any], expected: list[int]
) -> None:
    """Recorded with Apache MXNet 1.9.1."""
    found = compute(mx.nd.array([1, 2], dtype="int32"))
    assert (found.asnumpy().tolist(), found.dtype) == (expected, np.int32)


def test_in_place_too() -> None:
    i = mx.nd.array([1, 2], dtype="int32")
    i += 1.7
    assert i.asnumpy().tolist() == [2, 3]
    with pytest.raises(mx.base.MXNetError, match="divided by 0"):
        i /= 0.5
    with pytest.raises(mx.base.MXNetError, match="inf"):
        i + float("inf")


@pytest.mark.parametrize("other", [[1, 2, 3, 4], np.ones(4), None])
def test_other_operands_are_type_errors(other: Any) -> None:
    with pytest.raises(TypeError):
        operator.add(array(), other)
    with pytest.raises(TypeError):
        operator.gt(array(), other)


def test_what_an_array_says_of_itself() -> None:
    a = array()
    assert (a.shape, a.ndim, a.size, a.dtype, a.stype) == ((3, 4), 2, 12, np.float32, "default")
    assert (repr(a.context), a.ctx == mx.cpu(0)) == ("cpu(0)", True)
    assert repr(mx.nd.array([1, 2])) == "\n[1. 2.]\n<NDArray 2 @cpu(0)>"
    assert a[0, 1].asscalar() == 1
    with pytest.raises(ValueError, match="ambiguous"):
        bool(a)
    with pytest.raises(ValueError, match="scalar"):
        a.asscalar()
    assert pickle.loads(pickle.dumps(a)).asnumpy().tolist() == A.tolist()


def test_autograd_is_refused() -> None:
    for method in ("attach_grad", "backward"):
        with pytest.raises(mx.base.MXNetError, match="simple_bind"):
            getattr(array(), method)()


@pytest.mark.parametrize(
    ("codes", "shape"),
    [
        ((-1,), (12,)),
        ((0, -1, 2), (3, 2, 2)),
        ((-3,), (12,)),
        ((-4, 3, 1, 4), (3, 1, 4)),
        ((-2,), (3, 4)),
    ],
)
def test_reshape_reads_codes(codes: tuple[int, ...], shape: tuple[int, ...]) -> None:
    assert array().reshape(codes).shape == shape
    assert array().reshape(*codes).shape == shape
    assert array().reshape(shape=codes).shape == shape


def test_wrapping_copies_nothing() -> None:
    core = CoreArray([1, 2])
    mx.nd.wrap(core)[:] = 5
    assert core.asnumpy().tolist() == [5, 5]


def test_a_context_is_the_default_inside_with() -> None:
    with mx.cpu(1):
        assert mx.current_context() == mx.cpu(1)
        assert mx.nd.zeros((2,)).context == mx.cpu(1)
    assert mx.current_context() == mx.cpu(0)


def test_creation() -> None:
    assert mx.nd.arange(1, 5, 2).asnumpy().tolist() == [1, 3]
    assert mx.nd.linspace(0, 1, 3).asnumpy().tolist() == [0, 0.5, 1]
    assert mx.nd.eye(2, k=1).asnumpy().tolist() == [[0, 1], [0, 0]]
    assert mx.nd.full((2,), 3, dtype="int32").asnumpy().tolist() == [3, 3]
    assert mx.nd.array(np.arange(3)).dtype is np.float32
    assert mx.nd.random.uniform(2, 3, shape=(4,)).asnumpy().min() >= 2


def test_operators_without_inputs_make_arrays() -> None:
    assert mx.nd.random_uniform(low=2, high=3, shape=(2, 2)).asnumpy().min() >= 2
    assert mx.nd.uniform(0, 1, shape=(3,), ctx=mx.cpu(1)).context == mx.cpu(1)
    assert mx.nd._internal._zeros(shape=(2,), ctx="cpu(1)").context == mx.cpu(1)
    out = mx.nd.ones((2,))
    assert mx.nd.random_normal(loc=9, scale=1e-3, shape=(2,), out=out) is out
    assert (out.asnumpy() > 8).all()
    with pytest.raises(mx.base.MXNetError, match="or its text"):
        mx.nd.uniform(shape=(2,), ctx="here")


# -- how operators are called ----------------------------------------------------------------------


def test_parameters_by_position_and_defaults() -> None:
    a = mx.nd.array([[-1, 7]])
    assert mx.nd.clip(a, 0, 6).asnumpy().tolist() == [[0, 6]]
    assert a.clip(a_min=0, a_max=6).asnumpy().tolist() == [[0, 6]]
    assert mx.nd.Pooling(mx.nd.ones((1, 1, 4, 4)), (2, 2), "avg", stride=(2, 2)).shape[2:] == (2, 2)
    # MXNet 1.x leaves borders out, where the documents round up
    assert mx.nd.Pooling(mx.nd.ones((1, 1, 4, 4)), kernel=(3, 3), stride=(2, 2)).shape[2:] == (1, 1)
    weight = mx.nd.ones((2, 2))
    found = mx.nd.FullyConnected(a, weight, no_bias=True, num_hidden=2)
    assert found.asnumpy().tolist() == [[6, 6]]


def test_missing_inputs_of_many_become_variables() -> None:
    x = mx.sym.Variable("x")
    options: dict[str, Any] = {"scale": 2, "sample_type": "bilinear", "num_filter": 3}
    assert mx.sym.UpSampling(x, name="up", **options).list_arguments() == ["x", "up_weight"]
    again = mx.sym.UpSampling(x, num_args=2, name="up", **options)
    assert again.list_arguments() == ["x", "up_weight"]
    with pytest.raises(mx.base.MXNetError, match="num_args is 2, but inputs are 1"):
        mx.nd.Concat(mx.nd.ones((1,)), num_args=2)


def test_speed_hints_are_read_and_unknown_names_refused() -> None:
    x = mx.sym.Variable("x")
    mx.sym.Convolution(x, kernel=(3, 3), num_filter=1, workspace=512, cudnn_tune="off")
    with pytest.raises(mx.base.MXNetError, match="unknown parameter 'kernl'"):
        mx.sym.Convolution(x, kernl=(3, 3), num_filter=1)


def test_batch_norm_takes_its_states() -> None:
    a, one, nought = mx.nd.array([[1, 2], [3, 4]]), mx.nd.ones(2), mx.nd.zeros(2)
    found = mx.nd.BatchNorm(a, one, nought, nought, one)
    assert np.allclose(found.asnumpy(), a.asnumpy() / np.sqrt(1 + 1e-3))


def test_every_operator_has_a_function_under_each_name() -> None:
    for name in OPERATORS:
        for space in (mx.nd, mx.sym):
            assert callable(getattr(space._internal if name.startswith("_") else space, name))


# -- symbols ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("x + y", "_plus0"),
        ("x + 1", "_plusscalar0"),
        ("1 - x", "_rminusscalar0"),
        ("2 / x", "_rdivscalar0"),
        ("x ** 2", "_powerscalar0"),
        ("2 ** x", "_rpower_scalar0"),
        ("x % y", "_mod0"),
        ("x % 2", "_modscalar0"),
        ("x == y", "_equal0"),
        ("x > 1", "_greater_scalar0"),
        ("-x", "_mulscalar0"),
        ("abs(x)", "abs0"),
        ("mx.sym.clip(x, 0, 6)", "clip0"),
        ("x.reshape((3, 4))", "reshape0"),
        ("mx.sym.contrib.MultiBoxPrior(x)", "multiboxprior0"),
        ("mx.sym.linalg.gemm2(x, y)", "gemm20"),
        ("mx.sym.random.uniform(0, 1, shape=(2,))", "_random_uniform0"),
        ("mx.sym.zeros((2, 3))", "_zeros0"),
        ("mx.sym.arange(5)", "_arange0"),
        ("mx.sym.concat(x, y, dim=0)", "concat0"),
        ("mx.sym.maximum(x, y)", "_maximum0"),
        ("mx.sym.maximum(x, 1)", "_maximumscalar0"),
        ("mx.sym.ElementWiseSum(x, y)", "elementwisesum0"),
        ("mx.sym.add_n(x, y)", "add_n0"),
        ("mx.sym.random_uniform(shape=(2,))", "random_uniform0"),
        ("mx.sym.hypot(x, 2)", "_hypotscalar0"),
        ("mx.sym.split_v2(x, 2)", "_split_v20"),
        ("mx.sym.random.multinomial(x)", "_sample_multinomial0"),
        ("mx.sym.random.normal(x, y)", "_sample_normal0"),
        ("x.flatten()", "flatten0"),
        ("x.split(num_outputs=2, axis=0)", "split0"),
    ],
)
def test_automatic_names_are_those_of_1_9_1(expression: str, name: str) -> None:
    with mx.name.NameManager():
        scope = {"mx": mx, "x": mx.sym.Variable("x"), "y": mx.sym.Variable("y")}
        assert eval(expression, scope).name == name


def test_a_prefix_goes_before_all_names() -> None:
    y = mx.sym.Variable("y")
    with mx.name.Prefix("p_"):
        assert mx.sym.FullyConnected(y, num_hidden=3, name="mine").list_arguments() == [
            "y",
            "p_mine_weight",
            "p_mine_bias",
        ]


def test_attributes_are_listed_as_there() -> None:
    x = mx.sym.Variable("x", lr_mult=2.0, shape=(3, 4), dtype="float32")
    assert x.list_attr() == {
        "__dtype__": "0",
        "__lr_mult__": "2.0",
        "lr_mult": "2.0",
        "__shape__": "(3, 4)",
    }
    net = mx.sym.FullyConnected(x, num_hidden=3, name="fc", attr={"lr_mult": "3", "__mood__": "ok"})
    assert net.list_attr() == {
        "num_hidden": "3",
        "__mood__": "ok",
        "__lr_mult__": "3",
        "lr_mult": "3",
    }
    assert (net.attr("lr_mult"), net.attr("__lr_mult__"), net.attr("num_hidden")) == ("3", "3", "3")
    assert mx.sym.Variable("y", attr={"foo": "bar"}).attr_dict() == {"y": {"foo": "bar"}}


def test_the_type_of_a_variable_is_used() -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("x", dtype="float64"), num_hidden=3)
    assert net.infer_type()[1] == [np.float64]
    assert net.infer_type(x="float32")[1] == [np.float32]


def test_the_inside_of_a_symbol() -> None:
    net = mx.sym.BatchNorm(mx.sym.Variable("y"), name="bn")
    states = ["bn_moving_mean", "bn_moving_var"]
    assert net.get_internals().list_outputs() == ["y", "bn_gamma", "bn_beta", *states, "bn_output"]
    assert net.get_internals()["bn_output"].name == "bn"
    children = net.get_children()
    assert children is not None
    assert children.list_outputs()[:2] == ["y", "bn_gamma"]
    assert repr(net) == "<Symbol bn>"
    again = mx.sym.load_json(net.tojson())
    assert again.list_auxiliary_states() == states


# -- executors -------------------------------------------------------------------------------------


def test_gradients_of_a_product() -> None:
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    executor = (x * w).simple_bind(mx.cpu(), x=(2,), w=(2,))
    executor.forward(is_train=True, x=np.array([3, 4]), w=mx.nd.array([5, 6]))
    executor.backward([mx.nd.ones(2)])
    assert executor.outputs[0].asnumpy().tolist() == [15, 24]
    assert executor.grad_dict["x"].asnumpy().tolist() == [5, 6]
    assert executor.grad_arrays[1].asnumpy().tolist() == [3, 4]


def test_a_shape_that_nobody_has_is_told(caplog: pytest.LogCaptureFixture) -> None:
    executor = (mx.sym.Variable("x") * 2).simple_bind(mx.cpu(), x=(2,), label=(2,))
    assert list(executor.arg_dict) == ["x"]
    assert "no argument 'label'" in caplog.text


def test_a_monitor_sees_all_outputs() -> None:
    net = mx.sym.relu(mx.sym.Variable("x") - 1, name="act")
    executor = net.simple_bind(mx.cpu(), x=(2,), grad_req="null")
    seen: dict[str, Any] = {}
    executor.set_monitor_callback(lambda name, value: seen.update({name: value.asnumpy()}))
    executor.forward(x=mx.nd.array([0, 3]))
    assert seen["act_output"].tolist() == [0, 2]


def test_reshape_shares_what_stays() -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2, name="fc")
    executor = net.simple_bind(mx.cpu(), x=(4, 3))
    executor.arg_dict["x"][:] = mx.nd.arange(12).reshape((4, 3))
    smaller = executor.reshape(x=(2, 3))
    assert smaller.arg_dict["x"].asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    smaller.arg_dict["fc_weight"][:] = 1
    assert executor.arg_dict["fc_weight"].asnumpy().all()
    assert smaller.forward(x=mx.nd.ones((2, 3)))[0].shape == (2, 2)
    with pytest.raises(mx.base.MXNetError, match="allow_up_sizing"):
        executor.reshape(x=(8, 3))


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [("gluon", "export"), ("autograd", "simple_bind"), ("np", "asnumpy"), ("ndd", "did you mean")],
)
def test_absent_names_say_what_to_do(name: str, words: str) -> None:
    with pytest.raises(AttributeError, match=words):
        getattr(mx, name)


def test_operators_that_are_left_out_say_why() -> None:
    with pytest.raises(AttributeError, match="symnet leaves out updates of optimizers"):
        getattr(mx.nd, "sgd_update")  # noqa: B009 -- mypy knows no attributes of the module


def test_a_name_manager_can_be_asked() -> None:
    with mx.name.Prefix("p_"):
        assert mx.name.NameManager.current.get(None, "fc") == "p_fc0"
    with mx.AttrScope(ctx_group="a"):
        assert mx.AttrScope.current.get({"b": "c"}) == {"ctx_group": "a", "b": "c"}


def test_what_only_arrays_do_is_refused_of_symbols() -> None:
    with pytest.raises(mx.base.NotImplementedForSymbol, match="asnumpy"):
        mx.sym.Variable("x").asnumpy()


def test_control_flow_of_arrays() -> None:
    data, nought = mx.nd.array([[1], [2], [3]]), mx.nd.zeros((1,))
    sums, last = mx.nd.contrib.foreach(lambda row, total: (row + total, row + total), data, nought)
    assert sums.asnumpy().tolist() == [[1], [3], [6]]
    assert last.asnumpy().tolist() == [6]
    steps, (end,) = mx.nd.contrib.while_loop(
        lambda x: x < 3, lambda x: (x * 10, [x + 1]), [mx.nd.array([1])], max_iterations=4
    )
    assert steps[0].asnumpy().tolist() == [[10], [20], [0], [0]]
    assert end.asscalar() == 3
    special = mx.nd.array([1, float("nan"), float("inf")])
    assert mx.nd.contrib.isnan(special).asnumpy().tolist() == [0, 1, 0]
    assert mx.nd.contrib.isfinite(special).asnumpy().tolist() == [1, 0, 0]


def test_sparse_operators_are_refused() -> None:
    with pytest.raises(AttributeError, match="no sparse arrays"):
        getattr(mx.nd.sparse, "dot")  # noqa: B009 -- mypy knows no attributes of the module


def test_operators_take_attributes_among_their_parameters() -> None:
    """Recorded with Apache MXNet 1.9.1."""
    net = mx.sym.FullyConnected(
        mx.sym.Variable("data"), name="fc", num_hidden=3, lr_mult=2, ctx_group="a"
    )
    own = {"num_hidden": "3", "__ctx_group__": "a", "ctx_group": "a"}
    own |= {"__lr_mult__": "2", "lr_mult": "2"}
    assert net.attr_dict() == {"fc": own, "fc_weight": own, "fc_bias": own}
    with pytest.raises(mx.MXNetError, match=r"weight=mx.sym.Variable.*__lr_mult__"):
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, weight_lr_mult=2)


def test_operators_give_their_inputs_a_start() -> None:
    """Recorded with Apache MXNet 1.9.1."""
    data = mx.sym.Variable("data")
    assert mx.sym.BatchNorm(data, name="bn").attr_dict() == {
        "bn_moving_mean": {"__init__": '["zero", {}]'},
        "bn_moving_var": {"__init__": '["one", {}]'},
    }
    slope = {"__init__": '["Constant", {"value": 0.25}]', "act_type": "prelu"}
    net = mx.sym.LeakyReLU(data, act_type="prelu", name="lr")
    assert net.attr_dict() == {"lr_gamma": slope, "lr": {"act_type": "prelu"}}
    module = mx.mod.Module(net, label_names=None)
    module.bind([("data", (2, 3))])
    module.init_params()
    assert module.get_params()[0]["lr_gamma"].asnumpy().tolist() == [0.25] * 3
    own = mx.sym.Variable("gamma", init=mx.init.One())
    named = mx.sym.LeakyReLU(data, gamma=own, act_type="prelu")
    assert named.attr_dict()["gamma"] == {"__init__": '["one", {}]'}


def test_shapes_may_be_arrays_of_numpy() -> None:
    assert mx.nd.zeros(np.array([2, 3])).shape == (2, 3)
    assert mx.nd.broadcast_to(mx.nd.ones((1, 3)), shape=np.array([2, 3])).shape == (2, 3)


def test_axes_that_are_none() -> None:
    with pytest.raises(ValueError, match="destination 2 is no axis"):
        mx.nd.moveaxis(mx.nd.ones((2, 3)), 0, 2)
    with pytest.raises(ValueError, match="source -3 is no axis"):
        mx.nd.moveaxis(mx.nd.ones((2, 3)), -3, 0)


def test_initializers_with_arrays_are_written_as_text() -> None:
    assert mx.init.Constant(mx.nd.ones(2)).dumps() == '["constant", {"value": [1.0, 1.0]}]'
    assert mx.init.Constant(np.ones(1)).dumps() == '["constant", {"value": [1.0]}]'
    assert mx.Context.default_ctx == mx.cpu()


def test_the_memory_of_a_program_is_told_as_there() -> None:
    """What nothing is differentiated by keeps nothing for it, whichever way that is said."""

    def told(network: Any, grad_req: str = "write") -> int:
        text = network.simple_bind(mx.cpu(), x=(4, 256, 1024), grad_req=grad_req).debug_str()
        found = re.search(r"^Total (\d+) MB allocated$", text, re.MULTILINE)
        assert found
        return int(found[1])

    network = mx.sym.Variable("x")
    for _ in range(4):
        network = network * network
    without = told(network, "null")
    assert told(network) > without == told(mx.sym.BlockGrad(network))
    assert without == 8  # its result, and one array to work in


def test_lengths_of_0_are_found_out() -> None:
    """As Apache MXNet 1.9.1 infers them, wherever they are given."""
    network = mx.sym.Variable("a") + mx.sym.Variable("b", shape=(12, 0))
    expected = ([(12, 10), (12, 10)], [(12, 10)], [])
    assert network.infer_shape(a=(0, 10)) == expected
    assert network.infer_shape((0, 10)) == expected
    assert network.infer_shape_partial(a=(0, 10)) == expected
    assert network.infer_shape(a=(0, 10), b=(7, 0)) == ([(7, 10), (7, 10)], [(7, 10)], [])
    assert network.infer_shape(a=(0, 0)) == (None, None, None)
    assert network.simple_bind(mx.cpu(), a=(0, 10)).arg_dict["a"].shape == (12, 10)


def test_what_comes_last_by_position() -> None:
    """After inputs and parameters: out and name for arrays, name and attr for symbols."""
    x, out = mx.nd.array([4, 9]), mx.nd.zeros((2,))
    for call, expected in (
        (lambda: mx.nd.sqrt(x, out), [2, 3]),
        (lambda: mx.nd.elemwise_add(x, x, out), [8, 18]),
        (lambda: mx.nd.clip(x, 1, 5, out), [4, 5]),
    ):
        assert call() is out
        assert out.asnumpy().tolist() == expected
    assert mx.nd.sqrt(x, None, "name").asnumpy().tolist() == [2, 3]
    symbol = mx.sym.sqrt(mx.sym.Variable("x"), "root", {"mood": "calm"})
    assert (symbol.name, symbol.attr("mood")) == ("root", "calm")
    for wrong in (lambda: mx.nd.sqrt(x, 5), lambda: mx.nd.sqrt(x, out, out=out)):
        with pytest.raises(mx.base.MXNetError, match=r"at most 1 arguments \(data\) and then out"):
            wrong()
