"""Pool first, then activate what is left."""

from ...operators.definitions.activation import Activation
from ...operators.definitions.images import stretched
from ...operators.definitions.pooling import Pooling
from ..node import Value
from .pattern import Match, rewrite_rule

__all__ = ["pool_before_activation"]


@rewrite_rule(lambda data, act, pool: pool(act(data)))
def pool_before_activation(
    data: Value, act: Match[Activation], pool: Match[Pooling]
) -> Value | None:
    """A function that never falls commutes with a maximum: activate a quarter of the values."""
    if pool.op.pool_type == "max" and act.op.nondecreasing and _windows_meet_the_image(pool.op):
        return act(pool(data))
    return None


def _windows_meet_the_image(pool: Pooling) -> bool:
    """Whether every window holds numbers; of padding alone the maximum is 0, activated or not."""
    if pool.global_pool:
        return True
    count = len(pool.kernel)
    strides, pads = stretched(pool.stride, count, 1), stretched(pool.pad, count, 0)
    full = pool.pooling_convention == "full"  # then the last window may start in the padding
    axes = zip(pool.kernel, strides, pads, strict=True)
    return all(p == 0 or p + (s - 1 if full else 0) < k for k, s, p in axes)
