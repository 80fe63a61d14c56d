"""PyTorch: networks as its modules and programs, and its modules as operators of networks."""

from .to_module import NetworkModule, to_module

__all__ = ["NetworkModule", "to_module"]
