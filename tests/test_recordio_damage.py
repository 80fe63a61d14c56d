"""Damaged record files, and indexes that do not belong to theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordio_files import MAGIC, piece

import symnet as mx
from symnet.data.records.record_index import read_index

FIRST, MIDDLE, LAST = 1, 2, 3


def read_sound(reader):
    """What a consumer reads that skips damaged records."""
    found = []
    for number in range(len(reader)):
        try:
            found.append(reader[number])
        except mx.FormatError:
            continue
    return found


CASES = {
    "cut in the payload": (
        piece(b"good") + piece(b"cut off")[:12],
        [b"good"],
        (12, 24, "cut short: 8 bytes are expected after its head, 4 are left"),
    ),
    "cut in the head": (
        piece(b"good") + MAGIC,
        [b"good"],
        (12, 16, "cut short: 8 bytes of head are expected, 4 are left"),
    ),
    "padding is missing": (
        piece(b"good") + piece(b"bad")[:-1],
        [b"good"],
        (12, 23, "cut short: 4 bytes are expected after its head, 3 are left"),
    ),
    "rubbish between": (
        piece(b"good") + b"rubb" + piece(b"after"),
        [b"good", b"after"],
        (12, 16, "no record begins here: expected 0xced7230a, found 0x62627572"),
    ),
    "rubbish at first": (
        b"rubbish!" + piece(b"after"),
        [b"after"],
        (0, 8, "no record begins here: expected 0xced7230a, found 0x62627572"),
    ),
    "a magic number at no multiple of 4": (
        b"r" + MAGIC + b"ubb" + piece(b"after"),
        [b"after"],
        (0, 8, "no record begins here: expected 0xced7230a, found 0xd7230a72"),
    ),
    "a length beyond the file": (
        piece(b"bad!", length=400) + piece(b"after"),
        [b"after"],
        (0, 12, "cut short: 400 bytes are expected after its head, 20 are left"),
    ),
    "a length that is too short": (
        piece(b"eight by", length=4) + piece(b"after"),
        [b"eigh", b"after"],
        (12, 16, "no record begins here"),
    ),
    "a middle without a beginning": (
        piece(b"good") + piece(b"left", MIDDLE) + piece(b"over", LAST) + piece(b"after"),
        [b"good", b"after"],
        (12, 36, "a record goes on here that was never begun"),
    ),
    "a beginning without an end": (
        piece(b"good") + piece(b"only", FIRST) + piece(b"after"),
        [b"good", b"after"],
        (12, 24, "its last piece is missing: another record begins at offset 24"),
    ),
    "a beginning at the end": (
        piece(b"good") + piece(b"only", FIRST),
        [b"good"],
        (12, 24, "cut short: 8 bytes of head are expected, 0 are left"),
    ),
    "flag 5": (
        piece(b"flag", 5) + piece(b"after"),
        [b"after"],
        (0, 12, "its head is damaged: flag 5 with length 4 does not exist"),
    ),
    "nothing but rubbish": (b"rubbish!", [], (0, 8, "no record begins here")),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_damaged_is_named_and_the_rest_is_read(tmp_path, case):
    content, sound, gap = CASES[case]
    path = tmp_path / "bad.rec"
    path.write_bytes(content)
    with mx.RecordReader(path) as reader:
        assert read_sound(reader) == sound
        start, stop, problem = gap
        (found,) = reader.gaps
        assert (found.start, found.stop) == (start, stop)
        assert found.problem.startswith(problem)
        assert reader.offset(found.number) == start
        for read in (reader.view, reader.__getitem__):
            with pytest.raises(mx.FormatError) as error:
                read(found.number)
            assert f"{path}: record {found.number} at offset {start}: {problem}" in str(error.value)


def test_a_swallowed_record_is_found_and_the_swallower_is_not_read(tmp_path):
    path = tmp_path / "bad.rec"
    # 16 bytes are claimed: up to the middle of the record that follows.
    path.write_bytes(piece(b"bad!", length=16) + piece(b"12345678") + piece(b"after"))
    with mx.RecordReader(path) as reader:
        assert read_sound(reader) == [b"12345678", b"after"]
        assert reader.gaps[0].problem == (
            "its length is wrong: another record begins inside it, at offset 12"
        )


@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=8),
    start=st.integers(0, 200),
    rubbish=st.binary(min_size=1, max_size=40),
)
def test_records_away_from_the_damage_are_read(tmp_path_factory, lengths, start, rubbish):
    records = [bytes([65 + number]) * length for number, length in enumerate(lengths)]
    pieces = [piece(record) for record in records]
    content = bytearray(b"".join(pieces))
    start %= len(content)
    stop = min(len(content), start + len(rubbish))
    content[start:stop] = rubbish[: stop - start]
    path = tmp_path_factory.getbasetemp() / "bad.rec"
    path.write_bytes(content)
    place, untouched = 0, []
    for record, part in zip(records, pieces, strict=True):
        if place + len(part) <= start or place >= stop:
            untouched.append(record)
        place += len(part)
    with mx.RecordReader(path) as reader:
        found = read_sound(reader)
        left = iter(found)  # in this order; a damaged record may equal one that is not
        assert all(record in left for record in untouched)
        places = [reader.offset(number) for number in range(len(reader))]
        assert places == sorted(set(places))


def test_the_readers_of_python_mxnet_name_the_offset(tmp_path):
    (tmp_path / "bad.rec").write_bytes(piece(b"good") + b"rubbish!")
    record = mx.MXRecordIO(tmp_path / "bad.rec", "r")
    assert record.read() == b"good"
    with pytest.raises(mx.FormatError, match=r"bad.rec: record at offset 12: no record begins"):
        record.read()


# -- indexes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0\t0\nx\t12\n", r"line 2: expected a key \(int\), a tab and an offset \(int\), found 'x"),
        ("0\t0\n1\t1.5\n", r"line 2: expected a key .* found '1\\t1.5'"),
        ("0\t0\n1\t12\t2\n", "line 2: expected a key"),
        ("0 0\n", "line 1: expected a key"),
        ("0\t0\n1\t12\n0\t24\n", "line 3: the key 0 is there for the second time"),
        ("0\t0\n1\t12\n2\t0\n", "line 3: the offset 0 is there for the second time"),
        ("0\t0\n1\t36\n", r"line 2: no record of .*good.rec \(36 bytes\) is at offset 36"),
        ("0\t-4\n", "line 1: the offset -4 is negative"),
        ("0\t0\n1\t13\n", "line 2: no record of .*is at offset 13"),
        ("\n0\t0\n \n\n1\t13\n", "line 5: no record of .*is at offset 13"),
        ("\n\n0\t0\n\n1\t0\n", "line 5: the offset 0 is there for the second time"),
        ("0\t0\n1\t28\n", "no record of .*good.rec begins at offset 28; .*another file"),
        ("", "empty, but .*good.rec has 36 bytes"),
        (f"{2**70}\t0\n", "more than 64 bits"),
        ("ÿ\t0\n", "this is no index: an index is a text file"),
    ],
)
def test_an_index_that_does_not_belong(tmp_path, text, problem):
    (tmp_path / "good.rec").write_bytes(piece(b"one") + piece(b"two") + piece(b"four"))
    (tmp_path / "good.idx").write_bytes(text.encode("latin-1"))
    with pytest.raises(mx.FormatError, match=problem) as error:
        mx.RecordReader(tmp_path / "good.rec")
    assert str(error.value).startswith(f"{tmp_path / 'good.idx'}: ")
    with mx.RecordReader(tmp_path / "good.rec", index="") as reader:
        assert list(reader) == [b"one", b"two", b"four"]


def test_an_offset_inside_is_found_when_it_is_read(tmp_path):
    (tmp_path / "good.rec").write_bytes(piece(b"one") + piece(b"two") + piece(b"four"))
    (tmp_path / "good.idx").write_text("0\t0\n1\t16\n2\t24\n")
    with mx.RecordReader(tmp_path / "good.rec") as reader:
        assert (reader[0], reader[2]) == (b"one", b"four")
        with pytest.raises(mx.FormatError, match=r"record 1 at offset 16: no record begins here"):
            reader[1]


def test_as_many_indexes_as_files(tmp_path):
    (tmp_path / "good.rec").write_bytes(piece(b"one"))
    with pytest.raises(mx.ArgumentError, match="1 files need as many indexes, got 2"):
        mx.RecordReader(tmp_path / "good.rec", index="a.idx;b.idx")


def test_an_index_that_is_not_there(tmp_path):
    (tmp_path / "good.rec").write_bytes(piece(b"one"))
    with pytest.raises(mx.DataError, match=r"cannot read .*other.idx: .*[Nn]o such file"):
        mx.RecordReader(tmp_path / "good.rec", index=tmp_path / "other.idx")


def test_keys_of_other_kinds(tmp_path):
    (tmp_path / "some.idx").write_text("cat\t0\ndog\t12\n")
    assert read_index(tmp_path / "some.idx", str) == {"cat": 0, "dog": 12}
