"""The pictures of what operators do, on their pages, and of learning-rate schedules.

Each is drawn from numbers that symnet computes while it is drawn. A function that `illustrates`
operators is found by being in a module of this folder; an operator needs none.
"""

from importlib import import_module
from pathlib import Path

from .registry import PICTURES, Illustration, of_operator

__all__ = ["PICTURES", "Illustration", "of_operator"]

for _path in sorted(Path(__file__).parent.glob("*.py")):
    if not _path.stem.startswith("_"):
        import_module(f".{_path.stem}", __name__)
