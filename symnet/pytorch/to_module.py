"""`to_module`: a network and its parameters as a module of PyTorch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..core.errors import ArgumentError, listed, shown, suggest
from ..graph.node import Graph
from ..operators.contract import Operator
from ..storage.checkpoint import NamedArrays
from ..storage.models import NetworkGiven, taken_apart
from ._network import Network
from ._node_call import nodes_of_prediction

__all__ = ["NetworkModule", "module_of", "to_module"]


def to_module(
    network: NetworkGiven,
    arg_params: NamedArrays | None = None,
    aux_params: NamedArrays | None = None,
    *,
    inputs: Sequence[str] | None = None,
) -> "NetworkModule":
    """Return a network as a module of PyTorch, which trains and predicts there; it needs symnet.

    Its parameters and buffers are copies, under the network's names. `train()` and `eval()` switch
    Dropout and BatchNorm, which moves its statistics on the way forward. A loss hands out its
    prediction in both, and labels are not asked for: put a loss of torch on top.

    Args:
        network: a model with its parameters, a checkpoint, or a symbol.
        arg_params: parameters by name; default those of the model or checkpoint.
        aux_params: auxiliary states by name; default those of the model or checkpoint.
        inputs: names of the variables that each call is given, in order; default those without
            numbers, in the network's order.

    Raises ArgumentError for a parameter without numbers.

    >>> from symnet.operators.functions import FullyConnected, SoftmaxOutput
    >>> from symnet.symbol import Variable
    >>> from symnet.ndarray import ones
    >>> net = SoftmaxOutput(FullyConnected(Variable("data"), num_hidden=2, name="fc"), name="out")
    >>> module = to_module(net, {"fc_weight": ones((2, 3)), "fc_bias": ones((2,))})
    >>> module(torch.zeros(1, 3)).detach()
    tensor([[0.5000, 0.5000]])
    >>> [name for name, _ in module.named_parameters()]
    ['fc_weight', 'fc_bias']
    """
    graph, numbers = taken_apart("to_module", network, arg_params, aux_params)
    return module_of(graph, numbers, inputs, "to_module")


def module_of(
    graph: Graph, numbers: Mapping[str, Tensor], inputs: Sequence[str] | None, who: str
) -> "NetworkModule":
    """Return a graph as a module.

    Args:
        graph: the network.
        numbers: parameters and states by name.
        inputs: as `to_module` takes them.
        who: the function that asks, for errors.
    """
    needed = nodes_of_prediction(graph)
    names = [node.name for node in graph.nodes if node.op is None and node in needed]
    _check_names(names, who)
    called_with = _inputs(graph, names, numbers, inputs)
    held = {name: numbers[name] for name in names if name not in called_with}
    return NetworkModule(Network(graph, names, called_with), held, called_with)


class NetworkModule(nn.Module):
    """A network of symnet as a module of PyTorch; made by `to_module`.

    Args:
        network: the network.
        numbers: its parameters and states, by name.
        inputs: names of the variables that each call is given, in order.
    """

    input_names: tuple[str, ...]
    """Names of the inputs, in the order in which calls give them."""
    output_names: tuple[str, ...]
    """Names of the outputs, in order."""

    def __init__(
        self, network: Network, numbers: Mapping[str, Tensor], inputs: Sequence[str]
    ) -> None:
        super().__init__()
        self._network = network
        self.input_names = tuple(inputs)
        self.output_names = tuple(value.name for value in network.graph.outputs)
        self._paths: dict[str, tuple[str, ...]] = {}
        for name in sorted(numbers, key=network.states.__contains__):  # as tables have them
            self._paths[name] = self._hold(name, numbers[name].detach().clone())

    def _hold(self, name: str, tensor: Tensor) -> tuple[str, ...]:
        """Take a tensor over, and return the path of attributes that leads to it.

        A dot in a name opens a module inside, as it does in keys of torch.
        """
        *outer, last = name.split(".")
        owner: nn.Module = self
        path: list[str] = []
        for part in outer:
            path.append(_free_name(owner, part, owner.named_children()))
            if path[-1] not in dict(owner.named_children()):
                owner.add_module(path[-1], nn.Module())
            owner = owner.get_submodule(path[-1])
        path.append(_free_name(owner, last, ()))
        if name in self._network.states:
            owner.register_buffer(path[-1], tensor)
        else:
            learns = tensor.is_floating_point()
            owner.register_parameter(path[-1], nn.Parameter(tensor, requires_grad=learns))
        return tuple(path)

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
        """Return the output, a tuple of several.

        Args:
            inputs: tensors for `input_names`, in order.
            named: the same by name; each is given once.
        """
        if named or len(inputs) != len(self.input_names):
            inputs = self._in_order(inputs, named)
        for each in inputs:
            if not isinstance(each, Tensor):
                raise ArgumentError(f"the module takes tensors of torch, got {shown(each)}")
        network = self._network
        if not (self.training or torch.compiler.is_dynamo_compiling()):
            prepared = network.plans.last
            if prepared and (found := prepared(inputs, self._held())) is not None:
                return found[0] if len(found) == 1 else tuple(found)
        given = dict(zip(self.input_names, inputs, strict=True))
        held = {name: _found(self, path) for name, path in self._paths.items()}
        if torch.compiler.is_exporting() and not self.training:
            # A program predicts: rules that write into memory of theirs carry no gradients there.
            held = {name: tensor.detach() for name, tensor in held.items()}
        tensors = [given[name] if name in given else held[name] for name in network.variables]
        run = network.run_for_gradients if torch.is_grad_enabled() else network.run
        results = run(network.key, self.training, *tensors)
        count = len(self.output_names)
        if self.training:
            with torch.no_grad():
                for name, moved in zip(network.states, results[count:], strict=True):
                    if moved is not (state := _found(self, self._paths[name])):
                        state.copy_(moved)
        return results[0] if count == 1 else results[:count]

    def _held(self) -> list[Any]:
        """Return the parameters, then the states: what there is, whatever torch did with it."""
        if not self._modules:
            return [*self._parameters.values(), *self._buffers.values()]
        return [_found(self, path) for path in self._paths.values()]

    def _in_order(
        self, inputs: Sequence[Tensor], named: Mapping[str, Tensor]
    ) -> tuple[Tensor, ...]:
        """Return the inputs in order. Raises ArgumentError where they are not the network's."""
        if len(inputs) > len(self.input_names):
            raise ArgumentError(f"the network takes {self._wanted()}, got {len(inputs)} tensors")
        given = dict(zip(self.input_names, inputs, strict=False))
        for name, tensor in named.items():
            if name in given:
                raise ArgumentError(f"input {name!r} is given by position and by name")
            if name not in self.input_names:
                known = listed(self.input_names)
                raise ArgumentError(f"no input {name!r}{suggest(name, self.input_names)} {known}")
            given[name] = tensor
        if len(given) < len(self.input_names):
            missing = [name for name in self.input_names if name not in given]
            raise ArgumentError(
                f"the network takes {self._wanted()}; {', '.join(map(repr, missing))} "
                f"{'is' if len(missing) == 1 else 'are'} missing"
            )
        return tuple(given[name] for name in self.input_names)

    def _wanted(self) -> str:
        return f"{len(self.input_names)} inputs ({', '.join(self.input_names)})"

    def extra_repr(self) -> str:
        """Return the inputs and outputs, for `print`."""
        return f"{', '.join(self.input_names)} -> {', '.join(self.output_names)}"


def _found(module: nn.Module, path: Sequence[str]) -> Tensor:
    """Return the tensor that a path of attributes leads to."""
    *outer, last = path
    inside: Any = module
    for part in outer:
        inside = inside._modules[part]
    found: Tensor | None = inside._parameters.get(last)
    if found is None:
        found = inside._buffers.get(last)
    # An attribute is what torch's parametrizations and pruning compute.
    return getattr(inside, last) if found is None else found


def _free_name(owner: nn.Module, name: str, taken_over: Iterable[tuple[str, nn.Module]]) -> str:
    """Return a name that an attribute can have: what a module has itself gets a ``_`` behind it.

    Args:
        owner: whose attribute it is to be.
        name: what it should be called.
        taken_over: modules inside, which may be entered.
    """
    inside = dict(taken_over)
    while name not in inside and (not name or hasattr(owner, name)):
        name += "_"
    return name


def _check_names(names: Sequence[str], who: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(f"{who}: several variables are called {', '.join(map(repr, twice))}")


def _inputs(
    graph: Graph, names: Sequence[str], numbers: Mapping[str, Tensor], asked: Sequence[str] | None
) -> list[str]:
    """Return the names of the variables that calls give.

    Raises ArgumentError for a name that is no variable's, and for a parameter without numbers.
    """
    for name in asked or ():
        if name not in names:
            raise ArgumentError(
                f"to_module: predictions need no {name!r}{suggest(name, names)} {listed(names)}"
            )
    if asked is not None:
        missing = [name for name in names if name not in numbers and name not in asked]
        found = list(asked)
    else:
        found = [name for name in names if name not in numbers]
        parameters = _parameters(graph)
        missing = [name for name in found if name in parameters]
    if missing:
        raise ArgumentError(
            f"to_module: there are no numbers for {', '.join(map(repr, missing))}; give them in "
            "arg_params or aux_params, or name all that each call is given in inputs="
        )
    return found


def _parameters(graph: Graph) -> set[str]:
    """Return variables that look like parameters: states, and what is called as composition would.

    Only the first input of an operator is data by nature.
    """
    found = {node.name for node in graph.states}
    for node in graph.nodes:
        if isinstance(node.op, Operator):
            for name, value in list(zip(node.op.arguments(), node.inputs, strict=False))[1:]:
                if value.node.op is None and value.node.name == f"{node.name}_{name}":
                    found.add(value.node.name)
    return found
