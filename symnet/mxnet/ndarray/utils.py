"""``mx.nd.utils``: making, writing and reading arrays."""

from .creation import array, empty, zeros
from .functions import load, load_frombuffer, save

__all__ = ["array", "empty", "load", "load_frombuffer", "save", "zeros"]
