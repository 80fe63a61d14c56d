"""One meaning of a path everywhere, and files that survive full disks, forks and kills."""

import errno
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import symnet as mx
from symnet.core import _processes, paths
from symnet.core.paths import locate, open_to_read, write_atomically

LINES = "1,2\n3,4\n"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder, beside the folder that the test works in."""
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def rows_of(name):
    provider = mx.CSVIter(data_csv=name, data_shape=(2,), batch_size=1)
    return [provider.get_data(batch)[0].asnumpy().ravel().tolist() for batch in provider]


@pytest.mark.parametrize("name", ["a::b.csv", "file:c.csv", "~/d.csv", "e.csv"])
def test_every_reader_and_writer_means_the_same_file(name):
    real = Path(name).expanduser()
    real.write_text(LINES)
    assert rows_of(name) == [[1, 2], [3, 4]]
    with mx.RecordWriter(f"{name}.rec") as writer:
        writer.write(b"one")
    assert Path(f"{real}.rec").exists()
    assert [bytes(each) for each in mx.RecordReader(f"{name}.rec")] == [b"one"]
    mx.save(f"{name}.params", {"w": mx.ones((2,))})
    assert list(mx.load(f"{name}.params")) == ["w"]
    assert Path(f"{real}.params").exists()


def test_checkpoint_and_resume_mean_the_same_home(home):
    network = mx.SoftmaxOutput(mx.FullyConnected(mx.Variable("data"), num_hidden=2), name="softmax")
    data = mx.ArrayDataProvider(np.zeros((8, 2)), np.zeros(8), batch_size=4)

    def trained(epochs):
        return mx.FeedForward(network).fit(
            mx.SGD(),
            data,
            n_epoch=epochs,
            callbacks=[mx.do_checkpoint("~/ck/net")],
            resume="~/ck/net",
            verbose=0,
        )

    first, second = trained(1), trained(2)
    assert second[0]["seconds"] == first[0]["seconds"]  # the first epoch was not trained again
    assert sorted(path.name for path in (home / "ck").glob("*.params")) == [
        *("net-0001.params", "net-0002.params")
    ]


@pytest.mark.parametrize(
    "use",
    [
        mx.load,
        lambda name: mx.save(name, {"w": mx.ones(1)}),
        mx.RecordReader,
        mx.RecordWriter,
        lambda name: mx.CSVIter(data_csv=name, data_shape=(1,), batch_size=1),
        mx.do_checkpoint,
    ],
)
def test_a_nul_in_a_path_is_our_error(use):
    with pytest.raises(mx.MXError, match="NUL"):
        use("a\0b")


def test_a_disk_that_fails_is_told_with_the_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with (
        pytest.raises(OSError, match=r"Input/output error: '.*a'"),
        open_to_read(tmp_path / "a"),
    ):
        raise OSError(errno.EIO, "Input/output error")  # as read does, which names no file


@pytest.mark.parametrize(
    "use",
    [
        mx.load,
        lambda name: mx.save(name, {"w": mx.ones(1)}),
        mx.RecordWriter,
        lambda name: mx.CSVIter(data_csv=name, data_shape=(1,), batch_size=1),
    ],
)
def test_an_empty_path_is_our_error(use):
    with pytest.raises(mx.MXError, match="empty text"):
        use("")


def test_a_long_field_of_a_table_is_cut_in_the_message():
    Path("x.csv").write_text("1,2\n3," + "x" * 60000 + "\n")
    with pytest.raises(mx.DataError, match=r"line 2: .* in column 2 is not a number") as caught:
        rows_of("x.csv")
    assert len(str(caught.value)) < 300


# -- what goes wrong while a file is written -------------------------------------------------------


@pytest.mark.parametrize("name", ["a.params", "a.safetensors"])
def test_a_full_disk_names_the_file_and_keeps_the_old_one(name, monkeypatch):
    mx.save(name, {"w": mx.ones((2,))})
    before = Path(name).read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=rf"No space left on device; what was there .*{name}"):
        mx.save(name, {"w": mx.zeros((2,))})
    assert Path(name).read_bytes() == before
    assert [path.name for path in Path().iterdir()] == [name]


def test_a_rename_that_fails_names_the_file(monkeypatch):
    def fails(source, target):
        raise PermissionError(errno.EACCES, "Permission denied", str(source))

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(PermissionError, match=r"what was there before is as it was: '.*a\.params'"):
        mx.save("a.params", {"w": mx.ones((2,))})


@pytest.mark.long
def test_what_a_killed_process_left_is_removed_by_the_next_save():
    code = (
        "from symnet.core.paths import write_atomically\n"
        "with write_atomically('a') as file: print('here', flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env={**os.environ}) as process:
        assert process.stdout.readline() == b"here\n"
        with write_atomically("b"):
            assert len(list(Path().glob(".symnet-*.tmp"))) == 2  # a living process keeps its own
        process.send_signal(signal.SIGKILL)
    with write_atomically("b"):
        assert len(list(Path().glob(".symnet-*.tmp"))) == 1
    assert [path.name for path in Path().iterdir()] == ["b"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.long
@pytest.mark.parametrize("kind", [mx.RecordWriter, lambda name: mx.MXRecordIO(name, "w")])
def test_a_writer_survives_the_end_of_a_forked_process(kind):
    code = (
        "import os, sys, symnet as mx\n"
        f"writer = mx.{'RecordWriter' if kind is mx.RecordWriter else 'MXRecordIO'}('a.rec'"
        f"{'' if kind is mx.RecordWriter else ', chr(119)'})\n"
        "writer.write(b'one')\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "writer.write(b'two'); writer.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [bytes(each) for each in mx.RecordReader("a.rec")] == [b"one", b"two"]


def test_a_local_name_is_not_a_url():
    assert locate("a::b") == (None, "a::b")
    assert locate("file:c") == (None, "file:c")
    assert locate("~/x")[1] == os.path.expanduser("~/x")
    assert paths.names_beside("~/x") == []


# -- record files ----------------------------------------------------------------------------------


def test_a_record_file_that_is_cut_while_open_is_an_error():
    with mx.RecordWriter("a.rec") as writer:
        for _ in range(300):
            writer.write(b"x" * 1000)
    reader = mx.RecordReader("a.rec")
    os.truncate("a.rec", 4096)
    assert reader[0] == b"x" * 1000
    with pytest.raises(mx.MXError, match="another program has cut it short"):
        reader[299]


@pytest.mark.parametrize("offset", [-4, -16, 2, 10**6])
def test_offsets_that_no_record_has_are_refused(offset):
    with mx.RecordWriter("a.rec") as writer:
        writer.write(b"first")
        writer.write(b"secon")
    Path("a.idx").write_text(f"0\t0\n1\t{offset}\n")
    with pytest.raises(mx.FormatError, match=r"a\.idx.*line 2"):
        mx.MXIndexedRecordIO("a.idx", "a.rec", "r")
    with pytest.raises(mx.FormatError, match=r"a\.idx.*line 2"):
        mx.RecordReader("a.rec", index="a.idx")


# -- other systems ---------------------------------------------------------------------------------


class Kernel32:
    """Windows' functions for processes: one lives, one has ended, one is somebody else's."""

    LIVING, ENDED, FOREIGN = 10, 20, 30

    def __init__(self, asked):
        self.open = set()
        error = 5 if asked == self.FOREIGN else 87
        # Plain functions and no methods: they take a `restype`, as those of ctypes do.
        self.OpenProcess = partial(self.opened)
        self.GetLastError = lambda: error
        self.WaitForSingleObject = lambda handle, _: 0x102 if handle.value == self.LIVING else 0
        self.CloseHandle = lambda handle: self.open.remove(handle.value)

    def opened(self, access, inherits, process):
        assert (access, inherits) == (0x00100000, False)
        if process.value not in (self.LIVING, self.ENDED):
            return None
        self.open.add(process.value)
        return process.value


@pytest.mark.parametrize(("process", "lives"), [(10, True), (20, False), (30, True), (40, False)])
def test_on_windows_a_process_is_asked_for_and_not_signalled(process, lives, monkeypatch):
    kernel32 = Kernel32(process)
    monkeypatch.setattr(_processes, "_kernel32", lambda: kernel32)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("on Windows this ends the process"))
    monkeypatch.setattr(_processes.os, "name", "nt")
    found = _processes.is_alive(process)
    monkeypatch.undo()
    assert found == lives
    assert not kernel32.open


def test_elsewhere_a_process_is_signalled():
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
        assert not _processes.is_alive(ended.pid)
    assert _processes.is_alive(os.getpid())
    assert _processes.is_alive(1)  # somebody else's, perhaps
    assert _processes.is_alive(1 << 80)  # no number of a process: that cannot be told
