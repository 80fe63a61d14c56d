"""The programs of tools/, as modules."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

__all__ = ["TOOLS", "tool"]

TOOLS = Path(__file__).parent.parent / "tools"


def tool(name: str) -> ModuleType:
    """Import a program of tools/; they import each other by plain names."""
    sys.path.insert(0, str(TOOLS))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(TOOLS))
