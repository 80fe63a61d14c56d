"""The text that the example learns from, and the numbers of its characters."""

from collections import Counter
from pathlib import Path

import symnet as mx

__all__ = ["UNKNOWN", "Vocabulary", "load_text"]

UNKNOWN = "\0"
"""Stands for the character after the end, and for characters not seen in training."""

SHAKESPEARE = "tinyshakespeare.txt"
ADDRESS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
)
CHECKSUM = "sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


class Vocabulary:
    """The characters of a text, numbered from 0 by how often they occur; `UNKNOWN` comes last.

    Args:
        characters: the characters in the order of their numbers, without `UNKNOWN`.
    """

    def __init__(self, characters: str) -> None:
        self.characters = characters + UNKNOWN
        self._numbers = {character: n for n, character in enumerate(self.characters)}

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """Return the vocabulary of a text."""
        counted = Counter(text.replace(UNKNOWN, ""))
        return cls("".join(sorted(counted, key=lambda c: (-counted[c], c))))

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Return the vocabulary that `save` wrote."""
        return cls(path.read_text(encoding="utf-8"))

    def save(self, path: Path) -> None:
        """Write the characters to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.characters[:-1], encoding="utf-8", newline="")

    def __len__(self) -> int:
        return len(self.characters)

    def numbers(self, text: str) -> list[int]:
        """Return the number of each character."""
        unknown = len(self) - 1
        return [self._numbers.get(character, unknown) for character in text]


def load_text(path: Path | None = None) -> str:
    """Return the text to learn from.

    Args:
        path: a file to read; default: tiny Shakespeare, from the data folder or downloaded to it.

    Where that can be neither found nor downloaded, the documentation text that comes with Python
    takes its place, and one printed line says so.
    """
    if path is not None:
        return path.read_text(encoding="utf-8")
    kept = mx.get_data_dir() / SHAKESPEARE
    if not kept.is_file() and not _download(kept):
        print("Not tiny Shakespeare: learning from the documentation text that Python brings.")
        return _documentation()
    return kept.read_text(encoding="utf-8")


def _download(target: Path) -> bool:
    """Download tiny Shakespeare, check it and keep it; say so where that fails."""
    try:
        import pooch

        pooch.retrieve(
            ADDRESS,
            CHECKSUM,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=(5, 30)),
        )
    except ImportError:
        print("downloading tiny Shakespeare needs pooch: pip install pooch")
    except (OSError, ValueError) as problem:  # the network's or the disk's; the checksum's
        print(f"cannot download {ADDRESS}: {type(problem).__name__}: {problem}")
    else:
        return True
    return False


def _documentation() -> str:
    from pydoc_data.topics import topics

    return "\n".join(text for _, text in sorted(topics.items()))
