"""Recognise a plain recurrent layer: h = activation(given + layer(h))."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ...operators.contract import Operator
from ...operators.definitions.gated import RNNSteps
from ...operators.meaning import Meaning, OfElements
from ..node import Graph, Node, Value
from ._reading import is_layer, is_used_once, meaning, operands
from .cells import CellStep, Chain, Kind
from .steps import stack

__all__ = ["plain_steps"]

_ACTIVATIONS: dict[Meaning | None, Literal["tanh", "relu"]] = {
    OfElements.TANH: "tanh",
    OfElements.RELU: "relu",
}


@dataclass(frozen=True)
class _Plain(Kind):
    activation: Literal["tanh", "relu"]
    widths: ClassVar = (1,)

    def operator(self, chain: Chain) -> tuple[Operator, dict[str, Value]]:
        """Return the operator and its inputs."""
        inputs = {
            "projected": stack(chain.given(), chain.name),
            "init_h": chain.steps[0].before[0],
            **chain.parameters(),
        }
        steps, no_bias = len(chain.steps), "bias" not in inputs
        return RNNSteps(steps=steps, activation=self.activation, no_bias=no_bias), inputs


def plain_steps(node: Node, graph: Graph) -> Iterator[CellStep]:
    """Yield the steps whose h a node computes, if it does and nobody looks inside."""
    activation = _ACTIVATIONS.get(meaning(node))
    total = node.inputs[0] if activation else None
    # Where both summands are layers either may be h's: each is a reading of its own.
    for given, through in operands(total, OfElements.SUM):
        if activation and total and is_layer(through) and is_used_once((total, through), graph):
            h = through.node.inputs[0]
            yield CellStep(_Plain(activation), (given,), (through.node,), (h,), (Value(node),))
