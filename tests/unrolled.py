"""Long short-term memories unrolled by hand, in the ways that people write them."""

from dataclasses import dataclass, field
from typing import Any

import symnet as mx

__all__ = ["Unrolled", "sum_of_both"]

Symbol = mx.SymbolicNode

HIDDEN = 3
WIDTH = 4
BATCH = 2


def plus(one: Symbol, other: Symbol) -> Symbol:
    return one + other


def sum_of_both(one: Symbol, other: Symbol) -> Symbol:
    return mx.ElementWiseSum(other, one)


def times(one: Symbol, other: Symbol) -> Symbol:
    return one * other


def sigmoid(data: Symbol) -> Symbol:
    return mx.Activation(data, act_type="sigmoid")


def tanh(data: Symbol) -> Symbol:
    return mx.Activation(data, act_type="tanh")


@dataclass(frozen=True)
class Unrolled:
    """How to unroll: layers over steps, and what may vary.

    Args:
        order: the quarters of the in, transform, forget and out gate.
        add, multiply: how sums and products are written.
        no_bias: whether cells have no biases.
        peeled: whether the first step starts from nothing instead of from given states.
        backwards: whether layers after the first go through the steps from the last to the first.
        between: what happens to h on its way to the next layer.
        recurrent: what happens to h on its way to the next step.
        squash: the function that c goes through on its way to h.
        weights: gives the name of the weights from h, by layer and step.
        feed: whether each step is given h of the step before, added to its data.
        direct: whether the data is added to the gates as it is.
        forget_bias: a constant that is added to the forget gate before its function.
        show: what is an output beside h of the last layer, by the names of `seen`.
    """

    steps: int = 3
    layers: int = 1
    order: tuple[int, ...] = (0, 1, 2, 3)
    add: Any = plus
    multiply: Any = times
    no_bias: bool = False
    peeled: bool = False
    backwards: bool = False
    between: Any = lambda h: h
    recurrent: Any = lambda h: h
    squash: Any = tanh
    weights: Any = lambda layer, step: f"l{layer}_h2h"
    feed: bool = False
    direct: bool = False
    axis: int = 1
    forget_bias: float = 0.0
    show: tuple[str, ...] = ()
    seen: dict[str, Symbol] = field(default_factory=dict, compare=False)
    variables: dict[str, Symbol] = field(default_factory=dict, compare=False)

    def network(self) -> Symbol:
        """All h of the last layer, then what is shown."""
        hidden = [self._variable(f"data{step}") for step in range(self.steps)]
        for layer in range(self.layers):
            if layer:
                hidden = [self.between(h) for h in hidden]
            if self.backwards and layer:
                hidden = self._layer(layer, hidden[::-1])[::-1]
            else:
                hidden = self._layer(layer, hidden)
        return mx.Group(*hidden, *(self.seen[name] for name in self.show))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all inputs."""
        width = HIDDEN if self.feed else 4 * HIDDEN if self.direct else WIDTH
        data = {f"data{step}": (BATCH, width) for step in range(self.steps)}
        names = [f"l{layer}_{state}" for layer in range(self.layers) for state in ("c", "h")]
        return data | ({} if self.peeled else dict.fromkeys(names, (BATCH, HIDDEN)))

    def _layer(self, layer: int, inputs: list[Symbol]) -> list[Symbol]:
        c, h = (
            (None, None) if self.peeled else (self._variable(f"l{layer}_{s}") for s in ("c", "h"))
        )
        found = []
        for step, data in enumerate(inputs):
            given = data + h if self.feed and h is not None else data
            c, h = self._cell(layer, step, given, c, h)
            found.append(h)
            self.seen.update({f"c{layer}_{step}": c, f"h{layer}_{step}": h})
        return found

    def _variable(self, name: str) -> Symbol:
        return self.variables.setdefault(name, mx.Variable(name))

    def _connect(self, data: Symbol, stem: str) -> Symbol:
        given = {} if self.no_bias else {"bias": self._variable(f"{stem}_bias")}
        weight = self._variable(f"{stem}_weight")
        return mx.FullyConnected(
            data=data, weight=weight, num_hidden=4 * HIDDEN, no_bias=self.no_bias, **given
        )

    def _cell(
        self, layer: int, step: int, data: Symbol, c: Symbol | None, h: Symbol | None
    ) -> tuple[Symbol, Symbol]:
        total = data if self.direct else self._connect(data, f"l{layer}_i2h")
        if h is not None:
            total = self.add(total, self._connect(self.recurrent(h), self.weights(layer, step)))
        gates = mx.SliceChannel(total, num_outputs=4, axis=self.axis)
        entry, transform, forget, leave = (gates[number] for number in self.order)
        if self.forget_bias:
            forget = forget + self.forget_bias
        c_next = self.multiply(sigmoid(entry), tanh(transform))
        if c is not None:
            c_next = self.add(self.multiply(sigmoid(forget), c), c_next)
        self.seen[f"gate{layer}_{step}"] = entry
        return c_next, self.multiply(sigmoid(leave), self.squash(c_next))
