"""Metrics of several metrics, and of a user's function."""

from collections.abc import Callable, Mapping
from typing import Any

from .base import EvalMetric, Names, alias, check_label_shapes, create, register

__all__ = ["CompositeEvalMetric", "CustomMetric", "np"]


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics of the same outputs.

    Args:
        metrics: metrics, or what `create` makes one of.
        name: not shown: each metric has its own.
        output_names: the outputs that they see, default all.
        label_names: the labels that they see, default all.
    """

    def __init__(
        self,
        metrics: list[Any] | None = None,
        name: str = "composite",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        self.metrics: list[Any] = []
        super().__init__(
            name, output_names=output_names, label_names=label_names, has_global_stats=True
        )
        self.metrics = [create(each) for each in metrics or ()]

    def add(self, metric: Any) -> None:
        """Add a metric, or what `create` makes one of."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> Any:
        """Return the metric in a position. Raises ValueError where there is none."""
        try:
            return self.metrics[index]
        except IndexError:
            raise ValueError(
                f"Metric index {index} is out of range 0 and {len(self.metrics)}"
            ) from None

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Take in a mini-batch, by name."""
        labels, preds = _among(label, self.label_names), _among(pred, self.output_names)
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        """Forget everything taken in."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Forget what was taken in, but for the global values."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[Any, Any]:
        """Return the names and values of all metrics."""
        return _split([pair for metric in self.metrics for pair in metric.get_name_value()])

    def get_global(self) -> tuple[Any, Any]:
        """Return the names and values of all metrics since `reset`."""
        return _split([pair for metric in self.metrics for pair in metric.get_global_name_value()])

    def get_config(self) -> dict[str, Any]:
        """Return what the metrics are made of, as a dict."""
        return {**super().get_config(), "metrics": [each.get_config() for each in self.metrics]}


def _among(given: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {name: each for name, each in given.items() if names is None or name in names}


def _split(pairs: list[tuple[str, float]]) -> tuple[list[str], list[float]]:
    return [name for name, _ in pairs], [value for _, value in pairs]


@register
class CustomMetric(EvalMetric):
    """A user's function ``f(label, pred)`` of NumPy arrays.

    It returns a value, whose mean is taken over its calls, or a pair of a sum and a count.

    Args:
        feval: the function.
        name: default the function's name.
        allow_extra_outputs: whether there may be more predictions than labels.
        output_names: the outputs that it sees, default all.
        label_names: the labels that it sees, default all.
    """

    def __init__(
        self,
        feval: Callable[[Any, Any], Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        if name is None:
            own = feval.__name__
            name = f"custom({own})" if "<" in own else own
        super().__init__(
            name,
            feval=feval,
            allow_extra_outputs=allow_extra_outputs,
            output_names=output_names,
            label_names=label_names,
            has_global_stats=True,
        )
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch."""
        if not self._allow_extra_outputs:
            labels, preds = check_label_shapes(labels, preds, True)
        for label, pred in zip(labels, preds, strict=False):
            found = self._feval(label.asnumpy(), pred.asnumpy())
            self._add(*(found if isinstance(found, tuple) else (found, 1)))

    def get_config(self) -> dict[str, Any]:
        """Raise NotImplementedError: a function cannot be written down."""
        raise NotImplementedError("CustomMetric cannot be serialized")


def np(
    numpy_feval: Callable[[Any, Any], Any],
    name: str | None = None,
    allow_extra_outputs: bool = False,
) -> CustomMetric:
    """Return a metric of a function of NumPy arrays; see `CustomMetric`."""
    return CustomMetric(numpy_feval, name or numpy_feval.__name__, allow_extra_outputs)
