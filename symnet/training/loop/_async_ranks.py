"""AsyncRanks: processes that train one model, and do not wait for each other."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from torch import Tensor

from ...data import AbstractDataBatch, AbstractDataProvider
from ...ndarray import NDArray
from ..callback import StopTraining
from ..kvstore.server import Clerk, Server, shared_values
from ..kvstore.world import World
from ._ranks import Ranks, Remembers
from .devices import DeviceGroup
from .measures import Mergeable

__all__ = ["AsyncRanks"]

T = TypeVar("T")


class AsyncRanks(Ranks):
    """The processes of a training whose weights rank 0 keeps.

    At the start they agree as others do. Then each pushes its gradients when it has them, rank 0's
    optimizer works them in at once, and the rank goes on with the weights that it pulls. What else
    there is to agree on, each settles for itself; at the end all wait for the last, and have the
    same weights.

    Args:
        world: the processes.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.exchange = None
        self._shared: Server | Clerk | None = None

    @property
    def summed(self) -> int:
        """Of how many processes one update has the gradients."""
        return 1

    # -- weights ---------------------------------------------------------------------------------

    def share_weights(self, devices: DeviceGroup) -> None:
        """Let rank 0 keep the weights, from now on."""
        if self.size > 1:
            weights = dict(enumerate(devices.weights.flat))
            self._shared = shared_values(self._world, weights, devices.updater)
            devices.apply = self._exchange_weights

    def _exchange_weights(self, devices: DeviceGroup) -> None:
        """Push the gradients of a batch, and pull the weights."""
        assert self._shared is not None
        for key, gradient in enumerate(devices.flat_gradients):
            self._shared.push(key, gradient)
        self._pull(devices)
        stopped = self._shared.stopped
        if stopped is not None and stopped.rank != self.rank:
            self._agreed = StopTraining(
                f"rank {stopped.rank}: {stopped.reason}", discard=stopped.discard
            )
            raise self._agreed

    def _pull(self, devices: DeviceGroup) -> None:
        if self._shared is not None:
            for key, weight in enumerate(devices.weights.flat):
                self._shared.pull(key, weight)

    def settle(self, devices: DeviceGroup, parts: Remembers | None) -> None:
        """Take the weights as they are now, and have the optimizer's states of now remembered.

        Args:
            devices: where the weights go.
            parts: what remembers.
        """
        if isinstance(self._shared, Server):
            with self._shared.standing() as values:
                for key, weight in enumerate(devices.weights.flat):
                    weight.torch.copy_(values[key].torch)
                if parts is not None:
                    parts.remember()
        else:
            self._pull(devices)
        devices.spread()

    def finish(self, devices: DeviceGroup) -> bool:
        """Wait until all have pushed their last gradients, and take the weights of the end."""
        if self._shared is None:
            return False
        self._shared.end()
        if isinstance(self._shared, Server):
            self.settle(devices, None)
        for weight in devices.weights.flat:
            self._world.copy_from_first(weight.torch)
        devices.spread()
        self._shared = None
        return True

    # -- what each settles for itself ------------------------------------------------------------

    def steps(self, provider: AbstractDataProvider) -> Iterator[AbstractDataBatch | None]:
        """Yield the batches of an epoch."""
        yield from provider

    def announce(self) -> None:
        """Tell nobody that this process has a batch."""

    def agree_on_step(self) -> int:
        """Return that this process has a batch."""
        return 1

    def agree_to_stop(self, stop: StopTraining) -> StopTraining:
        """Tell the others to stop at their next batch, and stop at once."""
        if stop is not self._agreed and self._shared is not None:
            self._shared.stop(stop.reason, discard=stop.discard)
        return stop

    def any_of(self, value: T | None) -> T | None:
        """Return the value, and tell the others to stop for it."""
        if value is not None and self._shared is not None:
            self._shared.stop(str(value), discard=False)
        return value

    def gather_at_first(self, value: T) -> list[T]:
        """Return nothing: checkpoints hold what rank 0 has of its own."""
        return []

    def same(self, value: T) -> T:
        """Return the value of this process."""
        return value

    def merge(self, metric: Mergeable) -> None:
        """Leave a metric as it is: it is that of the samples of this process."""

    def total(self, amount: Tensor) -> Tensor:
        """Return the amount of this process."""
        return amount

    def mean(self, states: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return the states of this process; at the end, the means over all."""
        return super().mean(states) if self._shared is None else dict(states)
