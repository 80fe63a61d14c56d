"""CSVIter and MNISTIter against batches that Apache MXNet 1.9.1 made of the same files."""

import json
from pathlib import Path

import numpy as np
import pytest

from symnet.data import AbstractDataProvider, CSVIter, MNISTIter

FOLDER = Path(__file__).parent / "golden" / "data"
KINDS = {"CSVIter": CSVIter, "MNISTIter": MNISTIter}
PATHS = {"data_csv", "label_csv", "image", "label"}
CASES = sorted(FOLDER.glob("*.npz"))


def ours(recorded: np.lib.npyio.NpzFile, **more: object) -> AbstractDataProvider:
    parameters = json.loads(str(recorded["parameters"]))
    paths = {name: FOLDER / parameters[name] for name in PATHS & parameters.keys()}
    return KINDS[str(recorded["kind"])](**{**parameters, **paths, **more})


def check_pass(provider: AbstractDataProvider, recorded: np.lib.npyio.NpzFile, number: int) -> None:
    batches = list(provider)
    data, label, pad = (recorded[f"{name}{number}"] for name in ("data", "label", "pad"))
    counts = [batch.count_samples() for batch in batches]
    assert counts == [data.shape[1] - each for each in pad]
    # With round_batch=False what MXNet pads with is left over from another batch.
    full = json.loads(str(recorded["parameters"])).get("round_batch", True)
    for place, batch in enumerate(batches):
        rows = slice(None if full else counts[place])
        (x,), (y,) = batch.get_data(), batch.get_label()
        # MXNet's own reading of decimal numbers is a little off; ours is rounded correctly.
        np.testing.assert_allclose(x.asnumpy()[rows], data[place][rows], rtol=3e-7)
        np.testing.assert_array_equal(y.asnumpy()[rows], label[place][rows])


def test_there_are_cases():
    assert len(CASES) == 9


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_passes_are_mxnets(path):
    with np.load(path) as recorded:
        provider = ours(recorded)
        for number in range(4):
            check_pass(provider, recorded, number)


def test_numbers_are_rounded_correctly():
    with np.load(FOLDER / "csv-exact.npz") as recorded:
        first = next(iter(ours(recorded))).get_data()[0].asnumpy()
    line = (FOLDER / "data.csv").read_text().splitlines()[0]
    expected = np.array([float(field) for field in line.split(",")], np.float32)
    np.testing.assert_array_equal(first[0].ravel(), expected)


def test_a_run_that_stopped_goes_on_at_the_same_rows():
    with np.load(FOLDER / "csv-round.npz") as recorded:
        first = ours(recorded)
        check_pass(first, recorded, 0)
        position = json.loads(json.dumps(first.position()))
        assert position == {"borrowed": 2}
        second = ours(recorded)
        second.seek(position)
        check_pass(second, recorded, 1)
        check_pass(second, recorded, 2)


@pytest.mark.parametrize("options", [{"prefetch_buffer": 0}, {"memory": 0}, {"prefetch_buffer": 1}])
def test_neither_prefetching_nor_memory_changes_batches(options):
    with np.load(FOLDER / "csv-round.npz") as recorded:
        provider = ours(recorded, **options)
        for number in range(4):
            check_pass(provider, recorded, number)
