"""Numbers so small that processors are slow with them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["denormals_as_zero", "flushes_denormals"]


@contextmanager
def denormals_as_zero() -> Iterator[None]:
    """Let numbers below the least normal float count as zero while a block runs.

    Gradients that vanish over many steps and weights that decay become such numbers, and processors
    compute with them many times slower: the training of a recurrent network slows down from epoch
    to epoch. The setting is that of the calling thread, and of threads that are started in the
    block; it is put back at the end. Processors that cannot do it go on as ever.

    >>> with denormals_as_zero():
    ...     float(torch.tensor(1e-39) * 1)
    0.0
    """
    before = flushes_denormals()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def flushes_denormals() -> bool:
    """Tell whether such numbers count as zero in this thread."""
    least = 5e-324
    return least * 1.0 == 0.0
