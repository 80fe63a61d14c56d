"""The version of symnet."""

__all__ = ["__version__"]

__version__ = "0.1.0"
