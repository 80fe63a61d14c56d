"""The parameters of ImageRecordIter: all there are, which were chosen, and whether they agree."""

from collections.abc import Mapping
from inspect import Signature
from typing import Any, Literal, NamedTuple, TypeVar, final

from ...core.errors import ParameterError
from ...core.limits import MAX_PIXELS
from ...core.parameters import Parameters, param, reject_unknown, signature_of
from ...core.paths import FilePath
from .._checks import file_path, whole_number
from .._last_batch import LastBatch, last_batch_policy
from .._shuffling import MOST_SEED
from ._color import ColorJitter, Normalization
from ._geometry import Geometry
from ._parameters import OWNER, image_shape

__all__ = ["GROUPS", "Choices", "Reading"]


def _path_or_none(owner: str, name: str, value: object) -> FilePath | None:
    return file_path(owner, name, value) if value else None


@final
class Reading(Parameters):
    """What is read, and how it is divided into batches; the help of `ImageRecordIter` lists it.

    Raises ParameterError for values that are out of range or contradict each other.
    Source: the documents, "ImageRecordIter".
    """

    owner = OWNER

    data_shape: tuple[int, int, int] = param(
        "(channels, height, width) of an image that is handed out; 1, 3 or 4 channels.",
        check=image_shape,
    )
    batch_size: int = param("Images per batch.", min=1)
    path_imgrec: FilePath = param(
        "The record file, or several joined by ';'.", default="./data/imgrec.rec", check=file_path
    )
    path_imgidx: FilePath | None = param(
        "Its index, or several joined by ';'; None for the one beside the file, if there is one. "
        "From 1.x.",
        default=None,
        check=_path_or_none,
    )
    path_imglist: FilePath | None = param(
        "A list of labels by the images' ids, which replaces those of the records; '' for none.",
        default="",
        check=_path_or_none,
    )
    label_width: int = param("Labels per image.", default=1, min=1)
    data_name: str = param("Name of the data.", default="data")
    label_name: str | None = param(
        "Name of the labels; None for a provider without labels.", default="softmax_label"
    )
    shuffle: bool = param("Whether to draw a new order of all images for each pass.", default=False)
    seed: int = param("What everything random is drawn from.", default=0, min=0, max=MOST_SEED)
    num_parts: int = param(
        "In how many parts of about as many bytes to divide the files.", default=1, min=1
    )
    part_index: int = param("Which part to read, from 0.", default=0, min=0)
    round_batch: bool = param(
        "True fills the last batch from the beginning of the data, and the next pass starts after "
        "that: last_batch='roll_over'. False is last_batch='pad'.",
        default=True,
    )
    last_batch: LastBatch | None = param(
        "What becomes of the last batch, see `LastBatch`; None for what round_batch says. Ours.",
        default=None,
    )
    on_error: Literal["raise", "skip"] = param(
        "'raise' raises the error of a record that cannot be used, with its place; 'skip' leaves "
        "it out, and a batch has fewer samples then. How many it were is in `skipped`, and in the "
        "log once per pass. Ours.",
        default="raise",
    )
    max_pixels: int | None = param(
        "Most pixels that an image may have by its header; one with more cannot be used. None for "
        "any number. Ours.",
        default=MAX_PIXELS,
        min=1,
    )
    preprocess_threads: int = param("How many threads decode and augment.", default=4, min=1)
    prefetch_buffer: int = param(
        "How many batches to make ahead. Memory for one more is taken.", default=4, min=0
    )
    mean_img: FilePath | None = param(
        "File of a mean image that is subtracted; where it does not exist, it is computed by one "
        "pass over all images, before anything is normalized, and written; '' for none.",
        default="",
        check=_path_or_none,
    )
    verbose: bool = param("Whether to log what is read.", default=True)

    def check(self) -> None:
        """Raise ParameterError where parameters contradict each other."""
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
        return signature_of(*GROUPS)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Choices":
        """Return what was chosen.

        Args:
            given: values by the names of parameters; what is missing has its default.

        Raises ParameterError for a name that no group knows, a parameter that is required and
        missing, and values that are out of range or contradict each other.
        """
        reject_unknown(OWNER, given, [name for group in GROUPS for name in group.params])
        choices = cls(
            _chosen(Reading, given),
            _chosen(Geometry, given),
            _chosen(ColorJitter, given),
            _chosen(Normalization, given),
        )
        _check_agreement(choices)
        return choices


GROUPS: tuple[type[Parameters], ...] = (Reading, Geometry, ColorJitter, Normalization)
"""The groups, in the order of the signature."""

ParameterGroup = TypeVar("ParameterGroup", bound=Parameters)


def _chosen(group: type[ParameterGroup], given: Mapping[str, Any]) -> ParameterGroup:
    return group.make({name: given[name] for name in group.params if name in given})


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
