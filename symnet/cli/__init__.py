"""The command `symnet`: tools for the files that symnet reads and writes.

Each file here whose name has no underscore is a command, and is found by being there. What it says
of its arguments imports nothing heavy, so that help and wrong usage answer at once; what it does
imports torch when it is done.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from ..core.errors import MXError
from ..core.version import __version__

__all__ = ["carry_out", "main", "parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `symnet`.

    Args:
        arguments: what was typed after ``symnet``, default ``sys.argv[1:]``.

    Returns the exit code: 0 where all is well, 1 where faults were found in a file, 2 for what
    could not be done at all.

    >>> main(["rec", "verify", "nowhere.rec"])  # says why on stderr
    2
    """
    return carry_out(parser().parse_args(arguments))


def carry_out(options: argparse.Namespace) -> int:
    """Do what was typed, and say on stderr what went wrong; returns the exit code.

    Args:
        options: what `parser` read.
    """
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (MXError, OSError, MemoryError) as problem:
        print(f"symnet: {_in_one_line(problem)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("symnet: interrupted", file=sys.stderr)
        return 130
    except Exception as problem:
        if sys.flags.dev_mode:
            raise
        # What torch raises on the CPU has no class of its own.
        lacks_memory = "allocate memory" in str(problem) or "out of memory" in str(problem)
        text = "there is not enough memory for this" if lacks_memory else _bug(problem)
        print(f"symnet: {text}", file=sys.stderr)
        return 2
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    made = argparse.ArgumentParser(
        prog="symnet",
        description="Tools for the files that symnet and MXNet read and write.",
        epilog="`symnet COMMAND --help` says more about a command. The exit status is 0 where all "
        "is well, 1 where faults were found, 2 for what could not be done.",
    )
    made.add_argument("--version", action="version", version=f"symnet {__version__}")
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _commands():
        command.add(commands)
    return made


def _commands() -> Iterator[ModuleType]:
    for found in iter_modules(__path__):
        if not found.name.startswith("_"):
            yield import_module(f"{__name__}.{found.name}")


def _bug(problem: Exception) -> str:
    """Return what to say of an error that no file should bring about."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    return (
        f"this is a bug of symnet's: {type(problem).__name__}: {_in_one_line(problem)} "
        f"(in {place.filename}, line {place.lineno}); `python -X dev -m symnet` shows all of it"
    )


def _in_one_line(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.filename and problem.strerror:
        return f"{problem.filename}: {problem.strerror}"
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"  # a file may have long names


_LONGEST = 800  # characters of an error
