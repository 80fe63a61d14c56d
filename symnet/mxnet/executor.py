"""Executor as Python-MXNet has it: a network tied to arrays.

Source: Apache MXNet 1.9.1, ``mxnet.executor.Executor``.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any

from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError, ShapeError
from ..core.logs import logger
from ..executor import bind as core_bind
from ..executor import simple_bind as core_simple_bind
from ..executor.executor import Executor as CoreExecutor
from ..executor.random_state import RandomState, replayed
from ..ndarray import NDArray as CoreArray
from ..ndarray import array as core_array
from ..ndarray import zeros as core_zeros
from .ndarray.array import NDArray, wrap

__all__ = ["Executor", "bind", "simple_bind"]

Arrays = dict[str, NDArray]


class Executor:
    """A network bound to arrays: Python-MXNet's view on an executor of the core.

    The arrays are the core's own, so what is written into them is what the network runs on.

    Args:
        core: the executor.

    >>> import symnet.mxnet as mx
    >>> x = mx.sym.Variable("x")
    >>> executor = (x * x).simple_bind(mx.cpu(), x=(2,))
    >>> executor.arg_dict["x"][:] = mx.nd.array([3, 4])
    >>> executor.forward(is_train=True)[0].asnumpy()
    array([ 9., 16.], dtype=float32)
    >>> executor.backward(mx.nd.ones(2))
    >>> executor.grad_dict["x"].asnumpy()
    array([6., 8.], dtype=float32)
    """

    def __init__(self, core: CoreExecutor) -> None:
        self.core = core
        self._monitor: tuple[Callable[[str, NDArray], object], bool] | None = None

    @property
    def _symbol(self) -> Any:
        return self.core.symbol

    @property
    def _ctx(self) -> CoreContext:
        return self.core.context

    # -- arrays ----------------------------------------------------------------------------------

    @cached_property
    def arg_dict(self) -> Arrays:
        """The arrays of the arguments, by name."""
        return {name: wrap(each) for name, each in self.core.arg_dict.items()}

    @cached_property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The arrays of the gradients by name, None where an argument has none."""
        held = self.core.grad_dict
        return {name: wrap(held.get(name)) for name in self.core.arg_dict}

    @cached_property
    def aux_dict(self) -> Arrays:
        """The arrays of the auxiliary states, by name."""
        return {name: wrap(each) for name, each in self.core.aux_dict.items()}

    @property
    def arg_arrays(self) -> list[NDArray]:
        """The arrays of the arguments, in order."""
        return [self.arg_dict[name] for name in self.core.symbol.list_arguments()]

    @property
    def grad_arrays(self) -> list[NDArray | None]:
        """The arrays of the gradients in the same order, None where there is none."""
        return [self.grad_dict[name] for name in self.core.symbol.list_arguments()]

    @property
    def aux_arrays(self) -> list[NDArray]:
        """The arrays of the auxiliary states, in order."""
        return [self.aux_dict[name] for name in self.core.symbol.list_auxiliary_states()]

    @cached_property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last run: the same arrays from the first run to the last."""
        return [wrap(each) for each in self.core.outputs]

    @property
    def output_dict(self) -> Arrays:
        """The outputs by name."""
        return dict(zip(self.core.symbol.list_outputs(), self.outputs, strict=True))

    # -- running ---------------------------------------------------------------------------------

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs, and return them.

        Args:
            is_train: whether to compute as in training.
            kwargs: new contents of arguments, arrays of MXNet or NumPy, copied in first.

        Raises ArgumentError for an unknown argument, ShapeError for a wrong shape.
        """
        given = {name: _core(each) for name, each in kwargs.items()}
        before = RandomState.of(self.core.context.device)
        self.core.forward(bool(is_train), **given)
        if self._monitor is not None:
            self._report(bool(is_train), before)
        return self.outputs

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients of the last forward run.

        Args:
            out_grads: gradients of the outputs: an array, a list in order, or a dict by name of
                the output. Outputs of losses need none.
            is_train: must be true; predicting has no gradients of its own here.
        """
        if not is_train:
            raise ArgumentError("backward(is_train=False): run forward(is_train=False) instead")
        if isinstance(out_grads, Mapping):
            out_grads = [out_grads[name] for name in self.core.symbol.list_outputs()]
        given = [out_grads] if isinstance(out_grads, CoreArray) else [*(out_grads or ())]
        self.core.backward([None if each is None else _core(each) for each in given])

    # -- parameters ------------------------------------------------------------------------------

    def copy_params_from(
        self,
        arg_params: Mapping[str, Any],
        aux_params: Mapping[str, Any] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy parameters and states in, by name; those that are not given stay as they are.

        Raises ValueError for a name that the network does not have, unless extras are allowed.
        """
        arguments = {name: _core(each) for name, each in arg_params.items()}
        states = {name: _core(each) for name, each in (aux_params or {}).items()}
        self.core.copy_params_from(arguments, states, allow_extra_params=allow_extra_params)

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any
    ) -> "Executor":
        """Return an executor for other shapes that shares all arrays whose shapes stay.

        Args:
            partial_shaping: whether arguments that are not named may change their shapes too.
            allow_up_sizing: whether arrays may become larger; they are then made anew.
            kwargs: new shapes of arguments.

        Raises ArgumentError where an array changes that may not.
        """
        given = {name: tuple(shape) for name, shape in kwargs.items()}
        symbol = self._symbol.given_shapes(given)
        found = symbol.infer_shape(**given)
        if found[0] is None or found[2] is None:
            raise ShapeError("reshape: too little is known to infer all shapes")
        names = (self.core.symbol.list_arguments(), self.core.symbol.list_auxiliary_states())
        shapes = dict(zip(names[0] + names[1], [*found[0], *found[2]], strict=True))
        free = names[0] + names[1] if partial_shaping else list(kwargs)
        arrays = {
            name: _resized(name, each, shapes[name], name in free, allow_up_sizing)
            for name, each in {**self.core.arg_dict, **self.core.aux_dict}.items()
        }
        gradients = {
            name: _resized(name, each, shapes[name], True, True)
            for name, each in self.core.grad_dict.items()
        }
        core = CoreExecutor(
            symbol,
            self.core.context,
            {name: arrays[name] for name in names[0]},
            gradients,
            {name: arrays[name] for name in names[1]},
            self.core.requests,
        )
        return Executor(core)

    # -- looking inside --------------------------------------------------------------------------

    def set_monitor_callback(
        self, callback: Callable[[str, NDArray], object], monitor_all: bool = False
    ) -> None:
        """Have a function see every output of every node after each forward run.

        Args:
            callback: called with name and array.
            monitor_all: whether it sees the arguments and states too.
        """
        self._monitor = callback, monitor_all

    @cached_property
    def _inside(self) -> CoreExecutor:
        """An executor of the same network over the same arrays, all of whose values come out."""
        core = self.core
        return CoreExecutor(
            core.symbol.get_internals(), core.context, core.arg_dict, {}, core.aux_dict, {}
        )

    def _report(self, is_train: bool, random: RandomState) -> None:
        """Hand the values of the last run to the monitor, drawn from the same random numbers."""
        if self._monitor is None:
            return
        callback, everything = self._monitor
        with replayed(random):
            self._inside.forward(is_train)
        variables = {**self.core.arg_dict, **self.core.aux_dict}
        for name, value in self._inside.output_dict.items():
            if everything or name not in variables:
                callback(_Name(name), wrap(value))

    def debug_str(self) -> str:
        """Return the plan of the training program, and what it takes besides the arguments."""
        report = self.core.memory()
        size = report.outputs + report.arena + report.kernels
        return f"{self.core.debug_str()}\nTotal {size >> 20} MB allocated"


class _Name(str):
    """A name as a text that can be decoded, as MXNet hands bytes to callbacks."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the name."""
        return str(self)


def _core(given: Any) -> CoreArray:
    """Return an array that was given as MXNet's, NumPy's or a list."""
    return given if isinstance(given, CoreArray) else core_array(given)


def _resized(
    name: str, array: CoreArray, shape: Sequence[int], is_free: bool, may_grow: bool
) -> CoreArray:
    """Return the array itself where its shape stays, its first elements where it shrinks.

    Where it grows it is a new one of the same type.
    """
    wanted = tuple(shape)
    if array.shape == wanted:
        return array
    if not is_free:
        raise ArgumentError(
            f"reshape: {name!r} would change from {array.shape} to {wanted}, but is not named; "
            "partial_shaping=True lets it"
        )
    if prod(wanted) <= array.size:
        first = array.torch.reshape(-1)[: prod(wanted)].view(wanted)
        return CoreArray.wrap(first, array.context)
    if not may_grow:
        raise ArgumentError(
            f"reshape: {name!r} would grow from {array.shape} to {wanted}; "
            "allow_up_sizing=True lets it"
        )
    return core_zeros(wanted, context=array.context, dtype=array.torch.dtype)


def _of_arguments(symbol: Any, given: Any) -> Any:
    """Return what is given for gradients, without the arguments that a network does not have.

    MXNet passes over those too: one table serves several networks.
    """
    if not isinstance(given, Mapping):
        return given
    names = set(symbol.list_arguments())
    return {name: request for name, request in given.items() if name in names}


_IGNORED = ("stype_dict", "shared_arg_names", "shared_exec", "shared_buffer")
"""Options of `simple_bind` that save memory, or are about sparse arrays: they change no number."""


def simple_bind(
    symbol: Any,
    ctx: CoreContext,
    grad_req: Any = "write",
    type_dict: Mapping[str, Any] | None = None,
    group2ctx: Mapping[str, CoreContext] | None = None,
    **shapes: Any,
) -> Executor:
    """Tie a network to arrays of zeros that are made here, from the shapes of its inputs.

    Args:
        symbol: the network.
        ctx: where it runs.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` for all arguments, in order or by name; it
            holds for the inputs too.
        type_dict: element types of arguments, by name.
        group2ctx: contexts by the name of a group.
        shapes: shapes of inputs, by name; further options of MXNet that change no number. A name
            that the network does not have is told in the log.
    """
    given = {
        name: tuple(shape)
        for name, shape in shapes.items()
        if name not in _IGNORED and isinstance(shape, Sequence)
    }
    for name in shapes.keys() - given.keys() - set(_IGNORED):
        logger.warning("simple_bind: %s=%r is no shape, and not used", name, shapes[name])
    for name in given.keys() - {*symbol.list_arguments(), *symbol.list_auxiliary_states()}:
        logger.warning("simple_bind: the network has no argument %r; its shape is not used", name)
        del given[name]
    core = core_simple_bind(
        symbol.given_shapes(given),
        ctx,
        grad_req=_of_arguments(symbol, grad_req),
        dtypes=type_dict,
        group2ctx=group2ctx,
        input_gradients=True,
        **{name: shape for name, shape in given.items() if 0 not in shape},
    )
    return Executor(core)


def bind(
    symbol: Any,
    ctx: CoreContext,
    args: Any,
    args_grad: Any = None,
    grad_req: Any = "write",
    aux_states: Any = None,
    group2ctx: Mapping[str, CoreContext] | None = None,
) -> Executor:
    """Tie a network to given arrays.

    Args:
        symbol: the network.
        ctx: where it runs.
        args: an array for each argument, in order or by name.
        args_grad: arrays for gradients, in order (None where there is none) or by name.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` for all arguments, in order or by name.
        aux_states: an array for each auxiliary state.
        group2ctx: contexts by the name of a group.
    """
    named = (
        args
        if isinstance(args, Mapping)
        else dict(zip(symbol.list_arguments(), args, strict=False))
    )
    shapes = {name: each.shape for name, each in named.items() if each is not None}
    core = core_bind(
        symbol.given_shapes(shapes),
        ctx,
        args,
        args_grad=_of_arguments(symbol, args_grad),
        grad_req=_of_arguments(symbol, grad_req),
        aux_states=aux_states,
        group2ctx=group2ctx,
    )
    return Executor(core)
