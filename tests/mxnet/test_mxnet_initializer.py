"""Initializers of the Python-MXNet face against Apache MXNet 1.9.1."""

import json
from pathlib import Path

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.core.errors import ArgumentError, ShapeError

CASES = json.loads(
    (Path(__file__).parent.parent / "golden" / "python_mxnet" / "initializers.json").read_text()
)
RANDOM = [name for name, case in CASES.items() if "moments" in case]
EXACT = [name for name, case in CASES.items() if "shape" in case]
UNTOUCHED = 7.0


def written(initializer, shape, name="fc_weight", attributes=None):
    """Return what an initializer writes into an array of this name."""
    array = mx.nd.full(shape, UNTOUCHED)
    initializer(mx.init.InitDesc(name, attributes), array)
    return array.asnumpy()


def made(case):
    return getattr(mx.init, case["class"])(**case["arguments"])


@pytest.mark.parametrize("name", RANDOM)
def test_what_is_drawn_has_the_moments_of_mxnet(name):
    mx.random.seed(11)
    for text, expected in CASES[name]["moments"].items():
        array = written(made(CASES[name]), tuple(json.loads(text)))
        spread, size = expected["std"], array.size
        assert abs(array.mean()) < 5 * spread / np.sqrt(size)
        # An estimate of a deviation is off by about its part of 1 / sqrt(2 n).
        assert array.std() == pytest.approx(spread, rel=5 / np.sqrt(size))
        kurtosis = ((array - array.mean()) ** 4).mean() / array.var() ** 2
        assert kurtosis == pytest.approx(expected["kurtosis"], abs=0.15)
        if expected["kurtosis"] < 2:  # even: the bounds are those of the distribution
            assert array.max() == pytest.approx(expected["max"], rel=0.01)
            assert array.min() == pytest.approx(expected["min"], rel=0.01)


@pytest.mark.parametrize("name", [name for name in RANDOM if name.startswith("orthogonal")])
def test_rows_or_columns_are_orthogonal(name):
    for text, expected in CASES[name]["moments"].items():
        array = written(made(CASES[name]), tuple(json.loads(text)))
        flat = array.reshape(len(array), -1)
        small = flat if len(flat) <= flat.shape[1] else flat.T
        gram = small @ small.T
        lengths = np.diag(gram)
        np.testing.assert_allclose(lengths, expected["squared_norm"], rtol=1e-4)
        np.testing.assert_allclose(gram - np.diag(lengths), 0, atol=1e-5)


@pytest.mark.parametrize("name", EXACT)
def test_what_is_fixed_has_the_values_of_mxnet(name):
    case = CASES[name]
    attributes = {"__init__": made(case).dumps()}
    array = written(mx.init.Zero(), tuple(case["shape"]), "own", attributes)
    np.testing.assert_allclose(array.ravel(), case["values"], rtol=1e-6)


@pytest.mark.parametrize("name", [*RANDOM, *EXACT])
def test_the_text_is_that_of_mxnet_and_makes_an_equal_one(name):
    initializer = made(CASES[name])
    assert json.loads(initializer.dumps()) == CASES[name]["dumps"]
    assert mx.init.create(initializer.dumps()) == initializer


@pytest.mark.parametrize("kind", ["desc", "text"])
@pytest.mark.filterwarnings("ignore:initializers take:DeprecationWarning")
def test_names_say_what_they_say_in_mxnet(kind):
    for name, expected in CASES["by_name"]["values"][kind].items():
        array = mx.nd.full((2,), UNTOUCHED)
        given = mx.init.InitDesc(name) if kind == "desc" else name
        if expected is None:
            with pytest.raises(ValueError, match=f"Unknown initialization pattern for {name}"):
                mx.init.Constant(3.0)(given, array)
        else:
            mx.init.Constant(3.0)(given, array)
            assert array.asnumpy().tolist() == expected, name


def test_an_attribute_decides_before_the_name():
    case = CASES["by_attribute"]
    for name, expected in case["values"].items():
        assert written(mx.init.Zero(), (2,), name, case["attributes"]).tolist() == expected


def test_mixed_takes_the_first_pattern():
    case = CASES["mixed"]
    mixed = mx.init.Mixed(case["patterns"], [mx.init.Zero(), mx.init.One(), mx.init.Constant(2.0)])
    for name, expected in case["values"].items():
        assert written(mixed, (2,), name).tolist() == expected


def test_mixed_refuses_a_name_without_a_pattern():
    with pytest.raises(ArgumentError, match="fits no pattern"):
        written(mx.init.Mixed(["conv"], [mx.init.Zero()]), (2,))


@pytest.mark.filterwarnings("ignore:initializers take:DeprecationWarning")
def test_names_of_old_start_spatial_transformers():
    bias, kernel = mx.nd.zeros(6), mx.nd.zeros((1, 1, 4, 4))
    mx.init.Zero()("stn_loc_bias", bias)
    mx.init.Zero()("upsampling_weight", kernel)
    assert bias.asnumpy().tolist() == [1, 0, 0, 0, 1, 0]
    expected = CASES["bilinear"]["values"][:16]
    np.testing.assert_allclose(kernel.asnumpy().ravel(), expected)


# -- loading ---------------------------------------------------------------------------------------


def test_load_takes_a_file_and_falls_back(tmp_path):
    mx.nd.save(str(tmp_path / "a.params"), {"arg:fc_weight": mx.nd.array([1, 2])})
    load = mx.init.Load(str(tmp_path / "a.params"), default_init=mx.init.One())
    assert written(load, (2,)).tolist() == [1, 2]
    assert written(load, (2,), "other_weight").tolist() == [1, 1]


def test_load_refuses_another_shape_and_an_unknown_name():
    load = mx.init.Load({"fc_weight": mx.nd.ones(3)})
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        written(load, (2,))
    with pytest.raises(ArgumentError, match="no default_init"):
        written(load, (2,), "other_weight")


# -- fused weights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_the_parts_of_fused_weights_are_filled_by_their_names(mode):
    cell = mx.rnn.FusedRNNCell(4, num_layers=2, mode=mode, prefix="x_")
    gates = {"lstm": 4, "gru": 3}[mode]
    size = gates * 4 * ((5 + 4 + 2) + (4 + 4 + 2))
    fused = mx.init.FusedRNN(mx.init.Constant(0.5), 4, 2, mode, forget_bias=2.0)
    array = mx.nd.zeros(size)
    fused(mx.init.InitDesc("x_weight"), array)
    for name, part in cell.unpack_weights({"x_parameters": array}).items():
        expected = 0.5 if name.endswith("weight") else 2.0 if name.endswith("_f_bias") else 0.0
        np.testing.assert_array_equal(part.asnumpy(), expected, err_msg=name)


# -- initializers of one's own ---------------------------------------------------------------------


def test_an_unknown_name_is_refused_with_those_that_there_are():
    with pytest.raises(ArgumentError, match=r"'xaviar' is not registered.*xavier"):
        mx.init.create("xaviar")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: written(mx.init.Xavier(), (3,)), "needs at least two axes"),
        (lambda: written(mx.init.Xavier(rnd_type="even"), (3, 3)), "rnd_type"),
        (lambda: written(mx.init.Xavier(factor_type="all"), (3, 3)), "avg"),
        (lambda: written(mx.init.Bilinear(), (3, 3)), "4 axes"),
    ],
)
def test_what_does_not_fit_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_what_is_filled_is_logged_where_asked(caplog):
    caplog.set_level("INFO")
    written(mx.init.One().set_verbosity(True), (4,))
    assert "Initialized fc_weight as weight: 1.0" in caplog.text
