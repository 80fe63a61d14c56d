import numpy as np
import pytest
import torch

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, DTypeError, ParameterError, ReadOnlyError
from symnet.ndarray import NDArray, empty, full
from symnet.training.initializer import (
    AbstractInitializer,
    NormalInitializer,
    UniformInitializer,
    XavierInitializer,
    init,
    xv_avg,
    xv_gaussian,
    xv_in,
    xv_normal,
    xv_out,
    xv_uniform,
)

EVERY = [UniformInitializer(), NormalInitializer(), XavierInitializer()]


def filled(initializer, name, shape=(3,), dtype="float32"):
    array = full(shape, 7, dtype=dtype)
    torch.manual_seed(0)
    init(initializer, name, array)
    return array.asnumpy()


@pytest.mark.parametrize("initializer", EVERY)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fc1_bias", 0),
        ("ptb_l1_i2h_bias", 0),
        ("bias", 0),
        ("bn_gamma", 1),
        ("bn_beta", 0),
        ("bn_moving_mean", 0),
        ("bn_moving_var", 1),
        ("sparse_moving_avg", 0),
    ],
)
def test_the_end_of_a_name_says_what_is_set(initializer, name, value):
    assert filled(initializer, name).tolist() == [value] * 3


@pytest.mark.parametrize("name", ["w", "weight_1", "data", ""])
def test_a_name_that_says_nothing_is_an_error(name):
    with pytest.raises(ArgumentError) as caught:
        filled(UniformInitializer(), name)
    assert f"Do not know how to init {name}:" in str(caught.value)
    assert f"call it {name}_weight, or define _init_default" in str(caught.value)


@pytest.mark.parametrize(
    ("initializer", "bound"), [(UniformInitializer(), 0.07), (UniformInitializer(scale=2), 2)]
)
def test_uniform_weights_fill_their_interval_evenly(initializer, bound):
    found = filled(initializer, "embed_weight", (200, 500)) / bound
    assert -1 <= found.min() < -0.999 < 0.999 < found.max() <= 1
    heights, _ = np.histogram(found, bins=10, range=(-1, 1))
    np.testing.assert_allclose(heights, 10_000, rtol=0.05)


@pytest.mark.parametrize(
    ("initializer", "mean", "deviation"),
    [(NormalInitializer(), 0, 0.01), (NormalInitializer(mu=3, sigma=2), 3, 2)],
)
def test_sigma_is_the_standard_deviation(initializer, mean, deviation):
    found = (filled(initializer, "fc_weight", (200, 500)) - mean) / deviation
    assert found.mean() == pytest.approx(0, abs=0.015)
    assert found.std() == pytest.approx(1, abs=0.015)
    assert np.mean(np.abs(found) < 1) == pytest.approx(0.6827, abs=0.01)


def sigma_of(xavier, shape):
    """Return the sigma that shows in the numbers drawn."""
    found = filled(xavier, "fc_weight", shape)
    if xavier.distribution == "uniform":
        return np.abs(found).max()
    return found.std()


@pytest.mark.parametrize("distribution", [xv_uniform, xv_normal])
@pytest.mark.parametrize(
    ("regularization", "magnitude", "shape", "sigma"),
    [
        (xv_avg, 3, (1000, 100), 0.0738549),  # sqrt(3 / 550)
        (xv_in, 3, (1000, 100), 0.1732051),  # sqrt(3 / 100)
        (xv_out, 3, (1000, 100), 0.0547723),  # sqrt(3 / 1000)
        (xv_in, 2, (64, 32, 5, 5), 0.05),  # sqrt(2 / 800)
        (xv_out, 2, (64, 32, 5, 5), 0.0353553),  # sqrt(2 / 1600)
        (xv_avg, 1, (64, 32, 5, 5), 0.0288675),  # sqrt(1 / 1200)
    ],
)
def test_xavier_knows_the_textbook_fans(distribution, regularization, magnitude, shape, sigma):
    xavier = XavierInitializer(distribution, regularization, magnitude)
    assert sigma_of(xavier, shape) == pytest.approx(sigma, rel=0.01)


def test_xavier_defaults_and_plain_strings():
    assert XavierInitializer() == XavierInitializer(xv_uniform, xv_avg, 3.0)
    assert XavierInitializer("normal", "in", 2) == XavierInitializer(xv_gaussian, xv_in, 2)
    assert XavierInitializer(regularization="out").regularization == xv_out


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UniformInitializer(-1), "UniformInitializer: scale must be >= 0, got -1"),
        (lambda: NormalInitializer(sigma=-1), "NormalInitializer: sigma must be >= 0, got -1"),
        (
            lambda: NormalInitializer(mu="a"),
            "NormalInitializer: mu must be float, got 'a'",
        ),
        (lambda: XavierInitializer(magnitude=0), "XavierInitializer: magnitude must be > 0, got 0"),
        (
            lambda: XavierInitializer("cauchy"),
            "XavierInitializer: distribution must be one of 'uniform', 'normal', got 'cauchy'",
        ),
        (
            lambda: XavierInitializer(regularization="both"),
            "XavierInitializer: regularization must be one of 'avg', 'in', 'out', got 'both'",
        ),
    ],
)
def test_initializers_refuse_bad_options(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("initializer", EVERY)
def test_views_are_filled_in_place_and_nothing_beside_them(initializer):
    memory = torch.full((4, 6), 7.0)
    init(initializer, "fc_weight", NDArray.wrap(memory[:, ::2].t(), cpu()))
    assert (memory[:, ::2] != 7).all()
    assert (memory[:, 1::2] == 7).all()


@pytest.mark.parametrize("initializer", EVERY)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_every_float_type_can_be_drawn(initializer, dtype):
    found = filled(initializer, "fc_weight", (50, 50), dtype)
    assert len(np.unique(found)) > 100
    assert np.abs(found).max() < 1


@pytest.mark.parametrize("initializer", EVERY)
def test_the_seed_decides(initializer):
    first, second = empty(9, 9), empty(9, 9)
    for array in (first, second):
        torch.manual_seed(3)
        init(initializer, "fc_weight", array)
    assert first.asnumpy().tolist() == second.asnumpy().tolist()


@pytest.mark.parametrize("initializer", EVERY)
def test_what_cannot_be_drawn_is_refused(initializer):
    with pytest.raises(DTypeError, match="cannot init fc_weight with random numbers: its elements"):
        filled(initializer, "fc_weight", dtype="int32")
    assert filled(initializer, "fc_weight", (0, 3)).shape == (0, 3)
    frozen = NDArray.wrap(torch.ones(2), cpu(), writable=False)
    with pytest.raises(ReadOnlyError, match="fc_weight may only be read"):
        init(initializer, "fc_weight", frozen)


def test_everything_can_be_overridden():
    class Own(AbstractInitializer):
        def _init_bias(self, name, array):
            array[:] = 5

        def _init_default(self, name, array):
            array[:] = 6

    assert filled(Own(), "fc_bias").tolist() == [5] * 3
    assert filled(Own(), "anything").tolist() == [6] * 3
    assert filled(Own(), "bn_gamma").tolist() == [1] * 3
    with pytest.raises(ArgumentError, match=r"Own does not say how to init fc_weight; define"):
        filled(Own(), "fc_weight")


def test_init_itself_can_be_overridden():
    class Own(AbstractInitializer):
        def init(self, name, array):
            array[:] = len(name)

    assert filled(Own(), "abc").tolist() == [3] * 3
