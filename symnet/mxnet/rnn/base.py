"""What recurrent cells share: parameters by name, states, unrolling, weights taken apart.

Source: Apache MXNet 1.9.1, ``mxnet.rnn``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ...core.errors import ArgumentError
from .. import symbol
from ..ndarray import NDArray, concatenate
from ..symbol import Symbol

__all__ = ["BaseRNNCell", "RNNParams", "Steps", "as_sequence"]

Steps = Symbol | Sequence[Symbol]
"""A sequence: one symbol of all steps, or one of each."""

Weights = dict[str, NDArray]


class RNNParams:
    """The variables of one cell or several, made when they are first asked for.

    Args:
        prefix: what their names begin with.

    >>> params = RNNParams("lstm_")
    >>> params.get("i2h_weight").name, params.get("i2h_weight") is params.get("i2h_weight")
    ('lstm_i2h_weight', True)
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """Return the variable of a name, made with further arguments where it is new."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = symbol.Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """Base of all cells: derive from it, and define ``__call__`` and `state_info`.

    Args:
        prefix: what the names of its symbols begin with.
        params: variables that it shares with other cells.
    """

    _num_hidden: int
    _own_cells: Sequence["BaseRNNCell"] = ()

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Count steps and begin states from 0 again, before the cell is used for another graph."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._own_cells:
            cell.reset()

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(inputs, states)")

    @property
    def params(self) -> RNNParams:
        """The variables; who takes them shares them."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state."""
        raise NotImplementedError(f"{type(self).__name__} must define state_info")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shape of each state."""
        return [each["shape"] for each in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        return ()

    def begin_state(self, func: Callable[..., Any] = symbol.zeros, **kwargs: Any) -> list[Any]:
        """Return the states before the first step.

        Args:
            func: makes one, of its name and shape: ``mx.sym.zeros`` (default), or
                ``mx.sym.Variable``.
            kwargs: what else it is called with.
        """
        self._check_unmodified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**kwargs, **info}))
        return states

    def _check_unmodified(self) -> None:
        if self._modified:
            raise ArgumentError(
                f"{type(self).__name__} {self._prefix!r} is inside another cell, such as "
                "ZoneoutCell; call that one"
            )

    # -- weights ---------------------------------------------------------------------------------

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Return parameters with the cell's weights in one array for each gate."""
        found = dict(args)
        for kind, end in self._packed():
            whole = found.pop(f"{self._prefix}{kind}_{end}")
            for place, gate in enumerate(self._gate_names):
                rows = whole[place * self._num_hidden : (place + 1) * self._num_hidden]
                found[f"{self._prefix}{kind}{gate}_{end}"] = rows.copy()
        return found

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Return parameters with the weights of all gates in one array; see `unpack_weights`."""
        found = dict(args)
        for kind, end in self._packed():
            names = [f"{self._prefix}{kind}{gate}_{end}" for gate in self._gate_names]
            found[f"{self._prefix}{kind}_{end}"] = concatenate([found.pop(each) for each in names])
        return found

    _KINDS: ClassVar = [(kind, end) for kind in ("i2h", "h2h") for end in ("weight", "bias")]

    def _packed(self) -> Iterable[tuple[str, str]]:
        return self._KINDS if self._gate_names else ()

    # -- unrolling -------------------------------------------------------------------------------

    def unroll(
        self,
        length: int,
        inputs: Steps,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Apply the cell to a sequence.

        Args:
            length: how many steps.
            inputs: one symbol, of which the axis T of the layout is the steps; or one of each step.
            begin_state: the states before the first step, default those of `begin_state`.
            layout: what the axes are.
            merge_outputs: whether outputs are one symbol; None, the default, lets them be as they
                come.

        Returns the outputs, and the states after the last step.
        """
        self.reset()
        steps: Any = as_sequence(length, inputs, layout, merge=False)
        states: Any = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for step in range(length):
            output, states = self(steps[step], states)
            outputs.append(output)
        return as_sequence(length, outputs, layout, merge_outputs), states

    # Cells that users derive call it by this name.
    def _get_activation(self, inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
        if isinstance(activation, str):
            found: Symbol = symbol.Activation(inputs, act_type=activation, **kwargs)
        else:
            found = activation(inputs, **kwargs)
        return found


def as_sequence(length: int | None, inputs: Steps, layout: str, merge: bool | None) -> Any:
    """Return a sequence as one symbol (``merge``), or as one of each step; None leaves it.

    Raises ArgumentError where there are not so many steps.
    """
    axis = layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is not False:
            return inputs
        if len(inputs.list_outputs()) != 1:
            raise ArgumentError(
                "unroll takes one symbol of one output, or a list; of a group make a list, "
                "list(inputs)"
            )
        pieces = symbol.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1)
        return list(pieces)
    if inputs is None:
        raise ArgumentError("unroll needs inputs; make a variable, mx.sym.Variable('data')")
    if length is not None and len(inputs) != length:
        raise ArgumentError(f"unroll over {length} steps got {len(inputs)} inputs")
    if not merge:
        return inputs
    rows = [symbol.expand_dims(each, axis=axis) for each in inputs]
    return symbol.Concat(*rows, dim=axis)
