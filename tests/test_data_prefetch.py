"""Prefetched: order, bounds, errors, and that no thread outlives its use."""

import gc
import threading
from collections.abc import Iterator

import pytest

from symnet.core.errors import ParameterError
from symnet.data.prefetch import Prefetched

SOON = 5  # seconds until a test gives up waiting


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert [t for t in threading.enumerate() if t.name == "symnet-prefetch"] == []


class Counting:
    """Numbers without end, and how far they were asked for."""

    def __init__(self) -> None:
        self.made, self.closed = 0, False
        self.reached = threading.Condition()

    def numbers(self) -> Iterator[int]:
        try:
            while True:
                with self.reached:
                    self.made += 1
                    self.reached.notify_all()
                yield self.made
        finally:
            self.closed = True

    def wait_for(self, count: int) -> bool:
        with self.reached:
            return self.reached.wait_for(lambda: self.made >= count, SOON)


@pytest.mark.parametrize("buffer", [1, 2, 100])
def test_items_come_in_order(buffer):
    assert list(Prefetched(range(200), buffer)) == list(range(200))


def test_not_more_than_wanted_is_made():
    counting = Counting()
    with Prefetched(counting.numbers(), 3) as items:
        assert counting.wait_for(4)  # three in the queue, one waiting for room
        assert counting.made == 4
        assert [next(items), next(items)] == [1, 2]
        assert counting.wait_for(6)
    assert counting.made == 6
    assert counting.closed


def test_items_are_made_ahead_in_another_thread():
    made_by = []

    def numbers() -> Iterator[int]:
        made_by.append(threading.current_thread())
        yield 1

    assert list(Prefetched(numbers(), 1)) == [1]
    assert made_by[0] is not threading.main_thread()


def test_errors_come_after_the_items_before_them():
    def numbers() -> Iterator[int]:
        yield 1
        yield 2
        try:
            raise OSError("the disk")
        except OSError as problem:
            raise ValueError("no more") from problem

    items = Prefetched(numbers(), 5)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="no more") as caught:
        next(items)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.traceback[-1].name == "numbers"
    assert list(items) == []


def test_leaving_early_closes_the_source():
    counting = Counting()
    with Prefetched(counting.numbers(), 2) as items:
        next(items)
    assert counting.closed
    assert list(items) == []


def test_forgetting_it_ends_the_thread():
    counting = Counting()
    items = Prefetched(counting.numbers(), 2)
    next(items)
    del items
    gc.collect()
    assert counting.closed


def test_garbage_collected_in_a_cycle():
    counting = Counting()
    cycle = [Prefetched(counting.numbers(), 2)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert counting.closed


def test_an_interruption_while_waiting_ends_the_thread(monkeypatch):
    counting = Counting()
    items = Prefetched(counting.numbers(), 2)

    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(items._queue, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(items)
    assert counting.closed


def test_an_error_in_closing_is_not_lost_in_the_thread():
    def numbers() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            raise ValueError("in closing")

    items = Prefetched(numbers(), 1)
    assert next(items) == 1
    items.close()
    assert list(items) == []


def test_closing_twice():
    items = Prefetched(range(3), 1)
    items.close()
    items.close()
    assert list(items) == []


def test_a_wrong_buffer():
    with pytest.raises(ParameterError, match="Prefetched: buffer must be >= 1"):
        Prefetched([], 0)
