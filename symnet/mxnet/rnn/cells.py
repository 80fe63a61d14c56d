"""The plain cell, LSTM and GRU, with the names and nodes of Apache MXNet 1.9.1."""

from collections.abc import Callable, Sequence
from typing import Any

from .. import symbol
from ..initializer import LSTMBias
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class _GatedCell(BaseRNNCell):
    """Base of cells with one weight from the input to all gates, and one from the state.

    Args:
        num_hidden: the size of the state.
        prefix: what names begin with.
        params: variables that are shared.
        bias: arguments of the input's bias.
    """

    _states = 1

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None, **bias: Any) -> None:
        super().__init__(prefix=prefix, params=params)
        self._num_hidden = num_hidden
        self._input_weight = self.params.get("i2h_weight")
        self._state_weight = self.params.get("h2h_weight")
        self._input_bias = self.params.get("i2h_bias", **bias)
        self._state_bias = self.params.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def _products(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        """Return what input and state add to all gates."""
        size = self._num_hidden * len(self._gate_names)
        from_input = symbol.FullyConnected(
            data=inputs,
            weight=self._input_weight,
            bias=self._input_bias,
            num_hidden=size,
            name=f"{name}i2h",
        )
        from_state = symbol.FullyConnected(
            data=state,
            weight=self._state_weight,
            bias=self._state_bias,
            num_hidden=size,
            name=f"{name}h2h",
        )
        return from_input, from_state

    def _step(self) -> str:
        """Count a step, and return what names of its nodes begin with."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


class RNNCell(_GatedCell):
    """A plain cell: the output is an activation of input and state.

    Args:
        num_hidden: the size of the state.
        activation: a name, default ``"tanh"``, or a function of a symbol.
        prefix: what names begin with, default ``"rnn_"``.
        params: variables that are shared.
    """

    def __init__(
        self,
        num_hidden: int,
        activation: str | Callable[..., Symbol] = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        name = self._step()
        from_input, from_state = self._products(inputs, states[0], name)
        output = self._get_activation(from_input + from_state, self._activation, name=f"{name}out")
        return output, [output]


class LSTMCell(_GatedCell):
    """Long short-term memory.

    Args:
        num_hidden: the size of a state.
        prefix: what names begin with, default ``"lstm_"``.
        params: variables that are shared.
        forget_bias: what the bias of the forget gate starts from, default 1.
    """

    _states = 2

    def __init__(
        self,
        num_hidden: int,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__(num_hidden, prefix, params, init=LSTMBias(forget_bias=forget_bias))

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        name = self._step()
        from_input, from_state = self._products(inputs, states[0], name)
        gates = symbol.SliceChannel(from_input + from_state, num_outputs=4, name=f"{name}slice")
        kinds = ("sigmoid", "sigmoid", "tanh", "sigmoid")
        let_in, keep, new, let_out = (
            symbol.Activation(gates[place], act_type=kind, name=f"{name}{gate[1:]}")
            for place, (kind, gate) in enumerate(zip(kinds, self._gate_names, strict=True))
        )
        memory = symbol._internal._plus(keep * states[1], let_in * new, name=f"{name}state")
        shown = symbol.Activation(memory, act_type="tanh")
        output = symbol._internal._mul(let_out, shown, name=f"{name}out")
        return output, [output, memory]


class GRUCell(_GatedCell):
    """A gated recurrent unit, whose reset gate acts on the product of the state.

    Args:
        num_hidden: the size of the state.
        prefix: what names begin with, default ``"gru_"``.
        params: variables that are shared.
    """

    def __init__(
        self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None
    ) -> None:
        super().__init__(num_hidden, prefix, params)

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        name = self._step()
        # MXNet's names have two underscores here, but for the last one.
        from_input, from_state = self._products(inputs, states[0], f"{name}_")
        input_parts = symbol.SliceChannel(from_input, num_outputs=3, name=f"{name}_i2h_slice")
        state_parts = symbol.SliceChannel(from_state, num_outputs=3, name=f"{name}_h2h_slice")
        reset, update = (
            symbol.Activation(
                input_parts[place] + state_parts[place],
                act_type="sigmoid",
                name=f"{name}_{gate}_act",
            )
            for place, gate in enumerate("rz")
        )
        new = symbol.Activation(
            input_parts[2] + reset * state_parts[2], act_type="tanh", name=f"{name}_h_act"
        )
        output = symbol._internal._plus((1.0 - update) * new, update * states[0], name=f"{name}out")
        return output, [output]
