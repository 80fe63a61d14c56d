"""Softmax and log-softmax."""

from typing import Any, Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from .._axes import whole, without
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["log_softmax", "softmax", "softmax_cross_entropy", "softmin"]

aten = torch.ops.aten

_FLOATS = {"float16": torch.float16, "float32": torch.float32, "float64": torch.float64}


class _Softmax(Operator, registered=False):
    """What the functions along an axis share."""

    floats_only = True

    axis: int = param("Axis along which the exponentials add up to 1.", default=-1)
    temperature: float | None = param(
        "Divides the data first; None means 1. Small ones sharpen the distribution.", default=None
    )
    dtype: Literal["float16", "float32", "float64"] | None = param(
        "Element type of the output; None means the data's.", default=None
    )
    use_length: bool | None = param("Take the input length.", default=False)

    def check(self) -> None:
        """Dividing by nothing gives no distribution."""
        if self.temperature == 0:
            raise ParameterError(f"{type(self).__name__}: temperature must not be 0")

    def _fitting(self, data: Shape | None, output: Shape | None) -> Shapes:
        known = data if data is not None else output
        if known is not None and not -len(known) <= self.axis < len(known):
            raise ShapeError(f"axis must lie within the {len(known)} axes of data, got {self.axis}")
        return {"data": known, "output": known}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The output may have a type of its own."""
        return shared if self.dtype is None else _FLOATS[self.dtype]

    def row_inputs(self) -> tuple[str, ...]:
        """Every row is on its own, where it is not the rows that add up to 1."""
        return ("data",) if self.axis == -1 and not self.use_length else ()

    def rows_apart(self, *shapes: Shape) -> bool:
        """A vector is one row."""
        return len(shapes[0]) > 1

    def _scaled(self, data: Tensor, sign: float = 1.0) -> Tensor:
        """Return the exponents."""
        factor = sign / (self.temperature or 1.0)
        if factor == 1:
            return data
        return torch.mul(data, factor, out=torch.empty_like(data))

    def _distribution(self, data: Tensor, sign: float, out: Tensor | None) -> Tensor:
        exponents = self._scaled(data, sign)
        if out is None:
            return torch.softmax(exponents, self.axis).to(self.infer_dtype(data.dtype))
        if out.dtype == data.dtype:
            return torch.softmax(exponents, self.axis, out=out)
        return out.copy_(torch.softmax(exponents, self.axis, out=torch.empty_like(data)))

    def _pulled_back(
        self,
        kernel: Any,
        grad: Tensor,
        output: Tensor,
        dtype: torch.dtype,
        out: Tensor | None,
        sign: float = 1.0,
    ) -> Tensor:
        """Return what a kernel of torch makes of grad and output, in the data's type."""
        factor = sign / (self.temperature or 1.0)
        given = (grad, output, self.axis, output.dtype)
        if out is None or output.dtype != dtype:
            slope = kernel(*given).mul_(factor)
            return slope.to(dtype) if out is None else out.copy_(slope)
        place = {"grad_input" if kernel is aten._softmax_backward_data else "out": out}
        kernel.out(*given, **place)
        return out if factor == 1 else out.mul_(factor)


def _without_length(op: _Softmax) -> None:
    """Raise ParameterError for what Apache MXNet takes as a parameter, but has no input for."""
    if op.use_length:
        raise ParameterError(
            f"{type(op).__name__}: use_length=True needs an input that Apache MXNet 1.9.1 does not "
            "have; softmax has it"
        )


class softmax(_Softmax):
    """Exponentials along an axis, divided by their sum.

    With use_length only the first positions of each row along the axis count, as many as length
    says; the others are 0. Source: Apache MXNet 1.9.1, ``softmax``.

    >>> import symnet as mx
    >>> mx.softmax(mx.array([[0, 0], [0, 1]])).asnumpy().round(3)
    array([[0.5  , 0.5  ],
           [0.269, 0.731]], dtype=float32)
    """

    aliases = ("_npx_softmax",)

    data = Input("Scores of any shape.")
    length = Input(
        "How many positions count, of the data's shape without the axis.",
        when=lambda op: bool(op.use_length),
        takes_gradient=False,
        any_dtype=True,
    )

    def infer_shape(
        self, data: Shape | None = None, length: Shape | None = None, output: Shape | None = None
    ) -> Shapes:
        """There is a length for each row along the axis."""
        found = self._fitting(data, output)
        known = found["data"]
        if known is None:
            return {}
        return {**found, "length": without(known, self.axis % len(known)) or (1,)}

    def forward(
        self, data: Tensor, length: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the distributions."""
        if length is None:
            return self._distribution(data, 1.0, out)
        outside = self._outside(data, length)
        masked = torch.empty_like(data).copy_(data).masked_fill_(outside, -torch.inf)
        # A row of length 0 is all −inf, whose softmax is not a number: it is filled as well.
        return self._distribution(masked, 1.0, out).masked_fill_(outside, 0)

    def _outside(self, data: Tensor, length: Tensor) -> Tensor:
        dims = [1] * data.ndim
        dims[self.axis] = -1
        places = torch.empty(data.shape[self.axis], dtype=torch.long, device=data.device)
        torch.arange(len(places), out=places)
        rows = length.view(data.select(self.axis, 0).shape).unsqueeze(self.axis)
        outside = torch.empty(data.shape, dtype=torch.bool, device=data.device)
        return torch.ge(places.view(dims), rows, out=outside)

    def data_gradient(
        self, grad: Tensor, output: Tensor, data_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Return output · (grad − Σ grad · output) / temperature."""
        return self._pulled_back(aten._softmax_backward_data, grad, output, data_dtype, out)


class softmin(_Softmax):
    """Softmax of the negated data: the least score gets the most.

    Source: Apache MXNet 1.9.1, ``softmin``.

    >>> import symnet as mx
    >>> mx.softmin(mx.array([[0, 1]])).asnumpy().round(3)
    array([[0.731, 0.269]], dtype=float32)
    """

    data = Input("Scores of any shape.")

    def check(self) -> None:
        """There is no input for lengths."""
        super().check()
        _without_length(self)

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        return self._fitting(data, output)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the distributions."""
        return self._distribution(data, -1.0, out)

    def data_gradient(
        self, grad: Tensor, output: Tensor, data_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Return −output · (grad − Σ grad · output) / temperature."""
        kernel = aten._softmax_backward_data
        return self._pulled_back(kernel, grad, output, data_dtype, out, -1.0)


class log_softmax(_Softmax):
    """Logarithm of the softmax, computed without leaving the range of floats.

    Source: Apache MXNet 1.9.1, ``log_softmax``.

    >>> import symnet as mx
    >>> mx.log_softmax(mx.array([[0, 0], [0, 1000]])).asnumpy().round(3).tolist()
    [[-0.6930000185966492, -0.6930000185966492], [-1000.0, 0.0]]
    """

    aliases = ("_npx_log_softmax",)

    data = Input("Scores of any shape.")

    def check(self) -> None:
        """There is no input for lengths."""
        super().check()
        _without_length(self)

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        return self._fitting(data, output)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the logarithms."""
        exponents = self._scaled(data)
        if out is None:
            return torch.log_softmax(exponents, self.axis).to(self.infer_dtype(data.dtype))
        if out.dtype == data.dtype:
            return torch.log_softmax(exponents, self.axis, out=out)
        return out.copy_(torch.log_softmax(exponents, self.axis))

    def data_gradient(
        self, grad: Tensor, output: Tensor, data_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Return (grad − softmax · Σ grad) / temperature."""
        kernel = aten._log_softmax_backward_data
        return self._pulled_back(kernel, grad, output, data_dtype, out)


class softmax_cross_entropy(Operator):
    """Cross-entropy of the softmax with the labels, summed over the batch, of shape (1,).

    A probability counts as at least 1e-8; a label outside the classes counts as that. Labels are
    cut to whole numbers. Source: Apache MXNet 1.9.1, ``softmax_cross_entropy``.

    >>> import symnet as mx
    >>> mx.softmax_cross_entropy(mx.array([[0, 0], [0, 0]]), mx.array([0, 1])).asnumpy().round(3)
    array([1.386], dtype=float32)
    """

    floats_only = True

    data = Input("Scores of shape (batch, classes).")
    label = Input("Index of the right class of each row.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is a label for each row."""
        if len(data) != 2:
            raise ShapeError(f"data must be (batch, classes), got {data}")
        return {"label": (data[0],), "output": (1,)}

    def _classes(self, label: Tensor, count: int, kind: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return the class of each row, and 1 where there is one, 0 where not."""
        classes = whole(label).unsqueeze(-1)
        held = torch.clamp(classes, 0, count - 1, out=torch.empty_like(classes))
        inside = torch.empty(classes.shape, dtype=kind, device=classes.device)
        return held, torch.eq(held, classes, out=inside)

    def forward(self, data: Tensor, label: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum."""
        classes, inside = self._classes(label, data.shape[1], data.dtype)
        shares = torch.softmax(data, -1, out=torch.empty_like(data))
        if out is None:  # as it is traced, when torch's gather takes no memory
            chosen, result = torch.gather(shares, 1, classes), data.new_empty(1)
        else:
            chosen, result = torch.gather(shares, 1, classes, out=torch.empty_like(inside)), out
        logarithms = chosen.mul_(inside).clamp_min_(1e-8).log_()
        return torch.sum(logarithms.view(-1), 0, keepdim=True, out=result).neg_()

    def data_gradient(
        self, grad: Tensor, data: Tensor, label: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return (softmax − onehot(label)) · grad."""
        classes, inside = self._classes(label, data.shape[1], data.dtype)
        slope = torch.softmax(data, -1, out=out)
        return slope.scatter_add_(1, classes, inside.neg_()).mul_(grad)
