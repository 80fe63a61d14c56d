"""The optimizers of Apache MXNet 1.9.1 that adapt to past gradients.

A class here translates names and defaults; the rule of an update is the core's.
"""

from typing import Any, ClassVar

from ...training.optimizer import stepwise
from ...training.optimizer.stepwise import UpdateStep
from ..ndarray import NDArray, zeros
from .base import Index, Optimizer, register
from .descent import Builtin

__all__ = [
    "FTML",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Nadam",
    "RMSProp",
    "Test",
]


class _OfMoments(Builtin):
    """Base of optimizers that average gradients and their squares."""

    _options: ClassVar = {name: name for name in ("beta1", "beta2", "epsilon")}

    def __init__(self, beta1: float, beta2: float, epsilon: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon


@register
class Adam(_OfMoments):
    """Adam; see `stepwise.StepwiseAdam`.

    Args:
        learning_rate: default 0.001.
        beta1: default 0.9.
        beta2: default 0.999.
        epsilon: default 1e-8.
        lazy_update: there only for scripts that give it: no gradient is sparse.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseAdam

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(beta1, beta2, epsilon, learning_rate=learning_rate, **kwargs)
        self.lazy_update = lazy_update


@register
class AdamW(_OfMoments):
    """Adam with weight decay apart; see `stepwise.StepwiseAdamW`. 1.9.1 has it as an operator only.

    Args:
        learning_rate: default 0.001.
        beta1: default 0.9.
        beta2: default 0.999.
        epsilon: default 1e-6.
        correct_bias: default yes.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseAdamW
    _options: ClassVar = {**_OfMoments._options, "correct_bias": "correct_bias"}

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        correct_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(beta1, beta2, epsilon, learning_rate=learning_rate, **kwargs)
        self.correct_bias = correct_bias


@register
class Adamax(Builtin):
    """Adam with the largest gradient; see `stepwise.StepwiseAdamax`.

    Args:
        learning_rate: default 0.002.
        beta1: default 0.9.
        beta2: default 0.999.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseAdamax
    _options: ClassVar = {"beta1": "beta1", "beta2": "beta2"}

    def __init__(
        self, learning_rate: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2 = beta1, beta2


@register
class Nadam(_OfMoments):
    """Adam with Nesterov's momentum; see `stepwise.StepwiseNadam`.

    As in 1.9.1 the product of the momenta is one for all weights.

    Args:
        learning_rate: default 0.001.
        beta1: default 0.9.
        beta2: default 0.999.
        epsilon: default 1e-8.
        schedule_decay: default 0.004.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseNadam
    _options: ClassVar = {**_OfMoments._options, "schedule_decay": "schedule_decay"}

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(beta1, beta2, epsilon, learning_rate=learning_rate, **kwargs)
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def _advance(
        self, index: Index, weight: NDArray, grad: NDArray, arrays: dict[str, Any], step: UpdateStep
    ) -> None:
        numbers = {"momenta": self.m_schedule}
        self._core().advance(weight._writing(), grad.torch, arrays, numbers, step)
        self.m_schedule = numbers["momenta"]


@register
class FTML(_OfMoments):
    """Follows the moving leader; see `stepwise.StepwiseFTML`.

    Args:
        beta1: default 0.6.
        beta2: default 0.999.
        epsilon: default 1e-8.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseFTML

    def __init__(
        self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any
    ) -> None:
        super().__init__(beta1, beta2, epsilon, **kwargs)


@register
class AdaGrad(Builtin):
    """AdaGrad; see `stepwise.StepwiseAdaGrad`.

    Args:
        eps: added to the sum of squares, default 1e-7.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseAdaGrad
    _options: ClassVar = {"epsilon": "float_stable_eps"}
    _is_single = True

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps


@register
class AdaDelta(Builtin):
    """AdaDelta, which has no learning rate; see `stepwise.StepwiseAdaDelta`.

    Args:
        rho: default 0.9.
        epsilon: default 1e-5.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseAdaDelta
    _options: ClassVar = {"rho": "rho", "epsilon": "epsilon"}

    def __init__(self, rho: float = 0.90, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho, self.epsilon = rho, epsilon


@register
class RMSProp(Builtin):
    """RMSProp, centred or not; see `stepwise.StepwiseRMSProp`.

    Args:
        learning_rate: default 0.001.
        gamma1: decay of the means, default 0.9.
        gamma2: momentum of the centred form, default 0.9.
        epsilon: default 1e-8.
        centered: default no.
        clip_weights: bound of each element of the weight, default none.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseRMSProp
    _options: ClassVar = {
        "rho": "gamma1",
        "momentum": "gamma2",
        "epsilon": "epsilon",
        "centered": "centered",
        "bound": "clip_weights",
    }

    def __init__(
        self,
        learning_rate: float = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1, self.gamma2, self.epsilon = gamma1, gamma2, epsilon
        self.centered, self.clip_weights = centered, clip_weights


@register
class Ftrl(Builtin):
    """Follows the regularised leader; see `stepwise.StepwiseFtrl`.

    Args:
        lamda1: strength of the L1 penalty, default 0.01.
        learning_rate: default 0.1.
        beta: default 1.
        kwargs: those of `Optimizer`.
    """

    _rule = stepwise.StepwiseFtrl
    _options: ClassVar = {"sparsity": "lamda1", "beta": "beta"}

    def __init__(
        self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.lamda1, self.beta = lamda1, beta
        self.lr = learning_rate


@register
class Test(Optimizer):
    """Add the scaled gradient to the weight, and remember the sum; for tests of stores."""

    def create_state(self, index: Index, weight: NDArray) -> NDArray:
        """Return zeros in the shape of the weight."""
        return zeros(weight.shape, weight.context)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: NDArray) -> None:
        """Change a weight in place."""
        weight += grad * self.rescale_grad
        state[:] = weight
