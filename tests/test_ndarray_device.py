"""Waiting for a device, what is held of its memory, and contexts themselves."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from ndarray_helpers import message

from symnet.core.context import Context, DeviceMemory, cpu, gpu, waitall
from symnet.core.errors import DeviceError
from symnet.ndarray import NDArray, full, ones


def test_the_cpu_has_nothing_to_wait_for() -> None:
    with patch("torch.cuda.synchronize") as wait:
        ones(2, cpu(3)).wait_to_read()
        cpu().synchronize()
    wait.assert_not_called()


def with_gpus(reserved: list[int]) -> Any:
    """A machine whose GPUs have so many bytes reserved."""
    return patch.multiple(
        "torch.cuda",
        is_available=lambda: True,
        device_count=lambda: len(reserved),
        memory_reserved=lambda device: reserved[
            torch.device("cuda", getattr(device, "index", device)).index
        ],
        memory_allocated=lambda device: 5,
        mem_get_info=lambda device: (7, 9),
    )


def test_waiting_for_a_gpu() -> None:
    with with_gpus([64, 64]), patch("torch.cuda.synchronize") as wait:
        gpu(1).synchronize()
    wait.assert_called_once_with(torch.device("cuda", 1))


def test_waitall_waits_for_devices_in_use() -> None:
    with with_gpus([64, 0, 32]), patch("torch.cuda.synchronize") as wait:
        waitall()
    assert [call.args for call in wait.call_args_list] == [(0,), (2,)]


def test_memory_of_a_gpu() -> None:
    with with_gpus([64, 32]):
        assert gpu(1).memory() == DeviceMemory(allocated=5, reserved=32, free=7)


def test_memory_of_the_host_grows_with_what_is_written() -> None:
    before = cpu().memory()
    held = full((8_000_000,), 1)
    after = cpu(1).memory()
    assert held.size == 8_000_000
    assert before.allocated is after.allocated is None
    if before.reserved is None or after.reserved is None or after.free is None:
        pytest.skip("this system has no /proc")
    assert after.reserved - before.reserved > 16_000_000  # of 32, for memory may be used again
    assert 0 < after.free < 2**50


def test_memory_of_a_missing_gpu() -> None:
    with pytest.raises(DeviceError, match=r"^GPU\d+ was asked for, but torch finds"):
        gpu(torch.cuda.device_count()).memory()


def test_memory_where_the_system_does_not_tell() -> None:
    with patch("pathlib.Path.read_text", side_effect=FileNotFoundError):
        assert cpu().memory() == DeviceMemory(None, None, None)


@pytest.mark.parametrize("make", [cpu, gpu, lambda number: Context("cpu", number)])
@pytest.mark.parametrize("number", [-1, 0.5, True, None, "0", np.float32(1)], ids=repr)
def test_numbers_of_devices(make: Callable[[Any], Context], number: Any) -> None:
    with pytest.raises(
        DeviceError, match=message(f"device_id must be a number from 0, got {number!r}")
    ):
        make(number)


def test_whole_numbers_of_numpy_are_numbers_of_devices() -> None:
    context = cpu(np.int64(2))
    assert (repr(context), context) == ("CPU2", cpu(2))
    assert type(context.device_id) is int


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_nothing_waits_for_a_gpu_but_reading() -> None:
    """A long sum is under way while the operations after it are only asked for."""
    arr = ones((4096, 4096), gpu())
    torch.cuda.synchronize()
    for _ in range(200):
        torch.mm(arr.torch, arr.torch)
    done = torch.cuda.Event()
    done.record()
    changed: NDArray = (arr + arr) * 2
    changed += 1
    changed[0:2][:] = 0
    assert not done.query()
    changed.wait_to_read()
    assert done.query()
