"""Operators that have no ONNX form, each with the reason: errors and the reference say it."""

from collections.abc import Mapping

from ..operators.contract import Operator

__all__ = ["WITHOUT_FORM", "reason_of"]

_UNKNOWN = "no converter is registered for it"

_REASONS: Mapping[str, tuple[str, ...]] = {
    "ONNX has no such function": ("erfinv", "gamma", "gammaln"),
    "ONNX has no such factorisation of matrices": (
        "_linalg_gelqf",
        "_linalg_inverse",
        "_linalg_potrf",
        "_linalg_potri",
        "_linalg_slogdet",
        "_linalg_syevd",
        "_linalg_trsm",
    ),
    "it changes images at random, which training is for; predict without it": (
        "_image_random_brightness",
        "_image_random_color_jitter",
        "_image_random_contrast",
        "_image_random_flip_left_right",
        "_image_random_flip_top_bottom",
        "_image_random_hue",
        "_image_random_lighting",
        "_image_random_saturation",
    ),
    "ONNX draws no random numbers of this kind": (
        "_random_gamma",
        "_random_gamma_like",
        "_random_generalized_negative_binomial",
        "_random_generalized_negative_binomial_like",
        "_random_negative_binomial",
        "_random_negative_binomial_like",
        "_random_poisson",
        "_random_poisson_like",
        "_random_randint",
        "_sample_gamma",
        "_sample_generalized_negative_binomial",
        "_sample_multinomial",
        "_sample_negative_binomial",
        "_sample_poisson",
        "_sample_unique_zipfian",
        "_shuffle",
    ),
    "it makes what a training compares with, and predictions do without": (
        "CTCLoss",
        "_contrib_MultiBoxTarget",
        "_contrib_bipartite_matching",
        "_contrib_box_encode",
    ),
    "ONNX has no pooling of regions whose parts are moved": ("_contrib_DeformablePSROIPooling",),
    "ONNX has no histogram": ("_histogram",),
    "ONNX resizes images otherwise than OpenCV, by whose rules this one goes": ("_image_resize",),
    "it is a user's Python, which only symnet runs": (
        "Custom",
        "_NDArray",
        "_Native",
        "_TorchModule",
    ),
}

WITHOUT_FORM: Mapping[str, str] = {
    name: reason for reason, names in _REASONS.items() for name in names
}
"""The reason for each operator without an ONNX form, by its class's name."""


def reason_of(op: Operator | type[Operator]) -> str:
    """Say why an operator has no ONNX form."""
    cls = op if isinstance(op, type) else type(op)
    return WITHOUT_FORM.get(cls.__name__, _UNKNOWN)
