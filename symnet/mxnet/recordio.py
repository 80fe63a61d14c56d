"""Record files: ``mx.recordio``, which is symnet's own, under Python-MXNet's name.

>>> IRHeader(0, 4.0, 2574, 0).label
4.0
"""

from ..data.image.image_record import IRHeader, pack, pack_img, unpack, unpack_img
from ..data.records.mx_recordio import MXIndexedRecordIO, MXRecordIO

__all__ = [
    "IRHeader",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]
