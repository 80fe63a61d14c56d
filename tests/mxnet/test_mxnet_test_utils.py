"""What examples and unit tests take from ``mx.test_utils``: files, checks of draws, comparisons."""

import bz2
import gzip
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx
from symnet.data.arrays.idx import write_idx
from symnet.mxnet import downloads, test_utils


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of the folder ``site``; the current folder is another, empty one."""
    for name in ("site", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    server = HTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "site")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_fetched_once(site: str, tmp_path: Path) -> None:
    source = tmp_path / "site" / "words.txt"
    source.write_text("first")
    assert test_utils.download(f"{site}/words.txt") == "words.txt"
    source.write_text("second")
    assert Path(test_utils.download(f"{site}/words.txt")).read_text() == "first"
    assert Path(test_utils.download(f"{site}/words.txt", overwrite=True)).read_text() == "second"
    found = test_utils.download(f"{site}/words.txt", "other.txt", dirname="new/folder")
    assert Path(found) == Path("new/folder/other.txt")
    assert Path(found).read_text() == "second"


def test_what_cannot_be_fetched(site: str) -> None:
    with pytest.raises(mx.MXNetError, match=r"none\.txt cannot be fetched: .*404.*put the file at"):
        test_utils.download(f"{site}/none.txt", retries=2)
    assert list(Path().iterdir()) == []
    with pytest.raises(mx.MXNetError, match="takes an address of http, https or ftp"):
        test_utils.download("file:///etc/hostname")


def test_archives_are_unpacked(site: str, tmp_path: Path) -> None:
    (tmp_path / "site" / "one.bz2").write_bytes(bz2.compress(b"one"))
    with zipfile.ZipFile(tmp_path / "site" / "two.zip", "w") as archive:
        archive.writestr("inside/two.txt", "two")
    for _ in range(2):
        test_utils.get_bz2_data("data", "one", f"{site}/one.bz2", "one.bz2")
        test_utils.get_zip_data("data", f"{site}/two.zip", "two.zip")
    assert Path("data/one").read_bytes() == b"one"
    assert Path("data/inside/two.txt").read_text() == "two"
    assert not Path("data/one.bz2").exists()


def test_networks_are_fetched_by_the_addresses_that_are_given(site: str, tmp_path: Path) -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    weights = {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.zeros((2,))}
    mx.model.save_checkpoint(str(tmp_path / "site" / "net"), 0, net, weights, {})
    addresses = {"symbol": f"{site}/net-symbol.json", "params": f"{site}/net-0000.params"}
    prefix, epoch = test_utils.download_model("mine", "models", {"mine": addresses})
    assert mx.model.load_checkpoint(prefix, epoch)[0].list_outputs() == ["fc_output"]
    assert test_utils.download_model("other", "models", {"mine": addresses}) == (None, 0)
    with pytest.raises(mx.MXNetError, match="give meta_info"):
        test_utils.download_model("imagenet1k-resnet-18")


@pytest.fixture
def digits(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A site with MNIST of three images."""
    monkeypatch.setattr(downloads, "_SITE", site)
    images = np.random.RandomState(0).randint(0, 256, (3, 28, 28))
    plain, archive = tmp_path / "site/data/mnist", tmp_path / "site/mxnet/data/mnist.zip"
    plain.mkdir(parents=True)
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as packed:
        for image, label in (
            ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
            ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        ):
            for name, numbers in ((image, images), (label, np.array([7, 0, 1]))):
                write_idx(plain / name, numbers)
                (plain / f"{name}.gz").write_bytes(gzip.compress((plain / name).read_bytes()))
                packed.write(plain / name, name)
    return images


def test_mnist_as_arrays(digits: np.ndarray) -> None:
    found = test_utils.get_mnist()
    assert set(found) == {"train_data", "train_label", "test_data", "test_label"}
    np.testing.assert_allclose(found["train_data"][:, 0] * 255, digits, rtol=1e-6)
    assert found["test_label"].tolist() == [7, 0, 1]
    assert (found["test_label"].dtype.name, found["test_data"].dtype.name) == ("int8", "float32")


def test_mnist_as_iterators(digits: np.ndarray) -> None:
    train, validate = test_utils.get_mnist_iterator(batch_size=1, input_shape=(784,))
    assert (train.provide_data[0].shape, len(list(train))) == ((1, 784), 3)
    batch = next(validate)
    np.testing.assert_allclose(batch.data[0].asnumpy()[0] * 256, digits[0].reshape(-1))
    assert batch.label[0].asnumpy().tolist() == [7]
    again, _ = test_utils.get_mnist_iterator(batch_size=1, input_shape=(1, 28, 28), num_parts=3)
    assert (again.provide_data[0].shape, len(list(again))) == ((1, 1, 28, 28), 1)


def test_draws_are_of_their_distribution() -> None:
    drawn = np.random.RandomState(0)
    buckets, probs = test_utils.gen_buckets_probs_with_ppf(lambda q: 2 * q, 4)
    assert (buckets[1], probs) == ((0.5, 1.0), [0.25] * 4)

    def fair(count: int) -> np.ndarray:
        return drawn.uniform(0, 2, count)

    assert len(test_utils.verify_generator(fair, buckets, probs, nsamples=4000)) == 5
    with pytest.raises(AssertionError, match="not of the distribution"):
        test_utils.verify_generator(lambda n: fair(n) ** 2 / 2, buckets, probs, nsamples=4000)
    p, seen, due = test_utils.chi_square_check(
        lambda n: np.arange(n) % 4 // 3, [0, 1], [0.5, 0.5], nsamples=40
    )
    # The statistic is (10² + 10²) / 20 = 10; of one degree of freedom that is p = erfc(√5).
    np.testing.assert_allclose(p, 0.0015654, rtol=1e-4)
    assert (seen.tolist(), due.tolist()) == ([30, 10], [20, 20])


def test_numbers_beside_the_intervals_are_not_counted() -> None:
    drawn = np.array([-1.0, 0.5, 1.5, 2.5, 9.0])
    _, seen, _ = test_utils.chi_square_check(
        lambda n: drawn, [(0, 1), (2, 3)], [0.4, 0.6], nsamples=5
    )
    assert seen.tolist() == [1, 1]


def test_optimizers_are_compared() -> None:
    same = [mx.optimizer.create("sgd", momentum=0.9, learning_rate=0.1) for _ in range(2)]
    test_utils.compare_optimizer(same[0], same[1], shape=(3, 2), dtype="float32")
    test_utils.compare_optimizer(
        same[0], same[1], shape=[(3, 2), (4,)], dtype="float32", ntensors=2
    )
    other = mx.optimizer.create("sgd", momentum=0.9, learning_rate=0.2)
    with pytest.raises(AssertionError, match="differ"):
        test_utils.compare_optimizer(same[0], other, shape=(3, 2), dtype="float32")
    with pytest.raises(mx.MXNetError, match="no sparse arrays"):
        test_utils.compare_optimizer(
            same[0], same[1], shape=(3, 2), dtype="float32", w_stype="row_sparse"
        )


def test_a_network_is_compared_on_several_contexts() -> None:
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    places = [
        {"ctx": mx.cpu(n), "data": (3, 4), "type_dict": {"data": kind}}
        for n, kind in enumerate(("float32", "float64"))
    ]
    found = test_utils.check_consistency(net, places, use_uniform=True)
    assert {"fc_output", "fc_weight", "data"} <= set(found)
    given = {
        name: np.ones(shape)
        for name, shape in (("data", (3, 4)), ("fc_weight", (2, 4)), ("fc_bias", (2,)))
    }
    truth = {"fc_output": np.full((3, 2), 5.0)}
    options: dict[str, Any] = {"arg_params": given, "grad_req": "null"}
    test_utils.check_consistency(net, places, ground_truth=truth, **options)
    with pytest.raises(AssertionError, match="fc_output of context 0"):
        test_utils.check_consistency(
            net, places, ground_truth={"fc_output": np.ones((3, 2))}, **options
        )
    twice = mx.sym.FullyConnected(mx.sym.Variable("data") * 2, num_hidden=2, name="fc")
    with pytest.raises(AssertionError, match=r"fc_\w+ of context 0 and fc_\w+ of context 1"):
        test_utils.check_consistency([net, twice], places)
    with pytest.raises(mx.MXNetError, match="at least two contexts"):
        test_utils.check_consistency(net, places[:1])


def test_tolerances_by_element_type() -> None:
    one = np.ones(10, "float32")
    near = one + np.float32(0.01)
    test_utils.assert_almost_equal(one, near, rtol={np.float32: 0.1}, atol={"float64": 0})
    with pytest.raises(AssertionError, match=r"rtol=0\.0001"):
        test_utils.assert_almost_equal(one, near, rtol={np.float64: 0.1})
    near[1:] = 1
    test_utils.assert_almost_equal_with_err(one, near, etol=0.1)
    with pytest.raises(AssertionError, match="a and b differ"):
        test_utils.assert_almost_equal_with_err(one, near, etol=0.05)


def test_matrices() -> None:
    np.random.seed(0)
    symmetric = test_utils.new_sym_matrix_with_real_eigvals_nd((2, 3, 3))
    np.testing.assert_allclose(symmetric, symmetric.swapaxes(1, 2), atol=1e-12)
    basis = test_utils.new_orthonormal_matrix_2d(4)
    np.testing.assert_allclose(basis @ basis.T, np.eye(4), atol=1e-12)
    assert np.isreal(np.linalg.eigvals(test_utils.new_matrix_with_real_eigvals_2d(3))).all()
    assert test_utils.get_identity_mat_batch(2).asnumpy().tolist() == [[[1, 0], [0, 1]]] * 2
    with pytest.raises(mx.MXNetError, match="does not broadcast"):
        test_utils.collapse_sum_like(np.ones((2, 3)), (2,))


def test_the_star_brings_what_scripts_take_for_granted() -> None:
    space: dict[str, Any] = {}
    exec("from symnet.mxnet.test_utils import *", space)
    assert space["mx"] is mx
    assert space["nd"] is mx.nd
    assert space["np"] is np
    assert space["array"]([1]).shape == (1,)


def test_speed_is_a_time() -> None:
    net = mx.sym.Variable("data") * 2
    assert test_utils.check_speed(net, N=1, data=(2,)) > 0
    assert test_utils.check_speed(net, {"data": np.ones(2)}, N=1, typ="forward") > 0
    with pytest.raises(ValueError, match="'whole' or 'forward'"):
        test_utils.check_speed(net, typ="backward", data=(2,))


def test_old_schedules() -> None:
    schedule = mx.misc.FactorScheduler(step=2, factor=0.5)
    schedule.base_lr = 1.0
    assert [schedule(n) for n in range(5)] == [1, 1, 0.5, 0.5, 0.25]
    with pytest.raises(ValueError, match="step must be at least 1"):
        mx.misc.FactorScheduler(0)
