"""Formulas: mathematics over an operator's tensors, written down once and computed in place.

``grad * data.cos()`` is a `Formula`: it computes nothing yet. The names of its leaves are the
tensors and the parameters that it asks an operator for, and `rule_of` makes a rule of the contract
of it. A rule writes into ``out``: the first inner result goes through ``out`` itself, and only
where a formula has two branches does one of them need memory of its own.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard, Union

import torch
from torch import Tensor

from ._declarations import REQUIRED, overwrites, view_of

__all__ = [
    "Formula",
    "data",
    "grad",
    "lhs",
    "output",
    "parameter",
    "rhs",
    "rule_of",
    "scalar",
    "with_signature",
    "zero_rule",
]

Operand = Union["Formula", float]

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
_SIGNS |= {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}


class Formula:
    """A leaf, or a function of torch applied to formulas and numbers.

    A leaf has no operands: its name is that of a tensor, or of a parameter. Any function of torch
    that takes ``out`` is a method: ``data.clamp_min(0)``.

    >>> str(grad / (data * data + 1).sqrt())
    'grad / sqrt((data * data) + 1)'
    """

    def __init__(
        self, name: str, operands: tuple[Operand, ...] = (), *, number: bool = False
    ) -> None:
        self.name = name
        self.operands = operands
        inner = [each for each in operands if isinstance(each, Formula)]
        of_leaf = () if operands or number else (name,)
        self.tensors: tuple[str, ...] = of_leaf + sum((each.tensors for each in inner), ())
        """The tensor that is read at each place where one is, from the left."""
        of_number = (name,) if number else ()
        self.parameters: tuple[str, ...] = of_number + sum((each.parameters for each in inner), ())
        """The parameter that is read at each place where one is, from the left."""

    # -- writing one down ------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Callable[..., "Formula"]:
        if name.startswith("_") or not callable(getattr(torch, name, None)):
            raise AttributeError(f"torch has no function {name!r} for a formula")
        return lambda *others: Formula(name, (self, *others))

    def __add__(self, other: Operand) -> "Formula":
        return Formula("add", (self, other))

    def __sub__(self, other: Operand) -> "Formula":
        return Formula("sub", (self, other))

    def __mul__(self, other: Operand) -> "Formula":
        return Formula("mul", (self, other))

    def __truediv__(self, other: Operand) -> "Formula":
        return Formula("div", (self, other))

    def __pow__(self, other: Operand) -> "Formula":
        return Formula("pow", (self, other))

    def __gt__(self, other: Operand) -> "Formula":
        return Formula("gt", (self, other))

    def __ge__(self, other: Operand) -> "Formula":
        return Formula("ge", (self, other))

    def __lt__(self, other: Operand) -> "Formula":
        return Formula("lt", (self, other))

    def __le__(self, other: Operand) -> "Formula":
        return Formula("le", (self, other))

    def __neg__(self) -> "Formula":
        return Formula("neg", (self,))

    def __radd__(self, other: float) -> "Formula":
        return self + other

    def __rmul__(self, other: float) -> "Formula":
        return self * other

    def __rsub__(self, other: float) -> "Formula":
        return -self + other

    def __rtruediv__(self, other: float) -> "Formula":
        return self.reciprocal() * other

    def __str__(self) -> str:
        if not self.operands:
            return self.name
        sign = _SIGNS.get(self.name)
        if sign is None:
            return f"{self.name}({', '.join(map(str, self.operands))})"
        return f" {sign} ".join(_in_brackets(operand) for operand in self.operands)

    # -- reading it ------------------------------------------------------------------------------

    def overwritable(self) -> tuple[str, ...]:
        """Return the tensors whose memory the result may take over.

        They are those that the first operation reads, where no later one reads any: one value may
        be several of the tensors.
        """
        computed = [each for each in self.operands if _is_computed(each)]
        if not computed:
            return tuple(dict.fromkeys(self.tensors))
        # Only where the first operation reads all: it has read every tensor before anything is
        # written.
        return computed[0].overwritable() if computed[0].tensors == self.tensors else ()

    # -- computing it ----------------------------------------------------------------------------

    def translated(self, apply: Callable[[str, list[Any]], Any], given: Mapping[str, Any]) -> Any:
        """Compute the formula in another language than torch's.

        Args:
            apply: computes a function, given torch's name of it and the operands: what it returned
                itself, what is given, and numbers.
            given: what stands for the tensors and the parameters, by name.

        >>> (data * 2 + 1).translated(lambda name, operands: (name, *operands), {"data": "x"})
        ('add', ('mul', 'x', 2), 1)
        """
        if not self.operands:
            return given[self.name]
        operands = [
            each.translated(apply, given) if _is_computed(each) else _known(each, given)
            for each in self.operands
        ]
        return apply(self.name, operands)

    def into(self, out: Tensor, given: Mapping[str, Any]) -> Tensor:
        """Compute the formula into a tensor, and return that.

        Args:
            out: where the result goes; none of the tensors, but for `overwritable` ones.
            given: the tensors and the parameters, by name.
        """
        if not self.operands:
            return out.copy_(given[self.name])
        # `out` can hold one inner result. What reads more than one needs memory for the others,
        # which the recorder keeps from run to run.
        free, operands = True, []
        for operand in self.operands:
            if _is_computed(operand):
                memory = _memory_for(operand, out, given, free=free)
                operands.append(operand.into(memory, given))
                free = free and memory is not out
            else:
                operands.append(_known(operand, given))
        if self.name in _OF_TRUTHS:
            return _on_truths(self.name, operands, out)
        computed: Tensor = getattr(torch, self.name)(*operands, out=out)
        return computed


_OF_TRUTHS: Mapping[str, Callable[..., Tensor]] = {
    "logical_and": torch.mul,
    "logical_or": torch.maximum,
    "logical_xor": torch.ne,
}
"""Logic on 0 and 1, as functions of numbers."""

_FEW = 4096
"""Up to how many elements a call more costs more than a slow kernel."""


def _on_truths(name: str, operands: Sequence[Tensor], out: Tensor) -> Tensor:
    """Compute a function of two truths; `out` may be one of the tensors."""
    first, second = operands
    # Where torch's kernels of logic write anything but bools, they take several times as long as
    # comparisons, whose results numbers can then stand for.
    # While torch traces, the count may be a symbol, and both ways right for any.
    count = out.numel()
    if type(count) is not int or count <= _FEW or out.dtype is torch.bool:
        computed: Tensor = getattr(torch, name)(first, second, out=out)
        return computed
    other = torch.ne(second, 0, out=torch.empty(second.shape, dtype=out.dtype, device=out.device))
    whole = first.shape == out.shape
    memory = out if whole else torch.empty(first.shape, dtype=out.dtype, device=out.device)
    return _OF_TRUTHS[name](torch.ne(first, 0, out=memory), other, out=out)


def _is_computed(operand: Operand) -> TypeGuard[Formula]:
    """Tell whether an operand is the result of an operation on tensors."""
    return isinstance(operand, Formula) and bool(operand.operands and operand.tensors)


def _memory_for(operand: Formula, out: Tensor, given: Mapping[str, Any], *, free: bool) -> Tensor:
    """Return memory for an inner result: `out`, where that is free and has its shape."""
    # What is made of one tensor, and is broadcast later, is computed in that one's smaller shape.
    # (Compared one by one: while torch traces, lengths may be symbols, of which there is no set;
    # and those of two axes are not compared, or the program would hold for their answer alone.)
    shape, *others = (given[name].shape for name in operand.tensors)
    if _alike(shape, out.shape) or not all(_alike(shape, other) for other in others):
        return out if free else torch.empty_like(out)
    return torch.empty(shape, dtype=out.dtype, device=out.device)


def _alike(shape: torch.Size, other: torch.Size) -> bool:
    return len(shape) == len(other) and shape == other


def _known(operand: Operand, given: Mapping[str, Any]) -> Any:
    """Return a tensor, or the number that a formula of numbers alone comes to."""
    if not isinstance(operand, Formula):
        return operand
    if not operand.operands:
        return given[operand.name]
    return _ON_NUMBERS[operand.name](*(_known(each, given) for each in operand.operands))


def _log(number: float) -> float:
    """Return the logarithm of a number as torch has it: -inf at 0, NaN below."""
    return math.log(number) if number > 0 else -math.inf if number == 0 else math.nan


_ON_NUMBERS: Mapping[str, Callable[..., float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "eq": operator.eq,
    "ne": operator.ne,
    "neg": operator.neg,
    "log": _log,
}


def _in_brackets(operand: Operand) -> str:
    text = str(operand)
    return f"({text})" if isinstance(operand, Formula) and operand.name in _SIGNS else text


def parameter(name: str) -> Formula:
    """Return the formula of a parameter, or of another number that an operator has."""
    return Formula(name, number=True)


data, lhs, rhs, output, grad = map(Formula, ("data", "lhs", "rhs", "output", "grad"))
scalar = parameter("scalar")


def rule_of(formula: Formula) -> Callable[..., Tensor]:
    """Return the rule of an operator that computes a formula.

    It asks for the tensors of the formula by name, and takes ``out``. The gradient that is handed
    on as it is, `grad`, is a view.
    """
    # The same tensor is handed on, and costs nothing.
    if formula is grad:
        return _same

    def rule(op: Any, *, out: Tensor | None = None, **tensors: Tensor) -> Tensor:
        if out is None:
            first = tensors[formula.tensors[0]]
            out = torch.empty_like(first, dtype=op.infer_dtype(first.dtype))
        numbers = {name: _element(getattr(op, name), out) for name in formula.parameters}
        return formula.into(out, {**tensors, **numbers})

    rule.__doc__ = f"Return ``{formula}``."
    return with_signature(overwrites(*formula.overwritable())(rule), dict.fromkeys(formula.tensors))


def zero_rule(name: str) -> Callable[..., Tensor]:
    """Return the gradient rule of a function that is flat, for an input of that name."""

    def rule(op: Any, *, out: Tensor | None = None, **tensors: Tensor) -> Tensor:
        return torch.zeros_like(tensors[name]) if out is None else out.zero_()

    rule.__doc__ = "Return zeros: the function is flat."
    return with_signature(rule, {name: None})


@view_of("grad")
def _same(self: Any, grad: Tensor) -> Tensor:
    """Return what flowed back."""
    return grad


def _element(number: float, beside: Tensor) -> float:
    """Return a number as an operand: a whole one beside whole numbers, where it is one."""
    if beside.is_floating_point() or not float(number).is_integer():
        return number
    return int(number)


def with_signature(rule: Callable[..., Tensor], names: Iterable[str]) -> Callable[..., Tensor]:
    """Give a rule the signature that names what it asks for, and ``out``, for `Rule.read`."""
    rule.__dict__["asks_for"] = {**dict.fromkeys(names, REQUIRED), "out": None}
    return rule
