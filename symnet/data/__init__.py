"""Data providers: what splits data into mini-batches, and where data files are kept."""

from .arrays import ArrayDataProvider, Arrays
from .csv_files import CSVIter, CSVProvider
from .download import MNIST_CHECKSUMS, MNIST_MIRRORS, find_mnist, get_data_dir, get_mnist_ubyte
from .functions import (
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
from .idx import read_idx, write_idx
from .image import ImageRecordIter, ImageRecordProvider
from .image_record import IRHeader, is_image_record, pack, pack_img, unpack, unpack_img
from .last_batch import LastBatch
from .mnist import MNISTIter, MNISTProvider, MXDataProvider
from .mx_recordio import MXIndexedRecordIO, MXRecordIO
from .provider import (
    AbstractDataBatch,
    AbstractDataProvider,
    DataBatch,
    Provided,
    SlicedNDArray,
    Targets,
)
from .recordio import RecordReader, RecordWriter
from .torch_data import TorchDataProvider, as_provider

__all__ = [
    "MNIST_CHECKSUMS",
    "MNIST_MIRRORS",
    "AbstractDataBatch",
    "AbstractDataProvider",
    "ArrayDataProvider",
    "Arrays",
    "CSVIter",
    "CSVProvider",
    "DataBatch",
    "IRHeader",
    "ImageRecordIter",
    "ImageRecordProvider",
    "LastBatch",
    "MNISTIter",
    "MNISTProvider",
    "MXDataProvider",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "Provided",
    "RecordReader",
    "RecordWriter",
    "SlicedNDArray",
    "Targets",
    "TorchDataProvider",
    "as_provider",
    "count_samples",
    "eachbatch",
    "find_mnist",
    "get",
    "get_batch_size",
    "get_data",
    "get_data_dir",
    "get_label",
    "get_mnist_ubyte",
    "is_image_record",
    "load_data",
    "load_label",
    "pack",
    "pack_img",
    "provide_data",
    "provide_label",
    "read_idx",
    "unpack",
    "unpack_img",
    "write_idx",
]
