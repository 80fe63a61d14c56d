"""PyTorch: networks as its modules and programs, and its modules as operators of networks."""

from .export_program import export_program
from .from_module import from_module, module_params
from .left_out import WITHOUT_PROGRAM, reason_of
from .to_module import NetworkModule, to_module

__all__ = [
    "WITHOUT_PROGRAM",
    "NetworkModule",
    "export_program",
    "from_module",
    "module_params",
    "reason_of",
    "to_module",
]
