import os
import stat
import sys
from pathlib import Path

import fsspec
import pytest

from symnet.core.errors import ArgumentError
from symnet.core.paths import fetched, names_beside, open_to_read, read_bytes, write_atomically


def put(path, content):
    with write_atomically(path) as file:
        file.write(content)


def put_half(path, error):
    with write_atomically(path) as file:
        file.write(b"half of the new")
        raise error


@pytest.fixture(params=["str", "Path", "file://", "memory://"])
def path(request, tmp_path):
    local = tmp_path / "some file.bin"
    return {
        "str": str(local),
        "Path": local,
        "file://": f"file://{local}",
        "memory://": f"memory:/{local}",
    }[request.param]


def test_what_is_written_is_read(path):
    put(path, b"old and long")
    put(path, b"new")
    assert read_bytes(path) == b"new"
    with open_to_read(path) as file:
        assert file.seek(0, os.SEEK_END) == 3
        file.seek(1)
        into = bytearray(2)
        assert file.readinto(into) == 2
        assert into == b"ew"


def test_until_the_end_the_old_file_is_whole(path):
    put(path, b"old")
    with write_atomically(path) as file:
        file.write(b"half of the new")
        file.flush()
        assert read_bytes(path) == b"old"
    assert read_bytes(path) == b"half of the new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(path, error, tmp_path):
    put(path, b"old")
    with pytest.raises(error):
        put_half(path, error)
    assert read_bytes(path) == b"old"
    assert len(list(tmp_path.iterdir())) == (0 if str(path).startswith("memory") else 1)


def test_a_failure_leaves_no_file_where_there_was_none(path, tmp_path):
    with pytest.raises(ValueError, match="no"):
        put_half(path, ValueError("no"))
    with pytest.raises(FileNotFoundError):
        read_bytes(path)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_to_rename_leaves_the_old_file(tmp_path, monkeypatch):
    def fail(*_):
        raise PermissionError

    path = tmp_path / "file"
    put(path, b"old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PermissionError):
        put(path, b"new")
    assert read_bytes(path) == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_reach_the_disk_before_the_name(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (events.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *names: (events.append("replace"), replace(*names)))
    put(tmp_path / "file", b"new")
    assert events == ["fsync", "replace"]


def test_permissions_are_those_of_any_new_file_and_then_stay(tmp_path):
    plain, path = tmp_path / "plain", tmp_path / "file"
    plain.write_bytes(b"")
    put(path, b"1")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    put(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_one(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    put(target, b"old")
    link.symlink_to(target)
    put(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_device_is_written_not_replaced():
    put(os.devnull, b"gone")
    assert not Path(os.devnull).is_file()


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such directory: '.*absent'"):
        put(tmp_path / "absent" / "file", b"new")
    with pytest.raises(IsADirectoryError):
        put(tmp_path, b"new")


@pytest.mark.parametrize("use", [read_bytes, lambda path: put(path, b"")])
def test_a_url_of_no_known_kind_is_named(use):
    with pytest.raises(
        ArgumentError, match=r"cannot open nothing://a: Protocol not known: nothing"
    ):
        use("nothing://a")


def test_a_url_is_fsspecs():
    put("memory://folder/file", b"new")
    with fsspec.open("memory://folder/file", "rb") as file:
        assert file.read() == b"new"


def test_a_url_is_fetched_into_a_file_that_goes_away(path, tmp_path):
    put(path, b"new")
    with fetched(path) as name:
        assert Path(name).read_bytes() == b"new"
    assert Path(name).exists() == (not str(path).startswith("memory"))


def test_names_beside(path, tmp_path):
    assert names_beside(f"{path}/absent/file") is None
    put(path, b"")
    put(str(path) + "2", b"")
    assert sorted(names_beside(f"{path}-other")) == ["some file.bin", "some file.bin2"]


def test_names_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put("file", b"")
    assert names_beside("other") == ["file"]


def test_a_folder_behind_a_url_is_no_file():
    put("memory://a folder/file", b"")
    with pytest.raises(IsADirectoryError, match="is a folder: 'memory://a folder'"):
        read_bytes("memory://a folder")


@pytest.mark.parametrize(
    ("url", "package", "advice"),
    [
        ("s3://bucket/file", "s3fs", "Install s3fs"),
        ("gs://bucket/file", "gcsfs", "install gcsfs"),
        ("hdfs://host/file", "pyarrow.fs", "pyarrow and local java libraries required"),
        ("simplecache::s3://bucket/file", "s3fs", "Install s3fs"),
    ],
)
@pytest.mark.parametrize("use", [read_bytes, lambda path: put(path, b"")])
def test_a_missing_package_is_named(url, package, advice, use, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    imported = sys.modules["fsspec.registry"]._registry  # what is there is not imported again
    monkeypatch.delitem(imported, url.partition("://")[0].removeprefix("simplecache::"), False)
    with pytest.raises(ArgumentError, match=f"cannot open {url}: .*{advice}"):
        use(url)


def test_a_protocol_misspelt():
    with pytest.raises(ArgumentError, match="Protocol not known: sftpp; did you mean 'sftp'"):
        read_bytes("sftpp://host/file")


class Broken(fsspec.AbstractFileSystem):
    """A store whose package raises errors of its own kind."""

    protocol = "broken"

    def __init__(self, **options):
        super().__init__(**options)
        if options.get("host") == "down":
            raise OSError("no way there\nline 2")

    @staticmethod
    def _get_kwargs_from_urls(url):
        return {"host": url.removeprefix("broken://").partition("/")[0]}

    def get_file(self, *_, **__):
        raise LookupError("out of credit")

    put_file = ls = get_file


@pytest.fixture
def broken():
    fsspec.register_implementation("broken", Broken, clobber=True)


@pytest.mark.parametrize("use", [read_bytes, lambda path: put(path, b"")])
def test_a_stores_own_errors_are_the_systems(use, broken):
    with pytest.raises(OSError, match=r"^broken://up/file: LookupError: out of credit$"):
        use("broken://up/file")
    with pytest.raises(OSError, match=r"^cannot open broken://down/file: no way there$"):
        use("broken://down/file")
    assert names_beside("broken://up/file") is None


def test_nothing_is_sent_where_writing_fails(broken):
    with pytest.raises(ValueError, match="no"):  # and not the store's error
        put_half("broken://up/file", ValueError("no"))
