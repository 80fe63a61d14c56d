"""What is declared of one parameter: its range, default and help."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field
from math import isfinite
from typing import Any

__all__ = ["Check", "Param", "param"]

Check = Callable[[str, str, Any], Any]
"""From owner, name and value of a parameter to the value that is kept; raises ParameterError."""


@dataclass(frozen=True, kw_only=True)
class Param:
    """What is known of a parameter beside its name, type and default; see `param`."""

    doc: str = ""
    min: float | None = None
    max: float | None = None
    above: float | None = None
    below: float | None = None
    finite: bool = False
    infinite: bool = False
    nan: bool = False
    mxnet_default: Any = None
    also: str | None = None
    check: Check | None = None

    @property
    def range(self) -> str:
        """The range in words, as ``"> 0 and < 1"``; empty where any value will do."""
        bounds = ((">", self.above), (">=", self.min), ("<", self.below), ("<=", self.max))
        words = [f"{sign} {_number(bound)}" for sign, bound in bounds if bound is not None]
        return " and ".join([*words, *(["finite"] if self.finite and not words else [])])

    def contains(self, number: float) -> bool:
        """Say whether a number is in the range; NaN is in none that has a bound."""
        return (
            (self.min is None or number >= self.min)
            and (self.max is None or number <= self.max)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
            and (not self.finite or isfinite(number))
        )


def _number(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def param(
    doc: str,
    *,
    default: Any = MISSING,
    factory: Callable[[], Any] | None = None,
    min: float | None = None,
    max: float | None = None,
    above: float | None = None,
    below: float | None = None,
    finite: bool = False,
    infinite: bool = False,
    nan: bool = False,
    mxnet_default: Any = MISSING,
    also: str | None = None,
    check: Check | None = None,
) -> Any:
    """Declare a parameter: a field of a `Parameters` class.

    Args:
        doc: what it does, for help and for the reference page.
        default: its default; without one the parameter is required.
        factory: makes the default, where it must be a new object each time.
        min: least value allowed (of each entry, for tuples).
        max: greatest value allowed.
        above: a number that the value must exceed.
        below: a number that the value must stay under.
        finite: whether its range says so; infinities are refused anyhow.
        infinite: whether infinity is a value too: where it stands for no bound.
        nan: whether "not a number" is a value too: where numbers end as elements of an array.
        mxnet_default: what a symbol file of MXNet 1.x means by leaving it out, where that differs.
        also: another name that keyword arguments, and files, may call it by.
        check: reads a value that the annotation alone cannot, from owner, name and value.
    """
    about = Param(
        doc=doc,
        min=min,
        max=max,
        above=above,
        below=below,
        finite=finite,
        infinite=infinite,
        nan=nan,
        mxnet_default=default if mxnet_default is MISSING else mxnet_default,
        also=also,
        check=check,
    )
    if factory is not None:
        return field(default_factory=factory, metadata={"param": about})
    return field(default=default, metadata={"param": about})
