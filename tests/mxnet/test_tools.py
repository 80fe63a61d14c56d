"""What stands around networks: test utilities, pictures, profiles, registries."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.mxnet import registry, test_utils

HEAD = {0: "Layer (type)", 52: "Output Shape", 76: "Param #", 88: "Previous Layer"}


def network() -> Any:
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="c")
    net = mx.sym.BatchNorm(net, name="b")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


# -- test utilities --------------------------------------------------------------------------------


def test_gradients_by_differences() -> None:
    a = mx.sym.Variable("a")
    test_utils.check_numeric_gradient(a * a, [np.array([[1.0, -2.0]])])
    test_utils.check_numeric_gradient(mx.sym.tanh(a), {"a": np.ones((2, 2))}, dtype=np.float64)
    with pytest.raises(AssertionError, match="NUMERICAL_a and BACKWARD_a differ"):
        test_utils.check_numeric_gradient(mx.sym.BlockGrad(a) * a, [np.array([3.0])])


def test_gradients_are_added_where_asked() -> None:
    a = mx.sym.Variable("a")
    test_utils.check_numeric_gradient(a * a, [np.array([1.0, 2.0])], grad_nodes={"a": "add"})


def test_forward_and_backward_against_numbers() -> None:
    a = mx.sym.Variable("a")
    net = a * 3
    test_utils.check_symbolic_forward(net, [np.ones(2)], [np.full(2, 3)])
    for request in ("write", "add"):
        test_utils.check_symbolic_backward(
            net, [np.ones(2)], [np.ones(2)], {"a": np.full(2, 3)}, grad_req=request
        )
    with pytest.raises(AssertionError, match="EXPECTED_"):
        test_utils.check_symbolic_forward(net, [np.ones(2)], [np.full(2, 4)])
    with pytest.raises(AssertionError, match="BACKWARD_a"):
        test_utils.check_symbolic_backward(net, [np.ones(2)], [np.ones(2)], [np.full(2, 4)])
    with pytest.raises(ValueError, match="do not match"):
        test_utils.check_symbolic_forward(net, {"b": np.ones(2)}, [np.ones(2)])
    assert test_utils.simple_forward(net, a=np.ones(2)).tolist() == [3, 3]


def test_tolerances_follow_the_coarser_type() -> None:
    one = np.ones(2, "float32")
    assert test_utils.get_tols(one, one.astype("float64"), None, None) == (1e-4, 1e-3)
    test_utils.assert_almost_equal(one, one + 1e-3)
    with pytest.raises(AssertionError, match=r"at \(1,\)"):
        test_utils.assert_almost_equal(one, np.array([1, 1.1]), rtol=1e-4, atol=0)
    assert test_utils.same(one, mx.nd.ones((2,)))


def test_what_is_missing_says_what_to_do() -> None:
    with pytest.raises(AttributeError, match="symnet im2rec"):
        getattr(test_utils, "get_im2rec_path")  # noqa: B009 -- mypy believes in it
    with pytest.raises(AttributeError, match="did you mean 'same'"):
        getattr(test_utils, "sam")  # noqa: B009 -- as above


def test_random_inputs_and_contexts() -> None:
    shape = test_utils.rand_shape_3d(2, 3, 4)
    assert all(1 <= length <= most for length, most in zip(shape, (2, 3, 4), strict=True))
    assert test_utils.rand_ndarray((2, 3)).shape == (2, 3)
    assert test_utils.default_context() == mx.cpu()
    a = mx.nd.array([[1, 2]])
    assert test_utils.same_array(a, a[:])
    assert not test_utils.same_array(a, a.copy())


def test_runs_on_two_contexts_agree() -> None:
    about = [{"ctx": mx.cpu(0), "data": (2, 3)}, {"ctx": mx.cpu(1), "data": (2, 3)}]
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2)
    found = test_utils.check_consistency(net, about)
    assert found[net.list_outputs()[0]].shape == (2, 2)


def test_a_dummy_iterator_never_ends() -> None:
    real = mx.io.NDArrayIter(np.arange(4), batch_size=2)
    dummy = test_utils.DummyIter(real)
    assert next(dummy) is next(dummy)
    assert dummy.batch_size == 2


# -- pictures --------------------------------------------------------------------------------------


def test_the_summary_is_mxnets(capsys: pytest.CaptureFixture[str]) -> None:
    mx.viz.print_summary(network(), {"data": (2, 3, 8, 8)})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "_" * 120
    assert all(lines[1].startswith(word, place) for place, word in HEAD.items())
    assert [line.split() for line in lines[3:-3:2]] == [
        ["data(null)", "3x8x8", "0"],
        ["c(Convolution)", "4x6x6", "112", "data"],
        ["b(BatchNorm)", "4x6x6", "8", "c"],
        ["fc(FullyConnected)", "3", "435", "b"],
        ["softmax(SoftmaxOutput)", "3", "0", "fc"],
    ]
    assert lines[-2] == "Total params: 555"


def test_a_network_is_drawn() -> None:
    drawn = mx.viz.plot_network(
        network(), title="net", shape={"data": (2, 3, 8, 8)}, node_attrs={"fixedsize": "false"}
    )
    assert 'node [fixedsize="false"]' in drawn.source
    assert drawn.source.count("{") == drawn.source.count("}")
    assert "<svg" in drawn._repr_svg_()
    with pytest.raises(mx.base.MXNetError, match="weights are not drawn"):
        mx.viz.plot_network(network(), hide_weights=False)


# -- profiles, logs, registries --------------------------------------------------------------------


def test_a_profile_is_a_chrome_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    mx.profiler.set_config(profile_all=True, filename=str(path))
    mx.profiler.set_state("run")
    with mx.profiler.Domain("mine").new_task("work"):
        mx.nd.dot(mx.nd.ones((2, 2)), mx.nd.ones((2, 2)))
    mx.profiler.set_state("stop")
    mx.profiler.dump()
    names = {event.get("name") for event in json.loads(path.read_text())["traceEvents"]}
    assert "mine::work" in names
    assert any("mm" in str(name) for name in names)
    with pytest.raises(mx.base.MXNetError, match="unknown parameter 'profile_al'"):
        mx.profiler.set_config(profile_al=True)


def test_a_registry_makes_objects_by_name() -> None:
    class Shape:
        def __init__(self, sides: int = 3) -> None:
            self.sides = sides

    class Square(Shape):
        pass

    register = registry.get_register_func(Shape, "shape")
    create = registry.get_create_func(Shape, "shape")
    assert register(Square) is Square
    assert isinstance(create("square", 4), Square)
    assert create('["square", {"sides": 5}]').sides == 5
    with pytest.raises(mx.base.MXNetError, match="did you mean 'square'"):
        create("sqare")


def test_loggers_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    logger = mx.log.get_logger("symnet_face_test", str(path), level=logging.INFO)
    assert mx.log.get_logger("symnet_face_test") is logger
    logger.info("hello")
    assert path.read_text().strip().endswith("hello")
    assert len(logger.handlers) == 1
    logger.handlers[0].close()


def test_modules_inside_packages_are_found() -> None:
    assert mx.rnn.rnn_cell.LSTMCell is mx.rnn.LSTMCell
    assert mx.io.io.NDArrayIter is mx.io.NDArrayIter
    assert mx.kv.kvstore.KVStore is mx.kv.KVStore
    assert mx.contrib.sym.MultiBoxPrior is mx.sym.contrib.MultiBoxPrior
    with pytest.raises(AttributeError, match="no attribute 'rnn_cells'"):
        getattr(mx.rnn, "rnn_cells")  # noqa: B009 -- mypy knows that it is not there
