"""Operators that a user writes in Python: `NDArrayOp` over NDArrays, `NumpyOp` over NumPy arrays.

They run on the thread that calls the executor. An object holds no state of a run, so one may stand
in several networks, and run in several executors at once. Source: docs/semantics §3.28.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..core.context import Context
from ..core.errors import ArgumentError, ParameterError, ShapeError
from ..ndarray import NDArray
from ..operators.contract import Inputs, Operator, Shape, Shapes, param
from ..operators.dispatch import apply

__all__ = ["OPERATORS_IN_PYTHON", "NDArrayOp", "NumpyOp", "PythonOp", "context_of", "shape_told"]


class PythonOp(ABC):
    """What `NDArrayOp` and `NumpyOp` share: derive from one of those.

    An object is used like an operator's function: called with symbols, by position or by name, it
    makes a node. A symbol with such a node can be written as JSON, so that checkpoints work, but
    not read back: a file cannot hold Python code.
    """

    need_top_grad: bool = True
    """Whether `backward` needs what flows back from the outputs; a loss says False."""

    _operator: ClassVar[type[Operator]]

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs, at least one."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs, at least one."""
        return ["output"]

    def infer_shape(
        self, in_shapes: list[Shape | None]
    ) -> tuple[Sequence[Shape | None], Sequence[Shape]]:
        """Return the shapes of all inputs and of all outputs; default: each as the first input.

        Args:
            in_shapes: the shapes of the inputs. The first is known; None stands for another one
                that is not, as that of a label.
        """
        first = in_shapes[0]
        outputs = () if first is None else (first,) * len(self.list_outputs())
        return [first] * len(in_shapes), outputs

    @abstractmethod
    def forward(self, in_data: list[Any], out_data: list[Any]) -> None:
        """Compute the outputs.

        Args:
            in_data: the inputs, to be read.
            out_data: arrays of zeros to write into: ``out_data[0][:] = …``.
        """

    def backward(
        self, out_grad: list[Any], in_data: list[Any], out_data: list[Any], in_grad: list[Any]
    ) -> None:
        """Compute the gradients; without it the operator can predict, but not train.

        Args:
            out_grad: what flows back from the outputs; zeros where nothing does.
            in_data: the inputs, to be read.
            out_data: the outputs, to be read.
            in_grad: arrays of zeros to write into, None for a gradient that is not wanted.
        """
        raise NotImplementedError(f"{self!r} has no backward")

    def __call__(
        self,
        *inputs: Any,
        name: str | None = None,
        attrs: Mapping[str, str] | None = None,
        out: Any = None,
        **named: Any,
    ) -> Any:
        """Make a node of symbols, or compute with NDArrays at once.

        Args:
            inputs: symbols or arrays by position; of symbols the last may be left out.
            name: the node's name, default ``_ndarray0`` or ``_native0``.
            attrs: attributes to attach, strings by name.
            out: an array to write the result into, for arrays.
            named: symbols or arrays by argument name, instead of by position.
        """
        op = self._operator.make(
            {
                "info": self,
                "num_args": len(self.list_arguments()),
                "need_top_grad": self.need_top_grad,
            }
        )
        return apply(op, inputs, named, name=name, attrs=attrs, out=out)

    def __repr__(self) -> str:
        return type(self).__name__

    # -- between tensors and what the user sees ----------------------------------------------------

    @abstractmethod
    def _show(self, tensor: Tensor, *, writable: bool) -> Any:
        """Return what the user sees of a tensor."""

    @abstractmethod
    def _take(self, tensor: Tensor, shown: Any) -> None:
        """Write back what the user wrote, where that shares no memory with the tensor."""


class NDArrayOp(PythonOp):
    """Base class of operators written with NDArrays.

    Derive, and write `forward` and `backward`; say what else is not the default.

    >>> from symnet.symbol import Variable
    >>> class Double(NDArrayOp):
    ...     def forward(self, in_data, out_data):
    ...         out_data[0][:] = in_data[0] * 2
    ...     def backward(self, out_grad, in_data, out_data, in_grad):
    ...         in_grad[0][:] = out_grad[0] * 2
    >>> double = Double()
    >>> double(Variable("x"), name="twice").list_outputs()
    ['twice_output']
    >>> double(NDArray([1, 2]))
    NDArray([2., 4.], float32, CPU0)
    """

    def _show(self, tensor: Tensor, *, writable: bool) -> NDArray:
        return NDArray.wrap(tensor, context_of(tensor), writable=writable)

    def _take(self, tensor: Tensor, shown: NDArray) -> None:
        """Nothing is left to do: it is the same memory."""


class NumpyOp(PythonOp):
    """Base class of operators written with NumPy.

    Derive, and write `forward` and `backward`; say what else is not the default. On a CPU the
    arrays are the network's own memory; those of a GPU are copied there and back.

    >>> from symnet.symbol import Variable
    >>> import numpy as np
    >>> class Softplus(NumpyOp):
    ...     def forward(self, in_data, out_data):
    ...         out_data[0][:] = np.logaddexp(0, in_data[0])
    ...     def backward(self, out_grad, in_data, out_data, in_grad):
    ...         in_grad[0][:] = out_grad[0] * -np.expm1(-out_data[0])
    >>> Softplus()(data=Variable("x")).list_arguments()
    ['x']
    """

    def _show(self, tensor: Tensor, *, writable: bool) -> Any:
        shown = tensor.cpu().numpy()
        if not writable:
            shown.flags.writeable = False
        return shown

    def _take(self, tensor: Tensor, shown: Any) -> None:
        if tensor.device.type != "cpu":
            tensor.copy_(torch.from_numpy(shown))


def context_of(tensor: Tensor) -> Context:
    """Return the context that a tensor lives on."""
    device = tensor.device
    return Context("cpu") if device.type == "cpu" else Context("gpu", device.index)


def _run(
    info: PythonOp,
    method: Callable[..., None],
    read: Sequence[Sequence[Tensor]],
    written: Sequence[Tensor | None],
) -> None:
    """Call the user's method with what it reads, and last with what it writes."""
    shown = [[info._show(tensor, writable=False) for tensor in group] for group in read]
    targets = [None if t is None else info._show(t, writable=True) for t in written]
    given = list(targets)
    method(*shown, given)
    for tensor, target, found in zip(written, targets, given, strict=True):
        if tensor is None or target is None:
            continue
        if found is not target:  # ``out_data[0] = y`` means ``out_data[0][:] = y``
            target[:] = found
        info._take(tensor, target)


def _shapes_of(
    info: PythonOp, known: Sequence[Shape | None]
) -> tuple[list[Shape | None], list[Shape | None]]:
    """Return what the user infers of the shapes of inputs and outputs."""
    try:
        inputs, outputs = info.infer_shape(list(known))
    except ShapeError:
        raise
    except Exception as error:
        raise ShapeError(f"infer_shape failed: {type(error).__name__}: {error}") from error
    expected = len(info.list_arguments()), len(info.list_outputs())
    if (len(inputs), len(outputs)) != expected:
        raise ShapeError(
            f"infer_shape should return {expected[0]} shapes of inputs and {expected[1]} of "
            f"outputs, got {list(inputs)} and {list(outputs)}"
        )
    found = [[None if s is None else shape_told(s) for s in group] for group in (inputs, outputs)]
    return found[0], found[1]


def shape_told(shape: Any) -> Shape:
    """Return a shape that a user's class inferred; empty where it is not known.

    Raises ShapeError for what is none.
    """
    try:
        lengths = [operator.index(length) for length in shape]
    except TypeError:
        lengths = [-1]
    if not all(0 < length < 1 << 63 for length in lengths):
        raise ShapeError(f"infer_shape should return shapes of whole lengths from 1, got {shape!r}")
    return tuple(lengths)


# -- what stands in a graph ----------------------------------------------------------------------


def _check(self: Any) -> None:
    who = type(self).__name__
    if not isinstance(self.info, PythonOp):
        raise ParameterError(
            f"{who}: info must be an operator written in Python, got {self.info!r}; a file cannot "
            "hold one: build the network in Python again, and load its parameters"
        )
    names = self.info.list_arguments()
    if self.num_args != len(names):
        raise ArgumentError(
            f"{who}: {self.info!r} takes {len(names)} inputs ({', '.join(names)}), got "
            f"{self.num_args}"
        )


def _arguments(self: Any) -> tuple[str, ...]:
    return tuple(self.info.list_arguments())


def _outputs(self: Any) -> tuple[str, ...]:
    return tuple(self.info.list_outputs())


def _is_loss(self: Any) -> bool:
    return not self.need_top_grad


def _infer_shape(self: Any, args: list[Shape | None]) -> Shapes:
    if args[0] is None:
        return {}
    inputs, results = _shapes_of(self.info, args)
    return {"args": inputs, **dict(zip(self.outputs(), results, strict=True))}


def _forward(self: Any, args: list[Tensor]) -> Any:
    shapes = _shapes_of(self.info, [tuple(tensor.shape) for tensor in args])[1]
    results = tuple(args[0].new_zeros(shape or ()) for shape in shapes)
    _run(self.info, self.info.forward, [args], results)
    return results if len(results) > 1 else results[0]


def _backward(
    self: Any,
    grads: Sequence[Tensor | None],
    args: list[Tensor],
    outputs: list[Tensor],
    wants: frozenset[str],
) -> Mapping[str, Tensor]:
    nothing = args[0].new_zeros(())
    above = [
        nothing.expand(output.shape) if grad is None else grad
        for grad, output in zip(grads, outputs, strict=True)
    ]
    names = self.arguments()
    found = {
        each: torch.zeros_like(tensor, memory_format=torch.contiguous_format)
        for each, tensor in zip(names, args, strict=True)
        if each in wants
    }
    wanted = [found.get(each) for each in names]
    _run(self.info, self.info.backward, [above, args, outputs], wanted)
    return found


def _class(name: str, doc: str) -> type[Operator]:
    """Return the operator that stands in a graph for objects of one kind."""
    members = {
        "__doc__": doc,
        "__annotations__": {"info": object, "num_args": int, "need_top_grad": bool},
        "pure": False,
        "foreign": True,
        "args": Inputs("Inputs, as list_arguments of the object names them."),
        "info": param("The object that computes."),
        "num_args": param("Number of inputs.", min=1),
        "need_top_grad": param("Whether gradients need what flows back.", default=True),
        "check": _check,
        "arguments": _arguments,
        "outputs": _outputs,
        "is_loss": _is_loss,
        "infer_shape": _infer_shape,
        "forward": _forward,
        "backward": _backward,
    }
    return type(name, (Operator,), members)


NDArrayOp._operator = _class("_NDArray", "Run an operator written in Python with NDArrays.")
NumpyOp._operator = _class("_Native", "Run an operator written in Python with NumPy.")

OPERATORS_IN_PYTHON = (NDArrayOp._operator, NumpyOp._operator)
"""The operators that stand in a graph for what is written in Python."""
