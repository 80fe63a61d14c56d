"""What kind of file some bytes begin: errors say what a file is, not just what it is not.

People give readers the wrong file: a pointer that Git LFS left in place of the weights, the page of
a server that says "not found", weights of another framework. The first bytes tell.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["HEAD", "FileKind", "in_its_place", "kind_of", "picture_kind"]

HEAD = 1024
"""How many bytes of a file's beginning tell its kind."""


class FileKind(NamedTuple):
    """One kind of file.

    Args:
        name: a word for it, as programs compare it.
        title: what it is, in words.
        begins: whether bytes begin such a file.
        way_out: what to do with it; nothing where that is plain.
    """

    name: str
    title: str
    begins: Callable[[bytes], bool]
    way_out: str = ""


def kind_of(head: bytes) -> FileKind | None:
    r"""Return the kind of file that begins with these bytes, None where they tell nothing.

    Args:
        head: the first `HEAD` bytes of a file, or all of a shorter one.

    >>> kind_of(b"\x93NUMPY\x01\x00").title
    'an array of NumPy (.npy)'
    """
    return next((kind for kind in _KINDS if kind.begins(head)), None)


def picture_kind(head: bytes) -> str | None:
    r"""Return the name of the kind of picture that begins with these bytes, None for no picture.

    >>> picture_kind(b"\xff\xd8\xff\xe0")
    'jpeg'
    """
    return next((kind.name for kind in _PICTURES if kind.begins(head)), None)


def in_its_place(head: bytes, *wanted: str) -> str:
    r"""Say what a file is that is not what was wanted, as the tail of an error message.

    Args:
        head: the first `HEAD` bytes of the file.
        wanted: the names of kinds that were wanted: a damaged file of these is not told again.

    >>> in_its_place(b"\x89HDF\r\n\x1a\n", "params")
    '; it is an HDF5 file (.h5), as Keras writes it'
    >>> in_its_place(b"\x00\x01", "params")
    ''
    """
    kind = kind_of(head)
    if kind is None or kind.name in wanted:
        return ""
    return f"; it is {kind.title}{f': {kind.way_out}' if kind.way_out else ''}"


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    """Return what tells whether a pattern begins a text, whatever blanks and mark precede it."""
    # Compiled when it is first asked, and kept by `re`: most programs never ask.
    whole, flags = rb"(\xef\xbb\xbf)?\s*" + pattern, re.IGNORECASE | re.DOTALL
    return lambda head: re.match(whole, head, flags) is not None


def _zip_with(member: bytes) -> Callable[[bytes], bool]:
    """Return what tells whether a ZIP archive has a member whose name matches, near its start."""
    whole = rb"PK\x03\x04.{26}" + member
    return lambda head: (
        head.startswith(b"PK\x03\x04") and re.search(whole, head, re.DOTALL) is not None
    )


_TORCH_ARCHIVE = _zip_with(rb"[^/]{1,200}/(data\.pkl|data/wei|archive_|\.format_|version|byteo)")


def _in_torch(head: bytes) -> bool:
    """Whether torch.save or torch.export wrote this: an archive, or of old a pickle of a number."""
    return _TORCH_ARCHIVE(head) or head[2:].startswith(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19")


def _is_text(head: bytes) -> bool:
    try:
        text = head[: HEAD - 4].decode()
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign.isspace() for sign in text)


_PICTURES = (
    FileKind("jpeg", "a picture (JPEG)", _starts(b"\xff\xd8\xff")),
    FileKind("png", "a picture (PNG)", _starts(b"\x89PNG\r\n\x1a\n")),
    FileKind("gif", "a picture (GIF)", _starts(b"GIF87a", b"GIF89a")),
    FileKind("bmp", "a picture (BMP)", lambda head: head[:2] == b"BM" and head[6:10] == bytes(4)),
    FileKind("tiff", "a picture (TIFF)", _starts(b"II*\0", b"MM\0*")),
    FileKind("webp", "a picture (WebP)", _matches(rb"RIFF.{4}WEBP")),
    FileKind("netpbm", "a picture (Netpbm)", _matches(rb"P[1-6]\s")),
)

_WITH_GIT = "it stands for a file that was not fetched"
_UNPACK = "unpack it first"

_KINDS = (
    FileKind("empty", "an empty file", lambda head: not head, "was it downloaded whole?"),
    # -- what symnet reads
    FileKind("params", "a file of MXNet's arrays (.params)", _starts(b"\x12\x01\0\0\0\0\0\0")),
    FileKind("rec", "a record file (.rec)", _starts(b"\x0a\x23\xd7\xce")),
    FileKind(
        "safetensors",
        "a safetensors file",
        lambda head: head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**32,
    ),
    FileKind(
        "state", "the state of a training (.state.json)", _matches(rb'\{\s*"format": "symnet')
    ),
    FileKind("symbol", "JSON, as symbols are written in", _matches(rb"\{")),
    FileKind("idx", "the index of a record file (.idx)", _matches(rb"\d+\t\d+\s*(\n|$)")),
    # -- what stands for a file
    FileKind(
        "lfs",
        "a Git LFS pointer",
        _starts(b"version https://git-lfs.github.com/spec/"),
        f"{_WITH_GIT}; `git lfs pull` fetches it",
    ),
    FileKind(
        "annex",
        "a git-annex pointer",
        _starts(b"/annex/objects/"),
        f"{_WITH_GIT}; `git annex get` fetches it",
    ),
    FileKind(
        "html",
        "a web page (HTML)",
        _matches(rb"(<!--.*?-->\s*)*<(!doctype html|html|head|body)\b"),
        "the address led to a page, not to the file",
    ),
    # -- other frameworks
    FileKind(
        "npz",
        "an archive of NumPy's arrays (.npz)",
        _zip_with(rb"[^/]{1,200}\.npy"),
        "np.load reads it, and mx.save writes the arrays as .params",
    ),
    FileKind(
        "npy",
        "an array of NumPy (.npy)",
        _starts(b"\x93NUMPY"),
        "",
    ),
    FileKind(
        "pt",
        "a file of PyTorch (.pt, .pth)",
        _in_torch,
        "torch.load reads it, and mx.save writes its tensors",
    ),
    FileKind("h5", "an HDF5 file (.h5), as Keras writes it", _starts(b"\x89HDF\r\n\x1a\n")),
    FileKind("caffe", "weights of Caffe (.caffemodel)", _matches(rb"\n.[ -~]{1,120}\xa2\x06")),
    FileKind("onnx", "an ONNX model", _matches(rb"\x08[\x03-\x14](\x12|\x3a)")),
    FileKind(
        "pickle",
        "a pickle of Python",
        _starts(*(b"\x80" + bytes([protocol]) for protocol in (2, 3, 4, 5))),
    ),
    *_PICTURES,
    # -- archives
    FileKind("zip", "a ZIP archive", _starts(b"PK\x03\x04"), _UNPACK),
    FileKind("gzip", "compressed by gzip (.gz)", _starts(b"\x1f\x8b"), _UNPACK),
    FileKind("bzip2", "compressed by bzip2 (.bz2)", _starts(b"BZh"), _UNPACK),
    FileKind("xz", "compressed by xz (.xz)", _starts(b"\xfd7zXZ\0"), _UNPACK),
    FileKind("zstd", "compressed by zstd (.zst)", _starts(b"\x28\xb5\x2f\xfd"), _UNPACK),
    FileKind("7z", "a 7z archive", _starts(b"7z\xbc\xaf\x27\x1c"), _UNPACK),
    FileKind("tar", "a tar archive", lambda head: head[257:262] == b"ustar", _UNPACK),
    FileKind("pdf", "a PDF document", _starts(b"%PDF-")),
    FileKind("xml", "an XML document", _matches(rb"<\?xml\b")),
    FileKind("text", "text", _is_text),
)
