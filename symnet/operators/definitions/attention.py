"""Attention.

One projection holds, for each head, its queries, keys and values side by side. Arrays are
(length, batch, features); attention is (batch · heads, queries' length, keys' length).
"""

from math import prod

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = [
    "_contrib_interleaved_matmul_encdec_qk",
    "_contrib_interleaved_matmul_encdec_valatt",
    "_contrib_interleaved_matmul_selfatt_qk",
    "_contrib_interleaved_matmul_selfatt_valatt",
]


class _Interleaved(Operator, registered=False):
    """What the products share: how heads lie in a projection."""

    floats_only = True

    heads: int = param("Number of heads.", min=1)

    def _features(self, name: str, shape: Shape, parts: int) -> int:
        """Return the length of one head's vectors in a projection of so many parts."""
        if len(shape) != 3 or shape[2] % (parts * self.heads):
            raise ShapeError(
                f"{name} must be (length, batch, features), with features that divide into "
                f"{self.heads} heads of {parts} parts, got {shape}"
            )
        return shape[2] // (parts * self.heads)

    def _part(self, projection: Tensor, parts: int, number: int) -> Tensor:
        """Return one part of a projection, as (batch · heads, length, features of a head)."""
        length, batch, _ = projection.shape
        heads = projection.reshape(length, batch * self.heads, parts, -1)
        return heads[:, :, number].transpose(0, 1)

    def _merged(self, heads: Tensor) -> Tensor:
        """Return (length, batch, features) of the heads' results."""
        length = heads.shape[1]
        return heads.transpose(0, 1).reshape(length, heads.shape[0] // self.heads, -1)

    def _attention(self, queries: Shape, keys: Shape) -> Shape:
        return (queries[1] * self.heads, queries[0], keys[0])

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each pair of positions and feature of the result or the queries."""
        attention = shapes.get("attention") or shapes["output"]
        vectors = shapes["output"] if "attention" in shapes else next(iter(shapes.values()))
        parts = 3 if "attention" not in shapes and "queries_keys_values" in shapes else 1
        return int(prod(attention) * vectors[2] // (parts * self.heads))


def _gradient_of(projection: Tensor, parts: int, found: dict[int, Tensor]) -> Tensor:
    """Return the gradient of a projection, given that of some parts; the others get none."""
    length, batch, features = projection.shape
    shape = (length, next(iter(found.values())).shape[0], parts, -1)
    result = torch.zeros(
        (length, batch, features), dtype=projection.dtype, device=projection.device
    )
    for number, part in found.items():
        result.view(shape)[:, :, number] = part.transpose(0, 1)
    return result


class _contrib_interleaved_matmul_selfatt_qk(_Interleaved):
    """Products of queries and keys of self-attention, divided by √(features of a head).

    Source: Apache MXNet 1.9.1, ``contrib.interleaved_matmul_selfatt_qk``.

    >>> import symnet as mx
    >>> net = mx._contrib_interleaved_matmul_selfatt_qk(mx.Variable("qkv"), heads=12)
    >>> net.infer_shape(qkv=(128, 8, 3 * 768))[1]
    [(96, 128, 128)]
    """

    queries_keys_values = Input("Projection of shape (length, batch, heads · 3 · features).")

    def infer_shape(self, queries_keys_values: Shape) -> Shapes:
        """There is a number for each head and pair of positions."""
        self._features("queries_keys_values", queries_keys_values, 3)
        return {"output": self._attention(queries_keys_values, queries_keys_values)}

    def forward(self, queries_keys_values: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the scaled products."""
        queries, keys = (self._part(queries_keys_values, 3, number) for number in (0, 1))
        return torch.bmm(queries * queries.shape[-1] ** -0.5, keys.mT, out=out)

    def queries_keys_values_gradient(self, grad: Tensor, queries_keys_values: Tensor) -> Tensor:
        """Return the gradient of queries and keys; values get none."""
        queries, keys = (self._part(queries_keys_values, 3, number) for number in (0, 1))
        scaled = grad * queries.shape[-1] ** -0.5
        found = {0: torch.bmm(scaled, keys), 1: torch.bmm(scaled.mT, queries)}
        return _gradient_of(queries_keys_values, 3, found)


class _contrib_interleaved_matmul_selfatt_valatt(_Interleaved):
    """Values of self-attention, added up by attention.

    Source: Apache MXNet 1.9.1, ``contrib.interleaved_matmul_selfatt_valatt``.

    >>> import symnet as mx
    >>> qkv, attention = mx.Variable("qkv"), mx.Variable("attention")
    >>> net = mx._contrib_interleaved_matmul_selfatt_valatt(qkv, attention, heads=12)
    >>> net.infer_shape(qkv=(128, 8, 3 * 768))[1]
    [(128, 8, 768)]
    """

    queries_keys_values = Input("Projection of shape (length, batch, heads · 3 · features).")
    attention = Input("Weights of shape (batch · heads, length, length).")

    def infer_shape(self, queries_keys_values: Shape) -> Shapes:
        """Each position gets a vector."""
        features = self._features("queries_keys_values", queries_keys_values, 3)
        return {
            "attention": self._attention(queries_keys_values, queries_keys_values),
            "output": (*queries_keys_values[:2], self.heads * features),
        }

    def forward(self, queries_keys_values: Tensor, attention: Tensor) -> Tensor:
        """Return the sums."""
        return self._merged(torch.bmm(attention, self._part(queries_keys_values, 3, 2)))

    def queries_keys_values_gradient(
        self, grad: Tensor, queries_keys_values: Tensor, attention: Tensor
    ) -> Tensor:
        """Return the gradient of the values; queries and keys get none."""
        above = self._part(grad, 1, 0)
        return _gradient_of(queries_keys_values, 3, {2: torch.bmm(attention.mT, above)})

    def attention_gradient(
        self, grad: Tensor, queries_keys_values: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the products of grad and values."""
        values = self._part(queries_keys_values, 3, 2)
        return torch.bmm(self._part(grad, 1, 0), values.mT, out=out)


class _contrib_interleaved_matmul_encdec_qk(_Interleaved):
    """Products of a decoder's queries and an encoder's keys, divided by √(features of a head).

    Source: Apache MXNet 1.9.1, ``contrib.interleaved_matmul_encdec_qk``.

    >>> import symnet as mx
    >>> q, kv = mx.Variable("q"), mx.Variable("kv")
    >>> net = mx._contrib_interleaved_matmul_encdec_qk(q, kv, heads=12)
    >>> net.infer_shape(q=(20, 8, 768), kv=(128, 8, 2 * 768))[1]
    [(96, 20, 128)]
    """

    queries = Input("Projection of shape (queries' length, batch, heads · features).")
    keys_values = Input("Projection of shape (keys' length, batch, heads · 2 · features).")

    def infer_shape(self, queries: Shape, keys_values: Shape) -> Shapes:
        """There is a number for each head and pair of positions."""
        features = self._features("queries", queries, 1)
        self._features("keys_values", keys_values, 2)
        fitting = (keys_values[0], queries[1], 2 * self.heads * features)
        return {"keys_values": fitting, "output": self._attention(queries, keys_values)}

    def forward(self, queries: Tensor, keys_values: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the scaled products."""
        own = self._part(queries, 1, 0)
        return torch.bmm(own * own.shape[-1] ** -0.5, self._part(keys_values, 2, 0).mT, out=out)

    def queries_gradient(self, grad: Tensor, keys_values: Tensor) -> Tensor:
        """Return the products of grad and keys, scaled."""
        keys = self._part(keys_values, 2, 0)
        return self._merged(torch.bmm(grad * keys.shape[-1] ** -0.5, keys))

    def keys_values_gradient(self, grad: Tensor, queries: Tensor, keys_values: Tensor) -> Tensor:
        """Return the gradient of the keys; values get none."""
        own = self._part(queries, 1, 0)
        found = torch.bmm(grad.mT * own.shape[-1] ** -0.5, own)
        return _gradient_of(keys_values, 2, {0: found})


class _contrib_interleaved_matmul_encdec_valatt(_Interleaved):
    """An encoder's values, added up by attention.

    Source: Apache MXNet 1.9.1, ``contrib.interleaved_matmul_encdec_valatt``.

    >>> import symnet as mx
    >>> kv, attention = mx.Variable("kv"), mx.Variable("attention")
    >>> net = mx._contrib_interleaved_matmul_encdec_valatt(kv, attention, heads=12)
    >>> net.infer_shape(kv=(128, 8, 2 * 768), attention=(96, 20, 128))[1]
    [(20, 8, 768)]
    """

    keys_values = Input("Projection of shape (keys' length, batch, heads · 2 · features).")
    attention = Input("Weights of shape (batch · heads, queries' length, keys' length).")

    def infer_shape(self, keys_values: Shape, attention: Shape) -> Shapes:
        """Each position of the queries gets a vector."""
        features = self._features("keys_values", keys_values, 2)
        if len(attention) != 3:
            raise ShapeError(f"attention must have three axes, got {attention}")
        length, batch = attention[1], keys_values[1]
        return {
            "attention": (batch * self.heads, length, keys_values[0]),
            "output": (length, batch, self.heads * features),
        }

    def forward(self, keys_values: Tensor, attention: Tensor) -> Tensor:
        """Return the sums."""
        return self._merged(torch.bmm(attention, self._part(keys_values, 2, 1)))

    def keys_values_gradient(self, grad: Tensor, keys_values: Tensor, attention: Tensor) -> Tensor:
        """Return the gradient of the values; keys get none."""
        above = self._part(grad, 1, 0)
        return _gradient_of(keys_values, 2, {1: torch.bmm(attention.mT, above)})

    def attention_gradient(
        self, grad: Tensor, keys_values: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the products of grad and values."""
        values = self._part(keys_values, 2, 1)
        return torch.bmm(self._part(grad, 1, 0), values.mT, out=out)
