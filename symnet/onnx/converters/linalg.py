"""Products, determinants and parts of matrices."""

from typing import Any

import torch

from ...operators.definitions.columns import col2im, im2col
from ...operators.definitions.images import stretched
from ...operators.definitions.linalg_factors import _linalg_det
from ...operators.definitions.linalg_parts import (
    _linalg_extractdiag,
    _linalg_extracttrian,
    _linalg_makediag,
    _linalg_maketrian,
    _linalg_sumlogdiag,
)
from ...operators.definitions.linalg_products import (
    _linalg_gemm,
    _linalg_gemm2,
    _linalg_syrk,
    _linalg_trmm,
)
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []


def _turned(matrices: Term) -> Term:
    return matrices.moved(-1, -2)


def _scaled(product: Term, alpha: float) -> Term:
    return product if alpha == 1 else product * alpha


@converter(_linalg_gemm, _linalg_gemm2)
def gemm(
    op: _linalg_gemm | _linalg_gemm2, to: Emitter, A: Term, B: Term, C: Term | None = None
) -> Term:
    """MatMul, with the axis of the rows before the last."""
    left, right = A.moved(op.axis, -2), B.moved(op.axis, -2)
    left = _turned(left) if op.transpose_a else left
    right = _turned(right) if op.transpose_b else right
    found = _scaled(left @ right, op.alpha)
    rows_first = (*range(A.rank),)
    if C is not None and isinstance(op, _linalg_gemm):
        found = found + _scaled(C.moved(op.axis, -2), op.beta)
    if op.axis % A.rank == A.rank - 2:
        return found
    order = [axis for axis in rows_first if axis != op.axis % A.rank]
    order.insert(A.rank - 2, op.axis % A.rank)
    return to("Transpose", found, perm=[order.index(axis) for axis in rows_first])


@converter(_linalg_trmm)
def triangular_product(op: _linalg_trmm, to: Emitter, A: Term, B: Term) -> Term:
    """MatMul of a triangle, which Trilu cuts out."""
    triangle = to.shaped(to("Trilu", A, upper=int(not op.lower)), A.lengths)
    matrix = _turned(triangle) if op.transpose else triangle
    return _scaled(B @ matrix if op.rightside else matrix @ B, op.alpha)


@converter(_linalg_syrk)
def square_product(op: _linalg_syrk, to: Emitter, A: Term) -> Term:
    """MatMul of matrices and their transposes."""
    return _scaled(_turned(A) @ A if op.transpose else A @ _turned(A), op.alpha)


@converter(_linalg_det)
def determinant(op: _linalg_det, to: Emitter, A: Term) -> Term:
    """Det."""
    return to("Det", A).reshaped(to.result)


# -- elements at other places ----------------------------------------------------------------------


def _rearranged(
    op: _linalg_extractdiag | _linalg_extracttrian | _linalg_makediag | _linalg_maketrian | im2col,
    to: Emitter,
    data: Term,
    name: str,
    axes: int,
    before: int,
) -> Term:
    """Gather what an operator only moves, for all that stands on the axes before alike.

    Where elements go is what the operator makes of their numbers; 0 marks what it fills with zeros.

    Args:
        op: the operator.
        to: what notes the nodes.
        data: its input.
        name: the input's name.
        axes: how many of the last axes it moves elements of.
        before: how many axes of length 1 it wants before these.
    """
    shape = tuple(data.length(axis) for axis in range(-axes, 0))
    size = torch.Size(shape).numel()
    numbers = torch.arange(1, size + 1, dtype=torch.float64).view(*(1,) * before, *shape)
    given: dict[str, Any] = {name: numbers}
    places = op.run(**given).long().reshape(-1)
    rows = to("Reshape", data, to.whole(-1, size))
    if bool((places == 0).any()):
        rows = to("Pad", rows, to.whole(0, 1, 0, 0), to.constant(0, data.dtype))
    else:
        places = places - 1
    return to("Gather", rows, to.constant(places), axis=1).reshaped(to.result)


@converter(_linalg_extractdiag, _linalg_extracttrian)
def part_of_matrices(op: _linalg_extractdiag | _linalg_extracttrian, to: Emitter, A: Term) -> Term:
    """Gather."""
    return _rearranged(op, to, A, "A", 2, 0)


@converter(_linalg_makediag, _linalg_maketrian)
def matrices_of_parts(op: _linalg_makediag | _linalg_maketrian, to: Emitter, A: Term) -> Term:
    """Gather, of zeros where nothing is."""
    return _rearranged(op, to, A, "A", 1, 0)


@converter(_linalg_sumlogdiag)
def sum_of_logarithms(op: _linalg_sumlogdiag, to: Emitter, A: Term) -> Term:
    """Gather of the diagonal, and its logarithms' sum."""
    size = A.length(-1)
    rows = to("Reshape", A, to.whole(-1, size * size))
    diagonal = to("Gather", rows, to.constant(torch.arange(size) * (size + 1)), axis=1)
    return to("Log", diagonal).reduced("ReduceSum", 1, keep=False).reshaped(to.result)


@converter(im2col)
def columns_of_images(op: im2col, to: Emitter, data: Term) -> Term:
    """Gather, channel by channel."""
    return _rearranged(op, to, data, "data", 2, 2)


@converter(col2im)
def images_of_columns(op: col2im, to: Emitter, data: Term) -> Term:
    """Col2Im."""
    pad = stretched(op.pad, 2, 0)
    return to(
        "Col2Im",
        data,
        to.whole(*op.output_size),
        to.whole(*op.kernel),
        strides=stretched(op.stride, 2, 1),
        dilations=stretched(op.dilate, 2, 1),
        pads=(*pad, *pad),
    )
