"""Output in a notebook: one place that is written anew, instead of lines that pile up."""

import sys
from importlib import import_module
from typing import Any, final

__all__ = ["NotebookOutput", "cell_number", "in_notebook"]


def in_notebook() -> bool:
    """Tell whether a notebook shows what the program has to show: Jupyter and its like.

    >>> in_notebook()
    False
    """
    return _shell() is not None


def cell_number() -> int | None:
    """Return the number of the cell that runs; None outside of a notebook."""
    shell = _shell()
    return None if shell is None else int(shell.execution_count)


def _shell() -> Any:
    """Return IPython's shell, if a kernel runs it; that of a terminal has none."""
    # Nobody who has not imported IPython runs in it.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None


@final
class NotebookOutput:
    """A piece of HTML below a cell, which can be replaced."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, html: str, text: str) -> None:
        """Show HTML in place of what was shown before.

        Args:
            html: what is shown.
            text: what is shown where there is no HTML.
        """
        display = import_module("IPython.display").display
        content = {"text/html": html, "text/plain": text}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)
