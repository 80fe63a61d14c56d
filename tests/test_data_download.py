"""Where data files are kept, and downloads from a real server on this machine."""

import hashlib
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from symnet.core.errors import DataError
from symnet.data.arrays.download import find_mnist, get_data_dir, get_mnist_ubyte

NAMES = {
    "train_data": "train-images-idx3-ubyte",
    "train_label": "train-labels-idx1-ubyte",
    "test_data": "t10k-images-idx3-ubyte",
    "test_label": "t10k-labels-idx1-ubyte",
}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path: Path) -> dict[str, str]:
    """Four small files in a folder that is served; their checksums."""
    (tmp_path / "served").mkdir()
    checksums = {}
    for key, name in NAMES.items():
        (tmp_path / "served" / f"{name}.gz").write_bytes(key.encode())
        checksums[key] = f"md5:{hashlib.md5(key.encode()).hexdigest()}"
    return checksums


@pytest.fixture
def mirror(tmp_path: Path, served, monkeypatch) -> Iterator[str]:
    """The address of a server for that folder."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    handler = partial(QuietHandler, directory=tmp_path / "served")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


# -- where -----------------------------------------------------------------------------------------


def test_data_dir_from_its_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path / "a" / "b"))
    assert get_data_dir() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_data_dir_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("SYMNET_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert get_data_dir() == tmp_path / "cache" / "symnet"
    for unusable in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert get_data_dir() == tmp_path / ".cache" / "symnet"
    monkeypatch.setenv("SYMNET_DATA", "~/mine")
    assert get_data_dir() == tmp_path / "mine"


def test_data_dir_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path / "file" / "below"))
    with pytest.raises(DataError, match=r"cannot make the data folder .*below: .*SYMNET_DATA"):
        get_data_dir()


def test_find(tmp_path, monkeypatch):
    assert find_mnist(tmp_path) == {}
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz").touch()
    (tmp_path / "mnist" / "train-labels-idx1-ubyte").touch()
    (tmp_path / "t10k-labels-idx1-ubyte.gz").touch()
    expected = {
        "train_label": tmp_path / "mnist" / "train-labels-idx1-ubyte",
        "test_data": tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz",
        "test_label": tmp_path / "t10k-labels-idx1-ubyte.gz",
    }
    assert find_mnist(tmp_path) == expected
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path))
    assert find_mnist() == expected


def test_files_at_hand_are_not_downloaded(tmp_path):
    for name in NAMES.values():
        (tmp_path / name).touch()
    found = get_mnist_ubyte(tmp_path, mirrors=[])
    assert found == {key: tmp_path / name for key, name in NAMES.items()}


# -- downloads -------------------------------------------------------------------------------------


def test_download(tmp_path, served, mirror, monkeypatch):
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path / "data"))
    found = get_mnist_ubyte(mirrors=[f"{mirror}/"], checksums=served)
    assert list(found) == list(NAMES)
    for key, path in found.items():
        assert path == tmp_path / "data" / "mnist" / f"{NAMES[key]}.gz"
        assert path.read_bytes() == key.encode()
    assert get_mnist_ubyte(mirrors=[], checksums=served) == found


def test_only_what_is_missing_is_downloaded(tmp_path, served, mirror):
    (tmp_path / "t10k-images-idx3-ubyte").write_text("mine")
    found = get_mnist_ubyte(tmp_path, mirrors=[mirror], checksums=served)
    assert found["test_data"].read_text() == "mine"
    names = {path.name for path in (tmp_path / "mnist").iterdir()}
    assert names == {f"{NAMES[key]}.gz" for key in ("train_data", "train_label", "test_label")}


def test_next_mirror_is_tried(tmp_path, served, mirror):
    mirrors = [f"{mirror}/nothing/here", mirror]
    found = get_mnist_ubyte(tmp_path / "data", mirrors=mirrors, checksums=served)
    assert found["test_label"].read_bytes() == b"test_label"


def test_failures_are_told(tmp_path, served, mirror):
    served["train_data"] = "md5:" + "0" * 32
    mirrors = [mirror, f"{mirror}/absent", "http://127.0.0.1:1"]
    with pytest.raises(DataError) as caught:
        get_mnist_ubyte(tmp_path / "data", mirrors=mirrors, checksums=served)
    first, wrong, absent, refused, advice = str(caught.value).splitlines()
    file = "train-images-idx3-ubyte.gz"
    assert first == "cannot download MNIST; tried"
    assert wrong.startswith(f"  {mirror}/{file}: ValueError: MD5 hash of downloaded file")
    assert absent.startswith(f"  {mirror}/absent/{file}: HTTPError: 404")
    assert refused.startswith(f"  http://127.0.0.1:1/{file}: ConnectionError: ")
    assert all(name in advice for name in NAMES.values())
    assert f"may be put into {tmp_path / 'data'} by hand" in advice
    assert "SYMNET_DATA" in advice
    assert not (tmp_path / "data" / "mnist").exists()


def test_without_pooch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataError, match=r"needs pooch, .*: pip install pooch\n.*by hand"):
        get_mnist_ubyte(tmp_path)
