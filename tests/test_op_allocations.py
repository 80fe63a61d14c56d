"""What a bound network allocates once it runs in the steady state: from the third step on.

Of arithmetic, reductions, broadcasts, indexing and what only moves numbers about, every call must
write into memory that is there already, but for what `ALLOCATING` lists with the reason.
"""

from typing import Any

import pytest
import torch
from op_rows import ROWS
from op_testing import Row
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import symnet as mx

WATCHED = {
    *("activation", "axes", "broadcasting", "clip", "comparisons", "creation", "crop"),
    *("elementary", "elementwise", "extreme_places", "indexing", "indexing_nd", "join", "leaky"),
    *("likenesses", "loss", "made_loss", "moments", "passing", "rearrange", "reduce", "repeating"),
    *("reshape", "sampling", "scalar", "sequence", "slicing", "softmax", "sorting"),
    *("special_functions", "trigonometry", "linear", "regression", "pad", "where"),
}
"""The files in `symnet/operators/definitions/` whose operators are watched."""

NO_OUT = "torch's kernel takes no memory to write into"
LOOKS = "it looks at numbers on the way, so its calls cannot be written down"

ALLOCATING = {
    "reverse": f"flip: {NO_OUT}",
    "slice": f"flip, where a step is below 0: {NO_OUT}",
    "_slice_assign": f"flip, where a step is below 0: {NO_OUT}",
    "cumsum": f"flip, going back: {NO_OUT}",
    "moments": f"var_mean: {NO_OUT}",
    "LeakyReLU": f"prelu and rrelu: {NO_OUT}",
    "IdentityAttachKLSparseReg": "small arrays, one number for each channel",
    "prod": f"whether any product is 0 or infinite: {LOOKS}",
    "nanprod": f"whether any product is 0 or infinite: {LOOKS}",
    "take": f"whether an index lies outside, with mode='raise': {LOOKS}",
    "gather_nd": f"whether an index lies outside: {LOOKS}",
    "scatter_nd": f"whether an index lies outside: {LOOKS}",
    "_scatter_set_nd": f"whether an index lies outside: {LOOKS}",
}


class _Watching(TorchDispatchMode):
    """Notes the calls that return new memory."""

    def __init__(self) -> None:
        super().__init__()
        self.allocating: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {_memory(each) for each in _tensors((args, kwargs or {}))}
        if any(_memory(each) not in given for each in _tensors(result) if each.numel()):
            self.allocating.append(str(func))
        return result


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def calls_that_allocate(row: Row) -> list[str]:
    """Return what a row's operator still allocates, forward and back, after three steps."""
    arrays = row.arrays("float32")
    gradients = {name: mx.zeros(arrays[name].shape) for name in row.differentiable()}
    states = list(row.state_arrays("float32").values())
    executor = mx.bind(row.symbol(), mx.cpu(), arrays, args_grad=gradients, aux_states=states)
    heads = [mx.ones(o.shape, dtype=o.dtype) for o in executor.forward(is_train=True)]

    def step() -> None:
        executor.forward(is_train=True)
        executor.backward(heads)

    for _ in range(3):
        step()
    with _Watching() as watching:
        step()
    return watching.allocating


WATCHED_ROWS = [
    row for row in ROWS if type(row.operator()).__module__.rpartition(".")[2] in WATCHED
]


@pytest.mark.parametrize(
    "row", [pytest.param(r, id=str(r)) for r in WATCHED_ROWS if r.op not in ALLOCATING]
)
def test_the_steady_state_allocates_nothing(row: Row) -> None:
    assert calls_that_allocate(row) == []


@pytest.mark.parametrize("op", ALLOCATING)
def test_what_may_allocate_does(op: str) -> None:
    """An entry of the table that has become wrong is to be taken out."""
    assert any(calls_that_allocate(row) for row in WATCHED_ROWS if row.op == op)


def test_watching_sees_new_memory() -> None:
    with _Watching() as watching:
        torch.ones(2).add_(1).mul(2)
    assert watching.allocating == ["aten.ones.default", "aten.mul.Tensor"]


def test_names_of_files_are_right() -> None:
    found = {type(row.operator()).__module__.rpartition(".")[2] for row in WATCHED_ROWS}
    assert found == WATCHED
    assert {row.op for row in WATCHED_ROWS} >= ALLOCATING.keys()
