"""StopOnNaN: ending a training whose numbers are none any more, and saying where that began."""

from collections.abc import Iterable

import torch
from torch import Tensor

from ...executor import Executor, RandomState, Trace, Traced
from ...graph.node import Gradient
from .base import AbstractStepCallback, Step, StopTraining, check_count, is_due

__all__ = ["StopOnNaN"]


class StopOnNaN(AbstractStepCallback):
    """Stop the training when an output or a gradient holds NaN or infinity, and name the origin.

    It looks before the update, so that with ``every=1`` the parameters stay sound. A look is one
    reduction over the outputs and one over all gradients, and one wait for the device. What is
    found is traced: the batch runs once more, node by node, and the first node whose result is not
    finite is named, with the ranges of its inputs. The model goes back to the parameters after its
    last whole epoch; ``history.stopped`` holds the finding.

    Args:
        every: how many batches lie between two looks, default 1. Where it is more, NaN may have
            reached the parameters before it is seen; it says so then.

    >>> import symnet as mx
    >>> callback = mx.StopOnNaN(every=10)
    """

    def __init__(self, every: int = 1) -> None:
        check_count("StopOnNaN: every", every)
        self.every = every
        self._random: list[RandomState] = []

    def before_forward(self, step: Step) -> None:
        """Remember the random numbers that the step will draw."""
        if is_due(step.batch, self.every):
            self._random = [RandomState.of(e.context.device) for e in step.executors]

    def before_update(self, step: Step) -> None:
        """Look at the outputs and gradients, and raise StopTraining where they are not finite."""
        if not is_due(step.batch, self.every) or _all_finite(_results(step.executors)):
            return
        for executor, random in zip(step.executors, self._random, strict=True):
            if not _all_finite(_results([executor])):
                where = f"epoch {step.epoch}, batch {step.batch}, {executor.context}"
                origin = _origin(executor, random)
                # Gradients are sums over all processes: NaN of one of them is NaN in all.
                reason = f"{where}: {origin or _NOWHERE}"
                raise StopTraining(reason, discard=True, elsewhere=origin is None)


def _results(executors: Iterable[Executor]) -> list[Tensor]:
    found: list[Tensor] = []
    for executor in executors:
        arrays = executor.arenas[1].flat if executor.arenas else executor.grad_dict.values()
        found += [array.torch for array in (*executor.outputs, *arrays)]
    return [tensor for tensor in found if tensor.is_floating_point() and tensor.numel()]


def _all_finite(tensors: list[Tensor]) -> bool:
    """Wait for all devices once each; smallest and largest are NaN where any element is."""
    ends = [end.double() for tensor in tensors for end in torch.aminmax(tensor)]
    by_device: dict[torch.device, list[Tensor]] = {}
    for end in ends:
        by_device.setdefault(end.device, []).append(end)
    return all(bool(torch.stack(found).isfinite().all()) for found in by_device.values())


def _origin(executor: Executor, random: RandomState) -> str | None:
    """Run the batch node by node, and describe the first value that is not finite, if any is."""
    for traced in Trace(executor).run(random):
        tensor = traced.tensor
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            return _described(traced)
    return None


_NOWHERE = (
    "the outputs or gradients were not finite, but running the batch node by node gives finite "
    "numbers; a rule that draws random numbers of its own may be the cause"
)


def _described(traced: Traced) -> str:
    node = traced.node
    if node.op is None:
        return (
            f"{node.name!r} held {_bad(traced.tensor)} before the batch was computed; "
            "where it is a parameter, look at every batch with StopOnNaN(every=1)"
        )
    way = "the gradient of" if isinstance(node.op, Gradient) else "the output of"
    op = node.op.of if isinstance(node.op, Gradient) else node.op
    inputs = "\n".join(f"  {name}: {_range(tensor)}" for name, tensor in traced.inputs.items())
    return (
        f"{way} {node.name!r}, {op!r}, is the first to hold {_bad(traced.tensor)}; "
        f"it was computed from\n{inputs}"
    )


def _bad(tensor: Tensor) -> str:
    """Count what is not finite."""
    kinds = {"NaN": tensor.isnan(), "infinity": tensor.isinf()}
    counts = {name: int(found.sum()) for name, found in kinds.items()}
    words = " and ".join(f"{count} times {name}" for name, count in counts.items() if count)
    return f"{words} among {tensor.numel()} numbers"


def _range(tensor: Tensor) -> str:
    shape = f"shape {tuple(tensor.shape)}"
    if not tensor.numel():
        return f"{shape}, empty"
    least, most = torch.aminmax(tensor)
    return f"{shape}, from {least.item():.6g} to {most.item():.6g}"
