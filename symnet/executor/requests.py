"""What can be asked of a gradient."""

from typing import Literal

__all__ = ["GRAD_ADD", "GRAD_NOP", "GRAD_WRITE", "GradientRequest"]

GradientRequest = Literal["write", "add", "null"]
"""What backward does with a gradient: overwrite the array, add onto it, or not compute it."""

GRAD_WRITE: GradientRequest = "write"
"""A `grad_req`: backward overwrites the gradient's array."""
GRAD_ADD: GradientRequest = "add"
"""A `grad_req`: backward adds onto the gradient's array."""
GRAD_NOP: GradientRequest = "null"
"""A `grad_req`: no gradient is computed."""
