"""Record what Python-MXNet 1.9.1 computes: training, optimizers, metrics, iterators, cells.

Run it with the interpreter of an environment that holds that release, and nothing of ours::

    python3.11 -m venv ENV && ENV/bin/pip install mxnet==1.9.1 numpy==1.23.5
    OMP_NUM_THREADS=1 ENV/bin/python tools/record_python_mxnet.py tests/golden/python_mxnet

It writes the files of that folder, or those alone whose names (`optimizers`, `metrics`, …) follow;
`tests/golden/README.md` says what is in each. Everything random is drawn from fixed seeds, so that
a second run on the same machine writes the same bytes.
"""

import importlib
import os
import sys
from pathlib import Path

os.environ["MXNET_SUBGRAPH_BACKEND"] = "NONE"  # each operator by itself, as the symbol says

PARTS = (
    "training",
    "modules",
    "optimizers",
    "metrics",
    "iterators",
    "initializers",
    "schedules",
    "cells",
)


def main(folder: str, *parts: str) -> None:
    """Write the recordings of these parts, by default of all, to a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for part in parts or PARTS:
        importlib.import_module(f"python_mxnet.{part}").record(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
