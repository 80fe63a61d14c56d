"""What an error says of a name that is not here: whether MXNet has it, and what to do instead."""

from collections.abc import Iterable

__all__ = ["absent"]

_GLUON = (
    "Gluon is not part of symnet: export the network where MXNet runs, net.export('net'), and load "
    "it here with mx.sym.load('net-symbol.json') and mx.nd.load('net-0000.params')"
)
_NUMPY = (
    "MXNet's NumPy interface is not part of symnet: mx.nd has the classic operators, and "
    "arr.asnumpy() gives a NumPy array"
)

_BOXES = (
    "boxes are not changed with their images here: change both in a data provider of your own, and "
    "make labels of boxes with mx.nd.contrib.MultiBoxTarget"
)
_BYTES = "mx.io.ImageRecordIter gives float32; convert a batch with .astype('uint8')"
_HELP = "help(mx.nd.Convolution) lists what an operator takes"

_NO_SPARSE = "symnet has no sparse arrays"

_WAYS_OUT = {
    "mx.contrib": {
        "autograd": "bind a symbol, and call forward(is_train=True) and backward()",
        "onnx": "symnet's own functions read and write ONNX: see docs/mxnet.md",
        "quantization": "symnet computes with floats; mx.nd.contrib has what it can do",
        "text": "mx.rnn.encode_sentences makes vocabularies of sentences",
    },
    "mx.nd": {"imdecode": "mx.image.imdecode reads an image"},
    "mx.test_utils": {
        **dict.fromkeys(("create_sparse_array", "create_sparse_array_zd"), _NO_SPARSE),
        **dict.fromkeys(("rand_sparse_ndarray", "shuffle_csr_column_indices"), _NO_SPARSE),
        "check_gluon_hybridize_consistency": _GLUON,
        "get_im2rec_path": "the command symnet im2rec packs images into record files",
    },
    "mx": {
        "gluon": _GLUON,
        "autograd": (
            "symnet differentiates networks, not recorded calls: make a symbol, bind it with "
            "simple_bind(...), and call forward(is_train=True) and backward()"
        ),
        **dict.fromkeys(("np", "npx", "numpy", "numpy_extension", "np_symbol"), _NUMPY),
        **dict.fromkeys(("np_array", "np_shape", "set_np_shape", "use_np"), _NUMPY),
        **dict.fromkeys(("use_np_array", "use_np_shape"), _NUMPY),
        **dict.fromkeys(("numpy_dispatch_protocol", "numpy_op_fallback"), _NUMPY),
        "numpy_op_signature": _NUMPY,
        "onnx": "symnet.export_onnx writes ONNX files; see docs/onnx.md",
        "rtc": "kernels compiled at run time are not part of symnet; write mx.operator.CustomOp",
        "th": "torch itself computes here: import torch",
        "torch": "torch itself computes here: import torch",
        "runtime": "symnet.cpu().memory() and torch.cuda tell what there is",
        "library": "write an operator in Python instead, mx.operator.CustomOp",
        "notebook": "mx.callback has what reports progress",
    },
    "mx.image": {
        **dict.fromkeys(("CreateDetAugmenter", "CreateMultiRandCropAugmenter"), _BOXES),
        **dict.fromkeys(("DetAugmenter", "DetBorrowAug", "DetHorizontalFlipAug"), _BOXES),
        **dict.fromkeys(("DetRandomCropAug", "DetRandomPadAug", "DetRandomSelectAug"), _BOXES),
        **dict.fromkeys(("ImageDetIter", "detection"), _BOXES),
    },
    "mx.io": {
        "ImageDetRecordIter": _BOXES,
        **dict.fromkeys(("ImageRecordInt8Iter", "ImageRecordUInt8Iter"), _BYTES),
        **dict.fromkeys(("ImageRecordIter_v1", "ImageRecordUInt8Iter_v1"), _BYTES),
    },
    "mx.operator": {
        **dict.fromkeys(("OperatorArguments", "get_operator_arguments"), _HELP),
    },
    "mx.optimizer": {
        "LBSGD": (
            "mx.optimizer.LARS adapts the rate of each layer, and schedules of mx.lr_scheduler "
            "warm up"
        ),
        "contrib": "mx.optimizer.AdaGrad has one sum for each element; sparse ones are not here",
    },
}
"""What to do instead, by namespace and name."""

_SPARSE = "symnet has no sparse arrays: use the dense operator of the same name in {0}"


def absent(
    namespace: str, name: str, there: Iterable[str], *, operator: str | None = None
) -> AttributeError:
    """Return the error for a name that is not here.

    Args:
        namespace: where it was looked for, as ``"mx.nd"``.
        name: the name.
        there: the names that are there.
        operator: the operator that a function of this name would call, where it would.

    >>> print(absent("mx", "gluon", []))
    module 'mx' has no attribute 'gluon': Gluon is not part of symnet: export the network where \
MXNet runs, net.export('net'), and load it here with mx.sym.load('net-symbol.json') and \
mx.nd.load('net-0000.params')
    """
    # Importing the package should not wait for what its errors need.
    from ..core.errors import suggest
    from ..graph.left_out import family_of

    what = f"module {namespace!r} has no attribute {name!r}"
    way_out = _WAYS_OUT.get(namespace, {}).get(name)
    if way_out is None:
        family = family_of(operator or "")
        way_out = family and f"symnet leaves out {family.title}: {family.reason}"
    if namespace.endswith(".sparse"):
        way_out = _SPARSE.format(namespace.removesuffix(".sparse"))
    if way_out is not None:
        return AttributeError(f"{what}: {way_out}")
    return AttributeError(f"{what}{suggest(name, there)}")
