"""Denormal numbers count as zero while a model trains, and not a moment longer."""

import numpy as np
import pytest
import torch
from training_helpers import class_data, class_model

import symnet as mx
from symnet.core.denormals import denormals_as_zero, flushes_denormals


def product() -> float:
    return float(torch.tensor(1e-39) * 1)


def test_they_count_as_zero_inside_the_block() -> None:
    with denormals_as_zero():
        assert flushes_denormals()
        assert product() == 0
    assert not flushes_denormals()
    assert product() == pytest.approx(1e-39)


def test_what_was_before_is_put_back() -> None:
    torch.set_flush_denormal(True)
    try:
        with denormals_as_zero():
            pass
        assert flushes_denormals()
    finally:
        torch.set_flush_denormal(False)


def test_an_error_puts_it_back_too() -> None:
    with pytest.raises(ZeroDivisionError), denormals_as_zero():
        _ = 1 / 0
    assert not flushes_denormals()


def test_a_training_counts_them_as_zero() -> None:
    seen = []
    look = mx.every_n_batch(lambda _: seen.append(flushes_denormals()), 1)
    class_model().fit(mx.SGD(), class_data(), n_epoch=1, callbacks=[look], verbose=0)
    assert seen
    assert all(seen)
    assert not flushes_denormals()
    assert np.float32(1e-39) * np.float32(1) > 0
