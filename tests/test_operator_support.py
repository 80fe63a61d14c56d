"""What symnet knows of the operators of Apache MXNet 1.9.1: their names, and every parameter.

The list is 1.9.1's own description of itself, tests/golden/operators_1.9.1.json.
"""

import json
import re
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import pytest
from tool_modules import tool

import symnet as mx
from symnet.graph._survey import survey
from symnet.graph.left_out import FAMILIES, family_of
from symnet.operators.contract import OPERATORS

Facts = dict[str, Any]

RECORDED = Path(__file__).parent / "golden" / "operators_1.9.1.json"
FACTS: dict[str, Facts] = json.loads(RECORDED.read_text(encoding="utf-8"))
NAMES = {name: op for op, facts in FACTS.items() for name in (op, *facts["aliases"])}
READ = [name for name in FACTS if name in OPERATORS]

REQUIRED_HERE = {
    ("moments", "axes"): "1.9.1 refuses the default when it runs",
    ("_linspace", "stop"): "1.9.1 refuses the default when it reads",
    ("_sample_unique_zipfian", "shape"): "1.9.1 refuses the default when it infers shapes",
}

every_read = pytest.mark.parametrize("name", READ)


def parameters(name: str) -> dict[str, Facts]:
    """The parameters of an operator, with those that it reads without declaring them."""
    return {**FACTS[name]["parameters"], **FACTS[name]["undeclared"]}


def required(name: str) -> dict[str, str]:
    """Texts of the parameters that a node of an operator cannot do without."""
    return (FACTS[name]["node"] or {"with": {}})["with"]


def document(name: str, texts: dict[str, str]) -> str:
    """A file with one node of an operator, which has a variable for each input."""
    node = FACTS[name]["node"] or {"arguments": [], "auxiliary": []}
    inputs = [f"in{n}" for n in range(len(node["arguments"]) + len(node["auxiliary"]))]
    nodes: list[Facts] = [{"op": "null", "name": each, "inputs": []} for each in inputs]
    entries = [[number, 0, 0] for number in range(len(nodes))]
    nodes.append({"op": name, "name": "it", "attrs": texts, "inputs": entries})
    attrs = {"mxnet_version": ["int", 10901]}
    return json.dumps({"nodes": nodes, "heads": [[len(entries), 0, 0]], "attrs": attrs})


# -- parameters ------------------------------------------------------------------------------------


@every_read
def test_every_parameter_is_understood_or_declared(name: str) -> None:
    cls = OPERATORS[name]
    declared = {*cls.params, *cls.speed_hints, *cls.without_effect, *cls.fixed_parameters}
    assert cls.free_parameters or set(parameters(name)) <= declared


@every_read
def test_every_choice_is_taken(name: str) -> None:
    cls = OPERATORS[name]
    for parameter, row in parameters(name).items():
        for choice in row.get("choices", []) if parameter in cls.params else []:
            cls.kinds[parameter].read(choice)


DEFAULTS = [
    (name, parameter)
    for name in READ
    if not OPERATORS[name].subgraph_names
    for parameter, row in parameters(name).items()
    if "default" in row
    and parameter in OPERATORS[name].params
    and (name, parameter) not in REQUIRED_HERE
]


@pytest.mark.parametrize(("name", "parameter"), DEFAULTS)
def test_what_a_file_leaves_out_is_the_default_of_mxnet(name: str, parameter: str) -> None:
    cls, text = OPERATORS[name], parameters(name)[parameter]["default"]
    ours = cls.params[parameter].mxnet_default
    if ours is MISSING:  # required here, but not in files
        ours = getattr(cls.from_text({}, mxnet_defaults=True), parameter)
    if ours == () and text == "None":  # a shape of which nothing is known
        return
    said = cls.kinds[parameter].read(text)
    # 1.9.1 says its floats with all digits of float32.
    assert ours == (pytest.approx(said) if isinstance(said, float) else said)


FIXED = [
    (name, parameter)
    for name in READ
    for parameter in parameters(name)
    if parameter in OPERATORS[name].fixed_parameters
]


@pytest.mark.parametrize(("name", "parameter"), FIXED)
def test_only_the_value_that_means_nothing_is_read(name: str, parameter: str) -> None:
    """Of a parameter that is not implemented: anything else is refused, saying where it is."""
    row = parameters(name)[parameter]
    if "default" in row:
        assert OPERATORS[name].means_nothing(parameter, row["default"])
    with pytest.raises(mx.FormatError) as caught:
        mx.from_json(document(name, required(name) | {parameter: "other"}))
    place = f"node {len(json.loads(document(name, {}))['nodes']) - 1} ('it')"
    said = f"{place}: {OPERATORS[name].__name__} with {parameter}='other'"
    assert str(caught.value).startswith("symbol JSON: ")
    assert said in str(caught.value)


def test_hints_may_have_any_value() -> None:
    free = [
        {"op": name, "name": "it", "attrs": {parameter: "anything"}}
        for name in READ
        for parameter in (*OPERATORS[name].speed_hints, *OPERATORS[name].without_effect)
    ]
    assert len(free) > 20
    assert survey(free).refused == []


@every_read
def test_unknown_parameters_are_refused(name: str) -> None:
    """Also where 1.9.1 takes and ignores them: the file says what nobody computes."""
    refused = survey([{"op": name, "name": "it", "attrs": {"frobnicate": "1"}}]).refused
    assert OPERATORS[name].free_parameters or [each.parameter for each in refused] == ["frobnicate"]


# -- names -----------------------------------------------------------------------------------------


def test_every_name_of_mxnet_is_read_or_left_out_with_a_reason() -> None:
    assert [name for name in NAMES if name not in OPERATORS and family_of(name) is None] == []


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_every_family_is_of_mxnet(family) -> None:
    assert [name for name in NAMES if name not in OPERATORS and family_of(name) is family]


def test_an_unknown_name_is_of_no_family() -> None:
    assert family_of("Frobnicate") is None


def test_what_is_left_out_is_named_by_families_with_reasons() -> None:
    nodes = [{"op": name, "name": name} for name in ("sgd_update", "adam_update", "_npi_einsum")]
    with pytest.raises(mx.FormatError) as caught:
        survey([*nodes, nodes[0], {"op": "Frobnicate", "name": "f"}]).check("net.json")
    said = str(caught.value)
    assert (
        "updates of optimizers, which are left out, for weights are updated by mx.SGD and its kin, "
        "beside the network: sgd_update (2), adam_update (1); and operators of the NumPy" in said
    )
    assert "_npi_einsum (1); and operators that symnet does not have: Frobnicate (1)" in said


def test_subgraphs_are_looked_over_too() -> None:
    inner = {"nodes": [{"op": "Frobnicate"}, {"op": "exp", "name": "e", "attrs": {"base": "2"}}]}
    outer = {"op": "_foreach", "name": "loop", "subgraphs": [{"nodes": []}, inner]}
    found = survey([{"op": "Frobnicate"}, {**outer, "subgraphs": [{"nodes": [outer]}]}])
    assert found.missing == {"Frobnicate": 2}
    assert [each.place for each in found.refused] == ["node 1, node 0, node 1"]


def test_subgraphs_beyond_all_measure_are_left_to_the_reader() -> None:
    node: Facts = {"op": "Frobnicate"}
    for _ in range(1000):
        node = {"op": "_cond", "name": "c", "subgraphs": [{"nodes": [node]}]}
    assert survey([node]).missing == {}


def test_long_lists_say_how_many_they_leave_unsaid() -> None:
    nodes = [{"op": f"Unknown{number}", "name": "n"} for number in range(500)]
    with pytest.raises(mx.FormatError, match=r"Unknown0 \(1\).* and 4\d\d more") as caught:
        survey(nodes).check("net.json")
    assert len(str(caught.value)) < 2000


# -- aliases ---------------------------------------------------------------------------------------

SAME_NUMBERS = {"_copyto": "_copy", "Convolution_v1": "Convolution"}
"""Operators of 1.9.1 that symnet reads as another one, which computes the same."""
OWN = {"choose_element_0index": "docs/semantics §1.8: of matrices; an alias of pick in 1.9.1"}
_ERAS = """
    _Equal _Hypot _Logical_And _Mod _RModScalar broadcast_plus broadcast_minus sum_axis max_axis
    crop flip Softmax _Plus _plus _add _Div CTCLoss ctc_loss _contrib_ctc_loss _contrib_CTCLoss
    MultiBoxPrior _contrib_MultiBoxPrior linalg_gemm _linalg_gemm Convolution_v1 Pooling_v1
    BatchNorm_v1 uniform normal random_uniform _contrib_SyncBatchNorm ROIAlign Proposal
"""
ERAS = _ERAS.split()


@pytest.mark.parametrize("name", ERAS)
def test_names_of_every_era_are_read(name: str) -> None:
    assert name in OPERATORS


@pytest.mark.parametrize("name", [name for name in NAMES if NAMES[name] in READ])
def test_aliases_are_read_and_the_name_of_mxnet_is_written(name: str) -> None:
    canonical = NAMES[name]
    if name.startswith("_sparse_"):  # only files with sparse arrays have it
        assert name not in OPERATORS
    elif name not in OWN:
        assert OPERATORS[name] is OPERATORS[canonical]
        assert OPERATORS[name].name_in_files() == SAME_NUMBERS.get(canonical, canonical)


# -- the page --------------------------------------------------------------------------------------


def test_the_page_says_of_every_name_what_becomes_of_it() -> None:
    text = (Path(__file__).parent.parent / "docs" / "operators" / "support.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (read|left out|unknown)", text, re.MULTILINE))
    listed = [name for name in NAMES if family_of(name) is not FAMILIES[0]]
    assert rows == {name: "read" if name in OPERATORS else "left out" for name in listed}


def test_operators_of_the_first_release_are_still_there() -> None:
    assert {*OPERATORS} >= tool("support").FIRST_RELEASE


# -- shapes that stand with variables, and that flow back ------------------------------------------


def layer(declared: str, **given: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Shapes of the arguments of a layer whose weight declares a shape."""
    weight = mx.Variable("w", attrs={"shape": declared})
    net = mx.FullyConnected(
        data=mx.Variable("x"), weight=weight, bias=mx.Variable("b"), num_hidden=4
    )
    return net.infer_shape(x=(2, 3), **given)[0]


@pytest.mark.parametrize("declared", ["(4L, 3L)", "(4L, 0L)", "(0, 3)", "(4, -1)", "()", "(4, 3)"])
def test_declared_lengths_of_zero_and_less_are_unknown(declared: str) -> None:
    assert layer(declared) == [(2, 3), (4, 3), (4,)]


@pytest.mark.parametrize("declared", ["(5, 0)", "(4, 3, 0)", "(0,)"])
def test_a_declared_shape_that_contradicts_what_is_inferred(declared: str) -> None:
    with pytest.raises(mx.ShapeError, match=r"'w': its attribute declares .* has \(4, 3\)"):
        layer(declared)


def test_a_declared_shape_that_contradicts_what_is_given() -> None:
    with pytest.raises(mx.ShapeError, match=r"declares shape \(4, 5\), but it has \(4, 3\)"):
        layer("(4, 5)", w=(4, 3))
    assert layer("(9, 3)", w=(4, 3))  # the first length may be a batch's


@pytest.mark.parametrize(("storage", "refused"), [("0", False), ("-1", False), ("1", True)])
def test_variables_of_sparse_storage_are_refused(storage: str, refused: bool) -> None:
    node = {"op": "null", "name": "w", "inputs": [], "attrs": {"__storage_type__": storage}}
    text = json.dumps({"nodes": [node], "heads": [[0, 0, 0]]})
    if refused:
        with pytest.raises(mx.FormatError, match=r"node 0 \('w'\): __storage_type__ is '1'"):
            mx.from_json(text)
    else:
        assert mx.from_json(text).list_arguments() == ["w"]


FLOWING_BACK = [
    *("Activation", "BlockGrad", "Cast", "clip", "_random_uniform_like", "_plus_scalar", "exp"),
]


@pytest.mark.parametrize("name", FLOWING_BACK)
def test_shapes_flow_back_through_what_keeps_them(name: str) -> None:
    text = json.loads(document(name, required(name)))
    more = {"op": "null", "name": "data", "inputs": []}
    both = {"op": "elemwise_mul", "name": "both", "inputs": [[1, 0, 0], [2, 0, 0]]}
    net = mx.from_json(
        json.dumps({**text, "nodes": [*text["nodes"], more, both], "heads": [[3, 0]]})
    )
    assert net.infer_shape(data=(2, 3))[0] == [(2, 3), (2, 3)]


@pytest.mark.parametrize("name", ["_zeros", "_ones", "_full", "_random_uniform"])
@pytest.mark.parametrize("shape", [None, "(0, 3)"])
def test_what_networks_make_may_take_its_shape_from_its_readers(name: str, shape: str) -> None:
    texts = {k: v for k, v in required(name).items() if k != "shape"}
    text = json.loads(document(name, texts | ({"shape": shape} if shape else {})))
    nodes = [text["nodes"][-1] | {"inputs": []}, {"op": "null", "name": "x", "inputs": []}]
    nodes.append({"op": "elemwise_add", "name": "sum", "inputs": [[0, 0, 0], [1, 0, 0]]})
    net = mx.from_json(json.dumps({**text, "nodes": nodes, "heads": [[2, 0, 0]]}))
    assert mx.simple_bind(net, x=(2, 3)).forward()[0].shape == (2, 3)
