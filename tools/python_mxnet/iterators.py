"""The batches that each iterator gives, epoch by epoch."""

import random
import struct
import tempfile
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from python_mxnet.storage import Case, write_cases

EPOCHS = 3


def record(folder: Path) -> None:
    """Write ``iterators.json``."""
    with tempfile.TemporaryDirectory() as place:
        cases = {**arrays(), **tables(Path(place)), **mnist(Path(place)), **sentences()}
    write_cases(folder / "iterators.json", cases)


def numbers(*shape: int) -> np.ndarray:
    """Return 0, 1, 2, … in an array of this shape."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


# -- arrays ----------------------------------------------------------------------------------------


def arrays() -> dict[str, Case]:
    """Return the cases of iterators over arrays and over iterators."""
    found: dict[str, Case] = {}
    for handle in ("pad", "discard", "roll_over"):
        for rows in (10, 8):
            given = {"data": numbers(rows, 2), "label": numbers(rows), "batch_size": 4}
            made = mx.io.NDArrayIter(**given, last_batch_handle=handle)
            arguments = written(given) | {"last_batch_handle": handle}
            found[f"NDArrayIter-{handle}-{rows}"] = seen(made, "NDArrayIter", arguments)
    named = {
        "data": {"left": numbers(5, 2), "right": numbers(5, 1, 3)},
        "label": {"first_label": numbers(5), "second_label": numbers(5, 2)},
        "batch_size": 2,
    }
    listed = {"data": [numbers(4, 1), numbers(4, 2)], "label": None, "batch_size": 2}
    renamed = {"data": numbers(4, 1), "label": numbers(4), "batch_size": 2}
    renamed |= {"data_name": "image", "label_name": "kind"}
    for name, given in (("dict", named), ("list", listed), ("names", renamed)):
        arguments = written(given)  # before NDArrayIter puts its own arrays into the dictionary
        found[f"NDArrayIter-{name}"] = seen(mx.io.NDArrayIter(**given), "NDArrayIter", arguments)
    for size, reset in ((2, True), (5, True), (2, False), (5, False)):
        inner = mx.io.NDArrayIter(numbers(6, 1), numbers(6), batch_size=2)
        made = mx.io.ResizeIter(inner, size, reset_internal=reset)
        arguments = {"size": size, "reset_internal": reset, "inner": {"rows": 6, "batch_size": 2}}
        found[f"ResizeIter-{size}-{reset}"] = seen(made, "ResizeIter", arguments)
    inner = mx.io.NDArrayIter(numbers(5, 1), numbers(5), batch_size=2)
    made = mx.io.PrefetchingIter(inner, [{"data": "renamed"}], [{"softmax_label": "kind"}])
    arguments = {"rename_data": [{"data": "renamed"}], "rename_label": [{"softmax_label": "kind"}]}
    arguments["inner"] = {"rows": 5, "batch_size": 2}
    found["PrefetchingIter"] = seen(made, "PrefetchingIter", arguments)
    return found


def written(value: Any) -> Any:
    """Return arguments with arrays as JSON has them."""
    if isinstance(value, dict):
        return {key: written(part) for key, part in value.items()}
    if isinstance(value, list):
        return [written(part) for part in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def seen(iterator: mx.io.DataIter, kind: str, arguments: Case) -> Case:
    """Return what an iterator gives over several epochs, null where it refuses to begin."""
    undefined = arguments.get("round_batch") is False
    epochs: list[list[Case]] | None = []
    try:
        for _ in range(EPOCHS):
            epochs.append([contents(batch, undefined) for batch in iterator])
            iterator.reset()
    except mx.base.MXNetError:
        epochs = None
    return {
        "class": kind,
        "arguments": arguments,
        "batch_size": iterator.batch_size,
        "provide_data": descriptions(iterator.provide_data),
        "provide_label": descriptions(iterator.provide_label),
        "epochs": epochs,
    }


def descriptions(provided: list[mx.io.DataDesc]) -> list[Case]:
    """Return name, shape, type and layout of each array that is provided."""
    return [
        {
            "name": row.name,
            "shape": list(row.shape),
            "dtype": np.dtype(row.dtype).name,
            "layout": getattr(row, "layout", None),
        }
        for row in provided
    ]


def contents(batch: mx.io.DataBatch, undefined: bool) -> Case:
    """Return the arrays of a batch, its padding, its index and its bucket.

    Where what stands in the padding is undefined, the arrays and the index end before it.
    """
    stop = len(batch.data[0]) - batch.pad if undefined else None
    index = batch.index
    return {
        "data": [array.asnumpy()[:stop].tolist() for array in batch.data],
        "label": [array.asnumpy()[:stop].tolist() for array in batch.label or ()],
        "pad": batch.pad,
        "index": None if index is None else np.asarray(index)[:stop].tolist(),
        "bucket": batch.bucket_key,
    }


# -- files -----------------------------------------------------------------------------------------


def tables(place: Path) -> dict[str, Case]:
    """Return the cases of iterators over text files; the texts are in the arguments."""
    found: dict[str, Case] = {}
    for rows, size in ((10, 4), (8, 4), (3, 5)):
        for wrap in (True, False):
            data, label = numbers(rows, 4), numbers(rows, 1)
            given = {"data_csv": text_of(data), "label_csv": text_of(label)}
            given |= {"data_shape": [2, 2], "label_shape": [1], "batch_size": size}
            given |= {"round_batch": wrap}
            made = mx.io.CSVIter(**on_disk(given, place))
            found[f"CSVIter-{rows}-{size}-{wrap}"] = seen(made, "CSVIter", given)
    given = {"data_csv": text_of(numbers(4, 3)), "data_shape": [3], "batch_size": 2}
    found["CSVIter-unlabelled"] = seen(mx.io.CSVIter(**on_disk(given, place)), "CSVIter", given)
    lines = ["1 0:0.5 2:1.5", "0 1:2", "2 0:3 1:4 3:5", "1 1:7", "0 3:1"]
    for size in (2, 3):
        given = {"data_libsvm": "\n".join(lines) + "\n", "data_shape": [4], "batch_size": size}
        made = mx.io.LibSVMIter(**on_disk(given, place))
        found[f"LibSVMIter-{size}"] = seen(made, "LibSVMIter", given)
    return found


def text_of(array: np.ndarray) -> str:
    """Return a matrix as the text of a CSV file."""
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in array)


def on_disk(given: Case, place: Path) -> Case:
    """Return arguments with texts replaced by files that hold them, lists by tuples."""
    found: Case = {}
    for key, value in given.items():
        found[key] = tuple(value) if isinstance(value, list) else value
        if isinstance(value, str):
            found[key] = str(place / f"{key}.txt")
            Path(found[key]).write_text(value, encoding="ascii")
    return found


def mnist(place: Path) -> dict[str, Case]:
    """Return the cases of `MNISTIter`; image i is of the value 10 * i, its label i."""
    count = 7
    pixels = np.repeat(np.arange(count, dtype=np.uint8) * 10, 4)
    images, labels = place / "images", place / "labels"
    images.write_bytes(struct.pack(">4i", 2051, count, 2, 2) + pixels.tobytes())
    labels.write_bytes(struct.pack(">2i", 2049, count) + bytes(range(count)))
    found: dict[str, Case] = {}
    for name, further in {
        "": {},
        "-flat": {"flat": True},
        "-part": {"num_parts": 2, "part_index": 1},
    }.items():
        arguments: Case = {"batch_size": 3, "shuffle": False, **further}
        made = mx.io.MNISTIter(image=str(images), label=str(labels), silent=True, **arguments)
        case = seen(made, "MNISTIter", arguments)
        found[f"MNISTIter{name}"] = case | {"count": count, "pixels": [2, 2]}
    return found


# -- sentences -------------------------------------------------------------------------------------


def sentences() -> dict[str, Case]:
    """Return the cases of `BucketSentenceIter` and of the function that encodes sentences."""
    generator = np.random.RandomState(3)
    lengths = [2, 3, 3, 5, 2, 6, 4, 3, 2, 9]
    encoded = [generator.randint(1, 9, length).tolist() for length in lengths]
    found: dict[str, Case] = {}
    for layout in ("NT", "TN"):
        random.seed(1)  # the iterator shuffles by both generators
        np.random.seed(1)
        arguments: Case = {"batch_size": 2, "buckets": [3, 6], "layout": layout}
        made = mx.rnn.BucketSentenceIter(encoded, **arguments)
        case = seen(made, "BucketSentenceIter", arguments | {"sentences": encoded})
        found[f"BucketSentenceIter-{layout}"] = case | {"default": made.default_bucket_key}
    words = [["a", "b", "a"], ["c"], ["b", "c", "d"]]
    codes, vocabulary = mx.rnn.encode_sentences(words, invalid_label=0, start_label=1)
    found["encode_sentences"] = {"words": words, "codes": codes, "vocabulary": vocabulary}
    return found
