"""The documents' function forms of methods: ``mx.infer_shape(net, …)`` is ``net.infer_shape(…)``.

Source: the documents, "Symbolic API" and "Executor".
"""

from collections.abc import Mapping, Sequence

from ..core.dtype import DTypeLike
from ..executor import Executor, OnReady
from ..graph.file_writing import Era
from ..ndarray import NDArray
from ..operators.contract import Shape
from ..symbol import ShapeLists, SymbolicNode

__all__ = [
    "backward",
    "copy_params_from",
    "forward",
    "get_attr",
    "get_internals",
    "infer_shape",
    "infer_shape_partial",
    "infer_type",
    "list_all_attr",
    "list_arguments",
    "list_attr",
    "list_auxiliary_states",
    "list_outputs",
    "set_attr",
    "to_json",
]


def list_arguments(symbol: SymbolicNode) -> list[str]:
    """Return the names of all inputs and parameters; see `SymbolicNode.list_arguments`.

    >>> import symnet as mx
    >>> mx.list_arguments(mx.Variable("a") + mx.Variable("b"))
    ['a', 'b']
    """
    return symbol.list_arguments()


def list_outputs(symbol: SymbolicNode) -> list[str]:
    """Return the names of all outputs; see `SymbolicNode.list_outputs`.

    >>> import symnet as mx
    >>> mx.list_outputs(mx.SliceChannel(mx.Variable("x"), num_outputs=2, name="halves"))
    ['halves_output0', 'halves_output1']
    """
    return symbol.list_outputs()


def list_auxiliary_states(symbol: SymbolicNode) -> list[str]:
    """Return the names of all auxiliary states; see `SymbolicNode.list_auxiliary_states`.

    >>> import symnet as mx
    >>> mx.list_auxiliary_states(mx.BatchNorm(mx.Variable("x"), name="bn"))
    ['bn_moving_mean', 'bn_moving_var']
    """
    return symbol.list_auxiliary_states()


def get_internals(symbol: SymbolicNode) -> SymbolicNode:
    """Return a group of every output of every node; see `SymbolicNode.get_internals`.

    >>> import symnet as mx
    >>> net = mx.FullyConnected(mx.exp(mx.Variable("x"), name="e"), num_hidden=2, name="fc")
    >>> mx.get_internals(net).list_outputs()
    ['x', 'e_output', 'fc_weight', 'fc_bias', 'fc_output']
    """
    return symbol.get_internals()


def get_attr(symbol: SymbolicNode, key: str) -> str | None:
    """Return an attribute of the node; see `SymbolicNode.get_attr`.

    >>> import symnet as mx
    >>> mx.get_attr(mx.Variable("x", {"mood": "calm"}), "mood")
    'calm'
    """
    return symbol.get_attr(key)


def set_attr(symbol: SymbolicNode, key: str, value: str) -> None:
    """Set an attribute of the node; see `SymbolicNode.set_attr`.

    >>> import symnet as mx
    >>> x = mx.Variable("x")
    >>> mx.set_attr(x, "mood", "calm")
    >>> x.list_attr()
    {'mood': 'calm'}
    """
    symbol.set_attr(key, value)


def list_attr(symbol: SymbolicNode) -> dict[str, str]:
    """Return all attributes of the node; see `SymbolicNode.list_attr`.

    >>> import symnet as mx
    >>> mx.list_attr(mx.Variable("x", {"mood": "calm"}))
    {'mood': 'calm'}
    """
    return symbol.list_attr()


def list_all_attr(symbol: SymbolicNode) -> dict[str, str]:
    """Return the attributes of all nodes; see `SymbolicNode.list_all_attr`.

    >>> import symnet as mx
    >>> mx.list_all_attr(mx.exp(mx.Variable("x", {"mood": "calm"}), name="e"))
    {'x_mood': 'calm'}
    """
    return symbol.list_all_attr()


def infer_shape(symbol: SymbolicNode, *shapes: Shape | None, **named: Shape | None) -> ShapeLists:
    """Infer all shapes; see `SymbolicNode.infer_shape`.

    >>> import symnet as mx
    >>> mx.infer_shape(mx.FullyConnected(mx.Variable("x"), num_hidden=2, name="fc"), x=(5, 3))
    ([(5, 3), (2, 3), (2,)], [(5, 2)], [])
    """
    return symbol.infer_shape(*shapes, **named)


def infer_shape_partial(
    symbol: SymbolicNode, *shapes: Shape | None, **named: Shape | None
) -> tuple[list[Shape], list[Shape], list[Shape]]:
    """Infer the shapes that can be inferred; see `SymbolicNode.infer_shape_partial`.

    >>> import symnet as mx
    >>> mx.infer_shape_partial(mx.Variable("a") + mx.exp(mx.Variable("b")))
    ([(), ()], [()], [])
    """
    return symbol.infer_shape_partial(*shapes, **named)


def infer_type(
    symbol: SymbolicNode, *dtypes: DTypeLike | None, **named: DTypeLike | None
) -> tuple[list[str], list[str], list[str]]:
    """Infer all element types; see `SymbolicNode.infer_type`.

    >>> import symnet as mx
    >>> mx.infer_type(mx.Variable("a") + mx.Variable("b"), a="float64")
    (['float64', 'float64'], ['float64'], [])
    """
    return symbol.infer_type(*dtypes, **named)


def to_json(symbol: SymbolicNode, era: Era = "1.x") -> str:
    """Return the symbol as JSON; see `SymbolicNode.to_json`.

    >>> import symnet as mx
    >>> text = mx.to_json(mx.exp(mx.Variable("x"), name="e"))
    >>> mx.from_json(text).list_outputs()
    ['e_output']
    """
    return symbol.to_json(era)


def forward(executor: Executor, is_train: bool = False, **inputs: NDArray) -> list[NDArray]:
    """Compute the outputs; see `Executor.forward`.

    >>> import symnet as mx
    >>> executor = mx.simple_bind(mx.Variable("x") * 3, x=(2,))
    >>> mx.forward(executor, x=mx.array([1, 2]))
    [NDArray([3., 6.], float32, CPU0)]
    """
    return executor.forward(is_train=is_train, **inputs)


def backward(
    executor: Executor,
    out_grads: NDArray | Sequence[NDArray | None] | None = None,
    *,
    on_ready: OnReady | None = None,
) -> None:
    """Compute the gradients; see `Executor.backward`.

    >>> import symnet as mx
    >>> executor = mx.simple_bind(mx.Variable("w") * 3, w=(2,), input_gradients=True)
    >>> _ = mx.forward(executor, is_train=True)
    >>> mx.backward(executor, mx.ones(2))
    >>> executor.grad_dict["w"]
    NDArray([3., 3.], float32, CPU0)
    """
    executor.backward(out_grads, on_ready=on_ready)


def copy_params_from(
    executor: Executor,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray] | None = None,
    *,
    allow_extra_params: bool = False,
) -> None:
    """Copy parameters and states in; see `Executor.copy_params_from`.

    >>> import symnet as mx
    >>> executor = mx.simple_bind(mx.Variable("x") * mx.Variable("w"), x=(1,))
    >>> mx.copy_params_from(executor, {"w": mx.array([7])})
    >>> executor.arg_dict["w"]
    NDArray([7.], float32, CPU0)
    """
    executor.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra_params)
