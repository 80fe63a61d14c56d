"""`Custom`: the operator that a Python class computes, found by the name it is registered under.

A network with it can be written and read back wherever the class is registered again; keyword
parameters travel as texts. Source: Apache MXNet 1.9.1.
"""

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from ..core.dtype import dtype_name, to_torch
from ..core.errors import ArgumentError, DTypeError, MXError, ParameterError, ShapeError
from ..ndarray import NDArray
from ..operators.contract import Inputs, Operator, Shape, Shapes, State, param
from .custom import context_of, shape_told
from .custom_classes import CustomOp, find_custom

__all__ = ["Custom"]


class _Carrier(Tensor):
    """A tensor without numbers that takes the object of one run from forward to backward."""

    computing: CustomOp


class Custom(Operator):
    """Run an operator written in Python, which is registered under ``op_type``.

    Its inputs, outputs and states are those that the registered class lists. Further keyword
    parameters go to that class, as texts. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> class Pass(mx.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0])
    >>> @mx.register_custom("pass")
    ... class PassProp(mx.CustomOpProp):
    ...     def create_operator(self, ctx, in_shapes, in_dtypes):
    ...         return Pass()
    >>> mx.Custom(mx.array([1, 2]), op_type="pass")
    NDArray([1., 2.], float32, CPU0)
    """

    aliases = ("_npi_Custom",)
    pure = False
    foreign = True
    free_parameters = True

    args = Inputs("Inputs, as list_arguments of the class names them.")
    aux = State("Auxiliary states, as list_auxiliary_states of the class names them.")
    op_type: str = param("Name that the class is registered under.")
    num_args: int = param("Number of inputs; the class tells it.", default=0, min=0)
    options: object = param("Parameters of the class, pairs of texts.", default=())

    # What knows the operator, and objects that compute and are not in use, by what they are for.
    _prop: ClassVar[Any]
    _idle: ClassVar[dict[Any, list[CustomOp]]]

    def check(self) -> None:
        """Make the object that knows the operator."""
        cls = find_custom(self.op_type)
        try:
            prop = cls(**self._texts())
        except Exception as error:
            raise ParameterError(
                f"Custom: {cls.__name__}, registered as {self.op_type!r}, cannot be made with "
                f"{self._texts()}: {type(error).__name__}: {error}"
            ) from error
        object.__setattr__(self, "_prop", prop)
        object.__setattr__(self, "_idle", {})
        object.__setattr__(self, "num_args", len(prop.list_arguments()))

    def _texts(self) -> dict[str, str]:
        pairs: Any = self.options
        return dict(pairs)

    def slots(self) -> dict[str, int | tuple[int, ...]]:
        """Return where inputs and states stand."""
        end = self.num_args + len(self.state_names())
        return {"args": tuple(range(self.num_args)), "aux": tuple(range(self.num_args, end))}

    def arguments(self) -> tuple[str, ...]:
        """Return the names that the class lists."""
        return tuple(self._prop.list_arguments())

    def state_names(self) -> tuple[str, ...]:
        """Return the names that the class lists."""
        return tuple(self._prop.list_auxiliary_states())

    def outputs(self) -> tuple[str, ...]:
        """Return the names that the class lists."""
        return tuple(self._prop.list_outputs())

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """What computes: backward is called on the object that forward was."""
        return {"carrier": None}

    def is_loss(self) -> bool:
        """Tell whether the class declares that it needs nothing from above."""
        outputs, inputs = len(self.outputs()), self.num_args
        above = list(range(outputs))
        data = list(range(outputs, outputs + inputs))
        results = list(range(outputs + inputs, 2 * outputs + inputs))
        needed = self._prop.declare_backward_dependency(above, data, results)
        return not set(above) & set(needed)

    # -- inference -------------------------------------------------------------------------------

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """As the class infers."""
        if args[0] is None:
            return {}
        inputs, outputs, states = self._shapes_of(args)
        return {
            "args": inputs,
            "aux": states,
            **dict(zip(self.outputs(), outputs, strict=True)),
            "carrier": (1,),
        }

    def _shapes_of(self, known: Sequence[Shape | None]) -> list[list[Shape]]:
        """Return what the class infers of the shapes of inputs, outputs and states."""
        given = [[] if shape is None else list(shape) for shape in known]
        groups = self._asked(ShapeError, "infer_shape", given)
        return [[shape_told(shape) for shape in group] for group in groups]

    def infer_types(
        self, inputs: Sequence[torch.dtype | None]
    ) -> tuple[list[torch.dtype], list[torch.dtype]]:
        """As the class infers; an input of which nothing is known is as the first that is."""
        count = self.num_args
        known = next((dtype for dtype in inputs[:count] if dtype is not None), torch.float32)
        given = [_numpy_type(dtype or known) for dtype in inputs[:count]]
        groups = self._asked(DTypeError, "infer_type", given)
        found, outputs, states = ([to_torch(each) for each in group] for group in groups)
        return [*found, *states], outputs

    def _asked(self, kind: type[MXError], method: str, given: list[Any]) -> list[list[Any]]:
        """Return what a method says of inputs, outputs and states; errors are of one kind."""
        try:
            found = [list(group) for group in getattr(self._prop, method)(given)]
        except MXError:
            raise
        except Exception as error:
            raise kind(f"{method} failed: {type(error).__name__}: {error}") from error
        found += [[]] * (3 - len(found))
        expected = [self.num_args, len(self.outputs()), len(self.state_names())]
        if [len(group) for group in found] != expected:
            raise kind(
                f"{method} should return {expected[0]} of inputs, {expected[1]} of outputs and "
                f"{expected[2]} of states, got {found}"
            )
        return found

    # -- running ---------------------------------------------------------------------------------

    def forward(
        self, args: list[Tensor], is_train: bool, aux: list[Tensor] | None = None
    ) -> Tensor | tuple[Tensor, ...]:
        """Return what the class computes."""
        results = self.forward_saving(args, is_train, aux)[:-1]
        return results if len(results) > 1 else results[0]

    def forward_saving(
        self, args: list[Tensor], is_train: bool, aux: list[Tensor] | None = None
    ) -> tuple[Tensor, ...]:
        """Return the same, and the object that computed it."""
        computing, idle = self._take(args)
        shapes = self._shapes_of([tuple(tensor.shape) for tensor in args])[1]
        dtypes = self.infer_types([tensor.dtype for tensor in args])[1]
        results = tuple(
            args[0].new_zeros(shape, dtype=dtype)
            for shape, dtype in zip(shapes, dtypes, strict=True)
        )
        written = _shown(results, writable=True)
        computing.forward(
            is_train,
            ["write"] * len(results),
            _shown(args),
            written,
            _shown(aux or (), writable=True),
        )
        _take_over(results, written)
        carrier = args[0].new_zeros(1).as_subclass(_Carrier)
        carrier.computing = computing
        # Whose run is over may compute for another executor; until then it is this one's alone.
        weakref.finalize(carrier, idle.append, computing)
        return (*results, carrier)

    def backward(
        self,
        grads: Sequence[Tensor | None],
        args: list[Tensor],
        outputs: list[Tensor],
        carrier: Tensor,
        wants: frozenset[str],
        aux: list[Tensor] | None = None,
    ) -> Mapping[str, Tensor]:
        """Return the wanted gradients."""
        if not isinstance(carrier, _Carrier):
            raise ArgumentError("Custom: backward needs what forward_saving left")
        above = [
            torch.zeros_like(output) if grad is None else grad
            for grad, output in zip(grads, outputs, strict=True)
        ]
        found = [torch.zeros_like(tensor, memory_format=torch.contiguous_format) for tensor in args]
        names, written = self.arguments(), _shown(found, writable=True)
        carrier.computing.backward(
            ["write" if name in wants else "null" for name in names],
            _shown(above),
            _shown(args),
            _shown(outputs),
            written,
            _shown(aux or (), writable=True),
        )
        _take_over(found, written)
        return {name: tensor for name, tensor in zip(names, found, strict=True) if name in wants}

    def _take(self, args: Sequence[Tensor]) -> tuple[CustomOp, list[CustomOp]]:
        """Return an object that nobody uses, and the list that it goes back to."""
        context = context_of(args[0])
        shapes = [list(tensor.shape) for tensor in args]
        dtypes = [_numpy_type(tensor.dtype) for tensor in args]
        key = (context, str(shapes), tuple(dtypes))
        idle = self._idle.setdefault(key, [])
        try:
            return idle.pop(), idle
        except IndexError:
            return self._prop.create_operator(context, shapes, dtypes), idle

    # -- text ------------------------------------------------------------------------------------

    @classmethod
    def from_text(cls, texts: Mapping[str, str], *, mxnet_defaults: bool) -> Self:
        """Return the operator that a symbol file describes."""
        if "op_type" not in texts:
            raise ParameterError("Custom: missing parameter 'op_type'")
        own = {key: text for key, text in texts.items() if key not in ("op_type", "num_args")}
        return cls(op_type=texts["op_type"], options=tuple(sorted(own.items())))

    def to_text(self) -> dict[str, str]:
        """Return the parameters of the class, and its name."""
        return {**self._texts(), "op_type": self.op_type}

    def __repr__(self) -> str:
        given = "".join(f", {key}={text!r}" for key, text in self._texts().items())
        return f"Custom(op_type={self.op_type!r}{given})"


def _numpy_type(dtype: torch.dtype) -> Any:
    return np.dtype(dtype_name(dtype)).type


def _shown(tensors: Sequence[Tensor], *, writable: bool = False) -> list[NDArray]:
    return [NDArray.wrap(each, context_of(each), writable=writable) for each in tensors]


def _take_over(tensors: Sequence[Tensor], written: Sequence[Any]) -> None:
    """Let ``out_data[0] = y`` mean ``out_data[0][:] = y``."""
    for tensor, found in zip(tensors, written, strict=True):
        target = NDArray.wrap(tensor, context_of(tensor))
        if not isinstance(found, NDArray) or found.torch.data_ptr() != tensor.data_ptr():
            target[:] = found
