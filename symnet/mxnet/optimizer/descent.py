"""The optimizers of Apache MXNet 1.9.1, over `symnet.training.optimizer.stepwise`.

A class here translates names and defaults; the rule of an update is the core's.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ...core.parameters import param
from ...ndarray import NDArray as CoreArray
from ...training.optimizer import stepwise
from ...training.optimizer.stepwise import StepwiseOptimizer, UpdateStep
from ..ndarray import NDArray, wrap
from .base import Index, Optimizer, register

__all__ = [
    "DCASGD",
    "LAMB",
    "LARS",
    "NAG",
    "SGD",
    "SGLD",
    "Builtin",
    "Signum",
    "ccSGD",
]


class Builtin(Optimizer):
    """Base of optimizers whose rule the core has."""

    _rule: ClassVar[type[StepwiseOptimizer]]
    _options: ClassVar[dict[str, str]] = {}
    """The core's options, and the attributes that give them."""
    _is_single: ClassVar[bool] = False
    """Whether a state is one array, or None; else it is a tuple of arrays."""

    _made: StepwiseOptimizer | None = None
    _made_with: dict[str, Any] | None = None

    def _core(self) -> StepwiseOptimizer:
        """Return the core's optimizer for the options as they are now."""
        options = {own: getattr(self, theirs) for own, theirs in self._options.items()}
        if self._made is None or options != self._made_with:
            given = {name: value for name, value in options.items() if value is not None}
            self._made, self._made_with = self._rule(**given), options
        return self._made

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {key: state[key] for key in state if key not in ("_made", "_made_with")}

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """Return what is remembered of a weight: an array, a tuple of arrays, or None."""
        arrays = self._core().begin(weight.torch)
        found = tuple(wrap(CoreArray.wrap(array, weight.context)) for array in arrays.values())
        if self._is_single:
            return found[0] if found else None
        return found

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Change a weight in place; of lists, each."""
        if isinstance(index, list | tuple):
            self._update_all(index, weight, grad, state)
            return
        self._update_count(index)
        core = self._core()
        self._advance(index, weight, grad, self._arrays(core, state), self._step(index))

    def takes_lists(self) -> bool:
        """Tell whether `update` is the one above, which reads options once for many weights."""
        own = type(self)
        whole = own.update_multi_precision is Optimizer.update_multi_precision
        return own.update is Builtin.update and whole and not self.multi_precision

    def _update_all(
        self,
        indices: Sequence[Index],
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[Any],
    ) -> None:
        self._update_count(indices)
        core, steps = self._core(), self._steps(indices)
        for index, weight, grad, state, step in zip(
            indices, weights, grads, states, steps, strict=True
        ):
            self._advance(index, weight, grad, self._arrays(core, state), step)

    def _steps(self, indices: Sequence[Index]) -> list[UpdateStep]:
        if type(self)._step is not Builtin._step:
            return [self._step(index) for index in indices]
        rescale, clip = self.rescale_grad, self._clip()
        return [
            UpdateStep(
                rate=rate,
                decay=decay,
                rescale=rescale,
                clip=clip,
                number=self._index_update_count[index],
            )
            for index, rate, decay in zip(
                indices, self._get_lrs(indices), self._get_wds(indices), strict=True
            )
        ]

    def _clip(self) -> float | None:
        """Return the bound of gradients; one of 0 or less is none, as MXNet's kernels have it."""
        return self.clip_gradient if (self.clip_gradient or 0) > 0 else None

    def _arrays(self, core: StepwiseOptimizer, state: Any) -> dict[str, Any]:
        held = [] if state is None else [state] if self._is_single else list(state)
        names = core.remembered()
        return {name: each.torch for name, each in zip(names, held, strict=True)}

    def _step(self, index: Index) -> UpdateStep:
        return UpdateStep(
            rate=self._get_lr(index),
            decay=self._get_wd(index),
            rescale=self.rescale_grad,
            clip=self._clip(),
            number=self._index_update_count[index],
        )

    def _advance(
        self, index: Index, weight: NDArray, grad: NDArray, arrays: dict[str, Any], step: UpdateStep
    ) -> None:
        core = self._made or self._core()  # `update` has looked whether the options changed
        core.advance(weight._writing(), grad.torch, arrays, {}, step)


@register
class SGD(Builtin):
    """Stochastic gradient descent; see `stepwise.StepwiseSGD`.

    Args:
        momentum: default 0.
        lazy_update: there only for scripts that give it: no gradient is sparse.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseSGD
    _options: ClassVar = {"momentum": "momentum"}
    _is_single = True
    _master_is_last = True

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update


@register
class ccSGD(SGD):
    """The old name of `SGD`."""


@register
class NAG(Builtin):
    """Descent with Nesterov's momentum; see `stepwise.StepwiseNAG`.

    Args:
        momentum: default 0.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseNAG
    _options: ClassVar = {"momentum": "momentum"}
    _is_single = True
    _master_is_last = True

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum


@register
class Signum(Builtin):
    """Steps by signs; see `stepwise.StepwiseSignum`.

    Args:
        learning_rate: default 0.01.
        momentum: default 0.9.
        wd_lh: weight decay that is kept out of the gradient, default 0.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseSignum
    _options: ClassVar = {"momentum": "momentum", "apart": "wd_lh"}
    _is_single = True

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        wd_lh: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh


@register
class SGLD(Builtin):
    """Descent with noise; see `stepwise.StepwiseSGLD`."""

    _rule = stepwise.StepwiseSGLD
    _is_single = True


@register
class DCASGD(Builtin):
    """Descent that makes up for late gradients; see `stepwise.StepwiseDCASGD`.

    Args:
        momentum: default 0. (With one, Apache MXNet 1.9.1 itself raises an error.)
        lamda: weight of the compensation, default 0.04.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseDCASGD
    _options: ClassVar = {"momentum": "momentum", "scale": "lamda"}

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lamda = lamda

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """Return the velocity, None without momentum, and the weight before."""
        arrays = super().create_state(index, weight)
        return arrays if self.momentum else (None, *arrays)

    def _arrays(self, core: StepwiseOptimizer, state: Any) -> dict[str, Any]:
        return super()._arrays(core, [each for each in state if each is not None])


class _CorrectedLARS(stepwise.StepwiseLARS):
    """LARS whose momentum follows the rate: where that has risen, it is above 1 for an update."""

    momentum: float = param("Momentum", default=0.0, min=0)


@register
class LARS(Builtin):
    """Descent with a rate for each layer; see `stepwise.StepwiseLARS`.

    Weights called gamma, beta or bias keep the plain rate, and do not decay.

    Args:
        momentum: default 0.
        lazy_update: there only for scripts that give it: no gradient is sparse.
        eta: how much the norms count, default 0.001.
        eps: added to the gradient's norm, default 0.
        momentum_correction: whether momentum follows a change of the learning rate, default yes.
        kwargs: those of `Optimizer`.
    """

    _rule = _CorrectedLARS
    _options: ClassVar = {"momentum": "_momentum_now", "eta": "eta", "epsilon": "eps"}
    _is_single = True
    _master_is_last = True

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        self.last_lr: float | None = None
        self.cur_lr: float | None = None
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update
        self.eta = eta
        self.eps = eps
        self.momentum_correction = momentum_correction

    def _decays(self, name: str) -> bool:
        return name.endswith("_weight")

    @property
    def _momentum_now(self) -> float:
        if not (self.momentum_correction and self.last_lr):
            return self.momentum
        return self.momentum * ((self.cur_lr or 0.0) / self.last_lr)

    def _step(self, index: Index) -> UpdateStep:
        rate = self.learning_rate
        self.last_lr = rate if self.cur_lr is None else self.cur_lr
        self.cur_lr = rate
        return super()._step(index)

    def _advance(
        self, index: Index, weight: NDArray, grad: NDArray, arrays: dict[str, Any], step: UpdateStep
    ) -> None:
        name = str(self.idx2name.get(index, index))
        core: Any = self._core()
        if not name.endswith(("gamma", "beta", "bias")):
            step = replace(step, rate=core.rate_of(weight.torch, grad.torch, step))
        stepwise.StepwiseSGD.advance(core, weight._writing(), grad.torch, arrays, {}, step)


@register
class LAMB(Builtin):
    """`Adam` for large batches; see `stepwise.StepwiseLAMB`.

    Args:
        learning_rate: default 0.001.
        beta1: default 0.9.
        beta2: default 0.999.
        epsilon: default 1e-6.
        lower_bound: least norm of a weight, default none.
        upper_bound: greatest norm of a weight, default none.
        bias_correction: default yes.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseLAMB
    _options: ClassVar = {
        name: name
        for name in ("beta1", "beta2", "epsilon", "lower_bound", "upper_bound", "bias_correction")
    }

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        self.bias_correction = bias_correction
