"""Taking the state of a training between two epochs, and giving it to another one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch

from ...core.context import Context, cpu
from ...core.errors import ArgumentError, FormatError, MXError
from ...core.logs import logger
from ...core.paths import FilePath
from ...data import AbstractDataProvider
from ...executor import Arena
from ...ndarray import NDArray
from ...storage.training_state import Snapshot
from ..callback import AbstractAveraging, AbstractCallback, History
from ..optimizer import OptimizationState, Updater
from ._ranks import Ranks
from .do_checkpoint import CheckpointCallback

__all__ = ["Resumable"]


@dataclass(frozen=True)
class Resumable:
    """The parts of a training that remember something, but for the parameters.

    Args:
        state: the counters.
        updater: the optimizer's states.
        weights: the parameters that are trained.
        providers: the providers of training and validation data.
        callbacks: the callbacks.
        history: the history.
        contexts: the devices.
        ranks: the processes of the training.
        auxiliary: returns the auxiliary states of this process.
    """

    state: OptimizationState
    updater: Updater
    weights: Arena
    providers: Mapping[str, AbstractDataProvider]
    callbacks: Sequence[AbstractCallback]
    history: History
    contexts: Sequence[Context]
    ranks: Ranks
    auxiliary: Callable[[], Mapping[str, NDArray]]
    _of_ranks: list["_Own"] = field(default_factory=list)
    _remembered: list["_Exported"] = field(default_factory=list)

    # -- taking ----------------------------------------------------------------------------------

    def serve_checkpoints(self) -> bool:
        """Let callbacks that write checkpoints take snapshots; tell whether rank 0 has any."""
        saving = [each for each in self.callbacks if isinstance(each, CheckpointCallback)]
        for callback in saving:
            callback.snapshot = self.snapshot
        return self.ranks.same(bool(saving))

    def keep_names(self, prefix: FilePath, names: Mapping[str, str]) -> None:
        """Let checkpoints beside those that were resumed from call variables as those do."""
        for callback in self.callbacks:
            if isinstance(callback, CheckpointCallback) and callback.is_of(prefix):
                callback.names = names

    def remember(self) -> None:
        """Copy the states of the optimizer: other ranks change them while a checkpoint is written.

        Raises nothing where the optimizer cannot save them: the checkpoint will.
        """
        with suppress(ArgumentError):
            scalars, arrays = self._of_optimizer()
            copies = {name: array.copy() for name, array in arrays.items()}
            self._remembered[:] = [_Exported(deepcopy(scalars), copies)]

    def _of_optimizer(self) -> "_Exported":
        scalars: dict[str, Any] = {}
        arrays: dict[str, NDArray] = {}
        for index, state in self.updater.states.items():
            tensors, scalars[str(index)] = self.updater.optimizer.export_state(state)
            arrays |= {
                f"optimizer.{index}.{name}": self.weights.in_plain_order(index, array)
                for name, array in tensors.items()
            }
        return _Exported(scalars, arrays)

    def share(self) -> None:
        """Send rank 0 what each rank has of its own; all call it before rank 0 takes a snapshot."""
        if self.ranks.size > 1:
            self._of_ranks[:] = self.ranks.gather_at_first(self._own())

    def _own(self) -> "_Own":
        # The positions first: a provider that is asked for its own may draw the order of its pass.
        positions = {name: each.position() for name, each in self.providers.items()}
        states = {f"aux.{name}": array for name, array in self.auxiliary().items()}
        return _Own(positions, states | self._random_states())

    def snapshot(self) -> Snapshot:
        """Return the state as it is. Arrays are shared: write them before the training goes on.

        Raises ArgumentError where the optimizer has a state and does not know how to save it.
        """
        own = self._of_ranks[0] if self._of_ranks else self._own()
        scalars, states = self._remembered[0] if self._remembered else self._of_optimizer()
        arrays = dict(states)
        kept: dict[str, dict[str, Any]] = {}
        for key, callback in self._keyed():
            for name, value in callback.export_state().items():
                if isinstance(value, NDArray):
                    place = _place_among_weights(callback, name)
                    arrays[f"callback.{key}.{name}"] = self.weights.in_plain_order(place, value)
                else:
                    kept.setdefault(key, {})[name] = value
        numbers = {
            "optimizer": type(self.updater.optimizer).__name__,
            "optimizer_numbers": scalars,
            "batch_size": self.state.batch_size,
            "iterations": self.state.curr_iter,
            "parameters": self._parameters(),
            "groups": self.weights.members,
            "positions": own.positions,
            "other_ranks": [each.positions for each in self._of_ranks[1:]],
            "callbacks": kept,
            "history": [dict(row) for row in self.history],
            "stopped": self.history.stopped,
        }
        arrays |= {n: array for n, array in own.arrays.items() if n.startswith("random.")}
        for rank, each in enumerate(self._of_ranks):
            arrays |= {f"rank.{rank}.{name}": array for name, array in each.arrays.items()}
        return Snapshot(self.state.curr_epoch, numbers, arrays)

    def _keyed(self) -> Iterator[tuple[str, AbstractCallback]]:
        """Yield the callbacks by kind and number among their kind."""
        seen: Counter[str] = Counter()
        for callback in self.callbacks:
            kind = type(callback).__name__
            yield f"{kind}.{seen[kind]}", callback
            seen[kind] += 1

    def _parameters(self) -> dict[str, list[int]]:
        return {name: list(array.shape) for name, array in self.weights.arrays.items()}

    def _random_states(self) -> dict[str, NDArray]:
        states = {"random.cpu": torch.get_rng_state()}
        for context in self.contexts:
            if context.device.type == "cuda":
                states[f"random.{context}"] = torch.cuda.get_rng_state(context.device)
        return {name: NDArray.wrap(state, cpu()) for name, state in states.items()}

    # -- giving ----------------------------------------------------------------------------------

    def restore(self, snapshot: Snapshot) -> dict[str, NDArray]:
        """Take up a state, and return the auxiliary states of this rank, where they differ.

        As many ranks as there were go on bit for bit, each with what it had of its own. Another
        number takes what rank 0 had.

        Raises ArgumentError where the optimizer or the data is of another kind than those that
        were saved, and FormatError where something is missing. The training must not go on then.
        """
        numbers, arrays = snapshot.numbers, snapshot.arrays
        self._check(numbers)
        with _taking_up("the optimizer"):
            self._restore_optimizer(numbers["optimizer_numbers"], arrays)
        again = _ranks_of(numbers) == self.ranks.size
        positions = [numbers["positions"], *numbers.get("other_ranks", ())]
        for name, position in positions[self.ranks.rank if again else 0].items():
            if name in self.providers:
                with _taking_up(f"the position in {name}"):
                    self.providers[name].seek(position)
        self._restore_callbacks(numbers["callbacks"], arrays)
        self.state.curr_epoch, self.state.curr_iter = snapshot.epoch, numbers["iterations"]
        for row in numbers["history"]:
            self.history.append(row)
        self.history.stopped = numbers["stopped"]
        own = _under(f"rank.{self.ranks.rank}.", arrays) if again else {}
        with _taking_up("the random generators"):
            self._restore_random_states(own or arrays)
        if not own:
            self.ranks.separate_random()  # which are now those of rank 0 everywhere
        return _under("aux.", own)

    def _check(self, numbers: Mapping[str, Any]) -> None:
        kind = type(self.updater.optimizer).__name__
        if numbers["optimizer"] != kind:
            raise ArgumentError(
                f"fit: cannot resume with {kind}: the training was run with "
                f"{numbers['optimizer']}, whose state is no state of {kind}"
            )
        if not self._same_batches(numbers):
            raise ArgumentError(
                f"fit: cannot resume with batches of {self.state.batch_size}: the training was run "
                f"with batches of {numbers['batch_size']}"
            )
        if numbers["parameters"] != self._parameters():
            saved, own = numbers["parameters"], self._parameters()
            names = [*own, *saved]
            name = next((n for n in names if saved.get(n) != own.get(n)), "their order")
            raise ArgumentError(
                f"fit: cannot resume: the parameters that are trained differ in {name!r}: saved "
                f"with shape {saved.get(name)}, trained now with {own.get(name)}"
            )

        groups = numbers.get("groups", self.weights.members)  # before there were any, none differ
        if groups != self.weights.members:
            raise ArgumentError(
                "fit: cannot resume: the parameters have other multipliers (lr_mult, wd_mult) than "
                f"in the training that was saved; those with equal ones were {groups}, they are "
                f"now {self.weights.members}"
            )

    def _same_batches(self, numbers: Mapping[str, Any]) -> bool:
        """Return whether the batches are those that were saved: of one rank, or of all."""
        saved, now = numbers["batch_size"], self.state.batch_size
        before = _ranks_of(numbers)
        if saved == now or saved * self.ranks.size != now * before:
            return bool(saved == now)
        if self.ranks.is_first:
            logger.warning(
                "The training was saved by %d processes with %d samples in a step, and goes on "
                "with %d and %d; the learning rate stays as it is",
                before,
                saved,
                self.ranks.size,
                now,
            )
        return True

    def _restore_optimizer(
        self, scalars: Mapping[str, Mapping[str, float]], arrays: Mapping[str, NDArray]
    ) -> None:
        optimizer = self.updater.optimizer
        restored = {
            int(index): optimizer.import_state(
                int(index),
                self.weights.flat[int(index)],
                {
                    name: self.weights.from_plain_order(int(index), array)
                    for name, array in _under(f"optimizer.{index}.", arrays).items()
                },
                own,
            )
            for index, own in scalars.items()
        }
        self.updater.states.update(restored)

    def _restore_callbacks(
        self, kept: Mapping[str, Mapping[str, Any]], arrays: Mapping[str, NDArray]
    ) -> None:
        unused = set(kept)
        for key, callback in self._keyed():
            own = _under(f"callback.{key}.", arrays)
            unused.discard(key)
            with _taking_up(f"the callback {key}"):
                for name, array in own.items():
                    place = _place_among_weights(callback, name)
                    own[name] = self.weights.from_plain_order(place, array)
                if state := {**kept.get(key, {}), **own}:
                    callback.import_state(state)
        for key in sorted(unused):
            logger.warning("The saved state of the callback %s has no callback to go to", key)

    def _restore_random_states(self, arrays: Mapping[str, NDArray]) -> None:
        for context in self.contexts:
            state = arrays.get(f"random.{context}")
            if state is not None and context.device.type == "cuda":
                torch.cuda.set_rng_state(state.torch, context.device)
        torch.set_rng_state(arrays["random.cpu"].torch)


def _place_among_weights(callback: AbstractCallback, name: str) -> int | None:
    """Return like which flat array of weights one of a callback's is laid out; None for none."""
    number = name.rpartition(".")[2]
    return int(number) if isinstance(callback, AbstractAveraging) and number.isdigit() else None


def _ranks_of(numbers: Mapping[str, Any]) -> int:
    """Return how many processes have saved a state; 0 where it does not say so."""
    return 1 + len(numbers["other_ranks"]) if "other_ranks" in numbers else 0


class _Exported(NamedTuple):
    """The states of the optimizer: numbers by weight, and arrays by name."""

    scalars: dict[str, Any]
    arrays: dict[str, NDArray]


class _Own(NamedTuple):
    """What one process has of its own.

    Args:
        positions: those of its providers.
        arrays: the states of its random generators, and its auxiliary states.
    """

    positions: dict[str, dict[str, Any]]
    arrays: dict[str, NDArray]


@contextmanager
def _taking_up(what: str) -> Iterator[None]:
    """Give an error that a saved state causes the name of what cannot take it up.

    The state comes from a file, and goes to providers, optimizers and callbacks of anybody's.
    """
    try:
        yield
    except MXError as error:
        if len(str(error)) <= 2 * _LONGEST:
            raise
        raise FormatError(f"fit: cannot resume: {what}: {str(error)[:_LONGEST]}…") from error
    except _MISFITS as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(
            f"fit: the saved state of the training does not fit: {what}: "
            f"{type(error).__name__}: {reason[:_LONGEST]}"
        ) from error


_LONGEST = 300  # it may quote the file
_MISFITS = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError)
"""What code raises that is given another kind of value than it has saved."""


def _under(prefix: str, arrays: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Return the arrays whose names begin so, under the rest of their names."""
    return {n.removeprefix(prefix): array for n, array in arrays.items() if n.startswith(prefix)}
