"""Symbol files that are none: always FormatError, saying where, and never another exception."""

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from engine import Shifted
from hypothesis import example, given, settings
from hypothesis import strategies as st
from symbol_files import OLD, WRITTEN

import symnet as mx
from symnet.operators.contract import OPERATORS


@pytest.fixture(autouse=True)
def operator_with_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATORS, "Shifted", Shifted)


def refuse(text: str, reason: str) -> None:
    with pytest.raises(mx.FormatError, match=re.escape(reason)):
        mx.from_json(text)


# -- the file as a whole ---------------------------------------------------------------------------

NO_OBJECTS = ["", "{", "nonsense", "\x00", '{"nodes": [}', "[" * 100_000, '{"a":' * 100_000]


@pytest.mark.parametrize("text", NO_OBJECTS, ids=lambda text: text[:8])
def test_not_json(text: str) -> None:
    refuse(text, "symbol JSON is not JSON")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"nodes"', "true"])
def test_not_an_object(text: str) -> None:
    refuse(text, "symbol JSON should be a JSON object")


def test_a_number_too_long_for_python() -> None:
    refuse('{"nodes": [], "heads": [[%s, 0]]}' % ("9" * 5000), "is not JSON")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\ufeff" + WRITTEN, "is not JSON: Unexpected UTF-8 BOM"),
        ('{"nodes": [], "heads": [], "nodes": [1]}', "the key 'nodes' is twice in one object"),
        ('{"nodes": [{"op": "null", "op": "exp"}]}', "the key 'op' is twice in one object"),
        ('{"colour": NaN}', "NaN is no number"),
        ('{"colour": [-Infinity]}', "-Infinity is no number"),
        (r'{"colour": "\ud800"}', "surrogates not allowed"),
    ],
)
def test_json_that_programs_read_differently(text: str, reason: str) -> None:
    refuse(text, reason)


def test_a_text_longer_than_any_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symnet.graph.file_format.LONGEST_TEXT", len(WRITTEN))
    mx.from_json(WRITTEN)
    refuse(WRITTEN + " ", f"symbol JSON is longer than {len(WRITTEN)} characters")


# -- one thing wrong -------------------------------------------------------------------------------

DELETED = object()


def changed(path: str, value: Any) -> str:
    """The written example with one entry replaced or deleted: ``nodes/3/op``."""
    root = json.loads(WRITTEN)
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("/"))
    owner = root
    for key in keys:
        owner = owner[key]
    if value is DELETED:
        del owner[last]
    else:
        owner[last] = value
    return json.dumps(root)


WRONG = [
    ("nodes", DELETED, "'nodes' should be a list, found None"),
    ("nodes", {}, "'nodes' should be a list"),
    ("nodes/0", 3, "node 0 should be an object, found 3"),
    ("nodes/3/op", DELETED, "node 3: 'op' should be a str, found None"),
    ("nodes/3/op", ["null"], "node 3: 'op' should be a str"),
    ("nodes/3/name", 7, "node 3: 'name' should be a str, found 7"),
    (
        "nodes/3/op",
        "FullyConected",
        "symnet does not have: FullyConected; did you mean 'FullyConnected'? (1)",
    ),
    ("nodes/3/attrs", "num_hidden", "node 3: 'attrs' should be a dict"),
    ("nodes/3/attrs", [["num_hidden", 3]], "node 3: 'attrs' should be a dict"),
    ("nodes/3/attrs", [], "node 3: FullyConnected: missing parameter 'num_hidden'"),
    (
        "nodes/3/attrs/num_hidden",
        "zero",
        "node 3: FullyConnected: num_hidden must be int, got 'zero'",
    ),
    ("nodes/3/attrs/num_hidden", "0", "node 3: FullyConnected: num_hidden must be >= 1, got '0'"),
    ("nodes/3/attrs/num_hidden", "9" * 5000, "node 3: FullyConnected: num_hidden must be int"),
    ("nodes/3/attrs/num_hidden", None, "node 3: FullyConnected: num_hidden must be int"),
    ("nodes/3/inputs", 5, "node 3: 'inputs' should be a list, found 5"),
    ("nodes/3/inputs", {"a": 1}, "node 3: 'inputs' should be a list"),
    ("nodes/3/inputs/1", "weight", "an input should be [node, result], found 'weight'"),
    ("nodes/3/inputs/1", [1], "an input should be [node, result], found [1]"),
    ("nodes/3/inputs/1", [1, 0, 0, 0], "an input should be [node, result]"),
    ("nodes/3/inputs/1", [True, 0], "an input should be [node, result], found [True, 0]"),
    ("nodes/3/inputs/1", [1.0, 0], "an input should be [node, result]"),
    ("nodes/3/inputs/1", [3, 0, 0], "node 3 ('fc1'): input [3, 0, 0] names node 3, which does not"),
    ("nodes/3/inputs/1", [4, 0, 0], "names node 4, which does not come before"),
    ("nodes/3/inputs/1", [-1, 0, 0], "names node -1, which does not come before"),
    ("nodes/3/inputs/1", [10**30, 0, 0], f"names node {10**30}, which does not come before"),
    ("nodes/3/inputs/1", [1, 1, 0], "node 3 ('fc1'): node 'fc1_weight' has no result 1"),
    ("nodes/3/inputs/1", [1, -1, 0], "node 'fc1_weight' has no result -1"),
    ("nodes/3/inputs/1", DELETED, "'fc1' has 2 inputs, FullyConnected(num_hidden=10) takes 3"),
    ("nodes/3/inputs", DELETED, "'fc1' has 0 inputs"),
    ("nodes/5/inputs/1", DELETED, "'softmax' has 1 inputs, SoftmaxOutput() takes 2"),
    ("heads", DELETED, "'heads' should be a list, found None"),
    ("heads", None, "'heads' should be a list, found None"),
    ("heads", [], "there are no heads"),
    ("heads", [None], "an input should be [node, result], found None"),
    ("heads", [[6, 0, 0]], "names node 6"),
    ("heads", [[5, 1, 0]], "node 'softmax' has no result 1"),
    ("attrs", "1.9.1", "'attrs' should be a dict"),
]


@pytest.mark.parametrize(("path", "value", "reason"), WRONG)
def test_one_thing_wrong(path: str, value: Any, reason: str) -> None:
    refuse(changed(path, value), reason)


@pytest.mark.parametrize("path", ["attrs", "arg_nodes", "node_row_ptr", "nodes/0/inputs"])
@pytest.mark.parametrize("value", [DELETED, None, []])
def test_what_is_not_needed_may_be_missing(path: str, value: Any) -> None:
    assert mx.from_json(changed(path, value)).list_outputs() == ["softmax_output"]


def node(op: str, inputs: list[Any], **attrs: str) -> str:
    """A file with two variables, and a node of an operator over some of them."""
    variables = [{"op": "null", "name": name, "inputs": []} for name in ("x", "y")]
    nodes = [*variables, {"op": "exp", "name": "e", "inputs": [[1, 0]]}]
    nodes.append({"op": op, "name": "n", "inputs": inputs, "attrs": attrs})
    return json.dumps({"nodes": nodes, "heads": [[3, 0]]})


def test_more_inputs_promised_than_given() -> None:
    """And no memory is spent on names for a thousand million of them."""
    reason = "node 3: num_args is 1000000000, but there are 2 inputs"
    refuse(node("ElementWiseSum", [[0, 0], [1, 0]], num_args="1000000000"), reason)
    refuse(node("ElementWiseSum", [[0, 0], [1, 0]], num_args="1"), "'n' has 2 inputs")
    refuse(node("ElementWiseSum", []), "num_args must be >= 1")


def test_more_results_than_memory() -> None:
    refuse(
        node("SliceChannel", [[0, 0]], num_outputs="1000000000"), "num_outputs is 1000000000, th"
    )
    variable = {"op": "null", "name": "x", "inputs": []}
    part = {"op": "SliceChannel", "inputs": [[0, 0]], "param": {"num_outputs": "700000"}}
    nodes = [variable, {**part, "name": "a"}, {**part, "name": "b"}]
    refuse(json.dumps({"nodes": nodes, "heads": [[2, 0]]}), "more than 1048576 results")


def test_a_parameter_longer_than_any() -> None:
    attrs = {"kernel": "(" + "1," * 50_000 + ")", "pool_type": "max"}
    refuse(node("Pooling", [[0, 0]], **attrs), "kernel is 100002 characters long")


def test_many_uses_of_many_results_are_read_quickly() -> None:
    """Counting the results anew for each of the uses would take minutes."""
    part = {"op": "SliceChannel", "name": "s", "inputs": [[0, 0]], "param": {"num_outputs": "5000"}}
    uses = {"op": "ElementWiseSum", "name": "n", "inputs": [[1, i] for i in range(5000)]}
    nodes = [{"op": "null", "name": "x", "inputs": []}, part, uses]
    read = mx.from_json(json.dumps({"nodes": nodes, "heads": [[2, 0]]}))
    assert read.list_outputs() == ["n_output"]


def test_a_state_must_be_a_variable() -> None:
    refuse(node("Shifted", [[0, 0], [2, 0]]), "state 'e' of 'n' is not a variable")


def test_operators_that_have_no_left_and_right() -> None:
    text = node("exp", [[0, 0]], scalar_on_left="True")
    assert mx.from_json(text).list_outputs() == ["n_output"]


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(mx.FormatError) as caught:
        mx.from_json(changed("nodes/3/name", list(range(100_000))))
    assert len(str(caught.value)) < 200
    with pytest.raises(mx.FormatError, match=r"symnet does not have: Z{38} …") as caught:
        mx.from_json(changed("nodes/3/op", "Z" * 100_000))
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("path", ["nodes/3/name", "nodes/3/attrs/num_hidden", "nodes/0", "heads"])
def test_nesting_that_json_reads_but_printing_may_not(path: str) -> None:
    marked = changed(path, "deep")
    for depth in range(20, 1000, 20):
        with contextlib.suppress(mx.FormatError):
            mx.from_json(marked.replace('"deep"', "[" * depth + "]" * depth))


# -- anything wrong --------------------------------------------------------------------------------

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(
        ["null", "Pooling", "ElementWiseSum", "Shifted", "_MinusScalar", "(3,", "1e9"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as owner and key."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [place for key in keys for place in ((value, key), *places(value[key]))]


def mutate(draw: Callable[[Any], Any], root: Any) -> None:
    """Delete, replace, double or exchange one part."""
    found = places(root)
    if not found:
        return
    owner, key = found[draw(st.integers(0, len(found) - 1))]
    change = draw(st.sampled_from(["delete", "replace", "exchange", "double"]))
    if change == "delete":
        del owner[key]
    elif change == "replace":
        owner[key] = draw(JUNK)
    elif change == "exchange":
        other, other_key = found[draw(st.integers(0, len(found) - 1))]
        owner[key] = json.loads(json.dumps(other[other_key]))
    elif isinstance(owner, list):
        owner.insert(key, json.loads(json.dumps(owner[key])))


@st.composite
def mutants(draw: st.DrawFn) -> str:
    root = json.loads(draw(st.sampled_from([WRITTEN, OLD])))
    for _ in range(draw(st.integers(1, 3))):
        mutate(draw, root)
    return json.dumps(root)


@settings(max_examples=300)
@given(text=mutants())
def test_a_mutated_file_is_read_or_refused(text: str) -> None:
    try:
        symbol = mx.from_json(text)
    except mx.FormatError:
        return
    assert mx.from_json(symbol.to_json()).to_json() == symbol.to_json()


@given(text=st.text(alphabet='{}[]":,0 nodeshap', max_size=30) | st.text(max_size=20))
@example(text='{"nodes": [], "heads": []}')
def test_random_text_is_refused(text: str) -> None:
    with pytest.raises(mx.FormatError):
        mx.from_json(text)
