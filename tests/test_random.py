"""Random numbers: what a seed decides, and how the numbers are distributed."""

import numpy as np
import pytest

import symnet as mx

COUNT = 100_000


def draws(function, *args):
    mx.srand(7)
    return function(*args).asnumpy()


SEQUENCES = {
    "uniform": (mx.rand, mx.rand_, mx._random_uniform),
    "normal": (mx.randn, mx.randn_, mx._random_gaussian),
}


@pytest.mark.parametrize("kind", SEQUENCES)
def test_all_variants_draw_the_same(kind):
    allocating, in_place, internal = SEQUENCES[kind]
    expected = draws(allocating, 1.0, 2.0, (3, 4))
    assert expected.shape == (3, 4)
    for function in (in_place, internal, lambda *args: allocating(*args[:2], out=args[2])):
        out = mx.zeros((3, 4))
        np.testing.assert_array_equal(draws(function, 1.0, 2.0, out), expected)
        np.testing.assert_array_equal(out.asnumpy(), expected)


def test_outputs_are_returned():
    out = mx.zeros((2,))
    assert mx.rand_(0, 1, out) is mx.randn_(0, 1, out) is out
    assert mx.rand(0, 1, out=out) is mx.randn(0, 1, out=out) is mx._random_uniform(0, 1, out) is out


def sequence():
    first = mx.rand(0, 1, (5,)).asnumpy()
    return np.concatenate([first, mx.randn(0, 1, (5,)).asnumpy(), mx.rand(0, 1, 5).asnumpy()])


def test_a_seed_decides_the_whole_sequence():
    mx.srand(3)
    once = sequence()
    mx.srand(3)
    np.testing.assert_array_equal(sequence(), once)
    mx.srand(4)
    assert (sequence() != once).all()
    assert len(set(once)) == len(once)


def test_other_cpus_draw_the_same():
    mx.srand(3)
    here = mx.rand(0, 1, (5,)).asnumpy()
    mx.srand(3)
    there = mx.rand(0, 1, (5,), mx.cpu(2))
    assert there.context == mx.cpu(2)
    np.testing.assert_array_equal(there.asnumpy(), here)


def test_uniform_numbers_are_uniform():
    numbers = draws(mx.rand, -1.0, 3.0, (COUNT,))
    assert numbers.dtype == np.float32
    assert numbers.min() >= -1
    assert numbers.max() < 3
    # Six standard errors: 4/√12 and the variance's own, both over √COUNT.
    assert abs(numbers.mean() - 1) < 6 * 4 / np.sqrt(12 * COUNT)
    assert abs(numbers.var() - 16 / 12) < 6 * 16 / np.sqrt(180 * COUNT)
    counts, _ = np.histogram(numbers, bins=20, range=(-1, 3))
    assert (abs(counts - COUNT / 20) < 6 * np.sqrt(COUNT / 20)).all()


def test_normal_numbers_are_normal():
    numbers = draws(mx.randn, 2.0, 3.0, (COUNT,)).astype(float)
    standard = (numbers - 2) / 3  # the second argument is the deviation, not the variance
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((standard**power).mean() - moment) < 6 * np.sqrt(variance / COUNT), power


def test_numbers_of_an_interval_without_width():
    assert draws(mx.rand, 2.0, 2.0, (3,)).tolist() == [2, 2, 2]
    assert draws(mx.randn, 2.0, 0.0, (3,)).tolist() == [2, 2, 2]


def test_slices_are_filled_alone():
    array = mx.zeros((4, 3))
    mx.rand_(1, 2, array[1:3])
    assert (array.asnumpy() != 0).all(axis=1).tolist() == [False, True, True, False]


def test_wrong_calls():
    with pytest.raises(mx.ArgumentError, match="low must be <= high, got 2 and 1"):
        mx.rand(2, 1, (3,))
    with pytest.raises(mx.ArgumentError, match="std must be >= 0, got -1"):
        mx.randn(0, -1, (3,))
    with pytest.raises(mx.DTypeError, match="random numbers are floats, but the array is int32"):
        mx.rand_(0, 1, mx.zeros((2,), dtype="int32"))
    with pytest.raises(mx.ArgumentError, match="rand: give either a shape"):
        mx.rand(0, 1)
    with pytest.raises(mx.ArgumentError, match="randn: give either a shape"):
        mx.randn(0, 1, (2,), out=mx.zeros((2,)))
    with pytest.raises(mx.ArgumentError, match="out must be an NDArray, got ndarray"):
        mx.randn_(0, 1, np.zeros(2))


def test_a_read_only_array_stays_as_it_is():
    array = mx.NDArray.wrap(mx.zeros((2,)).torch, mx.cpu(), writable=False)
    with pytest.raises(mx.ReadOnlyError):
        mx.rand_(0, 1, array)
    assert array.asnumpy().tolist() == [0, 0]
