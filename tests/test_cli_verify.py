"""`symnet verify`: each fault of a checkpoint is named."""

from pathlib import Path

import numpy as np
import pytest

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"


def network():
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    return mx.SoftmaxOutput(mx.BatchNorm(net, name="bn"), name="softmax")


def weights():
    return {
        "arg:fc_weight": np.ones((3, 4)),
        "arg:fc_bias": np.ones(3),
        "arg:bn_gamma": np.ones(3),
        "arg:bn_beta": np.ones(3),
        "aux:bn_moving_mean": np.zeros(3),
        "aux:bn_moving_var": np.ones(3),
    }


@pytest.fixture
def verified(symnet, tmp_path):
    def verify(changes, *options):
        arrays = {name: a for name, a in {**weights(), **changes}.items() if a is not None}
        mx.save(tmp_path / "net-symbol.json", network())
        mx.save(tmp_path / "net-0001.params", {name: mx.array(a) for name, a in arrays.items()})
        code, out, _ = symnet("verify", tmp_path / "net", *options)
        return code, out

    return verify


def test_sound_checkpoints(symnet, verified, tmp_path):
    assert symnet("verify", CHECKPOINTS / "lenet") == (
        0,
        [
            f"{CHECKPOINTS / 'lenet'}: 11 operators, 8 arrays, "
            "held against data (1, 1, 12, 12); no faults"
        ],
        [],
    )
    said = f"{tmp_path / 'net'}: 3 operators, 6 arrays, held against data (7, 4); no faults"
    assert verified({}, "--shape", "data=7,4") == (0, [said])


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        (
            {"arg:fc_weight": None, "arg:fc_weigth": np.ones((3, 4))},
            [
                "missing: the parameter 'fc_weight'; did you mean 'fc_weigth'?",
                "extra: the network has no parameter 'fc_weigth'; did you mean 'fc_weight'?",
            ],
        ),
        ({"aux:bn_moving_var": None}, ["missing: the state 'bn_moving_var'"]),
        (
            {"aux:bn_moving_var": None, "arg:bn_moving_var": np.ones(3)},
            [
                "extra: the network has no parameter 'bn_moving_var'",
                "misplaced: the state 'bn_moving_var' is stored as a parameter (arg:)",
            ],
        ),
        (
            {"arg:fc_bias": [1, np.nan, np.inf]},
            ["not finite: 'fc_bias' has 2 NaN or infinite of 3"],
        ),
        (
            {"arg:fc_bias": np.ones(5), "arg:bn_gamma": np.ones(4)},
            [
                "misshapen: 'fc_bias' has shape (5,), the network wants (3,)",
                "misshapen: 'bn_gamma' has shape (4,), the network wants (3,)",
            ],
        ),
    ],
)
def test_faults(changes, faults, verified, tmp_path):
    code, out = verified(changes, "--shape", "data=7,4")
    assert code == 1
    assert out[:-1] == faults
    said = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    assert out[-1].endswith(f"held against data (7, 4); {said}")


def test_the_input_that_fits_is_found(verified):
    code, out = verified({"arg:fc_bias": np.ones(5)})
    assert code == 1
    assert out[0] == "misshapen: 'fc_bias' has shape (5,), the network wants (3,)"
    assert "--shape" in out[1]
    assert "held against data (1, 4); 1 fault" in out[2]


def saved_words(folder, weight=(2, 12)):
    """A network whose weights do not tell the length of its sentences."""
    net = mx.Embedding(mx.Variable("data"), input_dim=9, output_dim=3, name="emb")
    net = mx.FullyConnected(mx.Flatten(net), num_hidden=2, name="fc")
    shapes = {"emb_weight": (9, 3), "fc_weight": weight, "fc_bias": (2,)}
    mx.save_checkpoint(net, {n: mx.ones(s) for n, s in shapes.items()}, {}, folder / "net", 0)
    return folder / "net"


def test_indices_tell_nothing_of_the_input(symnet, tmp_path):
    net = saved_words(tmp_path)
    said = f"{net}: 3 operators, 3 arrays; no faults"
    unchecked = "3 shapes could not be checked without --shape data=…"
    assert symnet("verify", net)[:2] == (0, [f"{said}; {unchecked}"])
    said = f"{net}: 3 operators, 3 arrays, held against data (1, 4); no faults"
    assert symnet("verify", net, "--shape", "data=1,4")[:2] == (0, [said])


def test_what_could_not_be_checked_is_told_beside_faults(symnet, tmp_path):
    net = saved_words(tmp_path)
    arrays = mx.load(f"{net}-0000.params")
    del arrays["arg:fc_bias"]
    mx.save(f"{net}-0000.params", arrays)
    code, out, _ = symnet("verify", net)
    assert (code, out[0]) == (1, "missing: the parameter 'fc_bias'")
    assert out[-1].endswith("1 fault; 2 shapes could not be checked without --shape data=…")


def test_slices_tell_nothing_of_the_input(symnet, tmp_path):
    parts = mx.SliceChannel(mx.Variable("data"), num_outputs=2, name="parts")
    nets = [mx.Convolution(part, kernel=(3, 3), num_filter=4) for part in parts]
    net = mx.Group(*nets)
    arguments, _, _ = net.infer_shape(data=(1, 6, 8, 8))
    arrays = dict(zip(net.list_arguments(), map(mx.ones, arguments), strict=True))
    del arrays["data"]
    mx.save_checkpoint(net, arrays, {}, tmp_path / "net", 0)
    _, out, _ = symnet("verify", tmp_path / "net")
    assert out[-1].endswith("no faults; 4 shapes could not be checked without --shape data=…")


def test_an_input_that_does_not_fit(verified):
    code, out = verified({}, "--shape", "data=7,9")
    assert (code, out[0]) == (
        1,
        "misshapen: 'fc_weight' has shape (3, 4), the network wants (3, 9)",
    )


def test_weights_without_a_network(symnet):
    code, _, err = symnet("verify", CHECKPOINTS / "mlp-0003.params")
    assert code == 2
    assert f"give the prefix of a checkpoint, as {CHECKPOINTS / 'mlp'}, or a safeten" in err[0]


def test_shapes_of_what_there_is_not(verified, symnet, capsys):
    code, _, err = symnet("verify", CHECKPOINTS / "mlp", "--shape", "date=7,4")
    assert code == 2
    assert err == ["symnet: --shape: the network has no input 'date'; did you mean 'data'?"]
    with pytest.raises(SystemExit, match="2"):
        symnet("verify", CHECKPOINTS / "mlp", "--shape", "data=7,4", "--shape", "data=8,4")
    assert "argument --shape: 'data' is given twice" in capsys.readouterr().err
