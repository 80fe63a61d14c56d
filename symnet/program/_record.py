"""Recording a rule: which calls into torch it makes, so that only those are made again.

The tensors of a planned step never change, so a rule's Python need not run twice: its shapes, its
views and its branches come out the same each time. What remains are the calls that write.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ..core.writes import writes_of

__all__ = ["Action", "record"]

Action = Callable[[], object]
"""A call that is made for what it writes."""

# What may be asked of a tensor without looking at its numbers.
_ASKING = {
    getattr(Tensor, name).__get__
    for name in ("shape", "ndim", "dtype", "device", "layout", "is_cuda", "requires_grad")
} | {
    getattr(Tensor, name)
    for name in (
        *("size", "stride", "dim", "numel", "is_contiguous", "data_ptr", "element_size", "__len__"),
        *("is_floating_point", "is_complex", "is_signed"),
    )
}

_SCRATCH = (torch.empty, torch.empty_like)
"""What gives a rule memory to work in."""


def record(function: Action) -> list[Action]:
    """Run a function, and return the calls into torch that do its work.

    Args:
        function: writes its results into tensors that it was given beforehand; what it computes
            once and keeps, it has already.

    Returns the function itself where it cannot be recorded: where it allocates a tensor, or looks
    at numbers. What `torch.empty` or `torch.empty_like` gave it is memory to work in, and stays its
    own from run to run.
    """
    recorder = _Recorder()
    with recorder:
        function()
    return recorder.actions if recorder.faithful else [function]


class _Recorder(TorchFunctionMode):
    """Notes the calls that write into a tensor; those that only make a view are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[Action] = []
        self.faithful = True

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        # Arguments that lie inside of lists count too: `torch.cat` reads a list of tensors.
        given = list(_tensors((args, kwargs)))
        versions = [writes_of(tensor) for tensor in given]
        result = func(*args, **kwargs)
        found = list(_tensors(result))
        # What asks for no numbers, and calls without tensors, as a mode's own, do not count.
        if func in _ASKING or func in _SCRATCH or (not given and not found):
            return result
        written = versions != [writes_of(tensor) for tensor in given]
        if written:
            # The arguments are kept as objects: views that the rule made stay views of planned
            # memory.
            self.actions.append(partial(func, *args, **kwargs))
        # A result in new memory would be another tensor in the next run; a result that is no tensor
        # is a number that was looked at, on which the rule's branches may depend. Neither may be
        # replayed. (Memory of `torch.empty` is let pass above: the replay writes the same one.)
        known = {tensor.untyped_storage().data_ptr() for tensor in given}
        inside = all(tensor.untyped_storage().data_ptr() in known for tensor in found)
        self.faithful = self.faithful and bool(found) and inside
        return result


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested arguments."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _tensors(entry)
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from _tensors(entry)
