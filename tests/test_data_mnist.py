"""idx files, and MNISTIter over files that the tests write."""

import gzip
import logging
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from symnet.core.errors import ArgumentError, DataError, FormatError, ParameterError
from symnet.data.arrays.idx import read_idx, write_idx
from symnet.data.arrays.mnist import MNISTIter, MNISTProvider, MXDataProvider


def images_of(count: int, rows: int = 3, columns: int = 2) -> np.ndarray:
    """Images that differ: the first pixel counts them, the rest depends on the place."""
    pixels = np.arange(count * rows * columns).reshape(count, rows, columns) % 256
    pixels[:, 0, 0] = np.arange(count)
    return pixels


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Ten images of 3×2 pixels, and labels 0 … 9."""
    write_idx(tmp_path / "images", images_of(10))
    write_idx(tmp_path / "labels", np.arange(10))
    return {"image": tmp_path / "images", "label": tmp_path / "labels"}


def labels_of(provider: MNISTIter) -> list[int]:
    return [int(v) for batch in provider for v in batch.get_label()[0].asnumpy()]


# -- idx files -------------------------------------------------------------------------------------


def test_written_bytes(tmp_path):
    write_idx(tmp_path / "x", np.array([[1, 2, 255]]))
    expected = bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 255])
    assert (tmp_path / "x").read_bytes() == expected
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    packed=st.booleans(),
    seed=st.integers(0, 99),
)
def test_round_trip(tmp_path_factory, shape, packed, seed):
    array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    path = tmp_path_factory.mktemp("idx") / "file"
    write_idx(path, array)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = read_idx(path, axes=len(shape))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)


def test_more_bytes_than_are_read_at_once(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, 3_000_000, dtype=np.uint8)
    write_idx(tmp_path / "x", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "x", axes=1), array)


@pytest.mark.parametrize(
    "array", [np.array([256]), np.array([-1]), np.array([0.5]), np.array(3), np.array(["a"])]
)
def test_only_bytes_are_written(tmp_path, array):
    (tmp_path / "x").write_bytes(b"before")
    with pytest.raises(DataError, match="whole numbers from 0 to 255 is wanted, got "):
        write_idx(tmp_path / "x", array)
    assert (tmp_path / "x").read_bytes() == b"before"


def test_failed_writing_leaves_nothing(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError):
        write_idx(tmp_path / "x", np.array([1]))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def idx(*shape: int, contents: int, magic: int | None = None) -> bytes:
    """An idx file with a header of our choice, and so many bytes after it."""
    magic = 0x800 + len(shape) if magic is None else magic
    return struct.pack(f">{len(shape) + 1}i", magic, *shape) + b"\1" * contents


HUGE = 2**31 - 1


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("contents", "axes", "message"),
    [
        (b"", 3, "a header of 16 bytes is expected, the file ends after 0"),
        (b"\0\0\x08\x03\0\0", 3, "a header of 16 bytes is expected, the file ends after 6"),
        (idx(2, 3, 2, contents=11), 3, r"shape \(2, 3, 2\), so 12 bytes should follow, .*11"),
        (idx(2, 3, 2, contents=13), 3, r"shape \(2, 3, 2\), so 12 bytes should follow, more were"),
        (idx(-2, 3, -2, contents=12), 3, r"shape \(-2, 3, -2\), and no axis may be empty"),
        (idx(0, 3, 2, contents=0), 3, r"shape \(0, 3, 2\), and no axis may be empty"),
        (idx(HUGE, HUGE, HUGE, contents=5), 3, f"so {HUGE**3} bytes should follow, the file has"),
        (idx(1, 3, 2, contents=6), 1, "magic number is 0x00000803, not 0x00000801"),
    ],
)
def test_wrong_files_are_refused(tmp_path, contents, axes, message, packed):
    path = tmp_path / "bad"
    path.write_bytes(gzip.compress(contents) if packed else contents)
    with pytest.raises(FormatError, match=f"bad: invalid mnist format: .*{message}"):
        read_idx(path, axes)


@pytest.mark.parametrize("packed", [False, True])
def test_hostile_headers_take_no_memory(tmp_path, packed):
    contents = idx(HUGE, 28, 28, contents=1000)
    path = tmp_path / "bad"
    path.write_bytes(gzip.compress(contents) if packed else contents)
    tracemalloc.start()
    with pytest.raises(FormatError, match="bytes should follow"):
        read_idx(path, axes=3)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20


def test_gzip_file_cut_short(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, 3000, dtype=np.uint8)
    write_idx(tmp_path / "x", noise)
    whole = gzip.compress((tmp_path / "x").read_bytes())
    (tmp_path / "x").write_bytes(whole[:-1500])
    with pytest.raises(FormatError, match=r"so 3000 bytes should follow, \d+ were found"):
        read_idx(tmp_path / "x", axes=1)
    (tmp_path / "x").write_bytes(whole[:-6] + b"\0\0" + whole[-4:])
    with pytest.raises(FormatError, match="damaged gzip file: CRC check failed"):
        read_idx(tmp_path / "x", axes=1)
    (tmp_path / "x").write_bytes(whole[:5])
    with pytest.raises(FormatError, match="damaged gzip file: Compressed file ended"):
        read_idx(tmp_path / "x", axes=1)


def test_unreadable_files(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*absent: No such file or directory$"):
        read_idx(tmp_path / "absent", axes=1)
    (tmp_path / "absent.gz").touch()
    with pytest.raises(DataError, match=r"absent: No such file.*; .*absent.gz is there, pass that"):
        read_idx(tmp_path / "absent", axes=1)
    with pytest.raises(DataError, match=r"cannot read .*: Is a directory"):
        read_idx(tmp_path, axes=1)


def test_magic_number_is_not_held_against_a_file(tmp_path):
    (tmp_path / "x").write_bytes(idx(3, contents=3, magic=0))
    assert read_idx(tmp_path / "x", axes=1).tolist() == [1, 1, 1]


# -- MNISTIter -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flat", "shape"), [(False, (1, 3, 2)), (True, (6,))])
def test_batches(files, flat, shape):
    provider = MNISTIter(**files, batch_size=4, shuffle=False, flat=flat)
    assert isinstance(provider, MXDataProvider)
    assert provider.provide_data() == [("data", (4, *shape))]
    assert provider.provide_label() == [("softmax_label", (4,))]
    assert provider.get_batch_size() == 4
    pixels = images_of(10).reshape(10, *shape) / 256
    batches = list(provider)
    assert [batch.count_samples() for batch in batches] == [4, 4]
    for batch, rows in zip(batches, (slice(0, 4), slice(4, 8)), strict=True):
        (data,), (label,) = batch.get_data(), batch.get_label()
        np.testing.assert_array_equal(data.asnumpy(), pixels[rows])
        np.testing.assert_array_equal(label.asnumpy(), np.arange(10)[rows])
        assert data.dtype == label.dtype == "float32"
        assert not data.writable
        assert not label.writable


def test_largest_pixel(tmp_path, files):
    write_idx(tmp_path / "images", np.full((10, 3, 2), 255))
    provider = MNISTProvider(**files, batch_size=10)
    ((data,),) = (batch.get_data() for batch in provider)
    assert set(data.asnumpy().flat) == {0.99609375}


def test_gzipped_files(tmp_path, files):
    packed = {}
    for key, path in files.items():
        packed[key] = tmp_path / f"{path.name}.gz"
        packed[key].write_bytes(gzip.compress(path.read_bytes()))
    assert labels_of(MNISTIter(**packed, batch_size=5, shuffle=False)) == list(range(10))


def test_shuffled_once_by_seed(files):
    torch.manual_seed(1)
    provider = MNISTIter(**files, batch_size=5, seed=7)
    order = labels_of(provider)
    assert sorted(order) == list(range(10))
    assert order != list(range(10))
    assert labels_of(provider) == order
    torch.manual_seed(2)
    assert labels_of(MNISTIter(**files, batch_size=5, seed=7)) == order
    assert labels_of(MNISTIter(**files, batch_size=5, seed=8)) != order


def test_shuffling_leaves_torch_generator_alone(files):
    before = torch.get_rng_state()
    list(MNISTIter(**files, batch_size=5))
    assert torch.equal(torch.get_rng_state(), before)


def test_shuffling_keeps_images_and_labels_together(files):
    for batch in MNISTIter(**files, batch_size=5, flat=True):
        (data,), (label,) = batch.get_data(), batch.get_label()
        np.testing.assert_array_equal(data.asnumpy()[:, 0] * 256, label.asnumpy())


def test_ten_images_in_three_parts(files):
    parts = [
        labels_of(MNISTIter(**files, batch_size=1, shuffle=False, num_parts=3, part_index=part))
        for part in range(3)
    ]
    assert parts == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]


@given(count=st.integers(1, 60), parts=st.integers(1, 60))
@example(count=15, parts=11)  # 15 / 11 * 11 is less than 15
def test_parts_are_all_there_is(tmp_path_factory, count, parts):
    folder = tmp_path_factory.mktemp("parts")
    write_idx(folder / "images", images_of(count))
    write_idx(folder / "labels", np.arange(count))
    seen = []
    for part in range(min(parts, count)):
        provider = MNISTIter(
            image=folder / "images",
            label=folder / "labels",
            batch_size=1,
            shuffle=False,
            num_parts=min(parts, count),
            part_index=part,
        )
        seen += labels_of(provider)
    assert seen == list(range(count))


def test_names(files):
    provider = MNISTIter(**files, batch_size=5, data_name="x", label_name="y")
    assert [name for name, _ in provider.provide_data() + provider.provide_label()] == ["x", "y"]


def test_no_labels(files):
    provider = MNISTIter(image=files["image"], label="absent", label_name=None, batch_size=5)
    assert provider.provide_label() == []
    assert [batch.get_label() for batch in provider] == [[], []]


def test_log_line(files, caplog):
    with caplog.at_level(logging.INFO, logger="symnet"):
        MNISTIter(**files, batch_size=5, flat=True)
        MNISTIter(**files, batch_size=2, shuffle=False, num_parts=2)
        MNISTIter(**files, batch_size=2, silent=True)
    assert caplog.messages == [
        "MNISTIter: load 10 images, shuffle=1, shape=(5,6)",
        "MNISTIter: load 5 images, shuffle=0, shape=(2,1,3,2)",
    ]


def test_files_that_do_not_belong_together(tmp_path, files):
    write_idx(tmp_path / "labels", np.arange(9))
    with pytest.raises(DataError, match=r"/labels has 9 labels, but .*/images has 10 images"):
        MNISTIter(**files)


def test_swapped_files(files):
    with pytest.raises(FormatError, match="labels: invalid mnist format"):
        MNISTIter(image=files["label"], label=files["image"])


def test_a_path_means_here_what_it_means_elsewhere(files, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    given = {name: f"~/{Path(path).relative_to(tmp_path)}" for name, path in files.items()}
    assert MNISTIter(**given, batch_size=2).provide_data() == [("data", (2, 1, 3, 2))]
    with pytest.raises(ArgumentError, match="a path cannot hold a NUL character"):
        MNISTIter(image="a\0b", label="b")


def test_fewer_images_than_a_batch(files):
    with pytest.raises(
        DataError,
        match="Failed to load the first batch: batch_size=6, but there are 5 images in part 1 of 2",
    ):
        MNISTIter(**files, batch_size=6, num_parts=2, part_index=1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"batchsize": 3}, r"unknown parameter 'batchsize'; did you mean 'batch_size'\?"),
        ({"batch_size": 0}, "batch_size must be >= 1, got 0"),
        ({"batch_size": 1.5}, "batch_size must be int, got 1.5"),
        ({"num_parts": 0}, "num_parts must be >= 1, got 0"),
        ({"part_index": 1}, "part_index must be >= 0 and <= 0, got 1"),
        (
            {"num_parts": 3, "part_index": -1},
            "part_index must be >= 0 and <= 2, got -1",
        ),
        ({"seed": -1}, f"seed must be >= 0 and <= {2**64 - 1}, got -1"),
        ({"seed": 2**64}, "seed must be"),
        ({"prefetch_buffer": -1}, "prefetch_buffer must be >= 0, got -1"),
        ({"shuffle": 2}, "shuffle must be bool, got 2"),
        ({"flat": None}, "flat must be bool, got None"),
        ({"silent": "no"}, "silent must be bool, got 'no'"),
        ({"data_name": ""}, "data_name and label_name must be names, got ''"),
        ({"label_name": "data"}, "data_name and label_name are both 'data'"),
    ],
)
def test_wrong_parameters_are_named(files, option, message):
    with pytest.raises(ParameterError, match=f"MNISTIter: {message}"):
        MNISTIter(**files, **option)
