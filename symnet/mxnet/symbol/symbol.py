"""Symbol as Python-MXNet has it. Source: Apache MXNet 1.9.1, ``mxnet.symbol.Symbol``."""

from ast import literal_eval
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...core.arithmetic import DIVIDE, MINUS, PLUS, POWER, TIMES, Operation, is_number
from ...core.errors import ArgumentError
from ...core.paths import write_atomically
from ...graph.node import Node, Value, substitute
from ...operators import definitions  # noqa: F401 -- read for the classes that it registers
from ...operators.contract import OPERATORS
from ...symbol import SymbolicNode
from ..base import NotImplementedForSymbol
from ..calls import Face, invoke
from ..methods import OperatorMethods
from ..node_attributes import attributes_of, attributes_of_all

__all__ = ["FACE", "Symbol", "wrap"]

_ARITHMETIC = {
    PLUS: ("_Plus", "_PlusScalar", "_PlusScalar"),
    MINUS: ("_Minus", "_MinusScalar", "_RMinusScalar"),
    TIMES: ("_Mul", "_MulScalar", "_MulScalar"),
    DIVIDE: ("_Div", "_DivScalar", "_RDivScalar"),
    POWER: ("_Power", "_PowerScalar", "_rpower_scalar"),
}
"""For each sign: the operator of two symbols, of symbol and number, of number and symbol."""


class Symbol(OperatorMethods, SymbolicNode):
    """A network that is declared but not yet computed, with Python-MXNet's methods.

    >>> import symnet.mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    >>> net.infer_shape(data=(2, 5))[0]
    [(2, 5), (3, 5), (3,)]
    """

    __slots__ = ()
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        name = self.name
        if name is None:
            return f"<Symbol group [{', '.join(str(each.name) for each in self)}]>"
        return f"<Symbol {name}>"

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol("__bool__")

    # -- outputs ---------------------------------------------------------------------------------

    def __iter__(self) -> Iterator["Symbol"]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index: Any) -> "Symbol":
        """Return one output, by position or by name, or a group of several.

        Raises IndexError where there is no such output, ArgumentError for an unknown name.
        """
        count = len(self)
        if isinstance(index, slice):
            return Symbol(*self.graph.outputs[index])
        if not isinstance(index, str) and not -count <= index < count:
            raise IndexError(f"no output {index}: there are {count}")
        return self._of(super().__getitem__(index))

    def get_internals(self) -> "Symbol":
        """Return a group of every output of every node, auxiliary states included."""
        return Symbol(*(value for node in self.graph.nodes for value in node.outputs))

    def get_children(self) -> "Symbol | None":
        """Return a group of what the node is applied to; None for a variable."""
        nodes = dict.fromkeys(value.node for value in self.graph.outputs)
        found = [value for node in nodes for value in node.inputs]
        return Symbol(*found) if found else None

    def list_inputs(self) -> list[str]:
        """Return the names of arguments and auxiliary states, in the order of the graph."""
        return [node.name for node in self.graph.nodes if node.op is None]

    # -- attributes ------------------------------------------------------------------------------

    def attr(self, key: str) -> str | None:
        """Return an attribute or a parameter of the node, None where it has none of that name."""
        node = self._node("attr")
        bare = key[2:-2] if key.startswith("__") and key.endswith("__") else key
        return node.attributes.get(bare, attributes_of(node).get(key))

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return the attributes and parameters of the node."""
        if recursive:
            raise ArgumentError("list_attr(recursive=True) is gone from MXNet: use attr_dict()")
        return attributes_of(self._node("list_attr"))

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes and parameters of all nodes that have any, by name of the node."""
        return attributes_of_all(self.graph)

    def _set_attr(self, **attributes: str) -> None:
        for key, value in attributes.items():
            self.set_attr(key, value)

    # -- inference -------------------------------------------------------------------------------

    def infer_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Return the shapes of arguments, outputs and auxiliary states; three times None where
        too little is known. Shapes come in order or by name.
        """
        network = self.given_shapes(
            {**dict(zip(self.list_arguments(), args, strict=False)), **kwargs}
        )
        return super(Symbol, network).infer_shape(*map(_shape, args), **_shapes(kwargs))

    def given_shapes(self, given: Mapping[str, Any]) -> "Symbol":
        """Return the network with variables that do not declare other shapes than are given.

        What is given takes the place of a declaration: ``Variable(name, shape=...)`` is a default.
        A shape with lengths of 0 is declared, as they follow from its use.
        """
        other: dict[Node, str | None] = {}
        for node in self.graph.arguments:
            shape = tuple(map(int, given.get(node.name) or ()))
            if 0 in shape:
                other[node] = str(shape)
            elif shape and literal_eval(node.attributes.get("shape", "()")) not in ((), shape):
                other[node] = None

        def replace(node: Node, inputs: tuple[Value, ...]) -> Node | None:
            if node not in other:
                return None
            text = other[node]
            rest = {key: each for key, each in node.attributes.items() if key != "shape"}
            own = rest if text is None else {**rest, "shape": text}
            return Node(None, node.name, (), own, node.automatic)

        return Symbol(*substitute(self.graph.outputs, replace)) if other else self

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> Any:
        """Return what can be inferred; ``()`` stands for the shapes that cannot."""
        network = self.given_shapes(
            {**dict(zip(self.list_arguments(), args, strict=False)), **kwargs}
        )
        return super(Symbol, network).infer_shape_partial(*map(_shape, args), **_shapes(kwargs))

    def infer_type(self, *args: Any, **kwargs: Any) -> Any:
        """Return the element types of arguments, outputs and states, as NumPy's classes."""
        found = super().infer_type(*args, **kwargs)
        return tuple([np.dtype(name).type for name in group] for group in found)

    infer_type_partial = infer_type

    # -- copies ----------------------------------------------------------------------------------

    def astype(self, dtype: Any) -> Any:
        """Return a symbol of the same numbers with another element type."""
        return self._apply("cast", dtype=dtype)

    # -- files -----------------------------------------------------------------------------------

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """Return the symbol as JSON."""
        return self.to_json()

    def save(self, fname: str | Path, remove_amp_cast: bool = True) -> None:
        """Write the symbol to a file that MXNet reads."""
        with write_atomically(fname) as file:
            file.write(self.to_json().encode())

    def __reduce__(self) -> tuple[Any, ...]:
        return Symbol.from_json, (self.to_json(),)

    def debug_str(self) -> str:
        """Return the nodes of the graph, one a line."""
        return "\n".join(map(repr, self.graph.nodes))

    # -- running ---------------------------------------------------------------------------------

    def simple_bind(self, ctx: Any, grad_req: Any = "write", **options: Any) -> Any:
        """Return an executor over arrays that are made here; see `symnet.mxnet.executor`."""
        from ..executor import simple_bind

        return simple_bind(self, ctx, grad_req, **options)

    def bind(
        self,
        ctx: Any,
        args: Any,
        args_grad: Any = None,
        grad_req: Any = "write",
        aux_states: Any = None,
        group2ctx: Any = None,
        shared_exec: Any = None,
    ) -> Any:
        """Return an executor over given arrays; see `symnet.mxnet.executor`."""
        from ..executor import bind

        return bind(self, ctx, args, args_grad, grad_req, aux_states, group2ctx)

    def eval(self, ctx: Any = None, **kwargs: Any) -> Any:
        """Return the outputs for given arrays, by name of the argument."""
        from ..context import current_context

        return self.bind(ctx or current_context(), kwargs).forward()

    # -- arithmetic ------------------------------------------------------------------------------

    def _apply(self, name: str, *others: Any, **parameters: Any) -> Any:
        return invoke(OPERATORS[name], name.lower(), FACE, (self, *others), parameters)

    def _with(self, other: Any, both: str, scalar: str) -> Any:
        if isinstance(other, SymbolicNode):
            return self._apply(both, other)
        if not is_number(other):
            return NotImplemented
        return self._apply(scalar, scalar=float(other))

    def _operate(self, operation: Operation, other: Any, *, reflected: bool = False) -> Any:
        both, right, left = _ARITHMETIC[operation]
        return self._with(other, both, left if reflected else right)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, "_Mod", "_ModScalar")

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, "_Mod", "_RModScalar")

    def __abs__(self) -> Any:
        return self._apply("abs")

    def __eq__(self, other: object) -> Any:
        return self._with(other, "_equal", "_equal_scalar")

    def __ne__(self, other: object) -> Any:
        return self._with(other, "_not_equal", "_not_equal_scalar")

    def __gt__(self, other: Any) -> Any:
        return self._with(other, "_greater", "_greater_scalar")

    def __ge__(self, other: Any) -> Any:
        return self._with(other, "_greater_equal", "_greater_equal_scalar")

    def __lt__(self, other: Any) -> Any:
        return self._with(other, "_lesser", "_lesser_scalar")

    def __le__(self, other: Any) -> Any:
        return self._with(other, "_lesser_equal", "_lesser_equal_scalar")


def _refused(name: str) -> Any:
    def method(self: Symbol, *args: Any, **keywords: Any) -> Any:
        raise NotImplementedForSymbol(name)

    method.__name__, method.__qualname__ = name, f"Symbol.{name}"
    method.__doc__ = "Raise `NotImplementedForSymbol`: arrays have this method, symbols do not."
    return method


for _name in (
    *("as_in_context", "as_nd_ndarray", "as_np_ndarray", "asnumpy", "asscalar", "backward"),
    *("copy", "detach", "gradient", "wait_to_read"),
):
    setattr(Symbol, _name, _refused(_name))


def _shape(given: Any) -> Any:
    """Return a shape; None where it has lengths of 0, which stand for unknown ones."""
    if given is None or len(given) == 0 or 0 in given:
        return None
    return tuple(int(length) for length in given)


def _shapes(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _shape(shape) for name, shape in given.items()}


def wrap(found: Any) -> Any:
    """Return the face's symbol of the core's; of one that is a group, the group."""
    return found if isinstance(found, Symbol) else Symbol(*found.graph.outputs)


FACE = Face("a symbol", SymbolicNode, wrap)
"""How operators are called with symbols."""
