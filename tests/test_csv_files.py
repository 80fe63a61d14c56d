"""CSVIter against NumPy's own reading, and what it says of files that are wrong."""

import gzip
import threading
from pathlib import Path

import fsspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.core.errors import ArgumentError, DataError, ParameterError
from symnet.data import CSVIter, CSVProvider
from symnet.data.tables import _csv_rows as csv_rows

NUMBERS = np.arange(20).reshape(10, 2) / 4


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    return write(tmp_path / "numbers.csv", NUMBERS)


def write(path: Path, array: np.ndarray) -> Path:
    np.savetxt(path, array, delimiter=",", fmt="%.9g")
    return path


def passed(provider: CSVIter) -> list[tuple[np.ndarray, np.ndarray, int]]:
    return [
        (batch.get_data()[0].asnumpy(), batch.get_label()[0].asnumpy(), batch.count)
        for batch in provider
    ]


# -- batches ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 5),
    share=st.floats(0, 1),
    policy=st.sampled_from(["pad", "keep", "discard", "roll_over"]),
    piece=st.integers(1, 200),
    memory=st.sampled_from([0, 100, 1 << 20]),
    ahead=st.integers(0, 3),
)
def test_every_row_once(tmp_path_factory, rows, columns, share, policy, piece, memory, ahead):
    folder = tmp_path_factory.mktemp("csv")
    random = np.random.default_rng(rows)
    data = random.standard_normal((rows, columns)).astype(np.float32)
    labels = np.arange(rows)
    size = max(1, round(share * rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "_MOST", piece)  # bytes: lines go across pieces
        patch.setattr(csv_rows, "_HEAD", piece)
        provider = CSVIter(
            data_csv=write(folder / "x", data),
            data_shape=(columns,),
            label_csv=write(folder / "y", labels),
            batch_size=size,
            last_batch=policy,
            memory=memory,
            prefetch_buffer=ahead,
        )
        found = [passed(provider) for _ in range(3)]
    handed_out = [row for batches in found for _, y, _ in batches for row in y.astype(int)]
    for batches in found:
        seen = [int(row) for _, y, count in batches for row in y[:count]]
        for x, y, _ in batches:
            np.testing.assert_array_equal(x, data[y.astype(int)])
        if policy in ("pad", "keep"):
            assert seen == labels.tolist()
        if policy == "discard":
            assert seen == labels[: rows // size * size].tolist()
    if policy == "roll_over":
        assert handed_out == [place % rows for place in range(len(handed_out))]


def test_shapes_and_names(tmp_path):
    data = write(tmp_path / "x", np.arange(24).reshape(2, 12))
    labels = write(tmp_path / "y", np.arange(4).reshape(2, 2))
    provider = CSVProvider(
        data_csv=data,
        data_shape=(3, 4),
        label_csv=labels,
        label_shape=(2,),
        batch_size=2,
        data_name="x",
        label_name="y",
    )
    assert provider.provide_data() == [("x", (2, 3, 4))]
    assert provider.provide_label() == [("y", (2, 2))]
    ((x, y, _),) = passed(provider)
    np.testing.assert_array_equal(x, np.arange(24).reshape(2, 3, 4))
    np.testing.assert_array_equal(y, [[0, 1], [2, 3]])


def test_labels_of_no_file_are_zero(numbers):
    provider = CSVIter(data_csv=numbers, data_shape=(2,), label_shape=(3,), batch_size=5)
    assert provider.provide_label() == [("softmax_label", (5,))]
    assert all(not y.any() and y.shape == (5,) for _, y, _ in passed(provider))


def test_no_labels(numbers):
    provider = CSVIter(data_csv=numbers, data_shape=2, batch_size=5, label_name=None)
    assert provider.provide_label() == []
    assert [batch.get_label() for batch in provider] == [[], []]


def test_batches_keep_their_contents_and_are_read_only(numbers):
    for memory in (0, 1 << 20):
        provider = CSVIter(data_csv=numbers, data_shape=(2,), batch_size=4, memory=memory)
        kept = [list(provider) for _ in range(2)][1]
        copies = [batch.get_data()[0].asnumpy() for batch in kept]
        list(provider)
        for batch, copy in zip(kept, copies, strict=True):
            assert not batch.get_data()[0].writable
            np.testing.assert_array_equal(batch.get_data()[0].asnumpy(), copy)


def test_kept_numbers_are_not_read_again(numbers):
    provider = CSVIter(data_csv=numbers, data_shape=(2,), batch_size=5)
    first = passed(provider)
    numbers.unlink()
    np.testing.assert_equal(passed(provider), first)
    provider = CSVIter(data_csv=write(numbers, NUMBERS), data_shape=2, batch_size=5, memory=79)
    passed(provider)
    numbers.unlink()
    with pytest.raises(DataError, match="cannot read"):
        passed(provider)


def test_gzipped_files_and_urls(numbers, tmp_path):
    packed = tmp_path / "numbers.csv.gz"
    packed.write_bytes(gzip.compress(numbers.read_bytes()))
    with fsspec.open("memory://folder/numbers.csv", "wb") as file:
        file.write(numbers.read_bytes())
    for path in (packed, str(packed), "memory://folder/numbers.csv", f"file://{numbers}"):
        ((x, _, _),) = passed(CSVIter(data_csv=path, data_shape=(2,), batch_size=10))
        np.testing.assert_array_equal(x, NUMBERS)


def test_special_numbers(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfnan,-inf\r\n\r\n 1 ,+2e-3\r\n\n")
    ((x, _, _),) = passed(CSVIter(data_csv=path, data_shape=(2,), batch_size=2))
    np.testing.assert_array_equal(x, np.array([[np.nan, -np.inf], [1, 2e-3]], np.float32))


# -- passes that do not end ------------------------------------------------------------------------


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("symnet")]


def test_abandoned_passes(tmp_path):
    data = write(tmp_path / "x", np.arange(3000))
    provider = CSVIter(data_csv=data, data_shape=(1,), batch_size=7)
    for _ in range(3):
        for batch in provider:
            assert batch.get_data()[0].asnumpy()[0] == 0
            break
    iter(provider)  # a pass that is never begun
    next(iter(provider))
    del batch
    assert threads() == []
    assert passed(provider)[-1][2] == 3000 % 7


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,4\n", "line 1: 'a' in column 1 is not a number; .* without a header"),
        ("1,2\n\n3,x\n", "line 3: 'x' in column 2 is not a number$"),
        ("1,2\n3,\n", "line 2: '' in column 2 is not a number"),
        ('1,2\n"3",4\n', "line 2: '\"3\"' in column 1 is not a number"),
        ("1,2\n3\n", r"line 2: the data size .* has 1 numbers, but data_shape=\(2,\) needs 2"),
        ("1,2,3\n1,2,3\n", "line 1: the data size in CSV does not match the shape: .* 3 numbers"),
        ("1,2\n  \n3,4", "line 2: '  ' in column 1 is not a number"),
        ("1,2\n0x10,3\n", "line 2: '0x10' in column 1 is not a number"),
        ("1,2\n1_0,3\n", r"numbers.csv, after line 0: .*1_0"),
        ("", "Failed to load the first batch: .* has 0 rows, and batch_size=2 .* needs 1"),
        ("\n\n", "Failed to load the first batch"),
    ],
)
def test_wrong_files(numbers, text, message):
    numbers.write_text(text)
    with pytest.raises(DataError, match=f"CSVIter: .*{message}"):
        CSVIter(data_csv=numbers, data_shape=(2,), batch_size=2)


@pytest.mark.parametrize("ahead", [0, 4])
def test_wrong_lines_far_into_a_file(tmp_path, monkeypatch, ahead):
    monkeypatch.setattr(csv_rows, "_MOST", 1000)
    monkeypatch.setattr(csv_rows, "_HEAD", 1000)
    lines = [f"{number},{number}" for number in range(5000)]
    lines[4321] = "4321;4321"
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines))
    provider = CSVIter(data_csv=path, data_shape=(2,), batch_size=10, prefetch_buffer=ahead)
    seen = []
    with pytest.raises(DataError, match="line 4322: '4321;4321' in column 1 is not a number"):
        seen.extend(batch.count for batch in provider)
    assert 4000 < sum(seen) <= 4321
    assert threads() == []


def test_fewer_labels_than_data(tmp_path, numbers):
    labels = write(tmp_path / "y.csv", np.arange(7))
    provider = CSVIter(data_csv=numbers, data_shape=(2,), label_csv=labels, batch_size=2)
    with pytest.raises(DataError, match=r"y.csv has 7 rows, but .*numbers.csv has more"):
        passed(provider)
    with pytest.raises(DataError, match=r"y.csv has 7 rows"):
        CSVIter(data_csv=numbers, data_shape=(2,), label_csv=labels, batch_size=8)


@pytest.mark.parametrize("size", [2, 5, 12])
def test_more_labels_than_data(tmp_path, numbers, size):
    labels = write(tmp_path / "y.csv", np.arange(11))
    with pytest.raises(DataError, match=r"y.csv has more rows than .*numbers.csv, .* after 10;"):
        passed(CSVIter(data_csv=numbers, data_shape=(2,), label_csv=labels, batch_size=size))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize("line", [0, 1, 9])
def test_an_empty_line_that_shifts_labels(tmp_path, numbers, monkeypatch, end, piece, line):
    monkeypatch.setattr(csv_rows, "_HEAD", piece)
    texts = [str(number) for number in range(10)]
    labels = tmp_path / "y.csv"
    given = {"data_shape": (2,), "label_csv": labels, "batch_size": 10}
    labels.write_bytes(end.join([*texts, "", "", ""]).encode())
    ((_, found, _),) = passed(CSVIter(data_csv=numbers, **given))
    np.testing.assert_array_equal(found, np.arange(10))
    labels.write_bytes(end.join([*texts[:line], "", *texts[line:], ""]).encode())
    with pytest.raises(DataError, match=rf"y.csv, line {line + 1} is empty, with rows after it"):
        CSVIter(data_csv=numbers, **given)


def test_an_empty_line_in_data_is_skipped(numbers):
    numbers.write_text("1,2\n\n3,4\n")
    ((found, _, _),) = passed(CSVIter(data_csv=numbers, data_shape=(2,), batch_size=2))
    np.testing.assert_array_equal(found, [[1, 2], [3, 4]])


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("policy", ["pad", "keep", "roll_over"])
@pytest.mark.parametrize("size", [4, 5, 9])
def test_fewer_rows_than_a_batch(tmp_path, policy, size, labelled):
    data = write(tmp_path / "x.csv", NUMBERS[:3])
    labels = write(tmp_path / "y.csv", np.arange(3)) if labelled else "NULL"
    provider = CSVIter(
        data_csv=data, data_shape=(2,), label_csv=labels, batch_size=size, last_batch=policy
    )
    rows = {"pad": [0, 1, 2] + [2] * (size - 3), "keep": [0, 1, 2]}
    rows["roll_over"] = (np.arange(size) % 3).tolist()
    for _ in range(3):
        ((found, label, count),) = passed(provider)
        assert count == 3
        np.testing.assert_array_equal(found, NUMBERS[rows[policy]])
        np.testing.assert_array_equal(label, np.multiply(rows[policy], labelled))
        assert provider.position() == {}
    with pytest.raises(DataError, match="no position"):
        provider.seek({"borrowed": 1})


def test_unreadable_files(tmp_path):
    with pytest.raises(DataError, match=r"CSVIter: cannot read .*absent: No such file"):
        CSVIter(data_csv=tmp_path / "absent", data_shape=(2,), batch_size=1)
    with pytest.raises(DataError, match="CSVIter: cannot read nowhere://x"):
        CSVIter(data_csv="nowhere://x", data_shape=(2,), batch_size=1)
    whole = gzip.compress(np.random.default_rng(0).bytes(1000))
    for broken in (whole[:-20], whole[:20] + b"?" * 900 + whole[-20:], b"1,2"):
        (tmp_path / "x.gz").write_bytes(broken)
        with pytest.raises(DataError, match=r"CSVIter: cannot read .*x.gz"):
            CSVIter(data_csv=tmp_path / "x.gz", data_shape=(2,), batch_size=1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"batchsize": 3}, r"unknown parameter 'batchsize'; did you mean 'batch_size'\?"),
        ({"batch_size": 0}, "batch_size must be >= 1, got 0"),
        ({"data_shape": ()}, r"data_shape must be a tuple of lengths, got \(\)"),
        ({"data_shape": "2"}, "data_shape must be a tuple of lengths, got '2'"),
        ({"data_shape": (2, 0)}, "each length of data_shape must be >= 1, got 0"),
        ({"label_shape": None}, "label_shape must be a tuple of lengths, got None"),
        ({"prefetch_buffer": -1}, "prefetch_buffer must be >= 0, got -1"),
        ({"memory": 1.5}, "memory must be int, got 1.5"),
        ({"last_batch": "drop"}, "last_batch must be one of pad, keep, discard, roll_over"),
        ({"round_batch": False, "last_batch": "roll_over"}, "round_batch=False contradicts"),
        ({"data_name": "softmax_label"}, "data_name and label_name are both 'softmax_label'"),
    ],
)
def test_wrong_parameters_are_named(numbers, option, message):
    with pytest.raises(ParameterError, match=f"CSVIter: {message}"):
        CSVIter(**{"data_csv": numbers, "data_shape": (2,), "batch_size": 2, **option})


@pytest.mark.parametrize("position", [{"borrowed": 2}, {"borrowed": -1}, {"pass": 1}])
def test_wrong_positions(numbers, position):
    provider = CSVIter(data_csv=numbers, data_shape=(2,), batch_size=2)
    with pytest.raises(DataError, match="CSVIter: this is no position"):
        provider.seek(position)


def test_missing_pyarrow(numbers, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ArgumentError, match=r"CSVIter needs pyarrow.*pip install pyarrow"):
        CSVIter(data_csv=numbers, data_shape=(2,), batch_size=2)
