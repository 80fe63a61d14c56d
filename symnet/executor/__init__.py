"""Executors: networks tied to arrays."""

from .arena import Arena
from .binding import bind, bind_in_groups, simple_bind
from .executor import GRAD_ADD, GRAD_NOP, GRAD_WRITE, Executor, GradientRequest, OnReady
from .trace import RandomState, Trace, Traced

__all__ = [
    "GRAD_ADD",
    "GRAD_NOP",
    "GRAD_WRITE",
    "Arena",
    "Executor",
    "GradientRequest",
    "OnReady",
    "RandomState",
    "Trace",
    "Traced",
    "bind",
    "bind_in_groups",
    "simple_bind",
]
