"""MXRecordIO and MXIndexedRecordIO, the interface of python-mxnet."""

import gc
import multiprocessing
import pickle

import pytest
from recordio_files import PAYLOADS, parse

import symnet as mx


@pytest.fixture
def names(tmp_path):
    return str(tmp_path / "some.idx"), str(tmp_path / "some.rec")


def write(names, key_type=int):
    record = mx.MXIndexedRecordIO(*names, "w", key_type)
    for number, payload in enumerate(PAYLOADS):
        record.write_idx(number, payload)
    record.close()


def test_read_and_reset(names):
    write(names)
    record = mx.MXRecordIO(names[1], "r")
    assert [record.read() for _ in range(10)] == [*PAYLOADS, None]
    record.reset()
    assert record.tell() == 0
    assert record.read() == PAYLOADS[0]
    assert record.tell() == 8


def test_a_writer_tells_where_it_is_and_starts_anew_when_reset(names):
    record = mx.MXRecordIO(names[1], "w")
    assert record.tell() == 0
    record.write(b"12345")
    assert record.tell() == 16
    record.reset()
    record.write(b"new")
    record.close()
    with open(names[1], "rb") as file:
        assert parse(file.read()) == [(0, b"new")]


def test_keys_seek_and_read(names):
    write(names)
    record = mx.MXIndexedRecordIO(*names, "r")
    assert record.keys == list(range(9))
    assert record.read_idx(7) == PAYLOADS[7]
    assert record.read() == PAYLOADS[8]  # the one that follows
    record.seek(4)
    assert record.read() == PAYLOADS[4]
    with pytest.raises(mx.ArgumentError, match=r"some.idx has no key 9"):
        record.read_idx(9)


def test_keys_that_are_text(names):
    write(names, str)
    record = mx.MXIndexedRecordIO(*names, "r", key_type=str)
    assert record.keys == list("012345678")
    assert record.read_idx("4") == PAYLOADS[4]


def test_a_key_is_written_once(names):
    with mx.MXIndexedRecordIO(*names, "w") as record:
        record.write_idx(1, b"a")
        with pytest.raises(mx.ArgumentError, match="the key 1 was written before"):
            record.write_idx(1, b"b")
    assert mx.MXIndexedRecordIO(*names, "r").read_idx(1) == b"a"


@pytest.mark.long
def test_an_object_that_is_gone_has_closed_its_file(names):
    record = mx.MXRecordIO(names[1], "w")
    record.write(b"a")
    del record
    gc.collect()
    assert mx.MXRecordIO(names[1], "r").read() == b"a"


def write_half(names):
    with mx.MXIndexedRecordIO(*names, "w") as record:
        record.write_idx(0, b"new")
        raise KeyError("stop")


def test_a_block_that_raises_writes_nothing(names, tmp_path):
    with pytest.raises(KeyError):
        write_half(names)
    assert list(tmp_path.iterdir()) == []


def test_pickled_the_copy_begins_at_the_first_record(names):
    write(names)
    for record in (mx.MXRecordIO(names[1], "r"), mx.MXIndexedRecordIO(*names, "r")):
        record.read()
        copy = pickle.loads(pickle.dumps(record))
        assert copy.read() == PAYLOADS[0]
        assert record.read() == PAYLOADS[1]  # untouched
        record.close()
        assert not pickle.loads(pickle.dumps(record)).is_open


def test_a_writer_is_not_pickled(names):
    record = mx.MXRecordIO(names[1], "w")
    with pytest.raises(mx.ArgumentError, match="only one process can"):
        pickle.dumps(record)


def test_wrong_use(names):
    write(names)
    reader = mx.MXRecordIO(names[1], "r")
    with pytest.raises(mx.ArgumentError, match="is open for reading, not open for writing"):
        reader.write(b"")
    reader.close()
    with pytest.raises(mx.ArgumentError, match="is closed, not open for reading"):
        reader.read()
    writer = mx.MXRecordIO(names[1], "w")
    with pytest.raises(mx.ArgumentError, match="is open for writing, not open for reading"):
        writer.read()
    with pytest.raises(mx.ParameterError, match="flag must be 'r' or 'w', got 'a'"):
        mx.MXRecordIO(names[1], "a")


def test_a_forked_process_reads_too(names):
    write(names)
    record = mx.MXIndexedRecordIO(*names, "r")
    record.read()
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(record.read()))
    child.start()
    assert queue.get() == PAYLOADS[1]
    child.join()
    assert record.read() == PAYLOADS[1]
