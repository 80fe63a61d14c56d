"""The learning rates of each scheduler over fifty updates."""

from pathlib import Path
from typing import Any

import mxnet as mx

from python_mxnet.storage import Case, write_cases

UPDATES = 50

WARM_UP: dict[str, dict[str, Any]] = {
    "": {},
    "-linear": {"warmup_steps": 8, "warmup_begin_lr": 0.002},
    "-constant": {"warmup_steps": 8, "warmup_begin_lr": 0.002, "warmup_mode": "constant"},
    "-from_zero": {"warmup_steps": 5},
}

SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "factor": ("FactorScheduler", {"step": 10, "factor": 0.5, "base_lr": 0.1}),
    "factor-stop": (
        "FactorScheduler",
        {"step": 4, "factor": 0.5, "base_lr": 0.1, "stop_factor_lr": 0.02},
    ),
    "multi": ("MultiFactorScheduler", {"step": [7, 20, 21], "factor": 0.1, "base_lr": 0.2}),
    "poly": ("PolyScheduler", {"max_update": 40, "base_lr": 0.1, "final_lr": 0.001}),
    "poly-linear": ("PolyScheduler", {"max_update": 30, "base_lr": 0.1, "pwr": 1}),
    "cosine": ("CosineScheduler", {"max_update": 40, "base_lr": 0.1, "final_lr": 0.01}),
    "cosine-default": ("CosineScheduler", {"max_update": 30}),
}


def record(folder: Path) -> None:
    """Write ``schedules.json``."""
    cases: dict[str, Case] = {}
    for name, (scheduler, own) in SCHEDULERS.items():
        for ending, warm_up in WARM_UP.items():
            arguments = {**own, **warm_up}
            found = getattr(mx.lr_scheduler, scheduler)(**arguments)
            rates = [float(found(update)) for update in range(UPDATES + 1)]
            cases[name + ending] = {"class": scheduler, "arguments": arguments, "rates": rates}
    write_cases(folder / "schedules.json", cases)
