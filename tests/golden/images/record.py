"""Records what Apache MXNet 1.9.1 makes of the images here; run by a Python that has it.

Writes ``mean.bin``, then ``cases.npz``: for each case of ``cases.json`` the first batch as
``NAME/data`` and ``NAME/label``. ImageRecordIter and ImageRecordIter_v1 must agree.
"""

import json
from pathlib import Path

import mxnet as mx
import numpy as np

HERE = Path(__file__).parent
ALL = {"data_shape": (3, 16, 14), "preprocess_threads": 1, "verbose": False}
FILES = ("path_imgrec", "path_imglist", "mean_img")


def first_batch(iterator, parameters):
    chosen = {**ALL, **parameters}
    chosen.update({name: str(HERE / chosen[name]) for name in FILES if name in chosen})
    batch = getattr(mx.io, iterator)(**chosen).next()
    return batch.data[0].asnumpy(), batch.label[0].asnumpy()


if __name__ == "__main__":
    cases = json.loads((HERE / "cases.json").read_text())
    mean = first_batch("ImageRecordIter", cases["plain"])[0].mean(0)
    mx.nd.save(str(HERE / "mean.bin"), {"mean_img": mx.nd.array(mean)})
    recorded = {}
    for name, parameters in cases.items():
        data, label = first_batch("ImageRecordIter", parameters)
        older, _ = first_batch("ImageRecordIter_v1", parameters)
        np.testing.assert_allclose(older, data, rtol=1e-5, atol=1e-5, err_msg=name)
        exact = data.astype(np.uint8)
        recorded[f"{name}/data"] = exact if (exact == data).all() else data
        recorded[f"{name}/label"] = label
    np.savez_compressed(HERE / "cases.npz", **recorded)
