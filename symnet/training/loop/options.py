"""The options of `fit`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from os import PathLike
from typing import Any, Self

from ...core.errors import ArgumentError, ParameterError, suggest
from ...core.paths import FilePath
from ...data import AbstractDataProvider
from ..callback import AbstractCallback
from ..initializer import AbstractInitializer, UniformInitializer
from ..kvstore import AbstractKVStore, check_kvstore

__all__ = ["FitOptions"]

Resume = FilePath | tuple[FilePath, int]


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """The options of `FeedForward.fit`, which documents them."""

    n_epoch: int = 10
    eval_data: AbstractDataProvider | None = None
    eval_metric: Any = None
    kvstore: str | AbstractKVStore = "local"
    partition: bool = True
    timeout: float | None = None
    initializer: AbstractInitializer = field(default_factory=lambda: UniformInitializer(0.01))
    force_init: bool = False
    callbacks: Sequence[AbstractCallback] = ()
    resume: Resume | None = None
    verbose: bool | int = True

    @classmethod
    def make(cls, options: Mapping[str, Any]) -> Self:
        """Return the options, or raise ParameterError for one that does not exist."""
        known = [own.name for own in fields(cls)]
        for name in options:
            if name not in known:
                raise ParameterError(
                    f"fit: unknown option {name!r}{suggest(name, known)} "
                    f"(there are: {', '.join(known)})"
                )
        return cls(**options)

    def __post_init__(self) -> None:
        if not isinstance(self.n_epoch, int) or self.n_epoch < 0:
            raise ParameterError(
                f"fit: n_epoch must be a whole number from 0, got {self.n_epoch!r}"
            )
        check_kvstore(self.kvstore)
        if not isinstance(self.partition, bool):
            raise ParameterError(f"fit: partition must be True or False, got {self.partition!r}")
        if self.timeout is not None and not _is_positive(self.timeout):
            raise ParameterError(
                f"fit: timeout must be a number of seconds above 0, got {self.timeout!r}"
            )
        if self.verbose not in (0, 1, 2):
            raise ParameterError(
                f"fit: verbose must be 0 (silent), 1 (a line for each epoch) or 2 (the documents' "
                f"log lines), or False or True for 0 or 2; got {self.verbose!r}"
            )
        if not _is_resume(self.resume):
            raise ParameterError(
                "fit: resume must be the prefix of checkpoints, or (prefix, epoch), "
                f"got {self.resume!r}"
            )
        for callback in self.callbacks:
            if not isinstance(callback, AbstractCallback):
                raise ArgumentError(
                    f"fit: callbacks must be callbacks, got {callback!r}; "
                    "mx.every_n_batch and mx.every_n_epoch make one of a function"
                )

    @property
    def level(self) -> int:
        """How much is said: 0, 1 or 2."""
        return 2 if self.verbose is True else int(self.verbose)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf


def _is_resume(value: object) -> bool:
    if isinstance(value, tuple):
        return len(value) == 2 and isinstance(value[0], str | PathLike) and type(value[1]) is int
    return value is None or isinstance(value, str | PathLike)
