"""Gated recurrent units and plain recurrent layers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from ..contract import Input, Shape, Shapes, param
from ._all_steps import AllSteps, before_each, new, turned

__all__ = ["GRUSteps", "RNNSteps"]

aten = torch.ops.aten


class GRUSteps(AllSteps, registered=False):
    """All steps of a gated recurrent unit over a batch; a pass makes it of unrolled cells.

    At each step, with three gates cut from projected and three from h · weightᵀ + bias:
    r = σ(r + r), z = σ(z + z), n = tanh(n + r · n), h = (1 − z) · n + z · h. Source: Cho et al.
    2014, in the form of cuDNN and of Apache MXNet's GRUCell, which reset after the product.
    """

    projected = Input("What the inputs add to the gates, (steps · batch, 3 · hidden).")
    weight = Input("Weight from h to the gates, (3 · hidden, hidden).")
    bias = Input("What h's part adds to the gates, (3 · hidden,).", when=lambda op: not op.no_bias)
    no_bias: bool = param("Leave the bias out.", default=False)
    order: tuple[int, ...] = param("Which third is r, z and n.", default=(0, 1, 2))

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """Gates after their functions, and what h adds to n, at all steps."""
        return {"gates": None, "from_h": None}

    def infer_shape(self, projected: Shape) -> Shapes:
        """Everything follows from the size of the gates and the number of steps."""
        rows, width = projected
        hidden = width // 3
        return {
            "weight": (width, hidden),
            "bias": (width,),
            "init_h": (rows // self.steps, hidden),
            **dict.fromkeys(("output", "from_h"), (rows, hidden)),
            "gates": projected,
        }

    def forward(
        self,
        projected: Tensor,
        weight: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return h of all steps."""
        rows, width = projected.shape
        output = new(init_h, rows, width // 3) if out is None else out
        gates, from_h = new(init_h, rows, width), new(init_h, rows, width // 3)
        self._run(projected, weight, init_h, bias, (output, gates, from_h))
        return output

    def forward_saving(
        self,
        projected: Tensor,
        weight: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        out: tuple[Tensor, ...] | None = None,
    ) -> tuple[Tensor, ...]:
        """Return h of all steps, and what `saved` names."""
        rows, width = projected.shape
        results = out or tuple(new(init_h, rows, n) for n in (width // 3, width, width // 3))
        self._run(projected, weight, init_h, bias, results)
        return results

    def _run(
        self,
        projected: Tensor,
        weight: Tensor,
        init_h: Tensor,
        bias: Tensor | None,
        results: Sequence[Tensor],
    ) -> None:
        to_gates = turned(weight)
        product = new(init_h, init_h.shape[0], 3 * init_h.shape[1])
        h = init_h
        parts = [each.chunk(self.steps) for each in (projected, *results)]
        for given, output, gates, from_h in zip(*parts, strict=True):
            if bias is None:
                torch.mm(h, to_gates, out=product)
            else:
                torch.addmm(bias, h, to_gates, out=product)
            torch.add(given, product, out=gates)
            r, z, n = self._gates(gates)
            r.sigmoid_()
            z.sigmoid_()
            from_h.copy_(self._gates(product)[2])
            n.copy_(self._gates(given)[2]).addcmul_(r, from_h).tanh_()
            torch.lerp(n, h, z, out=output)
            h = output

    def backward(
        self,
        grad: Tensor,
        weight: Tensor,
        init_h: Tensor,
        output: Tensor,
        gates: Tensor,
        from_h: Tensor,
        wants: Collection[str],
        out: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the wanted gradients, going through the steps from the last to the first."""
        given = out or {}
        found = {
            name: given[name] if name in given else new(like, *like.shape)
            for name, like in (("projected", gates), ("init_h", init_h))
        }
        before = before_each(init_h, output)
        slopes = found["projected"]  # of h by each gate, before its function
        (r, z, n), (by_r, by_z, by_n) = self._gates(gates), self._gates(slopes)
        torch.sub(before, n, out=by_z)
        by_n.fill_(1).sub_(z)
        aten.sigmoid_backward.grad_input(by_z, z, grad_input=by_z)
        aten.tanh_backward.grad_input(by_n, n, grad_input=by_n)
        torch.mul(by_n, from_h, out=by_r)
        aten.sigmoid_backward.grad_input(by_r, r, grad_input=by_r)
        through_h = new(gates, *gates.shape)
        self._go_back(found["init_h"], grad, weight, gates, slopes, through_h)
        self._weight_gradients(found, through_h, before, wants, given)
        return found

    def _go_back(
        self,
        dh: Tensor,
        grad: Tensor,
        weight: Tensor,
        gates: Tensor,
        slopes: Tensor,
        through_h: Tensor,
    ) -> None:
        """Multiply the slopes of each step by what flows back to its h.

        `through_h` is what flows back to the product of h: the same, with r before n.
        """
        arriving = grad.chunk(self.steps)
        parts = [each.chunk(self.steps) for each in (gates, slopes, through_h)]
        dh.copy_(arriving[-1])
        thirds = dh.unsqueeze(1)
        for step in reversed(range(self.steps)):
            gate, slope, own = (each[step] for each in parts)
            slope.view(len(slope), 3, -1).mul_(thirds)
            own.copy_(slope)
            self._gates(own)[2].mul_(self._gates(gate)[0])
            dh.mul_(self._gates(gate)[1]).addmm_(own, weight)
            if step:
                dh.add_(arriving[step - 1])

    def _gates(self, whole: Tensor) -> list[Tensor]:
        """Return the thirds that are r, z and n."""
        thirds = whole.chunk(3, 1)
        return [thirds[place] for place in self.order]


class RNNSteps(AllSteps, registered=False):
    """All steps of a plain recurrent layer over a batch; a pass makes it of unrolled cells.

    At each step h = activation(projected + h · weightᵀ + bias). Source: Elman 1990.
    """

    projected = Input("What the inputs add, (steps · batch, hidden).")
    weight = Input("Weight from h, (hidden, hidden).")
    bias = Input("What h's part adds, (hidden,).", when=lambda op: not op.no_bias)
    no_bias: bool = param("Leave the bias out.", default=False)
    activation: Literal["tanh", "relu"] = param("The function.")

    def infer_shape(self, projected: Shape) -> Shapes:
        """Everything follows from what is projected."""
        rows, hidden = projected
        return {
            "weight": (hidden, hidden),
            "bias": (hidden,),
            "init_h": (rows // self.steps, hidden),
            "output": projected,
        }

    def forward(
        self,
        projected: Tensor,
        weight: Tensor,
        init_h: Tensor,
        bias: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return h of all steps."""
        result = new(init_h, *projected.shape) if out is None else out
        to_h = turned(weight)
        h = init_h
        for given, output in zip(
            projected.chunk(self.steps), result.chunk(self.steps), strict=True
        ):
            torch.addmm(given, h, to_h, out=output)
            if bias is not None:
                output.add_(bias)
            output.tanh_() if self.activation == "tanh" else output.relu_()
            h = output
        return result

    def backward(
        self,
        grad: Tensor,
        weight: Tensor,
        init_h: Tensor,
        output: Tensor,
        wants: Collection[str],
        out: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the wanted gradients, going through the steps from the last to the first."""
        given = out or {}
        found = {
            name: given[name] if name in given else new(like, *like.shape)
            for name, like in (("projected", output), ("init_h", init_h))
        }
        dh = found["init_h"]
        arriving = grad.chunk(self.steps)
        parts = [each.chunk(self.steps) for each in (output, found["projected"])]
        dh.copy_(arriving[-1])
        for step in reversed(range(self.steps)):
            after, slope = (each[step] for each in parts)
            if self.activation == "tanh":
                aten.tanh_backward.grad_input(dh, after, grad_input=slope)
            else:
                aten.threshold_backward.grad_input(dh, after, 0, grad_input=slope)
            if step:
                torch.addmm(arriving[step - 1], slope, weight, out=dh)
            else:
                torch.mm(slope, weight, out=dh)
        self._weight_gradients(found, found["projected"], before_each(init_h, output), wants, given)
        return found
