"""Every row of `op_rows.ROWS` whose operator has an ONNX form, run by onnxruntime."""

import numpy as np
import onnx
import onnxruntime
import pytest
from op_rows import ROWS
from op_testing import Row

import symnet as mx
from symnet.onnx import converter_of


def exported(symbol, path="memory://row.onnx", **options):
    """The bytes of an ONNX file, which must be right by every check that ONNX has."""
    mx.export_onnx(path, symbol, **options)
    model = onnx.load_from_string(mx_bytes(path))
    onnx.checker.check_model(model, full_check=True)
    return model


def mx_bytes(path):
    from symnet.core.paths import read_bytes

    return read_bytes(path)


def run_model(model, inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    asked = {each.name for each in session.get_inputs()}
    return session.run(None, {name: numbers for name, numbers in inputs.items() if name in asked})


WITH_FORM = [row for row in ROWS if converter_of(row.operator()) is not None]


@pytest.mark.parametrize("row", WITH_FORM, ids=str)
def test_row(row: Row):
    arrays = row.arrays("float32")
    states = row.state_arrays("float32")
    model = exported(
        row.symbol(),
        aux_params=states,
        batch_axis=None,
        **{name: array.shape for name, array in arrays.items()},
    )
    inputs = {name: array.asnumpy() for name, array in arrays.items()}
    found = run_model(model, inputs)
    numbers = [array.asnumpy().astype(float) for array in (*arrays.values(), *states.values())]
    expected = row.expected(*numbers, is_train=False)
    assert len(found) == row.count
    for output, right, shape in zip(found, expected, row.outputs(), strict=True):
        assert output.shape == shape
        assert output.dtype == (row.dtype or "float32")
        np.testing.assert_allclose(output, right, rtol=max(row.rtol, 1e-4), atol=1e-5)
