"""Samples of torch's datasets and loaders: which of their parts are data, and which labels."""

from collections.abc import Mapping
from typing import Any

from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate

from ...core.errors import DataError

__all__ = ["by_role", "collated"]

Roles = tuple[dict[str, Any], dict[str, Any]]
"""Data and labels, by their names."""


def by_role(
    owner: str, sample: object, data_name: str = "data", label_name: str = "softmax_label"
) -> Roles:
    """Divide a sample, or a batch of samples, into data and labels.

    Args:
        owner: the provider's name, for errors.
        sample: a (data, label) pair, or a triple with the sample's weight, a label of the name
            ``sample_weight``; a dict, whose keys are the names, and whose labels are those with a
            name that ends in "label", and weights; or data alone.
        data_name, label_name: the names where the sample states none.

    Raises DataError for a tuple of another length, or names that are no str.

    >>> by_role("Digits", {"pixels": 1, "digit_label": 2})
    ({'pixels': 1}, {'digit_label': 2})
    """
    if isinstance(sample, Mapping):
        for name in sample:
            if not isinstance(name, str) or not name:
                raise DataError(f"{owner}: the keys of a sample must be names, got {name!r}")
        labels = {
            name: each
            for name, each in sample.items()
            if name.endswith("label") or name.startswith("sample_weight")
        }
        return {name: each for name, each in sample.items() if name not in labels}, labels
    parts = list(sample) if isinstance(sample, list | tuple) else [sample]
    if len(parts) not in (1, 2, 3):
        raise DataError(
            f"{owner}: a sample must be data, a (data, label) pair, a (data, label, weight) triple "
            "or a dict of arrays by name, "
            f"got a {type(sample).__name__} of {len(parts)}; return a dict"
        )
    return {data_name: parts[0]}, dict(zip([label_name, "sample_weight"], parts[1:], strict=False))


def collated(owner: str, dataset: Dataset[Any] | DataLoader[Any]) -> Any:
    """Return all samples of a dataset as one batch.

    Raises DataError where they cannot be had one by one, there are none, or they do not fit
    together.
    """
    if isinstance(dataset, DataLoader | IterableDataset):
        loader = "it" if isinstance(dataset, DataLoader) else "DataLoader(dataset, batch_size=...)"
        raise DataError(
            f"{owner} keeps all samples in memory, and cannot ask a {type(dataset).__name__} for "
            f"them; pass {loader} to mx.TorchDataProvider"
        )
    samples = [dataset[place] for place in range(len(dataset))]  # type: ignore[arg-type]
    if not samples:
        raise DataError(f"{owner}: the {type(dataset).__name__} has no samples")
    try:
        return default_collate(samples)
    except (TypeError, RuntimeError, KeyError) as problem:
        raise DataError(
            f"{owner}: the samples of the {type(dataset).__name__} do not make arrays: {problem}; "
            "they must be numbers, tensors or arrays of one shape, in pairs or dicts"
        ) from problem
