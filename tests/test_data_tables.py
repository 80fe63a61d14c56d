"""ArrayDataProvider over tables: pandas, polars, pyarrow, and datasets that hand out Arrow."""

import sys
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from symnet.core.errors import ArgumentError, DataError
from symnet.data import ArrayDataProvider

COLUMNS = {
    "length": np.array([5.1, 4.9, 6.2]),
    "width": np.array([3, 2, 3], np.int16),
    "wild": np.array([True, False, True]),
    "species": np.array([0, 1, 1]),
}
VALUES = np.stack(list(COLUMNS.values()), axis=1).astype(np.float32)


def chunked(columns: dict) -> pa.Table:
    """A table whose columns lie in several pieces."""
    whole = pa.table(columns)
    return pa.concat_tables([whole.slice(0, 1), whole.slice(1)])


class Dataset:
    """What a dataset of Hugging Face has, as far as it matters: rows as an Arrow table."""

    def __init__(self, columns: dict) -> None:
        self.columns, self.format = columns, "python"

    def with_format(self, type: str) -> "Dataset":
        found = Dataset(self.columns)
        found.format = type
        return found

    def __getitem__(self, key: slice) -> pa.Table:
        assert (self.format, key) == ("arrow", slice(None))
        return pa.table(self.columns)


FORMS = [pd.DataFrame, pl.DataFrame, pa.table, chunked, Dataset]
SERIES = [pd.Series, pl.Series, pa.array, lambda values: pa.chunked_array([values[:1], values[1:]])]
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
each_series = pytest.mark.parametrize("series", SERIES, ids=lambda series: series.__name__)


def arrays(provider: ArrayDataProvider) -> dict[str, np.ndarray]:
    """The arrays of a provider with one batch, by name."""
    (batch,) = provider
    names = [name for name, _ in [*provider.provide_data(), *provider.provide_label()]]
    return {name: provider.get(batch, name).asnumpy() for name in names}


@each_form
def test_columns_lie_side_by_side(form):
    found = arrays(ArrayDataProvider(form(COLUMNS)))
    assert list(found) == ["data"]
    np.testing.assert_array_equal(found["data"], VALUES)


@each_form
def test_a_label_is_picked_by_its_name(form):
    found = arrays(ArrayDataProvider(form(COLUMNS), "species"))
    assert list(found) == ["data", "softmax_label"]
    np.testing.assert_array_equal(found["data"], VALUES[:, :3])
    np.testing.assert_array_equal(found["softmax_label"], COLUMNS["species"])


@each_form
def test_labels_are_named(form):
    labels = {"wild_label": "wild", "kind_label": "species", "other": np.arange(3)}
    found = arrays(ArrayDataProvider(("flowers", form(COLUMNS)), labels))
    assert list(found) == ["flowers", "wild_label", "kind_label", "other"]
    np.testing.assert_array_equal(found["flowers"], VALUES[:, :2])
    np.testing.assert_array_equal(found["kind_label"], COLUMNS["species"])
    found = arrays(ArrayDataProvider(form(COLUMNS), ("kind_label", "species")))
    assert list(found) == ["data", "kind_label"]


def test_a_label_is_picked_from_a_dict():
    found = arrays(ArrayDataProvider({"x": np.ones((3, 2)), "y": np.arange(3)}, "y"))
    assert list(found) == ["x", "softmax_label"]
    np.testing.assert_array_equal(found["softmax_label"], [0, 1, 2])


@each_series
def test_series(series):
    values = COLUMNS["length"]
    found = arrays(ArrayDataProvider({"x": series(values)}, series(COLUMNS["species"])))
    np.testing.assert_array_equal(found["x"], values.astype(np.float32))
    np.testing.assert_array_equal(found["softmax_label"], COLUMNS["species"])


def test_the_index_of_pandas_is_no_data():
    frame = pd.DataFrame(COLUMNS, index=[7, 5, 3])
    np.testing.assert_array_equal(arrays(ArrayDataProvider(frame))["data"], VALUES)
    named = frame.rename_axis("number")
    np.testing.assert_array_equal(arrays(ArrayDataProvider(named[::-1]))["data"], VALUES[::-1])


def test_columns_of_lists():
    images = np.arange(24).reshape(3, 2, 4)
    table = pa.table({"image": images.tolist(), "label": [0, 1, 2]})
    found = arrays(ArrayDataProvider(table, "label"))
    np.testing.assert_array_equal(found["data"], images)
    frame = pl.DataFrame({"x": images.reshape(3, 8)}, schema={"x": pl.Array(pl.Int64, 8)})
    np.testing.assert_array_equal(arrays(ArrayDataProvider(frame))["data"], images.reshape(3, 8))
    found = arrays(ArrayDataProvider({"x": table["image"], "y": np.zeros(3)}))
    np.testing.assert_array_equal(found["x"], images)


def test_one_column():
    found = arrays(ArrayDataProvider(pa.table({"x": [1, 2]})))
    np.testing.assert_array_equal(found["data"], [[1], [2]])


def test_a_real_dataset_of_hugging_face():
    datasets = pytest.importorskip("datasets")
    dataset = datasets.Dataset.from_dict({k: v.tolist() for k, v in COLUMNS.items()})
    found = arrays(ArrayDataProvider(dataset.select([2, 0]), "species"))
    np.testing.assert_array_equal(found["data"], VALUES[[2, 0], :3])


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, np.nan]}),
            "data 'data', column 'b' has a missing value in row 1 .*; fill it with a number, or",
        ),
        (pl.DataFrame({"a": [1, 2, None]}), "column 'a' has a missing value in row 2"),
        (pl.DataFrame({"a": [1.0, float("nan")]}), "column 'a' has NaN in row 1"),
        (chunked({"a": [1, 2, 3, None]}), "column 'a' has a missing value in row 3"),
        (pd.DataFrame({"city": ["Oslo"]}), "column 'city' holds large_string, where numbers are"),
        (pd.DataFrame({"a": pd.Categorical(["x"])}), "column 'a' holds dictionary<.*encode=True"),
        (pl.DataFrame({"day": [date(2020, 1, 1)]}), "column 'day' holds date32"),
        (pa.table({"a": [[1, 2], [3]]}), "'a' is ragged: row 1 .* a list of 1, row 0 one of 2"),
        (
            pa.table({"a": [[[1], [2]], [[3], [4, 5]]]}),
            "'a' is ragged: row 1 .* a list of 2, row 0 one of 1",
        ),
        (pa.table({"a": [[1, 2], [3, None]]}), "'a' has a missing value in row 1"),
        (pa.table({"a": [[1, 2]], "b": [1]}), r"column 'a' holds arrays of shape \(2,\), which"),
        (pa.table({}), "data 'data' has no columns"),
        (pa.table({"a": pa.array([], pa.int64())}), "data 'data' has no samples"),
        (pa.table([[1], [2]], names=["a", "a"]), "two columns of the table have one name: a, a"),
        ({"x": pl.Series([1, None])}, "data 'x' has a missing value in row 1"),
    ],
)
def test_wrong_tables(data, message):
    with pytest.raises(DataError, match=f"ArrayDataProvider: .*{message}"):
        ArrayDataProvider(data)


def test_an_unknown_label_column():
    table = pa.table(COLUMNS)
    with pytest.raises(
        DataError,
        match=r"label 'softmax_label' names 'specie', .*; did you mean 'species'\? "
        r"\(there are: length, width, wild, species\)",
    ):
        ArrayDataProvider(table, "specie")
    with pytest.raises(DataError, match="data 'data' has no columns"):
        ArrayDataProvider(table.select(["species"]), "species")


def test_missing_pyarrow(monkeypatch):
    frame = pd.DataFrame(COLUMNS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ArgumentError,
        match=r"a DataFrame needs pyarrow, .* install pyarrow, or pass np.asarray\(...\) of it",
    ):
        ArrayDataProvider(frame)
