"""Files of sparse rows, as LIBSVM writes them: ``label index:value …``."""

from io import StringIO
from os import fspath

import numpy as np

from ...core.errors import DataError
from ...core.paths import FilePath, read_bytes

__all__ = ["read_libsvm"]


def read_libsvm(path: FilePath, columns: int) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the rows of a file, zeros filled in, and what stands before each: its label.

    Args:
        path: the file; indices count from 0.
        columns: the length of a row.

    Raises DataError where the file cannot be read, naming the line that is no row.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "rows").write_text("1 0:5 2:7\n0 1:3\n")
    ...     rows, labels = read_libsvm(f"{folder}/rows", 3)
    >>> rows.tolist(), labels.tolist()
    ([[5.0, 0.0, 7.0], [0.0, 3.0, 0.0]], [1.0, 0.0])
    """
    try:
        text = StringIO(read_bytes(path).decode(), newline=None)
        lines = [(number, line.split()) for number, line in enumerate(text, 1)]
    except OSError as error:
        raise DataError(f"cannot read {fspath(path)}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{fspath(path)} cannot be read as text: {error}") from error
    found = [(number, fields) for number, fields in lines if fields]
    rows = np.zeros((len(found), columns), np.float32)
    labels = np.zeros(len(found), np.float32)
    for row, (number, (label, *entries)) in enumerate(found):
        try:
            labels[row] = float(label)
            for entry in entries:
                index, value = entry.split(":")
                rows[row, _column(index, columns)] = float(value)
        except ValueError as error:
            raise DataError(
                f"{fspath(path)}, line {number}: this is no row of {columns} columns "
                f"(label index:value …, indices from 0): {str(error)[:200]}"
            ) from error
    return rows, labels


def _column(index: str, columns: int) -> int:
    found = int(index)
    if not 0 <= found < columns:
        raise ValueError(f"index {found} is outside 0 to {columns - 1}")
    return found
