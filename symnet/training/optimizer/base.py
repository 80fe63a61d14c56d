"""What every optimizer shares: options, state, normalised gradients."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from torch import Tensor

from ...core.described import Described
from ...core.errors import (
    ArgumentError,
    DeviceError,
    DTypeError,
    MXError,
    ShapeError,
    shown,
)
from ...core.parameters import Parameters, param
from ...ndarray import NDArray
from ...symbol import SymbolicNode
from ._state import OptimizationState
from .multipliers import Multipliers, Weights, scales_of

if TYPE_CHECKING:
    from .schedules import AbstractLearningRateScheduler

__all__ = [
    "AbstractOptimizer",
    "AbstractOptimizerOptions",
    "OptimizationState",
    "check_gradient",
    "normalized_gradient",
]

PartialUpdate = Callable[[slice, Tensor], object]
"""``update(stretch, gradient)`` changes a stretch of a flat weight by its part of the gradient."""

Exported = tuple[dict[str, NDArray], dict[str, float]]
"""What an optimizer remembers of one weight, to be saved: arrays and numbers, by name."""


class AbstractOptimizerOptions(Parameters):
    """Options that every built-in optimizer has; each optimizer adds its own.

    Args:
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.

    Raises ParameterError for a value outside its range.
    Source: the documents, "Built-in optimizers".

    >>> AbstractOptimizerOptions(grad_clip=-1, weight_decay=0)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: AbstractOptimizer: grad_clip must be >= 0, got -1
    """

    _essential = ("lr", "momentum", "weight_decay")

    grad_clip: float = param(
        "Bound of each element of the mean gradient; 0 means no bound", default=0.0, min=0
    )
    weight_decay: float = param(
        "Factor of the weight that is added to its gradient: the strength of an L2 penalty",
        default=0.00001,
        min=0,
    )


class AbstractOptimizer(Described, ABC):
    """Base of all optimizers: derive from it, and define `create_state` and `update`.

    Source: the documents, "Optimizers"; docs/semantics §6.2.

    >>> from symnet.training.optimizer import get_updater
    >>> class SignDescent(AbstractOptimizer):
    ...     def create_state(self, index, weight):
    ...         return None
    ...     def update(self, index, weight, grad, state):
    ...         weight.torch.sub_(grad.torch.sign(), alpha=0.1)
    >>> weight = NDArray([1, 2])
    >>> get_updater(SignDescent())(0, NDArray([5, -5]), weight)
    >>> weight
    NDArray([0.9, 2.1], float32, CPU0)
    """

    opts: Any = None
    """A record of the options, where an optimizer has one. `fit` reads it: the processes of a
    training compare its numbers, and the learning rate is logged from ``lr``."""

    by_weight: ClassVar[bool] = False
    """Whether it must see each weight on its own, as where norms of weights count. Otherwise all
    weights of a training may come in one flat array."""

    _state: OptimizationState | None = None

    @property
    def state(self) -> OptimizationState:
        """How far the training has come; `fit` sets it, who uses an optimizer alone assigns it."""
        if self._state is None:
            raise MXError(
                f"{type(self).__name__} does not know the batch size yet; "
                "set optimizer.state = OptimizationState(batch_size) before the first update"
            )
        return self._state

    @state.setter
    def state(self, state: OptimizationState) -> None:
        if not isinstance(state, OptimizationState):
            raise ArgumentError(f"optimizer.state must be an OptimizationState, got {state!r}")
        self._state = state

    # -- multipliers -----------------------------------------------------------------------------

    multipliers: Multipliers = Multipliers()
    """How much faster or slower than others single weights learn and decay."""

    def set_lr_mult(self, lr_mult: Weights) -> None:
        """Multiply the learning rate of some weights; what was set before is forgotten.

        Args:
            lr_mult: factors by the weights' names or numbers; 0 freezes a weight. In `fit` they
                count before the attribute ``lr_mult`` of a variable.

        Raises ArgumentError for a factor that is no finite number from 0.

        >>> from symnet.training.optimizer import SGD
        >>> optimizer = SGD(lr=0.1)
        >>> optimizer.set_lr_mult({"fc_weight": 0.5, 1: 2.0})
        >>> optimizer.multipliers.of(1).lr
        2.0
        """
        own = self.multipliers
        self.multipliers = Multipliers(lr_mult, own.wd_mult, own.names, own.attributes)

    def set_wd_mult(self, wd_mult: Weights) -> None:
        """Multiply the weight decay of some weights; as `set_lr_mult`."""
        own = self.multipliers
        self.multipliers = Multipliers(own.lr_mult, wd_mult, own.names, own.attributes)

    def name_weights(self, names: Mapping[int, str], symbol: SymbolicNode | None = None) -> None:
        """Tell the names of numbered weights, for an `Updater` or a key-value store; `fit` knows.

        Args:
            names: the weights' names, by their numbers.
            symbol: the network whose variables say how fast they learn, by the attributes
                ``lr_mult`` and ``wd_mult``; default none.

        Raises ArgumentError where such an attribute is no finite number from 0.
        """
        own, said = self.multipliers, scales_of(symbol) if symbol is not None else {}
        self.multipliers = Multipliers(own.lr_mult, own.wd_mult, names, said)

    def scheduled(self, schedule: "AbstractLearningRateScheduler") -> Self:
        """Return an optimizer that does the same with learning rates from a schedule.

        Raises ArgumentError for an optimizer that has no schedule.
        """
        raise ArgumentError(
            f"{type(self).__name__} has no option lr_scheduler; define its scheduled(schedule)"
        )

    def scaled(self, lr_mult: float, wd_mult: float) -> Self:
        """Return an optimizer that does the same with a scaled learning rate and weight decay.

        It works on the states that this optimizer makes. The built-in optimizers have this, and
        those derived from them; others may define it.

        Args:
            lr_mult: factor of the learning rate, above 0.
            wd_mult: factor of the weight decay, from 0.

        Raises ArgumentError where the optimizer cannot do it.
        """
        raise ArgumentError(
            f"{type(self).__name__} knows no multipliers, but is to multiply its learning rate by "
            f"{lr_mult:g} and its weight decay by {wd_mult:g}; define its scaled(lr_mult, wd_mult),"
            " derive it from a built-in optimizer, or take the multipliers away"
        )

    # -- updates ---------------------------------------------------------------------------------

    @abstractmethod
    def create_state(self, index: int, weight: NDArray) -> Any:
        """Return what the optimizer remembers of one weight between updates; None for nothing.

        Args:
            index: number of the weight.
            weight: the weight, of any shape.
        """

    @abstractmethod
    def update(self, index: int, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Change a weight in place.

        Args:
            index: number of the weight.
            weight: the weight; it may be all parameters of a network in one flat array.
            grad: gradient of the weight's shape, summed over the mini-batch; left as it is.
            state: what `create_state` returned for this weight.
        """

    @property
    def in_parts(self) -> bool:
        """Whether `begin_update` is there to update flat weights of float32 part by part."""
        return False

    def begin_update(self, index: int, weight: NDArray, state: Any) -> PartialUpdate:
        """Begin an update that comes part by part, as gradients become known.

        After all parts, in any order, weight and state are to the last bit what `update` would have
        made of them, where parts begin and end at multiples of 16 elements.

        Args:
            index: number of the weight.
            weight: the weight, a flat array.
            state: what `create_state` returned for this weight.

        Returns a function of a slice of the weight and the gradient of that. Raises ArgumentError
        where weights can only be updated whole.
        """
        raise ArgumentError(f"{type(self).__name__} updates whole weights only")

    def export_state(self, state: Any) -> Exported:
        """Return what is to be saved of a weight's state, so that a training can go on later.

        An optimizer that keeps a state defines this and `import_state`; one without needs neither.

        Args:
            state: what `create_state` returned for the weight.

        Returns arrays and numbers by name. The arrays are the state's own memory, which the next
        update changes: save or copy them before it. Numbers are finite, and come back exactly from
        text that ``repr`` writes. Raises ArgumentError where there is a state and this method is
        not defined.

        >>> from symnet.training.optimizer import SGD
        >>> optimizer = SGD(momentum=0.9)
        >>> optimizer.export_state(optimizer.create_state(0, NDArray([1, 2])))
        ({'velocity': NDArray([0., 0.], float32, CPU0)}, {'unit': 0.0})
        """
        if state is not None:
            raise ArgumentError(
                f"{type(self).__name__} keeps a state for each weight, but cannot save it; define "
                "its export_state(state) and import_state(index, weight, arrays, scalars)"
            )
        return {}, {}

    def import_state(
        self,
        index: int,
        weight: NDArray,
        arrays: Mapping[str, NDArray],
        scalars: Mapping[str, float],
    ) -> Any:
        """Return the state of a weight whose last one was saved by `export_state`.

        Args:
            index: number of the weight.
            weight: the weight, of the shape and element type that it had.
            arrays: the arrays that were saved, on any device; they are copied.
            scalars: the numbers that were saved.

        Returns what `update` takes as state. Raises ArgumentError where they are not what this
        optimizer saves, ShapeError or DTypeError where an array does not belong to the weight.

        >>> from symnet.training.optimizer import SGD
        >>> optimizer, weight = SGD(momentum=0.9), NDArray([1, 2])
        >>> saved = optimizer.export_state(optimizer.create_state(0, weight))
        >>> state = optimizer.import_state(0, weight, *saved)
        """
        if arrays or scalars:
            raise ArgumentError(
                f"{type(self).__name__} does not know what to do with a saved state of "
                f"{', '.join([*arrays, *scalars])}; train with the optimizer that saved it, or "
                "define import_state"
            )
        return self.create_state(index, weight)


def normalized_gradient(
    opts: AbstractOptimizerOptions, state: OptimizationState, weight: NDArray, grad: NDArray
) -> NDArray:
    """Return the mean gradient of a mini-batch, clipped, with weight decay added.

    Args:
        opts: options with ``grad_clip`` and ``weight_decay``.
        state: the state with the batch size.
        weight: the weight, of any shape.
        grad: gradient of the weight's shape, summed over the mini-batch; left as it is.

    Raises ShapeError, DTypeError or DeviceError where the weight and the gradient differ.
    Source: the documents, "normalized_gradient"; docs/semantics §6.2.

    >>> opts = AbstractOptimizerOptions(grad_clip=2, weight_decay=0.5)
    >>> normalized_gradient(opts, OptimizationState(10), NDArray([1, -2]), NDArray([10, -40]))
    NDArray([ 1.5, -3. ], float32, CPU0)
    """
    check_gradient("normalized_gradient", weight, grad)
    result = grad.torch / state.batch_size
    if opts.grad_clip > 0:
        result.clamp_(-opts.grad_clip, opts.grad_clip)
    if opts.weight_decay > 0:
        result.add_(weight.torch, alpha=opts.weight_decay)
    return NDArray.wrap(result, grad.context)


def check_arrays(who: str, *arrays: object) -> None:
    """Raise ArgumentError where a weight or a gradient is no NDArray."""
    for each in arrays:
        if not isinstance(each, NDArray):
            raise ArgumentError(f"{who}: weight and gradient are NDArrays, got {shown(each)}")


def check_gradient(who: str, weight: NDArray, grad: NDArray) -> None:
    """Raise the error that says why a gradient is not one of this weight, if there is one.

    Raises ShapeError, DTypeError or DeviceError.

    >>> check_gradient("SGD", NDArray([1, 2]), NDArray([1]))
    Traceback (most recent call last):
    symnet.core.errors.ShapeError: SGD: the weight has shape (2,), its gradient (1,); \
they must be equal
    """
    check_arrays(who, weight, grad)
    mine, theirs = weight.torch, grad.torch
    if mine.shape != theirs.shape:
        raise ShapeError(
            f"{who}: the weight has shape {weight.shape}, its gradient {grad.shape}; "
            "they must be equal"
        )
    if mine.dtype != theirs.dtype or not mine.is_floating_point():
        raise DTypeError(
            f"{who}: the weight is {weight.dtype}, its gradient {grad.dtype}; they must be of one "
            "floating-point type, convert with .astype('float32')"
        )
    if mine.device != theirs.device:
        raise DeviceError(
            f"{who}: the weight lives on {weight.context}, its gradient on {grad.context}; "
            "copy one with .copy(context)"
        )
