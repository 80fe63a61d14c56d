"""The data that the MNIST examples train on.

MNIST itself, where it is at hand or can be downloaded; else its test set, where that is at hand;
else the small digits that come with scikit-learn.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import symnet as mx

TRAIN_OF_TEST = 8_000  # of the 10,000 images in MNIST's test set
TRAIN_OF_DIGITS = 1_500  # of the 1,797 images in scikit-learn

Files = dict[str, Path]


def get_mnist_providers(
    batch_size: int,
    data_name: str = "data",
    label_name: str | None = "softmax_label",
    flat: bool = True,
    data_dir: str | os.PathLike[str] | None = None,
) -> tuple[mx.MNISTProvider, mx.MNISTProvider]:
    """Return a provider for training, which is shuffled, and one for evaluation, which is not.

    Args:
        batch_size: images per batch.
        data_name: name of the data, default ``data``.
        label_name: name of the labels, default ``softmax_label``.
        flat: True, the default, gives images of shape ``(784,)``, False of ``(1, 28, 28)``.
        data_dir: folder of the MNIST files, default ``mx.get_data_dir()``.

    Where MNIST can be neither found nor downloaded, a smaller set takes its place, and one printed
    line says which.
    """
    with TemporaryDirectory() as scratch:
        files = _files(data_dir, Path(scratch))
        train, evaluation = (
            mx.MNISTProvider(
                image=files[f"{part}_data"],
                label=files[f"{part}_label"],
                data_name=data_name,
                label_name=label_name,
                batch_size=batch_size,
                shuffle=part == "train",
                flat=flat,
                silent=True,
            )
            for part in ("train", "test")
        )
    # The providers hold the images in memory, so that the files are no longer needed.
    return train, evaluation


def _files(data_dir: str | os.PathLike[str] | None, scratch: Path) -> Files:
    """Return the files to read, made in the scratch folder where they are not MNIST's own."""
    found = mx.find_mnist(data_dir)
    if not found.keys() >= {"test_data", "test_label"}:
        try:
            return mx.get_mnist_ubyte(data_dir)
        except mx.DataError as problem:
            print(problem)
            print("For MNIST, put its four files into a folder, and say so by SYMNET_DATA=FOLDER.")
            return _split("scikit-learn's digits, shuffled", *_digits(), TRAIN_OF_DIGITS, scratch)
    if found.keys() >= {"train_data", "train_label"}:
        return found
    images = mx.read_idx(found["test_data"], axes=3)
    labels = mx.read_idx(found["test_label"], axes=1)
    return _split("MNIST's test set", images, labels, TRAIN_OF_TEST, scratch)


def _split(source: str, images: np.ndarray, labels: np.ndarray, train: int, scratch: Path) -> Files:
    """Write the first images as files to train on, the others as files to evaluate on."""
    print(
        f"Not the full MNIST: training on the first {train} images of {source}, "
        f"evaluating on the other {len(images) - train}."
    )
    arrays = {
        "train_data": images[:train],
        "train_label": labels[:train],
        "test_data": images[train:],
        "test_label": labels[train:],
    }
    files = {name: scratch / name for name in arrays}
    for name, array in arrays.items():
        mx.write_idx(files[name], array)
    return files


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's digits, of 8×8 pixels from 0 to 16, in the size and range of MNIST.

    They are shuffled, alike each time: in the order of the files one writer follows another, and
    the last ones would be judged by what the others' hands had taught.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    large = found.images.repeat(3, axis=1).repeat(3, axis=2)
    framed = np.pad(large, ((0, 0), (2, 2), (2, 2)))
    order = np.random.default_rng(0).permutation(len(framed))
    return np.rint(framed[order] * (255 / 16)).astype(np.uint8), found.target[order]
