"""Image operators, for arrays: ``mx.nd.image``."""

from ..namespaces import operator_module
from .array import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.nd.image", FACE, "_image_")
