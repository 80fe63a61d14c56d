"""Write the files of this folder with Apache MXNet 1.9.1 and NumPy 1.23: python make.py.

NAME.npz holds what MXNet says that NAME.params holds, as NumPy arrays; bfloat16 as float32.
"""

from pathlib import Path

import mxnet as mx
import numpy as np

HERE = Path(__file__).parent
DTYPES = ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool"]
BFLOAT16 = np.dtype([("bfloat16", np.uint16)])


def write(name, arrays, save=mx.nd.save):
    save(str(HERE / f"{name}.params"), arrays)
    named = arrays if isinstance(arrays, dict) else {str(i): a for i, a in enumerate(arrays)}
    expected = {key: array.asnumpy() for key, array in named.items()}
    for key, found in expected.items():
        if found.dtype == BFLOAT16:
            expected[key] = named[key].astype("float32").asnumpy()
    np.savez(HERE / f"{name}.npz", **expected)


def main():
    values = [[1, 0, 120], [0, 7, 1]]
    every = {f"arg:{dtype}": mx.nd.array(values, dtype=dtype) for dtype in DTYPES}
    every["aux:bfloat16"] = mx.nd.array([1, -2, 3.140625]).astype(BFLOAT16)
    write("dict", every)
    write("list", [mx.nd.array([1, 2.5]), mx.nd.array([[3]], dtype="int64")])
    rows = mx.nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [0, 3]), shape=(5, 2))
    columns = mx.nd.sparse.csr_matrix(([5, 6, 7], [0, 3, 1], [0, 2, 2, 3]), shape=(3, 4))
    nothing = mx.nd.sparse.zeros("csr", (2, 3))
    write(
        "sparse",
        {
            "rows": rows,
            "csr": columns,
            "no rows": mx.nd.sparse.zeros("row_sparse", (2, 3)),
            "no elements": nothing,
        },
    )
    mx.npx.set_np()
    write(
        "numpy",
        {
            "scalar": mx.np.array(2.5),
            "empty": mx.np.zeros((0, 3)),
            "grid": mx.np.arange(6).reshape(2, 3),
        },
        save=mx.npx.save,
    )


if __name__ == "__main__":
    main()
