"""The loss of a whole network: what its training makes small."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, final

import torch
from torch import Tensor

from ...operators.contract import Operator
from ...symbol import SymbolicNode
from ._mean import Total

__all__ = ["NetworkLoss"]


_NAMED = 8
"""So many losses are told one by one, too."""


class _Term(NamedTuple):
    """A loss that is an output of the network, and what it compares with; None for nothing."""

    op: Operator
    output: str
    label: str | None


@final
class NetworkLoss:
    """The sum of the mean losses of a network's outputs, over everything taken in.

    Each operator says what its loss is, the one whose slope its gradient is; see the operators'
    ``loss_sum``. A network has no such number where one of its losses is no output, has no formula,
    as one that a user wrote, or compares with what the network computes or nobody provides.

    Args:
        symbol: the network.
        provided: the names of the data and labels that there are.

    >>> import torch
    >>> from symnet.operators.functions import SoftmaxOutput
    >>> loss = NetworkLoss(SoftmaxOutput(name="softmax"), ["softmax_label"])
    >>> half = torch.full((1, 2), 0.5)
    >>> loss.update({"softmax_label": torch.ones(1)}, {"softmax_output": half})
    >>> round(loss.get(), 4)
    0.6931
    """

    def __init__(self, symbol: SymbolicNode, provided: Collection[str]) -> None:
        self._terms = _terms_of(symbol, provided)
        self._sums = [(Total(), Total()) for _ in self._terms]
        # Many are the steps of one network, and told as one number.
        self._alike = len(self._terms) > _NAMED and all(
            term.op == self._terms[0].op for term in self._terms
        )

    @property
    def labels(self) -> list[str]:
        """The names of what the losses compare with, one for each that compares with anything."""
        return [term.label for term in self._terms if term.label is not None]

    def joins_batches(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> bool:
        """Tell whether several batches of such arrays may be taken in as one.

        A loss may look at labels of another shape in a way of its own, and sums of narrow types
        could overflow over more rows.
        """
        return all(
            label is not None
            and inputs[label].shape in (outputs[output].shape, outputs[output].shape[:1])
            and outputs[output].dtype in (torch.float32, torch.float64)
            for _, output, label in self._terms
        )

    @property
    def is_known(self) -> bool:
        """Whether the network has a loss that is known."""
        return bool(self._terms)

    def update(
        self,
        inputs: Mapping[str, Tensor],
        outputs: Mapping[str, Tensor],
        weights: Sequence[tuple[str | None, Tensor]] = (),
    ) -> None:
        """Take in a mini-batch, without waiting for its device.

        Args:
            inputs: the arrays that `labels` names, by name; others may be there too.
            outputs: the outputs of the network, by name.
            weights: what the loss of each sample is multiplied by, of shape (rows,), with the
                output whose loss that is; None for all. The number that the sum is divided by
                stays the same.
        """
        if self._alike and not weights and self._take_all(inputs, outputs):
            return
        terms = zip(self._terms, self._sums, strict=True)
        for (op, output, label), (total, number) in terms:
            found = outputs[output]
            known = None
            if label is not None:
                known = inputs[label].to(found.device, non_blocking=True)
            own = [each.to(found.device) for name, each in weights if name in (None, output)]
            weight = [reduce(torch.mul, own)] if own else []
            measured = op.loss_sum(found, known, *weight)
            if measured is None:  # labels of another shape, which only the metric can use
                self._terms, self._sums = [], []
                return
            total.add(measured[0])
            number.add(measured[1])

    def _take_all(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> bool:
        """Take in all losses at once, as those of the steps of an unrolled network.

        Tells whether that was possible: they are of one shape, and have as many summands each.
        """
        found = [outputs[term.output] for term in self._terms]
        if len({(each.shape, each.device) for each in found}) > 1:
            return False
        if not self.joins_batches(inputs, outputs):
            return False
        known = [inputs[term.label] for term in self._terms if term.label is not None]
        if len({(each.shape, each.dtype, each.device) for each in known}) > 1:
            return False
        label = torch.cat(known).to(found[0].device, non_blocking=True)
        measured = self._terms[0].op.loss_sum(torch.cat(found), label)
        if measured is None or not isinstance(measured[1], int):
            return False
        self._sums[0][0].add(measured[0])
        for _, number in self._sums:
            number.add(measured[1] // len(found))
        return True

    def reset(self) -> None:
        """Forget everything taken in."""
        for total in (each for pair in self._sums for each in pair):
            total.clear()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        for own in (each for pair in self._sums for each in pair):
            own.merge(total)

    def parts(self) -> dict[str, float]:
        """Return the loss of each output, where there are several, but not very many: by name."""
        if not 1 < len(self._terms) <= _NAMED:
            return {}
        pairs = zip(self._terms, self._sums, strict=True)
        return {
            f"{term.output.removesuffix('_output')}_loss": float(total.read() / count.read())
            for term, (total, count) in pairs
        }

    def get(self) -> float:
        """Return the loss; it is NaN before the first update."""
        return sum(float(total.read() / count.read()) for total, count in self._sums)


def _terms_of(symbol: SymbolicNode, provided: Collection[str]) -> list[_Term]:
    """Return the losses of a network; none where they are not all known."""
    outputs = dict(zip(symbol.graph.outputs, symbol.list_outputs(), strict=True))
    terms = []
    for node in symbol.graph.nodes:
        op = node.op
        if not isinstance(op, Operator) or not op.is_loss():
            continue
        names = op.arguments()
        if type(op).loss_sum is Operator.loss_sum:
            if op.foreign or "label" in names:
                return []
            continue  # a barrier, which is no loss
        label = node.inputs[names.index("label")].node if "label" in names else None
        given = label is None or (label.op is None and label.name in provided)
        if not given or node.outputs[0] not in outputs:
            return []
        terms.append(_Term(op, outputs[node.outputs[0]], None if label is None else label.name))
    return terms
