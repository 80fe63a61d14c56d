"""MultiBoxDetection: NumPy on the host and torch on a device compute the same."""

import numpy as np
import pytest
import torch

import symnet as mx
from symnet.operators.definitions.detections import _contrib_MultiBoxDetection


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("classes", [2, 5, 300])
def test_what_is_computed_with_either_library(classes, clip):
    generator = torch.Generator().manual_seed(classes)
    shares = (8 * torch.rand(2, classes, 50, generator=generator)).round() / 8
    code = torch.randn(2, 200, generator=generator)
    anchors = torch.rand(1, 50, 4, generator=generator)
    op = _contrib_MultiBoxDetection(clip=clip)
    ours = op._columns(np, shares.numpy(), code.numpy(), anchors.numpy())
    theirs = op._columns(torch, shares, code, anchors)
    assert theirs.dtype == torch.float32
    assert np.array_equal(ours[0], shares[:, 1:].numpy().argmax(1))
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_element_types(dtype):
    shares = mx.array([[[0.25, 0.5, 0.75], [0.75, 0.5, 0.25]]], dtype=dtype)
    anchors = mx.array([[[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]], dtype=dtype)
    found = mx.MultiBoxDetection(shares, mx.zeros((1, 12), dtype=dtype), anchors)
    assert found.dtype == np.dtype(dtype)
    assert found.asnumpy()[0, :, :2].tolist() == [[0, 0.75], [-1, 0.5], [0, 0.25]]
