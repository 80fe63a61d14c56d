"""Random choices and shuffling."""

from collections.abc import Mapping
from math import log, prod
from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["_sample_multinomial", "_sample_unique_zipfian", "_shuffle"]

_TYPES = {
    "uint8": torch.uint8,
    "int32": torch.int32,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}


class _sample_multinomial(Operator):
    """Classes drawn by their probabilities, with replacement: so many for each distribution.

    Probabilities should add up to 1; what is missing goes to the last class. With get_prob the
    logarithm of each drawn class's probability is an output too, through which a gradient flows, as
    for REINFORCE. Source: Apache MXNet 1.9.1, ``sample_multinomial``.

    >>> import symnet as mx
    >>> mx.sample_multinomial(mx.array([[0, 1, 0], [0, 0, 1]]), shape=(4,)).asnumpy()
    array([[1, 1, 1, 1],
           [2, 2, 2, 2]], dtype=int32)
    """

    aliases = ("sample_multinomial",)
    pure = False
    floats_only = True

    data = Input("Probabilities of shape (…, classes).")
    shape: tuple[int, ...] = param(
        "Shape of what is drawn for each distribution.", default=(), min=1
    )
    get_prob: bool = param("Return logarithms of probabilities too.", default=False)
    dtype: Literal["uint8", "int32", "float16", "float32", "float64"] = param(
        "Element type of the classes.", default="int32"
    )

    def outputs(self) -> tuple[str, ...]:
        """The classes, and on demand the logarithms."""
        return ("output0", "output1") if self.get_prob else ("output",)

    def infer_shape(self, data: Shape) -> Shapes:
        """So many are drawn for each distribution."""
        if not data:
            raise ShapeError("data must be (…, classes), got no axis")
        return dict.fromkeys(self.outputs(), (*data[:-1], *self.shape) or (1,))

    def output_dtypes(self, shared: torch.dtype) -> tuple[torch.dtype, ...]:
        """Classes have their own type, logarithms that of the probabilities."""
        return (_TYPES[self.dtype], shared)[: len(self.outputs())]

    def forward(self, data: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the classes, with logarithms on demand."""
        flat = data if data.dim() == 2 else data.reshape(-1, data.shape[-1])
        exact = flat.to(torch.promote_types(data.dtype, torch.float32))
        shape = (*data.shape[:-1], *self.shape) or (1,)
        level = torch.rand((len(flat), prod(self.shape)), dtype=exact.dtype, device=data.device)
        # Found as they are wanted, where nobody gathers by them: that saves to convert them.
        short = self.dtype == "int32" and not self.get_prob
        found = torch.searchsorted(exact.cumsum(1), level, right=True, out_int32=short)
        classes = found.clamp_max_(data.shape[-1] - 1)
        drawn = classes.view(shape).to(_TYPES[self.dtype])
        if not self.get_prob:
            return drawn
        return drawn, flat.gather(1, classes).log().view(shape)

    def backward(
        self, grads: tuple[Tensor | None, ...], data: Tensor, outputs: tuple[Tensor, ...]
    ) -> Mapping[str, Tensor]:
        """Return the gradient of the logarithms, by the probabilities of the drawn classes."""
        if not self.get_prob or grads[1] is None:
            return {"data": torch.zeros_like(data)}
        flat = data.reshape(-1, data.shape[-1])
        classes = outputs[0].long().reshape(len(flat), -1)
        slope = grads[1].reshape(classes.shape) / flat.gather(1, classes)
        return {"data": torch.zeros_like(flat).scatter_add_(1, classes, slope).view(data.shape)}


class _sample_unique_zipfian(Operator):
    """Distinct whole numbers below range_max, low ones more likely, and how many draws they took.

    A draw is ⌊range_max^u + ½⌋ − 1 with u uniform on (0, 1): about 1 / (k + 1) as likely for k as
    for 0. Source: Apache MXNet 1.9.1, ``_sample_unique_zipfian``.

    >>> import symnet as mx
    >>> mx._sample_unique_zipfian(range_max=1000, shape=(2, 5)).infer_shape()[1]
    [(2, 5), (2,)]
    """

    pure = False

    range_max: int = param("Limit above; it is not reached.", min=1)
    shape: tuple[int, ...] = param("Number of rows, and of numbers in each.", min=1)

    def check(self) -> None:
        """There must be enough numbers."""
        if len(self.shape) != 2:
            raise ParameterError(
                f"_sample_unique_zipfian: shape must be (rows, numbers), got {self.shape}"
            )
        if self.shape[1] > self.range_max:
            raise ParameterError(
                f"_sample_unique_zipfian: there are no {self.shape[1]} distinct numbers below "
                f"range_max={self.range_max}"
            )

    def outputs(self) -> tuple[str, ...]:
        """The numbers, and how many draws each row took."""
        return ("output0", "output1")

    def infer_shape(self) -> Shapes:
        """Each row has its numbers and its count."""
        return {"output0": self.shape, "output1": self.shape[:1]}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Numbers and counts are whole."""
        return torch.int64

    def forward(self, out: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Return numbers and counts."""
        rows, tries = zip(*(self._row() for _ in range(self.shape[0])), strict=True)
        found = torch.tensor(rows), torch.tensor(tries)
        if out is None:
            return found
        return out[0].copy_(found[0]), out[1].copy_(found[1])

    def _row(self) -> tuple[list[int], int]:
        """Return the first so many distinct draws, and how many draws they took."""
        seen: dict[int, None] = {}
        tries = 0
        while True:
            levels = torch.rand(2 * self.shape[1], dtype=torch.float64)
            for value in torch.exp(levels * log(self.range_max)).add_(0.5).long().tolist():
                seen.setdefault(value - 1)
                tries += 1
                if len(seen) == self.shape[1]:
                    return list(seen), tries


class _shuffle(Operator):
    """The entries along axis 0 in random order; all orders are equally likely.

    Going back, gradients return to where the entries came from. Source: Apache MXNet 1.9.1,
    ``shuffle``.

    >>> import symnet as mx
    >>> sorted(mx.shuffle(mx.array([3, 1, 2])).asnumpy().tolist())
    [1.0, 2.0, 3.0]
    """

    aliases = ("shuffle", "_npi_shuffle")
    pure = False

    data = Input("Array of any shape and type.")

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs the order."""
        return {"order": torch.int64}

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        if not data:
            raise ShapeError("data must have an axis")
        return {"output": data, "order": data[:1]}

    def forward(self, data: Tensor) -> Tensor:
        """Return the entries."""
        return self.forward_saving(data)[0]

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the entries, and where each came from."""
        order = torch.randperm(len(data), device=data.device)
        return data[order], order

    def data_gradient(self, grad: Tensor, order: Tensor) -> Tensor:
        """Return grad in the order of the data."""
        return torch.empty_like(grad).index_copy_(0, order, grad)
