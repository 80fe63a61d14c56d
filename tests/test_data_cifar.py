"""CIFAR-10: an archive that a server on this machine has, made into record files."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

import symnet as mx
from symnet.core.errors import DataError, FormatError

TRAIN, TEST = 3, 2  # images in each file

Images = dict[str, np.ndarray]


def images_of(seed: int) -> Images:
    random = np.random.default_rng(seed)
    names = {f"data_batch_{number}.bin": TRAIN for number in range(1, 6)} | {"test_batch.bin": TEST}
    rows = {name: random.integers(0, 256, (count, 3073), np.uint8) for name, count in names.items()}
    for each in rows.values():
        each[:, 0] %= 10
    return rows


def archive(path: Path, images: Images, cut: int = 0) -> str:
    """Write an archive as the authors', and return its checksum."""
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as files:
        for name, rows in images.items():
            content = rows.tobytes()[: rows.size - cut]
            about = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            about.size = len(content)
            files.addfile(about, io.BytesIO(content))
    return f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "served").mkdir()
    handler = partial(QuietHandler, directory=tmp_path / "served")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def decoded(path: Path) -> tuple[list[int], np.ndarray]:
    provider = mx.ImageRecordIter(
        path_imgrec=str(path), data_shape=(3, 32, 32), batch_size=1, verbose=False
    )
    batches = [(b.get_label()[0].asnumpy()[0], b.get_data()[0].asnumpy()[0]) for b in provider]
    return [int(label) for label, _ in batches], np.stack([pixels for _, pixels in batches])


def test_downloaded_made_and_kept(tmp_path, mirror, monkeypatch):
    images = images_of(0)
    checksum = archive(tmp_path / "served" / "cifar-10-binary.tar.gz", images)
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path / "data"))
    found = mx.get_cifar10(mirrors=[mirror], checksum=checksum)
    folder = tmp_path / "data" / "cifar"
    assert found == {
        "train": folder / "train.rec", "test": folder / "test.rec",
        "mean": folder / "cifar_mean.bin",
    }  # fmt: skip
    assert not found["mean"].exists()
    train = np.concatenate([images[f"data_batch_{number}.bin"] for number in range(1, 6)])
    for key, rows in {"train": train, "test": images["test_batch.bin"]}.items():
        labels, pixels = decoded(found[key])
        assert labels == rows[:, 0].tolist()
        np.testing.assert_array_equal(pixels, rows[:, 1:].reshape(-1, 3, 32, 32))
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert mx.get_cifar10(mirrors=["http://127.0.0.1:9"]) == found
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_only_what_is_missing_is_made(tmp_path, mirror):
    checksum = archive(tmp_path / "served" / "cifar-10-binary.tar.gz", images_of(1))
    (tmp_path / "cifar").mkdir()
    (tmp_path / "cifar" / "train.rec").write_text("mine")
    found = mx.get_cifar10(tmp_path, mirrors=[mirror], checksum=checksum)
    assert found["train"].read_text() == "mine"
    assert len(decoded(found["test"])[0]) == TEST


def test_an_archive_put_there_by_hand(tmp_path):
    checksum = archive(tmp_path / "cifar" / "cifar-10-binary.tar.gz", images_of(2))
    found = mx.get_cifar10(tmp_path, mirrors=["http://127.0.0.1:9"], checksum=checksum)
    assert len(decoded(found["train"])[0]) == 5 * TRAIN


def test_another_archive_is_not_taken(tmp_path, mirror):
    archive(tmp_path / "served" / "cifar-10-binary.tar.gz", images_of(3))
    with pytest.raises(
        DataError, match=r"cannot download CIFAR-10; tried\n .*hash.*[\s\S]*by hand"
    ):
        mx.get_cifar10(tmp_path, mirrors=[mirror])
    with pytest.raises(DataError, match="cannot download CIFAR-10"):
        mx.get_cifar10(tmp_path / "none", mirrors=[f"{mirror}/nothing/here"])
    assert not (tmp_path / "none" / "cifar").exists()


def missing(images: Images) -> Images:
    return {name: rows for name, rows in images.items() if name != "data_batch_4.bin"}


def wrong_label(images: Images) -> Images:
    images["data_batch_2.bin"][1, 0] = 10
    return images


@pytest.mark.parametrize(
    ("change", "cut", "message"),
    [
        (missing, 0, "has no file data_batch_4.bin"),
        (wrong_label, 0, "data_batch_2.bin: a label is 0 to 9, got 10"),
        (dict, 100, "data_batch_1.bin: the last image is cut; each has 3073 bytes"),
    ],
)
def test_damaged_archives_leave_no_records(tmp_path, change, cut, message):
    path = tmp_path / "cifar" / "cifar-10-binary.tar.gz"
    checksum = archive(path, change(images_of(4)), cut)
    with pytest.raises(FormatError, match=message):
        mx.get_cifar10(tmp_path, mirrors=["http://127.0.0.1:9"], checksum=checksum)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
