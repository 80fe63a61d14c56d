"""What a row of operator tests is, and how symbols and arrays are made of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symnet as mx
from symnet.operators.contract import Inputs, Operator, find_operator
from symnet.operators.dispatch import operator_function

__all__ = [
    "NODE",
    "Draw",
    "Function",
    "Row",
    "Shape",
    "Vector",
    "close",
    "distinct",
    "far",
    "fractions",
    "function_of",
    "given",
    "normal",
    "positive",
    "run",
]

NODE = "node"
"""The name that a row's operator gets in its symbol."""

Shape = tuple[int, ...]
Draw = Callable[[np.random.Generator, Shape], np.ndarray]
Function = Callable[..., np.ndarray]


# -- how numbers are drawn -------------------------------------------------------------------------


def normal(random, shape):
    return random.normal(size=shape)


def positive(random, shape):
    return random.uniform(0.5, 2.0, shape)


def fractions(random, shape):
    """Numbers between -3 and 3, away from whole ones and from halves, where functions jump."""
    return random.integers(-3, 3, shape) + random.choice([0.2, 0.4, 0.6, 0.8], shape)


def distinct(random, shape):
    """Numbers of which none is near another: a maximum stays one when they move a little."""
    return 0.1 * (random.permutation(np.prod(shape)).reshape(shape) + 0.5 - np.prod(shape) // 2)


def far(random, shape):
    """Numbers of which the exponential is nothing, or more than a float can hold."""
    return random.choice([-1.0, 1.0], shape) * random.uniform(50, 2000, shape)


def given(*numbers):
    """These very numbers."""
    return lambda random, shape: np.array(numbers, dtype=float).reshape(shape)


# -- rows ------------------------------------------------------------------------------------------


def function_of(name: str) -> Callable[..., Any]:
    """The operator's public function; of an internal operator the one that it would have."""
    found = getattr(mx, name, None)
    return found if hasattr(found, "operator") else operator_function(find_operator(name))


@dataclass(frozen=True)
class Row:
    """One case of one operator.

    Args:
        op: the operator's name, or an alias.
        params: its parameters.
        shapes: the shapes of all its inputs, by name and in order.
        output: the shape of its output, or of each of several; a tuple of shapes where they differ.
        reference: function of NumPy that returns the output (a tuple of several), given the inputs
            and the states in order and the parameters by name.
        why: what is special about this case.
        known: the inputs from whose shapes the other shapes follow, default the first alone.
        draws: how the numbers of an input are drawn, default from the normal distribution.
        own_gradient: for a loss, and for whatever else heeds no gradient from above, function of
            NumPy that returns the gradient of the first input, given the same.
        rtol: relative tolerance in float32; state the reason in `why` where it is loose.
        count: how many outputs there are.
        states: the shapes of its auxiliary states, by name and in order.
        in_training: the reference for training, where that differs from prediction.
        next_states: function of NumPy that returns the states as going back once in training leaves
            them, given the same.
        flows_back: for what heeds the gradient from above, but does not give the derivative back:
            function of NumPy that returns the gradient of the first input, given that gradient and
            the same.
        dtype: the output's element type, where it is not the inputs'.
        names: the names of the outputs, where they are not ``output``, or ``output0`` and so on.
        random: whether training draws random numbers; only prediction is tested then.
    """

    op: str
    params: Mapping[str, Any]
    shapes: Mapping[str, Shape]
    output: Shape | tuple[Shape, ...]
    reference: Function
    why: str = ""
    known: tuple[str, ...] = ()
    draws: Mapping[str, Draw] = field(default_factory=dict)
    own_gradient: Function | None = None
    rtol: float = 1e-5
    count: int = 1
    states: Mapping[str, Shape] = field(default_factory=dict)
    in_training: Function | None = None
    next_states: Function | None = None
    flows_back: Function | None = None
    dtype: str | None = None
    random: bool = False
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.op}({params})" + (f" {self.why}" if self.why else "")

    def inputs(self, number: int = 0) -> dict[str, np.ndarray]:
        """The row's inputs in float64, by name: the same in every call, others for each number."""
        return self._drawn(self.shapes, np.random.default_rng([len(self.op), number]))

    def first_states(self) -> dict[str, np.ndarray]:
        """The row's states in float64, by name: the same in every call."""
        return self._drawn(self.states, np.random.default_rng([len(self.op), 99]))

    def _drawn(
        self, shapes: Mapping[str, Shape], random: np.random.Generator
    ) -> dict[str, np.ndarray]:
        return {
            name: np.asarray(self.draws.get(name, normal)(random, shape), dtype=float)
            for name, shape in shapes.items()
        }

    def outputs(self) -> list[Shape]:
        """The shapes of all outputs."""
        differ = any(isinstance(each, tuple) for each in self.output)
        return list(self.output) if differ else [self.output] * self.count

    def modes(self) -> tuple[bool, ...]:
        """The values of `is_train` under which the gradient is worth a look."""
        if self.random:
            return (False,)
        return (True, False) if self.in_training or self.next_states else (True,)

    def expected(self, *numbers: np.ndarray, is_train: bool) -> tuple[np.ndarray, ...]:
        """The outputs that the reference gives for inputs and states."""
        function = self.in_training if is_train and self.in_training else self.reference
        found = function(*numbers, **self.params)
        return found if isinstance(found, tuple) else (found,)

    def known_shapes(self) -> dict[str, Shape]:
        """The shapes that inference is told."""
        return {name: self.shapes[name] for name in self.known or list(self.shapes)[:1]}

    def differentiable(self) -> list[str]:
        """The inputs that a gradient flows into."""
        inputs = find_operator(self.op).inputs
        closed = [n for n, i in inputs.items() if not (isinstance(i, Inputs) or i.takes_gradient)]
        return [name for name in self.shapes if name not in closed]

    def apply(self, values: Mapping[str, Any], **extra: Any) -> Any:
        """Call the public function on symbols or arrays given by argument name."""
        inputs = find_operator(self.op).inputs.values()
        if any(isinstance(declared, Inputs) for declared in inputs):
            return function_of(self.op)(*values.values(), **self.params, **extra)
        return function_of(self.op)(**values, **self.params, **extra)

    def symbol(self) -> mx.SymbolicNode:
        """The operator over a variable for each input."""
        return self.apply({name: mx.Variable(name) for name in self.shapes}, name=NODE)

    def operator(self) -> Operator:
        """The operator itself."""
        return self.symbol().graph.outputs[0].node.op

    def arrays(self, dtype: str = "float64") -> dict[str, mx.NDArray]:
        """The inputs as arrays."""
        return {name: mx.array(value, dtype=dtype) for name, value in self.inputs().items()}

    def state_arrays(self, dtype: str = "float64") -> dict[str, mx.NDArray]:
        """The states as arrays, by the names that they have in the symbol."""
        return {
            f"{NODE}_{name}": mx.array(value, dtype=dtype)
            for name, value in self.first_states().items()
        }


# -- running ---------------------------------------------------------------------------------------


def run(
    symbol: mx.SymbolicNode,
    inputs: Mapping[str, Any],
    *heads: Any,
    wanted: Sequence[str] | None = None,
    is_train: bool = True,
    dtype: str = "float64",
) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """Go forward and back; return the outputs and the gradients of some inputs, default all."""
    arrays = {name: mx.array(numbers, dtype=dtype) for name, numbers in inputs.items()}
    gradients = {n: mx.zeros(arrays[n].shape, dtype=dtype) for n in wanted or arrays}
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients)
    executor.forward(is_train=is_train)
    executor.backward([mx.array(head, dtype=dtype) for head in heads])
    found = {name: array.asnumpy() for name, array in executor.grad_dict.items()}
    return [output.asnumpy() for output in executor.outputs], found


# -- numbers that were worked out by hand or recorded ----------------------------------------------


def close(found, expected, **tolerance) -> None:
    np.testing.assert_allclose(found, expected, **{"rtol": 1e-5, "atol": 1e-5, **tolerance})


@dataclass(frozen=True)
class Vector:
    """An operator, its inputs, and what must come out.

    Args:
        symbol: makes the symbol of variables given by the inputs' names.
        inputs: the inputs, by name.
        output: the output.
        gradients: gradients of some inputs, by name.
        head: the gradient of the output; None for a loss.
    """

    symbol: Callable[..., mx.SymbolicNode]
    inputs: dict[str, Any]
    output: Any
    gradients: dict[str, Any] = field(default_factory=dict)
    head: Any = None

    def check(self, *, is_train: bool) -> None:
        """Go forward and back in float32, and compare."""
        symbol = self.symbol(**{name: mx.Variable(name) for name in self.inputs})
        heads = [] if self.head is None else [self.head]
        (output,), gradients = run(symbol, self.inputs, *heads, is_train=is_train, dtype="float32")
        close(output, self.output)
        for name, expected in self.gradients.items():
            close(gradients[name], expected)
