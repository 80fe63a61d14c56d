"""The initializers of Apache MXNet 1.9.1, over those of `symnet.training.initializer`."""

import json
from typing import Any

import numpy as np

from ...core.errors import ArgumentError
from ...training.initializer import (
    AbstractInitializer,
    BilinearInitializer,
    ConstantInitializer,
    LSTMBiasInitializer,
    NormalInitializer,
    OrthogonalInitializer,
    UniformInitializer,
    XavierInitializer,
)
from ..ndarray import NDArray
from .base import InitDesc, Initializer, alias, create, register

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "LSTMBias",
    "MSRAPrelu",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
]


class _Drawn(Initializer):
    """Base of initializers that the core has."""

    def _core(self) -> AbstractInitializer:
        raise NotImplementedError

    def _init_weight(self, name: str, arr: NDArray) -> None:
        self._core()._init_weight(name, arr)


@alias("zeros")
@register
class Zero(Initializer):
    """Set weights to 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0


@alias("ones")
@register
class One(Initializer):
    """Set weights to 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(_Drawn):
    """Set weights to a number, or to an array of their shape."""

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _core(self) -> AbstractInitializer:
        return ConstantInitializer(self.value)

    def dumps(self) -> str:
        """Return the initializer as text for an attribute."""
        value = self.value
        plain = value if np.isscalar(value) else np.asarray(value).tolist()
        return json.dumps([type(self).__name__.lower(), {"value": plain}])


@register
class Uniform(_Drawn):
    """Draw weights evenly from [-scale, scale); scale is 0.07 by default."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _core(self) -> AbstractInitializer:
        return UniformInitializer(self.scale)


@register
class Normal(_Drawn):
    """Draw weights from a normal distribution around 0; sigma is 0.01 by default."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _core(self) -> AbstractInitializer:
        return NormalInitializer(0.0, self.sigma)


@register
class Orthogonal(_Drawn):
    """Draw weights with orthogonal rows.

    Args:
        scale: length of a row, default 1.414.
        rand_type: ``"uniform"`` (default) or ``"normal"``.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type: Any = rand_type

    def _core(self) -> AbstractInitializer:
        return OrthogonalInitializer(self.scale, self.rand_type)


@register
class Xavier(_Drawn):
    """Draw weights so that signals keep their strength from layer to layer.

    Args:
        rnd_type: ``"uniform"`` (default) or ``"gaussian"``.
        factor_type: ``"avg"`` (default), ``"in"`` or ``"out"``.
        magnitude: default 3.
    """

    def __init__(
        self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3
    ) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type: Any = factor_type
        self.magnitude = float(magnitude)

    def _core(self) -> AbstractInitializer:
        kinds: dict[str, Any] = {"uniform": "uniform", "gaussian": "normal"}
        if self.rnd_type not in kinds:
            raise ArgumentError(
                f"Xavier: rnd_type must be 'uniform' or 'gaussian', got {self.rnd_type!r}"
            )
        return XavierInitializer(kinds[self.rnd_type], self.factor_type, self.magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if len(arr.shape) < 2:
            raise ArgumentError(
                f"{type(self).__name__} needs at least two axes, but {name} has shape {arr.shape}"
            )
        super()._init_weight(name, arr)


@register
class MSRAPrelu(Xavier):
    """Draw weights for layers before a PReLU.

    Args:
        factor_type: ``"avg"`` (default), ``"in"`` or ``"out"``.
        slope: the slope of the PReLU, default 0.25.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(_Drawn):
    """Set kernels to the weights of bilinear interpolation."""

    def __init__(self) -> None:
        super().__init__()

    def _core(self) -> AbstractInitializer:
        return BilinearInitializer()


@register
class LSTMBias(_Drawn):
    """Set the biases of an LSTM to 0, those of its forget gate to a number, default 1."""

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _core(self) -> AbstractInitializer:
        return LSTMBiasInitializer(self.forget_bias)


@register
class FusedRNN(Initializer):
    """Fill the one vector of weights of a fused recurrent layer, part by part.

    Args:
        init: what fills the parts, an initializer or its text; None for the network's.
        num_hidden: the size of a state.
        num_layers: how many layers.
        mode: ``"lstm"``, ``"gru"``, ``"rnn_relu"`` or ``"rnn_tanh"``.
        bidirectional: whether there are two directions, default no.
        forget_bias: the bias of the forget gate, default 1.
    """

    def __init__(
        self,
        init: Initializer | str | None,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        inner: Initializer | None = None if init is None else create(init)
        super().__init__(
            init=None if inner is None else inner.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        self._init = inner
        self._mode = mode
        self._forget_bias = forget_bias
        self._cell: dict[str, Any] = {
            "mode": mode,
            "bidirectional": bidirectional,
            "forget_bias": forget_bias,
        }
        self._sizes = num_hidden, num_layers

    def _init_weight(self, name: str, arr: NDArray) -> None:
        from ..rnn import FusedRNNCell  # which makes one of these for its weights

        cell = FusedRNNCell(*self._sizes, prefix="", **self._cell)
        parts = cell.unpack_weights({"parameters": arr})
        overall = getattr(name, "global_init", None)
        fill = overall if self._init is None else self._init
        if fill is None:
            raise ArgumentError(
                f"FusedRNN has no initializer for the parts of {name}: give it one, or call it "
                "by way of the network's"
            )
        for part, array in parts.items():
            if self._mode == "lstm" and part.endswith("_f_bias"):
                array[:] = self._forget_bias
            else:
                fill(InitDesc(part, global_init=overall), array)
        arr[:] = cell.pack_weights(parts)["parameters"]
