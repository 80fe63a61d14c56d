"""Write the files beside this script, with Apache MXNet 1.9.1; see README.md."""

import json
import struct
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

CASES = {
    "csv-round": ("CSVIter", {"data_shape": (6,), "batch_size": 4, "label_csv": "label1.csv"}),
    "csv-round-of-7": ("CSVIter", {"data_shape": (6,), "batch_size": 7}),
    "csv-pad": (
        "CSVIter",
        {
            "data_shape": (2, 3),
            "batch_size": 3,
            "label_csv": "label2.csv",
            "label_shape": (2,),
            "round_batch": False,
        },
    ),
    "csv-exact": ("CSVIter", {"data_shape": (1, 3, 2), "batch_size": 5}),
    "mnist": ("MNISTIter", {"batch_size": 4}),
    "mnist-flat": ("MNISTIter", {"batch_size": 5, "flat": True}),
    "mnist-part-0": ("MNISTIter", {"batch_size": 2, "num_parts": 3, "part_index": 0}),
    "mnist-part-1": ("MNISTIter", {"batch_size": 2, "num_parts": 3, "part_index": 1}),
    "mnist-part-2": ("MNISTIter", {"batch_size": 2, "num_parts": 3, "part_index": 2}),
}
COMMON = {
    "CSVIter": {"data_csv": "data.csv"},
    "MNISTIter": {"image": "images", "label": "labels", "shuffle": False, "silent": True},
}
FILES = {"data_csv", "label_csv", "image", "label"}
PASSES = 4


def write_inputs(random):
    numbers = random.standard_normal((10, 6)) * 10.0 ** random.integers(-4, 5, (10, 6))
    lines = [",".join(f"{number:.6g}" for number in row) for row in numbers]
    lines[2] = "-1,+2,.5,3.,1e-3,-2.5E+2"
    # An empty line, one that ends as on Windows, and a last one that does not end at all.
    text = "\n".join([*lines[:4], "", lines[4] + "\r", *lines[5:]])
    (HERE / "data.csv").write_bytes(text.encode())
    np.savetxt(HERE / "label1.csv", random.integers(0, 9, 10), fmt="%d")
    np.savetxt(HERE / "label2.csv", random.integers(0, 9, (12, 2)), fmt="%d", delimiter=",")
    pixels = random.integers(0, 256, (11, 4, 3))
    (HERE / "images").write_bytes(struct.pack(">4i", 0x803, 11, 4, 3) + bytes(pixels.flat))
    (HERE / "labels").write_bytes(struct.pack(">2i", 0x801, 11) + bytes(range(11)))


def record(kind, parameters):
    import mxnet as mx  # not at the head: pytest looks for examples in every file of tests/

    given = {**COMMON[kind], **parameters}
    paths = {name: str(HERE / given[name]) for name in FILES & given.keys()}
    iterator = getattr(mx.io, kind)(**{**given, **paths})
    found = {}
    for number in range(PASSES):
        batches = [(b.data[0].asnumpy(), b.label[0].asnumpy(), b.pad) for b in iterator]
        for part, name in enumerate(("data", "label", "pad")):
            found[f"{name}{number}"] = np.stack([batch[part] for batch in batches])
        iterator.reset()
    return {"kind": kind, "parameters": json.dumps(given)}, found


def main():
    write_inputs(np.random.default_rng(0))
    for name, (kind, parameters) in CASES.items():
        description, found = record(kind, parameters)
        np.savez_compressed(HERE / f"{name}.npz", **description, **found)


if __name__ == "__main__":
    main()
