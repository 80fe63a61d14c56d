"""Arrays whose lengths follow from who reads them, as the first states of unrolled cells."""

import pytest

import symnet as mx
from symnet.core.errors import MXError, ShapeError


def recurrent(shape, **options):
    """Return the first step of a cell whose state is made with a shape."""
    from_input = mx.FullyConnected(mx.Variable("data"), num_hidden=4, name="i2h")
    state = mx._zeros(shape=shape, name="state")
    from_state = mx.FullyConnected(state, num_hidden=4, name="h2h", **options)
    return from_input + from_state


def test_a_layer_tells_how_many_rows_it_reads():
    net = recurrent((0, 6))
    shapes, outputs, _ = net.infer_shape(data=(2, 3))
    known = dict(zip(net.list_arguments(), shapes, strict=True))
    assert known["h2h_weight"] == (4, 6)
    assert outputs == [(2, 4)]
    assert mx.simple_bind(net, data=(2, 3)).forward()[0].shape == (2, 4)


def test_lengths_that_are_known_are_kept():
    with pytest.raises(ShapeError, match=r"\(3, 4\).*\(2, 4\)|\(2, 4\).*\(3, 4\)"):
        recurrent((3, 6)).infer_shape(data=(2, 3))


def test_a_length_that_nobody_knows_stays_open():
    with pytest.raises(MXError, match=r"'state'.*not known"):
        mx.simple_bind(recurrent((0, 0)), data=(2, 3))


def test_a_reader_that_contradicts_is_refused():
    state = mx._zeros(shape=(0, 6), name="state")
    net = mx.Variable("data") + state
    with pytest.raises(ShapeError, match="state"):
        net.infer_shape(data=(2, 3))


# -- variables that declare some of their lengths --------------------------------------------------


def some(name, *shape):
    return mx.Variable(name, shape=shape)


def deconvolved(length):
    return mx.Deconvolution(some("a", 2, 3, 0, 0), kernel=(3, 3), num_filter=4, name="up") + some(
        "b", 2, 4, length, length
    )


WIDE = {"num_filter": 4, "kernel": (3, 3), "name": "conv"}
UNIFIED = {
    "either tells the other": (lambda: some("a", 0, 10) + some("b", 12, 0), [(12, 10), (12, 10)]),
    "through a layer": (
        lambda: mx.FullyConnected(some("a", 0, 10), num_hidden=3, name="fc") + some("b", 5, 0),
        [(5, 10), (3, 10), (3,), (5, 3)],
    ),
    "a piece": (
        lambda: mx.SliceChannel(some("a", 0, 15, 0), num_outputs=3)[1] + some("b", 3, 5, 2),
        [(3, 15, 2), (3, 5, 2)],
    ),
    "pieces of the open axis": (
        lambda: mx.SliceChannel(some("a", 2, 0), num_outputs=3)[0] + some("b", 0, 4),
        [(2, 12), (2, 4)],
    ),
    "windows": (
        lambda: mx.Convolution(some("a", 0, 5, 0, 0), **WIDE) + some("b", 2, 4, 6, 7),
        [(2, 5, 8, 9), (4, 5, 3, 3), (4,), (2, 4, 6, 7)],
    ),
    "windows backwards": (
        lambda: deconvolved(7),
        [(2, 3, 5, 5), (3, 4, 3, 3), (2, 4, 7, 7)],
    ),
    "side by side": (
        lambda: mx.Concat(some("a", 0, 10), some("b", 0, 5), dim=1) + some("c", 2, 0),
        [(2, 10), (2, 5), (2, 15)],
    ),
    "another form": (
        lambda: mx.Reshape(some("a", 0, 6), shape=(-1, 3)) + some("b", 8, 3),
        [(4, 6), (8, 3)],
    ),
    "a product": (
        lambda: mx.dot(some("a", 0, 6), some("b", 0, 4)) + some("c", 3, 0),
        [(3, 6), (6, 4), (3, 4)],
    ),
    "-1 is open as well": (lambda: some("a", -1, 10) + some("b", 12, -1), [(12, 10), (12, 10)]),
}


@pytest.mark.parametrize("case", UNIFIED)
def test_lengths_follow_from_both_sides(case):
    """Apache MXNet 1.9.1 says the same, but for what it cannot: windows backwards, pieces of
    the open axis, the product."""
    network, expected = UNIFIED[case]
    arguments, outputs, _ = network().infer_shape()
    assert arguments == expected
    assert outputs == [expected[-1]]
    assert mx.simple_bind(network()).forward()[0].shape == expected[-1]


OPEN = {
    "nobody knows": lambda: some("a", 0, 10) + some("b", 0, 0),
    "strides skip": lambda: (
        mx.Convolution(some("a", 2, 5, 0, 0), stride=(2, 2), **WIDE) + some("b", 2, 4, 6, 7)
    ),
    "windows skip": lambda: (
        mx.Pooling(some("a", 2, 3, 0, 0), kernel=(2, 2), stride=(2, 2), pool_type="max")
        + some("b", 2, 3, 5, 5)
    ),
}


@pytest.mark.parametrize("case", OPEN)
def test_what_does_not_follow_is_not_guessed(case):
    assert OPEN[case]().infer_shape() == (None, None, None)
    with pytest.raises(MXError, match=r"'a'.*not known"):
        mx.simple_bind(OPEN[case]())


def test_a_declared_length_that_the_use_contradicts_is_told():
    with pytest.raises(ShapeError, match=r"'a'.*declares shape \(3, 0\), but it has \(12, 10\)"):
        (some("a", 3, 0) + some("b", 12, 10)).infer_shape()
