"""The parameters of ImageRecordIter: all there are, which were chosen, and whether they agree."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from inspect import Signature
from typing import Any, Literal, NamedTuple, TypeVar, final

from ...core.errors import ParameterError, suggest
from ...core.paths import FilePath
from .._checks import no_unknown, whole_number
from .._shuffling import MOST_SEED
from ..last_batch import LastBatch, last_batch_policy
from ._color import ColorJitter, Normalization
from ._geometry import Geometry
from ._parameters import OWNER, ImageParameters, checked, image_shape, switch, whole

__all__ = ["Choices", "Reading"]


def _path(owner: str, name: str, value: object) -> FilePath:
    if isinstance(value, str | os.PathLike):
        return value
    raise ParameterError(f"{owner}: {name} must be a path, got {value!r}")


def _path_or_none(owner: str, name: str, value: object) -> FilePath | None:
    return _path(owner, name, value) if value else None


def _unchecked(_: str, __: str, value: Any) -> Any:
    return value


def _on_error(owner: str, name: str, value: object) -> object:
    if value not in _ON_ERROR:
        raise ParameterError(
            f"{owner}: {name} must be one of {', '.join(_ON_ERROR)}, "
            f"got {value!r}{suggest(str(value), _ON_ERROR)}"
        )
    return value


_ON_ERROR = ("raise", "skip")


@final
@dataclass(frozen=True, kw_only=True)
class Reading(ImageParameters):
    """What is read, and how it is divided into batches; `ImageRecordIter` explains the fields.

    Raises ParameterError for values that are out of range or contradict each other.
    Source: the documents, "ImageRecordIter".
    """

    data_shape: tuple[int, int, int] = field(metadata=checked(image_shape))
    batch_size: int = field(metadata=checked(partial(whole_number, least=1)))
    path_imgrec: FilePath = field(default="./data/imgrec.rec", metadata=checked(_path))
    path_imgidx: FilePath | None = field(default=None, metadata=checked(_path_or_none))
    path_imglist: FilePath | None = field(default="", metadata=checked(_path_or_none))
    label_width: int = whole(1, 1)
    data_name: str = field(
        default="data", metadata=checked(_unchecked)
    )  # MXDataProvider checks names
    label_name: str | None = field(default="softmax_label", metadata=checked(_unchecked))
    shuffle: bool = switch(False)
    seed: int = whole(0, 0, MOST_SEED)
    num_parts: int = whole(1, 1)
    part_index: int = whole(0, 0)
    round_batch: bool = switch(True)
    last_batch: LastBatch | None = field(
        default=None, metadata=checked(_unchecked)
    )  # `policy` checks it
    on_error: Literal["raise", "skip"] = field(default="raise", metadata=checked(_on_error))
    preprocess_threads: int = whole(4, 1)
    prefetch_buffer: int = whole(4, 0)
    mean_img: FilePath | None = field(default="", metadata=checked(_path_or_none))
    verbose: bool = switch(True)

    def __post_init__(self) -> None:
        ImageParameters.__post_init__(self)
        whole_number(OWNER, "part_index", self.part_index, 0, self.num_parts - 1)
        _ = self.policy

    @property
    def policy(self) -> LastBatch:
        """What becomes of the last batch."""
        return last_batch_policy(OWNER, self.last_batch, "roll_over", round_batch=self.round_batch)

    @property
    def label_shape(self) -> tuple[int, ...]:
        """The shape of a batch of labels."""
        width = () if self.label_width == 1 else (self.label_width,)
        return self.batch_size, *width

    @property
    def skips(self) -> bool:
        """Whether records that cannot be used are left out."""
        return self.on_error == "skip"


@final
class Choices(NamedTuple):
    """All parameters, in groups."""

    reading: Reading
    geometry: Geometry
    jitter: ColorJitter
    normalization: Normalization

    @classmethod
    def signature(cls) -> Signature:
        """Return all parameters as those of one function."""
        return Signature([each for group in _GROUPS for each in group.keywords()])

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Choices":
        """Return what was chosen.

        Args:
            given: values by the names of parameters; what is missing has its default.

        Raises ParameterError for a name that no group knows, a parameter that is required and
        missing, and values that are out of range or contradict each other.
        """
        known = list(cls.signature().parameters)
        no_unknown(OWNER, [name for name in given if name not in known], known)
        choices = cls(
            _chosen(Reading, given),
            _chosen(Geometry, given),
            _chosen(ColorJitter, given),
            _chosen(Normalization, given),
        )
        _check_agreement(choices)
        return choices


_GROUPS: tuple[type[ImageParameters], ...] = (Reading, Geometry, ColorJitter, Normalization)

ParameterGroup = TypeVar("ParameterGroup", bound=ImageParameters)


def _chosen(group: type[ParameterGroup], given: Mapping[str, Any]) -> ParameterGroup:
    for each in fields(group):
        if each.default is MISSING and each.name not in given:
            raise ParameterError(f"{OWNER}: {each.name} is required")
    return group(**{each.name: given[each.name] for each in fields(group) if each.name in given})


def _check_agreement(choices: Choices) -> None:
    reading, jitter = choices.reading, choices.jitter
    if reading.mean_img and any(choices.normalization.means):
        raise ParameterError(
            f"{OWNER}: mean_img and mean_r, mean_g, mean_b or mean_a are both given; "
            "MXNet's versions differ in which of them counts, so name only one"
        )
    if reading.data_shape[0] != 3 and any((jitter.random_h, jitter.random_s, jitter.random_l)):
        raise ParameterError(
            f"{OWNER}: random_h, random_s and random_l need images of 3 channels, "
            f"but data_shape={reading.data_shape}"
        )
