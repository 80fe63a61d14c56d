"""Executors: networks tied to arrays."""

from .arena import Arena
from .binding import bind, bind_in_groups, simple_bind
from .executor import Executor, OnReady
from .random_state import RandomState
from .requests import GRAD_ADD, GRAD_NOP, GRAD_WRITE, GradientRequest
from .trace import Trace, Traced

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
