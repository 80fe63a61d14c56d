"""What a module works out before it runs: which gradients, which contexts, which shapes."""

from collections.abc import Callable, Mapping
from typing import Any

from ...core.context import Context as CoreContext
from ...core.errors import ArgumentError, ShapeError
from ..io import DataDesc

__all__ = ["contexts_of_groups", "gradient_requests", "shapes_of_batch"]


def gradient_requests(module: Any, given: Any) -> dict[str, str]:
    """Return what backward does with the gradient of each argument.

    Args:
        module: the module, with its names.
        given: a request for all that learn, in order of the arguments, or by name.
    """
    names = module.symbol.list_arguments()
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise ArgumentError(f"grad_req has {len(given)} entries for {len(names)}: {names}")
        return dict(zip(names, given, strict=True))
    usual = given if isinstance(given, str) else "write"
    learning = {name for name in module.param_names if name not in module._fixed_param_names}
    if module.inputs_need_grad:
        learning.update(module.data_names)
    requests = {name: usual if name in learning else "null" for name in names}
    return {**requests, **given} if isinstance(given, Mapping) else requests


def contexts_of_groups(given: Any, devices: int) -> list[Any]:
    """Return for each device the contexts of the groups of nodes; None where there are none.

    Args:
        given: a list of them; or by the name of a group a context, or one for each device.
        devices: how many devices there are.
    """
    if given is None:
        return [None] * devices
    if isinstance(given, list):
        if len(given) != devices:
            raise ArgumentError(f"group2ctxs has {len(given)} entries for {devices} contexts")
        return given
    found: list[dict[str, Any]] = [{} for _ in range(devices)]
    for group, contexts in given.items():
        own = [contexts] if isinstance(contexts, CoreContext) else list(contexts)
        own = own * devices if len(own) == 1 else own
        if len(own) != devices:
            raise ArgumentError(
                f"group2ctxs: the group {group!r} has {len(own)} contexts for {devices} devices"
            )
        for device, context in zip(found, own, strict=True):
            device[group] = context
    return list(found)


def shapes_of_batch(
    module: Any, batch: Any
) -> tuple[tuple[Any, ...], Callable[[], tuple[Any, Any]]]:
    """Return the shapes of a batch's data, and what describes its data and labels."""
    if not isinstance(batch, list):
        shapes = tuple(array.shape for array in batch.data)
        return shapes, lambda: _described(module, batch, shapes)
    first = [array.shape for array in batch[0].data]
    if any([array.shape for array in each.data] != first for each in batch):
        raise ShapeError("forward: all data batches in a list need to have the same shape")
    shapes = tuple((len(batch) * shape[0], *shape[1:]) for shape in first)
    return shapes, lambda: (_named(module.data_shapes, shapes), module.label_shapes)


def _described(module: Any, batch: Any, shapes: Any) -> tuple[Any, Any]:
    """Return the data and labels of a batch as descriptions, its own or the module's."""
    data = getattr(batch, "provide_data", None) or _named(module.data_shapes, shapes)
    labels = getattr(batch, "provide_label", None)
    given = getattr(batch, "label", None)
    if not labels and given and module.label_shapes is not None:
        labels = _named(module.label_shapes, [array.shape for array in given])
    return data, labels or None


def _named(described: Any, shapes: Any) -> list[DataDesc]:
    return [
        DataDesc(each.name, shape, each.dtype, each.layout)
        for each, shape in zip(described, shapes, strict=True)
    ]
