"""Buckets: stretches of a flat gradient that are passed on as soon as backward has written them."""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["BUCKET_BYTES", "Bucket", "buckets_of"]

BUCKET_BYTES = 25 * 2**20
"""How large a bucket is: small enough that several fill one after the other while backward runs,
and large enough that what each exchange costs besides its bytes does not matter."""


class Bucket(NamedTuple):
    """A stretch of a flat array.

    Args:
        start: its first element.
        stop: the element after its last one.
        flat_index: which of several flat arrays it lies in.
    """

    start: int
    stop: int
    flat_index: int


def buckets_of(
    sizes: list[tuple[int, int]], *, bucket_bytes: int | None = None
) -> Iterator[Bucket]:
    """Divide flat arrays into buckets, the end of each array first.

    Backward comes to the parameters of the last layers first, which lie at the end. Where the
    borders are follows from the sizes alone, so that all processes divide alike.

    Args:
        sizes: for each flat array its number of elements, and how many bytes one takes.
        bucket_bytes: the size of a bucket, default `BUCKET_BYTES`; the last one of an array takes
            what is left.

    >>> for bucket in buckets_of([(10, 4)], bucket_bytes=16):
    ...     print(bucket)
    Bucket(start=6, stop=10, flat_index=0)
    Bucket(start=2, stop=6, flat_index=0)
    Bucket(start=0, stop=2, flat_index=0)
    """
    wanted = BUCKET_BYTES if bucket_bytes is None else bucket_bytes
    for flat_index, (count, element_bytes) in enumerate(sizes):
        length = max(1, wanted // element_bytes)
        # Counted from the end, so that the one bucket that is short holds the first parameters:
        # their gradients come last, and nothing is left to hide their exchange behind.
        for stop in range(count, 0, -length):
            yield Bucket(max(0, stop - length), stop, flat_index)
