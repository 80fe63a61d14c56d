"""The commands of symnet, as readers that tools/fuzz.py can call thousands of times a minute."""

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path

import numpy as np

import symnet as mx
from symnet.cli import carry_out, parser
from symnet.data.image.image_file import encode_image

__all__ = [
    "array_seeds",
    "convert",
    "draw",
    "inspect",
    "name_seeds",
    "predict_by",
    "predict_from",
    "predict_names",
    "records",
    "run",
    "summary",
    "whole_seeds",
]

ROWS = np.ones((2, 3), np.float32)
FEW = 10_000  # bytes of a file with few records


@cache
def folder() -> Path:
    """Return a folder for what commands read besides, and for what they write."""
    made = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    FOLDERS.append(made)
    np.save(Path(made.name) / "rows.npy", ROWS)
    (Path(made.name) / "net.safetensors").write_bytes(checkpoint(mx.Variable("data")))
    return Path(made.name)


FOLDERS: list[tempfile.TemporaryDirectory[str]] = []  # they are removed with the process


# -- what is damaged -------------------------------------------------------------------------------


def whole_seeds() -> Iterator[bytes]:
    """Checkpoints of one file, which take rows of three numbers."""
    hidden = mx.BatchNorm(
        mx.FullyConnected(mx.Variable("data"), num_hidden=4, name="fc1"), name="bn"
    )
    yield checkpoint(mx.Dropout(mx.Activation(hidden, act_type="relu")))


def checkpoint(below: mx.SymbolicNode) -> bytes:
    """Return a checkpoint of one file, of a layer and a loss above a network."""
    layer = mx.FullyConnected(below, num_hidden=2, name="fc2")
    model = mx.FeedForward(mx.SoftmaxOutput(layer, name="softmax"))
    model.init_model(mx.UniformInitializer(0.1), data=(2, 3), softmax_label=(2,))
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "seed.safetensors"
        mx.save_checkpoint(model, path, 3)
        return path.read_bytes()


def array_seeds() -> Iterator[bytes]:
    """What `symnet predict` takes: arrays, several of them, a picture."""
    file = io.BytesIO()
    np.save(file, ROWS)
    yield file.getvalue()
    file = io.BytesIO()
    np.savez(file, data=ROWS)
    yield file.getvalue()
    file = io.BytesIO()
    np.savez_compressed(file, data=ROWS)
    yield file.getvalue()
    yield encode_image(np.full((1, 1, 3), 100, np.uint8), 3, ".png")


def name_seeds() -> Iterator[bytes]:
    """Names of classes, a line each."""
    yield "n1 Katze\nn2 Käfer\n".encode()


# -- commands --------------------------------------------------------------------------------------


@cache
def parsed(arguments: tuple[str, ...]) -> argparse.Namespace:
    """Read a command line, once: that takes longer than most commands."""
    return parser().parse_args(arguments)


def run(*arguments: str | Path) -> int:
    """Run one of symnet's commands; raise what it says is an error that no file should cause."""
    told = io.StringIO()
    options = parsed(tuple(map(str, arguments)))
    with redirect_stderr(told), redirect_stdout(io.StringIO()):
        code = carry_out(argparse.Namespace(**vars(options)))
    text = told.getvalue()
    if "bug of symnet" in text or code not in (0, 1, 2) or "allocate" in text:
        raise AssertionError(f"{arguments[0]}: {code}: {text}")
    if code == 2:
        raise mx.FormatError(text)
    return code


def inspect(path: Path) -> object:
    """Inspect a file, and compare it with itself."""
    found = run("inspect", path)
    with suppress(mx.FormatError):  # it compares arrays and networks only
        run("diff", path, path)
    return found


def predict_from(path: Path) -> object:
    """Predict from what a file gives as input."""
    return run("predict", folder() / "net.safetensors", "3", path, "-o", folder() / "found.npz")


def predict_names(path: Path) -> object:
    """Predict with the names of classes that a file gives."""
    sound = folder() / "net.safetensors", "3", folder() / "rows.npy"
    return run("predict", *sound, "--synset", path)


def predict_by(path: Path) -> object:
    """Predict by the model in a file."""
    return run("predict", path, "3", folder() / "rows.npy")


def convert(path: Path) -> object:
    """Write a model in another format, by its size in one or the other."""
    endings = [".safetensors", ".json", ".params", "", ".onnx"]
    ending = endings[path.stat().st_size % len(endings)]
    shape = ["--shape", "data=2,3"] if ending == ".onnx" else []
    return run("convert", path, folder() / f"converted{ending}", *shape)


def summary(path: Path) -> object:
    """Show the layers of a network, with a plan where it is a whole model."""
    return run("summary", path, *_shape(path, "--plan"))


def draw(path: Path) -> object:
    """Draw a network, by its size as SVG or for GraphViz."""
    ending = "svg" if path.stat().st_size % 3 else "dot"
    return run("draw", path, folder() / f"picture.{ending}", *_shape(path))


def _shape(path: Path, *more: str) -> list[str]:
    """Return the options that give a model's shapes; what MXNet wrote has other inputs."""
    with path.open("rb") as file:
        return [] if file.read(1) == b"{" else ["--shape", "data=2,3", *more]


def records(path: Path) -> object:
    """Look at all records in three ways; of many records, no file is written for each."""
    found = [run("rec", "verify", path), run("rec", "list", path, "--json")]
    if path.stat().st_size < FEW:
        extracted = folder() / "extracted"
        found.append(run("rec", "extract", path, extracted))
        shutil.rmtree(extracted)
    return found
