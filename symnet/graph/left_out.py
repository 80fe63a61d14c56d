"""Operators of Apache MXNet that symnet leaves out, by families, each with the reason.

An error about a file says it, and so does docs/operators/support.md. A name that symnet reads is
never looked up here.
"""

import re
from typing import NamedTuple

__all__ = ["FAMILIES", "LeftOut", "family_of"]


class LeftOut(NamedTuple):
    """Operators that are left out for one reason.

    Args:
        title: what they are, in the plural.
        names: an expression that all of the name matches.
        reason: why they are left out, and what there is in their place; a clause.
    """

    title: str
    names: str
    reason: str


FAMILIES = (
    LeftOut(
        "gradients",
        r"_backward_.*|_(contrib|npi)_backward_.*|.*_backward",
        "MXNet makes them while it differentiates; symnet differentiates by rules of its own",
    ),
    LeftOut(
        "operators on sparse arrays",
        r"_sparse_.*|cast_storage|_contrib_(SparseEmbedding|getnnz|edge_id)|_square_sum"
        r"|_scatter_(elemwise_div|(plus|minus)_scalar)",
        "arrays have no sparse storage; the dense operator of the same name computes the same",
    ),
    LeftOut(
        "updates of optimizers",
        r".*_update(_phase[12])?|multi_lars|multi_sum_sq|(multi_)?all_finite|reset_arrays",
        "weights are updated by mx.SGD and its kin, beside the network",
    ),
    LeftOut(
        "operators on quantised numbers",
        r"_contrib_((de|re)?quantize(_.*)?|quantized_.*|calibrate_entropy)",
        "arithmetic with small integers and their scales is not there; read the network from "
        "before it was quantised",
    ),
    LeftOut(
        "fused operators of oneDNN",
        r"_sg_mkldnn_.*",
        "MXNet makes them for one kind of CPU; read the network from before it was optimised",
    ),
    LeftOut(
        "operators on graphs",
        r"_contrib_dgl_.*",
        "sampling the vertices of graphs is not there; prepare the samples as data",
    ),
    LeftOut(
        "operators of the NumPy interface",
        r"_(np|npi|npx)_.*",
        "mx.np and mx.npx have rules of their own for shapes and element types; the operator of "
        "mx.sym of the same purpose is read",
    ),
    LeftOut(
        "readers of images",
        r"_cv.*|_imdecode",
        "they read files and encoded bytes; mx.ImageRecordIter and mx.img do that before the "
        "network",
    ),
    LeftOut(
        "probability densities",
        r"_?random_pdf_.*",
        "densities of distributions are not there; they can be written with exp, log and gammaln",
    ),
    LeftOut(
        "operators whose results have no shape before they run",
        r"_contrib_boolean_mask",
        "memory is planned by shapes, and this one follows from numbers; SequenceMask and where "
        "keep the shape",
    ),
    LeftOut(
        "helpers of MXNet's engine",
        r"_CachedOp(ThreadSafe)?|_CustomFunction|_NoGradient|_set_value|_zeros_without_dtype"
        r"|_identity_with_attr_like_rhs|amp_multicast",
        "MXNet makes them while it runs Gluon, autograd or mixed precision; saved networks of "
        "symbols do without",
    ),
    LeftOut(
        "rare operators",
        r"_contrib_(RROIAlign|allclose|count_sketch|fft|ifft|hawkesll|index_copy)",
        "networks hardly use them; write one in Python as a Custom operator",
    ),
)


def family_of(name: str) -> LeftOut | None:
    """Return the family of an operator that is left out; None for an unknown name.

    >>> family_of("sgd_update").title
    'updates of optimizers'
    """
    return next((family for family in FAMILIES if re.fullmatch(family.names, name)), None)
