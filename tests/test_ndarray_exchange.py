"""Arrays of other libraries over the same memory, pickling, and copies by Python's protocols."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from ndarray_helpers import columns_first, counting, message, read_only
from numpy.testing import assert_array_equal

from symnet.core.context import Context, cpu, gpu
from symnet.core.errors import ArgumentError, DTypeError, ReadOnlyError
from symnet.ndarray import NDArray, array, from_dlpack, is_shared, ones, zeros

DTYPES = ["float32", "float64", "float16", "bfloat16", "uint8", "int8", "int32", "int64", "bool"]

# -- DLPack ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("take", [torch.from_dlpack, torch.asarray, np.from_dlpack, from_dlpack])
def test_others_see_the_same_memory(take: Any) -> None:
    arr = counting(2, 3)
    taken = take(arr[1:2])
    taken[:] = 9
    assert_array_equal(arr.asnumpy(), [[0, 1, 2], [9, 9, 9]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_goes_both_ways(dtype: str) -> None:
    arr = array([[0, 1]], dtype=dtype)
    there = torch.from_dlpack(arr)
    back = from_dlpack(there)
    assert (back.dtype, back.context, back.writable) == (dtype, cpu(), True)
    assert back.torch.data_ptr() == there.data_ptr() == arr.torch.data_ptr()


def test_numpy_comes_in_over_the_same_memory() -> None:
    host = np.arange(6, dtype="int32").reshape(2, 3)
    arr = from_dlpack(host.T)
    assert arr.shape == (3, 2)
    arr[0] = 7
    assert_array_equal(host, [[7, 1, 2], [7, 4, 5]])
    assert from_dlpack(np.array(2.5)).shape == (1,)


class Unversioned:
    """An array of the years before DLPack 1.0, when nothing told what may be written."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor

    def __dlpack__(self) -> Any:
        return self.tensor.__dlpack__(stream=None)

    def __dlpack_device__(self) -> Any:
        return self.tensor.__dlpack_device__()


def test_what_may_only_be_read_stays_so() -> None:
    host = np.zeros(2, "float32")
    host.flags.writeable = False
    for other in (host, Unversioned(torch.zeros(2))):
        arr = from_dlpack(other)
        with pytest.raises(ReadOnlyError):
            arr += 1
        assert_array_equal(arr.asnumpy(), [0, 0])


@pytest.mark.parametrize("take", [torch.from_dlpack, torch.asarray, np.from_dlpack, from_dlpack])
def test_read_only_arrays_are_handed_over_as_copies(take: Any) -> None:
    arr = read_only(1.0, 2.0)
    taken = take(arr[:])
    taken[:] = 9
    assert_array_equal(arr.asnumpy(), [1, 2])
    found = "a read-only array is handed over as a copy, and copy=False forbids it"
    with pytest.raises(BufferError, match=message(found)):
        np.from_dlpack(arr, copy=False)


def test_copies_by_dlpack() -> None:
    arr = counting(3)
    for taken in (np.from_dlpack(arr, copy=True), torch.from_dlpack(arr, copy=True)):
        assert_array_equal(taken, [0, 1, 2])
        taken[:] = 9
    assert_array_equal(arr.asnumpy(), [0, 1, 2])
    assert is_shared(np.from_dlpack(arr, copy=False), arr)


@pytest.mark.parametrize("max_version", [None, (0, 8), (1, 0), (1, 3)])
def test_versions_of_the_protocol(max_version: tuple[int, int] | None) -> None:
    name = "dltensor_versioned" if max_version and max_version[0] else "dltensor"
    assert f'"{name}"' in repr(ones(2).__dlpack__(max_version=max_version))
    assert ones(2, cpu(3)).__dlpack_device__() == (1, 0)


def test_what_dlpack_cannot_do() -> None:
    with pytest.raises(BufferError, match=r"^the CPU has no streams, but stream=5 was asked for$"):
        ones(2).__dlpack__(stream=5)
    with pytest.raises(BufferError, match=r"^torch has no arrays that run backward; copy it first"):
        from_dlpack(np.arange(3.0)[::-1])
    with pytest.raises(BufferError, match="gradient"):
        from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises(DTypeError, match=r"^an NDArray has no elements of torch.complex128"):
        from_dlpack(np.ones(2, complex))
    with pytest.raises(ArgumentError, match=r"^from_dlpack takes an array that has __dlpack__, go"):
        from_dlpack([1, 2])
    with pytest.raises(ArgumentError, match=r"^torch cannot take this Tensor: .*meta"):
        from_dlpack(torch.ones(2, device="meta"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU can be exported to")
def test_there_is_no_device_to_export_to() -> None:
    with pytest.raises(BufferError):
        ones(2).__dlpack__(dl_device=(2, 0))


def test_torch_takes_arrays_where_it_takes_data() -> None:
    arr = counting(2, 2)
    for made in (torch.tensor(arr), torch.as_tensor(arr), torch.asarray(arr, dtype=torch.float64)):
        assert_array_equal(made, [[0, 1], [2, 3]])


# -- pickling and Python's copies ------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda arr, p=protocol: pickle.loads(pickle.dumps(arr, p))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_copies_are_the_same_with_memory_of_their_own(copied: Any, dtype: str) -> None:
    arr = array([[0, 1], [1, 0]], cpu(2), dtype)
    other = copied(arr)
    assert (other.dtype, other.context, other.writable) == (dtype, cpu(2), True)
    other[:] = 1
    assert_array_equal(arr.asnumpy(), [[0, 1], [1, 0]])
    frozen = copied(NDArray.wrap(arr.torch, cpu(2), writable=False))
    assert_array_equal(frozen.asnumpy(), [[0, 1], [1, 0]])
    with pytest.raises(ReadOnlyError):
        frozen[:] = 0


def test_copies_keep_what_is_one_array() -> None:
    arr = ones(2)
    for first, second in (copy.deepcopy([arr, arr]), pickle.loads(pickle.dumps([arr, arr]))):
        assert first is second is not arr


def test_a_pickled_slice_takes_its_own_bytes() -> None:
    whole = zeros(100_000)
    assert len(pickle.dumps(whole[0:4])) < 1000
    turned = columns_first(3, 2)
    assert_array_equal(pickle.loads(pickle.dumps(turned)).asnumpy(), turned.asnumpy())


def test_pickles_whose_buffers_travel_apart() -> None:
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(counting(3), protocol=5, buffer_callback=buffers.append)
    arrived = pickle.loads(text, buffers=[bytes(each) for each in buffers])  # read-only
    arrived += 1
    assert_array_equal(arrived.asnumpy(), [1, 2, 3])


def test_a_context_is_pickled_without_its_device() -> None:
    used = cpu(1)
    assert used.device.type == "cpu"
    for copied in (pickle.loads(pickle.dumps(used)), copy.copy(used), copy.deepcopy(used)):
        assert copied == used
        assert vars(copied) == {"device_type": "cpu", "device_id": 1}


def test_an_array_of_a_gpu_that_is_not_here() -> None:
    missing = gpu(torch.cuda.device_count())
    restore, (found, writable) = counting(3).__reduce__()
    dtype, elements, _ = found
    with pytest.warns(
        UserWarning,
        match=rf"^the array was pickled on {missing}, and is on CPU0 now: {missing} was asked for,",
    ):
        arr = restore((dtype, elements, missing), writable)
    assert arr.context == cpu()
    assert_array_equal(arr.asnumpy(), [0, 1, 2])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_arrays_on_a_gpu() -> None:
    arr = counting(3).copy(gpu())
    assert arr.__dlpack_device__() == (2, 0)
    assert torch.from_dlpack(arr).data_ptr() == arr.torch.data_ptr()
    there = from_dlpack(arr.torch)
    assert (there.context, there.torch.data_ptr()) == (gpu(), arr.torch.data_ptr())
    copied = pickle.loads(pickle.dumps(arr))
    assert copied.context == Context("gpu", 0)
    assert_array_equal(copied.asnumpy(), [0, 1, 2])
