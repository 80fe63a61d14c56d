"""The function that updates weights, and how its states are written and read.

Source: Apache MXNet 1.9.1, ``mxnet.optimizer.Updater``.
"""

import pickle
from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar

from ...core.errors import ArgumentError, FormatError
from ...storage.states_file import StatesReader, WrittenArray, states_to_bytes
from ..ndarray import NDArray, load_frombuffer
from .base import Index, Optimizer

__all__ = ["Updater", "get_updater"]


class Updater:
    """Updates weights, and keeps the optimizer's state for each of them.

    Args:
        optimizer: the optimizer.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Index, Any] = {}
        self.states_synced: dict[Index, bool] = {}

    def __call__(
        self,
        index: Index | bytes | Sequence[Index],
        grad: NDArray | Sequence[NDArray],
        weight: NDArray | Sequence[NDArray],
    ) -> None:
        """Change a weight in place, or several; mind the order of the arguments."""
        indices = list(index) if isinstance(index, list | tuple) else [index]
        grads: list[Any] = list(grad) if isinstance(grad, list | tuple) else [grad]
        weights: list[Any] = list(weight) if isinstance(weight, list | tuple) else [weight]
        if not len(indices) == len(grads) == len(weights):
            raise ArgumentError(
                f"an updater takes as many gradients and weights as indices; got {len(indices)} "
                f"indices, {len(grads)} gradients and {len(weights)} weights"
            )
        names = [each.decode() if isinstance(each, bytes) else each for each in indices]
        devices = [own._context.device_id for own in weights]
        states = [self._state(each, own) for each, own in zip(names, weights, strict=True)]
        if self.optimizer.takes_lists() and len(set(devices)) == 1:
            self.optimizer._set_current_context(devices[0])
            self.optimizer.update(names, weights, grads, states)
            return
        for device, *each in zip(devices, names, weights, grads, states, strict=True):
            self.optimizer._set_current_context(device)
            self.optimizer.update_multi_precision(*each)

    def _state(self, index: Any, weight: NDArray) -> Any:
        """Return what is remembered of a weight, on its context; made where it is new."""
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
            self.states_synced[index] = True
        elif not self.states_synced[index]:
            self.states[index] = self.sync_state_context(self.states[index], weight.context)
            self.states_synced[index] = True
        return self.states[index]

    def sync_state_context(self, state: Any, context: Any) -> Any:
        """Return a state with its arrays on a context."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, list | tuple):
            return type(state)(self.sync_state_context(each, context) for each in state)
        return state

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """Return the states as bytes that Apache MXNet reads too.

        With the optimizer, ``dump_optimizer=True``, only symnet reads them.
        """
        if dump_optimizer:
            return pickle.dumps((self.states, self.optimizer))
        return states_to_bytes(self.states)

    def set_states(self, states: bytes) -> None:
        """Take over the states of `get_states`.

        Those that Apache MXNet itself wrote are read too, without an optimizer. Nothing but arrays,
        plain values and registered optimizers is read: a file from strangers runs no code. Raises
        FormatError for other bytes.
        """
        found = _Reader.read(states, _face_array)
        if isinstance(found, tuple) and len(found) == 2:
            found, self.optimizer = found
        if not isinstance(found, dict):
            raise FormatError(f"the states of an updater are a dict, got {type(found).__name__}")
        self.states = found
        self.states_synced = dict.fromkeys(found, False)


def _face_array(written: WrittenArray) -> Any:
    (array,) = load_frombuffer(written.content)
    return array


class _Reader(StatesReader):
    """Reads arrays and optimizers, and refuses the rest."""

    allowed: ClassVar = {
        **StatesReader.allowed,
        ("symnet.mxnet.ndarray.array", "wrap"): None,
        ("symnet.mxnet.context", "Context"): None,
    }

    def find_class(self, module: str, name: str) -> Any:
        if _is_optimizer(module, name):
            return getattr(import_module(module), name)
        return super().find_class(module, name)


def _is_optimizer(module: str, name: str) -> bool:
    """Tell whether a name is a registered optimizer's, or a schedule of learning rates."""
    if module == "symnet.mxnet.lr_scheduler":
        return not name.startswith("_") and "." not in name
    known = Optimizer.opt_registry.get(name.lower())
    return known is not None and (known.__module__, known.__qualname__) == (module, name)


def get_updater(optimizer: Optimizer) -> Updater:
    """Return ``updater(index, grad, weight)``, which keeps the optimizer's states."""
    return Updater(optimizer)
