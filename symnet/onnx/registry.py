"""Which function turns an operator into ONNX nodes.

A converter takes the operator, the `Emitter` that notes nodes, and the operator's inputs by name,
as terms; it returns the term of each output. What it does not ask for, as a label, is not exported:

```python
@converter(SoftmaxOutput)
def softmax_output(op: SoftmaxOutput, to: Emitter, data: Term) -> Term:
    return to("Softmax", data, axis=op.axis)
```

One that stands for a base holds for all classes that derive from it and have none of their own.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..core.errors import ArgumentError, MXError, listed, suggest
from ..operators.contract import Operator
from .left_out import WITHOUT_FORM

__all__ = ["CONVERTERS", "Converter", "Refused", "converter", "converter_of"]


class Refused(MXError):
    """A node has no ONNX form, for the reason that the text says. Converters raise it."""


@dataclass(frozen=True)
class Converter:
    """A function that turns an operator into ONNX nodes, and the inputs that it asks for.

    Args:
        function: the function.
        asks: names of inputs and states.
    """

    function: Callable[..., Any]
    asks: tuple[str, ...]


CONVERTERS: dict[type[Operator] | str, Converter] = {}
"""The converters, by the operator's class, or by the name of one that a user registered."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def converter(*of: type[Operator] | str) -> Callable[[_Function], _Function]:
    """Register a function that turns an operator into ONNX nodes.

    Args:
        of: classes of operators, or the ``op_type`` of an operator of `register_custom`.

    Returns a decorator. Raises ArgumentError for what is neither, and for a function that asks for
    an input that the operator does not have.

    >>> import symnet as mx
    >>> @mx.onnx.converter("twice")
    ... def twice(op, to, args):
    ...     return args[0] * 2
    >>> mx.onnx.CONVERTERS.pop("twice").asks
    ('args',)
    """
    for each in of:
        if not isinstance(each, str) and not (
            isinstance(each, type) and issubclass(each, Operator)
        ):
            raise ArgumentError(
                f"converter: give the class of an operator, or the op_type of a Custom one, not "
                f"{each!r}"
            )

    def register(function: _Function) -> _Function:
        asked = list(inspect.signature(function).parameters.values())[2:]
        for cls in of:
            if isinstance(cls, type):
                _check_asked(cls, function.__name__, asked)
        asks = tuple(each.name for each in asked)
        CONVERTERS.update(dict.fromkeys(of, Converter(function, asks)))
        return function

    return register


def _check_asked(cls: type[Operator], who: str, asked: list[inspect.Parameter]) -> None:
    """Raise ArgumentError where a converter asks for an input that an operator does not have."""
    there = {**cls.inputs, **cls.states}
    for each in asked:
        if each.default is inspect.Parameter.empty and each.name not in there:
            raise ArgumentError(
                f"converter: {who} asks for {each.name!r}, which {cls.__name__} does not have"
                f"{suggest(each.name, there)} {listed(there)}"
            )


def converter_of(op: Operator) -> Converter | None:
    """Return the converter of an operator, None where there is none."""
    if op.free_parameters:  # a user's operator: it is known by a name of its own
        return CONVERTERS.get(getattr(op, "op_type", ""))
    kind = type(op)
    bases = kind.__mro__[:1] if kind.__name__ in WITHOUT_FORM else kind.__mro__
    return next((CONVERTERS[cls] for cls in bases if cls in CONVERTERS), None)
