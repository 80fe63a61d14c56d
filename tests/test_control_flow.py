"""Loops and branches of symbol files: _foreach, _while_loop and _cond, with their subgraphs."""

import json

import numpy as np
import pytest
from control_flow_networks import X, branch, cell, foreach, while_loop
from op_testing import close

import symnet as mx

RANDOM = np.random.default_rng(11)


def draw(**shapes) -> dict[str, np.ndarray]:
    return {name: RANDOM.normal(size=shape) for name, shape in shapes.items()}


def run(symbol, numbers, heads, dtype="float64"):
    """Outputs, and gradients; the third time, when what can be recorded is."""
    arrays = {name: mx.array(value, dtype=dtype) for name, value in numbers.items()}
    gradients = {name: mx.zeros(value.shape, dtype=dtype) for name, value in numbers.items()}
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients)
    for _ in range(3):
        outputs = executor.forward(is_train=True)
        executor.backward([mx.array(head, dtype=dtype) for head in heads])
    found = {name: gradient.asnumpy() for name, gradient in executor.grad_dict.items()}
    return [output.asnumpy() for output in outputs], found


def assert_same(one, other, numbers, heads) -> None:
    outputs, gradients = run(one, numbers, heads)
    expected, right = run(other, numbers, heads)
    for found, output in zip(outputs, expected, strict=True):
        close(found, output)
    for name in numbers:
        close(gradients[name], right[name], err_msg=name)


def test_foreach_is_what_its_steps_are_one_after_the_other():
    h = cell(X("x"), X("h"))
    symbol = foreach(mx.Group(h * 2, h, X("n") + h), ["x"], ["h", "n"], 1)
    assert symbol.list_outputs() == ["flow_output0", "flow_output1", "flow_output2"]
    steps = mx.SliceChannel(X("x"), num_outputs=4, axis=0, squeeze_axis=True)
    h, n, rows = X("h"), X("n"), []
    for step in range(4):
        h = cell(steps[step], h)
        n = n + h
        rows.append(mx.Reshape(h * 2, shape=(1, 2, 3)))
    unrolled = mx.Group(mx.Concat(*rows, dim=0), h, n)
    numbers = draw(x=(4, 2, 5), h=(2, 3), n=(2, 3), w=(3, 5), b=(3,), u=(3, 3))
    heads = [RANDOM.normal(size=shape) for shape in ((4, 2, 3), (2, 3), (2, 3))]
    assert_same(symbol, unrolled, numbers, heads)


def test_foreach_infers_the_shapes_of_weights():
    h = cell(X("x"), X("h"))
    symbol = foreach(mx.Group(h, h), ["x"], ["h"], 1)
    arguments, outputs, _ = symbol.infer_shape(x=(4, 2, 5), h=(2, 3))
    found = dict(zip(symbol.list_arguments(), arguments, strict=True))
    assert found == {"x": (4, 2, 5), "h": (2, 3), "w": (3, 5), "b": (3,), "u": (3, 3)}
    assert outputs == [(4, 2, 3), (2, 3)]
    with pytest.raises(mx.ShapeError, match=r"'flow'.*state 0 has shape \(2, 4\), after a step"):
        symbol.infer_shape(x=(4, 2, 5), h=(2, 4), u=(3, 4))


@pytest.mark.parametrize(("start", "ran"), [(0, 3), (2, 1), (5, 0), (-9, 4)])
def test_a_loop_runs_while_its_condition_holds(start, ran):
    """3 - i is cut to 0 as soon as i is 3, and there are 4 steps at most."""
    condition = mx.Activation(3 - X("i"), act_type="relu")
    body = mx.Group(X("v") * X("w") * 2, X("i") + 1, X("v") * X("w"))
    symbol = while_loop(condition, body, ["i", "v"], 4)
    numbers = draw(v=(2,), w=(2,)) | {"i": np.array([float(start)])}
    heads = [RANDOM.normal(size=shape) for shape in ((4, 2), (1,), (2,))]
    outputs, gradients = run(symbol, numbers, heads)
    v, w = numbers["v"], numbers["w"]
    powers = [v * w ** (step + 1) for step in range(ran)]
    close(outputs[0], np.array([2 * each for each in powers] + [[0, 0]] * (4 - ran)))
    close(outputs[1], [start + ran])
    close(outputs[2], powers[-1] if powers else v)
    flowing = [(2 * heads[0][n], n + 1) for n in range(ran)] + [(heads[2], ran)]
    close(gradients["v"], sum(head * w**power for head, power in flowing))
    slopes = (head * v * power * w ** max(power - 1, 0) for head, power in flowing)
    close(gradients["w"], sum(slopes))
    close(gradients["i"], heads[1])


@pytest.mark.parametrize("first", [True, False])
def test_one_of_two_branches_runs(first):
    condition = mx.Activation(X("c"), act_type="relu")
    then, other = X("a") * X("w"), mx.exp(X("b")) + X("a")
    symbol = branch(condition, then, other)
    assert symbol.list_outputs() == ["flow_output"]
    numbers = draw(a=(2,), b=(2,), w=(2,)) | {"c": np.array([1.0 if first else -1.0])}
    head = RANDOM.normal(size=2)
    (output,), gradients = run(symbol, numbers, [head])
    a, b, w = numbers["a"], numbers["b"], numbers["w"]
    close(output, a * w if first else np.exp(b) + a)
    close(gradients["a"], head * (w if first else 1))
    close(gradients["b"], np.zeros(2) if first else head * np.exp(b))
    close(gradients["w"], head * a if first else np.zeros(2))
    close(gradients["c"], [0])


def test_barriers_and_losses_mean_the_same_inside():
    """The body is differentiated by the operators' own rules, not by what torch would do."""
    stopped = mx.BlockGrad(X("x") * X("w"))
    loss = mx.LinearRegressionOutput(X("h") * X("w"), X("x"), name="l")
    symbol = foreach(mx.Group(loss, X("h") + stopped), ["x"], ["h"], 1)
    numbers = draw(x=(3, 2), h=(2,), w=(2,))
    _, gradients = run(symbol, numbers, [np.zeros((3, 2)), np.zeros(2)])
    h, w = numbers["h"], numbers["w"]
    expected = np.zeros(2)
    for x in numbers["x"]:
        expected += (h * w - x) * h
        h = h + x * w
    close(gradients["w"], expected / np.prod(h.shape[1:]))


def test_graphs_lie_in_graphs_and_are_written_again():
    h = cell(X("x"), X("h"))
    loop = foreach(mx.Group(h, h), ["x"], ["h"], 1)
    outside = branch(mx.sum(X("c")), loop[1] * 2, X("h") * 3)
    text = outside.to_json()
    again = mx.from_json(text)
    assert again.to_json() == text
    node = json.loads(text)["nodes"][-1]
    assert node["attrs"]["num_args"] == str(3 + len(node["inputs"]))
    assert node["attrs"]["cond_input_locs"] == "[0]"
    assert [len(each["heads"]) for each in node["subgraphs"]] == [1, 1, 1]
    assert node["subgraphs"][1]["nodes"][-2]["subgraphs"]
    numbers = draw(c=(1,), x=(4, 2, 5), h=(2, 3), w=(3, 5), b=(3,), u=(3, 3))
    head = RANDOM.normal(size=(2, 3))
    assert_same(again, outside, numbers, [head])


def replaced(symbol, **attrs) -> str:
    root = json.loads(symbol.to_json())
    root["nodes"][-1]["attrs"] |= attrs
    return json.dumps(root)


def test_files_that_do_not_fit_are_refused():
    symbol = foreach(mx.Group(X("x") + X("h"), X("h") * 2), ["x"], ["h"], 1)
    for attrs, message in (
        ({"in_state_locs": "[0]"}, "should name each of 2 variables once"),
        ({"num_outputs": "3"}, "num_outputs should be 1 and one for each of 1 states"),
        ({"num_args": "0"}, "num_args counts its graphs too"),
        ({"num_args": "7"}, "should name each of 6 variables once"),
    ):
        with pytest.raises(mx.FormatError, match=message):
            mx.from_json(replaced(symbol, **attrs))
    root = json.loads(symbol.to_json())
    for graphs, message in (
        ([], r"there should be 1 subgraphs \(body\), found 0"),
        (None, "'subgraphs' should be a list, found None"),
        ([3], r"subgraphs should be objects, found \[3\]"),
    ):
        root["nodes"][-1]["subgraphs"] = graphs
        with pytest.raises(mx.FormatError, match=message):
            mx.from_json(json.dumps(root))


def test_states_inside_are_arguments_that_stay_as_they_are():
    """As in 1.9.1, which computes with them in both modes, and does not go back."""
    layer = mx.BatchNorm(X("x") + X("h"), name="n", fix_gamma=False, eps=0.25)
    symbol = foreach(mx.Group(layer, layer * 1), ["x"], ["h"], 1)
    states = {"n_moving_mean": np.array([1.0, 2]), "n_moving_var": np.array([0.75, 3.75])}
    scales = {"n_gamma": np.array([1.0, 2]), "n_beta": np.array([0.0, 1])}
    numbers = {**draw(x=(3, 4, 2), h=(4, 2)), **scales, **states}
    assert {*symbol.list_arguments()} == {*numbers}
    assert symbol.list_auxiliary_states() == []
    arrays = {name: mx.array(value, dtype="float64") for name, value in numbers.items()}
    value, steps = numbers["h"], []
    for slice_of_x in numbers["x"]:
        deviation = np.sqrt(states["n_moving_var"] + 0.25)
        value = (slice_of_x + value - states["n_moving_mean"]) / deviation
        value = value * scales["n_gamma"] + scales["n_beta"]
        steps.append(value)
    for is_train in (False, True):
        executor = mx.bind(symbol, mx.cpu(), arrays)
        close(executor.forward(is_train=is_train)[0].asnumpy(), np.array(steps))
        for name, state in states.items():
            close(arrays[name].asnumpy(), state)
    gradients = {"x": mx.zeros((3, 4, 2), dtype="float64")}
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients)
    with pytest.raises(mx.ArgumentError, match="keeps the state 'n_moving_mean', which is not"):
        executor.forward(is_train=True)


def test_graphs_too_deep_in_graphs_are_refused():
    symbol = X("x") * 1
    for _ in range(16):
        symbol = branch(X("c") * 1, symbol, X("x") * 2)
    with pytest.raises(mx.FormatError, match="subgraphs lie in each other 16 deep"):
        branch(X("c") * 1, symbol, X("x") * 2)
