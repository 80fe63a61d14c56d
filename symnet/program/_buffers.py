"""Memory of a program: which values share which bytes of one arena.

Every planned value lives from the step that writes it to the last step that reads it. Values whose
lives do not overlap may lie in the same bytes. Offsets are chosen greedily, the largest first,
which is within a few per cent of the best known for networks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Block", "place_blocks"]

# Bytes: a line of the cache, so that no two values share one, and a multiple of every element.
_ALIGNMENT = 64


@dataclass
class Block:
    """A stretch of the arena that one value, or several in turn, live in.

    Args:
        size: bytes.
        first: the step that writes it first.
        last: the last step that reads it.
        offset: where it lies in the arena, once placed.
    """

    size: int
    first: int
    last: int
    offset: int = -1

    def overlaps(self, other: "Block") -> bool:
        """Whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


def place_blocks(blocks: Iterable[Block]) -> int:
    """Give every block its offset, and return how many bytes the arena needs.

    >>> a, b, c = Block(64, 0, 1), Block(64, 1, 2), Block(64, 2, 3)
    >>> place_blocks([a, b, c]), a.offset == c.offset
    (128, True)
    """
    placed: list[Block] = []
    total = 0
    # The largest first: small blocks fit into the gaps that are left, large ones would not.
    for block in sorted(blocks, key=lambda b: -b.size):
        neighbours = sorted((b for b in placed if b.overlaps(block)), key=lambda b: b.offset)
        block.offset = _first_gap(neighbours, block.size)
        total = max(total, block.offset + _aligned(block.size))
        placed.append(block)
    return total


def _first_gap(neighbours: list[Block], size: int) -> int:
    """Return the lowest offset at which a block of a size fits between its neighbours."""
    offset = 0
    for other in neighbours:
        if other.offset - offset >= _aligned(size):
            break
        # Neighbours may overlap each other, since they need not live at one time: the farthest end
        # counts, not the last one.
        offset = max(offset, other.offset + _aligned(other.size))
    return offset


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
