"""Recurrent cells whose products are convolutions, with the names of Apache MXNet 1.9.1."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from ...core.errors import ArgumentError
from .. import symbol
from ..symbol import Symbol
from .base import BaseRNNCell, RNNParams

__all__ = ["BaseConvRNNCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell"]

Pair = tuple[int, int]

_LEAKY: Callable[..., Any] = partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """Base of cells whose inputs and states are images.

    Args:
        input_shape: the shape of the input, with any batch size.
        num_hidden: channels of a state.
        h2h_kernel: kernel of the state's convolution, of odd lengths.
        h2h_dilate: its dilation.
        i2h_kernel: kernel of the input's convolution.
        i2h_stride: its stride.
        i2h_pad: its padding.
        i2h_dilate: its dilation.
        i2h_weight_initializer: what the input's weight starts from; default the network's.
        h2h_weight_initializer: what the state's weight starts from.
        i2h_bias_initializer: what the input's bias starts from.
        h2h_bias_initializer: what the state's bias starts from.
        activation: a name, or a function of a symbol, default a leaky ReLU with slope 0.2.
        prefix: what names begin with.
        params: variables that are shared.
        conv_layout: the order of the axes.
    """

    _default_prefix: ClassVar[str] = ""
    _states: ClassVar[int] = 1

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair = (3, 3),
        h2h_dilate: Pair = (1, 1),
        i2h_kernel: Pair = (3, 3),
        i2h_stride: Pair = (1, 1),
        i2h_pad: Pair = (1, 1),
        i2h_dilate: Pair = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = _LEAKY,
        prefix: str | None = None,
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(self._default_prefix if prefix is None else prefix, params)
        if not all(length % 2 for length in h2h_kernel):
            raise ArgumentError(
                f"h2h_kernel must have odd lengths, to keep the states' size, got {h2h_kernel}"
            )
        self._num_hidden, self._activation, self._conv_layout = num_hidden, activation, conv_layout
        pads = zip(h2h_kernel, h2h_dilate, strict=True)
        self._of_state = {
            "kernel": h2h_kernel,
            "dilate": h2h_dilate,
            "pad": tuple(dilate * (length - 1) // 2 for length, dilate in pads),
            "stride": (1, 1),
        }
        self._of_input = {
            "kernel": i2h_kernel,
            "dilate": i2h_dilate,
            "pad": i2h_pad,
            "stride": i2h_stride,
        }
        self._input_weight = self.params.get("i2h_weight", init=i2h_weight_initializer)
        self._state_weight = self.params.get("h2h_weight", init=h2h_weight_initializer)
        self._input_bias = self.params.get("i2h_bias", init=i2h_bias_initializer)
        self._state_bias = self.params.get("h2h_bias", init=h2h_bias_initializer)
        seen = symbol.Convolution(
            symbol.Variable("data"), num_filter=num_hidden, layout=conv_layout, **self._of_input
        )
        shape = seen.infer_shape(data=tuple(input_shape))[1][0]
        self._state_shape = (0, *shape[1:])

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state."""
        about = {"shape": self._state_shape, "__layout__": self._conv_layout}
        return [dict(about) for _ in range(self._states)]

    def _products(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        """Return what input and state add to all gates."""
        common = {
            "num_filter": self._num_hidden * len(self._gate_names),
            "layout": self._conv_layout,
        }
        from_input = symbol.Convolution(
            inputs,
            self._input_weight,
            self._input_bias,
            name=f"{name}i2h",
            **common,
            **self._of_input,
        )
        from_state = symbol.Convolution(
            state,
            self._state_weight,
            self._state_bias,
            name=f"{name}h2h",
            **common,
            **self._of_state,
        )
        return from_input, from_state

    def _cut(self, product: Symbol, name: str) -> Any:
        """Return the parts of a product for each gate."""
        channels = self._conv_layout.find("C")
        count = len(self._gate_names)
        return symbol.SliceChannel(product, num_outputs=count, axis=channels, name=name)

    def _step(self) -> str:
        """Count a step, and return what names of its nodes begin with."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


class ConvRNNCell(BaseConvRNNCell):
    """A plain cell: an activation of two convolutions; arguments as for `BaseConvRNNCell`."""

    _default_prefix = "ConvRNN_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        name = self._step()
        from_input, from_state = self._products(inputs, states[0], name)
        output = self._get_activation(from_input + from_state, self._activation, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """Long short-term memory of images; arguments as for `BaseConvRNNCell`.

    Source: Shi et al., arXiv:1506.04214.
    """

    _default_prefix = "ConvLSTM_"
    _states = 2

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        name = self._step()
        from_input, from_state = self._products(inputs, states[0], name)
        gates = self._cut(from_input + from_state, f"{name}slice")
        let_in = symbol.Activation(gates[0], act_type="sigmoid", name=f"{name}i")
        keep = symbol.Activation(gates[1], act_type="sigmoid", name=f"{name}f")
        new = self._get_activation(gates[2], self._activation, name=f"{name}c")
        let_out = symbol.Activation(gates[3], act_type="sigmoid", name=f"{name}o")
        memory = symbol._internal._plus(keep * states[1], let_in * new, name=f"{name}state")
        shown = self._get_activation(memory, self._activation)
        output = symbol._internal._mul(let_out, shown, name=f"{name}out")
        return output, [output, memory]


class ConvGRUCell(BaseConvRNNCell):
    """A gated recurrent unit of images; arguments as for `BaseConvRNNCell`."""

    _default_prefix = "ConvGRU_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Return the output of one step, and the states after it."""
        name = self._step()
        from_input, from_state = self._products(inputs, states[0], name)
        input_parts = self._cut(from_input, f"{name}_i2h_slice")
        state_parts = self._cut(from_state, f"{name}_h2h_slice")
        reset, update = (
            symbol.Activation(
                input_parts[place] + state_parts[place],
                act_type="sigmoid",
                name=f"{name}_{gate}_act",
            )
            for place, gate in enumerate("rz")
        )
        new = self._get_activation(
            input_parts[2] + reset * state_parts[2], self._activation, name=f"{name}_h_act"
        )
        output = symbol._internal._plus((1.0 - update) * new, update * states[0], name=f"{name}out")
        return output, [output]
