"""`symnet predict`: arrays and pictures in, the largest outputs and files out."""

from pathlib import Path

import numpy as np
import pytest

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"
RANDOM = np.random.RandomState(0)
SAMPLES = RANDOM.rand(3, 12).astype(np.float32)
PIXELS = RANDOM.randint(0, 256, (18, 24, 3), np.uint8)


def model(name="mlp", epoch=3):
    return mx.load_checkpoint(str(CHECKPOINTS / name), epoch, mx.FeedForward)


@pytest.fixture
def samples(tmp_path):
    np.save(tmp_path / "x.npy", SAMPLES)
    return tmp_path / "x.npy"


def test_arrays(symnet, samples, tmp_path):
    expected = model().predict(SAMPLES)
    output = tmp_path / "out.npy"
    code, out, _ = symnet(
        "predict", CHECKPOINTS / "mlp", 3, samples, "--top", 2, "--output", output
    )
    np.testing.assert_array_equal(np.load(output), expected)
    best = [int(row.argmax()) for row in expected]
    assert (code, out[:2]) == (0, ["softmax_output: float32 (3, 4)", "sample 0:"])
    assert [line.split()[1] for line in out[2::3]] == [str(place) for place in best]
    assert out[2] == f"  {expected[0].max():.6f}  {best[0]}"


def test_arrays_by_name(symnet, samples, tmp_path):
    np.savez(tmp_path / "x.npz", data=SAMPLES)
    by_name = symnet("predict", CHECKPOINTS / "mlp", 3, tmp_path / "x.npz")
    assert by_name == symnet("predict", CHECKPOINTS / "mlp", 3, samples)


def test_extra_weights_are_dropped_on_request(symnet, samples, tmp_path):
    arrays = mx.load(CHECKPOINTS / "mlp-0003.params")
    mx.save(tmp_path / "net-0003.params", {**arrays, "arg:more": mx.ones(1)})
    mx.save(tmp_path / "net-symbol.json", mx.load(CHECKPOINTS / "mlp-symbol.json"))
    code, _, err = symnet("predict", tmp_path / "net", 3, samples)
    assert code == 2
    assert err[0].endswith("the network has no parameter 'more'; --allow-extra drops it")
    code, out, err = symnet("predict", tmp_path / "net", 3, samples, "--allow-extra")
    assert (code, err) == (0, ["dropped: more"])
    assert out == symnet("predict", CHECKPOINTS / "mlp", 3, samples)[1]


def test_weights_that_are_missing(symnet, samples, tmp_path):
    arrays = mx.load(CHECKPOINTS / "mlp-0003.params")
    del arrays["arg:fc3_bias"]
    mx.save(tmp_path / "net-0003.params", arrays)
    mx.save(tmp_path / "net-symbol.json", mx.load(CHECKPOINTS / "mlp-symbol.json"))
    code, _, err = symnet("predict", tmp_path / "net", 3, samples)
    assert code == 2
    assert "there is no 'fc3_bias' among the weights; `symnet verify " in err[0]


def test_names_of_outputs(symnet, samples, tmp_path):
    (tmp_path / "synset.txt").write_text("tench\ngoldfish\nshark\nhen\n")
    synset = ["--synset", tmp_path / "synset.txt"]
    _, out, _ = symnet("predict", CHECKPOINTS / "mlp", 3, samples, "--top", 1, *synset)
    best = ["tench", "goldfish", "shark", "hen"][model().predict(SAMPLES)[0].argmax()]
    assert out[2].endswith(f"  {best}")
    (tmp_path / "synset.txt").write_text("tench\n")
    code, _, err = symnet("predict", CHECKPOINTS / "mlp", 3, samples, *synset)
    assert code == 2
    assert "1 names for 4 outputs" in err[0]


def test_inputs_that_are_named_one_by_one(symnet, tmp_path):
    mx.save(tmp_path / "sum-symbol.json", mx.Variable("a") + mx.Variable("b") * mx.Variable("w"))
    mx.save(tmp_path / "sum-0000.params", {"arg:w": mx.ones((3, 12))})
    np.save(tmp_path / "x.npy", SAMPLES)
    named = [f"{name}={tmp_path / 'x.npy'}" for name in ("a", "b")]
    output = tmp_path / "out.npy"
    assert symnet("predict", tmp_path / "sum", 0, *named, "-o", output)[0] == 0
    np.testing.assert_array_equal(np.load(output), 2 * SAMPLES)
    code, _, err = symnet("predict", tmp_path / "sum", 0, tmp_path / "x.npy")
    assert code == 2
    assert "give them by name, as .npz or a=FILE b=FILE" in err[0]


def test_inputs_of_other_lengths(symnet, tmp_path):
    net = mx.broadcast_mul(mx.Variable("a"), mx.Variable("stage")) + mx.Variable("w")
    mx.save(tmp_path / "net-symbol.json", net)
    mx.save(tmp_path / "net-0000.params", {"arg:w": mx.ones((3, 12))})
    np.savez(tmp_path / "x.npz", a=SAMPLES, stage=np.float32([[3]]))
    output = tmp_path / "out.npy"
    code, _, err = symnet("predict", tmp_path / "net", 0, tmp_path / "x.npz", "-o", output)
    assert (code, err) == (0, [])
    np.testing.assert_array_equal(np.load(output), SAMPLES * 3 + 1)


def test_several_outputs(symnet, samples, tmp_path):
    inner = mx.load(CHECKPOINTS / "mlp-symbol.json").get_internals()
    both = mx.Group(inner["relu1_output"], inner["fc2_output"] * mx.Variable("data2"))
    arrays = mx.load(CHECKPOINTS / "mlp-0003.params")
    mx.save(tmp_path / "two-symbol.json", both)
    mx.save(tmp_path / "two-0000.params", {n: a for n, a in arrays.items() if "fc3" not in n})
    np.savez(tmp_path / "x.npz", data=SAMPLES, data2=np.ones((3, 6), np.float32))
    output = tmp_path / "out.npz"
    code, _, _ = symnet("predict", tmp_path / "two", 0, tmp_path / "x.npz", "-o", output)
    assert code == 0
    with np.load(output) as found:
        assert found["relu1_output"].shape == (3, 8)
        assert len(found.files) == 2
    code, _, err = symnet("predict", tmp_path / "two", 0, tmp_path / "x.npz", "-o", "out.npy")
    assert code == 2
    assert "out.npy: one array is in a .npy, write .npz (there are: relu1_output," in err[0]


# -- pictures --------------------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path):
    cv2 = pytest.importorskip("cv2")
    cv2.imwrite(str(tmp_path / "p.png"), PIXELS)  # its order of channels is blue, green, red
    return tmp_path / "p.png"


def as_the_network_gets_it(symnet, tmp_path, picture, *options):
    """The numbers that reach a network, which hands out what comes in."""
    mx.save(tmp_path / "same-symbol.json", mx.Variable("data") * mx.Variable("one"))
    mx.save(tmp_path / "same-0000.params", {"arg:one": mx.ones((1, *shape_of(options)))})
    output = tmp_path / "seen.npy"
    code, _, err = symnet("predict", tmp_path / "same", 0, picture, "-o", output, *options)
    assert (code, err) == (0, [])
    return np.load(output)[0]


def shape_of(options):
    channels = 1 if "--gray" in options else 3
    size = next((o for o in options if "x" in str(o)), "24x18")
    if "--resize" in options and "x" not in "".join(map(str, options)):
        size = "12x9"
    return (channels, *map(int, size.split("x")[::-1]))


CASES = {
    "as it is": ([], lambda: PIXELS[:, :, ::-1]),
    "bgr": (["--bgr"], lambda: PIXELS),
    "cut": (["--resize", 18, "--size", "10x8"], lambda: PIXELS[5:13, 7:17, ::-1]),
    "mean and scale": (
        ["--mean", "10,20,30", "--std", "2,4,8", "--scale", "0.5"],
        lambda: (PIXELS[:, :, ::-1] - np.float32([10, 20, 30])) / np.float32([4, 8, 16]),
    ),
}


@pytest.mark.parametrize(("options", "expected"), CASES.values(), ids=CASES)
def test_pictures(options, expected, symnet, tmp_path, picture):
    found = as_the_network_gets_it(symnet, tmp_path, picture, *options)
    np.testing.assert_allclose(found, expected().transpose(2, 0, 1), rtol=1e-6)


@pytest.mark.parametrize("options", [["--size", "12x9"], ["--resize", 9]])
def test_resized_pictures(options, symnet, tmp_path, picture):
    cv2 = pytest.importorskip("cv2")
    found = as_the_network_gets_it(symnet, tmp_path, picture, *options)
    np.testing.assert_array_equal(found, cv2.resize(PIXELS, (12, 9))[:, :, ::-1].transpose(2, 0, 1))


def test_gray_pictures(symnet, tmp_path, picture):
    cv2 = pytest.importorskip("cv2")
    found = as_the_network_gets_it(symnet, tmp_path, picture, "--gray")
    np.testing.assert_array_equal(found[0], cv2.imread(str(picture), 0))


def test_pictures_of_several_sizes(symnet, tmp_path, picture):
    cv2 = pytest.importorskip("cv2")
    cv2.imwrite(str(tmp_path / "q.png"), PIXELS[:9])
    arguments = ["predict", CHECKPOINTS / "lenet", 12, picture, tmp_path / "q.png", "--gray"]
    code, _, err = symnet(*arguments)
    assert code == 2
    assert "q.png is 24x9, " in err[0]
    assert "24x18; give a --size for all" in err[0]
    code, out, _ = symnet(*arguments, "--size", "12x12", "--scale", "0.01", "--top", 1)
    assert code == 0
    assert [line for line in out if line.endswith(".png:")] == [
        f"{picture}:",
        f"{tmp_path / 'q.png'}:",
    ]


# -- what does not go ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shape", "data=1,13"], "should have shape (1, 13), but it has (3, 12)"),
        (["--shape", "dta=1,12"], "no input 'dta' is given"),
        (["--output", "out.txt"], "out.txt: outputs are written as .npy or .npz"),
        (["--synset", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_wrong_options(options, said, symnet, samples):
    code, _, err = symnet("predict", CHECKPOINTS / "mlp", 3, samples, *options)
    assert code == 2
    assert said in err[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resize", 10, "--size", "20x20"], "which is too small for --size 20x20"),
        (["--mean", "1,2"], "--mean: 2 numbers for 3 channels"),
        (["--std", "0"], "--std: nothing can be divided by 0"),
    ],
)
def test_wrong_options_for_pictures(options, said, symnet, picture):
    code, _, err = symnet("predict", CHECKPOINTS / "lenet", 12, picture, *options)
    assert code == 2
    assert said in err[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"), (b"", "empty")],
)
def test_pictures_that_are_none(content, said, symnet, tmp_path):
    pytest.importorskip("cv2")
    path = tmp_path / "cat.jpg"
    path.write_bytes(content)
    code, _, err = symnet("predict", CHECKPOINTS / "lenet", 12, path)
    assert code == 2
    assert "cat.jpg: the image cannot be decoded" in err[0]
    assert said in err[0]


@pytest.mark.parametrize("options", [["--mean", "1,2,3"], ["--scale", 2], ["--bgr"]])
@pytest.mark.parametrize("named", [False, True])
def test_options_for_pictures_do_nothing_to_arrays(options, named, symnet, samples):
    given = f"data={samples}" if named else samples
    code, out, err = symnet("predict", CHECKPOINTS / "mlp", 3, given, *options)
    assert (code, out) == (2, [])
    assert "options for pictures, as --mean, are not applied to arrays" in err[0]
