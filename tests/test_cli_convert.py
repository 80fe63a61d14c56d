"""`symnet convert`: there and back, and what old and new MXNet read."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"


def same(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array.asnumpy(), other[name].asnumpy())


def with_states(prefix):
    net = mx.BatchNorm(mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc"), name="bn")
    arrays = {"fc_weight": mx.ones((3, 2)), "fc_bias": mx.ones(3), "bn_gamma": mx.ones(3)}
    states = {"bn_moving_mean": mx.zeros(3), "bn_moving_var": mx.ones(3)}
    mx.save_checkpoint(net, {**arrays, "bn_beta": mx.zeros(3)}, states, prefix, 5)


def test_into_one_file_and_back(symnet, tmp_path):
    with_states(tmp_path / "net")
    whole = tmp_path / "net.safetensors"
    assert symnet("convert", tmp_path / "net", whole)[:2] == (0, [str(whole)])
    by_others = load_file(whole)
    assert by_others["fc_weight"].tolist() == [[1, 1]] * 3
    code, out, _ = symnet("convert", whole, tmp_path / "again")
    assert (code, out) == (
        0,
        [f"{tmp_path / 'again'}-symbol.json", f"{tmp_path / 'again'}-0005.params"],
    )
    one, other = mx.load_checkpoint(tmp_path / "net", 5), mx.load_checkpoint(tmp_path / "again", 5)
    assert one.symbol.to_json() == other.symbol.to_json()
    same(one.arg_params, other.arg_params)
    same(one.aux_params, other.aux_params)


@pytest.mark.parametrize("era", ["1.x", "0.x"])
def test_into_files_of_mxnet(era, symnet, tmp_path):
    with_states(tmp_path / "net")
    assert symnet("convert", tmp_path / "net", tmp_path / "new", "--mxnet", era)[0] == 0
    one, other = mx.load_checkpoint(tmp_path / "net", 5), mx.load_checkpoint(tmp_path / "new", 5)
    assert one.symbol.to_json() == other.symbol.to_json()
    same(one.arg_params, other.arg_params)
    same(one.aux_params, other.aux_params)


def test_one_of_the_two_files(symnet, tmp_path):
    source = CHECKPOINTS / "mlp"
    assert symnet("convert", source, tmp_path / "net.json")[0] == 0
    assert symnet("convert", source, tmp_path / "net.params")[0] == 0
    assert symnet("convert", f"{source}-symbol.json", tmp_path / "other.json")[0] == 0
    assert mx.load(tmp_path / "net.json").to_json() == mx.load(tmp_path / "other.json").to_json()
    same(mx.load(tmp_path / "net.params"), mx.load(f"{source}-0003.params"))


def test_into_onnx(symnet, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "mlp.onnx"
    shape = ["--shape", "data=1,12"]
    assert symnet("convert", CHECKPOINTS / "mlp", path, *shape)[:2] == (0, [str(path)])
    samples = np.random.rand(3, 12).astype(np.float32)
    (found,) = runtime.InferenceSession(path).run(None, {"data": samples})
    model = mx.load_checkpoint(str(CHECKPOINTS / "mlp"), 3, mx.FeedForward)
    np.testing.assert_allclose(found, model.predict(samples), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mlp", "x.safetensors", "--mxnet", "0.x"], "--mxnet is about MXNet's own files"),
        (["mlp", "x.params", "--shape", "data=1,2"], "--shape says nothing to this format"),
        (["mlp", "x.onnx"], "ONNX wants shapes of inputs: --shape data="),
        (["mlp", "x.params", "--fixed-batch"], "are about .onnx and .pt2"),
        (["mlp", "x/y"], "x: no such directory"),
        (["mlp", "x.h5"], "x.h5: symnet does not write .h5 (there are: .safetensors, "),
        (["mlp-symbol.json", "x"], "a network with its weights is wanted"),
        (["mlp-0003.params", "x.json"], "it is a file of MXNet's arrays (.params)"),
        (["mlp", ""], "a file or a prefix is expected as the target, got ''"),
        (["mlp", "x/"], "a file or a prefix is expected as the target, got 'x/'"),
        (["nothing", "x"], "no such file, and no checkpoint begins like this"),
    ],
)
def test_what_cannot_be_converted(arguments, said, symnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source, *rest = arguments
    code, _, err = symnet("convert", CHECKPOINTS / source, *rest)
    assert code == 2
    assert said in err[0]
    assert list(tmp_path.iterdir()) == []
