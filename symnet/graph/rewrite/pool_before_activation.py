"""Pool first, then activate what is left."""

from ...operators.contract import Operator
from ...operators.meaning import OfWindows
from ..node import Value
from .pattern import Match, rewrite_rule

__all__ = ["pool_before_activation"]


@rewrite_rule(lambda data, act, pool: pool(act(data)))
def pool_before_activation(
    data: Value, act: Match[Operator], pool: Match[Operator]
) -> Value | None:
    """A function that never falls commutes with a maximum: activate a quarter of the values."""
    if act.op.nondecreasing and pool.op.meaning() is OfWindows.MAXIMUM:
        return act(pool(data))
    return None
