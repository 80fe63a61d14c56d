"""What can be trained."""

from typing import Any, Protocol

from ...core.context import Context
from ...ndarray import NDArray
from ...symbol import SymbolicNode
from ..callback import History
from ..initializer import AbstractInitializer
from .bound import BoundDevices

__all__ = ["TrainableModel"]


class TrainableModel(Protocol):
    """What training needs of a model."""

    arch: SymbolicNode
    ctx: list[Context]
    freeze: tuple[str, ...]
    arg_params: dict[str, NDArray] | None
    aux_params: dict[str, NDArray] | None
    history: History | None
    bound: BoundDevices | None

    def init_model(
        self, initializer: AbstractInitializer, *, overwrite: bool = False, **input_shapes: Any
    ) -> object:
        """Initialise the parameters."""
