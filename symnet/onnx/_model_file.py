"""Files of ONNX models: a graph as the package `onnx` has it, and how it is written.

What is larger than a protobuf message can be has its numbers in a second file, ``PATH.data``.
"""

import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..core.errors import ArgumentError, MXError, not_installed
from ..core.paths import FilePath, write_atomically
from ..core.version import __version__
from ._conversion import Converted
from ._lengths import Length
from ._nodes import Emitted, InnerGraph
from .terms import Term

__all__ = ["OPSET", "model_of", "write_model"]

OPSET = 18
"""The version of ONNX's operators that is written: that of December 2022 (ONNX 1.13)."""
_IR_VERSION = 8
_LARGEST = 2**31 - 2**24  # a protobuf message holds 2 GiB, and the nodes take some of it
_ALIGNED = 4096  # where numbers may begin in a file that readers map into memory

_TYPES = {
    torch.float32: "FLOAT",
    torch.float64: "DOUBLE",
    torch.float16: "FLOAT16",
    torch.bfloat16: "BFLOAT16",
    torch.uint8: "UINT8",
    torch.int8: "INT8",
    torch.int32: "INT32",
    torch.int64: "INT64",
    torch.bool: "BOOL",
}


def package() -> Any:
    """Return the package `onnx`. Raises ArgumentError where it is not installed."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.shape_inference
    except ImportError:
        raise ArgumentError(not_installed("export_onnx", "onnx")) from None
    return onnx


# -- making a model --------------------------------------------------------------------------------


def model_of(converted: Converted, name: str) -> Any:
    """Return an ONNX model without the numbers of its constants.

    Args:
        converted: the graph.
        name: what the graph is called.
    """
    onnx = package()
    helper = onnx.helper
    domains = sorted({node.domain for node in converted.nodes} - {""})
    graph = helper.make_graph(
        [_node(onnx, each) for each in converted.nodes],
        name,
        [_declared(onnx, term) for term in converted.inputs],
        [_declared(onnx, term) for term in converted.outputs],
        value_info=[_declared(onnx, term) for term in converted.inner],
    )
    return helper.make_model(
        graph,
        producer_name="symnet",
        producer_version=__version__,
        ir_version=_IR_VERSION,
        opset_imports=[
            helper.make_opsetid("", OPSET),
            *(helper.make_opsetid(domain, 1) for domain in domains),
        ],
    )


def _node(onnx: Any, each: Emitted) -> Any:
    attributes = {name: _attribute(onnx, value) for name, value in each.attributes.items()}
    return onnx.helper.make_node(
        each.op_type,
        each.inputs,
        each.outputs,
        name=each.name,
        domain=each.domain or None,
        **attributes,
    )


def _attribute(onnx: Any, value: Any) -> Any:
    if isinstance(value, torch.dtype):
        return _type_number(value)
    if isinstance(value, InnerGraph):
        return onnx.helper.make_graph(
            [_node(onnx, each) for each in value.nodes],
            "inner",
            [_declared(onnx, term) for term in value.inputs],
            [_declared(onnx, term) for term in value.outputs],
        )
    return list(value) if isinstance(value, tuple) else value


def _type_number(dtype: torch.dtype) -> int:
    number: int = package().TensorProto.DataType.Value(_TYPES[dtype])
    return number


def _declared(onnx: Any, term: Term) -> Any:
    lengths = None if term.known is None else [_dimension(each) for each in term.known]
    return onnx.helper.make_tensor_value_info(term.name, _type_number(term.dtype), lengths)


def _dimension(length: int | Length) -> int | str | None:
    if isinstance(length, int):
        return length
    return length.symbol if length.is_plain else None


# -- writing it ------------------------------------------------------------------------------------


def write_model(
    path: FilePath, model: Any, constants: Mapping[str, Tensor], *, external: bool | None
) -> None:
    """Write a model and the numbers of its constants.

    Args:
        path: a path or URL.
        model: what `model_of` returns; its constants are put in.
        constants: the constants, by name.
        external: whether numbers go into a second file; None: where they are too many for one.
    """
    onnx = package()
    size = sum(tensor.nbytes for tensor in constants.values())
    apart = size > _LARGEST if external is None else external
    if size > _LARGEST and not apart:
        raise ArgumentError(
            f"{path}: {size:,} bytes of numbers are more than one ONNX file can hold; leave out "
            "external_data=False, and they go into a second file beside it"
        )
    if apart:
        _write_apart(onnx, path, model, constants)
    else:
        _put_in(onnx, model, constants)
    written = model.SerializeToString()
    if not apart:  # else the checker would look for the second file, which may not be local
        _check(onnx, path, written)
    with write_atomically(path) as file:
        file.write(written)


def _put_in(onnx: Any, model: Any, constants: Mapping[str, Tensor]) -> None:
    for name, tensor in constants.items():
        model.graph.initializer.append(
            _described(onnx, name, tensor, raw_data=bytes(_content(tensor)))
        )


def _described(onnx: Any, name: str, tensor: Tensor, **more: Any) -> Any:
    return onnx.TensorProto(
        name=name, data_type=_type_number(tensor.dtype), dims=tuple(tensor.shape), **more
    )


def _write_apart(onnx: Any, path: FilePath, model: Any, constants: Mapping[str, Tensor]) -> None:
    """Write the numbers into a file of their own, and say in the model where they are."""
    beside = f"{os.fspath(path)}.data"
    with write_atomically(beside) as file:
        for name, tensor in constants.items():
            described = _described(onnx, name, tensor, data_location=onnx.TensorProto.EXTERNAL)
            file.write(bytes(-file.tell() % _ALIGNED))
            where = {
                "location": os.path.basename(beside),
                "offset": str(file.tell()),
                "length": str(tensor.nbytes),
            }
            for key, text in where.items():
                described.external_data.add(key=key, value=text)
            file.write(_content(tensor))
            model.graph.initializer.append(described)


def _content(tensor: Tensor) -> memoryview:
    """Return the numbers of a tensor as they lie in memory."""
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data


def _check(onnx: Any, path: FilePath, written: bytes) -> None:
    """Raise MXError for what ONNX does not allow: a converter is wrong then."""
    try:
        onnx.checker.check_model(written, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = str(error).partition("\n")[0]
        raise MXError(f"{path}: a converter has made what ONNX does not allow: {reason}") from None
