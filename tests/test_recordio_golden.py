"""Files that Apache MXNet 1.9.1 wrote: read as they are, and written byte for byte."""

import json
import shutil

import numpy as np
import pytest
from recordio_files import GOLDEN, PAYLOADS

import symnet as mx

LABELS = [3, 2.5, [1.0], [1.0, 2.0], [0.0, 1.0, 2.0, 3.0, 4.0]]
FILES = ("plain.rec", "labels.rec", "faces.rec", "all.rec", "parts0.rec", "parts1.rec")


def test_payloads_with_magic_numbers():
    with mx.RecordReader(GOLDEN / "plain.rec") as reader:
        assert list(reader) == PAYLOADS
        assert reader.keys.tolist() == list(range(0, 90, 10))


def test_an_index_says_what_a_scan_finds():
    for name in ("plain.rec", "faces.rec", "all.rec"):
        with_index = mx.RecordReader(GOLDEN / name)
        without = mx.RecordReader(GOLDEN / name, index="")
        assert list(map(with_index.offset, range(len(with_index)))) == list(
            map(without.offset, range(len(without)))
        )


@pytest.mark.parametrize("name", FILES)
def test_written_again_the_bytes_are_the_same(tmp_path, name):
    reader = mx.RecordReader(GOLDEN / name)
    with mx.RecordWriter(tmp_path / name, index=tmp_path / "idx") as writer:
        for number, key in enumerate(reader.keys.tolist()):
            writer.write(reader[number], key)
    assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()
    index = (GOLDEN / name).with_suffix(".idx")
    if index.exists():
        assert (tmp_path / "idx").read_bytes() == index.read_bytes()


def test_headers():
    with mx.RecordReader(GOLDEN / "labels.rec") as reader:
        for number, label in enumerate(LABELS):
            header, image = mx.unpack(reader[number])
            np.testing.assert_array_equal(header.label, np.float32(label))
            assert header.flag == (len(label) if isinstance(label, list) else 0)
            assert (header.id, header.id2) == (2**40 + number, number)
            assert image == b"image %d" % number
            again = mx.pack(mx.IRHeader(9, label, 2**40 + number, number), image)
            assert again == reader[number]


def test_python_mxnets_interface_reads_its_files():
    record = mx.MXIndexedRecordIO(GOLDEN / "plain.idx", GOLDEN / "plain.rec", "r")
    assert record.keys == list(range(0, 90, 10))
    assert [record.read_idx(key) for key in record.keys] == PAYLOADS


def test_records_without_an_image_are_known():
    with mx.RecordReader(GOLDEN / "faces.rec") as reader:
        assert list(map(mx.is_image_record, reader)) == [False, True, True, True, False, False]
        header, _ = mx.unpack(reader.by_key(0))
        first, last = map(int, header.label)
        assert [mx.unpack(reader.by_key(key))[0].label.tolist() for key in range(first, last)] == [
            [1, 3],
            [3, 4],
        ]


def test_parts_are_those_of_image_record_iter():
    recorded = json.loads((GOLDEN / "parts.json").read_text())
    assert len(recorded) == 2
    for names, parts in recorded.items():
        with mx.RecordReader([GOLDEN / name for name in names.split(";")]) as reader:
            labels = [int(mx.unpack(payload)[0].label) for payload in reader]
            for num_parts, expected in parts.items():
                found = [reader.part(int(num_parts), part) for part in range(int(num_parts))]
                assert [[labels[number] for number in part] for part in found] == expected


def test_a_copy_without_an_index_has_its_numbers_for_keys(tmp_path):
    shutil.copy(GOLDEN / "faces.rec", tmp_path)
    assert mx.RecordReader(tmp_path / "faces.rec").keys.tolist() == list(range(6))
