"""Iterators over mini-batches as Python-MXNet has them: ``mx.io``.

>>> import symnet.mxnet as mx
>>> batches = mx.io.NDArrayIter(mx.nd.arange(5), batch_size=2)
>>> [(batch.data[0].asnumpy().tolist(), batch.pad) for batch in batches]
[([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
"""

from typing import Any

from ..inner import inner_module
from .arrays import NDArrayIter
from .base import DataBatch, DataDesc, DataIter
from .files import CSVIter, ImageRecordIter, LibSVMIter, MNISTIter, MXDataIter
from .wrapping import PrefetchingIter, ResizeIter

__all__ = [
    "CSVIter",
    "DataBatch",
    "DataDesc",
    "DataIter",
    "ImageRecordIter",
    "LibSVMIter",
    "MNISTIter",
    "MXDataIter",
    "NDArrayIter",
    "PrefetchingIter",
    "ResizeIter",
]


def __getattr__(name: str) -> Any:
    return inner_module(__name__, "mx.io", name, __all__)
