"""Symbols as JSON: the text that is written, and what is read of every era.

Source: docs/semantics §2.10. What is refused is in test_file_format_errors.
"""

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from engine import Shifted, shifted
from symbol_files import OLD, WRITTEN

import symnet as mx
from symnet.operators.contract import OPERATORS


@pytest.fixture(autouse=True)
def operator_with_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATORS, "Shifted", Shifted)


def operators(symbol: mx.SymbolicNode) -> dict[str, str]:
    return {node.name: repr(node.op) for node in symbol.graph.nodes if node.op is not None}


def document(*nodes: dict[str, Any], version: int | None = 10901) -> str:
    """A file of these nodes, of which the last is the output."""
    attrs = {} if version is None else {"attrs": {"mxnet_version": ["int", version]}}
    return json.dumps({"nodes": nodes, "heads": [[len(nodes) - 1, 0]], **attrs})


X = {"op": "null", "name": "x", "inputs": []}


def on_x(op: str, name: str = "node", **more: Any) -> dict[str, Any]:
    return {"op": op, "name": name, "inputs": [[0, 0, 0]], **more}


# -- writing ---------------------------------------------------------------------------------------


def example() -> mx.SymbolicNode:
    data = mx.Variable("data")
    net = mx.FullyConnected(data, num_hidden=10, name="fc1", attrs={"mood": "calm"})
    return mx.SoftmaxOutput(net, name="softmax")


def test_the_written_text_of_the_example() -> None:
    assert example().to_json() == WRITTEN


def test_equal_symbols_give_equal_text_and_reading_gives_it_back() -> None:
    assert example().to_json() == example().to_json()
    read = mx.from_json(WRITTEN)
    assert read.to_json() == WRITTEN
    assert read.get_internals()["fc1_weight"].get_attr("mood") == "calm"


def test_states_are_explicit_and_of_version_one() -> None:
    net = shifted(mx.FullyConnected(mx.Variable("x"), num_hidden=2, name="fc"), name="bn")
    written = json.loads(net.to_json())
    assert [node["name"] for node in written["nodes"]] == [
        *("x", "fc_weight", "fc_bias", "fc", "bn_shift", "bn")
    ]
    assert written["nodes"][-1]["inputs"] == [[3, 0, 0], [4, 0, 1]]
    assert written["arg_nodes"] == [0, 1, 2, 4]
    assert mx.from_json(net.to_json()).list_auxiliary_states() == ["bn_shift"]


def test_more_than_ten_entries_stand_below_each_other() -> None:
    variables = [mx.Variable(f"v{number}") for number in range(11)]
    text = mx.ElementWiseSum(*variables, name="sum").to_json()
    tall = ", \n        ".join(f"[{number}, 0, 0]" for number in range(11))
    assert f'"inputs": [\n        {tall}\n      ]\n' in text
    assert '"arg_nodes": [\n    0, \n    1, ' in text
    assert mx.from_json(text).list_arguments() == [f"v{number}" for number in range(11)]


def test_text_is_written_as_it_is() -> None:
    symbol = mx.Variable("größe", attrs={"π": 'a "quoted"\tbackslash \\ and\nline'})
    assert '"name": "größe"' in symbol.to_json()
    assert r'{"__π__": "a \"quoted\"\tbackslash \\ and\nline"}' in symbol.to_json()
    assert mx.from_json(symbol.to_json()).list_attr() == symbol.list_attr()


def test_parameters_are_spelled_out_where_mxnet_would_mean_something_else() -> None:
    """docs/semantics D9, D18: 1.9.1 must compute the same numbers from what we write."""
    x = mx.Variable("x")
    full = mx.Pooling(x, kernel=(3, 3), pool_type="max", name="pool")
    valid = mx.Pooling(x, kernel=(3, 3), pool_type="max", pooling_convention="valid", name="pool")
    assert json.loads(full.to_json())["nodes"][1]["attrs"]["pooling_convention"] == "full"
    for net in (full, valid):
        assert operators(mx.from_json(net.to_json())) == operators(net)


NUMBERS = [0.1, 1, -1, 1e-5, 1 / 3, np.pi, 1e30, float("inf")]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_come_back_exactly(number: float) -> None:
    text = (mx.Variable("x") * number).to_json()
    assert mx.from_json(text).graph.outputs[0].node.op.scalar == number


@pytest.mark.parametrize(
    ("number", "text"), [(1.0, "1"), (0.9, "0.9"), (1e-5, "1e-05"), (-1.0, "-1"), (0.001, "0.001")]
)
def test_numbers_are_written_as_cpp_does(number: float, text: str) -> None:
    net = mx.Variable("x") + number
    assert json.loads(net.to_json())["nodes"][1]["attrs"] == {"scalar": text}


def test_several_heads_and_outputs() -> None:
    x = mx.Variable("x")
    net = mx.Group(x, mx.exp(x, name="e"), x)
    assert json.loads(net.to_json())["heads"] == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert mx.from_json(net.to_json()).list_outputs() == ["x", "e_output", "x"]


# -- reading MXNet 0.5 to 0.8 ----------------------------------------------------------------------


def test_the_old_example_is_the_very_file() -> None:
    """1218 bytes, as MXNet 0.7 writes them, by their digest."""
    assert hashlib.md5(OLD.encode()).hexdigest() == "ddaa262b8ed23d58e7cc8f298b7c3599"


OLDER_NAMES = sorted(
    (cls.__name__, about.also, key)
    for cls in set(OPERATORS.values())
    for key, about in cls.params.items()
    if about.also
)


@pytest.mark.parametrize(("name", "older", "key"), OLDER_NAMES)
@pytest.mark.parametrize("place", ["param", "attrs"])
def test_the_older_name_of_a_parameter_is_read(name: str, older: str, key: str, place: str) -> None:
    text = "channel" if older == "type" else "3"
    version = None if place == "param" else 10901
    read = [
        mx.from_json(document(X, on_x(name, **{place: {each: text}}), version=version))
        for each in (older, key)
    ]
    assert operators(read[0]) == operators(read[1])
    assert read[0].list_attr() == {}


def test_softmax_over_channels_in_the_documents_words() -> None:
    assert ("SoftmaxActivation", "type", "mode") in OLDER_NAMES
    own = mx.SoftmaxActivation(mx.Variable("x"), mode="channel", name="node")
    assert mx.SoftmaxActivation(mx.Variable("x"), type="channel", name="node").to_json() == (
        own.to_json()
    )


def test_the_old_example_is_the_same_network() -> None:
    read = mx.from_json(OLD)
    assert read.list_arguments() == ["data", "fc1_weight", "fc1_bias", "softmax_label"]
    assert read.list_outputs() == ["softmax_output"]
    moods = {each.name: each.get_attr("mood") for each in read.get_internals()}
    calm = ["fc1_weight", "fc1_bias", "fc1"]
    assert moods == dict.fromkeys(["data", "softmax_label", "softmax"]) | dict.fromkeys(
        calm, "calm"
    )
    assert read.to_json() == WRITTEN


def test_an_attribute_of_an_old_file_is_never_a_parameter() -> None:
    node = on_x(
        "FullyConnected", param={"num_hidden": "3", "no_bias": "True"}, attr={"no_bias": "?"}
    )
    node["inputs"] = [[0, 0], [1, 0]]
    read = mx.from_json(document(X, {**X, "name": "w"}, node, version=None))
    assert operators(read) == {"node": "FullyConnected(num_hidden=3, no_bias=True)"}
    assert read.list_attr() == {"no_bias": "?"}


def test_states_that_an_old_file_leaves_out_have_the_attributes_of_their_layer() -> None:
    """Apache MXNet 1.9.1 reads the same."""
    node = on_x("BatchNorm", "bn", param={}, attr={"ctx_group": "stage2", "lr_mult": "3"})
    nodes = [X, {**X, "name": "bn_gamma"}, {**X, "name": "bn_beta"}, node]
    node["inputs"] = [[0, 0], [1, 0], [2, 0]]
    graph = mx.from_json(document(*nodes, version=None)).graph
    attributes = {state.name: state.attributes for state in graph.states}
    assert attributes == {"bn_moving_mean": node["attr"], "bn_moving_var": node["attr"]}
    assert not any(node.attributes for node in graph.arguments)


def test_an_attribute_of_a_variable_may_stand_with_the_operator() -> None:
    """Apache MXNet 1.9.1 reads the same: fc_weight gets lr_mult=2, data 7, and fc keeps 5."""
    attributes = {"weight_lr_mult": "2", "data_wd_mult": "7", "lr_mult": "5", "bias_lr_mult": "9"}
    nodes = [
        X,
        {**X, "name": "fc_weight", "attr": {"mood": "calm"}},
        on_x("FullyConnected", "fc", param={"num_hidden": "3", "no_bias": "True"}, attr=attributes),
    ]
    nodes[2]["inputs"] = [[0, 0], [1, 0]]
    merged = {**nodes[2], "attr": {**nodes[2]["param"], **attributes}}
    del merged["param"]
    for node, version in ((nodes[2], None), (merged, 905)):
        internals = mx.from_json(document(*nodes[:2], node, version=version)).get_internals()
        assert internals["x"].list_attr() == {"wd_mult": "7"}
        assert internals["fc_weight"].list_attr() == {"mood": "calm", "lr_mult": "2"}
        assert internals["fc_output"].list_attr() == {"lr_mult": "5", "bias_lr_mult": "9"}


FORMS = pytest.mark.parametrize(
    ("form", "version"), [("param", None), ("attr", 905), ("attrs", 10901)]
)
CONVOLUTION = {"num_filter": "1", "kernel": "(3, 3)", "no_bias": "True"}


@FORMS
def test_hints_at_speed_are_kept(form: str, version: int | None) -> None:
    given = {**CONVOLUTION, "cudnn_tune": "fastest"}
    node = on_x("Convolution", **{form: given}, inputs=[[0, 0], [1, 0]])
    read = mx.from_json(document(X, {**X, "name": "w"}, node, version=version))
    assert read.list_attr() == {"cudnn_tune": "fastest"}
    assert mx.from_json(read.to_json()).list_attr() == read.list_attr()


@FORMS
def test_parameters_of_forks_are_refused(form: str, version: int | None) -> None:
    given = {**CONVOLUTION, "my_fork": "7"}
    node = on_x("Convolution", **{form: given}, inputs=[[0, 0], [1, 0]])
    with pytest.raises(mx.FormatError, match=r"node 2 \('node'\): Convolution with my_fork='7'"):
        mx.from_json(document(X, {**X, "name": "w"}, node, version=version))


def test_all_that_is_missing_is_named_at_once() -> None:
    nodes = [
        X,
        on_x("Frobnicate", "a"),
        on_x("Frobnicate", "b"),
        on_x("Convolutoin", "c"),
        on_x("Flatten", "d", attrs={"axis": "2"}),
        on_x("exp", "e", attrs={"base": "2"}),
    ]
    with pytest.raises(mx.FormatError) as caught:
        mx.from_json(document(*nodes))
    assert str(caught.value) == (
        "symbol JSON: this network would compute something else here. It has operators that symnet "
        "does not have: Frobnicate (2), Convolutoin; did you mean 'Convolution'? (1); and "
        "parameters that symnet does not have: node 4 ('d'): Flatten with axis='2'; "
        "node 5 ('e'): exp with base='2'. docs/operators/support.md lists what there is"
    )


def test_a_value_that_means_nothing_is_no_reason_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(OPERATORS["exp"], "fixed_parameters", {"fast": ("False",)})
    for text in ("False", "false", "0"):
        assert mx.from_json(document(X, on_x("exp", attrs={"fast": text}))).list_arguments() == [
            "x"
        ]
    with pytest.raises(mx.FormatError, match="exp with fast='True'"):
        mx.from_json(document(X, on_x("exp", attrs={"fast": "True"})))


def test_user_attributes_are_no_unknown_parameters(caplog: pytest.LogCaptureFixture) -> None:
    mx.from_json(OLD)
    mx.from_json(WRITTEN)
    assert caplog.messages == []


def test_states_that_old_files_leave_out() -> None:
    read = mx.from_json(document(X, on_x("Shifted", "bn", param={}), version=None))
    assert (read.list_arguments(), read.list_auxiliary_states()) == (["x"], ["bn_shift"])


LEFT = {
    "_PlusScalar": "_PlusScalar",
    "_MinusScalar": "_RMinusScalar",
    "_MulScalar": "_MulScalar",
    "_DivScalar": "_RDivScalar",
    "_PowerScalar": "_RPowerScalar",
    "_MaximumScalar": "_MaximumScalar",
}


@pytest.mark.parametrize(("op", "left"), LEFT.items())
@pytest.mark.parametrize(("flag", "flipped"), [("True", True), ("1", True), ("False", False)])
def test_scalars_on_the_left(op: str, left: str, flag: str, flipped: bool) -> None:
    node = on_x(op, param={"scalar": "2.5", "scalar_on_left": flag})
    read = mx.from_json(document(X, node, version=None))
    assert operators(read) == {"node": f"{left if flipped else op}(scalar=2.5)"}
    assert read.list_attr() == {}


# -- reading MXNet 0.9 to 1.9 ----------------------------------------------------------------------


@pytest.mark.parametrize(("key", "version"), [("attr", 905), ("attr", 1100), ("attrs", 10901)])
def test_parameters_among_the_attributes(key: str, version: int) -> None:
    copied = {key: {"num_hidden": "3", "__lr_mult__": "2", "__shape__": "(4, 2)"}}
    nodes = [
        X,
        {"op": "null", "name": "fc_weight", "inputs": [], **copied},
        on_x(
            "FullyConnected", "fc", **{key: {"num_hidden": "3", "no_bias": "1", "__mood__": "calm"}}
        ),
        {**X, "name": "bn_moved", key: {"__init__": '["zero", {}]'}},
        {"op": "Shifted", "name": "bn", "inputs": [[2, 0, 0], [3, 0, 1]]},
    ]
    nodes[2]["inputs"] = [[0, 0, 0], [1, 0, 0]]
    read = mx.from_json(document(*nodes, version=version))
    assert operators(read)["fc"] == "FullyConnected(num_hidden=3, no_bias=True)"
    assert read.list_arguments() == ["x", "fc_weight"]
    assert read.list_auxiliary_states() == ["bn_moved"]
    internals = read.get_internals()
    assert internals["fc_output"].list_attr() == {"mood": "calm"}
    # Copies of the operator's parameters are no attributes of its variables.
    assert internals["fc_weight"].list_attr() == {"lr_mult": "2", "shape": "(4, 2)"}


def test_states_that_newer_files_leave_out() -> None:
    read = mx.from_json(document(X, on_x("Shifted", "bn")))
    assert read.list_auxiliary_states() == ["bn_shift"]


SCALARS = ["Plus", "Minus", "RMinus", "Mul", "Div", "RDiv", "Power", "RPower", "Maximum", "Minimum"]
ALIASES = {
    "elemwise_add": "_Plus()",
    "elemwise_sub": "_Minus()",
    "elemwise_mul": "_Mul()",
    "elemwise_div": "_Div()",
    "_plus": "_Plus()",
    "_Plus": "_Plus()",
    "_copy": "identity()",
    "stop_gradient": "BlockGrad()",
    "concat": "Concat(num_args=2)",
    "split": "SliceChannel(num_outputs=2)",
    "swapaxes": "SwapAxis(dim1=1)",
    "reshape": "Reshape(shape=(2, 2))",
    "cast": "Cast(dtype='float16')",
    "_power": "_Power()",
    "_maximum": "_Maximum()",
    "_minimum": "_Minimum()",
    "add_n": "ElementWiseSum(num_args=2)",
    "flatten": "Flatten()",
    "Softmax": "SoftmaxOutput()",
} | {f"_{name.lower()}_scalar": f"_{name}Scalar(scalar=2.0)" for name in SCALARS}


PARAMETERS = {
    "concat": {"num_args": "2"},
    "split": {"num_outputs": "2"},
    "swapaxes": {"dim1": "1"},
    "reshape": {"shape": "(2,2)"},
    "cast": {"dtype": "float16"},
}


@pytest.mark.parametrize(("alias", "op"), ALIASES.items())
def test_names_of_the_newer_era(alias: str, op: str) -> None:
    attrs = {"scalar": "2"} if "scalar" in alias else PARAMETERS.get(alias, {})
    two_inputs = op.startswith(("_", "Element", "Concat", "Softmax")) and "scalar" not in alias
    node = on_x(alias, attrs=attrs, inputs=[[0, 0, 0]] * (2 if two_inputs else 1))
    assert operators(mx.from_json(document(X, node))) == {"node": op}


# -- conventions of the eras -----------------------------------------------------------------------

POOL = {"kernel": "(3,3)", "pool_type": "max", "stride": "(2,2)"}
POOLINGS = {
    "old form": (on_x("Pooling", param=POOL), None, "full", 14),
    "1.x": (on_x("Pooling", attrs=POOL), 10901, "valid", 13),
    "0.9": (on_x("Pooling", attr=POOL), 905, "valid", 13),
    "said": (on_x("Pooling", attrs={**POOL, "pooling_convention": "full"}), 10901, "full", 14),
}


@pytest.mark.parametrize("case", POOLINGS)
def test_how_pooling_rounds_depends_on_the_era(case: str) -> None:
    """Rules 2 and 6: 28 becomes 14 where the parameter was not yet invented, else 13."""
    node, version, convention, size = POOLINGS[case]
    read = mx.from_json(document(X, node, version=version))
    assert read.graph.outputs[0].node.op.pooling_convention == convention
    assert read.infer_shape(x=(1, 1, 28, 28))[1] == [(1, 1, size, size)]


def test_parameters_that_newer_files_leave_empty() -> None:
    attrs = {"kernel": "(3, 3)", "num_filter": "1", "no_bias": "True"}
    empty = {"stride": "()", "dilate": "()", "pad": "()"}
    node = on_x("Convolution", attrs={**attrs, **empty}, inputs=[[0, 0, 0], [1, 0, 0]])
    read = mx.from_json(document(X, {**X, "name": "w"}, node))
    assert read.infer_shape(x=(1, 2, 5, 5))[1] == [(1, 1, 3, 3)]


def test_unknown_keys_are_ignored() -> None:
    extra = {"control_deps": [], "subgraphs": [], "colour": "blue"}
    text = json.loads(document({**X, **extra}, on_x("exp", **extra)))
    read = mx.from_json(json.dumps({**text, "colour": "blue"}))
    assert operators(read) == {"node": "exp()"}
