"""What optimizers remember of a weight between updates, and how it is saved."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ...core.context import Context
from ...core.errors import ArgumentError, DTypeError, ReadOnlyError, ShapeError
from ...ndarray import NDArray
from ._configured import ConfiguredOptimizer
from .base import Exported, check_arrays, check_gradient

__all__ = ["Memory", "RememberingOptimizer", "TensorSignature", "check_update", "signature_of"]

TensorSignature = tuple[torch.Size, torch.dtype, torch.device]


@dataclass(slots=True, kw_only=True)
class Memory:
    """What an optimizer remembers of one weight; made by its ``create_state``.

    Args:
        kind: shape, element type and device of the weight.
        context: where it lives.
        arrays: what is remembered of each element, by name.
        numbers: what is remembered of the weight as a whole, by name.
    """

    kind: TensorSignature
    context: Context
    arrays: dict[str, Tensor]
    numbers: dict[str, float]
    checked: tuple[Tensor, Tensor] | None = None
    """The weight and gradient of the last update, which need not be checked again."""


def signature_of(tensor: Tensor) -> TensorSignature:
    """Return what must be equal of a weight, its gradient and what is remembered of it."""
    return tensor.shape, tensor.dtype, tensor.device


def check_update(who: str, index: int, weight: NDArray, grad: NDArray, memory: Memory) -> bool:
    """Raise where an update would read or write what it must not.

    Returns whether this weight and gradient are others than in the last update.
    Raises ShapeError, DTypeError or DeviceError where the gradient does not fit the weight,
    ArgumentError where the memory does not, ReadOnlyError for a weight that may only be read.
    """
    if not (isinstance(weight, NDArray) and isinstance(grad, NDArray)):
        check_arrays(who, weight, grad)
    if not weight.writable:
        raise ReadOnlyError(f"{who}: this weight may only be read; update weight.copy() instead")
    pair = memory.checked
    # By identity, which is one comparison: an update is called for each weight of each step.
    if pair is not None and pair[0] is weight.torch and pair[1] is grad.torch:
        return False
    if not signature_of(grad.torch) == signature_of(weight.torch) == memory.kind:
        check_gradient(who, weight, grad)
        raise ArgumentError(
            f"{who}: the state of weight {index} was made for {memory.kind}, but the weight is now "
            f"{signature_of(weight.torch)}; give each weight its own index, or make a new updater"
        )
    memory.checked = weight.torch, grad.torch
    return True


class RememberingOptimizer(ConfiguredOptimizer):
    """Base of optimizers whose state of a weight is a `Memory`: they are saved alike."""

    @abstractmethod
    def create_state(self, index: int, weight: NDArray) -> Memory:
        """Return what is remembered before the first update; see `AbstractOptimizer`."""

    def export_state(self, state: Memory) -> Exported:
        """Return what is to be saved; see `AbstractOptimizer.export_state`."""
        arrays = {n: NDArray.wrap(array, state.context) for n, array in state.arrays.items()}
        return arrays, dict(state.numbers)

    def import_state(
        self,
        index: int,
        weight: NDArray,
        arrays: Mapping[str, NDArray],
        scalars: Mapping[str, float],
    ) -> Memory:
        """Return the state that was saved; see `AbstractOptimizer.import_state`."""
        memory = self.create_state(index, weight)
        _restore(type(self).__name__, memory, arrays, scalars)
        return memory


def _restore(
    who: str, memory: Memory, arrays: Mapping[str, NDArray], scalars: Mapping[str, float]
) -> None:
    """Copy what was saved into new memory; see `AbstractOptimizer.import_state`.

    Raises ArgumentError, ShapeError or DTypeError where it is not what this optimizer saves.
    """
    _check_names(who, "arrays", memory.arrays, arrays)
    _check_names(who, "numbers", memory.numbers, scalars)
    for name, own in memory.arrays.items():
        saved = arrays[name].torch
        if saved.shape != own.shape:
            raise ShapeError(
                f"{who}: the saved {name} has shape {arrays[name].shape}, that of this weight "
                f"{tuple(own.shape)}; the state belongs to another weight or network"
            )
        if saved.dtype != own.dtype:
            raise DTypeError(
                f"{who}: the saved {name} is {saved.dtype}, that of this weight {own.dtype}; the "
                "state belongs to a weight of another element type"
            )
    # Checked first and copied then, so that an error leaves the memory as it was made.
    for name, own in memory.arrays.items():
        own.copy_(arrays[name].torch)
    memory.numbers.update({name: float(scalars[name]) for name in memory.numbers})


def _check_names(
    who: str, what: str, own: Mapping[str, object], saved: Mapping[str, object]
) -> None:
    if own.keys() != saved.keys():
        raise ArgumentError(
            f"{who} remembers the {what} {sorted(own)}, but {sorted(saved)} were saved; import the "
            "state into the optimizer that saved it, with the same options"
        )
