"""What ImageRecordIter takes of threads, files and memory, and gives back."""

import gc
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import sleep

import cv2
import numpy as np
import pytest
from image_files import payload, write_records

import symnet as mx
from symnet.core.errors import DataError
from symnet.data.image import _loader as loader
from symnet.data.image._workers import WorkerThreads


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_records(tmp_path_factory.mktemp("records") / "a.rec", map(payload, range(40)))


def provider(path: str, **parameters: object) -> mx.ImageRecordIter:
    chosen = {"batch_size": 4, "data_shape": (3, 8, 8), "verbose": False, **parameters}
    return mx.ImageRecordIter(path_imgrec=path, **chosen)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def image_threads() -> int:
    return sum(thread.name.startswith("symnet-image") for thread in threading.enumerate())


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """Fails where threads, descriptors or OpenCV's setting are not as before."""
    gc.collect()
    before = image_threads(), descriptors(), cv2.getNumThreads()
    yield
    gc.collect()
    assert (image_threads(), descriptors(), cv2.getNumThreads()) == before


@pytest.mark.usefixtures("nothing_is_left")
class TestNothingIsLeft:
    def test_after_passes(self, path: str) -> None:
        it = provider(path)
        for _ in range(2):
            assert len(list(it)) == 10
        assert image_threads() == 0

    def test_after_passes_that_were_abandoned(self, path: str) -> None:
        it = provider(path)
        for _ in range(3):
            for _ in it:
                break
        running = iter(it)
        next(running)
        assert image_threads() == 4
        assert cv2.getNumThreads() == 1
        del running
        assert image_threads() == 0

    def test_after_close(self, path: str) -> None:
        it = provider(path)
        running = iter(it)
        next(running)
        it.close()
        assert image_threads() == 0
        with pytest.raises(StopIteration):
            next(running)
        with pytest.raises(DataError, match=r"a\.rec is closed"):
            iter(it)

    def test_after_an_error(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        it = provider(path)

        def fail(content: memoryview, channels: int, max_pixels: int) -> np.ndarray:
            raise ZeroDivisionError("in a thread")

        monkeypatch.setattr(loader, "decode", fail)
        with pytest.raises(ZeroDivisionError, match="in a thread"):
            next(iter(it))

    def test_of_two_passes_at_once(self, path: str) -> None:
        first, second = provider(path), provider(path)
        both = zip(first, second, strict=True)
        for one, other in both:
            found = one.get_data()[0].asnumpy(), other.get_data()[0].asnumpy()
            np.testing.assert_array_equal(*found)


def test_a_batch_that_is_over_says_so(path: str) -> None:
    running = iter(provider(path, prefetch_buffer=1))
    batch = next(running)
    data = batch.get_data()[0].asnumpy().copy()
    np.testing.assert_array_equal(batch.get_data()[0].asnumpy(), data)
    next(running)
    with pytest.raises(DataError, match="this batch is over"):
        batch.get_data()


def test_a_batch_stays_while_others_are_made(path: str) -> None:
    it = provider(path, prefetch_buffer=3)
    for number, batch in enumerate(it):
        sleep(0.002)
        found = batch.get_label()[0].asnumpy().tolist()
        assert found == [4 * number + row for row in range(4)]


def test_workers_cancel_what_waits() -> None:
    begun, end = Event(), Event()

    def wait() -> bool:
        begun.set()
        return end.wait()

    workers = WorkerThreads(1, "test")
    running, waiting = workers.submit(wait), workers.submit(lambda: None)
    begun.wait()
    threading.Timer(0.05, end.set).start()
    workers.close()
    assert running.result()
    assert waiting.cancelled()


def test_ctrl_c_in_the_middle_of_a_pass_ends_python(path: str) -> None:
    code = f"""if True:
        import symnet as mx
        it = mx.ImageRecordIter(
            path_imgrec={path!r}, batch_size=4, data_shape=(3, 8, 8), verbose=False)
        running = iter(it)
        next(running)
        raise KeyboardInterrupt
    """
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(mx.__file__).parent.parent)},
    )  # fmt: skip
    assert found.returncode == -signal.SIGINT
    assert found.stderr.splitlines()[-1] == "KeyboardInterrupt"  # nothing is said after it


def test_memory_is_that_of_the_buffers(tmp_path: Path) -> None:
    path = write_records(tmp_path / "a.rec", [payload(0)] * 400)
    one_batch = 20 * 3 * 64 * 64 * 4
    it = provider(path, batch_size=20, data_shape=(3, 64, 64), resize=64, prefetch_buffer=2)
    used = {batch.get_data()[0].torch.data_ptr() for batch in it}
    assert len(used) <= 3
    tracemalloc.start()
    for _ in it:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * one_batch < 20 * one_batch / 5
