"""Recurrent layers made by passes."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..contract import Input, Shape, Shapes, overwrites, param
from ._all_steps import AllSteps, before_each, new, turned

__all__ = ["LSTMSteps"]

aten = torch.ops.aten

_GATES = ("i", "g", "f", "o")


class _Memory(NamedTuple):
    """Where each step writes: h, the gates, c, and tanh(c)."""

    output: Sequence[Tensor]
    gates: Sequence[Tensor]
    cells: Sequence[Tensor]
    squashed: Sequence[Tensor]


class LSTMSteps(AllSteps, registered=False):
    """All steps of a long short-term memory over a batch; a pass makes it of unrolled cells.

    At each step, with the four gates cut from projected + h · weightᵀ + bias:
    c = f · c + i · g, h = o · tanh(c), where i, f and o are sigmoids and g is a tanh. Rows of
    arrays are those of the first step, then those of the second, and so on. Source: Hochreiter and
    Schmidhuber 1997, with the forget gate of Gers et al. 2000; docs/semantics §10.3.
    """

    projected = Input("What the inputs add to the gates, (steps · batch, 4 · hidden).")
    weight = Input("Weight from h to the gates, (4 · hidden, hidden).")
    bias = Input("Bias of the gates, (4 · hidden,).", when=lambda op: not op.no_bias)
    init_c = Input("The memory before the first step, (batch, hidden).")
    no_bias: bool = param("Leave the bias out.", default=False)
    order: tuple[int, ...] = param("Which quarter is the gate i, g, f and o.", default=(0, 1, 2, 3))
    forget_bias: float = param("A constant that is added to f before its function.", default=0.0)

    def outputs(self) -> tuple[str, ...]:
        """Return the names: h of all steps, and c of the last one."""
        return ("output", "last_c")

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """Gates after their functions, c, and the slope of h by c, at all steps."""
        return {"gates": None, "cells": None, "slope": None}

    def infer_shape(self, projected: Shape) -> Shapes:
        """Everything follows from the size of the gates and the number of steps."""
        rows, width = projected
        hidden, batch = width // 4, rows // self.steps
        return {
            "weight": (width, hidden),
            "bias": (width,),
            **dict.fromkeys(("init_c", "init_h", "last_c"), (batch, hidden)),
            **dict.fromkeys(("output", "cells", "slope"), (rows, hidden)),
            "gates": projected,
        }

    def forward(
        self,
        projected: Tensor,
        weight: Tensor,
        init_c: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        out: tuple[Tensor, ...] | None = None,
    ) -> tuple[Tensor, ...]:
        """Return h of all steps and the last c."""
        batch, hidden = init_c.shape
        output, last_c = out or (
            new(init_c, self.steps * batch, hidden),
            new(init_c, *init_c.shape),
        )
        gates, squashed = new(init_c, batch, 4 * hidden), new(init_c, batch, hidden)
        memory = _Memory(
            output.chunk(self.steps),
            *([each] * self.steps for each in (gates, last_c, squashed)),
        )
        self._run(projected, weight, bias, init_c, init_h, memory)
        return output, last_c

    @overwrites("projected")
    def forward_saving(
        self,
        projected: Tensor,
        weight: Tensor,
        init_c: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        out: tuple[Tensor, ...] | None = None,
    ) -> tuple[Tensor, ...]:
        """Return h of all steps, the last c, and what `saved` names."""
        narrow = (self.steps * init_c.shape[0], init_c.shape[1])
        output, last_c, gates, cells, slope = out or (
            new(init_c, *narrow),
            new(init_c, *init_c.shape),
            new(init_c, *projected.shape),
            new(init_c, *narrow),
            new(init_c, *narrow),
        )
        memory = _Memory(*(each.chunk(self.steps) for each in (output, gates, cells, slope)))
        self._run(projected, weight, bias, init_c, init_h, memory)
        last_c.copy_(memory.cells[-1])
        aten.tanh_backward.grad_input(self._gate(gates, "o"), slope, grad_input=slope)
        return output, last_c, gates, cells, slope

    def _run(
        self,
        projected: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        init_c: Tensor,
        init_h: Tensor,
        memory: _Memory,
    ) -> None:
        to_gates = turned(weight)
        c, h = init_c, init_h
        for given, output, gates, cell, squashed in zip(
            projected.chunk(self.steps), *memory, strict=True
        ):
            if bias is not None:
                torch.add(given, bias, out=gates)
            elif gates.data_ptr() != given.data_ptr():
                gates.copy_(given)
            gates.addmm_(h, to_gates)
            if self.forget_bias:
                self._gate(gates, "f").add_(self.forget_bias)
            self._gate(gates, "g").tanh_()
            for run in self._sigmoids(gates):
                run.sigmoid_()
            torch.mul(self._gate(gates, "f"), c, out=cell)
            cell.addcmul_(self._gate(gates, "i"), self._gate(gates, "g"))
            torch.tanh(cell, out=squashed)
            torch.mul(self._gate(gates, "o"), squashed, out=output)
            c, h = cell, output

    def backward(
        self,
        grads: Sequence[Tensor | None],
        weight: Tensor,
        init_c: Tensor,
        init_h: Tensor,
        output: Tensor,
        gates: Tensor,
        cells: Tensor,
        slope: Tensor,
        wants: Collection[str],
        out: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the wanted gradients, going through the steps from the last to the first."""
        given = out or {}
        found = {
            name: given[name] if name in given else new(like, *like.shape)
            for name, like in (("projected", gates), ("init_c", init_c), ("init_h", init_h))
        }
        slopes = found["projected"]
        self._slopes(slopes, init_c, output, gates, cells)
        self._go_back(found, grads, weight, gates, slope, to_the_start="init_h" in wants)
        self._weight_gradients(found, slopes, before_each(init_h, output), wants, given)
        return found

    def _slopes(
        self, result: Tensor, init_c: Tensor, output: Tensor, gates: Tensor, cells: Tensor
    ) -> None:
        """Write how c (for o: h) rises with what each gate was before its function.

        All steps at once: it does not depend on what flows back.
        """
        i, g = self._gate(gates, "i"), self._gate(gates, "g")
        f, o = self._gate(gates, "f"), self._gate(gates, "o")
        batch = init_c.shape[0]
        sigmoid, tanh = aten.sigmoid_backward.grad_input, aten.tanh_backward.grad_input
        sigmoid(g, i, grad_input=self._gate(result, "i"))
        tanh(i, g, grad_input=self._gate(result, "g"))
        kept = self._gate(result, "f")
        sigmoid(init_c, f[:batch], grad_input=kept[:batch])
        if self.steps > 1:
            sigmoid(cells[:-batch], f[batch:], grad_input=kept[batch:])
        torch.addcmul(output, output, o, value=-1, out=self._gate(result, "o"))

    def _go_back(
        self,
        found: Mapping[str, Tensor],
        grads: Sequence[Tensor | None],
        weight: Tensor,
        gates: Tensor,
        slope: Tensor,
        *,
        to_the_start: bool,
    ) -> None:
        """Multiply the slopes of each step by what flows back to its h and c."""
        above, above_c = grads
        dh, dc = found["init_h"], found["init_c"]
        dh.zero_() if above is None else dh.copy_(above[-dh.shape[0] :])
        dc.zero_() if above_c is None else dc.copy_(above_c)
        arriving = None if above is None else above.chunk(self.steps)
        steps = [each.chunk(self.steps) for each in (found["projected"], gates, slope)]
        for step in reversed(range(self.steps)):
            result, gate, rise = (each[step] for each in steps)
            dc.addcmul_(dh, rise)
            self._gate(result, "o").mul_(dh)
            for run in self._memory_gates(result):
                run.mul_(dc.unsqueeze(1))
            dc.mul_(self._gate(gate, "f"))
            if step and arriving is not None:
                torch.addmm(arriving[step - 1], result, weight, out=dh)
            elif step or to_the_start:
                torch.mm(result, weight, out=dh)

    # -- quarters --------------------------------------------------------------------------------

    def _gate(self, gates: Tensor, role: str) -> Tensor:
        """Return the quarter of the gates that has a role."""
        return gates.chunk(4, 1)[self.order[_GATES.index(role)]]

    def _sigmoids(self, gates: Tensor) -> list[Tensor]:
        """Return all quarters but g, neighbours together."""
        middle = self.order[_GATES.index("g")]
        return [run.flatten(1) for run in _around(gates, middle)]

    def _memory_gates(self, gates: Tensor) -> list[Tensor]:
        """Return all quarters but o, neighbours together: (batch, quarters, hidden)."""
        return _around(gates, self.order[_GATES.index("o")])


def _around(gates: Tensor, middle: int) -> list[Tensor]:
    quarters = gates.view(gates.shape[0], 4, -1)
    return [part for part in (quarters[:, :middle], quarters[:, middle + 1 :]) if part.shape[1]]
