"""The training of a model, from whatever a user has: what `FeedForward.fit` hands over to."""

from dataclasses import replace

from ...core.denormals import denormals_as_zero
from ...core.logs import show_log
from ...core.writes import outside_inference_mode
from ...data import AbstractDataProvider
from ..callback import History
from ..initializer import XavierInitializer
from ..kvstore import choose_kvstore
from ..kvstore.world import join
from ..optimizer import AbstractOptimizer
from ..optimizer.choice import as_optimizer
from ._async_ranks import AsyncRanks
from ._claims import claimed, what_changes
from ._ranks import Ranks
from ._trainable import TrainableModel
from ._training import Training
from .encoding import with_encoding
from .given import GivenData, GivenLabels, as_given
from .options import FitOptions

__all__ = ["train"]


@outside_inference_mode
def train(
    model: TrainableModel,
    optimizer: AbstractOptimizer | str,
    data: GivenData,
    label: GivenLabels | None,
    options: FitOptions,
) -> History:
    """Train a model; see `FeedForward.fit`.

    Raises ArgumentError for an optimizer that is none, and for what another training works with,
    DataError for such data.
    """
    optimizer = as_optimizer(optimizer)
    provider, options, learned = as_given(model.arch, model.arg_params or (), data, label, options)
    if options.initializer is None and not isinstance(data, AbstractDataProvider):
        options = replace(options, initializer=XavierInitializer())
    if options.level:
        show_log()
    store = choose_kvstore(options.kvstore, len(model.ctx), largest=0)
    world = join(options.timeout) if store.is_distributed else None
    ranks = Ranks(world) if world is None or not store.is_async else AsyncRanks(world)
    changed = what_changes(model, optimizer, options.eval_metric, options.callbacks)
    with ranks.guard(), claimed("fit", changed), denormals_as_zero():
        training = Training(model, optimizer, provider, options, ranks)
        model.arch = with_encoding(model.arch, learned)  # once all is known to be right
        return training.run()
