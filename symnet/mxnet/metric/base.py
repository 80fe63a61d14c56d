"""EvalMetric: what every metric of Python-MXNet is, and how one is made by name.

Source: Apache MXNet 1.9.1, ``mxnet.metric``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import ArgumentError
from ...core.errors import listed as there_are
from ...ndarray import NDArray as CoreArray
from .. import registry

__all__ = ["EvalMetric", "alias", "check_label_shapes", "create", "register"]

Names = Sequence[str] | None


class EvalMetric:
    """Base of all metrics: derive from it, and define `update`.

    `update` adds to ``sum_metric`` and ``num_inst``, whose quotient `get` returns. A metric that
    says ``has_global_stats=True`` adds to ``global_sum_metric`` and ``global_num_inst`` too, which
    `reset_local` leaves as they are.

    Args:
        name: what the value is called.
        output_names: the outputs that `update_dict` hands over, default all.
        label_names: the labels that it hands over, default all.
        kwargs: ``has_global_stats``; what else is given stands in `get_config`.

    >>> import symnet.mxnet as mx
    >>> class Seen(mx.metric.EvalMetric):
    ...     def update(self, labels, preds):
    ...         self.sum_metric += len(labels[0])
    ...         self.num_inst += 1
    >>> metric = Seen("seen")
    >>> metric.update([mx.nd.ones(3)], [])
    >>> metric.get()
    ('seen', 3.0)
    """

    num_inst: Any
    sum_metric: Any
    global_num_inst: Any
    global_sum_metric: Any

    def __init__(
        self, name: Any, output_names: Names = None, label_names: Names = None, **kwargs: Any
    ) -> None:
        self.name: Any = str(name)
        self.output_names = output_names
        self.label_names = label_names
        self._has_global_stats = bool(kwargs.pop("has_global_stats", False))
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """Return what the metric is made of, as a dict."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    # -- taking in -------------------------------------------------------------------------------

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Take in a mini-batch, by name: those of ``output_names`` and ``label_names``, else all.

        Raises ArgumentError where one that is named is missing.
        """
        preds = _chosen("output", pred, self.output_names)
        self.update(_chosen("label", label, self.label_names), preds)

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch: labels and predictions, in order."""
        raise NotImplementedError(f"{type(self).__name__} must define update(labels, preds)")

    def _add(self, amount: float, count: int) -> None:
        """Add to the sums, the local and the global ones."""
        self.sum_metric += amount
        self.num_inst += count
        self.global_sum_metric += amount
        self.global_num_inst += count

    def reset(self) -> None:
        """Forget everything taken in."""
        self.global_num_inst = 0
        self.global_sum_metric = 0.0
        self.num_inst = 0
        self.sum_metric = 0.0

    def reset_local(self) -> None:
        """Forget what was taken in, but for the global values."""
        self.num_inst = 0
        self.sum_metric = 0.0

    # -- what came out ---------------------------------------------------------------------------

    def _value(self, total: Any, count: Any) -> float:
        """Return the value of a sum and a count; NaN before the first update."""
        return total / count if count else float("nan")

    def get(self) -> tuple[Any, Any]:
        """Return name and value; lists of them where the metric has several."""
        return self.name, self._value(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple[Any, Any]:
        """Return name and value of everything since `reset`."""
        if not self._has_global_stats:
            return self.get()
        return self.name, self._value(self.global_sum_metric, self.global_num_inst)

    def get_name_value(self) -> list[tuple[str, float]]:
        """Return pairs of name and value."""
        return _paired(*self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """Return pairs of name and value of everything since `reset`."""
        return _paired(*self.get_global())


def _chosen(kind: str, given: Mapping[str, Any], names: Names) -> list[Any]:
    missing = [name for name in names or () if name not in given]
    if missing:
        raise ArgumentError(
            f"the metric wants the {kind} {missing[0]!r}, which is not there {there_are(given)}"
        )
    return [given[name] for name in given if names is None] + [given[n] for n in names or ()]


def _paired(names: Any, values: Any) -> list[tuple[str, float]]:
    listed = names if isinstance(names, list) else [names]
    return list(zip(listed, values if isinstance(values, list) else [values], strict=True))


def check_label_shapes(
    labels: Any, preds: Any, wrap: bool = False, shape: bool = False
) -> tuple[Any, Any]:
    """Return labels and predictions. Raises ValueError where they are not as many.

    Args:
        labels: an array or a list.
        preds: an array or a list.
        wrap: whether to make a list of a single array.
        shape: whether to compare shapes instead of lengths.
    """
    found = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if found[0] != found[1]:
        raise ValueError(
            f"Shape of labels {found[0]} does not match shape of predictions {found[1]}"
        )
    if not wrap:
        return labels, preds
    return listed(labels), listed(preds)


def listed(given: Any) -> Any:
    """Return a list of one array, and anything else as it is."""
    return [given] if isinstance(given, CoreArray) else given


register = registry.get_register_func(EvalMetric, "metric")
alias = registry.get_alias_func(EvalMetric, "metric")
_create = registry.get_create_func(EvalMetric, "metric")


def create(metric: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a metric.

    Args:
        metric: a metric; a name, as ``"acc"``; a function ``f(label, pred)`` of NumPy arrays; or a
            list of these.
        args: arguments of the metric that is made.
        kwargs: arguments of the metric that is made.

    Raises ArgumentError for an unknown name.
    """
    from .combined import CompositeEvalMetric, CustomMetric

    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, list):
        return CompositeEvalMetric([create(each, *args, **kwargs) for each in metric])
    return _create(metric, *args, **kwargs)
