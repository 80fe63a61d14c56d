"""Whole numbers of CSV files, as pixels and classes, read by arithmetic on arrays of characters.

A general parser looks at one character after the other. Here a block of text is an array, whose
characters that are no digit are found at once; the digits of a number are then eight bytes that are
gathered as one integer, and put together by three multiplications, for all numbers of the block.
Measured for pixels: 0.4 of pyarrow's time, which decimals, where a point has to be found too, do
not reach. It is used where `_decimals.c`, which reads both, was not compiled.
"""

from collections.abc import Iterator

import numpy as np

__all__ = ["read_whole_numbers"]

_NUMBERS = 1 << 14
"""Numbers of a block: its arrays fit the second-level cache, and calls cost little beside them."""
_MARGIN = 16
_ZERO, _MINUS, _COMMA, _END = b"0-,\n"

_WORD = np.dtype("<u8")
_LAST = np.array([(0x0F0F0F0F0F0F0F0F << 8 * (8 - n)) % 2**64 for n in range(9)], np.uint64)
"""For each number of digits, what leaves them alone of a word that ends with them."""
_STEPS = tuple(
    tuple(map(np.uint64, step))
    for step in (
        (10 * 2**8 + 1, 8, 0x00FF00FF00FF00FF),
        (100 * 2**16 + 1, 16, 0x0000FFFF0000FFFF),
        (10_000 * 2**32 + 1, 32, 0x00000000FFFFFFFF),
    )
)


def read_whole_numbers(text: bytes, columns: int) -> np.ndarray | None:
    r"""Return lines of text as an array of shape (lines, columns), float32, correctly rounded.

    None where they are anything else than numbers of one to eight digits, perhaps with a minus.

    Args:
        text: whole lines.
        columns: numbers per line.

    >>> read_whole_numbers(b"1,-2\n30,4\n", 2)
    array([[ 1., -2.],
           [30.,  4.]], dtype=float32)
    >>> read_whole_numbers(b"1,-2.5\n", 2)
    """
    if b"." in text[: 64 * columns]:  # saves looking at the first block of decimals
        return None
    plain = text.replace(b"\r\n", b"\n") if b"\r" in text else text
    plain = plain if plain.endswith(b"\n") else plain + b"\n"
    numbers = np.empty(plain.count(b"\n") * columns, np.float32)
    filled = 0
    for block in _blocks(plain, columns):
        read = _read_block(block, columns)
        if read is None:
            return None
        numbers[filled : filled + len(read)] = read
        filled += len(read)
    return numbers.reshape(-1, columns)


def _blocks(text: bytes, columns: int) -> Iterator[bytes]:
    """Cut a text, where lines end, into blocks of about so many numbers."""
    begin = 0
    while begin < len(text):
        first = text.index(b"\n", begin) + 1
        lines = max(_NUMBERS // columns, 1)
        end = text.rfind(b"\n", begin, begin + lines * (first - begin)) + 1
        end = max(end, first)
        yield text[begin:end]
        begin = end


def _read_block(text: bytes, columns: int) -> np.ndarray | None:
    padded = np.zeros(len(text) + 2 * _MARGIN, np.uint8)
    characters = padded[_MARGIN : _MARGIN + len(text)]
    characters[:] = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(characters - np.uint8(_ZERO) > 9)
    kinds = characters[places]
    minus = kinds == _MINUS
    has_minus = bool(minus.any())
    ends, kinds = (places[~minus], kinds[~minus]) if has_minus else (places, kinds)
    if not _is_table(kinds, columns):
        return None
    starts = np.zeros_like(ends)
    np.add(ends[:-1], 1, out=starts[1:])
    negative = None
    if has_minus:
        negative = characters[starts] == _MINUS
        if np.count_nonzero(negative) != np.count_nonzero(minus):  # one stands inside a number
            return None
        starts += negative
    lengths = ends - starts
    if lengths.max() > 8 or lengths.min() < 1:
        return None
    # For each place the eight bytes that end there.
    words = np.ndarray((len(text) + 1,), _WORD, padded, offset=_MARGIN - 8, strides=(1,))
    value = words[ends]
    value &= _LAST[lengths]
    for factor, shift, mask in _STEPS:  # digits become pairs, these fours, and these a number
        value *= factor
        value >>= shift
        value &= mask
    numbers = value.astype(np.float32)
    return numbers if negative is None else np.negative(numbers, out=numbers, where=negative)


def _is_table(separators: np.ndarray, columns: int) -> bool:
    """Tell whether each line has so many fields."""
    if len(separators) % columns:
        return False
    by_line = separators.reshape(-1, columns)
    return bool((by_line[:, -1] == _END).all() and (by_line[:, :-1] == _COMMA).all())
