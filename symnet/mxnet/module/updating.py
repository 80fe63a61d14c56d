"""How a module's parameters are updated: by an updater, or by a store that devices share.

Source: Apache MXNet 1.9.1, ``mxnet.model`` and ``mxnet.module.Module.init_optimizer``.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import ArgumentError
from ...core.paths import read_bytes, write_atomically
from .. import kvstore as kvs
from .. import optimizer as opt
from .executor_group import Trained

__all__ = ["Updating", "make_updating"]

_LARGE = 16 * 1024**2
"""Elements of a parameter above which each device updates its own copy of it."""


@dataclass
class Updating:
    """An optimizer, and where it works.

    Args:
        optimizer: the optimizer.
        store: what devices and processes share gradients through; None for one device alone.
        on_store: whether the store updates its own copy of the weights.
        updater: what updates weights on the devices, where the store does not.
        numbers: the parameters' numbers, by name: those of the module that made this.
        devices: how many devices there are.
    """

    optimizer: Any
    store: Any
    on_store: bool
    updater: Any
    numbers: Mapping[str, int]
    devices: int

    def update(self, trained: Sequence[Trained]) -> None:
        """Update the parameters that learn."""
        if self.store is not None:
            for name, weights, gradients in trained:
                out = weights if self.on_store else gradients
                self.store.pushpull(name, gradients, out=out, priority=-self.numbers[name])
        if self.on_store or not trained:
            return
        for device in range(self.devices):
            self.updater(
                [self.numbers[each.name] * self.devices + device for each in trained],
                [each.gradients[device] for each in trained],
                [each.weights[device] for each in trained],
            )

    def save_states(self, fname: Any) -> None:
        """Write what the optimizer remembers to a file."""
        if self.on_store:
            self.store.save_optimizer_states(fname)
        else:
            with write_atomically(fname) as file:
                file.write(self.updater.get_states())

    def load_states(self, fname: Any) -> None:
        """Read what `save_states` wrote."""
        if self.on_store:
            self.store.load_optimizer_states(fname)
        else:
            self.updater.set_states(read_bytes(fname))


def make_store(given: Any, devices: int, parameters: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return the store that a name means, None where nothing is shared, and whether it updates.

    Raises TypeError for what is neither a store, nor a name, nor None.
    """
    if given is None:
        return None, False
    if isinstance(given, kvs.KVStoreBase):
        return given, bool(given.is_capable(kvs.KVStoreBase.OPTIMIZER))
    if not isinstance(given, str):
        raise TypeError(f"kvstore must be KVStore, str or None, got {given!r}")
    if devices == 1 and "dist" not in given:
        return None, False
    store = kvs.create(given)
    largest = max((array.size for array in parameters.values()), default=0)
    updates = store.is_capable(kvs.KVStoreBase.OPTIMIZER)
    return store, updates and not (given == "local" and largest > _LARGE)


def make_updating(
    module: Any, kvstore: Any, optimizer: Any, optimizer_params: Any, batch_size: int
) -> Updating:
    """Return how a module's parameters are updated; see `Module.init_optimizer`."""
    devices, names = module.device_count, module.param_names
    store, on_store = make_store(kvstore, devices, module.parameters)
    if store is not None and "dist" in store.type and "_sync" in store.type:
        batch_size *= store.num_workers
    rescale = 1.0 / batch_size
    copies = 1 if on_store else devices
    named = {
        number * copies + device: name
        for number, name in enumerate(names)
        for device in range(copies)
    }
    made = _optimizer(optimizer, optimizer_params, rescale, named, module.symbol)
    if store is not None and on_store:
        store.set_optimizer(made)
    updater = None if on_store else opt.get_updater(made)
    numbers = {name: number for number, name in enumerate(names)}
    return Updating(made, store, on_store, updater, numbers, devices)


def _optimizer(given: Any, options: Any, rescale: float, named: dict[Any, str], symbol: Any) -> Any:
    if isinstance(given, str):
        return opt.create(
            given,
            **{"rescale_grad": rescale, **dict(options)},
            sym=symbol,
            param_idx2name=named,
        )
    if not isinstance(given, opt.Optimizer):
        raise ArgumentError(f"optimizer must be a name or an mx.optimizer.Optimizer, got {given!r}")
    if given.rescale_grad != rescale:
        warnings.warn(
            "Optimizer created manually outside Module but rescale_grad is not normalized to "
            f"1.0/batch_size/num_workers ({given.rescale_grad} vs. {rescale}). Is this intended?",
            stacklevel=4,
        )
    if not given.idx2name:
        given.idx2name = dict(named)
    return given
