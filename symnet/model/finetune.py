"""Fine-tuning: a trained network under a new head.

Source: docs/training.md, "Fine-tuning".
"""

import sys
from collections.abc import Callable, Sequence

from ..core.errors import ArgumentError, suggest
from ..core.paths import FilePath
from ..storage.checkpoint import read_checkpoint
from ..symbol import SymbolicNode
from ..training.loop.options import as_patterns
from ._loading import report
from .feed_forward import FeedForward

__all__ = ["finetune"]


def finetune(
    source: FeedForward | tuple[FilePath, int],
    *,
    cut: str,
    head: Callable[[SymbolicNode], SymbolicNode],
    freeze: str | Sequence[str] = (),
) -> FeedForward:
    """Return a model with the lower part of a trained network, its weights, and a new head.

    Args:
        source: the trained model, which stays as it is, or the prefix and epoch of a checkpoint.
        cut: the inner output that the head begins at, as ``"flatten0_output"``, or its layer.
        head: makes the head: takes the symbol of that output, returns the new network.
        freeze: names and patterns of what `FeedForward.fit` will not train, default nothing.

    Returns the model, on the devices of the source. Its ``report`` tells, and is printed, which
    parameters were kept, dropped, and are new; `fit` initialises new ones. Raises ArgumentError for
    an output that the network does not have, a model without weights, a head that is none or that
    uses the name of a layer below it.

    >>> from symnet.operators.functions import FullyConnected
    >>> from symnet.symbol import Variable
    >>> from symnet.training.initializer import UniformInitializer
    >>> old = FullyConnected(FullyConnected(Variable("x"), num_hidden=2, name="a"), name="b",
    ...     num_hidden=3)
    >>> trained = FeedForward(old)
    >>> _ = trained.init_model(UniformInitializer(1), x=(1, 4))
    >>> model = finetune(trained, cut="a", head=lambda net: FullyConnected(net, num_hidden=5,
    ...     name="c"), freeze="a")
    kept: a_weight, a_bias
    dropped: b_weight, b_bias
    new: c_weight, c_bias
    frozen: a
    >>> sorted(model.arg_params)
    ['a_bias', 'a_weight']
    """
    patterns = as_patterns("finetune", "freeze", freeze)
    trained = _source(source)
    parameters, states = trained.arg_params or {}, trained.aux_params or {}
    known = [*parameters, *states]
    body = _cut(trained.arch, cut)
    arch = head(body)
    if not isinstance(arch, SymbolicNode):
        raise ArgumentError(f"finetune: head must return a symbol, got {arch!r}")
    inherited = {*body.list_arguments(), *body.list_auxiliary_states()}
    names = [*arch.list_arguments(), *arch.list_auxiliary_states()]
    _check_names(names)
    model = FeedForward(arch, trained.ctx)
    model.arg_params = {n: a.copy() for n, a in parameters.items() if n in inherited}
    model.aux_params = {n: a.copy() for n, a in states.items() if n in inherited}
    model.freeze = patterns
    own = [name for name in names if name in known or name not in inherited]
    kept = report(model, known, inherited.intersection(known), own)
    model.report = f"{kept}\nfrozen: {', '.join(patterns) or 'none'}"
    sys.stdout.write(model.report + "\n")
    return model


def _check_names(names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ArgumentError(
            f"finetune: the head uses the name {repeated[0]!r}, which the network below it has "
            "already; give its layers other names"
        )


def _source(source: FeedForward | tuple[FilePath, int]) -> FeedForward:
    if isinstance(source, FeedForward):
        model = source
    elif isinstance(source, tuple) and len(source) == 2:
        symbol, parameters, states = read_checkpoint(*source)
        model = FeedForward(symbol)
        model.arg_params, model.aux_params = parameters, states
    else:
        raise ArgumentError(
            f"finetune: the source is a model, or (prefix, epoch) of a checkpoint, got {source!r}"
        )
    if model.arg_params is None:
        raise ArgumentError("finetune: the model has no weights to keep; fit it or load some first")
    return model


def _cut(arch: SymbolicNode, cut: str) -> SymbolicNode:
    """Return the inner output of a name, or of the layer of that name."""
    internals = arch.get_internals()
    outputs = internals.list_outputs()
    name = cut if cut in outputs else f"{cut}_output"
    if name not in outputs:
        raise ArgumentError(
            f"finetune: the network has no output {cut!r}{suggest(cut, outputs)} "
            f"(there are: {', '.join(outputs)})"
        )
    return internals[name]
