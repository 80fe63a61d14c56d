"""Tables and numbers as commands print them."""

from collections.abc import Sequence

__all__ = ["bytes_text", "print_table"]


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> None:
    """Print rows under a head; the first columns are words, the others numbers.

    >>> print_table(("name", "bytes"), [("weight", "24"), ("bias", "1,024")], words=1)
    name    bytes
    weight     24
    bias    1,024
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip())


def bytes_text(count: int) -> str:
    """Return a number of bytes as people say it.

    >>> bytes_text(812), bytes_text(46_827_520)
    ('812 bytes', '46.8 MB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
