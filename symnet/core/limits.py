"""How much is taken from files that may be anybody's."""

__all__ = ["MAX_PIXELS"]

MAX_PIXELS = 100_000_000
"""How many pixels an image may have unless somebody says otherwise: 300 MB of colours."""
