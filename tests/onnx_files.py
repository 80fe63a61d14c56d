"""Exporting to memory and running with onnxruntime: what the tests of ONNX files share."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
import onnx
import onnxruntime
from whole_networks import predicted

import symnet as mx
from symnet.core.paths import read_bytes

__all__ = ["assert_same_predictions", "exported", "run_onnx", "session_of"]

_numbers = count()


def exported(network: Any, *params: Any, **options: Any) -> onnx.ModelProto:
    """The model of a file, which `export_onnx` has checked in every way that ONNX has."""
    path = f"memory://exported-{next(_numbers)}.onnx"
    mx.export_onnx(path, network, *params, **options)
    return onnx.load_from_string(read_bytes(path))


def session_of(file: str | bytes) -> onnxruntime.InferenceSession:
    """A session over a file or its bytes, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def run_onnx(
    model: onnx.ModelProto | str, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The outputs by name; inputs that the model does not have are left out."""
    session = session_of(model if isinstance(model, str) else model.SerializeToString())
    asked = [each.name for each in session.get_inputs()]
    names = [each.name for each in session.get_outputs()]
    found = session.run(names, {name: inputs[name] for name in asked})
    return dict(zip(names, found, strict=True))


def assert_same_predictions(symbol, model, parameters, states, **data):
    """The model gives what symnet gives, under the names of its outputs."""
    found = run_onnx(model, data)
    expected = predicted(symbol, parameters, states, **data)
    assert list(found) == symbol.list_outputs()
    for output, right in zip(found.values(), expected, strict=True):
        np.testing.assert_allclose(output, right, rtol=1e-4, atol=1e-5)
