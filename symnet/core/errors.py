"""Every error that symnet raises on purpose.

```
MXError                  base of all of them; also a RuntimeError
├── ParameterError       an operator or option parameter: unknown, missing, out of range, unreadable
├── ArgumentError        an input of a call: missing, unknown, given twice, of the wrong kind
│   └── ReadOnlyError    writing into an array that may only be read
├── ShapeError           shapes that do not fit each other
├── DTypeError           element types that do not fit each other
├── DeviceError          a device that does not exist, or arrays on different ones
├── DistributedError     another process of a training: lost, failed, or not to be met
├── LabelError           label values that a loss cannot use
├── DataError            a data provider, or what it read
└── FormatError          bytes or text of a file that are not what they should be
```
"""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "ArgumentError",
    "DTypeError",
    "DataError",
    "DeviceError",
    "DistributedError",
    "FormatError",
    "LabelError",
    "MXError",
    "ParameterError",
    "ReadOnlyError",
    "ShapeError",
    "shown",
    "suggest",
]


class MXError(RuntimeError):
    """Base class of every error raised by symnet."""


class ParameterError(MXError, ValueError):
    """A parameter is unknown, missing, out of range or unreadable."""


class ArgumentError(MXError, ValueError, TypeError):
    """An input of a call is missing, unknown, given twice or of the wrong kind."""


class ReadOnlyError(ArgumentError):
    """An array that may only be read was about to be written."""


class ShapeError(MXError, ValueError):
    """Shapes do not fit each other."""


class DTypeError(MXError, TypeError):
    """Element types do not fit each other."""


class ContractError(MXError, TypeError):
    """The class of an operator does not keep the contract of operators."""


class DeviceError(MXError):
    """A device does not exist, or arrays live on different ones."""


class DistributedError(MXError):
    """Another process of a training is lost, has failed, or cannot be met."""


class LabelError(MXError, ValueError):
    """Label values lie outside what a loss can use."""


class DataError(MXError, ValueError):
    """A data provider cannot deliver what was asked of it."""


class FormatError(MXError, ValueError):
    """A file does not hold what its name or its header promises."""


def suggest(name: str, candidates: Iterable[str], *, nearness: float = 0.6) -> str:
    """Say what may have been meant by a name that is not among the candidates.

    Args:
        name: what was given.
        candidates: what there is.
        nearness: how alike two names must be, from 0 to 1, where 1 is equal.

    Returns the tail of an error message: ``"; did you mean 'fc1_weight'?"``, or nothing where no
    candidate is near.

    >>> suggest("fc1_weigth", ["data", "fc1_weight"])
    "; did you mean 'fc1_weight'?"
    """
    close = get_close_matches(name, list(candidates), n=1, cutoff=nearness)
    return f"; did you mean {close[0]!r}?" if close else ""


def listed(names: Iterable[object]) -> str:
    """Say what there is, as the tail of an error message.

    >>> listed(["lr", "momentum"]), listed([])
    ('(there are: lr, momentum)', '(there are: none)')
    """
    return f"(there are: {', '.join(map(str, names)) or 'none'})"


def shown(value: object) -> str:
    """Say what was given, in the words of an error: arrays by their shapes, the rest cut short.

    >>> shown("abc"), shown([0] * 100)[:20], shown(dict)
    ("'abc'", '[0, 0, 0, 0, 0, 0, 0', 'the class dict')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} of shape {tuple(shape)}"
    if isinstance(value, tuple | list) and any(hasattr(each, "shape") for each in value):
        return f"{type(value).__name__} of {', '.join(map(shown, value[:4]))}"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 200  # characters of a value in an error


def not_installed(who: str, package: str) -> str:
    """Say which package somebody needs, and how it is installed: the message of an error.

    The package itself is named, not an extra of symnet: an environment made without symnet's
    package index would find a stranger's project under that name.

    >>> not_installed("ImageRecordIter", "simplejpeg")
    'ImageRecordIter needs simplejpeg, which is not installed: pip install simplejpeg'
    """
    return f"{who} needs {package}, which is not installed: pip install {package}"
