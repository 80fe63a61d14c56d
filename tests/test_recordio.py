import errno
import functools
import http.server
import os
import pickle
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordio_files import MAGIC, PAYLOADS, parse, piece

import symnet as mx
from symnet.core.paths import write_atomically
from symnet.data.records.record_index import read_index, write_index

# Bytes in which the magic number, whole or cut, is at every alignment.
pieces = st.sampled_from([MAGIC, MAGIC[:1], MAGIC[1:], MAGIC[:2], MAGIC[2:], b"\0", b"abc"])
payloads = st.lists(pieces | st.binary(max_size=9), max_size=12).map(b"".join)


def write(path, records, index=None):
    with mx.RecordWriter(path, index=index) as writer:
        return [writer.write(record) for record in records]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.rec"


# -- what is written is read -----------------------------------------------------------------------


@settings(max_examples=25)  # each waits for the disk
@given(records=st.lists(payloads, max_size=6))
def test_round_trip(tmp_path_factory, records):
    path = tmp_path_factory.getbasetemp() / "round.rec"
    offsets = write(path, records)
    assert parse(path.read_bytes()) == list(zip(offsets, records, strict=True))
    with mx.RecordReader(path) as reader:
        assert list(reader) == records
        assert [bytes(reader.view(number)) for number in range(len(reader))] == records
        assert [reader.offset(number) for number in range(len(reader))] == offsets
        assert reader.gaps == ()


def test_an_aligned_magic_number_is_never_inside_a_payload(path):
    write(path, [MAGIC * 2 + b"x"])
    content = path.read_bytes()
    flags = [content[i + 7] >> 5 for i in range(0, len(content), 4) if content[i : i + 4] == MAGIC]
    assert flags == [1, 2, 3]


def test_no_records(path):
    write(path, [])
    assert path.read_bytes() == b""
    with mx.RecordReader(path) as reader:
        assert (len(reader), list(reader), reader.part(3, 1)) == (0, [], range(0))


def test_a_view_outlives_the_reader(path):
    write(path, [b"first", b"second"])
    reader = mx.RecordReader(path)
    view = reader.view(1)
    reader.close()
    assert isinstance(view, memoryview)
    assert view == b"second"


def test_numbers_outside(path):
    write(path, [b"only"])
    with mx.RecordReader(path) as reader:
        for number in (1, -1):
            with pytest.raises(IndexError, match=rf"no record {number} in .*some.rec: it has 1"):
                reader[number]


def test_a_closed_reader_says_so(path):
    write(path, [b"only"])
    reader = mx.RecordReader(path)
    reader.close()
    with pytest.raises(mx.ArgumentError, match=r"the reader of .*some.rec is closed"):
        reader[0]


@pytest.mark.parametrize("has_pread", [True, False])
def test_many_threads_read_at_once(path, has_pread, monkeypatch):
    if not has_pread:  # as on Windows
        monkeypatch.delattr(os, "pread")
    records = [bytes([number % 251]) * number + MAGIC for number in range(500)]
    write(path, records)
    order = np.random.default_rng(0).permutation(500).tolist() * 4
    with mx.RecordReader(path) as reader, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(reader.__getitem__, order))
    assert found == [records[number] for number in order]


def test_pickled_readers_open_the_file_again(path):
    write(path, PAYLOADS)
    reader = mx.RecordReader(path)
    copy = pickle.loads(pickle.dumps(reader))
    reader.close()
    assert list(copy) == PAYLOADS
    with pytest.raises(mx.ArgumentError, match="closed"):
        pickle.loads(pickle.dumps(reader))[0]


# -- several files, indexes, keys ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["joined", "sequence"])
def test_several_files_are_one(tmp_path, form):
    files = [tmp_path / name for name in ("a.rec", "empty.rec", "b.rec")]
    for file, records in zip(files, ([b"0", b"1"], [], [b"2"]), strict=True):
        write(file, records)
    given_path = ";".join(map(str, files)) if form == "joined" else files
    with mx.RecordReader(given_path) as reader:
        assert list(reader) == [b"0", b"1", b"2"]
        assert [reader.offset(number) for number in range(3)] == [0, 12, 0]
        assert [reader.name(number)[-5:] for number in range(3)] == ["a.rec", "a.rec", "b.rec"]
        assert reader.keys.tolist() == [0, 1, 2]


def test_the_index_beside_is_used(path):
    offsets = write(path, PAYLOADS)
    keys = [7, 5, 3, 1, 2, 4, 6, 8, 100]
    shuffled = sorted(zip(keys, offsets, strict=True))  # not in the order of the file
    write_index(path.with_suffix(".idx"), shuffled)
    with mx.RecordReader(path) as reader:
        assert list(reader) == PAYLOADS
        assert reader.keys.dtype == np.int64
        assert reader.keys.tolist() == keys
        assert reader.by_key(100) == PAYLOADS[8]
        with pytest.raises(mx.ArgumentError, match=r"some.rec: no record has the key 9"):
            reader.by_key(9)
    with mx.RecordReader(path, index="") as reader:
        assert reader.keys.tolist() == list(range(9))


def test_an_index_may_name_some_records_only(path, caplog):
    offsets = write(path, PAYLOADS)
    some = path.with_suffix(".some")
    write_index(some, [(1, offsets[1]), (4, offsets[4])])
    with mx.RecordReader(path, index=some) as reader:
        assert list(reader) == [PAYLOADS[1], PAYLOADS[4]]
    assert f"its last record ends at offset {offsets[5]}" in caplog.text


def test_the_writer_writes_the_index(path):
    index = path.with_suffix(".idx")
    with mx.RecordWriter(path, index=index) as writer:
        writer.write(b"a")
        writer.write(b"b", key=40)
        assert writer.tell() == 24
    assert index.read_text() == "0\t0\n40\t12\n"


def test_a_key_in_two_files_is_no_key(tmp_path):
    for name in "ab":
        write(tmp_path / f"{name}.rec", [b"x", name.encode()], index=tmp_path / f"{name}.idx")
    reader = mx.RecordReader([tmp_path / "a.rec", tmp_path / "b.rec"])
    with pytest.raises(mx.ArgumentError, match=r"the records \[1, 3\] all have the key 1"):
        reader.by_key(1)


# -- parts -----------------------------------------------------------------------------------------


def naive_part(sizes_and_offsets, num_parts, part_index):
    """The rule of docs/semantics §7.6, record by record."""
    total = sum(size for size, _ in sizes_and_offsets)
    step = -(-total // num_parts)
    step += -step % 4
    found, base, number = [], 0, 0
    for size, offsets in sizes_and_offsets:
        for offset in offsets:
            if step * part_index <= base + offset < step * (part_index + 1):
                found.append(number)
            number += 1
        base += size
    return found


@given(
    files=st.lists(st.lists(st.integers(0, 90), max_size=9), min_size=1, max_size=3),
    num_parts=st.integers(1, 40),
)
def test_parts_cover_all_records_once(tmp_path_factory, files, num_parts):
    folder = tmp_path_factory.getbasetemp()
    paths = [folder / f"part{number}.rec" for number in range(len(files))]
    known = []
    for path, lengths in zip(paths, files, strict=True):
        records = [piece(bytes(length)) for length in lengths]
        path.write_bytes(b"".join(records))
        starts = list(accumulate(map(len, records), initial=0))
        known.append((starts.pop(), starts))
    with mx.RecordReader(paths) as reader:
        parts = [reader.part(num_parts, part) for part in range(num_parts)]
        assert [number for part in parts for number in part] == list(range(len(reader)))
        assert [list(part) for part in parts] == [
            naive_part(known, num_parts, part) for part in range(num_parts)
        ]


@pytest.mark.parametrize("parts", [(0, 0), (2, 2), (2, -1), (1.5, 0)])
def test_parts_that_do_not_exist(path, parts):
    write(path, [b"x"])
    with (
        mx.RecordReader(path) as reader,
        pytest.raises(mx.ParameterError, match=r"must be (int|>=)"),
    ):
        reader.part(*parts)


# -- over the network ------------------------------------------------------------------------------


class RangeHandler(http.server.BaseHTTPRequestHandler):
    """Serves ranges of the files in a dict, and notes them."""

    def do_HEAD(self):
        self.answer(b"")

    def do_GET(self):
        wanted = self.headers.get("Range")
        content = self.server.files.get(self.path, b"")
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            content = content[int(first) : int(last) + 1]
            self.server.ranges.append((self.path, int(first), int(last) + 1))
        self.answer(content)

    def answer(self, content):
        found = self.path in self.server.files
        code = (206 if self.headers.get("Range") else 200) if found else 404
        self.send_response(code)
        length = (
            len(content) if self.command == "GET" else len(self.server.files.get(self.path, b""))
        )
        self.send_header("Content-Length", str(length))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    pytest.importorskip("aiohttp")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), RangeHandler) as running:
        running.daemon_threads = True
        running.files, running.ranges = {}, []
        running.url = f"http://127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=functools.partial(running.serve_forever, 0.01))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_ranges_of_a_web_server(server, path):
    records = [bytes([65 + number]) * 5000 for number in range(9)]
    offsets = write(path, records, index=path.with_suffix(".idx"))
    server.files = {"/x.rec": path.read_bytes(), "/x.idx": path.with_suffix(".idx").read_bytes()}
    with mx.RecordReader(f"{server.url}/x.rec") as reader:
        server.ranges.clear()
        assert reader[5] == records[5]
        assert server.ranges == [("/x.rec", offsets[5], offsets[6])]  # and nothing else was asked
    del server.files["/x.idx"]
    with mx.RecordReader(f"{server.url}/x.rec") as reader:
        assert list(reader) == records


def test_records_at_a_url(monkeypatch):
    monkeypatch.setattr(
        "symnet.data.records.recordio._AHEAD", 16
    )  # so that some are longer than that
    write("memory://some.rec", PAYLOADS, index="memory://some.idx")
    for index in (None, ""):
        with mx.RecordReader("memory://some.rec", index=index) as reader:
            assert list(reader) == PAYLOADS
            assert bytes(reader.view(4)) == PAYLOADS[4]
            assert list(pickle.loads(pickle.dumps(reader))) == PAYLOADS


@pytest.mark.parametrize("block", [8, 12, 40, 1000])
def test_a_url_is_gone_through_in_blocks(monkeypatch, block):
    monkeypatch.setattr("symnet.data.records.record_source._BLOCK", block)
    content = b"".join([piece(b"one"), b"rubbish!" * 4, piece(b"two"), piece(b"three")])
    with write_atomically("memory://blocks.rec") as file:
        file.write(content)
    with mx.RecordReader("memory://blocks.rec") as reader:
        assert [reader[number] for number in (0, 2, 3)] == [b"one", b"two", b"three"]
        assert [(gap.start, gap.stop) for gap in reader.gaps] == [(12, 44)]
    record = mx.MXRecordIO("memory://blocks.rec", "r")
    assert record.read() == b"one"


@pytest.mark.parametrize("name", ["nowhere.rec", "memory://nowhere.rec"])
def test_no_such_file(name, tmp_path):
    place = name if "://" in name else tmp_path / name
    with pytest.raises(
        mx.DataError, match=r"cannot read .*nowhere.rec: .*(N|n)o such file|nowhere"
    ):
        mx.RecordReader(place)


def test_a_url_of_no_known_kind():
    with pytest.raises(mx.ArgumentError, match=r"cannot open nix://some.rec"):
        mx.RecordReader("nix://some.rec")


@pytest.mark.parametrize("nothing", ["", []])
def test_no_path_at_all(nothing):
    with pytest.raises(mx.ArgumentError, match="the path of a record file is expected"):
        mx.RecordReader(nothing)


# -- the file appears when it is whole -------------------------------------------------------------


def test_until_it_is_closed_there_is_no_file(path):
    index = path.with_suffix(".idx")
    writer = mx.RecordWriter(path, index=index)
    writer.write(b"a")
    assert not path.exists()
    assert not index.exists()
    writer.close()
    assert list(mx.RecordReader(path)) == [b"a"]
    assert read_index(index) == {0: 0}
    with pytest.raises(mx.ArgumentError, match=r"the writer of .*some.rec is closed"):
        writer.write(b"b")


def write_and_raise(path):
    with mx.RecordWriter(path, index=path.with_suffix(".idx")) as writer:
        writer.write(b"new")
        raise KeyError("stop")


def abort(path):
    writer = mx.RecordWriter(path, index=path.with_suffix(".idx"))
    writer.write(b"new")
    writer.abort()


def forget(path):
    mx.RecordWriter(path, index=path.with_suffix(".idx")).write(b"new")


def raising(path):
    with pytest.raises(KeyError, match="stop"):
        write_and_raise(path)


@pytest.mark.parametrize("fail", [raising, abort, forget])
def test_what_is_aborted_leaves_the_old_file_and_nothing_else(path, fail):
    write(path, [b"old"])
    fail(path)
    assert [file.name for file in path.parent.iterdir()] == ["some.rec"]
    assert list(mx.RecordReader(path)) == [b"old"]


def test_a_folder_that_is_not_there_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        mx.RecordWriter(tmp_path / "no" / "a.rec", index=tmp_path / "a.idx")
    assert list(tmp_path.iterdir()) == []


class Long(bytes):
    """Claims to be too long for a record."""

    def __len__(self):
        return 2**29


def test_a_payload_that_is_too_long(path):
    with mx.RecordWriter(path) as writer:
        with pytest.raises(mx.ArgumentError, match="at most 536870911 bytes, got 536870912"):
            writer.write(Long())
        writer.write(b"short")
    assert list(mx.RecordReader(path)) == [b"short"]


@pytest.mark.parametrize("given", ["text", None, 7, [b"a"]])
def test_a_payload_is_bytes(given, path):
    with mx.RecordWriter(path) as writer:
        with pytest.raises(mx.ArgumentError, match="a record holds bytes, got"):
            writer.write(given)
        writer.write(bytearray(b"one"))
        writer.write(memoryview(b"two"))
    with pytest.raises(mx.ArgumentError, match="pack: a record holds bytes, got"):
        mx.pack(mx.IRHeader(0, 1.0, 0, 0), given)
    assert list(mx.RecordReader(path)) == [b"one", b"two"]


@settings(max_examples=30)
@given(keys=st.lists(st.integers(-2, 8) | st.sampled_from([None, 2**40]), max_size=12))
def test_a_key_is_there_once(tmp_path_factory, keys):
    path = tmp_path_factory.getbasetemp() / "keys.rec"
    written = []
    with mx.RecordWriter(path, index=path.with_suffix(".idx")) as writer:
        for key in keys:
            known = len(written) if key is None else key
            if known in written:
                with pytest.raises(mx.ArgumentError, match=f"the key {known} was written before"):
                    writer.write(b"again", key)
            else:
                writer.write(b"%d" % known, key)
                written.append(known)
    with mx.RecordReader(path) as reader:
        assert reader.keys.tolist() == written
        assert list(reader) == [b"%d" % key for key in written]


@pytest.mark.parametrize("key", ["a\tb", "a\nb", "", "a\x85b", "\r"])
def test_a_key_is_one_line(key, path):
    with (
        mx.RecordWriter(path, index=path.with_suffix(".idx")) as writer,
        pytest.raises(mx.ArgumentError, match="one line of text without tabs"),
    ):
        writer.write(b"", key)


@pytest.mark.parametrize("number", ["a", slice(0, 1), 1.0, None])
def test_records_are_asked_for_by_number(number, path):
    write(path, [b"one"])
    with pytest.raises(mx.ArgumentError, match="has a number, got"):
        mx.RecordReader(path)[number]


def test_numbers_of_numpy_are_numbers(path):
    write(path, [b"one", b"two"])
    assert mx.RecordReader(path)[np.int64(1)] == b"two"


def test_a_folder_is_no_record_file(tmp_path):
    with pytest.raises(mx.DataError, match=f"cannot read {tmp_path}: Is a directory"):
        mx.RecordReader(tmp_path)


def test_what_the_disk_says_is_told_with_the_file(path, monkeypatch):
    write(path, [b"one"])
    reader = mx.RecordReader(path)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(mx.DataError, match=f"cannot read {path}: Input/output error"):
        reader[0]
