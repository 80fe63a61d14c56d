"""Images out of record files: decoded, augmented and put into batches."""

from .iterator import ImageRecordIter, ImageRecordProvider

__all__ = ["ImageRecordIter", "ImageRecordProvider"]
