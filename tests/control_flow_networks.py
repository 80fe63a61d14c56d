"""Networks of one loop or branch, read from files as Apache MXNet 1.9.1 writes them."""

import json
from functools import cache
from typing import Any

import symnet as mx

__all__ = ["X", "branch", "cell", "foreach", "network", "variables", "while_loop"]


@cache
def X(name: str) -> mx.SymbolicNode:
    """The one variable of a name."""
    return mx.Variable(name)


def inner(symbol) -> dict[str, Any]:
    """A symbol as it stands among the subgraphs of a node."""
    root = json.loads(symbol.to_json())
    del root["attrs"]
    return root


def variables(symbol) -> list[str]:
    return [node["name"] for node in json.loads(symbol.to_json())["nodes"] if node["op"] == "null"]


def network(op: str, inputs: list[str], graphs: list[Any], **attrs: Any) -> mx.SymbolicNode:
    """A network of one node, read from a file as 1.9.1 writes it."""
    outputs = attrs["num_outputs"]
    attrs["num_args"] = len(inputs) + len(graphs)
    nodes: list[dict[str, Any]] = [{"op": "null", "name": n, "inputs": []} for n in inputs]
    places = [[place, 0, 0] for place in range(len(inputs))]
    texts = {key: str(value) for key, value in attrs.items()}
    described = {"op": op, "name": "flow", "attrs": texts, "inputs": places}
    nodes.append(described | {"subgraphs": [inner(graph) for graph in graphs]})
    heads = [[len(inputs), number, 0] for number in range(outputs)]
    root = {"nodes": nodes, "arg_nodes": list(range(len(inputs))), "heads": heads}
    return mx.from_json(json.dumps(root | {"attrs": {"mxnet_version": ["int", 10901]}}))


def foreach(body, data: list[str], states: list[str], out_data: int) -> mx.SymbolicNode:
    names = variables(body)
    remain = [name for name in names if name not in data + states]
    return network(
        "_foreach",
        [*data, *states, *remain],
        [body],
        num_outputs=out_data + len(states),
        num_out_data=out_data,
        in_data_locs=[names.index(name) for name in data],
        in_state_locs=[names.index(name) for name in states],
        remain_locs=[names.index(name) for name in remain],
    )


def while_loop(condition, body, loop: list[str], limit: int) -> mx.SymbolicNode:
    own, names = variables(condition), variables(body)
    inputs = list(dict.fromkeys([*own, *names]))
    return network(
        "_while_loop",
        inputs,
        [condition, body],
        num_outputs=len(body.list_outputs()),
        num_out_data=len(body.list_outputs()) - len(loop),
        max_iterations=limit,
        cond_input_locs=[inputs.index(name) for name in own],
        func_input_locs=[inputs.index(name) for name in names],
        func_var_locs=[names.index(name) for name in loop],
    )


def branch(condition, then, other) -> mx.SymbolicNode:
    graphs = [condition, then, other]
    inputs = list(dict.fromkeys(name for graph in graphs for name in variables(graph)))
    locs = [[inputs.index(name) for name in variables(graph)] for graph in graphs]
    named = dict(zip(("cond_input_locs", "then_input_locs", "else_input_locs"), locs, strict=True))
    return network("_cond", inputs, graphs, num_outputs=len(then.list_outputs()), **named)


def cell(x, h):
    """Sum of two layers; the weight of h is that of all steps."""
    given = mx.FullyConnected(x, X("w"), X("b"), num_hidden=3)
    kept = mx.FullyConnected(h, X("u"), num_hidden=3, no_bias=True)
    return mx.Activation(given + kept, act_type="tanh")
