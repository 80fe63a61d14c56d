"""Common networks, made by one call."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import overload

from ..core.errors import ArgumentError
from ..core.naming import NameManager, current_names
from ..operators.functions import Activation, FullyConnected
from .composition import chain
from .symbol import SymbolicNode

__all__ = ["MLP"]

Layer = int | tuple[int, str]


@overload
def MLP(
    spec: Sequence[Layer], /, *, hidden_activation: str = "relu", prefix: str | None = None
) -> SymbolicNode: ...
@overload
def MLP(
    input: SymbolicNode,
    spec: Sequence[Layer],
    *,
    hidden_activation: str = "relu",
    prefix: str | None = None,
) -> SymbolicNode: ...
def MLP(
    input: SymbolicNode | Sequence[Layer],
    spec: Sequence[Layer] | None = None,
    *,
    hidden_activation: str = "relu",
    prefix: str | None = None,
) -> SymbolicNode:
    """Make a multi-layer perceptron: fully connected layers with activations between them.

    Args:
        input: the symbol that the first layer reads. It may be left out; the result is then a layer
            for `chain` and ``>>``.
        spec: number of hidden units of each layer, or a pair of it and an activation:
            ``[128, (64, "sigmoid"), 10]``.
        hidden_activation: activation of layers that name none, default ``"relu"``. The last layer,
            the prediction, has only one that it names.
        prefix: what the names of layers begin with, default a new one for each call. Layer 1 is
            called ``{prefix}fc1``, its activation ``{prefix}relu1``.

    Returns the last layer; a loss, as SoftmaxOutput, is for the caller to add. Raises ArgumentError
    for a spec that is none, ParameterError for an activation that does not exist.
    Source: the documents, "Neural Networks Factory"; docs/semantics §9.1.

    >>> from symnet.symbol import Variable
    >>> net = MLP(Variable("data"), [128, (64, "sigmoid"), 10], prefix="m_")
    >>> [name for name in net.get_internals().list_outputs() if name.endswith("output")]
    ['m_fc1_output', 'm_relu1_output', 'm_fc2_output', 'm_sigmoid2_output', 'm_fc3_output']
    >>> (Variable("data") >> MLP([3], prefix="p_")).list_arguments()
    ['data', 'p_fc1_weight', 'p_fc1_bias']
    """
    layers: list[SymbolicNode] = []
    if isinstance(input, SymbolicNode):
        layers.append(input)
    elif spec is not None:
        raise ArgumentError(f"MLP: input must be a symbol, got {input!r}")
    widths = _read(input if spec is None else spec)
    start = _new_prefix() if prefix is None else prefix
    for number, (width, named) in enumerate(widths, start=1):
        layers.append(FullyConnected(name=f"{start}fc{number}", num_hidden=width))
        activation = named or (hidden_activation if number < len(widths) else None)
        if activation:
            layers.append(_activation(name=f"{start}{activation}{number}", act_type=activation))
    return chain(*layers)


_activation: Callable[..., SymbolicNode] = Activation  # any text; it is checked there


def _new_prefix() -> str:
    # Not the manager's own `get`: it may put a prefix before names, and will do so with the layers.
    return NameManager.get(current_names(), None, "mlp") + "_"


def _read(spec: object) -> list[tuple[int, str | None]]:
    """Return the width of each layer, and the activation that it names."""
    if not isinstance(spec, Sequence) or isinstance(spec, str) or not spec:
        raise ArgumentError(
            f"MLP: spec must be a list of layers as [128, (64, 'sigmoid'), 10], got {spec!r}"
        )
    return [_layer(number, given) for number, given in enumerate(spec, start=1)]


def _layer(number: int, given: object) -> tuple[int, str | None]:
    match given:
        case bool():
            pass
        case Integral() as width:
            return int(width), None
        case (Integral() as width, str(activation)):
            return int(width), activation
    raise ArgumentError(
        f"MLP: layer {number} must be a number of hidden units, or a pair of it and an activation "
        f"as (64, 'sigmoid'); got {given!r}"
    )
