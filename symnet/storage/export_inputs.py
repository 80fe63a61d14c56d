"""What functions are told of the inputs of a network that they write for others to run."""

from collections.abc import Collection, Iterable, Mapping

from ..core.codec import kind_of
from ..core.errors import ArgumentError, ShapeError, suggest
from ..operators.contract import Shape

__all__ = ["BatchAxis", "batch_symbols", "check_names", "shape_of", "shapes_of_inputs"]

BatchAxis = int | Mapping[str, int] | None
"""Along which axis inputs hold the batch: of all, of each that is named, or of none."""


def batch_symbols(shapes: Mapping[str, Shape], batch_axis: BatchAxis) -> dict[str, dict[str, int]]:
    """Return which inputs have rows of each kind, and along which axis.

    Inputs with as many rows share them: they are called ``batch`` where there is one kind, and
    after the first input otherwise.

    Args:
        shapes: the shapes of the inputs.
        batch_axis: the axis of the batch.

    >>> batch_symbols({"data": (2, 3), "mask": (2,), "rois": (8, 5)}, 0)
    {'batch': {'data': 0, 'mask': 0}, 'rois_batch': {'rois': 0}}
    """
    if batch_axis is None:
        return {}
    each = batch_axis.values() if isinstance(batch_axis, Mapping) else [batch_axis]
    if not all(isinstance(axis, int) for axis in each):
        raise ArgumentError(
            f"batch_axis is an axis, or axes by names of inputs, or None; got {batch_axis!r}"
        )
    axes = batch_axis if isinstance(batch_axis, Mapping) else dict.fromkeys(shapes, batch_axis)
    found: dict[int, dict[str, int]] = {}
    for name, axis in axes.items():
        shape = shapes.get(name)
        if shape is None:
            continue
        if not -len(shape) <= axis < len(shape):
            raise ArgumentError(
                f"batch_axis: input {name!r} of shape {shape} has no axis {axis}; give the axis of "
                "each input that holds the batch, as batch_axis={'data': 0}, or None for none"
            )
        found.setdefault(shape[axis], {})[name] = axis % len(shape)
    names = ["batch", *(f"{next(iter(inputs))}_batch" for inputs in list(found.values())[1:])]
    return dict(zip(names, found.values(), strict=False))


def shape_of(who: str, name: str, given: object) -> Shape:
    """Return the shape of an input.

    Args:
        who: the function that was given it, for its errors.
        name: the input's.
        given: what should be a shape.

    Raises ShapeError for what is none, or has no elements.

    >>> shape_of("me", "data", [2, 3])
    (2, 3)
    """
    try:
        shape: Shape = kind_of(tuple[int, ...]).read(given)
    except ValueError:
        raise ShapeError(
            f"{who}: the shape of {name!r} is a tuple of whole numbers, got {given!r}"
        ) from None
    if shape and min(shape) < 1:
        raise ShapeError(f"{who}: {name!r} has lengths of 1 or more, got {shape}")
    return shape


def shapes_of_inputs(
    who: str, needed: Iterable[str], parameters: Collection[str], shapes: Mapping[str, Shape]
) -> dict[str, Shape]:
    """Return the shapes of the inputs that predictions need, in the order of the variables.

    Args:
        who: the function that was given them, for its errors.
        needed: names of the variables that the predictions need.
        parameters: names of those that have numbers.
        shapes: shapes by name.

    Raises ArgumentError for a variable that has a shape beside its numbers, and for those that have
    neither.

    >>> shapes_of_inputs("me", ["data", "weight"], ["weight"], {"data": (2, 3)})
    {'data': (2, 3)}
    """
    for name in shapes:
        if name in parameters:
            raise ArgumentError(
                f"{who}: {name!r} is a parameter with numbers, and is given a shape as well"
            )
    names = list(needed)
    missing = [name for name in names if name not in parameters and name not in shapes]
    if missing:
        raise ArgumentError(
            f"{who}: of {', '.join(map(repr, missing))} neither numbers nor a shape are known; "
            "give parameters in arg_params or aux_params, and the shape of each input by name, as "
            "data=(1, 3, 224, 224)"
        )
    return {name: shapes[name] for name in names if name in shapes}


def check_names(who: str, what: str, given: object, inputs: Mapping[str, Shape]) -> None:
    """Raise ArgumentError where something names an input that there is not.

    Args:
        who: the function that was given it.
        what: what it is called there.
        given: a table by names, or anything else.
        inputs: the inputs that there are.

    >>> check_names("me", "dtypes", {"date": "uint8"}, {"data": (1,)})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    symnet.core.errors.ArgumentError: me: dtypes names 'date', which is no input; ...
    """
    if isinstance(given, Mapping):
        for name in given:
            if name not in inputs:
                raise ArgumentError(
                    f"{who}: {what} names {name!r}, which is no input{suggest(name, inputs)}"
                )
