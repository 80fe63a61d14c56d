"""The command `symnet`: tools for the files that symnet reads and writes."""

import argparse
import os
import sys
from collections.abc import Sequence

from ..core.errors import MXError
from . import im2rec, rec

__all__ = ["main"]

_COMMANDS = (rec, im2rec)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `symnet`.

    Args:
        arguments: what was typed after ``symnet``, default ``sys.argv[1:]``.

    Returns the exit code: 0 where all is well, 1 where faults were found in a file, 2 for what
    could not be done at all.

    >>> main(["rec", "verify", "nowhere.rec"])  # says why on stderr
    2
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (MXError, OSError) as problem:
        print(f"symnet: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("symnet: interrupted", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="symnet",
        description="Tools for the files that symnet reads and writes.",
        epilog="`symnet COMMAND --help` says more about a command.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser
