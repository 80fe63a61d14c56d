"""Gated recurrent units that reset before the product."""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from ..contract import Input, Shape, Shapes, param
from ._all_steps import AllSteps, before_each, new, turned

__all__ = ["ResetGRUSteps"]

aten = torch.ops.aten


class ResetGRUSteps(AllSteps, registered=False):
    """All steps of a gated recurrent unit over a batch; a pass makes it of unrolled cells.

    At each step, with two gates cut from projected + h · weightᵀ + bias: r and z are their
    sigmoids, n = tanh(new + (r · h) · new_weightᵀ + new_bias), h = (1 − z) · h + z · n; with keeps
    z · h + (1 − z) · n. Source: Cho et al. 2014, and ``example/rnn/gru.py`` of MXNet 0.7.
    """

    projected = Input("What the inputs add to the gates, (steps · batch, 2 · hidden).")
    fresh = Input("What the inputs add to n, (steps · batch, hidden).")
    weight = Input("Weight from h to the gates, (2 · hidden, hidden).")
    bias = Input("What h's part adds, (2 · hidden,).", when=lambda op: not op.no_bias)
    new_weight = Input("Weight from r · h to n, (hidden, hidden).")
    new_bias = Input("What its part adds to n, (hidden,).", when=lambda op: not op.no_new_bias)
    no_bias: bool = param("Leave the bias of the gates out.", default=False)
    no_new_bias: bool = param("Leave the bias of n out.", default=False)
    order: tuple[int, ...] = param("Which half is r and z.", default=(0, 1))
    keeps: bool = param("Whether z is the share of h instead of that of n.", default=False)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """Gates after their functions, and n, at all steps."""
        return {"gates": None, "candidates": None}

    def infer_shape(self, projected: Shape) -> Shapes:
        """Everything follows from the size of the gates and the number of steps."""
        rows, width = projected
        hidden = width // 2
        return {
            "weight": (width, hidden),
            "bias": (width,),
            "new_weight": (hidden, hidden),
            "new_bias": (hidden,),
            "init_h": (rows // self.steps, hidden),
            **dict.fromkeys(("fresh", "output", "candidates"), (rows, hidden)),
            "gates": projected,
        }

    def forward(
        self,
        projected: Tensor,
        fresh: Tensor,
        weight: Tensor,
        new_weight: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        new_bias: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return h of all steps."""
        output = new(init_h, *fresh.shape) if out is None else out
        results = (output, new(init_h, *projected.shape), new(init_h, *fresh.shape))
        _start(projected, bias, results[1])
        _start(fresh, new_bias, results[2])
        self._run(weight, new_weight, init_h, results)
        return output

    def forward_saving(
        self,
        projected: Tensor,
        fresh: Tensor,
        weight: Tensor,
        new_weight: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        new_bias: Tensor | None = None,
        out: tuple[Tensor, ...] | None = None,
    ) -> tuple[Tensor, ...]:
        """Return h of all steps, and what `saved` names."""
        results = out or tuple(new(init_h, *like.shape) for like in (fresh, projected, fresh))
        _start(projected, bias, results[1])
        _start(fresh, new_bias, results[2])
        self._run(weight, new_weight, init_h, results)
        return results

    def _run(
        self, weight: Tensor, new_weight: Tensor, init_h: Tensor, results: Sequence[Tensor]
    ) -> None:
        """Go through the steps; gates and n hold what the inputs and the biases add to them."""
        to_gates, to_n = turned(weight), turned(new_weight)
        h = init_h
        parts = [each.chunk(self.steps) for each in results]
        for output, gates, n in zip(*parts, strict=True):
            gates.addmm_(h, to_gates).sigmoid_()
            r, z = self._halves(gates)
            torch.mul(r, h, out=output)  # the step's own h is not there yet: its place is free
            n.addmm_(output, to_n).tanh_()
            torch.lerp(*self._ends(h, n), z, out=output)
            h = output

    def backward(
        self,
        grad: Tensor,
        weight: Tensor,
        new_weight: Tensor,
        init_h: Tensor,
        output: Tensor,
        gates: Tensor,
        candidates: Tensor,
        wants: Collection[str],
        out: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the wanted gradients, going through the steps from the last to the first."""
        given = out or {}
        found = {
            name: given[name] if name in given else new(like, *like.shape)
            for name, like in (("projected", gates), ("fresh", output), ("init_h", init_h))
        }
        before = before_each(init_h, output)
        slopes, by_n = found["projected"], found["fresh"]
        (r, z), (by_r, by_z) = self._halves(gates), self._halves(slopes)
        start, end = self._ends(before, candidates)
        torch.sub(end, start, out=by_z)
        aten.sigmoid_backward.grad_input(by_z, z, grad_input=by_z)
        aten.sigmoid_backward.grad_input(before, r, grad_input=by_r)  # of r · h, by r
        rest = new(z, *z.shape).fill_(1).sub_(z)
        of_h, of_n = (z, rest) if self.keeps else (rest, z)
        aten.tanh_backward.grad_input(of_n, candidates, grad_input=by_n)
        self._go_back(found, grad, (weight, new_weight), r, of_h)
        self._weight_gradients(found, slopes, before, wants, given)
        # Only now may h before each step be turned into r · h: the gates' weight was multiplied by
        # h.
        self._weight_gradients(found, by_n, before.mul_(r), wants, given, stem="new_")
        return found

    def _go_back(
        self,
        found: Mapping[str, Tensor],
        grad: Tensor,
        weights: tuple[Tensor, Tensor],
        r: Tensor,
        of_h: Tensor,
    ) -> None:
        """Multiply the slopes of each step by what flows back to its h, or to its r · h."""
        weight, new_weight = weights
        dh = found["init_h"]
        through = new(dh, *dh.shape)  # to r · h
        arriving = grad.chunk(self.steps)
        arrays = found["projected"], found["fresh"], r, of_h
        parts = [each.chunk(self.steps) for each in arrays]
        dh.copy_(arriving[-1])
        for step in reversed(range(self.steps)):
            slope, by_n, reset, share = (each[step] for each in parts)
            by_r, by_z = self._halves(slope)
            # From here on `by_n` is what flows back to the sum before tanh, and no slope any more.
            torch.mm(by_n.mul_(dh), new_weight, out=through)
            by_r.mul_(through)
            by_z.mul_(dh)
            dh.mul_(share).addcmul_(reset, through).addmm_(slope, weight)
            if step:
                dh.add_(arriving[step - 1])

    def _ends(self, h: Tensor, n: Tensor) -> tuple[Tensor, Tensor]:
        """Return what z goes from and to."""
        return (n, h) if self.keeps else (h, n)

    def _halves(self, whole: Tensor) -> list[Tensor]:
        """Return the halves that are r and z."""
        halves = whole.chunk(2, 1)
        return [halves[place] for place in self.order]


def _start(given: Tensor, bias: Tensor | None, result: Tensor) -> None:
    """Write what does not depend on h, for all steps at once."""
    if bias is None:
        result.copy_(given)
    else:
        torch.add(given, bias, out=result)
