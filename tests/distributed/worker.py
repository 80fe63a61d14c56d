"""What each process of the tests of distributed training runs.

``python worker.py FOLDER SCENARIO…`` runs scenarios one after the other, and writes what came out
of each to ``FOLDER/SCENARIO-RANK.json``. Where no launcher has said which rank it is, it becomes
all ``WORLD_SIZE`` of them.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import symnet as mx
from symnet.program import buckets

GLOBAL_BATCH = 24
STEPS = 20


def network(hidden: int = 30) -> mx.SymbolicNode:
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=40),
        mx.Activation(name="act1", act_type="tanh"),
        mx.FullyConnected(name="fc2", num_hidden=hidden),
        mx.Activation(name="act2", act_type="tanh"),
        mx.FullyConnected(name="fc3", num_hidden=3),
        mx.SoftmaxOutput(name="softmax"),
    )


def provider(batch_size: int, samples: int = GLOBAL_BATCH * STEPS, **options: Any) -> Any:
    data = np.random.default_rng(1).standard_normal((samples, 8)).astype(np.float32)
    labels = (data[:, 0] > 0).astype(int) + (data[:, 1] > 0.3)
    return mx.ArrayDataProvider(data, labels, batch_size=batch_size, **options)


def model(seed: int) -> mx.FeedForward:
    mx.srand(seed)
    return mx.FeedForward(network())


def train(
    made: mx.FeedForward, batch_size: int, samples: int = GLOBAL_BATCH * STEPS, **options: Any
) -> dict[str, Any]:
    """Train, and return weights and history."""
    usual = {"initializer": mx.UniformInitializer(0.3), "eval_metric": [mx.Accuracy(), mx.ACE()]}
    more: dict[str, Any] = {"n_epoch": 1, "verbose": 0, **usual, **options}
    data = more.pop("data", None) or provider(batch_size, samples)
    optimizer = mx.SGD(lr=0.2, momentum=0.9)
    made.fit(optimizer, data, **more)
    assert made.arg_params is not None
    assert made.history is not None
    return {
        "weights": {n: a.asnumpy().ravel().tolist() for n, a in made.arg_params.items()},
        "history": [dict(row) for row in made.history],
        "stopped": made.history.stopped,
        "iterations": optimizer.state.curr_iter,
    }


def restless_network() -> mx.SymbolicNode:
    """A network whose ranks have states and random numbers of their own."""
    return mx.chain(
        mx.Variable("data"),
        mx.FullyConnected(name="fc1", num_hidden=8),
        mx.BatchNorm(name="bn"),
        mx.Dropout(name="drop", p=0.5),
        mx.FullyConnected(name="fc2", num_hidden=3),
        mx.SoftmaxOutput(name="softmax"),
    )


def normalised_model(seed: int) -> mx.FeedForward:
    mx.srand(seed)
    return mx.FeedForward(
        mx.chain(
            mx.Variable("data"),
            mx.FullyConnected(name="fc1", num_hidden=8),
            mx.BatchNorm(name="bn"),
            mx.FullyConnected(name="fc2", num_hidden=3),
            mx.SoftmaxOutput(name="softmax"),
        )
    )


class Seen(mx.AbstractStepCallback):
    """Keeps what weights and states are after each update."""

    def __init__(self) -> None:
        self.after: list[dict[str, list[float]]] = []
        self.step: Any = None

    def before_forward(self, step: mx.Step) -> None:
        if self.step is not None:
            self.look()
        self.step = step

    def look(self) -> None:
        executor = self.step.executors[0]
        arrays = {**executor.arg_dict, **executor.aux_dict}
        self.after.append(
            {
                name: each.asnumpy().ravel().tolist()
                for name, each in arrays.items()
                if name not in ("data", "softmax_label")
            }
        )


class Damaged(mx.AbstractDataProvider):
    """Data of which one batch cannot be read."""

    def __init__(self, batch_size: int, damaged: int | None) -> None:
        self.whole, self.damaged = provider(batch_size), damaged

    def provide_data(self) -> Any:
        return self.whole.provide_data()

    def provide_label(self) -> Any:
        return self.whole.provide_label()

    def eachbatch(self) -> Iterator[mx.AbstractDataBatch]:
        for number, batch in enumerate(self.whole):
            if number == self.damaged:
                raise mx.DataError("record 17 is damaged")
            yield batch


class Poisoned(Damaged):
    """Data of which the third batch of the second pass is NaN."""

    passes = 0

    def eachbatch(self) -> Iterator[mx.AbstractDataBatch]:
        self.passes += 1
        for number, batch in enumerate(super().eachbatch()):
            if self.passes == 2 and number == 2:
                batch.get_data()[0].torch.fill_(float("nan"))
            yield batch


class Ranked:
    """A process among others: what each of them does in a scenario."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rank, self.size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        self.batch_size = GLOBAL_BATCH // self.size

    def averaged(self) -> dict[str, Any]:
        """Averages of weights and of the states of BatchNorm, and what they are averages of."""
        seen, made = Seen(), normalised_model(self.rank)
        train(made, self.batch_size, kvstore="dist_sync", callbacks=[seen])
        seen.look()
        made = normalised_model(self.rank)
        found = train(made, self.batch_size, kvstore="dist_sync", callbacks=[mx.EMA(0.8)])
        states = {n: a.asnumpy().ravel().tolist() for n, a in (made.aux_params or {}).items()}
        return {"after": seen.after, "averages": found["weights"] | states}

    def store(self) -> dict[str, Any]:
        """The store itself: first values of rank 0, sums over all, updates."""
        store = mx.KVStore("dist_sync")
        value, added = mx.zeros((2, 3)), mx.zeros((2, 3))
        store.init([3, 4], [mx.ones((2, 3)) * (self.rank + 5), mx.zeros((2, 3))])
        store.pull(3, value)
        first = float(value.asnumpy()[0, 0])
        store.push(3, [mx.ones((2, 3)) * (self.rank + 1)] * 2)
        store.pull(3, value)

        def add(key: int, received: mx.NDArray, stored: mx.NDArray) -> None:
            stored += received

        store.set_updater(add)
        for _ in range(4):
            store.push(4, mx.ones((2, 3)))
        store.pull(4, added)
        store.barrier()
        return {
            "first": first,
            "sum": float(value.asnumpy()[0, 0]),
            "updated": float(added.asnumpy()[1, 2]),
            "place": [store.rank, store.num_workers, store.type],
        }

    def weights(self) -> dict[str, Any]:
        """Twenty steps, from parameters that differ until rank 0's are taken."""
        return train(model(self.rank), self.batch_size, kvstore="dist_sync")

    def overlap(self) -> dict[str, Any]:
        """The same, in buckets so small that they are sent while backward goes on."""
        sent_early: list[int] = []
        kept = buckets.BUCKET_BYTES
        buckets.BUCKET_BYTES = 1024
        from symnet.training.kvstore.exchange import BucketedSum

        finish = BucketedSum.finish

        def counting(self: Any, gradients: Any) -> None:
            sent_early.append(len(self._begun))
            finish(self, gradients)

        BucketedSum.finish = counting  # type: ignore[method-assign]
        try:
            return self.weights() | {"sent_early": sent_early}
        finally:
            BucketedSum.finish = finish  # type: ignore[method-assign]
            buckets.BUCKET_BYTES = kept

    def uneven(self) -> dict[str, Any]:
        """Nine short batches and a shorter one: the last step is for some ranks only."""
        samples = self.batch_size * 9 + 5
        lines: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("symnet").addHandler(handler)
        logging.getLogger("symnet").setLevel(logging.INFO)
        found = train(
            model(self.rank),
            self.batch_size,
            data=provider(self.batch_size, samples, last_batch="keep"),
            eval_data=provider(self.batch_size, self.batch_size * 2 + 1, last_batch="keep"),
            kvstore="dist_sync",
            n_epoch=2,
            verbose=1,
            callbacks=[mx.do_checkpoint(self.folder / "uneven"), mx.JSONLines(self.folder / "log")],
        )
        return found | {"lines": lines}

    def stopping(self) -> dict[str, Any]:
        """Rank 1 has seen enough after its third batch."""

        def enough(state: mx.OptimizationState) -> None:
            if self.rank == 1:
                raise mx.StopTraining("enough")

        callbacks = [mx.every_n_batch(enough, 3)]
        return train(model(3), self.batch_size, kvstore="dist_sync", callbacks=callbacks)

    def differing(self) -> dict[str, Any]:
        """Rank 1 was started with another batch size, then with another network, and so on."""
        texts = []
        for other in ("batch", "network", "store", "metric"):
            made = model(3)
            if other == "network" and self.rank == 1:
                made = mx.FeedForward(network(hidden=31))
            size = self.batch_size // (2 if other == "batch" and self.rank == 1 else 1)
            try:
                store = "dist_async" if other == "store" and self.rank == 1 else "dist_sync"
                differs = other == "metric" and self.rank == 1
                more = {"eval_metric": ["mse", mx.MAE()]} if differs else {}
                train(made, size, kvstore=store, **more)
            except mx.ArgumentError as error:
                texts.append(str(error))
        return {"texts": texts}

    def broken(self) -> dict[str, Any]:
        """The data of rank 1 ends in an error."""

        damaged = 4 if self.rank == 1 else None
        return self._failing(data=Damaged(self.batch_size, damaged), partition=False)

    def broken_first(self) -> dict[str, Any]:
        """Rank 0, which keeps the store, fails while the other computes."""
        damaged = 4 if self.rank == 0 else None
        return self._failing(data=Damaged(self.batch_size, damaged), partition=False)

    def slow(self) -> dict[str, Any]:
        """A batch of rank 1 takes longer than the others wait."""

        def wait(state: mx.OptimizationState) -> None:
            if self.rank == 1:
                time.sleep(9)

        return self._failing(callbacks=[mx.every_n_batch(wait, 3)], timeout=2)

    def poisoned(self) -> dict[str, Any]:
        """A batch of rank 1 is NaN in the second epoch; its gradient reaches all."""
        kind = Poisoned if self.rank == 1 else Damaged
        options = {"n_epoch": 2, "callbacks": [mx.StopOnNaN()], "partition": False}
        data = kind(self.batch_size, None)
        return train(model(3), self.batch_size, kvstore="dist_sync", data=data, **options)

    def continued(self) -> dict[str, Any]:
        """Ten epochs, and five and five, of a network with states and random numbers."""

        def run(epochs: int, **options: Any) -> dict[str, Any]:
            mx.srand(self.rank)
            made = mx.FeedForward(restless_network())
            data = provider(self.batch_size, 48, shuffle=True)
            found = train(
                made, self.batch_size, data=data, kvstore="dist_sync", n_epoch=epochs, **options
            )
            states = {n: a.asnumpy().tolist() for n, a in (made.aux_params or {}).items()}
            return {"weights": found["weights"], "states": states}

        prefix = self.folder / "continued"
        whole = run(10)
        run(5, callbacks=[mx.do_checkpoint(prefix)])
        return {"whole": whole, "parts": run(10, resume=prefix)}

    def killed(self) -> dict[str, Any]:
        """The last rank dies in the second epoch."""

        def die(state: mx.OptimizationState) -> None:
            if self.rank == self.size - 1 and state.curr_epoch == 2 and state.curr_batch == 3:
                os.kill(os.getpid(), signal.SIGKILL)

        checkpoint = mx.do_checkpoint(self.folder / "killed")
        callbacks = [mx.every_n_batch(die, 1), checkpoint]
        return self._failing(n_epoch=3, callbacks=callbacks)

    def _failing(self, **options: Any) -> dict[str, Any]:
        try:
            train(model(3), self.batch_size, kvstore="dist_sync", **options)
        except mx.MXError as error:
            return {"kind": type(error).__name__, "text": str(error)}
        return {"kind": "none", "text": "no error"}

    def restarted(self) -> dict[str, Any]:
        """Rank 1 fails at its first start; the second one goes on."""
        attempt = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
        seen: list[int] = []

        def look(state: mx.OptimizationState) -> None:
            seen.append(state.curr_epoch)
            if attempt == 0 and self.rank == 1 and state.curr_epoch == 3:
                os.kill(os.getpid(), signal.SIGKILL)

        callbacks = [mx.every_n_batch(look, 5), mx.do_checkpoint(self.folder / "restarted")]
        found = train(
            model(3),
            self.batch_size,
            kvstore="dist_sync",
            n_epoch=4,
            callbacks=callbacks,
            resume=self.folder / "restarted",
            data=provider(self.batch_size, shuffle=True, seed=1),
        )
        return found | {"attempt": attempt, "first_epoch": seen[0]}


def main(folder: Path, *scenarios: str) -> None:
    ranked = Ranked(folder)
    for scenario in scenarios:
        act: Callable[[], dict[str, Any]] = getattr(ranked, scenario)
        found = act()
        path = folder / f"{scenario}-{ranked.rank}.json"
        path.write_text(json.dumps(found), encoding="utf-8")


def run_as_ranks(size: int) -> None:
    """Run as so many processes, of which each has imported everything already."""
    children = []
    for rank in range(size):
        child = os.fork()
        if not child:
            os.environ["RANK"] = str(rank)
            main(Path(sys.argv[1]), *sys.argv[2:])
            return
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def start() -> None:
    """Do what the command line says."""
    if "RANK" in os.environ:
        main(Path(sys.argv[1]), *sys.argv[2:])
    else:
        run_as_ranks(int(os.environ["WORLD_SIZE"]))


if __name__ == "__main__":
    start()
