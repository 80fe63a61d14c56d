"""Downloading a file that is recognised by its checksum."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from ...core.errors import DataError, not_installed

__all__ = ["fetch"]

_SECONDS = (5, 30)  # to connect, and to wait for the next bytes: being offline shows soon


def fetch(what: str, urls: Sequence[str], checksum: str, target: Path, by_hand: str) -> Path:
    """Download one file from the first address that has it as it should be.

    Args:
        what: what it belongs to, for errors.
        urls: addresses, tried in order.
        checksum: as ``"md5:…"`` or ``"sha256:…"``.
        target: the folder to keep it in.
        by_hand: how to do without, for errors.

    Raises DataError where no address has it, with what was tried, or where pooch is missing.
    """
    pooch = _pooch(what, by_hand)
    made_here = not target.exists()
    problems = []
    for url in urls:
        try:
            path = pooch.retrieve(
                url,
                checksum,
                fname=url.rpartition("/")[2],
                path=target,
                downloader=pooch.HTTPDownloader(timeout=_SECONDS),
            )
        except (OSError, ValueError) as problem:  # the network's or the disk's; the checksum's
            problems.append(f"  {url}: {type(problem).__name__}: {problem}")
        else:
            return Path(path)
    if made_here:
        with suppress(OSError):  # not made after all, or in use by another process by now
            target.rmdir()
    raise DataError("\n".join([f"cannot download {what}; tried", *problems, by_hand]))


def _pooch(what: str, by_hand: str) -> ModuleType:
    try:
        import pooch
    except ImportError:
        advice = not_installed(f"{what} is not at hand, and downloading it", "pooch")
        raise DataError(f"{advice}\n{by_hand}") from None
    return pooch  # type: ignore[no-any-return]
