"""Weights after updates on fixed gradients, for each optimizer under several settings."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from python_mxnet.storage import Arrays, Case, write_arrays

STEPS = 20
RECORDED = (1, 2, 5, 20)
NAMES = ("fc_weight", "fc_bias", "bn_gamma")
SHAPES = ((3, 4), (5,), (2, 3))

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}),
    "sgd-momentum": ("sgd", {"momentum": 0.9}),
    "nag": ("nag", {"momentum": 0.9}),
    "nag-plain": ("nag", {}),
    "signum": ("signum", {}),
    "signum-plain": ("signum", {"momentum": 0.0}),
    "signum-wd_lh": ("signum", {"wd_lh": 0.02}),
    "dcasgd": ("dcasgd", {}),
    "lars": ("lars", {}),
    "lars-momentum": ("lars", {"momentum": 0.9, "eta": 0.01}),
    "adam": ("adam", {}),
    "adagrad": ("adagrad", {}),
    "adadelta": ("adadelta", {}),
    "rmsprop": ("rmsprop", {}),
    "rmsprop-centered": ("rmsprop", {"centered": True}),
    "rmsprop-weights": ("rmsprop", {"clip_weights": 0.5}),
    "adamax": ("adamax", {}),
    "nadam": ("nadam", {}),
    "ftrl": ("ftrl", {}),
    "ftml": ("ftml", {}),
    "lamb": ("lamb", {}),
    "lamb-bounds": ("lamb", {"lower_bound": 0.5, "upper_bound": 1.5, "bias_correction": False}),
}
"""Case → name for `mx.optimizer.create` and its own arguments."""

SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "wd": {"wd": 0.03},
    "clip": {"clip_gradient": 0.4},
    "all": {"wd": 0.03, "clip_gradient": 0.4, "rescale_grad": 0.5, "learning_rate": 0.02},
    "mult": {"wd": 0.03, "learning_rate": 0.05},
}
"""Arguments that all optimizers take; ``mult`` also sets the multipliers below."""

LR_MULT = {"fc_weight": 0.5, "fc_bias": 2.0}
WD_MULT = {"fc_weight": 3.0, "fc_bias": 0.5}


def record(folder: Path) -> None:
    """Write ``optimizers.npz``."""
    random = np.random.RandomState(7)
    arrays: Arrays = {}
    for i, shape in enumerate(SHAPES):
        arrays[f"start:{i}"] = random.uniform(-1, 1, shape).astype(np.float32)
        arrays[f"gradient:{i}"] = random.normal(0, 0.5, (STEPS, *shape)).astype(np.float32)
    cases: dict[str, Case] = {}
    for name, case, optimizer in [*combinations(), *further()]:
        cases[name] = case
        arrays.update(run(name, case, optimizer, arrays))
    arrays.update(adamw(cases, arrays))
    write_arrays(folder / "optimizers.npz", {"recorded": RECORDED, "cases": cases}, arrays)


def combinations() -> Iterator[tuple[str, Case, mx.optimizer.Optimizer]]:
    """Yield each optimizer under each setting."""
    for name, (key, own) in OPTIMIZERS.items():
        for setting, shared in SETTINGS.items():
            case: Case = {"optimizer": key, "arguments": {**own, **shared}}
            optimizer = create(case)
            if setting == "mult":
                case.update(lr_mult=LR_MULT, wd_mult=WD_MULT)
                optimizer.set_lr_mult(LR_MULT)
                optimizer.set_wd_mult(WD_MULT)
            yield f"{name}/{setting}", case, optimizer


def further() -> Iterator[tuple[str, Case, mx.optimizer.Optimizer]]:
    """Yield what an optimizer takes from a schedule, a symbol, and half precision."""
    case: Case = {
        "optimizer": "sgd",
        "arguments": {"learning_rate": 0.1},
        "schedule": {"step": 5, "factor": 0.5},
    }
    yield "sgd/schedule", case, create(case, mx.lr_scheduler.FactorScheduler(**case["schedule"]))
    case = {
        "optimizer": "sgd",
        "arguments": {"learning_rate": 0.1, "wd": 0.03},
        "attributes": {
            "fc_weight": {"__lr_mult__": "0.25", "__wd_mult__": "2"},
            "bn_gamma": {"__lr_mult__": "0"},
        },
    }
    yield "sgd/attributes", case, create(case, sym=symbol_of(case["attributes"]))
    for key, momentum in (("sgd", 0.0), ("sgd", 0.9), ("nag", 0.9), ("lamb", None)):
        arguments: dict[str, Any] = {"learning_rate": 0.05, "wd": 0.03, "multi_precision": True}
        if momentum is not None:
            arguments["momentum"] = momentum
        case = {"optimizer": key, "arguments": arguments, "dtype": "float16"}
        yield f"{key}{'-momentum' if momentum else ''}/float16", case, create(case)


def create(case: Case, schedule: Any = None, sym: Any = None) -> mx.optimizer.Optimizer:
    """Return the optimizer of a case, which knows the names of its weights."""
    return mx.optimizer.create(
        case["optimizer"],
        param_idx2name=dict(enumerate(NAMES)),
        lr_scheduler=schedule,
        sym=sym,
        **case["arguments"],
    )


def symbol_of(attributes: dict[str, dict[str, str]]) -> mx.sym.Symbol:
    """Return a symbol whose variables have these attributes."""
    return mx.sym.Group([mx.sym.Variable(name, attr=attributes.get(name)) for name in NAMES])


def run(name: str, case: Case, optimizer: mx.optimizer.Optimizer, given: Arrays) -> Arrays:
    """Return weights after the recorded steps, and what the optimizer remembers at the end."""
    dtype = case.get("dtype", "float32")
    updater = mx.optimizer.get_updater(optimizer)
    weights = [mx.nd.array(given[f"start:{i}"], dtype=dtype) for i in range(len(NAMES))]
    seen = []
    for step in range(STEPS):
        for i, weight in enumerate(weights):
            updater(i, mx.nd.array(given[f"gradient:{i}"][step], dtype=dtype), weight)
        if step + 1 in RECORDED:
            seen.append(side_by_side(weights))
    states = zip(*(flat(updater.states[i]) for i in range(len(NAMES))), strict=True)
    found = {f"state:{name}:{i}": side_by_side(arrays) for i, arrays in enumerate(states)}
    return {f"weight:{name}": np.stack(seen), **found}


def side_by_side(arrays: Iterable[mx.nd.NDArray]) -> np.ndarray:
    """Return the elements of several arrays in one vector; few members keep the file small."""
    return np.concatenate([array.asnumpy().ravel() for array in arrays])


def flat(state: Any) -> list[mx.nd.NDArray]:
    """Return the arrays of an optimizer's state, whatever it is nested in."""
    if isinstance(state, mx.nd.NDArray):
        return [state]
    return [array for part in state or () if part is not None for array in flat(part)]


def adamw(cases: dict[str, Case], given: Arrays) -> Arrays:
    """Return weights of AdamW, which 1.9.1 has as an operator only, and add its case."""
    own = {"lr": 0.02, "eta": 0.9, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "wd": 0.03}
    cases["adamw"] = {"operator": "_contrib_adamw_update", "arguments": own, "rescale_grad": 0.5}
    rescale = mx.nd.array([0.5])
    weights = [mx.nd.array(given[f"start:{i}"]) for i in range(len(NAMES))]
    states = [(mx.nd.zeros_like(weight), mx.nd.zeros_like(weight)) for weight in weights]
    seen = []
    for step in range(STEPS):
        for i, (weight, state) in enumerate(zip(weights, states, strict=True)):
            gradient = mx.nd.array(given[f"gradient:{i}"][step])
            mx.nd.contrib.adamw_update(weight, gradient, *state, rescale, out=weight, **own)
        if step + 1 in RECORDED:
            seen.append(side_by_side(weights))
    return {"weight:adamw": np.stack(seen)}
