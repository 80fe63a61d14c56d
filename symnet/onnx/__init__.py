"""ONNX: networks written for other runtimes.

Which operator becomes which nodes is said by converters, in `converters/`, a file for each topic.
"""

from . import converters
from .emitter import Emitter
from .export import export_onnx
from .left_out import WITHOUT_FORM, reason_of
from .registry import CONVERTERS, Converter, Refused, converter, converter_of
from .terms import Term

__all__ = [
    "CONVERTERS",
    "WITHOUT_FORM",
    "Converter",
    "Emitter",
    "Refused",
    "Term",
    "converter",
    "converter_of",
    "converters",
    "export_onnx",
    "reason_of",
]
