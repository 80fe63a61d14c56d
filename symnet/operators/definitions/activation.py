"""Activation functions."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from .._same_shape import SameShape
from ..contract import Input, overwrites, param
from ..meaning import Meaning, OfElements

__all__ = ["Activation"]

Function = Callable[..., Tensor]

aten = torch.ops.aten


def _softrelu(data: Tensor, out: Tensor | None = None) -> Tensor:
    """Return log(1 + exp(data)), exact where exp would overflow."""
    result: Tensor = aten.softplus(data) if out is None else aten.softplus.out(data, out=out)
    return result


def _softrelu_gradient(grad: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
    """Return grad · (1 − exp(−output))."""
    # It is 2 · t / (1 + t) with t = tanh(output / 2), exact where the output is tiny too. Torch's
    # expm1 would do, but takes three times as long as its tanh.
    half = torch.mul(output, 0.5, out=torch.empty_like(output))
    torch.tanh(half, out=half)
    found = torch.mul(grad, half, out=out)
    return found.div_(half.add_(1).mul_(0.5))


def _softsign(data: Tensor, out: Tensor | None = None) -> Tensor:
    """Return data / (1 + |data|)."""
    return torch.div(data, torch.abs(data, out=torch.empty_like(data)).add_(1), out=out)


def _softsign_gradient(grad: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
    """Return grad · (1 − |output|)²."""
    slope = torch.abs(output, out=torch.empty_like(output)).sub_(1).square_()
    return torch.mul(grad, slope, out=out)


def _gradient(kernel: Any, *constants: float) -> Function:
    """Return a gradient of torch's that is computed from the function's value."""

    def gradient(grad: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
        if out is None:
            found: Tensor = kernel(grad, output, *constants)
            return found
        kernel.grad_input(grad, output, *constants, grad_input=out)
        return out

    return gradient


class _Row(NamedTuple):
    function: Function
    gradient: Function
    meaning: Meaning | None = None


_FUNCTIONS = {
    # clamp_min writes into `out`, which relu cannot.
    "relu": _Row(
        lambda data, out=None: torch.clamp_min(data, 0, out=out),
        _gradient(aten.threshold_backward, 0),
        OfElements.RELU,
    ),
    "sigmoid": _Row(torch.sigmoid, _gradient(aten.sigmoid_backward), OfElements.SIGMOID),
    "softrelu": _Row(_softrelu, _softrelu_gradient),
    "softsign": _Row(_softsign, _softsign_gradient),
    "tanh": _Row(torch.tanh, _gradient(aten.tanh_backward), OfElements.TANH),
}


class Activation(SameShape):
    """Apply an activation function to every element.

    relu: max(x, 0) · sigmoid: 1 / (1 + exp(−x)) · tanh · softrelu: log(1 + exp(x)) ·
    softsign: x / (1 + |x|).
    Source: docs/semantics §3.1.

    >>> import symnet as mx
    >>> mx.Activation(data=mx.array([-1, 0, 2]), act_type="relu")
    NDArray([0., 0., 2.], float32, CPU0)
    """

    family = "activation"
    aliases = ("_npx_activation",)
    floats_only = True
    memory_order = "follows"
    nondecreasing = True

    data = Input("Input of any shape.")
    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"] = param("Which function.")

    def meaning(self) -> Meaning | None:
        """Return the word for the function."""
        return _FUNCTIONS[self.act_type].meaning

    def row_inputs(self) -> tuple[str, ...]:
        """Every element is on its own."""
        return ("data",)

    @overwrites("data")
    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the function's values."""
        return _FUNCTIONS[self.act_type].function(data, out=out)

    @overwrites("grad")
    def data_gradient(self, grad: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad times the function's slope, which its value tells."""
        return _FUNCTIONS[self.act_type].gradient(grad, output, out=out)
