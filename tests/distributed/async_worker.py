"""What each process of the tests of training without waiting runs; see worker.py."""

import os
import signal
import time
from typing import Any

import worker

import symnet as mx

EPOCHS = 3


def counting() -> tuple[mx.SGD, list[int]]:
    """An optimizer, and how many updates it has made."""
    optimizer, updates = mx.SGD(lr=0.05), [0]
    update = type(optimizer).update

    def counted(self: Any, *arguments: Any) -> None:
        updates[0] += 1
        update(self, *arguments)

    type(optimizer).update = counted  # type: ignore[method-assign]
    return optimizer, updates


class Ranked(worker.Ranked):
    """A process among others, and what it does in a scenario."""

    def wait_for(self, name: str) -> None:
        """Wait until another rank has written a file."""
        deadline = time.monotonic() + 100
        while not (self.folder / name).exists():
            assert time.monotonic() < deadline, f"{name} never came"
            time.sleep(0.01)

    def run(self, slow: int, **options: Any) -> dict[str, Any]:
        """Train, and let one rank wait in its first epoch until the other has done all of its."""

        def hold(state: mx.OptimizationState) -> None:
            if self.rank == slow and state.curr_epoch == 1 and state.curr_batch == 2:
                self.wait_for(f"done-{1 - slow}")

        def tell(*_: Any) -> None:
            (self.folder / f"done-{self.rank}").touch()

        callbacks = [mx.every_n_batch(hold, 1), mx.every_n_epoch(tell, EPOCHS)]
        callbacks += options.pop("callbacks", [])
        optimizer, updates = counting()
        made = worker.model(self.rank)
        made.fit(
            optimizer,
            worker.provider(self.batch_size),
            kvstore="dist_async",
            n_epoch=EPOCHS,
            callbacks=callbacks,
            initializer=mx.UniformInitializer(0.3),
            eval_metric=mx.Accuracy(),
            verbose=0,
            **options,
        )
        return self.of(made) | {"updates": updates[0], "iterations": optimizer.state.curr_iter}

    def of(self, made: mx.FeedForward) -> dict[str, Any]:
        assert made.history is not None
        return {
            "weights": {
                n: a.asnumpy().ravel().tolist() for n, a in (made.arg_params or {}).items()
            },
            "accuracy": [row["accuracy"] for row in made.history],
            "stopped": made.history.stopped,
        }

    def slow_rank_1(self) -> dict[str, Any]:
        """Rank 1 is slow; rank 0 ends all of its epochs, and writes checkpoints meanwhile."""
        return self.run(slow=1, callbacks=[mx.do_checkpoint(self.folder / "async")])

    def slow_rank_0(self) -> dict[str, Any]:
        """Rank 0, which keeps the weights, is slow; rank 1 ends all of its epochs."""
        for rank in range(self.size):
            (self.folder / f"done-{rank}").unlink(missing_ok=True)
        mx.KVStore("dist_async").barrier()
        return self.run(slow=0)

    def going_on(self) -> dict[str, Any]:
        """Two epochs more after the last checkpoint, of the states of rank 0."""
        made = worker.model(9)
        optimizer, updates = counting()
        made.fit(
            optimizer,
            worker.provider(self.batch_size),
            kvstore="dist_async",
            n_epoch=EPOCHS + 2,
            resume=self.folder / "async",
            verbose=0,
        )
        return self.of(made) | {"updates": updates[0]}

    def stopping(self) -> dict[str, Any]:
        """Rank 1 has seen enough after its third batch; rank 0 would go on for long."""

        def enough(_: mx.OptimizationState) -> None:
            if self.rank == 1:
                raise mx.StopTraining("enough")

        made = worker.model(3)
        data = worker.provider(self.batch_size)
        callbacks = [mx.every_n_batch(enough, 3)]
        options: dict[str, Any] = {"n_epoch": 100_000, "callbacks": callbacks, "verbose": 0}
        made.fit(mx.SGD(), data, kvstore="dist_async", **options)
        return self.of(made)

    def store(self) -> dict[str, Any]:
        """The store itself: each rank pushes what it likes, and all of it counts."""
        store = mx.KVStore("dist_async")

        def add(key: int, received: mx.NDArray, stored: mx.NDArray) -> None:
            stored += received

        store.set_updater(add)
        store.init([3, 4], [mx.ones((2, 3)) * (self.rank + 5), mx.zeros(4)])
        value, other = mx.zeros((2, 3)), mx.zeros(4)
        for _ in range(20 * (self.rank + 1)):
            store.push(3, [mx.ones((2, 3)) * (self.rank + 1)] * 2)
        store.pull(3, value)
        own = float(value.asnumpy()[0, 0])
        store.push(4, mx.ones(4))
        store.pull(4, other)
        store.barrier()
        store.pull([3, 4], [value, other])
        return {
            "own": own,
            "all": float(value.asnumpy()[1, 2]),
            "other": float(other.asnumpy()[0]),
            "place": [store.rank, store.num_workers, store.type],
        }

    def failing(self) -> dict[str, Any]:
        """The data of rank 1 ends in an error."""
        return self._failing_async(data=worker.Damaged(self.batch_size, 4 * self.rank or None))

    def failing_first(self) -> dict[str, Any]:
        """The data of rank 0, which keeps the weights, ends in an error."""
        damaged = None if self.rank else 4
        return self._failing_async(data=worker.Damaged(self.batch_size, damaged))

    def killed(self) -> dict[str, Any]:
        """Rank 1 dies in its second epoch."""

        def die(state: mx.OptimizationState) -> None:
            if self.rank == 1 and state.curr_epoch == 2:
                os.kill(os.getpid(), signal.SIGKILL)

        return self._failing_async(callbacks=[mx.every_n_batch(die, 1)])

    def hanging(self) -> dict[str, Any]:
        """Rank 1 does nothing for longer than the others wait for it at the end."""

        def wait(_: mx.OptimizationState) -> None:
            if self.rank == 1:
                self.wait_for("given up")

        callbacks = [mx.every_n_batch(wait, 3)]
        found = self._failing_async(callbacks=callbacks, timeout=2, n_epoch=1)
        (self.folder / "given up").touch()
        return found

    def _failing_async(self, **options: Any) -> dict[str, Any]:
        more = {"n_epoch": 100_000, "verbose": 0, "partition": False, **options}
        data = more.pop("data", None) or worker.provider(self.batch_size)
        try:
            worker.model(3).fit(mx.SGD(), data, kvstore="dist_async", **more)
        except mx.MXError as error:
            return {"kind": type(error).__name__, "text": str(error)}
        return {"kind": "none", "text": "no error"}


if __name__ == "__main__":
    worker.Ranked = Ranked  # type: ignore[misc]
    worker.start()
