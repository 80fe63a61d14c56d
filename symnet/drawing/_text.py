"""How wide text is, and how it is made to fit: there is no font to ask.

The widths are those of Helvetica, which Arial and Liberation Sans share. The drawing states each
text's width, so that other fonts are set to the same.
"""

import unicodedata
from collections.abc import Sequence

__all__ = ["clean", "shorten", "width_of", "wrapped"]

_WIDTHS = {
    sign: width
    for width, signs in {
        222: "ijl'|",
        278: " !,./:;I[\\]ft",
        333: '()-`r{}"*',
        500: "Jcksvxyz^",
        584: "+<=>~",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1015: "@",
    }.items()
    for sign in signs
}
_DIGIT = 556  # and most small letters
_BOLD = 1.08


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text, in pixels.

    Args:
        text: one line.
        size: the font's size, in pixels.
        bold: whether it is set in bold.

    >>> width_of("fc1", 10)
    13.34
    """
    thousandths = sum(_WIDTHS.get(sign, 0) or _other_width(sign) for sign in text)
    return round(thousandths / 1000 * size * (_BOLD if bold else 1), 2)


def _other_width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    if sign == "…" or unicodedata.east_asian_width(sign) in "WF":
        return 1000
    return _DIGIT if sign.isascii() else 722


def shorten(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return a text that fits: what is too long loses its middle.

    >>> shorten("stage1_unit1_batchnorm1", 80, 10)
    'stage1_…hnorm1'
    """
    if width_of(text, size, bold=bold) <= room:
        return text
    kept = int(len(text) * room / width_of(text, size, bold=bold))
    while kept:
        head, tail = text[: kept - kept // 2], text[len(text) - kept // 2 :]
        if width_of(short := f"{head}…{tail}", size, bold=bold) <= room:
            return short
        kept -= 1
    return "…"


def wrapped(words: Sequence[str], room: float, size: float, most: int) -> list[str]:
    """Return words in lines that fit, two spaces between them; what is left over ends the last.

    >>> wrapped(["kernel=(3,3)", "num_filter=64", "pad=(1,1)"], 130, 10, 2)
    ['kernel=(3,3)  num_filter=64', 'pad=(1,1)']
    """
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}  {word}" if lines else word
        if lines and (width_of(longer, size) <= room or len(lines) == most):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def clean(text: str) -> str:
    r"""Return a text as XML may hold it: what it may not becomes the sign for that.

    >>> clean("bell\x07")
    'bell\ufffd'
    """
    return "".join(sign if _is_allowed(ord(sign)) else "\ufffd" for sign in text)


def _is_allowed(code: int) -> bool:
    """Tell whether XML 1.0 may hold a character."""
    if code < 0x20:
        return code in (0x9, 0xA, 0xD)
    return not (0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF))
