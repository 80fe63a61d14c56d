"""What all processes of a training must have been given alike."""

from collections.abc import Iterable, Mapping
from typing import Any

from ...data import AbstractDataProvider
from ...symbol import SymbolicNode
from ..kvstore import choose_kvstore
from ..optimizer import AbstractOptimizer
from .options import FitOptions

__all__ = ["facts_of"]


def facts_of(
    arch: SymbolicNode,
    optimizer: AbstractOptimizer,
    data: AbstractDataProvider,
    options: FitOptions,
) -> dict[str, str]:
    """Return what all processes of a training must have in common."""
    opts = {} if optimizer.opts is None else vars(optimizer.opts)
    plain = {n: v for n, v in opts.items() if type(v) in (int, float)}
    return {
        "the batch size": str(data.get_batch_size()),
        "the data": str([*data.provide_data(), *data.provide_label()]),
        "the network": " ".join(arch.to_json().split()),
        "the optimizer": f"{type(optimizer).__name__} {plain}",
        "the multipliers": str(optimizer.multipliers.facts()),
        "freeze": str(options.freeze),
        "n_epoch": str(options.n_epoch),
        "kvstore": str(choose_kvstore(options.kvstore, 1, largest=0).type),
        "clip_norm": str(options.clip_norm),
        "dtype": options.dtype,
        "accumulate": str(options.accumulate),
        "class_weight": str(options.class_weight),
        "label_smoothing": str(options.label_smoothing),
        "eval_metric": _kinds(options.eval_metric),
        "eval_data": "given" if options.eval_data is not None else "missing",
        "resume": "given" if options.resume is not None else "missing",
        "partition": str(options.partition),
    }


def _kinds(metric: Any) -> str:
    """Say which metrics are meant, without the addresses that objects print."""
    if metric is None or isinstance(metric, str):
        return str(metric)
    inner = metric if isinstance(metric, Iterable) else getattr(metric, "metrics", ())
    if isinstance(inner, Mapping):
        inside = ", ".join(f"{name}: {_kinds(each)}" for name, each in inner.items())
    else:
        inside = ", ".join(map(_kinds, inner))
    return f"{type(metric).__name__}({inside})"
