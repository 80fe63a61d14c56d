"""Data providers: what splits data into mini-batches, and where data files are kept."""

from .arrays.array_provider import ArrayDataProvider
from .arrays.download import find_mnist, get_data_dir, get_mnist_ubyte
from .arrays.idx import read_idx, write_idx
from .arrays.mnist import MNISTIter, MNISTProvider, MXDataProvider
from .arrays.torch_data import TorchDataProvider, as_provider
from .functions import (
    count_samples,
    eachbatch,
    get_batch_size,
    get_data,
    get_label,
    load_data,
    load_label,
    provide_data,
    provide_label,
)
from .image.cifar import get_cifar10
from .image.image_record import IRHeader, is_image_record, pack, pack_img, unpack, unpack_img
from .image.iterator import ImageRecordIter, ImageRecordProvider
from .passes import AbstractDataProviderState
from .provider import AbstractDataBatch, AbstractDataProvider, DataBatch, SlicedNDArray
from .records.mx_recordio import MXIndexedRecordIO, MXRecordIO
from .records.recordio import RecordReader, RecordWriter
from .tables.csv_files import CSVIter, CSVProvider
from .tables.encoding import Encoding

__all__ = [
    "AbstractDataBatch",
    "AbstractDataProvider",
    "AbstractDataProviderState",
    "ArrayDataProvider",
    "CSVIter",
    "CSVProvider",
    "DataBatch",
    "Encoding",
    "IRHeader",
    "ImageRecordIter",
    "ImageRecordProvider",
    "MNISTIter",
    "MNISTProvider",
    "MXDataProvider",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "RecordReader",
    "RecordWriter",
    "SlicedNDArray",
    "TorchDataProvider",
    "as_provider",
    "count_samples",
    "eachbatch",
    "find_mnist",
    "get_batch_size",
    "get_cifar10",
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
