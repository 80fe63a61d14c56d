"""The files of a training's state, read like anybody's: damaged, lying, or of two writings."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model, parameters

import symnet as mx
from symnet.storage._state_record import FORMATS, digest_of_record
from symnet.storage.training_state import newest_snapshot, read_snapshot

Record = dict[str, Any]


def fit(n_epoch: int, **options: Any) -> mx.FeedForward:
    model = class_model()
    model.fit(mx.SGD(lr=0.5, momentum=0.9), class_data(), n_epoch=n_epoch, verbose=0, **options)
    return model


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    fit(2, callbacks=[mx.do_checkpoint(folder / "net"), mx.EarlyStopping(patience=5)])
    return folder


@pytest.fixture
def net(whole: Path, tmp_path: Path) -> Path:
    """The prefix of a checkpoint that may be damaged."""
    shutil.copytree(whole, tmp_path / "copy")
    return tmp_path / "copy" / "net"


def state_of(net: Path) -> Path:
    return net.with_name("net-0002.state.json")


def rewrite(net: Path, change: Callable[[Record], object]) -> None:
    """Change the record, and let its digest be that of what it says now."""
    record = json.loads(state_of(net).read_text())
    change(record)
    if isinstance(record.get("digests"), dict):
        record["digests"]["numbers"] = digest_of_record(record)
    state_of(net).write_text(json.dumps(record))


def without(name: str) -> Callable[[Record], object]:
    return lambda record: record.pop(name)


def giving(**entries: Any) -> Callable[[Record], object]:
    return lambda record: record.update(entries)


ENTRIES = (
    *("format", "epoch", "digests", "optimizer", "optimizer_numbers", "batch_size", "iterations"),
    *("parameters", "positions", "callbacks", "history", "stopped"),
)


@pytest.mark.parametrize("name", ENTRIES)
def test_each_entry_must_be_there(net: Path, name: str) -> None:
    rewrite(net, without(name))
    with pytest.raises(mx.FormatError, match=rf"net-0002.state.json: .*'{name}'"):
        read_snapshot(net, 2)


KINDS: tuple[Any, ...] = (None, 7, True, -1, 1.5, "x", [1], {"a": 1}, {"a": {"b": "c"}})
POSSIBLE = {("stopped", None), ("stopped", "x"), ("iterations", 7)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in (*ENTRIES, "groups", "other_ranks")
        for value in KINDS
        if (name, repr(value)) not in {(name, repr(value)) for name, value in POSSIBLE}
    ],
)
def test_an_entry_of_another_kind_is_refused(net: Path, name: str, value: Any) -> None:
    rewrite(net, giving(**{name: value}))
    with pytest.raises(mx.MXError) as caught:
        fit(3, resume=(net, 2))
    assert len(str(caught.value)) < 700 + len(str(net))


def test_what_is_possible_is_taken(net: Path) -> None:
    rewrite(net, giving(stopped="enough", iterations=7))
    assert fit(3, resume=(net, 2)).history.stopped == "enough"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (giving(iterations=2**63), "iterations should be a whole number from 0, not 9223"),
        (giving(batch_size=0), "batch_size should be a whole number from 1, not 0"),
        (giving(epoch=1), "this is the state of epoch 1, renamed"),
        (
            giving(history=[{"epoch": 1, "loss": "x"}]),
            r"history\[0\].loss should be a finite number",
        ),
        (giving(history=[{"loss": 1.0}]), r"history\[0\] has no 'epoch'"),
        (giving(optimizer_numbers={"a": {}}), "optimizer_numbers should be by index"),
        (
            giving(optimizer_numbers={"0": {"unit": float("nan")}}),
            "optimizer_numbers.0.unit should be a finite number, not nan",
        ),
        (
            giving(optimizer_numbers={"0": {"unit": 10**400}}),
            "optimizer_numbers.0.unit should be a finite number, not 1000",
        ),
        (giving(history=[{"epoch": 1, "loss": 10**400}]), r"history\[0\].loss should be a finite"),
        (
            giving(callbacks={"EarlyStopping.0": {"best": 10**400, "best_epoch": 1}}),
            "EarlyStopping: a saved state tells .* not best=1000",
        ),
        (giving(parameters={"w": [3, "x"]}), r"parameters.w\[1\] should be a whole number"),
        (giving(digests={"params": 3}), "digests.params should be a text"),
        (giving(positions={"data": {"pass": "x"}}), "no position"),
        (giving(positions={"data": {"x": "y" * 10**6}}), "no position"),
        (giving(callbacks={"EarlyStopping.0": {"best": 1}}), "KeyError: it lacks 'best_epoch'"),
        (
            giving(callbacks={"EarlyStopping.0": {"best": "x", "best_epoch": 1}}),
            "EarlyStopping: a saved state tells .* not best='x'",
        ),
    ],
)
def test_the_place_and_what_is_wrong_there_are_told(
    net: Path, change: Callable[[Record], object], words: str
) -> None:
    rewrite(net, change)
    with pytest.raises(mx.MXError, match=words) as caught:
        fit(3, resume=(net, 2), callbacks=[mx.EarlyStopping(patience=5)])
    assert len(str(caught.value)) < 700 + len(str(net))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"format": 1, "format": 2}', "the key 'format' is given twice"),
        ('{"format": ' + "9" * 5000 + "}", "a number has 5,000 digits"),
        ('{"a": 1}', "there is no 'format'"),
        ("[]", r"an object is wanted, not \[\]"),
        ('{"format": "symnet training state 99"}', "format should be .* not 'symnet training"),
        ('{"x": "\ud800"}', "no state of a training"),
    ],
)
def test_text_that_is_no_record(net: Path, text: str, words: str) -> None:
    state_of(net).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(mx.FormatError, match=words) as caught:
        read_snapshot(net, 2)
    assert str(caught.value).startswith(f"{state_of(net)}: ")
    assert len(str(caught.value)) < 700 + len(str(net))


# -- one writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["iterations", "unit", "batch_size", "samples_per_second"])
def test_a_changed_digit_is_found(net: Path, place: str) -> None:
    text = state_of(net).read_text()
    start = text.index(f'"{place}": ') + len(place) + 4
    digit = next(n for n in range(start, len(text)) if text[n].isdigit())
    changed = str(int(text[digit]) % 9 + 1)  # never 0, which cannot begin a number of JSON
    state_of(net).write_text(text[:digit] + changed + text[digit + 1 :])
    with pytest.raises(mx.FormatError, match=r"not of one writing: .*\(not as they were: numbers"):
        read_snapshot(net, 2)
    found = newest_snapshot(net)
    assert found is not None
    assert found.epoch == 1


@pytest.mark.parametrize(
    ("ending", "kind"),
    [("symbol.json", "symbol"), ("0002.params", "params"), ("0002.state.safetensors", "state")],
)
def test_a_changed_byte_of_any_file_is_found(net: Path, ending: str, kind: str) -> None:
    path = net.with_name(f"net-{ending}")
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    with pytest.raises(mx.FormatError, match=rf"not as they were: {kind}\)"):
        read_snapshot(net, 2)


@pytest.mark.parametrize("name", ["random.cpu", "optimizer.0.velocity"])
def test_arrays_that_do_not_fit_are_refused(net: Path, name: str) -> None:
    path = net.with_name("net-0002.state.safetensors")
    arrays = mx.load(path)
    mx.save(path, {**arrays, name: mx.ones((3, 5))})
    _trust(net)
    with pytest.raises(mx.MXError, match=r"random generators|velocity"):
        fit(3, resume=(net, 2))
    mx.save(path, {key: array for key, array in arrays.items() if key != name})
    _trust(net)
    with pytest.raises(mx.MXError, match=r"random generators: .*lacks|velocity"):
        fit(3, resume=(net, 2))


def _trust(net: Path) -> None:
    """Give the record the digests of the files as they are now."""
    from symnet.storage.training_state import _digests

    rewrite(net, lambda record: record["digests"].update(_digests(net, 2)))


def test_a_state_of_the_first_format_still_resumes(net: Path) -> None:
    """It has the digests of two files, and none of the network's and its own."""
    record = json.loads(state_of(net).read_text())
    kept = {kind: record["digests"][kind] for kind in ("params", "state")}
    state_of(net).write_text(json.dumps({**record, "format": FORMATS[0], "digests": kept}))
    found, expected = parameters(fit(4, resume=(net, 2))), parameters(fit(4))
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name])
