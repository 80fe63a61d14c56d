"""Operators that have no ONNX form, each with the reason: errors and the reference say it."""

from collections.abc import Mapping

from ..operators.contract import Operator

__all__ = ["WITHOUT_FORM", "reason_of"]

_UNKNOWN = "no converter is registered for it"

_REASONS: Mapping[str, tuple[str, ...]] = {
    "ONNX has no such function": (
        "erfinv",
        "gamma",
        "gammaln",
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
