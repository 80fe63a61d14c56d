"""Recurrent cells of the Python-MXNet face against Apache MXNet 1.9.1."""

import json
from pathlib import Path

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.core.errors import ArgumentError

GOLDEN = Path(__file__).parent.parent / "golden" / "python_mxnet"
FILES = sorted(path.stem for path in GOLDEN.glob("cell-*.npz"))

pytestmark = pytest.mark.filterwarnings("ignore:layout TNC spares:UserWarning")


def built(spec):
    kind, arguments, parts = spec
    cells = [built(part) for part in parts]
    if kind != "SequentialRNNCell":
        return getattr(mx.rnn, kind)(*cells, **arguments)
    stack = mx.rnn.SequentialRNNCell(**arguments)
    for cell in cells:
        stack.add(cell)
    return stack


def flat(states):
    """Return states in one list; a bidirectional cell gives a list of lists."""
    if isinstance(states, mx.sym.Symbol):
        return [states]
    return [symbol for part in states for symbol in flat(part)]


def read(name):
    stored = np.load(GOLDEN / f"{name}.npz")
    return json.loads(bytes(stored["meta"])), stored


def unrolled(meta, merge):
    with mx.name.NameManager():
        cell = built(meta["cell"])
        cell = cell.unfuse() if meta["unfused"] else cell
        data = mx.sym.Variable("data")
        outputs, states = cell.unroll(
            meta["steps"], data, layout=meta["layout"], merge_outputs=merge
        )
    return cell, outputs, states


@pytest.mark.parametrize("name", FILES)
def test_a_cell_computes_what_mxnet_computes(name):
    meta, stored = read(name)
    _, outputs, states = unrolled(meta, merge=True)
    symbol = mx.sym.Group([outputs, *flat(states)])
    assert symbol.list_arguments() == meta["arguments"]
    assert symbol.list_outputs() == meta["outputs"]
    given = {each: mx.nd.array(stored[f"arg:{each}"]) for each in meta["arguments"]}
    grads = {each: mx.nd.zeros(array.shape) for each, array in given.items()}
    bound = symbol.bind(mx.cpu(), given, grads)
    tolerance = {"rtol": meta["rtol"], "atol": meta["atol"]}
    for place, array in enumerate(bound.forward(is_train=False)):
        np.testing.assert_allclose(array.asnumpy(), stored[f"pred:{place}"], **tolerance)
    found = bound.forward(is_train=True)
    bound.backward([mx.nd.array(stored[f"head:{place}"]) for place in range(len(found))])
    for each in meta["arguments"]:
        np.testing.assert_allclose(
            grads[each].asnumpy(), stored[f"grad:{each}"], **tolerance, err_msg=each
        )


@pytest.mark.parametrize("name", FILES)
def test_the_nodes_are_those_of_mxnet(name):
    meta, stored = read(name)
    _, outputs, states = unrolled(meta, merge=True)
    mine = json.loads(mx.sym.Group([outputs, *flat(states)]).tojson())["nodes"]
    theirs = json.loads(bytes(stored["json"]))["nodes"]
    assert sorted(node["name"] for node in mine) == sorted(node["name"] for node in theirs)


@pytest.mark.parametrize("name", FILES)
def test_outputs_of_single_steps_have_the_names_of_mxnet(name):
    meta, _ = read(name)
    _, outputs, _ = unrolled(meta, merge=False)
    assert [each for output in outputs for each in output.list_outputs()] == meta["unmerged"]


@pytest.mark.parametrize("name", FILES)
def test_states_have_the_shapes_of_mxnet(name):
    meta, _ = read(name)
    cell, _, _ = unrolled(meta, merge=True)
    assert [list(shape) for shape in cell.state_shape] == meta["state_shapes"]


@pytest.mark.parametrize("name", FILES)
def test_weights_come_apart_and_together_as_in_mxnet(name):
    meta, stored = read(name)
    cell, _, _ = unrolled(meta, merge=True)
    packed = {
        each: mx.nd.array(stored[f"arg:{each}"]) for each in meta["arguments"] if each != "data"
    }
    parts = cell.unpack_weights(packed)
    expected = [key.partition(":")[2] for key in stored.files if key.startswith("unpacked:")]
    assert sorted(parts) == sorted(expected)
    for each, array in parts.items():
        np.testing.assert_array_equal(array.asnumpy(), stored[f"unpacked:{each}"])
    again = cell.pack_weights(parts)
    assert sorted(again) == sorted(packed)
    for each, array in again.items():
        np.testing.assert_array_equal(array.asnumpy(), packed[each].asnumpy())


# -- variables and states --------------------------------------------------------------------------


def test_cells_share_variables():
    params = mx.rnn.RNNParams("shared_")
    first = mx.rnn.LSTMCell(2, prefix="a_", params=params)
    second = mx.rnn.LSTMCell(2, prefix="b_", params=params)
    outputs, _ = first.unroll(2, mx.sym.Variable("data"), merge_outputs=True)
    outputs, _ = second.unroll(2, outputs, merge_outputs=True)
    names = [name for name in outputs.list_arguments() if name.startswith("shared_")]
    assert len(names) == 4


class Sum(mx.rnn.BaseRNNCell):
    """A cell of a user's own: the state is an activation of its sum with the input."""

    @property
    def state_info(self):
        return [{"shape": (0, 2), "__layout__": "NC"}]

    def __init__(self, activation):
        super().__init__(prefix="sum_")
        self._activation = activation

    def __call__(self, inputs, states):
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_out"
        output = self._get_activation(inputs + states[0], self._activation, name=name)
        return output, [output]


@pytest.mark.parametrize("activation", ["tanh", mx.sym.tanh])
def test_a_cell_of_ones_own_takes_activations_by_name_and_as_functions(activation):
    steps = [mx.sym.Variable(f"x{step}") for step in range(2)]
    outputs, _ = Sum(activation).unroll(2, steps)
    group = mx.sym.Group(outputs)
    assert group.list_outputs() == ["sum_t0_out_output", "sum_t1_out_output"]
    found = group.eval(x0=mx.nd.array([[1, 2]]), x1=mx.nd.array([[3, 4]]))
    first = np.tanh(np.array([[1, 2]]))
    np.testing.assert_allclose(found[0].asnumpy(), first, rtol=1e-6)
    np.testing.assert_allclose(found[1].asnumpy(), np.tanh(first + np.array([[3, 4]])), rtol=1e-6)


def test_states_may_be_variables():
    cell = mx.rnn.GRUCell(3, prefix="g_")
    states = cell.begin_state(func=mx.sym.Variable)
    outputs, _ = cell.unroll(2, mx.sym.Variable("data"), states, merge_outputs=True)
    assert "g_begin_state_0" in outputs.list_arguments()
    shapes, results, _ = outputs.infer_shape(data=(4, 2, 5))
    assert results == [(4, 2, 3)]
    assert (4, 3) in shapes


def test_a_forget_bias_starts_from_its_number():
    cell = mx.rnn.LSTMCell(2, prefix="l_", forget_bias=3.0)
    output, _ = cell(mx.sym.Variable("data"), cell.begin_state())
    described = output.attr_dict()["l_i2h_bias"]["__init__"]
    bias = mx.nd.zeros(8)
    mx.init.Zero()(mx.init.InitDesc("l_i2h_bias", {"__init__": described}), bias)
    assert bias.asnumpy().tolist() == [0, 0, 3, 3, 0, 0, 0, 0]


def test_zoneout_keeps_states_at_random():
    with mx.name.NameManager():
        cell = mx.rnn.ZoneoutCell(mx.rnn.RNNCell(50, prefix="r_"), zoneout_states=0.5)
        outputs, states = cell.unroll(2, mx.sym.Variable("data"), merge_outputs=True)
    bound = mx.sym.Group([outputs, *states]).simple_bind(mx.cpu(), data=(1, 2, 3))
    for name, array in bound.arg_dict.items():
        array[:] = 0.1 if name == "data" else 1.0
    mx.random.seed(1)
    _, state = bound.forward(is_train=True)
    first = np.tanh(2.3)
    values = state.asnumpy()
    kept = np.isclose(values, first, atol=1e-6) | np.isclose(values, 0)
    assert 10 < kept.sum() < 40


def test_dropout_stands_between_cells():
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.RNNCell(2, prefix="a_"))
    stack.add(mx.rnn.DropoutCell(0.5))
    outputs, _ = stack.unroll(2, mx.sym.Variable("data"), merge_outputs=True)
    assert "Dropout" in {node["op"] for node in json.loads(outputs.tojson())["nodes"]}


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: mx.rnn.FusedRNNCell(2, mode="cnn"), "mode must be one of"),
        (lambda: mx.rnn.FusedRNNCell(2)(None, None), "no single steps"),
        (lambda: mx.rnn.ZoneoutCell(mx.rnn.FusedRNNCell(2)), "single steps"),
        (lambda: mx.rnn.DropoutCell("much"), "must be a number"),
        (lambda: mx.rnn.RNNCell(2).unroll(2, [mx.sym.Variable("a")]), "2 steps got 1"),
        (lambda: mx.rnn.RNNCell(2).unroll(2, None), "needs inputs"),
        (lambda: modified().begin_state(), "inside another cell"),
        (lambda: mx.rnn.encode_sentences([["b"]], {"a": 1}), "'b' is not in the vocabulary"),
        (lambda: mx.rnn.BucketSentenceIter([[1, 2]], 1, [1]), "no sentence fits"),
        (lambda: mx.rnn.BucketSentenceIter([[1], [2, 3]], 2), "name buckets"),
    ],
)
def test_what_makes_no_sense_is_refused(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def modified():
    cell = mx.rnn.RNNCell(2)
    mx.rnn.ResidualCell(cell)
    return cell


def test_unknown_words_have_a_word():
    codes, vocabulary = mx.rnn.encode_sentences(
        [["a", "z"]], {"a": 1}, unknown_token="?", start_label=9
    )
    assert codes == [[1, 9]]
    assert vocabulary == {"a": 1, "?": 9}


def test_left_out_sentences_are_logged(caplog):
    mx.rnn.BucketSentenceIter([[1, 2], [3, 4], [1, 2, 3, 4]], 2, [2])
    assert "discarded 1 sentences longer than the largest bucket, 2" in caplog.text


# -- checkpoints -----------------------------------------------------------------------------------


def test_a_checkpoint_has_the_weights_of_each_gate(tmp_path):
    prefix = str(tmp_path / "net")
    cell = mx.rnn.LSTMCell(2, prefix="l_")
    outputs, _ = cell.unroll(2, mx.sym.Variable("data"), merge_outputs=True)
    shapes, _, _ = outputs.infer_shape(data=(1, 2, 3))
    names = outputs.list_arguments()
    given = {
        name: mx.nd.arange(int(np.prod(shape))).reshape(shape)
        for name, shape in zip(names, shapes, strict=True)
        if name != "data"
    }
    mx.rnn.do_rnn_checkpoint(cell, prefix, period=2)(0, outputs, given, {})
    assert not list(tmp_path.iterdir())
    mx.rnn.do_rnn_checkpoint(cell, prefix, period=2)(1, outputs, given, {})
    stored = mx.nd.load(f"{prefix}-0002.params")
    assert "arg:l_i2h_f_weight" in stored
    assert "arg:l_i2h_weight" not in stored
    symbol, found, states = mx.rnn.load_rnn_checkpoint(cell, prefix, 2)
    assert symbol.list_arguments() == names
    assert states == {}
    assert sorted(found) == sorted(given)
    for name, array in found.items():
        np.testing.assert_array_equal(array.asnumpy(), given[name].asnumpy())


def test_the_old_form_of_unroll_makes_inputs():
    with pytest.warns(DeprecationWarning, match=r"call cell\.unroll"):
        outputs, _ = mx.rnn.rnn_unroll(mx.rnn.RNNCell(2), 2, input_prefix="x_")
    names = [name for output in outputs for name in output.list_arguments()]
    assert {"x_t0_data", "x_t1_data"} <= set(names)


def test_states_may_be_variables_of_the_module() -> None:
    """Their batch follows from the data, their width from what begin_state declares."""
    stack = mx.rnn.SequentialRNNCell()
    for layer in range(2):
        stack.add(mx.rnn.LSTMCell(num_hidden=4, prefix=f"lstm_l{layer}_"))
    begin = stack.begin_state(func=mx.sym.Variable)
    _, states = stack.unroll(2, begin_state=begin, inputs=mx.sym.Variable("data"))
    names = [each.name for each in begin]
    net = mx.sym.Group(states)
    module = mx.mod.Module(net, context=[mx.cpu(0), mx.cpu(1)], label_names=None, state_names=names)
    module.bind([("data", (5, 2))], for_training=False)
    module.init_params()
    module.set_states(value=1)
    module.forward(mx.io.DataBatch([mx.nd.zeros((5, 2))], []))
    first = module.get_outputs()
    module.set_states(states=module.get_outputs(merge_multi_context=False))
    module.forward(mx.io.DataBatch([mx.nd.zeros((5, 2))], []))
    assert [each.shape for each in module.get_outputs()] == [(5, 4)] * 4
    assert not np.allclose(module.get_outputs()[0].asnumpy(), first[0].asnumpy())


@pytest.mark.parametrize(
    ("kind", "total"),
    [("ConvRNNCell", 500.7657), ("ConvLSTMCell", 20.265), ("ConvGRUCell", 13.4896)],
)
def test_cells_of_images(kind: str, total: float) -> None:
    """Recorded with Apache MXNet 1.9.1."""
    cell = getattr(mx.rnn, kind)((1, 2, 5, 4), num_hidden=3, prefix="c_", i2h_stride=(2, 1))
    outputs, states = cell.unroll(3, [mx.sym.Variable(f"t{step}") for step in range(3)])
    net = mx.sym.Group([*outputs, *states])
    assert net.list_outputs()[:3] == ["c_t0_out_output", "c_t1_out_output", "c_t2_out_output"]
    executor = net.simple_bind(mx.cpu(), **{f"t{step}": (2, 2, 5, 4) for step in range(3)})
    drawn = np.random.RandomState(0)
    for _, held in sorted(executor.arg_dict.items()):
        held[:] = drawn.normal(size=held.shape) * 0.4
    results = executor.forward()
    assert results[0].shape == (2, 3, 3, 4)
    assert sum(float(each.asnumpy().sum()) for each in results) == pytest.approx(total, abs=2e-3)


def test_cells_of_images_keep_the_size_of_states() -> None:
    with pytest.raises(mx.MXNetError, match="odd lengths"):
        mx.rnn.ConvRNNCell((1, 2, 5, 4), num_hidden=3, h2h_kernel=(2, 3))
