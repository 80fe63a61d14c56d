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
