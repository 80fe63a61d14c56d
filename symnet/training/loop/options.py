"""The options of `fit`, each declared once: signature, checks, errors and help come from here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from os import PathLike
from typing import Any, Literal

from ...core.errors import ArgumentError, ParameterError, shown
from ...core.parameters import Check, Parameters, param
from ...core.paths import FilePath
from ..callback import AbstractCallback
from ..initializer import AbstractInitializer, UniformInitializer
from ..kvstore import AbstractKVStore, check_kvstore

__all__ = ["BATCH_SIZE", "ClassWeights", "FitOptions", "Precision", "Resume", "as_patterns"]

BATCH_SIZE = 128
"""Rows of a batch of arrays, where nobody says how many: in training, measuring and prediction."""

ClassWeights = Mapping[Any, float] | Literal["balanced"]
"""The weight of each class by its number, 1 for those left out; or weights that make the sums of
all classes' weights equal."""

Precision = Literal["float32", "bfloat16", "float16"]
"""What layers of products compute in."""

Resume = FilePath | tuple[FilePath, int]
"""The prefix of checkpoints, perhaps with the epoch of one."""


def _store(_: str, __: str, value: Any) -> str | AbstractKVStore:
    check_kvstore(value)
    store: str | AbstractKVStore = value
    return store


def _callbacks(owner: str, name: str, value: Any) -> Sequence[AbstractCallback]:
    if isinstance(value, AbstractCallback):
        return [value]
    given = () if value is None else value
    for callback in given if isinstance(given, Iterable) else [given]:
        if not isinstance(callback, AbstractCallback):
            way_out = "mx.every_n_batch and mx.every_n_epoch make one of a function"
            if isinstance(callback, type):
                way_out = f"make one of the class: mx.{callback.__name__}(…)"
            raise ArgumentError(
                f"{owner}: {name} must be callbacks, got {shown(callback)}; {way_out}"
            )
    return list(given)


def _example(kind: type, way_out: str) -> Check:
    """Return the check of an option that is of a kind, or None, which says how one is made."""

    def check(owner: str, name: str, value: Any) -> Any:
        if value is None or isinstance(value, kind):
            return value
        raise ParameterError(f"{owner}: {name} must be {way_out}, got {shown(value)}")

    return check


_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _bytes(owner: str, name: str, value: Any) -> int | None:
    """Return a number of bytes, which may be given as a text."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", value)
        if found is not None and found[2].upper() in _UNITS:
            return int(float(found[1]) * _UNITS[found[2].upper()])
    elif value is None or (type(value) is int and value > 0):
        return value
    raise ParameterError(
        f"{owner}: {name} must be a number of bytes from 1, or a text such as '512MB' or '1.5GiB', "
        f"got {shown(value)}"
    )


def as_patterns(owner: str, name: str, value: object) -> tuple[str, ...]:
    """Return names and patterns as a tuple; one alone may be given as a string.

    Raises ParameterError for something else.

    >>> as_patterns("fit", "freeze", "conv*")
    ('conv*',)
    """
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Iterable) or isinstance(given, Mapping):
        given = [None]
    patterns = tuple(given)
    if not all(isinstance(each, str) and each for each in patterns):
        raise ParameterError(
            f"{owner}: {name} must be a name or pattern of layers or parameters, as 'conv*', or a "
            f"list of them, got {value!r}"
        )
    return patterns


def _class_weight(owner: str, name: str, value: Any) -> Any:
    if value is None or value == "balanced" or isinstance(value, Mapping):
        return value
    raise ParameterError(
        f"{owner}: {name} must be 'balanced' or weights by class, as {{0: 1.0, 1: 5.0}}, got "
        f"{shown(value)}"
    )


def _freeze(owner: str, name: str, value: Any) -> tuple[str, ...] | None:
    return None if value is None else as_patterns(owner, name, value)


def _resume(owner: str, name: str, value: Any) -> Resume | None:
    pair = isinstance(value, tuple) and len(value) == 2 and type(value[1]) is int and value[1] >= 0
    prefix = value[0] if pair else value
    if (prefix is None and not pair) or isinstance(prefix, str | PathLike):
        found: Resume | None = value
        return found
    raise ParameterError(
        f"{owner}: {name} must be the prefix of checkpoints, or (prefix, epoch), got {value!r}"
    )


def _verbose(owner: str, name: str, value: Any) -> bool | int:
    if value not in (0, 1, 2):
        raise ParameterError(
            f"{owner}: {name} must be 0 (silent), 1 (a line for each epoch) or 2 (the documents' "
            f"log lines), or False or True for 0 or 2, got {value!r}"
        )
    return bool(value) if isinstance(value, bool) else int(value)


class FitOptions(Parameters):
    """The options of `FeedForward.fit`."""

    owner = "fit"

    n_epoch: int = param(
        "Number of passes through the data; those of a training that is resumed count.",
        default=10,
        min=0,
    )
    batch_size: int | None = param(
        "Samples of arrays in a batch; None is 128, or all where there are fewer. Providers and "
        "loaders have their own.",
        default=None,
        min=1,
    )
    shuffle: bool | None = param(
        "Whether each epoch takes the samples of arrays in a new order; None is True. Providers "
        "and loaders have their own order.",
        default=None,
    )
    eval_data: Any = param(
        "Validation data, in any form that training data may have, as a pair (data, label), or "
        "a triple with weights of the samples; batches may have another size.",
        default=None,
    )
    validation_split: float = param(
        "Part of the samples of arrays that is validated with and not trained on. They are chosen "
        "at random, and always the same of as many.",
        default=0.0,
        min=0,
        below=1,
    )
    encode: bool = param(
        "Whether text and categories become numbers: a column of a table one column of zeros and "
        "ones for each category, an array by name and labels the numbers of their categories. The "
        "model remembers which is which.",
        default=False,
    )
    sample_weight: Any = param(
        "A weight from 0 for each sample: an array, or the name of a table's column; or a dict of "
        "those, by the names of the outputs whose losses they weigh. It multiplies "
        "the gradient and the loss of the sample, which are divided by the number of samples all "
        "the same. Providers hand weights out themselves, as a label of the name sample_weight.",
        default=None,
    )
    class_weight: ClassWeights | None = param(
        "Weights of samples by their classes, as {0: 1.0, 1: 5.0}, 1 for those left out; or "
        "'balanced', by which all classes weigh alike. They do not count in validation.",
        default=None,
        check=_class_weight,
    )
    label_smoothing: float = param(
        "The share of each label that is spread evenly over all classes, in the losses of "
        "SoftmaxOutput layers.",
        default=0.0,
        min=0,
        below=1,
    )
    eval_metric: Any = param(
        "The metric of both: a metric, its name, as 'accuracy', 'top_k', 'f1', 'auc', "
        "'cross_entropy', 'perplexity', 'mae', 'mse', 'rmse' or 'r2', a function, or a list of "
        "them. None is what suits the network's losses, MSE for regression and Accuracy otherwise.",
        default=None,
    )
    dtype: Precision = param(
        "What convolutions, fully connected layers and products of matrices compute in. Weights, "
        "their gradients, losses, sums and norms are float32 all the same; with 'float16' losses "
        "are scaled.",
        default="float32",
    )
    accumulate: int = param(
        "After how many batches the weights are updated, by the mean gradient of these.",
        default=1,
        min=1,
    )
    memory: int | str | None = param(
        "The bytes that parameters, gradients and activations may take on each device, as '512MB': "
        "to stay below, the backward pass computes things again. What the optimizer remembers is "
        "not counted. None for as many as it takes.",
        default=None,
        check=_bytes,
    )
    clip_norm: float | None = param(
        "Bound of the length of the whole gradient, the mean over the batch, which is shortened "
        "where it is longer; None for no bound. An optimizer's grad_clip bounds each element.",
        default=None,
        above=0,
        below=inf,
    )
    kvstore: str | AbstractKVStore = param(
        "The type of a store, or a store, which stands for its type: how devices and processes "
        "share gradients; see docs/devices.md.",
        default="local",
        check=_store,
    )
    partition: bool = param(
        "With several processes, whether each trains on its own part of the data; see "
        "docs/distributed.md.",
        default=True,
    )
    timeout: float | None = param(
        "With several processes, how many seconds they wait for each other.",
        default=None,
        above=0,
        below=inf,
    )
    initializer: AbstractInitializer | None = param(
        "For parameters that do not exist yet. None is UniformInitializer(0.01), as the documents "
        "have it, for providers, and XavierInitializer() for all other data.",
        default=None,
        check=_example(AbstractInitializer, "an initializer, as mx.XavierInitializer()"),
    )
    force_init: bool = param("Whether to initialise existing parameters anew.", default=False)
    callbacks: Sequence[AbstractCallback] = param(
        "Callbacks for batches and epochs, in a list; one alone will do.",
        default=(),
        check=_callbacks,
    )
    freeze: str | Sequence[str] | None = param(
        "Names and patterns of layers and parameters, as 'conv*', that are not trained, or a list "
        "of them; None is what the model's freeze says, nothing by default. They get no gradient "
        "and no weight decay, and BatchNorm layers keep and use the statistics that they have.",
        default=None,
        check=_freeze,
    )
    resume: Resume | None = param(
        "Go on from the checkpoints that `do_checkpoint` wrote under this prefix, after the newest "
        "epoch that is whole; where there is none, start anew. With the same data and callbacks "
        "the result is bit for bit that of a training without interruption, on one device of the "
        "CPU. (prefix, epoch) names the epoch.",
        default=None,
        check=_resume,
    )
    verbose: bool | int = param(
        "2 or True logs the lines that the documents show; 1 a line for each epoch; 0 or False "
        "nothing. A terminal shows a bar with the metrics so far, too; a notebook, unless it is 2, "
        "one table that fills instead.",
        default=True,
        check=_verbose,
    )

    @property
    def starting(self) -> AbstractInitializer:
        """The initializer, the documents' own where none was given."""
        return self.initializer or UniformInitializer(0.01)

    @property
    def level(self) -> int:
        """How much is said: 0, 1 or 2."""
        return 2 if self.verbose is True else int(self.verbose)

    @property
    def memory_bytes(self) -> int | None:
        """The bound of `memory`, which has been read as a number."""
        return None if self.memory is None else int(self.memory)

    @property
    def takes_gradients_as_they_are(self) -> bool:
        """Whether the gradient of each parameter goes into it by itself, just as it comes."""
        return self.accumulate == 1 and self.clip_norm is None and self.dtype != "float16"
