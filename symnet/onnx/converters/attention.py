"""Products of attention over interleaved projections, and of batches of matrices."""

import math

from ...operators.definitions.attention import (
    _contrib_interleaved_matmul_encdec_qk,
    _contrib_interleaved_matmul_encdec_valatt,
    _contrib_interleaved_matmul_selfatt_qk,
    _contrib_interleaved_matmul_selfatt_valatt,
)
from ...operators.definitions.batch_dot import batch_dot
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []


def _part(to: Emitter, projection: Term, heads: int, parts: int, number: int) -> Term:
    """Return one part of a projection, as (batch · heads, length, features of a head)."""
    length, features = projection.length(0), projection.length(2) // (parts * heads)
    apart = to("Reshape", projection, to.whole(length, -1, parts, features))
    return to("Transpose", apart.taken(number, 2), perm=[1, 0, 2])


def _scores(to: Emitter, queries: Term, keys: Term, features: int) -> Term:
    return (queries / math.sqrt(features)) @ to("Transpose", keys, perm=[0, 2, 1])


def _merged(to: Emitter, heads: Term) -> Term:
    """Return (length, batch, features) of the heads' results."""
    return to("Transpose", heads, perm=[1, 0, 2]).reshaped(to.result)


@converter(_contrib_interleaved_matmul_selfatt_qk)
def self_scores(
    op: _contrib_interleaved_matmul_selfatt_qk, to: Emitter, queries_keys_values: Term
) -> Term:
    """A product of queries and keys."""
    queries, keys = (_part(to, queries_keys_values, op.heads, 3, number) for number in (0, 1))
    return _scores(to, queries, keys, queries_keys_values.length(2) // (3 * op.heads))


@converter(_contrib_interleaved_matmul_selfatt_valatt)
def self_values(
    op: _contrib_interleaved_matmul_selfatt_valatt,
    to: Emitter,
    queries_keys_values: Term,
    attention: Term,
) -> Term:
    """A product of attention and values."""
    return _merged(to, attention @ _part(to, queries_keys_values, op.heads, 3, 2))


@converter(_contrib_interleaved_matmul_encdec_qk)
def cross_scores(
    op: _contrib_interleaved_matmul_encdec_qk, to: Emitter, queries: Term, keys_values: Term
) -> Term:
    """A product of queries and keys."""
    own = _part(to, queries, op.heads, 1, 0)
    keys = _part(to, keys_values, op.heads, 2, 0)
    return _scores(to, own, keys, queries.length(2) // op.heads)


@converter(_contrib_interleaved_matmul_encdec_valatt)
def cross_values(
    op: _contrib_interleaved_matmul_encdec_valatt, to: Emitter, keys_values: Term, attention: Term
) -> Term:
    """A product of attention and values."""
    return _merged(to, attention @ _part(to, keys_values, op.heads, 2, 1))


@converter(batch_dot)
def batch_product(op: batch_dot, to: Emitter, lhs: Term, rhs: Term) -> Term:
    """MatMul."""
    left = lhs.moved(-1, -2) if op.transpose_a else lhs
    right = rhs.moved(-1, -2) if op.transpose_b else rhs
    return left @ right
