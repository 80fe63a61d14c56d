"""The examples run as a user runs them, offline, and train on what data there is."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

import symnet as mx

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
NOWHERE = "http://127.0.0.1:9"  # a proxy that refuses at once

pytest.importorskip("sklearn.datasets")
pytest.importorskip("pooch")
cv2 = pytest.importorskip("cv2")


class Example(NamedTuple):
    """A script, what it prints with ``--smoke``, and what ``--help`` says of its options."""

    script: str
    prints: str
    options: tuple[str, ...] = ()


TABLE = (
    Example(
        "char_lstm/train.py",
        "Not tiny Shakespeare: learning from the documentation text that Python brings.",
        (r"--seq-len SEQ_LEN .*\(default: 32\)",),
    ),
    Example(
        "char_lstm/sampler.py",
        r"(?s)## Sample 1\na.*## Sample 10\na",
        (r"--samples SAMPLES .*\(default: 10\)",),
    ),
    Example("char_lstm/visualize.py", r"wrote char-lstm\.svg\nwrote char-lstm\.dot\n"),
    Example(
        "cifar10/cifar10.py",
        r"Not CIFAR-10, .*: training on 8 drawn images, testing on 2\.\n"
        r"Accuracy on test set: (0|50|100)\.00%\n",
        (r"--gpus GPUS .*\(default: 0\)", r"--lr LR .*\(default: 0\.05\)"),
    ),
    Example(
        "imagenet/predict.py",
        r"( *[A-Za-z, ]+  0\.\d{6}\n){5}$",
        (r"--mean MEAN .*\(default: mean_224\.nd\)",),
    ),
    Example(
        "mnist/lenet.py",
        r"(?m)^Accuracy on eval set: \d{1,3}\.\d\d%$",
        (r"--epochs EPOCHS .*\(default: 20\)", r"--lr LR .*\(default: 0\.05\)"),
    ),
    Example(
        "mnist/mlp.py",
        r"(?m)^Accuracy on eval set: \d{1,3}\.\d\d%$",
        (r"--epochs EPOCHS .*\(default: 20\)", r"--lr LR .*\(default: 0\.1\)"),
    ),
    Example(
        "mnist/mlp_test.py",
        r"SGD: accuracy \d+\.\d\d% after 1 epochs\nADAM: accuracy \d+\.\d\d% after 1 epochs\n",
    ),
    Example(
        "regression/regression.py",
        r"MSE after 2 epochs: 0\.\d{6} .*\nMSE after 4 epochs: 0\.0",
        (r"--epochs EPOCHS .*\(default: 500\)",),
    ),
    Example(
        "regression/resume.py",
        r"ACE_1 +ACE_2 +ACE_3 +ACE .*(\n.*){2}\n"
        "Same parameters, to the last bit, as without interruption: yes",
    ),
    Example(
        "regression/svmlight.py",
        r"Weights: \[( *-?\d\.\d*){4}\]\n",
        (r"--features FEATURES .*\(default: 4\)",),
    ),
    Example(
        "search/grid_search.py",
        r"Best: \{'network': .*\}, accuracy [89]\d\.\d\d% on other digits\n",
        (r"--epochs EPOCHS .*\(default: 20\)",),
    ),
    Example(
        "search/optuna_study.py",
        r"3 trials, 0 of them stopped early\nBest: accuracy \d+\.\d\d% with \{'layers'",
        (r"--trials TRIALS .*\(default: 30\)",),
    ),
    Example(
        "search/pipeline.py",
        r"Features as they are: accuracy \d+.*\nFeatures scaled: accuracy 9\d\.\d\d% over 2",
        (r"--folds FOLDS .*\(default: 5\)",),
    ),
)


PRINTS = {example.script: example.prints for example in TABLE}


def run_offline(script: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an example in a folder, whose ``data`` is its data folder, without any network."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if name.lower() != "no_proxy"},
        **dict.fromkeys(PROXIES, NOWHERE),
        "PYTHONPATH": str(ROOT),
        "SYMNET_DATA": str(folder / "data"),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / script), *options],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Let a folder's modules be imported, and forget them afterwards: names come twice."""
    before = sys.path[:]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before
        for path in folder.glob("*.py"):
            sys.modules.pop(path.stem, None)


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What does the same in this process, which saves the time that importing torch takes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path / "data"))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in PROXIES:
        monkeypatch.setenv(name, NOWHERE)

    def run(script: str, *options: str) -> None:
        monkeypatch.setattr(sys, "argv", [script, *options])
        path = EXAMPLES / script
        with importing_from(path.parent):
            runpy.run_path(str(path), run_name="__main__")

    return run


def load(script: str) -> ModuleType:
    """Return a file of the examples as a module."""
    path = EXAMPLES / script
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    with importing_from(path.parent):
        spec.loader.exec_module(module)
    return module


# -- all examples ----------------------------------------------------------------------------------


def test_the_table_and_the_index_hold_all_examples() -> None:
    found = [
        path.relative_to(EXAMPLES).as_posix()
        for path in sorted(EXAMPLES.glob("*/*.py"))
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    ]
    assert sorted(example.script for example in TABLE) == found
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^- `([^`]+\.py)`: ", index, re.MULTILINE)) == found


@pytest.mark.parametrize("example", TABLE, ids=lambda example: example.script)
def test_an_example_says_what_it_can(
    example: Example, run_here: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        run_here(example.script, "--help")
    text = " ".join(capsys.readouterr().out.split())
    for option in (*example.options, "--smoke "):
        assert re.search(option, text), option


@pytest.mark.parametrize(
    "scripts",
    [
        ("char_lstm/train.py", "char_lstm/sampler.py"),  # the second reads what the first wrote
        ("char_lstm/visualize.py",),
        ("cifar10/cifar10.py",),
        ("imagenet/predict.py",),
        ("mnist/mlp_test.py",),  # mlp.py and lenet.py run below, in processes of their own
        ("regression/regression.py",),
        ("regression/resume.py",),
        ("regression/svmlight.py",),
        ("search/grid_search.py",),
        ("search/optuna_study.py",),
        ("search/pipeline.py",),
    ],
    ids="+".join,
)
def test_an_example_runs(
    scripts: tuple[str, ...], run_here: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    if "optuna" in scripts[0]:
        pytest.importorskip("optuna")
    for script in scripts:
        run_here(script, "--smoke")
        printed = capsys.readouterr().out
        assert re.search(PRINTS[script], printed), printed


# -- mnist -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_an_example_without_data_trains_on_digits(name: str, tmp_path: Path) -> None:
    done = run_offline(f"mnist/{name}.py", "--smoke", folder=tmp_path)
    printed = done.stdout.splitlines()
    assert printed[0] == "cannot download MNIST; tried"
    assert (
        "Not the full MNIST: training on the first 1500 images of scikit-learn's digits, shuffled, "
        "evaluating on the other 297."
    ) in printed
    assert re.search(PRINTS[f"mnist/{name}.py"], done.stdout)
    checkpoints = tmp_path / "checkpoints"
    assert sorted(path.name for path in checkpoints.iterdir()) == [
        f"{name}-0001.params",
        f"{name}-0001.state.json",
        f"{name}-0001.state.safetensors",
        f"{name}-symbol.json",
    ]
    logged = [line for line in done.stderr.splitlines() if line.startswith("INFO")]
    assert logged[0] == "INFO: Start training on [CPU0]"
    assert logged[-1] == f"INFO: Saved checkpoint to 'checkpoints/{name}-0001.params'"
    symbol = mx.load(checkpoints / f"{name}-symbol.json")
    assert symbol.list_outputs() == ["softmax_output"]


def write_mnist(folder: Path, *, train: int, test: int, label: int) -> None:
    """Write files like those of MNIST, in which every image is the same digit."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        if count:
            images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            mx.write_idx(folder / f"{part}-images-idx3-ubyte", images)
            mx.write_idx(folder / f"{part}-labels-idx1-ubyte", np.full(count, label))


def test_an_example_with_data_at_hand_trains_on_it(
    tmp_path: Path, run_here: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_mnist(tmp_path / "data", train=200, test=60, label=7)
    run_here("mnist/mlp.py", "--batch-size", "20", "--epochs", "2", "--checkpoints", "kept")
    # nothing of a smaller set, and the digit is always a 7
    assert capsys.readouterr().out == "Accuracy on eval set: 100.00%\n"
    assert [path.name for path in (tmp_path / "kept").glob("*.params")] == ["mlp-0002.params"]


def test_the_test_set_alone_is_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load("mnist/mnist_data.py")
    monkeypatch.setattr(module, "TRAIN_OF_TEST", 40)
    write_mnist(tmp_path, train=0, test=60, label=3)
    train, evaluation = module.get_mnist_providers(20, flat=False, data_dir=tmp_path)
    assert capsys.readouterr().out == (
        "Not the full MNIST: training on the first 40 images of MNIST's test set, "
        "evaluating on the other 20.\n"
    )
    written = mx.read_idx(tmp_path / "t10k-images-idx3-ubyte", axes=3)[:, None] / 256
    seen = [
        np.concatenate([b.get_data()[0].asnumpy() for b in each]) for each in (train, evaluation)
    ]
    assert sorted(seen[0].sum(axis=(1, 2, 3))) == sorted(written[:40].sum(axis=(1, 2, 3)))
    assert seen[0].tolist() != written[:40].tolist()  # shuffled
    np.testing.assert_array_equal(seen[1], written[40:])


def test_digits_look_like_those_of_mnist() -> None:
    """28 × 28 bytes with a dark border, and the digits of scikit-learn in the middle."""
    images, labels = load("mnist/mnist_data.py")._digits()
    assert images.shape == (1797, 28, 28)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)
    assert images[:, :2].max() == images[:, :, -2:].max() == 0
    assert sorted(set(labels)) == list(range(10))


# -- cifar10 ---------------------------------------------------------------------------------------


def test_the_inception_network_is_that_of_the_documents() -> None:
    """Nineteen convolutions, none of them dead; 28 pixels become 14, 7 and 1."""
    network = load("cifar10/cifar10.py").build_inception()
    internals = network.get_internals()
    shapes = dict(
        zip(internals.list_outputs(), internals.infer_shape(data=(2, 3, 28, 28))[1], strict=True)
    )
    joined = [shape[1:] for name, shape in shapes.items() if re.match(r"concat\d+_output", name)]
    assert joined == [
        *((64, 28, 28), (80, 28, 28), (160, 14, 14)),
        *((160, 14, 14), (160, 14, 14), (160, 14, 14), (144, 14, 14), (240, 7, 7)),
        *((336, 7, 7), (336, 7, 7)),
    ]
    assert (shapes["global_pool_output"], shapes["flatten1_output"]) == ((2, 336, 1, 1), (2, 336))
    kernels = [s for name, s in shapes.items() if re.match(r"convolution\d+_weight", name)]
    assert len(kernels) == 19
    assert network.list_outputs() == ["loss_output"]
    assert "loss_label" in network.list_arguments()


def test_cifar10_at_hand_is_trained_on(
    tmp_path: Path, run_here: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data" / "cifar"
    folder.mkdir(parents=True)
    module = load("cifar10/cifar10_data.py")
    module.write_records(folder / "train.rec", 4, seed=0)
    module.write_records(folder / "test.rec", 3, seed=1)
    run_here("cifar10/cifar10.py", "--epochs", "1", "--batch-size", "4", "--cpus", "2")
    assert re.fullmatch(
        r"Accuracy on test set: (0|33|66)\.\d\d%\n|.*100\.00%\n", capsys.readouterr().out
    )
    assert mx.load(folder / "cifar_mean.bin")["mean_img"].shape == (3, 28, 28)


def test_drawn_images_are_of_ten_classes_in_turn(tmp_path: Path) -> None:
    module = load("cifar10/cifar10_data.py")
    module.write_records(tmp_path / "drawn.rec", 20, seed=0)
    with mx.RecordReader(tmp_path / "drawn.rec") as reader:
        found = [mx.unpack_img(record) for record in reader]
    assert [header.label for header, _ in found] == [*range(10), *range(10)]
    assert {image.shape for _, image in found} == {(32, 32, 3)}
    blue_and_red = np.array([image[12:20, 12:20].mean(axis=(0, 1))[[0, 2]] for _, image in found])
    np.testing.assert_array_equal(
        blue_and_red[:, 1] > blue_and_red[:, 0], ([True] * 5 + [False] * 5) * 2
    )


# -- imagenet --------------------------------------------------------------------------------------


def test_an_image_is_cut_square_and_scaled_to_256(tmp_path: Path) -> None:
    module = load("imagenet/predict.py")
    pixels = np.zeros((224, 300, 3), np.uint8)  # red, green, blue
    pixels[..., 0] = np.arange(300).clip(38, 293) - 38
    pixels[..., 1] = np.arange(224)[:, None]
    pixels[..., 2] = 255
    cv2.imwrite(str(tmp_path / "image.png"), pixels[..., ::-1])
    read = module.read_image(tmp_path / "image.png")
    np.testing.assert_array_equal(read, pixels)
    done = module.preprocess(read)
    assert (done.dtype, done.shape) == (np.float32, (3, 224, 224))
    wanted = np.empty((3, 224, 224))
    wanted[0], wanted[1], wanted[2] = np.arange(224), np.arange(224)[:, None], 255
    np.testing.assert_allclose(done, wanted * 256 / 255, rtol=1e-6)
    halved = module.preprocess(pixels.repeat(2, axis=0).repeat(2, axis=1))
    np.testing.assert_allclose(halved, done, rtol=1e-5)
    tall = module.preprocess(pixels.transpose(1, 0, 2))
    np.testing.assert_allclose(tall, done.transpose(0, 2, 1), rtol=1e-6)


def test_a_table_begins_with_the_most_probable_class(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["n01 ox", "n02 tiger cat", "n03 lynx, catamount"]
    load("imagenet/predict.py").print_table(names, np.array([0.25, 0.5, 0.125]), 2)
    assert capsys.readouterr().out == "tiger cat  0.500000\n       ox  0.250000\n"


def test_missing_files_are_named_with_what_they_are(
    tmp_path: Path, run_here: Callable[..., None]
) -> None:
    Path(tmp_path, "Inception_BN-symbol.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SystemExit) as raised:
        run_here("imagenet/predict.py", "dog.jpg", "--epoch", "7")
    assert str(raised.value.code).splitlines()[:5] == [
        "There is no file",
        "  Inception_BN-0007.params: its parameters",
        "  mean_224.nd: the mean image of its training data, as 'mean_img'",
        "  synset.txt: the names of its classes, one in a line",
        "  dog.jpg: the image to look at",
    ]
    assert "inception-bn.tar.gz" in str(raised.value.code)


def test_files_that_do_not_belong_together_are_told(
    tmp_path: Path, run_here: Callable[..., None]
) -> None:
    load("imagenet/smoke_files.py").write_smoke_files(tmp_path, 39)
    Path(tmp_path, "synset.txt").write_text("n01 ox\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"tells 6 classes apart, and synset\.txt has 1 lines"):
        run_here("imagenet/predict.py")
    Path(tmp_path, "cat.png").write_bytes(b"no image")
    with pytest.raises(SystemExit, match=r"^cat\.png is no image that OpenCV can read"):
        run_here("imagenet/predict.py")


# -- regression ------------------------------------------------------------------------------------


def test_a_generator_reads_svmlight_as_scikit_learn_does(tmp_path: Path) -> None:
    from sklearn.datasets import load_svmlight_file

    path = tmp_path / "rows.svmlight"
    path.write_text("1.5 1:2 4:-0.5 # first\n\n# none\n-2 2:1e-3\n0\n", encoding="ascii")
    data, label = load_svmlight_file(str(path), n_features=4)
    provider = load("regression/svmlight.py").SVMLightProvider(path, 2, 4)
    for _ in range(2):  # every pass reads anew
        batches = list(provider)
        assert [batch.count_samples() for batch in batches] == [2, 1]
        rows = np.concatenate([provider.get(batch, "data").asnumpy() for batch in batches])
        labels = np.concatenate([provider.get(batch, "label").asnumpy() for batch in batches])
        np.testing.assert_allclose(rows, [*data.toarray(), np.zeros(4)])
        np.testing.assert_allclose(labels, [*label, 0])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        *((f"1 {value}", rf"from 1 to 4, got '{value}'") for value in ("0:1", "5:1", "3", "x:1")),
        ("1 2:x", "could not convert string to float: 'x'"),
        ("high 1:2", "could not convert string to float: 'high'"),
    ],
)
def test_a_row_that_is_none_is_told_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "rows.svmlight"
    path.write_text(f"1 1:2\n{row}\n", encoding="ascii")
    provider = load("regression/svmlight.py").SVMLightProvider(path, 2, 4)
    with pytest.raises(mx.FormatError, match=rf"rows\.svmlight, line 2: .*{says}"):
        list(provider)
