"""Recurrent layers.

The parameters of all layers lie in one vector, as cuDNN wants them: for every layer and direction
the weights (from the input, from h, and of the projection), then their biases in the same order.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ...core.errors import ArgumentError, ParameterError, ShapeError
from ..contract import Input, Inputs, Operator, Shape, Shapes, param, view_of
from ._lstm_by_steps import Bounds, lstm_by_steps

__all__ = ["RNN", "_rnn_param_concat"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}

_KERNELS: Mapping[str, Any] = {
    "rnn_relu": torch.rnn_relu,
    "rnn_tanh": torch.rnn_tanh,
    "lstm": torch.lstm,
    "gru": torch.gru,
}


class _Tape(Tensor):
    """A tensor without numbers that carries what torch remembers of one run of its kernels.

    Args:
        leaves: by input name the tensors whose gradients may be asked for.
        ends: the results that gradients flow back from.
    """

    leaves: Mapping[str, Sequence[Tensor]]
    ends: Sequence[Tensor]


class RNN(Operator):
    """Run one or more recurrent layers over sequences.

    With lstm, at each step and with the four gates from x and h: c = f · c + i · g and
    h = o · tanh(c); with gru h = (1 − z) · n + z · h, where n = tanh(W x + b + r · (R h + b));
    otherwise h is the activation of what x and h add up to. Layers after the first take h of the
    one before. The vector of parameters holds the weights of every layer and direction, from the
    input and from h, with the gates in the order i f g o, or r z n, and then the biases in the
    same order. Source: Hochreiter and Schmidhuber 1997; Cho et al. 2014; Apache MXNet 1.9.1, whose
    CPU code leaves the clipping and the lengths out without a word: here they act.

    >>> import symnet as mx
    >>> net = mx.RNN(mx.Variable("data"), state_size=64, num_layers=2, mode="gru", name="rnn")
    >>> net.list_arguments()
    ['data', 'rnn_parameters', 'rnn_state']
    >>> net.infer_shape(data=(35, 20, 100))  # 35 steps, 20 sequences
    ([(35, 20, 100), (56832,), (2, 20, 64)], [(35, 20, 64)], [])
    """

    aliases = ("_npx_rnn",)
    floats_only = True
    pure = False

    data = Input("Sequences, (steps, batch, width).")
    parameters = Input("All weights, then all biases, as one vector.")
    state = Input("h before the first step, (layers · directions, batch, state_size).")
    state_cell = Input("c before the first step, of lstm.", when=lambda op: op.mode == "lstm")
    sequence_length = Input(
        "How many steps of each sequence count, (batch,): at least one.",
        when=lambda op: op.use_sequence_length,
        takes_gradient=False,
        any_dtype=True,
    )
    state_size: int = param("Length of h (of c, with a projection).", min=1)
    num_layers: int = param("Number of layers.", min=1)
    bidirectional: bool = param("Also go from the last step to the first.", default=False)
    mode: Literal["rnn_relu", "rnn_tanh", "lstm", "gru"] = param("Kind of the layers.")
    p: float = param("Fraction dropped between layers in training.", default=0.0, min=0, max=1)
    state_outputs: bool = param("Also hand out the last h, and c of lstm.", default=False)
    projection_size: int | None = param(
        "Project h to this many values, of lstm; None: leave it.", default=None, min=1
    )
    lstm_state_clip_min: float | None = param("Least value of c, of lstm.", default=None)
    lstm_state_clip_max: float | None = param("Greatest value of c, of lstm.", default=None)
    lstm_state_clip_nan: bool = param(
        "Clip what is not a number too; only False has a meaning with bounds.", default=False
    )
    use_sequence_length: bool = param(
        "Take the length of each sequence; what comes after it gives zeros.", default=False
    )

    def check(self) -> None:
        """Raise where an option is not one of the mode's."""
        least, greatest = self.lstm_state_clip_min, self.lstm_state_clip_max
        for name in ("projection_size", "lstm_state_clip_min", "lstm_state_clip_max"):
            if self.mode != "lstm" and getattr(self, name) is not None:
                raise ParameterError(f"RNN: {name} is for lstm only, and mode is {self.mode!r}")
        if (least is None) != (greatest is None):
            raise ParameterError(
                "RNN: lstm_state_clip_min and lstm_state_clip_max are given together, or neither"
            )
        if least is not None and greatest is not None and not least <= greatest:
            raise ParameterError(f"RNN: c cannot be kept between {least} and {greatest}")
        if least is not None and self.lstm_state_clip_nan:
            raise ParameterError(
                "RNN: lstm_state_clip_nan=True is not supported, because it is not said which of "
                "the two bounds takes the place of what is no number; leave it out"
            )
        if self.projection_size is not None and self.projection_size >= self.state_size:
            raise ParameterError(
                f"RNN: projection_size must be below state_size, {self.state_size}, got "
                f"{self.projection_size}"
            )

    @property
    def directions(self) -> int:
        """How many ways the layers go through the steps."""
        return 2 if self.bidirectional else 1

    @property
    def width(self) -> int:
        """The length of h."""
        return self.projection_size or self.state_size

    def outputs(self) -> tuple[str, ...]:
        """Return the names: h of the last layer, and the last states where they are wanted."""
        if not self.state_outputs:
            return ("output",)
        cell = ("statecell_output",) if self.mode == "lstm" else ()
        return ("output", "state_output", *cell)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """What torch remembers of its kernels."""
        return {"tape": None}

    def infer_shape(self, data: Shape) -> Shapes:
        """Everything follows from the data."""
        if len(data) != 3:
            raise ShapeError(f"data must be (steps, batch, width), got {data}")
        steps, batch, width = data
        cells = self.num_layers * self.directions
        h, c = (cells, batch, self.width), (cells, batch, self.state_size)
        return {
            "parameters": (sum(math.prod(shape) for shape in self.part_shapes(width)),),
            **dict.fromkeys(("state", "state_output"), h),
            **dict.fromkeys(("state_cell", "statecell_output"), c),
            "sequence_length": (batch,),
            "output": (steps, batch, self.width * self.directions),
            "tape": (1,),
        }

    def multiply_adds(self, shapes: Shapes) -> int:
        """Every weight meets every step of every sequence."""
        steps, batch, width = shapes["data"]
        weights = (shape for shape in self.part_shapes(width) if len(shape) == 2)
        return int(steps * batch * sum(math.prod(shape) for shape in weights))

    def forward(
        self,
        data: Tensor,
        parameters: Tensor,
        state: Tensor,
        is_train: bool,
        state_cell: Tensor | None = None,
        sequence_length: Tensor | None = None,
    ) -> Any:
        """Return h of the last layer at all steps, and the last states where they are wanted."""
        parts = self._cut(parameters, data.shape[2])
        states = [state] if state_cell is None else [state, state_cell]
        results = self._run(data, parts, states, sequence_length, is_train=is_train)
        return tuple(results) if len(results) > 1 else results[0]

    def forward_saving(
        self,
        data: Tensor,
        parameters: Tensor,
        state: Tensor,
        is_train: bool,
        state_cell: Tensor | None = None,
        sequence_length: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Return the same, and what torch remembers of it."""
        given = {"data": [data], "parameters": self._cut(parameters, data.shape[2])}
        given |= {"state": [state]} | ({} if state_cell is None else {"state_cell": [state_cell]})
        # `data`, because the planner vouches for the memory: parts of its arena would look changed
        # to torch whenever another part is written.
        leaves = {
            name: [tensor.data.requires_grad_() for tensor in tensors]
            for name, tensors in given.items()
        }
        states = [*leaves["state"], *leaves.get("state_cell", [])]
        with torch.inference_mode(False), torch.enable_grad():
            ends = self._run(
                leaves["data"][0], leaves["parameters"], states, sequence_length, is_train=is_train
            )
        tape = data.new_zeros(1).as_subclass(_Tape)
        tape.leaves, tape.ends = leaves, ends
        return (*(end.data for end in ends), tape)

    def backward(
        self,
        grads: Sequence[Tensor | None],
        outputs: Sequence[Tensor],
        data: Tensor,
        parameters: Tensor,
        state: Tensor,
        tape: Tensor,
        wants: Collection[str],
        state_cell: Tensor | None = None,
        sequence_length: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the wanted gradients, which torch computes.

        The tensors are asked for because the tape refers to their memory: until then it must not
        be overwritten.
        """
        if not isinstance(tape, _Tape):
            raise ArgumentError("RNN: the gradients need the tape that forward_saving made")
        flowing = [(end, grad) for end, grad in zip(tape.ends, grads, strict=True)]
        ends = [end for end, grad in flowing if grad is not None]
        above = [grad for _, grad in flowing if grad is not None]
        leaves = [leaf for name in wants for leaf in tape.leaves[name]]
        found = iter(
            torch.autograd.grad(
                ends, leaves, above, retain_graph=True, allow_unused=True, materialize_grads=True
            )
        )
        return {
            name: _joined([next(found) for _ in tape.leaves[name]], name == "parameters")
            for name in wants
        }

    # -- parameters ------------------------------------------------------------------------------

    def part_shapes(self, width: int) -> list[Shape]:
        """Return the shapes of the parameters, in the order in which they lie in the vector."""
        rows = _GATES[self.mode] * self.state_size
        projection = [] if self.projection_size is None else [(self.width, self.state_size)]
        weights: list[Shape] = []
        for layer in range(self.num_layers):
            entering = self.width * self.directions if layer else width
            cell = [(rows, entering), (rows, self.width), *projection]
            weights += cell * self.directions
        return [*weights, *[(rows,)] * (2 * self.num_layers * self.directions)]

    def _cut(self, parameters: Tensor, width: int) -> list[Tensor]:
        """Return the parameters as views of the vector, in its order."""
        parts, start = [], 0
        for shape in self.part_shapes(width):
            size = math.prod(shape)
            parts.append(parameters[start : start + size].view(shape))
            start += size
        return parts

    def _cells(self, parts: Sequence[Tensor]) -> list[list[Tensor]]:
        """Return for each layer and direction its parameters, in the order that torch wants."""
        cells = self.num_layers * self.directions
        each = len(parts) // cells - 2
        weights, biases = parts[: each * cells], parts[each * cells :]
        found = []
        for cell in range(cells):
            own = weights[each * cell : each * (cell + 1)]
            found.append([*own[:2], *biases[2 * cell : 2 * cell + 2], *own[2:]])
        return found

    # -- kernels ---------------------------------------------------------------------------------

    def _run(
        self,
        data: Tensor,
        parts: Sequence[Tensor],
        states: Sequence[Tensor],
        lengths: Tensor | None,
        *,
        is_train: bool,
    ) -> tuple[Tensor, ...]:
        """Return all outputs."""
        if lengths is not None:
            lengths = self._checked_lengths(lengths, data.shape[0])
        bounds, cells = self._bounds(), self._cells(parts)
        dropout = self.p if is_train else 0.0
        found: Sequence[Tensor]
        if bounds is not None or (self.projection_size is not None and not data.is_cuda):
            both, ways = (states[0], states[1]), self.directions
            found = lstm_by_steps(
                data, lengths, both, cells, bounds, directions=ways, dropout=dropout
            )
        else:
            weights = [part for cell in cells for part in cell]
            way = (True, self.num_layers, dropout, is_train, self.bidirectional)
            found = self._call(data, weights, states, lengths, way)
        return tuple(found[: len(self.outputs())])

    def _bounds(self) -> Bounds | None:
        least, greatest = self.lstm_state_clip_min, self.lstm_state_clip_max
        return None if least is None or greatest is None else Bounds(least, greatest)

    def _call(
        self,
        data: Tensor,
        weights: list[Tensor],
        states: Sequence[Tensor],
        lengths: Tensor | None,
        way: tuple[Any, ...],
    ) -> Sequence[Tensor]:
        """Call torch's kernel: sequences of several lengths are packed, the longest first."""
        kernel = _KERNELS[self.mode]
        if lengths is None:
            return list(kernel(data, _start(states), weights, *way, False))
        longest_first = lengths.argsort(descending=True)
        packed = pack_padded_sequence(
            data.index_select(1, longest_first), lengths[longest_first].cpu()
        )
        first = _start([state.index_select(1, longest_first) for state in states])
        flat, *last = kernel(packed.data, packed.batch_sizes, first, weights, *way)
        output, _ = pad_packed_sequence(
            PackedSequence(flat, packed.batch_sizes), total_length=data.shape[0]
        )
        as_given = longest_first.argsort()
        return [each.index_select(1, as_given) for each in (output, *last)]

    def _checked_lengths(self, lengths: Tensor, steps: int) -> Tensor:
        whole = lengths.to(torch.int64)
        if bool(((whole < 1) | (whole > steps)).any()):
            raise ArgumentError(
                f"RNN: sequence_length must be between 1 and the number of steps, {steps}, got "
                f"{lengths.tolist()}"
            )
        return whole


def _start(states: Sequence[Tensor]) -> Any:
    """Return the first states as torch takes them: h, or h and c."""
    return list(states) if len(states) > 1 else states[0]


def _joined(parts: Sequence[Tensor], flat: bool) -> Tensor:
    """Return the gradient of one input of its parts."""
    return torch.cat([part.reshape(-1) for part in parts]) if flat else parts[0]


class _rnn_param_concat(Operator):
    """Join the parameters of recurrent layers into the vector that `RNN` takes.

    Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> from symnet.operators.functions import _rnn_param_concat
    >>> _rnn_param_concat(mx.array([1, 2]), mx.array([3]), dim=0)
    NDArray([1., 2., 3.], float32, CPU0)
    """

    aliases = ("_npi_rnn_param_concat",)

    args = Inputs("Arrays that differ in length along the joined axis only.")
    num_args: int = param("Number of arrays.", min=1)
    dim: int = param("The axis to join along.", default=1)

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """The lengths along the joined axis are added up; they must all be known."""
        known = [shape for shape in args if shape is not None]
        if len(known) < len(args):
            return {}
        axis = self.dim + len(known[0]) if self.dim < 0 else self.dim
        if not 0 <= axis < len(known[0]):
            raise ShapeError(f"dim={self.dim} is no axis of arrays with {len(known[0])} axes")
        joined = list(known[0])
        joined[axis] = sum(shape[axis] for shape in known if len(shape) > axis)
        for number, shape in enumerate(known):
            if (*shape[:axis], joined[axis], *shape[axis + 1 :]) != tuple(joined):
                raise ShapeError(
                    f"argument {number} of shape {shape} does not fit argument 0 of shape "
                    f"{known[0]}: all axes but axis {axis} must agree"
                )
        return {"output": tuple(joined)}

    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return the arrays one after the other."""
        return torch.cat(args, self.dim, out=out)

    @view_of("grad")
    def args_gradient(self, index: int, grad: Tensor, args_shape: Sequence[Shape]) -> Tensor:
        """Return the part of grad that belongs to one array."""
        start = sum(shape[self.dim] for shape in args_shape[:index])
        return grad.narrow(self.dim, start, args_shape[index][self.dim])
