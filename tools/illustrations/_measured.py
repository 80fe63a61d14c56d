"""What operators compute, for pictures of it."""

from collections.abc import Callable
from typing import Any

import numpy as np

import symnet as mx

__all__ = ["Function", "run", "slopes", "weights"]

Function = Callable[[mx.SymbolicNode], mx.SymbolicNode]


def run(function: Callable[..., Any], *arrays: Any, **options: Any) -> np.ndarray:
    """Return an operator's value for arrays, in float64."""
    given = [mx.array(np.asarray(each), dtype="float64") for each in arrays]
    found: np.ndarray = function(*given, **options).asnumpy()
    return found


def slopes(
    function: Function, data: np.ndarray, head: Any = None, **others: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return a function's values for data in training, and the gradients that flow into the data.

    Args:
        function: makes a symbol of one.
        data: the numbers.
        head: what flows into the values; without it, ones.
        **others: the function's other inputs; weights and variances are ones without, all else 0.
    """
    net = function(mx.Variable("data"))
    shapes, _, states = net.infer_shape(
        data=data.shape, **{name: np.shape(each) for name, each in others.items()}
    )
    inputs = _filled(net.list_arguments(), shapes, {"data": data, **others})
    executor = mx.bind(
        net,
        mx.cpu(),
        inputs,
        args_grad={"data": mx.zeros(data.shape, dtype="float64")},
        aux_states=_filled(net.list_auxiliary_states(), states, {}),
    )
    executor.forward(is_train=True)
    value = executor.outputs[0].asnumpy()
    executor.backward([mx.array(np.ones_like(value) if head is None else head, dtype="float64")])
    return value, executor.grad_dict["data"].asnumpy()


def _filled(names: Any, shapes: Any, known: dict[str, Any]) -> dict[str, mx.NDArray]:
    ones = ("weight", "gamma", "var")
    return {
        name: mx.array(known.get(name, np.full(shape, float(name.endswith(ones)))), dtype="float64")
        for name, shape in zip(names, shapes, strict=True)
    }


def weights(function: Function, shape: tuple[int, ...], **others: Any) -> np.ndarray:
    """Return how much each value of the result takes of each value of the data.

    The operator is run on data that are 1 in one place alone, for each place.

    Returns:
        An array of the data's places by the result's shape.
    """
    size = int(np.prod(shape))
    ones = np.eye(size).reshape(size, *shape)
    return np.stack([slopes(function, one, **others)[0] for one in ones])
