"""Executors: networks tied to arrays."""

from .arena import Arena
from .binding import bind, simple_bind
from .executor import GRAD_ADD, GRAD_NOP, GRAD_WRITE, Executor, GradientRequest

__all__ = [
    "GRAD_ADD",
    "GRAD_NOP",
    "GRAD_WRITE",
    "Arena",
    "Executor",
    "GradientRequest",
    "bind",
    "simple_bind",
]
