"""``python -m symnet.mxnet script.py [arguments]``: run a script that says ``import mxnet``."""

import runpy
import sys
from pathlib import Path

from .takeover import install

_USAGE = """usage: python -m symnet.mxnet script.py [arguments]
       python -m symnet.mxnet -m module [arguments]

Run a program that was written for Python-MXNet, unchanged, on symnet."""


def main() -> None:
    """Run the script or module that the command line names."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(f"{_USAGE}\n")
        raise SystemExit(0 if arguments else 2)
    if not install():
        raise SystemExit("python -m symnet.mxnet: another mxnet is imported already")
    if arguments[0] == "-m":
        if len(arguments) == 1:
            raise SystemExit(_USAGE)
        sys.argv = arguments[1:]
        sys.path[0] = ""
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    script = Path(arguments[0])
    if not script.exists():
        raise SystemExit(f"python -m symnet.mxnet: there is no file {str(script)!r}")
    sys.argv = arguments
    sys.path[0] = str(script.resolve().parent)
    runpy.run_path(str(script), run_name="__main__")


main()
