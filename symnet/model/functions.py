"""The documents' function forms of what a model does, and its checkpoints."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from os import PathLike
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from ..core.errors import ArgumentError, MXError
from ..core.paths import FilePath
from ..graph.file_writing import Era
from ..ndarray import NDArray
from ..operators.contract import Shape
from ..storage.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from ..symbol import SymbolicNode
from ..training.initializer import AbstractInitializer
from ..training.optimizer import OptimizationState
from ._loading import load_into, load_part, with_weights
from .feed_forward import FeedForward
from .predictor import Outputs

__all__ = [
    "evaluate",
    "fit",
    "init_model",
    "load_checkpoint",
    "predict",
    "save_checkpoint",
    "train",
]

P = ParamSpec("P")
_Result = TypeVar("_Result")

Callback = Callable[[Outputs], object]


def _function_form(
    method: Callable[Concatenate[FeedForward, P], _Result],
) -> Callable[Concatenate[FeedForward, P], _Result]:
    """Return a method of models as a function, with the method's parameters and help."""

    @wraps(method)
    def function(model: FeedForward, *args: P.args, **options: P.kwargs) -> _Result:
        if not isinstance(model, FeedForward):
            raise ArgumentError(f"{method.__name__}: a FeedForward is wanted, got {model!r}")
        return method(model, *args, **options)

    found = signature(method)
    model, *rest = found.parameters.values()
    documented: Any = function
    documented.__signature__ = found.replace(parameters=[model.replace(name="model"), *rest])
    form: Callable[Concatenate[FeedForward, P], _Result] = documented
    return form


fit = _function_form(FeedForward.fit)
evaluate = _function_form(FeedForward.evaluate)
train = fit


def init_model(
    model: FeedForward,
    initializer: AbstractInitializer,
    *,
    overwrite: bool = False,
    **input_shapes: Shape,
) -> tuple[list[str], list[str], list[str]]:
    """Initialise a model's parameters; see `FeedForward.init_model`.

    >>> import symnet as mx
    >>> net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    >>> model = mx.FeedForward(net)
    >>> mx.init_model(model, mx.XavierInitializer(), data=(2, 4))
    (['data', 'fc_weight', 'fc_bias'], ['fc_weight', 'fc_bias'], [])
    """
    return model.init_model(initializer, overwrite=overwrite, **input_shapes)


def predict(
    *args: Any,
    overwrite: bool = True,
    callback: Callback | None = None,
    outputs: str | Sequence[str] | None = None,
) -> Any:
    """Predict: ``predict(model, data)``, or ``predict(callback, model, data)``.

    See `FeedForward.predict`, whose options and result these are.

    >>> import symnet as mx
    >>> model = mx.FeedForward(mx.Variable("x") * mx.Variable("w"))
    >>> model.arg_params, model.aux_params = {"w": mx.array([[2.0]])}, {}
    >>> mx.predict(model, mx.array([[3.0]]))
    array([[6.]], dtype=float32)
    """
    match args:
        case (FeedForward() as model, data):
            pass
        case (first, FeedForward() as model, data) if callback is None:
            callback = first
        case _:
            raise _misused("predict", "(model, data)", "(callback, model, data)", args=args)
    options: dict[str, Any] = {"overwrite": overwrite, "callback": callback, "outputs": outputs}
    return model.predict(data, **options)


def _misused(function: str, *forms: str, args: Sequence[object]) -> ArgumentError:
    """Return the error of a call that is none of the function's forms."""
    wanted = " or ".join(function + form for form in forms)
    given = ", ".join(type(each).__name__ for each in args)
    return ArgumentError(f"call {wanted}; got {function}({given})")


# -- checkpoints ---------------------------------------------------------------------------------


@overload
def save_checkpoint(
    model: FeedForward, prefix: FilePath, epoch: int | OptimizationState, /, *, era: Era = ...
) -> None: ...
@overload
def save_checkpoint(
    symbol: SymbolicNode,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    prefix: FilePath,
    epoch: int,
    /,
    *,
    era: Era = ...,
) -> None: ...
def save_checkpoint(*args: Any, era: Era = "1.x") -> None:
    """Write a checkpoint: ``PREFIX-symbol.json`` and ``PREFIX-0012.params``.

    ``save_checkpoint(model, prefix, epoch)``, where the epoch may be an `OptimizationState`; or
    ``save_checkpoint(symbol, arg_params, aux_params, prefix, epoch)``. A prefix that ends in
    ``.safetensors`` is the one file that all goes into.

    Args:
        era: ``"1.x"`` (default) writes as MXNet 1.9.1 does, ``"0.x"`` what every MXNet reads.

    >>> import tempfile
    >>> import symnet as mx
    >>> net = mx.Variable("x") * mx.Variable("w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mx.save_checkpoint(net, {"w": mx.array([2.0])}, {}, f"{folder}/net", 3)
    ...     symbol, parameters, states = mx.load_checkpoint(f"{folder}/net", 3)
    >>> parameters
    {'w': NDArray([2.], float32, CPU0)}
    """
    match args:
        case (FeedForward() as model, prefix, epoch):
            _save_model(model, prefix, epoch, era)
        case (SymbolicNode() as symbol, arg_params, aux_params, prefix, epoch):
            write_checkpoint(symbol, arg_params, aux_params, prefix, epoch, era)
        case _:
            by_hand = "(symbol, arg_params, aux_params, prefix, epoch)"
            raise _misused("save_checkpoint", "(model, prefix, epoch)", by_hand, args=args)


def _save_model(
    model: FeedForward, prefix: FilePath, epoch: int | OptimizationState, era: Era
) -> None:
    if model.arg_params is None:
        raise MXError(
            "Model weights not defined: there is nothing to save before fit, init_model or "
            "load_checkpoint"
        )
    number = epoch.curr_epoch if isinstance(epoch, OptimizationState) else epoch
    write_checkpoint(model.arch, model.arg_params, model.aux_params or {}, prefix, number, era)


@overload
def load_checkpoint(prefix: FilePath, epoch: int, /) -> Checkpoint: ...
@overload
def load_checkpoint(prefix: FilePath, epoch: int, kind: type[FeedForward], /) -> FeedForward: ...
@overload
def load_checkpoint(
    model: FeedForward,
    prefix: FilePath,
    epoch: int,
    /,
    *,
    overwrite: bool = ...,
    allow_different_arch: bool = ...,
    partial: bool = ...,
    initializer: AbstractInitializer | None = ...,
    **shapes: Shape,
) -> FeedForward: ...
def load_checkpoint(
    *args: Any,
    overwrite: bool = True,
    allow_different_arch: bool = False,
    partial: bool = False,
    initializer: AbstractInitializer | None = None,
    **shapes: Shape,
) -> Checkpoint | FeedForward:
    """Read a checkpoint.

    ``load_checkpoint(prefix, epoch)`` returns the symbol, the parameters and the states;
    ``load_checkpoint(prefix, epoch, FeedForward)`` a new model on ``cpu()``;
    ``load_checkpoint(model, prefix, epoch)`` loads the parameters into a model and returns it.

    Args:
        overwrite: whether to replace parameters that the model has already.
        allow_different_arch: whether the stored network may be another one than the model's.
        partial: whether to take over what the model's network has under the same names, and drop
            the rest. What became of each is printed, and is the model's ``report``.
        initializer: makes the parameters that a partial load leaves missing, or of another shape;
            default None leaves them to `fit`.
        shapes: shapes of the data by name, which the initializer needs.

    A network that is built alike counts as the same: names that were made up differ from one run of
    a line to the next, and its weights come under the model's own names.

    Raises MXError where the checkpoint is missing, and ArgumentError where it is of another
    network, saying how they differ.

    >>> import tempfile
    >>> import symnet as mx
    >>> net = mx.Variable("x") * mx.Variable("w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mx.save_checkpoint(net, {"w": mx.array([[2.0]])}, {}, f"{folder}/net", 3)
    ...     model = mx.load_checkpoint(f"{folder}/net", 3, mx.FeedForward)
    >>> model.predict(mx.array([[5.0]]))
    array([[10.]], dtype=float32)
    """
    if (initializer is not None or shapes) and not partial:
        raise ArgumentError("load_checkpoint: initializer and shapes are for partial=True")
    match args:
        case (FeedForward() as model, prefix, epoch):
            if partial:
                return load_part(model, prefix, epoch, initializer, shapes)
            return load_into(model, prefix, epoch, overwrite, allow_different_arch)
        case (str() | PathLike() as prefix, epoch):
            return read_checkpoint(prefix, epoch)
        case (str() | PathLike() as prefix, epoch, kind) if kind is FeedForward:
            checkpoint = read_checkpoint(prefix, epoch)
            return with_weights(FeedForward(checkpoint.symbol), checkpoint)
    forms = "(prefix, epoch)", "(prefix, epoch, FeedForward)", "(model, prefix, epoch)"
    raise _misused("load_checkpoint", *forms, args=args)
