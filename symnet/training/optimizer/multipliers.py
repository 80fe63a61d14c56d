"""Multipliers: how much faster or slower than others single weights learn and decay."""

from collections.abc import Iterable, Mapping
from math import isfinite, nan
from typing import Final, NamedTuple

from ...core.errors import ArgumentError
from ...graph.node import Node
from ...symbol import SymbolicNode

__all__ = ["PLAIN", "Multipliers", "Scale", "scales_of"]

Weights = Mapping[str, float] | Mapping[int, float] | Mapping[str | int, float]
"""A multiplier for each weight, by its name or number."""


class Scale(NamedTuple):
    """The multipliers of one weight.

    Args:
        lr: factor of the learning rate; 0 freezes the weight.
        wd: factor of the weight decay.
    """

    lr: float = 1.0
    wd: float = 1.0


PLAIN: Final = Scale()
"""The multipliers of a weight for which nothing is said."""


class Multipliers:
    """The multipliers of all weights that an optimizer updates, by name or number.

    What is said of a number counts before what is said of the name, and both before the attributes
    of the network's variables.

    Args:
        lr_mult: factors of the learning rate, default none.
        wd_mult: factors of the weight decay, default none.
        names: the names of weights by their numbers, for updaters, which know numbers only.
        attributes: what the network's variables say, by name: see `scales_of`.

    Raises ArgumentError for a factor that is no finite number from 0.

    >>> Multipliers({"fc_weight": 0.5, 1: 2.0}, names={0: "fc_weight", 1: "fc_bias"}).of(0)
    Scale(lr=0.5, wd=1.0)
    """

    def __init__(
        self,
        lr_mult: Weights | None = None,
        wd_mult: Weights | None = None,
        names: Mapping[int, str] | None = None,
        attributes: Mapping[str, Scale] | None = None,
    ) -> None:
        self.lr_mult = _checked("lr_mult", {} if lr_mult is None else lr_mult)
        self.wd_mult = _checked("wd_mult", {} if wd_mult is None else wd_mult)
        self.names = dict(names or {})
        self.attributes = dict(attributes or {})

    def of(self, number: int, name: str | None = None, attribute: Scale | None = None) -> Scale:
        """Return the multipliers of a weight.

        Args:
            number: its number.
            name: its name, default that in ``names``.
            attribute: what its variable says, default that in ``attributes``.
        """
        name = self.names.get(number, "") if name is None else name
        said = self.attributes.get(name, PLAIN) if attribute is None else attribute
        lr, wd = (
            given.get(number, given.get(name, otherwise))
            for given, otherwise in ((self.lr_mult, said.lr), (self.wd_mult, said.wd))
        )
        return Scale(lr, wd)

    def facts(self) -> dict[str, object]:
        """Return all that is said, for a comparison."""
        return {key: value for key, value in vars(self).items() if value}


def scales_of(symbol: SymbolicNode) -> dict[str, Scale]:
    """Return the multipliers that a network's variables carry as attributes, by name.

    Raises ArgumentError where an attribute ``lr_mult`` or ``wd_mult`` is no finite number from 0.

    >>> from symnet.symbol import Variable
    >>> scales_of(Variable("x") * Variable("w", attrs={"lr_mult": "0.1"}))
    {'w': Scale(lr=0.1, wd=1.0)}
    """
    found = {node.name: _said_of(node) for node in symbol.graph.arguments}
    return {name: scale for name, scale in found.items() if scale != PLAIN}


def _said_of(variable: Node) -> Scale:
    given = {"lr": variable.attributes.get("lr_mult"), "wd": variable.attributes.get("wd_mult")}
    return Scale(
        **{
            kind: _number(f"the attribute {kind}_mult of {variable.name!r}", text)
            for kind, text in given.items()
            if text is not None
        }
    )


def _checked(what: str, given: Weights) -> dict[str | int, float]:
    if not isinstance(given, Mapping):
        raise ArgumentError(f"{what} must be a dict, as {{'fc_weight': 0.1}}, got {given!r}")
    items: Iterable[tuple[str | int, float]] = given.items()
    return {weight: _number(f"{what} of {weight!r}", value) for weight, value in items}


def _number(what: str, value: object) -> float:
    try:
        # As text too, since attributes of symbol files are texts.
        number = float(value) if isinstance(value, str | int | float) else nan
    except ValueError:
        number = nan
    if isinstance(value, bool) or not isfinite(number) or number < 0:
        raise ArgumentError(
            f"{what} must be a number from 0, by which the learning rate or the weight decay is "
            f"multiplied, got {value!r}"
        )
    return number
