"""Data providers: what splits data into mini-batches, and where data files are kept."""

from .arrays import ArrayDataProvider, Arrays
from .download import MNIST_CHECKSUMS, MNIST_MIRRORS, find_mnist, get_data_dir, get_mnist_ubyte
from .idx import read_idx, write_idx
from .mnist import MNISTIter, MNISTProvider, MXDataProvider
from .provider import (
    AbstractDataBatch,
    AbstractDataProvider,
    DataBatch,
    Provided,
    SlicedNDArray,
    Targets,
    count_samples,
    eachbatch,
    get,
    get_batch_size,
    get_data,
    get_label,
    load_data,
    load_label,
    provide_data,
    provide_label,
)

__all__ = [
    "MNIST_CHECKSUMS",
    "MNIST_MIRRORS",
    "AbstractDataBatch",
    "AbstractDataProvider",
    "ArrayDataProvider",
    "Arrays",
    "DataBatch",
    "MNISTIter",
    "MNISTProvider",
    "MXDataProvider",
    "Provided",
    "SlicedNDArray",
    "Targets",
    "count_samples",
    "eachbatch",
    "find_mnist",
    "get",
    "get_batch_size",
    "get_data",
    "get_data_dir",
    "get_label",
    "get_mnist_ubyte",
    "load_data",
    "load_label",
    "provide_data",
    "provide_label",
    "read_idx",
    "write_idx",
]
