"""How recordings are written: JSON with a case a line, or arrays with a JSON object beside them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Case = dict[str, Any]


def write_cases(path: Path, cases: dict[str, Case]) -> None:
    """Write named cases as one JSON object, a case a line."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items())
    path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def write_arrays(path: Path, meta: Case, arrays: Arrays) -> None:
    """Write arrays as an ``.npz`` file, and `meta` among them as the bytes of its JSON text."""
    text = json.dumps(meta).encode()
    np.savez_compressed(path, meta=np.frombuffer(text, np.uint8), **arrays)
