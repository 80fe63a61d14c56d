"""What all optimizers of Python-MXNet share: rates and decays by weight, counts of updates.

Source: Apache MXNet 1.9.1, ``mxnet.optimizer.Optimizer``.
"""

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...core.errors import ArgumentError, suggest
from ..lr_scheduler import LRScheduler
from ..ndarray import NDArray, wrap

__all__ = ["Optimizer", "create", "register"]

Index = int | str


class Optimizer:
    """Base of all optimizers: derive from it, and define `create_state` and `update`.

    Args:
        rescale_grad: what gradients are multiplied by, default 1.
        param_idx2name: names of the weights, by number.
        wd: weight decay, default 0. Weights that have a name decay only where it ends in
            ``_weight`` or ``_gamma``.
        clip_gradient: bound of each element of the scaled gradient, default none.
        learning_rate: default the schedule's, else 0.01.
        lr_scheduler: a schedule of the learning rate; its ``base_lr`` is set to a learning rate
            that is given.
        sym: the network: variables may have the attributes ``__lr_mult__`` and ``__wd_mult__``.
        begin_num_update: the number of updates before the first one, default 0.
        multi_precision: whether weights of float16 are kept in float32 too, default no.
        param_dict: objects with ``lr_mult`` and ``wd_mult``, by number of the weight.

    Raises TypeError for an unknown argument.

    >>> import symnet.mxnet as mx
    >>> @mx.optimizer.register
    ... class Halving(mx.optimizer.Optimizer):
    ...     def create_state(self, index, weight):
    ...         return None
    ...     def update(self, index, weight, grad, state):
    ...         weight *= 0.5
    >>> weight = mx.nd.array([4])
    >>> mx.optimizer.get_updater(mx.optimizer.create("halving"))(0, weight, weight)
    >>> weight.asnumpy()
    array([2.], dtype=float32)
    """

    opt_registry: ClassVar[dict[str, type["Optimizer"]]] = {}
    """Classes by their names in lower case."""

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: Mapping[Any, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: Mapping[Index, Any] | None = None,
    ) -> None:
        self.rescale_grad = rescale_grad
        self.clip_gradient = clip_gradient
        self.wd = wd
        self.lr_scheduler = lr_scheduler
        self.lr = 0.01 if learning_rate is None and lr_scheduler is None else learning_rate
        if lr_scheduler is not None and learning_rate is not None:
            _override(lr_scheduler, learning_rate)
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self._counts_by_device: dict[int, dict[Index, int]] = {0: {}}
        self._index_update_count = self._counts_by_device[0]
        self.multi_precision = multi_precision
        self.aggregate_num = 0
        self.idx2name: dict[Index, str] = dict(param_idx2name or {})
        self.sym_info = () if sym is None else (sym.attr_dict(), sym.list_arguments())
        self.param_dict = dict(param_dict or {})
        self.lr_mult: dict[Index, float] = {}
        self.wd_mult: dict[Index, float] = {}
        self.set_lr_mult({})
        self.set_wd_mult({})

    @staticmethod
    def register(klass: type["Optimizer"]) -> type["Optimizer"]:
        """Make a class known to `create` by its name; a decorator."""
        if not isinstance(klass, type):
            raise ArgumentError(f"register takes a class, got {klass!r}")
        name = klass.__name__.lower()
        known = Optimizer.opt_registry.get(name)
        if known is not None:
            warnings.warn(
                f"the optimizer {klass.__module__}.{klass.__name__} takes the place of "
                f"{known.__module__}.{known.__name__}",
                stacklevel=2,
            )
        Optimizer.opt_registry[name] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> "Optimizer":
        """Return an optimizer by the name of its class, upper and lower case alike.

        Raises ValueError for an unknown name.
        """
        if name.lower() not in Optimizer.opt_registry:
            known = sorted(Optimizer.opt_registry)
            raise ValueError(
                f"Cannot find optimizer {name}{suggest(name.lower(), known)} (there are: "
                f"{', '.join(known)})"
            )
        return Optimizer.opt_registry[name.lower()](**kwargs)

    # -- what derived classes define -------------------------------------------------------------

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """Return what is remembered of a weight between updates; None for nothing."""
        return

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Change a weight in place; several, given in lists, where `takes_lists` says so."""
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def takes_lists(self) -> bool:
        """Tell whether `update` may be given lists, to change several weights at once."""
        return False

    # -- half precision --------------------------------------------------------------------------

    _master_is_last: ClassVar[bool] = False
    """Where the weight in float32 stands beside the state: after it, or before."""

    def create_state_multi_precision(self, index: Index, weight: NDArray) -> Any:
        """Return the state of a weight, with the weight in float32 where it is one of float16."""
        if not _is_half(weight):
            return self.create_state(index, weight)
        if not self.multi_precision:
            warnings.warn(
                f"{type(self).__name__} updates weights of float16 in float16, which loses small "
                "steps; multi_precision=True keeps them in float32 too",
                stacklevel=2,
            )
            return self.create_state(index, weight)
        master = wrap(weight.astype("float32"))
        state = self.create_state(index, master)
        return (state, master) if self._master_is_last else (master, state)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Change a weight in place, by way of the one in float32 where there is one.

        Lists of indices, weights, gradients and states are one update of each.
        """
        if isinstance(index, list | tuple):
            for each in zip(index, weight, grad, state, strict=True):
                self.update_multi_precision(*each)
            return
        if not (self.multi_precision and _is_half(weight)):
            self.update(index, weight, grad, state)
            return
        own, master = state if self._master_is_last else reversed(state)
        self.update(index, master, wrap(grad.astype("float32")), own)
        weight[:] = master.astype("float16")

    # -- learning rates and decays ---------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The learning rate now."""
        if self.lr_scheduler is not None:
            return self.lr_scheduler(self.num_update)
        return 0.01 if self.lr is None else self.lr

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate. Raises UserWarning where a schedule gives it."""
        if self.lr_scheduler is not None:
            raise UserWarning(
                "the learning rate follows lr_scheduler; set optimizer.lr_scheduler.base_lr, or "
                "make the optimizer without a schedule"
            )
        self.lr = lr

    def set_lr_scale(self, args_lrscale: Mapping[int, float]) -> None:
        """Raise DeprecationWarning: `set_lr_mult` took its place in MXNet."""
        raise DeprecationWarning("set_lr_scale is gone from MXNet; call set_lr_mult")

    def set_lr_mult(self, args_lr_mult: Mapping[Index, float]) -> None:
        """Set the factors of the learning rate, by number or name of the weight.

        Those of the symbol's attributes hold for other weights.
        """
        self.lr_mult = {**self._from_attributes("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: Mapping[Index, float]) -> None:
        """Set the factors of the weight decay, by number or name of the weight.

        Other weights have those of the symbol's attributes; 0 where the name says that it is no
        weight that decays; else 1.
        """
        still: dict[Index, float] = {
            name: 0.0 for name in self.idx2name.values() if not self._decays(name)
        }
        self.wd_mult = {**still, **self._from_attributes("__wd_mult__"), **args_wd_mult}

    def _decays(self, name: str) -> bool:
        return name.endswith(("_weight", "_gamma"))

    def _from_attributes(self, key: str) -> dict[Index, float]:
        if not self.sym_info:
            return {}
        attributes, names = self.sym_info
        return {n: float(attributes[n][key]) for n in names if key in attributes.get(n, {})}

    def _set_current_context(self, device_id: int) -> None:
        self._index_update_count = self._counts_by_device.setdefault(device_id, {})

    def _update_count(self, index: Index | Sequence[Index]) -> None:
        """Count an update of a weight, or of several."""
        several: list[Any] = list(index) if isinstance(index, list | tuple) else [index]
        for each in several:
            count = self._index_update_count.get(each, self.begin_num_update) + 1
            self._index_update_count[each] = count
            self.num_update = max(count, self.num_update)

    def _get_lrs(self, indices: Sequence[Index]) -> list[float]:
        rate = self.learning_rate
        return [rate * self._factor(index, "lr_mult") for index in indices]

    def _get_wds(self, indices: Sequence[Index]) -> list[float]:
        return [self.wd * self._factor(index, "wd_mult") for index in indices]

    def _get_lr(self, index: Index) -> float:
        return self._get_lrs([index])[0]

    def _get_wd(self, index: Index) -> float:
        return self._get_wds([index])[0]

    def _factor(self, index: Index, kind: str) -> float:
        """Return a factor of a weight: by its object, its number or its name."""
        if index in self.param_dict:
            return float(getattr(self.param_dict[index], kind))
        factors = getattr(self, kind)
        if index in factors:
            return float(factors[index])
        return float(factors.get(self.idx2name[index], 1.0)) if index in self.idx2name else 1.0

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "param_dict"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state, "param_dict": {}}


register = Optimizer.register
create = Optimizer.create_optimizer


def _override(schedule: LRScheduler, rate: float) -> None:
    if schedule.base_lr != rate:
        logging.warning(
            "learning_rate=%s takes the place of the schedule's base_lr=%s", rate, schedule.base_lr
        )
        schedule.base_lr = rate


def _is_half(weight: NDArray) -> bool:
    return bool(np.dtype(weight.dtype) == np.float16)
