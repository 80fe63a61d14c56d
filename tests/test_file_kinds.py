"""Files that are something else: each reader says what."""

import gzip
import io
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import symnet as mx
from symnet.core.file_kinds import HEAD, kind_of
from symnet.data.records.record_index import read_index
from symnet.mxnet import nd
from symnet.mxnet.optimizer import SGD, get_updater
from symnet.storage.params_file import load_arrays
from symnet.storage.safetensors_file import load_safetensors

POINTER = b"""version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""


def written(write: Callable[[Any], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def zipped(file: Any) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net-symbol.json", "{}")


WEIGHTS = {"weight": torch.ones(2)}
PROGRAM = torch.export.export(torch.nn.Linear(2, 3), (torch.ones(1, 2),))

FILES = {
    "lfs": (POINTER, "it is a Git LFS pointer: .* `git lfs pull` fetches it"),
    "annex": (b"/annex/objects/MD5E-s1--x.params\n", "a git-annex pointer: .* `git annex get`"),
    "empty": (b"", "it is an empty file: was it downloaded whole|but 0 are left; is the file comp"),
    "npz": (written(lambda file: np.savez(file, a=np.ones(2))), r"\(.npz\): np.load reads it"),
    "npz, small": (written(lambda file: np.savez_compressed(file, a=np.ones(2))), r"\(.npz\)"),
    "npy": (written(lambda file: np.save(file, np.ones(2))), r"an array of NumPy \(.npy\)"),
    "pt": (written(lambda file: torch.save(WEIGHTS, file)), r"a file of PyTorch .*: torch.load"),
    "pt of old": (
        written(lambda file: torch.save(WEIGHTS, file, _use_new_zipfile_serialization=False)),
        "a file of PyTorch",
    ),
    "pt2": (written(lambda file: torch.export.save(PROGRAM, file)), "a file of PyTorch"),
    "h5": (b"\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0", r"an HDF5 file \(.h5\), as Keras writes it"),
    "caffe": (b"\n\x04PNet\xa2\x06\x18\n\x04data\x12", r"weights of Caffe \(.caffemodel\)"),
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x051.9.0", "it is an ONNX model"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01", r"a picture \(JPEG\)"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"a picture \(PNG\)"),
    "gif": (b"GIF89a\x20\x00\x10\x00\0\0\0\0\0\0", r"a picture \(GIF\)"),
    "gzip": (gzip.compress(b"hello hello"), r"compressed by gzip \(.gz\): unpack it first"),
    "zip": (written(zipped), "a ZIP archive: unpack it first"),
    "html": (b"\n<!DOCTYPE html>\n<html lang=en><body>", r"a web page \(HTML\): the address led"),
    "text": (b"404: Not Found at this address\n", "it is text"),
}  # fmt: skip
OURS = {
    "params": (
        written(lambda file: file.write(bytes.fromhex("1201") + bytes(30))),
        r"a file of MXNet's arrays \(.params\)",
    ),
    "symbol": (mx.Variable("x").to_json().encode(), "it is JSON, as symbols are written in"),
    "rec": (b"\x0a\x23\xd7\xce\x05\0\0\0hello\0\0\0", r"it is a record file \(.rec\)"),
    "idx": (b"0\t0\n1\t48\n22\t100\n", r"it is the index of a record file \(.idx\)"),
    "safetensors": (b"\x10\0\0\0\0\0\0\0{}              ", "it is a safetensors file"),
    "pickle": (pickle.dumps({0: 1.0}), "it is a pickle of Python"),
}


def read_records(path: Any) -> None:
    with mx.RecordReader(path) as reader:
        list(reader)


def read_states(path: Any) -> None:
    get_updater(SGD()).set_states(path.read_bytes())


READERS: dict[str, Callable[[Any], object]] = {
    "params": load_arrays,
    "symbol": lambda path: mx.load(path, mx.SymbolicNode),
    "safetensors": load_safetensors,
    "rec": read_records,
    "idx": read_index,
    "pickle": read_states,
    "params of MXNet's face": lambda path: nd.load(str(path)),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", FILES)
def test_readers_say_what_a_file_is(reader: str, kind: str, tmp_path: Any) -> None:
    content, said = FILES[kind]
    if kind == "empty" and reader in ("rec", "idx"):
        pytest.skip("a file without records is one")
    if (kind, reader) == ("text", "idx"):
        pytest.skip("an index is text")
    if kind == "pt of old" and reader == "pickle":
        said = "the states of an updater are a dict, got int"  # it is a pickle, of something else
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(mx.FormatError, match=said):
        READERS[reader](path)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", OURS)
def test_readers_tell_our_own_files_apart(reader: str, kind: str, tmp_path: Any) -> None:
    content, said = OURS[kind]
    if reader.startswith(kind):
        pytest.skip("that is what it reads")
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(mx.FormatError, match=said):
        READERS[reader](path)


@pytest.mark.parametrize("kind", [*FILES, *OURS])
def test_names_of_kinds(kind: str) -> None:
    content, _ = {**FILES, **OURS}[kind]
    found = kind_of(content[:HEAD])
    assert found is not None
    assert found.name == kind.partition(" ")[0].partition(",")[0].replace("pt2", "pt")


@pytest.mark.parametrize("content", [b"\0\1\2\3", bytes(100), b"\xfe\xff" * 20])
def test_unknown_bytes(content: bytes) -> None:
    assert kind_of(content) is None


def test_damaged_files_are_not_told_to_be_another(tmp_path: Any) -> None:
    path = tmp_path / "net.params"
    path.write_bytes(bytes.fromhex("1201") + bytes(14) + b"\x05")
    with pytest.raises(mx.FormatError) as caught:
        load_arrays(path)
    assert "it is" not in str(caught.value)
